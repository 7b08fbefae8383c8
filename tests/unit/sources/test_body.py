from __future__ import annotations

import gzip
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import FetchRefusedError, NotDataError, TransientError
from service.sources.body import Limits, read_body, refuse_length

SMALL = Limits(size=1000)
MEGABYTE = 1024 * 1024


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_gzip_survives_any_cutting_into_pieces(data: bytes, size: int) -> None:
    assert read_body("x", pieces(gzip.compress(data), size), "gzip", Limits()) == data


def test_a_plain_body_is_joined() -> None:
    assert read_body("x", [b"ab", b"", b"c"], "", Limits()) == b"abc"


def test_two_gzip_members_and_padding_are_one_body() -> None:
    data = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 512
    assert read_body("x", [data], "x-gzip", Limits()) == b"one two"
    assert read_body("x", pieces(data, 1), "gzip", Limits()) == b"one two"


def test_an_empty_body_may_claim_to_be_gzip() -> None:
    assert read_body("x", [], "gzip", Limits()) == b""


def test_a_body_larger_than_one_piece_comes_whole() -> None:
    data = random.Random(1).randbytes(2 * MEGABYTE)
    assert read_body("x", [gzip.compress(data)], "gzip", Limits()) == data


def test_cut_off_gzip_is_transient() -> None:
    with pytest.raises(TransientError, match="breaks off"):
        read_body("x", [gzip.compress(b"a" * 3000)[:-6]], "gzip", Limits())


def test_damaged_gzip_is_transient() -> None:
    with pytest.raises(TransientError, match="damaged"):
        read_body("x", [b"not gzip at all"], "gzip", Limits())


def test_a_plain_body_over_the_limit_is_refused_before_it_ends() -> None:
    taken = []

    def chunks():
        for _ in range(1000):
            taken.append(1)
            yield b"x" * 100

    with pytest.raises(FetchRefusedError, match="larger than 1,000 bytes"):
        read_body("x", chunks(), "", SMALL)
    assert len(taken) == 11


def test_an_inflated_body_over_the_limit_is_refused() -> None:
    with pytest.raises(FetchRefusedError, match="larger"):
        read_body("x", [gzip.compress(b"y" * 2000)], "gzip", SMALL)


def test_many_empty_gzip_members_are_refused_by_what_came_over_the_wire() -> None:
    with pytest.raises(FetchRefusedError, match="larger"):
        read_body("x", [gzip.compress(b"")] * 100, "gzip", SMALL)


def test_a_bomb_is_refused_by_its_ratio() -> None:
    bomb = gzip.compress(b"\0" * (16 * MEGABYTE), 9)
    with pytest.raises(FetchRefusedError, match="200 times"):
        read_body("x", [bomb], "gzip", Limits())


def test_a_bomb_does_not_fill_the_memory() -> None:
    """F8: a cap after inflation lets one chunk of the wire grow without bound."""
    bomb = gzip.compress(b"\0" * (128 * MEGABYTE), 9)
    limits = Limits(size=4 * MEGABYTE, ratio=10**9)
    tracemalloc.start()
    try:
        with pytest.raises(FetchRefusedError):
            read_body("x", [bomb], "gzip", limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MEGABYTE


def test_ordinary_compression_is_not_a_bomb() -> None:
    data = b"".join(b"<PubmedArticle><PMID>%d</PMID></PubmedArticle>" % n for n in range(60_000))
    assert len(data) > 2 * MEGABYTE
    assert read_body("x", [gzip.compress(data, 9)], "gzip", Limits()) == data


def test_an_encoding_that_was_not_asked_for_is_no_data() -> None:
    with pytest.raises(NotDataError, match="'br'"):
        read_body("x", [b"abc"], "br", Limits())


@pytest.mark.parametrize("stated", ["1001", " 9999 ", "9" * 5000])
def test_a_stated_length_over_the_limit_is_refused_at_once(stated: str) -> None:
    with pytest.raises(FetchRefusedError):
        refuse_length("x", stated, SMALL)


@pytest.mark.parametrize("stated", [None, "", "1000", "-1", "many", "²"])
def test_other_stated_lengths_are_left_to_the_reading(stated: str | None) -> None:
    refuse_length("x", stated, SMALL)
