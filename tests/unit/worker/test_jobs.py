"""One round of work, with an app that only remembers."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from service.config.channel_settings import Email
from service.encoding import Watermark
from service.errors import EncoderError, SourceError, StoreBusyError, StoreError
from service.records import Tally
from service.sources.polling import PollResult
from service.watching import Rechecked
from service.worker import jobs, loop
from service.worker.stopping import Stopped
from tests.fakes import FakeHolding

if TYPE_CHECKING:
    from collections.abc import Callable


class App:
    """Stands in for the wired app: `results` is what polling gives."""

    def __init__(self, *results: PollResult) -> None:
        self.results = list(results)
        self.done: list[str] = []
        self.enriched = 0
        self.rechecked: Rechecked | None = None
        self.sources = ("pubmed",)
        self.model = threading.Lock()
        self.parts, self.embedded = SimpleNamespace(), Watermark()
        self.stop = threading.Event()
        self.settings = SimpleNamespace(email=Email())
        self.query_encoder = SimpleNamespace(info=lambda: "info")
        self.neighbours = SimpleNamespace(refresh=lambda _info, _progress, wait: 0)
        self.holding = FakeHolding()

    def poll(self, _sources: object) -> list[PollResult]:
        self.done.append("poll")
        return self.results

    def deliver(self) -> list[object]:
        self.done.append("deliver")
        return []

    def recheck(self) -> Rechecked | None:
        return self.rechecked

    def rank_weeks(self) -> int:
        self.done.append("weeks")
        return 2

    def sound_alarms(self) -> int:
        self.done.append("alarms")
        return 0

    def enrich(self) -> int:
        return self.enriched

    def retain(self) -> dict[str, int]:
        return {}

    def go_on(self) -> None:
        if self.stop.is_set():
            raise Stopped


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace the pipeline's embedding and digests."""

    def replace(
        embed: Callable[[Any], int] = lambda _parts: 0,
        digest_due: Callable[[Any], list[object]] = lambda _parts: [],
    ) -> None:
        def embed_new(parts: object, mark: Watermark) -> int:
            assert mark.seq == 0
            return embed(parts)

        monkeypatch.setattr(jobs.pipeline, "embed_new", embed_new)
        monkeypatch.setattr(jobs.pipeline, "digest_due", digest_due)

    return replace


def raising(error: Exception) -> Callable[[Any], Any]:
    def call(_parts: object) -> object:
        raise error

    return call


def test_a_round_polls_makes_digests_and_delivers(stages: Callable[..., None]) -> None:
    made: list[str] = []
    stages(lambda _: made.append("embed") or 3, lambda _: made.append("digests") or [])
    app = App(PollResult("pubmed", Tally(new=2)))
    assert jobs.round_of_work(app)  # type: ignore[arg-type]
    assert (app.done, made) == (["poll", "deliver", "weeks", "alarms"], ["embed", "digests"])


def test_a_source_that_failed_is_told_and_stops_nothing(stages: Callable[..., None]) -> None:
    stages()
    app = App(PollResult("pubmed", error=SourceError("pubmed", "is down")))
    assert not jobs.round_of_work(app)  # type: ignore[arg-type]
    assert app.done == ["poll", "deliver", "weeks", "alarms"]


def test_what_was_asked_for_again_is_told_and_its_failures_are_failures(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stages()
    app = App()
    app.rechecked = Rechecked(asked=12, tally=Tally(changed=3))
    assert jobs.round_of_work(app)  # type: ignore[arg-type]
    assert "asked for 12 works again: 3 changed" in caplog.text
    app.rechecked = Rechecked(asked=12, failed=1, error=SourceError("crossref", "is down"))
    assert not jobs.round_of_work(app)  # type: ignore[arg-type]


def test_a_step_that_fails_does_not_stop_the_next(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    stages(digest_due=raising(StoreBusyError("database", "is locked")))
    app = App()
    assert not jobs.round_of_work(app)  # type: ignore[arg-type]
    assert app.done == ["poll", "deliver", "weeks", "alarms"]
    assert "digests: database: is locked" in caplog.text


def test_without_a_model_polling_still_counts_as_well(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    stages(embed=raising(EncoderError("model", "is missing")))
    assert jobs.round_of_work(App())  # type: ignore[arg-type]
    assert "model: is missing" in caplog.text


def test_what_was_embedded_is_indexed_next(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    asked: list[object] = []
    app = App()
    app.neighbours.refresh = lambda info, _progress, wait: asked.append((info, wait)) or 5
    stages(lambda _: asked.append("embed") or 5)
    assert jobs.round_of_work(app)  # type: ignore[arg-type]
    assert asked == ["embed", ("info", False)]
    assert "indexed 5 works" in caplog.text


def test_an_index_that_cannot_be_written_stops_nothing(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_info: object, _progress: object, *, wait: bool) -> int:
        assert not wait
        raise StoreError("vectors", "cannot be written")

    app = App()
    app.neighbours.refresh = refuse
    stages()
    assert jobs.round_of_work(app)  # type: ignore[arg-type]
    assert app.done == ["poll", "deliver", "weeks", "alarms"]
    assert "vectors: cannot be written" in caplog.text


def test_indexing_ends_at_a_signal(stages: Callable[..., None]) -> None:
    app = App()

    def refresh(_info: object, progress: Callable[[int], None], *, wait: bool) -> int:
        assert not wait
        app.stop.set()
        progress(1)
        return 1

    app.neighbours.refresh = refresh
    stages()
    with pytest.raises(Stopped):
        jobs.round_of_work(app)  # type: ignore[arg-type]


def test_only_one_thread_at_a_time_has_the_model(stages: Callable[..., None]) -> None:
    app = App()
    held: list[bool] = []
    stages(
        lambda _: held.append(app.model.locked()) or 0,
        lambda _: held.append(app.model.locked()) or [],
    )
    jobs.round_of_work(app)  # type: ignore[arg-type]
    assert held == [True, True]


def test_after_a_signal_no_further_step_begins(stages: Callable[..., None]) -> None:
    stages(embed=lambda _: pytest.fail("embedding began after the signal"))
    app = App()
    app.poll = lambda _sources: app.stop.set() or []  # type: ignore[method-assign, assignment, func-returns-value]
    with pytest.raises(Stopped):
        jobs.round_of_work(app)  # type: ignore[arg-type]
    assert app.done == []


def test_what_was_done_is_told(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    made = SimpleNamespace(subscription="lab", label="Week 47, 2026", shown=12)
    stages(lambda _: 7, lambda _: [made])
    polled, skipped = PollResult("pubmed", Tally(new=2)), PollResult("pmc", skipped="not due")
    assert jobs.round_of_work(App(polled, skipped))  # type: ignore[arg-type]
    for told in ("polled pubmed: 2 new", "embedded 7 works", "lab: Week 47, 2026, 12 works"):
        assert told in caplog.text
    assert "pmc" not in caplog.text, "a tick every five minutes must not fill the log"


def test_a_defect_in_a_step_is_no_reason_to_hide_it(stages: Callable[..., None]) -> None:
    """`run --once` is for scripts: what nobody foresaw ends it, and is seen."""
    stages(digest_due=raising(ZeroDivisionError("oops")))
    with pytest.raises(ZeroDivisionError):
        jobs.round_of_work(App())  # type: ignore[arg-type]


def test_what_pages_show_is_ranked_last_when_digests_and_deliveries_are_done(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stages()
    app = App()
    assert jobs.weeks(app)  # type: ignore[arg-type]
    assert app.done == ["weeks"]
    assert "ranked 2 lists anew" in caplog.text


def test_a_week_that_cannot_be_ranked_is_told(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    stages()
    app = App()
    app.rank_weeks = lambda: raising(StoreBusyError("database", "is locked"))(0)  # type: ignore[method-assign]
    assert not jobs.round_of_work(app)  # type: ignore[arg-type]
    assert app.done == ["poll", "deliver", "alarms"]
    assert "weeks: database: is locked" in caplog.text


def test_what_was_added_to_works_is_told(
    stages: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stages()
    app = App()
    app.enriched = 3
    assert jobs.round_of_work(app)  # type: ignore[arg-type]
    assert "enriched: 3 answers" in caplog.text


def test_a_round_is_a_workers_and_tells_its_jobs(stages: Callable[..., None]) -> None:
    stages()
    app = App()
    jobs.round_of_work(app)  # type: ignore[arg-type]
    assert app.holding.programs == [jobs.PROGRAM, "over"]
    assert app.holding.did[:4] == ["poll", "recheck", "digests", "deliver"]
    assert {*app.holding.did} == loop.TICKS.keys()


def test_what_one_worker_at_a_time_does_is_left_to_the_other(
    stages: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stages()
    collected: list[object] = []
    monkeypatch.setattr(
        "service.bootstrap.returned.collect", lambda app: collected.append(app) or 0
    )
    app = App()
    app.holding.elsewhere = {"bounces", "alarms"}
    assert jobs.round_of_work(app)  # type: ignore[arg-type]
    assert collected == []
    assert "alarms" not in app.done
    app.holding.elsewhere.clear()
    assert jobs.round_of_work(app)  # type: ignore[arg-type]
    assert collected == [app]
    assert "alarms" in app.done
