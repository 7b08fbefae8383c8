"""One Crossref work (JSON) to a paper: journal articles, preprints of any server, notices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation import crossref_links, dates, fields, identifiers, kinds, licences
from service.normalisation.authors import group, person
from service.normalisation.choice import distinct, earliest, unique
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.servers import server_of
from service.normalisation.text import title_flags
from service.records import Author, Identifiers, Kind, Paper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Record, Section

# HighWire's deposits lose the spaces around italics: "successful<i>Shigella</i>is".
_GLUED_BEFORE = re.compile(r"(?<=[a-z][a-z.,;:)])(?=<(?:\w+:)?i(?:talic)?>[A-Za-z][A-Za-z.])")
_GLUED_AFTER = re.compile(r"(?<=[A-Za-z0-9.]{2})(</(?:\w+:)?i(?:talic)?>)(?=[a-z]{2})")


def article(record: Record) -> Paper:
    """Return the paper in a "crossref-json" payload. Raises `ParseError` when it is no work."""
    work = fields.load(record)
    doi = identifiers.doi(fields.text(work, "DOI"))
    if doi is None:
        raise ParseError(record.key, "the work has no DOI", "fetch the record again")
    preprint = fields.text(work, "type") == "posted-content"
    updates = crossref_links.updates(work, doi)
    words, flags, notice = title_flags(_title(work, preprint))
    sections = _sections(work, preprint)
    venue = _venue(work, doi, preprint)
    found = identifiers.arxiv(doi) if "arxiv" in doi else None
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=Identifiers(doi=doi, arxiv=found[0] if found else None),
        title=words,
        kind=updates.kind or notice or _kind(work),
        types=unique((fields.text(work, "type"), fields.text(work, "subtype"))),
        original_title=html_text(fields.text(work, "original-title")),
        language=fields.text(work, "language"),
        abstract=join_sections(sections),
        sections=sections,
        authors=tuple(_authors(work)),
        venue=venue,
        venue_short=html_text(fields.text(work, "short-container-title")),
        issn=fields.text(work, "ISSN") or None,
        published=_published(work),
        entered=dates.iso(fields.text(work, "created", "date-time")),
        revised=dates.iso(fields.text(work, "deposited", "date-time")),
        flags=flags | updates.flags,
        links=distinct((*crossref_links.relations(work), *updates.links), (doi,)),
        keywords=fields.texts(work, "subject"),
        category=_category(work, venue),
        licence=licences.short(_licence(work)),
        url=f"https://doi.org/{doi}",
        pdf_url=_pdf(work),
    )


def _title(work: dict[str, object], preprint: bool) -> str:
    title = html_text(_unglued(fields.text(work, "title"), preprint))
    subtitle = html_text(fields.text(work, "subtitle"))
    if not subtitle or subtitle.lower() in title.lower():
        return title
    return f"{title.rstrip(' :')}: {subtitle}" if title else subtitle


def _sections(work: dict[str, object], preprint: bool) -> tuple[Section, ...]:
    return html_sections(_unglued(fields.text(work, "abstract"), preprint))


def _unglued(fragment: str, preprint: bool) -> str:
    """Put back the spaces around italics that preprint deposits lose; never around sub or sup."""
    if not preprint:
        return fragment
    return _GLUED_AFTER.sub(r"\1 ", _GLUED_BEFORE.sub(" ", fragment))


def _kind(work: dict[str, object]) -> Kind:
    kind = kinds.named(fields.text(work, "type"), kinds.CROSSREF)
    subtype = fields.text(work, "subtype")
    if kind is Kind.PREPRINT and subtype not in ("", "preprint", "working_paper"):
        return Kind.LETTER if subtype == "letter" else Kind.OTHER
    return kind


def _authors(work: dict[str, object]) -> Iterator[Author]:
    for author in fields.objects(work, "author"):
        family, given = fields.text(author, "family"), fields.text(author, "given")
        suffix = fields.text(author, "suffix")
        if family or given:
            given = f"{given} {suffix}".strip() if family else ""
            yield person(
                family or fields.text(author, "given"), given, fields.text(author, "ORCID") or None
            )
        elif name := fields.text(author, "name"):
            yield group(name)


def _venue(work: dict[str, object], doi: str, preprint: bool) -> str:
    container = html_text(fields.text(work, "container-title"))
    if container or not preprint:
        return container or html_text(fields.text(work, "institution", "name"))
    for institution in fields.objects(work, "institution"):
        if name := html_text(fields.text(institution, "name")):
            return name
    return server_of(doi) or html_text(
        fields.text(work, "group-title") or fields.text(work, "publisher")
    )


def _category(work: dict[str, object], venue: str) -> str:
    heading = html_text(fields.text(work, "group-title"))
    return heading if heading != venue else ""


def _published(work: dict[str, object]) -> str | None:
    """Online or posted first, else the earliest of what remains."""
    for name in ("published-online", "posted"):
        if online := _date(work, name):
            return online
    return earliest(_date(work, name) for name in ("published", "published-print", "issued"))


def _date(work: dict[str, object], name: str) -> str | None:
    parts = fields.items(work, name, "date-parts")
    first = parts[0] if parts else None
    numbers = [n for n in first if isinstance(n, (int, str))] if isinstance(first, list) else []
    return dates.partial(*numbers[:3]) if numbers else None


def _licence(work: dict[str, object]) -> str:
    """The address of the version of record's licence, before that of text mining."""
    ranks = {"vor": 0, "am": 1, "unspecified": 1, "tdm": 2}
    found = [
        (ranks.get(fields.text(licence, "content-version"), 3), place, fields.text(licence, "URL"))
        for place, licence in enumerate(fields.objects(work, "license"))
    ]
    return min(found)[2] if found else ""


def _pdf(work: dict[str, object]) -> str:
    addresses = (
        fields.text(link, "URL")
        for link in fields.objects(work, "link")
        if fields.text(link, "content-type") == "application/pdf"
    )
    return next((address for address in addresses if address.startswith("http")), "")
