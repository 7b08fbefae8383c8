from __future__ import annotations

import numpy as np
import pytest

from service.ranking.designs import SIGNS, likeness, signs, telling
from service.ranking.examples import nearness
from service.ranking.features import Features, read_pool
from service.ranking.words import STOP, words
from service.records import Candidate

DESIGNS = list(SIGNS)


def works(*texts: str) -> list[Candidate]:
    return [Candidate(at, f"Title {at}", text) for at, text in enumerate(texts)]


def shown(*texts: str) -> list[set[str]]:
    """By text; each comes twice, since a pool knows the pairs that two texts share."""
    found = read_pool(works(*texts, *texts), []).rows.designs[: len(texts)]
    return [{name for name, has in zip(DESIGNS, row, strict=True) if has} for row in found]


@pytest.mark.parametrize(
    ("text", "designs"),
    [
        ("Sixty patients were randomly assigned.", {"randomized trial", "study of people"}),
        ("A double-blind comparison.", {"randomized trial"}),
        ("A blind man and his double.", set()),
        ("A randomised comparison.", {"randomized trial"}),
        ("Case-control data gave odds ratios.", {"observational study"}),
        ("We present a case report of a 4-year-old.", {"case report"}),
        ("Meta-analyses of it.", {"review"}),
        ("Knockout mice.", {"animal study"}),
        ("Cell lines, in vitro.", {"laboratory study"}),
        ("Focus groups; interviews.", {"qualitative study"}),
        ("METHODS: none. CONCLUSIONS: none.", {"abstract in sections"}),
        ("95% confidence intervals", {"statistics"}),
        ("Pots and kettles.", set()),
        ("", set()),
    ],
)
def test_designs_are_read_off_words_and_pairs(text: str, designs: set[str]) -> None:
    assert shown(text) == [designs]


@pytest.mark.parametrize("design", DESIGNS)
def test_each_sign_alone_shows_its_design_and_no_other(design: str) -> None:
    assert shown(*SIGNS[design].split(",")) == [{design}] * len(SIGNS[design].split(","))


def test_signs_are_words_that_columns_are_made_of() -> None:
    told = [words(sign) for listed in SIGNS.values() for sign in listed.split(",")]
    assert len(told) == len({tuple(each) for each in told})
    for sign in told:
        assert len(sign) in (1, 2)
        assert not set(sign) & STOP
        assert all(len(word) > 1 for word in sign)


def test_examples_show_designs_as_the_pool_does() -> None:
    pool = read_pool(works("Mice.", "A cohort.", "Pots and kettles."), [])
    assert pool.place(pool.works).designs.tolist() == pool.rows.designs.tolist()
    joined = pool.joined([Candidate(9, "Two", "A cohort of mice")])
    assert (
        joined.rows.designs[-1].tolist()
        == (joined.rows.designs[0] | joined.rows.designs[1]).tolist()
    )
    assert joined.rows.chosen([3]).designs.tolist() == joined.rows.designs[3:].tolist()


def test_in_a_pool_without_any_sign_designs_tell_nothing() -> None:
    pool = read_pool(works("Pots and kettles.", "Kettles."), [])
    assert len(signs(pool.seen.columns, pool.weighing).columns) == 0
    assert not pool.rows.designs.any()
    assert np.ptp(likeness(pool.rows.designs, pool.rows.designs[:1], np.ones(1))) == 0.0


def of(*rows: str) -> np.ndarray:
    return np.array([[mark == "x" for mark in row] for row in rows])


def test_likeness_is_the_log_ratio_of_shares() -> None:
    # Of ten works five show the design, so that smoothed shares are 6 / 12 and, with one example
    # and one expected, (1 + 0.5) / 2.
    pool = of(*["x"] * 5, *["."] * 5)
    found = likeness(pool, of("x"), np.ones(1))
    assert found[:5] == pytest.approx(np.log(0.75 / 0.5))
    assert found[5:] == pytest.approx(np.log(0.25 / 0.5))


def test_more_examples_and_heavier_ones_say_it_more_surely() -> None:
    pool = of(*["x"] * 5, *["."] * 5)
    few, many = (likeness(pool, of(*["x"] * n), np.ones(n))[0] for n in (1, 4))
    heavy = likeness(pool, of("x"), np.array([4.0]))[0]
    assert 0 < few < many
    assert heavy == pytest.approx(many)


def test_examples_that_are_as_the_pool_tell_nothing() -> None:
    pool = of("x.", ".x", "x.", ".x")
    found = likeness(pool, of("x.", ".x"), np.ones(2))
    assert found == pytest.approx(0.0)


def test_examples_against_are_not_asked_for_their_design() -> None:
    pool = of("x.", ".x", "xx", "..")
    alone = likeness(pool, of("x."), np.ones(1))
    assert likeness(pool, of("x.", ".x"), np.array([1.0, -1.0])).tolist() == alone.tolist()


def test_what_the_examples_show_half_as_often_again_is_named() -> None:
    pool = of(*["x" * len(SIGNS)] * 2, *["." * len(SIGNS)] * 8)
    named = telling(pool, pool[:1], np.ones(1))
    assert list(named.values()) == [*DESIGNS[:-2]]  # not the marks of an empirical paper
    assert telling(pool, pool[2:3], np.ones(1)) == {}
    even = of(*["x" * len(SIGNS)] * 9, "." * len(SIGNS))
    assert telling(even, even[:1], np.ones(1)) == {}


@pytest.fixture(scope="module")
def clinic() -> Features:
    trials = [f"Patients with asthma were randomized to salbutamol, group {n}." for n in range(6)]
    bench = [f"Asthma and salbutamol in mice, cultured cells, batch {n}." for n in range(6)]
    other = [f"Pots and kettles of clay, find {n}, dug by the river." for n in range(60)]
    return read_pool(works(*trials, *bench, *other), [])


def test_of_works_on_one_subject_those_of_the_examples_design_lead(clinic: Features) -> None:
    for chosen, others in ((range(6), range(6, 12)), (range(6, 12), range(6))):
        rows = clinic.rows.chosen(chosen[:2])
        found = nearness(clinic.rows, rows, np.ones(2))
        assert found[list(chosen[2:])].min() > found[list(others)].max()


def test_design_alone_makes_no_work_near(clinic: Features) -> None:
    far = Candidate(99, "Knee pain", "Patients were randomized to sham or surgery of the knee.")
    pool = clinic.joined([far])
    found = nearness(pool.rows, pool.rows.chosen([0, 1]), np.ones(2))
    assert found[-1] < found[6:12].max()
