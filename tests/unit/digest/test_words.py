from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.digest import news_words, words
from service.records import (
    Change,
    DigestChange,
    Flag,
    Identifiers,
    Kind,
    Seed,
    SeedScore,
    Topic,
)
from tests.factories import facet, item, ranked, work


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
    told = ("Retracted", "Corrected", "Preprint", "Late arrival")
    assert words.badges(one.work, late=True) == told
    assert words.badges(one.work) == told[:-1]
    assert words.marks(one) == "[Retracted] [Corrected] [Preprint] [Late arrival] "
    assert words.badges(work()) == ()
    assert words.marks(item()) == ""


def test_a_notice_of_concern_has_its_badge_once() -> None:
    one = item(kind=Kind.CONCERN, flags=frozenset({Flag.CONCERN}))
    assert words.badges(one.work) == ("Expression of concern",)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in {Kind.ARTICLE, Kind.OTHER}])
def test_every_special_kind_has_a_badge(kind: Kind) -> None:
    assert len(words.badges(work(kind=kind))) == 1


@pytest.mark.parametrize("flag", list(Flag))
def test_every_flag_has_a_badge(flag: Flag) -> None:
    assert len(words.badges(work(flags=frozenset({flag})))) == 1


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
    assert words.badges(work(sources=sources)) == ("Published, was a preprint",)
    assert words.badges(work(sources=sources, kind=Kind.REVIEW))[0] == "Review"
    assert words.badges(work(sources=(server,), kind=Kind.PREPRINT)) == ("Preprint",)
    assert words.badges(work(sources=(server,), kind=Kind.RETRACTION)) == ("Retraction notice",)


@pytest.mark.parametrize("venue", ["bioRxiv", "medRxiv", "arXiv"])
def test_what_stands_on_a_preprint_server_alone_is_never_called_published(venue: str) -> None:
    """A feed of the server calls its preprints articles."""
    sources = (venue.lower(), "preprints-feed")
    preprint = work(venue=venue, sources=sources, pdf_url=f"{BIORXIV}.full.pdf")
    assert words.badges(preprint) == ("Preprint",)
    assert words.badges(replace(preprint, kind=Kind.REVIEW)) == ("Review",)
    assert words.best_link(preprint) == "https://doi.org/10.5555/stroma.1"


def test_a_title_is_never_empty() -> None:
    assert words.title(work(title="Stroma.")) == "Stroma"
    assert words.title(work(title=" \u200b.")) == "(no title)"


def test_the_reason_names_the_nearest_facet() -> None:
    assert words.why(ranked(facet=facet(kind="finding", text="CAFs wall off tumours."))) == (
        "Near the topic's key finding “CAFs wall off tumours.”"
    )
    assert words.why(ranked(facet=facet(text=""))) == ""


def test_the_nearest_reference_is_named_where_there_is_one() -> None:
    assert words.near_to(ranked(reference="Subsets of fibroblasts.")) == (
        "Near to: Subsets of fibroblasts"
    )
    assert words.near_to(ranked()) == ""


def test_the_design_is_told_where_the_examples_have_it() -> None:
    assert words.designs_line(ranked(designs=("randomized trial", "study of people"))) == (
        "Randomized trial, study of people, like the topic's examples"
    )
    assert words.designs_line(ranked()) == ""


def test_of_several_seeds_it_is_told_how_near_each_is() -> None:
    seeds = (Seed("a", "paper", "NETs in metastasis."), Seed("b", "review", "Fibroblast subsets"))
    of = Topic("caf", "CAF", seeds)
    near = (SeedScore("a", 0.219), SeedScore("b", 0.71, (0.3, 0.71)), SeedScore("gone", 0.1))
    told = words.seeds_line(ranked(seeds=near), of)
    assert told == "Seeds: Fibroblast subsets (0.71), NETs in metastasis (0.22), gone (0.10)"
    assert words.seeds_line(ranked(seeds=near[:1]), of) == ""


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


def test_a_work_that_stands_for_others_says_how_many() -> None:
    assert words.similar_heading(item()) == ""
    assert words.similar_heading(replace(item(), similar=(item(2),) * 3)) == "+3 similar"


def test_a_listed_work_tells_its_venue_and_what_to_beware_of() -> None:
    warned = item(2, venue="Gut", flags=frozenset({Flag.RETRACTED}))
    assert words.similar_line(warned) == "Gut · Retracted"
    assert words.similar_line(item(2, venue="", kind=Kind.PREPRINT)) == "Preprint"
    assert words.similar_line(item(2, venue="")) == ""


@pytest.mark.parametrize(
    ("kind", "told", "alarming"),
    [
        (Change.RETRACTED, "Retracted; shown in week 45", True),
        (Change.WITHDRAWN, "Withdrawn; shown in week 45", True),
        (Change.CONCERN, "Expression of concern; shown in week 45", True),
        (Change.CORRECTED, "Corrected; shown in week 45", False),
        (
            Change.PUBLISHED,
            "Published in Journal of Stromal Biology · 18 Nov 2026; shown in week 45",
            False,
        ),
    ],
)
def test_a_change_says_what_and_since_when(kind: Change, told: str, alarming: bool) -> None:
    assert news_words.change_line(change(kind)) == told
    assert news_words.grave(change(kind)) is alarming


def test_a_publication_without_a_venue_is_told_all_the_same() -> None:
    one = replace(change(Change.PUBLISHED), work=work(venue="", published=None))
    assert news_words.change_line(one) == "Published; shown in week 45"
    assert news_words.change_line(replace(one, sent="?")) == "Published; shown in an earlier digest"
