"""What evaluation is made of: files read, rankers chosen, papers embedded, or left as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.bootstrap.evaluation import (
    bench,
    chosen_contenders,
    contenders,
    plain_encoder,
    read_listed,
)
from service.bootstrap.vectors import KeptEncoder
from service.config import Settings
from service.embedding.works import work_vectors
from service.errors import EncoderError, InputError
from tests.fakes_encoder import FakeEncoder
from tests.labelled import listed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from service.records import EncoderInfo


class Missing(FakeEncoder):
    def info(self) -> EncoderInfo:
        raise EncoderError("model x", "is not there", "install it")


def silent(name: str, total: int) -> Callable[[int], None]:
    return lambda done: None


def test_all_rankers_are_chosen_unless_some_are_named() -> None:
    assert [each.name for each in chosen_contenders("")] == list(contenders())
    named = chosen_contenders(" zotero-arxiv-daily, bm25,,bm25 ")
    assert [each.name for each in named] == ["zotero-arxiv-daily", "bm25"]


def test_an_unknown_ranker_is_refused_with_those_known() -> None:
    with pytest.raises(InputError, match="bm26") as caught:
        chosen_contenders("bm25,bm26")
    assert all(name in caught.value.remedy for name in contenders())


def test_markup_in_texts_is_made_plain_and_comparisons_stay(tmp_path: Path) -> None:
    row = {
        "title": "IFN-<i>&gamma;</i>",
        "abstract": "<p>P &lt; 0.05, <5 mm</p><p>CO<sub>2</sub></p>",
    }
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(row))
    paper = read_listed(file)[0]
    assert paper.title == "IFN-γ"
    assert paper.abstract == "P < 0.05, <5 mm CO2"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_listed(tmp_path / "none.jsonl")


def test_papers_and_background_are_embedded_where_a_ranker_needs_it() -> None:
    told: list[tuple[str, int]] = []
    done: list[int] = []

    def embedding(name: str, total: int) -> Callable[[int], None]:
        told.append((name, total))
        return done.append

    encoder = FakeEncoder()
    found = bench(
        chosen_contenders("bm25,max-cosine"), [("a", listed())], listed(2, 3), encoder, embedding
    )
    assert all(each.vectors is not None for each in (*found.corpora[0].papers, *found.background))
    assert found.encoder == encoder.info()
    assert (told, sum(done)) == ([("a", 60), ("background", 5)], 65)


def test_vectors_belong_to_their_papers() -> None:
    found = bench(chosen_contenders("max-cosine"), [("a", listed())], [], FakeEncoder(), silent)
    for paper in found.corpora[0].papers[:5]:
        [alone] = work_vectors([(paper.title, paper.abstract)], FakeEncoder().encode)
        assert paper.vectors is not None
        assert paper.vectors == pytest.approx(alone)


def test_nothing_is_embedded_for_rankers_of_words() -> None:
    encoder = Missing()
    found = bench(chosen_contenders("bm25,tfidf-mean"), [("a", listed())], [], encoder, silent)
    assert encoder.calls == 0
    assert (found.encoder, found.missing, found.left_out) == (None, None, ())


def test_without_the_model_the_rankers_of_vectors_are_left_out() -> None:
    wanted = chosen_contenders("max-cosine,bm25,rrf-fusion")
    found = bench(wanted, [("a", listed())], [], Missing(), silent)
    assert [each.name for each in found.contenders] == ["bm25"]
    assert found.left_out == ("max-cosine", "rrf-fusion")
    assert "is not there" in str(found.missing)


def test_without_the_model_and_nothing_else_to_measure_it_fails() -> None:
    with pytest.raises(EncoderError, match="is not there"):
        bench(chosen_contenders("max-cosine"), [("a", listed())], [], Missing(), silent)


def test_the_encoder_is_that_of_the_settings_and_is_not_loaded_yet(tmp_path: Path) -> None:
    settings = Settings.model_validate({"encoder": {"model": "none-that-exists"}})
    kept = plain_encoder(settings, tmp_path)
    assert isinstance(kept, KeptEncoder)
    for encoder in (kept, plain_encoder(settings)):
        with pytest.raises(EncoderError, match="none-that-exists"):
            encoder.info()
