"""Previews over an archive: what they say is what digests would do. On both databases."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from service import pipeline, seeding, standings
from service.bootstrap import followed
from service.embedding.works import work_vectors
from service.errors import EncoderError
from service.previews import making as previewing
from service.previews import works as preview_works
from service.previews.making import Previews
from service.records import (
    Identifiers,
    Judgement,
    Reference,
    RenderedPart,
    Seed,
    Subscription,
    Topic,
    Vote,
)
from service.sources.references import SeedReferences
from tests.abstracts import ELSEWHERE, FIELD, NEUTROPHILS, RANKER, at_large, topic
from tests.factories import digest_content, item, ranked, section
from tests.fakes_encoder import FakeEncoder
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.pipeline import Parts
    from service.records.tuning import Preview
    from service.store import Store

TEXTS = [*NEUTROPHILS, FIELD, ELSEWHERE]
TANS, NETS, CXCR2, _, DOGS = range(1, 6)  # works, in the order in which they are taken in


@dataclass
class Desk:
    """An archive with the topic on neutrophils in force, and previews over it."""

    archive: Archive
    encoder: Any = field(default_factory=lambda: FakeEncoder(256))
    model: threading.Lock = field(default_factory=threading.Lock)
    topic: Topic = field(default_factory=topic)

    def __post_init__(self) -> None:
        self.add(*TEXTS)
        self.add(*[(f"{work.title} {work.work_id}", work.abstract) for work in at_large(60)])
        self.save(self.topic)

    @property
    def store(self) -> Store:
        return self.archive.store

    @property
    def parts(self) -> Parts:
        return replace(
            self.archive.parts,
            encoder=self.encoder,
            ranker=RANKER,
            work_vectors=work_vectors,
            topics=followed.current,
        )

    @cached_property
    def previews(self) -> Previews:
        return Previews(self.parts, RANKER, self.model)

    def of(self, **changes: Any) -> Preview:
        """The preview of the topic with changes."""
        return self.previews.of(replace(self.topic, **changes))

    def save(self, of: Topic) -> None:
        with self.store.writing() as tx:
            followed.save_topic(tx, of, "Ida", "a test", self.archive.now)

    def add(self, *texts: tuple[str, str], announce: bool = True) -> None:
        with self.store.reading() as tx:
            first = tx.works.sequence() + 1
        papers = [
            paper(number, title=title, abstract=abstract)
            for number, (title, abstract) in enumerate(texts, first)
        ]
        self.archive.take_in(*papers, announce=announce)

    def vote(self, works: Sequence[int], said: Judgement = Judgement.RELEVANT) -> None:
        with self.store.writing() as tx:
            for work in works:
                vote = Vote(self.topic.slug, work, "Ida", said, "web", self.archive.now)
                tx.votes.cast(vote)

    def digest(self, slug: str, *works: int) -> None:
        """A digest shows these works for the topic."""
        weekly = Subscription("weekly", (slug,), "file", "out")
        with self.store.writing() as tx:
            tx.subscriptions.sync([weekly], NOW)
            found = tx.works.many(works)
            items = tuple(replace(item(), work=work, ranked=ranked(work.id)) for work in found)
            made = digest_content(section(items=items, topic=slug), subscription="weekly")
            part = [RenderedPart("part", 1, 1, b"bytes")]
            assert tx.digests.freeze(made, weekly, part, revision=1, window=(0, 5), now=NOW)

    def cite(self, *references: Reference) -> None:
        got = SeedReferences("PMC full text", len(references), references)
        seeding.keep_references(self.parts, self.topic, self.topic.seeds[0], got)

    def shown(self, **changes: Any) -> list[int]:
        """The works that the changed topic shows, best first."""
        found = self.of(**changes)
        return [each.work_id for each in found.top if each.place[1] is not None]


@pytest.fixture
def desk(archive: Archive) -> Desk:
    return Desk(archive)


def references(count: int, *, good: bool = True) -> list[Reference]:
    """Papers of the topic, or of none."""
    title, abstract = NEUTROPHILS[0] if good else ("Gait", "Stroke and rehabilitation of gait.")
    return [
        Reference(f"{title}, part {n}", Identifiers(pmid=f"{n}"), f"{abstract} In set {n}.", 2026)
        for n in range(1, count + 1)
    ]


# -- what is previewed is what will be sent -------------------------------------------------------


@pytest.mark.parametrize("voted", [False, True])
@pytest.mark.parametrize("dense", [True, False], ids=["vectors", "words"])
def test_the_ranking_is_that_of_a_digest_over_the_same_works(
    desk: Desk, voted: bool, dense: bool
) -> None:
    desk.cite(*references(30))
    if voted:
        desk.vote([TANS, 9])
        desk.vote([DOGS], Judgement.NOT_RELEVANT)
    if not dense:
        desk.encoder = Broken()
    with desk.store.reading() as tx:
        hi = tx.works.sequence()
        candidates = tx.works.window(0, hi)
    if dense:
        pipeline.embed(desk.parts)
    info = desk.encoder.info() if dense else None
    seeding.evidence(desk.parts, desk.topic, info)  # vectors are rounded when they are kept
    ranking = standings.ranking(desk.parts, [desk.topic], candidates, hi, info)
    found = desk.of()
    assert [each.ranked for each in found.top] == list(ranking.by_topic[desk.topic.slug])[:30]
    assert found.after.spread == ranking.spread[desk.topic.slug]
    assert found.works == len(candidates)


def test_a_topic_as_it_is_changes_nothing(desk: Desk) -> None:
    found = desk.of()
    assert (found.entered, found.dropped, found.moved) == ((), (), ())
    assert found.before == found.after
    assert found.after.shown >= 2


@pytest.mark.parametrize(
    "line", [{"cutoff": 0.2}, {"precision": 0.7}, {"per_week": 3.0}, {}], ids=str
)
def test_the_line_is_where_a_digest_would_draw_it(desk: Desk, line: dict[str, float]) -> None:
    of = replace(desk.topic, **line)  # type: ignore[arg-type]
    desk.vote([CXCR2], Judgement.NOT_RELEVANT)
    pipeline.embed(desk.parts)
    with desk.store.reading() as tx:
        hi = tx.works.sequence()
    ranking = pipeline.rank(desk.parts, [of], 0, hi)
    recent = pipeline.lines.Recent(0, 1.0)
    drawn = pipeline.cutoffs(desk.parts, [of], ranking, 0, recent)[of.slug]
    found = desk.previews.of(of)
    assert found.after.line == pytest.approx(drawn)
    passing = [w for w in ranking.by_topic[of.slug] if w.relevance >= drawn and w.relevance > 0]
    assert found.after.shown == len(passing)
    assert found.after.per_week == len(passing)


# -- what a change does ---------------------------------------------------------------------------


def test_a_lower_line_lets_works_in_and_a_higher_one_takes_them_out(desk: Desk) -> None:
    base = desk.of()
    low, high = desk.of(cutoff=0.01), desk.of(cutoff=1.0)
    assert low.entered
    assert not low.dropped
    assert len(low.entered) == low.after.shown - base.after.shown
    assert [shift.place[0] for shift in low.entered] == [None] * len(low.entered)
    assert high.dropped
    assert [s.place for s in high.dropped] == [(n, None) for n in range(1, len(high.dropped) + 1)]
    assert high.warnings[0].startswith("No paper of the last week reaches the line of 1.00")


def test_an_excluded_term_takes_out_what_it_says_and_warns_of_votes(desk: Desk) -> None:
    desk.vote([TANS])
    plain = {"include": (), "cutoff": 0.05}
    desk.save(replace(desk.topic, **plain))
    found = desk.of(**plain, exclude=("arginase",))
    assert [shift.work_id for shift in found.dropped] == [TANS]
    (shift,) = found.dropped
    assert shift.ranked.terms == ("excluded: arginase",)
    assert shift.relevance[0] > 0.05
    assert shift.relevance[1] == 0.0
    assert shift.verdict == "relevant"
    assert found.warnings == (
        f'The excluded term "arginase" would leave out 1 paper voted relevant: "{shift.title}".',
    )


def test_an_excluded_term_is_held_against_older_votes_too(desk: Desk) -> None:
    desk.vote([TANS])
    desk.archive.now = NOW + timedelta(weeks=20)
    desk.add(*TEXTS[1:3])
    found = desk.of(include=(), exclude=("arginase",))
    assert TANS not in [shift.work_id for shift in found.top]
    assert 'The excluded term "arginase" would leave out 1 paper' in found.warnings[0]


def test_a_weight_moves_works_and_leaves_their_number(desk: Desk) -> None:
    of = replace(desk.topic, seeds=(replace(desk.topic.seeds[0], weight=0.2),))
    assert desk.previews.of(of).works == desk.of().works


def test_a_new_topic_has_nothing_before_and_all_that_it_shows_enters(desk: Desk) -> None:
    found = desk.previews.of(replace(desk.topic, slug="traps", cutoff=0.1))
    assert found.before is None
    assert len(found.entered) == found.after.shown > 0
    assert {shift.relevance[0] for shift in found.entered} == {0.0}
    assert found.dropped == found.moved == ()


def test_votes_and_digested_works_are_marked(desk: Desk) -> None:
    desk.vote([TANS], Judgement.SAVED)
    desk.vote([NETS])
    desk.vote([CXCR2], Judgement.NOT_RELEVANT)
    desk.digest(desk.topic.slug, NETS, DOGS)
    marks = {shift.work_id: (shift.verdict, shift.digested) for shift in desk.of().top}
    assert marks[TANS] == ("saved", False)
    assert marks[NETS] == ("relevant", True)
    assert marks[CXCR2] == ("not relevant", False)
    assert marks[DOGS] == ("", True)


def test_what_a_digest_showed_for_another_topic_is_not_marked(desk: Desk) -> None:
    desk.digest("stroma", NETS)
    assert not any(shift.digested for shift in desk.of().top)


def test_a_term_that_matches_nothing_is_warned_of(desk: Desk) -> None:
    found = desk.of(include=(*desk.topic.include, "zyzzyva gland"))
    assert 'The included term "zyzzyva gland" matches nothing in the last week.' in found.warnings


def test_what_a_topic_without_included_terms_looks_for_is_told(desk: Desk) -> None:
    (told,) = [each for each in desk.of(include=()).notes if each.startswith("No terms")]
    assert '"neutrophil extracellular traps"' in told
    assert '"tumor-associated neutrophils"' in told
    assert not [each for each in desk.of().notes if each.startswith("No terms")]


def test_terms_in_force_that_match_nothing_are_noted_not_warned_of(desk: Desk) -> None:
    desk.save(replace(desk.topic, include=("neutrophil", "zyzzyva gland")))
    found = desk.of(include=("neutrophil", "zyzzyva gland"), exclude=("gait", "unheard of"))
    assert 'The included term "zyzzyva gland" matches nothing in the last week.' in found.notes
    assert [told for told in found.warnings if "zyzzyva" in told] == []
    assert 'The excluded term "unheard of" leaves out nothing in the last week.' in found.warnings


# -- how good it is -------------------------------------------------------------------------------


def test_precision_is_over_voted_works_that_would_be_shown_without_their_vote(desk: Desk) -> None:
    desk.vote([TANS, NETS])
    desk.vote([CXCR2], Judgement.NOT_RELEVANT)
    found = desk.of(cutoff=0.05).after.precision
    assert found is not None
    assert (found.hits, found.of) == (2, 3)
    assert found.low < found.value < found.high


def test_a_vote_does_not_confirm_itself(desk: Desk) -> None:
    """A work far from the topic that is voted relevant is shown for that vote alone."""
    far = 40
    desk.vote([far])
    found = desk.of(cutoff=0.3)
    assert found.after.precision is None


def test_without_votes_there_is_no_precision(desk: Desk) -> None:
    assert desk.of().after.precision is None
    assert desk.of().after.recall is None


def test_recall_is_the_share_of_held_out_references_that_reach_the_line(desk: Desk) -> None:
    desk.cite(*references(30), *references(60, good=False)[30:])
    found = desk.of(cutoff=0.2)
    recall = found.after.recall
    assert recall is not None
    assert recall.of == 12
    assert 0 < recall.hits < 12
    assert desk.of(cutoff=1.0).after.recall == replace(
        recall,
        hits=0,
        value=0.0,
        low=0.0,
        high=desk.of(cutoff=1.0).after.recall.high,  # type: ignore[union-attr]
    )


def test_held_out_references_are_not_among_the_works(desk: Desk) -> None:
    works = desk.of().works
    desk.cite(*references(30))
    found = desk.of(cutoff=0.01)
    assert found.works == works
    assert min(shift.work_id for shift in found.top) > 0
    assert sum(found.after.spread) == works


def test_seeds_with_other_references_are_not_compared_without_a_word(desk: Desk) -> None:
    desk.cite(*references(30))
    assert not [note for note in desk.of().notes if note.startswith("Recall")]
    other = replace(desk.topic.seeds[0], key="other", ids=Identifiers(pmid="7"))
    notes = desk.of(seeds=(other,)).notes
    assert [note for note in notes if note.startswith("Recall before and after")]
    assert [note for note in notes if "are not held yet" in note]


# -- the weeks ------------------------------------------------------------------------------------


def test_works_of_the_last_weeks_are_taken_and_older_ones_lie_behind(desk: Desk) -> None:
    desk.archive.now = NOW + timedelta(weeks=9)
    desk.add(NEUTROPHILS[0])
    found = desk.of(cutoff=0.01)
    assert (found.works, found.weeks) == (1, 8)
    assert found.after.per_week == found.after.shown / 8


def test_a_paper_that_is_made_a_seed_is_no_news(desk: Desk) -> None:
    assert TANS in desk.shown()
    given = Seed("tans", "paper", NEUTROPHILS[0][0], ids=paper(TANS).ids)
    found = desk.of(seeds=(*desk.topic.seeds, given))
    assert TANS not in [shift.work_id for shift in (*found.top, *found.dropped)]
    spots = desk.previews.map(replace(desk.topic, seeds=(*desk.topic.seeds, given))).spots
    assert [spot.kind for spot in spots if spot.title == NEUTROPHILS[0][0]] == ["seed"]


def test_works_that_are_not_announced_are_left_out(desk: Desk) -> None:
    before = desk.of().works
    desk.add(NEUTROPHILS[0], announce=False)
    desk.previews.read()
    assert desk.of().works == before


def test_a_work_that_only_changed_is_not_new(desk: Desk) -> None:
    desk.archive.now = NOW + timedelta(weeks=9)
    desk.archive.take_in(paper(1, title=NEUTROPHILS[0][0], abstract="It says something else."))
    assert desk.of().works == 0


def test_a_young_archive_says_so_and_counts_its_own_weeks(desk: Desk) -> None:
    desk.archive.now = NOW + timedelta(weeks=2, days=1)
    found = desk.of(cutoff=0.01)
    assert found.weeks == 3
    assert found.after.per_week == pytest.approx(found.after.shown / (15 / 7))
    assert "The archive holds works of the last 15 days only." in found.notes


def test_an_empty_archive_is_previewed(archive: Archive) -> None:
    parts = replace(
        archive.parts, encoder=FakeEncoder(256), work_vectors=work_vectors, topics=followed.current
    )
    found = Previews(parts, RANKER, threading.Lock()).of(topic())
    assert (found.works, found.after.shown, found.top) == (0, 0, ())
    assert found.warnings == ("No paper came in the last 8 weeks.",)
    assert Previews(parts, RANKER, threading.Lock()).map(topic()).spots == ()


# -- what is kept ---------------------------------------------------------------------------------


@dataclass
class Counting:
    """The ranker, and how often it ranks."""

    calls: int = 0

    def assess(self, *told: Any, **more: Any) -> Any:
        self.calls += 1
        return RANKER.assess(*told, **more)


def counted(desk: Desk) -> Counting:
    ranker = Counting()
    desk.previews.ranker = ranker
    desk.of()
    assert ranker.calls == 1  # before and after are the same
    return ranker


def test_an_edit_costs_one_ranking_and_a_line_none(desk: Desk) -> None:
    ranker = counted(desk)
    for line in ({"cutoff": 0.2}, {"per_week": 5.0}, {"precision": 0.9}, {"version": 7}):
        desk.of(**line)
    assert ranker.calls == 1
    desk.of(exclude=("mice",))
    desk.of(exclude=("mice",), cutoff=0.7)
    assert ranker.calls == 2


def test_a_vote_makes_a_ranking_anew(desk: Desk) -> None:
    ranker = counted(desk)
    desk.vote([TANS])
    found = desk.of()
    assert ranker.calls == 2
    assert {shift.verdict for shift in found.top} == {"", "relevant"}


def test_references_make_a_ranking_anew(desk: Desk) -> None:
    ranker = counted(desk)
    desk.cite(*references(30))
    desk.of()
    assert ranker.calls == 2


def test_few_rankings_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "RANKINGS", 2)
    ranker = counted(desk)
    for term in ("mice", "dogs", "gait"):
        desk.of(exclude=(term,))
    before = ranker.calls
    desk.of(exclude=("mice",))
    assert ranker.calls == before + 2  # the one in force was given up as well


def test_texts_are_encoded_once(desk: Desk) -> None:
    desk.of()
    calls = desk.encoder.calls
    desk.of(cutoff=0.3)
    desk.of(seeds=(replace(desk.topic.seeds[0], weight=0.5),))
    assert desk.encoder.calls == calls


def test_new_works_are_read_in_the_background_and_come_with_the_next_preview(desk: Desk) -> None:
    desk.previews.warm()
    works = desk.of().works
    desk.add(("New neutrophils in tumors", "Tumor-associated neutrophils (TANs) again."))
    assert desk.of().works in (works, works + 1)
    desk.previews.settle()
    found = desk.of()
    assert found.works == works + 1
    assert "New neutrophils in tumors" in [shift.title for shift in found.top]


def test_warm_reads_in_the_background(desk: Desk) -> None:
    assert not desk.previews.ready
    desk.previews.warm()
    desk.previews.settle()
    assert desk.previews.ready


def test_works_that_cannot_be_read_in_the_background_are_read_when_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_told: Any) -> None:
        raise EncoderError("the model", "is away")

    with monkeypatch.context() as patch:
        patch.setattr(preview_works.pools, "read", fails)
        desk.previews.warm()
        desk.previews.settle()
        assert not desk.previews.ready
    assert desk.of().works


def test_threads_get_the_same_preview(desk: Desk) -> None:
    found: list[Preview] = []
    desk.previews.ranker = ranker = Counting()
    threads = [threading.Thread(target=lambda: found.append(desk.of())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(each == found[0] for each in found)
    assert ranker.calls == 1


# -- the model ------------------------------------------------------------------------------------


class Broken(FakeEncoder):
    """A model that is not there."""

    def info(self) -> Any:
        raise EncoderError("model x", "is not there", "install it")

    def encode(self, *_told: Any, **_more: Any) -> Any:
        raise EncoderError("model x", "is not there", "install it")


def test_without_a_model_previews_go_by_words_and_say_so(desk: Desk) -> None:
    desk.encoder = Broken()
    found = desk.of()
    assert found.after.shown
    assert found.notes[0].startswith("By words only: model x is not there")


def test_a_busy_model_is_waited_for_when_works_are_read(desk: Desk) -> None:
    with desk.model:
        desk.previews.warm()
        assert not desk.previews.ready
    desk.previews.settle()
    assert desk.previews.ready


def test_a_busy_model_makes_a_preview_by_words_that_is_not_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "PATIENCE", 0.01)
    desk.previews.read()
    with desk.model:
        found = desk.of()
        assert found.notes[0].startswith("By words only: the model is busy")
    again = desk.of()
    assert not [note for note in again.notes if note.startswith("By words")]


# -- the map --------------------------------------------------------------------------------------


def test_a_map_has_the_nearest_works_and_the_seeds(desk: Desk) -> None:
    desk.vote([TANS])
    desk.vote([DOGS], Judgement.NOT_RELEVANT)
    found = desk.previews.map(replace(desk.topic, cutoff=0.3))
    kinds = {spot.work_id: spot.kind for spot in found.spots}
    assert kinds[TANS] == "voted"
    assert kinds[DOGS] == "against"
    assert kinds[NETS] == "shown"
    assert "below" in kinds.values()
    assert [spot.title for spot in found.spots if spot.work_id is None] == [
        seed.title for seed in desk.topic.seeds
    ]
    assert all(0 <= at <= 1 for spot in found.spots for at in (spot.x, spot.y))
    assert 0 < found.kept < 1


def test_a_map_is_the_same_each_time_and_leaves_out_what_is_excluded(desk: Desk) -> None:
    of = replace(desk.topic, include=(), exclude=("arginase",))
    found = desk.previews.map(of)
    assert desk.previews.map(of) == found
    assert TANS not in [spot.work_id for spot in found.spots]


def test_a_map_is_laid_out_once_wherever_the_line_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = desk.previews.map(replace(desk.topic, cutoff=0.2))
    monkeypatch.setattr(previewing, "drawn", None)
    other = desk.previews.map(replace(desk.topic, cutoff=1.0))
    assert [(each.x, each.y) for each in other.spots] == [(each.x, each.y) for each in found.spots]
    assert "shown" in [each.kind for each in found.spots]
    assert "shown" not in [each.kind for each in other.spots]


def test_near_works_lie_near_each_other_on_the_map(desk: Desk) -> None:
    desk.add((f"{NEUTROPHILS[0][0]} again", NEUTROPHILS[0][1]))
    spots = {spot.work_id: (spot.x, spot.y) for spot in desk.previews.map(desk.topic).spots}
    twin = max(number for number in spots if number)
    apart = {
        number: (x - spots[twin][0]) ** 2 + (y - spots[twin][1]) ** 2
        for number, (x, y) in spots.items()
        if number not in (twin, None)
    }
    assert min(apart, key=lambda number: apart[number]) == TANS


def test_a_map_by_words_where_there_is_no_model(desk: Desk) -> None:
    desk.encoder = Broken()
    desk.add(*[(f"{w.title} more {w.work_id}", w.abstract) for w in at_large(150)[60:]])
    found = desk.previews.map(desk.topic)
    assert TANS in [spot.work_id for spot in found.spots]


# -- the shelf ------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """Keeps one pool in memory; `made` counts what was kept."""

    held: Any = None
    vectors: dict[str, Any] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def keep(self, pool: Any) -> None:
        self.made.append("pool")
        self.held = pool

    def pool(self, _now: Any) -> Any:
        return self.held

    def keep_texts(self, _encoder: Any, vectors: Any) -> None:
        self.made.append("texts")
        self.vectors = dict(vectors)

    def texts(self, _encoder: Any) -> Any:
        return dict(self.vectors)


def another(desk: Desk, shelf: Shelf, **more: Any) -> Previews:
    """Previews as another process has them."""
    return Previews(desk.parts, RANKER, desk.model, shelf=shelf, **more)


def test_another_process_takes_what_was_read_and_needs_no_model(desk: Desk) -> None:
    shelf = Shelf()
    found = another(desk, shelf).of(desk.topic)
    assert shelf.made == ["pool", "texts"]
    desk.encoder = Broken()
    assert another(desk, shelf).of(desk.topic) == found
    assert shelf.made == ["pool", "texts"]


def test_what_came_since_is_told_and_read_after_a_day_at_most(desk: Desk) -> None:
    shelf = Shelf()
    works = another(desk, shelf).of(desk.topic).works
    desk.add(("New neutrophils in tumors", "Tumor-associated neutrophils (TANs) again."))
    quick = another(desk, shelf)
    found = quick.of(desk.topic)
    assert found.works == works
    assert found.notes[0].startswith("On the works of 2026-11-16 07:00 (UTC)")
    desk.archive.now += timedelta(days=1, minutes=1)
    assert quick.of(desk.topic).works == works + 1


def test_one_that_is_warmed_reads_what_came_since(desk: Desk) -> None:
    shelf = Shelf()
    works = another(desk, shelf).of(desk.topic).works
    desk.add(("New neutrophils in tumors", "Tumor-associated neutrophils (TANs) again."))
    warm = another(desk, shelf)
    warm.warm()
    warm.settle()
    assert warm.of(desk.topic).works == works + 1
    assert shelf.made.count("pool") == 2


def test_the_works_of_another_archive_or_of_other_weeks_are_not_taken(desk: Desk) -> None:
    shelf = Shelf()
    another(desk, shelf).read()
    held = shelf.held
    for wrong in (
        replace(held, born=NOW - timedelta(days=400)),
        replace(held, span=replace(held.span, hi=10_000)),
        replace(held, asked=4),
        replace(held, encoder=None),
    ):
        shelf.held = wrong
        another(desk, shelf).of(desk.topic)
        assert shelf.held is not wrong
