"""`litwatch index`, over an archive whose vectors come from an encoder without a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.bootstrap import App, evaluation
from service.clock import standing
from service.embedding.works import work_vectors
from service.store import Store
from tests import databases, papers
from tests.command_line import Litwatch
from tests.fakes_encoder import FakeEncoder
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENCODER = FakeEncoder()


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    monkeypatch.setattr(App, "query_encoder", ENCODER)
    monkeypatch.setattr(evaluation, "plain_encoder", lambda _settings: ENCODER)
    for engine in databases.migrated("sqlite", tmp_path):
        yield Archive(Store(engine))


@pytest.fixture
def litwatch(archive: Archive) -> Litwatch:
    url = str(archive.store.engine.url)
    return Litwatch({"database": {"url": url}, "log": {"level": "error"}}, standing(NOW))


def embed(archive: Archive, *numbers: int) -> None:
    archive.take_in(*map(paper, numbers))
    with archive.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(ENCODER.info())
        works = tx.embeddings.missing(encoder_id, 99)
        rows = work_vectors([(title, text) for _, title, text, _ in works], ENCODER.encode)
        saved = [(work[0], work[3], its) for work, its in zip(works, rows, strict=True)]
        tx.embeddings.save(encoder_id, saved)


def test_it_says_what_it_took_in(litwatch: Litwatch, archive: Archive, capsys) -> None:
    embed(archive, 1, 2)
    assert litwatch("index") == 0
    assert "Took in 2 works: 2 works can be found by meaning." in capsys.readouterr().err
    embed(archive, 3)
    assert litwatch("index") == 0
    assert "Took in 1 work: 3 works can be found" in capsys.readouterr().err


def test_it_says_that_nothing_was_new(litwatch: Litwatch, capsys) -> None:
    assert litwatch("index") == 0
    assert "Nothing was new: 0 works can be found by meaning." in capsys.readouterr().err


def test_it_embeds_what_has_no_vector_yet(litwatch: Litwatch, archive: Archive, capsys) -> None:
    embed(archive, 1)
    archive.take_in(paper(2))
    assert litwatch("index") == 0
    assert "Took in 2 works: 2 works can be found by meaning." in capsys.readouterr().err


def test_as_json(litwatch: Litwatch, archive: Archive, capsys) -> None:
    embed(archive, 1, 2)
    assert litwatch("index", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["taken_in"] == 2
    assert told["standing"] == {"works": 2, "behind": 0}
    assert told["encoder"]["name"] == "fake"


def test_without_the_model_it_fails_as_embedding_does(
    litwatch: Litwatch, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.undo()
    litwatch.settings["encoder"] = {"model": "none-that-exists"}
    assert litwatch("index") == 7
    assert "none-that-exists" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(
    litwatch: Litwatch, archive: Archive, tmp_path: Path, capsys
) -> None:
    embed(archive, 1)
    (tmp_path / "file").write_text("")
    litwatch.settings["search"] = {"index_folder": str(tmp_path / "file")}
    assert litwatch("index") == 5
    assert "search.index_folder" in capsys.readouterr().err
