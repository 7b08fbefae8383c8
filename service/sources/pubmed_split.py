"""Cutting PubMed's XML into records by their tags, without parsing it.

A file of 20,000 records passes in about a second and in flat memory, and each record's bytes stay
exactly as NLM wrote them. This rests on two habits of PubMed's XML: a start tag of a record never
stands inside another record, a comment or CDATA; and the encoding is UTF-8.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from service.errors import NotDataError, TransientError
from service.records import Record
from service.sources.pubmed_errors import THING, reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SOURCE = "pubmed"
FORMAT = "pubmed-xml"
_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_HALF_TAG = 64
_PROLOG_LIMIT = 8192
_RECORD_LIMIT = 64 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_PROLOG = re.compile(
    rb"\s*(?:<\?[^>]{0,500}\?>\s*|<!--[^>]{0,2000}-->\s*|<!DOCTYPE[^>\[]{0,2000}>\s*){0,20}"
    rb"<([A-Za-z_][\w:.-]*)(?=[\s/>])"
)
_START = re.compile(rb"<(PubmedArticle|PubmedBookArticle|DeleteCitation|DeleteDocument)(?=[\s/>])")
_ROOT_END = re.compile(rb"</PubmedArticleSet\s*>|<PubmedArticleSet\s*/>")
_PMID = re.compile(rb"<PMID((?:\s[^>]*)?)>\s*(\d+)\s*</PMID>")
_VERSION = re.compile(rb"Version\s*=\s*[\"'](\d+)[\"']")
_PROBLEM = re.compile(rb"<(error)\b[^>]*>(.*?)(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_SET = b"PubmedArticleSet"
_ROOTS = frozenset((_SET, b"PubmedArticle", b"PubmedBookArticle"))


@dataclass(frozen=True, slots=True)
class Deletions:
    """PMIDs that NLM has deleted from PubMed."""

    ids: tuple[str, ...]


def root_name(head: bytes) -> bytes:
    """Return the name of the root element, given the beginning of a document; b"" without one."""
    match = _PROLOG.match(head.removeprefix(_BOM))
    return match.group(1) if match else b""


def holds_records(head: bytes) -> bool:
    """Whether the document that begins so is a set of PubMed records, or a single one."""
    return root_name(head) in _ROOTS


def iter_records(stream: BinaryIO) -> Iterator[Record | Deletions]:
    """Yield the records and deletions of an update or baseline file, plain or gzipped.

    A record's payload is its element's exact bytes; `source_id` is its PMID and `version` the
    PMID's Version attribute. What was yielded before an error stays valid. Raises
    `TransientError` when the file ends early (no closing root tag, a record broken off, damaged
    gzip) and `NotDataError` when it is not a PubMed file at all.
    """
    return split(inflated(_chunks(stream)))


def split(chunks: Iterable[bytes]) -> Iterator[Record | Deletions]:
    """Yield what the pieces of one uncompressed document hold; see `iter_records`.

    Memory stays at one piece and one record. An <ERROR> between records is raised as what it means.
    """
    buffer = root = b""
    closed = read_any = False
    start: re.Match[bytes] | None = None
    for chunk in chunks:
        buffer += chunk
        if not root:
            root = root_name(buffer)
            if not root and len(buffer) < _PROLOG_LIMIT:
                continue
            _refuse_other(root)
        place, start = 0, _START.search(buffer)
        while start and (end := _end(buffer, start)):
            _between(buffer[place : start.start()])
            yield _read(start.group(1), buffer[start.start() : end])
            place, closed, read_any = end, False, True
            start = _START.search(buffer, place)
        gap = buffer[place : start.start() if start else None]
        closed = _between(gap) or closed
        buffer = buffer[start.start() :] if start else gap[-_HALF_TAG:]
        if len(buffer) > _RECORD_LIMIT:
            raise NotDataError(THING, "one record is larger than 64 MiB")
    if not root and buffer.removeprefix(_BOM).strip()[:1] not in (b"", b"<"):
        _refuse_other(root)
    if start or not (closed or (read_any and root != _SET)):
        raise TransientError(THING, "it breaks off before </PubmedArticleSet>", "fetch it again")


def _refuse_other(root: bytes) -> None:
    if root.lower() == b"html":
        raise TransientError(THING, "an HTML page came where data was expected", "fetch it again")
    if root not in _ROOTS:
        kind = f"<{root.decode('ascii', 'replace')[:80]}>" if root else "no XML"
        raise NotDataError(THING, f"this is {kind}, not a set of PubMed records")


def _end(buffer: bytes, start: re.Match[bytes]) -> int | None:
    """Where the element that starts there ends, or None when its end is not in the buffer yet."""
    if buffer.startswith(b"/>", start.end()):
        return start.end() + 2
    tag = b"</" + start.group(1) + b">"
    found = buffer.find(tag, start.end())
    return found + len(tag) if found >= 0 else None


def _between(gap: bytes) -> bool:
    """Whether the root ends in what stands between records. Raises for an error told there."""
    if b"<" not in gap:
        return False
    if problem := _PROBLEM.search(gap):
        raise reported(problem.group(2).decode("utf-8", "replace"))
    return _ROOT_END.search(gap) is not None


def _read(tag: bytes, element: bytes) -> Record | Deletions:
    if tag.startswith(b"Delete"):
        return Deletions(tuple(pmid.decode() for _, pmid in _PMID.findall(element)))
    if element.find(b"<" + tag + b">", len(tag)) >= 0:
        raise TransientError(THING, "a record breaks off where another begins", "fetch it again")
    found = _PMID.search(element)
    if found is None:
        # Kept under a name of its own, so that the raw payload is there when it is looked into.
        return Record(SOURCE, f"unnamed-{sha256(element).hexdigest()[:16]}", "", FORMAT, element)
    version = _VERSION.search(found.group(1))
    return Record(
        SOURCE,
        found.group(2).decode(),
        version.group(1).decode() if version else "",
        FORMAT,
        element,
    )


# -- bytes of files ------------------------------------------------------------------------------


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces, inflated a MiB at a time when the first begins as gzip does.

    Raises `TransientError` when the gzip data is damaged or ends early. Sets no limit on the
    whole: who cannot trust the file must.
    """
    inflater: zlib._Decompress | None = None
    first = True
    for chunk in chunks:
        data = chunk
        if first and chunk.startswith(_GZIP_MAGIC):
            inflater = zlib.decompressobj(_GZIP)
        first = False
        if inflater is None:
            yield data
            continue
        while data:
            if inflater.eof:  # a further member
                inflater = zlib.decompressobj(_GZIP)
            try:
                yield inflater.decompress(data, _CHUNK)
            except zlib.error as error:
                raise TransientError(
                    THING, f"the gzip data is damaged: {error}", "fetch it again"
                ) from None
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    while inflater is not None and not inflater.eof and (rest := inflater.decompress(b"", _CHUNK)):
        yield rest
    if inflater is not None and not inflater.eof:
        raise TransientError(THING, "the gzip data breaks off before its end", "fetch it again")
