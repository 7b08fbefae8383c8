"""Works that were sent or saved, asked for again: which, when, and what is made of the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service import watching
from service.errors import TransientError
from service.records import Flag, Identifiers, Judgement, Kind, Paper, Record, Relation, Vote
from service.store import StoredPollBook
from service.store.holding import Holding
from service.store.rechecks import Watched
from tests.papers import NOW, Archive, paper, preprint, record, states
from tests.sent_digests import WEEKLY, freeze_digest, lose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from service.errors import SourceError
    from service.store.sources import Receipt

DAY = timedelta(days=1)
WEEK = 7 * DAY


@dataclass(frozen=True)
class Answer:
    source: str
    names: tuple[str, ...]
    records: tuple[Record, ...] = ()
    error: SourceError | None = None


@dataclass
class Sources:
    """Sources that hold these papers; each is given for any of the names it is listed under."""

    holds: dict[str, Paper] = field(default_factory=dict)
    down: SourceError | None = None
    asked: list[list[str]] = field(default_factory=list)

    def ask(self, names: Iterable[str]) -> Iterator[Answer]:
        wanted = list(names)
        self.asked.append(wanted)
        for source, kind in (("pubmed", "pmid:"), ("crossref", "doi:")):
            own = tuple(name for name in wanted if name.startswith(kind))
            if own and source == "pubmed" and self.down:
                yield Answer(source, own, (), self.down)
            elif own:
                found = {name: self.holds[name] for name in own if name in self.holds}
                yield Answer(source, own, tuple(map(record, found.values())))


def sent(archive: Archive, *work_ids: int, key: str = "d1") -> None:
    freeze_digest(archive, WEEKLY, work_ids, key=key)


def save(archive: Archive, work_id: int, judgement: Judgement = Judgement.SAVED) -> None:
    with archive.store.writing() as tx:
        tx.votes.cast(Vote("stroma", work_id, "ida", judgement, "web", archive.now))


def recheck(archive: Archive, sources: Sources, owner: str = "w1") -> watching.Rechecked | None:
    return watching.recheck(archive.parts, sources, StoredPollBook(Holding(archive.store, owner)))


def due(archive: Archive, at: datetime) -> list[int]:
    with archive.store.reading() as tx:
        return [work.work_id for work in tx.rechecks.due(at, 100)]


def receipts(archive: Archive) -> list[Receipt]:
    with archive.store.reading() as tx:
        return tx.sources.receipts()


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.take_in(*(paper(number) for number in range(1, 6)))
    with archive.store.writing() as tx:
        tx.topics.save("stroma", "document", "Ida", "first", NOW)
        tx.subscriptions.sync([WEEKLY], NOW)
    return archive


def test_what_was_sent_or_saved_is_asked_for_a_week_later(filled: Archive) -> None:
    sent(filled, 1, 2)
    save(filled, 4)
    save(filled, 5, Judgement.RELEVANT)
    sources = Sources()
    assert recheck(filled, sources) == watching.Rechecked()
    filled.now += WEEK
    done = recheck(filled, sources)
    assert done is not None
    assert (done.asked, done.failed, done.error) == (3, 0, None)
    numbers = ("1", "2", "4")
    assert sources.asked == [
        [f"doi:10.5555/stroma.{n}" for n in numbers] + [f"pmid:4000000{n}" for n in numbers]
    ]
    assert due(filled, filled.now + WEEK - DAY) == []
    assert due(filled, filled.now + WEEK) == [1, 2, 4]


def test_a_digest_that_nobody_got_has_nothing_asked_for(filled: Archive) -> None:
    sent(filled, 1)
    lose(filled.store, "d1")
    recheck(filled, Sources())
    assert due(filled, NOW + 52 * WEEK) == []


def test_what_is_sent_again_is_young_again(filled: Archive) -> None:
    sent(filled, 1)
    for _ in range(40):
        filled.now += WEEK
        recheck(filled, Sources())
    (late,) = _watched(filled, filled.now + 52 * WEEK)
    assert late.since == NOW
    again = filled.now
    save(filled, 1)
    recheck(filled, Sources())
    (young,) = _watched(filled, filled.now + WEEK)
    assert young.since == again


def _watched(archive: Archive, at: datetime) -> list[Watched]:
    with archive.store.reading() as tx:
        return tx.rechecks.due(at, 100)


def test_a_merged_work_is_asked_for_once(filled: Archive) -> None:
    filled.take_in(preprint(9))
    number = filled.work("10.1101/2026.000009")
    sent(filled, 1, number)
    recheck(filled, Sources())
    filled.take_in(preprint(9, links=(states(Relation.PREPRINT_OF, pmid="40000001"),)))
    filled.now += WEEK
    sources = Sources()
    recheck(filled, sources)
    assert due(filled, filled.now + 52 * WEEK) == [1]
    assert "doi:10.1101/2026.000009" in sources.asked[0]


def test_an_answer_is_taken_in_quietly_and_receipted(filled: Archive) -> None:
    sent(filled, 1)
    filled.now += WEEK
    retracted = paper(1, flags=frozenset({Flag.RETRACTED}))
    recheck(filled, Sources({"pmid:40000001": retracted}))
    with filled.store.reading() as tx:
        assert tx.works.get(1).flags == {Flag.RETRACTED}
        assert tx.sources.summary(None, filled.now) == ()  # no line of a digest's proof
    crossref, pubmed = sorted(receipts(filled), key=lambda each: each.source)
    assert (pubmed.source, pubmed.kind, pubmed.window) == ("pubmed", "recheck", "")
    assert (pubmed.query, pubmed.fetched, pubmed.changed) == ("1 known papers", 1, 1)
    assert (crossref.source, crossref.fetched, crossref.gap) == ("crossref", 0, None)


def test_the_article_that_a_preprint_tells_of_is_asked_for_at_once(filled: Archive) -> None:
    filled.take_in(preprint(9))
    number = filled.work("10.1101/2026.000009")
    sent(filled, number)
    filled.now += WEEK
    linked = preprint(9, links=(states(Relation.PREPRINT_OF, doi="10.5555/stroma.9"),))
    sources = Sources({"doi:10.1101/2026.000009": linked, "doi:10.5555/stroma.9": paper(9)})
    seen = filled.window()
    recheck(filled, sources)
    assert sources.asked == [
        ["doi:10.1101/2026.000009"],
        ["doi:10.5555/stroma.9"],
        ["pmid:40000009"],
    ]
    with filled.store.reading() as tx:
        assert tx.works.get(number).kind is Kind.ARTICLE
    assert filled.window() == seen  # nothing is new for it


def test_pmc_is_asked_only_for_what_pubmed_does_not_have(filled: Archive) -> None:
    both = paper(7, ids=Identifiers(pmid="40000007", pmcid="PMC7"))
    alone = paper(8, ids=Identifiers(pmcid="PMC8"))
    filled.take_in(both, alone)
    sent(filled, filled.work(40_000_007), filled.work("PMC8"))
    filled.now += WEEK
    sources = Sources()
    recheck(filled, sources)
    assert sources.asked == [["pmcid:PMC8", "pmid:40000007"]]


def test_a_source_that_fails_costs_a_work_no_turn(filled: Archive) -> None:
    sent(filled, 1)
    filled.now += WEEK
    down = TransientError("PubMed", "is closed")
    waits = []
    for _ in range(5):
        done = recheck(filled, Sources(down=down))
        assert done is not None
        assert (done.asked, done.failed, done.error) == (1, 1, down)
        before = filled.now
        while not due(filled, filled.now):
            filled.now += DAY
        waits.append((filled.now - before).days)
    assert waits == [1, 2, 4, 7, 7]
    assert [each.gap for each in receipts(filled) if each.source == "pubmed"] == [str(down)] * 5
    with filled.store.reading() as tx:
        (state,) = [each for each in tx.sources.states() if each.name == "recheck"]
    assert state.failures == 5
    done = recheck(filled, Sources())
    assert done is not None
    assert done.error is None
    with filled.store.reading() as tx:
        (state,) = [each for each in tx.sources.states() if each.name == "recheck"]
        assert state.failures == 0
        assert tx.rechecks.due(filled.now + WEEK, 9)[0].failures == 0


def test_what_the_other_sources_say_is_taken_in_though_one_fails(filled: Archive) -> None:
    sent(filled, 1)
    filled.now += WEEK
    noted = paper(
        1, source="crossref", source_id="10.5555/stroma.1", flags=frozenset({Flag.RETRACTED})
    )
    holds = {"doi:10.5555/stroma.1": noted}
    recheck(filled, Sources(holds, down=TransientError("PubMed", "is closed")))
    with filled.store.reading() as tx:
        assert tx.works.get(1).flags == {Flag.RETRACTED}


def test_one_worker_at_a_time_asks(filled: Archive) -> None:
    sent(filled, 1)
    filled.now += WEEK
    outcomes: list[watching.Rechecked | None] = []

    class Slow(Sources):
        def ask(self, names: Iterable[str]) -> Iterator[Answer]:
            outcomes.append(recheck(filled, Sources(), owner="w2"))
            yield from super().ask(names)

    assert recheck(filled, Slow()) is not None
    assert outcomes == [None]
    assert recheck(filled, Sources(), owner="w2") == watching.Rechecked()


def test_what_was_not_answered_when_the_worker_ends_is_due_still(filled: Archive) -> None:
    sent(filled, 1)
    filled.now += WEEK

    class EndedError(Exception):
        pass

    def ended() -> None:
        raise EndedError

    book = StoredPollBook(Holding(filled.store, "w1"))
    with pytest.raises(EndedError):
        watching.recheck(filled.parts, Sources(), book, ended)
    assert due(filled, filled.now) == [1]
    assert recheck(filled, Sources(), owner="w2") is not None


# -- the rhythm -----------------------------------------------------------------------------------


def watched(since: int, posted: int | None, *, preprint: bool = False) -> Watched:
    """A work that was last sent, and posted, so many days ago."""
    day = None if posted is None else (NOW - posted * DAY).date().isoformat()
    return Watched(1, NOW - since * DAY, day, preprint, ())


@pytest.mark.parametrize(
    ("work", "days"),
    [
        (watched(0, 3), 7),
        (watched(90, 700), 7),
        (watched(0, 9_000), 7),  # an old paper that somebody has just read
        (watched(91, 100), 30),
        (watched(91, 100, preprint=True), 14),
        (watched(91, 730, preprint=True), 14),
        (watched(91, 731, preprint=True), 182),
        (watched(91, 731), 182),
        (watched(91, None), 30),
        (watched(4_000, 4_000), 182),
    ],
)
def test_a_work_is_asked_for_ever_less_often(work: Watched, days: int) -> None:
    assert watching.next_due(work, NOW) == NOW + days * DAY


@pytest.mark.parametrize("published", ["2026", "2026-10", "20262-1-1", "Spring 2026", "2031-01-01"])
def test_any_date_that_a_source_gives_will_do(published: str) -> None:
    old = Watched(1, NOW - 100 * DAY, published, preprint=False, names=())
    assert watching.next_due(old, NOW) in (NOW + 30 * DAY, NOW + 182 * DAY)
