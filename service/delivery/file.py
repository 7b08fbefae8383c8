"""Files: a digest written into a folder, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service.records import DeliveryState, Outcome

if TYPE_CHECKING:
    from service.records import Delivery

_PASSING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBUSY, errno.EMFILE, errno.ESTALE}
)


@dataclass(frozen=True, slots=True)
class FileChannel:
    """Writes `folder/<destination>-<digest>.html` (".txt" when the destination ends so).

    The same delivery always gives the same file, so that writing it again does no harm.
    """

    folder: Path
    name: str = "file"

    def send(self, delivery: Delivery) -> Outcome:
        """Write the payload under a temporary name, force it to disk, then rename."""
        path = self.path(delivery)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, delivery.payload)
        except OSError as error:
            return unwritten(path, error)
        return Outcome(DeliveryState.SENT, "written", provider_id=str(path))

    def reconcile(self, delivery: Delivery) -> Outcome:
        """SENT when the file is there with these bytes; else RETRY."""
        path = self.path(delivery)
        with suppress(OSError):
            if (
                hashlib.sha256(path.read_bytes()).digest()
                == hashlib.sha256(delivery.payload).digest()
            ):
                return Outcome(DeliveryState.SENT, "found in the folder", provider_id=str(path))
        return Outcome(DeliveryState.RETRY, "not found in the folder")

    def path(self, delivery: Delivery) -> Path:
        """Where the delivery goes; never outside the folder, whatever the destination says."""
        wanted = Path(delivery.destination)
        stem = plain(wanted.stem) or "digest"
        suffix = ".txt" if wanted.suffix == ".txt" else ".html"
        part = f"-{delivery.part}" if delivery.parts > 1 else ""
        return self.folder / f"{stem}-{plain(delivery.digest_id)}{part}{suffix}"


def unwritten(path: Path, error: OSError) -> Outcome:
    """What it means that a file could not be written: RETRY where that passes, else DEAD."""
    detail = f"cannot write {path.name}: {error.strerror or error}"
    if error.errno in _PASSING:
        return Outcome(DeliveryState.RETRY, detail)
    remedy = f"make {path.parent} a folder that the service may write into"
    return Outcome(DeliveryState.DEAD, detail, remedy=remedy)


def plain(text: str) -> str:
    """`text` as a part of a file's name: letters, digits and hyphens, at most 80; may be ""."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:80]


def write(path: Path, payload: bytes) -> None:
    """Put `payload` in the file's place, whole or not at all; it is on the disk. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # a page to be read by others, not a secret
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
