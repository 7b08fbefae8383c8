"""What pages show is ranked when something has changed, and not when nothing has. On both databases.

The ranker here counts included terms: a title with "niche" and "neutrophil" has relevance 1.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import pipeline, upcoming, weekly
from service.bootstrap import followed
from service.digest.render import FileRenderer
from service.embedding.works import work_vectors
from service.errors import ClaimLostError, EncoderError
from service.records import Judgement, Kind, Seed, Subscription, Topic, Vote
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.worker.stopping import Stopped
from tests.fakes import FakeHolding, FakeRanker
from tests.fakes_encoder import FakeEncoder
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from service.pipeline import Parts
    from service.records.weeks import Listed, Upcoming, Week

STROMA = Topic("stroma", "Stroma", (Seed("s", "text", "Niches"),), ("niche", "neutrophil"))
TRAPS = Topic("traps", "Traps", (Seed("t", "text", "Traps"),), ("trap", "net"))
LAB = Subscription("Lab", ("stroma",), "file", "lab")
LATER = weekly.REST + timedelta(seconds=1)
LONG = (
    "myofibroblasts of the tumor border were profiled in forty-one resections by single-cell "
    "sequencing and imaging; they kept lymphocytes out, and blocking their chemokine restored "
    "infiltration within two days in slice cultures of pancreatic cancer"
)


class Counting(FakeRanker):
    """Notes which topics it ranks, each time."""

    asked: list[list[str]]

    def rank_all(self, topics: Any, *args: Any, **told: Any) -> Any:
        self.asked.append([topic.slug for topic in topics])
        return super().rank_all(topics, *args, **told)


class Missing(FakeEncoder):
    def info(self) -> Any:
        raise EncoderError("model", "is missing")


class Held:
    """The model's lock: counts how often it is taken, and refuses to be taken twice."""

    def __init__(self) -> None:
        self.taken = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        assert self._lock.acquire(blocking=False), "the model is held already"
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@dataclass
class Desk:
    """An archive with topics, and what is kept of it."""

    archive: Archive
    encoder: Any = field(default_factory=FakeEncoder)
    ranker: Counting = field(default_factory=Counting)
    model: Held = field(default_factory=Held)
    holding: Any = field(default_factory=FakeHolding)

    def __post_init__(self) -> None:
        self.store = self.archive.store
        self.ranker.asked = []

    @property
    def parts(self) -> Parts:
        return replace(
            self.archive.parts,
            encoder=self.encoder,
            ranker=self.ranker,
            work_vectors=work_vectors,
            topics=followed.current,
            renderers={"file": FileRenderer()},
            holding=self.holding,
        )

    def follow(self, *topics: Topic) -> None:
        with self.store.writing() as tx:
            for topic in topics:
                followed.save_topic(tx, topic, "ida", "", self.archive.now)

    def subscribe(self, *subscriptions: Subscription) -> None:
        with self.store.writing() as tx:
            tx.subscriptions.sync(subscriptions, self.archive.now)

    def vote(self, work_id: int, judgement: Judgement = Judgement.NOT_RELEVANT) -> None:
        with self.store.writing() as tx:
            tx.votes.cast(Vote("stroma", work_id, "ida", judgement, "web", self.archive.now))

    def wait(self, by: timedelta = LATER) -> None:
        self.archive.now += by

    def refresh(self) -> int:
        return weekly.refresh(self.parts, self.model)

    def kept(self, topic: str = "stroma") -> Week:
        with self.store.reading() as tx:
            return tx.weeks.kept()[topic]

    def listed(self, topic: str = "stroma") -> list[Listed]:
        with self.store.reading() as tx:
            return tx.weeks.listed(topic)

    def age(self, topic: str = "stroma") -> weekly.Age:
        with self.store.reading() as tx:
            return weekly.age(self.parts, tx, tx.weeks.kept()[topic])

    def coming(self) -> dict[str, Upcoming]:
        with self.store.reading() as tx:
            return tx.weeks.upcoming()


@pytest.fixture
def desk(archive: Archive) -> Desk:
    made = Desk(archive)
    made.follow(STROMA)
    archive.take_in(paper(1), paper(2, title="A niche of its own", abstract=""), paper(3))
    return made


# -- what is kept


def test_the_works_of_the_last_days_are_kept_in_the_order_of_their_relevance(desk: Desk) -> None:
    assert desk.refresh() == 1
    assert [(work.work_id, work.relevance) for work in desk.listed()] == [
        (1, 1.0),
        (3, 1.0),
        (2, 0.5),
    ]
    week = desk.kept()
    assert (week.version, week.hi, week.screened, week.line) == (1, 3, 3, 0.5)
    assert (week.spread[-1], week.spread[10], sum(week.spread)) == (2, 1, 3)
    assert week.encoder == f"fake ({'0' * 16}, float32)"
    assert (week.missing, week.at) == (None, desk.archive.now)
    assert desk.age() == weekly.Age(0, stale=False)


def test_a_week_begins_with_a_day_and_leaves_out_what_was_seen_before(desk: Desk) -> None:
    desk.wait(timedelta(days=7, hours=16))  # 23:00, seven days after the works came
    desk.refresh()
    assert desk.kept().since == datetime(2026, 11, 16, tzinfo=UTC)
    assert len(desk.listed()) == 3
    desk.wait(timedelta(hours=2))
    desk.archive.take_in(paper(4))
    desk.refresh()
    assert desk.kept().since == datetime(2026, 11, 17, tzinfo=UTC)
    assert [work.work_id for work in desk.listed()] == [4]


def test_a_week_without_a_work_is_kept_empty(desk: Desk) -> None:
    desk.wait(timedelta(days=30))
    desk.refresh()
    assert (desk.listed(), desk.kept().screened, sum(desk.kept().spread)) == ([], 0, 0)
    assert desk.refresh() == 0


def test_an_archive_without_works_loads_no_model(archive: Archive) -> None:
    class Untouched(FakeEncoder):
        def info(self) -> Any:
            raise AssertionError("the model was loaded")

    desk = Desk(archive, encoder=Untouched())
    desk.follow(STROMA)
    assert desk.refresh() == 1
    assert desk.kept().screened == 0


def test_works_that_no_digest_calls_new_and_notices_are_left_out(desk: Desk) -> None:
    desk.archive.take_in(paper(4), announce=False)
    desk.archive.take_in(paper(5, kind=Kind.ERRATUM))
    desk.refresh()
    assert sorted(work.work_id for work in desk.listed()) == [1, 2, 3]


def test_the_topics_own_seeds_are_left_out(desk: Desk) -> None:
    given = Seed("own", "paper", "A paper", ids=paper(3).ids)
    desk.follow(replace(STROMA, seeds=(*STROMA.seeds, given)))
    desk.refresh()
    assert [work.work_id for work in desk.listed()] == [1, 2]


def test_near_duplicates_are_told_under_the_best_of_them(desk: Desk) -> None:
    same = [paper(n, title=f"Niche of a neutrophil, part {n}", abstract=LONG) for n in (7, 8)]
    other = paper(9, title="Niche, part 9", abstract=LONG)
    desk.archive.take_in(other, *same)
    desk.refresh()
    [lead, *alike] = (desk.archive.work(f"4000000{n}") for n in (7, 8, 9))
    assert {work.work_id: work.alike for work in desk.listed() if work.alike} == dict.fromkeys(
        alike, lead
    )


def test_the_best_are_kept_and_all_from_the_line_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weekly, "KEPT", 2)
    desk.archive.take_in(paper(4, title="Nothing of it", abstract=""))
    desk.refresh()
    assert [work.work_id for work in desk.listed()] == [1, 3, 2]  # all at 0.5 or more
    desk.follow(replace(STROMA, cutoff=1.0))
    desk.refresh()
    assert [work.work_id for work in desk.listed()] == [1, 3]


def test_without_a_model_it_is_ranked_by_words_and_says_why(desk: Desk) -> None:
    desk.encoder = Missing()
    assert desk.refresh() == 1
    week = desk.kept()
    assert (week.encoder, week.missing) == ("", "model: is missing")
    assert len(desk.listed()) == 3
    desk.wait()
    assert desk.refresh() == 0  # it is still missing
    desk.encoder = FakeEncoder()
    assert desk.refresh() == 1
    assert desk.kept().missing is None


@pytest.mark.parametrize(("how", "line"), [({"cutoff": 0.8}, 0.8), ({}, 0.5)])
def test_the_line_is_drawn_as_in_digests(desk: Desk, how: dict[str, float], line: float) -> None:
    desk.follow(replace(STROMA, **how))  # type: ignore[arg-type]  # floats, by name
    desk.refresh()
    assert desk.kept().line == line


def test_papers_a_week_are_counted_over_four_weeks(desk: Desk) -> None:
    """In four weeks three works of relevance 1 came, and two of less."""
    desk.follow(replace(STROMA, per_week=0.75))
    desk.wait(timedelta(days=14))
    desk.archive.take_in(paper(4), paper(5, title="A niche", abstract=""))
    desk.refresh()
    asked = [len(each) for each in desk.ranker.asked]
    assert asked == [1, 1]  # the week, and the works before it
    assert [work.work_id for work in desk.listed()] == [4, 5]
    assert 0.5 < desk.kept().line <= 1.0


# -- when it is ranked


def test_what_is_as_it_was_is_not_ranked_again(desk: Desk) -> None:
    desk.follow(TRAPS)
    assert desk.refresh() == 2
    assert desk.ranker.asked == [["stroma", "traps"]]
    before, desk.ranker.asked = desk.kept(), []
    desk.wait()
    assert desk.refresh() == 0
    assert (desk.ranker.asked, desk.kept()) == ([], before)


def test_new_works_are_ranked_once_the_last_ranking_has_rested(desk: Desk) -> None:
    desk.refresh()
    desk.archive.take_in(paper(4), paper(5))
    assert desk.age() == weekly.Age(2, stale=False)
    assert desk.refresh() == 0
    desk.wait()
    assert desk.age() == weekly.Age(2, stale=True)
    assert desk.refresh() == 1
    assert desk.age() == weekly.Age(0, stale=False)
    assert len(desk.listed()) == 5


def test_very_many_newer_works_are_not_counted_to_the_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weekly, "_NEWER", 2)
    desk.refresh()
    desk.archive.take_in(*(paper(number) for number in range(4, 9)))
    assert desk.age().newer == 2


def test_only_the_topic_that_was_voted_on_is_ranked_again(desk: Desk) -> None:
    desk.follow(TRAPS)
    desk.refresh()
    desk.vote(1)
    desk.wait()
    assert (desk.age("stroma").stale, desk.age("traps").stale) == (True, False)
    desk.ranker.asked = []
    assert desk.refresh() == 1
    assert desk.ranker.asked == [["stroma"]]


def test_the_first_works_are_ranked_at_once(archive: Archive) -> None:
    """Somebody who begins has looked at the empty list a moment ago."""
    desk = Desk(archive)
    desk.follow(STROMA)
    desk.subscribe(LAB)
    desk.refresh()
    archive.take_in(paper(1))
    assert desk.age() == weekly.Age(1, stale=True)
    assert desk.refresh() == 2
    assert [work.work_id for work in desk.listed()] == [1]
    assert [each.ranked.work_id for each in desk.coming()["Lab"].works] == [1]


def test_a_topic_that_was_changed_is_ranked_at_once(desk: Desk) -> None:
    desk.refresh()
    desk.follow(replace(STROMA, include=("niche",)))
    assert desk.age().stale
    assert desk.refresh() == 1
    assert desk.kept().version == 2
    assert [work.relevance for work in desk.listed()] == [1.0, 1.0, 1.0]


def test_votes_that_come_one_upon_the_other_cost_one_ranking(desk: Desk) -> None:
    desk.refresh()
    for number in (1, 2, 3):
        desk.vote(number)
        assert desk.refresh() == 0
    desk.wait()
    assert desk.refresh() == 1


def test_a_ranking_from_the_future_does_not_rest_until_then(desk: Desk) -> None:
    """The clock was set back."""
    desk.wait(timedelta(hours=1))
    desk.refresh()
    desk.wait(timedelta(minutes=-30))
    desk.vote(1)
    assert desk.age().stale
    assert desk.refresh() == 1


def test_what_a_quicker_worker_has_kept_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one knows a work more; ours was already ranking."""
    rank = pipeline.rank

    def slow(*args: Any, **told: Any) -> Any:
        monkeypatch.setattr(pipeline, "rank", rank)
        found = rank(*args, **told)
        desk.archive.take_in(paper(4))
        weekly.refresh(desk.parts, Held())
        return found

    monkeypatch.setattr(pipeline, "rank", slow)
    desk.refresh()
    assert (desk.kept().hi, len(desk.listed())) == (4, 4)


def test_the_model_is_held_for_one_step_at_a_time(desk: Desk) -> None:
    desk.subscribe(LAB, replace(LAB, name="Other"))
    steps: list[int] = []
    weekly.refresh(desk.parts, desk.model, lambda: steps.append(desk.model.taken))
    assert steps == [3, 4]  # what encodes, the topics, their lines; then each subscription
    assert desk.model.taken == 5


def test_a_refresh_ends_between_two_steps(desk: Desk) -> None:
    desk.subscribe(LAB)

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        weekly.refresh(desk.parts, desk.model, stop)
    assert len(desk.listed()) == 3
    assert desk.coming() == {}


# -- the next digests


def test_the_next_digest_is_kept_as_it_would_be_drafted_now(desk: Desk) -> None:
    desk.subscribe(replace(LAB, cap=1))
    assert desk.refresh() == 2
    kept = desk.coming()["Lab"]
    with desk.store.reading() as tx:
        [(subscription, created)] = tx.subscriptions.active()
    drafted = pipeline.draft(desk.parts, subscription, "UTC:2026-W47", created).content
    assert [each.ranked for each in kept.works] == [
        item.ranked for section in drafted.sections for item in section.sent
    ]
    assert [each.ranked.work_id for each in kept.works] == [1]


def test_what_is_listed_with_a_work_of_the_digest_is_kept_with_it(desk: Desk) -> None:
    same = [paper(n, title=f"Niche of a neutrophil, part {n}", abstract=LONG) for n in (7, 8)]
    desk.archive.take_in(*same)
    desk.subscribe(LAB)
    desk.refresh()
    lead, other = (desk.archive.work(f"4000000{n}") for n in (7, 8))
    assert [
        (each.ranked.work_id, each.alike) for each in desk.coming()["Lab"].works if each.alike
    ] == [(other, lead)]


def test_to_keep_the_next_digest_writes_no_digest(desk: Desk) -> None:
    desk.subscribe(LAB)
    desk.refresh()
    with desk.store.reading() as tx:
        assert tx.digests.past() == []
        assert tx.deliveries.lines() == []


@pytest.mark.parametrize("what", ["works", "vote", "subscription", "topic", "search", "digest"])
def test_the_next_digest_is_drawn_up_anew_when_what_it_hangs_on_changes(
    desk: Desk, what: str
) -> None:
    search = SavedSearch("own", "niche", Mode.LEXICAL, "ida", NOW)
    with desk.store.writing() as tx:
        tx.searches.save(search)
    lab = replace(LAB, searches=("own",))
    desk.subscribe(lab)
    desk.refresh()
    desk.wait(upcoming.REST)
    assert desk.refresh() == 0
    before = desk.coming()["Lab"]
    if what == "works":
        desk.archive.take_in(paper(4))
    elif what == "vote":
        desk.vote(1)
    elif what == "subscription":
        desk.subscribe(replace(lab, cap=1))
    elif what == "topic":
        desk.follow(replace(STROMA, include=("niche",)))
    elif what == "search":
        with desk.store.writing() as tx:
            tx.searches.save(replace(search, query="neutrophil"), replace=True)
    else:
        with desk.store.reading() as tx:
            [(subscription, created)] = tx.subscriptions.active()
        made = pipeline.draft(desk.parts, subscription, "UTC:2026-W47", created)
        assert pipeline.freeze(desk.parts, subscription, made)
    desk.refresh()
    assert desk.coming()["Lab"].state != before.state
    assert desk.coming()["Lab"].at > before.at
    if what == "digest":
        assert desk.coming()["Lab"].works == ()


def test_what_is_no_longer_sent_is_forgotten(desk: Desk) -> None:
    desk.subscribe(LAB, replace(LAB, name="Other"))
    desk.refresh()
    assert [*desk.coming()] == ["Lab", "Other"]
    desk.subscribe(LAB)
    desk.refresh()
    assert [*desk.coming()] == ["Lab"]


def test_a_subscription_whose_digest_cannot_be_drawn_up_holds_up_no_other(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.subscribe(replace(LAB, name="A", zone="Nowhere/Land"), LAB)
    assert desk.refresh() == 2
    assert [*desk.coming()] == ["Lab"]
    assert "the next digest for A: subscription 'A'" in caplog.text


def test_a_digest_that_was_just_drawn_up_is_not_drawn_up_again(desk: Desk) -> None:
    desk.subscribe(LAB)
    desk.refresh()
    before = desk.coming()
    desk.vote(1)
    desk.wait()
    assert desk.refresh() == 1  # the topic
    assert desk.coming() == before
    desk.wait(upcoming.REST)
    assert desk.refresh() == 1
    assert desk.coming() != before


# -- several workers ------------------------------------------------------------------------------


def test_what_another_worker_ranks_is_left_to_it(desk: Desk) -> None:
    desk.follow(TRAPS)
    desk.subscribe(LAB)
    desk.holding.elsewhere = {"week stroma", "upcoming Lab"}
    assert desk.refresh() == 1
    assert desk.ranker.asked == [["traps"]]
    assert desk.coming() == {}
    desk.holding.elsewhere = set()
    assert desk.refresh() == 2
    assert desk.ranker.asked[1:] == [["stroma"], ["stroma"]]


def test_what_another_worker_has_just_ranked_is_not_ranked_again(desk: Desk) -> None:
    """Between the look at what has changed and the claim."""
    desk.subscribe(LAB)
    other = Desk(desk.archive)
    done: list[int] = []
    desk.holding.before = lambda _name: done or done.append(other.refresh())
    assert desk.refresh() == 0
    assert done == [2]
    assert desk.ranker.asked == []


@pytest.mark.parametrize("name", ["week stroma", "upcoming Lab"])
def test_a_ranking_of_a_claim_that_was_lost_is_not_kept(desk: Desk, name: str) -> None:
    desk.subscribe(LAB)
    desk.holding.lost = {name}
    with pytest.raises(ClaimLostError):
        desk.refresh()
    with desk.store.reading() as tx:
        assert (tx.weeks.kept() == {}) == (name == "week stroma")
        assert tx.weeks.upcoming() == {}
