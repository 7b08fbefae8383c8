"""The parts of a feed entry that feeds write in many ways: names, abstract, dates, journal."""

from __future__ import annotations

import re

from service.normalisation import arxiv, authors, dates, fields, highwire, markup, tex
from service.normalisation.mojibake import repaired
from service.normalisation.text import clean
from service.records import Author, Section

_ANNOUNCED = re.compile(r"^\s*arXiv:\S+\s+Announce Type:\s*[\w-]+\s*(?:Abstract:\s*)?", re.I)
# What publishers put before an abstract, and what they put in its place.
_BEFORE = (
    re.compile(r"^.{2,150}?,?\s*Published online:[^;]{0,60};\s*(?:doi:\s*\S+\s*)?", re.IGNORECASE),
    re.compile(r"^.{2,150}?, (?:Volume \S+, Issue [^.]{1,80}|Ahead of Print|EarlyView)\.\s*", re.I),
    re.compile(r"^(?:ABSTRACT|Abstract)(?=\s|[A-Z][a-z])\s*:?\s*"),
)
_CITATION = re.compile(
    r"Publication date:.{0,5000}|.{2,150}?, Volume \S+, (?:Issue|Page).{0,100}",
    re.IGNORECASE | re.DOTALL,
)
_ELSEVIER_NAMES = re.compile(r"Author\(s\):\s*([^<]{3,5000})")
_INVERTED = re.compile(r"[^\s,]+(?: [^\s,]+){0,2} [A-Z](?:-?[A-Z]){0,2}")
_MAIL = re.compile(r"(?<!\S)\S{1,100}@\S+")  # tried once a word, not once a letter
_FEED_NAME = re.compile(
    r"^(?:ScienceDirect Publication|Wiley(?: Online Library)?)\s*:\s*"
    r"|\s*:?\s*(?:Table of Contents|Latest (?:articles|results)|Current issue|Advance articles"
    r"|In press|Most recent articles)$",
    re.IGNORECASE,
)
_LATEST = "2100"


def people(said: dict[str, object], in_tex: bool) -> tuple[Author, ...]:
    """The authors, from a list of names or from one line in any of the usual orders."""
    names = [_MAIL.sub("", repaired(name)).strip(" ()<>") for name in fields.texts(said, "authors")]
    names = [tex.plain(name) if in_tex else name for name in names if name]
    if not names and (
        found := _ELSEVIER_NAMES.search(markup.html_text(fields.text(said, "summary")))
    ):
        names = [found.group(1)]
    return tuple(author for name in names for author in _line(name, alone=len(names) == 1))


def _line(text: str, alone: bool) -> tuple[Author, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if ";" in text or (not alone and len(parts) == 2):
        return authors.from_semicolons(text)
    if len(parts) > 1 and all(_INVERTED.fullmatch(part) for part in parts):
        return tuple(authors.person(*part.rsplit(" ", 1)) for part in parts)
    return authors.from_commas(text) if "," in text else authors.from_names(text)


def sections(said: dict[str, object], server: str) -> tuple[Section, ...]:
    """The longer of summary and content as an abstract; () where there is only a citation."""
    texts = (repaired(fields.text(said, name)) for name in ("summary", "content"))
    found = [s for text in texts if (s := _abstract(text, server))]
    return max(found, key=lambda s: sum(len(part.text) for part in s), default=())


def _abstract(text: str, server: str) -> tuple[Section, ...]:
    if server == "arXiv":
        body = clean(tex.plain(_ANNOUNCED.sub("", text)))
        return (Section("", body),) if body else ()
    if server in {"bioRxiv", "medRxiv"}:
        return highwire.sections(text)
    found = () if _CITATION.fullmatch(markup.html_text(text)) else markup.html_sections(text)
    if not found:
        return ()
    first = found[0].text
    for before in _BEFORE:
        first = before.sub("", first, count=1)
    whole = (Section(found[0].label, first.strip()), *found[1:])
    return tuple(section for section in whole if section.text)


def days(
    said: dict[str, object], server: str, version: str, arxiv_id: str | None
) -> tuple[str | None, str | None, str | None]:
    """(published, entered, revised). arXiv's feeds date the announcement; a later version of a
    preprint was published when nobody here says."""
    names = ("published", "prism_publicationdate", "prism_coverdate", "updated", "created")
    found = (dates.iso(fields.text(said, name)) for name in names)
    day = next((d for d in found if d and d < _LATEST), None)
    if server == "arXiv" and arxiv_id:
        kind = fields.text(said, "arxiv_announce_type").lower()
        new = kind == "new" and version in {"", "1"}
        revised = day if kind.startswith("replace") else None
        return day if new else arxiv.first_month(arxiv_id), day, revised
    if server in {"bioRxiv", "medRxiv"}:
        later = version not in {"", "1"}
        return None if later else day, day, day if later else None
    return day, None, None


def venue(said: dict[str, object]) -> str:
    """The journal, as the entry names it, else its feed, else the feed's own title."""
    about = said.get("feed")
    for text in (
        fields.text(said, "prism_publicationname"),
        fields.text(about, "prism_publicationname"),
        _FEED_NAME.sub("", clean(fields.text(about, "title"))),
    ):
        if text:
            return markup.html_text(repaired(text))
    return ""
