"""Vectors kept on disk between runs, so that the same texts are embedded once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from service.protocols import Encoder
    from service.records import EncoderInfo


@dataclass(frozen=True, slots=True)
class KeptEncoder:
    """An `Encoder` that keeps what each call gave in a file of `folder`, named by the texts and
    by what made the vectors. A file that cannot be read is made again. Raises `InputError` when
    the folder cannot be written to."""

    inner: Encoder
    folder: Path

    def info(self) -> EncoderInfo:
        """As the inner one."""
        return self.inner.info()

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """As the inner one; all of `texts` from one file, or all anew."""
        file = self.folder / f"vectors-{_key(self.info(), texts)}.npz"
        found = _read(file, len(texts))
        if found is None:
            found = self.inner.encode(texts, progress)
            _write(file, found)
        elif progress is not None:
            progress(len(texts))
        return found


def _key(info: EncoderInfo, texts: Sequence[str]) -> str:
    digest = sha256(repr(astuple(info)).encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()[:32]


def _read(file: Path, expected: int) -> list[NDArray[float32]] | None:
    """One array per text, or None where there is no sound file."""
    import numpy as np

    with suppress(OSError, ValueError, EOFError, KeyError, BadZipFile):
        # Opened here: NumPy leaves a file open that turns out to be damaged.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            rows, counts = kept["rows"], kept["counts"]
        if len(counts) == expected and counts.sum() == len(rows) and rows.dtype == np.float32:
            return list(np.split(rows, np.cumsum(counts)[:-1]))
    return None


def _write(file: Path, vectors: Sequence[NDArray[float32]]) -> None:
    """Whole or not at all: another run may be reading."""
    import numpy as np

    if not vectors:
        return
    unfinished = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as stream:
            counts = np.array([len(each) for each in vectors])
            np.savez(stream, rows=np.concatenate(vectors), counts=counts)
        unfinished.replace(file)
    except OSError as error:
        told = f"vectors cannot be kept there: {error.strerror}"
        raise InputError(str(file.parent), told, "choose another folder") from None
