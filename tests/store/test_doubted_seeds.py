"""Seeds that were retracted since: told wherever somebody looks after topics. On both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service import needs, rulings, seeding
from service.alarms import Machine, alarms
from service.bootstrap import followed
from service.records import Flag, Identifiers, Kind, Relation, Seed, Topic
from tests.papers import NOW, Archive, paper, states

if TYPE_CHECKING:
    from service.records import Paper

SEED = Seed("niches", "paper", "Stromal niches", ids=Identifiers(pmid="40000001"))
OTHER = Seed("others", "review", "Other niches", ids=Identifiers(doi="10.5555/stroma.2"))
TOPIC = Topic("stroma", "Stroma", (SEED, OTHER, Seed("text", "text", "Niches of the stroma")))


def notice(relation: Relation, kind: Kind) -> Paper:
    told = (states(relation, pmid="40000001"),)
    return paper(900, title="Notice about an article on stromal niches", kind=kind, links=told)


RETRACTION = notice(Relation.RETRACTION_OF, Kind.RETRACTION)


@pytest.fixture
def followed_archive(archive: Archive) -> Archive:
    with archive.store.writing() as tx:
        followed.save_topic(tx, TOPIC, "ida", "", archive.now)
    return archive


def doubted(archive: Archive, topic: Topic = TOPIC) -> dict[str, str]:
    with archive.store.reading() as tx:
        return seeding.doubted(tx, topic)


@pytest.mark.parametrize("held", [True, False], ids=["held", "only named by the notice"])
def test_a_seed_that_a_notice_retracts_is_doubted(followed_archive: Archive, held: bool) -> None:
    if held:
        followed_archive.take_in(paper(1), paper(2))
    assert doubted(followed_archive) == {}
    followed_archive.take_in(RETRACTION)
    assert doubted(followed_archive) == {"niches": "was retracted"}


@pytest.mark.parametrize(
    ("relation", "kind", "fault"),
    [
        (Relation.CONCERN_FOR, Kind.CONCERN, {"niches": "is under an expression of concern"}),
        (Relation.ERRATUM_FOR, Kind.ERRATUM, {}),
    ],
)
def test_an_editors_concern_is_told_and_a_correction_is_not(
    followed_archive: Archive, relation: Relation, kind: Kind, fault: dict[str, str]
) -> None:
    followed_archive.take_in(notice(relation, kind))
    assert doubted(followed_archive) == fault


def test_a_seed_against_the_topic_may_be_what_it_is(followed_archive: Archive) -> None:
    followed_archive.take_in(RETRACTION)
    assert doubted(followed_archive, replace(TOPIC, seeds=(replace(SEED, sign=-1), OTHER))) == {}


def test_a_retraction_that_a_person_ruled_out_is_none(followed_archive: Archive) -> None:
    followed_archive.take_in(paper(1), RETRACTION)
    work = str(followed_archive.work(40_000_001))
    rulings.rule_out(
        followed_archive.parts, work, Flag.RETRACTED, author="ida", reason="another paper"
    )
    assert doubted(followed_archive) == {}


def test_it_needs_a_person_and_is_an_alarm_until_the_seed_is_gone(
    followed_archive: Archive,
) -> None:
    def read() -> needs.Needs:
        with followed_archive.store.reading() as tx:
            return needs.read(tx, (), NOW)

    assert not read()
    followed_archive.take_in(RETRACTION)
    (alarm,) = alarms(read(), Machine(), (), (), NOW)
    assert (alarm.thing, alarm.cause, alarm.remedy) == (
        'seed "Stromal niches" of topic stroma',
        "was retracted",
        "litwatch topics seed remove stroma niches",
    )
    with followed_archive.store.writing() as tx:
        left = replace(TOPIC, seeds=TOPIC.seeds[1:])
        followed.save_topic(tx, left, "ida", "retracted", followed_archive.now)
    assert not read()
