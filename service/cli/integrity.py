"""`litwatch flags` and `unflag`: what happened to papers, who says so, and what does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, moment, pass_session, print_json, say, table
from service.cli.votes import reader

if TYPE_CHECKING:
    from service.records.stated import Stated

_FLAGS = ("retracted", "withdrawn", "concern", "corrected")


@click.command()
@click.argument("name", metavar="WORK|list", default="list")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=50, help="Works listed.")
@json_option
@pass_session
def flags(session: Session, name: str, limit: int, as_json: bool) -> None:
    """What WORK is flagged with, and who says so since when; or the works flagged last.

    WORK is a number, PMID, PMCID, DOI or arXiv id. A flag that was stated once stays, whatever its
    source says later; `litwatch unflag` takes off what does not hold.
    """
    if name == "list":
        _list(session, limit, as_json=as_json)
        return
    from service import rulings

    with session.opened() as app:
        found = rulings.account(app.parts, name)
    if as_json:
        print_json(found)
        return
    click.echo(found.work.title)
    click.echo(f"flags: {', '.join(sorted(found.work.flags)) or 'none'}")
    for line in lines(found.stated):
        click.echo(f"  {line}")


def _list(session: Session, limit: int, *, as_json: bool) -> None:
    from service import rulings

    with session.opened() as app:
        found = rulings.flagged(app.parts, limit)
    if as_json:
        print_json([{"work": work, "newest": stated} for work, stated in found])
        return
    rows = [
        (work.id, moment(stated.at), ", ".join(sorted(work.flags)), work.title)
        for work, stated in found
    ]
    table(("work", "since", "flags", "title"), rows, numbers=(0,), empty="flagged works")


def lines(stated: tuple[Stated, ...]) -> list[str]:
    """Who says what of a work, a line each; what was ruled out says by whom and why."""
    from service import news

    found = []
    for each in stated:
        said = each.statement
        notice = news.address(said.notice)
        line = f"{moment(each.at)} {said.flag}, says {said.said_by}"
        line += f": {notice}" if notice else ""
        if each.ruling:
            ruled = each.ruling
            line += f" (does not hold, says {ruled.author} {moment(ruled.at)}: {ruled.reason})"
        found.append(line)
    return found


@click.command()
@click.argument("name", metavar="WORK")
@click.argument("flag", type=click.Choice(_FLAGS))
@click.option("--reason", required=True, help="Why it does not hold; it is kept with your name.")
@pass_session
def unflag(session: Session, name: str, flag: str, reason: str) -> None:
    """Take FLAG off WORK: what was said so far does not hold.

    It comes back when another record, or another notice, says it again.
    """
    from service import rulings
    from service.records import Flag

    with session.opened() as app:
        left = rulings.rule_out(app.parts, name, Flag(flag), author=reader(None), reason=reason)
    shown = ", ".join(sorted(left.work.flags)) or "nothing"
    say(f"Work {left.work.id} is flagged with {shown} now.")
