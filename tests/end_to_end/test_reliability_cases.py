"""Cases of docs/reliability.md that only show where channel, outbox and process work together.

The channels talk to servers that fail as scripted; processes are real, and get real signals.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import signal
import sqlite3
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import pytest

from service.clock import standing
from service.delivery.email import SmtpChannel
from service.delivery.slack import SlackChannel
from service.digest.email import Letterhead
from service.digest.render import EmailRenderer, SlackRenderer
from service.records import DeliveryState, Subscription
from tests import databases
from tests.command_line import MONDAY, Litwatch, replayed, spawned
from tests.factories import digest_content
from tests.fake_smtp import FakeSmtp
from tests.fake_socket_mode import FakeSlackApp
from tests.offices import ROOM, Office, TimedSlack
from tests.slack_payloads import press

if TYPE_CHECKING:
    import socket
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service.demo.server import ReplayServer
    from service.protocols import Renderer
    from tests.fake_slack import FakeSlack

SENT, RETRY, UNKNOWN, DEAD = (
    DeliveryState.SENT,
    DeliveryState.RETRY,
    DeliveryState.UNKNOWN,
    DeliveryState.DEAD,
)
DAY = 86_400.0
MAILS = EmailRenderer(Letterhead(sender="Litwatch <lit@example.org>", domain="example.org"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    for engine in databases.migrated("sqlite", tmp_path):
        yield Office(engine)


def frozen(
    office: Office,
    renderer: Renderer,
    destination: str,
    *,
    name: str,
    window: tuple[int, int] = (0, 0),
    week: int = 47,
) -> None:
    """Put a digest of the subscription `name` into the outbox."""
    period = f"Europe/Berlin:2026-W{week}"
    content = digest_content(digest_id=f"{name}:{week}", subscription=name, period=period)
    weekly = Subscription(name, ("stroma",), renderer.channel, destination)
    rendered = renderer.render(content, destination)
    bare = replace(content, sections=())  # the works themselves are in no archive here
    with office.store.writing() as tx:
        others = [told for told, _ in tx.subscriptions.all() if told.name != name]
        tx.subscriptions.sync([*others, weekly], office.time.at)
        assert tx.digests.freeze(
            bare, weekly, rendered, revision=1, window=window, now=office.time.at
        )


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What an operator is woken by; what libraries say is left out of the log."""
    return [
        each.getMessage()
        for each in caplog.records
        if each.levelno >= logging.ERROR and each.name.startswith("service.")
    ]


# -- Slack ----------------------------------------------------------------------------------------


@pytest.fixture
def slack(office: Office) -> Iterator[TimedSlack]:
    with TimedSlack() as server:
        server.time = office.time
        office.channels["slack"] = patient(server)
        yield server


def patient(server: FakeSlack, timeout: int = 5) -> SlackChannel:
    return SlackChannel("xoxb-test", base_url=server.url, timeout=timeout)


SYMPTOMS = ("rst", "drop", "silence", "500", "html", "half", "short")
UNCLEAR = ("fatal_error", "internal_error", "service_unavailable", "request_timeout")


def tried(office: Office, slack: TimedSlack, mode: str) -> list[DeliveryState]:
    """The first round, with this answer."""
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", mode)
    if mode.endswith("silence"):
        office.channels["slack"] = patient(slack, 1)
    try:
        return office.round()
    finally:
        office.channels["slack"] = patient(slack)


@pytest.mark.parametrize("how", [*SYMPTOMS, *UNCLEAR])
def test_however_the_answer_was_lost_one_look_finds_the_post(
    office: Office, slack: TimedSlack, how: str
) -> None:
    """T54, T59."""
    assert tried(office, slack, f"kept:{how}") == [UNKNOWN]
    assert office.round(after=31) == [SENT]
    assert office.round(after=DAY) == []
    assert len(slack.posts) == slack.count("chat.postMessage") == 1
    assert slack.count("conversations.history") <= 2


@pytest.mark.parametrize("mode", ["unread", *(f"lost:{how}" for how in (*SYMPTOMS, *UNCLEAR))])
def test_however_the_post_was_lost_it_is_sent_once_more_after_two_looks(
    office: Office, slack: TimedSlack, mode: str
) -> None:
    """T53, T55, T59."""
    assert tried(office, slack, mode) == [UNKNOWN]
    assert office.round(after=31) == [UNKNOWN]
    assert office.round(after=270) == [RETRY, SENT]
    assert office.round(after=DAY) == []
    assert (len(slack.posts), office.resends()) == (1, 1)
    assert slack.count("chat.postMessage") == 2
    assert slack.count("conversations.history") == 2


def test_a_throttled_channel_holds_up_no_other(office: Office, slack: TimedSlack) -> None:
    """T56. The round would never end if the wait were slept in it."""
    with FakeSmtp() as server:
        office.channels["email"] = mailing(server)
        frozen(office, SlackRenderer(), ROOM, name="throttled")
        frozen(office, SlackRenderer(), "C999", name="another room")
        frozen(office, MAILS, "ana@example.org", name="a mail")
        slack.will("post", "429:3600")
        assert sorted(office.round()) == [RETRY, SENT, SENT]
        assert len(server.mails) == 1
    assert [post["channel"] for post in slack.posts] == ["C999"]
    assert office.round(after=3599) == []
    assert office.round(after=1) == [SENT]
    assert [post["channel"] for post in slack.posts] == ["C999", ROOM]


@pytest.mark.parametrize("trouble", ["missing_scope", "channel_not_found"])
def test_a_post_that_nobody_can_look_for_is_told_of_once(
    office: Office,
    slack: TimedSlack,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    trouble: str,
) -> None:
    """T61. One alert, standing in `litwatch status` until a person has decided."""
    office.freeze(SlackRenderer(), ROOM)
    slack.will("post", "kept:rst")
    slack.will("history", *[trouble] * 30)
    for _ in range(20):
        office.round(after=3600)
    [line] = office.lines()
    [alert] = alerts(caplog)
    assert alert.startswith(f"delivery {line.id}: unknown")
    assert len(slack.posts) == slack.count("chat.postMessage") == 1
    assert office.command_line("status") == 0
    assert f"in doubt: {line.id[:8]}" in capsys.readouterr().out
    assert office.command_line("deliveries", "resolve", line.id, "--sent") == 0
    capsys.readouterr()
    assert office.command_line("status") == 0
    assert "in doubt" not in capsys.readouterr().out


def test_a_dead_digest_is_not_retried_when_another_has_brought_its_works(
    office: Office, slack: TimedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    """No work twice in one reader's digests, whoever asks for it."""
    frozen(office, SlackRenderer(), ROOM, name="lab", window=(0, 5))
    slack.will("post", "not_in_channel")
    assert office.round() == [DEAD]
    [dead] = office.lines()
    frozen(office, SlackRenderer(), ROOM, name="lab", window=(0, 9), week=48)
    assert office.command_line("deliveries", "retry", dead.id) == 2
    assert "its works come with Europe/Berlin:2026-W48" in capsys.readouterr().err
    assert office.round() == [SENT]
    assert office.round(after=DAY) == []
    assert len(slack.posts) == 1


# -- mail -----------------------------------------------------------------------------------------


class Server(FakeSmtp):
    """Also knows which mails it took, may refuse some recipients, and may hold the last answer."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[bytes] = []
        self.refused: dict[str, str] = {}
        self.asked, self.answering = Event(), Event()
        self.answering.set()

    def _answer(self, link: socket.socket, step: str) -> str:
        reply = next((why for to, why in self.refused.items() if to in self.commands[-1]), "")
        if step == "rcpt" and reply:
            link.sendall(reply.encode() + b"\r\n")
            return reply
        if step == "dot":
            self.asked.set()
            self.answering.wait(60)
        reply = super()._answer(link, step)
        if step == "dot" and reply.startswith("2"):
            self.taken.append(self.mails[-1])
        return reply


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        made.commands.append("")
        yield made


def mailing(server: FakeSmtp, **changes: Any) -> SmtpChannel:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    values |= {"sender": "lit@example.org", "timeout": 5.0, "final_timeout": 5.0, **changes}
    return SmtpChannel(**values)


def posted(office: Office, server: FakeSmtp, **changes: Any) -> bytes:
    """Put one mail into the outbox; its bytes."""
    office.channels["email"] = mailing(server, **changes)
    office.freeze(MAILS, "ana@example.org")
    with office.store.reading() as tx:
        return tx.deliveries.get(office.lines()[0].id).payload


STEPS = ("connect", "ehlo", "mail", "rcpt", "data")


@pytest.mark.parametrize(
    ("step", "how"),
    [*((step, how) for step in STEPS for how in ("421 closing", "drop")), ("dot", "421 closing")],
)
def test_a_server_that_closes_at_any_step_gets_the_same_bytes_later(
    office: Office, server: Server, step: str, how: str
) -> None:
    """T66. A link that is lost after the dot is another case: T70."""
    mail, usual = posted(office, server), dict(server.script)
    server.script |= {step: how, **({"helo": how} if step == "ehlo" else {})}
    assert office.round() == [RETRY]
    assert office.round(after=299) == []
    assert office.round(after=1) == [RETRY]
    server.script = usual
    assert office.round(after=599) == []
    assert office.round(after=1) == [SENT]
    assert office.round(after=DAY) == []
    assert server.taken == [mail]
    assert set(server.mails) == {mail}
    assert office.resends() == 0


@pytest.mark.parametrize("step", ["rcpt", "dot"])
@pytest.mark.parametrize("reply", ["450 busy", "451 greylisted", "452 full"])
def test_a_mail_that_is_put_off_for_five_days_is_given_up_with_one_notice(
    office: Office, server: Server, caplog: pytest.LogCaptureFixture, step: str, reply: str
) -> None:
    """T67."""
    posted(office, server)
    server.script[step] = reply
    assert office.round() == [RETRY]
    assert office.round(after=5 * DAY - 1) == [RETRY]
    assert alerts(caplog) == []
    assert office.round(after=4000) == [DEAD]
    for _ in range(5):
        assert office.round(after=5 * DAY) == []
    [notice] = alerts(caplog)
    assert "given up after 5 days" in notice
    assert reply in notice
    assert server.taken == []
    assert office.lines()[0].remedy


@pytest.mark.parametrize("step", ["rcpt", "dot"])
@pytest.mark.parametrize("code", [550, 552, 553, 554])
def test_a_mail_that_is_refused_is_not_tried_again(
    office: Office, server: Server, caplog: pytest.LogCaptureFixture, step: str, code: int
) -> None:
    """T68."""
    posted(office, server)
    server.script[step] = f"{code} no"
    assert office.round() == [DEAD]
    for _ in range(5):
        assert office.round(after=DAY) == []
    assert (server.sessions, server.taken) == (1, [])
    assert len(alerts(caplog)) == 1
    assert office.lines()[0].remedy


def test_of_two_recipients_the_good_one_gets_one_mail_and_the_bad_one_is_told_of(
    office: Office, server: Server
) -> None:
    """T69. Each has a transaction of its own."""
    office.channels["email"] = mailing(server)
    for name in ("ana", "bo"):
        frozen(office, MAILS, f"{name}@example.org", name=name)
    server.refused["bo@example.org"] = "451 later"
    assert sorted(office.round()) == [RETRY, SENT]
    server.refused["bo@example.org"] = "550 unknown"
    assert office.round(after=301) == [DEAD]
    assert office.round(after=DAY) == []
    [mail] = server.taken
    assert b"To: ana@example.org" in mail
    states = {line.destination: line.state for line in office.lines()}
    assert states == {"ana@example.org": SENT, "bo@example.org": DEAD}
    told = [verb for verb in server.commands if verb.startswith(("mail", "rcpt", "MAIL", "RCPT"))]
    assert [verb[:4].lower() for verb in told] == ["mail", "rcpt"] * 3


@pytest.mark.parametrize("how", ["drop", "hang"])
def test_a_mail_without_an_answer_is_never_sent_a_third_time(
    office: Office, server: Server, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """T70."""
    mail = posted(office, server, final_timeout=0.3)
    server.script["dot"] = "drop"
    if how == "hang":
        server.answering.clear()
    assert office.round() == [UNKNOWN]
    server.answering.set()  # it serves one at a time
    assert office.round(after=301) == [RETRY, UNKNOWN]
    assert office.round(after=301) == [UNKNOWN]
    for _ in range(10):
        assert office.round(after=5 * DAY) == []
    assert server.mails == [mail, mail]
    assert len(alerts(caplog)) == 1, "it waits for a person, who is told once"


@pytest.mark.parametrize("how", ["drop", "421 closing", "550 what?"])
def test_what_the_server_says_in_parting_changes_nothing(
    office: Office, server: Server, how: str
) -> None:
    """T71."""
    mail = posted(office, server)
    server.script["quit"] = how
    assert office.round() == [SENT]
    assert office.round(after=DAY) == []
    assert (server.taken, server.sessions) == ([mail], 1)


@pytest.mark.parametrize(
    ("reply", "state"), [("454 not now", RETRY), ("502 never", DEAD), ("501 what?", DEAD)]
)
def test_a_server_that_offers_encryption_and_then_refuses_it_learns_nothing(
    office: Office, reply: str, state: DeliveryState
) -> None:
    """T72."""
    never_used = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with FakeSmtp(tls=never_used, starttls=reply) as server:
        told = {"security": "starttls", "username": "lit", "password": "swordfish-4711"}
        posted(office, server, **told)
        assert office.round() == [state]
        verbs = [command.split()[0].lower() for command in server.commands]
    assert "starttls" in verbs
    assert not {"auth", "mail", "rcpt", "data"} & set(verbs)
    assert "swordfish" not in str(office.lines())


# -- the whole process ----------------------------------------------------------------------------


@dataclass
class Lab:
    """A service on its own, with nothing to poll; `at` is its time."""

    settings: dict[str, Any]
    folder: Path

    def at(self, **later: float) -> Litwatch:
        return Litwatch(self.settings, standing(MONDAY + timedelta(**later)))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.folder / "litwatch.db")
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    @property
    def states(self) -> list[str]:
        return [state for (state,) in self.rows("SELECT state FROM delivery ORDER BY part")]


@pytest.fixture
def lab(tmp_path: Path, upstreams: ReplayServer, server: Server) -> Lab:
    """A reader by mail, whose first digest is due."""
    ida = {"name": "ida", "channel": "email", "destination": "ida@example.org", "zone": "UTC"}
    mail = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    settings = replayed(
        tmp_path, upstreams, subscriptions=[ida], email=mail | {"sender": "lit@example.org"}
    )
    for source in settings["sources"].values():
        source["enabled"] = False
    settings["log"] = {"level": "info"}
    made = Lab(settings, tmp_path)
    assert made.at(days=-1)("init") == 0
    return made


@contextmanager
def working(lab: Lab, grace: float = 20.0) -> Iterator[subprocess.Popen[str]]:
    """A worker that looks into its outbox twice a second, and is given `grace` to end."""
    hook = (
        "from service.worker import loop, stopping\n"
        "loop.TICKS.update(deliver=0.5)\n"
        f"stopping.GRACE = {grace}\n"
    )
    worker = spawned(lab.at(), "run", hook=hook)
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def test_a_mail_under_way_is_brought_to_its_end(lab: Lab, server: Server) -> None:
    """T35. The server answers after the worker was told to end."""
    server.answering.clear()
    with working(lab) as worker:
        assert server.asked.wait(30)
        worker.send_signal(signal.SIGTERM)
        server.answering.set()
        _, log = worker.communicate(timeout=40)
    assert worker.returncode == 0, log
    assert "Traceback" not in log
    assert (lab.states, len(server.taken)) == (["sent"], 1)


@pytest.mark.parametrize("signals", [1, 2])
def test_a_mail_whose_answer_does_not_come_before_the_end_is_in_doubt(
    lab: Lab, server: Server, signals: int
) -> None:
    """T35, T70. Whether the grace is over or a second signal came: the next worker finds it in
    doubt, and sends the same bytes once more."""
    server.answering.clear()
    with working(lab, grace=0.5 if signals == 1 else 20.0) as worker:
        assert server.asked.wait(30)
        worker.send_signal(signal.SIGTERM)
        if signals == 2:
            _until_told(worker, "stopping")
            worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=40)
    assert worker.returncode == (0 if signals == 1 else 128 + signal.SIGTERM), log
    assert lab.states == ["sending"]
    server.taken.clear()  # what it took without an answer counts as lost or not, nobody knows
    server.answering.set()
    assert lab.at(hours=1)("run", "--once") == 0
    assert lab.states == ["unknown"]
    assert lab.at(hours=2)("run", "--once") == 0
    assert lab.at(hours=9)("run", "--once") == 0
    assert lab.states == ["sent"]
    assert len(server.mails) == 2
    assert server.mails[0] == server.mails[1]


def _until_told(process: subprocess.Popen[str], word: str) -> str:
    """The first line of its log with this word."""
    assert process.stderr
    for line in process.stderr:
        if word in line:
            return line
    raise AssertionError(f"ended without {word!r}")


# -- Slack's way in -------------------------------------------------------------------------------

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
STALL = """
import pathlib, time
from sqlalchemy import Engine, event
@event.listens_for(Engine, "begin")
def stall(_):
    while pathlib.Path({mark!r}).exists():
        time.sleep(0.02)
"""


def signed(body: bytes, *, seconds: int = 0, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(MONDAY.timestamp()) + seconds)
    told = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={told}",
    }


def test_a_press_is_answered_while_the_database_stands_still_and_counts_once(
    lab: Lab, upstreams: ReplayServer
) -> None:
    """T63. Over HTTP, as Slack calls: forged and repeated calls are refused and leave no trace;
    a good one is acknowledged before any transaction can begin."""
    with FakeSlackApp() as slack:
        lab.settings["slack"] = {
            "token": "xoxb-test",
            "signing_secret": SECRET,
            "base_url": slack.url,
            "inbox": str(lab.folder / "inbox"),
        }
        work = _one_work(lab)
        good = urlencode({"payload": json.dumps(press(work, user="U1"))}).encode()
        mark = lab.folder / "stalled"
        with _web_pages(lab, STALL.format(mark=str(mark))) as browser:
            mark.touch()
            for headers, body in _forged(good):
                answer = browser.post("/slack/interactions", content=body, headers=headers)
                assert answer.status_code == 401
            assert not list((lab.folder / "inbox").glob("*.json"))
            for status in (200, 401, 401):
                answer = browser.post("/slack/interactions", content=good, headers=signed(good))
                assert answer.status_code == status
            assert len(list((lab.folder / "inbox").glob("*.json"))) == 1
            assert lab.rows("SELECT voter FROM vote") == []
            mark.unlink()
            _until(lambda: not list((lab.folder / "inbox").glob("*.json")))
        assert lab.rows("SELECT voter, judgement FROM vote") == [("slack:U1", "relevant")]


def _one_work(lab: Lab) -> int:
    lab.settings["sources"]["biorxiv"]["enabled"] = True
    assert lab.at()("poll") == 0
    return int(lab.rows("SELECT min(id) FROM work")[0][0])


def _forged(good: bytes) -> list[tuple[dict[str, str], bytes]]:
    return [
        (signed(good, secret="another"), good),
        (signed(good, seconds=-360), good),
        (signed(good, seconds=360), good),
        (signed(good), good + b"x"),
        (signed(b"no form"), b"no form"),
        ({}, good),
    ]


@contextmanager
def _web_pages(lab: Lab, hook: str) -> Iterator[httpx.Client]:
    process = spawned(lab.at(), "serve", "--port", "0", hook=hook)
    try:
        [address] = re.findall(r"http://127\.0\.0\.1:\d+", _until_told(process, "Serving on"))
        with httpx.Client(base_url=address, trust_env=False, timeout=20) as browser:
            yield browser
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0, log
        assert SECRET not in log
        assert "Traceback" not in log
    finally:
        process.kill()
        process.communicate()


def _until(true: Callable[[], object]) -> None:
    waiting = Event()
    for _ in range(1000):
        if true():
            return
        waiting.wait(0.02)
    raise AssertionError("it did not come about")
