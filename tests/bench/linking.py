"""How well preprints find their articles when nothing links them, on the real payloads.

    python tests/bench/linking.py [--shared FOLDER] [--pairs FILE.jsonl] [--sample N] [--show]

1. stated: pairs that some source states, and how many have both ends at hand; their link hidden.
2. taken: every article of the import file taken for a preprint of all others: no join is right,
   but for the same paper under two PMIDs. `--show` prints what was joined, to be read.
3. teams: papers that have half or more of their authors in common, and are two: no join is right.
4. made: preprints made from articles at the rates of LEVELS, with their article in the archive
   (recall) and without it (an orphan: every join is wrong).

FILE.jsonl holds further stated pairs, a line each: {"preprint": PAPER, "article": PAPER}, or the
article alone of a preprint that the captures hold. PAPER is {"doi":, "title":, "authors":
["Family, Given"], "published": "YYYY-MM-DD", "abstract":}.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import math
import random
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from service.deduplication import (  # noqa: E402 (the path comes first)
    deduplicate,
    keys,
    probably_same_work,
    sought,
)
from service.deduplication.alike import measured  # noqa: E402
from service.deduplication.keys import id_keys, same_work_links  # noqa: E402
from service.deduplication.near import NEVER, carried  # noqa: E402
from service.deduplication.words import fold, people  # noqa: E402
from service.errors import LitwatchError  # noqa: E402
from service.normalisation import normalise  # noqa: E402
from service.records import Arrival, Author, Identifiers, Kind, Link, Paper, Relation  # noqa: E402
from service.sources import (  # noqa: E402
    arxiv_payload,
    biorxiv_payload,
    crossref_payload,
    europepmc_payload,
    importing,
    openalex_payload,
    pmc_payload,
    pubmed_payload,
)
from tests.bench.linking_changes import LEVELS, Changing, Rates  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

READERS = {
    "arxiv": arxiv_payload.read,
    "biorxiv": biorxiv_payload.read,
    "crossref": crossref_payload.read,
    "europepmc": europepmc_payload.read,
    "openalex": openalex_payload.read,
    "pmc": pmc_payload.read,
    "pubmed": pubmed_payload.read,
}
SEED = 20261121


def captured(shared: Path) -> Iterator[Paper]:
    """Every paper of the captures; what is no page of records is passed over."""
    for folder, read in READERS.items():
        for file in sorted((shared / "captures" / folder).iterdir()):
            data = file.read_bytes()
            try:
                page = read(gzip.decompress(data) if file.suffix == ".gz" else data)
                yield from [normalise(record) for record in page.records]
            except LitwatchError:
                continue


def imported(shared: Path) -> list[Paper]:
    """The import file, the last version of each record."""
    file = shared / "captures/pubmed_update/pubmed21n1298.xml.gz"
    found = {}
    for batch in importing.batches(file):
        found |= {record.source_id: normalise(record) for record in batch.records}
    return list(found.values())


def wilson(hits: int, of: int) -> str:
    """A share with its 95 % interval."""
    if not of:
        return "-"
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{share:.4f} [{max(0, middle - half):.4f}, {min(1, middle + half):.4f}]"


def joined(papers: Sequence[Paper]) -> list[list[int]]:
    """The works of these papers, taken in in this order, that hold more than one of them."""
    plans = deduplicate([Arrival(paper) for paper in papers], [])
    return [[i for i, _ in plan.joins] for plan in plans if len(plan.joins) > 1]


def candidates(
    papers: Sequence[Paper], seekers: Iterable[tuple[int, Paper]]
) -> set[tuple[int, int]]:
    """Which of `papers` each seeker meets by `near` keys alone."""
    by_key: dict[str, list[int]] = {}
    for index, paper in enumerate(papers):
        for key in carried(paper):
            by_key.setdefault(key, []).append(index)
    wanted = {i: sought(paper) for i, paper in seekers}
    return {
        (i, j) for i, found in wanted.items() for k in found for j in by_key.get(k, ()) if i != j
    }


# -- 1. stated -----------------------------------------------------------------------------------


def ends(file: Path | None) -> Iterator[Paper]:
    """The papers of FILE.jsonl; a preprint states which article it is."""
    for line in file.read_text("utf-8").splitlines() if file else ():
        told = json.loads(line)
        article = end(told["article"], Kind.ARTICLE)
        yield article
        if "preprint" in told:
            link = Link(Relation.PREPRINT_OF, article.ids)
            yield replace(end(told["preprint"], Kind.PREPRINT), links=(link,))


def end(told: dict[str, Any], kind: Kind) -> Paper:
    """One end of a pair."""
    names = [name.partition(", ") for name in told["authors"]]
    return Paper(
        source="crossref",
        source_id=told["doi"],
        version="",
        ids=Identifiers(doi=told["doi"]),
        title=told["title"],
        kind=kind,
        abstract=told["abstract"],
        authors=tuple(Author(family, given) for family, _, given in names),
        published=told["published"],
    )


def stated(papers: Sequence[Paper]) -> tuple[int, list[tuple[int, int]]]:
    """How many different links are stated, and the pairs of papers with both ends here."""
    by_id: dict[str, list[int]] = {}
    for index, paper in enumerate(papers):
        for key in id_keys(paper.ids):
            by_id.setdefault(key, []).append(index)
    links, pairs = set(), {}
    for index, paper in enumerate(papers):
        own = id_keys(paper.ids)
        for link in same_work_links(paper):
            target = id_keys(link.target)
            links.add(frozenset((min(own, default=paper.key), min(target, default=link.text))))
            for key in target:
                for other in by_id.get(key, ()):
                    if not own & id_keys(papers[other].ids):
                        ends = frozenset((min(own), min(id_keys(papers[other].ids))))
                        pairs.setdefault(ends, (index, other))
    return len(links), list(pairs.values())


def hidden(paper: Paper) -> Paper:
    """Without its links."""
    return replace(paper, links=())


def report_stated(papers: list[Paper]) -> None:
    count, pairs = stated(papers)
    print(f"1. stated: {count} links, {len(pairs)} with both ends at hand")
    shown = [hidden(paper) for paper in papers]
    # Each id once: of a preprint in several versions, the one that states the link.
    kept = {i for pair in pairs for i in pair}
    seen = {key for i in kept for key in id_keys(papers[i].ids)}
    others = [i for i, p in enumerate(papers) if i not in kept and not id_keys(p.ids) & seen]
    order = [*others, *sorted(kept)]
    for name, run in (("in this order", order), ("the other way round", order[::-1])):
        works = [frozenset(run[i] for i in work) for work in joined([shown[i] for i in run])]
        home = {i: work for work in works for i in work}
        hits = sum(b in home.get(a, ()) for a, b in pairs)
        strays = sum(len(home.get(a, {a}) - {a, b}) for a, b in pairs)
        print(f"   {name}: recall {wilson(hits, len(pairs))} of {len(pairs)}; {strays} wrong")
    for a, b in pairs:
        article, preprint = sorted((papers[a], papers[b]), key=lambda p: p.kind is Kind.PREPRINT)
        found = measured(preprint, article)
        print(
            f"     score {found.score:.2f} title {found.title:.2f} authors {found.shared} of "
            f"{found.many} abstract {found.runs if found.runs is None else round(found.runs, 2)} "
            f"days {found.days}  {article.ids.doi}"
        )


# -- 2. taken for preprints ----------------------------------------------------------------------


def report_taken(articles: list[Paper], *, show: bool) -> None:
    fake = {
        i: replace(p, kind=Kind.PREPRINT, ids=Identifiers(), links=())
        for i, p in enumerate(articles)
        if p.kind not in NEVER and p.kind is not Kind.PREPRINT
    }
    pairs = candidates(articles, fake.items())
    wrong, same = [], []
    for i, j in sorted(pairs):
        if not (guess := probably_same_work(fake[i], hidden(articles[j]))):
            continue
        twice = fold(articles[i].title) == fold(articles[j].title)
        (same if twice else wrong).append((guess, i, j))
    print(
        f"2. taken: {len(fake)} articles taken for preprints, {len(pairs)} pairs compared; joined "
        f"{len(same)} of one title, {len(wrong)} of two titles"
    )
    for guess, i, j in [*wrong, *same] if show else wrong:
        print(f"     {guess.reason}\n       {articles[i].title}\n       {articles[j].title}")


# -- 3. papers of one team ------------------------------------------------------------------------


def teams(papers: Sequence[Paper]) -> Iterator[tuple[Paper, Paper]]:
    """Pairs of different titles with half or more of the shorter list of authors in both."""
    named = [{(p.family, p.initial) for p in people(paper.authors)} for paper in papers]
    by_name: dict[tuple[str, str], list[int]] = {}
    for index, names in enumerate(named):
        for name in names:
            by_name.setdefault(name, []).append(index)
    both = Counter(pair for held in by_name.values() for pair in itertools.combinations(held, 2))
    for (i, j), shared in both.items():
        if shared < 2 or 2 * shared < min(len(named[i]), len(named[j])):
            continue
        if fold(papers[i].title) != fold(papers[j].title):
            yield papers[i], papers[j]


def report_teams(papers: Iterable[Paper]) -> None:
    able = {p.ids.doi or p.key: p for p in papers if p.kind not in NEVER and len(p.abstract) > 200}
    pairs = [*teams([*able.values()])]
    found, joins = [], 0
    for some, other in (both for a, b in pairs for both in ((a, b), (b, a))):
        if other.kind is Kind.PREPRINT:
            continue
        preprint = some
        if some.kind is not Kind.PREPRINT:
            preprint = replace(some, kind=Kind.PREPRINT, ids=Identifiers(), links=())
        likeness = measured(preprint, other)
        if likeness.runs is not None:
            found.append(likeness)
            joins += probably_same_work(preprint, hidden(other)) is not None
    runs = max((each.runs or 0.0 for each in found), default=0.0)
    score = max((each.score for each in found), default=0.0)
    print(
        f"3. teams: {len(pairs)} pairs of papers, compared {len(found)} times; {joins} joined; the "
        f"highest score {score:.2f}, the most of an abstract {runs:.2f}"
    )


# -- 4. made -------------------------------------------------------------------------------------


def made(articles: list[Paper], sample: int, rates: Rates) -> tuple[list[Paper], list[Paper]]:
    """Preprints whose article is there, and orphans with no article."""
    able = [p for p in articles if len(p.abstract) > 300 and people(p.authors)]
    able = [p for p in able if p.kind not in NEVER | {Kind.LETTER, Kind.EDITORIAL, Kind.PREPRINT}]
    chosen = random.Random(SEED).sample(able, 2 * sample)
    changing = Changing(able, SEED)
    preprints = [changing.preprint(paper, rates) for paper in chosen]
    return preprints[:sample], preprints[sample:]


def report_made(articles: list[Paper], sample: int) -> None:
    print(f"4. made: {sample} with their article among {len(articles)}, {sample} orphans")
    twice = Counter(fold(paper.title) for paper in articles)
    for name, rates in LEVELS.items():
        linked, orphans = made(articles, sample, rates)
        gone = {paper.source_id.removeprefix("10.5555/made.") for paper in orphans}
        # The few that the file holds under two PMIDs are no orphans.
        left = [
            hidden(p) for p in articles if p.source_id not in gone and twice[fold(p.title)] == 1
        ]
        here = {paper.source_id for paper in left}
        linked = [p for p in linked if p.source_id.removeprefix("10.5555/made.") in here]
        for order, first in (("article first", True), ("preprint first", False)):
            run = [*left, *linked, *orphans] if first else [*linked, *orphans, *left]
            right = wrong = 0
            for work in joined(run):
                preprints = [run[i] for i in work if run[i].kind is Kind.PREPRINT]
                others = [run[i].source_id for i in work if run[i].kind is not Kind.PREPRINT]
                for paper in preprints:
                    own = paper.source_id.removeprefix("10.5555/made.")
                    right += own in others
                    wrong += any(other != own for other in others)
            print(
                f"   {name}, {order}: recall {wilson(right, len(linked))} "
                f"precision {wilson(right, right + wrong)} (right {right}, wrong {wrong})"
            )


# -- 5. what it takes ----------------------------------------------------------------------------


def report_cost(articles: list[Paper]) -> None:
    began = time.process_time()
    found = [keys(paper) for paper in articles]
    spent = (time.process_time() - began) / len(articles) * 1e6
    near = [carried(paper) for paper in articles]
    rows = Counter(key for each in near for key in each)
    pairs = candidates(
        articles, [(i, replace(p, kind=Kind.PREPRINT)) for i, p in enumerate(articles)]
    )
    total = sum(map(len, found)) / len(articles)
    print(
        f"5. keys: {total:.1f} a paper, of them {sum(map(len, near)) / len(articles):.1f} near; "
        f"{spent:.0f} us a paper; the commonest near key is carried by {max(rows.values())} of "
        f"{len(articles)}; a preprint meets {len(pairs) / len(articles):.3f} articles by them"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--pairs", type=Path, help="further stated pairs")
    parser.add_argument("--sample", type=int, default=2_000)
    parser.add_argument("--show", action="store_true", help="print what was joined in 2")
    given = parser.parse_args()
    articles = imported(given.shared)
    report_stated([*articles, *captured(given.shared), *ends(given.pairs)])
    report_taken(articles, show=given.show)
    report_teams([*articles, *captured(given.shared)])
    report_made(articles, given.sample)
    report_cost(articles)


if __name__ == "__main__":
    main()
