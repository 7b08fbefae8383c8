"""One DataCite DOI (JSON:API) to a paper: arXiv and repositories register there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation import dates, fields, identifiers, kinds, licences, tex
from service.normalisation.authors import from_semicolons, group, person
from service.normalisation.choice import distinct, earliest, unique
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.text import title_flags
from service.records import Author, Identifiers, Kind, Link, OtherAbstract, Paper, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Record, Section

_RELATIONS = {
    "isversionof": Relation.VERSION_OF,
    "hasversion": Relation.VERSION_OF,
    "isnewversionof": Relation.VERSION_OF,
    "ispreviousversionof": Relation.VERSION_OF,
    "isidenticalto": Relation.VERSION_OF,
    "isvariantformof": Relation.VERSION_OF,
    "ispublishedin": Relation.PREPRINT_OF,
}


def article(record: Record) -> Paper:
    """Return the paper in a "datacite-json" payload. Raises `ParseError` when it is no DOI."""
    loaded = fields.load(record)
    known = loaded.get("attributes")
    entry = known if isinstance(known, dict) else loaded
    doi = identifiers.doi(fields.text(entry, "doi") or fields.text(loaded, "id"))
    if doi is None:
        raise ParseError(record.key, "the entry has no DOI", "fetch the record again")
    arxiv = identifiers.arxiv(doi) if doi.startswith("10.48550/arxiv") else None
    words, flags, notice = title_flags(_title(entry, arxiv is not None))
    sections, others = _descriptions(entry, arxiv is not None)
    subjects = unique(
        html_text(fields.text(subject, "subject")) for subject in fields.objects(entry, "subjects")
    )
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=Identifiers(doi=doi, arxiv=arxiv[0] if arxiv else None),
        title=words,
        kind=notice or (Kind.PREPRINT if arxiv else _kind(entry)),
        types=unique(
            fields.text(entry, "types", name) for name in ("resourceTypeGeneral", "resourceType")
        ),
        language=fields.text(entry, "language"),
        abstract=join_sections(sections),
        sections=sections,
        other_abstracts=others,
        authors=tuple(_authors(entry)),
        venue=html_text(fields.text(entry, "container", "title") or _publisher(entry)),
        published=_published(entry, arxiv is not None),
        entered=dates.iso(fields.text(entry, "registered") or fields.text(entry, "created")),
        revised=dates.iso(fields.text(entry, "updated")),
        flags=flags,
        links=distinct(_links(entry, arxiv is not None), (doi,)),
        keywords=subjects,
        category=subjects[0] if arxiv and subjects else "",
        licence=licences.short(_licence(entry)),
        url=fields.text(entry, "url") or f"https://doi.org/{doi}",
        pdf_url=f"https://arxiv.org/pdf/{arxiv[0]}" if arxiv else "",
    )


def _title(entry: dict[str, object], arxiv: bool) -> str:
    titles = [
        (fields.text(title, "titleType"), html_text(fields.text(title, "title")))
        for title in fields.objects(entry, "titles")
    ]
    main = next((words for kind, words in titles if not kind), "")
    main = main or next((words for _, words in titles), "")
    subtitle = next((words for kind, words in titles if kind.lower() == "subtitle"), "")
    title = f"{main}: {subtitle}" if subtitle and subtitle not in main else main
    return tex.plain(title) if arxiv else title


def _kind(entry: dict[str, object]) -> Kind:
    return kinds.named(fields.text(entry, "types", "resourceTypeGeneral"), kinds.DATACITE)


def _descriptions(
    entry: dict[str, object], arxiv: bool
) -> tuple[tuple[Section, ...], tuple[OtherAbstract, ...]]:
    abstracts = [
        (fields.text(item, "lang"), fields.text(item, "description"))
        for item in fields.objects(entry, "descriptions")
        if fields.text(item, "descriptionType").lower() in ("abstract", "")
    ]
    first = abstracts[0][1] if abstracts else ""
    first = tex.plain(first) if arxiv else first
    others = (OtherAbstract("translated", lang, html_text(words)) for lang, words in abstracts[1:])
    return html_sections(first), tuple(other for other in others if other.text)


def _authors(entry: dict[str, object]) -> Iterator[Author]:
    for creator in fields.objects(entry, "creators"):
        name = fields.text(creator, "name")
        family = fields.text(creator, "familyName")
        if fields.text(creator, "nameType") == "Organizational" and name:
            yield group(name)
        elif family:
            orcid = next(
                (
                    fields.text(known, "nameIdentifier")
                    for known in fields.objects(creator, "nameIdentifiers")
                    if fields.text(known, "nameIdentifierScheme").upper() == "ORCID"
                ),
                None,
            )
            yield person(family, fields.text(creator, "givenName"), orcid)
        elif name:
            yield from from_semicolons(name)


def _publisher(entry: dict[str, object]) -> str:
    return fields.text(entry, "publisher", "name") or fields.text(entry, "publisher")


def _published(entry: dict[str, object], arxiv: bool) -> str | None:
    """The first public date: for arXiv that of submission, else when it was made available."""
    kinds_of_date = ("Submitted", "Available", "Issued") if arxiv else ("Available", "Issued")
    found = [
        dates.iso(fields.text(item, "date"))
        for kind in kinds_of_date
        for item in fields.objects(entry, "dates")
        if fields.text(item, "dateType") == kind
    ]
    year = dates.partial(fields.text(entry, "publicationYear"))
    return earliest([*found, year])


def _links(entry: dict[str, object], arxiv: bool) -> Iterator[Link]:
    for related in fields.objects(entry, "relatedIdentifiers"):
        relation = _RELATIONS.get(fields.text(related, "relationType").lower())
        kind = fields.text(related, "relatedIdentifierType").lower()
        text = fields.text(related, "relatedIdentifier")
        if relation is None:
            continue
        if kind == "doi" and (doi := identifiers.doi(text)):
            if arxiv and relation is Relation.VERSION_OF and not doi.startswith("10.48550/"):
                relation = Relation.PREPRINT_OF  # how arXiv states the journal's DOI
            yield Link(relation, Identifiers(doi=doi), text)
        elif kind == "arxiv" and (found := identifiers.arxiv(text)):
            yield Link(relation, Identifiers(arxiv=found[0]), text)
        elif kind == "pmid" and (pmid := identifiers.pmid(text)):
            yield Link(relation, Identifiers(pmid=pmid), text)


def _licence(entry: dict[str, object]) -> str:
    for rights in fields.objects(entry, "rightsList"):
        words = fields.text(rights, "rightsUri") or fields.text(rights, "rights")
        if words:
            return words
    return ""
