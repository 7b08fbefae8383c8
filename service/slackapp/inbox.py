"""What carries a vote, as files: kept before Slack is told that it arrived, gone when it counts.

One folder, one file each, read in the order they came. What cannot be understood is moved to
`set-aside/`, with the reason beside it.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.errors import DeliveryError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

ASIDE = "set-aside"
_LOCK = ".turn"
_SECOND = 1_000_000


class Inbox:
    """A folder of payloads. Safe for several threads and processes of one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = itertools.count()  # the clock may stand

    def keep(self, payload: Mapping[str, Any], now: datetime) -> Path:
        """Write a payload and force it to disk; it is whole there, or an error was raised.

        Raises `DeliveryError`. Only this account may read the file: it names people, and holds an
        address at which Slack takes an answer.
        """
        stamp = int(now.timestamp() * _SECOND)
        path = self.folder / f"{stamp:017d}-{next(self._count):06d}-{os.getpid()}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(path, json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"))
        except (OSError, ValueError) as error:
            raise self._unusable(error) from None
        return path

    def waiting(self) -> list[Path]:
        """The files that are kept, oldest first. Raises `DeliveryError`."""
        try:
            names = os.listdir(self.folder)  # noqa: PTH208 - a glob would hide that it cannot be read
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable(error) from None
        return [self.folder / name for name in sorted(names) if name.endswith(".json")]

    def read(self, path: Path) -> Mapping[str, Any]:
        """What the file holds. Raises `InputError` for what is no JSON object."""
        try:
            found = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(path.name, f"cannot be read: {error}") from None
        if not isinstance(found, dict):
            raise InputError(path.name, "is no JSON object")
        return found

    def done(self, path: Path) -> None:
        """It is in the archive: forget it. Raises `DeliveryError`."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from None

    def set_aside(self, path: Path, reason: str) -> None:
        """Move it out of the way, for a person to look at; moved back, it is tried again."""
        aside = self.folder / ASIDE
        aside.mkdir(exist_ok=True)
        (aside / f"{path.stem}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
        path.replace(aside / path.name)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Only one thread of one process empties the inbox at a time; others wait.

        Raises `DeliveryError`.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / _LOCK).open("ab")
        except OSError as error:
            raise self._unusable(error) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed
            yield

    def _unusable(self, error: Exception) -> DeliveryError:
        remedy = "make slack.inbox a folder with space that the service may write into"
        return DeliveryError(f"inbox {self.folder}", str(error), remedy)


def _write(path: Path, payload: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # else the name could be lost with the power, though not the bytes
    finally:
        os.close(folder)
