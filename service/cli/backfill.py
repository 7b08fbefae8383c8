"""`litwatch backfill`: many files into the archive, as one plan that can be stopped at any time."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
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
from service.records.backfills import PartState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.backfill import plan
    from service.bootstrap import App
    from service.records.backfills import Backfill

_COUNT = "{task.fields[told]}"
_EVERY = 60.0  # seconds between two lines where standard error is no terminal


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--jobs", type=click.IntRange(1), help="Processes (default: cores; SQLite: at most 3)."
)
@click.option("--embed", is_flag=True, help="Make the works' vectors, too.")
@click.option("--retry", is_flag=True, help="Try again the parts that failed.")
@click.option("--again", is_flag=True, help="Begin anew, though it was begun or done before.")
@click.option("--status", "only_status", is_flag=True, help="Show how far it has come; do nothing.")
@click.option("--ray", "on_ray", is_flag=True, help="Run on Ray (pip install 'litwatch[ray]').")
@click.option("--address", default="", help="With --ray: a cluster, instead of one made here.")
@json_option
@pass_session
def backfill(
    session: Session,
    *,
    files: tuple[Path, ...],
    jobs: int | None,
    embed: bool,
    retry: bool,
    again: bool,
    only_status: bool,
    on_ray: bool,
    address: str,
    as_json: bool,
) -> int:
    """Take many files into the archive: NLM baseline and update files, or any that
    `litwatch import` knows; of a folder, all of them.

    The works can be searched; digests leave them out. Stopped or killed, the same command goes on
    where it was. A .md5 file beside a file is checked. --status without FILES shows all.
    """
    if address and not on_ray:
        raise InputError("--address", "is for Ray", "add --ray")
    if only_status:
        return _status(session, files, embed=embed, as_json=as_json)
    if not files:
        raise InputError("backfill", "needs files or folders", "see: litwatch backfill --help")
    from service.bootstrap import backfilled, backfilled_on_ray

    with session.opened(stopped_status=STOPPED) as app:
        plan = backfilled.prepare(app, files, embed=embed, again=again, retry=retry)
        say(_opening(plan))
        number = backfilled.jobs_for(app, jobs)
        try:
            with _watched(quiet=as_json) as told:
                if on_ray:
                    plan = backfilled_on_ray.run_on_ray(
                        app, plan, address=address, jobs=number, told=told
                    )
                else:
                    plan = backfilled.run_here(app, plan, number, told)
                app.go_on()
            embedded = _embed(app, quiet=as_json) if embed else 0
        except BaseException:
            say("To go on where it stopped: the same command. How far it is: --status")
            raise
    return _tell(plan, embedded, as_json=as_json)


def _embed(app: App, *, quiet: bool) -> int:
    """Make the vectors that are not made yet; how many. Raises `EncoderError`."""
    from service import pipeline

    waiting = pipeline.to_embed(app.parts)
    with progress(quiet=quiet) as bars:
        task = bars.add_task("embedding", total=waiting, visible=waiting > 0)
        return pipeline.embed(app.parts, lambda done: bars.advance(task, done))


@contextmanager
def _watched(*, quiet: bool) -> Iterator[Callable[[plan.Progress], None]]:
    """What shows how far it has come: a bar on a terminal, else a line a minute."""
    from time import monotonic

    from service.backfill import plan

    begun, spoken = monotonic(), [monotonic()]
    first: list[plan.Progress] = []
    with progress(_COUNT, quiet=quiet) as bars:
        task = bars.add_task("back-fill", total=None, told="")

        def told(now: plan.Progress) -> None:
            first[:] = first or [now]
            seconds = monotonic() - begun
            line = _line(
                now, plan.pace(first[0], now, seconds), plan.remaining(first[0], now, seconds)
            )
            bars.update(task, total=now.size, completed=now.read, told=line)
            if bars.disable and not quiet and monotonic() - spoken[0] >= _EVERY:
                spoken[0] = monotonic()
                say(line)

        yield told


def _line(now: plan.Progress, pace: float, left: object) -> str:
    told = [f"{now.done} of {now.parts} parts", f"{now.tally.fetched:,} records", f"{pace:,.0f}/s"]
    told += [f"{now.embedded:,} embedded"] if now.embedded else []
    told += [f"{now.failed} failed"] if now.failed else []
    return ", ".join([*told, f"{left} left" if left is not None else "..."])


def _opening(backfill: Backfill) -> str:
    from service.backfill import plan

    stands = plan.progress(backfill)
    parts = f"{stands.parts} part{'' if stands.parts == 1 else 's'}"
    if not stands.left and backfill.finished_at:
        ended = f"ended at {moment(backfill.finished_at)}"
        return f"Back-fill {backfill.id} of {parts} {ended}; --again begins it anew."
    if stands.done or stands.read:
        return f"Back-fill {backfill.id} goes on: {stands.done} of {parts} are done."
    return f"Back-fill {backfill.id}: {parts}, {stands.size / 1e6:,.1f} MB."


def _tell(backfill: Backfill, embedded: int, *, as_json: bool) -> int:
    """The result; the exit status is 2 where a file could not be used."""
    from service.backfill import plan

    stands = plan.progress(backfill)
    if as_json:
        print_json({"backfill": backfill, "progress": stands, "embedded_now": embedded})
    else:
        tally = stands.tally
        columns = ("parts", "records", "new", "changed", "same", "unparsed", "embedded")
        counts = (tally.fetched, tally.new, tally.changed, tally.same, tally.unparsed)
        row = (f"{stands.done} of {stands.parts}", *counts, stands.embedded + embedded)
        table(columns, [row], numbers=range(1, 7))
        _tell_failed(backfill)
    return 2 if stands.failed else 0


def _tell_failed(backfill: Backfill) -> None:
    failed = [each for each in backfill.parts if each.state is PartState.FAILED]
    for each in failed:
        say(f"failed: {each.file}: {each.error}")
    if failed:
        say("To try these again: the same command with --retry")


def _status(session: Session, files: tuple[Path, ...], *, embed: bool, as_json: bool) -> int:
    from service.bootstrap import backfilled

    with session.opened() as app:
        found = backfilled.standing(app, files, embed=embed)
    if as_json:
        print_json(found)
        return 0
    if len(found) == 1 and files:
        _tell_parts(found[0])
        return 0
    from service.backfill import plan

    rows = [(each, plan.progress(each)) for each in found]
    table(
        ("id", "begun", "ended", "source", "parts", "done", "failed", "records"),
        [
            (b.id, *map(moment, (b.created_at, b.finished_at)), b.source, *_figures(p))
            for b, p in rows
        ],
        numbers=(0, 4, 5, 6, 7),
        empty="back-fills",
    )
    for each in found:
        _tell_failed(each)
    return 0


def _figures(stands: plan.Progress) -> tuple[int, ...]:
    return stands.parts, stands.done, stands.failed, stands.tally.fetched


def _tell_parts(backfill: Backfill) -> None:
    from service.backfill.plan import name_of

    rows = [
        (
            name_of(each.file),
            each.state,
            each.tally.fetched,
            each.tally.new,
            each.tally.changed,
            each.attempt,
            f"{each.seconds:.1f}",
            each.holder or "",
            each.error or "",
        )
        for each in backfill.parts
    ]
    columns = ("file", "state", "records", "new", "changed", "tries", "seconds", "by", "error")
    table(columns, rows, numbers=range(2, 7))
