"""Conditions on works by what was added to them: names, licences, open PDFs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, or_, select
from sqlalchemy import false as never

from service.records.enriching import What, folded
from service.records.watching import EntityKind
from service.store.columns import storable
from service.store.query_columns import apart, begins, by_code_point
from service.store.schema import PRESENT_WORK, WorkRow
from service.store.schema_watch import EnrichmentRow, EntityRow

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import InstrumentedAttribute

    from service.records.queries import Licensed, Names

# Whose codes may be typed without the vocabulary's name: "gene:7124", "disease:D001943".
_VOCABULARIES = {
    EntityKind.GENE: ("NCBI Gene", "UniProt", "HGNC"),
    EntityKind.CELL: ("CL", "CLO", "Cellosaurus"),
    EntityKind.DISEASE: ("MESH", "UMLS", "DOID", "MONDO", "EFO"),
    EntityKind.CHEMICAL: ("CHEBI", "MESH", "UMLS"),
}
_SPELT = {name.lower(): name for names in _VOCABULARIES.values() for name in names}
_SPELT |= {"ncbigene": "NCBI Gene", "ncbi": "NCBI Gene"}


def naming(term: Names, connection: Connection) -> Select[int]:
    """Works that name it."""
    row, key = EntityRow, folded(term.value)
    by_name = _is(row.folded, key, connection, prefix=term.prefix) if key else never()
    found = by_name
    if not term.prefix:
        found = or_(by_name, row.identifier.in_(identifiers(term.kind, term.value)))
    return apart(
        select(PRESENT_WORK)
        .join(row, row.work_id == WorkRow.id)
        .where(row.kind == str(term.kind), found)
    )


def identifiers(kind: EntityKind, value: str) -> list[str]:
    """The identifiers that may be meant: "MESH:D001943" by itself, without the vocabulary or with
    its name spelt otherwise."""
    plain = storable(value.strip())
    before, colon, code = plain.rpartition(":")
    if colon:
        return [f"{_SPELT.get(before.strip().lower(), before.strip())}:{code.strip().upper()}"]
    return [f"{name}:{plain.upper()}" for name in _VOCABULARIES[kind]]


def licensed(term: Licensed, connection: Connection) -> Select[int]:
    """Works under the licence, as far as it is known of those that were shown."""
    row, key = EnrichmentRow, folded(term.value)
    bare = key.rstrip("0123456789")  # without its version: "CC BY 4.0", but "CC0" is a name
    wanted = key if bare in ("", "cc") else bare
    found = _is(row.term, wanted, connection, prefix=term.prefix) if wanted else never()
    return _with(found)


def with_open_pdf() -> Select[int]:
    """Works whose PDF is known to be open to everybody."""
    return _with(EnrichmentRow.content["pdf_url"].as_string() != "")


def _with(condition: ColumnElement[bool]) -> Select[int]:
    row = EnrichmentRow
    return apart(
        select(PRESENT_WORK)
        .join(row, row.work_id == WorkRow.id)
        .where(row.what == str(What.ACCESS), row.found, condition)
    )


def _is(
    column: InstrumentedAttribute[str], key: str, connection: Connection, *, prefix: bool
) -> ColumnElement[bool]:
    """By its place in the order of code points, where it may go on."""
    return begins(by_code_point(column, connection), key) if prefix else column == key
