"""Annotations and openness, read from their wire formats; whatever is odd loses itself alone."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import NotDataError, SourceError, ThrottledError, TransientError
from service.records import EntityKind
from service.records.enriching import Access, Mention
from service.sources.enrichment_payload import europe_annotations, openness, pubtator
from tests.enrichment_payloads import TITLE, bioc, bioc_json, core, europe, found, marked

GENE, CELL = EntityKind.GENE, EntityKind.CELL
DISEASE, CHEMICAL = EntityKind.DISEASE, EntityKind.CHEMICAL


def one(annotation: dict[str, Any]) -> tuple[Mention, ...]:
    return europe_annotations(europe(("MED:1", [annotation])))["MED:1"]


def test_a_gene_is_read_with_its_name_and_identifier() -> None:
    uri = "https://www.uniprot.org/uniprotkb/P01375/entry"
    assert one(marked("TNF-α", uri=uri, name="TNF")) == (
        Mention(GENE, "TNF-α", "UniProt:P01375", "TNF"),
    )


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("Gene_Proteins", GENE),
        ("Genes/Proteins", GENE),
        ("Diseases", DISEASE),
        ("Chemicals", CHEMICAL),
        ("Clinical Drug", CHEMICAL),
        ("Cell", CELL),
        ("Cell Line", CELL),
    ],
)
def test_types_become_our_kinds(told: str, kind: EntityKind) -> None:
    assert [each.kind for each in one(marked("it", told))] == [kind]


@pytest.mark.parametrize(
    "told",
    [
        *(
            "Organisms",
            "Accession Numbers",
            "Gene Ontology terms that are none",
            "",
            "Organ Tissue",
        ),
        *("Gene Disease OpenTargets", "Gene Drug Associations", "gene_function"),
        *("Gene Disease Relationship", "Gene Drug Relationship", "Gene Ontology", "Resources"),
        "Anatomy",
    ],
)
def test_other_types_and_relations_are_left_out(told: str) -> None:
    assert one(marked("it", told)) == ()


@pytest.mark.parametrize(
    ("section", "kept"),
    [(TITLE, 1), ("Abstract", 1), ("title", 1), ("Figure (http://x)", 0), ("", 0), ("Methods", 0)],
)
def test_only_titles_and_abstracts_count(section: str, kept: int) -> None:
    assert len(one(marked("TNF", section=section))) == kept


@pytest.mark.parametrize(
    ("uri", "identifier"),
    [
        ("http://purl.uniprot.org/uniprot/P01375", "UniProt:P01375"),
        ("https://identifiers.org/ncbigene:7124", "NCBI Gene:7124"),
        ("http://purl.obolibrary.org/obo/CHEBI_15377", "CHEBI:15377"),
        ("http://purl.obolibrary.org/obo/CL_0000775", "CL:0000775"),
        ("http://linkedlifedata.com/resource/umls-concept/C0015674", "UMLS:C0015674"),
        ("http://www.ebi.ac.uk/efo/EFO_0000305", "EFO:0000305"),
        ("https://id.nlm.nih.gov/mesh/D001943", "MESH:D001943"),
        ("http://purl.uniprot.org/uniprot/", ""),
        ("https://www.uniprot.org/uniprotkb/entry", ""),
        ("http://browser.ihtsdotools.org/?perspective=full&conceptId1=50863008", ""),
        ("https://example.org/anything/1", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_addresses_of_vocabularies_become_identifiers(uri: str, identifier: str) -> None:
    assert one(marked("it", uri=uri))[0].identifier == identifier


def test_articles_without_annotations_are_there() -> None:
    body = europe(("MED:1", []), ("PPR:PPR2", [marked("TNF")]))
    assert {name: len(each) for name, each in europe_annotations(body).items()} == {
        "MED:1": 0,
        "PPR:PPR2": 1,
    }


@pytest.mark.parametrize("pmcid", ["PMC901", 901])
def test_an_article_that_is_in_pmc_is_found_by_that_name_too(pmcid: str | int) -> None:
    (article,) = json.loads(europe(("MED:1", [marked("TNF")])))
    told = europe_annotations(json.dumps([article | {"pmcid": pmcid}]).encode())
    assert [*told] == ["MED:1", "PMC:PMC901"]
    assert told["PMC:PMC901"] == told["MED:1"]


@pytest.mark.parametrize("pmcid", [None, "", "PMCx", -901, {"PMC": 901}])
def test_a_damaged_pmcid_names_nothing(pmcid: object) -> None:
    (article,) = json.loads(europe(("MED:1", [marked("TNF")])))
    assert [*europe_annotations(json.dumps([article | {"pmcid": pmcid}]).encode())] == ["MED:1"]


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        7,
        {"exact": 7, "type": "Diseases", "section": "Abstract"},
        {"exact": "x", "type": None, "section": "Abstract"},
        {"exact": "", "type": "Diseases", "section": "Abstract"},
        [],
    ],
)
def test_a_damaged_annotation_loses_itself_alone(damaged: Any) -> None:
    body = europe(("MED:1", [damaged, marked("TNF")]))
    assert [each.text for each in europe_annotations(body)["MED:1"]] == ["TNF"]


def test_tags_may_be_missing_or_odd() -> None:
    for tags in (None, [], "x", [None], [{"name": 7, "uri": []}]):
        assert one(marked("TNF", tags=tags)) == (Mention(GENE, "TNF"),)


# -- PubTator


def test_pubtators_documents_are_read_by_pmid() -> None:
    gene = bioc("TNF-α", identifier="7124", database="ncbi_gene", name="TNF")
    line = bioc("HeLa", "CellLine", identifier="CVCL:0030")
    illness = bioc("breast cancer", "Disease", identifier="MESH:D001943")
    kind = bioc("mouse", "Species", identifier="10090")
    assert pubtator(bioc_json(("123", [gene, line, illness, kind]), ("124", []))) == {
        "123": (
            Mention(GENE, "TNF-α", "NCBI Gene:7124", "TNF"),
            Mention(CELL, "HeLa", "Cellosaurus:CVCL_0030"),
            Mention(DISEASE, "breast cancer", "MESH:D001943"),
        ),
        "124": (),
    }


def test_full_text_passages_are_left_out() -> None:
    assert pubtator(bioc_json(("1", [bioc("TNF")]), where="results")) == {"1": ()}


def test_of_several_identifiers_the_first_counts_and_none_is_none() -> None:
    told = [
        bioc("TNF", identifier="7124;21926", database="ncbi_gene"),
        bioc("X1", identifier=None, database="ncbi_gene"),
        bioc("X2", identifier="-"),
    ]
    mentions = pubtator(bioc_json(("1", told)))["1"]
    assert [each.identifier for each in mentions] == ["NCBI Gene:7124", "", ""]


def test_a_document_by_itself_and_a_list_are_read_too() -> None:
    document = json.loads(bioc_json(("5", [bioc("TNF")])))["PubTator3"][0]
    for value in (document, [document]):
        assert [*pubtator(json.dumps(value).encode())] == ["5"]


# -- openness


def test_an_open_paper_is_read_with_its_links() -> None:
    (paper,) = openness(found(core()))
    assert paper.keys == {"pmid:40000001", "pmcid:pmc901", "doi:10.5555/stroma.1"}
    assert paper.access == Access(
        licence="cc by",
        pdf_url="https://europepmc.org/articles/PMC901?pdf=render",
        html_url="https://europepmc.org/articles/PMC901",
        open=True,
        article="MED:40000001",
    )


def test_a_subscription_is_not_open() -> None:
    link = {"availabilityCode": "S", "documentStyle": "pdf", "url": "https://x.example.org/1.pdf"}
    closed = core(isOpenAccess="N", license=None, fullTextUrlList={"fullTextUrl": [link]})
    assert openness(found(closed))[0].access == Access(article="MED:40000001")


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://x.org/1", 'https://x.org/"onload', "https://x .org", "", None],
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    link = {"availabilityCode": "F", "documentStyle": "pdf", "url": url}
    told = openness(found(core(fullTextUrlList={"fullTextUrl": [link]})))
    assert told[0].access.pdf_url == ""


# -- bodies that are none

READERS = (europe_annotations, pubtator, openness)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", TransientError),
        (b"<html><title>Sorry</title></html>", TransientError),
        (b'[{"source": "MED", "ext', TransientError),
        (b"Too many requests", ThrottledError),
        (b'"a text"', NotDataError),
        (b"[" * 100_000, SourceError),
    ],
)
def test_a_body_that_is_no_data_says_what_it_is(read: Any, body: bytes, error: Any) -> None:
    with pytest.raises(error):
        read(body)


FIELDS = [
    "source",
    "extId",
    "annotations",
    "type",
    "exact",
    "section",
    "tags",
    "PubTator3",
    "passages",
    "infons",
    "pmid",
    "id",
    "text",
    "resultList",
    "result",
    "fullTextUrlList",
    "fullTextUrl",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(FIELDS) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("read", READERS)
@given(json_values)
def test_no_json_makes_a_reader_stumble(read: Any, value: Any) -> None:
    with suppress(SourceError):
        read(json.dumps(value).encode())
