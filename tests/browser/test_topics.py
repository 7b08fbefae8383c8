"""Tuning a topic in a real browser: a live preview beside the controls, saving, undoing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from service import tuning
from service.topics import editing
from tests.browser.test_every_page import faults, well

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator

    from service.bootstrap import App
    from tests.browser.serving import Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGE = "/topics/stroma"


@pytest.fixture(autouse=True)
def _read(app: App) -> None:
    """The works that previews are made on are at hand."""
    app.previews.read()


def figures(look: Look) -> Locator:
    """The table of the preview, which comes by itself."""
    return look.page.locator("#preview .measures")


def opened(look: Look, path: str = PAGE) -> None:
    assert look.go(path) == 200
    figures(look).wait_for()
    look.settled()


def version(app: App) -> int:
    with app.store.reading() as tx:
        return tx.topics.get("stroma").version


@contextmanager
def changing(look: Look) -> Iterator[None]:
    """Wait until the preview tells of the last of the changes made within."""
    with look.page.expect_response("**/preview"):
        yield
    look.page.wait_for_timeout(600)  # what is typed is sent after 400 ms: of several, the last
    look.settled()


def test_a_topic_is_tuned_with_a_live_preview_saved_and_undone(look: Look, app: App) -> None:
    opened(look)
    page, before = look.page, version(app)
    assert "With your changes" in figures(look).inner_text()
    with changing(look):
        page.fill("#include-add", "zebrafish, sleep deprivation")
    assert "zebrafish" in page.locator("#preview").inner_text()
    page.keyboard.press("Enter")  # makes terms of what was typed, and saves nothing
    page.locator(".chip.fresh", has_text="zebrafish").wait_for()
    assert page.locator(".chip.fresh").count() == 2
    assert page.evaluate("document.activeElement.id") == "include-add"
    assert page.input_value("#include-add") == ""
    assert version(app) == before
    page.fill("#reason", "They sleep, too")
    page.click("#save")
    saved = page.locator(".saved")
    saved.wait_for()
    assert "Added included term" in saved.inner_text()
    assert version(app) == before + 1
    assert tuning.versions(app.parts, "stroma", limit=1)[0].reason == "They sleep, too"
    figures(look).wait_for()
    assert faults(page) == ""
    page.click("#undo")
    page.locator("#told .told", has_text="Undone").wait_for()
    assert version(app) == before + 2
    assert page.locator(".chip", has_text="zebrafish").count() == 0
    well(look)


def test_the_line_is_dragged_by_keyboard_and_the_preview_follows(look: Look) -> None:
    opened(look)
    page, line = look.page, look.page.locator("#cutoff")
    assert page.is_checked("input[name=line][value='']")
    line.focus()
    with changing(look):
        for _ in range(20):
            page.keyboard.press("ArrowRight")
    assert page.is_checked("#line-cutoff"), "touching the line chooses it"
    assert (line.input_value(), page.inner_text("#cutoff-shown")) == ("70", "70")
    assert page.evaluate("document.activeElement.id") == "cutoff", "no answer takes the focus away"
    assert page.get_attribute("#bars", "data-line") == "70.0"
    assert "70 %" in figures(look).inner_text()
    assert page.locator("#bars .bar.above").count() == 6
    assert faults(page) == ""
    well(look)


def test_the_line_is_dragged_with_a_mouse_where_it_is_seen(look: Look) -> None:
    """The middle of what is dragged stands exactly at its place over the bars."""
    opened(look)
    page, box = look.page, look.page.locator("#bars").bounding_box()
    assert box is not None
    at, middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(at, middle)
    with changing(look):
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=6)
        page.mouse.up()
    assert page.input_value("#cutoff") == "80"
    assert page.locator("#bars .bar.above").count() == 4


def test_the_line_follows_what_is_asked_of_it(look: Look) -> None:
    opened(look)
    with changing(look):
        look.page.fill("[name=per_week]", "3")
    assert look.page.is_checked("#line-per-week")
    line = look.page.get_attribute("#bars", "data-line")
    assert line is not None
    assert look.page.input_value("#cutoff") == f"{float(line):.0f}"


def test_a_seed_is_weighed_with_its_slider(look: Look) -> None:
    opened(look)
    look.page.focus("#weight-0")
    with changing(look):
        look.page.keyboard.press("End")
    assert look.page.inner_text("#weight-shown-0") == "3"
    assert look.page.evaluate("document.activeElement.id") == "weight-0"


def test_a_term_is_dropped_and_kept_again_with_the_keyboard(look: Look) -> None:
    opened(look)
    page = look.page
    cross = page.get_by_role("checkbox", name="Remove desmoplasia", exact=True)
    cross.focus()
    with changing(look):
        page.keyboard.press("Space")
    assert cross.is_checked()
    with changing(look):
        page.keyboard.press("Space")
    assert not cross.is_checked()
    assert "No paper enters, leaves or moves" in page.inner_text("#preview")


def test_tuning_works_without_scripts(looking: Callable[..., Any], app: App) -> None:
    before = version(app)
    with looking(java_script_enabled=False) as look:
        look.go(PAGE)
        page = look.page
        page.fill("#include-add", "zebrafish")
        page.get_by_role("button", name="Preview", exact=True).last.click()
        figures(look).wait_for()
        assert page.locator(".chip.fresh", has_text="zebrafish").count() == 1
        page.click("#save")
        page.locator(".saved").wait_for()
        assert version(app) == before + 1
        page.click("#undo")
        page.locator(".saved").wait_for()
    assert version(app) == before + 2


def test_a_new_topic_is_told_found_looked_at_and_made(look: Look, app: App) -> None:
    look.go("/topics/new")
    page = look.page
    page.fill("#name", "Sleep of fish")
    page.fill(
        "#seeds-add", "Sleep deprivation impairs memory in ageing zebrafish and their models."
    )
    page.click("#find")
    page.locator(".seed").wait_for()
    figures(look).wait_for()
    assert faults(page) == ""
    page.click("#create")
    page.locator("#told .told", has_text="is followed from now on").wait_for()
    assert page.url.endswith("/topics/sleep-of-fish")
    well(look)


def test_the_past_is_gone_back_to_after_a_question(look: Look, app: App) -> None:
    with app.store.reading() as tx:
        topic = next(each for each in app.topics(tx) if each.slug == "neutrophils")
    tuning.save(app.parts, editing.renamed(topic, "Other"), author="Bo", reason="")
    look.go("/topics/neutrophils/history")
    look.page.get_by_role("button", name="Restore version 1").click()
    assert look.said == ["dialog: Go back to version 1? The versions since stay in the history."]
    with app.store.reading() as tx:
        assert tx.topics.get("neutrophils").version == 2, "the test's browser says no"


def test_a_spot_of_the_map_leads_to_its_work(look: Look) -> None:
    look.go(f"{PAGE}/map")
    spot = look.page.locator(".map a").first
    assert spot.get_attribute("aria-label")
    spot.focus()
    look.page.keyboard.press("Enter")
    look.page.wait_for_url("**/works/*")


def test_a_link_within_the_page_loses_nothing_that_was_typed(looking: Callable[..., Any]) -> None:
    """On a phone the preview stands below the controls, and a link leads there."""
    with looking(width=360) as look:
        opened(look)
        look.page.fill("#include-add", "zebrafish")
        look.page.click(".to-preview")
        look.page.wait_for_timeout(300)
        assert look.page.input_value("#include-add") == "zebrafish"
        assert look.page.url.endswith("#preview")
        well(look)
