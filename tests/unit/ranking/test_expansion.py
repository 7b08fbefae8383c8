from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.ranking.concept import by_terms
from service.ranking.expansion import expand
from service.ranking.features import read_pool
from service.records import Candidate
from tests.abstracts import at_large
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.ranking.features import Features

ENCODE = FakeEncoder(256).encode
CORE = ("tumor stroma cell",)
SAID = ("Stellate cells and others of the stroma",)
_HOLDING = (
    "Tumor stroma cell growth and stellate stroma cell growth were seen beside zinc finger number",
    "In the tumor stroma cell layer, a stellate stroma cell binds some zinc finger of",
)


def pool_of(*texts: str, behind: int = 60) -> Features:
    made = [Candidate(at, "", f"{text} {at}.") for at, text in enumerate(texts * 3)]
    return read_pool(made, at_large(behind))


def expanded(
    pool: Features, besides: Sequence[str] = (), said: Sequence[str] = SAID
) -> tuple[str, ...]:
    return expand(CORE, by_terms(CORE, pool), pool, ENCODE, said=said, besides=besides)


def test_what_the_archive_says_beside_the_subject_and_is_near_to_it_is_found() -> None:
    found = expanded(pool_of(*_HOLDING))
    assert "stellate stroma cell" in found
    assert not any("zinc" in term for term in found)  # as often beside it, but of another meaning


def test_a_word_of_the_subject_beside_one_that_the_topic_does_not_know_is_something_else() -> None:
    pool = pool_of(*_HOLDING)
    assert any("stellate" in term for term in expanded(pool))
    assert not any("stellate" in term for term in expanded(pool, said=()))


def test_a_term_without_any_word_of_the_subject_is_another_name_for_it() -> None:
    text = "Stroma layers in tumors, that is cancer associated fibroblasts, were seen in a sample"
    vectors = dict(zip(CORE, ENCODE(CORE), strict=True))

    def alike(texts: Sequence[str]) -> list[NDArray[float32]]:
        """As the fake, but for the name, which means what the subject does."""
        same = {"cancer associated fibroblast": vectors[CORE[0]]}
        return [same.get(each, own) for each, own in zip(texts, ENCODE(texts), strict=True)]

    def found(*texts: str) -> tuple[str, ...]:
        pool = pool_of(*texts, text.replace("layers", "nests"))
        return expand(CORE, by_terms(CORE, pool), pool, alike)

    assert "cancer associated fibroblast" in found(text)
    # Where papers use the topic's own term, what has no word of it is a neighbour.
    assert "cancer associated fibroblast" not in found(text.replace("Stroma", "Tumor stroma cell"))


def test_no_term_is_part_of_another_and_eight_are_enough() -> None:
    many = [f"tumor stroma cell near stroma cell {kind}" for kind in ["abc", "def", "ghi", "jkl"]]
    found = expanded(pool_of(*_HOLDING, *many))
    assert 0 < len(found) <= 8
    sets = [set(term.split()) for term in found]
    assert not any(one < other for one in sets for other in sets)


def test_what_the_core_says_is_not_said_again() -> None:
    assert not {"tumor stroma", "stroma cell", "tumor stroma cell"} & {
        *expanded(pool_of(*_HOLDING))
    }


def test_terms_that_the_topic_sets_beside_its_subject_are_not_taken() -> None:
    pool = pool_of(*_HOLDING)
    for beside in ("stellate stroma cell growth seen", "stellate"):
        assert not any("stellate" in term for term in expanded(pool, [beside]))


def test_a_term_that_is_common_in_the_archive_tells_nothing() -> None:
    everywhere = [f"A stellate stroma cell and item{at}." for at in range(1500)]
    pool = read_pool(
        [Candidate(at, "", text) for at, text in enumerate([*_HOLDING * 3, *everywhere])], []
    )
    assert not any("stellate" in term for term in expanded(pool))


def test_an_encoder_to_which_all_texts_are_more_alike_finds_the_same_terms() -> None:
    def narrow(texts: Sequence[str]) -> list[NDArray[float32]]:
        """Vectors with half of their length in one direction: each cosine c is (c + 1) / 2."""
        made = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in ENCODE(texts))
        return [np.hstack([rows, np.ones((len(rows), 1), rows.dtype)]) for rows in made]

    pool = pool_of(*_HOLDING)
    near = by_terms(CORE, pool)
    assert expand(CORE, near, pool, narrow, said=SAID) == expanded(pool) != ()


@pytest.mark.parametrize("texts", [(), ("",), ("Herons nest in reeds",), (_HOLDING[0][:30],)])
def test_an_archive_that_knows_nothing_adds_nothing(texts: tuple[str, ...]) -> None:
    pool = read_pool([Candidate(1, "", text) for text in texts], at_large(20))
    assert expanded(pool) == ()


def test_without_a_core_nothing_is_found() -> None:
    pool = pool_of(*_HOLDING)
    assert expand((), np.ones(len(pool.works)), pool, ENCODE) == ()


def test_the_same_archive_gives_the_same_terms() -> None:
    assert expanded(pool_of(*_HOLDING)) == expanded(pool_of(*_HOLDING))
