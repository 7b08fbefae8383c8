"""Papers that somebody half remembers, looked for in an archive of 35,000 real ones.

    PYTHONPATH=. python tests/bench/known_items.py [--queries N] [--failures]

Of a title half the words, drawn at random and kept in order, one of them with one typo; an author's
surname; the year. All typed as plain words: no quotation marks, no fields. A paper is found when it
stands among the first five. The same memories without author and year are the harder study beside
it; each mode of searching answers all of them.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service import bootstrap, config
from service.deduplication.words import fold
from service.records.findings import Search
from service.records.queries import Mode
from tests.bench import real_texts, search_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap.app import App
    from service.records import WorkFields

WANTED, DEPTH = 5, 100  # it is found when among so many; how far its rank is looked for
AIM = 0.95
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LEAST_WORDS = 4  # of a title: half of less is no memory of it
_LEAST_LETTERS = 4  # of a word that is mistyped


@dataclass(frozen=True, slots=True)
class Memory:
    """What somebody remembers of the work with this number."""

    work_id: int
    words: str
    author: str
    year: str

    @property
    def whole(self) -> str:
        """As it is typed."""
        return f"{self.words} {self.author} {self.year}"


@dataclass(frozen=True, slots=True)
class Answer:
    """At which place a work stood, None where it was not found, and what was typed."""

    memory: Memory
    typed: str
    rank: int | None
    above: tuple[str, ...]
    seconds: float


def memories(works: Sequence[WorkFields], count: int, seed: int) -> list[Memory]:
    """Of `count` papers on cancer drawn from the works, whose numbers are their places from 1."""
    known = {fold(title) for title in real_texts.oncology_titles()}
    chance = random.Random(seed)
    numbered = [
        (number, work)
        for number, work in enumerate(works, 1)
        if fold(work.title) in known and len(_words(work.title)) >= _LEAST_WORDS
    ]
    return [_memory(number, work, chance) for number, work in chance.sample(numbered, count)]


def _memory(number: int, work: WorkFields, chance: random.Random) -> Memory:
    words = _words(work.title)
    kept = sorted(chance.sample(range(len(words)), math.ceil(len(words) / 2)))
    typed = [words[place].lower() for place in kept]
    long = [place for place, word in enumerate(typed) if len(word) >= _LEAST_LETTERS]
    if long:
        wrong = chance.choice(long)
        typed[wrong] = mistyped(typed[wrong], chance)
    surname = chance.choice(work.authors).split()[0]
    return Memory(number, " ".join(typed), surname, (work.published or "")[:4])


def mistyped(word: str, chance: random.Random) -> str:
    """The word with two neighbouring letters swapped, one dropped or one too many."""
    place = chance.randrange(len(word))
    changes = [word[:place] + word[place + 1 :]]
    changes.append(word[:place] + chance.choice(_LETTERS) + word[place:])
    if place + 1 < len(word) and word[place] != word[place + 1]:
        changes.append(word[:place] + word[place + 1] + word[place] + word[place + 2 :])
    return chance.choice(changes)


def _words(title: str) -> list[str]:
    return re.findall(r"\w+(?:[-'’]\w+)*", title)


def ask(app: App, memory: Memory, typed: str, mode: Mode) -> Answer:
    began = time.perf_counter()
    hits = app.find(Search(typed, mode=mode, limit=DEPTH)).hits
    seconds = time.perf_counter() - began
    places = [hit.work.id for hit in hits]
    rank = places.index(memory.work_id) + 1 if memory.work_id in places else None
    above = tuple(f"[{hit.matched}] {hit.work.title}" for hit in hits[: min((rank or 4) - 1, 3)])
    return Answer(memory, typed, rank, above, seconds)


def report(told: str, answers: Sequence[Answer]) -> None:
    ranks = [answer.rank for answer in answers]
    within = {
        most: sum(1 for rank in ranks if rank and rank <= most) for most in (1, WANTED, 20, DEPTH)
    }
    low, high = wilson(within[WANTED], len(ranks))
    mean = statistics.fmean(1 / rank if rank else 0.0 for rank in ranks)
    shares = " ".join(f"top {most}: {n / len(ranks):6.1%}" for most, n in within.items())
    took = statistics.median(answer.seconds for answer in answers) * 1e3
    print(
        f"{told:34} {shares}  MRR {mean:.3f}  median {took:.0f} ms"
        f"  (top {WANTED}, 95 %: {low:.1%} to {high:.1%})",
        flush=True,
    )
    bands = Counter(_band(rank) for rank in ranks)
    print(" " * 34, "ranks", ", ".join(f"{band}: {bands[band]}" for band in _BANDS if bands[band]))


_BANDS = ("1", "2", "3", "4", "5", "6-10", "11-20", "21-50", "51-100", "not found")


def _band(rank: int | None) -> str:
    if rank is None:
        return _BANDS[-1]
    return next(
        band for band in _BANDS if int(band.split("-")[0]) <= rank <= int(band.split("-")[-1])
    )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Between what a share lies with a confidence of 95 %."""
    z = 1.96
    middle = (successes + z * z / 2) / (trials + z * z)
    spread = z / (trials + z * z)
    spread *= math.sqrt(successes * (trials - successes) / trials + z * z / 4)
    return middle - spread, middle + spread


def told_failures(answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.rank is None or answer.rank > WANTED:
            print(f"  rank {answer.rank or '-'}  {answer.typed}  (work {answer.memory.work_id})")
            for title in answer.above:
                print(f"          above: {title}")


def archive(file: Path, works: Sequence[WorkFields], cache: Path) -> App:
    """The works as an archive, embedded and indexed; made where the file is not there."""
    url = f"sqlite:///{file.resolve()}"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        search_data.make(f"sqlite:///{unfinished.resolve()}", len(works), len(works), cache)
        unfinished.rename(file)
    app = bootstrap.build(config.Settings.model_validate({"database": {"url": url}}))
    app.neighbours.refresh(app.query_encoder.info())
    return app


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--seed", type=int, default=11)
    options.add_argument("--failures", action="store_true", help="tell what was not found")
    options.add_argument("--file", type=Path, default=real_texts.FOLDER / "known.db")
    options.add_argument("--cache", type=Path, default=real_texts.CACHE)
    chosen = options.parse_args()
    works = real_texts.works()
    app = archive(chosen.file, works, chosen.cache)
    remembered = memories(works, chosen.queries, chosen.seed)
    print(f"{len(remembered)} papers among {len(works):,}; e.g. {remembered[0].whole!r}\n")
    found: dict[Mode, list[Answer]] = {}
    for mode in Mode:
        found[mode] = [ask(app, each, each.whole, mode) for each in remembered]
        report(f"{mode}", found[mode])
        if chosen.failures:
            told_failures(found[mode])
        bare = [ask(app, each, each.words, mode) for each in remembered]
        report(f"{mode}, no author, no year", bare)
    app.close()
    hybrid = [answer.rank for answer in found[Mode.HYBRID]]
    share = sum(1 for rank in hybrid if rank and rank <= WANTED) / len(hybrid)
    print(f"\nfound in the top {WANTED} (hybrid): {share:.1%}; the aim is {AIM:.0%}")


if __name__ == "__main__":
    main()
