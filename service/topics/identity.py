"""What a seed is known by, and how its texts are kept. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from service.records import Identifiers

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from service.records import Seed

_LONGEST_KEY, _LONGEST_LABEL = 48, 80  # of those made of words
_KINDS = tuple(field.name for field in fields(Identifiers))
_SPOKEN = ("pmcid", "pmid", "doi", "arxiv")  # kinds of identifiers, the best for a key first
# What no document needs and a terminal obeys, and halves of characters, which no file can hold.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(text: str) -> str:
    """A name or a term as it is kept: on one line, with nothing in it that a terminal obeys."""
    return " ".join(_UNSAFE.sub("", text).split())


def tidied(seed: Seed) -> Seed:
    """The seed as a document can hold it: blank entries and what is no text left out."""
    ids = {kind: one_line(getattr(seed.ids, kind) or "") or None for kind in _KINDS}
    return replace(
        seed,
        title=one_line(seed.title),
        authors=_lines(seed.authors),
        ids=Identifiers(**ids),
        venue=one_line(seed.venue),
        published=one_line(seed.published or "") or None,
        tldr=_text(seed.tldr),
        contribution=_text(seed.contribution),
        findings=_lines(seed.findings),
        abstract=_text(seed.abstract),
        entities={one_line(kind): _lines(names) for kind, names in seed.entities.items()},
        licence=one_line(seed.licence),
        source_url=one_line(seed.source_url),
    )


def _lines(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(told for item in items if (told := one_line(item)))


def _text(text: str) -> str:
    return _UNSAFE.sub("", text).strip()


def label(seed: Seed) -> str:
    """What a reader knows a seed by, on one line: its title, or how its text begins."""
    if title := one_line(seed.title):
        return title
    text = one_line(" ".join(_says(seed))) or one_line(seed.key)
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1].rstrip()}…"


def ids(seed: Seed) -> dict[str, str]:
    """The identifiers that a seed has, by kind."""
    named = {kind: getattr(seed.ids, kind) for kind in _SPOKEN}
    return {kind: value for kind, value in named.items() if value}


def names(seed: Seed) -> frozenset[str]:
    """What tells a seed from others; with one name in common they are the same: its identifiers,
    and its folded title (without a title, all that it says)."""
    known = {f"{kind}:{value.casefold()}" for kind, value in ids(seed).items()}
    title, text = _letters(seed.title), _letters("".join(_says(seed)))
    if title or text:
        known.add(f"title:{title}" if title else f"text:{text}")
    return frozenset(known)


def fresh_key(seed: Seed, taken: Container[str]) -> str:
    """A key that a person can recognise and type: an identifier, or the first words. None of those
    `taken`, which are casefolded."""
    base = next(iter(ids(seed).values()), "") or _slug(label(seed)) or "seed"
    found, number = base, 2
    while found.casefold() in taken:
        found, number = f"{base}-{number}", number + 1
    return found


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    slug = "-".join(re.findall(r"[a-z0-9]+", bare))
    if len(slug) <= _LONGEST_KEY:
        return slug
    return slug[: _LONGEST_KEY + 1].rpartition("-")[0] or slug[:_LONGEST_KEY]


def _says(seed: Seed) -> tuple[str, ...]:
    return (seed.tldr, seed.contribution, *seed.findings, seed.abstract)


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if char.isalnum())
