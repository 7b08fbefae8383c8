from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.digest.terminal import WIDTH, columns, render_text, wrap
from service.records import Change, DigestChange, Identifiers, WeekFigures
from tests.factories import digest_content, item, ranked, section, work
from tests.fakes_links import NO_LINKS, FakeLinks


def test_a_digest_reads_as_plain_text() -> None:
    text = render_text(digest_content(section(item(1, late=True), below=(item(2, relevance=0.5),))))
    for told in (
        "Week 47, 2026 (16-22 Nov)",
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 1;",
        "Tumour-associated stromal cells (1 paper)",
        " 1. [Late arrival] Stromal niche 1 shields tumour cells from neutrophil\n    killing\n",
        "Lindqvist Maja, Okafor Chidi … Marchetti Paolo",
        "Journal of Stromal Biology · 18 Nov 2026",
        "    Very likely, 83 %\n",
        "    Near the topic's key finding “Myofibroblastic CAFs wall off tumours and\n",
        "    PubMed: https://pubmed.ncbi.nlm.nih.gov/40000001/\n",
        "> “Niches of fibroblasts hold neutrophils back.”",
        "Matched: CXCL12, myCAF, neutrophil",
        "    https://doi.org/10.5555/stroma.1\n",
        "Just below the line:",
        "  - Stromal niche 2 shields tumour cells from neutrophil killing (50 %)",
        "PubMed, 2026-11-16 to 2026-11-22: 1,204 stated",
    ):
        assert told in text, told


def test_the_nearest_reference_and_short_forms_are_told_where_there_are_any() -> None:
    told = ranked(reference="Traps of neutrophils", senses=("myCAF: myofibroblastic fibroblast",))
    text = render_text(digest_content(section(replace(item(), ranked=told))))
    assert "    Near to: Traps of neutrophils\n    myCAF: myofibroblastic fibroblast\n" in text
    assert "Near to" not in render_text(digest_content())


def test_similar_works_are_listed_under_their_lead_with_address_and_without_a_number() -> None:
    others = (item(2, venue="Gut"), item(3, venue="", title="Stroma " * 20), item(4))
    lead = replace(item(1), similar=others)
    text = render_text(digest_content(section(lead, item(5))))
    assert (
        "    +3 similar:\n"
        "    - Stromal niche 2 shields tumour cells from neutrophil killing (Gut)\n"
        "      https://doi.org/10.5555/stroma.2\n"
    ) in text
    assert "\n      Stroma" in text, "a long title hangs under its own beginning"
    assert all(f"stroma.{number}\n" in text for number in range(1, 6))
    assert " 2. Stromal niche 5" in text
    assert "similar" not in render_text(digest_content())


def test_works_are_numbered_through_all_topics() -> None:
    text = render_text(digest_content(section(item(1), item(2)), section(item(3), name="TANs")))
    assert " 3. Stromal niche 3" in text


def test_a_quiet_week_is_short_and_keeps_its_receipt() -> None:
    text = render_text(digest_content(section(items=())))
    assert "Nothing this week" in text
    assert "Screened 4,212" in text
    assert len(text.splitlines()) < 20


def test_the_banner_comes_first() -> None:
    lines = render_text(digest_content(banner="Ranked by words only.")).splitlines()
    assert lines[2] == "! Ranked by words only."
    lines = render_text(digest_content(banner="Degraded.", test=True)).splitlines()
    assert lines[2].startswith("! This is a test digest.")
    assert "! Degraded." in lines


@given(st.text(max_size=400), st.text(max_size=400))
def test_lines_keep_to_the_width_whatever_the_title(title: str, sentence: str) -> None:
    one = item(title=title, venue=sentence, ids=Identifiers(), url="")
    text = render_text(digest_content(section(replace(one, similar=(one,)), name=title)))
    assert all(columns(line) <= WIDTH for line in text.splitlines())
    assert all(char == "\n" or char.isprintable() or char in "\u200c\u200d" for char in text)


def test_east_asian_letters_count_twice_and_combining_marks_not() -> None:
    assert columns("癌症 e\u0301") == 6
    assert all(columns(line) <= 20 for line in wrap("癌" * 50, width=20))


def test_a_word_longer_than_the_line_is_broken_and_nothing_is_lost() -> None:
    lines = wrap("see " + "x" * 100 + " end", first="- ", hanging="  ", width=20)
    assert "".join(lines).replace(" ", "") == "-" + "see" + "x" * 100 + "end"
    assert all(len(line) <= 20 for line in lines)


def test_a_percent_sign_stays_with_its_number() -> None:
    assert wrap("relevance: 87 % or so", width=14) == ["relevance:", "87 % or so"]


def test_an_address_is_never_broken() -> None:
    url = "https://journal.example.org/" + "a" * 200
    one = item(ids=Identifiers(), url=url)
    assert f"\n    {url}\n" in render_text(digest_content(section(one)))
    assert work().url


words_of_any_width = st.lists(
    st.text(
        st.characters(categories=("L", "N", "P", "S"), max_codepoint=0x30000),
        min_size=1,
        max_size=120,
    ),
    max_size=20,
)


@given(words_of_any_width, st.integers(min_value=12, max_value=100))
def test_wrapping_loses_no_letter_and_keeps_the_width(given_words: list[str], width: int) -> None:
    text = " ".join(given_words)
    lines = wrap(text, first=" 1. ", hanging="    ", width=width)
    assert all(columns(line) <= width for line in lines)
    kept = "".join(line[4:] for line in lines)
    assert kept.replace(" ", "") == "".join(text.split())


def test_the_lead_stands_first_then_how_much_there_is() -> None:
    lines = render_text(digest_content()).splitlines()
    assert lines[2:6] == [
        "Stromal niche 1 shields tumour cells from neutrophil killing (very likely",
        "relevant)",
        "",
        "1 paper on Tumour-associated stromal cells.",
    ]
    quiet = render_text(digest_content(section(items=()))).splitlines()
    assert quiet[2] == "Nothing new on Tumour-associated stromal cells"
    assert quiet[4].startswith("Nothing this week")


def test_works_stand_on_shelves_and_keep_their_numbers_in_reading_order() -> None:
    themed = (replace(item(1), theme="Atlases"), item(2), replace(item(3), theme="Atlases"))
    text = render_text(digest_content(section(*themed, item(4, late=True))))
    marks = [
        line[:11] if line[:1].isdigit() or line[1:2].isdigit() else line
        for line in text.splitlines()
        if line in {"Atlases", "Others", "Late arrivals"} or line[2:4] == ". "
    ]
    assert [mark.strip()[:2] for mark in marks] == ["At", "1.", "2.", "Ot", "3.", "La", "4."]
    assert "\nAtlases\n~~~~~~~\n" in text


def test_news_of_earlier_works_comes_before_this_weeks_and_alarms() -> None:
    changes = (
        DigestChange(work(8, venue="Gut"), Change.PUBLISHED, "stroma", "UTC:2026-W40"),
        DigestChange(work(9), Change.RETRACTED, "stroma", "UTC:2026-W41"),
    )
    text = render_text(digest_content(changes=changes))
    assert (
        "!!! RETRACTED; SHOWN IN WEEK 41\n"
        "    Stromal niche 9 shields tumour cells from neutrophil killing\n"
    ) in text
    assert "  * Published in Gut · 18 Nov 2026; shown in week 40\n" in text
    assert "    https://doi.org/10.5555/stroma.8\n" in text
    order = ("Corrections to earlier digests", "Now published", "(1 paper)", "What was screened")
    places = [text.index(heading) for heading in order]
    assert places == sorted(places)


def test_charts_are_told_in_words() -> None:
    weeks = tuple(WeekFigures(f"UTC:2026-W{n}", 4000, 9, 0.8) for n in range(40, 48))
    text = render_text(digest_content(weeks=weeks))
    assert "In figures\n----" in text
    assert "The last 8 weeks: Screened 4,000, shown 9, mean relevance 80 %." in text


def test_one_address_leads_to_the_votes_and_one_ends_the_subscription() -> None:
    text = render_text(
        digest_content(section(item(1), item(2))),
        links=FakeLinks(),
        reader="ana@example.org",
        unsubscribe="https://lit.example.org/u/1",
    )
    assert text.endswith(
        "You get this because you are subscribed to stroma-weekly.\n"
        "To vote or save, open it on the web: "
        "https://litwatch.example.org/d/stroma-weekly:Europe/Berlin:2026-W47:r0\n"
        "Unsubscribe: https://lit.example.org/u/1\n"
    )
    assert "/f/" not in text
    assert "web" not in render_text(digest_content(), links=NO_LINKS)
