from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service.ranking.listed import ListedPaper
from service.records import Candidate, Seed, Topic
from tests.bench import peers_cycle
from tests.bench.peers_cycle import BLOCK, ENCODE, FIT, LEARN, SCORE, Plain
from tests.bench.stage_times import Spent, Watch
from tests.bench.weekly_topics import Followed

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = ("matrix", "stroma", "vessel", "neutrophil", "chromatin", "fibroblast", "antigen", "liver")


class FakeModel:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str], **_options: Any) -> Any:
        self.seen += texts
        rows = np.array([[len(text), 1.0] for text in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> FakeModel:
    fake = FakeModel()
    monkeypatch.setattr(peers_cycle, "load", lambda _folder: fake)
    return fake


def work(number: int) -> Candidate:
    text = " ".join(WORDS[(number + step) % 8] for step in range(1 + number % 5))
    return Candidate(number, text, f"About {text} and {number} other things.")


def followed(name: str) -> Followed:
    seeds = (Seed("p", "paper", f"The {name} of mice", abstract=f"On {name} in disease."),)
    library = [ListedPaper("1", name, f"A paper about {name}."), ListedPaper("2", name, "")]
    return Followed(Topic(name, name, seeds), library)


def test_all_texts_are_encoded_unless_asked_otherwise(model: FakeModel) -> None:
    plain, texts = Plain(), [f"text {number}" for number in range(BLOCK + 3)]
    assert plain.encode(texts, Watch()).shape == (BLOCK + 3, 2)
    assert model.seen == texts
    assert (plain.texts, plain.encoded) == (BLOCK + 3, BLOCK + 3)


def test_one_block_of_some_stands_for_the_others(model: FakeModel) -> None:
    plain, watch = Plain(every=3), Watch()
    rows = plain.encode(["text"] * (4 * BLOCK), watch)
    assert rows.shape == (4 * BLOCK, 2)
    assert (plain.texts, plain.encoded) == (4 * BLOCK, 2 * BLOCK)
    assert len(model.seen) == 2 * BLOCK
    assert list(watch.spent) == [ENCODE]


def test_what_a_part_took_stands_for_the_whole() -> None:
    assert peers_cycle.whole(Spent(2, 3), 10, 40) == Spent(8, 12)
    assert peers_cycle.whole(Spent(2, 3), 0, 40) == Spent()


def test_zotero_arxiv_daily_encodes_the_whole_library_and_abstracts_alone(
    model: FakeModel,
) -> None:
    watch = Watch()
    works = [work(number) for number in range(4)]
    peers_cycle.zotero(works, [followed("stroma"), followed("vessels")], Plain(), watch)
    assert model.seen[:4] == [
        "A paper about stroma.",
        "stroma",
        "A paper about vessels.",
        "vessels",
    ]
    assert model.seen[4:] == [each.abstract for each in works]
    assert set(watch.spent) == {ENCODE, SCORE}


def test_arxiv_sanity_lite_learns_from_everything_it_holds() -> None:
    watch = Watch()
    works = [work(number) for number in range(60)]
    assert peers_cycle.sanity(works, [followed("stroma"), followed("antigen")], watch) == 62
    assert set(watch.spent) == {FIT, LEARN}
