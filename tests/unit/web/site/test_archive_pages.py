"""The archive in the web: asked, narrowed, kept, taken out; what cannot be read is told in place."""

from __future__ import annotations

import json
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from service.records.queries import Mode, Sort
from tests.site_visits import harm
from tests.web_site import text

if TYPE_CHECKING:
    from service.records.findings import SavedSearch
    from tests.site_visits import Visits


def _saved(visits: Visits) -> dict[str, SavedSearch]:
    with visits.app.store.reading() as tx:
        return {saved.name: saved for saved in tx.searches.list()}


def _asked(page: str, within: str) -> dict[str, list[str]]:
    """What the first link after `within` asks the archive."""
    address = unescape(page.partition(within)[2].partition('href="')[2].partition('"')[0])
    return parse_qs(urlsplit(address).query)


def test_without_a_question_the_page_says_how_to_ask(visits: Visits) -> None:
    page = visits.here().get("/archive")
    assert "3 works" in text(page)
    assert "How to ask" in text(page)
    assert visits.office.searched == []


def test_every_example_of_the_page_can_be_asked(visits: Visits) -> None:
    from service.web.site.archive import EXAMPLES

    for query, _ in EXAMPLES:
        assert visits.here().get("/archive", params={"q": query}).status_code == 200


def test_a_question_is_searched_as_it_was_asked(visits: Visits) -> None:
    told = {"q": "  neutrophil   traps ", "mode": "lexical", "sort": "newest", "cursor": "there"}
    visits.here().get("/archive", params=told)
    (asked,) = visits.office.searched
    assert (asked.text, asked.mode, asked.sort) == ("neutrophil traps", Mode.LEXICAL, Sort.NEWEST)
    assert asked.cursor == "there"
    assert asked.facets


def test_what_an_address_cannot_mean_is_left_out(visits: Visits) -> None:
    told = {"q": "traps", "mode": "magic", "sort": "sideways"}
    assert visits.here().get("/archive", params=told).status_code == 200
    (asked,) = visits.office.searched
    assert (asked.mode, asked.sort) == (Mode.HYBRID, None)


def test_what_answers_is_marked_and_counted_and_can_be_narrowed(visits: Visits) -> None:
    page = visits.here().get("/archive", params={"q": "stroma"})
    assert "<mark>" in page.text
    assert "At least 10,000 works answer to all of it" in text(page)
    assert _asked(page.text, "Source</h3>") == {"q": ["stroma source:pubmed"]}
    assert "No work has that word." in text(page)
    assert harm(page.text) == []


def test_more_goes_on_with_the_same_question(visits: Visits) -> None:
    page = visits.here().get("/archive", params={"q": "stroma", "mode": "lexical"})
    assert _asked(page.text, "</ol>") == {
        "q": ["stroma"],
        "mode": ["lexical"],
        "cursor": ["further"],
    }


def test_a_query_that_cannot_be_read_is_told_at_its_place_and_kept(visits: Visits) -> None:
    page = visits.here().get("/archive", params={"q": "neutrophil title:("})
    assert page.status_code == 422
    assert "^ here" in page.text
    assert 'value="neutrophil title:("' in page.text
    assert 'aria-invalid="true"' in page.text


@pytest.mark.parametrize("q", ['"><script>alert(1)</script>', "<b>x</b>", "javascript:alert(1)"])
def test_a_hostile_query_stays_text(visits: Visits, q: str) -> None:
    assert harm(visits.here().get("/archive", params={"q": q}).text) == []


# -- kept searches ---------------------------------------------------------------------------------


def test_a_search_is_kept_under_a_name_and_forgotten(visits: Visits) -> None:
    browser = visits.here()
    answer = browser.fill(
        "/archive/save", name="Traps 2026", q="traps published:2026", mode="lexical"
    )
    assert answer.status_code == 303
    kept = _saved(visits)["traps-2026"]
    assert (kept.query, kept.mode) == ("traps published:2026", Mode.LEXICAL)
    assert "traps-2026" in text(browser.get("/archive"))
    assert browser.fill("/archive/forget", name="traps-2026").status_code == 303
    assert "traps-2026" not in _saved(visits)


@pytest.mark.parametrize(
    "fields", [{"name": "nets", "q": "traps"}, {"name": "!", "q": "traps"}, {"name": "a", "q": "("}]
)
def test_what_cannot_be_kept_is_told_and_nothing_is_lost(
    visits: Visits, fields: dict[str, str]
) -> None:
    before = _saved(visits)
    assert visits.here().fill("/archive/save", **fields).status_code == 400
    assert _saved(visits) == before


def test_a_reader_keeps_nothing_and_takes_out_what_they_like(visits: Visits) -> None:
    reader = visits.signed_in("read")
    assert reader.fill("/archive/save", name="mine", q="traps").status_code == 403
    assert "Keep this search" not in reader.get("/archive", params={"q": "stroma"}).text
    assert reader.get("/archive/export", params={"q": "stroma", "form": "ris"}).status_code == 200


# -- files -----------------------------------------------------------------------------------------


def test_a_search_is_taken_out_as_a_file(visits: Visits) -> None:
    answer = visits.here().get("/archive/export", params={"q": "stroma*", "form": "jsonl"})
    assert answer.headers["content-disposition"] == 'attachment; filename="litwatch.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 3


@pytest.mark.parametrize("told", [{"q": "stroma", "form": "docx"}, {"q": "(", "form": "csv"}, {}])
def test_a_file_that_cannot_be_made_is_told(visits: Visits, told: dict[str, str]) -> None:
    assert visits.here().get("/archive/export", params=told).status_code in {400, 404, 422}
