"""A mail goes out, comes back, and nothing more goes to that address."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap import App, build, returned
from service.config import Settings
from service.delivery.imap_box import ImapBox
from service.digest.render import EmailRenderer
from service.records import DeliveryState, Subscription
from service.worker import jobs
from tests import databases, returned_mails
from tests.factories import NOW, digest_content, item, section
from tests.fake_smtp import FakeSmtp
from tests.fakes import FixedClock
from tests.returned_mails import ANA

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Install = Callable[..., "Installation"]

WEEKLY = Subscription("weekly", ("stroma",), "email", ANA)
DEAD, SENT = DeliveryState.DEAD, DeliveryState.SENT


class Installation:
    """A configured installation with a mail server, and a Maildir for what comes back."""

    def __init__(self, folder: Path, url: str, server: FakeSmtp, **email: Any) -> None:
        self.server = server
        self.box = folder / "returned"
        for name in ("new", "cur", "tmp"):
            (self.box / name).mkdir(parents=True, exist_ok=True)
        self.time = FixedClock(NOW)
        mail = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "sender": "Litwatch <litwatch@example.org>",
            "bounce_address": "bounces@example.org",
            "bounce_maildir": str(self.box),
        }
        settings = {
            "database": {"url": url},
            "email": mail | email,
            "file": {"folder": str(folder)},
            "web": {"url": "https://litwatch.example.org", "keys": [returned_mails.KEY]},
        }
        self.app: App = build(Settings.model_validate(settings), self.time.clock)

    def freeze(self, week: int) -> None:
        """Put that week's digest into the outbox."""
        renderer = self.app.renderers["email"]
        assert isinstance(renderer, EmailRenderer)
        full = digest_content(
            section(item(week)), digest_id=f"weekly{week}", period=f"UTC:2026-W{week}"
        )
        bare = replace(full, subscription="weekly", sections=())
        rendered = renderer.render(full, ANA)
        with self.app.store.writing() as tx:
            tx.subscriptions.sync([WEEKLY], NOW)
            assert tx.digests.freeze(
                bare, WEEKLY, rendered, revision=1, window=(0, 0), now=self.time.at
            )

    def send(self) -> list[DeliveryState]:
        return [change.state for _, change in self.app.deliver()]

    @property
    def senders(self) -> list[str]:
        """The envelope addresses that the mail server was told, in order."""
        lines = (re.search(r"(?i)^mail from:<(.*?)>", line) for line in self.server.commands)
        return [line[1] for line in lines if line]

    def comes_back(self, mail: bytes) -> None:
        (self.box / "new" / f"{len(list(self.box.rglob('*.host*')))}.M1.host").write_bytes(mail)

    def stopped(self) -> dict[str, str]:
        with self.app.store.reading() as tx:
            return {name: stop.detail for name, stop in tx.stops.active().items()}


@pytest.fixture(params=databases.KINDS)
def install(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Install]:
    made: list[Installation] = []

    def installed(server: FakeSmtp, **email: Any) -> Installation:
        made.append(Installation(tmp_path, url, server, **email))
        return made[-1]

    for engine in databases.migrated(request.param, tmp_path):
        url = engine.url.render_as_string(hide_password=False)
        yield installed
        for each in made:
            each.app.close()


def test_a_mail_that_comes_back_for_good_is_the_last(install: Install) -> None:
    """T75."""
    with FakeSmtp() as server:
        lab = install(server)
        lab.freeze(46)
        assert lab.send() == [SENT]
        lab.comes_back(returned_mails.postfix(back=lab.senders[0]))
        assert jobs.bounces(lab.app)
        assert lab.stopped() == {"weekly": f"{ANA}: {returned_mails.GONE}"}
        lab.freeze(47)
        lab.send()
        assert len(lab.senders) == 1, "nothing more goes to a dead address"
        [seen] = (lab.box / "cur").iterdir()
        assert seen.name.endswith(":2,S")


def test_a_mail_box_that_is_switched_off_gets_one_more_chance(install: Install) -> None:
    """T75. Each delivery has an envelope address of its own; a copy of a report is no second."""
    with FakeSmtp() as server:
        lab = install(server)
        for week in (46, 47):
            lab.freeze(week)
            assert lab.send() == [SENT]
            report = returned_mails.postfix("failed", "5.2.1", "550", back=lab.senders[-1])
            for _ in range(2):
                lab.comes_back(report)
            assert not lab.stopped()
            jobs.bounces(lab.app)
            assert bool(lab.stopped()) == (week == 47)
            lab.time.pass_time(days=7)
        assert len(set(lab.senders)) == 2


def test_an_address_that_the_server_refuses_is_counted_like_one_that_came_back(
    install: Install,
) -> None:
    """T68. It is refused while we are connected, so no mail will ever come back."""
    with FakeSmtp(rcpt="550 5.2.1 mailbox disabled") as server:
        lab = install(server)
        lab.freeze(46)
        assert lab.send() == [DEAD]
        assert not lab.stopped()
        lab.freeze(47)
        assert lab.send() == [DEAD]
        assert lab.stopped() == {"weekly": f"{ANA}: 550 5.2.1 mailbox disabled"}
        with lab.app.store.reading() as tx:
            assert [line.hard for line in tx.bounces.lines()] == [True, True]


@pytest.mark.parametrize("reply", ["550 5.7.1 relaying denied", "452 4.2.2 full", "552 5.2.2 full"])
def test_what_is_no_fault_of_the_address_ends_nothing(install: Install, reply: str) -> None:
    """T67, T68."""
    with FakeSmtp(rcpt=reply) as server:
        lab = install(server)
        for week in (46, 47, 48):
            lab.freeze(week)
            lab.send()
        assert lab.stopped() == {}


def test_of_two_readers_one_that_is_refused_does_not_hold_up_the_other(install: Install) -> None:
    """T69. One recipient a transaction: the good one gets one mail, the bad one is tracked."""

    class Picky(FakeSmtp):
        def _answer(self, link: socket.socket, step: str) -> str:
            bad = step == "rcpt" and ANA in self.commands[-1]
            self.script["rcpt"] = "550 5.1.1 unknown" if bad else "250 ok"
            return super()._answer(link, step)

    with Picky() as server:
        lab = install(server)
        lab.freeze(46)
        renderer = lab.app.renderers["email"]
        full = digest_content(section(item(9)), digest_id="other", period="UTC:2026-W46")
        rei = replace(WEEKLY, name="rei", destination="rei@example.org")
        with lab.app.store.writing() as tx:
            tx.subscriptions.sync([WEEKLY, rei], NOW)
            tx.digests.freeze(
                replace(full, subscription="rei", sections=()),
                rei,
                renderer.render(full, rei.destination),
                revision=1,
                window=(0, 0),
                now=NOW,
            )
        assert sorted(lab.send()) == [DEAD, SENT]
        assert len(server.mails) == 1
        assert list(lab.stopped()) == ["weekly"]


def test_forged_reports_and_absences_end_nothing(install: Install) -> None:
    """T75."""
    with FakeSmtp() as server:
        lab = install(server)
        lab.freeze(46)
        lab.send()
        tag = lab.senders[0]
        lab.comes_back(returned_mails.postfix(back=tag[:-13] + "a@example.org"))
        lab.comes_back(returned_mails.postfix(back="bounces@example.org"))
        lab.comes_back(f"To: {tag}\r\nSubject: Out of office\r\n\r\n550 5.1.1".encode())
        lab.comes_back(b"")
        jobs.bounces(lab.app)
        assert lab.stopped() == {}
        with lab.app.store.reading() as tx:
            assert tx.bounces.lines() == []
        assert len(list((lab.box / "cur").iterdir())) == 4, "none is deleted"


def test_the_same_mail_goes_out_with_the_same_envelope_address(install: Install) -> None:
    """T70. A copy that is sent because no receipt came is the same in every byte."""
    with FakeSmtp(dot="drop") as server:
        lab = install(server)
        lab.freeze(46)
        lab.send()
        lab.time.pass_time(seconds=timedelta(minutes=6).total_seconds())
        lab.send()
        assert len(lab.senders) == 2
        assert len(set(lab.senders)) == 1
        assert len(set(server.mails)) == 1


def test_a_mail_box_is_read_beside_the_maildir(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T75. Here the mail box is a list; how IMAP is spoken is told by the tests of `ImapBox`."""
    opened: list[ImapBox] = []
    inbox: list[bytes] = []

    def empty(self: ImapBox, take: Callable[[bytes], object], _stopping: object) -> int:
        opened.append(self)
        return len([take(mail) for mail in inbox])

    monkeypatch.setattr(ImapBox, "empty", empty)
    with FakeSmtp() as server:
        account = {"host": "imap.example.org", "username": "ana", "password": "pw"}
        lab = install(server, **{f"bounce_imap_{name}": told for name, told in account.items()})
        lab.freeze(46)
        lab.send()
        inbox.append(returned_mails.postfix(back=lab.senders[0]))
        lab.comes_back(inbox[0])
        assert returned.collect(lab.app) == 2
        assert list(lab.stopped()) == ["weekly"]
    assert opened == [ImapBox("imap.example.org", "ana", "pw")]


def test_without_an_address_for_returns_mails_come_back_to_the_sender(install: Install) -> None:
    with FakeSmtp() as server:
        lab = install(server, bounce_address="", bounce_maildir="")
        lab.freeze(46)
        assert lab.send() == [SENT]
        assert lab.senders == ["litwatch@example.org"]
        assert jobs.bounces(lab.app), "nothing to look at is well"
