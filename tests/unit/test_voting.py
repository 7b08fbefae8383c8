from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service import pipeline, voting
from service.errors import InputError, TopicError
from service.records import EncoderInfo, Judgement, Vote
from service.store import Store
from service.voting import Ballot, Counted, verdicts
from tests import databases, papers
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT
SAVED, WITHDRAWN = Judgement.SAVED, Judgement.WITHDRAWN
INFO = EncoderInfo("mini", "r1", "title-abstract-1", 4, "float32")
ROWS = np.array([[1, 0, 0, 0], [0, 0, 1, 0]], dtype=np.float32)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Works 1 to 3, the topics stroma and neutrophils, and no votes."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        filled = Archive(Store(engine))
        filled.take_in(paper(1), paper(2), paper(3))
        with filled.store.writing() as tx:
            for slug in ("stroma", "neutrophils"):
                tx.topics.save(slug, "document", "Ida", "first", NOW)
        yield filled


def _cast(archive: Archive, *ballots: Ballot, topic: str = "stroma", **more: Any) -> list[Counted]:
    options = {"voter": "Ida", "via": "web"} | more
    return voting.cast(archive.parts, topic, ballots, **options)


def _current(archive: Archive) -> list[Vote]:
    with archive.store.reading() as tx:
        return tx.votes.current("stroma")


# -- casting --------------------------------------------------------------------------------------


def test_a_ballot_becomes_a_vote_with_voter_time_and_way(archive: Archive) -> None:
    archive.now = NOW + timedelta(hours=3)
    (counted,) = _cast(archive, Ballot("2", SAVED, " see figure 2 "), voter=" Ida  Berg ")
    vote = Vote("stroma", 2, "Ida Berg", SAVED, "web", archive.now, "see figure 2")
    assert (counted.work.id, counted.vote, counted.changed) == (2, vote, True)
    assert _current(archive) == [vote]


@pytest.mark.parametrize("name", ["2", " 2 ", "40000002", "10.5555/stroma.2", "10.5555/STROMA.2"])
def test_a_work_answers_to_all_its_names(archive: Archive, name: str) -> None:
    assert _cast(archive, Ballot(name, RELEVANT))[0].work.id == 2


def test_a_ballot_may_name_a_voter_of_its_own(archive: Archive) -> None:
    _cast(archive, Ballot("1", RELEVANT, voter="Rei"), Ballot("1", RELEVANT))
    assert [vote.voter for vote in _current(archive)] == ["Rei", "Ida"]


def test_the_same_again_is_said_to_change_nothing(archive: Archive) -> None:
    _cast(archive, Ballot("1", RELEVANT))
    again = _cast(archive, Ballot("10.5555/stroma.1", RELEVANT), Ballot("2", RELEVANT))
    assert [counted.changed for counted in again] == [False, True]


def test_a_press_counts_once(archive: Archive) -> None:
    press = Ballot("1", RELEVANT, key="press-1")
    pressed = [_cast(archive, each)[0].changed for each in (press, Ballot("1", AGAINST), press)]
    assert pressed == [True, True, False]
    assert [vote.judgement for vote in _current(archive)] == [AGAINST]


def test_an_unknown_topic_is_refused_with_those_that_exist(archive: Archive) -> None:
    with pytest.raises(TopicError, match="there are: neutrophils, stroma"):
        _cast(archive, Ballot("1", RELEVANT), topic="stromata")


def test_one_unknown_work_is_refused_in_its_own_words(archive: Archive) -> None:
    with pytest.raises(InputError) as caught:
        _cast(archive, Ballot("10.1/none", RELEVANT))
    assert str(caught.value) == (
        "work '10.1/none': is not in the archive (give its number, PMID, PMCID or DOI)"
    )


def test_every_unknown_work_is_named_by_its_place_and_nothing_is_kept(archive: Archive) -> None:
    with pytest.raises(InputError) as caught:
        _cast(
            archive,
            Ballot("1", RELEVANT, place="line 2"),
            Ballot("10.1/none", RELEVANT, place="line 3"),
            Ballot("999", RELEVANT, place="line 5"),
        )
    assert caught.value.cause == (
        "line 3: work '10.1/none' is not in the archive; line 5: work '999' is not in the archive"
    )
    assert _current(archive) == []


def test_a_single_unknown_line_still_says_which(archive: Archive) -> None:
    with pytest.raises(InputError, match="line 9: work 'x'"):
        _cast(archive, Ballot("x", RELEVANT, place="line 9"))


def test_of_many_faults_ten_are_named_and_the_rest_counted(archive: Archive) -> None:
    with pytest.raises(InputError) as caught:
        _cast(archive, *(Ballot(f"x{n}", RELEVANT) for n in range(12)))
    assert "'x9' is not in the archive; and 2 more" in caught.value.cause
    assert "'x10'" not in caught.value.cause


def test_ballots_that_contradict_each_other_are_refused(archive: Archive) -> None:
    one, other = Ballot("1", RELEVANT, place="line 2"), Ballot("40000001", AGAINST, place="line 7")
    with pytest.raises(InputError) as caught:
        _cast(archive, one, other)
    told = "line 7: work '40000001' is not relevant, but was relevant before"
    assert caught.value.cause == told
    assert _current(archive) == []


def test_two_readers_may_disagree_in_one_file(archive: Archive) -> None:
    _cast(archive, Ballot("1", RELEVANT, voter="Rei"), Ballot("1", AGAINST))
    assert len(_current(archive)) == 2


def test_a_voter_without_a_name_is_refused(archive: Archive) -> None:
    with pytest.raises(InputError, match="voter: has no name"):
        _cast(archive, Ballot("1", RELEVANT), voter=" \t")


def test_what_a_terminal_would_obey_is_left_out(archive: Archive) -> None:
    odd = Ballot("1", RELEVANT, "\x1b]0;title\x07see\n\tfigure 2\x9b\r\ud800", voter="I\x1bda\x00")
    (counted,) = _cast(archive, odd)
    assert (counted.vote.note, counted.vote.voter) == ("]0;titlesee\n\tfigure 2", "Ida")
    with pytest.raises(InputError, match="voter: has no name"):
        _cast(archive, Ballot("1", RELEVANT, voter="\x1b"))


def test_no_ballots_are_no_votes(archive: Archive) -> None:
    assert _cast(archive) == []


# -- evidence -------------------------------------------------------------------------------------


def _said(*judgements: Judgement, work_id: int = 1) -> list[Vote]:
    return [Vote("stroma", work_id, f"r{n}", j, "web", NOW) for n, j in enumerate(judgements)]


@pytest.mark.parametrize(
    ("judgements", "verdict"),
    [
        ((RELEVANT,), (1.0, "vote")),
        ((AGAINST,), (-1.0, "vote")),
        ((SAVED,), (1.0, "saved")),
        ((RELEVANT, SAVED, AGAINST), (1.0, "saved")),
        ((RELEVANT, RELEVANT, AGAINST), (1.0, "vote")),
        ((SAVED, AGAINST, AGAINST), (-1.0, "vote")),
        ((RELEVANT, AGAINST), None),
        ((SAVED, AGAINST), None),
        ((WITHDRAWN,), None),
        ((WITHDRAWN, AGAINST), (-1.0, "vote")),
        ((), None),
    ],
    ids=str,
)
def test_the_majority_of_readers_decides(
    judgements: tuple[Judgement, ...], verdict: tuple[float, str] | None
) -> None:
    assert verdicts(_said(*judgements)).get(1) == verdict


def test_each_work_has_its_own_verdict_in_order_of_number() -> None:
    votes = [*_said(AGAINST, work_id=7), *_said(RELEVANT, work_id=2), *_said(SAVED, work_id=5)]
    assert list(verdicts(votes).items()) == [
        (2, (1.0, "vote")),
        (5, (1.0, "saved")),
        (7, (-1.0, "vote")),
    ]


def test_evidence_is_the_works_words_and_current_vectors(archive: Archive) -> None:
    with archive.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(INFO)
        waiting = tx.embeddings.missing(encoder_id, 2)
        tx.embeddings.save(encoder_id, [(work[0], work[3], ROWS) for work in waiting])
    _cast(archive, Ballot("3", AGAINST), Ballot("2", SAVED))
    with archive.store.reading() as tx:
        kept, refused = voting.evidence(tx, "stroma", encoder_id)
        blind = voting.evidence(tx, "stroma", None)
        assert voting.evidence(tx, "neutrophils", encoder_id) == []
    assert (kept.work.work_id, kept.weight, kept.origin) == (2, 1.0, "saved")
    assert kept.work.title == paper(2).title
    assert kept.work.abstract == paper(2).abstract
    assert kept.work.vectors is not None
    np.testing.assert_array_equal(kept.work.vectors, ROWS)
    assert (refused.work.work_id, refused.weight, refused.origin) == (3, -1.0, "vote")
    assert refused.work.vectors is None
    assert [each.work.vectors for each in blind] == [None, None]


def test_withdrawn_votes_and_ties_are_no_evidence(archive: Archive) -> None:
    _cast(archive, Ballot("1", RELEVANT), Ballot("2", RELEVANT))
    _cast(archive, Ballot("1", WITHDRAWN), Ballot("2", AGAINST, voter="Rei"))
    with archive.store.reading() as tx:
        assert voting.evidence(tx, "stroma", None) == []


def test_a_work_that_its_source_deleted_is_evidence_still(archive: Archive) -> None:
    _cast(archive, Ballot("1", RELEVANT))
    archive.delete("pubmed", "40000001")
    with archive.store.reading() as tx:
        assert [each.work.work_id for each in voting.evidence(tx, "stroma", None)] == [1]
