from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from service.ranking.calibration import CONCEPT_PRIOR, KNEE, PRIOR, Calibration
from service.ranking.features import read_pool
from service.ranking.packing import pack, unpack
from service.ranking.ranker import FusedRanker
from service.ranking.scoring import EXCLUDED_SCORE
from service.ranking.signals import ODDS, log_odds, signals
from service.records import (
    Candidate,
    FollowedAuthor,
    Identifiers,
    RankedWork,
    Seed,
    Signal,
    SignalKind,
    Topic,
)
from service.topics.facets import facets
from service.topics.sentences import split_sentences
from tests.abstracts import ELSEWHERE, FIELD, NEUTROPHILS, at_large, works

REVIEW = Seed("r", "text", "Neutrophil extracellular traps", ids=Identifiers(pmid="40000001"))
AGAINST = Seed("a", "paper", "Wrong", ids=Identifiers(pmid="40000002"), sign=-1)
OKAFOR = FollowedAuthor("Okafor Chidi", "0000-0002-1825-0097")
TOPIC = Topic("t", "T", (REVIEW, AGAINST), ("neutrophil extracellular trap",), authors=(OKAFOR,))
PLAIN = works(*NEUTROPHILS, ELSEWHERE, FIELD)
LAST = len(PLAIN) - 1
CITES, AUTHOR = Signal(SignalKind.CITES, REVIEW.title), Signal(SignalKind.AUTHOR, "Okafor Chidi")


def marked(*of: str, at: int = LAST) -> list[Candidate]:
    """The works, of which one has signals: by default the one that has none of the topic's words."""
    return [replace(w, of=frozenset(of)) if row == at else w for row, w in enumerate(PLAIN)]


def ranked(candidates: list[Candidate], topic: Topic = TOPIC) -> dict[int, RankedWork]:
    ranker = FusedRanker(facets, split_sentences)
    found = ranker.rank(topic, candidates, at_large(60), None)
    scores = [work.score for work in found]
    assert scores == sorted(scores, reverse=True)
    relevances = [work.relevance for work in found]
    assert relevances == sorted(relevances, reverse=True)
    return {work.work_id: work for work in found}


def odds(relevance: float) -> float:
    return relevance / (1 - relevance)


ONE = PLAIN[LAST].work_id


# -- what is a signal -----------------------------------------------------------------------------


def test_a_work_bears_the_signals_of_this_topic_alone() -> None:
    found = signals(TOPIC, marked("pmid:40000001", OKAFOR.key, "pmid:7", "orcid:x"))
    assert found == {LAST: (CITES, AUTHOR)}
    assert signals(TOPIC, marked("pmid:7")) == {}
    assert signals(TOPIC, PLAIN) == {}


def test_what_cites_a_seed_against_the_topic_is_not_marked() -> None:
    assert signals(TOPIC, marked("pmid:40000002", "")) == {}


def test_a_seed_without_a_title_is_named_by_its_key() -> None:
    bare = replace(TOPIC, seeds=(replace(REVIEW, title=""),))
    assert signals(bare, marked("pmid:40000001")) == {LAST: (Signal(SignalKind.CITES, "r"),)}


def test_each_kind_counts_once() -> None:
    twice = (CITES, Signal(SignalKind.CITES, "another"))
    assert log_odds(twice) == log_odds((CITES,)) == log(ODDS[SignalKind.CITES])
    assert exp(log_odds((CITES, AUTHOR))) == pytest.approx(ODDS[SignalKind.CITES] * 10)
    assert log_odds(()) == 0


# -- what it does ---------------------------------------------------------------------------------


def test_a_signal_multiplies_the_odds_by_what_is_stated() -> None:
    before, after = ranked(PLAIN)[ONE], ranked(marked("pmid:40000001"))[ONE]
    assert odds(after.relevance) == pytest.approx(3 * odds(before.relevance))
    assert after.signals == (CITES,)
    assert after.score > before.score
    assert (after.concept, after.examples) == (before.concept, before.examples)


def test_the_best_work_gains_too_and_stays_below_certainty() -> None:
    best = max(ranked(PLAIN).values(), key=lambda work: work.relevance)
    at = next(row for row, work in enumerate(PLAIN) if work.work_id == best.work_id)
    after = ranked(marked(OKAFOR.key, at=at))[best.work_id]
    assert odds(after.relevance) == pytest.approx(10 * odds(best.relevance))
    assert best.relevance < after.relevance < 1


def test_nothing_else_moves() -> None:
    before, after = ranked(PLAIN), ranked(marked("pmid:40000001"))
    assert {n: w for n, w in before.items() if n != ONE} == {
        n: w for n, w in after.items() if n != ONE
    }


def test_without_signals_for_the_topic_the_ranking_is_the_very_same() -> None:
    assert ranked(marked("pmid:7")) == ranked(PLAIN)
    assert all(work.signals == () for work in ranked(PLAIN).values())


def test_an_excluded_term_still_excludes() -> None:
    word = FIELD[0].split()[0]
    out = ranked(marked("pmid:40000001"), replace(TOPIC, exclude=(word,)))[ONE]
    assert (out.score, out.relevance) == (EXCLUDED_SCORE, 0.0)
    assert out.signals == (CITES,)


def test_a_pool_that_was_packed_keeps_what_works_cite() -> None:
    pool = read_pool(marked("pmid:40000001", OKAFOR.key), at_large(60))
    assert [w.of for w in unpack(pack(pool)).works] == [w.of for w in pool.works]


@pytest.mark.parametrize("calibration", [PRIOR.centre, CONCEPT_PRIOR.centre, Calibration(0.7, 1.0)])
@pytest.mark.parametrize("start", [-5.0, 0.0, 3.0, KNEE, 4.0, 9.0])
def test_a_raised_score_has_exactly_the_raised_odds(calibration: Calibration, start: float) -> None:
    scores, lifts = np.array([start, start]), np.array([log(3), 0.0])
    after = calibration.raised(scores, lifts)
    before, (lifted, same) = calibration.relevance(scores)[0], calibration.relevance(after)
    assert odds(lifted) == pytest.approx(3 * odds(before))
    assert odds(same) == pytest.approx(odds(before))
    assert (after >= scores).all()
