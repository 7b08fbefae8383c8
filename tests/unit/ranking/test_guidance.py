"""What would make a topic find more of what its readers want."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.ranking import drift, guidance, phrases
from service.ranking.features import encoded
from service.records import Candidate, Seed, Topic
from tests.abstracts import at_large, embedded
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from service.records.guidance import TermAdvice

TOPIC = Topic("stroma", "Tumour stroma", (Seed("note", "text", "Stroma of tumours"),))
OTHERS = at_large(200)
READ = phrases.read(OTHERS)
Months = tuple[list[Candidate], list[Candidate]]


def papers(*texts: str, first: int = 1) -> list[Candidate]:
    return [Candidate(first + at, f"Title {first + at}", text) for at, text in enumerate(texts)]


def terms(found: tuple[TermAdvice, ...]) -> list[str]:
    return [each.term for each in found]


# -- terms ----------------------------------------------------------------------------------------


def test_what_readers_want_more_often_than_others_hold_is_advised_with_counts_and_titles() -> None:
    wanted = papers(*["The pangolin scales. They shone."] * 4, "Salt.")
    (found,) = guidance.included(TOPIC, wanted, READ)
    assert (found.term, found.hits, found.of, found.others, found.of_others) == (
        "pangolin scales",
        4,
        5,
        0,
        200,
    )
    assert found.examples == ("Title 1", "Title 2", "Title 3")
    assert found.z > 3


@pytest.mark.parametrize("has", ["Pangolin scale", "pangolin", "blue pangolin-scales", "scales"])
def test_what_the_topic_has_is_not_advised_again(has: str) -> None:
    wanted = papers(*["The pangolin scales."] * 5)
    for topic in (replace(TOPIC, include=(has,)), replace(TOPIC, exclude=(has,))):
        assert guidance.included(topic, wanted, READ) == ()


def test_a_term_must_be_in_a_share_of_many_wanted_papers() -> None:
    some = papers(*["The pangolin scales."] * 6)
    salt = papers(*["Salt."] * 80, first=100)
    assert terms(guidance.included(TOPIC, [*some, *salt[:20]], READ)) == ["pangolin scales"]
    assert guidance.included(TOPIC, [*some, *salt], READ) == ()


def test_no_more_than_eight_terms_are_advised() -> None:
    names = ("pangolin", "wombat", "quokka", "numbat", "dugong", "okapi", "tapir", "kudu", "saiga")
    text = " ".join(f"The {name} herds." for name in names)
    assert len(guidance.included(TOPIC, papers(*[text] * 9), READ)) == guidance.MOST == 8


def test_what_only_those_voted_against_hold_may_be_excluded() -> None:
    refused = papers(*["The pangolin scales. The dugong herds."] * 4)
    wanted = papers("The dugong herds.", *["Salt."] * 9, first=50)
    found = guidance.excluded(TOPIC, refused, wanted, [])
    assert terms(found) == ["pangolin scales"], "a wanted paper holds the other"
    assert (found[0].hits, found[0].of, found[0].others, found[0].of_others) == (4, 4, 0, 10)


def test_an_excluded_term_costs_hardly_any_of_what_is_shown() -> None:
    refused = papers(*["The pangolin scales."] * 4)
    wanted = papers(*["Salt."] * 10, first=50)
    shown = papers(*["Bone."] * 50, "The pangolin scales.", first=100)
    assert terms(guidance.excluded(TOPIC, refused, wanted, shown)) == ["pangolin scales"]
    more = papers(*["The pangolin scales."] * 2, first=200)
    assert guidance.excluded(TOPIC, refused, wanted, [*shown, *more]) == ()


def test_few_votes_against_exclude_nothing() -> None:
    refused = papers(*["The pangolin scales."] * 2)
    assert guidance.excluded(TOPIC, refused, papers("Salt."), []) == ()


# -- seeds ----------------------------------------------------------------------------------------

SEEDS = encoded(["stroma of tumors", "fibroblast niche"], FakeEncoder(256).encode)


def vectored(*texts: str, first: int = 1) -> list[Candidate]:
    made = [Candidate(first + at, text, text) for at, text in enumerate(texts)]
    return embedded(made)


BEHIND = embedded(OTHERS)


def test_papers_that_no_seed_is_near_are_found_the_farthest_first() -> None:
    works = vectored("Stroma of tumors", "Pangolin dugong", "Pangolin of the niche", "Fibroblast")
    assert guidance.far(works, BEHIND, SEEDS)[0] == 1
    assert 0 not in guidance.far(works, BEHIND, SEEDS)


def test_near_is_what_is_nearer_than_nearly_all_of_the_archive() -> None:
    near, has = guidance.nearness(BEHIND, SEEDS)
    assert has.all()
    order = np.argsort(near)
    some = [BEHIND[int(order[-1])], BEHIND[int(order[0])], BEHIND[int(order[100])]]
    assert guidance.far(some, BEHIND, SEEDS) == [1, 2]


def test_without_vectors_no_paper_is_called_far() -> None:
    works = papers("Pangolin.", "Stroma.")
    assert guidance.far(works, BEHIND, SEEDS) == []
    assert guidance.far(vectored("Pangolin"), OTHERS, SEEDS) == []


def test_papers_that_share_a_phrase_are_one_advice_led_by_the_one_in_the_middle() -> None:
    works = vectored(
        "The pangolin scales",
        "The pangolin scales in rain",
        "The pangolin scales in rain and salt water of the summer",
        "Dugong teeth",
    )
    shared, alone = guidance.seeds(works, [0, 1, 2, 3], READ)
    assert (shared.shared, sorted(shared.works), shared.work_id) == (
        "pangolin scales",
        [1, 2, 3],
        2,
    )
    assert shared.works[0] == 2
    assert shared.titles[0] == shared.title == works[1].title
    assert (alone.shared, alone.works, alone.title) == ("", (4,), "Dugong teeth")


def test_of_those_that_stand_alone_the_two_farthest_are_advised() -> None:
    works = vectored("Dugong teeth", "Okapi tongues", "Tapir snouts")
    found = guidance.seeds(works, [2, 0, 1], READ)
    assert [each.work_id for each in found] == [3, 1]
    assert guidance.seeds(works, [], READ) == ()


# -- doubts ---------------------------------------------------------------------------------------


def test_doubts_are_near_the_line_and_differ() -> None:
    works = vectored(
        "Pangolin scales",
        "Pangolin scales again",
        "Pangolin scales once more",
        "Dugong teeth",
        "Okapi tongues",
        "Tapir snouts",
    )
    relevance = {1: 0.50, 2: 0.51, 3: 0.49, 4: 0.45, 5: 0.56, 6: 0.95}
    found = guidance.doubts(works, relevance, 0.5, count=3)
    assert [each.work_id for each in found] == [5, 1, 4], "best first, two of the same subject left"
    assert [each.relevance for each in found] == [0.56, 0.5, 0.45]


def test_what_is_far_from_the_line_is_no_doubt() -> None:
    works = papers("A.", "B.", "C.")
    assert guidance.doubts(works, {1: 0.99, 2: 0.2, 3: 0.0}, 0.5) == ()
    assert len(guidance.doubts(works, {1: 0.74, 2: 0.26, 3: 0.0}, 0.5)) == 2
    assert guidance.doubts([], {}, 0.5) == ()


@pytest.mark.parametrize("dense", [True, False])
def test_doubts_are_the_same_whatever_the_order(dense: bool) -> None:
    texts = [f"{name} herds in the rain" for name in "abcdefghijklmnopqrstuvwxyz"]
    works = vectored(*texts) if dense else papers(*texts)
    relevance = {work.work_id: 0.4 + work.work_id / 200 for work in works}
    found = guidance.doubts(works, relevance, 0.5)
    assert len(found) == guidance.DOUBTS == 5
    assert guidance.doubts(works[::-1], relevance, 0.5) == found
    assert all(abs(each.relevance - 0.5) <= 0.07 for each in found), "of the twenty nearest"


def test_a_paper_without_a_vector_is_compared_by_its_words() -> None:
    works = vectored("Pangolin scales", "Pangolin scales", "Dugong teeth")
    works[2] = replace(works[2], vectors=None)
    relevance = {1: 0.5, 2: 0.51, 3: 0.4}
    found = guidance.doubts(works, relevance, 0.5, count=2)
    assert {each.work_id for each in found} == {1, 3}


# -- drift ----------------------------------------------------------------------------------------


def months(recent: int = 20, before: int = 60, new: int = 0) -> Months:
    """Papers of a topic, `new` of the recent ones about something else."""
    pool = [
        replace(each, title=f"{each.title} stroma of tumors", vectors=None)
        for each in at_large(recent + before)
    ]
    rng = np.random.default_rng(3)
    dealt = [pool[int(at)] for at in rng.permutation(len(pool))]
    late, early = dealt[:recent], dealt[recent:]
    for at in range(new):
        late[at] = replace(late[at], title="Pangolin scales", abstract="The pangolin scales shed.")
    return embedded(late), embedded(early)


def test_a_literature_that_stays_raises_no_alarm() -> None:
    assert drift.drift(*months(), SEEDS, ["stroma"]) is None


def test_a_subject_that_comes_up_is_told_with_its_figures() -> None:
    found = drift.drift(*months(new=9), SEEDS, ["stroma"])
    assert found is not None
    assert (found.recent, found.before) == (20, 60)
    assert [each.term for each in found.terms] == ["pangolin scales"]
    assert (found.terms[0].hits, found.terms[0].others) == (9, 0)
    told = drift.sentence(found)
    assert '"pangolin scales" (9 of 20, before 0 of 60)' in told


def test_papers_that_the_seeds_explain_less_are_told_even_where_no_phrase_is() -> None:
    late, early = months(new=9)
    found = drift.drift(late, early, SEEDS, ["the pangolin scales shed"])
    assert found is not None
    assert found.terms == ()
    assert found.explained is not None
    then, now = found.explained
    assert now < then
    assert f"cosine {now:.2f}, was {then:.2f}; 20 and 60 papers" in drift.sentence(found)


def test_papers_that_come_nearer_to_the_seeds_are_no_drift() -> None:
    late, early = months(new=9)
    assert drift.drift(early[:30], [*late, *early[30:]], SEEDS, ["pangolin scales shed"]) is None


@pytest.mark.parametrize(("recent", "before"), [(7, 60), (20, 15), (0, 0)])
def test_few_papers_prove_nothing(recent: int, before: int) -> None:
    assert drift.drift(*months(recent, before, new=min(recent, 7)), SEEDS, []) is None


def test_without_an_encoder_phrases_alone_are_compared() -> None:
    late, early = months(new=9)
    found = drift.drift(late, early, None, [])
    assert found is not None
    assert found.explained is None
    assert "cosine" not in drift.sentence(found)


def test_without_a_vector_of_some_paper_only_phrases_are_compared() -> None:
    late, early = months(new=9)
    late[0] = replace(late[0], vectors=None)
    found = drift.drift(late, early, SEEDS, [])
    assert found is not None
    assert found.explained is None


def test_one_new_paper_or_two_are_chance() -> None:
    assert drift.drift(*months(new=2), SEEDS, []) is None


def test_the_order_of_the_papers_does_not_matter() -> None:
    late, early = months(new=9)
    assert drift.drift(late[::-1], early[::-1], SEEDS, []) == drift.drift(late, early, SEEDS, [])
