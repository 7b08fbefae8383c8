from __future__ import annotations

from dataclasses import replace

import pytest

from service import tallies
from service.errors import ParseError
from service.normalisation import normalise
from service.records import Identifiers, Record, Tally
from tests.papers import paper


def reasons(*causes: str, gone: int = 0) -> dict[str, int]:
    return tallies.dropped((ParseError("pubmed:1", cause) for cause in causes), gone)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("not well-formed XML: line 3: mismatched tag", "damaged"),
        ("not JSON: Expecting value", "damaged"),
        ("the record has no PMID", "no id"),
        ("the entry has neither a title nor an id", "no id"),
        ("the row has no title", "no id"),
        ("<Thing> is not a PubMed record", "another form"),
        ("the JSON is not an object", "another form"),
        ("no normaliser for the format 'x'", "another form"),
        ("its pubmed-xml payload has an unexpected form: KeyError: 'a'", "another form"),
        ("something else altogether", "not understood"),
    ],
)
def test_the_reasons_are_few_and_short(cause: str, reason: str) -> None:
    assert reasons(cause) == {reason: 1}


@pytest.mark.parametrize("format_", ["pubmed-xml", "biorxiv-json", "arxiv-xml", "feed-json"])
@pytest.mark.parametrize("payload", [b"", b"<a/>", b"{}", b"[]", b"<a"])
def test_whatever_a_normaliser_says_of_a_bad_payload_has_a_reason(
    format_: str, payload: bytes
) -> None:
    with pytest.raises(ParseError) as refused:
        normalise(Record("pubmed", "1", "", format_, payload))
    [(reason, count)] = tallies.dropped([refused.value], 0).items()
    assert reason != "not understood", refused.value.cause
    assert count == 1


def test_records_are_counted_by_reason_and_deletions_apart() -> None:
    assert reasons("not JSON: a", "not JSON: b", "the work has no DOI", gone=3) == {
        "damaged": 2,
        "deleted at the source": 3,
        "no id": 1,
    }
    assert reasons() == {}


def test_what_papers_lack_is_counted_and_nothing_where_there_are_none() -> None:
    bare = replace(paper(2), abstract="", authors=(), published=None, ids=Identifiers(pmid="1"))
    assert tallies.lacking([paper(1), bare, replace(paper(3), abstract="")]) == {
        "abstract": 2,
        "authors": 1,
        "date": 1,
        "doi": 1,
    }
    assert tallies.lacking([]) == {}


def test_remarks_add_up_with_the_counts() -> None:
    one = Tally(new=1, dropped={"damaged": 1}, lacking={"doi": 1, "date": 0})
    both = one + Tally(new=2, dropped={"damaged": 2, "no id": 1}, lacking={"doi": 3, "date": 1})
    assert (both.new, both.dropped) == (3, {"damaged": 3, "no id": 1})
    assert both.lacking == {"date": 1, "doi": 4}
