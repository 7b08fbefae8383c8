"""Names that are the same however often a digest is rendered."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

# Fixed for ever: another value here would send everything that is under way a second time.
_NAMESPACE = UUID("6f0c8f9b-31d7-5a35-9c1e-8f6d0f3f2a51")


def delivery_id(digest_id: str, channel: str, destination: str, part: int) -> str:
    """The id of the sending of one part of one digest to one destination."""
    return str(uuid5(_NAMESPACE, json.dumps([digest_id, channel, destination, part])))
