"""What people come for, from the first page to the last, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from service import bootstrap, tokens
from service.clock import going
from service.config import Settings
from service.demo.server import ReplayServer
from service.records import Judgement
from service.records.tokens import Scope, Token
from tests.browser import serving
from tests.browser.test_every_page import faults, well
from tests.command_line import MONDAY, logging_as_before, replayed
from tests.furnished import STROMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Route

    from service.bootstrap import App
    from tests.browser.serving import Look

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = 60_000.0  # milliseconds that polling, ranking and sending may take on a busy machine


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[App]:
    """An archive that was just made: topics, no paper, nobody who is sent anything."""
    with ReplayServer() as server, logging_as_before():
        settings = replayed(tmp_path, server)
        app = bootstrap.build(Settings.model_validate(settings), going(MONDAY))
        app.upgrade()
        app.prepare()
        yield app
        app.close()


def test_nothing_leads_to_a_first_digest(chromium: Browser, begun: App, tmp_path: Path) -> None:
    with serving.serving(begun) as origin, serving.looking(chromium, origin) as look:
        page = look.page
        look.go("/")
        assert page.url == f"{origin}/start", "there is nothing to see yet"
        page.get_by_role("button", name="Ask the sources now").click()
        papers = page.locator(".steps li", has=page.get_by_role("heading", name="Papers"))
        expect(papers.get_by_role("status")).to_contain_text("came and were ranked", timeout=LONG)
        expect(papers.get_by_text("done", exact=True)).to_be_visible()
        page.get_by_role("link", name="See this week's papers").click()
        expect(page.locator("[data-item]").first).to_be_visible()
        look.go("/start")
        page.get_by_role("link", name="Make a subscription").click()
        page.get_by_label("Name", exact=True).fill("Our group")
        page.get_by_label("Tumour-associated stromal cells").check()
        expect(page.get_by_label("To", exact=True)).to_have_value("digest.html")
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_text("Our group is made.")).to_be_visible()
        look.agrees = True
        page.get_by_role("button", name="Send this week's now").click()
        expect(page.get_by_text("it is among the digests, with")).to_be_visible(timeout=LONG)
        assert look.said == [
            "dialog: Make this week's digest now, and send it to everybody who gets Our group?"
        ]
        look.go("/digests")
        page.get_by_role("link", name=re.compile("^Our group, ")).click()
        expect(page.get_by_role("cell", name="sent", exact=True)).to_be_visible()
        frame = page.frame_locator("iframe.digest")
        expect(frame.get_by_text("LITWATCH").first).to_be_visible()
    assert [file.suffix for file in (tmp_path / "sent").iterdir()] == [".html"]


def test_a_search_is_narrowed_taken_out_and_kept_as_a_feed(look: Look) -> None:
    page = look.page
    look.go("/archive")
    page.get_by_label("Query").fill("neutrophil")
    page.keyboard.press("Enter")
    tally = page.locator(".tally b")
    expect(tally).to_be_visible()
    before = tally.inner_text()
    narrow = page.get_by_role("region", name="Narrow")
    narrow.get_by_role("link", name="review", exact=True).click()
    expect(tally).not_to_have_text(before)
    asked = page.get_by_label("Query").input_value()
    assert asked == "neutrophil type:review"
    page.get_by_label("Format").select_option("ris")
    with page.expect_download() as got:
        page.get_by_role("button", name="Export").click()
    taken = got.value.path().read_text("utf-8")
    assert got.value.suggested_filename.endswith(".ris")
    assert f"{taken.count('TY  - ')} works" in tally.inner_text().replace("1 work", "1 works")
    page.get_by_label("Name").fill("reviews of nets")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept as reviews-of-nets")).to_be_visible()
    feed = page.get_by_role("link", name="Feed of reviews-of-nets")
    answer = page.request.get(f"{look.origin}{feed.get_attribute('href')}")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert answer.text().count("<entry>") == taken.count("TY  - ")
    assert faults(page) == ""
    well(look)


def test_a_digest_is_shown_in_its_frame_and_nothing_in_it_would_run(look: Look, app: App) -> None:
    """Were a script in it, through some fault of ours, the frame and its headers stop it."""
    with app.store.reading() as tx:
        digest = tx.listing.digests(1)[0]
        title = tx.digests.content(digest.id).sections[0].items[0].work.title
    frame = look.page.frame_locator("iframe.digest")
    look.go(f"/digests/{digest.id}")
    expect(frame.get_by_text(title[:40]).first).to_be_visible()
    well(look)

    def hostile(route: Route) -> None:
        ran = "document.querySelector('p').textContent = 'ran'"
        body = f'<p>lay still</p><script>{ran}</script><img src="x" onerror="{ran}">'
        route.fulfill(response=route.fetch(), body=body)

    look.page.route("**/digests/*/page", hostile)
    look.go(f"/digests/{digest.id}")
    expect(frame.get_by_text("lay still")).to_be_visible()
    assert any("Blocked script execution" in each for each in look.said)
    assert look.strayed == []


@pytest.fixture
def elsewhere(chromium: Browser, app: App) -> Iterator[Look]:
    """A window on the site as other machines reach it."""
    with (
        serving.serving(app, at_home=False) as origin,
        serving.looking(chromium, origin) as window,
    ):
        yield window


def test_one_signs_in_votes_and_thinks_again_with_the_keyboard_alone(
    elsewhere: Look, app: App
) -> None:
    secret = tokens.fresh()
    with app.store.writing() as tx:
        tx.tokens.add(Token("keys", tokens.hashed(secret), Scope.VOTE, app.clock.now()))
    page, keys = elsewhere.page, elsewhere.page.keyboard
    elsewhere.go("/week")
    for field, text in (("Your name", "Bo"), ("Token", secret)):
        tab_to(elsewhere, field)
        keys.type(text)
    keys.press("Enter")
    page.wait_for_url(re.compile(r"^[^?]*/week/"))
    keys.press("j")
    chosen = page.locator("[data-item]:focus")
    expect(chosen).to_have_count(1)
    number = int(str(chosen.get_attribute("id")).removeprefix("work-"))
    button = page.locator(f"#work-{number}").get_by_role("button", name="Relevant", exact=True)
    for pressed, said in (("true", [Judgement.RELEVANT]), ("false", [])):
        keys.press("y")
        expect(button).to_have_attribute("aria-pressed", pressed)
        expect(page.locator("html.busy")).to_have_count(0)
        with app.store.reading() as tx:
            votes = tx.votes.of_works([number]).get(number, [])
        assert [vote.judgement for vote in votes if vote.whose == "Bo"] == said
    well(elsewhere)


def tab_to(look: Look, label: str) -> None:
    """Press Tab until the field of this label has the focus."""
    field = look.page.get_by_label(label)
    for _ in range(20):
        if field.evaluate("(each) => each === document.activeElement"):
            return
        look.page.keyboard.press("Tab")
    raise AssertionError(f"no way to {label} with the keyboard")


def test_all_that_matters_is_done_without_scripts(looking: Callable[..., Any], app: App) -> None:
    app.previews.read()
    with looking(java_script_enabled=False) as look:
        page = look.page
        look.go("/")
        page.get_by_label("Search the archive").fill("neutrophil traps")
        page.keyboard.press("Enter")
        page.locator("[data-item] .title a").first.click()
        page.wait_for_url(re.compile(r"/works/\d+"))
        assert page.locator(".abstract p, .notice").count()
        card = page.locator(f"#topic-{STROMA}")
        card.get_by_role("button", name="Save").click()
        expect(page.get_by_text(re.compile("^Saved: "))).to_be_visible()
        expect(card.get_by_role("button", name="Save")).to_have_attribute("aria-pressed", "true")
        card.get_by_role("link").first.click()
        page.fill("#include-add", "zebrafish")
        page.get_by_role("button", name="Preview", exact=True).last.click()
        expect(page.locator("#preview .measures")).to_be_visible(timeout=LONG)
        page.click("#save")
        expect(page.locator(".saved")).to_contain_text("Added included term")
        assert look.strayed == []
    with app.store.reading() as tx:
        topic = next(each for each in app.topics(tx) if each.slug == STROMA)
    assert "zebrafish" in topic.include
