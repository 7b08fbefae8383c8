"""What people see, and what is written down, when a channel fails in the middle of a sending.

The real channels talk to servers that fail as scripted; the outbox is a real database.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.delivery.email import SmtpChannel
from service.delivery.sending import deliver
from service.delivery.slack import SlackChannel
from service.digest.email import Letterhead
from service.digest.render import EmailRenderer, SlackRenderer
from service.records import DeliveryState, Subscription
from service.store import Store, StoredOutbox
from tests import databases
from tests.command_line import Litwatch
from tests.factories import NOW, digest_content, item, section
from tests.fake_slack import FakeSlack
from tests.fake_smtp import FakeSmtp
from tests.fakes import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.protocols import Channel, Renderer
    from service.store.deliveries import DeliveryLine

ROOM = "C0123456789"
LEASE = timedelta(minutes=2)
SENT, RETRY, UNKNOWN, DEAD = (
    DeliveryState.SENT,
    DeliveryState.RETRY,
    DeliveryState.UNKNOWN,
    DeliveryState.DEAD,
)


class TimedSlack(FakeSlack):
    """Stamps its posts with the time of the test, as the history is searched by it."""

    time: FixedClock

    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = super().post(message)
        answer["ts"] = self.posts[-1]["ts"] = f"{self.time.at.timestamp() + len(self.posts):.6f}"
        return answer


@dataclass
class Office:
    """An archive with frozen digests, and a worker that empties its outbox."""

    store: Store
    time: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    channels: dict[str, Channel] = field(default_factory=dict)

    def freeze(self, renderer: Renderer, destination: str, *, works: int = 1) -> int:
        """Put one digest into the outbox; returns the number of its parts."""
        full = digest_content(section(*(item(number) for number in range(1, works + 1))))
        # The outbox keeps the rendered bytes; the works themselves are in no archive here.
        bare = replace(full, sections=())
        weekly = Subscription(full.subscription, ("stroma",), renderer.channel, destination)
        rendered = renderer.render(full, destination)
        with self.store.writing() as tx:
            tx.subscriptions.sync([weekly], NOW)
            assert tx.digests.freeze(bare, weekly, rendered, revision=1, window=(0, 0), now=NOW)
        return len(rendered)

    def round(self, *, after: float = 0.0, owner: str = "one") -> list[DeliveryState]:
        """What one emptying of the outbox came to, `after` seconds later."""
        self.time.pass_time(seconds=after)
        outbox = StoredOutbox(self.store, owner, dict.fromkeys(self.channels, LEASE))
        return [change.state for _, change in deliver(outbox, self.channels, self.time.clock)]

    def lines(self) -> list[DeliveryLine]:
        with self.store.reading() as tx:
            return sorted(tx.deliveries.lines(), key=lambda line: line.part)

    def states(self) -> list[DeliveryState]:
        return [line.state for line in self.lines()]

    def resends(self) -> int:
        with self.store.reading() as tx:
            return sum(tx.deliveries.get(line.id).resends for line in tx.deliveries.lines())

    @property
    def command_line(self) -> Litwatch:
        url = self.store.engine.url.render_as_string(hide_password=False)
        values = {"database": {"url": url}, "log": {"level": "error"}}
        return Litwatch(values, standing(self.time.at))


@pytest.fixture(params=databases.KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    for engine in databases.migrated(request.param, tmp_path):
        yield Office(Store(engine))


@pytest.fixture
def slack(office: Office) -> Iterator[TimedSlack]:
    """Slack, with a digest of one part to be posted there."""
    with TimedSlack() as server:
        server.time = office.time
        office.channels["slack"] = SlackChannel("xoxb-test", base_url=server.url, timeout=3)
        yield server


def seen(slack: FakeSlack) -> list[str]:
    """The deliveries that a person sees, by the id that each post carries."""
    return [post["metadata"]["event_payload"]["delivery_id"] for post in slack.posts]


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
        f"{line.id}: Slack refused: not_in_channel - invite the app to the channel"
        in capsys.readouterr().out
    )
    assert office.command_line("deliveries", line.id, "--json") == 0
    changes = [(each["from"], each["to"]) for each in json.loads(capsys.readouterr().out)]
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


def mailing(office: Office, server: FakeSmtp, **changes: Any) -> None:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    values |= {"sender": "lit@example.org", "timeout": 2.0, "final_timeout": 0.5, **changes}
    office.channels["email"] = SmtpChannel(**values)
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
        now=office.time.at,
    )
    assert not held
    assert office.states() == [SENT]
    with office.store.reading() as tx:
        *_, last = tx.deliveries.events(taken.id)
    assert last[3].startswith("too late, not applied"), "what happened is kept all the same"
