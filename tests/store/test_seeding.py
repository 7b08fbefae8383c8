"""What seeds cite: kept, taken as evidence, measured. On both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service import pipeline, seeding
from service.embedding.works import work_vectors
from service.errors import InputError, NotFoundError, TopicError
from service.ranking import fidelity
from service.records import Facet, Identifiers, RankedWork, Reference, Seed, Topic
from service.sources.references import SeedReferences
from tests import papers
from tests.fakes_encoder import FakeEncoder
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.pipeline import Parts
    from service.records import Candidate, Evidence
    from service.store import Store

REVIEW = Seed("review", "review", "A review of niches", ids=Identifiers("10.5555/review.1"))
OTHER = Seed("other", "review", "A review of traps", ids=Identifiers(pmcid="PMC7"), weight=0.5)
AGAINST = Seed("against", "review", "A review of stents", ids=Identifiers(pmid="7"), sign=-1)
TEXT = Seed("note", "text", "Niches of all kinds")


@dataclass
class Overlap:
    """A ranker that counts words shared with the evidence; `calls` are what it was given."""

    calls: list[dict[str, Any]] = field(default_factory=list)

    def rank(
        self,
        topic: Topic,
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Callable[..., Any] | None,
        evidence: Sequence[Evidence] = (),
    ) -> list[RankedWork]:
        given = {"candidates": candidates, "background": background, "evidence": evidence}
        self.calls.append({**given, "encode": encode})
        known = {word for each in evidence for word in each.work.abstract.lower().split()}
        scored = [(len(known & set(c.abstract.lower().split())), c.work_id) for c in candidates]
        facet = Facet("title", "", "")
        made = [RankedWork(n, topic.slug, score, facet) for score, n in scored]
        return sorted(made, key=lambda one: -one.score)


@dataclass
class Group:
    """A topic over an archive, with a list that can be got for each of its seeds."""

    store: Store
    topic: Topic
    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    ranker: Overlap = field(default_factory=Overlap)

    @property
    def parts(self) -> Parts:
        parts = Archive(self.store).parts
        ranker: Any = self.ranker
        return replace(parts, encoder=self.encoder, ranker=ranker, work_vectors=work_vectors)

    def keep(self, references: Sequence[Reference], seed: Seed = REVIEW) -> seeding.Cited:
        got = SeedReferences("PMC full text", len(references), tuple(references))
        return seeding.keep_references(self.parts, self.topic, seed, got)

    def evidence(self, *, dense: bool = True) -> list[Evidence]:
        info = self.encoder.info() if dense else None
        return seeding.evidence(self.parts, self.topic, info)

    def cited(self) -> list[seeding.Cited]:
        with self.store.reading() as tx:
            return seeding.cited(tx, self.topic)

    def measure(self, *, dense: bool = True) -> fidelity.Fidelity:
        if dense:
            pipeline.embed(self.parts)
        return seeding.measure(self.parts, self.topic, self.encoder.info() if dense else None)


@pytest.fixture
def group(store: Store) -> Group:
    with store.writing() as tx:
        tx.topics.save("stroma", "document", "Ida", "because", NOW)
    return Group(store, Topic("stroma", "Stroma", (REVIEW, TEXT)))


def references(count: int, start: int = 1, words: str = "niches hide cells") -> list[Reference]:
    return [
        Reference(
            f"Reference {number} of the review about niches",
            Identifiers(doi=f"10.5555/ref.{number}"),
            f"Here {words} again, in study{number}.",
            2024,
        )
        for number in range(start, start + count)
    ]


def fill(store: Store, monkeypatch: pytest.MonkeyPatch, count: int = 240) -> Archive:
    """Works that have nothing to do with the references."""
    archive = Archive(store)
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    archive.take_in(
        *(
            paper(n, title=f"Stents {n} in arteries", abstract=f"Stents of {n}.")
            for n in range(count)
        )
    )
    return archive


# -- lists


def test_a_seed_is_kept_under_its_id_whatever_the_topic() -> None:
    topic = Topic("stroma", "Stroma", ())
    ids = Identifiers("10.5555/a", "11", "PMC9")
    assert seeding.seed_id(topic, replace(REVIEW, ids=ids)) == "doi:10.5555/a"
    assert seeding.seed_id(topic, replace(REVIEW, ids=replace(ids, doi=None))) == "pmcid:PMC9"
    assert seeding.seed_id(topic, replace(REVIEW, ids=Identifiers(pmid="11"))) == "pmid:11"
    assert seeding.seed_id(topic, replace(REVIEW, ids=Identifiers())) == "topic:stroma/review"


def test_reviews_are_named_with_and_without_a_list_and_texts_with_one_only(group: Group) -> None:
    [found] = group.cited()
    assert (found.seed, found.held) == (REVIEW, None)
    group.keep(references(2), TEXT)
    assert [each.seed.key for each in group.cited()] == ["review", "note"]


def test_another_topic_with_the_same_review_has_its_list_too(group: Group) -> None:
    group.keep(references(3))
    with group.store.reading() as tx:
        [found] = seeding.cited(tx, Topic("other", "Other", (replace(REVIEW, key="mine"),)))
    assert found.held
    assert len(found.held.references) == 3


def test_the_lists_of_all_reviews_are_got_and_one_that_fails_holds_up_no_other(
    group: Group,
) -> None:
    group.topic = replace(group.topic, seeds=(REVIEW, TEXT, OTHER))
    before = group.keep(references(5))

    def obtain(ids: Identifiers) -> SeedReferences:
        if ids == REVIEW.ids:
            raise NotFoundError("the references", "no source holds them")
        return SeedReferences("Europe PMC", 9, tuple(references(2)), ("tried",))

    failed, got = seeding.fetch_references(group.parts, group.topic, obtain)
    assert isinstance(failed.error, NotFoundError)
    assert failed.held == before.held, "what was held stays"
    assert got.error is None
    assert got.held
    assert (got.held.source, got.held.stated, got.held.notes) == ("Europe PMC", 9, ("tried",))
    assert got.held.fetched_at == NOW
    assert [each.held for each in group.cited()] == [failed.held, got.held]


def test_an_abstract_that_does_not_come_again_is_kept(group: Group) -> None:
    group.keep(references(2))
    found = group.keep([replace(each, abstract="") for each in references(3)])
    assert found.held
    assert [bool(each.abstract) for each in found.held.references] == [True, True, False]


def test_a_newer_abstract_counts(group: Group) -> None:
    group.keep(references(1))
    found = group.keep(references(1, words="other words"))
    assert found.held
    assert "other words" in found.held.references[0].abstract


def test_a_file_belongs_to_the_only_review_or_to_the_seed_that_is_named() -> None:
    one = Topic("stroma", "Stroma", (REVIEW, TEXT))
    assert seeding.chosen_seed(one, None) == REVIEW
    assert seeding.chosen_seed(one, "note") == TEXT
    two = Topic("stroma", "Stroma", (REVIEW, OTHER))
    with pytest.raises(InputError, match="has 2 reviews") as caught:
        seeding.chosen_seed(two, None)
    assert "review, other" in caught.value.remedy
    with pytest.raises(InputError, match="'nope'"):
        seeding.chosen_seed(two, "nope")


# -- evidence


def test_without_lists_there_is_no_evidence_and_nothing_is_encoded(group: Group) -> None:
    assert group.evidence() == []
    assert group.encoder.calls == 0


def test_references_are_evidence_but_for_those_held_out(group: Group) -> None:
    group.keep(references(50))
    found = group.evidence()
    assert len(found) == 40
    told = {each.work.title for each in found}
    held_out = {r.title for r in fidelity.split(references(50)).held_out}
    assert told.isdisjoint(held_out)
    assert {each.weight for each in found} == {1.0}
    assert {each.origin for each in found} == {"reference"}


def test_their_numbers_are_their_own_and_no_works(group: Group) -> None:
    group.keep(references(50))
    numbers = [each.work.work_id for each in group.evidence()]
    assert len(set(numbers)) == 40
    assert max(numbers) < 0


def test_a_reference_weighs_as_much_as_the_seed_that_cites_it(group: Group) -> None:
    group.topic = replace(group.topic, seeds=(OTHER, AGAINST, REVIEW))
    both, bad = references(3), references(5, start=3)
    group.keep(both, REVIEW)
    group.keep(references(2, start=2), OTHER)
    group.keep(bad, AGAINST)
    weights = {each.work.title.split()[1]: each.weight for each in group.evidence()}
    assert weights == {"1": 1, "2": 1, "3": 1, "4": -1, "5": -1, "6": -1, "7": -1}


def test_what_a_seed_against_cites_is_never_held_out(group: Group) -> None:
    group.topic = replace(group.topic, seeds=(AGAINST,))
    group.keep(references(50), AGAINST)
    assert len(group.evidence()) == 50
    with pytest.raises(TopicError):
        group.measure()


def test_a_held_out_reference_is_not_learnt_from_another_seed(group: Group) -> None:
    group.topic = replace(group.topic, seeds=(REVIEW, AGAINST))
    group.keep(references(50))
    group.keep(references(50), AGAINST)
    assert len(group.evidence()) == 40
    assert all(each.weight == 1 for each in group.evidence())


def test_vectors_are_made_once(group: Group) -> None:
    group.keep(references(50))
    first = group.evidence()
    calls = group.encoder.calls
    again = group.evidence()
    assert group.encoder.calls == calls > 0
    for one, two in zip(first, again, strict=True):
        assert one.work.vectors is not None
        assert two.work.vectors is not None
        np.testing.assert_allclose(one.work.vectors, two.work.vectors, atol=0.001)
    group.keep(references(51))
    group.evidence()
    assert group.encoder.calls == 2 * calls


def test_each_reference_has_the_vector_of_its_own_text(group: Group) -> None:
    group.keep(references(50))
    group.evidence()
    for each in group.evidence():
        [own] = work_vectors([(each.work.title, each.work.abstract)], group.encoder.encode)
        np.testing.assert_allclose(each.work.vectors, own, atol=0.001)


def test_without_a_model_references_are_words_only(group: Group) -> None:
    group.keep(references(50))
    assert all(each.work.vectors is None for each in group.evidence(dense=False))
    assert group.encoder.calls == 0


# -- fidelity


def test_a_topic_that_finds_its_references_is_measured_so(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(group.store, monkeypatch)
    group.keep(references(50))
    found = group.measure()
    assert (found.share_found, found.median_rank) == (1.0, 0.0)
    assert (found.held_out, found.known, found.recent) == (10, 40, 10)
    assert found.background == 120
    with group.store.reading() as tx:
        held = tx.references.fidelity("stroma", 1)
    assert held is not None
    assert held.encoder == "fake (0000000000000000, float32)"
    assert fidelity.from_json(held.figure) == found


def test_what_is_ranked_is_not_what_was_learnt_from(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(group.store, monkeypatch)
    group.keep(references(50))
    group.measure()
    [call] = group.ranker.calls
    ranked = {work.work_id for work in call["candidates"]}
    learnt = {work.work_id for work in call["background"]}
    told = {each.work.work_id for each in call["evidence"]}
    assert ranked.isdisjoint(learnt)
    assert ranked.isdisjoint(told)
    assert call["encode"] is not None
    assert all(work.vectors is not None for work in call["candidates"])


def test_references_that_are_in_the_archive_are_not_compared_with(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = fill(group.store, monkeypatch)
    group.keep(references(50))
    copies = [
        paper(900 + n, title=f"{each.title.upper()}.", abstract=each.abstract)
        for n, each in enumerate(references(50))
    ]
    archive.take_in(*copies, paper(990, title=REVIEW.title, abstract="niches hide cells"))
    assert group.measure().background == 120


def test_a_topic_can_be_measured_by_words_only(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(group.store, monkeypatch)
    group.keep(references(50))
    assert group.measure(dense=False).share_found == 1
    [call] = group.ranker.calls
    assert call["encode"] is None
    with group.store.reading() as tx:
        held = tx.references.fidelity("stroma", 1)
    assert held is not None
    assert held.encoder == ""


def test_too_few_references_are_told_with_the_remedy(group: Group) -> None:
    group.keep(references(24))
    with pytest.raises(
        TopicError, match="24 references with an abstract are held, at least 25"
    ) as e:
        group.measure()
    assert e.value.remedy == "run: litwatch topics references stroma --fetch"
    with pytest.raises(TopicError, match="24 references"):
        seeding.check_measurable(group.parts, group.topic)
    group.keep(references(25))
    seeding.check_measurable(group.parts, group.topic)


def test_too_small_an_archive_is_told(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(group.store, monkeypatch, 199)
    group.keep(references(50))
    with pytest.raises(TopicError, match="only 199 works") as caught:
        group.measure()
    assert "at least 200 are needed" in caught.value.remedy
    assert not group.ranker.calls


def test_an_archive_without_vectors_is_too_small_to_measure_with_a_model(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(group.store, monkeypatch)
    group.keep(references(50))
    with pytest.raises(TopicError, match="only 0 works"):
        seeding.measure(group.parts, group.topic, group.encoder.info())
