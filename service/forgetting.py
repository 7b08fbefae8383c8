"""Forgetting a person: what they said, where they were reached, what they were sent.

A module beside the pipeline, with the same rules. What is deleted, and what only loses its name, is
decided in the store, column by column (`service.store.personal`).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from service import voting
from service.errors import InputError
from service.records.findings import CONFIGURATION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.store import Store
    from service.store.forgetting import Forgotten
    from service.store.persons import Person

_SHORTEST = 2  # of a name: what is shorter stands in too many texts by chance


class _TakenBack(Exception):  # noqa: N818 (nothing has gone wrong)
    """Ends a transaction that was only tried."""


def known(store: Store, given: Sequence[str]) -> Person:
    """Who goes by these names, all of one person. Raises `InputError` for what is nobody's name."""
    names = [voting.name(each) for each in given]
    for name in names:
        if name == CONFIGURATION or name.startswith("forgotten:") or len(name) < _SHORTEST:
            told = "is not the name of a person"
            raise InputError(f"name {name!r}", told, "see: litwatch people list")
    with store.reading() as tx:
        return tx.forgetting.person(names)


def tried(store: Store, person: Person, now: datetime, *, keep_votes: bool) -> Forgotten:
    """What `forget` would do: it is done, counted, and taken back."""
    found: list[Forgotten] = []
    try:
        with store.writing() as tx:
            found.append(tx.forgetting.forget(person, _pseudonym(), now, keep_votes=keep_votes))
            raise _TakenBack
    except _TakenBack:
        return found[0]


def forget(store: Store, person: Person, now: datetime, *, keep_votes: bool) -> Forgotten:
    """Take a person out of the archive, in one transaction; votes that are kept stay votes of one
    reader, who has no name."""
    with store.writing() as tx:
        return tx.forgetting.forget(person, _pseudonym(), now, keep_votes=keep_votes)


def _pseudonym() -> str:
    """A name that leads to nobody: it is drawn, not made of the names that were."""
    return f"forgotten:{secrets.token_hex(4)}"
