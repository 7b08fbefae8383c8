"""The HTTP API: the archive as JSON, for programs.

`models` says what is asked and answered and needs pydantic alone, so that a client can use it.
"""
