"""PMC's replies: JATS from efetch and files, esearch, and OAI-PMH. Bytes in, a `Page` out."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from lxml import etree

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    QueryAlteredError,
    SourceError,
    TransientError,
)
from service.records import Page, Record
from service.safe_xml import local_name
from service.sources import replies
from service.sources.oai import OaiRecord, read_oai

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "pmc"
JATS = "jats"
DUBLIN_CORE = "europepmc-dc"  # the same terms, hence the same normaliser
_THING = "PMC"
_NO_TEXT = "full text not available"
_LOST = re.compile(r"webenv|query_?key|history|unable to obtain query", re.IGNORECASE)
_CAP = re.compile(r"retstart|retmax|cannot be larger", re.IGNORECASE)
_BACKEND = re.compile(r"backend failed|timed? ?out|unavailable|internal|try again", re.IGNORECASE)


def read(body: bytes) -> Page:
    """Read any reply of PMC: articles become records, lists of ids become `ids`.

    An article without full text is a record all the same, with a warning. Raises the
    `SourceError` that the body amounts to.
    """
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head in (b"{", b"["):
        return _esearch_json(body)
    root = replies.xml_root(_THING, body)
    name = local_name(root)
    if name == "article":
        return _page([(root, body)])
    if name == "pmc-articleset":
        return _article_set(root)
    if name in {"OAI-PMH", "record"}:
        return _oai(body)
    if name == "eSearchResult":
        return _esearch_xml(root)
    problem = root.findtext(".//ERROR")
    if problem:
        raise _eutils_error(problem)
    raise NotDataError(_THING, f"<{name}> is no reply that PMC is known to send")


# -- articles -------------------------------------------------------------------------------------


def _article_set(root: etree._Element) -> Page:
    articles: list[tuple[etree._Element, bytes]] = []
    warnings: list[str] = []
    for child in root:
        name = local_name(child)
        if name == "article":
            articles.append((child, etree.tostring(child, encoding="utf-8", with_tail=False)))
        elif name.lower() == "error":
            raise _eutils_error(child.text or "")
        elif name.lower() == "reply":
            warnings.append(f"PMC{child.get('Id')}: {child.get('error') or 'no article'}")
    page = _page(articles)
    return Page(records=page.records, warnings=(*page.warnings, *warnings))


def _page(articles: list[tuple[etree._Element, bytes]]) -> Page:
    records = tuple(_record(article, payload) for article, payload in articles)
    warnings = tuple(
        f"{record.source_id}: {_NO_TEXT}{_reason(article)}"
        for record, (article, _) in zip(records, articles, strict=True)
        if _named(article, "body") is None
    )
    return Page(records=records, warnings=warnings)


def _record(article: etree._Element, payload: bytes, known: str = "") -> Record:
    """The record of one article; `known` is the id that an envelope stated, if any."""
    ids = dict(_article_ids(article))
    pmcid = _pmcid(ids.get("pmcid") or ids.get("pmc") or ids.get("pmcaid") or known)
    version = ids.get("pmcid-ver", "").rpartition(".")[2] if "." in ids.get("pmcid-ver", "") else ""
    return Record(
        source=SOURCE,
        source_id=pmcid or ids.get("doi", "").lower() or _digest(payload),
        version=version,
        format=JATS,
        payload=payload,
    )


def _article_ids(article: etree._Element) -> Iterator[tuple[str, str]]:
    front = _named(article, "front", "front-stub")
    meta = _named(front, "article-meta") if front is not None else None
    for child in () if meta is None else meta:
        if local_name(child) == "article-id" and child.text:
            yield child.get("pub-id-type", ""), child.text.strip()


def _reason(article: etree._Element) -> str:
    """What PMC says in a comment about the missing text, else nothing."""
    for node in article.iter(etree.Comment):
        said = " ".join((node.text or "").split())
        if "full text" in said.lower() or "does not allow" in said.lower():
            return f" ({said})"
    return ""


def _pmcid(text: str) -> str:
    digits = re.fullmatch(r"(?:PMC)?(\d+)(?:\.\d+)?", text.strip(), re.IGNORECASE)
    return f"PMC{digits[1]}" if digits else ""


def _digest(payload: bytes) -> str:
    return f"sha256-{hashlib.sha256(payload).hexdigest()[:16]}"


def _named(element: etree._Element, *names: str) -> etree._Element | None:
    return next((child for child in element if local_name(child) in names), None)


# -- OAI-PMH --------------------------------------------------------------------------------------


def _oai(body: bytes) -> Page:
    page = read_oai(body, _THING)
    records: list[Record] = []
    warnings: list[str] = []
    for item in page.records:
        if item.deleted or item.metadata is None:
            continue
        try:
            records.append(_oai_record(item))
        except SourceError as error:
            warnings.append(f"{item.identifier}: {error.cause}")
    return Page(
        records=tuple(records),
        deletions=tuple(_oai_id(item) for item in page.records if item.deleted),
        ids=tuple(_oai_id(i) for i in page.records if not i.deleted and i.metadata is None),
        stated=page.stated,
        next=page.token,
        warnings=tuple(warnings),
    )


def _oai_record(item: OaiRecord) -> Record:
    payload = item.metadata or b""
    root = replies.xml_root(item.identifier, payload)
    if local_name(root) == "article":
        return _record(root, payload, known=_oai_id(item))
    if local_name(root) == "dc":
        return Record(SOURCE, _oai_id(item), "", DUBLIN_CORE, payload)
    raise NotDataError(item.identifier, f"<{local_name(root)}> is neither JATS nor Dublin Core")


def _oai_id(item: OaiRecord) -> str:
    last = item.identifier.rpartition(":")[2]
    return _pmcid(last) or item.identifier


# -- esearch --------------------------------------------------------------------------------------


def _esearch_json(body: bytes) -> Page:
    value = replies.json_value(_THING, body)
    if not isinstance(value, dict):
        raise NotDataError(_THING, "the JSON is no E-utilities reply")
    if isinstance(value.get("error"), str):
        raise BadRequestError(_THING, value["error"], "check the request and the API key")
    result = value.get("esearchresult")
    if not isinstance(result, dict):
        raise NotDataError(_THING, "the JSON holds no esearchresult")
    if "ERROR" in result:
        raise _eutils_error(str(result["ERROR"]))
    stated = replies.count(result.get("count"))
    if stated is None or not isinstance(result.get("idlist"), list):
        raise TransientError(_THING, "the search result has no count or no id list")
    _refuse_altered(result.get("errorlist"))
    notes = result.get("warninglist")
    return Page(
        ids=tuple(f"PMC{identifier}" for identifier in result["idlist"]),
        stated=stated,
        translation=str(result.get("querytranslation") or "") or None,
        warnings=tuple(_flat(notes)) if isinstance(notes, dict) else (),
    )


def _esearch_xml(root: etree._Element) -> Page:
    problem = root.findtext("ERROR")
    if problem:
        raise _eutils_error(problem)
    stated = replies.count(root.findtext("Count"))
    if stated is None:
        raise TransientError(_THING, "the search result has no count")
    dropped = [e.text or "" for e in root.iterfind("ErrorList/*") if e.text]
    _refuse_altered({"phrases": dropped})
    return Page(
        ids=tuple(f"PMC{e.text}" for e in root.iterfind("IdList/Id") if e.text),
        stated=stated,
        translation=root.findtext("QueryTranslation") or None,
        warnings=tuple(e.text or "" for e in root.iterfind("WarningList/*") if e.text),
    )


def _refuse_altered(errors: object) -> None:
    dropped = list(_flat(errors)) if isinstance(errors, dict) else []
    if dropped:
        raise QueryAlteredError(
            _THING, f"the search left out {', '.join(dropped)}", "mend the query: a term is unknown"
        )


def _flat(lists: dict[str, object]) -> Iterator[str]:
    for value in lists.values():
        yield from (str(item) for item in value if item) if isinstance(value, list) else ()


def _eutils_error(said: str) -> SourceError:
    cause = " ".join(said.split())
    if _CAP.search(cause):
        return BadRequestError(_THING, cause, "ask for a smaller window")
    if _LOST.search(cause):
        return CursorLostError(_THING, cause, "the window is walked again from its start")
    if _BACKEND.search(cause):
        return TransientError(_THING, cause, "it is asked again")
    return BadRequestError(_THING, cause or "an error without a text", "check the request")
