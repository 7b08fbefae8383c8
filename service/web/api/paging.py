"""Pages of long lists: how many items, and where the next page begins."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Query

from service.errors import InputError
from service.web.api.models import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
Id = TypeVar("Id", int, str)

SHOWN = 20  # items of a page, unless asked otherwise
_LONGEST = 1_000
_ROWS = 1 << 62  # more than a database numbers

Limit = Annotated[int, Query(ge=1, le=MOST, description="items of this page, at most")]
Cursor = Annotated[
    str | None,
    Query(max_length=_LONGEST, description="the `cursor` that the page before gave"),
]


def page(
    rows: Sequence[T], limit: int, of: str, mark: Callable[[T], tuple[datetime, int | str]]
) -> tuple[Sequence[T], str | None]:
    """The rows of this page, and the cursor to the next where `rows` holds one more. `of` names
    the list with its filters; `mark` says the place of a row in it."""
    if len(rows) <= limit:
        return rows, None
    at, row_id = mark(rows[limit - 1])
    told = json.dumps([of, at.isoformat(), row_id], separators=(",", ":"))
    return rows[:limit], base64.urlsafe_b64encode(told.encode()).rstrip(b"=").decode()


def after(cursor: str | None, of: str, kind: type[Id]) -> tuple[datetime, Id] | None:
    """The place that a cursor of this list leads to; its ids are of this kind. Raises
    `InputError` for a cursor that is none, or another list's."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        whose, at, row_id = json.loads(text)
        moment = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise InputError("cursor", "is none of ours", "begin again without it") from None
    if whose != of or type(row_id) is not kind:
        raise InputError("cursor", "belongs to another list", "begin again without it")
    if isinstance(row_id, int) and not 0 <= row_id < _ROWS:
        raise InputError("cursor", "is none of ours", "begin again without it")
    return moment, row_id
