"""`litwatch poll` and `litwatch sources`: asking the upstreams, and how that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.receipts import show_receipts
from service.cli.session import (
    SOURCE_FAILED,
    STOPPED,
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    progress,
    say,
    table,
)
from service.errors import InputError
from service.records import RECHECK

if TYPE_CHECKING:
    from datetime import date, datetime

    from service.bootstrap import App
    from service.protocols import Source
    from service.records import Window
    from service.sources.polling import PollResult
    from service.store.sources import SourceState


@click.command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@click.option("--force", is_flag=True, help="Poll even what is not due yet.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="Walk from this day on.")
@click.option("--to", "end", type=click.DateTime(["%Y-%m-%d"]), help="... up to this day.")
@json_option
@pass_session
def poll(
    session: Session,
    names: tuple[str, ...],
    *,
    force: bool,
    start: datetime | None,
    end: datetime | None,
    as_json: bool,
) -> int:
    """Poll sources now (all that are due, or those named). Exits 4 if one failed."""
    with session.opened(stopped_status=STOPPED) as app:
        chosen = _chosen(app, names)
        window = _window(start, end, app.clock.now().date())
        results = poll_all(app, chosen, force=force or bool(names), window=window, quiet=as_json)
        if as_json:
            print_json([_plain(result) for result in results])
        else:
            show_results(results)
    return SOURCE_FAILED if any(result.error for result in results) else 0


def poll_all(
    app: App,
    chosen: list[Source],
    *,
    force: bool = False,
    window: Window | None = None,
    quiet: bool = False,
) -> list[PollResult]:
    """Poll, with a line per source that counts its records."""
    with progress("{task.completed} records", quiet=quiet) as bars:
        tasks = {s.name: bars.add_task(f"polling {s.name}", total=None) for s in chosen}
        return app.poll(
            chosen,
            force=force,
            window=window,
            progress=lambda name, tally: bars.advance(tasks[name], tally.fetched),
        )


def show_results(results: list[PollResult]) -> None:
    """One line per source, then what went wrong."""
    columns = ("source", "fetched", "new", "changed", "unparsed", "gaps", "state")
    table(columns, [_result_row(result) for result in results], numbers=range(1, 6))
    for result in results:
        if result.error:
            say(str(result.error))
        for gap in result.gaps:
            if not result.error:
                say(f"{result.source}: gap {gap}")


def _result_row(result: PollResult) -> tuple[object, ...]:
    tally = result.tally
    state = result.skipped or (f"failed: {result.error.code}" if result.error else "ok")
    counts = (tally.fetched, tally.new, tally.changed, tally.unparsed, len(result.gaps))
    return (result.source, *(("",) * 5 if result.skipped else counts), state)


@click.group(invoke_without_command=True)
@click.option(
    "--receipts", type=click.IntRange(0, 10_000), default=0, help="Also show the newest N receipts."
)
@json_option
@pass_session
@click.pass_context
def sources(context: click.Context, session: Session, *, receipts: int, as_json: bool) -> None:
    """How polling each source stands: last success, failures and their reason, next poll."""
    if context.invoked_subcommand is None:
        _show_sources(session, receipts, as_json=as_json)


def _show_sources(session: Session, receipts: int, *, as_json: bool) -> None:
    with session.opened() as app:
        configured = {*app.source_names, RECHECK}
        with app.store.reading() as tx:
            states = {state.name: state for state in tx.sources.states()}
            kept = tx.sources.receipts(limit=receipts) if receipts else []
    names = sorted({*configured, *states} - ({RECHECK} - states.keys()))
    if as_json:
        rows = [
            {"name": name, "enabled": name in configured, "state": states.get(name)}
            for name in names
        ]
        print_json({"sources": rows, "receipts": kept} if receipts else {"sources": rows})
        return
    table(
        ("source", "last success", "failures", "next poll"),
        [_state_row(name, states.get(name), name in configured) for name in names],
        numbers=(2,),
    )
    for name in names:
        state = states.get(name)
        if state is not None and state.error:
            click.echo(f"{name}: {state.error}")
    if kept:
        show_receipts(kept)


def _state_row(name: str, state: SourceState | None, enabled: bool) -> tuple[object, ...]:
    if state is None:
        return (name, "never", 0, "when due" if enabled else "not enabled")
    upcoming = moment(state.not_before) if enabled else "not enabled"
    return (name, moment(state.last_success_at), state.failures, upcoming)


def _chosen(app: App, names: tuple[str, ...]) -> list[Source]:
    known = app.source_names
    for name in names:
        if name not in known:
            raise InputError(
                f"source {name!r}", "is not enabled", f"enabled: {', '.join(known) or 'none'}"
            )
    return [source for source in app.sources if not names or source.name in names]


def _window(start: datetime | None, end: datetime | None, today: date) -> Window | None:
    from service.records import Window

    begin = start or end
    if begin is None:
        return None
    first = begin.date()
    last = end.date() if end else today
    if last < first:
        raise InputError(f"--to {last}", f"is before --from {first}", "give the earlier day first")
    return Window(first, last)


def _plain(result: PollResult) -> dict[str, object]:
    return {
        "source": result.source,
        "fetched": result.tally.fetched,
        "tally": result.tally,
        "gaps": result.gaps,
        "windows": [
            {
                "window": str(report.window),
                "kind": report.kind,
                "query": report.query,
                "stated": report.stated,
                "fetched": report.fetched,
                "complete": report.complete,
                "gap": report.gap,
                "warnings": report.warnings,
            }
            for report in result.reports
        ],
        "skipped": result.skipped,
        "error": str(result.error) if result.error else None,
        "error_type": result.error.code if result.error else None,
    }
