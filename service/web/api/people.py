"""What is told of people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.web.api.access import Caller

# It begins where a word does: looked for at every letter, a long text would take very long.
_ADDRESS = re.compile(r"(?<![^\s@:<])([^\s@:<]?)[^\s@:<]*(@[^\s@>]+)")


def told(text: str, caller: Caller) -> str:
    """A text with its mail addresses cut short ("i...@example.org"), unless its asker may know
    them: who reads what is their own business."""
    return text if caller.sees_addresses else _ADDRESS.sub(r"\1...\2", text)
