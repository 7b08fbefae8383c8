"""A paper's text with the short forms that it defines, read once for all topics. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from service.ranking.abbreviations import Definition, definitions, singular
from service.ranking.sense_letters import match_letters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What may hold a short form: a run with a capital in it, hyphens and what they join included.
_CAPITALS = re.compile(
    r"(?<![^\W_])[^\W_a-z]*[a-z]{0,5}[A-Z][^\W_]*(?:['’]s(?![^\W_]))?(?:[-‐‑‒–−][^\W_]+)*"
)
_HYPHEN = re.compile(r"([-‐‑‒–−])")


@dataclass(frozen=True, slots=True)
class Writing:
    """`text` is title, line end, abstract; `found` what it defines, with places in it;
    `title` the length of the title."""

    text: str
    title: int
    found: tuple[Definition, ...] = ()

    def defined(self, short: str) -> tuple[str, ...]:
        """The long forms that the paper gives `short`, first come first; also where it only
        defines a compound: "pancreatic neuroendocrine tumor (PanNET)" for "NET"."""
        own = tuple(each.long for each in self.found if each.short == short)
        return own or tuple(filter(None, (_tail(each, short) for each in self.found)))


def read_writing(title: str, abstract: str) -> Writing:
    """The paper with its definitions found; about 0.2 ms for an abstract."""
    title = title.replace("\n", " ")
    text = f"{title}\n{abstract}"
    return Writing(text, len(title), definitions(text))


def _tail(compound: Definition, short: str) -> str | None:
    if len(compound.short) <= len(short) or not compound.short.endswith(short):
        return None
    at = match_letters(short, compound.long, 0)
    return compound.long[at:] if at else None


@lru_cache(maxsize=1 << 12)  # a memo of a pure function
def mention(short: str) -> re.Pattern[str]:
    """Finds `short` and its plural as it stands: "NETs", "GEP-NET", never "net" or "NETosis"."""
    pattern = "[-‐‑‒–−]".join(map(re.escape, short.split("-")))
    return re.compile(rf"(?<![^\W_]){pattern}(?:['’]?s)?(?![^\W_])")


def mentions(writing: Writing, short: str) -> list[int]:
    """Where `writing.text` uses `short`; a title all in capitals tells nothing and is left out."""
    text = writing.text
    if _sign(short) not in text:
        return []
    title = text[: writing.title]
    shouted = writing.title if title.isupper() and " " in title else -1
    return [each.start() for each in mention(short).finditer(text) if each.start() > shouted]


def spell(writing: Writing, stands_for: Mapping[str, str | None]) -> tuple[str, str]:
    """Title and abstract with each short form replaced by its long form, definitions folded into
    one. `stands_for` goes before what the paper defines; None there leaves the short form out.
    """
    known = _known(writing, stands_for)
    text, at = writing.text, 0
    kept: list[str] = []
    for each in sorted(writing.found, key=lambda found: found.start):
        if each.start >= at and "\n" not in text[each.start : each.end]:
            kept += [replaced(text[at : each.start], known), each.long]
            at = each.end
    kept.append(replaced(text[at:], known))
    title, _, abstract = "".join(kept).partition("\n")
    return title, abstract


def spell_parts(
    parts: Sequence[str], writing: Writing, stands_for: Mapping[str, str | None]
) -> list[str]:
    """The same for the title and sentences of `writing`, their white space folded."""
    known = _known(writing, stands_for)
    found = [
        (" ".join(writing.text[each.start : each.end].split()), each.long)
        for each in sorted(writing.found, key=lambda found: found.start)
    ]
    return [_spelled(part, found, known) for part in parts]


def _spelled(part: str, found: Sequence[tuple[str, str]], known: Mapping[str, str | None]) -> str:
    """`found` are the definitions as they are written, in order, with their long forms."""
    kept: list[str] = []
    for definition, long in found:
        before, met, after = part.partition(definition)
        if met:
            kept += [replaced(before, known), long]
            part = after
    kept.append(replaced(part, known))
    return "".join(kept)


def _known(writing: Writing, stands_for: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return {each.short: each.long for each in reversed(writing.found)} | dict(stands_for)


def replaced(text: str, known: Mapping[str, str | None]) -> str:
    """`text` with the short forms in `known` replaced, or left out where that says None."""

    def long_form(run: re.Match[str]) -> str:
        whole = run.group()
        if (short := singular(whole)) in known:
            return known[short] or ""
        parts = _HYPHEN.split(whole)
        if len(parts) == 1:
            return whole
        return "".join(_part(part, known) for part in parts)

    may = any(_sign(short) in text for short in known)
    return _CAPITALS.sub(long_form, text) if may else text


@lru_cache(maxsize=1 << 12)  # a memo of a pure function
def _sign(short: str) -> str:
    """What every text with `short` in it has, and most others have not: its longest part between
    hyphens, which are of many kinds."""
    return max(short.split("-"), key=len)


def _part(part: str, known: Mapping[str, str | None]) -> str:
    short = singular(part)
    return (known[short] or "") if short in known else part
