"""Titles as PubMed gives them."""

from __future__ import annotations

import pytest

from service.normalisation.pubmed_title import kind_and_flags, title
from service.records import Flag, Kind

TRANSLATED = frozenset({Flag.TRANSLATED_TITLE})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[A study].", "A study."),
        ("[A study]", "A study"),
        ("[Is it a study?].", "Is it a study?"),
        ("[A study [of two] things].", "A study [of two] things."),
    ],
)
def test_brackets_around_the_whole_title_mean_translated(text: str, words: str) -> None:
    assert title(text)[:3] == (words, "", TRANSLATED)


@pytest.mark.parametrize("text", ["[18F]FDG in [11C] cells.", "[A] and [B]", "[open", "A [study]."])
def test_other_brackets_are_part_of_the_title(text: str) -> None:
    assert title(text)[:3] == (text, "", frozenset())


@pytest.mark.parametrize(
    "text", ["[Not Available].", "[Not available]", "[In Process Citation]", ""]
)
def test_a_placeholder_gives_way_to_the_original(text: str) -> None:
    assert title(text, "Etude.")[:3] == ("Etude.", "Etude.", frozenset())
    assert title(text).text == ""


def test_a_translated_notice_is_both() -> None:
    assert title("[Erratum to: A study].") == ("A study.", "", TRANSLATED, Kind.ERRATUM)


@pytest.mark.parametrize(
    ("text", "types", "venue", "kind", "flags"),
    [
        ("A study", ["Review"], "Gut", Kind.REVIEW, set()),
        ("A study", ["Journal Article"], "medRxiv", Kind.PREPRINT, set()),
        ("WITHDRAWN: A study", ["Preprint"], "medRxiv", Kind.PREPRINT, {Flag.WITHDRAWN}),
        ("Erratum: A study", ["Letter"], "Gut", Kind.ERRATUM, set()),
        ("Retracted: A study", ["Retraction of Publication"], "Gut", Kind.RETRACTION, set()),
        ("RETRACTED: Erratum: A study", ["Journal Article"], "Gut", Kind.ERRATUM, set()),
        ("A study", ["Retracted Publication"], "Gut", Kind.ARTICLE, {Flag.RETRACTED}),
    ],
)
def test_types_title_and_venue_are_judged_together(
    text: str, types: list[str], venue: str, kind: Kind, flags: set[Flag]
) -> None:
    assert kind_and_flags(title(text), types, venue) == (kind, flags)
