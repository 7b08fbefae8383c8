"""Keywords and MeSH headings of a work: what all of its papers say, each once."""

from __future__ import annotations

from itertools import permutations

from service.deduplication import merge
from tests.papers import paper, preprint


def test_a_work_has_the_words_of_all_its_papers_the_best_source_first() -> None:
    article = paper(1, keywords=("traps", "stroma"), mesh=("Neutrophils",))
    draft = preprint(1, keywords=("niche", "stroma"))
    for papers in permutations((draft, article)):
        merged = merge(papers)
        assert merged.keywords == ("traps", "stroma", "niche")
        assert merged.mesh == ("Neutrophils",)


def test_a_word_counts_once_in_whatever_case_it_is_written() -> None:
    article = paper(1, keywords=("NETs", "Straße", "traps"))
    draft = preprint(1, keywords=("nets", "STRASSE", "Traps", "TRAPS"))
    assert merge([draft, article]).keywords == ("NETs", "Straße", "traps")


def test_without_any_words_there_are_none() -> None:
    merged = merge([paper(1)])
    assert (merged.keywords, merged.mesh) == ((), ())
