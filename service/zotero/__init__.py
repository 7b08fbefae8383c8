"""A Zotero library, by its Web API, version 3: works pushed into it, seeds pulled out of it.

What is decided (`items`, `marks`, `seeds`) takes values and gives values. `library` alone talks to
the server, through the polite client that it is handed; `pushing` carries a push out.
"""
