"""Conditions on works that are no full-text search, the same on both databases.

Each is true or false for every work, never NULL: it may stand under a NOT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    String,
    and_,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.records import Flag, Judgement, Kind
from service.records.queries import (
    FromSource,
    Is,
    Named,
    OfKind,
    OfTopic,
    Published,
    Scheme,
    Scored,
    Seen,
    State,
)
from service.store.digests import arriving
from service.store.schema import (
    PRESENT_WORK,
    DigestItemRow,
    WorkKeyRow,
    WorkRow,
    storable,
)
from service.store.votes import in_force

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import InstrumentedAttribute

Fact = Is | OfKind | FromSource | OfTopic | Named | Published | Seen | Scored


def fact(term: Fact, connection: Connection) -> ColumnElement[bool]:
    """The condition on `work` that the term is."""
    match term:
        case Is(state):
            found = _state(state, connection)
        case OfKind(kind):
            found = WorkRow.kind == str(kind)
        case FromSource(name):
            found = _holds(WorkRow.sources, name, connection)
        case OfTopic(slug):
            said = _voted(Judgement.RELEVANT, Judgement.SAVED, topic=slug)
            found = or_(WorkRow.id.in_(_shown(slug)), WorkRow.id.in_(said))
        case Named(scheme, value, prefix):
            found = _named(scheme, value, prefix=prefix)
        case Published():
            found = _published(term, connection)
        case Scored():
            found = WorkRow.id.in_(_scored(term))
        case Seen(since, before):
            seen = WorkRow.first_seen_at
            found = and_(
                true() if since is None else seen >= since,
                true() if before is None else seen < before,
            )
    return found


_KINDS = {State.PREPRINT: Kind.PREPRINT, State.REVIEW: Kind.REVIEW}
_FLAGS = {
    State.RETRACTED: Flag.RETRACTED,
    State.CORRECTED: Flag.CORRECTED,
    State.WITHDRAWN: Flag.WITHDRAWN,
}


def _state(state: State, connection: Connection) -> ColumnElement[bool]:
    match state:
        case State.PREPRINT | State.REVIEW:
            found = WorkRow.kind == str(_KINDS[state])
        case State.RETRACTED | State.CORRECTED | State.WITHDRAWN:
            found = _holds(WorkRow.flags, _FLAGS[state], connection)
        case State.SAVED:
            found = WorkRow.id.in_(_voted(Judgement.SAVED))
        case State.SENT:
            found = WorkRow.id.in_(_shown())
        case State.UNSENT:
            found = WorkRow.id.not_in(_shown())
        case State.PDF:
            found = WorkRow.pdf_url != ""
        case State.ABSTRACT:
            found = WorkRow.abstract != ""
    return found


def _holds(
    names: InstrumentedAttribute[list[str]], name: str, connection: Connection
) -> ColumnElement[bool]:
    """Whether the JSON list holds the name, in whatever case."""
    wanted = storable(name.lower())  # it meets no column, which would see to that
    if connection.dialect.name == "postgresql":
        each = func.jsonb_array_elements_text(names.cast(JSONB)).table_valued("value")
    else:
        each = func.json_each(names.expression, type_=JSON).table_valued("value")
    return exists(
        select(each.c.value).where(func.lower(each.c.value.cast(String)) == wanted)
    ).correlate(WorkRow)


def _shown(topic: str | None = None) -> Select[int]:
    """Works that a digest showed (for the topic) and that were sent, or still may be."""
    item = DigestItemRow
    shown = (
        select(PRESENT_WORK)
        .join(item, item.work_id == WorkRow.id)
        .where(arriving(item.digest_id), true() if topic is None else item.topic == topic)
    )
    return _apart(shown)


def _scored(term: Scored) -> Select[int]:
    """Works that a digest showed with a relevance in the range."""
    item = DigestItemRow
    low = item.relevance >= term.low if term.low_too else item.relevance > term.low
    high = item.relevance <= term.high if term.high_too else item.relevance < term.high
    shown = select(PRESENT_WORK).join(item, item.work_id == WorkRow.id)
    return _apart(shown.where(arriving(item.digest_id), low, high))


def _voted(*judgements: Judgement, topic: str | None = None) -> Select[int]:
    """Works of which a reader says one of these (for the topic)."""
    votes = in_force().subquery()
    return select(votes.c.work_id).where(
        votes.c.judgement.in_([str(judgement) for judgement in judgements]),
        true() if topic is None else votes.c.topic == topic,
    )


def _apart(statement: Select[int]) -> Select[int]:
    """The statement with its own `work`, not that of the statement around it."""
    found = statement.subquery()
    return select(found.c[0])


def _named(scheme: Scheme, value: str, *, prefix: bool) -> ColumnElement[bool]:
    """By the keys of all of its papers, and by its own DOI: keys leave out the version of some."""
    key = f"{scheme}:{value}"
    if prefix:
        keyed = WorkKeyRow.key.startswith(key, autoescape=True)
        own = func.coalesce(WorkRow.doi, "").startswith(value, autoescape=True)
    else:
        keyed = WorkKeyRow.key == key
        own = func.coalesce(WorkRow.doi, "") == value
    by_key = select(WorkKeyRow.work_id).where(keyed)
    if scheme is not Scheme.DOI:
        return WorkRow.id.in_(by_key)
    return or_(WorkRow.id.in_(by_key), own)


def _published(term: Published, connection: Connection) -> ColumnElement[bool]:
    """By text: a date known as "2026" or "2026-03" is compared with as much of the day."""
    day = func.coalesce(WorkRow.published, "")
    conditions: list[ColumnElement[bool]] = [day != ""]
    collation = "C" if connection.dialect.name == "postgresql" else "BINARY"
    if term.first:
        first = func.substr(term.first.isoformat(), 1, func.length(day))
        conditions.append(day.collate(collation) >= first)
    if term.last:
        conditions.append(day.collate(collation) <= term.last.isoformat())
    return and_(*conditions)
