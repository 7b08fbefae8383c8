"""What people see, and what is written down, when a channel fails in the middle of a sending.

The real channels talk to servers that fail as scripted; the outbox is a real database.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.delivery.email import SmtpChannel
from service.delivery.slack import SlackChannel
from service.digest.email import Letterhead
from service.digest.render import EmailRenderer, SlackRenderer
from service.fallbacks import fall_back
from service.records import DeliveryState, StopReason
from service.store import StoredOutbox
from tests import databases
from tests.factories import NOW
from tests.fake_smtp import FakeSmtp
from tests.offices import LEASE, ROOM, Office, TimedSlack, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SENT, RETRY, UNKNOWN, DEAD = (
    DeliveryState.SENT,
    DeliveryState.RETRY,
    DeliveryState.UNKNOWN,
    DeliveryState.DEAD,
)


@pytest.fixture(params=databases.KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    for engine in databases.migrated(request.param, tmp_path):
        yield Office(engine)


@pytest.fixture
def slack(office: Office) -> Iterator[TimedSlack]:
    """Slack, with a digest of one part to be posted there."""
    with TimedSlack() as server:
        server.time = office.time
        office.channels["slack"] = SlackChannel("xoxb-test", base_url=server.url, timeout=3)
        yield server


# -- Slack ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["rst", "drop", "500", "html", "short"])
def test_a_post_whose_answer_was_lost_is_found_and_never_posted_twice(
    office: Office, slack: TimedSlack, how: str
) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", f"kept:{how}")
    assert office.round() == [UNKNOWN]
    assert office.round(after=31) == [SENT]
    [line] = office.lines()
    assert seen(slack) == [line.id]
    assert line.provider_id == slack.posts[0]["ts"]
    assert (line.last_error, line.attempt, office.resends()) == (None, 1, 0)
    assert office.round(after=86_400) == []
    assert slack.count("chat.postMessage") == 1


def test_before_the_first_look_is_due_nothing_is_asked(office: Office, slack: TimedSlack) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "kept:rst")
    office.round()
    assert office.round(after=29) == []
    assert slack.count("conversations.history") == 0


def test_a_post_that_was_lost_is_looked_for_twice_then_sent_once_more(
    office: Office, slack: TimedSlack
) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "lost:rst")
    assert office.round() == [UNKNOWN]
    assert office.round(after=31) == [UNKNOWN]
    assert office.round(after=200) == [], "the second look is not due before 300 s"
    assert office.round(after=70) == [RETRY, SENT]
    [line] = office.lines()
    assert (seen(slack), line.attempt, office.resends()) == ([line.id], 2, 1)
    assert slack.count("conversations.history") == 2


def test_a_post_that_is_lost_twice_waits_for_a_person(
    office: Office, slack: TimedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "lost:rst", "lost:rst")
    office.round()
    for _ in range(6):
        office.round(after=301)
    assert office.states() == [UNKNOWN]
    assert slack.count("chat.postMessage") == 2
    assert office.round(after=30 * 86_400) == []
    assert office.command_line("deliveries") == 0
    assert "find out by hand whether it arrived" in capsys.readouterr().out


def test_a_resend_that_arrives_late_in_the_history_is_found_there(
    office: Office, slack: TimedSlack
) -> None:
    """The look after a resend goes back to the resend only; what it finds is that one post."""
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "lost:rst", "kept:rst")
    office.round()
    office.round(after=31)
    assert office.round(after=301) == [RETRY, UNKNOWN]
    assert office.round(after=31) == [SENT]
    assert len(slack.posts) == 1


@pytest.mark.parametrize("trouble", ["fatal_error", "429:120", "missing_scope"])
def test_a_history_that_cannot_be_read_never_leads_to_a_second_post(
    office: Office, slack: TimedSlack, trouble: str
) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "kept:rst")
    slack.will("history", *[trouble] * 20)
    office.round()
    for _ in range(10):
        office.round(after=600)
    assert office.states() == [UNKNOWN]
    assert slack.count("chat.postMessage") == 1


def test_slack_asks_to_wait_and_is_not_asked_earlier(office: Office, slack: TimedSlack) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "429:90")
    assert office.round() == [RETRY]
    [line] = office.lines()
    assert line.not_before == NOW + timedelta(seconds=90)
    assert office.round(after=89) == []
    assert office.round(after=1) == [SENT]
    assert len(slack.posts) == 1
    assert office.resends() == 0, "a refused post is not one that may have arrived"


def test_a_channel_without_the_app_is_dead_and_the_remedy_is_shown(
    office: Office, slack: TimedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "not_in_channel")
    assert office.round() == [DEAD]
    [line] = office.lines()
    assert office.command_line("deliveries") == 0
    assert (
        f"{line.id[:8]}: Slack refused: not_in_channel - invite the app to the channel"
        in capsys.readouterr().out
    )
    assert office.command_line("deliveries", line.id, "--json") == 0
    events = json.loads(capsys.readouterr().out)["events"]
    changes = [(each["from"], each["to"]) for each in events]
    assert changes == [("", "ready"), ("ready", "sending"), ("sending", "dead")]
    assert office.round(after=10 * 86_400) == []


def test_later_parts_go_into_the_thread_of_the_first(office: Office, slack: TimedSlack) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    assert parts > 1
    assert office.round() == [SENT] * parts
    first, *rest = slack.posts
    assert "thread_ts" not in first
    assert {post["thread_ts"] for post in rest} == {first["ts"]}


def test_a_dead_second_part_leaves_the_first_as_it_is(office: Office, slack: TimedSlack) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "ok", "restricted_action")
    office.round()
    assert office.states() == [SENT, DEAD, *[SENT] * (parts - 2)]
    assert office.round(after=86_400) == []
    assert len(slack.posts) == parts - 1


def test_a_dead_first_part_takes_the_others_with_it(office: Office, slack: TimedSlack) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "is_archived")
    assert office.round() == [DEAD]
    assert office.round(after=60) == [DeliveryState.CANCELLED] * (parts - 1)
    assert slack.count("chat.postMessage") == 1


def test_a_doubtful_first_part_holds_the_others_until_its_thread_is_known(
    office: Office, slack: TimedSlack
) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "kept:rst")
    assert office.round() == [UNKNOWN]
    assert len(slack.posts) == 1
    assert office.round(after=31) == [SENT] * parts
    assert {post.get("thread_ts") for post in slack.posts[1:]} == {slack.posts[0]["ts"]}


def test_a_doubtful_later_part_is_found_in_the_thread(office: Office, slack: TimedSlack) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "ok", "kept:rst")
    office.round()
    assert office.states()[:2] == [SENT, UNKNOWN]
    assert office.round(after=31) == [SENT]
    assert slack.count("conversations.replies") == 1
    assert sorted(seen(slack)) == sorted(line.id for line in office.lines())
    assert len(slack.posts) == parts


def test_a_form_that_slack_refuses_is_posted_as_text(office: Office, slack: TimedSlack) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "invalid_blocks")
    assert office.round() == [RETRY]
    assert office.round(after=2) == [SENT]
    [post] = slack.posts
    assert "blocks" not in post
    assert post["text"]


def test_a_worker_that_went_silent_is_not_believed_to_have_failed(
    office: Office, slack: TimedSlack
) -> None:
    """It had posted; the next worker finds that in the history, after the lease."""
    office.freeze(SlackRenderer(), ROOM)
    dead = StoredOutbox(office.store, "dead", {"slack": LEASE})
    taken = dead.claim(office.time.at)
    assert taken is not None
    office.channels["slack"].send(taken)
    assert office.round(after=119) == []
    assert office.round(after=2) == [UNKNOWN]
    assert office.round(after=31) == [SENT]
    assert len(slack.posts) == 1


# -- e-mail ---------------------------------------------------------------------------------------

MAILS = EmailRenderer(Letterhead(sender="Litwatch <lit@example.org>", domain="example.org"))


def smtp(server: FakeSmtp, **changes: Any) -> SmtpChannel:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    values |= {"sender": "lit@example.org", "timeout": 2.0, "final_timeout": 0.5, **changes}
    return SmtpChannel(**values)


def mailing(office: Office, server: FakeSmtp, **changes: Any) -> None:
    office.channels["email"] = smtp(server, **changes)
    office.freeze(MAILS, "ana@example.org")


def test_a_mail_is_the_frozen_bytes(office: Office) -> None:
    with FakeSmtp() as server:
        mailing(office, server)
        assert office.round() == [SENT]
        [line] = office.lines()
        with office.store.reading() as tx:
            assert server.mails == [tx.deliveries.get(line.id).payload]
    assert line.provider_id == "250 queued as 4711"


def test_a_mail_without_a_receipt_goes_out_once_more_with_the_same_bytes(
    office: Office,
) -> None:
    with FakeSmtp(dot="drop") as server:
        mailing(office, server)
        assert office.round() == [UNKNOWN]
        assert office.round(after=299) == []
        assert office.round(after=2) == [RETRY, UNKNOWN]
        for _ in range(5):
            office.round(after=86_400)
        assert len(server.mails) == 2
        assert server.mails[0] == server.mails[1], "the same Message-ID lets a reader drop one"
    assert office.states() == [UNKNOWN]
    assert "by hand" in (office.lines()[0].remedy or "")


def test_a_receipt_for_the_second_copy_settles_it(office: Office) -> None:
    with FakeSmtp(dot="drop") as server:
        mailing(office, server)
        office.round()
        server.script["dot"] = "250 queued"
        assert office.round(after=301) == [RETRY, SENT]
        assert (len(server.mails), office.resends()) == (2, 1)


def test_by_choice_a_mail_without_a_receipt_is_held(office: Office) -> None:
    with FakeSmtp(dot="drop") as server:
        mailing(office, server, on_unknown="hold")
        office.round()
        for _ in range(4):
            office.round(after=86_400)
        assert len(server.mails) == 1
    [line] = office.lines()
    assert line.state is UNKNOWN
    assert line.remedy == "ask the recipient, then tell whether the mail arrived"


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
def test_a_link_that_dies_before_the_dot_is_tried_again_without_doubt(
    office: Office, step: str
) -> None:
    with FakeSmtp(**{step: "drop"}) as server:
        mailing(office, server)
        assert office.round() == [RETRY]
        server.script |= {"connect": "220 ok", "mail": "250 ok", "rcpt": "250 ok"}
        server.script["data"] = "354 go on"
        assert office.round(after=301) == [SENT]
        assert (len(server.mails), office.resends()) == (1, 0)


def test_a_greylisted_mail_waits_and_an_unknown_recipient_is_dead(office: Office) -> None:
    with FakeSmtp(rcpt="450 try later") as server:
        mailing(office, server)
        assert office.round() == [RETRY]
        server.script["rcpt"] = "550 no such user"
        assert office.round(after=299) == []
        assert office.round(after=1) == [DEAD]
        assert not server.mails
    [line] = office.lines()
    assert line.remedy == "check the recipient's address"
    assert "no such user" in (line.last_error or "")


# -- several workers ------------------------------------------------------------------------------


def test_workers_side_by_side_post_each_part_once(office: Office, slack: TimedSlack) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=60)
    start = threading.Barrier(4)

    def work(number: int) -> int:
        start.wait(10)
        # A part may be taken by one worker while the first is still under way with another's.
        return sum(len(office.round(owner=f"worker-{number}")) for _ in range(parts))

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    assert sum(done) == parts
    assert office.states() == [SENT] * parts
    assert sorted(seen(slack)) == sorted(line.id for line in office.lines())


def test_a_result_that_comes_after_the_lease_does_not_undo_what_was_decided(
    office: Office, slack: TimedSlack
) -> None:
    """The slow worker's "refused" arrives when another has found the post: it stays sent."""
    office.freeze(SlackRenderer(), ROOM)
    slow = StoredOutbox(office.store, "slow", {"slack": LEASE})
    taken = slow.claim(office.time.at)
    assert taken is not None
    office.channels["slack"].send(taken)
    office.round(after=121)
    assert office.round(after=31) == [SENT]
    held = slow.finish(
        taken,
        state=DEAD,
        not_before=None,
        detail="refused",
        provider_id=None,
        remedy="",
        resend=False,
        plain=False,
        now=office.time.at,
    )
    assert not held
    assert office.states() == [SENT]
    with office.store.reading() as tx:
        *_, last = tx.deliveries.events(taken.id)
    assert last[3].startswith("too late, not applied"), "what happened is kept all the same"


# -- what a person does ---------------------------------------------------------------------------


def test_a_part_that_is_missing_is_retried_in_the_same_thread(
    office: Office, slack: TimedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    """T60. Part 1 arrived, part 2 is dead: the digest is partial until part 2 alone is retried."""
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "ok", "restricted_action")
    office.round()
    assert office.command_line("status") == 0
    assert f"is in slack {ROOM} without part 2" in capsys.readouterr().out
    dead = office.lines()[1]
    assert office.command_line("deliveries", "retry", dead.id[:8]) == 0
    assert office.round(after=1) == [SENT]
    assert len(slack.posts) == parts
    assert slack.posts[-1]["thread_ts"] == slack.posts[0]["ts"]
    assert office.command_line("status") == 0
    assert "Nothing needs you." in capsys.readouterr().out


def test_a_first_part_that_is_retried_brings_its_later_parts_back(
    office: Office, slack: TimedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "is_archived")
    office.round()
    office.round(after=60)
    first, later, *_ = office.lines()
    assert office.command_line("deliveries", "retry", later.id) == 2
    assert "part 1 is dead" in capsys.readouterr().err
    assert office.command_line("deliveries", "retry", first.id) == 0
    assert f"{parts - 1} later parts wait for it again" in capsys.readouterr().err
    assert office.round(after=1) == [SENT] * parts
    assert {post.get("thread_ts") for post in slack.posts[1:]} == {slack.posts[0]["ts"]}


def test_a_retry_by_hand_is_tried_for_five_more_days(office: Office, slack: TimedSlack) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "429:500000", "429:60")
    office.round()
    slack.will("post", "429:60")
    assert office.round(after=500_001) == [DEAD], "more than five days after it was first due"
    assert office.command_line("deliveries", "retry", office.lines()[0].id) == 0
    assert office.round(after=1) == [RETRY]
    assert office.round(after=61) == [SENT]
    assert any("by" in why and "tried again now" in why for why in office.events())


@pytest.mark.parametrize(
    ("decision", "state", "posts"),
    [("--sent", SENT, 1), ("--resend", RETRY, 2), ("--cancel", "cancelled", 1)],
)
def test_a_post_in_doubt_that_cannot_be_looked_for_is_settled_by_a_person(
    office: Office, slack: TimedSlack, decision: str, state: str, posts: int
) -> None:
    """T61. Without a history to read nothing is sent again by itself."""
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "kept:rst")
    slack.will("history", "missing_scope")
    office.round()
    assert office.round(after=31) == [UNKNOWN]
    assert office.round(after=86_400) == []
    [line] = office.lines()
    assert line.remedy
    assert office.command_line("deliveries", "retry", line.id) == 2
    assert office.command_line("deliveries", "resolve", line.id, decision) == 0
    assert office.states() == [state]
    office.round(after=1)
    assert len(slack.posts) == posts
    assert office.command_line("deliveries", "resolve", line.id, decision) == 2


def test_a_first_part_said_to_have_arrived_names_the_thread_by_its_link(
    office: Office, slack: TimedSlack
) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "kept:rst")
    slack.will("history", "missing_scope")
    office.round()
    office.round(after=31)
    ts = slack.posts[0]["ts"]
    link = f"https://lab.slack.com/archives/{ROOM}/p{ts.replace('.', '')}"
    told = ("deliveries", "resolve", office.lines()[0].id, "--sent", "--message", link)
    assert office.command_line(*told) == 0
    assert office.round(after=1) == [SENT] * (parts - 1)
    assert {post["thread_ts"] for post in slack.posts[1:]} == {ts}


def test_a_first_part_said_to_have_arrived_somewhere_leaves_the_rest_out(
    office: Office, slack: TimedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "kept:rst")
    slack.will("history", "missing_scope")
    office.round()
    office.round(after=31)
    assert office.command_line("deliveries", "resolve", office.lines()[0].id, "--sent") == 0
    assert office.round(after=1) == [DeliveryState.CANCELLED] * (parts - 1)
    assert office.command_line("status") == 0
    assert "partial: " in capsys.readouterr().out


def test_a_reader_who_unsubscribes_gets_nothing_that_still_waits(
    office: Office, slack: TimedSlack
) -> None:
    parts = office.freeze(SlackRenderer(), ROOM, works=40)
    slack.will("post", "ok", "429:3600", *["429:3600"] * parts)
    office.round()
    with office.store.writing() as tx:
        subscription = office.lines()[0].subscription
        tx.stops.stop(subscription, StopReason.UNSUBSCRIBED, "by the link", office.time.at)
    assert office.round(after=1) == [DeliveryState.CANCELLED] * (parts - 1)
    assert office.states()[0] is SENT
    assert "the subscription is stopped: unsubscribed" in office.events(part=2)
    assert office.round(after=7200) == []
    assert len(slack.posts) == 1


def test_what_is_in_doubt_when_a_reader_unsubscribes_is_still_found(
    office: Office, slack: TimedSlack
) -> None:
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "kept:rst")
    office.round()
    with office.store.writing() as tx:
        subscription = office.lines()[0].subscription
        tx.stops.stop(subscription, StopReason.UNSUBSCRIBED, "by the link", office.time.at)
    assert office.round(after=31) == [SENT]


# -- another way ----------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", ["not_in_channel", "token_revoked", "is_archived"])
def test_a_channel_that_refuses_for_good_is_replaced_by_a_mail_once(
    office: Office, slack: TimedSlack, refusal: str
) -> None:
    """T57."""
    parts = office.freeze(SlackRenderer(), ROOM, works=40, fallback="ana@example.org")
    slack.will("post", refusal)
    with FakeSmtp() as server:
        office.channels["email"] = smtp(server)
        office.renderers["email"] = MAILS
        orphans = [DeliveryState.CANCELLED] * (parts - 1)
        assert office.round() == [DEAD, *orphans, SENT]
        assert office.round(after=60) == []
        assert office.round(after=86_400) == []
        [mail] = server.mails
    assert b"To: ana@example.org" in mail
    assert not slack.posts
    events = office.events()
    assert "goes by mail to ana@example.org instead" in events[-1]
    [sent] = [line for line in office.lines() if line.channel == "email"]
    with office.store.reading() as tx:
        assert refusal in tx.deliveries.events(sent.id)[0][3]
        assert tx.digests.window_end(sent.subscription) is not None, "it counts as arriving"


def test_a_mail_instead_that_cannot_be_sent_yet_is_tried_like_any_other(
    office: Office, slack: TimedSlack
) -> None:
    """T57."""
    office.freeze(SlackRenderer(), ROOM, fallback="ana@example.org")
    slack.will("post", "not_in_channel")
    with FakeSmtp(connect="421 busy") as server:
        office.channels["email"] = smtp(server)
        office.renderers["email"] = MAILS
        assert office.round() == [DEAD, RETRY]
        server.script["connect"] = "220 ok"
        assert office.round(after=301) == [SENT]
        assert len(server.mails) == 1


def test_without_mail_a_refused_digest_stays_dead(office: Office, slack: TimedSlack) -> None:
    office.freeze(SlackRenderer(), ROOM, fallback="ana@example.org")
    slack.will("post", "not_in_channel")
    assert office.round() == [DEAD]
    assert office.round(after=60) == []


def test_two_workers_replace_a_digest_by_one_mail(office: Office, slack: TimedSlack) -> None:
    office.freeze(SlackRenderer(), ROOM, fallback="ana@example.org")
    slack.will("post", "not_in_channel")
    office.round()
    start = threading.Barrier(4)

    def work(_: int) -> int:
        start.wait(10)
        return len(fall_back(office.store, {"email": MAILS}))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 1]
    assert len(office.lines()) == 2
