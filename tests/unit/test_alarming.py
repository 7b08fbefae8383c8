"""The operator is told of what is new and of what is over, whatever the channel says."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from service import alarming
from service.alarming import Operator
from service.digest.email import Letterhead
from service.digest.notices import Notice, notice
from service.errors import DeliveryError
from service.records import Alarm, Delivery, DeliveryState, Outcome, Severity
from service.store import Store
from tests import databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
STALE = Alarm("source-stale:pubmed", Severity.CRITICAL, "source pubmed", "failed", "see sources")
DISK = Alarm("disk", Severity.WARNING, "the disk", "is nearly full", "make room")
HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")


@dataclass
class Channel:
    """Says what it is told to say, and keeps what was sent."""

    state: DeliveryState = DeliveryState.SENT
    name: str = "apprise"
    sent: list[Delivery] = field(default_factory=list)

    def send(self, delivery: Delivery) -> Outcome:
        self.sent.append(delivery)
        return Outcome(self.state, "as asked")

    def reconcile(self, delivery: Delivery) -> Outcome:
        raise NotImplementedError

    @property
    def last(self) -> str:
        return str(json.loads(self.sent[-1].payload)["body"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    for engine in databases.migrated("sqlite", tmp_path):
        yield Store(engine)


def test_all_that_is_new_is_told_in_one_notice_the_critical_first(store: Store) -> None:
    channel = Channel()
    alarming.take_stock(store, [DISK, STALE], NOW)
    assert alarming.tell(store, Operator(channel, "ops"), NOW) == 2
    assert alarming.tell(store, Operator(channel, "ops"), NOW) == 0
    assert channel.last.index("source pubmed") < channel.last.index("the disk")
    assert "make room" in channel.last
    assert "critical" in json.loads(channel.sent[0].payload)["title"]


def test_what_is_over_is_told_with_since_when_it_was(store: Store) -> None:
    channel = Channel()
    alarming.take_stock(store, [DISK], NOW)
    alarming.tell(store, Operator(channel, "ops"), NOW)
    alarming.take_stock(store, [], NOW + timedelta(hours=1))
    assert alarming.tell(store, Operator(channel, "ops"), NOW + timedelta(hours=1)) == 1
    assert channel.last == "Over: the disk (since 2026-11-16 08:00 UTC)"


def test_two_alarms_of_one_source_that_are_over_are_one_line(store: Store) -> None:
    channel = Channel()
    gap = Alarm("gap:pubmed", Severity.CRITICAL, "source pubmed", "has gaps", "wait")
    alarming.take_stock(store, [STALE, gap], NOW)
    alarming.tell(store, Operator(channel, "ops"), NOW)
    alarming.take_stock(store, [], NOW + timedelta(hours=1))
    assert alarming.tell(store, Operator(channel, "ops"), NOW + timedelta(hours=1)) == 2
    assert channel.last == "Over: source pubmed (since 2026-11-16 08:00 UTC)"


@pytest.mark.parametrize("state", [DeliveryState.RETRY, DeliveryState.UNKNOWN, DeliveryState.DEAD])
def test_a_notice_that_may_not_have_arrived_is_sent_again(
    store: Store, state: DeliveryState, caplog: pytest.LogCaptureFixture
) -> None:
    channel = Channel(state)
    alarming.take_stock(store, [DISK], NOW)
    assert alarming.tell(store, Operator(channel, "ops"), NOW) == 0
    assert "could not be told" in caplog.text
    assert alarming.tell(store, Operator(channel, "ops"), NOW + timedelta(minutes=10)) == 0
    assert len(channel.sent) == 1
    channel.state = DeliveryState.SENT
    assert alarming.tell(store, Operator(channel, "ops"), NOW + timedelta(minutes=20)) == 1


def test_a_new_alarm_is_logged_once_by_its_severity(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        alarming.take_stock(store, [DISK, STALE], NOW)
    logged = [(each.levelno, each.getMessage()) for each in caplog.records]
    assert [level for level, _ in logged] == [logging.WARNING, logging.ERROR]
    assert "make room" in logged[0][1]


HOSTILE = Notice(
    "n1",
    "Litwatch: <!channel> & co\r\nBcc: x@example.org",
    tuple(f"line {number} <@U1> {'x' * 900}" for number in range(100)),
    NOW,
)


def test_slack_is_told_as_plain_text_within_its_limits() -> None:
    body = json.loads(notice(HOSTILE, "slack", "C01", None))
    header, section = body["blocks"]
    assert {header["text"]["type"], section["text"]["type"]} == {"plain_text"}
    assert len(header["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= 3000
    assert body["channel"] == "C01"
    assert "<!channel>" not in body["text"]
    assert body["parse"] == "none"


def test_a_mail_has_one_subject_and_no_header_of_somebody_else() -> None:
    mail = message_from_bytes(notice(HOSTILE, "email", "ops@example.org", HEAD), policy=default)
    assert mail["Bcc"] is None
    assert mail["To"] == "ops@example.org"
    assert mail["Message-ID"] == "<n1@example.org>"
    assert "and 40 more lines" in mail.get_content()
    assert max(map(len, notice(HOSTILE, "email", "o@example.org", HEAD).split(b"\r\n"))) < 998


def test_a_file_is_plain_lines() -> None:
    text = notice(HOSTILE, "file", "ops", None).decode()
    assert text.startswith("Litwatch: <!channel> & co Bcc: x@example.org\n\nline 0 ")


@pytest.mark.parametrize("channel", ["atom", "email", "nowhere"])
def test_a_channel_that_cannot_bring_a_notice_is_refused(channel: str) -> None:
    with pytest.raises(DeliveryError, match="cannot bring a notice"):
        notice(HOSTILE, channel, "x", None)
