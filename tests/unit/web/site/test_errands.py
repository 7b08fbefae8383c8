"""What goes on behind a page: one of each name, with an end that is always told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from service.errors import InputError
from service.web.site.errands import Errand, Errands
from service.worker.stopping import Stopped
from tests.fakes import FixedClock
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def errands() -> Errands:
    return Errands(FixedClock(NOW).clock)


def _ended(errands: Errands, name: str = "poll") -> Errand:
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(10)
    found = errands.of(name)
    assert found is not None
    assert not found.running
    return found


def test_an_errand_tells_how_far_it_is_and_what_it_came_to(errands: Errands) -> None:
    said, go = threading.Event(), threading.Event()

    def work(say: Callable[[str], None]) -> str:
        say("half")
        said.set()
        assert go.wait(10)
        return "whole"

    assert errands.start("poll", "pubmed", "Ida", work)
    assert said.wait(10)
    assert errands.of("poll") == Errand("pubmed", "Ida", NOW, "half")
    assert not errands.start("poll", "again", "Ada", work)
    assert errands.start("other", "", "Ada", lambda _say: "")
    go.set()
    assert _ended(errands) == Errand("pubmed", "Ida", NOW, "whole", NOW)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (InputError("the window", "is none", "write two days"), "the window: is none"),
        (RuntimeError("secret path /etc"), "a fault of ours"),
        (Stopped(), "Stopped"),
    ],
)
def test_whatever_breaks_it_ends_it(errands: Errands, fault: BaseException, told: str) -> None:
    def work(_say: object) -> str:
        raise fault

    errands.start("poll", "", "Ida", work)
    found = _ended(errands)
    assert found.failed
    assert told in found.told
    assert "/etc" not in found.told
    assert errands.start("poll", "", "Ida", lambda _say: "well")
    assert not _ended(errands).failed
