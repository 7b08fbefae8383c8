from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from service.config import Settings, load, secrets
from service.config.declared import declared
from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Told = Callable[..., str]

CANARY = "xoxb-canary-0123456789"

GOOD = """
[http]
contact = "lab@example.org"
trusted_hosts = ["mirror.internal"]

[sources.pubmed]
query = "neutrophil[tiab]"

[[sources.feeds]]
name = "cell"
url = "https://example.org/cell.rss"

[slack]
token = "xoxb-1"

[[subscriptions]]
name = "Stroma group"
topics = ["stroma"]
channel = "slack"
destination = "C012ABC"
weekday = "Thursday"
at = 08:30:00
zone = "America/New_York"
cap = 10
"""


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Load a text that is wrong, and return what the user reads."""

    def load_wrong(text: str = "", environ: Mapping[str, str] | None = None) -> str:
        file = tmp_path / "litwatch.toml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load(file, environ or {})
        return str(caught.value)

    return load_wrong


def row(**changes: object) -> str:
    """A subscription as a TOML table."""
    entry = {"name": "Lab", "channel": "file", "destination": "out", **changes}
    return "[[subscriptions]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in entry.items())


# -- where settings come from ---------------------------------------------------------------------


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None, {"HOME": str(tmp_path)})
    assert settings == Settings()
    assert settings.database.url.get_secret_value() == "sqlite:///litwatch.db"
    assert settings.sources.pubmed.base_url == "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    assert "neutrophil[tiab]" in settings.sources.pubmed.query


def test_a_file_is_read_into_frozen_values(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(GOOD, encoding="utf-8-sig")  # with the mark that some editors write
    settings = load(file, {})
    assert settings.sources.feeds[0].name == "cell"
    assert settings.sources.feeds[0].enabled
    assert settings.http.trusted_hosts == ("mirror.internal",)
    with pytest.raises(ValidationError):
        settings.http.contact = "other@example.org"


def test_a_subscription_becomes_the_record_that_stages_know(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(GOOD + row(name="All"), encoding="utf-8")
    first, second = load(file, {}).subscriptions
    record = first.record(("stroma", "neutrophils"))
    assert (record.weekday, record.at, record.zone) == (3, "08:30", "America/New_York")
    assert record.topics == ("stroma",)
    assert second.record(("stroma", "neutrophils")).topics == ("stroma", "neutrophils")


def test_with_searches_no_topics_named_means_none(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    entry = '[[searches]]\nname = "nets"\nquery = "title:NETs -mouse"\n'
    file.write_text(row(searches=["nets"]) + entry, encoding="utf-8")
    settings = load(file, {})
    record = settings.subscriptions[0].record(("stroma", "neutrophils"))
    assert (record.topics, record.searches) == ((), ("nets",))
    [search] = settings.searches
    assert (search.query, search.mode) == ("title:NETs -mouse", "hybrid")


def test_a_small_cap_lowers_the_default_floor(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(row(cap=2), encoding="utf-8")
    assert load(file, {}).subscriptions[0].record(()).floor == 2


def test_the_first_file_found_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config, LITWATCH_CONFIG, the working folder, the home folder."""
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    (home / ".config" / "litwatch").mkdir(parents=True)
    monkeypatch.chdir(here)
    places = {
        24: tmp_path / "given.toml",
        12: tmp_path / "variable.toml",
        8: here / "litwatch.toml",
        4: home / ".config" / "litwatch" / "litwatch.toml",
    }
    for hours, file in places.items():
        file.write_text(f"[poll]\nevery_hours = {hours}\n", encoding="utf-8")
    environ = {"HOME": str(home), "LITWATCH_CONFIG": str(places[12])}
    assert load(places[24], environ).poll.every_hours == 24
    assert load(None, environ).poll.every_hours == 12
    del environ["LITWATCH_CONFIG"]
    assert load(None, environ).poll.every_hours == 8
    places[8].unlink()
    assert load(None, environ).poll.every_hours == 4


def test_a_named_file_that_is_absent_is_an_error(tmp_path: Path) -> None:
    absent = tmp_path / "absent.toml"
    with pytest.raises(ConfigError, match="--config: there is no file"):
        load(absent, {})
    with pytest.raises(ConfigError, match="LITWATCH_CONFIG: there is no file"):
        load(None, {"LITWATCH_CONFIG": str(absent)})


def test_a_variable_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(GOOD, encoding="utf-8")
    settings = load(
        file,
        {
            "LITWATCH_SOURCES__PUBMED__QUERY": "stroma[tiab]",
            "LITWATCH_HTTP__TRUSTED_HOSTS": "a.internal, b.internal",
            "LITWATCH_SOURCES__ARXIV__TERMS": '["tumor", "NET, net"]',
            "LITWATCH_SUBSCRIPTIONS": '[{"name": "B", "channel": "file", "destination": "d"}]',
            "LITWATCH_HTTP__CONTACT": "",  # counts as unset
            "UNRELATED": "x",
        },
    )
    assert settings.sources.pubmed.query == "stroma[tiab]"
    assert settings.http.trusted_hosts == ("a.internal", "b.internal")
    assert settings.sources.arxiv.terms == ("tumor", "NET, net")
    assert [entry.name for entry in settings.subscriptions] == ["B"]
    assert settings.http.contact == "lab@example.org"


def test_every_plain_setting_can_come_from_its_variable() -> None:
    """The variable that the documentation names is the one that is read."""
    for setting in declared():
        if not setting.variable or setting.rows:
            continue
        with pytest.raises(ConfigError) as caught:
            load(
                None, {"HOME": "/nonexistent", setting.variable: "\x00", "LITWATCH_LOG__LEVEL": "?"}
            )
        assert "unknown" not in str(caught.value), setting.variable


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{CANARY}\n", encoding="utf-8")
    settings = load(None, {"HOME": str(tmp_path), "LITWATCH_SLACK__TOKEN_FILE": str(file)})
    assert settings.slack.token
    assert settings.slack.token.get_secret_value() == CANARY


@pytest.mark.parametrize("name", ["SLACK__APP_TOKEN", "WEB__KEYS", "DATABASE__URL"])
def test_an_empty_secret_file_counts_as_unset(tmp_path: Path, name: str) -> None:
    """A compose file mounts every secret, used or not."""
    file = tmp_path / "empty"
    file.write_text(" \n", encoding="utf-8")
    settings = load(None, {"HOME": str(tmp_path), f"LITWATCH_{name}_FILE": str(file)})
    assert settings == Settings()


def test_a_secret_file_is_refused_when_absent_or_given_twice(told: Told, tmp_path: Path) -> None:
    absent = {"LITWATCH_EMAIL__PASSWORD_FILE": str(tmp_path / "absent")}
    assert "LITWATCH_EMAIL__PASSWORD_FILE: the file cannot be read: No such file" in told(
        "", absent
    )
    both = {"LITWATCH_SLACK__TOKEN": CANARY, "LITWATCH_SLACK__TOKEN_FILE": str(tmp_path)}
    assert "LITWATCH_SLACK__TOKEN is set as well" in told("", both)
    only_secrets = told("", {"LITWATCH_HTTP__CONTACT_FILE": str(tmp_path)})
    assert "LITWATCH_HTTP__CONTACT_FILE: unknown variable" in only_secrets


def test_what_kubernetes_injects_is_ignored(tmp_path: Path) -> None:
    injected = {
        "LITWATCH_SERVICE_HOST": "10.0.0.1",
        "LITWATCH_SERVICE_PORT_HTTP": "80",
        "LITWATCH_PORT": "tcp://10.0.0.1:80",
        "LITWATCH_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert load(None, {"HOME": str(tmp_path), **injected}) == Settings()


# -- what is refused, and how it is told ----------------------------------------------------------


STRANGE = f"LITWATCH_{'Q' * 60}"


def test_one_error_names_everything_that_is_wrong(told: Told) -> None:
    text = (
        'zzyzx = 1\n[slak]\ntoken = "x"\n[slack]\ntokn = "x"\n[http]\ncontact = "bad"\ntries = 99\n'
        + row(zone="Berlin", at="25:00", channel="fax")
        + '[[subscriptions]]\nchannel = "file"\n'
    )
    variables = {"LITWATCH_POLL__EVERY_HOURS": "six", "LITWATCH_SLACK_TOKEN": CANARY, STRANGE: "x"}
    message = told(text, variables)
    for part in (
        "zzyzx: unknown setting (run: litwatch config reference)",
        "slak: unknown setting (did you mean slack?)",
        "slack.tokn: unknown setting (did you mean token?)",
        "http.contact: 'bad' is no e-mail address",
        "http.tries: should be less than or equal to 10, not '99'",
        "subscriptions[Lab].zone: 'Berlin' is no time zone (did you mean Europe/Berlin?)",
        "subscriptions[Lab].at: '25:00' is no time of day",
        "subscriptions[Lab].channel: should be 'slack', 'email', 'file', 'atom' or 'apprise', not 'fax'",
        "subscriptions[#2].name: is missing",
        "subscriptions[#2].destination: is missing",
        "LITWATCH_POLL__EVERY_HOURS: should be a valid integer",
        "LITWATCH_SLACK_TOKEN: unknown variable (did you mean LITWATCH_SLACK__TOKEN?)",
        f"{STRANGE}: unknown variable (run: litwatch config reference)",
    ):
        assert part in message
    assert message.count("\n") == 13
    assert "13 settings are wrong" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (row(weekday="munday"), "[Lab].weekday: 'munday' is no weekday (did you mean monday?)"),
        (row(weekday=1), "[Lab].weekday: 1 is no weekday (known: monday"),
        (row(at="0 8 * * 1"), "[Lab].at: cron lines are not understood (write weekday ="),
        (row(at="8 am"), "[Lab].at: '8 am' is no time of day"),
        (row(zone="Mars/Base"), "[Lab].zone: 'Mars/Base' is no time zone"),
        (row(zone="../../etc/passwd"), "[Lab].zone: '../../etc/passwd' is no time zone"),
        (row(zone="America"), "[Lab].zone: 'America' is no time zone"),
        (row(zone="Europe/Berln"), "(did you mean Europe/Berlin?)"),
        (row(cap=2, floor=3), "[Lab].floor: 3 is more than cap (2)"),
        (row(name="../x"), "subscriptions[../x].name: '../x' is no name"),
        (row(channel="slack", destination="#general"), "'#general' is no Slack channel id"),
        (row(channel="email", destination="a@b\nBcc: c@d"), "control character"),
        (row(channel="email", destination="lab"), "'lab' is no e-mail address"),
        ('[[searches]]\nname = "NETs"\nquery = "a"', "searches[NETs].name: 'NETs' is no name"),
        ('[[searches]]\nname = "a"\nquery = ""', "searches[a].query: is empty"),
        ('[[searches]]\nname = "a"\nquery = "b"\n' * 2, "saved search's name 'a' is used twice"),
        (row() + row(), "subscriptions: the subscription name 'Lab' is used twice"),
        ('[[sources.feeds]]\nname = "pubmed"\nurl = "https://a.org"', "'pubmed' is used twice"),
        ('[[sources.feeds]]\nname = "a"\nurl = "file:///x"', "'file:///x' is no web address"),
        ('[[sources.feeds]]\nname = "a"\nurl = "https://u:pw@a.org"', "has a login in its address"),
        ('[sources.pmc]\nbase_url = "http://a.org"', "'http://a.org' is not encrypted"),
        ('[sources.pmc]\nquery = ""', "sources.pmc.query: is empty"),
        ('[slack]\nbase_url = "http://slack.example/api/"', "is not encrypted"),
        ('[email]\nhost = "mail.a.org"\nsecurity = "none"', "email.security: mail and password"),
        ('[email]\nsender = "Lab <lab>"', "is no sender"),
        ("[http]\ndeadline_s = nan", "http.deadline_s: should be a finite number, not 'nan'"),
        ('[email]\nunsubscribe_url = "http://a.org"', "'http://a.org' is not encrypted"),
        ('[http]\ncontact = "läb@a.org"', "is no e-mail address"),
        ("[slack]\ntimeout_s = 60", "delivery.lease_s: 120 s is too short for slack.timeout_s 60"),
        ("[email]\nfinal_timeout_s = 900", "delivery.email_lease_s: 2400 s is too short"),
        ("poll = 3", "poll: should be a table (write [poll] above"),
        ('[database]\nurl = "litwatch.db"', "database.url: is no database address"),
        ("a = = 1", "is not TOML: "),
    ],
)
def test_a_wrong_value_is_told_by_name_with_a_remedy(told: Told, text: str, expected: str) -> None:
    assert expected in told(text)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_plain_mail_is_allowed_to_this_machine(tmp_path: Path, host: str) -> None:
    environ = {"LITWATCH_EMAIL__HOST": host, "LITWATCH_EMAIL__SECURITY": "none"}
    assert load(None, {"HOME": str(tmp_path), **environ}).email.security == "none"


def test_the_sender_gives_envelope_and_message_domain(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "LITWATCH_EMAIL__SENDER": "Lab News <lab@mail.example.org>"}
    email = load(None, environ).email
    assert (email.address, email.message_domain) == ("lab@mail.example.org", "mail.example.org")
    other = load(None, {**environ, "LITWATCH_EMAIL__DOMAIN": "example.org"}).email
    assert other.message_domain == "example.org"


def test_a_fault_in_a_variable_is_told_by_the_variable(told: Told) -> None:
    rows = json.dumps([{"name": "A", "channel": "file", "destination": "d", "cap": 0}])
    message = told("", {"LITWATCH_SUBSCRIPTIONS": rows})
    assert message.startswith("LITWATCH_SUBSCRIPTIONS[A].cap: should be")
    assert "LITWATCH_SUBSCRIPTIONS: is not JSON" in told("", {"LITWATCH_SUBSCRIPTIONS": "lab"})
    assert "LITWATCH_SLACK__TOKEN" not in told("[slack]\ntoken = 3\n[poll]\nevery_hours = 0")


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xff\xfe[\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load(file, {})


def test_api_addresses_are_normalised(tmp_path: Path) -> None:
    environ = {
        "LITWATCH_SOURCES__BIORXIV__BASE_URL": "http://127.0.0.1:8000/",
        "LITWATCH_SLACK__BASE_URL": "http://localhost:8001/api",
    }
    settings = load(None, {"HOME": str(tmp_path), **environ})
    assert settings.sources.biorxiv.base_url == "http://127.0.0.1:8000"
    assert settings.slack.base_url == "http://localhost:8001/api/"


# -- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        (f'[slack]\ntoken = ["{CANARY}"]', {}),
        (f'[database]\nurl = "{CANARY}"', {}),
        (f'[slack]\ntoken_ = "{CANARY}"', {}),
        (f"[slack]\ntoken = {CANARY}", {}),
        ("", {"LITWATCH_SLACK__TOKEN_FILE": CANARY}),
        ("", {"LITWATCH_SLACK_TOKEN": CANARY}),
        ("", {"LITWATCH_SLACK": CANARY}),
        ("", {"LITWATCH_SUBSCRIPTIONS": CANARY}),
        ("", {"LITWATCH_DATABASE__URL": CANARY}),
    ],
)
def test_no_error_repeats_a_secret(told: Told, text: str, environ: Mapping[str, str]) -> None:
    assert CANARY not in told(text, environ)


def test_no_error_repeats_a_secret_of_the_wrong_type(told: Told) -> None:
    assert "9876543210" not in told("[slack]\ntoken = 9876543210")


def test_secrets_are_found_and_never_shown(tmp_path: Path) -> None:
    environ = {
        "LITWATCH_SLACK__TOKEN": CANARY,
        "LITWATCH_DATABASE__URL": "postgresql://lit:p%40ss@db/lit",
    }
    settings = load(None, {"HOME": str(tmp_path), **environ})
    assert {CANARY, "p%40ss", "p@ss"} < set(secrets(settings))
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert CANARY not in shown
        assert "p%40ss" not in shown
    assert secrets(Settings()) == ()
