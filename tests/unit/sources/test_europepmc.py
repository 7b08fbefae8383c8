from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from service.errors import IncompleteError, QueryAlteredError, Retry, SourceError
from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources.europepmc import EuropePmc
from tests.fakes_eutils import TRIES, Entry, FakeResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from service.protocols import Response, Source

T = TypeVar("T")
TODAY = date(2026, 11, 20)  # a Friday
WEEK = Window(TODAY - timedelta(days=7), TODAY)
_DATES = re.compile(r"(FIRST_IDATE|UPDATE_DATE):\[([\d-]+) TO ([\d-]+)\]")


@dataclass
class FakeEuropePmc:
    """Answers searches over preprints PPR1, PPR2, ... with cursors, as the real one pages.

    `sizes` are the page sizes it uses in turn, whatever is asked; `phantoms` are counted but
    never given; `end` says how a list ends: an empty page, a repeated mark, or no mark.
    """

    entries: dict[int, Entry]
    sizes: Sequence[int] = (1000,)
    phantoms: int = 0
    end: str = "empty"
    echo: Callable[[str], str] = lambda query: query
    first: list[bytes] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    lose: Callable[[int], set[int]] = lambda walk: set()
    walks: int = 0

    def fetch(
        self,
        url: str,
        *,
        read: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept_status: frozenset[int] = frozenset(),
    ) -> T:
        values = dict(params or form or {})
        for attempt in range(1, TRIES + 1):
            self.asked.append((url.rpartition("/")[2], values))
            body = self.first.pop(0) if self.first else self._answer(values)
            try:
                return read(FakeResponse(body))
            except SourceError as error:
                if error.retry not in {Retry.WAIT, Retry.SAME} or attempt == TRIES:
                    raise
        raise AssertionError

    def _answer(self, values: dict[str, str]) -> bytes:
        mark = values["cursorMark"]
        self.walks += mark == "*"
        hits = [n for n in self._hits(values["query"]) if n not in self.lose(self.walks)]
        page, start = (0, 0) if mark == "*" else map(int, mark.split("-"))
        size = self.sizes[min(page, len(self.sizes) - 1)]
        shown = hits[start : start + size]
        reply: dict[str, object] = {
            "version": "6.9",
            "hitCount": len(self._hits(values["query"])) + self.phantoms,
            "request": {"queryString": self.echo(values["query"]), "cursorMark": "%2A"},
            "resultList": {"result": [self._result(n, values["resultType"]) for n in shown]},
        }
        last = start + len(shown) >= len(hits)
        following = f"{page + 1}-{start + len(shown)}"
        if last and self.end == "repeat":
            reply["nextCursorMark"] = mark
        elif hits and not (last and self.end == "none"):
            reply["nextCursorMark"] = following if shown else mark
        return json.dumps(reply).encode()

    def _hits(self, query: str) -> list[int]:
        wanted = [int(number) for number in re.findall(r"EXT_ID:PPR(\d+)", query)]
        if wanted:
            return [number for number in wanted if number in self.entries]
        found = _DATES.search(query)
        assert found, query
        name, first, last = found.groups()
        return [
            number
            for number, entry in self.entries.items()
            if first <= str(entry.revised if name == "UPDATE_DATE" else entry.created) <= last
            and (entry.matches or "stroma" not in query)
        ]

    @staticmethod
    def _result(number: int, kind: str) -> dict[str, object]:
        result: dict[str, object] = {"id": f"PPR{number}", "source": "PPR"}
        return result if kind == "idlist" else {**result, "title": f"Paper {number}"}


def entries(count: int) -> dict[int, Entry]:
    return {n: Entry(TODAY - timedelta(days=n % 8)) for n in range(1, count + 1)}


def everything(ids: Sequence[str]) -> set[str]:
    return set(ids)


def walk(
    fake: FakeEuropePmc,
    kind: SweepKind = SweepKind.RECENT,
    unknown: Callable[[Sequence[str]], set[str]] = everything,
    window: Window = WEEK,
    **options,
) -> tuple[list[str], WindowReport, list[Batch]]:
    source: Source = EuropePmc(fake, "stroma", email="a@b.org", **options)
    *batches, report = source.poll(Sweep(kind, window), unknown)
    assert isinstance(report, WindowReport)
    ids = [record.source_id for batch in batches for record in batch.records]
    return ids, report, batches


# -- an ordinary walk -------------------------------------------------------------------------------


def test_a_window_is_walked_whole() -> None:
    ids, report, batches = walk(FakeEuropePmc(entries(450)))
    assert len(set(ids)) == len(ids) == 450
    assert ids[0] == "PPR/PPR1"
    assert max(len(batch.records) for batch in batches) == 200
    assert report.complete
    assert (report.stated, report.fetched) == (450, 450)


def test_the_query_is_limited_to_preprints_and_pmc_and_dated_by_first_indexing() -> None:
    fake = FakeEuropePmc(entries(1))
    walk(fake)
    name, values = fake.asked[0]
    assert name == "search"
    assert values["query"] == (
        "(stroma) AND (SRC:PPR OR SRC:PMC) AND (FIRST_IDATE:[2026-11-13 TO 2026-11-20])"
    )
    assert (values["resultType"], values["email"], values["pageSize"]) == (
        "core",
        "a@b.org",
        "1000",
    )


def test_the_limit_to_sources_can_be_lifted() -> None:
    _, report, _ = walk(FakeEuropePmc(entries(1)), only="")
    assert "SRC:" not in report.query


def test_a_long_query_is_posted() -> None:
    fake = FakeEuropePmc(entries(1))
    list(EuropePmc(fake, "stroma OR " + "x" * 3000).poll(Sweep(SweepKind.WIDE, WEEK), everything))
    assert fake.asked[0][0] == "searchPOST"


@pytest.mark.parametrize("end", ["empty", "repeat", "none"])
def test_each_way_to_end_a_list_is_understood(end: str) -> None:
    ids, report, _ = walk(FakeEuropePmc(entries(25), sizes=(10,), end=end))
    assert len(ids) == 25
    assert report.complete


def test_a_page_size_that_changes_on_the_way_loses_nothing() -> None:
    ids, report, _ = walk(FakeEuropePmc(entries(100), sizes=(25, 7, 1, 30)))
    assert len(ids) == 100
    assert report.complete


def test_records_that_move_between_pages_come_once() -> None:
    class Shifting(FakeEuropePmc):
        def _answer(self, values: dict[str, str]) -> bytes:
            page, _, start = values["cursorMark"].partition("-")
            if start:  # something was entered before us: the list moved by two
                values = {**values, "cursorMark": f"{page}-{max(0, int(start) - 2)}"}
                if int(start) >= len(self.entries):
                    values["cursorMark"] = f"{page}-{start}"
            return super()._answer(values)

    ids, report, _ = walk(Shifting(entries(25), sizes=(10,)))
    assert sorted(ids) == sorted({f"PPR/PPR{n}" for n in range(1, 26)})
    assert report.complete


# -- the other sweeps -------------------------------------------------------------------------------


def test_a_revised_sweep_gives_what_the_archive_holds() -> None:
    fake = FakeEuropePmc({n: Entry(date(2020, 1, 1), revised=TODAY) for n in range(1, 6)})
    ids, report, _ = walk(fake, SweepKind.REVISED, lambda ids: set(ids) - {"PPR/PPR2"})
    assert ids == ["PPR/PPR2"]
    assert "UPDATE_DATE" in report.query
    assert report.fetched == 5


def test_an_archive_sweep_lists_ids_and_fetches_the_unknown_ones() -> None:
    fake = FakeEuropePmc(entries(120), sizes=(50,))
    new = {f"PPR/PPR{n}" for n in range(1, 71)}
    ids, report, _ = walk(fake, SweepKind.ARCHIVE, lambda ids: set(ids) & new)
    assert set(ids) == new
    assert len(ids) == 70
    assert report.complete
    assert (report.stated, report.fetched) == (120, 120)
    assert [values["resultType"] for _, values in fake.asked][:3] == ["idlist"] * 3


def test_an_archive_sweep_tells_which_listed_records_are_gone() -> None:
    class Forgetting(FakeEuropePmc):
        def _hits(self, query: str) -> list[int]:
            return [n for n in super()._hits(query) if "EXT_ID" not in query or n != 3]

    ids, report, _ = walk(Forgetting(entries(9)), SweepKind.ARCHIVE)
    assert len(ids) == 8
    assert report.complete
    assert "PPR/PPR3" in report.warnings[0]


# -- counts -----------------------------------------------------------------------------------------


def test_a_small_shortfall_is_believed_when_a_second_walk_agrees() -> None:
    fake = FakeEuropePmc(entries(1000), phantoms=4)
    ids, report, _ = walk(fake)
    assert len(ids) == 1000
    assert report.complete
    assert report.warnings == (
        "1,004 records are stated, 1,000 were given, twice the same: the source over-counts",
    )
    assert fake.walks == 2
    assert [values["resultType"] for _, values in fake.asked] == ["core"] * 2 + ["idlist"] * 2


def test_a_small_shortfall_is_a_gap_when_a_second_walk_differs() -> None:
    fake = FakeEuropePmc(entries(1000), lose=lambda walk: {walk})
    _, report, _ = walk(fake)
    assert not report.complete
    assert "gave others" in (report.gap or "")


def test_a_large_shortfall_is_a_gap() -> None:
    fake = FakeEuropePmc(entries(100), phantoms=1)
    _, report, _ = walk(fake)
    assert report.gap == "101 records are stated, 100 were given"
    assert fake.walks == 1


def test_a_list_that_breaks_off_is_a_gap() -> None:
    fake = FakeEuropePmc(entries(30), sizes=(10,), end="none", lose=lambda _: {30})
    _, report, _ = walk(fake)
    assert not report.end_sign
    assert not report.complete


def test_more_than_stated_is_no_gap() -> None:
    _, report, _ = walk(FakeEuropePmc(entries(30), phantoms=-1))
    assert report.complete


# -- queries and zeros ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "echo",
    [lambda q: f" {q.replace(' ', '  ')} ", lambda q: q.replace(" ", "%20").replace(":", "%3A")],
)
def test_an_echo_may_differ_in_spacing_and_encoding(echo: Callable[[str], str]) -> None:
    assert walk(FakeEuropePmc(entries(3), echo=echo))[1].complete


def test_a_query_that_was_changed_is_refused() -> None:
    fake = FakeEuropePmc(entries(3), echo=lambda query: query.partition(" AND (FIRST")[0])
    with pytest.raises(QueryAlteredError, match="it searched for"):
        walk(fake)


def test_a_zero_is_believed_when_the_source_itself_had_entries() -> None:
    ids, report, batches = walk(FakeEuropePmc({1: Entry(TODAY, matches=False)}))
    assert (ids, batches, report.stated) == ([], [], 0)
    assert report.complete


def test_a_zero_is_a_gap_when_the_source_as_a_whole_had_none() -> None:
    assert not walk(FakeEuropePmc({}))[1].complete
    assert not walk(FakeEuropePmc({}), only="")[1].complete


def test_a_zero_of_a_wide_query_is_a_gap() -> None:
    fake = FakeEuropePmc({1: Entry(TODAY, matches=False)})
    assert not walk(fake, wide=True)[1].complete


def test_a_zero_on_a_weekend_is_plausible() -> None:
    weekend = Window(date(2026, 11, 14), date(2026, 11, 15))
    assert walk(FakeEuropePmc({}), window=weekend, wide=True)[1].complete


# -- replies that are none --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"hitCount": 3, "request": {}, "resultList": {"result": []}}',
        b'{"hitCount": 3, "resultLi',
        b'{"errCode": 500, "errMsg": "internal"}',
        b"<html>Service unavailable</html>",
    ],
)
def test_a_reply_that_is_none_is_asked_again(body: bytes) -> None:
    ids, report, _ = walk(FakeEuropePmc(entries(3), first=[body]))
    assert len(ids) == 3
    assert report.complete


def test_a_list_that_stays_empty_below_its_count_ends_the_sweep() -> None:
    empty = b'{"hitCount": 3, "request": {}, "resultList": {"result": []}}'
    with pytest.raises(IncompleteError):
        walk(FakeEuropePmc(entries(3), first=[empty] * TRIES))


def test_all_kinds_of_sweep_are_offered() -> None:
    source = EuropePmc(FakeEuropePmc({}), "q")
    assert source.sweeps == frozenset(SweepKind)
    assert source.name == "europepmc"
