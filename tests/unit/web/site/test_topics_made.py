"""What takes long is made beside the pages, once for all that it hangs on."""

from __future__ import annotations

import threading
import time

import pytest

from service.errors import EncoderError
from service.web.site.errands import Errands
from service.web.site.topics.made import Beside, Made
from tests.fakes import FixedClock
from tests.papers import NOW


@pytest.fixture
def beside() -> Beside[str]:
    return Beside(Errands(FixedClock(NOW).clock), "map")


def settled(beside: Beside[str], state: object, make: object) -> Made[str]:
    """What there is once nothing is being made any more."""
    for _ in range(500):
        made = beside.of("stroma", state, "Ida", make)  # type: ignore[arg-type]
        if not made.coming:
            return made
        time.sleep(0.01)
    pytest.fail("it was never made")


def test_a_page_never_waits(beside: Beside[str]) -> None:
    go = threading.Event()

    def slow() -> str:
        go.wait(10)
        return "made"

    assert beside.of("stroma", 1, "Ida", slow) == (None, True, "")
    assert beside.of("stroma", 1, "Bo", slow) == (None, True, "")
    go.set()
    assert settled(beside, 1, slow) == ("made", False, "")


def test_it_is_made_again_only_where_something_is_other(beside: Beside[str]) -> None:
    made: list[int] = []

    def make() -> str:
        made.append(1)
        return f"number {len(made)}"

    assert settled(beside, "first", make).value == "number 1"
    assert settled(beside, "first", make).value == "number 1"
    assert settled(beside, "second", make).value == "number 2"
    assert beside.of("neutrophils", "second", "Ida", make).value in {None, "number 3"}
    assert settled(beside, "second", make).value == "number 2", "each topic has its own"


def test_the_last_stands_while_a_newer_is_made(beside: Beside[str]) -> None:
    settled(beside, 1, lambda: "old")
    go = threading.Event()
    found = beside.of("stroma", 2, "Ida", lambda: "new" if go.wait(10) else "")
    assert (found.value, found.coming) == ("old", True)
    go.set()
    assert settled(beside, 2, lambda: "never").value == "new"


def test_what_fails_is_told_and_not_tried_again_until_something_is_other(
    beside: Beside[str],
) -> None:
    tries: list[int] = []

    def broken() -> str:
        tries.append(1)
        raise EncoderError("the model", "is on fire", "wait")

    settled(beside, 1, broken)
    assert "is on fire" in settled(beside, 1, broken).fault
    assert len(tries) == 1
    assert settled(beside, 2, lambda: "made") == ("made", False, "")
