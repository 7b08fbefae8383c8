"""The names of people: one reader votes as a Slack account, a mail address, a token and a user.

A person goes by one name; every other name of theirs is an alias of it. An alias leads to its
person at once: none is the person of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, literal, select, update

from service.errors import InputError
from service.store.columns import storable
from service.store.dialect import insert_or, take_turn
from service.store.schema_people import AliasRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a person, and who said so."""

    alias: str
    person: str
    author: str
    at: datetime


class Aliases:
    """Reads and writes inside the caller's transaction. Names are compared as they are written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def link(self, alias: str, person: str, author: str, now: datetime) -> str:
        """Make `alias` a name of `person`; returns the name that the person goes by.

        `person` may itself be an alias. Where `alias` had names, they are the person's too; where
        it was somebody else's, it is no longer. The same again keeps who said it first. Raises
        `InputError` where both are names of one person the other way round.
        """
        take_turn(self._connection, "alias")
        alias, whose = storable(alias), self.person_of(storable(person))
        if whose == alias:
            remedy = "unlink the other first, if that is to be the name they go by"
            same = "is the person's own name" if person == alias else f"is who {person!r} is"
            raise InputError(f"name {alias!r}", same, remedy)
        row = AliasRow
        self._connection.execute(update(row).where(row.person == alias).values(person=whose))
        told = {"person": whose, "author": author, "at": now}
        insert = insert_or(self._connection, row).values(alias=alias, **told)
        self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=["alias"], set_=told, where=row.person != whose
            )
        )
        return whose

    def unlink(self, alias: str) -> str:
        """Let a name stand for itself again; returns whose it was. Raises `InputError` where it is
        nobody's."""
        row = AliasRow
        gone = delete(row).where(row.alias == alias).returning(row.person)
        found = self._connection.execute(gone).scalar_one_or_none()
        if found is None:
            remedy = "see: litwatch people list"
            raise InputError(f"name {alias!r}", "is not another name of anybody", remedy)
        return found

    def all(self) -> list[Alias]:
        """Every alias, by person and then by alias."""
        row = AliasRow
        columns = (row.alias, row.person, row.author, row.at)
        found = self._connection.execute(select(*columns).order_by(row.person, row.alias))
        return [Alias(*each) for each in found]

    def person_of(self, name: str) -> str:
        """The name that this person goes by: `name` itself, where it is no alias."""
        return self._connection.execute(select(_person(literal(name)))).scalar_one()


def person(name: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Who goes by a name in a column, in a statement that has `AliasRow` joined to it (`known`)."""
    return func.coalesce(AliasRow.person, name)


def known(name: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """What an outer join with `AliasRow` is on, so that `person` tells whose name it is."""
    return AliasRow.alias == name


def _person(name: ColumnElement[str]) -> ColumnElement[str]:
    whose = select(AliasRow.person).where(AliasRow.alias == name).scalar_subquery()
    return func.coalesce(whose, name)
