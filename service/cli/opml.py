"""`litwatch sources opml`: the feeds that are polled, from and for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from service.cli import feeds
from service.cli.session import Session, pass_session, say, write_file
from service.errors import ConfigError

if TYPE_CHECKING:
    from service.config.feed_list import Additions
    from service.config.opml import Outline


@click.group()
def opml() -> None:
    """Lists of feeds (OPML), as feed readers export and import them."""


@opml.command("export")
@click.option("--own", is_flag=True, help="Also the feeds that Litwatch gives out, signed.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file (default: standard output).",
)
@pass_session
def export_list(session: Session, own: bool, out: Path | None) -> None:
    """Write the RSS and Atom feeds that are polled as a list."""
    from service.config import opml as document

    polled = session.settings.sources.feeds
    body = document.write(
        "Litwatch",
        [document.Outline(feed.name, feed.url, feed.enabled) for feed in polled],
        _own(session) if own else (),
    )
    if out:
        write_file(out, body)
    else:
        click.echo(body, nl=False)


def _own(session: Session) -> list[Outline]:
    from service.config.opml import Outline

    with session.opened() as app:
        return [
            Outline(f"Litwatch: {each.title}", feeds.signed(app, each, "atom"))
            for each in app.feeds.listed()
        ]


@opml.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--write", "written", is_flag=True, help="Add them to the configuration file.")
@pass_session
def import_list(session: Session, file: BinaryIO, written: bool) -> None:
    """Print what the feeds of FILE ("-": standard input) are in litwatch.toml.

    Feeds that are polled already are left out. With --write the others are added at the end of
    the configuration file, in which nothing else is changed.
    """
    from service.config import feed_list
    from service.config import opml as document

    outlines = document.read(file.read(document.LONGEST + 1))
    settings = session.settings
    found = feed_list.additions(outlines, settings.sources, settings.web.url)
    click.echo(feed_list.rows(found.new), nl=False)
    _tell(found)
    if written and found.new:
        _write(session, found)


def _tell(found: Additions) -> None:
    for outline, fault in found.refused:
        say(f"refused: {outline.title!r}: {fault}")
    counts = {"new": found.new, "polled already": found.known, "refused": found.refused}
    say("Feeds: " + ", ".join(f"{len(each)} {name}" for name, each in counts.items()))


def _write(session: Session, found: Additions) -> None:
    from service.config import feed_list
    from service.config.loading import find

    file = find(session.config)
    if file is None:
        told = "there is no configuration file to add to"
        raise ConfigError("--write", told, "litwatch init makes one; or name it: --config FILE")
    feed_list.append(found.new, file)
    say(f"Added to {file}; a worker that is running polls them when it is started again")
