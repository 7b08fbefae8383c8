"""What all tests share: the folder of real payloads, and no network beyond this machine."""

from __future__ import annotations

import gc
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from service.store import engine
from tests import databases

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("litwatch", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=10_000)  # --hypothesis-profile
settings.load_profile("litwatch")


# What is collected stays to the end: looking through it for garbage again and again takes seconds
# each time. So does looking for it as often as a small program needs it.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on there is garbage."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 50, 50)


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A test that sets up logging, as every command does, must not silence the next one."""
    ours, root = logging.getLogger("service"), logging.getLogger()
    before = (ours.level, root.level, list(root.handlers))
    ours.setLevel(logging.NOTSET)
    yield
    logging.captureWarnings(capture=False)
    ours.setLevel(before[0])
    root.setLevel(before[1])
    root.handlers = before[2]


@pytest.fixture(scope="session", autouse=True)
def quick_databases() -> Iterator[None]:
    """Nobody pulls the plug on a test, and to wait for the disk takes longer than most of them; so
    does it to make the same statements anew for each database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "PRAGMAS", (*engine.PRAGMAS, "synchronous=OFF"))
        patch.setattr(engine, "create", databases.warmed)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder that holds captures/, eval/ and seeds/, beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("needs the real payloads in ../shared, which this checkout has not")
    return SHARED


def pytest_make_parametrize_id(val: object) -> str | None:
    """Hostile texts as ASCII: an id with a lone surrogate cannot travel between test processes."""
    return ascii(val)[:80] if isinstance(val, str) and not val.isprintable() else None
