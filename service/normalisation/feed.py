"""One entry of any RSS, Atom or RDF feed, as far as it can be trusted.

A feed names its fields loosely and its text may be hostile: addresses other than http(s) are
dropped, markup becomes text. Preprints are known by their identifiers, whatever the feed.
"""

from __future__ import annotations

import re

from service.errors import ParseError
from service.normalisation import (
    arxiv,
    feed_ids,
    feed_parts,
    fields,
    highwire,
    licences,
    markup,
    tex,
)
from service.normalisation.mojibake import repaired
from service.normalisation.text import clean, title_flags
from service.records import Flag, Kind, Link, Paper, Record

_SUBJECT = re.compile(r"Subject Collection:\s*(.+)")
_ISSN = re.compile(r"\d{4}-?\d{3}[\dXx]")
_KINDS = (
    (re.compile(r"correction|erratum|corrigendum", re.IGNORECASE), Kind.ERRATUM),
    (re.compile(r"\bretraction", re.IGNORECASE), Kind.RETRACTION),
    (re.compile(r"\breviews?\b", re.IGNORECASE), Kind.REVIEW),
    (re.compile(r"\beditorials?\b", re.IGNORECASE), Kind.EDITORIAL),
    (re.compile(r"\bletters? to the editor\b|\bcorrespondence\b", re.IGNORECASE), Kind.LETTER),
    (re.compile(r"\bcomment(?:ary|aries|s)?\b", re.IGNORECASE), Kind.COMMENT),
    (re.compile(r"\bnews\b", re.IGNORECASE), Kind.NEWS),
    (re.compile(r"\bcase reports?\b", re.IGNORECASE), Kind.CASE_REPORT),
)


def entry(record: Record) -> Paper:
    """A "feed-json" record. Raises `ParseError` when the entry has no title.

    The kind is a preprint's, else what the feed's section says, else an article when anything
    marks it as one (a DOI, a PMID, a journal), else OTHER: news and blog posts.
    """
    said = fields.load(record)
    about = said.get("feed")
    named = feed_ids.identify(said, record.version)
    in_arxiv = named.server == "arXiv"
    title, flags, notice = title_flags(_title(said, in_arxiv))
    if not title:
        raise ParseError(record.key, "the entry has no title", "its raw payload is kept")
    heading = clean(fields.text(said, "prism_section"))
    sections = feed_parts.sections(said, named.server)
    abstract = markup.join_sections(sections)
    if in_arxiv and arxiv.says_withdrawn(abstract):
        flags |= {Flag.WITHDRAWN}
    published, entered, revised = feed_parts.days(
        said, named.server, named.version, named.ids.arxiv
    )
    tags = tuple(clean(tag) for tag in fields.texts(said, "tags"))
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=named.version,
        ids=named.ids,
        title=title,
        kind=notice or _kind(said, named, heading),
        types=(heading,) if heading else (),
        language=(fields.text(said, "language") or fields.text(about, "language"))[:2].lower(),
        abstract=abstract,
        sections=sections,
        authors=feed_parts.people(said, in_tex=in_arxiv),
        venue=named.server or feed_parts.venue(said),
        issn=None if named.server else _issn(said),
        published=published,
        entered=entered,
        revised=revised,
        flags=flags,
        links=_links(said) if in_arxiv else (),
        keywords=() if named.server else tags,
        category=_category(fields.text(about, "title"), tags if in_arxiv else (), heading),
        licence=_licence(said),
        url=named.url,
        pdf_url=named.pdf_url,
    )


def _title(said: dict[str, object], in_tex: bool) -> str:
    raw = repaired(fields.text(said, "title"))
    return markup.html_text(tex.plain(raw) if in_tex else highwire.restored(raw))


def _kind(said: dict[str, object], named: feed_ids.Named, heading: str) -> Kind:
    if named.server:
        return Kind.PREPRINT
    for pattern, kind in _KINDS:
        if pattern.search(heading):
            return kind
    journal = any(name.startswith("prism_") for name in said) or _issn(said)
    return Kind.ARTICLE if journal or any((named.ids.doi, named.ids.pmid)) else Kind.OTHER


def _links(said: dict[str, object]) -> tuple[Link, ...]:
    names = ("arxiv_journal_reference", "arxiv_journal_ref")
    reference = next((t for name in names if (t := fields.text(said, name))), "")
    return arxiv.journal_links([fields.text(said, "arxiv_doi")], clean(tex.plain(reference)))


def _issn(said: dict[str, object]) -> str | None:
    about = said.get("feed")
    for text in (
        fields.text(said, "prism_issn"),
        fields.text(about, "prism_issn"),
        fields.text(about, "prism_eissn"),
    ):
        if _ISSN.fullmatch(text):
            return f"{text[:4]}-{text[-4:].upper()}"
    return None


def _category(feed_title: str, subjects: tuple[str, ...], heading: str) -> str:
    """arXiv's first subject, bioRxiv's collection, else the journal's section."""
    if subjects:
        return subjects[0]
    collection = _SUBJECT.search(feed_title)
    return heading or (clean(collection.group(1)).lower() if collection else "")


def _licence(said: dict[str, object]) -> str:
    """Only what is a licence; most feeds write a copyright line there."""
    texts = (fields.text(said, "license"), fields.text(said, "rights"))
    return next((licences.short(t) for t in texts if re.search(r"licenses/|publicdomain", t)), "")
