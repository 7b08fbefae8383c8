"""A person who is forgotten is nowhere in the archive; everybody else is as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Float, Integer, LargeBinary, Table, insert, text
from sqlalchemy.sql.sqltypes import Date

from service.records import DeliveryState, Judgement, RenderedPart, Subscription, Vote
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.records.tokens import Scope, Token
from service.store import personal
from service.store.columns import UtcDateTime
from service.store.forgetting import Forgotten, scrub
from service.store.personal import COLUMNS, Holds
from service.store.persons import Person, forms, spelled
from service.store.schema import Base
from tests.papers import NOW, Archive, paper
from tests.sent_digests import freeze_digest

if TYPE_CHECKING:
    from pathlib import Path

    from service.store import Store

NAME, ADDRESS, ACCOUNT = "canary-ida", "canary.ida@example.org", "UCANARY123"
NAMES = (NAME, f"mail:{ADDRESS}", f"slack:{ACCOUNT}")
_SAID = f"{NAME} said so; see {ADDRESS}, Mail:{ADDRESS.upper()} or slack:{ACCOUNT}."
_LOST = "forgotten:00000000"


def forget(store: Store, *names: str, keep_votes: bool = False) -> Forgotten:
    with store.writing() as tx:
        person = tx.forgetting.person(names or NAMES)
        return tx.forgetting.forget(person, _LOST, NOW, keep_votes=keep_votes)


# -- every column is spoken for -------------------------------------------------------------------


def _textual(table: Table) -> set[str]:
    plain = (Integer, Boolean, Float, Date, UtcDateTime)
    return {column.name for column in table.columns if not isinstance(column.type, plain)}


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_of_text_says_what_it_holds_of_a_person(table: Table) -> None:
    """Who adds a column classifies it in service/store/personal.py."""
    named = [name for held in COLUMNS.get(table.name, {}).values() for name in held.split()]
    assert sorted(named) == sorted(_textual(table))


def test_no_table_is_classified_that_is_not_there() -> None:
    assert set(COLUMNS) <= {table.name for table in Base.metadata.sorted_tables}


# -- nothing is left ------------------------------------------------------------------------------


_PLANTED: dict[Holds, Any] = {
    Holds.NAME: NAME,
    Holds.ADDRESS: ADDRESS,
    Holds.ROW: NAME,
    Holds.TEXT: _SAID,
    Holds.CODE: f"/data/{ADDRESS}/list.xml",
    Holds.LABEL: f"{NAME} weekly",
}
_FIXED = {"channel": "email", "kind": "import", "at": "08:00", "state": "sent", "action": "split"}


def _value(table: Table, column: Column[Any], row: int, *, theirs: bool) -> object:
    """Something for a column: what it may hold of the person, else what only fits."""
    held = next(what for what, names in COLUMNS[table.name].items() if column.name in names.split())
    planted = _PLANTED.get(held)
    if held is Holds.LABEL:  # of others' things the names are others'
        planted = planted if theirs else "lab"
    elif held is Holds.ADDRESS and not theirs and table.name == "subscription":
        planted = "lab@example.org" if column.name == "destination" else ADDRESS
    elif (
        held is Holds.ROW and not theirs and table.name in {"digest", "alarm", "upcoming", "token"}
    ):
        planted = None
    text_of = planted or _FIXED.get(column.name, f"{column.name}{row}")
    if isinstance(column.type, LargeBinary):
        return str(text_of).encode()
    return {"of": text_of} if isinstance(column.type, JSON) else text_of


def _plant(store: Store, row: int, *, theirs: bool) -> None:
    """A row in every table, with the canaries wherever a person may be told of."""
    made: dict[str, Any] = {}
    with store.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            values: dict[str, Any] = {}
            for column in table.columns:
                values[column.name] = _filler(table, column, row, theirs=theirs)
            for key in table.foreign_key_constraints:
                if key.referred_table is not table:
                    for own, other in zip(key.columns, key.elements, strict=True):
                        values[own.name] = made[other.target_fullname]
            if table.name == "work":
                values["merged_into"] = None
            connection.execute(insert(table).values(values))
            made.update({f"{table.name}.{name}": value for name, value in values.items()})


def _filler(table: Table, column: Column[Any], row: int, *, theirs: bool) -> object:
    match column.type:
        case UtcDateTime():
            return NOW
        case Date():
            return date(2026, 11, 20)
        case Boolean():
            return True
        case Integer() | Float():
            return row
    if table.name == "alarm" and column.name == "key":
        return f"digest-late:{NAME} weekly" if theirs else f"disk{row}"
    if table.name == "claim" and column.name == "name":
        return f"digest {NAME} weekly" if theirs else f"alarms{row}"
    unique = {"vote": "key", "alias": "alias", "reading": "reader"}
    if unique.get(table.name) == column.name:
        return NAME if theirs else f"mail:{ADDRESS}"
    return _value(table, column, row, theirs=theirs)


def _dump(store: Store) -> str:
    """Every value of every table that the database has, also of those that are not ours."""
    listed = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if store.engine.dialect.name == "postgresql":
        listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with store.engine.connect() as connection:
        tables = connection.execute(text(listed)).scalars().all()
        found = [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables]
    return "\n".join(
        str(bytes(cell) if isinstance(cell, memoryview) else cell)
        for rows in found
        for row in rows
        for cell in row
    )


def test_no_name_and_no_address_is_left_anywhere(store: Store) -> None:
    _plant(store, 1, theirs=True)
    _plant(store, 2, theirs=False)
    before = _dump(store).casefold()
    assert before.count(NAME) > 30
    assert before.count(ADDRESS) > 30
    done = forget(store)
    after = _dump(store).casefold()
    assert [line for line in after.splitlines() if "canary" in line] == []
    assert done.left == []
    assert done.counts["texts that mention them"] > 10


def test_the_canaries_were_in_every_column_that_may_hold_a_person(store: Store) -> None:
    """Else the test above would prove little."""
    _plant(store, 1, theirs=True)
    with store.engine.connect() as connection:
        for what in set(Holds) - {Holds.PUBLISHED, Holds.OWN}:
            for table, name in personal.columns(what):
                found = str(connection.execute(text(f'SELECT "{name}" FROM {table}')).all())
                held = "canary" in found.casefold() or b"canary".hex() in found
                assert held, f"{table}.{name}: {found}"


def test_nothing_is_left_in_the_bytes_of_the_file(sqlite_store: Store, tmp_path: Path) -> None:
    _plant(sqlite_store, 1, theirs=True)
    _plant(sqlite_store, 2, theirs=False)
    with sqlite_store.engine.begin() as connection:  # far more than a page holds
        long = {"payload": f"{NAME} {ADDRESS} ".encode() * 5_000}
        connection.execute(text("UPDATE delivery SET payload = :payload"), long)
        connection.execute(text("UPDATE vote SET note = :note"), {"note": _SAID * 500})
    scrub(sqlite_store.engine)
    file = tmp_path / "litwatch.db"
    assert b"canary" in file.read_bytes().lower()
    forget(sqlite_store)
    assert scrub(sqlite_store.engine)
    for each in tmp_path.glob("litwatch.db*"):
        assert b"canary" not in each.read_bytes().lower(), each
    assert b"lab@example.org" in file.read_bytes()


def test_while_another_reads_the_write_ahead_file_is_not_emptied(sqlite_store: Store) -> None:
    with sqlite_store.reading() as tx:
        assert tx.votes.current() == []
        _plant(sqlite_store, 1, theirs=True)
        forget(sqlite_store)
        sqlite_store.engine.dispose()
        with sqlite_store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        assert not scrub(sqlite_store.engine)
    assert scrub(sqlite_store.engine)


def test_forgetting_again_finds_nothing(store: Store) -> None:
    _plant(store, 1, theirs=True)
    _plant(store, 2, theirs=False)
    forget(store)
    before = _dump(store)
    assert forget(store) == Forgotten()
    assert _dump(store) == before


# -- who is meant ---------------------------------------------------------------------------------


def test_a_person_is_all_their_names(store: Store) -> None:
    with store.writing() as tx:
        tx.aliases.link("mail:ida@example.org", "Ida", "Rei", NOW)
        tx.aliases.link("api:notebook", "Ida", "Rei", NOW)
        tx.aliases.link("slack:U012ABCDEF", "Bo", "Rei", NOW)
        tx.tokens.add(Token("Ida", "ab", Scope.VOTE, NOW))
    with store.reading() as tx:
        person = tx.forgetting.person(["ida@example.org"])
    assert person.names == {
        "Ida",
        "api:Ida",
        "api:notebook",
        "ida@example.org",
        "mail:ida@example.org",
    }
    assert person.addresses == {"ida@example.org"}
    assert person.accounts == frozenset()
    assert person.tokens == {"Ida", "notebook", "ida@example.org"}


@pytest.mark.parametrize(
    ("channel", "destination", "theirs"),
    [
        ("email", "IDA@example.org", True),
        ("email", "ida@example.org.evil.example", False),
        ("email", "Ida", False),
        ("slack", "U012ABCDEF", True),
        ("slack", "C012ABCDEF", False),
        ("file", "Ida", True),
        ("file", "ida", False),
        ("atom", "lab", False),
    ],
)
def test_only_what_reaches_nobody_else_is_theirs(
    channel: str, destination: str, theirs: bool
) -> None:
    person = Person(forms(["Ida", "ida@example.org", "U012ABCDEF"]))
    assert person.reached_at(channel, destination) is theirs


def test_a_channel_is_nobody() -> None:
    assert forms(["C012ABCDEF"]) == {"C012ABCDEF"}
    assert Person(forms(["C012ABCDEF"])).accounts == frozenset()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("decided by ida.", "decided by X."),
        ("Ida and ida@example.org", "X and X"),
        ("mail to <ida@example.org>: refused", "mail to <X>: refused"),
        ("ida@example.org.au and ida@example.com", "ida@example.org.au and ida@example.com"),
        ("candida, ida2 and florida-ida", "candida, ida2 and florida-ida"),
        ("as maida@example.org says", "as maida@example.org says"),
    ],
)
def test_names_are_taken_out_as_whole_words(said: str, left: str) -> None:
    assert spelled(["ida", "ida@example.org"]).sub("X", said) == left


# -- what goes and what stays ---------------------------------------------------------------------

LAB = Subscription("lab", ("stroma",), "slack", "C0123456", fallback=ADDRESS)
HERS = Subscription("hers", ("stroma",), "email", ADDRESS.upper())


@pytest.fixture
def told(archive: Archive) -> Archive:
    """Ida and Bo have voted, read and searched; Ida is sent a digest, and the lab is."""
    archive.take_in(paper(1), paper(2))
    with archive.store.writing() as tx:
        tx.topics.save("stroma", "document", NAME, "first", NOW)
        tx.subscriptions.keep(LAB, NAME, NOW)
        tx.subscriptions.keep(HERS, NAME, NOW)
        for voter in (*NAMES, "Bo"):
            tx.votes.cast(Vote("stroma", 1, voter, Judgement.SAVED, "web", NOW, f"{NAME} liked"))
            tx.readings.mark(voter, [1, 2], NOW)
        for name, author in (("hers", NAME), ("used", NAME), ("his", "Bo")):
            tx.searches.save(SavedSearch(name, "stroma", Mode.HYBRID, author, NOW))
    freeze_digest(archive, HERS, [1], key="hers-1")
    freeze_digest(archive, LAB, [2], key="lab-1")
    return archive


def test_their_votes_go_and_others_stay(told: Archive) -> None:
    done = forget(told.store)
    assert (done.counts["votes"], done.counts["marks of works as read"]) == (3, 6)
    with told.store.reading() as tx:
        assert [(vote.voter, vote.note) for vote in tx.votes.current()] == [
            ("Bo", "[forgotten] liked")
        ]
        assert tx.readings.of("Bo", [1, 2]) == {1, 2}


def test_votes_that_are_kept_are_one_reader_without_a_name(told: Archive) -> None:
    forget(told.store, keep_votes=True)
    with told.store.reading() as tx:
        assert {(vote.voter, vote.note) for vote in tx.votes.current()} == {
            ("Bo", "[forgotten] liked"),
            (_LOST, ""),
        }


def test_what_was_only_theirs_goes_with_all_that_hung_on_it(told: Archive) -> None:
    done = forget(told.store)
    assert done.subscriptions == ("hers",)
    assert done.counts["digests for them"] == 1
    with told.store.reading() as tx:
        assert [each.name for each, _ in tx.subscriptions.all()] == ["lab"]
        assert [past.id for past in tx.digests.past()] == ["lab-1"]
        assert tx.digests.sent_works("lab") == {2}


def test_others_subscriptions_stay_without_the_fallback_that_was_theirs(told: Archive) -> None:
    done = forget(told.store)
    assert done.counts["fallback addresses"] == 1
    with told.store.reading() as tx:
        (lab,) = [each for each, _ in tx.subscriptions.all()]
        assert lab == replace(LAB, fallback="")
        assert tx.subscriptions.authors() == {"lab": _LOST}


def test_what_others_were_sent_instead_is_known_no_longer_to_whom(told: Archive) -> None:
    """A digest of the lab that went to her, for its channel refused it: it stays sent."""
    with told.store.writing() as tx:
        part = RenderedPart("instead-1", 1, 1, b"To: " + ADDRESS.encode())
        tx.deliveries.write("lab-1", "email", ADDRESS, [part], detail="instead", now=NOW)
    forget(told.store)
    with told.store.reading() as tx:
        line, kept = tx.deliveries.line("instead-1"), tx.deliveries.get("instead-1")
        events = tx.deliveries.events("instead-1")
    assert (line.destination, kept.payload, line.state) == (_LOST, b"", DeliveryState.CANCELLED)
    gone = f"its bytes, and who it went to, were forgotten on {NOW:%Y-%m-%d}"
    assert events[-1][1:] == ("ready", "cancelled", gone)


def test_saved_searches_go_but_for_those_that_somebody_is_sent(told: Archive) -> None:
    with told.store.writing() as tx:
        tx.subscriptions.keep(replace(LAB, searches=("used",)), NAME, NOW)
    assert forget(told.store).counts["saved searches"] == 1
    with told.store.reading() as tx:
        assert {each.name: each.author for each in tx.searches.list()} == {
            "his": "Bo",
            "used": _LOST,
        }


def test_a_topic_keeps_its_versions_under_another_author(told: Archive) -> None:
    with told.store.writing() as tx:
        tx.topics.save("stroma", f'about = "as {NAME} and {ADDRESS} want it"', "Bo", "more", NOW)
    done = forget(told.store)
    with told.store.reading() as tx:
        second, first = tx.topics.history("stroma")
    assert (first.author, second.author) == (_LOST, "Bo")
    assert second.document == f'about = "as {NAME} and [forgotten] want it"'
    assert done.left == ["the document of topic stroma, version 2"]


def test_a_token_of_theirs_lets_nobody_in(told: Archive) -> None:
    with told.store.writing() as tx:
        tx.tokens.add(Token(NAME, "ab", Scope.VOTE, NOW))
        tx.tokens.add(Token("dashboard", "cd", Scope.READ, NOW))
    assert forget(told.store).counts["tokens"] == 1
    with told.store.reading() as tx:
        assert [each.name for each in tx.tokens.all()] == ["dashboard"]
        assert tx.tokens.find("ab") is None


@pytest.mark.parametrize("name", ["Zoë Ångström", "Ida", "ida berg"])
def test_names_are_found_in_texts_in_any_case(store: Store, name: str) -> None:
    with store.writing() as tx:
        tx.topics.save("stroma", "document", "Bo", f"as {name} and {name.upper()} said", NOW)
    if name.isascii():  # of others only this spelling, where the database knows no other
        forget(store, name.lower())
    else:
        forget(store, name)
    with store.reading() as tx:
        (version,) = tx.topics.history("stroma")
    assert version.reason == "as [forgotten] and [forgotten] said"
