"""Read what arXiv sends: API search pages (Atom), OAI-PMH in any of its formats, rss.arxiv.org.

All give the same key: source "arxiv", the id without version, the version's digits. OAI records
in the formats arXiv and oai_dc do not say their version; arXivRaw does.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from service import safe_xml
from service.errors import BadRequestError, NotDataError
from service.records import Page, Record
from service.safe_xml import local_name
from service.sources import feeds, oai, replies

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE = "arxiv"
_THING = "arXiv"
_ID = re.compile(
    r"(?:^|abs/|pdf/|arxiv:|oai:arxiv\.org:)"
    r"(?:(?P<id>\d{4}\.\d{4,5})|(?P<archive>[a-z-]+)(?:\.[a-z-]+)?/(?P<number>\d{7}))"
    r"(?:v(?P<version>\d+))?\b",
    re.IGNORECASE,
)
_UPDATED = re.compile(rb"<updated>\s*(\d{4}-[01]\d-[0-3]\d)")
_QUERY = re.compile(r"search_query=(.*?)&id_list=", re.DOTALL)


def read(body: bytes) -> Page:
    """Return the records of any arXiv reply.

    Raises `BadRequestError` for the one-entry Error feed (whatever its HTTP status),
    `ThrottledError` for "Rate exceeded.", `TransientError` for HTML, cut or empty replies, and
    what `oai.read_oai` raises. An empty page below the stated total is the caller's to judge.
    """
    root = replies.xml_root(_THING, body)
    name = local_name(root).lower()
    if name in {"oai-pmh", "record"}:
        return _oai_page(oai.read_oai(body, _THING))
    if name in {"rss", "rdf"} or (name == "feed" and _is_announcement(root)):
        return _rss_page(body)
    if name == "feed":
        return _atom_page(root)
    raise NotDataError(_THING, f"<{local_name(root)}> is no arXiv reply", "check the address")


def identify(text: str) -> tuple[str, str]:
    """The (id without version, version) that an address or an OAI identifier holds, or ("", "").

    An old id loses its subject class, which arXiv writes in some places and not in others.
    """
    found = _ID.search(text.strip())
    if found is None:
        return "", ""
    name = found["id"] or f"{found['archive'].lower()}/{found['number']}"
    return name, found["version"] or ""


def updated(record: Record) -> str:
    """The day of an "arxiv-atom" record's newest version, "" when it has none."""
    found = _UPDATED.search(record.payload)
    return found.group(1).decode("ascii") if found else ""


# -- the API --------------------------------------------------------------------------------------


def _atom_page(root: etree._Element) -> Page:
    entries = list(_named(root, "entry"))
    for entry in entries:
        _refuse_error(entry)
    total = replies.count(_text(root, "totalResults"))
    start = replies.count(_text(root, "startIndex")) or 0
    after = start + len(entries)
    query = _QUERY.search(_text(root, "title"))
    return Page(
        records=tuple(_atom_record(entry) for entry in entries),
        stated=total,
        next=str(after) if entries and total is not None and after < total else None,
        translation=query.group(1).strip() if query else None,
    )


def _refuse_error(entry: etree._Element) -> None:
    where = _text(entry, "id")
    if "api/errors" in where or (_text(entry, "title") == "Error" and not identify(where)[0]):
        said = _text(entry, "summary") or "an error without a text"
        raise BadRequestError(_THING, f"the source says: {said}", "check the query")


def _atom_record(entry: etree._Element) -> Record:
    payload = _bytes(entry)
    name, version = identify(_text(entry, "id"))
    return Record(SOURCE, name or _hash(payload), version, "arxiv-atom", payload)


# -- OAI-PMH --------------------------------------------------------------------------------------


def _oai_page(page: oai.OaiPage) -> Page:
    return Page(
        records=tuple(_oai_record(item) for item in page.records if item.metadata is not None),
        deletions=tuple(identify(item.identifier)[0] for item in page.records if item.deleted),
        ids=tuple(
            identify(item.identifier)[0]
            for item in page.records
            if item.metadata is None and not item.deleted
        ),
        stated=page.stated,
        next=page.token,
    )


def _oai_record(item: oai.OaiRecord) -> Record:
    """One record with its header, because the datestamp and the sets stand only there."""
    metadata = safe_xml.parse(item.metadata or b"")
    record = etree.Element("record")
    header = etree.SubElement(record, "header")
    etree.SubElement(header, "identifier").text = item.identifier
    etree.SubElement(header, "datestamp").text = item.datestamp
    for spec in item.sets:
        etree.SubElement(header, "setSpec").text = spec
    etree.SubElement(record, "metadata").append(metadata)
    name = identify(item.identifier)[0] or identify(_text(metadata, "id"))[0]
    payload = _bytes(record)
    return Record(SOURCE, name or _hash(payload), _newest(metadata), "arxiv-oai", payload)


def _newest(metadata: etree._Element) -> str:
    """The highest version of an arXivRaw history; "" in the formats that have none."""
    said = ((v.get("version") or "").lower().removeprefix("v") for v in _named(metadata, "version"))
    numbers = (number for text in said if (number := replies.count(text)) is not None)
    return str(max(numbers, default="") or "")


# -- rss.arxiv.org --------------------------------------------------------------------------------


def _is_announcement(root: etree._Element) -> bool:
    first = next(iter(_named(root, "entry")), root)
    return "rss.arxiv.org" in _text(root, "id") or _text(first, "id").lower().startswith("oai:")


def _rss_page(body: bytes) -> Page:
    """Announcements: a batch may be stale or missing, so they prove nothing."""
    page = feeds.read(body, SOURCE)
    return replace(page, records=tuple(_announced(record) for record in page.records))


def _announced(record: Record) -> Record:
    entry = json.loads(record.payload)
    for text in (entry.get("id", ""), entry.get("summary", "")[:60], entry.get("link", "")):
        name, version = identify(text)
        if name:
            return replace(record, source_id=name, version=version)
    return record


# -- XML ------------------------------------------------------------------------------------------


def _named(element: etree._Element, name: str) -> Iterable[etree._Element]:
    return (child for child in element if local_name(child) == name)


def _text(element: etree._Element, name: str) -> str:
    found = next(iter(_named(element, name)), None)
    return " ".join("".join(str(t) for t in found.itertext()).split()) if found is not None else ""


def _bytes(element: etree._Element) -> bytes:
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def _hash(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()[:32]
