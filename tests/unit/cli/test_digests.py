"""`litwatch digest`: previews, past digests, their bytes, and tests to one person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from service import pipeline
from service.clock import standing
from service.digest import slack as slack_forms
from service.records import DeliveryState
from service.store import Store
from service.store.schema import DeliveryRow
from tests import databases, papers
from tests.command_line import Litwatch
from tests.fake_slack import FakeSlack
from tests.fake_smtp import FakeSmtp
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
DAY = timedelta(days=1)
LAB = {"name": "lab", "channel": "file", "destination": "lab.txt", "zone": "UTC"}
TITLES = (
    "Cancer-associated fibroblasts of the tumour stroma hold T cells back",
    "Tumour-associated neutrophils and their extracellular traps in lung cancer",
    "Myofibroblasts of the stroma in pancreatic cancer, counted cell by cell",
)


@dataclass
class Lab:
    """The command line over an archive of three works, at a time that tests set."""

    litwatch: Litwatch
    archive: Archive
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def at(self, moment: datetime) -> None:
        self.litwatch.clock = standing(moment)

    def run(self, *words: str, status: int = 0) -> tuple[str, str]:
        """What a command says, on standard output and standard error."""
        self.capsys.readouterr()
        assert self.litwatch(*words) == status
        return self.capsys.readouterr()

    def json(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", status=status)[0])

    def sent(self) -> str:
        """Make and send the digest of the week; its id."""
        self.run("digest", "send", "--now", "lab")
        return str(self.json("digest", "list")[0]["id"])

    def stored(self) -> list[bytes]:
        with self.archive.store.reading() as tx:
            lines = sorted(tx.deliveries.lines(), key=lambda line: line.part)
            return [tx.deliveries.get(line.id).payload for line in lines]

    def change(self, **values: Any) -> None:
        """Deliveries as nothing but a fault would leave them."""
        with self.archive.store.engine.begin() as connection:
            connection.execute(update(DeliveryRow).values(**values))


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        archive = Archive(Store(engine), MONDAY - 2 * DAY)
        archive.take_in(*(paper(n, title=title) for n, title in enumerate(TITLES, start=1)))
        values: dict[str, Any] = {
            "database": {"url": str(engine.url)},
            "http": {"contact": "ida@example.org"},
            "encoder": {"model": "none-that-exists"},
            "file": {"folder": str(tmp_path / "sent")},
            "log": {"level": "error"},
            "subscriptions": [LAB],
        }
        yield Lab(Litwatch(values, standing(MONDAY)), archive, tmp_path, capsys)


def assert_refused(lab: Lab, *words: str, told: str, status: int = 2) -> None:
    """One line that says what is wrong, and nothing on standard output."""
    out, err = lab.run(*words, status=status)
    assert not out
    assert err.startswith("litwatch: ")
    assert err.count("\n") == 1
    assert told in err


def nothing_recorded(lab: Lab) -> bool:
    with lab.archive.store.reading() as tx:
        return not tx.digests.past() and not tx.deliveries.lines()


# -- preview --------------------------------------------------------------------------------------


def test_a_preview_shows_what_would_be_sent_and_writes_nothing(lab: Lab) -> None:
    out, _ = lab.run("digest", "preview")
    assert TITLES[0].split()[0] in out
    assert nothing_recorded(lab)


def test_a_page_and_a_text_have_the_links_and_the_page_the_charts_of_this_installation(
    lab: Lab,
) -> None:
    url = "https://litwatch.example.org"
    lab.litwatch.settings["web"] = {"url": url, "keys": ["k" * 32]}
    identity = lab.sent()
    for words in (("preview",), ("show", identity)):
        page, _ = lab.run("digest", *words, "--as", "html")
        assert f'href="{url}/d/' in page
        assert 'src="data:image/svg+xml;base64,' in page
        assert f"{url}/d/" in lab.run("digest", *words)[0]


@pytest.mark.parametrize("form", ["text", "html", "slack", "email"])
def test_a_preview_has_any_form_wherever_the_digest_goes(lab: Lab, form: str) -> None:
    """Also the form of a mail, though its own destination is no address."""
    lab.litwatch.settings["email"] = {"sender": "Litwatch <litwatch@example.org>"}
    out, _ = lab.run("digest", "preview", "--as", form)
    assert TITLES[0].split()[0] in out


def test_a_preview_as_of_an_earlier_time_knows_only_what_had_come(lab: Lab) -> None:
    lab.json("digest", "preview")  # the subscription is known from now on
    lab.archive.now = MONDAY + DAY
    lab.archive.take_in(paper(9, title="The stroma of tumours, once more, in another journal"))
    lab.at(MONDAY + 3 * DAY)
    assert lab.json("digest", "preview")["screened"] == 4
    for words in ("2026-11-16", "2026-11-16 08:00", "2026-11-16T09:00+01:00", "last monday"):
        told = lab.json("digest", "preview", "lab", "--as-of", words)
        assert (told["screened"], told["period"]) == (3, "UTC:2026-W47")
        assert told["created_at"] == "2026-11-16T08:00:00+00:00"
        assert told["label"] == "16 Nov 2026, week 47"
    assert nothing_recorded(lab)


def test_a_preview_as_of_its_send_time_is_the_digest_that_was_sent(lab: Lab) -> None:
    lab.run("digest", "send", "--now", "lab")
    [sent] = lab.stored()
    lab.at(MONDAY + 3 * DAY)
    out, _ = lab.run("digest", "preview", "--as-of", "2026-11-16 08:00")
    assert out == sent.decode() + "\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("2026-11-17", "is still to come"),
        ("2026-11-16 08:01", "is still to come"),
        ("9999-12-31", "is still to come"),
        ("soon", 'write it like 2026-11-16, "2026-11-16 08:00"'),
        ("2026-02-30", "is none that is known"),
        ("", "is none that is known"),
    ],
)
def test_a_time_that_cannot_be_looked_back_to_is_refused(lab: Lab, words: str, told: str) -> None:
    assert_refused(lab, "digest", "preview", "--as-of", words, told=told)


# -- past digests ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("sent", "sent"),
        ("unknown", "in doubt"),
        ("ready", "waiting"),
        ("retry", "waiting"),
        ("dead", "failed"),
        ("cancelled", "cancelled"),
    ],
)
def test_past_digests_are_listed_with_how_they_stand(lab: Lab, state: str, told: str) -> None:
    identity = lab.sent()
    lab.change(state=state)
    [line] = lab.json("digest", "list")
    assert (line["id"], line["state"]) == (identity, told)
    out, _ = lab.run("digest", "list")
    assert identity in out
    assert told in out


def test_a_past_digest_is_shown_as_it_was_frozen_whatever_came_since(lab: Lab) -> None:
    identity = lab.sent()
    [before] = lab.stored()
    lab.archive.take_in(paper(1, title="Another title altogether"))
    out, _ = lab.run("digest", "show", identity[:8])
    assert out == before.decode() + "\n"
    assert lab.json("digest", "show", identity)["digest_id"] == identity
    page, _ = lab.run("digest", "show", identity, "--as", "html")
    assert page.lower().startswith("<!doctype html>")
    assert json.loads(lab.run("digest", "show", identity, "--as", "slack")[0])
    file = lab.folder / "shown.html"
    lab.run("digest", "show", identity, "--as", "html", "--out", str(file))
    assert file.read_text("utf-8") + "\n" == page


@pytest.mark.parametrize("command", ["show", "replay"])
def test_a_digest_that_is_unknown_or_not_the_only_one_is_refused(lab: Lab, command: str) -> None:
    assert_refused(lab, "digest", command, "beef", told="see: litwatch digest list")
    lab.sent()
    lab.at(MONDAY + 7 * DAY)
    lab.run("digest", "send")
    assert_refused(lab, "digest", command, "", told="does not exist")
    assert_refused(lab, "digest", command, "zz", told="does not exist")


def test_the_beginning_of_an_id_must_be_of_one_digest(lab: Lab) -> None:
    for week in range(20):  # of twenty ids, two begin with the same of sixteen digits
        lab.at(MONDAY + week * 7 * DAY)
        lab.run("digest", "send", "--now", "lab")
    ids = [each["id"] for each in lab.json("digest", "list")]
    shared = next(one[0] for one in ids if sum(two[0] == one[0] for two in ids) > 1)
    assert_refused(lab, "digest", "show", shared, told="give more of its id")


# -- replay ---------------------------------------------------------------------------------------


def in_parts(lab: Lab, slack: FakeSlack) -> None:
    """From here the subscription goes to Slack, with more works than one message holds."""
    lab.litwatch.settings["subscriptions"] = [
        LAB | {"channel": "slack", "destination": "C0123456789", "cap": 60}
    ]
    lab.litwatch.settings["slack"] = {"token": "xoxb-test", "base_url": slack.url}
    words = ("niche", "matrix", "hypoxia", "collagen", "stiffness", "macrophages", "scar")
    lab.archive.take_in(
        *(
            paper(n, title=f"Tumour stroma, fibroblasts and {words[n % 7]} {n} {words[n // 7]}")
            for n in range(10, 49)
        )
    )


def test_replay_gives_the_stored_bytes_and_nothing_else(lab: Lab) -> None:
    identity = lab.sent()
    [payload] = lab.stored()
    out, err = lab.run("digest", "replay", identity[:6])
    assert out.encode() == payload
    assert err == f"file lab.txt 1/1: {len(payload)} bytes, sent\n"


def test_replay_writes_a_part_to_a_file_and_several_into_a_folder(lab: Lab) -> None:
    with FakeSlack() as slack:
        in_parts(lab, slack)
        identity = lab.sent()
    stored = lab.stored()
    assert len(stored) > 1
    file, folder = lab.folder / "second.json", lab.folder / "parts"
    lab.run("digest", "replay", identity, "--part", "2", "--out", str(file))
    assert file.read_bytes() == stored[1]
    lab.run("digest", "replay", identity, "--out", str(folder))
    written = [folder / f"slack-C0123456789-{n}.json" for n in range(1, len(stored) + 1)]
    assert [each.read_bytes() for each in written] == stored
    assert len(list(folder.iterdir())) == len(stored)
    told = f"the digest has {len(stored)}"
    assert_refused(lab, "digest", "replay", identity, "--part", "99", told=told)
    assert_refused(lab, "digest", "replay", identity, "--out", str(file), told="made a folder")


def test_a_check_says_that_the_bytes_are_still_the_same(lab: Lab) -> None:
    identity = lab.sent()
    out, err = lab.run("digest", "replay", identity, "--check")
    assert (out, err) == ("", "file lab.txt 1/1: the same bytes\n")
    [told] = lab.json("digest", "replay", identity, "--check")
    assert (told["whole"], told["same"]) == (True, True)
    told = "does not go with --check"
    assert_refused(lab, "digest", "replay", identity, "--check", "--out", "x", told=told)


def test_a_check_finds_damaged_bytes(lab: Lab) -> None:
    identity = lab.sent()
    lab.change(payload=b"something else")
    _, err = lab.run("digest", "replay", identity, "--check", status=1)
    assert "lab.txt 1/1: damaged" in err
    _, err = lab.run("digest", "replay", identity, status=1)
    assert "DAMAGED" in err


def test_a_check_tells_a_changed_program_from_damage_and_names_the_part(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeSlack() as slack:
        in_parts(lab, slack)
        identity = lab.sent()
    messages = slack_forms.messages

    def changed(*told: Any, **more: Any) -> list[dict[str, Any]]:
        first, second, *rest = messages(*told, **more)
        return [first, {**second, "text": "newer"}, *rest]

    monkeypatch.setattr("service.digest.render.messages", changed)
    _, err = lab.run("digest", "replay", identity, "--check", status=1)
    one, two, *_ = err.splitlines()
    assert one.endswith("the same bytes")
    assert "2/" in two
    assert "has changed since" in two
    verdicts = [
        each["same"] for each in lab.json("digest", "replay", identity, "--check", status=1)
    ]
    assert verdicts[:2] == [True, False]
    monkeypatch.setattr(
        "service.digest.render.messages", lambda *told, **more: messages(*told, **more)[:1]
    )
    _, err = lab.run("digest", "replay", identity, "--check", status=1)
    assert "instead of" in err


# -- tests to one person --------------------------------------------------------------------------


def mailing(lab: Lab, smtp: FakeSmtp) -> None:
    lab.litwatch.settings["email"] = {
        "host": "127.0.0.1",
        "port": smtp.port,
        "security": "none",
        "sender": "Litwatch <litwatch@example.org>",
    }


def test_a_test_goes_to_one_address_and_uses_nothing_up(lab: Lab) -> None:
    with FakeSmtp() as smtp:
        mailing(lab, smtp)
        out, err = lab.run("digest", "send", "--to", "rei@example.org")
        assert not out
        assert "lab: test of 16 Nov 2026, week 47, " in err
        assert "email rei@example.org 1/1: sent" in err
        lab.run("digest", "send", "lab", "--to", "me")
        assert nothing_recorded(lab)
        first, second = smtp.mails
    assert b"To: rei@example.org" in first
    assert b"To: ida@example.org" in second
    ids = {line for mail in (first, second) for line in mail.splitlines() if b"Message-ID" in line}
    assert len(ids) == 2
    lab.run("digest", "send", "--now", "lab")
    assert len(lab.stored()) == 1


def test_a_test_goes_to_slack_as_message_and_thread(lab: Lab) -> None:
    with FakeSlack() as slack:
        in_parts(lab, slack)
        parts = lab.json("digest", "send", "--to", "C0999999999")["parts"]
        posts = list(slack.posts)
    assert len(posts) == len(parts) > 1
    assert {post["channel"] for post in posts} == {"C0999999999"}
    assert "thread_ts" not in posts[0]
    assert {post["thread_ts"] for post in posts[1:]} == {posts[0]["ts"]}
    assert nothing_recorded(lab)


@pytest.mark.parametrize(
    ("mode", "state", "told"),
    [
        ("channel_not_found", "dead", "Remedy: "),
        ("429:30", "retry", "Remedy: nothing has arrived: try again in a while"),
        ("kept:rst", "unknown", "Remedy: it may have arrived: look there before you try again"),
    ],
)
def test_a_test_is_tried_once_and_says_what_to_do(
    lab: Lab, mode: str, state: str, told: str
) -> None:
    with FakeSlack() as slack:
        in_parts(lab, slack)
        slack.will("post", mode)
        _, err = lab.run("digest", "send", "--to", "C0999999999", status=6)
        assert slack.count("chat.postMessage") == 1
        slack.will("post", mode)
        [part] = lab.json("digest", "send", "--to", "C0999999999", status=6)["parts"]
    assert f": {state} (" in err
    assert told in err
    assert "were not sent" in err
    assert part["state"] == state
    assert nothing_recorded(lab)


@pytest.mark.parametrize("name", ["look.html", "look.txt"])
def test_a_test_as_a_file_says_where_it_is(lab: Lab, name: str) -> None:
    _, err = lab.run("digest", "send", "--to", name)
    [file] = (lab.folder / "sent").iterdir()
    assert f"file {name} 1/1: sent (written): {file}" in err
    assert "This is a test digest." in file.read_text("utf-8")
    assert nothing_recorded(lab)


@pytest.mark.parametrize(
    ("words", "told", "status"),
    [
        (("lab",), "to send it though it is not due: --now lab", 2),
        (("--channel", "file"), "add --to DESTINATION", 2),
        (("--to", "me", "--now", "lab"), "write: --to me lab", 2),
        (("--to", "nowhere"), "is of no known kind (give an address", 2),
        (("--to", "rei@example.org"), "email: is not configured", 6),
        (("--to", "C0123456789"), "slack: is not configured", 6),
        (("--to", "folder/look.html"), "preview --as html --out FILE", 2),
        (("nobody", "--to", "look.html"), "subscription 'nobody'", 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_test_that_cannot_be_sent_is_refused(
    lab: Lab, words: tuple[str, ...], told: str, status: int
) -> None:
    assert_refused(lab, "digest", "send", *words, told=told, status=status)


def test_me_is_the_contact_and_must_be_set(lab: Lab) -> None:
    lab.litwatch.settings["http"] = {}
    assert_refused(lab, "digest", "send", "--to", "me", told="http.contact is empty")


def test_a_digest_with_a_part_in_doubt_is_not_called_sent(lab: Lab) -> None:
    with FakeSlack() as slack:
        in_parts(lab, slack)
        slack.will("post", "ok", "kept:rst")
        lab.run("digest", "send", "--now", "lab", status=6)
    [line] = lab.json("digest", "list")
    assert line["state"] == "in doubt"
    states = {each["state"] for each in lab.json("digest", "replay", line["id"])}
    assert {DeliveryState.SENT, DeliveryState.UNKNOWN} <= states
