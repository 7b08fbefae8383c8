"""`litwatch token`: what lets programs ask the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, moment, pass_session, print_json, say, table

if TYPE_CHECKING:
    from datetime import datetime

    from service.records.tokens import Token

SCOPES = ("read", "vote", "admin")


@click.group()
def token() -> None:
    """Tokens with which programs ask the archive (/api/v1): make, list, revoke."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    required=True,
    help="How far it reaches; each may all that those before it may.",
)
@click.option("--expires", metavar="TIME", help="How long it is good: 36h, 90d, 12w, 1y.")
@pass_session
def create(session: Session, name: str, scope: str, expires: str | None) -> None:
    """Make a token for the program NAME and print it, once: only its hash is kept.

    "read" sees everything but mail addresses; "vote" also votes, in its own name; "admin" also
    stops subscriptions, keeps searches and votes for others. A name is given once.
    """
    from service import tokens
    from service.records.tokens import Scope, Token

    checked = tokens.name(name)
    life = tokens.life(expires) if expires else None
    secret = tokens.fresh()
    with session.opened() as app:
        now = app.clock.now()
        until = None if life is None else now + life
        kept = Token(checked, tokens.hashed(secret), Scope(scope), now, expires_at=until)
        with app.store.writing() as tx:
            tx.tokens.add(kept)
    click.echo(secret)
    say(f"Token {checked} ({scope}) is good {_until(kept)}. It is not shown again.")


@token.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """Every token there ever was, with when it was last used."""
    with session.opened() as app:
        now = app.clock.now()
        with app.store.reading() as tx:
            found = tx.tokens.all()
    if as_json:
        print_json([_fields(each, now) for each in found])
        return
    rows = [
        (
            each.name,
            each.scope,
            moment(each.created_at),
            each.last_used_on or "-",
            each.refused(now) or _until(each),
        )
        for each in found
    ]
    table(("token", "scope", "made", "last used", "good"), rows, empty="tokens")


@token.command()
@click.argument("name")
@pass_session
def revoke(session: Session, name: str) -> None:
    """Let nobody in with the token NAME any more, from now on and for good."""
    with session.opened() as app:
        now = app.clock.now()
        with app.store.writing() as tx:
            changed = tx.tokens.revoke(name, now)
    say(f"Token {name} {'is' if changed else 'was already'} revoked")


def _until(each: Token) -> str:
    return f"until {moment(each.expires_at)}" if each.expires_at else "until it is revoked"


def _fields(each: Token, now: datetime) -> dict[str, object]:
    """A token without its hash."""
    kept = ("name", "scope", "created_at", "expires_at", "revoked_at", "last_used_on")
    return {field: getattr(each, field) for field in kept} | {"usable": not each.refused(now)}
