"""Searching by what was added to works: names, identifiers, licences, open PDFs. On both
databases."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.archive import parse
from service.errors import QueryError
from service.records import Entity, EntityKind, Identifiers
from service.records.enriching import Enrichment, What
from service.records.queries import Licensed, Names
from service.store.query_names import identifiers
from tests.fakes_search import answers
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from service.store import Store

GENE, CELL = EntityKind.GENE, EntityKind.CELL
DISEASE, CHEMICAL = EntityKind.DISEASE, EntityKind.CHEMICAL


def numbers(store: Store, text: str) -> set[int]:
    with store.reading() as tx:
        return {*answers(tx, parse(text, NOW, UTC), 50)}


def access(work_id: int, licence: str, pdf_url: str = "") -> tuple[Enrichment, str]:
    content = {"licence": licence, "pdf_url": pdf_url, "html_url": "", "open": True, "article": ""}
    kept = Enrichment(work_id, What.ACCESS, "Europe PMC", True, "a", NOW, None, content=content)
    return kept, licence.partition(" 4")[0]


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Works 1 to 5; of the fifth nothing was asked."""
    archive.take_in(*(paper(number) for number in range(1, 6)))
    named = {
        1: [
            Entity(GENE, "TNF-α", "UniProt:P01375", 3),
            Entity(CELL, "Neutrophils", "CL:0000775", 2),
        ],
        2: [
            Entity(GENE, "TNF", "NCBI Gene:7124", 1),
            Entity(DISEASE, "breast cancer", "MESH:D001943", 2),
        ],
        3: [Entity(GENE, "TNFRSF1A", "", 1), Entity(CHEMICAL, "TNF", "CHEBI:15377", 1)],
        4: [Entity(CELL, "HeLa", "Cellosaurus:CVCL_0030", 1)],
    }
    with archive.store.writing() as tx:
        for work_id, entities in named.items():
            tx.enrichments.name(work_id, entities)
        tx.enrichments.keep(*access(1, "CC BY 4.0", "https://a.example.org/1.pdf"))
        tx.enrichments.keep(*access(2, "CC BY-NC-ND 4.0"))
        tx.enrichments.keep(*access(3, "CC0"))
    return archive


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gene:TNF", {2}),
        ("gene:tnf", {2}),
        ("gene:TNF-α", {1}),
        ('gene:"TNF alpha"', {1}),
        ("gene:TNFalpha", {1}),
        ("gene:TNF*", {1, 2, 3}),
        ("gene:(TNF OR TNF-alpha)", {1, 2}),
        ("gene:(TNF* NOT TNF-alpha)", {2, 3}),
        ("chemical:TNF", {3}),
        ("cell:neutrophil", {1}),
        ("cell:neutrophils", {1}),
        ("cell:neutro*", {1}),
        ('disease:"breast cancer"', {2}),
        ('disease:"breast*"', {2}),
        ("disease:cancer", set()),
        ("-gene:TNF* fibroblasts", {4, 5}),
        ("gene:TNF* -cell:neutrophil", {2, 3}),
        ("fibroblasts gene:TNF", {2}),
        ("gene:TNF OR cell:HeLa", {2, 4}),
        ("gene:*", set()),
    ],
)
def test_a_name_is_found_however_it_is_spelt(filled: Archive, text: str, found: set[int]) -> None:
    if text == "gene:*":
        with pytest.raises(QueryError):
            numbers(filled.store, text)
        return
    assert numbers(filled.store, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gene:7124", {2}),
        ('gene:"NCBI Gene:7124"', {2}),
        ("gene:ncbigene:7124", {2}),
        ("gene:P01375", {1}),
        ("gene:uniprot:p01375", {1}),
        ("cell:CL:0000775", {1}),
        ("cell:CVCL_0030", {4}),
        ("disease:D001943", {2}),
        ("disease:mesh:d001943", {2}),
        ("chemical:CHEBI:15377", {3}),
        ("chemical:15377", {3}),
        ("disease:7124", set()),
        ("gene:712", set()),
    ],
)
def test_an_identifier_is_found_with_and_without_its_vocabulary(
    filled: Archive, text: str, found: set[int]
) -> None:
    assert numbers(filled.store, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('licence:"CC BY"', {1}),
        ('licence:"CC BY 4.0"', {1}),
        ("licence:cc-by", {1}),
        ("license:cc-by", {1}),
        ("licence:cc-by*", {1, 2}),
        ("licence:cc-by-nc-nd", {2}),
        ("licence:cc0", {3}),
        ("licence:cc*", {1, 2, 3}),
        ("-licence:cc* fibroblasts", {4, 5}),
        ("licence:gpl", set()),
        ("has:pdf", {1}),
        ("-has:pdf fibroblasts", {2, 3, 4, 5}),
    ],
)
def test_works_are_found_by_licence_and_open_pdf(
    filled: Archive, text: str, found: set[int]
) -> None:
    assert numbers(filled.store, text) == found


def test_a_name_stays_with_the_work_that_its_work_was_merged_into(filled: Archive) -> None:
    both = Identifiers(doi="10.5555/stroma.2", pmid="40000004")
    filled.take_in(paper(9, ids=both, title=paper(2).title))
    one, other = filled.work("10.5555/stroma.2"), filled.work("40000004")
    assert one == other
    assert numbers(filled.store, "gene:7124 cell:HeLa") == {one}


def test_codes_of_several_vocabularies_may_be_meant() -> None:
    assert identifiers(DISEASE, "d001943")[0] == "MESH:D001943"
    assert identifiers(GENE, " ncbi : 7124 ") == ["NCBI Gene:7124"]
    assert identifiers(GENE, "Ensembl:ENSG1") == ["Ensembl:ENSG1"]


def test_words_are_still_words_where_they_are_quoted(filled: Archive) -> None:
    assert parse('"cell: neutrophil"', NOW, UTC).term is not None
    assert not isinstance(parse('"cell:neutrophil"', NOW, UTC).term, Names)
    assert parse("cell:neutrophil", NOW, UTC).term == Names(CELL, "neutrophil")
    assert parse("licence:CC-BY*", NOW, UTC).term == Licensed("CC-BY", prefix=True)


@pytest.mark.parametrize("text", ["gene:", "gene:-", 'cell:"  "', "licence:?", "disease:(-)"])
def test_a_field_without_a_value_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text, NOW, UTC)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["gene", "cell", "disease", "chemical", "licence"]),
    st.text(min_size=1, max_size=40),
    st.booleans(),
)
def test_no_value_makes_a_database_stumble(
    filled: Archive, field: str, value: str, more: bool
) -> None:
    text = f'{field}:"{value}{"*" if more else ""}" -{field}:({value} OR x)'
    try:
        numbers(filled.store, text)
    except QueryError:
        return
    numbers(filled.store, f"(fibroblasts OR NOT {field}:x) sort:newest")
