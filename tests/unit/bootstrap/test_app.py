"""What one process is wired of, and what it refuses before any work begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap import App, build
from service.config import Settings
from service.errors import SchemaError, StoreError
from service.records import DeliveryState, Outcome, Subscription
from service.store import Store, StoredOutbox, revisions
from service.worker.stopping import Stopped
from tests import databases
from tests.factories import NOW, digest_content
from tests.fakes import START, FakeChannel, FixedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAIL = {"host": "127.0.0.1", "sender": "Litwatch <lit@example.org>", "security": "none"}


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[Callable[..., App]]:
    made: list[App] = []

    def wire(**values: Any) -> App:
        usual = {
            "database": {"url": f"sqlite:///{tmp_path}/a.db"},
            "file": {"folder": str(tmp_path)},
        }
        made.append(build(Settings.model_validate(usual | values), FixedClock().clock))
        return made[-1]

    yield wire
    for app in made:
        app.close()


# -- channels -------------------------------------------------------------------------------------


def test_files_and_feeds_can_always_be_written(wired: Callable[..., App]) -> None:
    assert set(wired().channels) == {"file", "atom"}


@pytest.mark.parametrize(
    ("values", "channel"),
    [
        ({"slack": {"token": "xoxb-1"}}, "slack"),
        ({"email": MAIL}, "email"),
        ({"targets": [{"name": "chat", "url": "ntfy://localhost/x"}]}, "apprise"),
    ],
    ids=["slack", "email", "apprise"],
)
def test_a_channel_exists_once_it_is_configured(
    wired: Callable[..., App], values: dict[str, Any], channel: str
) -> None:
    assert set(wired(**values).channels) == {"file", "atom", channel}


@pytest.mark.parametrize("missing", ["host", "sender"])
def test_half_a_mail_server_is_no_channel(wired: Callable[..., App], missing: str) -> None:
    half = {key: value for key, value in MAIL.items() if key != missing}
    assert "email" not in wired(email=half).channels


def test_each_channel_has_its_renderer(wired: Callable[..., App]) -> None:
    app = wired(slack={"token": "xoxb-1"}, email=MAIL)
    assert set(app.channels) <= set(app.renderers)
    for name, renderer in app.renderers.items():
        assert renderer.channel == name
    for name, channel in app.channels.items():
        assert channel.name == name


def test_secrets_are_not_in_what_an_app_prints(wired: Callable[..., App]) -> None:
    secret = "swordfish-4711"
    mail = {**MAIL, "username": "lit", "password": secret}
    targets = [{"name": "chat", "url": f"ntfy://lit:{secret}@localhost/x"}]
    sources = {"pubmed": {"api_key": secret}}
    app = wired(slack={"token": secret}, email=mail, sources=sources, targets=targets)
    _ = app.channels, app.sources
    assert secret not in repr(app)
    assert secret not in repr(app.channels)


# -- the database ---------------------------------------------------------------------------------


def test_a_database_that_is_not_there_is_not_made(
    wired: Callable[..., App], tmp_path: Path
) -> None:
    app = wired()
    for step in (app.check, app.prepare, app.schema):
        with pytest.raises(StoreError, match="does not exist") as caught:
            step()
        assert caught.value.remedy == "run: litwatch init"
    assert not list(tmp_path.glob("a.db*"))


def test_an_empty_database_is_told_from_an_old_one(wired: Callable[..., App]) -> None:
    app = wired()
    app.store.engine.connect().close()
    with pytest.raises(SchemaError, match="is empty"):
        app.check()
    app.upgrade()
    app.check()
    assert app.schema() == (revisions.head(), revisions.head())
    app.downgrade("base")
    with pytest.raises(SchemaError):
        app.check()


def test_a_password_is_not_in_the_name_of_a_database(wired: Callable[..., App]) -> None:
    app = wired(database={"url": "postgresql+psycopg://lit:swordfish@db.example.org/lit"})
    assert "swordfish" not in app.database
    assert "db.example.org" in app.database


def test_preparing_twice_changes_nothing(wired: Callable[..., App]) -> None:
    app = wired(subscriptions=[{"name": "lab", "channel": "file", "destination": "digest"}])
    app.upgrade()
    for _ in range(2):
        app.prepare()
        with app.store.reading() as tx:
            assert [topic.version for topic in app.topics(tx)] == [1, 1]
            assert [each.name for each, _ in tx.subscriptions.active()] == ["lab"]


def test_a_configured_folder_of_topics_is_read_at_the_start(
    wired: Callable[..., App], tmp_path: Path
) -> None:
    folder = tmp_path / "topics"
    folder.mkdir()
    text = 'slug = "caf"\nname = "CAF"\n[[seeds]]\nkey = "a"\ntitle = "Fibroblasts"\n'
    (folder / "caf.toml").write_text(text, encoding="utf-8")
    app = wired(topics={"folder": str(folder)})
    app.upgrade()
    app.prepare()
    with app.store.reading() as tx:
        assert [topic.slug for topic in app.topics(tx)] == ["caf"]


@pytest.mark.parametrize("kind", databases.KINDS)
def test_both_databases_are_checked_alike(
    wired: Callable[..., App], kind: str, tmp_path: Path
) -> None:
    for engine in databases.empty(kind, tmp_path):
        app = wired(database={"url": engine.url.render_as_string(hide_password=False)})
        engine.connect().close()
        with pytest.raises(SchemaError, match="is empty"):
            app.check()
        app.upgrade()
        app.check()
        app.close()


# -- the end --------------------------------------------------------------------------------------


def test_an_app_that_was_told_to_stop_does_not_go_on(wired: Callable[..., App]) -> None:
    app = wired()
    app.go_on()
    app.stop.set()
    with pytest.raises(Stopped):
        app.go_on()
    with pytest.raises(Stopped):
        app.clock.sleep(60)


def test_closing_opens_nothing(wired: Callable[..., App], tmp_path: Path) -> None:
    app = wired()
    app.close()
    assert "store" not in vars(app)
    assert "http" not in vars(app)
    assert not list(tmp_path.iterdir())


def test_leases_are_long_for_mail_and_short_for_others(
    wired: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail server may take ten minutes over its receipt; no other worker may judge by then."""
    told: dict[str, timedelta] = {}

    def outbox(store: Store, owner: str, leases: dict[str, timedelta]) -> StoredOutbox:
        told.update(leases)
        return StoredOutbox(store, owner, leases)

    monkeypatch.setattr("service.store.StoredOutbox", outbox)
    lease = {"lease_s": 100, "email_lease_s": 3000}
    app = wired(delivery=lease, slack={"token": "xoxb-1"}, email=MAIL)
    app.upgrade()
    assert app.deliver() == []
    short, long = timedelta(seconds=100), timedelta(seconds=3000)
    assert told == {"file": short, "atom": short, "slack": short, "email": long}


def test_an_app_without_a_channel_leaves_its_deliveries_alone(wired: Callable[..., App]) -> None:
    """Another worker, which has the token, may send them."""
    app = wired(slack={"token": "xoxb-1"})
    app.upgrade()
    content = replace(digest_content(), sections=())
    weekly = Subscription(content.subscription, ("stroma",), "slack", "C0123456789")
    with app.store.writing() as tx:
        tx.subscriptions.sync([weekly], NOW)
        rendered = app.renderers["slack"].render(content, weekly.destination)
        tx.digests.freeze(content, weekly, rendered, revision=1, window=(0, 0), now=START)
    assert wired().deliver() == []
    with app.store.reading() as tx:
        assert [line.state for line in tx.deliveries.lines()] == [DeliveryState.READY]


def test_the_time_of_sending_is_the_databases_unless_a_clock_was_given(
    wired: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T43."""
    given = wired()
    monkeypatch.setattr("service.store.unit.database_time", lambda _connection: NOW)
    assert given.store.now() == START
    real = build(given.settings)
    assert real.store.now() == NOW
    real.close()


def test_what_slack_refuses_for_good_is_mailed_in_the_same_round(
    wired: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T57."""
    app = wired(slack={"token": "xoxb-1"}, email=MAIL)
    app.upgrade()
    content = replace(digest_content(), sections=())
    weekly = Subscription(
        content.subscription, ("stroma",), "slack", "C0123456789", fallback="ana@example.org"
    )
    with app.store.writing() as tx:
        tx.subscriptions.sync([weekly], NOW)
        rendered = app.renderers["slack"].render(content, weekly.destination)
        tx.digests.freeze(content, weekly, rendered, revision=1, window=(0, 0), now=START)
    refused = FakeChannel([Outcome(DeliveryState.DEAD, "Slack refused: is_archived")])
    mails = FakeChannel([Outcome(DeliveryState.SENT, "accepted")], name="email")
    monkeypatch.setitem(vars(app), "channels", {"slack": refused, "email": mails})
    states = [(d.channel, change.state) for d, change in app.deliver()]
    assert states == [("slack", DeliveryState.DEAD), ("email", DeliveryState.SENT)]
    assert mails.sent[0].destination == "ana@example.org"
