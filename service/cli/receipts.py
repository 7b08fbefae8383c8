"""`litwatch receipts`: what single walks, imports and rankings did and saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
)

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import RankingRun
    from service.store.receipts import Receipt

_MOST = 1_000


@click.command()
@click.argument("number", type=click.IntRange(1), required=False)
@click.option("--source", metavar="NAME", help="Only walks and imports of this source.")
@click.option("--rankings", is_flag=True, help="Rankings instead of walks and imports.")
@click.option("--digest", metavar="DIGEST", help="The rankings of this digest.")
@click.option("--topic", metavar="SLUG", help="The rankings by this topic.")
@click.option("-n", "--limit", type=click.IntRange(1, _MOST), default=20, help="How many (20).")
@json_option
@pass_session
def receipts(
    session: Session,
    *,
    number: int | None,
    source: str | None,
    rankings: bool,
    digest: str | None,
    topic: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what walks, imports and rankings did and saw, the newest first; or all of one NUMBER.

    Each walk of a source, each import and each ranking leaves a receipt. `litwatch audit` tells
    what they prove together.
    """
    with session.opened() as app:
        if rankings or digest or topic:
            _show_runs(_runs(app, digest, topic, limit), as_json=as_json)
            return
        with app.store.reading() as tx:
            if number is not None:
                found = [tx.receipts.get(number)]
            else:
                found = tx.listing.receipts(limit, source=source)[:limit]
    if as_json:
        print_json(found)
    elif number is not None:
        _show_one(found[0])
    else:
        show_receipts(found)


def _runs(app: App, digest: str | None, topic: str | None, limit: int) -> list[RankingRun]:
    from service import replay

    with app.store.reading() as tx:
        identity = replay.find(tx, digest).id if digest else None
        return tx.runs.latest(limit, topic=topic, digest=identity)


def _show_runs(runs: list[RankingRun], *, as_json: bool) -> None:
    if as_json:
        print_json(runs)
        return
    columns = ("at", "for", "topic", "window", "screened", "wanted", "line", "by")
    rows = [
        (
            moment(run.at),
            run.digest[:8] if run.digest else run.purpose,
            f"{run.topic} v{run.version}",
            f"({run.lo}, {run.hi}]",
            run.screened,
            run.wanted,
            f"{run.line:.3f}",
            run.encoder or (f"words only: {run.missing}" if run.missing else "nothing to rank"),
        )
        for run in runs
    ]
    table(columns, rows, numbers=(4, 5, 6), empty="rankings")


def show_receipts(found: list[Receipt]) -> None:
    """What single windows stated and gave, a line each, and what is missing of them."""
    rows = [
        (
            *(each.id, f"{each.finished_at:%Y-%m-%d %H:%M}", each.source, each.kind, _days(each)),
            *(each.stated, each.fetched, each.new, each.changed),
            ", ".join(f"{count} {why}" for why, count in each.dropped.items()),
            _whole(each),
        )
        for each in found
    ]
    columns = ("no.", "finished (UTC)", "source", "kind", "window", "stated", "fetched", "new")
    numbers = (0, 5, 6, 7, 8)
    table((*columns, "changed", "dropped", "whole"), rows, numbers=numbers, empty="receipts")
    for each in found:
        if each.gap:
            gap = "".join(sign if sign.isprintable() else " " for sign in each.gap)
            say(f"{each.id} {each.source} {each.window}: gap: {gap}")


def _days(receipt: Receipt) -> str:
    start, _, end = receipt.window.partition("..")
    return start if start == end else f"{start} {end}"


def _whole(receipt: Receipt) -> str:
    told = "gap" if receipt.gap else "yes" if receipt.end_sign else "no end sign"
    return ", ".join((told, *map(str, receipt.signs)))


def _show_one(found: Receipt) -> None:
    rows = [
        ("receipt", found.id),
        ("source", found.source),
        ("kind", found.kind),
        ("window", found.window),
        ("asked", found.query),
        ("understood as", found.translation),
        ("stated", found.stated),
        ("fetched", found.fetched),
        ("new", found.new),
        ("changed", found.changed),
        ("known", found.fetched - found.new - found.changed - found.unparsed),
        ("not understood", found.unparsed),
        ("gone", found.gone),
        ("dropped", ", ".join(f"{count} {why}" for why, count in found.dropped.items())),
        ("lack", ", ".join(f"{count} {what}" for what, count in found.lacking.items() if count)),
        ("end sign", "seen" if found.end_sign else "not seen"),
        ("gap", found.gap),
        ("signs", ", ".join(found.signs)),
        ("warnings", "\n".join(found.warnings)),
        ("began", moment(found.started_at)),
        ("ended", moment(found.finished_at)),
        ("by", found.program),
    ]
    table(("", ""), [row for row in rows if row[1] not in {None, ""}], whole=(0,))
