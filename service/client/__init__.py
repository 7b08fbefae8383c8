"""A Litwatch server's API from Python: `from service.client import Litwatch`.

It needs httpx and pydantic alone. What it answers with is in `service.web.api.models`.
"""

from service.client.errors import ClientError
from service.client.found import Found
from service.client.litwatch import Litwatch

__all__ = ["ClientError", "Found", "Litwatch"]
