"""Each way in which a source states that two records are one work, from the raw records on, in
both orders of arrival. All titles differ, so that nothing but the link joins them."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

from service.normalisation import normalise
from service.records import Record
from tests.taking_in import partition

POSTED, ARTICLE, PMID = "10.1101/2026.01.02.000001", "10.5555/journal.1", "41000001"
POSTED_PMID = "41000002"


def as_json(source: str, number: str, form: str, row: dict[str, Any], version: str = "") -> Record:
    return Record(source, number, version, form, json.dumps(row).encode())


def biorxiv(published: str = "NA", version: str = "1", title: str = "A niche of cells") -> Record:
    row = {"doi": POSTED, "title": title, "authors": "Bauer, T.", "date": "2026-01-02"}
    more = {"version": version, "published": published, "abstract": "", "category": "cancer"}
    return as_json("biorxiv", POSTED, "biorxiv-json", row | more, version)


def pubs(doi: str = ARTICLE) -> Record:
    row = {"preprint_doi": POSTED, "published_doi": doi, "preprint_title": "A niche of cells"}
    row |= {
        "published_journal": "J",
        "preprint_date": "2026-01-02",
        "preprint_authors": "Bauer, T.",
    }
    return as_json("biorxiv", POSTED, "biorxiv-pub-json", row)


def crossref(doi: str, title: str, preprint: bool = False, **relation: str) -> Record:
    row: dict[str, Any] = {"DOI": doi, "title": [title], "type": "journal-article"}
    if preprint:
        row |= {"type": "posted-content", "subtype": "preprint"}
    row["relation"] = {
        name.replace("_", "-"): [{"id-type": "doi", "id": target, "asserted-by": "subject"}]
        for name, target in relation.items()
    }
    return as_json("crossref", doi, "crossref-json", row)


def pubmed(
    pmid: str, title: str, doi: str = "", preprint: bool = False, links: tuple[str, ...] = ()
) -> Record:
    kind = "Preprint" if preprint else "Journal Article"
    journal = "bioRxiv" if preprint else "J Strom"
    ids = f'<ELocationID EIdType="doi">{doi}</ELocationID>' if doi else ""
    text = (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article><Journal><Title>'
        f"{journal}</Title></Journal><ArticleTitle>{title}</ArticleTitle>{ids}"
        f"<PublicationTypeList><PublicationType>{kind}</PublicationType></PublicationTypeList>"
        f"</Article><CommentsCorrectionsList>{''.join(links)}</CommentsCorrectionsList>"
        "</MedlineCitation></PubmedArticle>"
    )
    return Record("pubmed", pmid, "", "pubmed-xml", text.encode())


def update(kind: str, source: str, pmid: str) -> str:
    return (
        f'<CommentsCorrections RefType="{kind}"><RefSource>{source}</RefSource>'
        f'<PMID Version="1">{pmid}</PMID></CommentsCorrections>'
    )


def jats(meta: str) -> Record:
    text = (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article">'
        "<front><journal-meta/><article-meta>"
        f'<article-id pub-id-type="doi">{ARTICLE}</article-id><title-group><article-title>'
        f"Cells that hold others</article-title></title-group>{meta}</article-meta></front></article>"
    )
    return Record("pmc", "PMC1", "", "jats", text.encode())


def europepmc(number: str, title: str, source: str = "MED", **more: Any) -> Record:
    row = {"id": number, "source": source, "title": title, **more}
    if source == "MED":
        row["pmid"] = number
    return as_json("europepmc", f"{source}/{number}", "europepmc-json", row)


def remark(kind: str, text: str, pmid: str) -> dict[str, Any]:
    entry = {"type": kind, "source": "MED", "id": pmid, "reference": text}
    return {"commentCorrectionList": {"commentCorrection": [entry]}}


def arxiv(doi: str) -> Record:
    text = (
        '<entry xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">'
        "<id>http://arxiv.org/abs/2601.00001v1</id><title>A model of niches</title>"
        "<published>2026-01-02T00:00:00Z</published><updated>2026-01-02T00:00:00Z</updated>"
        f"<author><name>Tom Bauer</name></author><arxiv:doi>{doi}</arxiv:doi></entry>"
    )
    return Record("arxiv", "2601.00001", "1", "arxiv-atom", text.encode())


IN_JOURNAL = crossref(ARTICLE, "Cells that hold others")
ON_SERVER = crossref(POSTED, "A first look at niches", preprint=True)
IN_PUBMED = pubmed(PMID, "Cells that hold others", ARTICLE)
POSTED_IN_PUBMED = pubmed(POSTED_PMID, "A niche of cells", POSTED, preprint=True)
PREPRINT_OF_THIS = (
    f'<related-article related-article-type="preprint" ext-link-type="doi" xlink:href="{POSTED}"/>'
)
HISTORY = (
    "<pub-history><event><event-desc>published as a preprint</event-desc><self-uri "
    f'content-type="preprint" xlink:href="https://doi.org/{POSTED}"/></event><event><self-uri '
    f'content-type="reviewed-preprint" xlink:href="https://doi.org/{ARTICLE}.1"/></event>'
    "</pub-history>"
)


@pytest.mark.parametrize(
    "records",
    [
        (biorxiv(ARTICLE), IN_JOURNAL),
        (biorxiv(), pubs(), IN_JOURNAL),
        (biorxiv(), biorxiv(ARTICLE, "2", "Another heading"), IN_PUBMED),
        (crossref(POSTED, "A niche", preprint=True, is_preprint_of=ARTICLE), IN_PUBMED),
        (ON_SERVER, crossref(ARTICLE, "Cells that hold others", has_preprint=POSTED)),
        (
            crossref("10.5555/v1", "First form", preprint=True),
            crossref("10.5555/v2", "Second form", preprint=True, is_version_of="10.5555/v1"),
        ),
        (
            POSTED_IN_PUBMED,
            pubmed(PMID, "Cells", links=(update("UpdateOf", "bioRxiv. 2026 Jan 2;:", POSTED_PMID),)),
        ),
        (
            pubmed(
                POSTED_PMID, "A niche", preprint=True, links=(update("UpdateIn", "J Strom.", PMID),)
            ),
            pubmed(PMID, "Cells that hold others"),
        ),
        (ON_SERVER, jats(PREPRINT_OF_THIS)),
        (ON_SERVER, jats(HISTORY)),
        (arxiv(ARTICLE), IN_JOURNAL),
        (
            POSTED_IN_PUBMED,
            europepmc(PMID, "Cells", **remark("Update of", "bioRxiv. 2026 Jan 2;:", POSTED_PMID)),
        ),
        (
            crossref("10.7554/elife.96394", "Cells that hold others"),
            biorxiv("10.7554/eLife.96394.3"),
        ),
        (
            crossref("10.21203/rs.3.rs-7/v1", "First form", preprint=True),
            crossref("10.21203/rs.3.rs-7/v2", "Second form", preprint=True),
        ),
    ],
    ids=[
        "bioRxiv details", "bioRxiv pubs", "a later version", "Crossref is-preprint-of",
        "Crossref has-preprint", "Crossref is-version-of", "PubMed UpdateOf", "PubMed UpdateIn",
        "PMC related article", "PMC history", "arXiv", "Europe PMC Update of", "eLife's version",
        "versioned DOIs",
    ],
)  # fmt: skip
def test_a_stated_link_joins_in_any_order(records: tuple[Record, ...]) -> None:
    papers = list(enumerate(map(normalise, records)))
    for order in itertools.permutations(papers):
        assert partition(order, [1]) == partition(order, [9]) == {frozenset(range(len(records)))}


@pytest.mark.parametrize(
    "records",
    [
        (
            pubmed("1", "Surfaces for ulcers"),
            pubmed("2", "Beds", links=(update("UpdateOf", "Cochrane Database Syst Rev.", "1"),)),
        ),
        (
            pubmed("1", "A first letter"),
            pubmed("2", "A second", links=(update("UpdateIn", "Scand J Clin Lab Invest.", "1"),)),
        ),
        (
            pubmed("1", "Surfaces for ulcers"),
            europepmc("2", "Beds", **remark("Update of", "Cochrane Database Syst Rev.", "1")),
        ),
        (
            IN_PUBMED,
            europepmc("PPR1", "Sleep", "PPR", doi=POSTED, **remark("Preprint of", "J.", PMID)),
        ),
    ],
    ids=["another edition", "a letter", "another edition in Europe PMC", "a heuristic alone"],
)
def test_what_is_no_statement_joins_nothing(records: tuple[Record, ...]) -> None:
    papers = list(enumerate(map(normalise, records)))
    for order in (papers, papers[::-1]):
        assert len(partition(order, [1])) == 2


def test_an_article_known_by_its_pmid_is_joined_once_its_doi_is_known() -> None:
    """The preprint names a DOI; PubMed's record has none, another source's has both ids."""
    without = normalise(pubmed(PMID, "Cells that hold others"))
    bridge = normalise(europepmc(PMID, "Cells that hold others", doi=ARTICLE))
    papers = list(enumerate([normalise(biorxiv(ARTICLE)), without, bridge]))
    assert len(partition(papers[:2], [1])) == 2
    for order in itertools.permutations(papers):
        assert partition(order, [1]) == {frozenset({0, 1, 2})}


def test_a_chain_of_sources_is_one_work() -> None:
    """Preprint, PubMed's copy of it, article, PMC copy: no record names all of them."""
    records = [
        biorxiv(),
        POSTED_IN_PUBMED,
        pubmed(PMID, "Cells", links=(update("UpdateOf", "bioRxiv. 2026;:", POSTED_PMID),)),
        europepmc(PMID, "Cells that hold others", pmcid="PMC1"),
        jats('<article-id pub-id-type="pmc">PMC1</article-id>'),
    ]
    papers = list(enumerate(map(normalise, records)))
    for order in (papers, papers[::-1], papers[2:] + papers[:2]):
        for sizes in ([1], [2], [9]):
            assert partition(order, sizes) == {frozenset(range(5))}


def test_a_heuristic_link_is_believed_when_the_papers_agree() -> None:
    said = [f"Niche {n} of fibroblasts holds back neutrophils." for n in range(9)]
    new = [f"Patients of group {n} showed what mice had shown before." for n in range(5)]
    names = [{"lastName": name, "firstName": "M"} for name in ("Bauer", "Costa", "Moreau")]
    both = {"authorList": {"author": names}}
    first, second = ({"abstractText": " ".join(text)} for text in (said, said[:4] + new))
    hint = remark("Preprint of", "J.", PMID)
    papers = [
        normalise(
            europepmc("PPR1", "Niches of fibroblasts", "PPR", doi=POSTED, **both, **first, **hint)
        ),
        normalise(europepmc(PMID, "How fibroblasts make a niche", **both, **second)),
    ]
    assert len(partition([(0, replace(papers[0], links=())), (1, papers[1])], [1])) == 2
    for order in ([(0, papers[0]), (1, papers[1])], [(1, papers[1]), (0, papers[0])]):
        assert partition(order, [1]) == {frozenset({0, 1})}
