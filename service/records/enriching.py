"""Values: what was asked about a work beside what its sources say, and names as they are looked
for."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.records.watching import Entity, EntityKind, Figure

_LONGEST = 200  # characters of a name that are compared; an index holds no more than some
_SHORTEST_PLURAL = 5
_NO_PLURAL = ("ss", "us", "is")


class What(StrEnum):
    """What a work can be enriched with."""

    ACCESS = "access"  # its licence, and where it can be read for nothing
    ENTITIES = "entities"  # what its title and abstract name
    FIGURE = "figure"  # its first figure, small


@dataclass(frozen=True, slots=True)
class Access:
    """Under which licence a work is ("CC BY 4.0", "" unknown), where its PDF and its page are open
    to everybody ("" unknown), and whether anything says that it is open. `article` is what Europe
    PMC calls it ("PPR:PPR1")."""

    licence: str = ""
    pdf_url: str = ""
    html_url: str = ""
    open: bool = False
    article: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as a service marked it in a text; `preferred` is what its vocabulary calls it."""

    kind: EntityKind
    text: str
    identifier: str = ""
    preferred: str = ""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What was asked about a work and came of it; not `found` is an answer, too.

    `asked` names by which identifiers it was asked: under other ones it may be asked at once, else
    not before `due_at` (None: never again). `tries` counts how often nothing was found in a row.
    """

    work_id: int
    what: What
    source: str
    found: bool
    asked: str
    fetched_at: datetime
    due_at: datetime | None
    tries: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    """A thumbnail; `digest` is the hexadecimal SHA-256 of its bytes."""

    digest: str
    media_type: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Addition:
    """What is shown with a work beside what its sources say."""

    entities: tuple[Entity, ...] = ()
    figure: Figure | None = None


def folded(name: str) -> str:
    """A name as it is looked for: letters and digits alone, without case and accents, Greek
    letters by name, and without the "s" of an English plural. "" where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    if not plain.isascii():
        plain = "".join(map(_letter, plain))
    found = "".join(letter for letter in plain if letter.isalnum())[:_LONGEST]
    plural = len(found) >= _SHORTEST_PLURAL and found.endswith("s")
    return found[:-1] if plural and not found.endswith(_NO_PLURAL) else found


def _letter(letter: str) -> str:
    """A Greek letter's name as texts spell it, else the letter."""
    named = unicodedata.name(letter, "")
    if not named.startswith("GREEK SMALL LETTER "):
        return letter
    name = named.removeprefix("GREEK SMALL LETTER ").removeprefix("FINAL ").split()[0].lower()
    return "lambda" if name == "lamda" else name
