from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ranking.likeness import groups
from service.records import Candidate

if TYPE_CHECKING:
    from pathlib import Path

ATLAS = (
    "Fibroblast subsets of pancreatic tumours differ in origin. We profiled 41 resections by "
    "single-cell sequencing and imaging mass cytometry. A CXCL12-high subset lined the tumour "
    "border and kept CD8 T cells out; its abundance predicted poor survival. Blocking CXCR4 in "
    "slice cultures restored infiltration within 48 hours. Border fibroblasts are therefore a "
    "target for combination with checkpoint blockade."
)
# The same findings as a meeting abstract: shorter, some sentences word for word.
MEETING = (
    "We profiled 41 resections by single-cell sequencing and imaging mass cytometry. A "
    "CXCL12-high subset of fibroblasts lined the tumour border and kept CD8 T cells out; its "
    "abundance predicted poor survival. Blocking CXCR4 in slice cultures restored infiltration "
    "within 48 hours in pancreatic tumours."
)
# The same subject by somebody else.
RIVAL = (
    "Pancreatic cancer resists immune checkpoint inhibitors. Using spatial transcriptomics of 18 "
    "biopsies we mapped myofibroblastic and inflammatory fibroblasts around malignant ducts. "
    "Inflammatory fibroblasts expressed IL6 and recruited macrophages, while myofibroblasts "
    "deposited collagen. T cells were scarce wherever collagen was dense, in keeping with a "
    "physical barrier."
)
URCHINS = (
    "Sea urchins graze on kelp along the northern shelf. Divers counted urchins on 60 transects "
    "over ten years and related numbers to water temperature and otter sightings. Warm summers "
    "preceded high counts two years later, and otters halved them wherever they returned to the "
    "coast after long absence."
)


def work(number: int, title: str, abstract: str = "") -> Candidate:
    return Candidate(number, title, abstract)


ARTICLE = work(1, "CXCL12-high fibroblasts wall off pancreatic tumours", ATLAS)
POSTER = work(2, "Abstract 2317: a CXCL12-high fibroblast subset in pancreatic cancer", MEETING)
OTHERS = work(3, "Fibroblasts and collagen shape T-cell access in pancreatic cancer", RIVAL)
FAR = work(4, "Urchins, kelp and otters over ten years", URCHINS)


# -- what is alike --------------------------------------------------------------------------------


def test_a_meeting_abstract_stands_with_its_article() -> None:
    assert groups([ARTICLE, POSTER]) == [[0, 1]]


def test_another_study_of_the_same_subject_stands_by_itself() -> None:
    assert groups([ARTICLE, OTHERS, FAR]) == []


def test_a_template_with_the_drug_changed_is_one_group() -> None:
    text = (
        "To find whether {0} slows aggression we treated 29 outpatients with {0} or placebo for "
        "eight weeks in a randomised double-blind trial. Anger scores of the inventory were taken "
        "weekly. Patients on {0} improved on every scale compared with placebo, and weight fell. "
        "{0} appears to be a safe and effective agent against anger."
    )
    made = [work(n, f"{drug} against anger", text.format(drug)) for n, drug in enumerate("abc")]
    assert groups(made) == [[0, 1, 2]]


def parts_of(title_one: str, title_two: str) -> list[Candidate]:
    """Two works that share a subject, but few sentences."""
    one = (
        "Consensus on the athlete triad: low energy availability, bone health and hormones of "
        "male athletes. This statement defines the triad and reviews the science behind its "
        "definition, with levels of evidence for each component in endurance sports."
    )
    two = (
        "Consensus on the athlete triad: low energy availability, bone health and hormones of "
        "male athletes. Screening, diagnosis and treatment are set out with criteria for return "
        "to play, and gaps in evidence for each component are named."
    )
    return [work(1, title_one, one), work(2, title_two, two)]


def test_two_parts_under_one_title_are_alike_and_their_titles_decide() -> None:
    title = "The male athlete triad, a consensus statement of the athlete triad coalition, part"
    assert groups(parts_of(f"{title} 1", f"{title} II")) == [[0, 1]]
    assert groups(parts_of("Definition of the triad", "Return to play")) == []


def trial(names: str, told: str) -> Candidate:
    shared = (
        "Adults with borderline personality disorder and repeated self-harm were randomised to "
        "dialectical behaviour therapy or enhanced usual care. "
    )
    return work(len(told), told.partition(" ")[0], f"{shared} {told} Registered as {names}.")


EPISODES = (
    "Fewer episodes of self-harm and milder depression followed dialectical therapy at nineteen "
    "weeks among adolescents, who attended most sessions."
)
HOPELESSNESS = (
    "One year later hopelessness mediated what dialectical therapy had done for self-harm, and "
    "hospital admissions no longer differed between arms."
)


def test_reports_that_name_one_registered_trial_are_alike() -> None:
    same = [trial("NCT00675129", EPISODES), trial("NCT00675129", HOPELESSNESS)]
    other = [trial("NCT00675129", EPISODES), trial("NCT00675130", HOPELESSNESS)]
    assert groups(same) == [[0, 1]]
    assert groups(other) == []


def test_a_review_that_names_many_trials_is_no_report_of_one() -> None:
    many = "NCT00675129, NCT00675130, NCT00675131 and NCT00675132"
    assert groups([trial(many, EPISODES), trial("NCT00675129", HOPELESSNESS)]) == []


def test_one_trial_with_two_questions_far_apart_is_not_grouped() -> None:
    told = "Registered as NCT02847637."
    assert (
        groups([work(1, "Kelp", f"{URCHINS} {told}"), work(2, "CXCL12", f"{ATLAS} {told}")]) == []
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (
            "Preoperative central macular thickness as a risk factor for oedema.",
            "Preoperative central macular thickness as a risk factor for edema",
            True,
        ),
        (
            "Rational synthesis and testing of topoisomerase inhibitors: part 1",
            "Rational synthesis and testing of topoisomerase inhibitors: part 2",
            False,
        ),
        ("Wilson's disease", "Wilson's disease", False),
        ("Reply", "Reply", False),
        ("", "", False),
    ],
)
def test_without_abstracts_only_the_same_long_title_counts(
    one: str, other: str, alike: bool
) -> None:
    assert groups([work(1, one), work(2, other)]) == ([[0, 1]] if alike else [])
    assert groups([work(1, one, "No abstract."), work(2, other)]) == ([[0, 1]] if alike else [])


def test_a_long_name_that_both_carry_does_not_make_them_alike() -> None:
    society = (
        "an Associazione Italiana Oncologia Medica, Associazione Medici Diabetologi, Società "
        "Italiana Endocrinologia, Società Italiana Farmacologia working group position"
    )
    one = work(1, f"Dosing in overweight patients: {society}", f"{ATLAS} By {society}.")
    other = work(2, f"Prediction of new diabetes: {society}", f"{URCHINS} By {society}.")
    assert groups([one, other]) == []


# -- how groups are made --------------------------------------------------------------------------


def drifting(count: int) -> list[Candidate]:
    """Texts each of which changes a quarter of the one before it."""
    vocabulary = [f"{a}{b}in" for a in "bcdfghklmnprst" for b in ("ar", "el", "ix", "ov", "us")]
    return [
        work(n, f"Report {n}", " ".join(vocabulary[n * 13 : n * 13 + 48])) for n in range(count)
    ]


def test_a_member_is_like_the_lead_never_only_like_another_member() -> None:
    chain = drifting(3)
    assert groups(chain[:2]) == [[0, 1]]
    assert groups(chain[1:]) == [[0, 1]]
    assert groups([chain[0], chain[2]]) == []
    assert groups(chain) == [[0, 1]], "the third is like the second, which only follows"
    assert groups([chain[1], chain[0], chain[2]]) == [[0, 1, 2]], "a middle one leads both"


def test_the_best_leads_and_nobody_stands_in_two_groups() -> None:
    assert groups([FAR, POSTER, OTHERS, ARTICLE]) == [[1, 3]]
    assert groups([FAR, ARTICLE, FAR, POSTER, FAR]) == [[0, 2, 4], [1, 3]]


def test_nothing_and_one_have_no_group() -> None:
    assert groups([]) == []
    assert groups([ARTICLE]) == []


def test_a_pair_is_judged_alone_whatever_else_is_new_this_week() -> None:
    week = [work(n, f"Fibroblast report {n}", f"{RIVAL} {n}" * 2) for n in range(20)]
    assert [0, 1] in groups([ARTICLE, POSTER, *week])


texts = st.lists(
    st.tuples(
        st.sampled_from([ARTICLE, POSTER, OTHERS, FAR, *drifting(2)]), st.text(max_size=30)
    ).map(lambda pair: Candidate(0, f"{pair[0].title} {pair[1]}", f"{pair[0].abstract} {pair[1]}")),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(texts)
def test_groups_are_disjoint_led_by_the_first_and_each_member_is_like_the_lead(
    works: list[Candidate],
) -> None:
    found = groups(works)
    indices = [index for group in found for index in group]
    assert len(indices) == len(set(indices))
    assert all(len(group) > 1 and group == sorted(group) for group in found)
    for lead, *members in found:
        assert all(groups([works[lead], works[member]]) == [[0, 1]] for member in members)
    assert found == groups(works)


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_it(one: str, other: str) -> None:
    assert groups([work(1, one, other), work(2, other, one)]) in ([], [[0, 1]])


# -- on real papers -------------------------------------------------------------------------------


@pytest.mark.captures
def test_in_a_week_of_real_oncology_few_works_are_grouped(shared: Path) -> None:
    lines = (shared / "eval" / "oncology_2025_2026.jsonl").read_text().splitlines()
    papers = [json.loads(line) for line in lines]
    works = [work(n, p["title"], p["abstract"] or "") for n, p in enumerate(papers)]
    random.Random(0).shuffle(works)
    found = [group for start in range(0, 3000, 500) for group in groups(works[start : start + 500])]
    assert len(found) <= 2, "unrelated papers are not near-duplicates"
    pair = [w for w in works if "nasopharyngeal" in w.title and "remodeling" in w.title]
    assert groups(pair)[0] == [0, 1]
