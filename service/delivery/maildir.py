"""A Maildir in which mails come back: taken in one by one, none lost, none deleted."""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from service.delivery.bounces import LARGEST
from service.errors import DeliveryError, LitwatchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

_SEEN, _UNSEEN = ":2,S", ":2,"


def empty(
    folder: Path, take: Callable[[bytes], object], stopping: Callable[[], bool] = lambda: False
) -> int:
    """Give every mail of `folder`/new to `take`, then move it to cur as seen; returns how many.

    A mail is moved after `take` has returned, so that one may be given twice (a kill in between,
    two workers), but none is passed over. One that breaks `take` is moved as not seen, for a
    person; a `LitwatchError` (the database) leaves it and all later ones in new, and is raised.
    Raises `DeliveryError` for a folder that is no Maildir, or may not be read.
    """
    new, done = folder / "new", folder / "cur"
    try:
        done.mkdir(exist_ok=True)
        names = sorted(each.name for each in new.iterdir() if not each.name.startswith("."))
    except OSError as error:
        remedy = "name the folder that holds new and cur, and let this user read and move in it"
        raise DeliveryError(f"Maildir {folder}", f"{error.strerror}", remedy) from None
    taken = 0
    for name in names:
        if stopping():
            break
        mail = _read(new / name)
        if mail is None:
            continue
        flags = _taken(name, mail, take)
        with suppress(FileNotFoundError):  # another worker was as quick
            (new / name).rename(done / f"{name.partition(':')[0]}{flags}")
            taken += 1
    return taken


def _taken(name: str, mail: bytes, take: Callable[[bytes], object]) -> str:
    try:
        take(mail)
    except LitwatchError:
        raise
    except Exception:  # a defect of ours: the next mail may be readable, and this one is kept
        log.exception("mail %s came back and could not be taken in", name)
        return _UNSEEN
    return _SEEN


def _read(file: Path) -> bytes | None:
    """The beginning of a mail; None for what is gone, no plain file, or may not be read."""
    try:
        # Whoever may write here must not make us read another file, or wait for a pipe.
        if not stat.S_ISREG(file.lstat().st_mode):
            return None
        number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(number, "rb") as opened:
            return opened.read(LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("mail %s cannot be read: %s", file, error.strerror)
        return None
