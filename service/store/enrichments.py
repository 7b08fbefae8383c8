"""What was added to works beside what their sources say, and when it may be asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from service.records import Entity, EntityKind, Figure
from service.records.enriching import Access, Addition, Enrichment, What, folded
from service.store.dialect import chunks, insert_or, take_turn
from service.store.schema_watch import EnrichmentRow, EntityRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


class Enrichments:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, work_id: int, what: What, asked: str, now: datetime, until: datetime) -> bool:
        """Whether this worker is the one to ask about the work by these identifiers; another may
        from `until` on, should nothing be kept before."""
        row, run = EnrichmentRow, self._connection.execute
        due = or_(row.asked != asked, row.due_at <= now)
        taken = update(row).where(row.work_id == work_id, row.what == str(what), due)
        if run(taken.values(asked=asked, due_at=until)).rowcount:
            return True
        fresh = insert_or(self._connection, row).values(
            work_id=work_id,
            what=str(what),
            source="",
            found=False,
            asked=asked,
            tries=0,
            term="",
            content={},
            fetched_at=now,
            due_at=until,
        )
        return run(fresh.on_conflict_do_nothing().returning(row.work_id)).first() is not None

    def keep(self, enrichment: Enrichment, term: str = "") -> None:
        """Put it in the place of what was kept; `term` is what of it is searched."""
        row, each = EnrichmentRow, enrichment
        values: dict[str, Any] = {
            "source": each.source,
            "found": each.found,
            "asked": each.asked,
            "tries": each.tries,
            "term": folded(term),
            "content": {**each.content},
            "fetched_at": each.fetched_at,
            "due_at": each.due_at,
        }
        statement = insert_or(self._connection, row).values(
            work_id=each.work_id, what=str(each.what), **values
        )
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["work_id", "what"], set_=values)
        )

    def of(self, work_ids: Sequence[int]) -> dict[tuple[int, What], Enrichment]:
        """What is kept of these works."""
        row, found = EnrichmentRow, dict[tuple[int, What], Enrichment]()
        for part in chunks(work_ids):
            for each in self._connection.execute(select(row).where(row.work_id.in_(part))):
                what = What(each.what)
                found[each.work_id, what] = Enrichment(
                    each.work_id,
                    what,
                    each.source,
                    each.found,
                    each.asked,
                    each.fetched_at,
                    each.due_at,
                    each.tries,
                    each.content,
                )
        return found

    def access(self, work_id: int) -> Access | None:
        """Where the work is open, and under which licence; None where that is not known."""
        row = EnrichmentRow
        statement = select(row.content).where(
            row.work_id == work_id, row.what == str(What.ACCESS), row.found
        )
        content = self._connection.execute(statement).scalar_one_or_none()
        return None if content is None else Access(**content)

    # -- what is named

    def name(self, work_id: int, entities: Iterable[Entity]) -> None:
        """Put these names in the place of those that were kept; of two that are looked for alike
        the first counts."""
        distinct = {(str(each.kind), folded(each.name)): each for each in reversed([*entities])}
        rows = [
            {
                "work_id": work_id,
                "kind": kind,
                "folded": key,
                "name": each.name,
                "identifier": each.identifier,
                "count": each.count,
            }
            for (kind, key), each in distinct.items()
            if key
        ]
        run = self._connection.execute
        take_turn(self._connection, "entity")
        run(delete(EntityRow).where(EntityRow.work_id == work_id))
        if rows:
            run(insert(EntityRow), rows)

    def entities(self, work_ids: Sequence[int]) -> dict[int, tuple[Entity, ...]]:
        """What these works name, the commonest first; works that name nothing are left out."""
        row, found = EntityRow, dict[int, list[Entity]]()
        for part in chunks(work_ids):
            statement = (
                select(row.work_id, row.kind, row.name, row.identifier, row.count)
                .where(row.work_id.in_(part))
                .order_by(row.work_id, row.count.desc(), row.kind, row.folded)
            )
            for work_id, kind, name, identifier, count in self._connection.execute(statement):
                entity = Entity(EntityKind(kind), name, identifier, count)
                found.setdefault(work_id, []).append(entity)
        return {work_id: tuple(each) for work_id, each in found.items()}

    # -- what is shown

    def shown(self, work_ids: Sequence[int]) -> dict[int, Addition]:
        """What is shown with these works; those without anything are left out."""
        entities, row = self.entities(work_ids), EnrichmentRow
        figures: dict[int, Figure] = {}
        for part in chunks(work_ids):
            statement = select(row.work_id, row.content).where(
                row.work_id.in_(part), row.what == str(What.FIGURE), row.found
            )
            for work_id, content in self._connection.execute(statement):
                figures[work_id] = Figure(**content)
        return {
            work_id: Addition(entities.get(work_id, ()), figures.get(work_id))
            for work_id in work_ids
            if work_id in entities or work_id in figures
        }
