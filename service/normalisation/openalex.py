"""One OpenAlex work (JSON) to a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation import dates, fields, identifiers, kinds, licences, tex
from service.normalisation.authors import from_names, from_semicolons, group
from service.normalisation.choice import unique
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.text import title_flags
from service.records import Author, Flag, Identifiers, Kind, Paper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Record

_HARVEST = re.compile(r"pmh:oai:(arxiv\.org|pubmedcentral\.nih\.gov):(.+)", re.IGNORECASE)
_OWNER = re.compile(r"\s*\([^()]*\)$")
_HEADING = re.compile(r"(?i:abstract|summary)\s*[:.]?\s+(?=[A-Z])")
_LONGEST = 200_000  # words; a position beyond this is damage, not an abstract


def article(record: Record) -> Paper:
    """Return the paper in an "openalex-json" payload. Raises `ParseError` when it is no work.

    OpenAlex merges a preprint and its article: the ids may be those of both.
    """
    work = fields.load(record)
    if not re.search(r"W\d+$", fields.text(work, "id")):
        raise ParseError(record.key, "the work has no OpenAlex id", "fetch the record again")
    ids = _ids(work)
    words, flags, notice = title_flags(
        _plain(html_text(fields.text(work, "title") or fields.text(work, "display_name")), ids)
    )
    sections = html_sections(_plain(_abstract(fields.items(work, "abstract_inverted_index")), ids))
    venue = html_text(fields.text(work, "primary_location", "source", "display_name"))
    kind = kinds.named(fields.text(work, "type"), kinds.OPENALEX)
    if ids.doi and ids.doi.startswith("10.48550/arxiv"):
        kind = Kind.PREPRINT  # which OpenAlex calls an article
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=ids,
        title=words,
        kind=notice or kind,
        types=unique((fields.text(work, "type"), fields.text(work, "type_crossref"))),
        language=fields.text(work, "language"),
        abstract=join_sections(sections),
        sections=sections,
        authors=tuple(_authors(work)),
        venue=_venue(work, venue),
        issn=fields.text(work, "primary_location", "source", "issn_l") or None,
        published=dates.iso(fields.text(work, "publication_date"))
        or dates.partial(fields.text(work, "publication_year")),
        entered=dates.iso(fields.text(work, "created_date")),
        revised=dates.iso(fields.text(work, "updated_date")),
        flags=flags | (frozenset({Flag.RETRACTED}) if work.get("is_retracted") is True else flags),
        keywords=_names(work, "keywords", "display_name"),
        mesh=_names(work, "mesh", "descriptor_name"),
        category=fields.text(work, "primary_topic", "display_name"),
        licence=licences.short(
            fields.text(work, "primary_location", "license")
            or fields.text(work, "best_oa_location", "license")
        ),
        url=fields.text(work, "doi") or fields.text(work, "primary_location", "landing_page_url"),
        pdf_url=fields.text(work, "best_oa_location", "pdf_url")
        or fields.text(work, "primary_location", "pdf_url"),
    )


def _ids(work: dict[str, object]) -> Identifiers:
    doi = identifiers.doi(fields.text(work, "doi") or fields.text(work, "ids", "doi"))
    pmcid = identifiers.pmcid(fields.text(work, "ids", "pmcid"))
    arxiv = identifiers.arxiv(doi) if doi and "arxiv" in doi else None
    for location in fields.objects(work, "locations"):
        harvested = _HARVEST.fullmatch(fields.text(location, "id"))
        if harvested and harvested[1].lower() == "arxiv.org":
            arxiv = arxiv or identifiers.arxiv(harvested[2])
        elif harvested:
            pmcid = pmcid or identifiers.pmcid(harvested[2])
    return Identifiers(
        doi=doi,
        pmid=identifiers.pmid(fields.text(work, "ids", "pmid")),
        pmcid=pmcid,
        arxiv=arxiv[0] if arxiv else None,
    )


def _abstract(index: list[object]) -> str:
    """The text whose words the inverted index names by their positions."""
    words = index[0] if index and isinstance(index[0], dict) else {}
    placed = {
        position: str(word)
        for word, positions in words.items()
        for position in (positions if isinstance(positions, list) else ())
        if isinstance(position, int) and 0 <= position < _LONGEST
    }
    text = " ".join(placed[position] for position in sorted(placed))
    heading = _HEADING.match(text)
    return text[heading.end() :] if heading else text


def _plain(text: str, ids: Identifiers) -> str:
    """The text, LaTeX resolved where it comes from arXiv."""
    return tex.plain(text) if ids.arxiv else text


def _authors(work: dict[str, object]) -> Iterator[Author]:
    for authorship in fields.objects(work, "authorships"):
        name = html_text(
            fields.text(authorship, "author", "display_name")
            or fields.text(authorship, "raw_author_name")
        )
        found = from_semicolons(name) if "," in name else from_names(name)
        orcid = identifiers.orcid(fields.text(authorship, "author", "orcid"))
        if len(found) == 1 and not found[0].collective:
            yield Author(found[0].family, found[0].given, "", orcid)
        elif name:
            yield group(name)


def _venue(work: dict[str, object], venue: str) -> str:
    """The journal or server; a repository's owner in brackets is left out."""
    if fields.text(work, "primary_location", "source", "type") == "repository":
        return _OWNER.sub("", venue)
    return venue or html_text(fields.text(work, "primary_location", "raw_source_name"))


def _names(work: dict[str, object], name: str, key: str) -> tuple[str, ...]:
    return unique(fields.text(item, key) for item in fields.objects(work, name))
