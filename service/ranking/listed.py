"""Papers listed in JSON Lines, as people hand them in for ranking and evaluation. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_IDS = ("id", "pmid", "doi", "openalex_id", "openalex")
_DATES = ("published", "date", "publication_date", "year")
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?(?!\d)")
_LABELS: dict[object, bool | None] = {
    None: None,
    "": None,
    0: False,
    1: True,
    "0": False,
    "1": True,
}
_FORM = "each line is one JSON object with id, title and abstract"


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """One line: `relevant` is its label_included (None: not labelled), `published` a date as
    precise as the file has it."""

    id: str
    title: str
    abstract: str
    relevant: bool | None = None
    published: str | None = None


def read_papers(name: str, body: bytes, clean: Callable[[str], str]) -> list[ListedPaper]:
    """The papers of a JSON Lines file in its order; `name` is the file as errors call it.

    Each line has a title, an abstract or both (either may be null or empty), and perhaps an id,
    label_included (0 or 1) and a date; other keys are ignored. Without an id, the PMID, DOI or
    OpenAlex id names the paper, else its line number. `clean` makes plain text of a title or an
    abstract that may hold markup. An id may come twice (see `repeated_ids`): real exports number
    their parts each from 1. Raises `InputError` naming file and line.
    """
    found = [_paper(f"{name}, line {line}", line, row, clean) for line, row in _rows(name, body)]
    if not any(paper.title or paper.abstract for paper in found):
        raise InputError(name, "holds no paper with a title or an abstract", _FORM)
    return found


def repeated_ids(papers: Iterable[ListedPaper]) -> list[str]:
    """The ids that more than one paper has, in the order of their second coming."""
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for paper in papers:
        if paper.id in seen:
            repeated[paper.id] = None
        seen.add(paper.id)
    return list(repeated)


def _rows(name: str, body: bytes) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Line number (from 1) and object of every line that is not blank."""
    for number, line in enumerate(body.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        where = f"{name}, line {number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise InputError(where, "is not UTF-8 text", "save the file as UTF-8") from None
        except (ValueError, RecursionError) as error:
            raise InputError(where, f"is not JSON: {error}", _FORM) from None
        if not isinstance(row, dict):
            raise InputError(where, f"is a JSON {type(row).__name__}, not an object", _FORM)
        yield number, row


def _paper(
    where: str, number: int, row: Mapping[str, object], clean: Callable[[str], str]
) -> ListedPaper:
    if "title" not in row and "abstract" not in row:
        raise InputError(where, "has neither a title nor an abstract", _FORM)
    return ListedPaper(
        id=_first(row, _IDS) or str(number),
        title=clean(_text(where, row, "title")),
        abstract=clean(_text(where, row, "abstract")),
        relevant=_label(where, row.get("label_included")),
        published=_date(row),
    )


def _text(where: str, row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(where, f"its {key} is {value!r:.40}, not text", _FORM)
    return value


def _label(where: str, value: object) -> bool | None:
    try:
        return _LABELS[value]  # True and 1.0 are 1 here, too
    except (KeyError, TypeError):
        told = f"its label_included is {value!r:.40}"
        raise InputError(where, told, "1 for included, 0 for not, null for unknown") from None


def _first(row: Mapping[str, object], keys: Iterable[str]) -> str:
    """The first of these keys that has a value, as text; "" when none has."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            text = str(value).encode("utf-8", "replace").decode("utf-8").strip()
            if text:
                return text
    return ""


def _date(row: Mapping[str, object]) -> str | None:
    match = _DATE.match(_first(row, _DATES))
    return match.group() if match else None
