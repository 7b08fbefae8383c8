from __future__ import annotations

from dataclasses import replace

import pytest

from service.digest import summary, words
from service.records import Change, DigestChange, Flag
from tests.factories import digest_content, item, ranked, receipt, section, work


def change(kind: Change, number: int = 7) -> DigestChange:
    """News of a work that was sent in week 45."""
    return DigestChange(work(number), kind, "stroma", "Europe/Berlin:2026-W45")


def test_a_digest_from_before_there_was_relevance_keeps_its_scores() -> None:
    old = replace(item(), ranked=ranked(score=0.83, relevance=0.0))
    near = replace(item(2), ranked=ranked(2, score=0.41, relevance=0.0))
    content = digest_content(section(old, below=(near,)), aims={})
    assert words.relevance_line(old.ranked, content.cutoffs) == "Match, 0.83"
    assert words.relevance_line(near.ranked, content.cutoffs) == "Under the line, 0.41"
    assert summary.below_heading(content.sections[0], content.cutoffs) == "Just below the line"
    assert summary.model_line(content).endswith("; stroma: cut-off 0.55")
    quiet = digest_content(section(items=(), below=(near,)), aims={})
    assert "(nearest 0.41, needed 0.55)" in summary.quiet(quiet)


def test_titles_over_the_line_are_not_called_below_it() -> None:
    full = digest_content(section(item(1), below=(item(2, relevance=0.9),)))
    thin = digest_content(section(item(1), below=(item(2, relevance=0.01),)))
    assert summary.below_heading(full.sections[0], full.cutoffs).startswith("Next in line")
    assert summary.below_heading(thin.sections[0], thin.cutoffs) == "Just below the line"
    assert summary.receipt_line(full).endswith("1 next in line.")


def test_the_receipt_says_what_was_screened_and_shown() -> None:
    content = digest_content(
        section(item(1), item(2), below=(item(3, relevance=0.01),)),
        receipts=(receipt(), receipt("pmc", gaps=("a", "b"))),
    )
    assert summary.receipt_line(content) == (
        "Screened 4,212 new records from 2 sources, 2 gaps; shown 2; 1 just below the line."
    )
    lone = digest_content(screened=1, receipts=(receipt(gaps=("a",)),))
    assert summary.receipt_line(lone).startswith("Screened 1 new record from 1 source, 1 gap;")


def test_the_receipt_counts_works_that_are_only_listed_apart() -> None:
    lead = replace(item(1), similar=(item(2), item(3)))
    content = digest_content(section(lead, item(4)))
    assert summary.receipt_line(content) == (
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 2 (+2 similar); "
        "0 just below the line."
    )
    assert summary.headline(content) == "2 papers on Tumour-associated stromal cells"


def test_a_source_line_gives_window_counts_and_gaps() -> None:
    assert summary.source_line(receipt("biorxiv", stated=None, gaps=("19 Nov: HTTP 500",))) == (
        "bioRxiv, 2026-11-16 to 2026-11-22: total not stated, 1,204 fetched, 980 new, "
        "1 gap (19 Nov: HTTP 500)"
    )
    many = receipt(gaps=tuple(f"gap {n}" for n in range(9)))
    assert summary.source_line(many).endswith("9 gaps (gap 0; gap 1; gap 2; 6 more)")


def test_a_quiet_week_says_why() -> None:
    near = digest_content(
        section(items=(), below=(item(1, relevance=0.41), item(2, relevance=0.3)))
    )
    assert summary.quiet(near) == (
        "Nothing this week: none of 4,212 new records reached the line (nearest 41 %, needed 55 %)."
    )
    far = digest_content(section(items=()), receipts=(receipt("arxiv", gaps=("down",)),))
    assert "none of 4,212 new records came near" in summary.quiet(far)
    assert "arXiv could not be read in full" in summary.quiet(far)
    assert "no source had anything new" in summary.quiet(digest_content(sections=(), screened=0))
    unpolled = digest_content(sections=(), screened=0, receipts=())
    assert "no source was polled" in summary.quiet(unpolled)
    down = digest_content(sections=(), screened=0, receipts=(receipt(gaps=("down",)),))
    assert summary.quiet(down).startswith("Nothing this week: no source could be read in full.")
    assert summary.quiet(digest_content()) == ""


def test_a_week_with_news_of_earlier_works_is_not_quiet() -> None:
    told = digest_content(section(items=()), changes=(change(Change.CORRECTED),))
    assert summary.quiet(told) == ""
    assert summary.headline(told) == "1 correction to earlier digests"
    published = replace(told, changes=(*told.changes, *[change(Change.PUBLISHED)] * 2))
    assert summary.headline(published) == (
        "1 correction to earlier digests and 2 papers now published"
    )
    assert summary.headline(replace(published, changes=published.changes[1:])) == (
        "2 papers now published"
    )


def test_a_retraction_of_what_was_sent_matters_most() -> None:
    news = (change(Change.PUBLISHED, 7), change(Change.CONCERN, 8), change(Change.RETRACTED, 9))
    told = digest_content(changes=news)
    assert summary.lead(told) == (
        "Retracted after week 45: Stromal niche 9 shields tumour cells from neutrophil killing "
        "(and 1 more)"
    )
    assert summary.lead(replace(told, changes=news[1:2])).startswith(
        "Expression of concern after week 45: Stromal niche 8"
    )
    unknown = replace(news[2], sent="?")
    assert summary.lead(replace(told, changes=(unknown,))).startswith(
        "Retracted after it was sent: "
    )


def test_else_the_likeliest_work_leads_with_its_relevance() -> None:
    one = section(item(1, relevance=0.7), item(2, relevance=0.85))
    other = section(item(3, relevance=0.85), topic="tan")
    news = (change(Change.PUBLISHED), change(Change.CORRECTED))
    assert summary.lead(digest_content(one, other, changes=news)) == (
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
    assert summary.lead(digest_content(section(item(relevance=relevance)))).endswith(told)


def test_what_leads_says_that_it_is_retracted_and_is_short() -> None:
    flags = frozenset({Flag.RETRACTED})
    told = summary.lead(digest_content(section(item(title="Stroma " * 60, flags=flags))))
    assert told.startswith("Retracted: Stroma Stroma")
    assert len(told) <= 130
    old = replace(item(), ranked=ranked(score=0.83, relevance=0.0))
    assert summary.lead(digest_content(section(old), aims={})).endswith("neutrophil killing")


def test_where_nothing_is_shown_other_news_lead_and_else_that() -> None:
    empty = digest_content(section(items=()))
    assert summary.lead(empty) == "Nothing new on Tumour-associated stromal cells"
    assert summary.lead(replace(empty, changes=(change(Change.PUBLISHED),))).startswith(
        "Published after week 45: Stromal niche 7"
    )


def test_the_headline_names_two_topics_and_counts_more() -> None:
    one, two = section(item(1), name="CAFs"), section(item(2), name="TANs")
    assert summary.headline(digest_content(one)) == "1 paper on CAFs"
    assert summary.headline(digest_content(one, two)) == "2 papers on CAFs and TANs"
    assert summary.headline(digest_content(one, two, one)) == "3 papers on 3 topics"
    assert summary.headline(digest_content(section(items=(), name="CAFs"))) == "Nothing new on CAFs"


def test_the_week_comes_from_the_periods_key() -> None:
    assert summary.week(digest_content(period="America/New_York:2026-W03")) == "week 3"
    assert summary.week(digest_content(period="odd", label="Autumn")) == "Autumn"


def test_a_digest_without_an_encoder_says_that_words_ranked_it() -> None:
    assert (
        summary.model_line(digest_content(encoder=""))
        == "Ranked by words only; stroma: line at 55 % relevance (the default)"
    )


def test_a_digest_says_how_each_line_was_drawn() -> None:
    content = digest_content(
        encoder="mini", cutoffs={"tan": 0.615, "caf": 0.4}, aims={"tan": "expected precision 80 %"}
    )
    assert summary.model_line(content) == (
        "Ranked by mini; caf: cut-off 0.40; tan: line at 62 % relevance (expected precision 80 %)"
    )
    quiet = replace(content, screened=0, aims={"tan": "the default", "caf": "as the topic says"})
    assert summary.model_line(quiet) == (
        "caf: line at 40 % relevance (as the topic says); tan: line at 62 % relevance (the default)"
    )
    assert summary.model_line(replace(quiet, cutoffs={})) == ""
