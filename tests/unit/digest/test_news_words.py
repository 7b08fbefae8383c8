"""What has become of a work, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.digest import layout, news_words, summary, words
from service.records import Change, Identifiers
from tests.edited_news import PUBLISHED, RETRACTED, REVISED, SAVED, change, told
from tests.factories import digest_content, section, work


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (None, ""),
        (-3, ""),
        (0, "on the day of the preprint"),
        (1, "1 day after the preprint"),
        (20, "20 days after the preprint"),
        (21, "3 weeks after the preprint"),
        (74, "11 weeks after the preprint"),
        (75, "2 months after the preprint"),
        (214, "7 months after the preprint"),
        (699, "23 months after the preprint"),
        (730, "2 years after the preprint"),
        (913, "2.5 years after the preprint"),
    ],
)
def test_a_delay_is_told_as_people_do(days: int | None, said: str) -> None:
    assert news_words.delay(days) == said


@pytest.mark.parametrize(("version", "said"), [("3", " v3"), ("v3", " v3"), ("", "")])
def test_a_new_version_says_which(version: str, said: str) -> None:
    assert news_words.became(replace(REVISED, version=version)) == (
        f"New version{said} of this preprint"
    )


def test_what_was_published_says_where_and_after_how_long() -> None:
    assert news_words.became(PUBLISHED) == (
        "Published in Journal of Stromal Biology · 18 Nov 2026, 7 months after the preprint"
    )
    bare = replace(PUBLISHED, work=work(1, venue="", published=None))
    assert news_words.became(bare) == "Published, 7 months after the preprint"


def test_news_of_what_a_reader_saved_says_so() -> None:
    assert news_words.change_line(SAVED) == "Expression of concern; you saved it"
    assert news_words.change_lead(SAVED, 20).startswith("Expression of concern after you saved it:")
    assert news_words.change_lead(replace(SAVED, sent="?"), 20).startswith(
        "Expression of concern after it was sent:"
    )


@pytest.mark.parametrize(
    ("said_by", "text", "line"),
    [
        ("pubmed", "", "According to PubMed"),
        ("crossref", "Gone.", "According to Crossref: “Gone.”"),
        ("some feed", "", "According to some feed"),
        ("", "Gone.", "The notice says: “Gone.”"),
        ("", "", ""),
    ],
)
def test_who_says_so_is_told_with_the_words_of_the_notice(
    said_by: str, text: str, line: str
) -> None:
    assert news_words.according(change(Change.RETRACTED, said_by=said_by, text=text)) == line


def test_the_words_of_a_notice_are_shortened() -> None:
    assert len(news_words.according(replace(RETRACTED, text="because " * 900))) < 300


@pytest.mark.parametrize("address", ["javascript:x", "", "https://a@b.example/"])
def test_a_notice_that_a_browser_must_not_open_has_no_link(address: str) -> None:
    assert news_words.notice(replace(RETRACTED, notice=address)) == ""


def test_news_lead_to_the_article_and_not_to_the_copy_that_is_open() -> None:
    ids = Identifiers(doi="10.5555/article", pmcid="PMC1")
    plain = replace(change(Change.PUBLISHED), work=work(1, ids=ids))
    assert news_words.link(replace(plain, days=3)) == "https://doi.org/10.5555/article"
    assert news_words.link(plain) == words.best_link(plain.work), "as frozen before"
    assert news_words.link(replace(plain, days=3, work=work(1, ids=Identifiers(), url=""))) == ""
    assert "10.5555" in news_words.link(REVISED)


def test_what_is_more_than_a_mark_is_explained() -> None:
    assert not news_words.explained(change(Change.RETRACTED))
    for each in (RETRACTED, PUBLISHED, REVISED, SAVED, change(Change.PUBLISHED, days=0)):
        assert news_words.explained(each)


# -- under which headings -------------------------------------------------------------------------


def test_the_headings_tell_what_was_sent_from_what_was_saved() -> None:
    def headings(*changes: object) -> list[str]:
        return [heading for heading, _ in layout.news(told(*changes))]  # type: ignore[arg-type]

    assert headings(RETRACTED) == ["Corrections to earlier digests"]
    assert headings(SAVED) == ["Corrections to what you saved"]
    assert headings(SAVED, RETRACTED) == ["Corrections to earlier digests and what you saved"]
    assert headings(REVISED, PUBLISHED) == ["Now published", "New versions of preprints"]


def test_a_headline_counts_each_kind_of_news() -> None:
    def headline(*changes: object) -> str:
        content = digest_content(section(items=()), changes=changes)
        return summary.headline(content)

    assert headline(REVISED) == "1 new version of a preprint"
    assert headline(REVISED, REVISED) == "2 new versions of preprints"
    assert headline(SAVED) == "1 correction to what you saved"
    assert headline(REVISED, PUBLISHED, RETRACTED) == (
        "1 correction to earlier digests, 1 paper now published and 1 new version of a preprint"
    )
