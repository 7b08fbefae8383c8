"""Which works a command is about: the options that `export` and `zotero push` share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.cli.session import say
from service.errors import InputError, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from service.bootstrap import App
    from service.store import Unit

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.argument("names", metavar="[WORK]...", nargs=-1),
    click.option("--search", metavar="QUERY", help="All works that answer to the whole QUERY."),
    click.option("--saved-search", metavar="NAME", help="Likewise, to a query that was saved."),
    click.option("--topic", metavar="SLUG", help="Works voted relevant, or saved, for this topic."),
    click.option("--digest", metavar="DIGEST", help="Works of a past digest (its id may be cut)."),
    click.option("--saved", is_flag=True, help="Works saved for any topic."),
    click.option("--works", "by_name", is_flag=True, help="The WORKs that are named."),
    click.option("--all", "everything", is_flag=True, help="The whole archive."),
    click.option(
        "-n", "--limit", type=click.IntRange(1), metavar="N", help="At most so many, of a search."
    ),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the options say. Making one raises `click.UsageError` unless it is one way."""

    names: tuple[str, ...]
    search: str | None
    saved_search: str | None
    topic: str | None
    digest: str | None
    saved: bool
    by_name: bool
    everything: bool
    limit: int | None

    def __post_init__(self) -> None:
        named = self.by_name or bool(self.names)
        searched = self.search is not None or self.saved_search is not None
        options = (self.search, self.saved_search, self.topic, self.digest)
        ways = [each is not None for each in options] + [self.saved, named, self.everything]
        if sum(ways) != 1 or (self.by_name and not self.names):
            raise click.UsageError(
                "give one of --search, --saved-search, --topic, --digest, --saved, "
                "--works WORK..., --all"
            )
        if self.limit is not None and not searched:
            raise click.UsageError("--limit is for --search and --saved-search")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The works: their numbers, to be read once, or None for all; and how many."""

    work_ids: Iterable[int] | None
    total: int


def choices(command: F) -> F:
    """The options, handed to the command as one `choice`. Below `@click.command`."""

    @wraps(command)
    def chosen(*args: Any, **given: Any) -> Any:  # noqa: ANN401 (any command's)
        own = {field.name: given.pop(field.name) for field in fields(Choice)}
        return command(*args, choice=Choice(**own), **given)

    for option in reversed(_OPTIONS):
        chosen = option(chosen)
    return chosen  # type: ignore[return-value] # takes what click gives, as the command did


def works(app: App, tx: Unit, choice: Choice) -> Chosen:
    """The works that were chosen. Raises `InputError` or `TopicError` for what is not there, and
    `QueryError`, its place shown, for a query that cannot be read."""
    from service import replay
    from service.bootstrap import exported

    if choice.everything:
        return Chosen(None, tx.works.counts()["works"])
    if choice.search is not None:
        return _searched(app, tx, choice.search, choice.limit)
    if choice.saved_search is not None:
        return _searched(app, tx, tx.searches.get(choice.saved_search).query, choice.limit)
    if choice.topic is not None:
        found = exported.wanted(tx, choice.topic)
    elif choice.digest is not None:
        found = exported.sent(tx, replay.find(tx, choice.digest).id)
    elif choice.names:
        found = _named(tx, choice)
    else:
        found = exported.saved(tx)
    return Chosen(found, len(found))


def _named(tx: Unit, choice: Choice) -> list[int]:
    """The works of these names. Who gives words without an option may have meant a search."""
    from service.bootstrap import exported

    try:
        return exported.named(tx, choice.names)
    except InputError as error:
        if choice.by_name:
            raise
        remedy = f"{error.remedy}; to look for words: --search"
        raise InputError(error.thing, error.cause, remedy) from error


def _searched(app: App, tx: Unit, text: str, limit: int | None) -> Chosen:
    from service import archive
    from service.bootstrap import exported

    try:
        query = archive.parse(text, app.clock.now(), UTC)
    except QueryError as error:
        say(error.here)
        raise
    for note in query.notes:
        say(f"Note: {note}")
    if query.likes:
        alike = exported.alike(app, text, limit)
        return Chosen(alike, len(alike))
    return Chosen(exported.found(tx, query, limit), exported.count(tx, query, limit))
