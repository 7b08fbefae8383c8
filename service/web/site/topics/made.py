"""What takes long to make of a topic, made beside the pages and kept while it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from service.web.site.errands import Errands, Say

T = TypeVar("T")


class Made(NamedTuple, Generic[T]):
    """What there is: the last that was made (None: nothing yet), whether a newer is being made
    (`coming`), and why the newest could not be; "" where it could."""

    value: T | None
    coming: bool
    fault: str = ""


class Beside(Generic[T]):
    """Makes one kind of thing for each topic, so that no page waits for it. It is made again where
    `state`, which names all that it hangs on, is another; what failed is tried once a state."""

    def __init__(self, errands: Errands, kind: str) -> None:
        self._errands = errands
        self._kind = kind
        self._kept: dict[str, tuple[Hashable, T | None]] = {}

    def of(self, slug: str, state: Hashable, by: str, make: Callable[[], T]) -> Made[T]:
        """What was made for a topic; `make` is called in the background if that is out of date."""
        name = f"{self._kind} {slug}"
        before, _ = self._kept.get(slug, (None, None))
        if before != state:
            self._errands.start(
                name, self._kind, by, lambda say: self._make(slug, state, make, say)
            )
        errand = self._errands.of(name)
        kept, value = self._kept.get(slug, (None, None))
        fault = errand.told if errand is not None and errand.failed and kept == state else ""
        return Made(value, errand is not None and errand.running, fault)

    def _make(self, slug: str, state: Hashable, make: Callable[[], T], _say: Say) -> str:
        self._kept[slug] = state, self._kept.get(slug, (None, None))[1]
        self._kept[slug] = state, make()
        return ""
