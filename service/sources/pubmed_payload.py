"""PubMed's replies and files: records, ids, errors in many forms. Bytes in, a `Page` out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service import safe_xml
from service.errors import NotDataError, TransientError
from service.records import Page, Record
from service.sources import replies
from service.sources.pubmed_errors import THING, reported
from service.sources.pubmed_split import (
    SOURCE,
    Deletions,
    holds_records,
    inflated,
    iter_records,
    root_name,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lxml import etree

__all__ = ["Deletions", "dropped_terms", "iter_records", "query_alterations", "read"]

SUMMARY = "pubmed-esummary"
MEDLINE = "medline"
_DROPPED = ("PhraseNotFound:", "FieldNotFound:")
_GZIP_MAGIC = b"\x1f\x8b"
_BROKEN_ERROR = re.compile(r'"ERROR"\s*:\s*"(.+)', re.DOTALL)
_UNZIPPED_LIMIT = 2 << 30

_MEDLINE_START = re.compile(rb"(?:^|\n)PMID *- *(\d+)")
_SUMMARY = re.compile(rb"<DocSum>.*?</DocSum>", re.DOTALL)
_SUMMARY_ID = re.compile(rb"<Id>\s*(\d+)\s*</Id>")

# The same warnings in the words of the XML replies, whatever the form of the reply.
_WARNINGS = {
    "phrasesnotfound": "PhraseNotFound",
    "fieldsnotfound": "FieldNotFound",
    "phrasesignored": "PhraseIgnored",
    "quotedphrasesnotfound": "QuotedPhraseNotFound",
    "outputmessages": "OutputMessage",
}
_ALTERED = re.compile(
    r"(?:PhraseNotFound|FieldNotFound|QuotedPhraseNotFound): "
    r"|OutputMessage: .*(?:wildcard|variations|truncat|too (?:long|many)|restrictions)",
    re.I,
)


def read(body: bytes) -> Page:
    """Read any reply or file of PubMed, plain or gzipped.

    * records (efetch XML, update and baseline files, esummary XML, MEDLINE text): `records`, each
      with its exact bytes, and `deletions`. An empty set is an empty page, not an error.
    * esearch, JSON or XML: `ids`, `stated`, `translation`, `warnings`, and as `next`
      "WebEnv QueryKey" when the history server was used. A reply to rettype=count has only
      `stated`. Raises `TransientError` when count, retmax, retstart or idlist are missing.
    * epost: `next`; ids it did not take are in `warnings`.

    Raises the `SourceError` that the body amounts to: `ThrottledError` for the rate limit,
    `BadRequestError` for a request that can never work (paging past 9,998, no ids),
    `CursorLostError` for a lost history, `TransientError` for "Search Backend failed", HTML, and
    anything that breaks off. Does not compare what came with what was asked for; MEDLINE text
    has no end sign, so only that comparison shows it was cut.
    """
    if body.startswith(_GZIP_MAGIC):
        body = _unzipped(body)
    body = body.removeprefix(b"\xef\xbb\xbf")  # else the first line of an nbib file is not seen
    head = body[:8192]
    if holds_records(head):
        return _records(body)
    replies.refuse_notices(THING, body)
    start = head.lstrip()[:1]
    if start in (b"{", b"["):
        return _json(body)
    if start == b"<":
        return _xml(body, root_name(head))
    if _MEDLINE_START.search(head):
        return Page(records=_medline(body))
    told = " ".join(replies.text(head).split())[:300]
    raise reported(told) if told.isprintable() else NotDataError(THING, "the body is not text")


def query_alterations(page: Page) -> tuple[str, ...]:
    """Return the warnings that say the search was not for what was asked.

    A phrase or field not found, a quoted phrase searched as loose words, a wildcard cut short;
    not "No items found." nor ignored stop words.
    """
    return tuple(warning for warning in page.warnings if _ALTERED.match(warning))


def dropped_terms(page: Page) -> tuple[str, ...]:
    """Those of `query_alterations` that say a part of the query was left out; the others widen."""
    return tuple(w for w in query_alterations(page) if w.startswith(_DROPPED))


def _unzipped(body: bytes) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in inflated((body,)):
        pieces.append(piece)
        size += len(piece)
        if size > _UNZIPPED_LIMIT:
            raise NotDataError(THING, "the file is larger than 2 GiB when inflated")
    return b"".join(pieces)


# -- records -------------------------------------------------------------------------------------


def _records(body: bytes) -> Page:
    records: list[Record] = []
    deletions: list[str] = []
    for found in split((body,)):
        if isinstance(found, Deletions):
            deletions.extend(found.ids)
        else:
            records.append(found)
    return Page(records=tuple(records), deletions=tuple(deletions))


def _medline(body: bytes) -> tuple[Record, ...]:
    starts = list(_MEDLINE_START.finditer(body))
    ends = [match.start() for match in starts[1:]] + [len(body)]
    return tuple(
        Record(SOURCE, start.group(1).decode(), "", MEDLINE, body[start.start() : end].strip())
        for start, end in zip(starts, ends, strict=True)
    )


def _summaries(body: bytes) -> tuple[Record, ...]:
    records = []
    for found in _SUMMARY.finditer(body):
        pmid = _SUMMARY_ID.search(found.group())
        if pmid is None:
            raise NotDataError(THING, "a document summary without an id")
        records.append(Record(SOURCE, pmid.group(1).decode(), "", SUMMARY, found.group()))
    return tuple(records)


# -- lists of ids --------------------------------------------------------------------------------


def _json(body: bytes) -> Page:
    try:
        value = replies.json_value(THING, body)
    except TransientError:
        if broken := _BROKEN_ERROR.search(replies.text(body[:4096])):
            raise reported(broken.group(1)) from None
        raise
    if not isinstance(value, dict):
        raise NotDataError(THING, "the JSON is not an object")
    result = value.get("esearchresult")
    told = value.get("error") or value.get("ERROR")
    if told and not isinstance(result, dict):
        raise reported(str(told))
    if not isinstance(result, dict):
        raise NotDataError(THING, "the JSON is no reply of esearch", "ask for XML")
    return _esearch(result)


def _xml(body: bytes, root: bytes) -> Page:
    element = replies.xml_root(THING, body)
    errors = [" ".join((e.text or "").split()) for e in element.iter("ERROR", "error", "Error")]
    told = tuple(f"ERROR: {error}" for error in errors)
    if errors and not element.findtext("WebEnv") and element.find("DocSum") is None:
        raise reported("; ".join(errors))
    if root == b"eSearchResult":
        return _esearch(_as_json(element))
    if root == b"ePostResult":
        invalid = (f"InvalidId: {e.text}" for e in element.iterfind("InvalidIdList/Id"))
        history = _history(element.findtext("WebEnv"), element.findtext("QueryKey"))
        return Page(next=history, warnings=(*invalid, *told))
    if root == b"eSummaryResult":
        return Page(records=_summaries(body), warnings=told)
    raise NotDataError(THING, f"<{root.decode()}> is no reply that PubMed is known to send")


def _as_json(element: etree._Element) -> dict[str, object]:
    """An esearch reply in XML as the one in JSON would be."""
    found: dict[str, object] = {
        safe_xml.local_name(child).lower(): child.text or "" for child in element if not len(child)
    }
    if (ids := element.find("IdList")) is not None:
        found["idlist"] = [e.text for e in ids.iterchildren("Id")]
    singular = {name: key for key, name in _WARNINGS.items()}
    for group in ("ErrorList", "WarningList"):
        told: dict[str, list[str]] = {}
        for entry in element.iterfind(f"{group}/*"):
            name = safe_xml.local_name(entry)
            told.setdefault(singular.get(name, name), []).append(entry.text or "")
        found[group.lower()] = told
    return found


def _esearch(result: Mapping[str, object]) -> Page:
    if told := result.get("ERROR") or result.get("error"):
        raise reported(str(told))
    stated = replies.count(result.get("count"))
    if stated is None:
        raise TransientError(THING, "the search reply states no count", "it is asked again")
    page = Page(
        stated=stated,
        ids=_ids(result),
        next=_history(result.get("webenv"), result.get("querykey")),
        translation=str(result.get("querytranslation") or "") or None,
        warnings=_warnings(result),
    )
    keys = {key for key in ("retmax", "retstart", "idlist") if key in result}
    if keys and len(keys) < 3:
        raise TransientError(
            THING, "the search reply is incomplete: retmax, retstart or idlist is missing"
        )
    return page


def _ids(result: Mapping[str, object]) -> tuple[str, ...]:
    ids = result.get("idlist") or []
    if not isinstance(ids, list) or not all(_is_id(str(i)) for i in ids):
        raise NotDataError(THING, "the search reply lists something else than ids")
    return tuple(str(i).strip() for i in ids)


def _is_id(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit()


def _history(webenv: object, key: object) -> str | None:
    return f"{webenv} {key}" if webenv and key else None


def _warnings(result: Mapping[str, object]) -> tuple[str, ...]:
    """The reply's own words, each once: "PhraseNotFound: abcXYZ"."""
    told: list[str] = []
    for group in ("errorlist", "warninglist"):
        found = result.get(group)
        for key, values in found.items() if isinstance(found, dict) else ():
            name = _WARNINGS.get(key.lower(), key)
            entries: Iterable[object] = values if isinstance(values, list) else (values,)
            told += [f"{name}: {entry}" for entry in entries if entry]
    return tuple(dict.fromkeys(told))
