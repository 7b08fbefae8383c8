"""Conditions on works that are no full-text search, the same on both databases.

Each is true or false for every work, never NULL: it may stand under a NOT.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
    true,
    type_coerce,
)

from service.records import Flag, Judgement, Kind
from service.records.queries import (
    AllOf,
    AnyOf,
    FromSource,
    Is,
    Licensed,
    Named,
    Names,
    OfKind,
    OfTopic,
    Published,
    Scheme,
    Scored,
    Seen,
    State,
)
from service.store.columns import storable
from service.store.digests import arriving
from service.store.query_columns import apart, begins, by_code_point
from service.store.query_names import licensed, naming, with_open_pdf
from service.store.schema import (
    PRESENT_WORK,
    DigestItemRow,
    WorkKeyRow,
    WorkRow,
)
from service.store.votes import in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import CompoundSelect, Select
    from sqlalchemy.orm import InstrumentedAttribute

    from service.records.queries import Term

Fact = Is | OfKind | FromSource | OfTopic | Named | Names | Licensed | Published | Seen | Scored


# By this expression SQLite finds a work in an index that has what is asked of single works without
# their texts; by the number itself it would read the whole work.
NARROW: ColumnElement[int] = cast(WorkRow.id, Integer)


def leads(term: Fact) -> bool:
    """Whether an index finds the works that meet the condition."""
    return term not in (Is(State.PDF), Is(State.ABSTRACT), Is(State.UNSENT))


def indexed(term: Term) -> bool:
    """Whether a column of `work` decides, or helps to, by an index that begins with those that are
    alive; else they are found by what other tables say of them."""
    match term:
        case AllOf(terms) | AnyOf(terms):
            return any(map(indexed, terms))
        case Is(state):
            return state not in (State.SAVED, State.SENT)
        case _:
            return isinstance(term, OfKind | FromSource | Published | Seen)


def fact(term: Fact, connection: Connection) -> ColumnElement[bool]:
    """The condition on `work` that the term is."""
    number = _number(connection)
    match term:
        case Is(state):
            found = _state(state, connection)
        case OfKind(kind):
            found = WorkRow.kind == str(kind)
        case FromSource(name):
            found = _holds(WorkRow.sources, name, connection)
        case OfTopic(slug):
            said = _voted(*_LIKED, topic=slug)
            found = or_(number.in_(_shown(slug)), number.in_(said))
        case Named(scheme, value, prefix):
            found = _named(scheme, value, connection, prefix=prefix)
        case Names():
            found = number.in_(naming(term, connection))
        case Licensed():
            found = number.in_(licensed(term, connection))
        case Published():
            found = _published(term, connection)
        case Scored():
            found = number.in_(_scored(term))
        case Seen(since, before):
            seen = WorkRow.first_seen_at
            found = and_(
                true() if since is None else seen >= since,
                true() if before is None else seen < before,
            )
    return found


def _number(connection: Connection) -> ColumnElement[int]:
    """A work's number, as that of a work that is found by it."""
    return WorkRow.id.expression if connection.dialect.name == "postgresql" else NARROW


_KINDS = {State.PREPRINT: Kind.PREPRINT, State.REVIEW: Kind.REVIEW}
_FLAGS = {
    State.RETRACTED: Flag.RETRACTED,
    State.CORRECTED: Flag.CORRECTED,
    State.WITHDRAWN: Flag.WITHDRAWN,
}


_LIKED = (Judgement.RELEVANT, Judgement.SAVED)


def _state(state: State, connection: Connection) -> ColumnElement[bool]:
    match state:
        case State.PREPRINT | State.REVIEW:
            found = WorkRow.kind == str(_KINDS[state])
        case State.RETRACTED | State.CORRECTED | State.WITHDRAWN:
            found = _holds(WorkRow.flags, _FLAGS[state], connection)
        case State.SAVED:
            found = _number(connection).in_(_voted(Judgement.SAVED))
        case State.SENT:
            found = _number(connection).in_(_shown())
        case State.UNSENT:
            found = _number(connection).not_in(_shown())
        case State.PDF:
            found = or_(WorkRow.pdf_url != "", _number(connection).in_(with_open_pdf()))
        case State.ABSTRACT:
            found = WorkRow.abstract != ""
    return found


def _holds(
    names: InstrumentedAttribute[list[str]], name: str, connection: Connection
) -> ColumnElement[bool]:
    """Whether the JSON list holds the name, in whatever case. There are few different lists."""
    wanted = storable(name).lower()
    lists = [
        found
        for found in different(names, connection)
        if wanted in (each.lower() for each in json.loads(found))
    ]
    return as_text(names, connection).in_(lists)


def as_text(column: InstrumentedAttribute[list[str]], connection: Connection) -> ColumnElement[str]:
    """A column of lists as the indexes have it."""
    postgresql = connection.dialect.name == "postgresql"
    return cast(column, Text) if postgresql else type_coerce(column, Text)


def different(names: InstrumentedAttribute[list[str]], connection: Connection) -> Sequence[str]:
    """The different lists that works have, as their JSON: from one to the next by the index."""
    text = as_text(names, connection)
    alive = (WorkRow.merged_into.is_(None), WorkRow.gone_at.is_(None))
    first = select(func.min(text).label("list")).where(*alive).cte("lists", recursive=True)
    after = select(func.min(text)).where(*alive, text > first.c.list).scalar_subquery()
    walk = first.union_all(select(after).where(first.c.list.is_not(None)))
    return connection.execute(select(walk.c.list).where(walk.c.list.is_not(None))).scalars().all()


def _shown(topic: str | None = None) -> Select[int]:
    """Works that a digest showed (for the topic) and that were sent, or still may be."""
    item = DigestItemRow
    shown = (
        select(PRESENT_WORK)
        .join(item, item.work_id == WorkRow.id)
        .where(arriving(item.digest_id), true() if topic is None else item.topic == topic)
    )
    return apart(shown)


def by_topic() -> CompoundSelect[str, int]:
    """Topics, each with the works of `OfTopic`."""
    item = DigestItemRow
    shown = (
        select(item.topic, PRESENT_WORK.label("work_id"))
        .join(WorkRow, WorkRow.id == item.work_id)
        .where(arriving(item.digest_id))
    )
    votes = in_force().subquery()
    said = select(votes.c.topic, votes.c.work_id).where(votes.c.judgement.in_(_LIKED))
    return shown.union_all(said)


def _scored(term: Scored) -> Select[int]:
    """Works that a digest showed with a relevance in the range."""
    item = DigestItemRow
    low = item.relevance >= term.low if term.low_too else item.relevance > term.low
    high = item.relevance <= term.high if term.high_too else item.relevance < term.high
    shown = select(PRESENT_WORK).join(item, item.work_id == WorkRow.id)
    return apart(shown.where(arriving(item.digest_id), low, high))


def _voted(*judgements: Judgement, topic: str | None = None) -> Select[int]:
    """Works of which a reader says one of these (for the topic)."""
    votes = in_force().subquery()
    return select(votes.c.work_id).where(
        votes.c.judgement.in_([str(judgement) for judgement in judgements]),
        true() if topic is None else votes.c.topic == topic,
    )


def _named(
    scheme: Scheme, value: str, connection: Connection, *, prefix: bool
) -> ColumnElement[bool]:
    """By the keys of all of its papers, and by its own DOI: keys leave out the version of some."""
    key = f"{scheme}:{value}"
    if prefix:
        keyed = begins(by_code_point(WorkKeyRow.key, connection), key)
        own = begins(by_code_point(WorkRow.doi, connection), value)
    else:
        keyed = WorkKeyRow.key == key
        own = WorkRow.doi == value
    by_key, number = select(WorkKeyRow.work_id).where(keyed), _number(connection)
    if scheme is not Scheme.DOI:
        return number.in_(by_key)
    return or_(number.in_(by_key), and_(WorkRow.doi.is_not(None), own))


def _published(term: Published, connection: Connection) -> ColumnElement[bool]:
    """By text: a date known as "2026" or "2026-03" is compared with as much of the day."""
    day = by_code_point(WorkRow.published, connection)
    conditions: list[ColumnElement[bool]] = [WorkRow.published.is_not(None)]
    if term.first:
        first = term.first.isoformat()
        known = [first[:4], first[:7]]
        conditions += [day >= first[:4], or_(day >= first, WorkRow.published.in_(known))]
    else:
        conditions.append(day > "")
    if term.last:
        conditions.append(day <= term.last.isoformat())
    return and_(*conditions)
