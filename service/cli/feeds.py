"""`litwatch feeds`: what this archive tells other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    STOPPED,
    Session,
    json_option,
    pass_session,
    print_json,
    say,
    table,
)
from service.errors import ConfigError

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.bootstrap.feeds import Listed

FORMS = ("atom", "json")


@click.group()
def feeds() -> None:
    """Feeds of topics, saved searches and digests, for feed readers and programs.

    `litwatch serve` answers them; docs/feeds.md tells more.
    """


@feeds.command("list")
@json_option
@pass_session
def list_feeds(session: Session, as_json: bool) -> None:
    """Every feed that can be had."""
    with session.opened() as app:
        found = app.feeds.listed()
    if as_json:
        print_json([{"feed": each.path, "title": each.title} for each in found])
        return
    table(("feed", "about"), [(each.path, each.title) for each in found], whole=(0,), empty="feeds")


@feeds.command()
@click.argument("feed")
@click.option("--format", "form", type=click.Choice(FORMS), default="atom", show_default=True)
@pass_session
def address(session: Session, feed: str, form: str) -> None:
    """Print the signed address of FEED (like topics/stroma).

    Whoever has it can read that feed and nothing else: give it to a feed reader that cannot log
    in, and to nobody who must not read it. It works until its key is taken out of web.keys.
    """
    with session.opened() as app:
        click.echo(signed(app, app.feeds.named(feed), form))


def signed(app: App, feed: Listed, form: str) -> str:
    """The address. Raises `ConfigError` where nothing can be signed."""
    found = app.capabilities.feed(feed.kind, feed.name)
    if not found:
        missing = "web.keys" if app.settings.web.url else "web.url"
        raise ConfigError(missing, "is not set: there are no signed addresses", "see docs/web.md")
    return f"{found}.{form}"


@feeds.command()
@click.argument("names", metavar="[FEED]...", nargs=-1)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where to write; feeds that lie there are replaced.",
)
@click.option("--format", "form", type=click.Choice(FORMS), default="atom", show_default=True)
@click.option("--url", default="", help="Address at which that folder will be served.")
@pass_session
def write(session: Session, names: tuple[str, ...], folder: Path, form: str, url: str) -> None:
    """Write feeds (all, or those named) as files for a web server, like topics/stroma.atom."""
    with session.opened(stopped_status=STOPPED) as app:
        chosen = [app.feeds.named(name) for name in names] or app.feeds.listed()
        for each in chosen:
            say(f"Written to {app.feeds.write(each, folder, form, url)}")
            app.go_on()
