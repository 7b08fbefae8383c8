"""One weekly cycle through Litwatch's own functions, and two peers' way of doing it, in one run.

    PYTHONPATH=. python tests/bench/weekly.py [FOLDER] [--records N] [--archive N] [--every N]

30,000 new records as one file of PubMed XML come to an archive of 100,000 works on SQLite: read,
parsed, merged, stored, embedded, ranked for twenty topics, composed to a digest and frozen. Each
stage runs in a process of its own. With `--every N` either side encodes one of N blocks of texts,
and what that took stands for the others. FOLDER keeps what is made, between runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
from contextlib import closing
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

from service import deduplication, pipeline
from service.sources.importing import batches
from service.store import revisions
from tests.bench import growth_archive, peers_cycle, stage_times, weekly_records, weekly_topics
from tests.bench.stage_times import Spent, Told, Watch, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.bootstrap import App
    from service.protocols import Encoder
    from service.records import EncoderInfo

RECORDS, ARCHIVE = 30_000, 100_000
FOLDER = Path(gettempdir()) / "litwatch-bench"
PERIOD = "UTC:2026-W47"
READ, PARSE, MERGE, TAKEN = "read and cut the file", "parse", "merge", "take in"
STORE, ENCODE, KEEP = "store, index words", "encode", "keep vectors"
RANK, DRAFT, FREEZE, COMPOSE = (
    "rank 20 topics",
    "draft",
    "freeze",
    "choose, compose, render, freeze",
)


# -- the stages, each in a process of its own ----------------------------------------------------


def intake(file: Path, week: Path) -> None:
    """The week's file into works."""
    watch = Watch()
    # Where the pipeline finds them: what is left of `take_in` is the store's.
    pipeline.normalise = watch.around(PARSE, pipeline.normalise)
    pipeline.deduplicate = watch.around(MERGE, pipeline.deduplicate)
    deduplication.both = watch.around(MERGE, deduplication.both)
    tally = None
    with closing(growth_archive.opened(file)) as app:
        found = batches(week)
        following = watch.around(READ, lambda: next(found, None))
        take_in = watch.around(TAKEN, app.take_in)
        while batch := following():
            came = take_in("pubmed", batch)
            tally = came if tally is None else tally + came
    stage_times.tell(watch, tally=f"{tally.new:,} new, {tally.unparsed:,} not understood")


class Some:
    """The encoder, but of every `every` pairs of calls (texts, and their titles) one is carried
    out; for the others vectors of other texts are returned."""

    def __init__(self, encoder: Encoder, every: int, watch: Watch) -> None:
        self._encoder, self._every, self._watch = encoder, every, watch
        self._calls = 0
        self._last: dict[int, list[NDArray[float32]]] = {}
        self.texts = self.encoded = 0

    def info(self) -> EncoderInfo:
        return self._encoder.info()

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        pair, kind = divmod(self._calls, 2)
        self._calls += 1
        self.texts += len(texts)
        known = self._last.get(kind, [])
        if pair % self._every and known:
            return [known[at % len(known)] for at in range(len(texts))]
        with self._watch.on(ENCODE):
            self._last[kind] = self._encoder.encode(texts)
        self.encoded += len(texts)
        return self._last[kind]


def embed(file: Path, every: int) -> None:
    """Vectors of the week's works."""
    watch = Watch()
    with closing(growth_archive.opened(file)) as app:
        with watch.on("load the model"):
            info = app.parts.encoder.info()
        some = Some(app.parts.encoder, every, watch)
        with watch.on("all"):
            done = pipeline.embed(replace(app.parts, encoder=some))
    notes = {
        "works": done,
        "texts": some.texts,
        "encoded": some.encoded,
        "by": f"{info.name} in {info.precision}",
    }
    stage_times.tell(watch, **notes)


def rank(file: Path) -> None:
    """The week's works for all topics."""
    watch = Watch()
    with closing(growth_archive.opened(file)) as app:
        app.parts.encoder.info()
        lo, hi, topics = window(app)
        with watch.on(RANK):
            found = pipeline.rank(app.parts, topics, lo, hi)
    stage_times.tell(watch, works=found.screened, missing=found.missing)


def digest(file: Path) -> None:
    """The digest of all topics; ranking is part of it, and told by itself."""
    watch = Watch()
    with closing(growth_archive.opened(file)) as app:
        app.parts.encoder.info()
        pipeline.rank = watch.around(RANK, pipeline.rank)
        with app.store.reading() as tx:
            subscription, created = tx.subscriptions.get(weekly_topics.SUBSCRIPTION.name)
        with watch.on(DRAFT):
            made = pipeline.draft(app.parts, subscription, PERIOD, created)
        with watch.on(FREEZE):
            frozen = pipeline.freeze(app.parts, subscription, made)
    stage_times.tell(watch, frozen=frozen, shown=made.content.shown, works=made.content.screened)


def window(app: App) -> tuple[int, int, list[Any]]:
    with app.store.reading() as tx:
        end = tx.digests.window_end(weekly_topics.SUBSCRIPTION.name)
        return end[0] if end else 0, tx.works.sequence(), list(app.topics(tx))


def sanity(file: Path, after: int) -> None:
    """arxiv-sanity-lite's run over the works of greater numbers."""
    watch = Watch()
    works = peers_cycle.held(file, after)
    count = peers_cycle.sanity(works, weekly_topics.twenty(), watch)
    stage_times.tell(watch, works=count)


def zotero(file: Path, after: int, every: int) -> None:
    """zotero-arxiv-daily's run over the week."""
    watch = Watch()
    works, plain = peers_cycle.held(file, after), peers_cycle.Plain(every)
    peers_cycle.zotero(works, weekly_topics.twenty(), plain, watch)
    stage_times.tell(watch, works=len(works), texts=plain.texts, encoded=plain.encoded)


# -- what is made beforehand ---------------------------------------------------------------------


def prepared(folder: Path, records: int, count: int) -> tuple[Path, Path]:
    """An archive to work on, furnished, and the week's file. Made once for the encoder in use."""
    folder.mkdir(parents=True, exist_ok=True)
    week = folder / f"week-{records}.xml.gz"
    if not week.is_file():
        unfinished = week.with_suffix(".part")
        weekly_records.write(unfinished, weekly_records.week(records))
        unfinished.rename(week)
    with closing(growth_archive.opened(folder / "none.db")) as app:
        of = f"{app.parts.encoder.info()} {revisions.head()}"
        made_by = blake2b(of.encode(), digest_size=4).hexdigest()
    archive = folder / f"archive-{count}-{made_by}.db"
    if not archive.is_file():
        unfinished = archive.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        growth_archive.make(unfinished, count, growth_archive.texts())
        with closing(growth_archive.opened(unfinished)) as app:
            weekly_topics.furnish(app, app.parts)
        unfinished.rename(archive)
    work = folder / "weekly.db"
    for stale in folder.glob("weekly.db*"):
        stale.unlink()
    shutil.copy(archive, work)
    return work, week


# -- the report ----------------------------------------------------------------------------------


def report(sides: dict[str, Told], records: int, archive: int, every: int) -> str:
    """Tables in Markdown."""
    ours, total = _ours(sides)
    rows = [
        [
            name,
            seconds(spent.wall),
            seconds(spent.processor),
            f"{100 * spent.wall / total.wall:.1f} %",
            told,
        ]
        for name, spent, told in ours
    ]
    rows.append(["all", seconds(total.wall), seconds(total.processor), "100 %", ""])
    head = ["Litwatch", "seconds", "of processor", "share", "most memory, MiB"]
    embedding, written = sides["embed"].notes, sides["digest"].notes
    rate = embedding["encoded"] / sides["embed"].spent[ENCODE].wall
    said = [
        f"{records:,} records to an archive of {archive:,} works: {sides['intake'].notes['tally']};"
        f" {embedding['works']:,} works embedded ({embedding['texts']:,} texts, titles apart, at"
        f" {rate:.1f} a second, by {embedding['by']}); {written['works']:,} works ranked,"
        f" {written['shown']} in the digest.",
    ]
    if every > 1:
        said.append(f"Either side encoded one block of {every}; it stands for the others.")
    return "\n\n".join([*said, stage_times.table(head, rows), _compared(sides, ours, total)])


def _ours(sides: dict[str, Told]) -> tuple[list[tuple[str, Spent, str]], Spent]:
    taken, embedded = sides["intake"], sides["embed"]
    store = taken.spent[TAKEN] - taken.spent[PARSE] - taken.spent[MERGE]
    encode = peers_cycle.whole(
        embedded.spent[ENCODE], embedded.notes["encoded"], embedded.notes["texts"]
    )
    keep = embedded.spent["all"] - embedded.spent[ENCODE]
    made = sides["digest"].spent
    compose = made[DRAFT] - made[RANK] + made[FREEZE]
    found = [
        (READ, taken.spent[READ], ""),
        (PARSE, taken.spent[PARSE], ""),
        (MERGE, taken.spent[MERGE], ""),
        (STORE, store, str(taken.peak)),
        ("load the model", embedded.spent["load the model"], ""),
        (ENCODE, encode, ""),
        (KEEP, keep, str(embedded.peak)),
        (RANK, sides["rank"].spent[RANK], str(sides["rank"].peak)),
        (COMPOSE, compose, str(sides["digest"].peak)),
    ]
    return found, sum((spent for _, spent, _ in found), Spent())


def _compared(sides: dict[str, Told], ours: Sequence[tuple[str, Spent, str]], total: Spent) -> str:
    """From works in the archive to a ranking of them for every topic."""
    by = {name: spent for name, spent, _ in ours}
    ranked, encoded = by[RANK], by[ENCODE] + by[KEEP]
    rows = [
        _row("Litwatch: rank", ranked, ranked, str(sides["rank"].peak)),
        _row("Litwatch: embed the new, rank", encoded + ranked, ranked, str(sides["embed"].peak)),
    ]
    for side in ("sanity-week", "sanity-all"):
        told = sides[side]
        spent = told.spent[peers_cycle.FIT] + told.spent[peers_cycle.LEARN]
        name = f"arxiv-sanity-lite's way: TF-IDF of {told.notes['works']:,} anew, 20 SVMs"
        rows.append(_row(name, spent, ranked, str(told.peak)))
    told = sides["zotero"]
    encode = peers_cycle.whole(
        told.spent[peers_cycle.ENCODE], told.notes["encoded"], told.notes["texts"]
    )
    spent = encode + told.spent[peers_cycle.SCORE]
    name = f"zotero-arxiv-daily's way: encode {told.notes['texts']:,} texts anew, score"
    rows.append(_row(name, spent, encoded + ranked, str(told.peak), "embed and rank"))
    head = ["from works in the archive to 20 rankings", "seconds", "of processor", "beside ours", "most memory, MiB"]  # fmt: skip
    return stage_times.table(head, rows)


def _row(name: str, spent: Spent, ours: Spent, memory: str, to: str = "rank") -> list[str]:
    beside = "" if spent is ours else f"{spent.wall / ours.wall:.2f} x {to}"
    return [name, seconds(spent.wall), seconds(spent.processor), beside, memory]


# -- the run -------------------------------------------------------------------------------------


def measured(folder: Path, records: int, archive: int, every: int) -> dict[str, Told]:
    """All stages in turn, and the peers."""
    work, week = prepared(folder, records, archive)
    told = {}
    wanted = {
        "intake": [],
        "embed": [],
        "rank": [],
        "digest": [],
        "sanity-week": [str(archive)],
        "sanity-all": ["0"],
        "zotero": [str(archive)],
    }
    for side, after in wanted.items():
        asked = [
            "--side",
            side,
            "--every",
            str(every),
            "--database",
            str(work),
            "--week",
            str(week),
        ]
        told[side] = stage_times.apart(__file__, [*asked, *(["--after", *after] if after else [])])
        print(f"    {side}: {told[side]}", flush=True)
    work.unlink()
    return told


def missing() -> str:
    """Why there is nothing to measure with; "" where there is."""
    needed = {
        weekly_records.UPDATE: weekly_records.MISSING,
        weekly_topics.SCREENING: weekly_topics.MISSING,
    }
    return next((told for path, told in needed.items() if not path.exists()), "")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    options.add_argument("--records", type=int, default=RECORDS)
    options.add_argument("--archive", type=int, default=ARCHIVE)
    options.add_argument("--every", type=int, default=1, help="encode one of so many blocks")
    options.add_argument("--side")
    options.add_argument("--database", type=Path)
    options.add_argument("--week", type=Path)
    options.add_argument("--after", type=int, default=0)
    chosen = options.parse_args()
    if chosen.side:
        _side(chosen)
        return
    if absent := missing():
        print(absent)
        return
    size = chosen.records, chosen.archive, chosen.every
    before = os.getloadavg()[0]
    told = measured(chosen.folder, *size)
    print(f"load of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after\n")
    print(report(told, *size))


def _side(chosen: argparse.Namespace) -> None:
    file: Path = chosen.database
    match chosen.side:
        case "intake":
            intake(file, chosen.week)
        case "embed":
            embed(file, chosen.every)
        case "rank":
            rank(file)
        case "digest":
            digest(file)
        case "zotero":
            zotero(file, chosen.after, chosen.every)
        case _:
            sanity(file, chosen.after)


if __name__ == "__main__":
    main()
