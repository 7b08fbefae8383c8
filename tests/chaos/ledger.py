"""The database's own log of claims, and of what was written under them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from tests.chaos.office import MONDAY, SPEED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from service.store import Unit
    from tests.chaos.office import FastTime
    from tests.chaos.upstream import Asked

_TABLES = """
CREATE TABLE claim_log (
    id bigserial, at double precision, name text, holder text, token bigint,
    held_by text, held_until timestamptz, released bool);
CREATE TABLE write_log (id bigserial, kind text, unit text, foreign_ bool);
CREATE FUNCTION log_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.token <> OLD.token OR NEW.holder IS NULL THEN
        INSERT INTO claim_log (at, name, holder, token, held_by, held_until, released)
        VALUES (extract(epoch FROM clock_timestamp()), NEW.name, NEW.holder, NEW.token,
                OLD.holder, OLD.held_until, NEW.holder IS NULL);
    END IF;
    RETURN NULL; END $$;
CREATE TRIGGER log_claim AFTER UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION log_claim();
"""
# A table whose rows are written under a claim, the unit that is written, and the claim's name.
_WRITES = (
    ("receipt", "NEW.source || ' ' || NEW.id", "'poll ' || NEW.source"),
    ("sweep_mark", "NEW.source", "'poll ' || NEW.source"),
    (
        "embedding",
        "NEW.work_id::text",
        "'embed ' || NEW.encoder_id || ':' || (NEW.work_id - 1) / {page}",
    ),
    ("digest", "NEW.subscription", "'digest ' || NEW.subscription"),
)
_WRITE = """
CREATE FUNCTION log_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('application_name') <> '' THEN
        INSERT INTO write_log (kind, unit, foreign_) SELECT '{table}', {unit}, NOT EXISTS (
            SELECT 1 FROM claim WHERE name = {claim}
            AND holder = current_setting('application_name'));
    END IF;
    RETURN NULL; END $$;
CREATE TRIGGER log_{table} AFTER INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION log_{table}();
"""


@dataclass(frozen=True)
class Taken:
    """A claim that was taken, or (`released`) let go, by this machine's clock; `free` says whether
    nobody had it then."""

    at: float
    name: str
    holder: str
    free: bool
    released: bool


@dataclass(frozen=True)
class Written:
    """A write under a claim; `foreign` if by somebody else than its holder."""

    kind: str
    unit: str
    foreign: bool


def install(engine: Engine, page: int) -> None:
    """Begin to log. The workers are known by the names of their connections."""
    with engine.begin() as connection:
        remove(connection)
        connection.exec_driver_sql(_TABLES)
        for table, unit, claim in _WRITES:
            claimed = claim.format(page=page)
            connection.exec_driver_sql(_WRITE.format(table=table, unit=unit, claim=claimed))


def remove(connection: Connection) -> None:
    """Log no more, and forget the log."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS claim_log, write_log")
    for table in ("claim", *(table for table, _, _ in _WRITES)):
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS log_{table} CASCADE")


def count(tx: Unit, table: str) -> int:
    found: int = tx.claims._connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return found


def claims(tx: Unit, fast: FastTime) -> list[Taken]:
    """All that was taken and let go, in order."""
    rows = tx.claims._connection.execute(text("SELECT * FROM claim_log ORDER BY id"))
    return [
        Taken(
            row.at,
            row.name,
            row.holder or row.held_by,
            row.held_by is None or row.held_until < _campaign(fast, row.at),
            row.released,
        )
        for row in rows
    ]


def _campaign(fast: FastTime, at: float) -> datetime:
    return MONDAY + timedelta(seconds=SPEED * (at - fast.started), days=fast.ahead)


def writes(tx: Unit) -> list[Written]:
    rows = tx.claims._connection.execute(text("SELECT * FROM write_log ORDER BY id"))
    return [Written(row.kind, row.unit, row.foreign_) for row in rows]


def doubled(log: Sequence[Taken]) -> int:
    """Claims that were taken while somebody had them."""
    return sum(not each.free and not each.released for each in log)


def taken_over(log: Sequence[Taken], worker: str, at: float) -> Iterator[tuple[str, float]]:
    """The names of what a worker held then, each with the seconds until another took it."""
    holders: dict[str, str] = {}
    for each in log:
        if each.at > at:
            break
        holders[each.name] = "" if each.released else each.holder
    for name, holder in holders.items():
        if worker in holder:
            later = (e for e in log if e.at > at and e.name == name)
            first = next(later, None)
            if first is not None and not first.released and worker not in first.holder:
                yield name, first.at - at


def late_requests(log: Sequence[Taken], asked: Sequence[Asked]) -> int:
    """Pages that a worker asked for though another had the claim of their source."""
    late = 0
    for request in asked:
        name, holder = f"poll {request.source}", ""
        for each in log:
            if each.at > request.at:
                break
            if each.name == name:
                holder = "" if each.released else each.holder
        late += holder not in ("", request.worker)
    return late
