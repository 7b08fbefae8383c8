"""arXiv's search API: Atom pages with start and max_results, and errors as one-entry feeds.

Of a query, submittedDate and lastUpdatedDate windows are evaluated, and `id_list`; key words,
categories and NOT are NOT.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from service.demo.upstreams.exchange import Answer, Reply, Request, not_found, reply, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ENTRY = re.compile(rb"[ ]*<entry>.*?</entry>", re.DOTALL)
_WINDOW = re.compile(r"(submittedDate|lastUpdatedDate):\[(\d{8,14})\s+TO\s+(\d{8,14})\]")
_LARGEST = 2_000
_HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"\
 xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <!-- Example data: fictional records. -->
"""


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str  # without version
    submitted: str  # digits, YYYYMMDDhhmmss
    updated: str
    xml: bytes


def answers(file: bytes, now: str) -> Answer:
    """The API that holds the entries of `file`; `now` is its clock, as Atom writes it."""
    entries = [_entry(match[0]) for match in _ENTRY.finditer(file)]

    def answer(request: Request) -> Reply:
        if request.path not in {"", "/"}:
            return not_found(request)
        return _query(entries, request.fields(), now)

    return answer


def _entry(xml: bytes) -> _Entry:
    text = xml.decode()

    def digits(name: str) -> str:
        found = re.search(rf"<{name}>(.*?)</{name}>", text)
        return re.sub(r"\D", "", found[1]) if found else ""

    found = re.search(r"/abs/(.+?)v\d+</id>", text)
    return _Entry(found[1] if found else "", digits("published"), digits("updated"), xml)


def _query(entries: Sequence[_Entry], fields: Mapping[str, str], now: str) -> Reply:
    start, size = fields.get("start", "0"), fields.get("max_results", "10")
    for name, value in (("start", start), ("max_results", size)):
        if not (value.isascii() and value.isdigit()):
            return _error(f"{name} must be an integer", now)
    first, count = whole_number(start, 0), whole_number(size, 10)
    if count > _LARGEST:
        return _error(f"max_results must not exceed {_LARGEST}", now)
    found = _sorted(select(entries, fields), fields)
    query, ids = fields.get("search_query", ""), fields.get("id_list", "")
    title = f"search_query={query}&id_list={ids}&start={first}&max_results={count}"
    head = _head(f"arXiv Query: {title}", now, count, len(found), first)
    page = [entry.xml for entry in found[first : first + count]]
    return _feed([head.encode(), *page], 200)


def select(entries: Sequence[_Entry], fields: Mapping[str, str]) -> Iterator[_Entry]:
    """The entries inside every date window of the query, and in `id_list` when it is given."""
    windows = _WINDOW.findall(fields.get("search_query", ""))
    ids = {re.sub(r"v\d+$", "", text.strip()) for text in fields.get("id_list", "").split(",")}
    for entry in entries:
        dates = {"submittedDate": entry.submitted, "lastUpdatedDate": entry.updated}
        inside = all(a.ljust(14, "0") <= dates[n] <= b.ljust(14, "9") for n, a, b in windows)
        if inside and (ids == {""} or entry.id in ids):
            yield entry


def _sorted(entries: Iterator[_Entry], fields: Mapping[str, str]) -> list[_Entry]:
    by_update = fields.get("sortBy") == "lastUpdatedDate"
    return sorted(
        entries,
        key=lambda entry: (entry.updated if by_update else entry.submitted, entry.id),
        reverse=fields.get("sortOrder", "descending") == "descending",
    )


def _head(title: str, now: str, size: int, total: int, start: int) -> str:
    return (
        f"{_HEAD}  <id>https://arxiv.org/api/example</id>\n  <title>{escape(title)}</title>\n"
        f"  <updated>{now}</updated>\n"
        f"  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>\n"
        f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
        f"  <opensearch:startIndex>{start}</opensearch:startIndex>"
    )


def _error(cause: str, now: str) -> Reply:
    entry = (
        "  <entry>\n    <id>https://arxiv.org/api/errors#example</id>\n"
        f"    <title>Error</title>\n    <updated>{now}</updated>\n"
        f"    <summary>{escape(cause)}</summary>\n  </entry>"
    )
    head = _head("arXiv Search Results", now, 1, 1, 0)
    return _feed([head.encode(), entry.encode()], 400)


def _feed(parts: Sequence[bytes], status: int) -> Reply:
    return reply(b"\n".join([*parts, b"</feed>\n"]), "application/atom+xml; charset=utf-8", status)
