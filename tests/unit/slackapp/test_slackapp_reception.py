from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import DeliveryError, StoreBusyError
from service.records import DeliveryState, Judgement, RenderedPart, Subscription
from service.slackapp import counting
from service.slackapp import reception as module
from service.slackapp.asking import Desk
from service.slackapp.inbox import ASIDE
from service.slackapp.reception import Reception
from tests.factories import digest_content
from tests.fakes_search import by_words
from tests.papers import NOW, Archive
from tests.slack_payloads import (
    CHANNEL,
    PRESSED,
    TS,
    answer,
    copied,
    home_opened,
    message_blocks,
    press,
    pressed,
    slash,
)

if TYPE_CHECKING:
    from service.slackapp.calls import SlackCalls
    from service.slackapp.inbox import Inbox
    from tests.fake_socket_mode import FakeSlackApp

RELEVANT, AGAINST, SAVED = Judgement.RELEVANT, Judgement.NOT_RELEVANT, Judgement.SAVED


def votes(archive: Archive) -> list[tuple[int, str, Judgement]]:
    with archive.store.reading() as tx:
        return [(one.work_id, one.voter, one.judgement) for one in tx.votes.current("stroma")]


def labels(body: dict[str, Any]) -> list[str]:
    return [
        element["text"]["text"]
        for block in body["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


# -- keeping --------------------------------------------------------------------------------------


def test_only_what_carries_a_vote_is_kept(reception: Reception, inbox: Inbox) -> None:
    for payload in (slash("topics"), home_opened(), {"type": "block_actions"}):
        reception.accept(payload)
    assert inbox.waiting() == []
    reception.accept(press(1))
    reception.accept(answer(pressed(1, AGAINST)))
    assert len(inbox.waiting()) == 2


def test_what_cannot_be_kept_is_told_to_who_would_acknowledge_it(
    reception: Reception, inbox: Inbox
) -> None:
    inbox.folder.parent.joinpath("inbox").write_text("a file where the folder should be")
    with pytest.raises(DeliveryError):
        reception.accept(press(1))


def test_a_press_is_kept_and_its_question_asked_while_the_archive_stands_still(
    archive: Archive, reception: Reception, inbox: Inbox, slack: FakeSlackApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """T63: nothing that happens before Slack is answered waits for the archive."""
    free, asked_archive, steps = threading.Event(), threading.Event(), list[str]()
    take_press = counting.take_press

    def stalled(*given: Any) -> Any:
        asked_archive.set()
        assert free.wait(30)
        steps.append("counted")
        return take_press(*given)

    monkeypatch.setattr(counting, "take_press", stalled)
    payload = press(1, AGAINST)
    reception.accept(payload)
    steps.append("kept")
    reception.follow(payload)
    steps.append("answered")
    assert asked_archive.wait(10)
    wait_for(lambda: slack.count("views.open") == 1)
    assert (len(inbox.waiting()), votes(archive)) == (1, [])
    free.set()
    wait_for(lambda: not inbox.waiting())
    assert steps == ["kept", "answered", "counted"]
    assert votes(archive) == [(1, "slack:U1", AGAINST)]


def wait_for(true: Any) -> None:
    """Poll for what another thread brings about."""
    waiting = threading.Event()
    for _ in range(1000):
        if true():
            return
        waiting.wait(0.02)
    raise AssertionError("it did not come about")


# -- counting -------------------------------------------------------------------------------------


def test_a_press_becomes_a_vote_and_the_message_shows_it(
    archive: Archive, reception: Reception, inbox: Inbox, slack: FakeSlackApp
) -> None:
    blocks = message_blocks(1, 2)
    counting.take_press(archive.parts, pressed(2, SAVED, user="U9"))
    reception.accept(press(1, blocks=blocks))
    reception.drain()
    assert inbox.waiting() == []
    [body] = slack.bodies("chat.update")
    assert (body["channel"], body["ts"], body["text"]) == (CHANNEL, TS, "1 paper")
    assert labels(body) == [
        "Relevant (1)", "Not relevant", "Save", "Relevant", "Not relevant", "Save (1)",
    ]  # fmt: skip
    assert [block["block_id"] for block in body["blocks"]] == [
        "title-1", "votes-1", "title-2", "votes-2",
    ]  # fmt: skip


def test_the_message_is_shown_anew_as_it_was_posted_not_as_slack_hands_it_back(
    archive: Archive, reception: Reception, slack: FakeSlackApp
) -> None:
    """Slack may escape what it hands back, and would escape it again at each press."""
    posted = {"text": "1 paper", "blocks": message_blocks(1, 2)}
    part = RenderedPart("d1", 1, 1, json.dumps(posted).encode())
    weekly = Subscription("weekly", ("stroma",), "slack", CHANNEL)
    empty = digest_content(sections=())
    with archive.store.writing() as tx:
        tx.subscriptions.sync([weekly], archive.now)
        tx.digests.freeze(empty, weekly, [part], revision=1, window=(0, 0), now=archive.now)
        claimed = tx.deliveries.claim("one", archive.now, {"slack": timedelta(minutes=2)})
        assert claimed is not None
        tx.deliveries.finish(
            claimed, state=DeliveryState.SENT, not_before=None, detail="", provider_id=TS,
            remedy="", resend=False, plain=False, now=archive.now,
        )  # fmt: skip
    echoed = json.loads(json.dumps(message_blocks(1, 2)).replace("Stromal", "&amp;"))
    reception.accept(press(1, blocks=echoed))
    reception.drain()
    [body] = slack.bodies("chat.update")
    assert "&amp;" not in json.dumps(body)
    assert labels(body)[0] == "Relevant (1)"


def test_fifty_presses_of_five_readers_update_the_message_once(
    archive: Archive, reception: Reception, slack: FakeSlackApp
) -> None:
    """T64."""
    for number in range(50):
        judgement = (RELEVANT, AGAINST, SAVED)[number % 3]
        reception.accept(press(1, judgement, user=f"U{number % 5}", at=PRESSED + number))
    reception.drain()
    assert sorted(votes(archive)) == [
        (1, f"slack:U{number % 5}", (RELEVANT, AGAINST, SAVED)[number % 3])
        for number in range(45, 50)
    ]
    assert len(slack.bodies("chat.update")) == 1
    assert sum("(" in label for label in labels(slack.bodies("chat.update")[0])) == 3


def test_a_message_that_shows_the_numbers_already_is_left_alone(
    reception: Reception, slack: FakeSlackApp
) -> None:
    reception.accept(press(1))
    reception.drain()
    shown = slack.bodies("chat.update")[0]["blocks"]
    reception.accept(press(1, at=PRESSED + 1, blocks=shown))
    reception.drain()
    assert slack.count("chat.update") == 1


def test_slack_that_is_called_too_often_costs_no_vote_and_the_next_press_shows_it(
    archive: Archive, reception: Reception, slack: FakeSlackApp
) -> None:
    slack.script["chat.update"].append("429:30")
    reception.accept(press(1, user="U1"))
    reception.drain()
    reception.accept(press(1, user="U2", at=PRESSED + 9))
    reception.drain()
    assert len(votes(archive)) == 2
    assert labels(slack.bodies("chat.update")[1])[0] == "Relevant (2)"


def test_a_press_on_another_channel_counts_and_updates_the_message_there(
    archive: Archive, reception: Reception, slack: FakeSlackApp
) -> None:
    """T64: a digest that was shared elsewhere keeps its buttons."""
    reception.accept(press(1, channel="C999"))
    reception.drain()
    assert len(votes(archive)) == 1
    assert slack.bodies("chat.update")[0]["channel"] == "C999"


@pytest.mark.parametrize(
    ("payload", "word"),
    [({"work_id": 99}, "not in the archive any more"), ({"topic": "old"}, "not followed any more")],
)
def test_a_press_on_what_is_no_longer_known_is_answered_kindly(
    reception: Reception, inbox: Inbox, slack: FakeSlackApp, payload: dict[str, Any], word: str
) -> None:
    """T64."""
    reception.accept(press(**payload, response_url=slack.answers_at))
    reception.accept(press(**payload))
    reception.drain()
    [body] = slack.bodies("response_url")
    assert word in body["text"]
    assert inbox.waiting() == []
    assert not (inbox.folder / ASIDE).exists()
    assert slack.count("chat.update") == 0


def test_a_vote_that_is_taken_back_turns_the_question_into_a_word_of_it(
    archive: Archive, reception: Reception, slack: FakeSlackApp
) -> None:
    again = press(1, AGAINST, at=PRESSED + 60, count=1)
    for payload in (press(1, AGAINST), again):
        reception.accept(payload)
        reception.drain()
    assert votes(archive) == []
    [body] = slack.bodies("views.update")
    assert body["external_id"] == "slack:T1:U1:1795417260.000000"
    assert "taken back" in str(body["view"])
    assert "submit" not in body["view"]


def test_an_answer_is_kept_in_the_vote(archive: Archive, reception: Reception) -> None:
    payload = press(1, AGAINST)
    reception.accept(payload)
    reception.accept(answer(pressed(1, AGAINST), "cell"))
    reception.drain()
    with archive.store.reading() as tx:
        assert [one.note for one in tx.votes.current("stroma")] == ["wrong cell or tissue"]


# -- failing --------------------------------------------------------------------------------------


def test_what_cannot_be_understood_is_set_aside_and_holds_up_nothing(
    archive: Archive, reception: Reception, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    broken = press(1)
    broken["actions"][0]["value"] = "nonsense"
    reception.accept(broken)
    inbox.keep(slash("topics"), NOW)
    inbox.keep({}, NOW).write_bytes(b"{")
    reception.accept(press(2))
    reception.drain()
    assert votes(archive) == [(2, "slack:U1", RELEVANT)]
    assert inbox.waiting() == []
    reasons = sorted((inbox.folder / ASIDE).glob("*.reason.txt"))
    assert [reason.read_text().split(":")[0] for reason in reasons][:2] == ["press", "file"]
    assert len(reasons) == 3
    assert caplog.text.count("moved aside") == 3


def test_a_defect_sets_one_press_aside_and_counts_the_next(
    archive: Archive, reception: Reception, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_press = counting.take_press

    def faulty(parts: Any, given: Any) -> Any:
        if given.work_id == 1:
            raise ZeroDivisionError("ours")
        return take_press(parts, given)

    monkeypatch.setattr(counting, "take_press", faulty)
    for work_id in (1, 2):
        reception.accept(press(work_id, at=PRESSED + work_id))
    reception.drain()
    assert votes(archive) == [(2, "slack:U1", RELEVANT)]
    [reason] = (inbox.folder / ASIDE).glob("*.reason.txt")
    assert "ZeroDivisionError" in reason.read_text()


def test_an_archive_that_is_busy_leaves_the_rest_where_it_is_and_in_order(
    archive: Archive, reception: Reception, inbox: Inbox, slack: FakeSlackApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    take_press, busy = counting.take_press, [2]

    def sometimes(parts: Any, given: Any) -> Any:
        if given.work_id in busy:
            raise StoreBusyError("archive", "is locked")
        return take_press(parts, given)

    monkeypatch.setattr(counting, "take_press", sometimes)
    for work_id in (1, 2, 3):
        reception.accept(press(work_id, at=PRESSED + work_id))
    with pytest.raises(StoreBusyError):
        reception.drain()
    assert [work_id for work_id, *_ in votes(archive)] == [1]
    assert len(inbox.waiting()) == 2
    assert slack.count("chat.update") == 1  # what was counted is shown
    busy.clear()
    reception.drain()
    assert [work_id for work_id, *_ in votes(archive)] == [1, 2, 3]


def test_the_thread_tries_again_until_the_archive_is_there(
    archive: Archive, reception: Reception, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN", (0.01,))
    take_press, failures = counting.take_press, iter([StoreBusyError("a", "b"), ValueError("ours")])

    def at_last(*given: Any) -> Any:
        for failure in failures:
            if isinstance(failure, StoreBusyError):
                raise failure
        return take_press(*given)

    monkeypatch.setattr(counting, "take_press", at_last)
    payload = press(1)
    reception.accept(payload)
    reception.follow(payload)
    wait_for(lambda: not inbox.waiting())
    assert votes(archive) == [(1, "slack:U1", RELEVANT)]


@pytest.mark.parametrize("where", ["before the vote", "after the vote", "after the file"])
def test_a_crash_at_any_point_loses_no_vote_and_counts_none_twice(
    archive: Archive, inbox: Inbox, calls: SlackCalls, reception: Reception, where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """T65."""

    class Killed(BaseException):
        pass

    take_press, done = counting.take_press, inbox.done

    def dying(*given: Any) -> Any:
        if where == "before the vote":
            raise Killed
        said = take_press(*given)
        if where == "after the vote":
            raise Killed
        return said

    def forgotten(path: Any) -> None:
        done(path)
        if where == "after the file":
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(counting, "take_press", dying)
        patch.setattr(inbox, "done", forgotten)
        reception.accept(press(1))
        with pytest.raises(Killed):
            reception.drain()
    desk = Desk(archive.parts, Lock(), by_words(archive.store, archive.parts.clock))
    restarted = Reception(archive.parts, inbox, calls, desk, archive.parts.clock)
    restarted.drain()
    restarted.close()
    assert inbox.waiting() == []
    with archive.store.reading() as tx:
        assert [one.judgement for one in tx.votes.history("stroma", 1)] == [RELEVANT]


def test_what_an_earlier_run_left_is_taken_at_the_start(
    archive: Archive, reception: Reception, inbox: Inbox
) -> None:
    """T65."""
    inbox.keep(copied(press(3)), NOW)
    reception.start()
    wait_for(lambda: not inbox.waiting())
    assert votes(archive) == [(3, "slack:U1", RELEVANT)]


# -- answering ------------------------------------------------------------------------------------


def test_a_command_is_answered_where_it_asks_to_be(
    reception: Reception, slack: FakeSlackApp
) -> None:
    reception.follow(slash("search niche", slack.answers_at))
    wait_for(lambda: slack.count("response_url") == 1)
    [body] = slack.bodies("response_url")
    assert "3 works have all of niche" in body["text"]


def test_home_is_drawn_for_who_opens_it(reception: Reception, slack: FakeSlackApp) -> None:
    reception.follow(home_opened("U7"))
    wait_for(lambda: slack.count("views.publish") == 1)
    [body] = slack.bodies("views.publish")
    assert (body["user_id"], body["view"]["type"]) == ("U7", "home")


def test_questions_do_not_queue_behind_answers(
    archive: Archive, inbox: Inbox, calls: SlackCalls, slack: FakeSlackApp
) -> None:
    """The trigger of a question lives three seconds; an answer may take half a minute."""
    free = threading.Event()
    parts = replace(archive.parts, topics=lambda _tx: free.wait(30) and ())
    desk = Desk(parts, Lock(), by_words(parts.store, parts.clock))
    made = Reception(archive.parts, inbox, calls, desk, archive.parts.clock)
    for _ in range(20):
        made.follow(slash("topics", slack.answers_at))
    made.follow(press(1, AGAINST))
    wait_for(lambda: slack.count("views.open") == 1)
    assert slack.count("response_url") == 0
    free.set()
    made.close()


def test_a_defect_in_an_answer_is_told(
    reception: Reception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Desk, "home", lambda _self: 1 / 0)
    reception.follow(home_opened())
    wait_for(lambda: "unexpected failure" in caplog.text)


def test_nothing_is_begun_after_the_end(
    reception: Reception, inbox: Inbox, slack: FakeSlackApp
) -> None:
    reception.close()
    payload = press(1, AGAINST)
    reception.accept(payload)
    reception.follow(payload)
    assert len(inbox.waiting()) == 1
    assert slack.calls == []
