"""`litwatch demo` as a newcomer runs it, and the same digest to a real Slack client and mail server."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from service.clock import standing
from service.demo.server import example
from service.digest.slack_limits import problems
from tests.command_line import MONDAY, Litwatch, replayed
from tests.fake_slack import FakeSlack
from tests.fake_smtp import FakeSmtp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.demo.server import ReplayServer

LABELS = tomllib.loads(example("labels.toml").decode())


@dataclass
class Run:
    """A finished command."""

    status: int
    out: str
    err: str
    seconds: float


def litwatch(folder: Path, *words: str) -> Run:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "service", *words],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, time.monotonic() - began)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


@pytest.fixture(scope="module")
def first(folder: Path) -> Run:
    return litwatch(folder, "demo")


@pytest.fixture(scope="module")
def files(folder: Path, first: Run) -> Path:
    assert first.status == 0, first.err
    return folder / "demo"


def shown(files: Path) -> list[tuple[str, str]]:
    """The digest's works: topic, and the label of the example data."""
    connection = sqlite3.connect(files / "litwatch.db")
    rows = connection.execute(
        "SELECT topic, doi, arxiv FROM digest_item JOIN work ON work.id = work_id"
    ).fetchall()
    connection.close()
    names = [(topic, [doi or "", f"arxiv:{arxiv}"]) for topic, doi, arxiv in rows]
    return [
        (topic, next(LABELS["labels"][name] for name in known if name in LABELS["labels"]))
        for topic, known in names
        if not set(known) & set(LABELS["aside"])
    ]


pytestmark = pytest.mark.model


def test_the_demo_shows_works_of_both_topics_and_none_that_is_off_topic(files: Path) -> None:
    works = shown(files)
    right = [topic for topic, label in works if topic == label]
    assert min(right.count("stroma"), right.count("neutrophils")) >= 3
    assert not [label for _, label in works if label == "off-topic"]


def test_the_demo_tells_what_it_did_without_drawing_bars(first: Run, files: Path) -> None:
    assert "Tumour-associated neutrophils" in first.out
    assert "Tumour-associated stromal cells" in first.out
    assert "0 gaps" in first.out
    assert "\x1b" not in first.out + first.err
    assert "━" not in first.err
    assert "embedding" not in first.err
    for name in ("digest.html", "digest.slack.json", "digest.eml"):
        assert name in first.err
        assert (files / name).stat().st_size > 1000


def test_the_slack_messages_are_such_as_slack_takes(files: Path) -> None:
    messages = json.loads((files / "digest.slack.json").read_text("utf-8"))
    assert messages
    assert [problems(message) for message in messages] == [[]] * len(messages)


def test_the_mail_has_a_text_a_page_and_the_charts_that_the_page_shows(files: Path) -> None:
    mail = email.message_from_bytes(
        (files / "digest.eml").read_bytes(), policy=email.policy.default
    )
    text, page, *charts = [part for part in mail.walk() if not part.is_multipart()]
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    assert all("neutrophil" in part.get_content() for part in (text, page))
    assert {chart.get_content_type() for chart in charts} == {"image/png"}
    shown = re.findall(r'src="cid:([^"]+)"', page.get_content())
    assert [chart["Content-ID"] for chart in charts] == [f"<{name}>" for name in shown]
    assert mail["To"] == "reader@example.org"
    assert not mail.defects


def test_the_page_fetches_nothing(files: Path) -> None:
    page = (files / "digest.html").read_text("utf-8")
    assert not re.search(r"(?i)<(script|link|iframe|object|embed)\b|@import|url\(", page)
    shown = re.findall(r'(?i)\ssrc="([^"]{0,26})', page)
    assert set(shown) == {"data:image/svg+xml;base64,"}, "its charts are inside"
    assert page.lower().startswith("<!doctype html>")


def test_a_second_run_says_that_nothing_is_new_and_is_quick(
    folder: Path, first: Run, files: Path
) -> None:
    before = (files / "digest.html").read_bytes()
    again = litwatch(folder, "demo")
    assert again.status == 0
    assert "Nothing is new" in again.err
    assert again.seconds < max(15.0, first.seconds / 2)
    assert (files / "digest.html").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("search", "neutrophil"), "eutrophil"),
        (("show", "10.5555/eaco.2026.0170"), "first record of this work"),
        (("sources",), "2026-11-16 08:00 UTC"),
        (("digest", "list"), "demo 2026-W47"),
        (("deliveries",), "sent"),
        (("topics", "list"), "stroma"),
        (("digest", "preview"), "LITWATCH"),
        (("db", "status"), "works"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_other_commands_work_on_the_demos_archive(
    folder: Path, files: Path, words: tuple[str, ...], told: str
) -> None:
    done = litwatch(folder, "--config", "demo/litwatch.toml", *words)
    assert done.status == 0, done.err
    assert told in done.out


def test_the_demos_configuration_works_from_any_folder(files: Path, tmp_path: Path) -> None:
    done = litwatch(tmp_path, "--config", str(files / "litwatch.toml"), "search", "neutrophil")
    assert done.status == 0, done.err
    assert "eutrophil" in done.out


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    done = litwatch(tmp_path, "demo")
    assert done.status == 2
    assert "demo" in done.err
    assert "Traceback" not in done.err


# -- served ---------------------------------------------------------------------------------------


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Where `litwatch demo --serve` answers; Ctrl-C ends it as it should."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "demo", "--serve", "--port", "0"],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        told = [process.stderr.readline()]
        while told[-1] and "Serving on" not in told[-1]:
            told.append(process.stderr.readline())
        found = re.search(r"Serving on (http://127\.0\.0\.1:\d+)", told[-1])
        assert found, "".join(told)
        yield found[1]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()
        process.communicate()


def test_the_demo_is_served_from_its_monday_on_until_ctrl_c(folder: Path, files: Path) -> None:
    with serving(folder) as url, httpx.Client(base_url=url, trust_env=False) as browser:
        page = browser.get("/week/stroma?show=all", timeout=60)
        assert page.status_code == 200
        assert page.text.count("data-item") > 10
        ranked_at = re.search(r'data-at="([^"]+)"', page.text)
        assert ranked_at
        at = datetime.fromisoformat(ranked_at[1])
        assert MONDAY < at < MONDAY + timedelta(hours=1), "its clock does not stand, it goes on"
        assert "digest" in browser.get("/digests").text


# -- the same, sent -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sent(
    tmp_path_factory: pytest.TempPathFactory, upstreams: ReplayServer
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """What a Slack and a mail server hold after one poll and two forced digests."""
    folder = tmp_path_factory.mktemp("sent")
    with FakeSlack() as slack, FakeSmtp() as smtp:
        more: dict[str, Any] = {
            "encoder": {},
            "subscriptions": [
                {"name": "lab", "channel": "slack", "destination": "C0123456789"},
                {"name": "me", "channel": "email", "destination": "ida@example.org"},
            ],
            "slack": {"token": "xoxb-test", "base_url": slack.url},
            "email": {
                "host": "127.0.0.1",
                "port": smtp.port,
                "security": "none",
                "sender": "Litwatch <litwatch@example.org>",
                "unsubscribe_mailto": "stop@example.org",
            },
        }
        told = Litwatch(replayed(folder, upstreams, **more), standing(MONDAY))
        for words in (["init"], ["poll"], *(["digest", "send", "--now", n] for n in ("lab", "me"))):
            assert told(*words) == 0
        assert told("digest", "send", "--now", "lab") == 0, "a second time sends nothing"
        return list(slack.posts), list(smtp.mails)


@pytest.mark.exhaustive
def test_slack_is_sent_each_part_once(sent: tuple[list[dict[str, Any]], list[bytes]]) -> None:
    posts = [post for post in sent[0] if "files" not in post]
    assert posts
    assert [problems(post) for post in posts] == [[]] * len(posts)
    assert len({json.dumps(post["metadata"], sort_keys=True) for post in posts}) == len(posts)
    assert "eutrophil" in json.dumps(posts)


@pytest.mark.exhaustive
def test_slack_is_sent_a_chart_once_with_its_words(
    sent: tuple[list[dict[str, Any]], list[bytes]],
) -> None:
    first, *_ = sent[0]
    [chart] = [post for post in sent[0] if "files" in post]
    assert "works under 5 % relevance" in chart["text"]
    assert chart["thread_ts"] == first["ts"]


@pytest.mark.exhaustive
def test_mail_is_sent_once_with_a_way_out(sent: tuple[list[dict[str, Any]], list[bytes]]) -> None:
    [mail] = [email.message_from_bytes(raw, policy=email.policy.default) for raw in sent[1]]
    assert mail["To"] == "ida@example.org"
    assert mail["List-Unsubscribe"].startswith("<mailto:stop@example.org?")
    assert mail["Message-ID"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "eutrophil" in body.get_content()
