"""Advice on a topic, from what the archive keeps. On both databases.

The ranker here counts included terms: of two, a title with one has relevance 0.5.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import guidance, pipeline, weekly
from service.bootstrap import followed
from service.embedding.works import work_vectors
from service.errors import EncoderError, TopicError
from service.ranking.fidelity import Fidelity
from service.records import Judgement, RenderedPart, Seed, Subscription, Topic, Vote
from tests.factories import digest_content, item, ranked, section
from tests.fakes import FakeRanker
from tests.fakes_encoder import FakeEncoder
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from service.pipeline import Parts
    from service.records.guidance import Advice, MonthlyDoubts

STROMA = Topic("stroma", "Stroma", (Seed("s", "text", "Niches of stroma"),), ("niche", "trap"))
LAB = Subscription("Lab", ("stroma",), "file", "lab")
RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT
SUBJECTS = ("asthma", "kidney", "malaria", "glioma", "retina", "stroke", "sleep", "bone", "skin")


class Missing(FakeEncoder):
    def info(self) -> Any:
        raise EncoderError("model", "is missing")


@dataclass
class Desk:
    """An archive with the topic "stroma"; each paper is a work of its own, numbered from 1."""

    archive: Archive
    encoder: Any = field(default_factory=FakeEncoder)
    model: Any = field(default_factory=threading.Lock)
    papers: int = 0
    digests: int = 0

    @property
    def parts(self) -> Parts:
        return replace(
            self.archive.parts,
            encoder=self.encoder,
            ranker=FakeRanker(),
            work_vectors=work_vectors,
            topics=followed.current,
        )

    def follow(self, topic: Topic = STROMA) -> None:
        with self.archive.store.writing() as tx:
            followed.save_topic(tx, topic, "ida", "", self.archive.now)

    def came(self, *texts: str) -> list[int]:
        """Papers with these titles and abstracts; their numbers."""
        first = self.papers + 1
        self.papers += len(texts)
        numbers = range(first, self.papers + 1)
        self.archive.take_in(
            *(
                paper(n, title=f"{text} {n}", abstract=f"{text}.")
                for n, text in zip(numbers, texts, strict=True)
            )
        )
        return [self.archive.work(f"10.5555/stroma.{n}") for n in numbers]

    def background(self, count: int = 60) -> list[int]:
        return self.came(*(f"The {SUBJECTS[n % 9]} of people{n}" for n in range(count)))

    def vote(self, works: list[int], judgement: Judgement = RELEVANT) -> None:
        with self.archive.store.writing() as tx:
            for work in works:
                tx.votes.cast(Vote("stroma", work, "ida", judgement, "web", self.archive.now))

    def show(self, works: list[int], *, lost: bool = False) -> None:
        """A digest of now that shows these."""
        self.digests += 1
        with self.archive.store.writing() as tx:
            tx.subscriptions.sync([LAB], self.archive.now)
        key = f"d{self.digests}"
        with self.archive.store.reading() as tx:
            found = tx.works.many(works)
        items = [replace(item(), work=work, ranked=ranked(work.id)) for work in found]
        made = digest_content(section(items=tuple(items)), digest_id=key, period=key)
        with self.archive.store.writing() as tx:
            assert tx.digests.freeze(
                made,
                LAB,
                [] if lost else [RenderedPart(key, 1, 1, b"bytes")],
                revision=1,
                window=(self.digests, self.digests + 1),
                now=self.archive.now,
            )

    def advice(self) -> Advice:
        return guidance.advice(self.parts, "stroma", model=self.model)

    def unsure(self) -> MonthlyDoubts:
        return guidance.unsure(self.parts, "stroma", model=self.model)


@pytest.fixture
def desk(archive: Archive) -> Desk:
    """Sixty papers about this and that, all embedded."""
    made = Desk(archive)
    made.follow()
    made.background()
    pipeline.embed(made.parts)
    return made


# -- terms and seeds ------------------------------------------------------------------------------


def test_votes_become_terms_to_include_and_to_exclude(desk: Desk) -> None:
    desk.vote(desk.came(*["The pangolin scales"] * 10))
    desk.vote(desk.came(*["The dugong herds"] * 4), AGAINST)
    found = desk.advice()
    assert (found.topic, found.version, found.wanted, found.refused) == ("stroma", 1, 10, 4)
    assert [(each.term, each.hits, each.others) for each in found.include] == [
        ("pangolin scales", 10, 0)
    ]
    assert [(each.term, each.hits, each.others) for each in found.exclude] == [
        ("dugong herds", 4, 0)
    ]
    assert not any("only" in note for note in found.notes), "there are enough votes"


def test_papers_voted_for_that_no_seed_is_near_become_seeds_with_their_names(desk: Desk) -> None:
    works = desk.came(*["The pangolin scales"] * 6)
    desk.vote(works)
    pipeline.embed(desk.parts)
    (seed,) = desk.advice().seeds
    assert (seed.shared, sorted(seed.works)) == ("pangolin scales", works)
    assert seed.name.startswith("10.5555/stroma.")
    assert desk.archive.work(seed.name) == seed.work_id


def test_with_few_votes_what_was_shown_tells_too_and_that_is_said(desk: Desk) -> None:
    desk.show(desk.came(*["The pangolin scales"] * 6))
    found = desk.advice()
    assert [each.term for each in found.include] == ["pangolin scales"]
    assert "Readers voted for 0 works only" in found.notes[0]
    desk.vote(desk.came(*["The dugong herds"] * 10))
    found = desk.advice()
    assert [each.term for each in found.include] == ["dugong herds"]
    assert not any("only" in note for note in found.notes)


def test_what_was_voted_against_is_wanted_by_nobody(desk: Desk) -> None:
    works = desk.came(*["The pangolin scales"] * 6)
    desk.show(works)
    desk.vote(works, AGAINST)
    assert desk.advice().include == ()


def test_a_term_that_would_cost_what_is_shown_is_not_excluded(desk: Desk) -> None:
    desk.vote(desk.came(*["The dugong herds"] * 4), AGAINST)
    desk.vote(list(range(1, 21)))
    assert [each.term for each in desk.advice().exclude] == ["dugong herds"]
    desk.show(desk.came(*["The dugong herds"] * 2))
    assert desk.advice().exclude == ()


def test_a_topic_without_included_terms_is_told_what_the_first_one_does(desk: Desk) -> None:
    desk.vote(desk.came(*["The pangolin scales"] * 10))
    assert not any("no included terms" in note for note in desk.advice().notes)
    desk.follow(replace(STROMA, include=()))
    assert any("no included terms" in note for note in desk.advice().notes)


def test_without_a_model_words_alone_advise(desk: Desk) -> None:
    desk.vote(desk.came(*["The pangolin scales"] * 10))
    desk.encoder = Missing()
    found = desk.advice()
    assert [each.term for each in found.include] == ["pangolin scales"]
    assert found.seeds == ()
    assert any("model: is missing" in note for note in found.notes)


def test_works_that_wait_for_a_vector_harm_nothing(desk: Desk) -> None:
    desk.vote(desk.came(*["The pangolin scales"] * 10))
    found = desk.advice()
    assert found.seeds == ()
    assert found.include


def test_an_unknown_topic_is_refused(desk: Desk) -> None:
    for asked in (guidance.advice, guidance.unsure):
        with pytest.raises(TopicError, match="there are: stroma"):
            asked(desk.parts, "stromata")


def test_the_figure_of_the_version_in_force_is_told(desk: Desk) -> None:
    from dataclasses import asdict

    assert desk.advice().fidelity == ""
    figure = Fidelity(10, 40, 400, 0.8, 0.5, 0.9, median_rank=0.01)
    with desk.archive.store.writing() as tx:
        tx.references.save_fidelity("stroma", 1, "", asdict(figure), NOW)
    assert "finds 80 % of its own" in desk.advice().fidelity
    desk.follow(replace(STROMA, include=("niche",)))
    assert desk.advice().fidelity == "", "another version, another figure"


def test_an_empty_archive_has_nothing_to_say(archive: Archive) -> None:
    desk = Desk(archive)
    desk.follow()
    found = desk.advice()
    assert (found.include, found.exclude, found.seeds, found.drift, found.doubts) == (
        (),
        (),
        (),
        None,
        (),
    )
    assert desk.unsure().doubts == ()


# -- drift ----------------------------------------------------------------------------------------


def _months(desk: Desk, *late: str, lost: bool = False) -> None:
    """Twelve weeks with two papers each on niches, and today papers on something else."""
    desk.archive.now = NOW
    early = desk.came(*(f"The niche of the {SUBJECTS[n % 9]} in stroma" for n in range(24)))
    works = desk.came(*late)
    pipeline.embed(desk.parts)
    for week in range(12):
        desk.archive.now = NOW - timedelta(weeks=14 - week)
        desk.show(early[2 * week : 2 * week + 2])
    desk.archive.now = NOW
    desk.show(works, lost=lost)


def test_a_literature_that_moves_is_told(desk: Desk) -> None:
    _months(desk, *["The pangolin scales"] * 10)
    found = desk.advice().drift
    assert found is not None
    assert (found.recent, found.before) == (14, 20), "four weeks against the twelve before"
    assert [each.term for each in found.terms] == ["pangolin scales"]


def test_a_literature_that_stays_is_not(desk: Desk) -> None:
    _months(desk, *(f"The niche of the {SUBJECTS[n % 9]} in stroma" for n in range(10)))
    assert desk.advice().drift is None


def test_digests_that_nobody_got_do_not_count(desk: Desk) -> None:
    _months(desk, *["The pangolin scales"] * 10, lost=True)
    assert desk.advice().drift is None


def test_papers_voted_against_are_not_where_the_literature_goes(desk: Desk) -> None:
    _months(desk, *["The pangolin scales"] * 10)
    desk.vote(list(range(85, 95)), AGAINST)
    assert desk.advice().drift is None


def test_without_digests_it_is_said_that_nothing_is_known(desk: Desk) -> None:
    assert any("No digest has shown papers" in note for note in desk.advice().notes)
    desk.show([1])
    assert not any("No digest" in note for note in desk.advice().notes)


def test_what_was_shown_is_told_by_its_first_showing_and_present_number(desk: Desk) -> None:
    desk.show([1, 2])
    first, desk.archive.now = desk.archive.now, NOW + timedelta(days=7)
    desk.show([2, 3])
    with desk.archive.store.reading() as tx:
        assert tx.shown.since("stroma", NOW) == {1: first, 2: first, 3: desk.archive.now}
        assert tx.shown.since("stroma", NOW + timedelta(days=1)) == {
            2: desk.archive.now,
            3: desk.archive.now,
        }
        assert tx.shown.since("other", NOW) == {}


# -- doubts ---------------------------------------------------------------------------------------


def test_works_of_the_kept_ranking_near_the_line_are_to_be_voted_on(desk: Desk) -> None:
    near = desk.came("A niche of pangolins", "A trap of dugongs", "A niche and a trap")
    weekly.refresh(desk.parts, desk.model)
    found = desk.advice().doubts
    assert [each.work_id for each in found] == near[:2], "what is sure is in no doubt"
    assert {each.relevance for each in found} == {0.5}
    desk.vote(near[:1])
    assert [each.work_id for each in desk.advice().doubts] == near[1:2]


OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)


@pytest.fixture
def october(archive: Archive) -> tuple[Desk, list[int]]:
    """Nine works near the line that came in October, some far from it, one of September and one of
    November; it is November."""
    desk = Desk(archive)
    desk.follow()
    archive.now = OCTOBER - timedelta(days=30)
    desk.came("The niche of September")
    archive.now = OCTOBER
    works = desk.came(*(f"The niche of {name}" for name in SUBJECTS))
    desk.came("Salt and sand", "The niche and the trap")
    archive.now = NOW
    desk.came("The niche of November")
    return desk, works


def test_five_works_of_last_month_are_in_doubt(october: tuple[Desk, list[int]]) -> None:
    desk, works = october
    found = desk.unsure()
    assert (found.since, found.until) == (
        datetime(2026, 10, 1, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert len({each.work_id for each in found.doubts} & set(works)) == 5
    assert found.done == 0


def test_they_are_the_same_all_month_whatever_is_voted_and_comes(
    october: tuple[Desk, list[int]],
) -> None:
    desk, works = october
    first = {each.work_id for each in desk.unsure().doubts}
    voted = sorted(first)[:2]
    desk.vote(voted)
    desk.vote([work for work in works if work not in first], AGAINST)
    desk.archive.now = NOW + timedelta(days=10)
    desk.came("The niche of late November")
    again = desk.unsure()
    assert {each.work_id for each in again.doubts} == first - set(voted)
    assert again.done == 2


def test_what_was_voted_on_before_the_month_ended_is_in_no_doubt(
    october: tuple[Desk, list[int]],
) -> None:
    desk, works = october
    desk.archive.now = OCTOBER + timedelta(days=1)
    desk.vote(works[:6])
    desk.archive.now = NOW
    found = desk.unsure()
    assert {each.work_id for each in found.doubts} == set(works[6:])
    assert found.done == 0


def test_in_a_young_archive_the_last_thirty_days_are_looked_at(archive: Archive) -> None:
    desk = Desk(archive)
    desk.follow()
    works = desk.came("The niche of November")
    archive.now = NOW + timedelta(hours=1)
    found = desk.unsure()
    assert [each.work_id for each in found.doubts] == works
    assert (found.since, found.until) == (archive.now - timedelta(days=30), archive.now)


def test_the_month_before_january_is_december(archive: Archive) -> None:
    desk = Desk(archive)
    desk.follow()
    archive.now = datetime(2026, 12, 31, 23, tzinfo=UTC)
    works = desk.came("The niche of December")
    archive.now = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)
    found = desk.unsure()
    assert (found.since.month, [each.work_id for each in found.doubts]) == (12, works)
