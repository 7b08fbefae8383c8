"""Who works, who is silent, and what they hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.claims import SILENT, Alone, crew
from service.records.workers import Claim, Worker
from service.store.holding import BEAT, LEASE

NOW = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def worker(name: str, seen: timedelta = timedelta(0)) -> Worker:
    return Worker(name, "litwatch 1.0", NOW - timedelta(hours=1), NOW - seen)


def claim(name: str, holder: str, left: timedelta = LEASE) -> Claim:
    return Claim(name, holder, 1, NOW + left)


def test_who_gave_a_sign_lately_lives() -> None:
    found = crew([worker("a"), worker("b", SILENT), worker("c", SILENT - SECOND)], [], NOW)
    assert [each.name for each in found.living] == ["a", "c"]
    assert [each.name for each in found.silent] == ["b"]


def test_what_the_silent_hold_is_left_and_what_the_living_hold_is_theirs() -> None:
    a, b = worker("a"), worker("b", SILENT)
    claims = [claim("poll arxiv", "a"), claim("poll pubmed", "b"), claim("digest lab", "a")]
    found = crew([a, b], claims, NOW)
    assert found.of(a) == ["poll arxiv", "digest lab"]
    assert found.of(b) == ["poll pubmed"]
    assert [each.name for each in found.left] == ["poll pubmed"]


def test_a_claim_that_ran_out_is_left_whoever_held_it() -> None:
    """The living extend theirs: this one's holder no longer knows of it."""
    claims = [claim("poll arxiv", "a", -SECOND), claim("poll pubmed", "command", -SECOND)]
    assert crew([worker("a")], claims, NOW).left == tuple(claims)


def test_a_command_holds_claims_and_is_no_worker() -> None:
    found = crew([], [claim("poll pubmed", "command")], NOW)
    assert (found.living, found.silent, found.left) == ((), (), ())
    assert [each.holder for each in found.held] == ["command"]


def test_a_worker_may_miss_signs_before_it_counts_as_silent_and_then_before_it_loses_its_work() -> (
    None
):
    assert 2 * BEAT < SILENT.total_seconds() < LEASE.total_seconds()


def test_who_works_alone_has_all_to_itself() -> None:
    with Alone().held("digest lab") as fence:
        assert fence is not None
