"""One upstream fails while the others go on: what is told meanwhile, and what is lost (nothing)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.demo import server as demo
from service.demo.server import ReplayServer
from service.demo.upstreams.exchange import Reply, reply
from service.store import engine as engines
from tests.command_line import MONDAY, Litwatch, replayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.demo.upstreams.exchange import Answer, Request

    Fault = Callable[[Reply], Reply]

DAY = timedelta(days=1)
# The records are older than the overlap of two polls, and the outage lasts longer than it.
BEGIN, OUTAGE = MONDAY + 8 * DAY, 12 * DAY
WEEKLY = {"name": "lab", "channel": "file", "destination": "digest.txt", "zone": "UTC", "cap": 60}


def down(_: Reply) -> Reply:
    return reply(b"Service Unavailable", "text/plain", 503)


def broken(_: Reply) -> Reply:
    return reply(b"Internal Server Error", "text/plain", 500)


def a_web_page(_: Reply) -> Reply:
    return reply(b"<!DOCTYPE html><html><body>Just a moment...</body></html>", "text/html")


def cut_off(answer: Reply) -> Reply:
    return Reply(answer.status, answer.headers, answer.body[: len(answer.body) // 2])


def nothing(answer: Reply) -> Reply:
    return Reply(answer.status, answer.headers, b"")


@dataclass
class Upstream:
    """An upstream that spoils its answers to requests whose path ends so, while it is told to."""

    answer: Answer
    ends: str = ""
    fault: Fault | None = None

    def __call__(self, request: Request) -> Reply:
        answer = self.answer(request)
        hit = self.fault is not None and request.path.endswith(self.ends)
        return self.fault(answer) if self.fault and hit else answer


class Upstreams:
    """All upstreams; `fail` spoils one of them."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.all = {name: Upstream(answer) for name, answer in demo.upstreams().items()}
        patch.setattr(demo, "upstreams", lambda: self.all)
        self.server = ReplayServer()

    def fail(self, name: str, fault: Fault | None, ends: str = "") -> None:
        self.all[name].fault, self.all[name].ends = fault, ends


@pytest.fixture
def moody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstreams]:
    made = Upstreams(monkeypatch)
    with made.server:
        yield made


@pytest.fixture
def lab(tmp_path: Path, moody: Upstreams) -> Litwatch:
    """An archive that was set up on the day before its first digest."""
    values = replayed(tmp_path, moody.server, subscriptions=[WEEKLY])
    litwatch = Litwatch(values, standing(MONDAY - DAY))
    assert litwatch("init") == 0
    return replace(litwatch, clock=standing(MONDAY))


@pytest.fixture
def untroubled(tmp_path: Path, upstreams: ReplayServer) -> set[tuple[str, ...]]:
    """What an archive holds that was polled on the same days without any trouble."""
    folder = tmp_path / "untroubled"
    folder.mkdir()
    values = replayed(folder, upstreams, subscriptions=[WEEKLY])
    litwatch = Litwatch(values, standing(MONDAY - DAY))
    assert litwatch("init") == 0
    for at in (BEGIN, BEGIN + OUTAGE):
        assert replace(litwatch, clock=standing(at))("poll") == 0
    return set(held(litwatch))


def later(litwatch: Litwatch, **amount: float) -> Litwatch:
    return replace(litwatch, clock=standing(litwatch.clock.now() + timedelta(**amount)))


def rows(litwatch: Litwatch, statement: str) -> list[tuple[Any, ...]]:
    engine = engines.create(litwatch.settings["database"]["url"])
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]
    finally:
        engine.dispose()


def held(litwatch: Litwatch) -> list[tuple[str, ...]]:
    return rows(litwatch, "SELECT source, source_id, version FROM record")


def printed(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    litwatch(*words, "--json")
    return json.loads(capsys.readouterr().out)


def state_of(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], source: str) -> dict[str, Any]:
    told = printed(litwatch, capsys, "sources")["sources"]
    [found] = [each["state"] for each in told if each["name"] == source]
    return dict(found)


def sent_file(litwatch: Litwatch, week: int) -> str:
    """The text of a week's digest as it was written."""
    [(digest,)] = rows(litwatch, f"SELECT id FROM digest WHERE period = 'UTC:2026-W{week}'")
    return (Path(litwatch.settings["file"]["folder"]) / f"digest-{digest}.txt").read_text("utf-8")


# (the upstream, requests that fail, a source that polls there, and one that is not concerned)
PLACES = [
    pytest.param("europepmc", "", "europepmc", "pubmed", id="a-whole-upstream"),
    pytest.param("eutils", "efetch.fcgi", "pubmed", "biorxiv", id="fetching-alone"),
    pytest.param("arxiv_oai", "", "arxiv", "medrxiv", id="half-of-a-source"),
]
FAULTS = [down, broken, a_web_page, cut_off, nothing]
# Each place and each fault in every run; all of both in `make exhaustive`.
OUTAGES = [
    pytest.param(
        *place.values,
        fault,
        id=f"{place.id}-{fault.__name__}",
        marks=() if each % len(PLACES) == at else pytest.mark.exhaustive,
    )
    for at, place in enumerate(PLACES)
    for each, fault in enumerate(FAULTS)
]


@pytest.mark.parametrize(("upstream", "ends", "source", "other", "fault"), OUTAGES)
def test_after_an_outage_nothing_is_lost_and_nothing_is_doubled(
    moody: Upstreams,
    lab: Litwatch,
    untroubled: set[tuple[str, ...]],
    upstream: str,
    ends: str,
    source: str,
    other: str,
    fault: Fault,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab = replace(lab, clock=standing(BEGIN))
    moody.fail(upstream, fault, ends)
    polled = {each["source"]: each for each in printed(lab, capsys, "poll")}
    assert polled[source]["error"]
    assert polled[other]["error"] is None
    assert polled[other]["tally"]["new"] > 0
    failing = state_of(lab, capsys, source)
    assert (failing["failures"], failing["last_success_at"]) == (1, None)
    moody.fail(upstream, None)
    over = later(lab, days=OUTAGE.days)
    assert all(each["error"] is None for each in printed(over, capsys, "poll"))
    assert state_of(over, capsys, source)["failures"] == 0
    records = held(over)
    assert set(records) == untroubled
    assert len(records) == len(untroubled)


def test_the_reason_of_a_failure_is_shown_until_it_is_over(
    moody: Upstreams, lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moody.fail("europepmc", broken)
    assert lab("poll") == 4
    capsys.readouterr()
    assert lab("sources") == 0
    out = capsys.readouterr().out
    line, reason = [each for each in out.splitlines() if each.strip().startswith("europepmc")]
    assert "2026-11-16 08:15 UTC" in line, "it is asked again after a quarter of an hour"
    assert "500" in reason
    moody.fail("europepmc", None)
    assert later(lab, hours=1)("poll") == 0
    capsys.readouterr()
    assert later(lab, hours=1)("sources") == 0
    out = capsys.readouterr().out
    [line] = [each for each in out.splitlines() if each.strip().startswith("europepmc")]
    assert "2026-11-16 09:00 UTC" in line


def test_a_failing_source_is_left_alone_for_a_while(
    moody: Upstreams, lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moody.fail("europepmc", down)
    lab("poll")
    again = {each["source"]: each for each in printed(later(lab, minutes=10), capsys, "poll")}
    assert "not due yet" in again["europepmc"]["skipped"]
    assert state_of(lab, capsys, "europepmc")["failures"] == 1
    printed(later(lab, minutes=20), capsys, "poll")
    assert state_of(lab, capsys, "europepmc")["failures"] == 2


def gaps(litwatch: Litwatch, week: int, source: str) -> list[str]:
    """What a week's digest says of a source's windows that are not proved whole."""
    told = f"SELECT content FROM digest WHERE period = 'UTC:2026-W{week}'"
    [(content,)] = rows(litwatch, told)
    return [
        gap for r in json.loads(content)["receipts"] if r["source"] == source for gap in r["gaps"]
    ]


def test_the_digest_tells_the_gap_and_the_next_one_tells_it_no_more(
    moody: Upstreams, lab: Litwatch
) -> None:
    moody.fail("biorxiv", broken)
    assert lab("poll") == 4
    assert lab("digest", "send") == 0
    assert any("HTTP 500" in gap for gap in gaps(lab, 47, "biorxiv"))
    text = sent_file(lab, 47)
    assert "bioRxiv" in text
    assert ", 0 gaps" not in text
    assert gaps(lab, 47, "pubmed") == []
    moody.fail("biorxiv", None)
    following = later(lab, days=7)
    assert following("poll") == 0
    assert following("digest", "send") == 0
    # The examples end before that Monday: the empty days since are not believed.
    closed = [gap for gap in gaps(lab, 48, "biorxiv") if gap < "2026-11-16"]
    assert closed == []


def test_works_that_were_missed_are_in_the_next_digest_and_none_comes_twice(
    moody: Upstreams, lab: Litwatch
) -> None:
    moody.fail("biorxiv", down)
    lab("poll")
    lab("digest", "send")
    moody.fail("biorxiv", None)
    following = later(lab, days=7)
    following("poll")
    following("digest", "send")
    shown = rows(lab, "SELECT digest_id, work_id, topic FROM digest_item")
    assert len({digest for digest, *_ in shown}) == 2
    by_work = [(work, topic) for _, work, topic in shown]
    assert len(by_work) == len(set(by_work))
    only_biorxiv = (
        "SELECT COUNT(*) FROM digest_item i JOIN digest d ON d.id = i.digest_id "
        "JOIN record r ON r.work_id = i.work_id "
        "WHERE d.period = 'UTC:2026-W48' AND r.source IN ('biorxiv', 'medrxiv')"
    )
    assert rows(lab, only_biorxiv)[0][0] > 0


def test_a_window_that_failed_has_a_receipt_that_says_so(
    moody: Upstreams, lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moody.fail("eutils", a_web_page, "efetch.fcgi")
    lab("poll")
    kept = printed(lab, capsys, "sources", "--receipts", "500")["receipts"]
    gaps = {each["source"]: each["gap"] for each in kept}
    assert gaps["pubmed"]
    assert gaps["biorxiv"] is None
    moody.fail("eutils", None)
    tuesday = later(lab, days=1)
    tuesday("poll")
    kept = printed(tuesday, capsys, "sources", "--receipts", "500")["receipts"]
    newest = next(each for each in kept if each["source"] == "pubmed" and each["kind"] == "recent")
    assert newest["gap"] is None
    assert newest["end_sign"]


def test_everything_down_is_a_failure_that_a_digest_survives(
    moody: Upstreams, lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in moody.all:
        moody.fail(name, down)
    assert lab("poll") == 4
    assert lab("digest", "send") == 0
    assert held(lab) == []
    text = sent_file(lab, 47)
    assert "Nothing this week" in text
    assert ", 0 gaps" not in text, "an empty week that nobody could look into must say so"
