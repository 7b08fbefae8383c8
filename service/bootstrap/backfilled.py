"""Back-fills wired: files to a plan, and its parts to the processes that take them in."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service.backfill import plan
from service.backfill.taking import Reading, Taking, settle
from service.bootstrap.cores import cores
from service.errors import InputError, StoreError
from service.records.backfills import PlannedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from service.backfill.crew import Hand
    from service.bootstrap.app import App
    from service.config import Settings
    from service.records import Batch
    from service.records.backfills import Backfill

log = logging.getLogger(__name__)

# Names of files that are taken from a folder; others, such as lists and checksums, lie beside them.
_ENDINGS = (".xml.gz", ".xml", ".nbib", ".ris", ".bib", ".bibtex", ".json")


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and those of the folders that can be imported, by name, from the root
    on. Raises `InputError` for a folder without any."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path.resolve())
            continue
        inside = sorted(
            each.resolve()
            for each in path.iterdir()
            if each.is_file() and each.name.lower().endswith(_ENDINGS)
        )
        if not inside:
            told = f"names of files end in one of: {', '.join(_ENDINGS)}"
            raise InputError(str(path), "holds no file that can be imported", told)
        found += inside
    return list(dict.fromkeys(found))


def planned(path: Path) -> PlannedFile:
    """The file with the MD5 that is stated beside it, or else its own. Raises `InputError`."""
    beside = path.with_name(f"{path.name}.md5")
    try:
        if beside.exists():
            checksum = plan.stated(
                beside.read_text(encoding="utf-8", errors="replace"), str(beside)
            )
        else:
            checksum = md5(str(path))
        return PlannedFile(str(path), path.stat().st_size, checksum)
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}") from None


def md5(file: str) -> str:
    """The MD5 of a file's bytes, in which NLM states checksums. Raises `InputError`."""
    try:
        with Path(file).open("rb") as stream:
            return hashlib.file_digest(
                stream, lambda: hashlib.md5(usedforsecurity=False)
            ).hexdigest()
    except OSError as error:
        raise InputError(file, f"cannot be read: {error.strerror}") from None


def reading() -> Reading:
    """How files are read: as `litwatch import` does."""
    from service.sources.importing import batches, kind_of

    def read(file: str, progress: Callable[[int], None]) -> Iterator[Batch]:
        return batches(Path(file), progress)

    return Reading(lambda file: kind_of(Path(file)), md5, read)


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a back-fill of some files would be."""

    files: tuple[PlannedFile, ...]
    source: str
    encoder: str | None
    key: str


def _plan(app: App, paths: Sequence[Path], *, embed: bool) -> _Planned:
    from service.sources.importing import BATCH, kind_of

    files = files_of(paths)
    source = ", ".join(sorted({kind_of(each) for each in files}))
    found = tuple(planned(each) for each in files)
    plan.refuse_twins(found)
    encoder = _encoder(app) if embed else None
    return _Planned(found, source, encoder, plan.key(found, source, encoder, BATCH))


def standing(app: App, paths: Sequence[Path], *, embed: bool) -> list[Backfill]:
    """The back-fill of these files, as it stands; without any, all, the newest first. Raises
    `InputError` where these files were never begun."""
    key = _plan(app, paths, embed=embed).key if paths else None
    with app.store.reading() as tx:
        if key is None:
            return tx.backfills.all()
        found = tx.backfills.find(key)
    if found is None:
        told = "was not begun with just these files and options"
        raise InputError("back-fill", told, "see: litwatch backfill --status")
    return [found]


def prepare(app: App, paths: Sequence[Path], *, embed: bool, again: bool, retry: bool) -> Backfill:
    """The back-fill of these files: the one that was begun, or a new one. What a run of this
    machine held that is dead is free again. Raises `InputError`, `EncoderError`."""
    made, now = _plan(app, paths, embed=embed), app.store.now()
    with app.store.writing() as tx:
        old = tx.backfills.find(made.key)
        if again and old is not None:
            tx.backfills.forget(old.id)
        backfill = tx.backfills.open(made.key, made.source, made.encoder, made.files, now)
        if retry:
            tx.backfills.retry(backfill.id)
        tx.backfills.free(backfill.id, [each for each in _holders(backfill) if _dead(each)])
        return tx.backfills.get(backfill.id)


def _encoder(app: App) -> str:
    info = app.query_encoder.info()
    return f"{info.name} {info.revision} {info.text_version}"


def _holders(backfill: Backfill) -> set[str]:
    return {each.holder for each in backfill.parts if each.holder is not None}


def _dead(holder: str) -> bool:
    """Whether this was a process of this machine that is no more; its number may be another's by
    now, then its lease has to run out."""
    host, _, rest = holder.partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdigit() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


# -- in processes of this machine ------------------------------------------------------------------


def jobs_for(app: App, wanted: int | None) -> int:
    """How many processes: as told, or the cores; three for SQLite, which has one writer."""
    if wanted is not None:
        return wanted
    return min(cores(), 3) if app.store.file else cores()


def run_here(
    app: App, backfill: Backfill, jobs: int, told: Callable[[plan.Progress], None]
) -> Backfill:
    """Work it off in `jobs` processes. Raises `StoreError`."""
    from multiprocessing import get_context

    from service.backfill.crew import Crew

    context = get_context("spawn")  # a fork would share the database's connections

    def hire(holder: str) -> Hand:
        hand = context.Process(
            target=work, args=(app.settings, backfill.id, holder), name=holder, daemon=True
        )
        hand.start()
        return hand

    owner, stopping = app.owner, app.stop.is_set
    crew = Crew(app.store, app.clock, backfill.id, owner, jobs, hire, stopping, told)
    return settled(app, crew.run())


def work(settings: Settings, number: int, holder: str) -> None:
    """A process of the crew: takes in parts until none is free, the end is asked for, or who
    hired it is gone. Ends with `STORE_LOST` where the database stays away."""
    from multiprocessing import parent_process

    from service import config, logs
    from service.backfill.crew import STORE_LOST
    from service.bootstrap.app import build

    logs.configure(settings.log.level, settings.log.format, config.secrets(settings))
    asked: list[int] = []  # an event would have a lock, which its own handler may wait for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who hired it
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    parent = parent_process()

    def stopping() -> bool:
        return bool(asked) or (parent is not None and not parent.is_alive())

    app = build(settings)
    try:
        taking = Taking(app.parts, reading(), holder, stopping)
        while not stopping() and taking.next(number) is not None:
            pass
    except StoreError as error:
        log.error("%s", error)
        os._exit(STORE_LOST)  # a gentler end would ask the database once more
    finally:
        app.close()


def settled(app: App, backfill: Backfill) -> Backfill:
    """With what its files name as deleted marked, where nothing of it is left to be done."""
    if plan.progress(backfill).left:
        return backfill
    settle(app.parts, backfill)
    with app.store.reading() as tx:
        return tx.backfills.get(backfill.id)
