from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest import words
from service.records import Change, DigestChange, Flag, Identifiers, Kind
from tests.factories import digest_content, facet, item, ranked, receipt, section, work


def change(kind: Change, number: int = 7) -> DigestChange:
    """News of a work that was sent in week 45."""
    return DigestChange(work(number), kind, "stroma", "Europe/Berlin:2026-W45")


@pytest.mark.parametrize(
    ("authors", "line"),
    [
        ((), ""),
        (("Tanaka Rei",), "Tanaka Rei"),
        (("A B", "C D", "E F"), "A B, C D, E F"),
        (("A B", "C D", "E F", "G H"), "A B, C D … G H"),
        (("A B", " \x00", "C D"), "A B, C D"),
    ],
)
def test_of_many_authors_the_first_two_and_the_last_are_named(
    authors: tuple[str, ...], line: str
) -> None:
    assert words.authors_line(authors) == line


@pytest.mark.parametrize(
    ("partial", "told"),
    [
        ("2026-03-09", "9 Mar 2026"),
        ("2026-03", "Mar 2026"),
        ("2026", "2026"),
        ("2026-13-40", "2026"),
        ("2026-02-30", "2026"),
        ("soon", ""),
        (None, ""),
    ],
)
def test_a_date_is_told_with_the_precision_it_has(partial: str | None, told: str) -> None:
    assert words.day(partial) == told


def test_badges_tell_the_alarming_first_and_mark_the_late() -> None:
    one = item(late=True, kind=Kind.PREPRINT, flags=frozenset({Flag.CORRECTED, Flag.RETRACTED}))
    assert words.badges(one) == ("Retracted", "Corrected", "Preprint", "Late arrival")
    assert words.badges(item()) == ()


def test_a_notice_of_concern_has_its_badge_once() -> None:
    one = item(kind=Kind.CONCERN, flags=frozenset({Flag.CONCERN}))
    assert words.badges(one) == ("Expression of concern",)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in {Kind.ARTICLE, Kind.OTHER}])
def test_every_special_kind_has_a_badge(kind: Kind) -> None:
    assert len(words.badges(item(kind=kind))) == 1


@pytest.mark.parametrize("flag", list(Flag))
def test_every_flag_has_a_badge(flag: Flag) -> None:
    assert len(words.badges(item(flags=frozenset({flag})))) == 1


@pytest.mark.parametrize(
    ("relevance", "told"),
    [
        (1.0, "Almost surely, 100 %"),
        (0.996, "Almost surely, over 99 %"),
        (0.95, "Almost surely, 95 %"),
        (0.87, "Very likely, 87 %"),
        (0.8, "Very likely, 80 %"),
        (0.62, "Likely, 62 %"),
        (0.5, "As likely as not, 50 %"),
        (0.3, "Less likely, 30 %"),
        (0.004, "Less likely, under 1 %"),
    ],
)
def test_relevance_is_told_as_a_word_and_a_probability(relevance: float, told: str) -> None:
    assert words.relevance_line(ranked(relevance=relevance), {"stroma": 0.002}) == told
    assert words.relevance_line(ranked(relevance=relevance), {}) == told


def test_what_only_fills_a_thin_week_is_said_to_stand_under_the_line() -> None:
    assert words.relevance_line(ranked(relevance=0.54), {"stroma": 0.55}) == "Under the line, 54 %"
    assert words.relevance_line(ranked(relevance=0.55), {"stroma": 0.55}).startswith("As likely")
    assert words.relevance_line(ranked(relevance=0.54), {"other": 0.55}).startswith("As likely")


def test_a_digest_from_before_there_was_relevance_keeps_its_scores() -> None:
    old = replace(item(), ranked=ranked(score=0.83, relevance=0.0))
    near = replace(item(2), ranked=ranked(2, score=0.41, relevance=0.0))
    content = digest_content(section(old, below=(near,)), aims={})
    assert words.relevance_line(old.ranked, content.cutoffs) == "Match, 0.83"
    assert words.relevance_line(near.ranked, content.cutoffs) == "Under the line, 0.41"
    assert words.below_heading(content.sections[0], content.cutoffs) == "Just below the line"
    assert words.model_line(content).endswith("; stroma: cut-off 0.55")
    quiet = digest_content(section(items=(), below=(near,)), aims={})
    assert "(nearest 0.41, needed 0.55)" in words.quiet(quiet)


def test_links_list_every_way_and_only_from_sound_ids() -> None:
    one = work(
        ids=Identifiers(doi="10.1/<a>", pmid='1"2', pmcid="PMC77", arxiv="2511.01234"),
        pdf_url="javascript:alert(1)",
    )
    assert words.links(one) == (
        ("DOI", "https://doi.org/10.1/%3Ca%3E"),
        ("PMC", "https://pmc.ncbi.nlm.nih.gov/articles/PMC77/"),
        ("arXiv", "https://arxiv.org/abs/2511.01234"),
    )


def test_a_work_without_ids_is_linked_to_its_page_and_without_a_sound_page_to_nothing() -> None:
    assert (
        words.best_link(work(ids=Identifiers(), url="https://a.example/1")) == "https://a.example/1"
    )
    assert words.best_link(work(ids=Identifiers(), url="javascript:x")) == ""


BIORXIV = "https://www.biorxiv.org/content/10.1101/2026.11.000001v2"


@pytest.mark.parametrize(
    ("changes", "leads_to"),
    [
        ({"ids": Identifiers("10.1/a", "7", "PMC7", "2511.01234")}, "pmc.ncbi.nlm.nih.gov"),
        ({"ids": Identifiers("10.1/a", "7", arxiv="2511.01234")}, "arxiv.org/abs/2511.01234"),
        ({"pdf_url": f"{BIORXIV}.full.pdf"}, BIORXIV),
        ({"pdf_url": "https://arxiv.org/pdf/2511.01234v2"}, "https://arxiv.org/abs/2511.01234v2"),
        (
            {"kind": Kind.PREPRINT, "pdf_url": f"{BIORXIV}.full.pdf"},
            "https://doi.org/10.5555/stroma.1",
        ),
        ({"pdf_url": "https://journal.example/closed.pdf"}, "https://doi.org/10.5555/stroma.1"),
        ({"pdf_url": "https://evil.example/biorxiv.org/content/1.full.pdf"}, "https://doi.org/"),
        ({"ids": Identifiers(pmid="7")}, "https://pubmed.ncbi.nlm.nih.gov/7/"),
        ({"ids": Identifiers(), "url": "", "pdf_url": "https://a.example/1.pdf"}, "https://a.exam"),
    ],
)
def test_a_title_leads_to_the_best_open_copy(changes: dict[str, Any], leads_to: str) -> None:
    assert leads_to in words.best_link(work(**changes))


@pytest.mark.parametrize("server", ["biorxiv", "medrxiv", "arxiv"])
def test_a_published_work_that_lies_on_a_preprint_server_says_so(server: str) -> None:
    sources = (server, "pubmed")
    assert words.badges(item(sources=sources)) == ("Published, was a preprint",)
    assert words.badges(item(sources=sources, kind=Kind.REVIEW))[0] == "Review"
    assert words.badges(item(sources=(server,), kind=Kind.PREPRINT)) == ("Preprint",)
    assert words.badges(item(sources=(server,), kind=Kind.RETRACTION)) == ("Retraction notice",)


def test_a_title_is_never_empty() -> None:
    assert words.title(work(title="Stroma.")) == "Stroma"
    assert words.title(work(title=" \u200b.")) == words.UNTITLED


def test_the_reason_names_the_nearest_facet() -> None:
    assert words.why(ranked(facet=facet(kind="finding", text="CAFs wall off tumours."))) == (
        "near the key finding “CAFs wall off tumours.”"
    )
    assert words.why(ranked(facet=facet(text=""))) == ""


def test_the_nearest_reference_is_named_where_there_is_one() -> None:
    assert words.near_to(ranked(reference="Subsets of fibroblasts.")) == (
        "Near to: Subsets of fibroblasts"
    )
    assert words.near_to(ranked()) == ""


def test_a_short_form_is_told_only_where_a_reader_meets_it_unexplained() -> None:
    senses = (
        "NET: neutrophil extracellular trap",
        "CAF: cancer-associated fibroblast",
        "TME: tumor microenvironment",
        "TAN: tumor-associated neutrophil",
    )
    told = ranked(senses=senses, sentences=("NETs catch cells.", "The TME."), terms=("TAN",))
    one = replace(item(title="CAFs, or cancer-associated fibroblasts"), ranked=told)
    assert words.senses_line(one) == (
        "NET: neutrophil extracellular trap; TAN: tumor-associated neutrophil"
    )
    assert words.senses_line(replace(one, ranked=ranked(senses=()))) == ""


def test_titles_over_the_line_are_not_called_below_it() -> None:
    full = digest_content(section(item(1), below=(item(2, relevance=0.9),)))
    thin = digest_content(section(item(1), below=(item(2, relevance=0.01),)))
    assert words.below_heading(full.sections[0], full.cutoffs).startswith("Next in line")
    assert words.below_heading(thin.sections[0], thin.cutoffs) == "Just below the line"
    assert words.receipt_line(full).endswith("1 next in line")


def test_the_receipt_says_what_was_screened_and_shown() -> None:
    content = digest_content(
        section(item(1), item(2), below=(item(3, relevance=0.01),)),
        receipts=(receipt(), receipt("pmc", gaps=("a", "b"))),
    )
    assert words.receipt_line(content) == (
        "Screened 4,212 new records from 2 sources, 2 gaps; shown 2; 1 just below the line"
    )
    lone = digest_content(screened=1, receipts=(receipt(gaps=("a",)),))
    assert words.receipt_line(lone).startswith("Screened 1 new record from 1 source, 1 gap;")


def test_the_receipt_counts_works_that_are_only_listed_apart() -> None:
    lead = replace(item(1), similar=(item(2), item(3)))
    content = digest_content(section(lead, item(4)))
    assert words.receipt_line(content) == (
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 2 (+2 similar); "
        "0 just below the line"
    )
    assert words.headline(content) == "2 papers on Tumour-associated stromal cells"


def test_a_work_that_stands_for_others_says_how_many() -> None:
    assert words.similar_heading(item()) == ""
    assert words.similar_heading(replace(item(), similar=(item(2),) * 3)) == "+3 similar"


def test_a_listed_work_tells_its_venue_and_what_to_beware_of() -> None:
    warned = item(2, venue="Gut", flags=frozenset({Flag.RETRACTED}))
    assert words.similar_line(warned) == "Gut · Retracted"
    assert words.similar_line(item(2, venue="", kind=Kind.PREPRINT)) == "Preprint"
    assert words.similar_line(item(2, venue="")) == ""


def test_a_source_line_gives_window_counts_and_gaps() -> None:
    assert words.source_line(receipt("biorxiv", stated=None, gaps=("19 Nov: HTTP 500",))) == (
        "bioRxiv, 2026-11-16 to 2026-11-22: total not stated, 1,204 fetched, 980 new, "
        "1 gap (19 Nov: HTTP 500)"
    )
    many = receipt(gaps=tuple(f"gap {n}" for n in range(9)))
    assert words.source_line(many).endswith("9 gaps (gap 0; gap 1; gap 2; 6 more)")


def test_a_quiet_week_says_why() -> None:
    near = digest_content(
        section(items=(), below=(item(1, relevance=0.41), item(2, relevance=0.3)))
    )
    assert words.quiet(near) == (
        "Nothing this week: none of 4,212 new records reached the line (nearest 41 %, needed 55 %)."
    )
    far = digest_content(section(items=()), receipts=(receipt("arxiv", gaps=("down",)),))
    assert "none of 4,212 new records came near" in words.quiet(far)
    assert "arXiv could not be read in full" in words.quiet(far)
    assert "no source had anything new" in words.quiet(digest_content(sections=(), screened=0))
    unpolled = digest_content(sections=(), screened=0, receipts=())
    assert "no source was polled" in words.quiet(unpolled)
    down = digest_content(sections=(), screened=0, receipts=(receipt(gaps=("down",)),))
    assert words.quiet(down).startswith("Nothing this week: no source could be read in full.")
    assert words.quiet(digest_content()) == ""


def test_a_week_with_news_of_earlier_works_is_not_quiet() -> None:
    told = digest_content(section(items=()), changes=(change(Change.CORRECTED),))
    assert words.quiet(told) == ""
    assert words.headline(told) == "1 correction to earlier digests"
    published = replace(told, changes=(*told.changes, *[change(Change.PUBLISHED)] * 2))
    assert words.headline(published) == (
        "1 correction to earlier digests and 2 papers now published"
    )
    assert words.headline(replace(published, changes=published.changes[1:])) == (
        "2 papers now published"
    )


# -- what matters most ----------------------------------------------------------------------------


def test_a_retraction_of_what_was_sent_matters_most() -> None:
    news = (change(Change.PUBLISHED, 7), change(Change.CONCERN, 8), change(Change.RETRACTED, 9))
    told = digest_content(changes=news)
    assert words.lead(told) == (
        "Retracted since week 45: Stromal niche 9 shields tumour cells from neutrophil killing "
        "(and 1 more)"
    )
    assert words.lead(replace(told, changes=news[1:2])).startswith(
        "Expression of concern since week 45: Stromal niche 8"
    )
    unknown = replace(news[2], sent="?")
    assert words.lead(replace(told, changes=(unknown,))).startswith("Retracted since it was sent: ")


def test_else_the_likeliest_work_leads_with_its_relevance() -> None:
    one = section(item(1, relevance=0.7), item(2, relevance=0.85))
    other = section(item(3, relevance=0.85), topic="tan")
    news = (change(Change.PUBLISHED), change(Change.CORRECTED))
    assert words.lead(digest_content(one, other, changes=news)) == (
        "Stromal niche 2 shields tumour cells from neutrophil killing (very likely relevant)"
    )


@pytest.mark.parametrize(
    ("relevance", "told"),
    [
        (0.97, "(almost surely relevant)"),
        (0.65, "(likely relevant)"),
        (0.55, "(as likely as not relevant)"),
        (0.5, "(under the line)"),
    ],
)
def test_what_leads_is_never_called_likelier_than_it_is(relevance: float, told: str) -> None:
    assert words.lead(digest_content(section(item(relevance=relevance)))).endswith(told)


def test_what_leads_says_that_it_is_retracted_and_is_short() -> None:
    flags = frozenset({Flag.RETRACTED})
    told = words.lead(digest_content(section(item(title="Stroma " * 60, flags=flags))))
    assert told.startswith("Retracted: Stroma Stroma")
    assert len(told) <= 130
    old = replace(item(), ranked=ranked(score=0.83, relevance=0.0))
    assert words.lead(digest_content(section(old), aims={})).endswith("neutrophil killing")


def test_where_nothing_is_shown_other_news_lead_and_else_nothing() -> None:
    empty = digest_content(section(items=()))
    assert words.lead(empty) == ""
    assert words.lead(replace(empty, changes=(change(Change.PUBLISHED),))).startswith(
        "Published since week 45: Stromal niche 7"
    )


# -- in short -------------------------------------------------------------------------------------


def test_a_short_digest_names_the_likeliest_five_and_counts_the_rest() -> None:
    items = [item(number, relevance=0.5 + number / 20) for number in range(1, 8)]
    told = words.short(digest_content(section(*items))).splitlines()
    assert told[0] == (
        "Litwatch, Week 47, 2026 (16-22 Nov): 7 papers on Tumour-associated stromal cells."
    )
    assert told[1].startswith("- Stromal niche 7 ")
    assert told[2] == "  https://doi.org/10.5555/stroma.7"
    assert [line[16] for line in told[1:11:2]] == ["7", "6", "5", "4", "3"]
    assert told[11] == "and 2 more"
    assert told[12].startswith("Screened 4,212 new records from 2 sources, 0 gaps; shown 7")
    assert len(told) == 13


def test_a_short_digest_tells_what_must_not_be_relied_on_and_what_was_degraded() -> None:
    content = digest_content(changes=(change(Change.RETRACTED),), banner="Ranked by words only")
    told = words.short(content).splitlines()
    assert told[1] == "Ranked by words only"
    assert told[2].startswith("Retracted since week 45: Stromal niche 7")
    assert told[3].startswith("- Stromal niche 1")


def test_a_short_digest_of_a_quiet_week_says_why_and_of_news_alone_names_them() -> None:
    quiet = words.short(digest_content(sections=(), screened=0))
    assert quiet.endswith("nothing new.\nNothing this week: no source had anything new.")
    empty = digest_content(section(items=()), changes=(change(Change.CORRECTED),))
    assert "- Stromal niche 7" in words.short(empty)


@given(
    titles=st.lists(st.text(max_size=300), max_size=20),
    name=st.text(max_size=200),
    banner=st.text(max_size=300),
    gaps=st.integers(0, 30),
    retracted=st.booleans(),
)
def test_a_short_digest_is_always_short_and_tears_no_link(
    titles: list[str], name: str, banner: str, gaps: int, retracted: bool
) -> None:
    items = tuple(item(number, title=text) for number, text in enumerate(titles, 1))
    content = digest_content(
        section(items=items, name=name),
        banner=banner,
        receipts=tuple(receipt(f"feed-{number}" * 9, gaps=("down",)) for number in range(gaps)),
        changes=(change(Change.RETRACTED),) if retracted else (),
    )
    told = words.short(content)
    assert len(told) <= 900
    links = [line for line in told.splitlines() if line.startswith("  http")]
    assert set(links) <= {f"  {words.best_link(one.work)}" for one in (*items, item(7))}


def test_the_headline_names_two_topics_and_counts_more() -> None:
    one, two = section(item(1), name="CAFs"), section(item(2), name="TANs")
    assert words.headline(digest_content(one)) == "1 paper on CAFs"
    assert words.headline(digest_content(one, two)) == "2 papers on CAFs and TANs"
    assert words.headline(digest_content(one, two, one)) == "3 papers on 3 topics"
    assert words.headline(digest_content(section(items=(), name="CAFs"))) == "nothing new on CAFs"


def test_the_week_comes_from_the_periods_key() -> None:
    assert words.week(digest_content(period="America/New_York:2026-W03")) == "week 3"
    assert words.week(digest_content(period="odd", label="Autumn")) == "Autumn"


def test_a_digest_without_an_encoder_says_that_words_ranked_it() -> None:
    assert (
        words.model_line(digest_content(encoder=""))
        == "Ranked by words only; stroma: line at 55 % relevance (the default)"
    )


def test_a_digest_says_how_each_line_was_drawn() -> None:
    content = digest_content(
        encoder="mini", cutoffs={"tan": 0.615, "caf": 0.4}, aims={"tan": "expected precision 80 %"}
    )
    assert words.model_line(content) == (
        "Ranked by mini; caf: cut-off 0.40; tan: line at 62 % relevance (expected precision 80 %)"
    )
    quiet = replace(content, screened=0, aims={"tan": "the default", "caf": "as the topic says"})
    assert words.model_line(quiet) == (
        "caf: line at 40 % relevance (as the topic says); tan: line at 62 % relevance (the default)"
    )
    assert words.model_line(replace(quiet, cutoffs={})) == ""
