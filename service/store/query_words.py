"""In which forms a word of a query is looked for in indexes of word stems. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.records.queries import Part, Words
from service.store.columns import storable

_LONGEST = 200  # letters; PostgreSQL refuses words of more than 2,046 bytes
# Endings that both databases' stemmers cut. A prefix that reaches into one ("activati*") is no
# beginning of any stem ("activ").
_ENDINGS = (
    "ation", "ating", "ated", "ational", "ative", "ively", "ivity", "ization", "izing", "ing",
    "ement", "ment", "ness", "fulness", "ousness", "iveness", "ically", "ical", "ility", "able",
    "ably", "ally", "ity", "ies", "ied", "ion", "ous", "ed", "es", "ence", "ance", "ency",
)  # fmt: skip
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Form:
    """Words side by side, with a letter or digit among them and nothing that could end a quote;
    with `prefix` the last may go on."""

    text: str
    prefix: bool = False


def forms(words: Words) -> tuple[Form, ...]:
    """What to look for, any of it, at least one."""
    text = searchable(words.text)
    found = [Form(text, words.prefix)]
    if words.part is Part.AUTHOR and not words.prefix:
        found.extend(_names(text))
    if words.prefix:
        found.extend(Form(longer) for longer in _completed(text))
    return tuple(found)


def searchable(text: str) -> str:
    """The text as it may stand in quotes; "" where nothing in it can be looked for."""
    plain = storable(re.sub('["\x00]', " ", text))
    plain = " ".join(word[:_LONGEST] for word in plain.split())
    return plain if re.search(r"[^\W_]", plain) else ""


def _names(text: str) -> list[Form]:
    """A name as archives have it, the family name first: "Okafor CM" is found as "Okafor Chidi",
    "Chidi Okafor" as well."""
    *before, last = text.split()
    if not before:
        return []
    if re.fullmatch(r"[^\W\d_]{1,3}", last) and last.isupper():
        return [Form(" ".join([*before, last[0]]), prefix=True)]
    return [Form(" ".join([last, *before]))]


def _completed(prefix: str) -> list[str]:
    """The prefix made a whole word by each ending that it has begun."""
    found = []
    for ending in _ENDINGS:
        for length in range(1, len(ending) + 1):
            begun = ending[:length]
            if prefix.endswith(begun) and len(prefix) - length >= _SHORTEST_STEM:
                found.append(prefix + ending[length:])
    return list(dict.fromkeys(found))
