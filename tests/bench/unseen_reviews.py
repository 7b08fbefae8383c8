"""How well the papers of a topic are found from one review's file, on reviews that had no say in it.

    make bench-unseen

The reviews, and all papers, are those of a PubMed update file whose authors gave keywords; these say
what is wanted:

- *like it*: papers that share at least two keywords with the review, rare ones (together as rare as
  two that one paper in 190 has).
- *subject in field*: papers with a keyword that the review has and its title names ("macrophage"),
  and that are of the field which its title names, too ("atherosclerosis"). Here the keyword is also
  told as a listed term.

Keywords are a coarse measure: not every paper that is wanted has them, so that the figures are low;
they serve to compare. Mean average precision over the reviews, and its standard error.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np

from service.embedding.encoder import SentenceTransformerEncoder
from service.ranking.features import read_pool
from service.ranking.metrics import average_precision
from service.ranking.words import words
from service.records import Candidate, Kind, Seed, Topic
from tests.abstracts import RANKER
from tests.bench import real_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from numpy import intp
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features
    from service.records import WorkFields

WANTED = range(3, 151)  # how many papers must be wanted for a review to serve
RARE = 10.5  # in natural logarithms of how rare: what the shared keywords must come to
USED = range(8, 161)  # by how many papers a subject's keyword must be used
LONG = 600  # characters of an abstract that tells of a subject
FIELDS = (
    "cancer tumor carcinoma neoplasm melanoma glioblastoma leukemia lymphoma oncology metastasis",
    "covid coronavirus",
    "heart cardiovascular myocardial atherosclerosis coronary cardiac",
    "alzheimer parkinson neurodegeneration dementia neuroinflammation stroke brain",
    "obesity diabetes insulin metabolic",
    "rheumatoid autoimmunity lupus psoriasis autoimmune arthritis",
    "liver hepatic cirrhosis hepatitis",
    "kidney renal",
    "asthma lung pulmonary",
    "arabidopsis rice plant maize wheat drought",
    "depression anxiety schizophrenia mental bipolar",
)
WAYS = (  # of telling a topic: the kind of its seed, and whether the keyword is a listed term
    ("its file alone", "review", False),
    ("its file as a paper", "paper", False),
    ("with the keyword as term", "review", True),
)
# Keywords of the paper, not of what it is about.
_NO_SUBJECT = """review|systematic review|meta analysis|treatment|therapy|diagnosis|prevention|human|mouse|rat
    |mechanism|epidemiology|management|outcome|mortality|prognosis|survival|risk factor|biomarker
    |case report|children|adult|safety|prevalence|guideline|prediction|intervention|risk|surgery
    |health|disease|patient|scoping review|complication|pandemic|quality of life|gene expression
    |clinical trial|machine learning|inflammation"""
NO_SUBJECT = frozenset(" ".join(words(each)) for each in _NO_SUBJECT.split("|"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A review by its place, the places of the papers that are wanted, and the subject's keyword."""

    review: int
    wanted: frozenset[int]
    subject: str = ""


def main() -> None:
    papers = [each for each in real_texts.medline() if each.keywords]
    _, vectors = real_texts.vectors(papers, real_texts.CACHE)
    made = zip(papers, vectors, strict=True)
    pool = read_pool(
        [Candidate(at, f.title, f.abstract, rows) for at, (f, rows) in enumerate(made)], []
    )
    encode = SentenceTransformerEncoder().encode
    keywords = [{" ".join(words(each)) for each in of.keywords} for of in papers]
    for name, asked in (
        ("like it", list(like_it(papers, keywords))),
        ("subject in field", list(in_field(papers, keywords))),
    ):
        print(f"{name}: {len(asked)} topics among {len(papers):,} papers")
        show("cosine to the review", [precision(by_cosine(a, pool), a) for a in asked])
        for how, kind, named in WAYS:
            if asked[0].subject or not named:
                lists = (ranked(a, papers[a.review], pool, encode, kind, named) for a in asked)
                show(how, [precision(*each) for each in zip(lists, asked, strict=True)])


def like_it(papers: list[WorkFields], keywords: list[set[str]]) -> Iterator[Asked]:
    """Each review with the papers that share rare keywords with it."""
    having = _having(keywords)
    for review in _reviews(papers):
        shared: Counter[int] = Counter()
        rare: dict[int, float] = defaultdict(float)
        for keyword in keywords[review] - NO_SUBJECT:
            for paper in having[keyword] - {review}:
                shared[paper] += 1
                rare[paper] += log(len(papers) / len(having[keyword]))
        wanted = frozenset(at for at, times in shared.items() if times > 1 and rare[at] >= RARE)
        if len(wanted) in WANTED:
            yield Asked(review, wanted)


def in_field(papers: list[WorkFields], keywords: list[set[str]]) -> Iterator[Asked]:
    """Each review with the papers of its title's subject and field."""
    having = _having(keywords)
    titles = [words(paper.title) for paper in papers]
    told = [
        {*title, *(word for each in its for word in each.split())}
        for title, its in zip(titles, keywords, strict=True)
    ]
    named = [
        (review, keyword)
        for review in _reviews(papers)
        for keyword in sorted(keywords[review] - NO_SUBJECT)
        if len(having[keyword]) in USED and f" {keyword} " in f" {' '.join(titles[review])} "
    ]
    for field in (set(words(each)) for each in FIELDS):
        within = {at for at, its in enumerate(told) if its & field}
        for review, keyword in named:
            wanted = having[keyword] & within
            few = 5 < len(wanted) < 0.8 * len(having[keyword])
            if few and field.intersection(titles[review]) and field.isdisjoint(keyword.split()):
                yield Asked(review, frozenset(wanted - {review}), keyword)


def _having(keywords: list[set[str]]) -> Mapping[str, Set[int]]:
    """The papers of each keyword."""
    found: dict[str, set[int]] = defaultdict(set)
    for at, its in enumerate(keywords):
        for keyword in its:
            found[keyword].add(at)
    return found


def _reviews(papers: list[WorkFields]) -> list[int]:
    return [at for at, p in enumerate(papers) if p.kind is Kind.REVIEW and len(p.abstract) > LONG]


def by_cosine(asked: Asked, pool: Features) -> NDArray[intp]:
    """All papers, nearest to the review first."""
    return np.argsort(-(pool.rows.dense @ pool.rows.dense[asked.review]), kind="stable")


def ranked(
    asked: Asked, review: WorkFields, pool: Features, encode: Encode, kind: str, named: bool
) -> NDArray[intp]:
    """All papers, best first, for a topic of this review as a seed of this kind."""
    seed = Seed("it", kind, review.title, abstract=review.abstract)
    topic = Topic("it", review.title, (seed,), include=(asked.subject,) if named else ())
    return RANKER.assess(topic, pool, encode).order


def precision(order: NDArray[intp], asked: Asked) -> float:
    """Average precision of a list without the review itself."""
    return average_precision(np.isin(order[order != asked.review], list(asked.wanted)))


def show(name: str, found: list[float]) -> None:
    error = float(np.std(found)) / len(found) ** 0.5
    print(f"  {name:26} {np.mean(found):.4f} (standard error {error:.4f})", flush=True)


if __name__ == "__main__":
    main()
