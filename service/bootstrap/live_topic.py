"""A live topic as a labelled corpus: what its readers and its seeds judged, among the archive.

Nothing here writes to the archive: vectors that it lacks are made, used and forgotten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from service.errors import EncoderError, TopicError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.bootstrap.evaluation import Bench
    from service.pipeline import Parts
    from service.protocols import Encoder, Ranker
    from service.ranking.evaluation import Contender, Scorecard
    from service.ranking.listed import ListedPaper
    from service.records import Candidate, EncoderInfo, Reference, Topic, Work
    from service.seeding import Cited
    from service.store import Store, Unit

    Text = tuple[str, str]  # title and abstract, which is all that vectors hang on
    Embedding = Callable[[str, int], Callable[[int], None]]
    Role = Literal["seed", "relevant", "not relevant", "reference", "unclear", "sampled"]

LEAST = 10  # papers for a topic, below which a figure says more of them than of a ranker
SAMPLE = 2_000  # works of the archive to tell them from, and as many for the background
FIRST = 20  # places at the top of a list that people look at
AS_IT_STANDS = "topic as it stands"


@dataclass(frozen=True, slots=True)
class Used:
    """Of what a topic's corpus was made, each paper counted once.

    For it: `references` of its seeds, and works voted `relevant` (saved ones among them). Against
    it: works voted `not_relevant`, and `sampled` ones that nobody judged. `background` are other
    works of the archive, without labels.
    """

    references: int
    relevant: int
    not_relevant: int
    sampled: int
    background: int


@dataclass(frozen=True, slots=True)
class LiveTopic:
    """A topic, its labelled papers and the background.

    `works` are the numbers, by their texts, of those that the archive holds; `sampled` the numbers
    of the labelled ones that nobody judged.
    """

    topic: Topic
    papers: tuple[ListedPaper, ...]
    background: tuple[ListedPaper, ...]
    used: Used
    works: Mapping[Text, int]
    sampled: frozenset[int]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a topic's document alone ranks; `unjudged` are the works, (number, title), among its
    `FIRST` that were taken as not relevant though nobody judged them; `excluded` the titles of
    papers to be found that a term of the topic excludes."""

    card: Scorecard
    unjudged: tuple[tuple[int, str], ...]
    excluded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A paper, what it is to the topic, and its number where the archive holds it."""

    paper: Reference
    role: Role
    published: str | None = None
    work: int | None = None


def live_topic(parts: Parts, slug: str, seeds: int = 1) -> LiveTopic:
    """The papers that topic `slug` can be measured on, `seeds` of them drawn at a time.

    A paper is taken once, by id or title: as a seed (left out), else as voted, else as cited, else
    as sampled. References count with an abstract, and not where only a seed against the topic
    cites them. Raises `TopicError` for an unknown topic, and for too few papers or works.
    """
    from service import seeding

    with parts.store.reading() as tx:
        tx.topics.get(slug)
        topic = next(each for each in parts.topics(tx) if each.slug == slug)
        lists = seeding.cited(tx, topic)
        found = _once([*_seeds(topic), *_voted(tx, slug), *_cited(lists), *_sample(tx)])
    judged = [each for each in found if each.role in ("relevant", "not relevant", "reference")]
    others = [each for each in found if each.role == "sampled"]
    # They are in the archive's order, so both halves are of all its times.
    labelled, background = [*judged, *others[1::2]], others[::2]
    used = _used(labelled, background)
    _check(topic, lists, used, seeds)
    works = {_text(each.paper): each.work for each in found if each.work is not None}
    papers, rest = (tuple(map(_listed, part)) for part in (labelled, background))
    sampled = frozenset(each.work for each in others[1::2] if each.work is not None)
    return LiveTopic(topic, papers, rest, used, works, sampled)


def live_bench(
    wanted: Sequence[Contender],
    live: LiveTopic,
    store: Store,
    encoder: Encoder,
    embedding: Embedding,
) -> Bench:
    """The topic's papers ready to be measured; vectors are those that the archive holds where
    they are current, and made where not. `embedding` and errors are as in `evaluation.bench`.
    """
    from service.bootstrap.evaluation import Bench
    from service.ranking.labelled import corpus
    from service.records import Candidate

    papers = corpus(live.topic.slug, live.papers)
    # They go on counting where the papers end, so that no two have one number.
    start = len(papers.papers)
    rest = tuple(
        Candidate(row, each.title, each.abstract) for row, each in enumerate(live.background, start)
    )
    plain = Bench(tuple(wanted), (papers,), rest)
    try:
        info = encoder.info()
    except EncoderError as error:
        left = tuple(each for each in wanted if not each.dense)
        if not left:
            raise
        out = tuple(each.name for each in wanted if each.dense)
        return replace(plain, contenders=left, missing=error, left_out=out)
    vectors = _vectors(live, store, info, encoder, embedding)
    done = replace(papers, papers=_with(papers.papers, vectors))
    return replace(plain, corpora=(done,), background=_with(rest, vectors), encoder=info)


def as_it_stands(live: LiveTopic, bench: Bench, ranker: Ranker, encoder: Encoder) -> Standing:
    """How the topic's document alone (terms and seeds) ranks the papers: without their votes, and
    without a single reference. One list, so each figure is its own interval."""
    import numpy as np

    from service.ranking.evaluation import METRICS, Scorecard
    from service.ranking.intervals import Figure
    from service.ranking.ranker import EXCLUDED_SCORE

    (papers,) = bench.corpora
    encode = encoder.encode if bench.encoder else None
    ranked = ranker.rank(live.topic, papers.papers, bench.background, encode)
    labels = papers.relevant[[each.work_id for each in ranked]].astype(np.float64)
    found = {name: metric(labels) for name, metric in METRICS.items()}
    figures = {name: Figure(value, value, value) for name, value in found.items()}
    best = [papers.papers[each.work_id] for each in ranked[:FIRST]]
    numbered = [(live.works.get(_text(each)), each.title) for each in best]
    unjudged = tuple((work, title) for work, title in numbered if work in live.sampled)
    excluded = tuple(
        papers.papers[each.work_id].title
        for each in ranked
        if each.score == EXCLUDED_SCORE and papers.relevant[each.work_id]
    )
    return Standing(Scorecard(AS_IT_STANDS, {papers.name: figures}, figures), unjudged, excluded)


# -- which papers --------------------------------------------------------------------------------


def _seeds(topic: Topic) -> Iterator[_Found]:
    from service.records import Reference

    return (_Found(Reference(each.title, each.ids), "seed") for each in topic.seeds)


def _voted(tx: Unit, slug: str) -> Iterator[_Found]:
    from service.voting import verdicts

    weights = {number: weight for number, (weight, _) in verdicts(tx.votes.current(slug)).items()}
    for work in tx.works.many(list(weights)):
        yield _work(work, "relevant" if weights[work.id] > 0 else "not relevant")


def _cited(lists: Iterable[Cited]) -> Iterator[_Found]:
    """What seeds for the topic cite, before what others do: who cites first decides."""
    for each in sorted(lists, key=lambda one: -one.seed.weight * one.seed.sign):
        for paper in each.held.references if each.held else ():
            told = each.seed.weight * each.seed.sign > 0 and paper.title and paper.abstract
            year = str(paper.year) if paper.year else None
            yield _Found(paper, "reference" if told else "unclear", year)


def _sample(tx: Unit) -> Iterator[_Found]:
    numbers = [work.work_id for work in tx.works.sample(2 * SAMPLE)]
    return (_work(each, "sampled") for each in tx.works.many(numbers))


def _work(work: Work, role: Role) -> _Found:
    from service.records import Reference

    return _Found(Reference(work.title, work.ids, work.abstract), role, work.published, work.id)


def _once(found: Sequence[_Found]) -> list[_Found]:
    """Those that share no id and no title with one before."""
    from service.ranking.fidelity import identity, once

    first: dict[str, _Found] = {}
    for each in found:
        first.setdefault(identity(each.paper), each)
    return [first[identity(paper)] for paper in once([each.paper for each in found])]


def _used(labelled: Iterable[_Found], background: Sequence[_Found]) -> Used:
    counts = Counter(each.role for each in labelled)
    return Used(
        references=counts["reference"],
        relevant=counts["relevant"],
        not_relevant=counts["not relevant"],
        sampled=counts["sampled"],
        background=len(background),
    )


def _check(topic: Topic, lists: Sequence[Cited], used: Used, seeds: int) -> None:
    from service.ranking.fidelity import LEAST_BACKGROUND

    thing = f"topic {topic.slug!r}"
    known = used.references + used.relevant
    if known < LEAST:
        cause = (
            f"{known} papers for it are known ({used.references} references with an abstract, "
            f"{used.relevant} works voted relevant), at least {LEAST} are needed to measure it"
        )
        vote = f"vote: litwatch vote {topic.slug} WORK relevant"
        fetch = f"run: litwatch topics references {topic.slug} --fetch, or {vote}"
        raise TopicError(thing, cause, fetch if lists else vote)
    if known <= seeds:
        cause = f"{known} papers for it are known: {seeds} seeds leave none to be found"
        raise TopicError(thing, cause, f"draw fewer than {known} seeds")
    if used.sampled < LEAST_BACKGROUND:
        works = used.sampled + used.background
        cause = f"only {works:,} works of the archive can be compared with"
        remedy = f"at least {2 * LEAST_BACKGROUND} are needed: poll or import first"
        raise TopicError(thing, cause, remedy)


def _listed(each: _Found) -> ListedPaper:
    from service.ranking.fidelity import identity
    from service.ranking.listed import ListedPaper

    relevant = each.role in ("relevant", "reference")
    title, abstract = _text(each.paper)
    return ListedPaper(identity(each.paper), title, abstract, relevant, each.published)


# -- their vectors -------------------------------------------------------------------------------


def _text(paper: Reference | ListedPaper | Candidate) -> Text:
    return paper.title, paper.abstract


def _vectors(
    live: LiveTopic, store: Store, info: EncoderInfo, encoder: Encoder, embedding: Embedding
) -> dict[Text, NDArray[float32]]:
    """The rows of every paper, background and all, by its text."""
    from service import seeding
    from service.embedding.works import work_vectors

    texts = list(dict.fromkeys(_text(each) for each in (*live.papers, *live.background)))
    with store.reading() as tx:
        held = seeding.held_vectors(tx, texts, info)
        encoder_id = tx.embeddings.find(info)
        if encoder_id is not None:
            rows = tx.embeddings.load(encoder_id, list(live.works.values()))
            held |= {text: rows[work] for text, work in live.works.items() if work in rows}
    new = [text for text in texts if text not in held]
    if new:
        made = work_vectors(new, encoder.encode, embedding(live.topic.slug, len(new)))
        held |= dict(zip(new, made, strict=True))
    return held


def _with(
    papers: Sequence[Candidate], vectors: Mapping[Text, NDArray[float32]]
) -> tuple[Candidate, ...]:
    return tuple(replace(each, vectors=vectors[_text(each)]) for each in papers)
