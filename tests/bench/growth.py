"""What a week costs as the archive grows: the same new records, topics and questions each time.

    PYTHONPATH=. python tests/bench/growth.py [FOLDER] [--up-to N] [--refit-up-to N]

Archives of 10,000 works to `--up-to` (a million) on SQLite. To each come 5,000 new records; they
are ranked for twenty topics and composed to a digest; then the archive is searched. Vectors of new
works are random: what encoding takes does not depend on the archive (see `weekly`). Beside it,
arxiv-sanity-lite's way of ranking, as far as `--refit-up-to`. Each archive is made in FOLDER and
removed when it has been measured.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from contextlib import closing
from dataclasses import astuple, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from service import pipeline
from service.encoding import Watermark
from service.records.findings import Search
from service.records.queries import Mode
from service.sources.importing import batches
from service.store.schema import EncoderRow
from tests.bench import growth_archive, peers_cycle, stage_times, weekly, weekly_records
from tests.bench import weekly_topics as group
from tests.bench.search import share, timed
from tests.bench.search_queries import PLAIN, Asked, questions
from tests.bench.stage_times import Spent, Told, Watch, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.bootstrap import App
    from service.pipeline import Parts
    from service.protocols import Encoder
    from service.records import EncoderInfo, WorkFields

RUNGS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
REFIT = 100_000  # as far as arxiv-sanity-lite's way is measured: it takes hours, and memory
COMING = 5_000
EACH, SEED = 10, 3  # questions of a class
FIRST_NUMBER = 1_000_000  # of the records that come: others than those of `weekly`
INTAKE, EMBED, LOOK = "intake", "embed", "look at all"
RANK, INDEX = "rank", "index"
Rung = dict[str, Told]  # what each stage said at one size


class Drawn:
    """Random unit vectors in the name of an encoder that is not loaded."""

    def __init__(self, info: EncoderInfo) -> None:
        self._info, self._random = info, np.random.default_rng(0)

    def info(self) -> EncoderInfo:
        return self._info

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """A row or two a text, a third in common as an encoder's are."""
        made = self._random.standard_normal((len(texts), 2, self._info.dimension)) + 0.7
        made /= np.linalg.norm(made, axis=2, keepdims=True)
        return [rows[: 1 + len(text) // 1_500].astype(np.float32) for rows, text in zip(made, texts, strict=True)]  # fmt: skip


def parts(app: App) -> Parts:
    """The app's, with such an encoder, in the name of the one that made the archive's vectors."""
    with app.store.engine.connect() as connection:
        precision = connection.execute(select(EncoderRow.precision)).scalar_one()
    drawn: Encoder = Drawn(replace(app.query_encoder.info(), precision=precision))
    return replace(app.parts, encoder=drawn)


# -- the stages, each in a process of its own ----------------------------------------------------


def index(app: App, watch: Watch, _folder: Path) -> dict[str, object]:
    """Works by their meaning: all of them, or those that came since."""
    with watch.on(INDEX):
        taken = app.neighbours.refresh(app.query_encoder.info())
    return {"works": taken}


def intake(app: App, watch: Watch, folder: Path) -> dict[str, object]:
    """A poll's records into works; then their vectors, as the worker does after each poll but the
    first of its day, when it looks at all works."""
    came = list(batches(folder / "coming.xml.gz"))
    new, made = 0, parts(app)
    with app.store.reading() as tx:
        mark = Watermark(tx.works.sequence(), math.inf)
    for batch in came:
        with watch.on(INTAKE):
            new += app.take_in("pubmed", batch).new
    with watch.on(EMBED):
        done = pipeline.embed_new(made, mark)
    with watch.on(LOOK):
        assert pipeline.embed(made) == 0
    return {"new": new, "embedded": done}


def rank(app: App, watch: Watch, _folder: Path) -> dict[str, object]:
    """What came, for all topics; and the digest, whose own ranking is left out of its time."""
    made = parts(app)
    lo, hi, topics = weekly.window(app)
    with watch.on(RANK):
        found = pipeline.rank(made, topics, lo, hi)
    pipeline.rank = watch.around("rank again", pipeline.rank)
    with app.store.reading() as tx:
        subscription, created = tx.subscriptions.get(group.SUBSCRIPTION.name)
    with watch.on("draft"):
        drafted = pipeline.draft(made, subscription, weekly.PERIOD, created)
        pipeline.freeze(made, subscription, drafted)
    return {"works": found.screened, "shown": drafted.content.shown}


def search(app: App, watch: Watch, folder: Path) -> dict[str, object]:
    """The same questions each time, warm."""
    index(app, watch, folder)
    drawn = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    warming, asked = ([Asked(*one) for one in each] for each in drawn)
    found: dict[str, object] = {}
    for mode in (Mode.LEXICAL, Mode.HYBRID):
        ask = partial(_ask, app, mode)
        timed(warming, ask)
        times = timed(asked, ask)
        found[mode] = [share(times.seconds, 0.5), share(times.seconds, 0.95), times.processor]
    return found


def _ask(app: App, mode: Mode, asked: Asked) -> object:
    return app.find(Search(asked.typed, mode=mode))


STAGES = {"index": index, "intake": intake, "rank": rank, "search": search}


def stage(name: str, file: Path) -> None:
    """Carry out a stage, and say what it took."""
    watch = Watch()
    if name == "sanity":
        count = peers_cycle.sanity(peers_cycle.held(file), group.twenty(), watch)
        stage_times.tell(watch, works=count)
        return
    with closing(growth_archive.opened(file)) as app:
        notes = STAGES[name](app, watch, file.parent)
    stage_times.tell(watch, **notes)


# -- the ladder ----------------------------------------------------------------------------------


def measured(folder: Path, works: Sequence[WorkFields], count: int, refit: int) -> Rung:
    """All stages at one size."""
    file = folder / f"growth-{count}.db"
    _remove(file)
    watch = Watch()
    with watch.on("make"):
        growth_archive.make(file, count, works)
        with closing(growth_archive.opened(file)) as app:
            group.furnish(app, parts(app))
    size = file.stat().st_size // 2**20
    names = [*STAGES, *(["sanity"] if count <= refit else [])]
    told = {name: stage_times.apart(__file__, ["--stage", name, "--database", str(file)]) for name in names}  # fmt: skip
    told["make"] = Told(watch.spent, stage_times.peak(), {"size": size})
    _remove(file)
    return told


def _remove(file: Path) -> None:
    for each in sorted(file.parent.glob(f"{file.name}*"), reverse=True):
        if each.is_dir():
            for inner in sorted(each.rglob("*"), reverse=True):
                inner.rmdir() if inner.is_dir() else inner.unlink()
            each.rmdir()
        else:
            each.unlink()


def exponent(small: tuple[float, float], large: tuple[float, float]) -> float:
    """How seconds grow with works between two (works, seconds): 0 not at all, 1 in proportion."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


# -- the report ----------------------------------------------------------------------------------


def _digest(of: Rung) -> Spent:
    return of["rank"].spent["draft"] - of["rank"].spent["rank again"]


def _answer(mode: Mode) -> Callable[[Rung], Spent]:
    def spent(of: Rung) -> Spent:
        median, _, processor = of["search"].notes[mode]
        return Spent(median, processor)

    return spent


# What must not grow with the archive, or less than it does.
MEASURES: dict[str, Callable[[Rung], Spent]] = {
    "take in 5,000 records": lambda of: of["intake"].spent[INTAKE],
    "find and keep their vectors": lambda of: of["intake"].spent[EMBED],
    "rank 20 topics": lambda of: of["rank"].spent[RANK],
    "digest: compose, freeze": _digest,
    "search by words": _answer(Mode.LEXICAL),
    "search, hybrid": _answer(Mode.HYBRID),
}


def report(rungs: dict[int, Rung]) -> str:
    """Tables in Markdown, one row a size."""
    head = ["works", *MEASURES]
    rows = [
        [f"{count:,}", *(_cell(measure(rung)) for measure in MEASURES.values())]
        for count, rung in rungs.items()
    ]
    if len(rungs) > 1:
        rows.append(["grows as", *(_growth(rungs, measure) for measure in MEASURES.values())])
    beside = [
        "works",
        "database, MiB",
        "made in, s",
        "all looked at for a vector, s",
        "vectors indexed, s",
        "after 5,000, s",
        "memory: intake",
        "rank, digest",
        "search, MiB",
        "arxiv-sanity-lite's way, s",
        "its memory",
    ]
    others = [_beside(count, rung) for count, rung in rungs.items()]
    told = (
        "Seconds by the clock (of the processor); of a search the median, and the processor's mean."
        " The last row is the exponent over all sizes, by the processor: 0 is flat, 1 in proportion."
    )
    tables = (stage_times.table(head, rows), stage_times.table(beside, others))
    return "\n\n".join((told, *tables))


def _cell(spent: Spent) -> str:
    return f"{seconds(spent.wall)} ({seconds(spent.processor)})"


def _growth(rungs: dict[int, Rung], measure: Callable[[Rung], Spent]) -> str:
    small, large = min(rungs), max(rungs)
    least, most = (measure(rungs[count]).processor for count in (small, large))
    return f"works^{exponent((small, least), (large, most)):.2f}"


def _beside(count: int, rung: Rung) -> list[str]:
    refit = rung.get("sanity")
    spent = sum(refit.spent.values(), Spent()) if refit else None
    return [
        f"{count:,}",
        f"{rung['make'].notes['size']:,}",
        seconds(rung["make"].spent["make"].wall),
        seconds(rung["intake"].spent[LOOK].wall),
        seconds(rung["index"].spent[INDEX].wall),
        seconds(rung["search"].spent[INDEX].wall),
        *(str(rung[name].peak) for name in ("intake", "rank", "search")),
        _cell(spent) if spent else "not run",
        str(refit.peak) if refit else "",
    ]


# -- the run -------------------------------------------------------------------------------------


def _drawn(folder: Path, works: Sequence[WorkFields]) -> None:
    drawn = [questions(works, count, seed) for count, seed in ((2, SEED + 1), (EACH, SEED))]
    listed = [[astuple(one) for name in PLAIN for one in of[name]] for of in drawn]
    (folder / "questions.json").write_text(json.dumps(listed), encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", nargs="?", type=Path, default=weekly.FOLDER)
    options.add_argument("--up-to", type=int, default=RUNGS[-1])
    options.add_argument("--refit-up-to", type=int, default=REFIT)
    options.add_argument("--stage")
    options.add_argument("--database", type=Path)
    chosen = options.parse_args()
    if chosen.stage:
        stage(chosen.stage, chosen.database)
        return
    if missing := weekly.missing():
        print(missing)
        return
    folder: Path = chosen.folder
    folder.mkdir(parents=True, exist_ok=True)
    works = growth_archive.texts()
    _drawn(folder, works)
    coming = weekly_records.others(COMING, FIRST_NUMBER)
    weekly_records.write(folder / "coming.xml.gz", coming)
    before, rungs = os.getloadavg()[0], dict[int, Rung]()
    for count in RUNGS:
        if count <= chosen.up_to:
            rungs[count] = measured(folder, works, count, chosen.refit_up_to)
            print(f"    {count:,} works: {rungs[count]}", flush=True)
    print(f"load of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after\n")
    print(report(rungs))


if __name__ == "__main__":
    main()
