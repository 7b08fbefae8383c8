"""What a search found, page after page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.web.api.models import Findings, Hit


class Found(Iterable["Hit"]):
    """The works found, the best first, each with the reason; further pages are asked for while it
    is walked through. `first` is the page that came with the search: its `total`, `facets` and
    `notes` are those of the whole. Walking raises `ClientError`."""

    def __init__(
        self, first: Findings, more: Callable[[str], Iterator[Hit]], limit: int | None
    ) -> None:
        self.first = first
        self._more = more
        self._limit = limit

    def __iter__(self) -> Iterator[Hit]:
        """From the best again, each time."""
        return islice(self._hits(), self._limit)

    def _hits(self) -> Iterator[Hit]:
        yield from self.first.hits
        if self.first.cursor is not None:
            yield from self._more(self.first.cursor)
