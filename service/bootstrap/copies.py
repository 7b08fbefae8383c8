"""The archive in another place: in another database, kept in a file, brought back from one."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service.errors import InputError, StoreError
from service.records import DeliveryState
from service.store import Store, copying, engine, migrations, revisions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from service.bootstrap import App
    from service.store.copying import Copied, Progress

_REMEDY = "look whether it is there, then run: litwatch deliveries resolve, with sent or not sent"


def copy_to(app: App, url: str, progress: Progress) -> tuple[Copied, ...]:
    """Copy the archive into the empty database at `url`, and prove that it holds the same. Raises
    `ConfigError` and as `copying.copy`."""
    with _opened(url) as target:
        if target.engine.url == app.store.engine.url:
            name = target.engine.url.render_as_string(hide_password=True)
            raise InputError(name, "is the archive itself", "name another database")
        return copying.copy(app.store.engine, target.engine, progress)


def backup(app: App, file: Path, progress: Progress) -> tuple[Copied, ...]:
    """Keep the archive, as it is at one moment, in a SQLite file that must not be there yet; it is
    read again as a whole. Raises `InputError`, `StoreError`."""
    if file.exists():
        raise InputError(str(file), "exists already", "name another file: nothing is written over")
    own = app.store.file
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    try:
        if own is not None:
            copying.duplicate(own, part)
            with _opened(_url(part)) as kept:
                held = copying.summed(kept.engine, progress)
        else:
            held = copy_to(app, _url(part), progress)
        part.replace(file)
    except OSError as error:
        raise StoreError(str(file), f"cannot be written: {error.strerror}") from None
    finally:
        _remove(part)
    return held


def restore(app: App, file: Path, progress: Progress) -> tuple[Copied, ...]:
    """Bring a backup back into the configured database, which must be empty or not there. What was
    not sent then may have been sent since: it waits for a person. Raises `InputError`,
    `StoreError`, `SchemaError`."""
    if not file.is_file():
        raise InputError(str(file), "is not there", "name a file that litwatch backup has written")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "backup.db"  # brought up to this version; the backup stays as it is
        copying.duplicate(file, work)
        with _opened(_url(work)) as source:
            if revisions.current(source.engine) is None:
                raise InputError(str(file), "is no archive", "name one that litwatch backup wrote")
            migrations.upgrade(source.engine)
            hold_back(source, app.clock.now())
            return copying.copy(source.engine, app.store.engine, progress)


def hold_back(store: Store, now: datetime) -> int:
    """Put every delivery that has not arrived in doubt: the archive is older than the world.
    Returns how many that were."""
    with store.writing() as tx:
        waiting = tx.deliveries.unfinished()
        for delivery in waiting:
            tx.deliveries.finish(
                delivery,
                state=DeliveryState.UNKNOWN,
                not_before=None,
                detail="the archive was restored: it may have been sent since the backup was made",
                provider_id=None,
                remedy=_REMEDY,
                resend=False,
                plain=False,
                now=now,
            )
    return len(waiting)


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    found = Store(engine.create(url))
    try:
        yield found
    finally:
        found.engine.dispose()


def _url(file: Path) -> str:
    return f"sqlite:///{file.resolve()}"


def _remove(part: Path) -> None:
    """A part that was not finished, with what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + ending).unlink(missing_ok=True)
