"""Europe PMC's replies: JSON, XML and Dublin Core searches, single results, ids, full texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from service.errors import BadRequestError, NotDataError, SourceError, TransientError
from service.records import Page, Record
from service.safe_xml import local_name
from service.sources import pmc_payload, replies

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE = "europepmc"
JSON = "europepmc-json"
XML = "europepmc-xml"
DUBLIN_CORE = "europepmc-dc"
_THING = "Europe PMC"
_ABOUT = re.compile(r"/(?:abstract|article|articles)/([A-Z]{3})/([^/?#]+)$")
# An idlist result has nothing else; everything that can be shown has at least one more field.
_ID_FIELDS = frozenset({"id", "source", "pmid", "pmcid", "doi", "fullTextIdList"})


def read(body: bytes) -> Page:
    """Read any reply of Europe PMC; a `source_id` is "MED/123", "PPR/PPR1" or "PMC/PMC1".

    Results of an idlist become `ids`; a JATS full text becomes a record of PMC. `translation`
    is the query as Europe PMC echoes it. Raises the `SourceError` that the body amounts to.
    """
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head not in (b"{", b"["):
        root = replies.xml_root(_THING, body)
        return pmc_payload.read(body) if local_name(root) == "article" else _xml(root)
    value = replies.json_value(_THING, body)
    if isinstance(value, list):
        return _page(map(_whole, value))
    if isinstance(value, dict):
        return _json(value)
    raise NotDataError(_THING, "the JSON is no Europe PMC reply")


# -- JSON -----------------------------------------------------------------------------------------


def _json(value: dict[str, object]) -> Page:
    if "errCode" in value:
        raise _failure(value["errCode"], value.get("errMsg"))
    if "responseWrapper" in value and isinstance(value["responseWrapper"], dict):
        return _json(value["responseWrapper"])
    if "resultList" in value:
        holder = value["resultList"]
        return _page(_listed(holder.get("result") if isinstance(holder, dict) else None), value)
    if "result" in value:
        return _page(_listed(value["result"]), value)
    stored = value.get("papers")
    if isinstance(stored, dict):
        return _page(map(_whole, stored.values()), value)
    whole = _whole(value)
    if isinstance(whole, dict) and "id" in whole and "source" in whole:
        return _page([whole])
    if "hitCount" in value:
        raise TransientError(_THING, "the reply has a hit count but no result list")
    raise NotDataError(_THING, "the JSON holds neither a result nor a list of results")


def _whole(value: object) -> object:
    """The result inside what pygetpapers stores around it, else the value itself."""
    return (
        value["full"] if isinstance(value, dict) and isinstance(value.get("full"), dict) else value
    )


def _listed(value: object) -> list[object]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _page(results: Iterable[object], envelope: dict[str, object] | None = None) -> Page:
    envelope = envelope or {}
    records: list[Record] = []
    ids: list[str] = []
    warnings: list[str] = []
    for position, result in enumerate(results, 1):
        key = _key(result)
        if not isinstance(result, dict) or not key:
            warnings.append(f"result {position} is left out: it has no source or no id")
        elif result.keys() <= _ID_FIELDS:
            ids.append(key)
        else:
            version = str(result.get("versionNumber") or "")
            records.append(Record(SOURCE, key, version, JSON, replies.compact(result)))
    request = envelope.get("request")
    query = request.get("queryString") if isinstance(request, dict) else None
    mark = envelope.get("nextCursorMark") or envelope.get("cursor_mark")
    return Page(
        records=tuple(records),
        ids=tuple(ids),
        stated=replies.count(envelope.get("hitCount", envelope.get("total_hits"))),
        next=mark if isinstance(mark, str) else None,
        translation=query if isinstance(query, str) else None,
        warnings=tuple(warnings),
    )


def _key(result: object) -> str:
    known = result if isinstance(result, dict) else {}
    source, number = known.get("source"), known.get("id")
    told = isinstance(source, str) and isinstance(number, (str, int))
    return f"{source}/{number}" if told and source and number else ""


# -- XML ------------------------------------------------------------------------------------------


def _xml(root: etree._Element) -> Page:
    code = _text(root, "errCode")
    if code:
        raise _failure(code, _text(root, "errMsg"))
    if local_name(root) not in {"responseWrapper", "RDF", "result", "Description"}:
        raise NotDataError(_THING, f"<{local_name(root)}> is no reply Europe PMC is known to send")
    records: list[Record] = []
    ids: list[str] = []
    warnings: list[str] = []
    for element in root.iter(etree.Element):
        name = local_name(element)
        if name == "result" and _is_result(element):
            key = _key({local_name(c): (c.text or "").strip() for c in element})
        elif name == "Description":
            key = _dc_key(element)
        else:
            continue
        if not key:
            warnings.append(f"a <{name}> is left out: it has no source or no id")
        elif name == "result" and {local_name(c) for c in element} <= _ID_FIELDS:
            ids.append(key)
        else:
            records.append(_xml_record(key, element))
    return Page(
        records=tuple(records),
        ids=tuple(ids),
        stated=replies.count(_text(root, "hitCount")),
        next=_text(root, "nextCursorMark") or None,
        translation=_text(root, "queryString") or None,
        warnings=tuple(warnings),
    )


def _is_result(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is None or local_name(parent) in {"resultList", "responseWrapper"}


def _xml_record(key: str, element: etree._Element) -> Record:
    kind = XML if local_name(element) == "result" else DUBLIN_CORE
    version = next((c.text or "" for c in element if local_name(c) == "versionNumber"), "")
    payload = etree.tostring(element, encoding="utf-8", with_tail=False)
    return Record(SOURCE, key, version.strip(), kind, payload)


def _dc_key(element: etree._Element) -> str:
    addresses = [
        str(value) for name, value in element.attrib.items() if str(name).endswith("about")
    ]
    addresses += [c.text or "" for c in element if local_name(c) == "identifier"]
    for address in addresses:
        found = _ABOUT.search(address.strip())
        if found:
            return f"{found[1]}/{found[2]}"
        pmcid = re.search(r"/articles/(PMC\d+)", address)
        if pmcid:
            return f"PMC/{pmcid[1]}"
    return ""


def _text(root: etree._Element, name: str) -> str:
    """The text of the first element so named outside the results."""
    for element in root.iter(etree.Element):
        if local_name(element) in {"resultList", "RDF"}:
            break
        if local_name(element) == name:
            return (element.text or "").strip()
    return ""


def _failure(code: object, said: object) -> SourceError:
    cause = f"error {code}: {said or 'without a text'}"
    if str(code).startswith("5"):
        return TransientError(_THING, cause, "it is asked again")
    return BadRequestError(_THING, cause, "check the query, the page size and the cursor")
