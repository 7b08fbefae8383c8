"""The way from nothing to a first digest: each step knows whether it is done."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import EncoderError, TransientError
from service.records import Tally
from service.sources.polling import PollResult
from service.web.site import start
from tests.web_site import text

if TYPE_CHECKING:
    from tests.site_visits import Visits


def _steps(visits: Visits) -> str:
    return visits.here().get("/start").text.partition('id="steps"')[2]


def test_each_step_says_whether_it_is_done_and_the_next_stands_out(visits: Visits) -> None:
    steps = _steps(visits)
    assert steps.count("done</span>") == 3  # topics, a subscription, a digest; nothing is ranked
    assert steps.count('class="card next"') == 1
    assert "Ask the sources now" in steps.partition('class="card next"')[2][:1500]


@pytest.fixture
def fills(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Fill the archive, without sources and model; returns what the page says in the end."""

    def fill(*results: PollResult, missing: EncoderError | None = None) -> str:
        def poll(_sources: Any, *, force: bool, progress: Any) -> list[PollResult]:
            assert force
            for result in results:
                progress(result.source, result.tally)
            return list(results)

        def embed(*_: Any) -> int:
            if missing:
                raise missing
            return 2

        ranked: list[str] = []
        monkeypatch.setattr(visits.app, "poll", poll)
        monkeypatch.setattr(visits.app, "rank_weeks", lambda: ranked.append("ranked") or 1)
        monkeypatch.setattr(start.pipeline, "to_embed", embed)
        monkeypatch.setattr(start.pipeline, "embed", embed)
        monkeypatch.setattr(type(visits.app.neighbours), "refresh", lambda *_: 0)
        visits.app.__dict__["query_encoder"] = _Encoder()
        assert visits.here().fill("/start/fill").headers["location"] == "/start"
        for thread in threading.enumerate():
            if thread.name == "fill":
                thread.join(30)
        assert ranked == ["ranked"]
        return text(visits.here().get("/start"))

    return fill


class _Encoder:
    def info(self) -> None:
        return None


def test_filling_polls_embeds_and_ranks_in_one_press(fills: Any) -> None:
    told = fills(PollResult("pubmed", Tally(new=2)), PollResult("arxiv", Tally(new=1, same=4)))
    assert "3 new records came and were ranked." in told


def test_a_source_that_fails_is_told_and_stops_nothing(fills: Any) -> None:
    error = TransientError("pubmed", "answers 503", "it is asked again by itself")
    told = fills(PollResult("arxiv", Tally(new=1)), PollResult("pubmed", error=error))
    assert "1 new record came and were ranked. pubmed: answers 503" in told


def test_without_a_model_it_is_ranked_by_words_and_says_so(fills: Any) -> None:
    told = fills(PollResult("arxiv"), missing=EncoderError("model", "is missing", "install it"))
    assert "Ranked by words only: model: is missing" in told


def test_who_may_not_change_anything_sees_the_steps_without_buttons(visits: Visits) -> None:
    reader = visits.signed_in("read")
    page = reader.get("/start").text
    assert "Ask the sources now" not in page
    assert "/subscriptions/new" not in page
    assert reader.fill("/start/fill").status_code == 403


def test_the_first_subscription_begins_as_a_file_which_needs_no_set_up(visits: Visits) -> None:
    page = visits.here().get("/subscriptions/new", params={"channel": "file", "to": "digest.html"})
    assert "<option selected>file</option>" in page.text
    assert 'value="digest.html"' in page.text
