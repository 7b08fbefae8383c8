"""Every page of the site in a real browser: for everybody, quiet, small, and in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests import furnished
from tests.browser.serving import SCHEMES, WIDTHS, paths
from tests.site_visits import address

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from service.bootstrap import App
    from tests.browser.serving import Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LARGEST = 200_000  # bytes
# In every run some pages once, on a phone; the rest of what is here in `make browser`.
WAYS = [
    pytest.param(
        scheme,
        width,
        marks=() if (scheme, width) == ("light", 360) else pytest.mark.exhaustive,
        id=f"{scheme}-{width}",
    )
    for width in WIDTHS
    for scheme in SCHEMES
]
SOME = [
    pytest.param(path, marks=() if number % 4 == 0 else pytest.mark.exhaustive)
    for number, path in enumerate(paths())
]


def faults(page: Page) -> str:
    """What axe finds wrong with a page, and where."""
    from axe_playwright_python.sync_playwright import Axe

    options = {
        "runOnly": {"type": "tag", "values": _WCAG},
        "resultTypes": ["violations"],
        "iframes": False,
    }
    found = Axe().run(page, options=options)
    return "\n".join(
        f"{each['id']} ({each['impact']}): {each['help']}: {node['target']} {node['html'][:160]}"
        for each in found.response["violations"]
        for node in each["nodes"][:4]
    )  # fmt: skip


def well(look: Look) -> None:
    """Nothing strayed, nothing complained, and the page is not wider than its window."""
    assert look.strayed == [], "no request leaves this machine"
    assert look.said == []
    root = "document.documentElement"
    wide = look.page.evaluate(f"[{root}.scrollWidth, {root}.clientWidth]")
    assert wide[0] <= wide[1], f"scrolls sideways: {widest(look.page)}"


def widest(page: Page) -> Any:
    """The elements that stick out of the window."""
    return page.evaluate(
        """() => [...document.querySelectorAll("main *, header *")]
            .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map((each) => each.outerHTML.slice(0, 120))"""
    )


@pytest.mark.parametrize(("scheme", "width"), WAYS)
@pytest.mark.parametrize("path", SOME)
def test_every_page_is_for_everybody(
    looking: Callable[..., Any], app: App, path: str, scheme: str, width: int
) -> None:
    """WCAG 2.2 AA, as far as axe can tell; in both colours, on a phone and on a desk."""
    with looking(scheme=scheme, width=width) as look:
        assert look.go(address(path, furnished.samples(app))) == 200
        assert faults(look.page) == ""
        well(look)
        assert look.size < _LARGEST


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", paths())
def test_every_page_can_be_read_without_scripts(
    looking: Callable[..., Any], app: App, path: str
) -> None:
    with looking(java_script_enabled=False, width=360) as look:
        assert look.go(address(path, furnished.samples(app))) == 200
        assert look.page.locator("main").inner_text().strip()
        assert look.page.locator("h1").count() == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", paths())
def test_every_page_can_be_reached_through_with_the_keyboard(
    look: Look, app: App, path: str
) -> None:
    """The first stop leads past the navigation; whatever has the focus shows it."""
    look.go(address(path, furnished.samples(app)))
    if look.page.evaluate("document.activeElement === document.body"):  # else a field asked for it
        look.page.keyboard.press("Tab")
        first = look.page.evaluate("document.activeElement.getAttribute('href')")
        assert first == "#main"
    for _ in range(12):
        look.page.keyboard.press("Tab")
        shown = look.page.evaluate(
            """() => { const at = document.activeElement, style = getComputedStyle(at);
                return at === document.body || style.outlineStyle !== "none"
                    || style.boxShadow !== "none" || at.tagName === "IFRAME"; }"""
        )
        assert shown, look.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


@pytest.mark.parametrize("path", ["/nowhere", "/works/999999", "/topics/none", "/login"])
@pytest.mark.exhaustive
@pytest.mark.parametrize("scheme", SCHEMES)
def test_errors_are_pages_too(looking: Callable[..., Any], path: str, scheme: str) -> None:
    with looking(scheme=scheme, width=360) as look:
        look.go(path)
        assert faults(look.page) == ""
        look.said = [each for each in look.said if "404" not in each]  # the browser's own word
        well(look)


@pytest.mark.exhaustive
@pytest.mark.parametrize("at", range(11))
def test_what_is_hard_to_show_is_shown_well(looking: Callable[..., Any], app: App, at: int) -> None:
    """Very long, Greek, right to left, retracted, without an abstract, with markup in its title."""
    if "/works/{" not in "".join(paths()):
        pytest.skip("there is no page of a work yet")
    number = furnished.hard_to_show(app)[at]
    with looking(width=360) as look:
        assert look.go(f"/works/{number}") == 200
        assert faults(look.page) == ""
        well(look)
        assert look.size < _LARGEST
