"""Rankings as people see them: the real ranker, made-up abstracts, an encoder without a model."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.bootstrap.cores import side_by_side
from service.errors import EncoderError
from service.ranking.features import read_pool
from service.ranking.ranker import EXCLUDED_SCORE
from service.records import BINS, Candidate, Evidence, Seed, Topic, TopicRanking
from tests.abstracts import (
    ELSEWHERE,
    FIELD,
    NEUTROPHILS,
    RANKER,
    at_large,
    by_id,
    embedded,
    rank,
    topic,
    works,
)
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.ranking.ranker import Each
    from service.records import RankedWork

BOTH = pytest.mark.parametrize("dense", [True, False], ids=["vectors", "words"])
NET_TUMORS = (
    (
        "Everolimus in pancreatic neuroendocrine tumors",
        "Neuroendocrine tumors (NETs) of the pancreas grow slowly. Everolimus delayed progression "
        "of NETs. Formation of metastases in NETs was rarer. Tumor grade told survival.",
    ),
    (
        "Somatostatin analogues for midgut NETs",
        "Patients with NETs of the ileum had carcinoid syndrome. Octreotide and lutetium "
        "dotatate slowed NETs. Chromogranin and somatostatin receptor imaging followed the "
        "hormone secreting lesions. Grade of NETs and Ki-67 told survival after surgery of the "
        "small bowel, and liver metastases were embolized in patients with carcinoid heart "
        "disease. Pancreatic, rectal and bronchial NETs were treated alike at our center.",
    ),
)


def ids(ranked: Sequence[RankedWork]) -> list[int]:
    return [each.work_id for each in ranked]


def liked(work: Candidate, weight: float = 1.0) -> Evidence:
    return Evidence(work, weight, "vote")


# -- the topic ------------------------------------------------------------------------------------


@BOTH
def test_a_work_of_the_topic_beats_one_of_the_field_only(dense: bool) -> None:
    found = rank(topic(), works(*NEUTROPHILS, FIELD, *[("Gait", "Stroke.")] * 3), dense=dense)
    assert set(ids(found)[:3]) == {1, 2, 3}
    assert by_id(found)[4].score < found[2].score - 0.5


def test_the_same_words_outside_the_field_score_lower() -> None:
    found = by_id(rank(topic(), works(NEUTROPHILS[1], ELSEWHERE)))
    assert found[2].score < found[1].score - 0.5


@BOTH
def test_common_words_of_the_terms_do_not_win(dense: bool) -> None:
    common = (
        "Extracellular matrix formation and infiltration",
        "Formation of extracellular matrix was seen. Infiltration and recruitment of cells rose. "
        "Extracellular fluid was drawn from the wall of the vessel before surgery.",
    )
    found = rank(topic(), works(common, *NEUTROPHILS), dense=dense)
    assert ids(found)[3] == 1


@BOTH
def test_a_short_form_and_its_long_form_both_match_an_included_term(dense: bool) -> None:
    texts = (
        ("A", "Neutrophil extracellular trap formation in tumors."),
        ("B", "Neutrophil extracellular traps (NETs) in tumors; NET formation in tumors."),
        ("C", "Tumors of the colon in patients."),
    )
    short = by_id(rank(topic(include=("NET formation",)), works(*texts), dense=dense))
    long = by_id(
        rank(
            topic(include=("neutrophil extracellular trap formation",)), works(*texts), dense=dense
        )
    )
    for found in (short, long):
        assert min(found[1].score, found[2].score) > found[3].score + 1
        assert found[1].terms
        assert found[2].terms


@BOTH
def test_neuroendocrine_tumors_never_come_before_neutrophils(dense: bool) -> None:
    behind = [*at_large(), *works(NET_TUMORS[0], first=500)]
    found = rank(topic(), works(*NEUTROPHILS, *NET_TUMORS), behind, dense=dense)
    assert set(ids(found)[:3]) == {1, 2, 3}
    assert by_id(found)[4].score == EXCLUDED_SCORE
    assert by_id(found)[4].terms[0].startswith("excluded: neuroendocrine")
    assert by_id(found)[5].relevance < 0.1


@BOTH
def test_foreign_nets_that_the_archive_does_not_explain_stay_behind_too(dense: bool) -> None:
    unexcluding = topic(exclude=())
    found = rank(unexcluding, works(*NEUTROPHILS, *NET_TUMORS), dense=dense)
    assert set(ids(found)[:3]) == {1, 2, 3}
    assert not any("extracellular" in sense for sense in by_id(found)[5].senses)


def test_the_archive_is_asked_of_every_short_form_that_the_topic_knows() -> None:
    finding = "Neutrophil extracellular traps (NETs) form."
    seed = Seed("s", "review", "Traps", findings=(finding,), abstract="Traps form.")
    pool = read_pool(works(NET_TUMORS[0]), ())
    asked = RANKER.assess(Topic("t", "T", (seed,)), pool, None)
    (met,) = asked.explainer.inventory.usages["NET"]
    assert "neuroendocrine" in met.long.lower()


@BOTH
def test_a_pinned_sense_decides_what_a_short_form_brings(dense: bool) -> None:
    pinned = topic(include=("NET",), exclude=(), senses={"NET": "neuroendocrine tumor"})
    behind = [*at_large(), *works(NET_TUMORS[0], NEUTROPHILS[1], first=500)]
    found = by_id(rank(pinned, works(NEUTROPHILS[1], NET_TUMORS[1]), behind, dense=dense))
    assert found[2].score > found[1].score
    assert found[2].senses == ("NET: neuroendocrine tumor",)


@BOTH
def test_an_excluded_work_is_last_without_relevance_and_says_why(dense: bool) -> None:
    found = rank(topic(exclude=("periodontitis",), include=()), works(*NEUTROPHILS, ELSEWHERE))
    assert found[-1].work_id == 4
    assert (found[-1].score, found[-1].relevance) == (EXCLUDED_SCORE, 0.0)
    assert found[-1].terms == ("excluded: periodontitis",)
    assert found[-1].weights == ()


@BOTH
def test_an_included_term_keeps_a_work_with_an_excluded_one(dense: bool) -> None:
    found = rank(topic(exclude=("laminin",)), works(*NEUTROPHILS), dense=dense)
    assert all(each.score > EXCLUDED_SCORE for each in found)


# -- examples -------------------------------------------------------------------------------------


@BOTH
def test_a_liked_work_raises_its_kind_and_a_disliked_one_lowers_it(dense: bool) -> None:
    made = at_large(60)  # every 15th is of one subject
    told = (
        rank(topic(), made, [], dense=dense, evidence=evidence)
        for evidence in ((), [liked(made[0])], [liked(made[1]), liked(made[0], -1.0)])
    )
    plain, up, down = ([each.work_id for each in found] for found in told)
    places = [sum(map(order.index, (1015, 1030, 1045))) for order in (up, plain, down)]
    assert places == sorted(set(places))
    assert down.index(1016) < plain.index(1016)


@BOTH
def test_one_more_relevant_vote_of_a_kind_raises_it_further(dense: bool) -> None:
    made = at_large(60)
    told = [
        by_id(rank(topic(), made, [], dense=dense, evidence=[liked(made[15 * at])] * 1 + more))
        for at, more in ((0, []), (0, [liked(made[15])]))
    ]
    assert told[1][1045].score > told[0][1045].score


@BOTH
def test_a_topic_of_papers_alone_is_ranked_by_nearness_to_them(dense: bool) -> None:
    title, abstract = f"{ELSEWHERE[0]}, again", ELSEWHERE[1]
    seeds = (Seed("p", "paper", title, abstract=abstract),)
    found = rank(Topic("dogs", "Dogs", seeds), works(*NEUTROPHILS, ELSEWHERE), dense=dense)
    assert found[0].work_id == 4
    assert found[0].concept is None
    assert found[0].examples == found[0].score
    assert found[0].reference == title


def test_a_disliked_work_lowers_its_kind_where_nothing_else_is_voted_on() -> None:
    made = [*works(*NEUTROPHILS, ELSEWHERE), *at_large(30)]
    plain = by_id(rank(topic(), made, []))
    told = by_id(rank(topic(), made, [], evidence=[liked(works(ELSEWHERE)[0], -1.0)]))
    assert told[4].score < plain[4].score
    assert told[4].examples is None


# -- vectors --------------------------------------------------------------------------------------


def test_works_without_vectors_are_ranked_among_the_others_by_their_words() -> None:
    made = embedded(works(*NEUTROPHILS, FIELD, *NEUTROPHILS))
    made[4:] = [replace(each, vectors=None) for each in made[4:]]
    encode = FakeEncoder(256).encode
    evidence = [liked(made[0]), liked(made[4])]
    found = by_id(RANKER.rank(topic(), made, embedded(at_large()), encode, evidence))
    for at in (1, 2, 3):
        assert found[at + 4].score > found[4].score


def test_an_archive_without_vectors_is_ranked_by_words_though_seeds_have_some() -> None:
    seeds = (*topic().seeds, Seed("p", "paper", ELSEWHERE[0], abstract=ELSEWHERE[1]))
    made, encode = works(*NEUTROPHILS, ELSEWHERE), FakeEncoder(256).encode
    with_it = RANKER.rank(topic(seeds=seeds), made, at_large(), encode)
    without = RANKER.rank(topic(seeds=seeds, include=topic().include), made, at_large(), None)
    assert [(each.work_id, each.score) for each in with_it] == [
        (each.work_id, each.score) for each in without
    ]


def test_two_encoders_that_meet_are_an_error() -> None:
    made, small = embedded(works(*NEUTROPHILS)), embedded(at_large(9), dimension=8)
    encode, other = FakeEncoder(256).encode, FakeEncoder(8).encode
    for candidates, background, query, evidence in (
        ([*made, small[0]], [], encode, []),
        (made, small, encode, []),
        (made, [], other, []),
        (made, [], encode, [liked(small[0])]),
    ):
        with pytest.raises(EncoderError, match="of two encoders"):
            RANKER.rank(topic(), candidates, background, query, evidence)


def test_without_a_concept_another_encoder_is_refused_as_well() -> None:
    seeds = (Seed("p", "paper", "Traps", abstract="Of neutrophils."),)
    with pytest.raises(EncoderError):
        RANKER.rank(Topic("t", "T", seeds), embedded(works(FIELD)), [], FakeEncoder(8).encode)


# -- little to go by ------------------------------------------------------------------------------

_ODD = {
    "one work": [NEUTROPHILS[0]],
    "no abstract": [("Neutrophils", ""), ("", "")],
    "no words": [("", ""), ("—", "..."), ("the of", "and")],
    "other scripts": [("中性粒细胞", "肿瘤相关中性粒细胞。"), ("Нейтрофилы", "Опухоль.")],
    "all the same": [NEUTROPHILS[0]] * 12,
    "odd characters": [("\ud800\x00", "\u202e" * 9), ("İstanbul NETs", "ẞ ﬁ ǅ (NETs)")],
    "many and short": [("", "neutrophil")] * 120,
}


def finite(found: Sequence[RankedWork]) -> bool:
    numbers = [
        number
        for each in found
        for number in (each.score, each.relevance, each.concept, each.examples, *each.weights)
        if number is not None
    ]
    return all(map(math.isfinite, numbers)) and all(0 <= each.relevance <= 1 for each in found)


@BOTH
@pytest.mark.parametrize("texts", _ODD.values(), ids=_ODD)
def test_little_to_go_by_is_ranked_without_a_background(
    texts: list[tuple[str, str]], dense: bool
) -> None:
    made = works(*texts)
    for of in (topic(), topic(include=()), Topic("t", "T", (Seed("p", "paper", "Traps"),))):
        for evidence in ((), [liked(made[0])], [liked(made[-1], -1.0)]):
            found = rank(of, made, [], dense=dense, evidence=evidence)
            assert sorted(ids(found)) == [each.work_id for each in made]
            assert finite(found)


def test_no_candidates_are_no_works() -> None:
    assert list(rank(topic(), [])) == []
    nothing = TopicRanking((), (0,) * BINS)
    assert RANKER.rank_all([topic()], [], at_large(3), None, {}) == {"neutrophils": nothing}


def test_the_spread_counts_every_work_where_only_the_best_are_told() -> None:
    made = works(*NEUTROPHILS, ELSEWHERE, FIELD)
    barred = replace(topic(), exclude=("zebrafish",))
    made.append(replace(made[-1], work_id=99, title=f"Zebrafish: {made[-1].title}"))
    told = RANKER.rank_all([barred], made, at_large(120), None, {}, limit=2)["neutrophils"]
    every = RANKER.rank(barred, made, at_large(120), None)
    assert list(told.works) == list(every)[:2]
    bins = [min(int(each.relevance * BINS), BINS - 1) for each in every]
    assert told.spread == tuple(bins.count(number) for number in range(BINS))
    assert by_id(every)[99].relevance == 0.0


def test_works_that_are_all_the_same_are_told_apart_by_their_number_alone() -> None:
    found = rank(topic(), works(*[NEUTROPHILS[0]] * 12), [])
    assert max(each.score for each in found) - min(each.score for each in found) < 1e-2


_TEXT = st.text(max_size=60) | st.lists(
    st.sampled_from(["NETs", "(NET)", "neutrophil", "extracellular", "trap", "(", ".", "tumour"]),
    max_size=12,
).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=4),
    st.lists(_TEXT, max_size=3),
    st.lists(_TEXT, max_size=2),
    _TEXT,
    st.booleans(),
)
def test_any_text_is_ranked(
    texts: list[tuple[str, str]], include: list[str], exclude: list[str], said: str, dense: bool
) -> None:
    seeds = (Seed("s", "text", said, abstract=said), Seed("p", "paper", said, sign=-1))
    of = Topic("t", said, seeds, tuple(include), tuple(exclude))
    found = rank(of, works(*texts), [], dense=dense, evidence=[liked(works(*texts)[0])])
    assert sorted(ids(found)) == list(range(1, len(texts) + 1))
    assert finite(found)


# -- the same again -------------------------------------------------------------------------------


@BOTH
def test_two_runs_are_equal(dense: bool) -> None:
    made = works(*NEUTROPHILS, ELSEWHERE, FIELD)
    evidence = [liked(made[0])]
    one, other = (rank(topic(), made, dense=dense, evidence=evidence) for _ in range(2))
    assert one == other


@BOTH
def test_the_order_in_which_works_come_changes_nothing(dense: bool) -> None:
    made = [*works(*NEUTROPHILS, ELSEWHERE, FIELD, *[("Neutrophils", "")] * 12), *at_large(40)]
    evidence = [liked(made[0]), liked(made[3], -1.0)]
    behind = at_large(80, first=5000)
    one, other = (
        rank(topic(), order, back, dense=dense, evidence=evidence)
        for order, back in ((made, behind), (made[::-1], behind[::-1]))
    )
    assert one == other
    alike = [each.work_id for each in one if 6 <= each.work_id <= 17]
    assert alike == sorted(alike)


@pytest.mark.parametrize("each_topic", [map, side_by_side], ids=["in turn", "side by side"])
def test_rank_all_is_rank_for_each_topic(each_topic: Each) -> None:
    made, behind = embedded(works(*NEUTROPHILS, ELSEWHERE, FIELD)), embedded(at_large(120))
    papers = Topic("dogs", "Dogs", (Seed("p", "paper", *ELSEWHERE[:1], abstract=ELSEWHERE[1]),))
    topics = [papers, topic("stroma"), topic(), replace(topic(), slug="bare", include=())]
    told = {"neutrophils": [liked(made[0])], "stroma": [liked(made[4], -1.0)]}
    encode = FakeEncoder(256).encode
    together = replace(RANKER, each=each_topic).rank_all(topics, made, behind, encode, told)
    assert list(together) == [each.slug for each in topics]
    for each in topics:
        alone = RANKER.rank(each, made, behind, encode, told.get(each.slug, ()))
        assert together[each.slug].works == alone


def test_what_keeps_one_topic_from_being_ranked_ends_it_for_all() -> None:
    begun: list[Sequence[str]] = []

    def broken(texts: Sequence[str]) -> list[NDArray[float32]]:
        begun.append(texts)
        raise EncoderError("model", "is not there", "fetch it")

    made = embedded(works(*NEUTROPHILS))
    topics = [replace(topic(), slug=f"t{at}") for at in range(50)]
    with pytest.raises(EncoderError, match="is not there"):
        replace(RANKER, each=side_by_side).rank_all(
            topics, made, embedded(at_large(30)), broken, {}
        )
    assert len(begun) < len(topics)


_PRINTED = """
import sys, types
tests = types.ModuleType("tests"); tests.__path__ = ["tests"]; sys.modules["tests"] = tests
from tests.abstracts import *
for of in (topic(), topic(include=())):
    for each in rank(of, works(*NEUTROPHILS, ELSEWHERE, FIELD)):
        print(each)
"""


@pytest.mark.slow
def test_two_processes_with_other_hash_seeds_give_the_same_bytes() -> None:
    root = Path(__file__).resolve().parents[3]
    one, other = (
        subprocess.run(
            [sys.executable, "-c", _PRINTED],
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert one == other
    assert one.count(b"RankedWork") == 10


# -- what comes out -------------------------------------------------------------------------------


@BOTH
def test_values_are_plain(dense: bool) -> None:
    made = works(*NEUTROPHILS, ELSEWHERE)
    for each in rank(topic(), made, dense=dense, evidence=[liked(made[0])]):
        assert {type(getattr(each, field.name)) for field in fields(each)} <= {
            int,
            str,
            float,
            tuple,
            type(each.facet),
        }
        assert {type(weight) for weight in each.weights} <= {float}
        assert type(each.score) is type(each.relevance) is float


def test_works_far_down_the_list_are_not_explained() -> None:
    found = rank(topic(), [*works(NEUTROPHILS[0]), *at_large(110)], [], dense=False)
    assert len(found) == 111
    assert found[0].terms
    assert not any(each.terms or each.sentences for each in found[100:])
    assert {each.facet for each in found[100:]} == {found[-1].facet}
