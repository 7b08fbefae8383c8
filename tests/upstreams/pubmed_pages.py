"""Records of PubMed and PMC as their servers write them, made from a state of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.upstreams import words

if TYPE_CHECKING:
    from datetime import date

    from tests.upstreams.world import Article, Link, Seen, State

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_REFERENCES = {
    "erratum_in": "ErratumIn",
    "erratum_for": "ErratumFor",
    "retraction_in": "RetractionIn",
    "retraction_of": "RetractionOf",
    "concern_in": "ExpressionOfConcernIn",
    "concern_for": "ExpressionOfConcernFor",
    "update_in": "UpdateIn",
    "update_of": "UpdateOf",
}
_TYPES = {
    "research": (("D016428", "Journal Article"),),
    "erratum": (("D016425", "Published Erratum"),),
    "retraction": (("D016440", "Retraction of Publication"),),
    "concern": (("D000075742", "Expression of Concern"),),
}
_RETRACTED = ("D016441", "Retracted Publication")
_PREPRINT = ("D000076942", "Preprint")
_SERVERS = {
    "biorxiv": ("bioRxiv : the preprint server for biology", "bioRxiv", "2692-8205"),
    "medrxiv": ("medRxiv : the preprint server for health sciences", "medRxiv", "3067-2007"),
}


# -- PubMed -----------------------------------------------------------------------------------------


def pubmed_article(seen: Seen) -> str:
    """One PubmedArticle."""
    article, state = seen.entry.article, seen.state
    preprint = "preprint" in state.marks
    doi = article.preprint_doi if preprint else article.doi
    title, short, issn = _SERVERS[article.server] if preprint else words.JOURNALS[article.journal]
    published = (article.posted if preprint else article.published) or seen.entry.filed
    return (
        f'<PubmedArticle><MedlineCitation Status="{_status(state)}" Owner="NLM">'
        f'<PMID Version="{state.version}">{seen.entry.uid}</PMID>'
        f"<DateRevised>{_day(state.stated)}</DateRevised>"
        '<Article PubModel="Print-Electronic">'
        f'<Journal><ISSN IssnType="Electronic">{issn}</ISSN><JournalIssue CitedMedium="Internet">'
        f"<Volume>7</Volume><PubDate><Year>{published.year}</Year>"
        f"<Month>{_MONTHS[published.month - 1]}</Month></PubDate></JournalIssue>"
        f"<Title>{title}</Title><ISOAbbreviation>{short}</ISOAbbreviation></Journal>"
        f"<ArticleTitle>{escape(state.title)}.</ArticleTitle>"
        f'<ELocationID EIdType="doi" ValidYN="Y">{escape(doi)}</ELocationID>'
        f"{_abstract(state)}{_authors(article)}<Language>eng</Language>"
        f"<PublicationTypeList>{_types(article, state)}</PublicationTypeList>"
        f'<ArticleDate DateType="Electronic">{_day(published)}</ArticleDate></Article>'
        f"<MedlineJournalInfo><Country>Exampleland</Country><MedlineTA>{short}</MedlineTA>"
        f"<NlmUniqueID>99000000{article.journal}</NlmUniqueID>"
        f"<ISSNLinking>{issn}</ISSNLinking></MedlineJournalInfo>"
        f"{_references(article, state.links)}{_mesh(state)}</MedlineCitation>"
        f"<PubmedData><History>{_history(seen)}</History>"
        "<PublicationStatus>epublish</PublicationStatus>"
        f"<ArticleIdList>{_ids(seen, doi)}</ArticleIdList></PubmedData></PubmedArticle>"
    )


def _status(state: State) -> str:
    return "MEDLINE" if "mesh" in state.marks else "Publisher"


def _day(day: date) -> str:
    return f"<Year>{day.year}</Year><Month>{day.month:02d}</Month><Day>{day.day:02d}</Day>"


def _abstract(state: State) -> str:
    if not state.abstract:
        return ""
    return f"<Abstract><AbstractText>{escape(state.abstract)}</AbstractText></Abstract>"


def _authors(article: Article) -> str:
    people = "".join(
        f'<Author ValidYN="Y"><LastName>{one.family}</LastName><ForeName>{one.given}</ForeName>'
        f"<Initials>{one.initials}</Initials></Author>"
        for one in article.authors
    )
    return f'<AuthorList CompleteYN="Y">{people}</AuthorList>'


def _types(article: Article, state: State) -> str:
    types = (_PREPRINT,) if "preprint" in state.marks else _TYPES[article.kind]
    types += (_RETRACTED,) if "retracted" in state.marks else ()
    return "".join(f'<PublicationType UI="{ui}">{name}</PublicationType>' for ui, name in types)


def _references(article: Article, links: tuple[Link, ...]) -> str:
    short = words.JOURNALS[article.journal][1]
    told = "".join(
        f'<CommentsCorrections RefType="{_REFERENCES[link.kind]}">'
        f"<RefSource>{short}. {(article.published or article.posted):%Y %b};7:1."
        + (f" doi: {escape(link.doi)}" if link.doi else "")
        + f'</RefSource><PMID Version="1">{link.pmid}</PMID></CommentsCorrections>'
        for link in links
        if link.kind in _REFERENCES
    )
    return f"<CommentsCorrectionsList>{told}</CommentsCorrectionsList>" if told else ""


def _mesh(state: State) -> str:
    if "mesh" not in state.marks:
        return ""
    return (
        '<MeshHeadingList><MeshHeading><DescriptorName UI="D006801" MajorTopicYN="N">Humans'
        "</DescriptorName></MeshHeading></MeshHeadingList>"
    )


def _history(seen: Seen) -> str:
    entrez = seen.entry.entrez or seen.entry.filed
    return "".join(
        f'<PubMedPubDate PubStatus="{name}"><Year>{day.year}</Year><Month>{day.month}</Month>'
        f"<Day>{day.day}</Day><Hour>6</Hour><Minute>0</Minute></PubMedPubDate>"
        for name, day in (("medline", entrez), ("pubmed", entrez), ("entrez", entrez))
    )


def _ids(seen: Seen, doi: str) -> str:
    pmcid = seen.entry.article.pmcid if "pmc" in seen.state.marks else ""
    told = (("pubmed", seen.entry.uid), ("pmc", pmcid), ("doi", doi))
    return "".join(f'<ArticleId IdType="{k}">{escape(v)}</ArticleId>' for k, v in told if v)


# -- PMC --------------------------------------------------------------------------------------------


def pmc_article(seen: Seen) -> str:
    """One JATS article; without a body where its licence does not allow one."""
    article, state = seen.entry.article, seen.state
    title, short, issn = words.JOURNALS[article.journal]
    number = seen.entry.uid.removeprefix("PMC")
    ids = (
        ("pmcid", seen.entry.uid),
        ("pmcid-ver", f"{seen.entry.uid}.{state.version}"),
        ("pmcaid", number),
        ("pmid", article.pmid),
        ("doi", article.doi),
    )
    told = "".join(
        f'<article-id pub-id-type="{kind}">{escape(value)}</article-id>'
        for kind, value in ids
        if value
    )
    published = article.published or seen.entry.filed
    front = (
        f'<front><journal-meta><journal-id journal-id-type="nlm-ta">{short}</journal-id>'
        f"<journal-title-group><journal-title>{title}</journal-title></journal-title-group>"
        f'<issn pub-type="epub">{issn}</issn></journal-meta><article-meta>{told}'
        f"<title-group><article-title>{escape(state.title)}</article-title></title-group>"
        f"<contrib-group>{_contributors(article)}</contrib-group>"
        f'<pub-date pub-type="epub">{_lower_day(published)}</pub-date>'
        '<pub-history><event event-type="pmc-live"><date>'
        f"{_lower_day(seen.entry.filed)}</date></event></pub-history>"
        f"<abstract><p>{escape(state.abstract)}</p></abstract></article-meta></front>"
    )
    whole = article.number % 4 != 0
    refused = (
        "<!--The publisher of this article does not allow downloading of the full text in XML "
        "form.-->"
    )
    body = "<body><sec><title>Introduction</title><p>Invented.</p></sec></body>"
    return (
        '<article xml:lang="en" article-type="research-article" dtd-version="1.4">'
        f"{'' if whole else refused}{front}{body if whole else ''}</article>"
    )


def _lower_day(day: date) -> str:
    return f"<day>{day.day}</day><month>{day.month}</month><year>{day.year}</year>"


def _contributors(article: Article) -> str:
    return "".join(
        '<contrib contrib-type="author"><name name-style="western">'
        f'<surname>{one.family}</surname><given-names initials="{one.initials}">{one.given}'
        "</given-names></name></contrib>"
        for one in article.authors
    )
