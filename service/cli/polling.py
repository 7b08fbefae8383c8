"""`litwatch poll` and `litwatch sources`: asking the upstreams, and how that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import (
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

if TYPE_CHECKING:
    from datetime import date, datetime

    from service.bootstrap import App
    from service.protocols import Source
    from service.records import Window
    from service.sources.polling import PollResult
    from service.store.sources import SourceState

SOURCE_FAILED = 4


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
    with session.opened() as app:
        chosen = _chosen(app, names)
        today = app.clock.now().date()
        results = poll_all(
            app, chosen, force=force or bool(names), window=_window(start, end, today)
        )
    if as_json:
        print_json([_plain(result) for result in results])
    else:
        show_results(results)
    return SOURCE_FAILED if any(result.error for result in results) else 0


def poll_all(
    app: App, chosen: list[Source], *, force: bool = False, window: Window | None = None
) -> list[PollResult]:
    """Poll with a bar per source."""
    from service import pipeline

    with progress() as bars:
        tasks = {s.name: bars.add_task(f"polling {s.name}", total=None) for s in chosen}

        def one(source: Source) -> PollResult:
            result = app.poll_one(
                source,
                force=force,
                window=window,
                progress=lambda name, tally: bars.advance(tasks[name], tally.fetched),
            )
            done = result.tally.fetched
            bars.update(tasks[source.name], total=max(done, 1), completed=max(done, 1))
            return result

        return pipeline.poll(one, chosen)


def show_results(results: list[PollResult]) -> None:
    """One line per source, then what went wrong."""
    rows = [
        (
            result.source,
            result.tally.fetched,
            result.tally.new,
            result.tally.changed,
            result.tally.unparsed,
            len(result.gaps),
            result.skipped or (result.error.code if result.error else "ok"),
        )
        for result in results
    ]
    table(("source", "fetched", "new", "changed", "unparsed", "gaps", "state"), rows)
    for result in results:
        if result.error:
            say(f"{result.source}: {result.error}")
        for gap in result.gaps:
            say(f"{result.source}: gap {gap}")


@click.command()
@click.option("--receipts", type=int, default=0, help="Also show the newest N receipts.")
@json_option
@pass_session
def sources(session: Session, receipts: int, as_json: bool) -> None:
    """How polling each source stands: last success, failures and their reason, next poll."""
    with session.opened() as app:
        configured = [source.name for source in app.sources]
        with app.store.reading() as tx:
            states = {state.name: state for state in tx.sources.states()}
            kept = tx.sources.receipts(limit=receipts) if receipts else []
    names = sorted({*configured, *states})
    if as_json:
        rows = [
            {"name": name, "enabled": name in configured, "state": states.get(name)}
            for name in names
        ]
        print_json({"sources": rows, "receipts": kept} if receipts else {"sources": rows})
        return
    table(
        ("source", "last success", "failures", "reason", "next poll"),
        [_state_row(name, states.get(name), name in configured) for name in names],
    )
    if kept:
        table(
            ("finished", "source", "kind", "window", "stated", "fetched", "new", "gap"),
            [
                (
                    moment(r.finished_at),
                    r.source,
                    r.kind,
                    r.window,
                    r.stated,
                    r.fetched,
                    r.new,
                    r.gap or "",
                )
                for r in kept
            ],
        )


def _state_row(name: str, state: SourceState | None, enabled: bool) -> tuple[object, ...]:
    if not enabled:
        return (name, "", "", "not enabled", "")
    if state is None:
        return (name, "never", 0, "", "now")
    get = {
        key: getattr(state, key) for key in ("last_success_at", "failures", "error", "not_before")
    }
    return (
        name,
        moment(get["last_success_at"]),
        get["failures"],
        get["error"] or "",
        moment(get["not_before"]),
    )


def _chosen(app: App, names: tuple[str, ...]) -> list[Source]:
    known = {source.name: source for source in app.sources}
    for name in names:
        if name not in known:
            raise InputError(
                f"source {name!r}", "is not enabled", f"enabled: {', '.join(known) or 'none'}"
            )
    return [known[name] for name in names] if names else list(known.values())


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
