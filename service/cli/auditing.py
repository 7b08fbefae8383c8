"""`litwatch audit`: which days of each source were seen whole, and what proves it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    table,
)
from service.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from service.audits import CrossCheck, Gap, Report, SourceAudit

NOT_WHOLE = 1
_SIGNS = {"proved": "=", "healed": "h", "open": ".", "gap": "!", "not watched": " "}
_LONGEST = 62  # days that fit on one line


@click.command()
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day that is audited (default: the last thirty days).",
)
@click.option("--source", metavar="NAME", help="Only this source.")
@click.option(
    "--within",
    type=click.IntRange(1, 365),
    help="Days in which another source must know a paper, too (default: by pair).",
)
@json_option
@pass_session
def audit(
    session: Session,
    *,
    since: datetime | None,
    source: str | None,
    within: int | None,
    as_json: bool,
) -> int:
    """Prove from receipts which days of each source were seen whole, and list what was not.

    A day is proved when a walk that began after it was over reached its end and its counts
    reconcile. Gaps are told with their cause and when they are walked again by themselves; gaps
    that have closed with the receipt that closed them. Exits 1 where a gap is open.
    """
    from service.bootstrap import audited

    with session.opened() as app:
        first = since.date() if since else None
        if first is not None and first > app.clock.now().date():
            raise InputError(f"--since {first}", "is in the future", "give an earlier day")
        report = audited.report(app, first, within)
    if source is not None:
        report = _only(report, source)
    if as_json:
        print_json({**_plain(report), "whole": report.whole})
    else:
        show(report)
    return 0 if report.whole else NOT_WHOLE


def _only(report: Report, source: str) -> Report:
    """The same of one source. Raises `InputError`."""
    if source not in (names := [each.name for each in report.sources]):
        told = f"one of: {', '.join(names)}"
        raise InputError(f"source {source!r}", "is not polled and never was", told)
    return replace(
        report,
        sources=tuple(each for each in report.sources if each.name == source),
        gaps=tuple(each for each in report.gaps if each.source == source),
        healed=tuple(each for each in report.healed if each.source == source),
        cross=tuple(each for each in report.cross if source in each.pair),
        findings=tuple(each for each in report.findings if each.source == source),
    )


def _plain(report: Report) -> dict[str, object]:
    from dataclasses import fields

    return {each.name: getattr(report, each.name) for each in fields(report)}


# -- what people see


def show(report: Report) -> None:
    """The report as tables."""
    click.echo(f"Audit of {report.since} to {report.until} (UTC), at {moment(report.at)}")
    states, counts = ("proved", "healed", "gaps", "open"), ("walks", "stated", "fetched")
    columns = ("source", *states, *counts, "new", "changed", "known", "not read")
    table(columns, [_row(each) for each in report.sources], numbers=range(1, 12))
    if (report.until - report.since).days < _LONGEST:
        _strips(report)
    _gaps(report)
    _cross(report.cross)
    for finding in report.findings:
        click.echo(f"{finding.severity}: {finding.thing} {finding.cause}")
        click.echo(f"    {finding.remedy}")
    click.echo(_verdict(report))


def _row(source: SourceAudit) -> tuple[object, ...]:
    from service.audits import DayState

    states = (DayState.PROVED, DayState.HEALED, DayState.GAP, DayState.OPEN)
    told = source.totals
    name = source.name if source.enabled else f"{source.name} (not enabled)"
    counted = (told.walks, told.stated, told.fetched, told.new, told.changed, told.known)
    return (name, *(source.count(state) for state in states), *counted, told.unparsed)


def _strips(report: Report) -> None:
    """A sign for each day."""
    width = max((len(each.name) for each in report.sources), default=0)
    for each in report.sources:
        signs = "".join(_SIGNS[day.state] for day in each.days)
        click.echo(f"{each.name:{width}}  |{signs}|")
    told = "= proved, h proved after a gap, ! gap, . not over or not due, blank not watched"
    click.echo(f"{'':{width}}  one sign a day: {told}\n")


def _gaps(report: Report) -> None:
    if report.gaps:
        open_ones = [(each.source, each.days, each.cause, _again(each)) for each in report.gaps]
        columns: tuple[str, ...] = ("source", "days", "cause", "walked again")
        table(columns, open_ones, title="Open gaps", whole=(1,))
    if report.healed:
        columns = ("source", "days", "cause", "closed", "by receipt")
        closed = [
            (each.source, each.days, each.cause, moment(each.healed_at), each.receipt)
            for each in report.healed
        ]
        table(columns, closed, title="Gaps that have closed", numbers=(4,), whole=(1, 3))


def _again(gap: Gap) -> str:
    if gap.window is None or gap.again is None:
        return gap.remedy
    return f"from {moment(gap.again)} on, {gap.window}"


def _cross(checks: tuple[CrossCheck, ...]) -> None:
    rows = [
        (each.pair, each.days, each.compared, each.late, each.missing, each.left_out, each.untold)
        for each in checks
    ]
    columns = ("given by -> known by", "within days", "compared", "late", "missing", "left out")
    table((*columns, "cannot tell"), rows, title="One source against another", numbers=range(1, 6))
    for each in checks:
        if each.missing:
            more = f" and {each.missing - len(each.examples):,} more"
            named = ", ".join(each.examples) + more * (each.missing > len(each.examples))
            click.echo(f"missing ({each.pair}): {named}")


def _verdict(report: Report) -> str:
    if report.whole:
        return "Whole: every day that is over and was due is proved."
    sources = {gap.source for gap in report.gaps}
    days = sum((gap.end - gap.start).days + 1 for gap in report.gaps)
    return f"Not whole: {days} days of {len(sources)} sources are not proved."
