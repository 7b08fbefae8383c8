"""`litwatch rank`: the archive's works for a topic, best first."""

from __future__ import annotations

from datetime import timedelta

import click

from service.cli.session import Session, json_option, pass_session, print_json, say, table


@click.command()
@click.argument("slug", metavar="TOPIC")
@click.option(
    "--days", type=click.IntRange(min=1), default=7, help="Works first seen in the last N days."
)
@click.option("--limit", type=click.IntRange(min=1), default=30, help="How many to show.")
@json_option
@pass_session
def rank(session: Session, slug: str, days: int, limit: int, as_json: bool) -> None:
    """Rank recent works for TOPIC, with the reason for each."""
    from service import pipeline

    with session.opened(configured=True) as app:
        with app.store.reading() as tx:
            tx.topics.get(slug)
            topic = next(t for t in app.topics(tx) if t.slug == slug)
            lo = tx.works.sequence_before(app.clock.now() - timedelta(days=days))
            hi = tx.works.sequence()
        ranking = pipeline.rank(app.parts, [topic], lo, hi)
        shown = ranking.by_topic[slug][:limit]
        with app.store.reading() as tx:
            works = {work.id: work for work in tx.works.many([r.work_id for r in shown])}
    if as_json:
        print_json([{"work": works[r.work_id], "ranked": r} for r in shown])
        return
    if not shown:
        say(f"No work came in the last {days} days; --days looks further back.")
        return
    table(
        ("score", "work", "title", "why"),
        [
            (f"{r.score:.2f}", r.work_id, works[r.work_id].title, ", ".join(r.terms[:5]))
            for r in shown
        ],
        numbers=(0, 1),
        title=f"{topic.name}: {len(shown)} of {ranking.screened} works of the last {days} days",
    )
