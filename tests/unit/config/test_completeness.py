"""What is valid but cannot work, or works with less: told by name, with what to do."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from service.config import Settings, notes, problems

KEY = "k" * 32
NAMES = ("pubmed", "pmc", "biorxiv", "medrxiv", "arxiv", "europepmc")
MAIL = {"host": "smtp.example.org", "sender": "lit@example.org"}
WEB = {"url": "https://lit.example.org", "keys": [KEY]}
LISTENING = {"token": "xoxb-1", "app_token": "xapp-1"}
TO_A_FILE = {"channel": "file", "destination": "out"}
TO_SLACK = {"channel": "slack", "destination": "C012"}
TO_MAIL = {"channel": "email", "destination": "ida@example.org"}
TO_CHAT = {"channel": "apprise", "destination": "lab-chat"}
CHAT = {"name": "lab-chat", "url": "json://chat.example.org"}


def given(*subscriptions: dict[str, Any], **sections: Any) -> Settings:
    """Settings that lack nothing but what a test leaves out."""
    rows = [{"name": f"S{number}", **row} for number, row in enumerate(subscriptions, 1)]
    return Settings.model_validate(
        {"http": {"contact": "ida@example.org"}, "subscriptions": rows, **sections}
    )


@pytest.mark.parametrize(
    "settings",
    [
        given(TO_A_FILE),
        given({"channel": "atom", "destination": "stroma"}),
        given(TO_SLACK, slack=LISTENING),
        given(TO_SLACK, slack={"token": "xoxb-1", "signing_secret": "s"}, web=WEB),
        given(TO_MAIL, email=MAIL | {"bounce_address": "b@example.org"}, web=WEB),
        given(TO_CHAT, targets=[CHAT]),
        given(TO_SLACK | {"fallback": "ida@example.org"}, slack=LISTENING, email=MAIL, web=WEB),
    ],
    ids=["file", "feed", "slack", "slack that calls", "mail", "chat", "fallback"],
)
def test_a_complete_configuration_has_neither_problems_nor_notes(settings: Settings) -> None:
    assert problems(settings) == []
    assert notes(settings) == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (given(TO_A_FILE, http={}), "http.contact is empty"),
        (given(), "subscriptions: none is active"),
        (
            given(TO_A_FILE, sources={name: {"enabled": False} for name in NAMES}),
            "sources: none is enabled",
        ),
        (given(TO_SLACK), "slack.token is missing: S1 cannot be sent"),
        (
            given(TO_A_FILE, slack={"app_token": "xapp-1"}),
            "slack.token is missing: slack.app_token is of no use",
        ),
        (
            given(TO_A_FILE, slack={"signing_secret": "s"}, web=WEB),
            "slack.token is missing: slack.signing_secret is of no use",
        ),
        (
            given(TO_MAIL, email={"sender": "lit@example.org"}, web=WEB),
            "email.host is missing: S1 cannot be sent",
        ),
        (
            given(TO_MAIL, email={"host": "smtp.example.org"}, web=WEB),
            "email.sender is missing: S1 cannot be sent",
        ),
        (
            given(TO_A_FILE | {"fallback": "ida@example.org"}, email={"host": "a.org"}, web=WEB),
            "email.sender is missing: the fallback of S1 cannot be sent",
        ),
        (given(TO_A_FILE, email={"username": "lab"}), "email.password is missing"),
        (given(TO_A_FILE, email={"password": "lab"}), "email.username is missing"),
        (given(TO_A_FILE, web={"url": "https://a.org"}), "web.keys is empty: mails have no links"),
        (given(TO_A_FILE, web={"keys": [KEY]}), "web.url is empty"),
        (
            given(TO_A_FILE, email={"bounce_address": "b@a.org"}),
            "web.keys is empty: mails that come back",
        ),
        (
            given(TO_A_FILE, email={"bounce_maildir": "Maildir"}),
            "email.bounce_address is empty",
        ),
        (
            given(TO_A_FILE, targets=[CHAT, CHAT]),
            "targets: two are called lab-chat",
        ),
    ],
)
def test_what_cannot_work_is_a_problem(settings: Settings, told: str) -> None:
    (line,) = problems(settings)
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("targets", "remedy"),
    [
        ([CHAT | {"name": "lab-chats"}], "did you mean lab-chats?"),
        ([CHAT | {"name": "other"}], "known: other"),
        ([], "add it as one of [[targets]]"),
    ],
)
def test_a_target_that_does_not_exist_is_told_with_what_was_meant(
    targets: list[dict[str, str]], remedy: str
) -> None:
    (line,) = problems(given(TO_CHAT, targets=targets))
    assert line == f"targets: none is called lab-chat, so S1 cannot be sent ({remedy})"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (given(TO_SLACK, slack={"token": "xoxb-1"}), "slack.app_token is not set: digests to S1"),
        (
            given(TO_SLACK, slack={"token": "xoxb-1", "signing_secret": "s"}),
            "slack.signing_secret is set and web.url is not",
        ),
        (
            given(TO_MAIL, email=MAIL),
            "web.url and web.keys are not set: mails have no links to vote or to unsubscribe",
        ),
        (
            given(TO_MAIL, email=MAIL | {"unsubscribe_mailto": "off@example.org"}),
            "web.url and web.keys are not set: mails have no links to vote (",
        ),
    ],
)
def test_what_works_with_less_is_a_note(settings: Settings, told: str) -> None:
    assert problems(settings) == []
    (line,) = notes(settings)
    assert line.startswith(told)


def test_what_cannot_work_at_all_has_no_notes() -> None:
    settings = given(TO_MAIL, TO_SLACK)
    assert len(problems(settings)) == 3
    assert notes(settings) == []


def test_one_missing_setting_is_told_once_for_all_that_need_it() -> None:
    lines = problems(given(TO_MAIL, TO_SLACK | {"fallback": "ida@example.org"}, slack=LISTENING))
    assert [line.partition(" cannot")[0] for line in lines] == [
        "email.host is missing: S1, the fallback of S2",
        "email.sender is missing: S1, the fallback of S2",
    ]


def test_inactive_subscriptions_need_nothing() -> None:
    off = {"active": False, "fallback": "ida@example.org"}
    settings = given(TO_SLACK | off, TO_MAIL | off, TO_CHAT | off)
    assert problems(settings) == ["subscriptions: none is active, so no digest will be sent"]
    assert notes(settings) == []


def test_no_line_repeats_a_secret() -> None:
    secret = "swordfish-" * 4
    settings = Settings.model_validate(
        tomllib.loads(
            f'[slack]\napp_token = "{secret}"\nsigning_secret = "{secret}"\n'
            f'[email]\npassword = "{secret}"\nbounce_address = "b@a.org"\n'
            f'[web]\nkeys = ["{secret}"]\n'
            f'[[targets]]\nname = "a"\nurl = "json://{secret}"\n'
            f'[[targets]]\nname = "a"\nurl = "json://{secret}"\n'
        )
    )
    lines = [*problems(settings), *notes(settings)]
    assert len(lines) == 7
    assert not any("swordfish" in line for line in lines)
