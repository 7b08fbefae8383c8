"""Receipts of rankings are written with what was ranked, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.store.runs import Runs
from tests.papers import paper
from tests.store.test_weekly import LAB, STROMA, TRAPS, Desk, Missing

if TYPE_CHECKING:
    from service.records import RankingRun
    from tests.papers import Archive

PERIOD = "UTC:2026-W47"


@pytest.fixture
def desk(archive: Archive) -> Desk:
    """Three works, two topics, one subscription."""
    made = Desk(archive)
    made.follow(STROMA, TRAPS)
    made.subscribe(LAB)
    archive.take_in(
        *map(paper, (1, 2)), paper(3, title="Mast cells age slowly", abstract="In guts.")
    )
    return made


def runs(desk: Desk, purpose: str) -> list[RankingRun]:
    with desk.store.reading() as tx:
        return [run for run in tx.runs.latest(99) if run.purpose == purpose]


def frozen(desk: Desk) -> bool:
    with desk.store.reading() as tx:
        [(subscription, created)] = tx.subscriptions.active()
    made = pipeline.draft(desk.parts, subscription, PERIOD, created)
    return pipeline.freeze(desk.parts, subscription, made)


def test_a_week_that_is_ranked_leaves_one_for_each_topic(desk: Desk) -> None:
    assert desk.refresh() >= 2
    found = {run.topic: run for run in runs(desk, "week")}
    assert found.keys() == {"stroma", "traps"}
    run = found["stroma"]
    assert (run.version, run.lo, run.hi, run.screened, run.wanted) == (1, 0, 3, 3, 2)
    assert (run.line, run.missing, run.digest, run.at) == (0.5, "", None, desk.archive.now)
    info = desk.encoder.info()
    assert run.encoder == (
        f"{info.name} ({info.revision}, {info.precision}, text {info.text_version})"
    )
    assert run.program.startswith("litwatch ")


def test_a_week_that_stays_as_it_is_leaves_none(desk: Desk) -> None:
    desk.refresh()
    before = runs(desk, "week")
    desk.wait()
    desk.refresh()
    assert runs(desk, "week") == before
    desk.archive.take_in(paper(4))
    desk.refresh()
    assert [run.hi for run in runs(desk, "week")] == [4, 4, 3, 3]


def test_a_ranking_that_came_too_late_to_be_kept_leaves_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.weeks.Weeks.keep", lambda *_: False)
    desk.refresh()
    assert runs(desk, "week") == []


def test_a_ranking_by_words_only_says_why(desk: Desk) -> None:
    desk.encoder = Missing()
    desk.refresh()
    assert {(run.encoder, run.missing) for run in runs(desk, "week")} == {("", "model: is missing")}


def test_a_digest_is_frozen_with_the_receipts_of_its_ranking(desk: Desk) -> None:
    assert frozen(desk)
    [run] = runs(desk, "digest")
    with desk.store.reading() as tx:
        content = tx.digests.content(run.digest or "")
    assert (run.topic, run.screened, run.line) == ("stroma", 3, content.cutoffs["stroma"])
    assert not frozen(desk), "the period has its digest"
    assert runs(desk, "digest") == [run]


def test_a_digest_whose_receipts_cannot_be_written_is_not_frozen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Runs, "add", broken)
        with pytest.raises(RuntimeError):
            frozen(desk)
    with desk.store.reading() as tx:
        assert tx.digests.past() == []
    assert frozen(desk)


def test_a_preview_leaves_none(desk: Desk) -> None:
    with desk.store.reading() as tx:
        [(subscription, created)] = tx.subscriptions.active()
    made = pipeline.draft(desk.parts, subscription, PERIOD, created)
    assert [run.topic for run in made.runs] == ["stroma"]
    assert replace(made, runs=()).content == made.content
    assert runs(desk, "digest") == []
