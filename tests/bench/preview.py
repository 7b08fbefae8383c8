"""How long a preview of an edited topic takes on 30,000 works, and what each kind of edit costs.

    PYTHONPATH=. python tests/bench/preview.py [--database FILE] [--works N] [--profile]

The archive is one of real papers with their vectors (see `search_data.py`); with `--database`, a
copy of that SQLite file. Its newest works are taken for those of the last weeks. The topics are the
shipped ones, each with 200 references (a fifth held out) and 150 votes on works near its top. One
core; seconds are of the processor, so that others on the machine do not count, and by the clock.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import random
import resource
import shutil
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from service import bootstrap, config, seeding, topics
from service.bootstrap import followed
from service.clock import standing
from service.previews.making import Previews
from service.records import Judgement, Reference, Vote
from service.sources.references import SeedReferences
from service.topics import editing
from tests.bench import real_texts, search_data
from tests.bench.search_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.bootstrap.app import App
    from service.records import Topic

WORKS, VOTES, REFERENCES, ROUNDS, AIM = 30_000, 150, 200, 5, 2.0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--database", type=Path, help="an archive to copy")
    asked.add_argument("--works", type=int, default=WORKS)
    asked.add_argument("--profile", action="store_true", help="where an edit's time goes")
    chosen = asked.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "litwatch.db"
        if chosen.database:
            shutil.copy(chosen.database, file)
        else:
            real_texts.FOLDER.mkdir(exist_ok=True)
            search_data.make(f"sqlite:///{file}", chosen.works, chosen.works)
        settings = Path(folder) / "litwatch.toml"
        settings.write_text(f'[database]\nurl = "sqlite:///{file}"\n')
        with closing(bootstrap.build(config.load(settings), standing(NOW))) as app:
            app.upgrade()
            _ = app.parts.encoder.info()  # its libraries too must be there to be limited
            threadpool_limits(1)
            measure(app, chosen.works, profiled=chosen.profile)


def measure(app: App, works: int, *, profiled: bool) -> None:
    weeks = reaching(app, works)
    made = [furnished(app, topic) for topic in topics.shipped()]
    previews = Previews(app.parts, app.previews.ranker, app.model, weeks=weeks)
    timed("reading the works", previews.read)
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")
    for topic in made:
        judge(app, previews, topic)
        seen = previews.of(topic)
        print(f"{topic.slug}: {seen.works:,} works, {seen.after.shown} shown,")
        print(f"    precision {seen.after.precision}, recall {seen.after.recall}")
        for name, edit in edits(topic).items():
            took = [
                timed("", lambda edit=edit, at=at: previews.of(edit(at))) for at in range(ROUNDS)
            ]
            cpu, clock = (statistics.median(each[n] for each in took) for n in (0, 1))
            late = "" if cpu < AIM else "   TOO LONG"
            print(f"    {name:28} {cpu:6.2f} s   {clock:6.2f} s by the clock{late}", flush=True)
        timed("    map", lambda topic=topic: previews.map(topic))
        if profiled:
            profile = cProfile.Profile()
            profile.runcall(previews.of, edits(topic)["a seed's weight"](99))
            pstats.Stats(profile).sort_stats("cumtime").print_stats(45)


def reaching(app: App, works: int) -> int:
    """How many weeks back so many works reach."""
    with app.store.reading() as tx:
        first = tx.works.get(max(tx.works.sequence() - works, 1))
    return max(1, round((NOW - first.first_seen_at) / timedelta(weeks=1)))


def furnished(app: App, topic: Topic) -> Topic:
    """The topic in force under a name of its own, its seed with a list of references."""
    topic = replace(topic, slug=f"preview-{topic.slug}")
    with app.store.writing() as tx:
        followed.save_topic(tx, topic, "bench", "bench", NOW)
        sample = tx.works.sample(20 * REFERENCES)
    words = {w for seed in topic.seeds for w in seed.title.lower().split() if len(w) > 5}
    sample.sort(key=lambda w: -len(words & set(f"{w.title} {w.abstract}".lower().split())))
    references = tuple(
        Reference(work.title, abstract=work.abstract, year=2026) for work in sample[:REFERENCES]
    )
    for seed in topic.seeds:
        got = SeedReferences("bench", len(references), references)
        seeding.keep_references(app.parts, topic, seed, got)
    return topic


def judge(app: App, previews: Previews, topic: Topic) -> None:
    """Votes on works near the top, the better the work the more often for it."""
    chance = random.Random(0)
    near = [s for s in previews.map(topic).spots if s.work_id is not None]
    with app.store.writing() as tx:
        for place, spot in enumerate(chance.sample(near, min(VOTES, len(near)))):
            good = chance.random() < (spot.relevance or 0.0)
            said = Judgement.RELEVANT if good else Judgement.NOT_RELEVANT
            tx.votes.cast(
                Vote(topic.slug, spot.work_id or 0, f"reader {place % 4}", said, "web", NOW)
            )


def edits(topic: Topic) -> dict[str, Callable[[int], Topic]]:
    """Each kind of edit, another one each time."""
    key = topic.seeds[0].key
    words = ("mice", "zebrafish", "review", "protocol", "in vitro", "pediatric", "rat")
    return {
        "a seed's weight": lambda at: editing.weighed(topic, key, 0.5 + at / 10),
        "an excluded term": lambda at: editing.excluding(topic, [words[at % len(words)]]),
        "an included term": lambda at: editing.including(
            topic, [f"{words[at % len(words)]} niche"]
        ),
        "the line": lambda at: editing.with_line(topic, cutoff=0.3 + at / 20),
        "papers a week": lambda at: editing.with_line(topic, per_week=3.0 + at),
        "nothing": lambda _at: topic,
    }


def timed(name: str, call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor, and by the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    call()
    took = time.process_time() - cpu, time.perf_counter() - clock
    if name:
        print(f"{name:32} {took[0]:6.2f} s   {took[1]:6.2f} s by the clock", flush=True)
    return took


if __name__ == "__main__":
    main()
