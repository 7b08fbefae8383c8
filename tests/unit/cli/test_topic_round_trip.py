"""A topic that is tuned, exported and imported into a fresh archive ranks as it did."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import pytest

from service import bootstrap
from service.bootstrap.app import App
from service.bootstrap.seed_resolving import FoundSeeds
from service.clock import standing
from service.config import Settings
from service.records import Identifiers, Seed
from tests import databases
from tests.abstracts import ELSEWHERE, FIELD, NEUTROPHILS, at_large, rank, works
from tests.command_line import Litwatch
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.records import RankedWork, Topic

PAPER = Seed(
    "x",
    "paper",
    'Low-density neutrophils "in" α-SMA⁺ stroma \\ \t\x1b[2J',
    authors=("Lind M", " "),
    ids=Identifiers(doi="10.5555/seed", pmid="40000009"),
    abstract="NETs of low-density neutrophils line tumors.\r\n\r\nThey fell under treatment.",
    entities={"Genes": ("PADI4 (NCBI:23569)",), "": ()},
)
AGAINST = Seed("y", "text", "", abstract="Periodontitis of dogs: plaque and gingiva.")
TUNED = (
    ("seed", "add", "neutrophils", "40000009"),
    ("seed", "add", "neutrophils", "dogs", "--weight", "-0.7"),
    ("seed", "weigh", "neutrophils", "40000009", "1.3"),
    ("term", "include", "neutrophils", "low-density neutrophil", "α-SMA⁺"),
    ("term", "exclude", "neutrophils", "sepsis", "canine"),
    ("term", "pin-sense", "neutrophils", "NET", "neutrophil extracellular trap"),
    ("line", "neutrophils", "--precision", "0.83"),
    ("rename", "neutrophils", "Neutrophiles à l’œuvre"),
)
CANDIDATES = [*works(*NEUTROPHILS, ELSEWHERE, FIELD), *at_large(40, first=100)]


def fresh(folder: Path) -> Litwatch:
    """The command line over an archive that has but the shipped topics."""
    folder.mkdir()
    for engine in databases.migrated("sqlite", folder):
        url = str(engine.url)
    settings = {"database": {"url": url}, "log": {"level": "error"}}
    with_topics = bootstrap.build(Settings.model_validate(settings), standing(NOW))
    with_topics.prepare()
    with_topics.close()
    return Litwatch(settings, standing(NOW))


def in_force(litwatch: Litwatch) -> Topic:
    app = bootstrap.build(Settings.model_validate(litwatch.settings), standing(NOW))
    with app.store.reading() as tx:
        found = next(topic for topic in app.topics(tx) if topic.slug == "neutrophils")
    app.close()
    return found


@pytest.fixture
def tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Litwatch:
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    given = {"40000009": PAPER, "dogs": AGAINST}

    def seeds_of(_app: App, told: Sequence[str]) -> FoundSeeds:
        return FoundSeeds(tuple(given[each] for each in told))

    monkeypatch.setattr(App, "seeds_of", seeds_of)
    litwatch = fresh(tmp_path / "tuned")
    for words in TUNED:
        assert litwatch("topics", *words) == 0, words
    return litwatch


def ranking(topic: Topic, *, dense: bool) -> Sequence[RankedWork]:
    return rank(topic, CANDIDATES, dense=dense)


@pytest.mark.parametrize("dense", [True, False], ids=["by-meaning", "by-words"])
def test_a_topic_that_was_exported_and_imported_ranks_the_same(
    tuned: Litwatch, tmp_path: Path, dense: bool
) -> None:
    before = in_force(tuned)
    file = tmp_path / "neutrophils.toml"
    assert tuned("topics", "export", "neutrophils", "--out", str(file)) == 0
    elsewhere = fresh(tmp_path / "fresh")
    untuned = in_force(elsewhere)
    assert elsewhere("topics", "import", str(file)) == 0
    after = in_force(elsewhere)
    assert (after.seeds, after.senses, after.precision) == (before.seeds, before.senses, 0.83)
    expected = ranking(before, dense=dense)
    assert ranking(after, dense=dense) == expected, "same works, scores, reasons"
    assert ranking(untuned, dense=dense) != expected, "or else this could not fail"


def test_an_export_of_what_was_imported_is_the_same_but_for_its_version(
    tuned: Litwatch, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    elsewhere = fresh(tmp_path / "fresh")
    assert tuned("topics", "export", "neutrophils", "--out", str(first)) == 0
    assert elsewhere("topics", "import", str(first)) == 0
    assert elsewhere("topics", "export", "neutrophils", "--out", str(second)) == 0
    text = first.read_bytes().replace(b"version = 9", b"version = 2")
    assert second.read_bytes() == text
