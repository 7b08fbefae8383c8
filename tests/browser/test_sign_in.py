"""Coming in, and being kept out, as a real browser does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service import tokens
from service.records.tokens import Scope, Token
from tests.browser import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from service.bootstrap import App
    from tests.browser.serving import Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def secret(app: App) -> str:
    """A token for Ida's group."""
    made = tokens.fresh()
    with app.store.writing() as tx:
        tx.tokens.add(Token("lab", tokens.hashed(made), Scope.VOTE, app.clock.now()))
    return made


@pytest.fixture
def elsewhere(chromium: Browser, app: App) -> Iterator[Look]:
    """A window on the site as other machines reach it."""
    with (
        serving.serving(app, at_home=False) as origin,
        serving.looking(chromium, origin) as window,
    ):
        yield window


def sign_in(look: Look, secret: str, name: str = "Ida Berg") -> None:
    look.page.get_by_label("Your name").fill(name)
    look.page.get_by_label("Token").fill(secret)
    look.page.get_by_role("button", name="Sign in").click()


def test_one_comes_in_with_a_token_and_leaves(elsewhere: Look, secret: str) -> None:
    look, page = elsewhere, elsewhere.page
    look.go("/you?from=a-link")
    assert page.url.endswith("/login?next=/you%3Ffrom%3Da-link")
    sign_in(look, "lw_not-a-token")
    assert "is not known here" in page.get_by_role("alert").inner_text()
    look.said.clear()  # the browser's own word on 401
    sign_in(look, secret)
    page.wait_for_url("**/you?from=a-link")
    assert page.get_by_role("heading", level=1).inner_text() == "Ida Berg"
    page.get_by_label("Your votes are counted under").fill("Ida")
    page.get_by_role("button", name="Change").first.click()
    page.get_by_text("You are Ida from now on.").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("You are signed out.").wait_for()
    look.go("/you")
    assert "/login" in page.url
    assert (look.said, look.strayed) == ([], [])


def test_scripts_cannot_read_the_session(elsewhere: Look, secret: str) -> None:
    elsewhere.go("/login?next=/you")
    sign_in(elsewhere, secret)
    elsewhere.page.wait_for_url("**/you")
    assert elsewhere.page.evaluate("document.cookie") == ""


def test_the_appearance_is_chosen_and_stays(look: Look) -> None:
    look.go("/you")
    look.page.get_by_role("combobox", name="Appearance").select_option("dark")
    with look.page.expect_navigation():
        look.page.locator("form[action='/you/theme'] button").click()
    assert look.page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    look.go("/sources")
    assert look.page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("base", ["about:blank", "http://localhost:9/elsewhere"])
def test_a_form_on_a_page_of_another_site_changes_nothing(look: Look, base: str) -> None:
    """In the very browser in which the site is open, at the machine where none need sign in."""
    look.go("/you")
    other = look.page.context.new_page()
    other.route("**/elsewhere", lambda asked: asked.fulfill(body="<p>", content_type="text/html"))
    other.goto(base)
    with other.expect_response("**/you/theme") as answer:
        other.evaluate(
            """(address) => { document.body.innerHTML =
                `<form method="post" action="${address}"><input name="theme" value="dark"></form>`;
                document.querySelector("form").submit(); }""",
            f"{look.origin}/you/theme",
        )
    assert answer.value.status == 403
    look.go("/you")
    assert look.page.evaluate("document.documentElement.dataset.theme") == "system"


def test_a_frame_of_another_site_shows_nothing(look: Look) -> None:
    """Nobody's click is led astray."""
    other = look.page.context.new_page()
    with other.expect_response("**/you**") as answer:
        other.set_content(f'<iframe src="{look.origin}/you"></iframe>')
    assert answer.value.status in {200, 303}
    other.wait_for_timeout(300)
    assert "Your name" not in other.frames[-1].content()
