"""What is added to works beside what their sources say: licence and open links, what they name,
their first figure. Asked for in the background, a few works at a time; nothing waits for it.

Beside the pipeline, with the same rules: it fetches from one room, has another decide, and stores.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from service.enriching import access, figures, naming
from service.enriching.desk import Desk, Left, Round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records.enriching import What
    from service.store import Unit

__all__ = ["Desk", "coming", "enrich"]

NEAR = 0.1  # of relevance below a topic's line: pages show such works, too
MOST_OF_A_TOPIC = 60  # works of a kept ranking
STEPS = (access.ask, naming.ask, figures.ask)


def coming(tx: Unit) -> list[int]:
    """The works that are about to be shown: those of the next digests, then those above or near
    the line of each topic's kept ranking."""
    found = [
        placed.ranked.work_id for each in tx.weeks.upcoming().values() for placed in each.works
    ]
    for topic, week in tx.weeks.kept().items():
        near = (each for each in tx.weeks.listed(topic) if each.relevance >= week.line - NEAR)
        found += [each.work_id for each in near][:MOST_OF_A_TOPIC]
    return list(dict.fromkeys(found))


def enrich(desk: Desk, work_ids: Sequence[int], *, now: bool = False) -> Counter[What]:
    """Ask what is due to be asked about these works, a few of them (`now`: everything about all);
    returns for how many works something was found.

    A service that fails is left alone until the next call, and what it was to be asked stays due.
    """
    done: Counter[What] = Counter()
    for ask in STEPS:
        with desk.store.reading() as tx:
            kept, works = tx.enrichments.of(work_ids), tx.works.many(work_ids)
        try:
            ask(Round(desk, desk.clock.now(), kept, done, now=now), works)
        except Left:
            continue
    return done
