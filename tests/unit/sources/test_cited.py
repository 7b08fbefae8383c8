from __future__ import annotations

from service.records import Identifiers, Kind, Paper, Reference
from service.sources.cited import distinct, filled, merged, shared

PAPER = Paper(
    source="pubmed",
    source_id="11",
    version="",
    ids=Identifiers("10.5555/a", "11"),
    title="Niches of cells.",
    kind=Kind.ARTICLE,
    abstract="Cells hide.",
    published="2023-05",
)


def test_the_first_of_references_that_share_an_id_is_kept() -> None:
    one = Reference("One", Identifiers("10.5555/a"))
    both = Reference("Two", Identifiers("10.5555/a", "11"))
    other = Reference("Three", Identifiers(pmid="11"))
    assert distinct([one, both, other]) == (one,), "the second shows that the third is the first"


def test_references_without_ids_are_told_apart_by_their_titles() -> None:
    one, same, two, bare = Reference("One"), Reference("ONE"), Reference("Two"), Reference("")
    named = Reference("One", Identifiers(pmid="1"))
    assert distinct([one, same, two, named]) == (one, two, named)
    assert distinct([bare, bare]) == (bare, bare), "nothing says that they are the same"


def test_a_paper_does_not_cite_itself() -> None:
    mine = Identifiers("10.5555/review", pmcid="PMC7")
    others = Reference("Other", Identifiers("10.5555/o"))
    assert distinct([Reference("Me", Identifiers(pmcid="PMC7")), others], mine) == (others,)


def test_a_reference_takes_what_its_paper_says_but_keeps_its_own_year_and_ids() -> None:
    bare = Reference("niches", Identifiers("10.5555/own", "11"))
    full = Reference("Niches of cells.", Identifiers("10.5555/own", "11"), "Cells hide.", 2023)
    assert filled(bare, PAPER) == full
    told = Reference("niches", Identifiers(pmid="11"), year=2022)
    assert filled(told, PAPER).year == 2022
    assert filled(told, None) == told


def test_ids_are_merged_and_compared_one_by_one() -> None:
    assert merged(Identifiers("10.5555/a"), PAPER.ids) == PAPER.ids
    assert shared(Identifiers(pmid="11"), PAPER.ids)
    assert not shared(Identifiers(pmcid="11"), PAPER.ids)
    assert not shared(Identifiers(), Identifiers())
