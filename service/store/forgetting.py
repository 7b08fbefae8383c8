"""Taking one person out of the archive, in the caller's transaction.

What is deleted and what only loses its name follows `personal`, which says of every column what it
may hold. Works and topics stay; so do digests that others were sent, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    Engine,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from service.records import DeliveryState
from service.store import mentions, personal
from service.store.aliases import Aliases
from service.store.dialect import chunks, take_turn
from service.store.personal import Holds
from service.store.persons import Person, forms
from service.store.schema import (
    BounceRow,
    DeliveryEventRow,
    DeliveryRow,
    DigestChangeRow,
    DigestItemRow,
    DigestRow,
    MergeEventRow,
    ReceiptRow,
    SavedSearchRow,
    StopRow,
    SubscriptionRow,
    TokenRow,
    VoteRow,
)
from service.store.schema_people import AliasRow, ReadingRow, UpcomingRow
from service.store.schema_watch import AlarmRow, RankingRunRow
from service.store.schema_work import ClaimRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute

_FINAL = [str(each) for each in (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED)]
_FILES = ("file", "atom")
_CLAIMED = ("digest", "upcoming")  # what workers do for one subscription
_BY_PEOPLE = "split"  # of a million merges the program gives the reasons


@dataclass(slots=True)
class Forgotten:
    """What was taken out, in rows by what they were; which subscriptions ended; what still
    mentions the person, and is left; and the `files` that deliveries of theirs were written to,
    each with whether it was all theirs."""

    counts: dict[str, int] = field(default_factory=dict)
    subscriptions: tuple[str, ...] = ()
    left: list[str] = field(default_factory=list)
    files: tuple[str, ...] = ()

    def add(self, what: str, rows: int) -> None:
        """Count rows."""
        if rows:
            self.counts[what] = self.counts.get(what, 0) + rows


class Forgetting:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def person(self, given: Iterable[str]) -> Person:
        """Who goes by these names, with all others that they go by (`people link`), and the tokens
        that are called so."""
        names, aliases = forms(given), Aliases(self._connection).all()
        tokens = set(self._connection.execute(select(TokenRow.name)).scalars())
        while True:
            whose = {Aliases(self._connection).person_of(name) for name in names}
            linked = {each.alias for each in aliases if each.person in whose}
            known = names | whose | forms(whose | linked)
            known |= {f"api:{name}" for name in known & tokens}
            if known == names:
                return Person(names)
            names = frozenset(known)

    def forget(
        self, person: Person, pseudonym: str, now: datetime, *, keep_votes: bool
    ) -> Forgotten:
        """Take them out. `pseudonym` stands where a name must; with `keep_votes` their votes stay
        under it, without notes."""
        if self._connection.dialect.name == "sqlite":
            # What is deleted is written over, or it could be read from the file for years.
            self._connection.exec_driver_sql("PRAGMA secure_delete = ON")
        take_turn(self._connection, "digest")  # nothing is frozen for them meanwhile
        done = Forgotten()
        self._subscriptions(person, done)
        self._deliveries(person, pseudonym, now, done)
        self._votes(person, pseudonym, done, keep=keep_votes)
        self._own(person, done)
        self._searches(person, done)
        self._names(person, pseudonym, done)
        self._texts(person, done)
        done.left = mentions.left(self._connection, person.every)
        return done

    # -- what is only theirs

    def _subscriptions(self, person: Person, done: Forgotten) -> None:
        row = SubscriptionRow
        every = self._connection.execute(select(row.name, row.channel, row.destination))
        theirs = [name for name, channel, to in every if person.reached_at(channel, to)]
        digests = self._list(DigestRow.id, DigestRow.subscription, theirs)
        deliveries = self._list(DeliveryRow.id, DeliveryRow.digest_id, digests)
        done.files += tuple(self._files(DeliveryRow.id, deliveries))
        events = self._delete(DeliveryEventRow.delivery_id, deliveries)
        bounces = self._delete(BounceRow.delivery_id, deliveries)
        self._alarms([*theirs, *deliveries], done)
        self._delete(ClaimRow.name, [f"{kind} {name}" for kind in _CLAIMED for name in theirs])
        done.add("deliveries to them", self._delete(DeliveryRow.id, deliveries))
        done.add("events of deliveries", events)
        done.add("mails that came back", bounces)
        for part in (DigestItemRow.digest_id, DigestChangeRow.digest_id):
            done.add("works in digests for them", self._delete(part, digests))
        done.add("receipts of rankings", self._delete(RankingRunRow.digest, digests))
        done.add("digests for them", self._delete(DigestRow.id, digests))
        done.add("stops of subscriptions", self._delete(StopRow.subscription, theirs))
        self._delete(UpcomingRow.subscription, theirs)
        done.add("subscriptions of theirs", self._delete(row.name, theirs))
        done.subscriptions = tuple(sorted(theirs))

    def _deliveries(self, person: Person, pseudonym: str, now: datetime, done: Forgotten) -> None:
        """What others' subscriptions have sent to them instead: it stays known that a digest was
        sent, no longer to whom, nor what."""
        row, run = DeliveryRow, self._connection.execute
        every = run(select(row.id, row.channel, row.destination, row.state, row.attempt)).all()
        theirs = [each for each in every if person.reached_at(each.channel, each.destination)]
        done.files += tuple(self._files(row.id, [each.id for each in theirs]))
        for each in theirs:
            state = each.state if each.state in _FINAL else str(DeliveryState.CANCELLED)
            emptied = {"destination": pseudonym, "payload": b"", "provider_id": None}
            freed = {"state": state, "owner": None, "lease_until": None, "not_before": None}
            run(update(row).where(row.id == each.id).values(**emptied, **freed))
            run(insert(DeliveryEventRow).values(**_emptied(each, state, now)))
        done.add("deliveries to them", len(theirs))
        address = func.lower(BounceRow.address).in_(person.addresses)
        done.add("mails that came back", self._rows(delete(BounceRow).where(address)))
        fallback = func.lower(SubscriptionRow.fallback).in_(person.addresses)
        statement = update(SubscriptionRow).where(fallback).values(fallback="")
        done.add("fallback addresses", self._rows(statement))

    def _votes(self, person: Person, pseudonym: str, done: Forgotten, *, keep: bool) -> None:
        row = VoteRow
        theirs = row.voter.in_(person.names)
        if keep:
            values = {"voter": pseudonym, "note": "", "key": None}
            done.add(
                "votes, kept without a name", self._rows(update(row).where(theirs).values(values))
            )
        else:
            done.add("votes", self._rows(delete(row).where(theirs)))

    def _own(self, person: Person, done: Forgotten) -> None:
        read = delete(ReadingRow).where(ReadingRow.reader.in_(person.names))
        done.add("marks of works as read", self._rows(read))
        alias = or_(AliasRow.alias.in_(person.names), AliasRow.person.in_(person.names))
        done.add("names of theirs", self._rows(delete(AliasRow).where(alias)))
        token = delete(TokenRow).where(TokenRow.name.in_(person.tokens))
        done.add("tokens", self._rows(token))

    def _searches(self, person: Person, done: Forgotten) -> None:
        """Theirs go, but for those that somebody is still sent."""
        row = SavedSearchRow
        lists = self._connection.execute(select(SubscriptionRow.searches)).scalars()
        used = {name for names in lists for name in names}
        unused = row.name.not_in(used)
        theirs = delete(row).where(row.author.in_(person.names), unused)
        done.add("saved searches", self._rows(theirs))

    def _alarms(self, keys: Sequence[str], done: Forgotten) -> None:
        """Those whose key ends with the name of what is gone."""
        row, gone = AlarmRow, {*keys}
        every = self._connection.execute(select(row.id, row.key)).all()
        about = [number for number, key in every if key.partition(":")[2] in gone]
        done.add("alarms", self._delete(row.id, about))

    # -- what only mentions them

    def _names(self, person: Person, pseudonym: str, done: Forgotten) -> None:
        for each in personal.columns(Holds.NAME):
            column = mentions.column(*each)
            renamed = update(column.table).where(column.in_(person.names))
            done.add("authors' names", self._rows(renamed.values({column.name: pseudonym})))

    def _texts(self, person: Person, done: Forgotten) -> None:
        run, said = self._connection, "texts that mention them"
        file = mentions.column("receipt", "query")  # of an import; of other receipts a search
        imports = ReceiptRow.kind == "import"
        done.add(said, mentions.take_out(run, file, person.every, imports))
        for each in personal.columns(Holds.TEXT):
            among = () if each[0] != "merge_event" else (MergeEventRow.action == _BY_PEOPLE,)
            done.add(said, mentions.take_out(run, mentions.column(*each), person.every, *among))
        for each in personal.columns(Holds.CODE):
            done.add(said, mentions.take_out(run, mentions.column(*each), person.unmistakable))

    # -- small steps

    def _list(
        self, wanted: InstrumentedAttribute[str], by: InstrumentedAttribute[str], of: Sequence[str]
    ) -> list[str]:
        found: list[str] = []
        for part in chunks(of):
            found += self._connection.execute(select(wanted).where(by.in_(part))).scalars()
        return found

    def _files(self, by: InstrumentedAttribute[str], of: Sequence[str]) -> list[str]:
        row, found = DeliveryRow, list[str]()
        for part in chunks(of):
            statement = select(row.provider_id).where(by.in_(part), row.channel.in_(_FILES))
            found += [each for each in self._connection.execute(statement).scalars() if each]
        return sorted({*found})

    def _delete(self, by: Any, of: Sequence[object]) -> int:  # noqa: ANN401 - columns of any kind
        return sum(self._rows(delete(by.class_).where(by.in_(part))) for part in chunks(of))

    def _rows(self, statement: Any) -> int:  # noqa: ANN401 - an UPDATE or a DELETE
        return self._connection.execute(statement).rowcount


def _emptied(delivery: Any, state: str, now: datetime) -> dict[str, Any]:  # noqa: ANN401 - a row
    return {
        "delivery_id": delivery.id,
        "at": now,
        "attempt": delivery.attempt,
        "from_state": delivery.state,
        "to_state": state,
        "detail": f"its bytes, and who it went to, were forgotten on {now:%Y-%m-%d}",
    }


def scrub(engine: Engine) -> bool:
    """Empty the write-ahead file of a SQLite archive, which still holds what was deleted; False
    where other processes read from it just now."""
    if engine.dialect.name != "sqlite":
        return True
    raw = engine.raw_connection()
    try:
        busy, *_ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        raw.close()
    return not busy
