"""How every command that changes a topic goes on: what differs, a preview or a new version, and how
to take it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.cli import previewed
from service.cli.session import say
from service.cli.votes import reader
from service.errors import InputError

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import Seed, Topic

_TOLD = 40  # differences that are named; the rest are counted
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Wish:
    """How a change was asked for: by whom (None: the person at this computer), why, and whether it
    is only to be looked at."""

    author: str | None
    reason: str
    preview: bool = False

    @property
    def by(self) -> str:
        """Who changes it. Raises `InputError`."""
        try:
            name = reader(self.author)
        except InputError:
            name = ""
        if not name.strip():
            raise InputError("author", "is not known to this computer", "give --author NAME")
        return name


_AUTHOR = click.option(
    "--author", help="Who changes it (default: you, as this computer knows you)."
)
_REASON = click.option("--reason", default="", help="Why (default: what differs).")
_PREVIEW = click.option(
    "--preview", is_flag=True, help="Show what it would do on the last weeks, and change nothing."
)


def signed(command: F) -> F:
    """`--author` and `--reason`, handed over as a `Wish`."""

    @wraps(command)
    def asked(*args: object, author: str | None, reason: str, **others: object) -> object:
        return command(*args, wish=Wish(author, reason), **others)

    return _AUTHOR(_REASON(asked))  # type: ignore[return-value]  # the options take off what was added


def changing(command: F) -> F:
    """The same with `--preview`."""

    @wraps(command)
    def asked(
        *args: object, author: str | None, reason: str, preview: bool, **others: object
    ) -> object:
        return command(*args, wish=Wish(author, reason, preview), **others)

    return _AUTHOR(_REASON(_PREVIEW(asked)))  # type: ignore[return-value]  # likewise


def in_force(app: App, slug: str) -> Topic:
    """A topic at the version in force. Raises `TopicError`."""
    from service import tuning

    with app.store.reading() as tx:
        return tuning.in_force(tx, slug)


def settle(app: App, base: Topic | None, topic: Topic, wish: Wish) -> bool:
    """Tell what differs from `base` (None: the topic is new), and conclude. Returns whether it is
    in force now."""
    return differs(base, topic) and conclude(app, base, topic, wish)


def conclude(app: App, base: Topic | None, topic: Topic, wish: Wish) -> bool:
    """Preview what became of `base`, or put it in force, as was wished. Returns whether it is."""
    if wish.preview:
        previewed.show(app.previews.of(topic))
        say("This was a preview: nothing was changed.")
    else:
        save(app, base, topic, wish)
    return not wish.preview


def found_seeds(app: App, told: Sequence[str]) -> tuple[Seed, ...]:
    """The seeds that a person has told, with what is to be known of them. Raises as `seeds_of`."""
    found = app.seeds_of(told)
    for note in found.notes:
        say(f"Note: {note}")
    return found.seeds


def keep_references(app: App, topic: Topic, seeds: Sequence[Seed]) -> None:
    """Get what the reviews among a topic's new seeds cite, and tell what came of it."""
    keys = [seed.key for seed in seeds if seed.kind == "review"]
    notes = app.keep_references(topic, keys) if keys else ()
    for note in notes:
        say(note)
    if notes:
        say(f"How well the topic finds it: litwatch topics references {topic.slug} --measure")


def differs(base: Topic | None, topic: Topic) -> bool:
    """Whether anything differs; what does, or that nothing does, is told."""
    from service.topics.differing import differences, told

    found = differences(base, topic)
    for each in found[:_TOLD]:
        say(told(each))
    if len(found) > _TOLD:
        say(f"and {len(found) - _TOLD} more differences")
    if not found:
        say(f"Topic {topic.slug} is like this already: nothing was changed.")
    return bool(found)


def save(app: App, base: Topic | None, topic: Topic, wish: Wish) -> None:
    """Put a topic in force that was made of `base`, and say how to take it back."""
    from service import tuning

    based_on = 0 if base is None else base.version
    version = tuning.save(app.parts, topic, author=wish.by, reason=wish.reason, based_on=based_on)
    saved(app, topic.slug, version)


def saved(app: App, slug: str, version: int) -> None:
    """Say which version is in force, how to go back, and where it is not yet."""
    say(f"Topic {slug} is at version {version}.")
    if version > 1:
        say(f"To take it back: litwatch topics undo {slug}")
    folder = app.settings.topics.folder
    with app.store.reading() as tx:
        brought = folder and tx.topics.brought(slug)
    if brought:
        say(f"Its document in {folder} has not changed: litwatch topics export {slug} --out FILE")
