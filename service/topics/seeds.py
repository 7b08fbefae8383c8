"""A seed review's Markdown summary to a `Seed`. Pure; fetches nothing, follows no link."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from service.errors import TopicError
from service.records import Identifiers, Seed

_SECTIONS = {
    "tldr": "tldr",
    "summary": "tldr",
    "contribution": "contribution",
    "contributions": "contribution",
    "keyfindings": "findings",
    "keyfinding": "findings",
    "findings": "findings",
    "keypoints": "findings",
    "abstract": "abstract",
    "linkedentities": "entities",
    "fulltextentities": "entities",
    "entities": "entities",
}
_HEADING = re.compile(r"^(#{1,6})\s+(\S.*)$")
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s·|<>\"]+)", re.IGNORECASE)
_PMCID = re.compile(r"\bPMC\d{4,}\b")
_DATE = re.compile(r"^\d{4}(?:-\d{2}(?:-\d{2})?)?$")
_AUTHORS = re.compile(r"^\W*authors?\W*?:\W*(.*)$", re.IGNORECASE)
_SOURCE = re.compile(r"^\W*source\W*?:\W*(https?://[^\s)>\]]+)", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+(.*)$")
# Marks without an end must not be looked for through a whole hostile text, each of them.
_LINK = re.compile(r"!?\[([^\[\]]{0,1000})\]\([^)]{0,1000}\)")
_STRONG = re.compile(r"(\*\*|__|`)(.{1,1000}?)\1")
_EMPHASIS = re.compile(r"(?<!\w)([*_])(?=\S)(.{1,1000}?)(?<=\S)\1(?!\w)")
_REMEDY = (
    'give a summary in Markdown: "# Title", "**Authors:** ...", a line with "DOI: ...", and the '
    'sections "## TL;DR", "## Contribution", "## Key findings", "## Abstract"'
)


@dataclass
class _Parts:
    """The summary cut up: the lines before the first section, and the lines of each section."""

    title: str = ""
    head: list[str] = field(default_factory=list)
    sections: dict[str, list[str]] = field(default_factory=dict)
    source_url: str = ""


def parse_review(markdown: str, key: str) -> Seed:
    """The review that `markdown` summarises, as a seed named `key`.

    Sections may be missing or in any order, but a title and one of TL;DR, contribution, key
    findings and abstract must be there: otherwise `TopicError` says what is missing.
    """
    parts = _cut(markdown)
    texts = {name: _paragraph(parts.sections.get(name, ())) for name in ("tldr", "contribution")}
    abstract = _paragraph(parts.sections.get("abstract", ()))
    findings = _bullets(parts.sections.get("findings", ()))
    _refuse_if_not_a_summary(key, parts.title, bool(abstract or findings or any(texts.values())))
    authors, ids, venue, published = _facts(parts, key)
    return Seed(
        key=key,
        kind="review",
        title=parts.title,
        authors=authors,
        ids=ids,
        venue=venue,
        published=published,
        tldr=texts["tldr"],
        contribution=texts["contribution"],
        findings=findings,
        abstract=abstract,
        entities=_entities(parts.sections.get("entities", ())),
        source_url=parts.source_url,
    )


def _refuse_if_not_a_summary(key: str, title: str, has_text: bool) -> None:
    missing = [] if title else ['a title (a line "# ...")']
    if not has_text:
        missing.append("a TL;DR, contribution, key findings or abstract to rank by")
    if missing:
        raise TopicError(
            f"seed {key}", f"no review summary: lacks {' and '.join(missing)}", _REMEDY
        )


def _cut(markdown: str) -> _Parts:
    parts = _Parts()
    lines = parts.head
    for line in markdown.removeprefix("\ufeff").splitlines():
        source = _SOURCE.match(line)
        heading = _HEADING.match(line)
        named = heading.group(2).rstrip().rstrip("#").rstrip() if heading else ""
        if source:
            parts.source_url = parts.source_url or source.group(1).rstrip(".,;")
        elif heading and len(heading.group(1)) == 1 and not parts.title:
            parts.title = _plain(named)
        elif heading:
            name = re.sub(r"[^a-z]", "", named.lower())
            lines = parts.sections.setdefault(_SECTIONS.get(name, f"other:{name}"), [])
        elif not re.fullmatch(r"\s*(?:-{3,}|\*{3,}|_{3,})\s*", line):
            lines.append(line)
    return parts


def _facts(parts: _Parts, key: str) -> tuple[tuple[str, ...], Identifiers, str, str | None]:
    """Authors, identifiers, venue and date, from the lines between title and first section."""
    authors: tuple[str, ...] = ()
    venue, published, doi = "", None, None
    for line in parts.head:
        named = _AUTHORS.match(line)
        if named:
            authors = tuple(name for part in named.group(1).split(",") if (name := _plain(part)))
            continue
        found = _DOI.search(line)
        doi = doi or (found.group(1).lower().rstrip(".,;") if found else None)
        for piece in (_plain(part) for part in re.split(r"\s[·|•]\s", line)):
            if _DATE.match(piece):
                published = piece
            elif found and piece and piece.upper() != "PMC" and not _DOI.search(piece):
                venue = venue or piece
    pmcid = _PMCID.search(f"{key} {parts.source_url} {' '.join(parts.head)}")
    ids = Identifiers(doi=doi, pmcid=pmcid.group() if pmcid else None)
    return authors, ids, venue, published


def _plain(text: str) -> str:
    """Markdown emphasis and links taken off, white space folded."""
    text = _LINK.sub(r"\1", text)
    text = _STRONG.sub(r"\2", text)
    text = _EMPHASIS.sub(r"\2", text)
    return " ".join(text.split()).strip("*").strip()


def _paragraph(lines: list[str] | tuple[()]) -> str:
    """One paragraph; an italic editorial note alone ("_Not available._") counts as nothing."""
    text = " ".join(" ".join(lines).split())
    return (
        "" if re.fullmatch(r"_[^_]+_|\*[^*]+\*|n/?a|none\.?", text, re.IGNORECASE) else _plain(text)
    )


def _bullets(lines: list[str] | tuple[()]) -> tuple[str, ...]:
    """The items of a list, wrapped lines joined; prose without bullets is one item a paragraph."""
    items: list[str] = []
    fresh = True
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet:
            items.append(bullet.group(1))
        elif line.strip() and (fresh or not items):
            items.append(line)
        elif line.strip():
            items[-1] += " " + line
        fresh = not line.strip()
    return tuple(text for item in items if (text := _paragraph([item])))


def _entities(lines: list[str] | tuple[()]) -> dict[str, tuple[str, ...]]:
    """A line "- **Diseases:** x (MESH:1), y" gives {"Diseases": ("x (MESH:1)", "y")}."""
    found: dict[str, dict[str, None]] = {}
    for item in _bullets(lines):
        kind, colon, names = item.partition(":")
        if not colon:
            continue
        for name in re.split(r",\s+(?![^()]{0,200}\))", names.strip(" *,")):
            if name.strip():
                found.setdefault(kind.strip(" *"), {})[name.strip()] = None
    return {kind: tuple(names) for kind, names in found.items()}
