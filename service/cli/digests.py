"""`litwatch digest`: what would be sent, and what was. See `sending` and `replaying` beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.deliveries import week_of
from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    plain,
    print_json,
    table,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from service.bootstrap import App
    from service.pipeline import Draft
    from service.records import DigestContent, Subscription


@click.group()
def digest() -> None:
    """Digests: preview one, send what is due or a test, look at past ones."""


def _shown_as(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--as` and `--out`: in which form a digest is shown, and where."""
    forms = click.Choice(["text", "html", "slack", "email"])
    form = click.option("--as", "form", type=forms, default="text", help="How to show it.")
    out = click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
    return form(out(command))


@digest.command()
@click.argument("name", metavar="[SUBSCRIPTION]", required=False)
@click.option(
    "--as-of",
    "as_of",
    metavar="TIME",
    help='As it would have been then: 2026-11-16 (at the send time), "2026-11-16 08:00" (by the '
    'subscription\'s clock), 2026-11-16T08:00+01:00, yesterday, "last monday".',
)
@_shown_as
@json_option
@pass_session
def preview(
    session: Session,
    *,
    name: str | None,
    as_of: str | None,
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show the digest that would be sent now, or would have been sent at an earlier time.

    Sends nothing, writes nothing to the archive. An earlier time knows the works that had been
    polled by then and the digests that had been made; topics and model are today's.
    """
    from service.bootstrap import trying

    with session.opened(configured=True) as app:
        subscription, drafted = trying.draft(app, name, as_of)
        if as_json:
            print_json(drafted.content)
            return
        shown = rendered(app, drafted, subscription, form)
    _give(shown, out)


@digest.command()
@click.argument("identity", metavar="DIGEST")
@_shown_as
@json_option
@pass_session
def show(session: Session, identity: str, form: str, out: Path | None, as_json: bool) -> None:
    """Show a past digest as it was frozen. The beginning of its id is enough.

    Rendered by today's program; `litwatch digest replay` gives the bytes that were sent.
    """
    from service import replay

    with session.opened() as app:
        with app.store.reading() as tx:
            past = replay.find(tx, identity)
            content = tx.digests.content(past.id)
            places = {each.channel: each.destination for each in tx.deliveries.lines(past.id)}
        if as_json:
            print_json(content)
            return
        shown = _in_form(app, content, places.get(form, _EXAMPLES.get(form, "")), form)
    _give(shown, out)


_FILES = {"text": "digest.txt", "html": "digest.html"}  # what each form is called as a file
# Where a digest was not sent to that channel: its form needs an address all the same.
_EXAMPLES = {"email": "reader@example.org", "slack": "C0123456789"}


def _give(shown: bytes, out: Path | None) -> None:
    if out:
        write_file(out, shown)
    else:
        click.echo(shown.decode())


def rendered(app: App, drafted: Draft, subscription: Subscription, form: str) -> bytes:
    """A draft in one form, as bytes; several Slack messages are one JSON list."""
    own = form == subscription.channel
    place = subscription.destination if own else _EXAMPLES.get(form, "")
    return _in_form(app, drafted.content, place, form)


def _in_form(app: App, content: DigestContent, destination: str, form: str) -> bytes:
    from service.bootstrap.trying import not_configured

    if form in _FILES:
        return app.renderers["file"].render(content, _FILES[form])[0].payload
    if form not in app.renderers:
        raise not_configured(form)
    parts = app.renderers[form].render(content, destination)
    if form == "email":
        return parts[0].payload
    return b"[" + b",\n".join(part.payload for part in parts) + b"]"


@digest.command("list")
@json_option
@pass_session
def list_digests(session: Session, as_json: bool) -> None:
    """Past digests, newest first, and how each stands.

    sent; in doubt (a part may have arrived); waiting (to be sent, or sent again); partial (a part
    did not arrive); failed; cancelled. `litwatch deliveries` tells more.
    """
    from service import replay

    with session.opened() as app, app.store.reading() as tx:
        past = [(each, replay.standing(tx.deliveries.lines(each.id))) for each in tx.digests.past()]
    if as_json:
        print_json([{**_fields(each), "state": state} for each, state in past])
        return
    rows = [
        (d.id, f"{d.subscription} {week_of(d.period)}", moment(d.frozen_at), d.shown, state)
        for d, state in past
    ]
    columns = ("digest", "of", "frozen", "works", "state")
    table(columns, rows, numbers=(3,), whole=(0,), empty="digests")


def _fields(value: object) -> dict[str, object]:
    told = plain(value)
    assert isinstance(told, dict)  # noqa: S101 - a dataclass becomes a dict
    return told
