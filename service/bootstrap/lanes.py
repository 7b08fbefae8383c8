"""Hosts' turns: kept in the archive, so that all processes over it keep one budget per host."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from service.clock import Clock
from service.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from service.bootstrap.app import App
    from service.records.lanes import LaneState
    from service.sources.lanes import OwnBook
    from service.store.lanes import StoredLanes

T = TypeVar("T")


class SharedLanes:
    """The archive's `LaneBook`; this process's own for as long as there is no archive of this
    program's version, over which no other process works either."""

    def __init__(self, stored: StoredLanes, own: OwnBook) -> None:
        self.stored = stored
        self._own = own

    @property
    def me(self) -> str:
        """See `service.protocols.LaneBook`."""
        return self.stored.me

    def look(self, name: str) -> LaneState:
        """See `service.protocols.LaneBook`."""
        try:
            return self.stored.look(name)
        except SchemaError:
            return self._own.look(name)

    def change(self, name: str, step: Callable[[LaneState], tuple[LaneState, T]]) -> T:
        """See `service.protocols.LaneBook`."""
        try:
            return self.stored.change(name, step)
        except SchemaError:
            return self._own.change(name, step)

    def close(self) -> None:
        """Close the connections to the archive."""
        self.stored.close()


def book(app: App) -> SharedLanes:
    """The book of this process."""
    from service.sources.lanes import OwnBook
    from service.store.lanes import StoredLanes

    url = app.settings.database.url.get_secret_value()
    return SharedLanes(StoredLanes(url, app.owner, _time(app.clock)), OwnBook(app.clock))


def _time(clock: Clock) -> Callable[[], datetime] | None:
    """A clock that was put in the place of the real one beats the database's. Where it stands, it
    goes on here: in a time that stands, no wait would ever be over."""
    if clock.now is Clock().now:
        return None
    begun, since = clock.monotonic(), clock.now()
    return lambda: max(clock.now(), since + timedelta(seconds=clock.monotonic() - begun))
