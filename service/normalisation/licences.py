"""Licences in one short form, whether a source writes an address, a code or words."""

from __future__ import annotations

import re

from service.normalisation.text import clean

_ADDRESS = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)(?:/(\d\.\d))?",
    re.IGNORECASE,
)
_CODE = re.compile(r"cc[_\s-]+(by(?:[_\s-]+(?:nc|nd|sa))*)", re.IGNORECASE)
_ARXIV = re.compile(r"arxiv\.org/licenses/(nonexclusive-distrib|assumed)", re.IGNORECASE)


def short(text: str) -> str:
    """The licence as "CC BY-NC-ND 4.0", "CC0" or "arXiv non-exclusive".

    Where nothing is granted (cc_no) it is "", what is not recognised is returned cleaned.
    """
    said = clean(text)
    if said.lower() in {"cc_no", "na", "none"}:
        return ""
    if found := _ADDRESS.search(said):
        name, version = found.group(1).lower(), found.group(2) or ""
        known = {"zero": "CC0", "mark": "public domain", "publicdomain": "public domain"}
        return f"{known.get(name, f'CC {name.upper()}')} {version}".strip()
    if found := _CODE.fullmatch(said):
        return "CC " + re.sub(r"[_\s-]+", "-", found.group(1)).upper()
    if re.fullmatch(r"cc[_\s-]?0(?:_ng)?", said, re.IGNORECASE):
        return "CC0"
    return "arXiv non-exclusive" if _ARXIV.search(said) else said
