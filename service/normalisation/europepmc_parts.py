"""Parts of a Europe PMC result: authors, venue, addresses, and its XML as the JSON it also has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.normalisation import fields, identifiers
from service.normalisation.authors import group, person
from service.normalisation.markup import html_text
from service.normalisation.text import clean
from service.records import Author
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

# "Schoenfeld JD", "wang r", "Tseng H-", "Smith A-B 3rd": initials are few letters.
_NAME = re.compile(
    r"(?P<family>\S.*?)\s+(?P<given>(?:[A-Z]{1,5}|[^\W\d_]{1,4})(?:-[^\W\d_]{0,3})?)"
    r"(?:\s+(?P<suffix>(?:Jr|Sr|2nd|3rd|4th)\.?))?"
)
_ISSN = re.compile(r"\b\d{4}-\d{3}[\dxX]\b")


def authors(result: dict[str, object]) -> Iterator[Author]:
    """The authors of a core result, else those of the one-line form of a lite one."""
    listed = list(fields.objects(result, "authorList", "author"))
    for author in listed:
        yield from _listed(author)
    if not listed:
        line = clean(fields.text(result, "authorString")).rstrip(".")
        yield from (_one_line(part) for part in line.split(", ") if part.strip())


def _listed(author: dict[str, object]) -> Iterator[Author]:
    family = fields.text(author, "lastName")
    given = fields.text(author, "firstName") or fields.text(author, "initials")
    if family:
        yield person(family, given, _orcid(author))
    elif name := fields.text(author, "collectiveName"):
        yield group(name)
    elif name := clean(fields.text(author, "fullName")):
        found = _one_line(name)
        yield found if found.collective else person(found.family, found.given, _orcid(author))


def _orcid(author: dict[str, object]) -> str | None:
    for known in fields.objects(author, "authorId"):
        kind = fields.text(known, "type") or fields.text(known, "@type")
        if kind.upper() == "ORCID":
            return identifiers.orcid(fields.text(known, "value") or fields.text(known, "#text"))
    return None


def _one_line(name: str) -> Author:
    """ "Haas-Kogan DA" is a person; what does not end with initials is a group, or one name."""
    found = _NAME.fullmatch(name.strip())
    if found and not (found["given"].islower() and len(found["given"]) > 2):
        return Author(found["family"], f"{found['given']} {found['suffix'] or ''}".strip())
    return Author(collective=name.strip()) if " " in name.strip() else Author(name.strip())


def venue(result: dict[str, object]) -> tuple[str, str]:
    """The journal's name and its short form; a preprint's server, a chapter's book."""
    long = fields.text(result, "journalInfo", "journal", "title")
    short = fields.text(result, "journalInfo", "journal", "isoabbreviation")
    short = short or fields.text(result, "journalInfo", "journal", "medlineAbbreviation")
    lite = fields.text(result, "journalTitle")
    other = fields.text(result, "bookOrReportDetails", "comprisingTitle")
    other = other or fields.text(result, "bookOrReportDetails", "publisher")
    return html_text(long or lite or other), html_text(short or lite)


def issn(result: dict[str, object]) -> str | None:
    """The journal's ISSN, that of print before that of the electronic issue."""
    told = (
        fields.text(result, "journalInfo", "journal", "issn"),
        fields.text(result, "journalInfo", "journal", "essn"),
        fields.text(result, "journalIssn"),
    )
    found = _ISSN.search(" ".join(told))
    return found.group().upper() if found else None


def pdf(result: dict[str, object]) -> str:
    """The address of a PDF that is free to read, if one is given."""
    for address in fields.objects(result, "fullTextUrlList", "fullTextUrl"):
        free = fields.text(address, "availabilityCode") in ("OA", "F")
        if free and fields.text(address, "documentStyle") == "pdf":
            return fields.text(address, "url")
    return ""


def as_json(element: etree._Element) -> object:
    """The element as Europe PMC would write it in JSON: repeated children become lists."""
    kids = [child for child in element if local_name(child)]
    words = "".join(str(part) for part in element.itertext()).strip()
    if not kids or any((child.tail or "").strip() for child in kids):
        named = {f"@{key!s}": str(value) for key, value in element.attrib.items()}
        return {**named, "#text": words} if named else words
    found: dict[str, object] = {}
    for child in kids:
        name, value = local_name(child), as_json(child)
        if name in found:
            earlier = found[name]
            found[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            found[name] = value
    return found
