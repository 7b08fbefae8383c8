"""This week in a real browser: gone through by keys, judged, sifted; and without scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import weekly
from service.records import Judgement
from service.records.weeks import Placed
from tests.browser.test_every_page import faults, well
from tests.furnished import STROMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.bootstrap import App
    from tests.browser.serving import Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WEEK = f"/week/{STROMA}"


def focused(look: Look) -> str:
    """The id of what has the focus."""
    return str(look.page.evaluate("document.activeElement.id"))


def press(look: Look, *keys: str) -> None:
    """One key after the other, each when what the one before did is done."""
    for key in keys:
        look.page.keyboard.press(key)
        done(look)


def done(look: Look) -> None:
    """Wait until the page's script has put in what it fetched."""
    look.page.locator("html.busy").wait_for(state="detached")


def pressed(look: Look, work: str) -> list[str]:
    """The buttons of an entry that are on."""
    return look.page.locator(f'#{work} button[aria-pressed="true"]').all_inner_texts()


def save(look: Look, work: str) -> None:
    """Press an entry's button without scripts, until the page that answers is there whole."""
    with look.page.expect_navigation():
        look.page.locator(f"#{work}").get_by_role("button", name="Save").click()


def votes(app: App, work: str) -> list[Judgement]:
    """What whoever sits at this machine says of a work."""
    number = int(work.removeprefix("work-"))
    with app.store.reading() as tx:
        told = tx.votes.of_works([number]).get(number, [])
        return [vote.judgement for vote in told if vote.topic == STROMA and vote.via == "web"
                and vote.voter not in {"Ida", "mail:ida@example.org", "slack:U0123", "api:zotero"}]  # fmt: skip


def test_a_list_is_gone_through_and_judged_by_keys(look: Look, app: App) -> None:
    look.go(WEEK)
    press(look, "j")
    first = focused(look)
    assert re.fullmatch(r"work-\d+", first)
    press(look, "j", "k")
    assert focused(look) == first
    press(look, "y")
    assert (focused(look), pressed(look, first)) == (first, ["Relevant"])
    assert votes(app, first) == [Judgement.RELEVANT]
    assert look.page.locator("#told").inner_text().startswith("Relevant: ")
    press(look, "n", "s")
    assert (pressed(look, first), votes(app, first)) == (["Save"], [Judgement.SAVED])
    press(look, "s")
    assert (pressed(look, first), votes(app, first)) == ([], [])
    press(look, "j")
    assert focused(look) != first
    well(look)


def test_a_button_that_was_pressed_keeps_the_focus(look: Look) -> None:
    look.go(f"{WEEK}?show=all")
    look.page.locator("[data-item]").nth(2).get_by_role("button", name="Save").focus()
    for state in ("true", "false"):
        press(look, "Enter")
        told = "[document.activeElement.innerText, document.activeElement.ariaPressed]"
        assert look.page.evaluate(told) == ["Save", state]


def test_a_work_that_was_read_leaves_the_unread_ones_with_the_next_visit(look: Look) -> None:
    look.go(WEEK)
    press(look, "j", "u")
    read = focused(look)
    assert pressed(look, read) == ["Read"]
    assert faults(look.page) == ""
    look.go(WEEK)
    assert look.page.locator(f"#{read}").count() == 0
    look.go(f"{WEEK}?show=all")
    look.page.locator(f"#{read}").get_by_role("button", name="Read", exact=True).click()
    done(look)
    look.go(WEEK)
    assert look.page.locator(f"#{read}").count() == 1


def test_a_work_is_opened_by_a_key(look: Look) -> None:
    look.go(WEEK)
    press(look, "j")
    number = focused(look).removeprefix("work-")
    look.page.keyboard.press("o")
    look.page.wait_for_url(f"**/works/{number}")


def test_filters_act_at_once_and_are_part_of_the_address(look: Look) -> None:
    look.go(f"{WEEK}?show=all")
    entries = look.page.locator("[data-item]")
    before = entries.count()
    look.page.get_by_label("Any type").select_option("review")
    look.page.wait_for_url("**type=review*")
    done(look)
    assert 0 < entries.count() < before
    assert "show=all" in look.page.url
    assert look.page.get_by_label("Any type").input_value() == "review"
    look.page.go_back()
    look.page.wait_for_url("**/week/stroma?show=all")


def test_near_duplicates_unfold(look: Look) -> None:
    look.go(f"{WEEK}?show=all")
    fold = look.page.locator("details.alike").first
    assert not fold.locator("li").first.is_visible()
    fold.locator("summary").click()
    assert fold.locator("li").first.is_visible()
    assert faults(look.page) == ""


@pytest.mark.exhaustive
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "query", ["?show=all", "?show=digest", "?show=wanted&type=preprint", "?from=999"]
)
def test_every_part_is_for_everybody(looking: Callable[..., Any], query: str, scheme: str) -> None:
    with looking(scheme=scheme, width=360) as look:
        assert look.go(WEEK + query) == 200
        assert faults(look.page) == ""
        well(look)
        assert look.size < 200_000


def test_all_is_done_without_scripts(looking: Callable[..., Any], app: App) -> None:
    with looking(java_script_enabled=False) as look:
        look.go(f"{WEEK}?show=all")
        first = str(look.page.locator("[data-item]").first.get_attribute("id"))
        save(look, first)
        assert look.page.url.endswith(f"?show=all&with={first.removeprefix('work-')}#{first}")
        assert pressed(look, first) == ["Save"]
        assert votes(app, first) == [Judgement.SAVED]
        save(look, first)
        assert votes(app, first) == []
        look.page.get_by_label("Any type").select_option("review")
        look.page.get_by_role("button", name="Filter").click()
        assert "type=review" in look.page.url
        assert look.strayed == []


def test_a_newer_ranking_is_offered_not_put_in_the_place_of_what_is_read(
    look: Look, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weekly, "age", lambda *_: weekly.Age(5, stale=True))

    def rank() -> int:
        with app.store.writing() as tx:
            kept, works = tx.weeks.kept()[STROMA], tx.weeks.listed(STROMA)[:3]
            ranked = tx.weeks.ranked(STROMA, [work.work_id for work in works])
            later = replace(kept, at=kept.at + timedelta(minutes=1))
            assert tx.weeks.keep(later, [Placed(ranked[work.work_id]) for work in works])
        monkeypatch.setattr(weekly, "age", lambda *_: weekly.Age(0, stale=False))
        return 1

    with app.store.reading() as tx:
        first, listed = tx.weeks.kept()[STROMA], tx.weeks.listed(STROMA)
        ranked = tx.weeks.ranked(STROMA, [work.work_id for work in listed])
    look.go(f"{WEEK}?show=all")
    before = look.page.locator("[data-item]").count()
    assert before > 3
    monkeypatch.setattr(app, "rank_weeks", rank)
    look.go(f"{WEEK}?show=all")
    offer = look.page.get_by_role("link", name="Show the new ranking")
    offer.wait_for()
    assert look.page.locator("[data-item]").count() == before
    offer.click()
    look.page.wait_for_load_state()
    assert look.page.locator("[data-item]").count() == 3
    with app.store.writing() as tx:  # other tests look at what was there
        again = replace(first, at=first.at + timedelta(minutes=2))
        assert tx.weeks.keep(again, [Placed(ranked[w.work_id], w.alike) for w in listed])
