"""Who is who: the people behind the names that votes are given under.

A module beside the pipeline, with the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import voting

if TYPE_CHECKING:
    from service.pipeline import Parts


@dataclass(frozen=True, slots=True)
class Person:
    """A person: the name they go by, all their other names, and how many votes of theirs are in
    force."""

    name: str
    aliases: tuple[str, ...]
    votes: int


def people(parts: Parts) -> list[Person]:
    """Everybody who ever voted or was given another name, by name."""
    with parts.store.reading() as tx:
        persons = {each.alias: each.person for each in tx.aliases.all()}
        voters = tx.votes.voters()
    votes: dict[str, int] = dict.fromkeys(persons.values(), 0)
    for voter, count in voters.items():
        whose = persons.get(voter, voter)
        votes[whose] = votes.get(whose, 0) + count
    return [
        Person(who, tuple(name for name in persons if persons[name] == who), votes[who])
        for who in sorted(votes)
    ]


def link(parts: Parts, alias: str, person: str, *, author: str) -> str:
    """Let a person go by another name, too: votes under either are theirs; returns the name that
    they go by. Raises `InputError`."""
    names = voting.name(alias), voting.name(person)
    with parts.store.writing() as tx:
        return tx.aliases.link(*names, author, parts.clock.now())


def unlink(parts: Parts, alias: str) -> str:
    """Let a name stand for itself again; returns whose it was. Raises `InputError`."""
    with parts.store.writing() as tx:
        return tx.aliases.unlink(voting.name(alias))
