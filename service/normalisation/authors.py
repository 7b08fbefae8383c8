"""Author lists as sources write them in one line, made into authors in the same order."""

from __future__ import annotations

import re

from service.normalisation.identifiers import orcid as orcid_of
from service.normalisation.text import clean
from service.records import Author

_PARTICLES = frozenset(
    str.split(
        "van von der den de del della di da dos das du la le ten ter el al bin ibn st. st zu zur "
        "af av"
    )
)
_SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV|2nd|3rd)\.?")
_GROUP = re.compile(
    r"\b(?:consorti\w+|collaborat\w+|network|group|committee|investigators|initiative|society|team"
    r"|institute|project|study|trial|program(?:me)?|association|alliance|registry|center|centre"
    r"|foundation|commission|task force|for the|on behalf of)\b",
    re.IGNORECASE,
)
_BETWEEN_INITIALS = re.compile(r"[.\s-]+")
_AND = re.compile(r"\s*(?:;|\s&\s|,?\s+and\s+)\s*", re.IGNORECASE)
_ET_AL = re.compile(r"[,;]?\s*\bet\s+al\.?$|[,;]?\s*(?:\.\.\.|…)$", re.IGNORECASE)


def person(family: str, given: str, orcid: str | None = None) -> Author:
    """Return a person with cleaned names; an ORCID that fails its check digit is dropped."""
    return Author(family=clean(family), given=clean(given), orcid=orcid_of(orcid))


def group(name: str) -> Author:
    """Return a collective author."""
    return Author(collective=clean(name))


def from_semicolons(text: str) -> tuple[Author, ...]:
    """Parse "Last, F. M.; Last, F."; a part without a comma is a group or "Given Last"."""
    found = map(_inverted, _ET_AL.sub("", clean(text)).split(";"))
    return tuple(author for author in found if author.name)


def _inverted(part: str) -> Author:
    family, comma, given = part.strip().partition(",")
    if not comma or not given.strip():
        return _natural(family)
    return Author(family=family.strip(), given=_suffix_last(given))


def _suffix_last(given: str) -> str:
    """Turn "Jr., A. B." and "A. B., Jr." into "A. B. Jr."; anything else stays as it is."""
    first, comma, rest = (part.strip() for part in given.partition(","))
    if comma and _SUFFIX.fullmatch(first):
        return f"{rest} {first}"
    if comma and _SUFFIX.fullmatch(rest):
        return f"{first} {rest}"
    return given.strip()


def from_commas(text: str) -> tuple[Author, ...]:
    """Parse "Kukla, D., Crampton, A.": a part of initials belongs to the part before it."""
    parts = [p.strip() for p in _ET_AL.sub("", clean(text)).replace(";", ",").split(",")]
    parts = [p for p in parts if p]
    found: list[Author] = []
    for part in parts:
        last = found[-1] if found else None
        if last and last.family and not last.given and _is_given(part):
            found[-1] = Author(family=last.family, given=part)
        elif last and last.given and _SUFFIX.fullmatch(part):
            found[-1] = Author(family=last.family, given=f"{last.given} {part}")
        elif _GROUP.search(part):
            found.append(Author(collective=part))
        else:
            found.append(Author(family=part))
    # A name that stayed without initials was written in natural order.
    return tuple(a if a.given or a.collective else _natural(a.family) for a in found)


def _is_given(part: str) -> bool:
    """Whether the part is initials: "C. C.", "H.-X.", "KA"."""
    if "." not in part and not part.isupper():
        return False
    return all(len(letters) <= 2 for letters in _BETWEEN_INITIALS.split(part))


def from_names(text: str) -> tuple[Author, ...]:
    """Parse "Ada Lovelace and B. Babbage, C. D. Smith": names in natural order."""
    found: list[Author] = []
    for part in re.split(r",", _AND.sub(",", _ET_AL.sub("", clean(text)))):
        name = part.strip()
        if found and found[-1].family and _SUFFIX.fullmatch(name):
            found[-1] = Author(found[-1].family, f"{found[-1].given} {name}".strip())
        elif name:
            found.append(_natural(name))
    return tuple(found)


def _natural(name: str) -> Author:
    """Split "Ludwig van der Beek Jr." into family "van der Beek", given "Ludwig Jr."."""
    name = name.strip()
    if _GROUP.search(name):
        return Author(collective=name)
    words = name.split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    given = " ".join(words[:start]) + (f" {suffix}" if suffix else "")
    return Author(family=" ".join(words[start:]), given=given)


def from_initials(name: str) -> Author:
    """Parse one "Hambrick GW Jr", as MEDLINE and citations write people."""
    words = clean(name).split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    if len(words) < 2 or not _is_given(words[-1]):
        return Author(family=" ".join(words))
    return Author(family=" ".join(words[:-1]), given=f"{words[-1]} {suffix}".strip())
