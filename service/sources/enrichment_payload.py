"""What services say of a paper beside its record: annotations of its text, and where it is open.

Two forms of annotations are read: Europe PMC's JSON (a list of articles, each with marked passages
of named types) and PubTator's BioC-JSON (documents made of passages). Neither form has a
specification; both were held against replies that others recorded (docs/enrichment.md). What is
missing or odd in a single annotation loses that annotation alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import NotDataError
from service.records import EntityKind
from service.records.enriching import Access, Mention
from service.sources import replies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Json = Mapping[str, object]

EUROPE, PUBTATOR, CORE = "Europe PMC annotations", "PubTator", "Europe PMC"

# By type, in lower case. What is no name is none of these: "gene ontology", relations of two. Cells
# and clinical drugs come from a provider of their own.
_EUROPE_KINDS = {
    **dict.fromkeys(("gene proteins", "genes/proteins", "gene", "genes"), EntityKind.GENE),
    **dict.fromkeys(("cell", "cells", "cell line", "cell lines"), EntityKind.CELL),
    **dict.fromkeys(("cell type", "cell types"), EntityKind.CELL),
    **dict.fromkeys(("disease", "diseases"), EntityKind.DISEASE),
    **dict.fromkeys(("chemical", "chemicals", "clinical drug"), EntityKind.CHEMICAL),
}
_PUBTATOR_KINDS = {
    "gene": EntityKind.GENE,
    "cellline": EntityKind.CELL,
    "celltype": EntityKind.CELL,
    "disease": EntityKind.DISEASE,
    "chemical": EntityKind.CHEMICAL,
}
_PLACES = ("title", "abstract")
_VOCABULARIES = {
    "uniprot": "UniProt",
    "uniprotkb": "UniProt",
    "ncbigene": "NCBI Gene",
    "ncbi_gene": "NCBI Gene",
    "gene": "NCBI Gene",
    "mesh": "MESH",
    "ncbi_mesh": "MESH",
    "umls": "UMLS",
    "umls-concept": "UMLS",
    "cvcl": "Cellosaurus",
    "cellosaurus": "Cellosaurus",
    **{name.lower(): name for name in ("CHEBI", "CL", "EFO", "MONDO", "DOID", "HP", "CLO", "HGNC")},
}
_PMCID = re.compile(r"(?:PMC)?([0-9]{1,12})", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9][\w.-]{0,40}")
_PREFIXED = re.compile(r"([A-Za-z]+)[_:]([\w.-]+)")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\^`{|}\x00-\x20\x7f]{1,500}", re.ASCII)
_OPEN = {"OA", "F"}  # open access, free


@dataclass(frozen=True, slots=True)
class Open:
    """What Europe PMC says of a paper's openness; `keys` are what the paper is known by, in lower
    case ("pmid:1", "pmcid:pmc1", "doi:10.5555/1")."""

    keys: frozenset[str]
    access: Access


# -- Europe PMC's annotations ---------------------------------------------------------------------


def europe_annotations(body: bytes) -> dict[str, tuple[Mention, ...]]:
    """What titles and abstracts name, by article ("MED:123", and "PMC:PMC1" where it is in PMC:
    asked for by that name it comes under the other). Of an article without annotations there may
    be nothing. Raises the `SourceError` that the body amounts to."""
    value = replies.json_value(EUROPE, body)
    if not isinstance(value, list):
        raise NotDataError(EUROPE, "the JSON is no list of articles")
    found: dict[str, tuple[Mention, ...]] = {}
    for article in value:
        if not isinstance(article, dict):
            continue
        source, number = _text(article, "source"), _text(article, "extId")
        if source and number:
            marked = tuple(_europe_mentions(_listed(article.get("annotations"))))
            found[f"{source}:{number}".upper()] = marked
            if in_pmc := _PMCID.fullmatch(str(article.get("pmcid") or "")):
                found.setdefault(f"PMC:PMC{in_pmc[1]}", marked)
    return found


def _europe_mentions(annotations: Iterable[Json]) -> Iterator[Mention]:
    for each in annotations:
        kind = _EUROPE_KINDS.get(_text(each, "type").lower().replace("_", " "))
        place, exact = _text(each, "section").lower(), _text(each, "exact")
        if kind is None or not exact or not place.startswith(_PLACES):
            continue
        tag = next(iter(_listed(each.get("tags"))), {})
        yield Mention(kind, exact, _named_by_uri(_text(tag, "uri")), _text(tag, "name"))


def _named_by_uri(uri: str) -> str:
    """What a vocabulary's address names, as "UniProt:P01375"; "" for what is not known."""
    *_, before, last = ["", "", *re.split(r"[/#]", uri.strip().removesuffix("/entry").rstrip("/"))]
    prefixed = _PREFIXED.fullmatch(last)
    if prefixed and (known := _VOCABULARIES.get(prefixed[1].lower())):
        return f"{known}:{prefixed[2]}"
    vocabulary = _VOCABULARIES.get(before.lower())
    return f"{vocabulary}:{last}" if vocabulary and _CODE.fullmatch(last) else ""


# -- PubTator -------------------------------------------------------------------------------------


def pubtator(body: bytes) -> dict[str, tuple[Mention, ...]]:
    """What titles and abstracts name, by PMID. Raises the `SourceError` that the body amounts
    to."""
    value = replies.json_value(PUBTATOR, body)
    documents = value.get("PubTator3", value) if isinstance(value, dict) else value
    if isinstance(documents, dict) and "passages" in documents:
        documents = [documents]
    if not isinstance(documents, list):
        raise NotDataError(PUBTATOR, "the JSON holds no documents")
    return {
        number: tuple(_pubtator_mentions(document))
        for document in _listed(documents)
        if (number := _pmid(document))
    }


def _pmid(document: Json) -> str:
    told = (str(document.get(name) or "").partition("|")[0] for name in ("pmid", "id"))
    return next((number for number in told if number.isascii() and number.isdecimal()), "")


def _pubtator_mentions(document: Json) -> Iterator[Mention]:
    for passage in _listed(document.get("passages")):
        if not _text(_inside(passage, "infons"), "type").lower().startswith(_PLACES):
            continue
        for each in _listed(passage.get("annotations")):
            infons, exact = _inside(each, "infons"), _text(each, "text")
            kind = _PUBTATOR_KINDS.get(_text(infons, "type").lower().replace("_", ""))
            if kind is not None and exact:
                yield Mention(kind, exact, _coded(infons), _text(infons, "name"))


def _coded(infons: Json) -> str:
    code = str(infons.get("identifier") or "").strip().split(";")[0]
    if prefixed := _PREFIXED.fullmatch(code):
        vocabulary = _VOCABULARIES.get(prefixed[1].lower(), "")
        whole = code.replace(":", "_") if vocabulary == "Cellosaurus" else prefixed[2]
        return f"{vocabulary}:{whole}" if vocabulary else ""
    vocabulary = _VOCABULARIES.get(_text(infons, "database").lower(), "")
    return f"{vocabulary}:{code}" if vocabulary and _CODE.fullmatch(code) else ""


# -- where a paper is open ------------------------------------------------------------------------


def openness(body: bytes) -> tuple[Open, ...]:
    """What a search (core results) says of each paper it found. Raises the `SourceError` that the
    body amounts to. The licence is the source's own wording."""
    value = replies.json_value(CORE, body)
    if not isinstance(value, dict) or "resultList" not in value:
        raise NotDataError(CORE, "the JSON holds no list of results")
    results = _listed(_inside(value, "resultList").get("result"))
    return tuple(Open(_keys(result), _access(result)) for result in results)


def _keys(result: Json) -> frozenset[str]:
    told = {name: _text(result, name) for name in ("pmid", "pmcid", "doi")}
    return frozenset(f"{name}:{value}".lower() for name, value in told.items() if value)


def _access(result: Json) -> Access:
    links = _listed(_inside(result, "fullTextUrlList").get("fullTextUrl"))
    free = [link for link in links if _text(link, "availabilityCode").upper() in _OPEN]
    pdf, html = (_address(free, style) for style in ("pdf", "html"))
    source, number = _text(result, "source"), _text(result, "id")
    known = _CODE.fullmatch(source) and _CODE.fullmatch(number)
    return Access(
        licence=_text(result, "license"),
        pdf_url=pdf,
        html_url=html or _address(free, "doi"),
        open=bool(free) or _text(result, "isOpenAccess").upper() == "Y",
        article=f"{source}:{number}" if known else "",
    )


def _address(links: Iterable[Json], style: str) -> str:
    """The first of this style that is a web address."""
    told = (_text(link, "url") for link in links if _text(link, "documentStyle").lower() == style)
    return next((url for url in told if _ADDRESS.fullmatch(url)), "")


# -- JSON that may be anything --------------------------------------------------------------------


def _text(value: Json, name: str) -> str:
    found = value.get(name)
    return found.strip() if isinstance(found, str) else ""


def _inside(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _listed(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
