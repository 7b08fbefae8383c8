from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from service.ranking.features import read_pool
from service.ranking.reading import Reader
from service.topics.sentences import split_sentences
from tests.abstracts import NEUTROPHILS, at_large, works

if TYPE_CHECKING:
    import pytest

    from service.ranking.features import Features

SHORT = ("Traps of NETs", "NETs grow. They were seen with octreotide.")


def pool() -> Features:
    return read_pool(works(*NEUTROPHILS, SHORT), at_large(30))


def told(reader: Reader, row: int, known: dict[str, str | None] | None = None) -> list[list[str]]:
    """The words of each part that is read, in the pool's spelling."""
    reading = reader.read(row, known or {})
    names = [*reader.pool.seen.columns, "?"]  # of what the pool has nowhere
    return [[names[column] for column in part] for part in reading.columns]


def test_a_work_is_read_title_first_and_then_by_sentences() -> None:
    reader = Reader(pool(), split_sentences)
    reading = reader.read(0, {})
    assert list(reading.sentences) == split_sentences(NEUTROPHILS[0][1])
    assert len(reading.columns) == 1 + len(reading.sentences)
    assert told(reader, 0)[0][:3] == ["tumor", "associated", "neutrophil"]


def test_a_short_form_that_the_text_defines_counts_in_full_and_stands_as_it_is_written() -> None:
    reader = Reader(pool(), split_sentences)
    assert told(reader, 0)[2][:3] == ["tumor", "associated", "neutrophil"]
    assert "TANs" in reader.read(0, {}).words


def test_a_short_form_that_only_the_topic_explains_counts_as_it_says() -> None:
    reader, row = Reader(pool(), split_sentences), len(NEUTROPHILS)
    assert told(reader, row)[1] == ["NET", "grow"]
    assert told(reader, row, {"NET": "neuroendocrine tumor"})[1] == [
        "?",
        "tumor",
        "grow",
    ]
    assert told(reader, row, {"NET": None})[1] == ["grow"]
    assert told(reader, row)[1] == ["NET", "grow"]


def test_all_of_a_text_is_read_each_word_once_in_order() -> None:
    reading = Reader(pool(), split_sentences).read(len(NEUTROPHILS), {})
    assert " ".join(reading.words) == "Traps of NETs grow They were seen with octreotide"


def test_a_work_is_cut_once_for_all_topics_as_long_as_few_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut: list[str] = []

    def counted(text: str) -> list[str]:
        cut.append(text)
        return split_sentences(text)

    monkeypatch.setattr("service.ranking.reading._KEPT", 2)
    reader = Reader(pool(), counted)
    again = [reader.read(row, {}) for row in (0, 1, 2, 0, 1, 2)]
    assert again[:3] == again[3:]
    abstracts = [abstract for _, abstract in NEUTROPHILS]
    assert cut == list(chain(abstracts, abstracts[2:]))
