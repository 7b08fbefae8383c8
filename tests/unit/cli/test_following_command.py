"""`litwatch topics author`, and what `topics show` tells of citations."""

from __future__ import annotations

import getpass
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service import tuning
from service.clock import standing
from service.records import Citation, FollowedAuthor, Identifiers, Seed, Topic
from service.store import Store
from tests import databases
from tests.command_line import Litwatch
from tests.papers import NOW, Archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORCID = "0000-0002-1825-0097"
REVIEW = Seed("r", "review", "Stroma in motion", ids=Identifiers(pmid="41000000"))
TOPIC = Topic("stroma", "Stromal cells", (REVIEW,))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    for engine in databases.migrated("sqlite", tmp_path):
        made = Archive(Store(engine))
        tuning.save(made.parts, TOPIC, author="Bo", reason="begun")
        yield made


@pytest.fixture
def litwatch(archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Litwatch:
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    monkeypatch.chdir(tmp_path)
    settings = {"database": {"url": str(archive.store.engine.url)}, "log": {"level": "error"}}
    return Litwatch(settings, standing(NOW + timedelta(days=1)))


def followed(archive: Archive) -> tuple[FollowedAuthor, ...]:
    (version, *_) = tuning.versions(archive.parts, "stroma")
    assert version.topic is not None
    return version.topic.authors


def test_an_author_is_followed_and_no_longer(
    litwatch: Litwatch, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    add = ("topics", "author", "add", "stroma")
    assert litwatch(*add, "Okafor C", "--affiliation", "Heidelberg") == 0
    assert "added followed author “Okafor C”: Heidelberg" in capsys.readouterr().err
    assert litwatch(*add, f"https://orcid.org/{ORCID}") == 0
    okafor = FollowedAuthor("Okafor C", "", "Heidelberg")
    assert followed(archive) == (okafor, FollowedAuthor(ORCID, ORCID))
    assert litwatch("topics", "author", "remove", "stroma", "okafor c", ORCID) == 0
    assert followed(archive) == ()
    assert litwatch("topics", "undo", "stroma") == 0
    assert len(followed(archive)) == 2


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("add", "stroma", "Okafor C"), "give an ORCID, or a part of the affiliation"),
        (("add", "stroma", "Okafor", "--orcid", "0000-0002-1825-0098"), "copy it from orcid.org"),
        (("remove", "stroma", "Okafor"), "there are none"),
    ],
)
def test_what_cannot_be_done_says_what_would_help(
    litwatch: Litwatch,
    archive: Archive,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    remedy: str,
) -> None:
    assert litwatch("topics", "author", *words) == 2
    assert remedy in " ".join(capsys.readouterr().err.split())
    assert followed(archive) == ()


def test_a_topic_shows_who_cites_it_and_who_is_followed(
    litwatch: Litwatch, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("topics", "author", "add", "stroma", "Okafor C", "--affiliation", "Heidelberg")
    (okafor,) = followed(archive)
    told = [Citation("pmid:41000000", f"pmid:{n}", "PubMed") for n in range(3)]
    with archive.store.writing() as tx:
        tx.citations.save([*told, Citation(okafor.key, "pmid:9", "PubMed")], NOW)
    capsys.readouterr()
    assert litwatch("topics", "show", "stroma") == 0
    out = capsys.readouterr().out
    assert "cited by 3 papers that are known" in out
    assert "Followed: Okafor C (Heidelberg)\n  papers known: 1\n" in out
    assert litwatch("topics", "show", "stroma", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["citations"] == {"pmid:41000000": 3, okafor.key: 1}
    assert found["topic"]["authors"][0]["name"] == "Okafor C"
