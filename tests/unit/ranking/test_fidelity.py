from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from service.ranking import fidelity
from service.ranking.fidelity import Fidelity, Split, measure, sentence, split
from service.ranking.intervals import wilson
from service.records import Candidate, Evidence, Identifiers, Reference

if TYPE_CHECKING:
    from collections.abc import Sequence


def reference(number: int, **changes: object) -> Reference:
    made = Reference(
        f"Reference {number} about the niches of cells",
        Identifiers(doi=f"10.5555/ref.{number}", pmid=f"{1000 + number}"),
        f"Abstract {number}.",
        2015 + number % 10,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


HUNDRED = [reference(number) for number in range(100)]


# -- split


def test_a_fifth_is_held_out_and_nothing_is_lost_or_told_twice() -> None:
    parted = split(HUNDRED)
    assert len(parted.held_out) == 20
    assert sorted(parted.known + parted.held_out, key=fidelity.identity) == sorted(
        HUNDRED, key=fidelity.identity
    )


def test_the_recent_ones_are_held_out_first() -> None:
    parted = split(HUNDRED)
    assert parted.since == 2022
    assert {r.year for r in parted.held_out} <= {2022, 2023, 2024}
    assert parted.recent == 20


def test_older_ones_follow_where_there_are_too_few_recent() -> None:
    old = [reference(n, year=2001) for n in range(90)]
    parted = split([*old, *(reference(n, year=2024) for n in range(90, 100))])
    assert (parted.recent, len(parted.held_out)) == (10, 20)


def test_no_more_than_the_most_are_held_out() -> None:
    assert len(split(HUNDRED, most=7).held_out) == 7
    assert len(split([reference(n) for n in range(1000)]).held_out) == fidelity.MOST


def test_only_references_with_title_and_abstract_are_held_out() -> None:
    bare = [reference(n, abstract="") for n in range(60)]
    nameless = [reference(n, title="") for n in range(60, 70)]
    parted = split([*bare, *nameless, *HUNDRED[70:]])
    assert len(parted.held_out) == 6
    assert all(r.abstract and r.title for r in parted.held_out)


def test_too_few_are_not_held_out_at_all() -> None:
    few = HUNDRED[:24]
    assert split(few) == Split(tuple(few), (), 2022)
    assert len(split(HUNDRED[:25]).held_out) == 5
    assert split([]) == Split((), ())


def test_the_order_of_the_list_does_not_matter() -> None:
    forth, back = split(HUNDRED), split(HUNDRED[::-1])
    assert set(forth.held_out) == set(back.held_out)


def test_a_longer_list_parts_the_same_papers_nearly_alike() -> None:
    """What is held out must not be drawn anew when a list is fetched again with one more entry."""
    before, after = split(HUNDRED), split([*HUNDRED, reference(500, year=2020)])
    assert len(set(before.held_out) & set(after.held_out)) >= 19


def test_the_split_is_the_same_in_every_process() -> None:
    """Python's own hash of texts differs from process to process."""
    script = (
        "from service.ranking.fidelity import split\nfrom service.records import *\n"
        "refs = [Reference(f'T {n}', Identifiers(doi=f'10.5555/{n}'), 'A.') for n in range(50)]\n"
        "print([r.title for r in split(refs).held_out])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


@pytest.mark.parametrize(
    "again",
    [
        Reference(
            "Another title, as long as one that tells", Identifiers(doi="10.5555/ref.7"), "B."
        ),
        Reference("Another title, as long as one that tells", Identifiers(pmid="1007"), "B."),
        Reference("REFERENCE 7: about the niches of cells.", Identifiers(pmcid="PMC9"), "B."),
    ],
)
def test_a_held_out_paper_is_not_known_by_another_of_its_names(again: Reference) -> None:
    parted = split([*HUNDRED, again])
    assert again not in (*parted.known, *parted.held_out)
    assert len(parted.known) + len(parted.held_out) == 100


def test_short_titles_do_not_make_papers_the_same() -> None:
    one, two = (reference(n, title="Editorial") for n in (1, 2))
    assert fidelity.once([one, two]) == (one, two)
    nameless = (Reference("Editorial"), Reference("editorial."))
    assert fidelity.once(nameless) == nameless[:1]


def test_a_single_misprinted_year_does_not_make_all_others_old() -> None:
    assert split([*HUNDRED, reference(500, year=2204)]).since == 2022
    assert split([reference(n, year=None) for n in range(50)]).since is None


def test_lists_without_years_can_be_parted() -> None:
    parted = split([reference(n, year=None) for n in range(50)])
    assert (len(parted.held_out), parted.recent) == (10, 0)


# -- measure


def works(count: int, start: int = 1) -> list[Candidate]:
    return [Candidate(number, f"Work {number}", "") for number in range(start, start + count)]


APART = [Candidate(-number, f"Reference {number}", "") for number in range(1, 11)]
PARTED = Split((), tuple(HUNDRED[:10]), 2010)


def measured(scores: dict[int, float], background: int = 199) -> Fidelity:
    """With the scores of the references; a work's score is its number."""

    def rank(_told: Sequence[Evidence], given: Sequence[Candidate]) -> list[float]:
        return [scores.get(work.work_id, float(work.work_id)) for work in given]

    found = measure(PARTED, [], APART, works(background), rank)
    assert found is not None
    return found


def test_what_scores_above_all_works_is_found() -> None:
    found = measured({-n: 1000.0 for n in range(1, 11)})
    assert (found.share_found, found.median_rank) == (1.0, 0.0)
    assert found.found_at == {"0.01": 1, "0.02": 1, "0.05": 1, "0.1": 1, "0.2": 1}


def test_what_scores_below_all_works_is_not() -> None:
    found = measured({-n: 0.0 for n in range(1, 11)})
    assert (found.share_found, found.median_rank) == (0.0, 1.0)


def test_references_do_not_push_each_other_out() -> None:
    """Ten references above all others fit into the top 1 % of 200 only one at a time."""
    assert measured({-n: 1000.0 + n for n in range(1, 11)}).found_at["0.01"] == 1


def test_the_cut_counts_the_reference_itself() -> None:
    # Of 200 (199 works and the reference) the top 5 % are ten: nine works may come before.
    nine_before, ten_before = 190.5, 189.5
    scores = {-n: nine_before if n <= 3 else ten_before for n in range(1, 11)}
    found = measured(scores)
    assert found.share_found == pytest.approx(0.3)
    assert found.found_at["0.1"] == 1
    assert found.median_rank == pytest.approx(10 / 199)


def test_a_work_with_the_same_score_comes_before() -> None:
    flat = measured(dict.fromkeys(range(-10, 200), 0.5))
    assert (flat.share_found, flat.median_rank) == (0.0, 1.0), "a ranker that knows nothing"


def test_the_ranker_is_told_of_the_evidence_and_of_nothing_else() -> None:
    told = [Evidence(Candidate(-11, "Known", ""), 1.0, "reference")]
    background = works(100)

    def rank(given: Sequence[Evidence], candidates: Sequence[Candidate]) -> list[float]:
        assert list(given) == told
        assert list(candidates) == [*APART, *background]
        return [0.0] * len(candidates)

    found = measure(PARTED, told, APART, background, rank)
    assert found is not None
    assert (found.held_out, found.known, found.background) == (10, 1, 100)
    assert (found.recent, found.since) == (10, 2010)


def test_too_little_gives_no_figure() -> None:
    def rank(_told: Sequence[Evidence], _given: Sequence[Candidate]) -> list[float]:
        raise AssertionError

    assert measure(PARTED, [], APART[:4], works(500), rank) is None
    assert measure(PARTED, [], APART, works(99), rank) is None


@pytest.mark.parametrize(
    ("share", "size", "low", "high"),
    [  # E. B. Wilson's interval, worked out by hand
        (0.5, 10, 0.2366, 0.7634),
        (0.0, 10, 0.0, 0.2775),
        (1.0, 10, 0.7225, 1.0),
        (20 / 24, 24, 0.6414, 0.9332),
    ],
)
def test_the_interval_is_wilsons(share: float, size: int, low: float, high: float) -> None:
    assert wilson(share, size) == pytest.approx((low, high), abs=0.001)


FIGURE = Fidelity(24, 96, 2000, 20 / 24, 0.6415, 0.9332, 0.01, recent=24, since=2024)


def test_the_sentence_says_what_was_found_among_what() -> None:
    assert sentence(FIGURE) == (
        "finds 83 % of its own recent references in the top 5 % (20 of 24 held out, 95 % interval "
        "64 % to 93 %, each among 2,000 works)"
    )


def test_references_that_are_not_all_recent_are_not_called_so() -> None:
    assert "its own references" in sentence(replace(FIGURE, recent=23))


def test_a_figure_survives_its_way_through_json() -> None:
    figure = replace(FIGURE, found_at={"0.05": 0.5})
    kept = json.loads(json.dumps(asdict(figure)))
    assert fidelity.from_json(kept | {"of_a_later_version": 1}) == figure


def test_a_reference_is_named_by_its_id_else_by_its_title() -> None:
    assert fidelity.identity(HUNDRED[7]) == "doi:10.5555/ref.7"
    assert fidelity.identity(Reference("T", Identifiers(pmid="5"))) == "pmid:5"
    assert fidelity.identity(Reference("T", Identifiers(arxiv="2601.1"))) == "arxiv:2601.1"
    assert fidelity.identity(Reference("The T-cell")) == "title:thetcell"
