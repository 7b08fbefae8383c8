"""Who says what has happened to a work, as its page tells it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.records import Flag, Identifiers
from service.records.watching import Statement
from service.store.statements import Ruling, Stated
from service.web.site.said import said
from tests.papers import NOW


def stated(flag: Flag, said_by: str = "pubmed:41000099", **changes: Any) -> Stated:
    ruling = changes.pop("ruling", None)
    return Stated(1, Statement("pmid:1", flag, said_by, **changes), NOW, ruling)


def test_a_statement_names_its_source_its_notice_and_its_words() -> None:
    [one] = said(
        [stated(Flag.RETRACTED, notice=Identifiers(doi="10.5555/gone"), text="Figure 2 is copied.")]
    )
    assert (one.flag, one.by, one.at) == ("Retracted", "PubMed 41000099", NOW)
    assert one.notice == "https://doi.org/10.5555/gone"
    assert one.text == "Figure 2 is copied."
    assert one.grave


def test_a_record_of_a_preprint_server_is_named_with_its_version() -> None:
    [one] = said([stated(Flag.WITHDRAWN, "biorxiv:10.1101/2026.05.000123v2")])
    assert one.by == "bioRxiv 10.1101/2026.05.000123v2"
    assert one.notice == ""


def test_the_alarming_stands_first_and_what_does_not_hold_last() -> None:
    ruling = Ruling("Ida", "another paper", NOW + timedelta(days=1))
    found = said(
        [
            stated(Flag.RETRACTED, ruling=ruling),
            stated(Flag.CORRECTED),
            stated(Flag.CONCERN),
        ]
    )
    assert [(one.flag, one.grave, one.ruled) for one in found] == [
        ("Expression of concern", True, ""),
        ("Corrected", False, ""),
        ("Retracted", False, "Ida: another paper"),
    ]


def test_what_is_no_news_of_the_paper_is_not_told() -> None:
    assert said([stated(Flag.TRANSLATED_TITLE)]) == []


def test_hostile_words_are_shortened_and_cleaned() -> None:
    [one] = said([stated(Flag.RETRACTED, "a\x00b:" + "x" * 500, text="\u202e" + "because " * 200)])
    assert len(one.text) <= 400
    assert "\u202e" not in one.text
    assert "\x00" not in one.by
    assert len(one.by) < 150
