from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.records import EncoderInfo
from tests.bench import growth, growth_archive, weekly
from tests.bench.search_reading import NOW
from tests.bench.stage_times import Spent, Told, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

INFO = EncoderInfo("bench", "1", "1", 8, "float32")


def rung(times: float) -> dict[str, Told]:
    """A size at which searching takes so many times as long, and all else what it always does."""
    took = Spent(1.0, 0.5)
    answers = {mode: [0.01 * times, 0.02, 0.004 * times] for mode in ("lexical", "hybrid")}
    return {
        "index": Told({growth.INDEX: took}, 100, {}),
        "intake": Told({growth.INTAKE: took, growth.EMBED: took, growth.LOOK: took}, 200, {}),
        "rank": Told({growth.RANK: took, "draft": took * 3, "rank again": took}, 300, {}),
        "search": Told({growth.INDEX: took}, 400, answers),
        "make": Told({"make": took}, 500, {"size": 1_234}),
    }


def test_growth_is_told_as_an_exponent() -> None:
    assert growth.exponent((10, 1.0), (1_000, 1.0)) == 0
    assert growth.exponent((10, 1.0), (1_000, 100.0)) == pytest.approx(1)
    assert growth.exponent((100, 2.0), (10_000, 20.0)) == pytest.approx(0.5)


def test_the_table_shows_what_grew_and_what_did_not() -> None:
    told = growth.report({10_000: rung(1), 1_000_000: rung(10)})
    *_, last = [line for line in told.splitlines() if line.startswith("| grows as")]
    cells = [cell.strip() for cell in last.strip("|").split("|")]
    assert cells[1:] == ["works^0.00"] * 4 + ["works^0.50"] * 2


def test_one_size_alone_tells_no_growth() -> None:
    told = growth.report({10_000: rung(1)})
    assert "grows as" not in told.replace("The last row", "")
    assert "2.0 (1.0)" in told  # the digest, without the ranking in it
    assert "not run" in told


def test_drawn_vectors_are_unit_rows_that_stand_near_each_other() -> None:
    short, long = growth.Drawn(INFO).encode(["a", "b" * 2_000])
    assert (short.shape, long.shape) == ((1, 8), (2, 8))
    assert np.linalg.norm(np.concatenate([short, long]), axis=1) == pytest.approx(1)
    assert (long[0] @ long[1]) > 0


def test_the_record_of_a_made_work_says_what_the_work_does() -> None:
    work = {
        "id": 7,
        "title": "A title",
        "abstract": "An abstract.",
        "authors": ["Ahmed A", "Berger B"],
        "doi": "10.5555/made.7",
        "published": "2026-01-02",
        "first_seen_at": NOW,
    }
    made = growth_archive.record(work)
    assert (made["work_id"], made["source_id"], made["first_seen_at"]) == (7, "10.5555/made.7", NOW)


class FakeEncoder:
    def __init__(self) -> None:
        self.calls: list[int] = []

    def info(self) -> EncoderInfo:
        return INFO

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        self.calls.append(len(texts))
        return [np.full((1, 8), len(text), dtype=np.float32) for text in texts]


def test_of_pairs_of_calls_one_in_so_many_is_carried_out() -> None:
    fake, watch = FakeEncoder(), Watch()
    some = weekly.Some(fake, 3, watch)
    for size in (5, 4, 5, 4, 5, 4, 3, 2):  # texts and their titles, four times
        assert len(some.encode(["text"] * size)) == size
    assert fake.calls == [5, 4, 3, 2]
    assert (some.texts, some.encoded) == (32, 14)
    assert list(watch.spent) == [weekly.ENCODE]


def test_every_call_is_carried_out_unless_asked_otherwise() -> None:
    fake = FakeEncoder()
    some = weekly.Some(fake, 1, Watch())
    assert [row.tolist() for row in some.encode(["ab"])] == [[[2.0] * 8]]
    some.encode(["a"])
    some.encode(["abc"])
    assert fake.calls == [1, 1, 1]
    assert some.texts == some.encoded
