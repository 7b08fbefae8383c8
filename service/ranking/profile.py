"""A topic as ranking sees it: its terms, its field, its examples. Pure but for the encoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.ranking.concept import Concept, nearness
from service.ranking.expansion import expand
from service.ranking.naming import subjects_of
from service.ranking.sense_writing import read_writing
from service.ranking.senses import Reading, spelled_out, spelled_term, topic_senses
from service.ranking.subject import core, field_words
from service.records import Candidate, Evidence, Facet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features
    from service.ranking.senses import Sense
    from service.records import Seed, Topic

_PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Profile:
    """`concepts` say what the topic is about: one where terms are listed, else one for each seed
    that tells of a subject, none for a topic that is told by papers alone. `examples` are its seed
    papers, references and votes; `facets` are those that an explanation may name, as the seeds have
    them (at least one, unless nothing is to be explained); `senses` say what its short forms stand
    for. `seeds` are the keys of the seeds for the topic, in order; `papers` those of the examples
    that are seeds, which come first."""

    facets: tuple[Facet, ...]
    senses: Mapping[str, Sense]
    concepts: tuple[Concept, ...]
    examples: tuple[Evidence, ...]
    seeds: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()


def profile(
    topic: Topic,
    evidence: Sequence[Evidence],
    facets: Callable[[Topic], Sequence[Facet]],
    pool: Features,
    encode: Encode | None,
) -> Profile:
    """What the topic says of itself and what the archive adds.

    Seeds for the topic that are reviews or free text tell what it is about; papers, and whatever
    is against it, are examples.
    """
    senses = senses_of(topic)
    of_told = replace(topic, seeds=_told(topic))
    named = tuple(facets(of_told))
    examples = (*_papers(topic, encode), *evidence)
    spelled = [spelled_facet(facet, senses) for facet in named]
    concepts = tuple(_concepts(of_told, spelled, senses, pool, encode))
    return Profile(
        facets=_namable(topic, named or facets(topic)),
        senses=senses,
        concepts=concepts,
        examples=examples,
        seeds=tuple(seed.key for seed in topic.seeds if seed.sign > 0),
        papers=tuple(seed.key for seed in _judged(topic)),
    )


def senses_of(topic: Topic) -> dict[str, Sense]:
    """What the short forms stand for that the topic's terms, and the seeds that tell what it is
    about, use; by short form."""
    texts = [text for seed in _told(topic) for text in _texts(seed)]
    return topic_senses([*texts, *topic.include], topic.senses)


def _told(topic: Topic) -> tuple[Seed, ...]:
    return tuple(seed for seed in topic.seeds if seed.kind != _PAPER and seed.sign > 0)


def _judged(topic: Topic) -> tuple[Seed, ...]:
    """Papers, and whatever is against the topic."""
    return tuple(seed for seed in topic.seeds if seed.kind == _PAPER or seed.sign < 0)


def _namable(topic: Topic, facets: Sequence[Facet]) -> tuple[Facet, ...]:
    """Those that speak for the topic; its name where nothing does."""
    return tuple(f for f in facets if f.weight > 0) or (Facet("text", topic.name, topic.slug),)


def _concepts(
    topic: Topic,
    facets: Sequence[Facet],
    senses: Mapping[str, Sense],
    pool: Features,
    encode: Encode | None,
) -> Iterator[Concept]:
    """What `topic`, with the seeds alone that tell what it is about, is about: a work need be near
    to one of several subjects, and what lies between them is none."""
    if topic.include:
        listed = tuple(spelled_term(term, senses) for term in topic.include)
        reviews = tuple(map(_review, topic.seeds))
        said = tuple(each.text for each in facets)
        yield Concept(listed, field_words(facets), listed=True, reviews=reviews, facets=said)
        return
    own = {seed.key: [each for each in facets if each.seed == seed.key] for seed in topic.seeds}
    cores = {key: found for key, its in own.items() if (found := core(its, senses))}
    if not cores and topic.seeds:
        cores = {"": core(facets, senses) or (topic.name,)}
    for key, named in cores.items():
        # A seed without a subject of its own says more of each.
        others = {seed.key for seed in topic.seeds} & cores.keys() - {key}
        its = [each for each in facets if each.seed not in others]
        told = [seed for seed in topic.seeds if seed.key not in others]
        concept = Concept(
            named,
            field_words(its),
            listed=False,
            reviews=tuple(map(_review, told)),
            facets=tuple(each.text for each in its),
            subjects=subjects_of(named),
        )
        yield concept if encode is None else _expanded(concept, senses, pool, encode)


def _expanded(
    concept: Concept, senses: Mapping[str, Sense], pool: Features, encode: Encode
) -> Concept:
    """With the terms that the archive has for the same."""
    named = concept.terms
    besides = [sense.long for sense in senses.values() if sense.long not in named]
    near = nearness(concept, pool, encode)
    more = expand(named, near, pool, encode, said=concept.facets, besides=besides)
    return replace(concept, terms=(*named, *more))


def _review(seed: Seed) -> str:
    return f"{seed.title} {seed.abstract}".strip()


def spelled_facet(facet: Facet, senses: Mapping[str, Sense]) -> Facet:
    """The facet with the topic's short forms in full, wherever they were defined."""
    ours = [Reading(short, sense.long, ours=True, because="") for short, sense in senses.items()]
    return replace(facet, text=spelled_out(read_writing(facet.text, ""), ours)[0])


def _texts(seed: Seed) -> tuple[str, ...]:
    parts = (seed.title, seed.tldr, seed.contribution, *seed.findings, seed.abstract)
    return tuple(part for part in parts if part)


def _papers(topic: Topic, encode: Encode | None) -> list[Evidence]:
    """Seeds that are no concept, as examples; ids below nought."""
    chosen = _judged(topic)
    texts = [(seed.title, seed.abstract or " ".join(_texts(seed)[1:])) for seed in chosen]
    vectors = _vectors(texts, encode) if encode is not None and texts else [None] * len(texts)
    return [
        Evidence(Candidate(-at, title, text, rows), seed.weight * seed.sign, "seed")
        for at, (seed, (title, text), rows) in enumerate(
            zip(chosen, texts, vectors, strict=True), 1
        )
    ]


def _vectors(texts: Sequence[tuple[str, str]], encode: Encode) -> list[NDArray[float32] | None]:
    """As works have them: the title's row, then those of the whole text."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    titles = encode([title or text for title, text in texts])
    whole = encode(
        [f"{title}. {text}" if title and text else title or text for title, text in texts]
    )
    return [np.concatenate([one[:1], rows]) for one, rows in zip(titles, whole, strict=True)]
