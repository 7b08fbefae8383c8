"""The web face: what a browser is shown, thin over what every face calls.

Imported only by what serves (`litwatch serve`): FastAPI is loaded with it.
"""
