"""A Chromium on the site over an archive with some of everything.

Tests that use these are marked `browser`, and are skipped, saying why, where there is none.
"""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests import furnished
from tests.browser import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser

    from service.bootstrap import App
    from tests.browser.serving import Look


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The settings of an archive that was made once; each module works on a copy of it."""
    with furnished.archive(tmp_path_factory.mktemp("made")) as settings:
        yield settings


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ends with its module: while it lives, no other test could run an event loop."""
    for module in ("playwright", "axe_playwright_python"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs the package {module}")
    if serving.executable() is None:
        pytest.skip("needs chromium, chromium-browser or google-chrome on the PATH")
    with serving.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def app(made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app behind the site; what a module changes is its own."""
    with furnished.opened(made, tmp_path_factory.mktemp("copy")) as opened:
        yield opened


@pytest.fixture(scope="module")
def origin(chromium: Browser, app: App) -> Iterator[str]:
    """Where the site is served."""
    with serving.serving(app) as address:
        yield address


@pytest.fixture
def looking(chromium: Browser, origin: str) -> Callable[..., AbstractContextManager[Look]]:
    """Opens a window on the site: `with looking(scheme="dark", width=360) as look`."""
    return partial(serving.looking, chromium, origin)


@pytest.fixture
def look(looking: Callable[..., AbstractContextManager[Look]]) -> Iterator[Look]:
    """A window on the site, light and wide."""
    with looking() as window:
        yield window
