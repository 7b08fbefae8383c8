"""Lists of the papers that cite one, as Europe PMC gives them. Bytes in, a `Citers` out.

A paper's name is a key of the archive ("pmid:38000001", "pmcid:PMC7000001") or, for what Europe PMC
alone numbers, what its record is called: "europepmc:PPR/PPR900001".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.errors import NotDataError, TransientError
from service.sources import replies
from service.sources.references_payload import failure

_THING = "Europe PMC"
_PMCID = re.compile(r"(?:PMC)?([0-9]{1,10})", re.IGNORECASE)
_PMID = re.compile(r"[1-9][0-9]{0,9}")
_SOURCE = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[\w.:/-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Citers:
    """One page: the `names` that it tells, each once; `given` entries it has, also those without a
    usable id; `stated` is the length of the whole list."""

    names: tuple[str, ...]
    given: int
    stated: int


def citations(body: bytes) -> Citers:
    """One page of a list. Empty where nobody cites the paper, or Europe PMC does not know it.

    Raises the `SourceError` that the body amounts to.
    """
    value = replies.json_value(_THING, body)
    if not isinstance(value, dict):
        raise NotDataError(_THING, "the JSON is not an object")
    if "errCode" in value:
        raise failure(str(value["errCode"]), str(value.get("errMsg") or "without a text"))
    stated = replies.count(value.get("hitCount"))
    if stated is None:
        raise TransientError(_THING, "the reply states no count of citations")
    holder = value.get("citationList")
    items = holder.get("citation") if isinstance(holder, dict) else None
    if items is not None and not isinstance(items, list):
        raise NotDataError(_THING, "the citations are no list")
    entries = items or []
    names = dict.fromkeys(map(name_of, entries))
    return Citers(tuple(name for name in names if name), len(entries), stated)


def name_of(entry: object) -> str:
    """What an entry of a list, or a result of a search, is called; "" where it has no usable id."""
    if not isinstance(entry, dict):
        return ""
    source, number = str(entry.get("source") or ""), str(entry.get("id") or "").strip()
    if source == "MED":
        return f"pmid:{number}" if _PMID.fullmatch(number) else ""
    if source == "PMC":
        return f"pmcid:PMC{found[1]}" if (found := _PMCID.fullmatch(number)) else ""
    known = _SOURCE.fullmatch(source) and _NUMBER.fullmatch(number)
    return f"europepmc:{source}/{number}" if known else ""
