"""The web pages as a process of their own, reached by the links of a mail that was sent."""

from __future__ import annotations

import email
import email.policy
import json
import re
import signal
import sqlite3
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from service.clock import standing
from tests.command_line import MONDAY, Litwatch, replayed, spawned
from tests.fake_smtp import FakeSmtp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from service.demo.server import ReplayServer

PUBLIC = "https://litwatch.example.org"
IDA = {"name": "Ida", "channel": "email", "destination": "ida@example.org", "zone": "UTC"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def lab(tmp_path: Path, upstreams: ReplayServer) -> Iterator[tuple[Litwatch, FakeSmtp]]:
    """An archive with the week's records, its subscription, and the mail server."""
    with FakeSmtp() as smtp:
        more = {
            "subscriptions": [IDA],
            "email": {
                "host": "127.0.0.1",
                "port": smtp.port,
                "security": "none",
                "sender": "Litwatch <lab@example.org>",
            },
            "web": {"url": PUBLIC, "keys": ["k" * 32]},
        }
        settings = replayed(tmp_path, upstreams, **more)
        early = Litwatch(settings, standing(MONDAY - timedelta(days=1)))
        assert early("init") == 0
        litwatch = replace(early, clock=standing(MONDAY))
        litwatch("poll")
        yield litwatch, smtp


def sent(litwatch: Litwatch, smtp: FakeSmtp) -> EmailMessage:
    """The one mail of this week's digest."""
    assert litwatch("digest", "send") == 0
    (raw,) = smtp.mails
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def links(mail: EmailMessage) -> set[str]:
    """Every address of ours that a scanner could find in a mail."""
    texts = [str(value) for value in mail.values()]
    texts += [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    ends = r"[^\s\"'<>),]+"
    return {found for each in texts for found in re.findall(PUBLIC + ends, unescape(each))}


@contextmanager
def serving(litwatch: Litwatch) -> Iterator[httpx.Client]:
    """A browser on `litwatch serve`, which ends as told to."""
    process = spawned(litwatch, "serve", "--port", "0")
    assert process.stderr
    try:
        told = process.stderr.readline()
        found = re.search(r"Serving on (http://127\.0\.0\.1:\d+)", told)
        assert found, told + process.stderr.read()
        with httpx.Client(base_url=found[1], trust_env=False) as browser:
            yield browser
        process.send_signal(signal.SIGTERM)
        out, told = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
        assert "stopped" in told
        assert "Traceback" not in told
    finally:
        process.kill()
        process.communicate()


def local(link: str) -> str:
    return link.removeprefix(PUBLIC)


def rows(litwatch: Litwatch) -> list[str]:
    """Everything in the archive, as statements."""
    file = litwatch.settings["database"]["url"].removeprefix("sqlite:///")
    connection = sqlite3.connect(file)
    try:
        return sorted(connection.iterdump())
    finally:
        connection.close()


def listed(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert litwatch(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_opening_every_link_of_a_mail_changes_nothing_and_pressing_does(
    lab: tuple[Litwatch, FakeSmtp], capsys: pytest.CaptureFixture[str]
) -> None:
    """T76, T77."""
    litwatch, smtp = lab
    mail = sent(litwatch, smtp)
    found = links(mail)
    kinds = {local(link)[:3] for link in found}
    assert kinds == {"/f/", "/u/", "/d/"}
    before = rows(litwatch)
    with serving(litwatch) as browser:
        for link in sorted(found):
            for method in ("GET", "HEAD") * 5:
                answer = browser.request(method, local(link))
                assert answer.status_code == 200, link
                assert "set-cookie" not in answer.headers
                assert answer.headers.get("server") is None
        assert rows(litwatch) == before

        vote = min(link for link in found if local(link).startswith("/f/"))
        answer = browser.post(local(vote), data={"say": "save", "note": "for journal club"})
        assert answer.status_code == 200

        (way,) = re.findall(rf"<({PUBLIC}/u/[^>]+)>", mail["List-Unsubscribe"])
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        answer = browser.post(local(way), data=ONE_CLICK, follow_redirects=False)
        assert answer.status_code == 200
    topics = [topic["slug"] for topic in listed(litwatch, capsys, "topics", "list")]
    votes = [each["vote"] for topic in topics for each in listed(litwatch, capsys, "votes", topic)]
    assert [(v["voter"], v["judgement"], v["via"], v["note"]) for v in votes] == [
        ("mail:ida@example.org", "saved", "mail", "for journal club")
    ]
    (ida,) = listed(litwatch, capsys, "subscriptions")
    assert ida["state"] == "unsubscribed"


def test_an_unsubscribed_reader_is_sent_nothing_until_they_come_back(
    lab: tuple[Litwatch, FakeSmtp],
) -> None:
    litwatch, smtp = lab
    mail = sent(litwatch, smtp)
    way = next(local(link) for link in links(mail) if local(link).startswith("/u/"))
    later = replace(litwatch, clock=standing(MONDAY + timedelta(days=7)))
    with serving(litwatch) as browser:
        browser.post(way, data=ONE_CLICK)
        assert later("digest", "send") == 0
        assert len(smtp.mails) == 1
        browser.post(way, data={"resume": "1"})
        assert later("digest", "send") == 0
        assert len(smtp.mails) == 2


def test_the_process_ends_at_ctrl_c_without_a_fault(lab: tuple[Litwatch, FakeSmtp]) -> None:
    litwatch, _ = lab
    process = spawned(litwatch, "serve", "--port", "0")
    assert process.stderr
    assert "Serving on" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in told
