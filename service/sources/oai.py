"""The OAI-PMH envelope: headers, deletions, metadata and the token, whatever the metadata is.

PMC and arXiv both answer in it. The metadata stays bytes; who asked knows how to read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    NotFoundError,
    SourceError,
    TransientError,
)
from service.safe_xml import local_name
from service.sources import replies

if TYPE_CHECKING:
    from collections.abc import Iterator

_ERRORS: dict[str, tuple[type[SourceError], str]] = {
    "badResumptionToken": (CursorLostError, "the window is walked again from its start"),
    "idDoesNotExist": (NotFoundError, "check the identifier"),
    "noMetadataFormats": (NotFoundError, "the item has no metadata to give"),
    "badArgument": (BadRequestError, "check the dates, the set and the format of the request"),
    "badVerb": (BadRequestError, "check the verb of the request"),
    "cannotDisseminateFormat": (BadRequestError, "ask for this item in oai_dc"),
    "noSetHierarchy": (BadRequestError, "ask without a set"),
}
_BROKEN = re.compile(r"internal|unavailable|time.?out|try again|temporar", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OaiRecord:
    """One header with its metadata; `metadata` is None in lists of headers and for deletions."""

    identifier: str
    datestamp: str
    sets: tuple[str, ...]
    deleted: bool
    metadata: bytes | None


@dataclass(frozen=True, slots=True)
class OaiPage:
    """One reply. `token` None means the list ends here (an empty token element says the same).

    `stated` is completeListSize where the repository gives it; `response_date` is its own clock,
    from which the next window should start.
    """

    records: tuple[OaiRecord, ...] = ()
    token: str | None = None
    stated: int | None = None
    response_date: str = ""


def read_oai(body: bytes, thing: str = "OAI-PMH") -> OaiPage:
    """Read a ListRecords, ListIdentifiers or GetRecord reply, or a bare `<record>`.

    noRecordsMatch is an empty page; every other OAI error raises its `SourceError`.
    Raises `TransientError` for broken XML and HTML, `NotDataError` for XML of another kind.
    """
    root = replies.xml_root(thing, body)
    if local_name(root) == "record":
        return OaiPage(records=(_record(thing, root),))
    if local_name(root) != "OAI-PMH":
        raise NotDataError(thing, f"<{local_name(root)}> is no OAI-PMH reply", "check the address")
    when = _child_text(root, "responseDate")
    verb = None
    for child in _children(root):
        if local_name(child) == "error":
            if child.get("code") == "noRecordsMatch":
                return OaiPage(stated=0, response_date=when)
            raise _error(thing, child)
        if local_name(child) in {"ListRecords", "ListIdentifiers", "GetRecord"}:
            verb = child
    if verb is None:
        raise NotDataError(thing, "the reply holds no records, no headers and no error")
    return _page(thing, verb, when)


def _page(thing: str, verb: etree._Element, when: str) -> OaiPage:
    records: list[OaiRecord] = []
    token: str | None = None
    stated: int | None = None
    for child in _children(verb):
        if local_name(child) in {"record", "header"}:
            records.append(_record(thing, child))
        elif local_name(child) == "resumptionToken":
            token = (child.text or "").strip() or None
            stated = replies.count(child.get("completeListSize"))
    return OaiPage(tuple(records), token, stated, when)


def _record(thing: str, element: etree._Element) -> OaiRecord:
    header = element if local_name(element) == "header" else _child(element, "header")
    if header is None:
        raise NotDataError(thing, "a record has no header")
    holder = _child(element, "metadata")
    metadata = next(_children(holder), None) if holder is not None else None
    return OaiRecord(
        identifier=_child_text(header, "identifier"),
        datestamp=_child_text(header, "datestamp"),
        sets=tuple((c.text or "").strip() for c in _children(header) if local_name(c) == "setSpec"),
        deleted=header.get("status") == "deleted",
        metadata=None if metadata is None else etree.tostring(metadata, with_tail=False),
    )


def _error(thing: str, element: etree._Element) -> SourceError:
    code = element.get("code") or ""
    said = " ".join((element.text or "").split())
    cause = f"{code}: {said}" if said else code or "an error without a code"
    if code in _ERRORS:
        kind, remedy = _ERRORS[code]
        return kind(thing, cause, remedy)
    if _BROKEN.search(cause):
        return TransientError(thing, cause, "it is asked again")
    return BadRequestError(thing, cause, "check the request")


def _children(element: etree._Element) -> Iterator[etree._Element]:
    return (child for child in element if local_name(child))


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((c for c in _children(element) if local_name(c) == name), None)


def _child_text(element: etree._Element, name: str) -> str:
    child = _child(element, name)
    return "" if child is None else (child.text or "").strip()
