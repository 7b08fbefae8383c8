"""Saved searches: keeping and forgetting them, how they are read, what no digest can be made of.

A module beside the pipeline, with the same rules: it is handed a unit of the store, and what
decides is in the pure stages.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from service import archive
from service.errors import InputError, QueryError

if TYPE_CHECKING:
    from datetime import datetime

    from service.records.findings import SavedSearch
    from service.records.queries import Query
    from service.store import Unit

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")  # as the configuration has it


def read(query: str, now: datetime) -> Query:
    """A saved query as it is read now, by days in UTC. Raises `QueryError`."""
    return archive.parse(query, now, UTC)


def empty(query: Query) -> bool:
    """Whether it asks for nothing."""
    return query.term is None and not query.likes


def unfit(query: Query) -> str:
    """Why no digest can be made of what a query finds; "" where one can."""
    if query.likes:
        return "asks for works like another (like:), and all works are, more or less"
    if query.as_of is not None:
        return "asks for what the archive held once (as-of:), where nothing is new"
    return "asks for nothing" if query.term is None else ""


def fault(saved: SavedSearch, now: datetime) -> str:
    """Why a saved search cannot be part of a digest, as what follows its name; "" where it can."""
    try:
        told = unfit(read(saved.query, now))
    except QueryError as error:
        return f"can no longer be read: it {error.cause}"
    return f"cannot be part of a digest: it {told}" if told else ""


def save(tx: Unit, saved: SavedSearch, *, replace: bool) -> Query:
    """Keep a search that somebody has typed, and say how it is read.

    Raises `QueryError` where it cannot be read, `InputError` for a name that is none, is taken
    (unless the search is to be replaced) or stands in the configuration, and for a search that is
    part of digests when none could be made of it any more.
    """
    thing = f"saved search {saved.name!r}"
    if not _NAME.fullmatch(saved.name):
        raise InputError(thing, "is no name", "lower case, digits and hyphens, 64 at most")
    if saved.configured:
        raise InputError(f"author {saved.author!r}", "is the configuration", "give another")
    query = read(saved.query, saved.at)
    if empty(query):
        raise QueryError("query", "asks for nothing", "write a word", query=saved.query)
    _refuse_configured(tx, saved.name)
    sent = readers(tx).get(saved.name)
    if sent and unfit(query):
        told = f"is part of the digest {', '.join(sent)}, and the new query {unfit(query)}"
        raise InputError(thing, told, "choose another name")
    tx.searches.save(saved, replace=replace)
    return query


def remove(tx: Unit, name: str) -> None:
    """Forget a search. Raises `InputError` where there is none, or it is the configuration's."""
    _refuse_configured(tx, name)
    tx.searches.remove(name)


def _refuse_configured(tx: Unit, name: str) -> None:
    if any(held.configured for held in tx.searches.list() if held.name == name):
        told = "stands in the configuration, in [[searches]]"
        raise InputError(f"saved search {name!r}", told, "change it there")


def readers(tx: Unit) -> dict[str, list[str]]:
    """The subscriptions that are sent what a search finds, by its name, whether it is there or
    not."""
    found: dict[str, list[str]] = {}
    for subscription, _ in tx.subscriptions.active():
        for name in subscription.searches:
            found.setdefault(name, []).append(subscription.name)
    return found
