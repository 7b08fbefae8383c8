"""Votes as files: CSV for spreadsheets, JSON Lines for programs. Pure.

What is written can be read again, here or by another archive: `id` is then the work's DOI, PMID,
PMCID or arXiv id, and its number only where it has none of them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

from service.archive.exports.table import harmless, meant
from service.errors import InputError
from service.records import Judgement
from service.voting import Ballot, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from service.records import Vote, Work

COLUMNS = ("id", "judgement", "voter", "person", "note", "via", "at", "topic", "work", "title")
_READ = ("id", "judgement", "voter", "note", "topic")
_SHORT = ("id", "judgement", "note")  # of a file without a line of names

_WORDS = {
    "relevant": Judgement.RELEVANT,
    "not relevant": Judgement.NOT_RELEVANT,
    "save": Judgement.SAVED,
    "saved": Judgement.SAVED,
    "withdraw": Judgement.WITHDRAWN,
    "withdrawn": Judgement.WITHDRAWN,
}


def form(file_name: str) -> str:
    """What a file of this name is: "csv" or "jsonl". Raises `InputError`."""
    ending = file_name.rpartition(".")[2].lower()
    if ending not in {"csv", "jsonl"}:
        raise InputError(file_name, "is neither .csv nor .jsonl", "choose one of these endings")
    return ending


def judgement(text: str) -> Judgement:
    """The judgement that a word stands for, however it is cased and hyphenated.

    Raises `InputError`.
    """
    found = _WORDS.get(" ".join(re.split(r"[\s_-]+", text.strip().lower())))
    if found is None:
        known = "relevant, not-relevant, save or withdraw"
        raise InputError(f"judgement {text!r}", "is unknown", f"say {known}")
    return found


# -- writing --------------------------------------------------------------------------------------


def written(votes: Iterable[Vote], works: Mapping[int, Work], kind: str) -> bytes:
    """The votes as a "csv" or "jsonl" file, in their order. `works` are those voted on, by number.

    `voter` is the name a vote was given under, `person` who goes by it. No cell of the CSV is a
    formula, whatever the titles and notes say.
    """
    rows = [_row(vote, works[vote.work_id]) for vote in votes]
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(COLUMNS)
    out.writerows([harmless(str(row[name])) for name in COLUMNS] for row in rows)
    return text.getvalue().encode()


def _row(vote: Vote, work: Work) -> dict[str, object]:
    ids = work.ids
    values = (
        ids.doi or ids.pmid or ids.pmcid or ids.arxiv or str(work.id),
        str(vote.judgement),
        vote.voter,
        vote.whose,
        vote.note,
        vote.via,
        vote.at.isoformat(),
        vote.topic,
        work.id,
        work.title,
    )
    return dict(zip(COLUMNS, values, strict=True))


# -- reading --------------------------------------------------------------------------------------


def read(content: bytes, kind: str) -> list[Ballot]:
    """The ballots of a "csv" or "jsonl" file: id, judgement, and if they are there voter, note and
    topic.

    A CSV may leave out the line of names; its columns are then id, judgement and note. Raises
    `InputError` with every faulty line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("votes", f"no UTF-8 at byte {error.start}", "save as UTF-8") from None
    ballots: list[Ballot] = []
    faults: list[str] = []
    for line, row in _json_rows(text) if kind == "jsonl" else _csv_rows(text):
        place = f"line {line}"
        try:
            ballots.append(_ballot(row, place))
        except InputError as error:
            faults.append(f"{place}: {error.thing} {error.cause}")
    refuse(faults, "each line needs id and judgement: relevant, not-relevant, save or withdraw")
    return ballots


def _ballot(row: Mapping[str, str] | InputError, place: str) -> Ballot:
    if isinstance(row, InputError):
        raise row
    work = row.get("id", "").strip()
    if not work:
        raise InputError("id", "is missing")
    said = judgement(row.get("judgement", ""))
    voter, topic = (row.get(column, "").strip() for column in ("voter", "topic"))
    return Ballot(work, said, row.get("note", ""), voter, place=place, topic=topic)


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, str] | InputError]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    names: Sequence[str] | None = None
    line = 1
    try:
        for cells in rows:
            row, at, line = [meant(cell) for cell in cells], line, rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                head = [cell.strip().lower() for cell in row]
                names = head if {"id", "judgement"} <= {*head} else _SHORT
                if names is head:
                    continue
            yield at, dict(zip(names, row, strict=False))
    except csv.Error as error:
        yield line, InputError("CSV", f"is broken: {error}")


def _delimiter(text: str) -> str:
    """Spreadsheets write semicolons where the comma is decimal; some people paste tabs."""
    first = text.lstrip().partition("\n")[0]
    return next((mark for mark in (",", "\t", ";") if mark in first), ",")


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, str] | InputError]]:
    for line, told in enumerate(text.split("\n"), start=1):
        if not told.strip():
            continue
        try:
            row = json.loads(told)
        except (ValueError, RecursionError):
            yield line, InputError("JSON", "is broken")
            continue
        if not isinstance(row, dict):
            yield line, InputError("JSON", "is no object")
            continue
        yield line, {name: _text(row[name]) for name in _READ if name in row}


def _text(value: object) -> str:
    """Text, or a number as it is written; nothing for what can be neither id nor word."""
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if plain else ""
