"""What seeds cite, on its way to the ranking: got, kept, embedded once, and measured.

A module beside the pipeline, with the same rules: it is handed the store, the encoder and the
ranker, and what decides is in the pure stages. The references that are held out for measuring are
never evidence, so the figure is that of the ranking which is in use.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from service.errors import InputError, LitwatchError, TopicError
from service.flagging import of_papers
from service.ranking import fidelity
from service.records import Candidate, Evidence, Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.pipeline import Parts
    from service.ranking.fidelity import Fidelity
    from service.records import EncoderInfo, Identifiers, Reference, Seed, Topic
    from service.sources.references import SeedReferences
    from service.store import Unit
    from service.store.references import HeldReferences

log = logging.getLogger(__name__)

REFERENCE_WEIGHT = 1.0  # of a reference, times the weight of the seed that cites it
BACKGROUND = 2_000  # works that the held-out references are mixed into, and as many to learn from

_FAULTS = {  # for which a seed should be trusted no longer, the worst first
    Flag.RETRACTED: "was retracted",
    Flag.WITHDRAWN: "was withdrawn",
    Flag.CONCERN: "is under an expression of concern",
}


@dataclass(frozen=True, slots=True)
class Cited:
    """A seed and the list that is held of it, if any; `error` says why it could not be got now."""

    seed: Seed
    held: HeldReferences | None = None
    error: LitwatchError | None = None


def doubted(tx: Unit, topic: Topic) -> dict[str, str]:
    """The seeds that speak for the topic and should be trusted no longer, by key, and why."""
    flags = of_papers(tx, {seed.key: seed.ids for seed in topic.seeds if seed.sign > 0})
    why = (
        (key, next((told for flag, told in _FAULTS.items() if flag in its), ""))
        for key, its in flags.items()
    )
    return {key: fault for key, fault in why if fault}


# -- lists ----------------------------------------------------------------------------------------


def seed_id(topic: Topic, seed: Seed) -> str:
    """What a seed's list is kept under: an id, the same in every topic; else its place in this."""
    ids = seed.ids
    for kind, value in (("doi", ids.doi), ("pmcid", ids.pmcid), ("pmid", ids.pmid)):
        if value:
            return f"{kind}:{value}"
    return f"topic:{topic.slug}/{seed.key}"


def cited(tx: Unit, topic: Topic) -> list[Cited]:
    """The topic's seeds in their order, each with the list that is held of it.

    Free text cites nothing; of it and of plain papers only seeds with a list are named.
    """
    named = [(seed, seed_id(topic, seed)) for seed in topic.seeds]
    held = tx.references.of([name for _, name in named])
    found = [Cited(seed, held.get(name)) for seed, name in named]
    return [each for each in found if each.held or each.seed.kind == "review"]


def fetch_references(
    parts: Parts, topic: Topic, obtain: Callable[[Identifiers], SeedReferences]
) -> list[Cited]:
    """Get the list of every review among the seeds and keep it; one that fails holds up no other.

    A list that was held stays when it cannot be got again, and an abstract that was held stays
    when it does not come again.
    """
    found = []
    for seed in topic.seeds:
        if seed.kind != "review":
            continue
        try:
            got = obtain(seed.ids)
        except LitwatchError as error:
            log.warning("%s", error)
            with parts.store.reading() as tx:
                name = seed_id(topic, seed)
                found.append(Cited(seed, tx.references.of([name]).get(name), error))
        else:
            found.append(keep_references(parts, topic, seed, got))
    return found


def keep_references(parts: Parts, topic: Topic, seed: Seed, got: SeedReferences) -> Cited:
    """Keep a seed's list in place of the one that was held."""
    name, now = seed_id(topic, seed), parts.clock.now()
    with parts.store.writing() as tx:
        before = tx.references.of([name]).get(name)
        references = _with_abstracts(got.references, before.references if before else ())
        source, stated, notes = got.source, got.stated, got.notes
        tx.references.save(name, references, source=source, stated=stated, notes=notes, now=now)
        return Cited(seed, tx.references.of([name])[name])


def chosen_seed(topic: Topic, key: str | None) -> Seed:
    """The seed named `key`, or without a name the only review. Raises `InputError`."""
    reviews = [seed for seed in topic.seeds if seed.kind == "review"]
    among = [seed for seed in topic.seeds if seed.key == key] if key else reviews
    if len(among) == 1:
        return among[0]
    keys = ", ".join(seed.key for seed in topic.seeds)
    if key:
        raise InputError(f"seed {key!r}", f"is not one of topic {topic.slug}", f"its seeds: {keys}")
    cause = f"has {len(reviews)} reviews: whose references are these?"
    raise InputError(f"topic {topic.slug}", cause, f"name the seed with --seed; its seeds: {keys}")


def _with_abstracts(new: Sequence[Reference], old: Sequence[Reference]) -> tuple[Reference, ...]:
    known = {fidelity.identity(each): each.abstract for each in old if each.abstract}
    return tuple(
        each if each.abstract else replace(each, abstract=known.get(fidelity.identity(each), ""))
        for each in new
    )


# -- evidence -------------------------------------------------------------------------------------


def evidence(parts: Parts, topic: Topic, info: EncoderInfo | None) -> list[Evidence]:
    """The topic's references as evidence, those held out for measuring left out.

    Each weighs as much as the seed that cites it; what a seed of negative sign cites is evidence
    against. With `info` they carry vectors, which are made once and kept. Their works have negative
    numbers: they are not those of the archive. Raises `EncoderError`.
    """
    with parts.store.reading() as tx:
        lists = cited(tx, topic)
    return _evidence(parts, *_parted(lists), info)


def held_out(parts: Parts, topic: Topic, info: EncoderInfo | None) -> list[Candidate]:
    """The references that are held out for measuring, as works with negative numbers that no other
    reference of the topic has; with `info` with vectors. Raises `EncoderError`."""
    with parts.store.reading() as tx:
        lists = cited(tx, topic)
    return _candidates(parts, _parted(lists)[0].held_out, info, 0)


def _parted(lists: Iterable[Cited]) -> tuple[fidelity.Split, list[tuple[Reference, float]]]:
    """What is held out, and what is known with its weight; a paper that several seeds cite counts
    once, by the seed that weighs most. Only what seeds are for can be held out."""
    weighed = sorted(
        ((each.seed.weight * each.seed.sign * REFERENCE_WEIGHT, each.held) for each in lists),
        key=lambda pair: -pair[0],
    )
    weights: dict[str, float] = {}
    good: list[Reference] = []
    bad: list[Reference] = []
    for weight, held in weighed:
        for reference in held.references if held else ():
            weights.setdefault(fidelity.identity(reference), weight)
            (good if weight > 0 else bad).append(reference)
    parted = fidelity.split(good)
    apart = fidelity.once([*parted.held_out, *parted.known, *bad])
    known = (*parted.known, *apart[len(parted.held_out) + len(parted.known) :])
    told = [(r, weights[fidelity.identity(r)]) for r in known if r.title]
    return parted, [(reference, weight) for reference, weight in told if weight]


def _evidence(
    parts: Parts,
    parted: fidelity.Split,
    known: Sequence[tuple[Reference, float]],
    info: EncoderInfo | None,
) -> list[Evidence]:
    start = len(parted.held_out)
    works = _candidates(parts, [reference for reference, _ in known], info, start)
    weights = (weight for _, weight in known)
    return [Evidence(work, w, "reference") for work, w in zip(works, weights, strict=True)]


def _candidates(
    parts: Parts, references: Sequence[Reference], info: EncoderInfo | None, start: int
) -> list[Candidate]:
    """References as works, numbered -1, -2, ... after the first `start`."""
    works = [
        Candidate(-number, each.title, each.abstract)
        for number, each in enumerate(references, start + 1)
    ]
    if info is None or not works:
        return works
    texts = [(work.title, work.abstract) for work in works]
    vectors = _vectors(parts, texts, info)
    return [replace(w, vectors=rows) for w, rows in zip(works, vectors, strict=True)]


def held_vectors(
    tx: Unit, texts: Sequence[tuple[str, str]], info: EncoderInfo
) -> dict[tuple[str, str], NDArray[float32]]:
    """The vectors that are kept of references with these titles and abstracts, by both; what has
    none is left out."""
    encoder_id = tx.embeddings.find(info)
    if encoder_id is None:
        return {}
    hashes = {text: _hash(text) for text in texts}
    held = tx.references.vectors(encoder_id, list(hashes.values()))
    return {text: held[digest] for text, digest in hashes.items() if digest in held}


def _hash(text: tuple[str, str]) -> bytes:
    return sha256("\n".join(text).encode("utf-8", "replace")).digest()


def _vectors(
    parts: Parts, texts: Sequence[tuple[str, str]], info: EncoderInfo
) -> list[NDArray[float32]]:
    """One array per (title, abstract); those made for the first time are kept."""
    with parts.store.reading() as tx:
        held = held_vectors(tx, texts, info)
    new = [text for text in dict.fromkeys(texts) if text not in held]
    if new:
        made = dict(zip(new, parts.work_vectors(new, parts.encoder.encode), strict=True))
        with parts.store.writing() as tx:
            encoder_id = tx.embeddings.encoder_id(info)
            tx.references.save_vectors(encoder_id, {_hash(text): made[text] for text in new})
        held |= made
    return [held[text] for text in texts]


# -- fidelity -------------------------------------------------------------------------------------


def check_measurable(parts: Parts, topic: Topic) -> None:
    """Raise `TopicError` when too few references are held to measure the topic."""
    with parts.store.reading() as tx:
        lists = cited(tx, topic)
    if not _parted(lists)[0].held_out:
        raise _too_few(topic, lists)


def measure(parts: Parts, topic: Topic, info: EncoderInfo | None) -> Fidelity:
    """How well the topic finds its held-out references; kept with the topic's version.

    They are mixed into works of the archive, half of a sample; the other half is what the ranker
    learns the background from. With `info` only works that have its vectors are taken: embed
    first. Raises `TopicError` when there are too few references or works.
    """
    with parts.store.reading() as tx:
        lists = cited(tx, topic)
    parted, known = _parted(lists)
    if not parted.held_out:
        raise _too_few(topic, lists)
    titles = [r.title for r in parted.held_out] + [r.title for r, _ in known]
    others = _others(parts, [*titles, *(seed.title for seed in topic.seeds)], info)
    if len(others) < 2 * fidelity.LEAST_BACKGROUND:
        raise _too_small(topic, len(others))
    told = _evidence(parts, parted, known, info)
    apart = held_out(parts, topic, info)
    score = _scorer(parts, topic, others[::2], dense=info is not None)
    figure = fidelity.measure(parted, told, apart, others[1::2], score)
    if figure is None:  # the counts above allow it
        raise _too_small(topic, len(others))
    _keep(parts, topic, figure, info)
    return figure


def _too_small(topic: Topic, works: int) -> TopicError:
    cause = f"only {works:,} works of the archive can be compared with"
    remedy = f"at least {2 * fidelity.LEAST_BACKGROUND} are needed: poll or import first"
    return TopicError(f"topic {topic.slug!r}", cause, remedy)


def _too_few(topic: Topic, lists: Iterable[Cited]) -> TopicError:
    held = sum(each.held.with_abstract for each in lists if each.held)
    least = round(fidelity.LEAST / fidelity.SHARE)
    cause = f"{held} references with an abstract are held, at least {least} are needed to measure"
    return TopicError(
        f"topic {topic.slug!r}", cause, f"run: litwatch topics references {topic.slug} --fetch"
    )


def _others(parts: Parts, cited: Sequence[str], info: EncoderInfo | None) -> list[Candidate]:
    """Works of the archive that have none of the titles in `cited`."""
    titles = {fidelity.plain_title(title) for title in cited}
    with parts.store.reading() as tx:
        sample = tx.works.sample(2 * BACKGROUND)
        works = [w for w in sample if fidelity.plain_title(w.title) not in titles]
        if info is None:
            return works
        encoder_id = tx.embeddings.find(info)
        if encoder_id is None:
            return []
        vectors = tx.embeddings.load(encoder_id, [work.work_id for work in works])
    return [replace(w, vectors=vectors[w.work_id]) for w in works if w.work_id in vectors]


def _scorer(
    parts: Parts, topic: Topic, background: Sequence[Candidate], *, dense: bool
) -> fidelity.Rank:
    encode = parts.encoder.encode if dense else None

    def score(told: Sequence[Evidence], candidates: Sequence[Candidate]) -> list[float]:
        ranked = parts.ranker.rank(topic, candidates, background, encode, told)
        scores = {work.work_id: work.score for work in ranked}
        return [scores[candidate.work_id] for candidate in candidates]

    return score


def _keep(parts: Parts, topic: Topic, figure: Fidelity, info: EncoderInfo | None) -> None:
    encoder = f"{info.name} ({info.revision}, {info.precision})" if info else ""
    now = parts.clock.now()
    with parts.store.writing() as tx:
        tx.references.save_fidelity(topic.slug, topic.version, encoder, asdict(figure), now)
