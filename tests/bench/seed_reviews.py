"""How well papers are found for the two shipped topics, by the grades that a reader gave real ones.

    PYTHONPATH=. python tests/bench/seed_reviews.py [--top 20]

`seed_reviews.json` has the grades, by PMID: *subject* for a paper that is about the topic's subject,
*borderline* for one where it is a part or a main finding. All others count as unwanted; those that
name none of the topics' cells in a tumour were not read. `seed_titles.json` has those of the titles
that one search of Europe PMC for "cancer" gave, by which nothing of the ranker was settled but how
short a title may be. Then the papers without an abstract that are called likely among all are
listed; with `--top` the best of all papers with one, too, to be read.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from service.embedding.encoder import SentenceTransformerEncoder
from service.embedding.works import work_vectors
from service.normalisation.markup import html_text
from service.ranking.features import encoded, read_pool
from service.ranking.metrics import average_precision, calibration_error
from service.ranking.ranker import DEFAULT_CUTOFF
from service.records import Candidate
from tests.abstracts import RANKER, topic
from tests.bench import real_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy import float64, intp
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features
    from service.records import Topic

GRADES = Path(__file__).with_name("seed_reviews.json")
TITLES_GRADES = Path(__file__).with_name("seed_titles.json")
TITLES = real_texts.SHARED / "captures/europepmc/search_1000results_cancer.json"
SPEAKS = re.compile(r"tumou?r|cancer|immun|metasta", re.IGNORECASE)
DRAWS, SMALL, LARGE, BEHIND = 3, 410, 4_000, 3_000  # how many pools, of how many other papers
Grades = dict[str, dict[str, set[int]]]  # topic -> grade -> ids
Section = tuple[str, "list[Features]", Grades]  # name, pools, grades


def main(top: int) -> None:
    try:
        papers = read()
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}; the papers are needed beside the project")
    grades, encode = graded_in(GRADES, int), SentenceTransformerEncoder().encode
    head = f"{'':34}{'subject':>9}{'with borderline':>17}{'P@10':>6}{'likely':>8}{'wanted':>8}{'ECE':>6}"
    for name, pools, graded in (*drawn(papers, grades), titles(encode)):
        print(f"\n{name}\n{head}")
        for slug, by_grade in graded.items():
            for how, of in asked(slug).items():
                rows = [measured(scored(slug, of, each, encode), by_grade, each) for each in pools]
                ap, both, best, likely, wanted, error = np.mean(rows, axis=0)
                told = f"{ap:9.3f}{both:17.3f}{best:6.2f}{likely:8.1f}{wanted:8.1f}{error:6.3f}"
                print(f"{slug + ', ' + how:34}{told}", flush=True)
    show_bare(papers, grades, encode)
    if top:
        show(papers, grades, encode, top)


def read(*, abstracts: bool = True) -> list[Candidate]:
    """All papers that have an abstract (or have none), with their vectors."""
    fields = real_texts.medline(abstracts=abstracts)
    _, vectors = real_texts.vectors(
        fields, real_texts.CACHE, lambda done: print(".", end="", flush=True)
    )
    made = zip(fields, vectors, strict=True)
    return [Candidate(int(f.ids.pmid or 0), f.title, f.abstract, rows) for f, rows in made]


def graded_in(file: Path, number: Callable[[str], int]) -> Grades:
    """The grades of a file, whose papers go by a name that has a number."""
    return {
        slug: {grade: set(map(number, of)) for grade, of in by_grade.items()}
        for slug, by_grade in json.loads(file.read_text(encoding="utf-8")).items()
    }


def asked(slug: str) -> dict[str, Topic | None]:
    """The ways of asking: the seed's cosine (None), its file alone, and the topic as it comes."""
    of = topic(slug)
    alone = replace(of, include=(), exclude=(), senses={})
    return {"cosine to the review": None, "its file alone": alone, "as shipped": of}


def drawn(papers: Sequence[Candidate], grades: Grades) -> Iterator[Section]:
    """Pools of all graded papers and some others: before an archive of all that the file has, and
    as all that there is."""
    held = {each for by_grade in grades.values() for ids in by_grade.values() for each in ids}
    graded = [each for each in papers if each.work_id in held]
    others = [each for each in papers if each.work_id not in held]
    near = [each for each in others if SPEAKS.search(f"{each.title} {each.abstract}")]
    chance = random.Random(1)
    smalls = [chance.sample(near, SMALL) for _ in range(DRAWS)]
    name = f"{len(graded)} graded papers and {SMALL} others that speak of tumours or immunity"
    yield name, [pool(graded, some, others) for some in smalls], grades
    yield f"{name}, and no archive", [pool(graded, some, ()) for some in smalls], grades
    yield (
        f"{len(graded)} graded papers and {LARGE:,} others",
        [pool(graded, chance.sample(others, LARGE), others)],
        grades,
    )


def titles(encode: Encode) -> Section:
    """The titles of one search, without abstracts."""
    listed = json.loads(TITLES.read_text(encoding="utf-8"))["resultList"]["result"]
    told = [html_text(each["title"]) for each in listed]
    vectors = work_vectors([(title, "") for title in told], lambda texts, _done: encode(texts))
    made = enumerate(zip(told, vectors, strict=True), 1)
    numbers = {each["id"]: at for at, each in enumerate(listed, 1)}
    grades = graded_in(TITLES_GRADES, numbers.__getitem__)
    pool = read_pool([Candidate(at, title, "", rows) for at, (title, rows) in made], [])
    return f"{len(told):,} titles of one search, without abstracts", [pool], grades


def pool(
    graded: Sequence[Candidate], some: Sequence[Candidate], others: Sequence[Candidate]
) -> Features:
    """Papers to rank, before a background that is always the same."""
    taken = {each.work_id for each in some}
    behind = [
        each for each in others[:: max(1, len(others) // BEHIND)] if each.work_id not in taken
    ]
    return read_pool(
        sorted([*graded, *some], key=lambda each: each.work_id),
        sorted(behind, key=lambda each: each.work_id),
    )


def scored(
    slug: str, of: Topic | None, pool: Features, encode: Encode
) -> tuple[NDArray[intp], NDArray[float64]]:
    """The rows of the papers to rank, best first, and how relevant each of these is said to be."""
    if of is not None:
        found = RANKER.assess(of, pool, encode)
        return found.order, found.relevance[found.order]
    review = topic(slug).seeds[0]
    vector = encoded([f"{review.title}. {review.abstract}"], encode)[0]
    order = np.argsort(-(pool.rows.dense[: pool.candidates] @ vector), kind="stable")
    return order, np.full(len(order), np.nan)


def measured(
    ranked: tuple[NDArray[intp], NDArray[float64]], by_grade: Mapping[str, set[int]], pool: Features
) -> tuple[float, ...]:
    """The figures of one list, in the order in which they are printed."""
    order, relevance = ranked
    ids = [pool.works[row].work_id for row in order]
    subject = np.array([each in by_grade["subject"] for each in ids])
    either = subject | np.array([each in by_grade["borderline"] for each in ids])
    likely = relevance >= DEFAULT_CUTOFF
    return (
        average_precision(subject),
        average_precision(either),
        float(either[:10].mean()),
        float(likely.sum()),
        float(either[likely].sum()),
        float("nan") if np.isnan(relevance).any() else calibration_error(relevance, either),
    )


def show_bare(papers: Sequence[Candidate], slugs: Iterable[str], encode: Encode) -> None:
    """The papers without an abstract that are called likely among all: most of them are letters."""
    bare = read(abstracts=False)
    everything = read_pool(sorted([*papers, *bare], key=lambda each: each.work_id), [])
    print(
        f"\n{len(bare):,} papers without an abstract, among {len(everything.works):,}: likely are"
    )
    for slug in slugs:
        for how, of in asked(slug).items():
            if of is None:
                continue
            order, relevance = scored(slug, of, everything, encode)
            told = order[relevance >= DEFAULT_CUTOFF]
            titles = [work.title for row in told if not (work := everything.works[row]).abstract]
            print(f"{slug}, {how}: {len(titles)}", *titles, sep="\n    ", flush=True)


def show(papers: Sequence[Candidate], grades: Grades, encode: Encode, top: int) -> None:
    """The best of all papers for each topic as it comes."""
    everything = read_pool(sorted(papers, key=lambda each: each.work_id), [])
    for slug, by_grade in grades.items():
        order, relevance = scored(slug, topic(slug), everything, encode)
        print(f"\n{slug}: the best {top} of {len(papers):,}")
        for row, likely in zip(order[:top], relevance[:top], strict=True):
            work = everything.works[row]
            grade = next((name for name, ids in by_grade.items() if work.work_id in ids), "")
            print(f"{likely:5.0%}  {work.work_id}  {grade:10}  {work.title}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--top", type=int, default=0)
    main(parser.parse_args().top)
