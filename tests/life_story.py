"""The records of one invented paper's life, in the wire formats of bioRxiv and PubMed."""

from __future__ import annotations

import json

from service.records import Record

PREPRINT = "10.1101/2026.05.000123"
ARTICLE = "10.5555/stroma.life"
PMID, ERRATUM, RETRACTION = "41000001", "41000055", "41000099"
TITLES = (
    "Cancer-associated fibroblasts drive neutrophil extracellular traps in mice",
    "Fibroblast-derived CXCL12 drives neutrophil extracellular traps in mice",
)
_FIRST = (
    "Cancer-associated fibroblasts of the tumour stroma shape immunity. Here we show that "
    "myofibroblastic cells recruit neutrophils in 12 mice (p = 0.04). Depletion of fibroblasts "
    "reduced metastasis by 40%. The tumour stroma is a target."
)
_SECOND = _FIRST.replace("12 mice (p = 0.04)", "24 mice (p = 0.01)")
_THIRD = _SECOND.replace("reduced metastasis by 40%", "reduced lung metastasis by 38%").replace(
    "is a target", "may be a target"
)
ABSTRACTS = (_FIRST, _SECOND, _THIRD)


def posted(version: int, *, published: str = "NA") -> Record:
    """A version of the preprint, as bioRxiv's API gives it."""
    payload = {
        "doi": PREPRINT,
        "title": TITLES[0],
        "authors": "Lindqvist, M.; Okafor, C.",
        "author_corresponding": "Maja Lindqvist",
        "author_corresponding_institution": "Institute of Tests",
        "date": ("2026-05-04", "2026-11-23")[version - 1],
        "version": str(version),
        "type": "new results",
        "license": "cc_by",
        "category": "cancer biology",
        "jatsxml": "",
        "abstract": ABSTRACTS[version - 1],
        "published": published,
        "server": "biorxiv",
    }
    return Record("biorxiv", PREPRINT, str(version), "biorxiv-json", json.dumps(payload).encode())


def printed(*notices: str, types: tuple[str, ...] = ("Journal Article",)) -> Record:
    """The article, as PubMed gives it with these notices on it."""
    before = ("UpdateOf", "bioRxiv. 2026 May 04", "", PREPRINT)
    return _pubmed(PMID, TITLES[1], ABSTRACTS[2], ARTICLE, types, [_linked(*before), *notices])


def corrected() -> Record:
    """The article, with a correction on it."""
    return printed(_linked("ErratumIn", "J Tests. 2026 Dec;1(3):9", ERRATUM, ""))


def retraction() -> Record:
    """The notice that retracts the article, which itself says nothing of it yet."""
    title = f"Retraction: {TITLES[1]}"
    about = _linked("RetractionOf", "J Tests. 2026 Dec;1(2):3", PMID, ARTICLE)
    return _pubmed(
        RETRACTION, title, "", "10.5555/stroma.gone", ("Retraction of Publication",), [about]
    )


def _linked(kind: str, source: str, pmid: str, doi: str) -> str:
    told = f"{source}. doi: {doi}." if doi else source
    numbered = f'<PMID Version="1">{pmid}</PMID>' if pmid else ""
    return (
        f'<CommentsCorrections RefType="{kind}"><RefSource>{told}</RefSource>{numbered}'
        "</CommentsCorrections>"
    )


def _pubmed(
    pmid: str, title: str, abstract: str, doi: str, types: tuple[str, ...], notices: list[str]
) -> Record:
    body = f"<Abstract><AbstractText>{abstract}</AbstractText></Abstract>" if abstract else ""
    kinds = "".join(f'<PublicationType UI="D0">{each}</PublicationType>' for each in types)
    text = f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">{pmid}</PMID><Article PubModel="Print-Electronic">
<Journal><ISSN IssnType="Print">1234-5678</ISSN><JournalIssue CitedMedium="Print">
<PubDate><Year>2026</Year><Month>Dec</Month><Day>1</Day></PubDate></JournalIssue>
<Title>Journal of Tests</Title></Journal><ArticleTitle>{title}.</ArticleTitle>
<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID>{body}
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Lindqvist</LastName>
<ForeName>Maja</ForeName></Author><Author ValidYN="Y"><LastName>Okafor</LastName>
<ForeName>Chidi</ForeName></Author></AuthorList><Language>eng</Language>
<PublicationTypeList>{kinds}</PublicationTypeList>
<ArticleDate DateType="Electronic"><Year>2026</Year><Month>12</Month><Day>01</Day></ArticleDate>
</Article><CommentsCorrectionsList>{"".join(notices)}</CommentsCorrectionsList>
</MedlineCitation><PubmedData><History><PubMedPubDate PubStatus="entrez"><Year>2026</Year>
<Month>12</Month><Day>02</Day></PubMedPubDate></History><ArticleIdList>
<ArticleId IdType="pubmed">{pmid}</ArticleId><ArticleId IdType="doi">{doi}</ArticleId>
</ArticleIdList></PubmedData></PubmedArticle>"""
    return Record("pubmed", pmid, "", "pubmed-xml", text.encode())
