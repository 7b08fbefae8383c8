"""Every secret of the configuration is a canary; every server fails, and says back what it was
told. No canary is in a log, an error, an answer or the archive."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from service import bootstrap, config, logs
from service.cli.main import run
from service.cli.session import Session
from service.clock import standing
from service.config import Settings
from service.config.declared import declared
from service.web.app import create
from tests.command_line import MONDAY, Litwatch
from tests.echo_server import Echo, echoing
from tests.fake_smtp import FakeSmtp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.store import Store


# By their path; those that must have a form have it.
CANARIES = {
    "sources.pubmed.api_key": "canary01pubmed",
    "sources.pmc.api_key": "canary02pmc",
    "sources.citing.openalex_key": "canary03openalex",
    "slack.token": "xoxb-canary04-slack",
    "slack.app_token": "xapp-canary05-slack",
    "slack.signing_secret": "canary06signing",
    "email.password": 'canary07 "mail\\word"',
    "email.bounce_imap_password": "canary08imap",
    "targets[].url": "canary09target",
    "telemetry.authorization": "Bearer canary10telemetry",
    "web.keys": "canary11" + "k" * 32,
    "zotero.api_key": "canary12zotero",
    "database.url": "canary13database",
}
ELSEWHERE = {"database.url"}  # in a test of its own: a SQLite file has no password
_CANARY = re.compile(r"canary\d\d")


def test_every_secret_setting_has_a_canary() -> None:
    """Who adds a secret adds it here."""
    assert {".".join(each.path) for each in declared() if each.secret} == set(CANARIES)


def _settings(folder: Path, echo: Echo, smtp: FakeSmtp) -> dict[str, Any]:
    """Everything that can be asked is asked at the server that echoes."""
    secret = CANARIES
    places = [("slack", "C0123456"), ("email", "ida@example.org"), ("apprise", "team")]
    return {
        "database": {"url": f"sqlite:///{folder}/litwatch.db"},
        "http": {
            "contact": "lab@example.org",
            "pace": 0.0,
            "tries": 2,
            "trusted_hosts": [echo.host],
        },
        "encoder": {"model": "none-that-exists"},
        "sources": {
            "pubmed": {"base_url": echo.url("eutils"), "api_key": secret["sources.pubmed.api_key"]},
            "pmc": {"base_url": echo.url("eutils"), "api_key": secret["sources.pmc.api_key"]},
            "biorxiv": {"enabled": False, "base_url": echo.url("biorxiv")},
            "medrxiv": {"enabled": False, "base_url": echo.url("biorxiv")},
            "arxiv": {"oai_url": echo.url("oai"), "api_url": echo.url("arxiv")},
            "crossref": {"base_url": echo.url("crossref")},
            "europepmc": {"base_url": echo.url("europepmc")},
            "citing": {
                "openalex_url": echo.url("openalex"),
                "openalex_key": secret["sources.citing.openalex_key"],
            },
        },
        "slack": {
            "token": secret["slack.token"],
            "signing_secret": secret["slack.signing_secret"],
            "app_token": secret["slack.app_token"],
            "base_url": echo.url("slack/"),
            "inbox": str(folder / "inbox"),
        },
        "email": {
            "host": "127.0.0.1",
            "port": smtp.port,
            "security": "none",
            "username": "lab",
            "password": secret["email.password"],
            "sender": "lab@example.org",
            "bounce_address": "bounces@example.org",
            "bounce_imap_host": "127.0.0.1",
            "bounce_imap_port": 9,
            "bounce_imap_username": "lab",
            "bounce_imap_password": secret["email.bounce_imap_password"],
        },
        "targets": [
            {"name": "team", "url": f"json://lab:{secret['targets[].url']}@{echo.host}/hook"}
        ],
        "telemetry": {
            "endpoint": echo.url("otel"),
            "authorization": secret["telemetry.authorization"],
        },
        "web": {"url": "https://litwatch.example.org", "keys": [secret["web.keys"]]},
        "zotero": {
            "base_url": echo.url("zotero"),
            "group": "12345",
            "api_key": secret["zotero.api_key"],
        },
        "subscriptions": [
            {"name": name, "channel": name, "destination": to, "zone": "UTC"} for name, to in places
        ],
        "enrichment": {"enabled": False},
        "operator": {"channel": "slack", "destination": "C0999999"},
        "log": {"level": "debug"},
    }


@pytest.fixture
def echo() -> Iterator[Echo]:
    with echoing(401) as found:
        yield found


@pytest.fixture
def litwatch(tmp_path: Path, echo: Echo) -> Iterator[Litwatch]:
    """A mail server that repeats the password, too."""
    said = CANARIES["email.password"]
    with FakeSmtp(auth=f"535 5.7.8 {said} is wrong") as smtp:
        yield Litwatch(_settings(tmp_path, echo, smtp), standing(MONDAY))


_COMMANDS = (
    ("init",),
    ("config", "check"),
    ("poll",),
    ("digest", "send", "--now", "slack"),
    ("digest", "send", "--now", "email"),
    ("digest", "send", "--now", "apprise"),
    ("run", "--once"),
    ("alarms", "test"),
    ("alarms", "check"),
    ("zotero", "collections"),
    ("sources",),
    ("status",),
    ("deliveries", "--json"),
    ("receipts", "--json"),
)


@pytest.mark.parametrize(("status", "form"), [(401, "text"), (500, "json"), (200, "json")])
def test_no_secret_is_told_whatever_fails(
    litwatch: Litwatch, echo: Echo, status: int, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    echo.status, litwatch.settings["log"]["format"] = status, form
    told = []
    for words in _COMMANDS:
        litwatch(*words)
        shown = capsys.readouterr()
        told.append((words, shown.out + shown.err))
    heard = "\n".join(echo.told)
    assert {*_CANARY.findall(heard)} >= {"canary01", "canary02", "canary04", "canary12"}
    leaks = [(words, _CANARY.findall(said)) for words, said in told if _CANARY.search(said)]
    assert leaks == []
    assert sum(len(said) for _, said in told) > 2_000  # they did tell what failed


def test_no_secret_is_in_the_archive(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What failed is kept there, and shown on pages."""
    for words in _COMMANDS[:8]:
        litwatch(*words)
    capsys.readouterr()
    session = Session(overrides=Settings.model_validate(litwatch.settings))
    with session.opened() as app:
        assert _CANARY.findall(_dump(app.store)) == []


def _dump(store: Store) -> str:
    with store.engine.connect() as connection:
        listed = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = connection.execute(text(listed)).scalars().all()
        return str([connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables])


def test_no_secret_is_in_what_is_served(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("init")
    capsys.readouterr()
    settings = Settings.model_validate(litwatch.settings)
    logs.configure("debug", "json", config.secrets(settings))
    app = bootstrap.build(settings, standing(MONDAY))
    browser = TestClient(create(app), raise_server_exceptions=False)
    key = CANARIES["web.keys"]
    answers = [
        browser.get(path, headers={"Authorization": f"Bearer {key}"})
        for path in (f"/f/{key}", f"/api/v1/works?token={key}", "/metrics", "/readyz", f"/{key}")
    ]
    answers.append(
        browser.post("/slack/interactions", content=key, headers={"X-Slack-Signature": key})
    )
    app.close()
    assert {answer.status_code for answer in answers} <= {200, 400, 401, 403, 404, 405, 410, 503}
    assert not any(_CANARY.search(answer.text + str(answer.headers)) for answer in answers)
    assert not _CANARY.search(capsys.readouterr().err)


def test_no_secret_is_in_what_python_shows_of_the_settings(litwatch: Litwatch) -> None:
    settings = Settings.model_validate(litwatch.settings)
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        repr(settings.model_dump()),
        repr(bootstrap.build(settings.model_copy(update={"telemetry": Settings().telemetry}))),
    ]
    assert [_CANARY.findall(each) for each in shown] == [[]] * len(shown)
    assert len(config.secrets(settings)) >= len(CANARIES) - len(ELSEWHERE)


@pytest.mark.parametrize("path", sorted(CANARIES))
def test_a_secret_that_is_refused_is_not_repeated(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong in kind: a table where a text belongs."""
    *tables, last = path.replace("[]", "").split(".")
    rows = "[]" in path
    held: Any = {last: {"inner": CANARIES[path]}}
    for name in reversed(tables):
        held = {name: [held | {"name": "x"}] if rows else held}
    file = tmp_path / "litwatch.json"
    toml = tmp_path / "litwatch.toml"
    file.write_text(json.dumps(held))
    toml.write_text(_toml(held))
    assert run(["--config", str(toml), "config", "check"], Session(toml)) == 3
    shown = capsys.readouterr()
    assert not _CANARY.search(shown.out + shown.err)


def _toml(held: dict[str, Any], above: str = "") -> str:
    lines = [
        f"{name} = {json.dumps(value)}" for name, value in held.items() if isinstance(value, str)
    ]
    for name, value in held.items():
        if isinstance(value, dict):
            lines.append(f"[{above}{name}]\n{_toml(value, f'{above}{name}.')}")
        elif isinstance(value, list):
            lines += [f"[[{above}{name}]]\n{_toml(each, f'{above}{name}.')}" for each in value]
    return "\n".join(lines)


def test_a_databases_password_is_in_no_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = f"postgresql+psycopg://lab:{CANARIES['database.url']}@127.0.0.1:9/none"
    litwatch = Litwatch({"database": {"url": url}, "log": {"level": "debug"}}, standing(MONDAY))
    for words in (("init",), ("status",), ("db", "status"), ("run", "--once"), ("config", "check")):
        litwatch(*words)
    shown = capsys.readouterr()
    assert "lab:***@127.0.0.1" in shown.err
    assert not _CANARY.search(shown.out + shown.err)
