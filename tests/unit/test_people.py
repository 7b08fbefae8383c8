"""Who is behind the names that votes come under."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service import people, pipeline, voting
from service.errors import InputError
from service.people import Person
from service.records import Judgement
from service.store import Store
from service.voting import Ballot
from tests import databases, papers
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Works 1 and 2, two topics, and no votes."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        filled = Archive(Store(engine))
        filled.take_in(paper(1), paper(2))
        with filled.store.writing() as tx:
            for slug in ("stroma", "neutrophils"):
                tx.topics.save(slug, "document", "Ida", "first", NOW)
        yield filled


def _cast(archive: Archive, *ballots: Ballot, topic: str = "stroma") -> list[bool]:
    counted = voting.cast(archive.parts, topic, ballots, voter="Ida", via="web")
    return [each.changed for each in counted]


def _link(archive: Archive, alias: str, person: str) -> str:
    return people.link(archive.parts, alias, person, author="Rei")


def test_everybody_is_listed_with_their_names_and_votes(archive: Archive) -> None:
    _cast(archive, Ballot("1", RELEVANT), Ballot("2", RELEVANT, voter="mail:i"))
    _cast(archive, Ballot("1", AGAINST, voter="mail:i"), Ballot("1", RELEVANT, voter="Rei"))
    _link(archive, "mail:i", "Ida")
    _link(archive, "slack:U9", "Chidi")
    assert people.people(archive.parts) == [
        Person("Chidi", ("slack:U9",), 0),
        Person("Ida", ("mail:i",), 2),
        Person("Rei", (), 1),
    ]


def test_who_took_back_every_vote_is_listed_still(archive: Archive) -> None:
    _cast(archive, Ballot("1", RELEVANT))
    _cast(archive, Ballot("1", Judgement.WITHDRAWN))
    assert people.people(archive.parts) == [Person("Ida", (), 0)]


def test_names_are_tidied_as_those_of_votes_are(archive: Archive) -> None:
    assert _link(archive, " mail:i\x1b ", "Ida   Berg") == "Ida Berg"
    assert people.unlink(archive.parts, "mail:i ") == "Ida Berg"
    with pytest.raises(InputError, match="has no name"):
        _link(archive, "mail:i", " ")


def test_a_person_who_contradicts_themselves_in_one_file_is_refused(archive: Archive) -> None:
    _link(archive, "mail:i", "Ida")
    with pytest.raises(InputError, match="was relevant before"):
        _cast(archive, Ballot("1", RELEVANT), Ballot("1", AGAINST, voter="mail:i"))
    assert _cast(archive, Ballot("1", RELEVANT), Ballot("1", RELEVANT, voter="mail:i")) == [
        True,
        False,
    ]


def test_two_names_of_one_reader_are_one_voice_for_the_ranking(archive: Archive) -> None:
    ballots = [Ballot("1", RELEVANT, voter=voter) for voter in ("mail:i", "Ida")]
    _cast(archive, *ballots, Ballot("1", AGAINST, voter="Rei"))
    with archive.store.reading() as tx:
        assert [each.weight for each in voting.evidence(tx, "stroma", None)] == [1.0]
    _link(archive, "mail:i", "Ida")
    with archive.store.reading() as tx:
        assert voting.evidence(tx, "stroma", None) == [], "one says this, one says that"


def test_ballots_of_several_topics_are_taken_at_once_or_not_at_all(archive: Archive) -> None:
    from service.errors import TopicError

    first = Ballot("1", RELEVANT, topic="neutrophils")
    with pytest.raises(TopicError):
        _cast(archive, first, Ballot("1", RELEVANT, topic="none"))
    assert people.people(archive.parts) == []
    assert _cast(archive, first, Ballot("1", AGAINST)) == [True, True]
    with archive.store.reading() as tx:
        told = [(vote.topic, vote.judgement) for vote in tx.votes.current()]
    assert told == [("neutrophils", RELEVANT), ("stroma", AGAINST)]
