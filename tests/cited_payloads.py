"""Replies about reference lists, in the form in which the real sources send them."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.records import Reference

ARTICLE_HEAD = (
    '<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="review-article">'
    "<front><article-meta>"
    '<article-id pub-id-type="pmcid">PMC7000001</article-id>'
    '<article-id pub-id-type="doi">10.5555/review.1</article-id>'
    "<title-group><article-title>A review of niches</article-title></title-group>"
    "</article-meta></front>"
)


def jats(*refs: str, body: str = "<body><p>Text.</p></body>", more: str = "") -> bytes:
    """An efetch reply of PMC: one article with these <ref>s."""
    inside = "".join(f'<ref id="B{n}">{ref}</ref>' for n, ref in enumerate(refs, 1))
    back = f"<back><ref-list><title>References</title>{inside}</ref-list></back>" if refs else ""
    return (
        '<?xml version="1.0" ?><!DOCTYPE pmc-articleset PUBLIC "-//NLM//DTD ARTICLE SET 2.0//EN" '
        '"https://dtd.nlm.nih.gov/ncbi/pmc/articleset/nlm-articleset-2.0.dtd">'
        f"<pmc-articleset>{ARTICLE_HEAD}{body}{back}{more}</article></pmc-articleset>"
    ).encode()


def element_citation(title: str, year: int = 2024, **ids: str) -> str:
    """A reference as publishers tag it today."""
    told = "".join(f'<pub-id pub-id-type="{kind}">{value}</pub-id>' for kind, value in ids.items())
    return (
        '<label>1</label><element-citation publication-type="journal"><person-group '
        'person-group-type="author"><name><surname>Okafor</surname><given-names>C</given-names>'
        f"</name></person-group><article-title>{title}</article-title>"
        f"<source>Journal of Tests</source><year>{year}</year>{told}</element-citation>"
    )


def elink(asked: str, name: str, ids: Iterable[str], dbfrom: str = "pmc") -> bytes:
    """A reply of elink; without ids it has no LinkSetDb at all, as the real one."""
    links = "".join(f"<Link><Id>{each}</Id></Link>" for each in ids)
    group = f"<LinkSetDb><DbTo>pubmed</DbTo><LinkName>{name}</LinkName>{links}</LinkSetDb>"
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eLinkResult PUBLIC "-//NLM//DTD elink '
        '20101123//EN" "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20101123/elink.dtd">\n'
        f"<eLinkResult><LinkSet><DbFrom>{dbfrom}</DbFrom><IdList><Id>{asked}</Id></IdList>"
        f"{group if links else ''}</LinkSet></eLinkResult>"
    ).encode()


def europepmc(entries: Sequence[dict[str, object]], stated: int | None = None) -> bytes:
    """A page of Europe PMC's reference list."""
    count = len(entries) if stated is None else stated
    value: dict[str, object] = {
        "version": "6.9",
        "hitCount": count,
        "request": {"id": "41000001", "source": "MED", "offSet": 0, "pageSize": 1000},
    }
    if count:
        value["referenceList"] = {"reference": list(entries)}
    return json.dumps(value).encode()


def pubmed(*papers: tuple[str, str, str]) -> bytes:
    """An efetch reply of PubMed: (PMID, title, abstract) each."""
    inside = "\n".join(
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID>'
        "<Article><Journal><JournalIssue><PubDate><Year>2023</Year></PubDate></JournalIssue>"
        f"</Journal><ArticleTitle>{escape(title)}</ArticleTitle>"
        f"<Abstract><AbstractText>{escape(abstract)}</AbstractText></Abstract></Article>"
        "</MedlineCitation><PubmedData><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{pmid}</ArticleId>'
        f'<ArticleId IdType="doi">10.5555/paper.{pmid}</ArticleId>'
        "</ArticleIdList></PubmedData></PubmedArticle>"
        for pmid, title, abstract in papers
    )
    return f'<?xml version="1.0" ?>\n<PubmedArticleSet>\n{inside}\n</PubmedArticleSet>'.encode()


def found(*results: dict[str, object]) -> bytes:
    """A search reply of Europe PMC."""
    value = {"version": "6.9", "hitCount": len(results), "resultList": {"result": list(results)}}
    return json.dumps(value).encode()


def titles(references: Iterable[Reference]) -> list[str]:
    """The titles, in their order."""
    return [reference.title for reference in references]
