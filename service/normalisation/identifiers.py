"""Identifiers in their one canonical form, or None when the text is not one.

Each function takes what sources write (bare, prefixed, as an address) and never guesses: an
identifier in the middle of a sentence is not looked for.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

from service.records import names

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_DOI_URL = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/+(?:doi:)?", re.IGNORECASE)
_DOI_PREFIX = re.compile(r"(?:info:doi/|urn:doi:|doi\s*:?\s*)", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}

_PMID = re.compile(
    r"(?:(?:https?://)?(?:www\.|pubmed\.)?ncbi\.nlm\.nih\.gov/(?:pubmed/)?|pmid\s*:?\s*|pubmed\s*:\s*)?"
    r"0*([1-9][0-9]{0,8})(?:\.0)?/?(?:\?\S*)?",
    re.IGNORECASE,
)
_PMCID = re.compile(
    r"(?:(?:https?://)?(?:(?:www\.)?ncbi\.nlm\.nih\.gov/pmc|pmc\.ncbi\.nlm\.nih\.gov)/articles/"
    r"|oai:pubmedcentral\.nih\.gov:|pmcid\s*:?\s*|pmc\s*:\s*)?"
    r"(?:PMC)?0*([1-9][0-9]{0,9})(?:\.[0-9]+)?/?",
    re.IGNORECASE,
)
_ARXIV_PREFIX = re.compile(
    r"(?:(?:https?://)?(?:www\.|export\.)?(?:arxiv\.org/(?:abs|pdf|html|format|ps|src|e-print)/)"
    r"|oai:arxiv\.org:|(?:https?://)?(?:dx\.)?doi\.org/10\.48550/arxiv\.|10\.48550/arxiv\."
    r"|arxiv\s*:\s*|arxiv\.)+",
    re.IGNORECASE,
)
_ARXIV = re.compile(
    r"(?:(?P<new>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
    r"|(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[a-z-]{2,})?/(?P<number>[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}))"
    r"(?:v(?P<version>[1-9][0-9]{0,2}))?(?:\.pdf)?/?(?:\s*\[[\w.\-, ]+\])?",
    re.IGNORECASE,
)


def doi(text: str | None) -> str | None:
    """Return the bare DOI in lower case, without address, "doi:" or trailing punctuation."""
    if not text:
        return None
    found = text.translate(_INVISIBLE).strip()
    if address := _DOI_URL.match(found):
        found = unquote(re.split(r"[?#]", found[address.end() :], maxsplit=1)[0])
    elif prefix := _DOI_PREFIX.match(found):
        found = found[prefix.end() :]
        if address := _DOI_URL.match(found):
            found = found[address.end() :]
    match = _DOI.match(_decoded(found.lower()).translate(_INVISIBLE))
    return _without_trailing(match.group()) or None if match else None


def _decoded(text: str) -> str:
    """`text` without entities and, where even its slash is encoded, without percent signs; some
    sources encode twice."""
    before = None
    while before != text and ("&" in text or "%2f" in text):
        before, text = text, unescape(text).lower()
        text = unquote(text).lower() if "%2f" in text else text
    return text


def _without_trailing(text: str) -> str:
    """Drop punctuation that belongs to the sentence; a balanced closing bracket is the DOI's."""
    while text:
        last = text[-1]
        opening = _CLOSING.get(last)
        unbalanced = opening is not None and text.count(last) > text.count(opening)
        if not unbalanced and last not in ".,;:'\"/’”":
            break
        text = text[:-1]
    return text if _DOI.fullmatch(text) else ""


def pmid(text: str | None) -> str | None:
    """Return the PubMed id as digits without leading zeros."""
    match = _PMID.fullmatch(text.strip()) if text else None
    return match.group(1) if match else None


def pmcid(text: str | None) -> str | None:
    """Return "PMC" and digits; takes "PMC123", "123", "PMC123.1" and addresses."""
    match = _PMCID.fullmatch(text.strip()) if text else None
    return f"PMC{match.group(1)}" if match else None


def arxiv(text: str | None) -> tuple[str, str] | None:
    """Return (id without version, version number or ""); an old id loses its subject class."""
    if not text:
        return None
    found = text.strip()
    if prefix := _ARXIV_PREFIX.match(found):
        found = re.split(r"[?#]", found[prefix.end() :], maxsplit=1)[0].strip()
    match = _ARXIV.fullmatch(found.rstrip(".,;"))
    if match is None:
        return None
    bare = match["new"] or f"{match['archive'].lower()}/{match['number']}"
    return bare, match["version"] or ""


def orcid(text: str | None) -> str | None:
    """Return 0000-0000-0000-000X when the check digit is right."""
    return names.orcid(text or "") or None
