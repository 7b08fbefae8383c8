"""Works that answer to a term by date, page after page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, cast, select, tuple_
from sqlalchemy.orm import aliased

from service.records.queries import Sort
from service.store.query_columns import by_code_point
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from sqlalchemy import Select

    from service.records.queries import Term
    from service.store.matches import Matches

# Fewer works than these are sorted; where more answer, one walks along the dates until enough do.
_SORTED = 20_000


def listed(
    matches: Matches,
    term: Term,
    sort: Sort,
    limit: int,
    *,
    after: int | None,
    ceiling: int | None,
) -> list[int]:
    """See `Search.listed`."""
    led = not matches.postgresql and matches.led(term)
    few = led and matches.count(term, _SORTED, ceiling) < _SORTED
    work: Any = aliased(WorkRow) if led else WorkRow
    seen = sort is Sort.SEEN
    date = work.first_seen_at if seen else by_code_point(work.published, matches.connection)
    statement = _answering(matches, term, work, ceiling, few=few)
    place = None if after is None else _date(matches, sort, after)
    found: list[int] = []
    if after is None or place is not None:  # those that have a date
        here = () if after is None else (tuple_(date, work.id) < tuple_(place, after),)
        dated = statement.where(date.is_not(None), *here).order_by(date.desc(), work.id.desc())
        found += matches.connection.execute(dated.limit(limit)).scalars()
    if len(found) < limit and not seen:
        here = () if after is None or place is not None else (work.id < after,)
        undated = statement.where(date.is_(None), *here).order_by(work.id.desc())
        found += matches.connection.execute(undated.limit(limit - len(found))).scalars()
    return found


def _date(matches: Matches, sort: Sort, work_id: int) -> Any:  # noqa: ANN401 - of either column
    column = WorkRow.first_seen_at if sort is Sort.SEEN else WorkRow.published
    statement = select(column).where(WorkRow.id == work_id)
    return matches.connection.execute(statement).scalar_one_or_none()


def _answering(
    matches: Matches,
    term: Term,
    work: Any,  # noqa: ANN401 - the table or an alias
    ceiling: int | None,
    *,
    few: bool,
) -> Select[int]:
    """Works that answer, in no order; SQLite, which keeps no figures, is told how to go about."""
    if matches.few(term):
        return matches.of(term, ceiling)[0]
    below = () if ceiling is None else (work.id <= ceiling,)
    statement = select(work.id).where(work.merged_into.is_(None), work.gone_at.is_(None), *below)
    if few:
        return statement.where(cast(work.id, Integer).in_(matches.of(term, ceiling)[0]))
    if work is WorkRow:
        return statement.where(matches.condition(term))
    return statement.where(*matches.answers(term, work.id))
