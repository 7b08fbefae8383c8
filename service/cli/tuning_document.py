"""`litwatch topics edit`: a topic as a document in the person's own editor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import previewed
from service.cli.changing import Wish, differs, in_force, save, signed
from service.cli.session import Session, pass_session, say, write_file
from service.errors import LitwatchError, TopicChangedError, TopicError

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import Topic

_GUIDE = """\
# Change what you like; save and close the editor. You are shown what differs and what it would do
# before anything is kept. Lines that begin with # are no part of the topic.
"""
_FAULT = "# NOT SAVED YET: "


@click.command()
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not show what it would do, and do not ask.")
@signed
@pass_session
def edit(session: Session, *, slug: str, yes: bool, wish: Wish) -> None:
    """Edit topic SLUG as a document, in your editor ($EDITOR).

    What cannot be used comes back with the reason in its first line; nothing you wrote is lost.
    """
    from service.topics.documents import dump

    wish = Wish(wish.by, wish.reason)  # before anything is written
    with session.opened() as app:
        base = in_force(app, slug)
        began = _GUIDE + "\n" + dump(base)
        desk = _Desk(slug, began, began)
        try:
            _edited(app, base, desk, wish, yes=yes)
        except (click.Abort, click.ClickException, LitwatchError):
            desk.keep()
            raise


@dataclass
class _Desk:
    """What the person has written: `began` is what they were shown first."""

    slug: str
    began: str
    written: str

    def keep(self) -> None:
        """Put what they have changed where they find it."""
        if self.written.strip() != self.began.strip():
            file = Path(f"{self.slug}.edited.toml")
            write_file(file, self.written.encode("utf-8", "replace"))
            say(f"To go on with it: litwatch topics import {file}")


def _edited(app: App, base: Topic, desk: _Desk, wish: Wish, *, yes: bool) -> None:
    """Edit until it is kept or left."""
    text = desk.written
    while True:
        got = click.edit(text, extension=".toml")
        if got is None:  # closed without saving
            desk.keep()
            say(f"Topic {base.slug} was not changed.")
            return
        text = desk.written = _without_fault(got)
        try:
            topic = _read(text, base.slug)
            answer = _considered(app, base, topic, yes=yes)
            if answer == "y":
                save(app, base, topic, wish)
            if answer != "e":
                return
        except TopicChangedError:
            raise  # no more editing helps
        except TopicError as error:
            text = f"{_FAULT}{' '.join(str(error).split())}\n{text}"


def _read(written: str, slug: str) -> Topic:
    from service.topics.documents import parse

    topic = parse(written)
    if topic.slug != slug:
        told = "cannot be changed: works, votes and digests know the topic by it"
        raise TopicError("slug", told, f'write slug = "{slug}"')
    return topic


def _considered(app: App, base: Topic, topic: Topic, *, yes: bool) -> str:
    """What is to become of an edited topic: "y" keep it, "e" edit on, "n" leave all as it was."""
    if not differs(base, topic):
        return "n"
    if yes:
        return "y"
    try:
        previewed.show(app.previews.of(topic))
    except LitwatchError as error:
        say(f"No preview: {error}")
    choice = click.Choice(["y", "n", "e"])
    prompt = "Keep it? Yes, no, or edit on"
    answer: str = click.prompt(prompt, type=choice, default="y", err=True)
    return answer


def _without_fault(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(_FAULT))
