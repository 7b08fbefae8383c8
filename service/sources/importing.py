"""Files that a person hands in, as batches of records, streamed.

NLM baseline and update files (.xml, .xml.gz) are cut while they are read, so memory stays flat;
the other forms are small and read whole.
"""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, BinaryIO

from service.errors import InputError, LitwatchError
from service.records import Batch
from service.sources import pubmed_split
from service.sources.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from service.records import Record

BATCH = 1_000
_HEAD = 4096
_REMEDY = "accepted: NLM PubMed XML (.xml, .xml.gz), nbib, RIS, BibTeX, bioRxiv JSON"


def kind_of(path: Path) -> str:
    """The source whose reader understands the file, by its beginning rather than its name.

    Raises `InputError` for a file that cannot be read or is of no known form.
    """
    head = _head(path)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith((b"PMID-", b"PMID -")):
        return "pubmed"
    if text.startswith(b"TY  -"):
        return "ris"
    if text.startswith((b"@", b"%")):
        return "bibtex"
    if text.startswith(b"<") and pubmed_split.holds_records(text):
        return "pubmed"
    if text.startswith((b"{", b"[")) and b'"collection"' in _sample(path):
        return "biorxiv"
    raise InputError(str(path), "is of no form that can be imported", _REMEDY)


def batches(path: Path, progress: Callable[[int], None] = lambda _read: None) -> Iterator[Batch]:
    """The file's records, at most `BATCH` at a time. `progress` gets the bytes read since its
    last call (of the file as it lies on disk). Raises `InputError` when the file is damaged;
    the batches yielded before that stay valid.
    """
    kind = kind_of(path)
    try:
        with path.open("rb") as file:
            counted = _Counted(file, progress)
            if kind == "pubmed" and pubmed_split.holds_records(_text_head(path)):
                yield from _streamed(pubmed_split.iter_records(counted))  # type: ignore[arg-type]
                return
            page = read(kind, counted.read())
    except InputError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(str(path), f"cannot be read: {error}") from None
    except LitwatchError as error:
        raise InputError(str(path), error.cause, error.remedy or "get the file again") from None
    yield from _streamed(page.records)


def _streamed(items: Iterable[Record | pubmed_split.Deletions]) -> Iterator[Batch]:
    records: list[Record] = []
    for item in items:
        if isinstance(item, pubmed_split.Deletions):
            yield Batch(tuple(records), item.ids)
            records = []
            continue
        records.append(item)
        if len(records) == BATCH:
            yield Batch(tuple(records))
            records = []
    if records:
        yield Batch(tuple(records))


class _Counted:
    """A file whose reads are counted."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._progress(len(data))
        return data


def _text_head(path: Path) -> bytes:
    return _head(path).removeprefix(b"\xef\xbb\xbf").lstrip()


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            return file.read(_HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(str(path), f"cannot be read: {error}") from None


def _sample(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 20)
