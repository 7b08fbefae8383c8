from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from service.errors import (
    BadRequestError,
    IncompleteError,
    NotDataError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.normalisation.citations import ids as identify
from service.records import Identifiers, Reference
from service.sources import pmc_payload, references_payload
from tests import cited_payloads as made
from tests.cited_payloads import element_citation, titles

if TYPE_CHECKING:
    from pathlib import Path


def read(*refs: str, **options: str) -> references_payload.Listing:
    return references_payload.jats(made.jats(*refs, **options), identify)


def one(ref: str) -> Reference:
    [found] = read(ref).references
    return found


# -- JATS


def test_a_tagged_reference_gives_its_title_year_and_ids() -> None:
    told = element_citation(
        "Niches of <italic>Cd8</italic>\n cells", 2021,
        doi="https://doi.org/10.5555/ABC.1", pmid="33000001", pmcid="PMC7000009",
    )  # fmt: skip
    known = Identifiers("10.5555/abc.1", "33000001", "PMC7000009")
    assert one(told) == Reference("Niches of Cd8 cells", known, year=2021)


def test_a_mixed_reference_reads_like_a_tagged_one() -> None:
    told = (
        '<mixed-citation publication-type="journal"><name><surname>Rich</surname></name> '
        "(<year>2010a</year>) <article-title>An assessment</article-title>. <source>Trop Med</source>"
        '<volume>83</volume>: 52. doi:<pub-id pub-id-type="doi">10.5555/mixed.1</pub-id>'
        '<pub-id pub-id-type="pmid">20682906</pub-id></mixed-citation>'
    )
    expected = Identifiers("10.5555/mixed.1", "20682906")
    assert one(told) == Reference("An assessment", expected, year=2010)


@pytest.mark.parametrize(
    "told",
    [
        '<ext-link ext-link-type="doi" xlink:href="10.5555/Linked.1">10.5555/Linked.1</ext-link>',
        '<ext-link ext-link-type="uri" xlink:href="https://doi.org/10.5555/linked.1">doi</ext-link>',
        "<comment>doi: 10.5555/linked.1</comment>",
        "<uri>https://doi.org/10.5555/linked.1</uri>",
    ],
)
def test_an_id_in_a_link_or_a_comment_counts(told: str) -> None:
    ref = f"<element-citation><article-title>T</article-title>{told}</element-citation>"
    assert one(ref).ids.doi == "10.5555/linked.1"


def test_an_id_in_running_text_counts_where_no_id_is_tagged() -> None:
    told = "<mixed-citation>Rich KM (2010) An assessment. doi: 10.5555/text.1. PMID: 123</mixed-citation>"
    found = one(told)
    assert found == Reference("", Identifiers("10.5555/text.1", "123"))


def test_running_text_beside_a_tagged_id_is_not_searched() -> None:
    told = (
        "<mixed-citation><article-title>T</article-title> comment on 10.5555/other.2 <pub-id "
        'pub-id-type="pmid">5</pub-id></mixed-citation>'
    )
    assert one(told).ids == Identifiers(pmid="5")


def test_an_entry_without_title_and_id_is_counted_and_left_out() -> None:
    found = read(
        "<mixed-citation>Murphy FA (1999) Veterinary Virology. USA.</mixed-citation>",
        "<note><p>A remark.</p></note>",
        element_citation("Kept", pmid="1"),
    )
    assert (titles(found.references), found.stated) == (["Kept"], 3)


def test_the_journal_is_not_taken_for_the_title_but_a_book_is_named_by_its_source() -> None:
    book = (
        '<element-citation publication-type="book"><source>Global Report</source>'
        "<year>2025</year></element-citation>"
    )
    article = book.replace('"book"', '"journal"')
    assert titles(read(book, article).references) == ["Global Report"]


def test_of_the_same_citation_in_two_forms_one_is_read() -> None:
    tagged = "<element-citation><article-title>T</article-title></element-citation>"
    told = f"<citation-alternatives><mixed-citation>T.</mixed-citation>{tagged}</citation-alternatives>"
    found = read(told)
    assert (titles(found.references), found.stated) == (["T"], 1)


def test_one_entry_may_cite_several_papers() -> None:
    several = "".join(
        f"<element-citation><article-title>{t}</article-title></element-citation>" for t in "ab"
    )
    found = read(several, element_citation("c"))
    assert (titles(found.references), found.stated) == (["a", "b", "c"], 3)


def test_old_tags_are_read() -> None:
    for tag in ("citation", "nlm-citation"):
        assert one(f"<{tag}><article-title>Old</article-title></{tag}>").title == "Old"


def test_the_list_of_a_reviewers_report_is_not_the_papers() -> None:
    report = (
        f"<sub-article><back><ref-list><ref>{element_citation('Theirs')}</ref></ref-list></back>"
        "</sub-article>"
    )
    assert titles(read(element_citation("Ours"), more=report).references) == ["Ours"]


def test_nested_lists_are_read_in_their_order() -> None:
    inner = f"<ref-list><ref>{element_citation('b')}</ref></ref-list>"
    body = f"<body><sec><ref-list><ref>{element_citation('a')}</ref>{inner}</ref-list></sec></body>"
    assert titles(read(body=body).references) == ["a", "b"]


def test_an_article_without_its_full_text_has_no_list() -> None:
    front = "<!--The publisher of this article does not allow downloading of the full text.-->"
    assert read(body=front) == references_payload.Listing()


def test_the_namespace_of_an_oai_reply_does_not_matter() -> None:
    body = made.jats(element_citation("T", pmid="7"))
    spaced = body.replace(
        b"<article ", b'<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.4/" '
    )
    assert references_payload.jats(spaced, identify) == references_payload.jats(body, identify)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", TransientError),
        (made.jats(element_citation("T"))[:-30], TransientError),
        (b"<html><body>WWW Error 500 Diagnostic</body></html>", TransientError),
        (b'{"error":"API rate limit exceeded","count":"11"}', SourceError),
        (b"<pmc-articleset></pmc-articleset>", NotFoundError),
        (b'<pmc-articleset><Reply Id="7" error="no such id"/></pmc-articleset>', NotFoundError),
        (b"<pmc-articleset><error>id list is empty</error></pmc-articleset>", BadRequestError),
        (b"<eSearchResult><Count>0</Count></eSearchResult>", NotFoundError),
    ],
)
def test_what_is_no_article_is_an_error_and_no_empty_list(
    body: bytes, error: type[SourceError]
) -> None:
    with pytest.raises(error):
        references_payload.jats(body, identify)


def test_several_articles_are_not_guessed_between() -> None:
    body = made.jats(element_citation("T"))
    article = re.search(rb"<article .*</article>", body)
    assert article
    with pytest.raises(NotDataError, match="2 articles"):
        references_payload.jats(body.replace(article[0], article[0] * 2), identify)


# -- elink


def links(body: bytes) -> tuple[str, ...]:
    return references_payload.links(body, "pmc_refs_pubmed", "7000001")


def test_the_links_of_the_asked_name_are_taken_once_each() -> None:
    body = made.elink("7000001", "pmc_refs_pubmed", ["3", "1", "3", "0"])
    other = (
        b"<LinkSetDb><LinkName>pmc_pubmed</LinkName><Link><Id>9</Id></Link></LinkSetDb></LinkSet>"
    )
    assert links(body.replace(b"</LinkSet>", other)) == ("3", "1")


def test_no_links_are_an_honest_nothing() -> None:
    assert links(made.elink("7000001", "pmc_refs_pubmed", [])) == ()


def test_an_answer_about_another_id_is_no_answer() -> None:
    with pytest.raises(IncompleteError, match="nothing of 7000001"):
        links(made.elink("7000002", "pmc_refs_pubmed", ["3"]))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ("Couldn't resolve #exLinkSrv2, the address table is empty.", TransientError),
        ("NCBI C++ Exception: Backend failed", TransientError),
        ("API rate limit exceeded", ThrottledError),
        ("Invalid db name specified: unknown database", BadRequestError),
    ],
)
def test_an_error_inside_a_reply_is_raised(told: str, error: type[SourceError]) -> None:
    body = (
        f"<eLinkResult><LinkSet><DbFrom>pmc</DbFrom></LinkSet><ERROR>{told}</ERROR></eLinkResult>"
    )
    with pytest.raises(error):
        links(body.encode())


def test_links_that_break_off_are_transient() -> None:
    with pytest.raises(TransientError):
        links(made.elink("7000001", "pmc_refs_pubmed", ["3"])[:-20])


def test_another_reply_is_not_taken_for_links() -> None:
    with pytest.raises(NotDataError, match="eSearchResult"):
        links(b"<eSearchResult><Count>0</Count></eSearchResult>")


# -- Europe PMC


def europepmc(body: bytes) -> references_payload.Listing:
    return references_payload.europepmc(body, identify)


def test_an_entry_of_europe_pmc_is_known_by_its_source() -> None:
    entries: list[dict[str, object]] = [
        {"id": "31", "source": "MED", "title": "In  PubMed", "pubYear": 2020, "citedOrder": 1},
        {"id": "PMC9", "source": "PMC", "title": "In PMC", "pubYear": "2019"},
        {"id": "PPR7", "source": "PPR", "title": "A preprint", "doi": "10.5555/PPR.7"},
        {"title": "Not matched", "match": "N"},
    ]
    assert europepmc(made.europepmc(entries, stated=9)) == references_payload.Listing(
        (
            Reference("In PubMed", Identifiers(pmid="31"), year=2020),
            Reference("In PMC", Identifiers(pmcid="PMC9"), year=2019),
            Reference("A preprint", Identifiers(doi="10.5555/ppr.7")),
            Reference("Not matched"),
        ),
        9,
    )


def test_no_references_at_europe_pmc_are_an_honest_nothing() -> None:
    assert europepmc(made.europepmc([])) == references_payload.Listing()


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"version": "6.9", "errCode": 404, "errMsg": "not there"}, NotFoundError),
        ({"version": "6.9", "errCode": "500", "errMsg": "down"}, TransientError),
        ({"errCode": 400}, BadRequestError),
        ({"version": "6.9"}, TransientError),
        ({"hitCount": 1, "referenceList": {"reference": "x"}}, NotDataError),
        ([], NotDataError),
    ],
)
def test_a_failure_of_europe_pmc_is_raised(value: object, error: type[SourceError]) -> None:
    with pytest.raises(error):
        europepmc(json.dumps(value).encode())


def test_a_page_that_breaks_off_is_transient() -> None:
    with pytest.raises(TransientError):
        europepmc(made.europepmc([{"title": "T"}])[:-5])


# -- real articles


@pytest.mark.captures
@pytest.mark.parametrize(
    ("name", "refs", "named", "with_pmid"),
    [
        ("pmc/1471-2180-11-174.nxml", 64, 64, 56),
        ("pmc/6605965a.nxml", 34, 34, 31),
        ("pmc/pntd.0002065.nxml", 32, 27, 21),  # five are untagged text without an id
        ("europepmc/fulltextxml_PMC8118396.xml", 8, 7, 0),
        ("pmc/efetch_pmc_correction.xml", 0, 0, 0),
    ],
)
def test_real_lists_have_as_many_entries_as_the_file(
    shared: Path, name: str, refs: int, named: int, with_pmid: int
) -> None:
    body = (shared / "captures" / name).read_bytes()
    found = references_payload.jats(body, identify)
    assert found.stated == refs == len(re.findall(rb"<ref[ >]", body))
    assert len(found.references) == named
    assert sum(r.ids.pmid is not None for r in found.references) == with_pmid
    assert with_pmid <= len(re.findall(rb'pub-id-type="pmid"', body))


@pytest.mark.captures
def test_real_lists_of_2026_are_read(shared: Path) -> None:
    body = (shared / "captures/pmc/efetch_pmc_3articles_2026.xml").read_bytes()
    lists = {
        record.source_id: references_payload.jats(record.payload, identify)
        for record in pmc_payload.read(body).records
    }
    counts = {pmcid: (found.stated, len(found.references)) for pmcid, found in lists.items()}
    assert counts == {"PMC13014283": (44, 44), "PMC13016435": (32, 32), "PMC13015887": (32, 32)}
    second = lists["PMC13014283"].references[1]
    assert second.title.startswith("The global burden of latent tuberculosis infection: a re-est")
    assert second.ids == Identifiers("10.1371/journal.pmed.1002152", "27780211", "PMC5079585")
    assert second.year == 2016
