from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from service.archive import explain, parse

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def told(text: str) -> str:
    return explain(parse(text, NOW, UTC), UTC)


def test_a_query_is_told_as_a_tree_in_words() -> None:
    assert told('caf (title:lung OR "breast canc*") -mouse sort:newest').splitlines() == [
        "Works of which this is true:",
        "  all of:",
        '    the word "caf", anywhere',
        "    any of:",
        '      the word "lung", in the title',
        '      the phrase "breast canc" or longer, anywhere',
        '    not: the word "mouse", anywhere',
        "Order: the newest first",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("author:okafor", 'the word "okafor", among the authors'),
        ("journal:nature", 'the word "nature", in the journal\'s name'),
        ("abstract:caf", 'the word "caf", in the abstract'),
        ("type:trial", "is of type trial"),
        ("source:pubmed", "came from pubmed"),
        ("topic:tans", "was shown for, or called relevant to, the topic tans"),
        ("doi:10.5555/a*", "doi begins with 10.5555/a"),
        ("pmid:7", "pmid is 7"),
        ("gene:TNF-α", "names a gene called TNF-α"),
        ('disease:"breast canc*"', "names a disease that begins with breast canc"),
        ("licence:CC-BY", "is under a licence called CC-BY"),
        ("license:cc*", "is under a licence that begins with cc"),
        ("published:2026-03", "published from 2026-03-01 to 2026-03-31"),
        ("published:2026-03-05", "published on 2026-03-05"),
        ("published:2026-03..", "published on or after 2026-03-01"),
        ("seen:..2026-03", "first seen on or before 2026-03-31"),
        ("seen:last-week", "first seen from 2026-11-09 to 2026-11-15"),
        ("-is:sent", "not: was sent in a digest"),
    ],
)
def test_each_condition_has_its_words(text: str, line: str) -> None:
    assert told(text).splitlines()[1].strip() == line


def test_a_refused_group_is_told_below_its_not() -> None:
    assert told("-(a b)").splitlines()[1:3] == ["  not:", "    all of:"]


def test_nothing_and_everything_are_told_apart() -> None:
    assert told("!").startswith("Nothing to look for.")
    assert "Order" not in told("!")
    assert told("sort:seen") == "Every work\nOrder: the last seen first"


def test_without_words_the_best_match_is_the_newest() -> None:
    assert told("is:review").endswith("Order: the newest first")
    assert told("-caf").endswith("Order: the newest first")
    assert told("caf is:review").endswith("Order: the best match first")


def test_days_are_told_in_the_zone_that_they_were_read_in() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert "on 2026-07-01" in explain(parse("seen:2026-07-01", NOW, berlin), berlin)


def test_notes_come_last() -> None:
    assert told("friend or foe").splitlines()[-1].startswith('Note: "or" is looked for')
