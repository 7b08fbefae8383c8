"""A reader of an archive that has lived is forgotten: what the program itself has written of her,
wherever it has, is gone, and the others' archive goes on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from service import voting
from service.bootstrap import alarmed, forgotten
from service.config.channel_settings import SubscriptionEntry
from service.errors import ConfigError
from service.records import Bounce, Judgement, StopReason, Subscription
from service.records.tokens import Scope, Token
from service.store.personal import COLUMNS, Holds
from service.store.schema import Base
from tests import furnished
from tests.furnished import AT, STROMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from service.bootstrap import App

ADDRESS = "ida@example.org"
_HER = re.compile(r"(?<![\w])(Ida|U0123ABCDEF)(?![\w])")
_PUBLISHED = {
    f"{table}.{name}"
    for table, held in COLUMNS.items()
    for name in held.get(Holds.PUBLISHED, "").split()
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with furnished.archive(tmp_path_factory.mktemp("made")) as settings:
        yield settings


@pytest.fixture
def app(made: dict[str, Any], tmp_path: Path) -> Iterator[App]:
    """Ida has done all that a reader can, under each of her names; her digest was refused."""
    with furnished.opened(made, tmp_path) as app:
        app.deliver()  # nobody listens where mail would go
        with app.store.writing() as tx:
            tx.aliases.link("slack:U0123ABCDEF", "Ida", "Okafor", AT)
            tx.tokens.add(Token("Ida", "ab", Scope.ADMIN, AT))
            hers = next(each for each in tx.deliveries.lines(limit=99) if each.channel == "email")
            lab = next(each for each in tx.deliveries.lines(limit=99) if each.channel == "file")
            tx.bounces.add(Bounce(hers.id, ADDRESS, True, "5.1.1", f"<{ADDRESS}>: unknown"), AT)
            tx.stops.stop("Ida", StopReason.BOUNCED, f"{ADDRESS}: unknown", AT)
            tx.subscriptions.keep(Subscription("Group", (STROMA,), "slack", "C0123456"), "Ida", AT)
            tx.deliveries.note(tx.deliveries.get(lab.id), "looked at, by Ida (web)", AT)
        voting.cast(
            app.parts,
            STROMA,
            [voting.Ballot("10.5555/stroma.105", Judgement.SAVED, key="slack:T1:U0123ABCDEF:1.2")],
            voter="slack:U0123ABCDEF",
            via="slack",
        )
        app.rank_weeks()
        alarmed.watch(app)
        yield app


def _cells(app: App) -> Iterator[tuple[str, str]]:
    """Every value, with its column; bytes as text."""
    with app.store.engine.connect() as connection:
        listed = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for table in connection.execute(text(listed)).scalars().all():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                for name, value in row.items():
                    said = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                    yield f"{table}.{name}", str(said)


def _found(app: App) -> set[str]:
    """Where she is. Authors of papers may be called Ida, too: what was published is not searched
    for the name, but for the address."""
    ours = {table.name for table in Base.metadata.sorted_tables}
    return {
        column
        for column, said in _cells(app)
        if ADDRESS in said.casefold()
        or (column not in _PUBLISHED and column.split(".")[0] in ours and _HER.search(said))
    }


def _without(app: App) -> App:
    """The operator has taken her subscription out of the configuration."""
    kept = tuple(each for each in app.settings.subscriptions if each.name != "Ida")
    app.settings = app.settings.model_copy(update={"subscriptions": kept})
    return app


def test_she_was_nearly_everywhere(app: App) -> None:
    """Else the next test would prove little."""
    assert _found(app) >= {
        "alarm.thing",
        "alias.person",
        "claim.name",
        "bounce.address",
        "delivery.destination",
        "delivery.payload",
        "delivery_event.detail",
        "digest.subscription",
        "reading.reader",
        "saved_search.author",
        "stop.detail",
        "subscription.author",
        "subscription.destination",
        "token.name",
        "topic_version.author",
        "vote.key",
        "vote.voter",
    }


@pytest.mark.parametrize("keep_votes", [False, True])
def test_she_is_nowhere_afterwards(app: App, keep_votes: bool) -> None:
    report = forgotten.forget(_without(app), [ADDRESS], keep_votes=keep_votes)
    assert _found(app) == set()
    assert report.left == ()
    assert report.ended == ("Ida",)
    assert report.scrubbed


def test_the_others_go_on_as_before(app: App) -> None:
    with app.store.reading() as tx:
        lab = [each.id for each in tx.digests.past("Lab")]
        contents = [tx.digests.content(each) for each in lab]
        others = [vote for vote in tx.votes.current() if vote.whose != "Ida"]
    forgotten.forget(_without(app), ["Ida"], keep_votes=False)
    app.prepare()
    with app.store.reading() as tx:
        assert [each.id for each in tx.digests.past("Lab")] == lab
        assert [tx.digests.content(each) for each in lab] == contents
        assert tx.votes.current() == others
        assert {each.name for each, _ in tx.subscriptions.active()} == {"Lab", "Friday", "Group"}
    app.rank_weeks()
    alarmed.watch(app)
    app.deliver()
    assert _found(app) == set()


def test_votes_that_are_kept_rank_as_they_did(app: App) -> None:
    with app.store.reading() as tx:
        before = voting.verdicts(tx.votes.current(STROMA))
    forgotten.forget(_without(app), ["Ida"], keep_votes=True)
    with app.store.reading() as tx:
        assert voting.verdicts(tx.votes.current(STROMA)) == before


def test_as_long_as_she_is_configured_nothing_is_touched(app: App) -> None:
    before = sorted(_cells(app))
    with pytest.raises(ConfigError, match=r"still send to them \(Ida\)"):
        forgotten.forget(app, ["Ida"], keep_votes=False)
    report = forgotten.preview(app, ["Ida"], keep_votes=False)
    assert report.subscribed == ("Ida",)
    assert sorted(_cells(app)) == before


def test_somebody_who_comes_back_begins_anew(app: App) -> None:
    forgotten.forget(_without(app), ["Ida"], keep_votes=False)
    entry = SubscriptionEntry(name="Ida", channel="email", destination=ADDRESS)
    kept = (*app.settings.subscriptions, entry)
    app.settings = app.settings.model_copy(update={"subscriptions": kept})
    app.prepare()
    with app.store.reading() as tx:
        hers = next(each for each, _ in tx.subscriptions.active() if each.name == "Ida")
        assert hers.destination == ADDRESS
        assert tx.digests.sent_works("Ida") == frozenset()
        assert tx.stops.active() == {}
