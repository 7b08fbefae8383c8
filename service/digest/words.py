"""The phrases that every renderer shares, so that Slack, mail and text say the same: those for one
work here, those for a whole digest in `summary`."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from service.digest import additions
from service.digest.safe import shorten, web_url
from service.records import NOTICES, Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records import DigestItem, Identifiers, RankedWork, Topic, Work
    from service.records.watching import Signal

_UNTITLED = "(no title)"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WARNINGS = {
    Flag.RETRACTED: "Retracted",
    Flag.WITHDRAWN: "Withdrawn",
    Flag.CONCERN: "Expression of concern",
    Flag.CORRECTED: "Corrected",
    Flag.TRANSLATED_TITLE: "Translated title",
}
_KINDS = {
    Kind.REVIEW: "Review",
    Kind.PREPRINT: "Preprint",
    Kind.TRIAL: "Clinical trial",
    Kind.CASE_REPORT: "Case report",
    Kind.GUIDELINE: "Guideline",
    Kind.EDITORIAL: "Editorial",
    Kind.LETTER: "Letter",
    Kind.COMMENT: "Comment",
    Kind.NEWS: "News",
    Kind.PROTOCOL: "Protocol",
    Kind.BOOK: "Book",
    Kind.DATASET: "Dataset",
    Kind.ERRATUM: "Erratum",
    Kind.RETRACTION: "Retraction notice",
    Kind.CONCERN: "Expression of concern",
}
ALARMING = frozenset({"Retracted", "Withdrawn", "Expression of concern", "Retraction notice"})
_PUBLISHED_SINCE = "Published, was a preprint"
_SOURCES = {
    "pubmed": "PubMed",
    "pmc": "PMC",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "arxiv": "arXiv",
    "europepmc": "Europe PMC",
    "crossref": "Crossref",
}
_SERVERS = frozenset({"arxiv", "biorxiv", "medrxiv"})
_TERMS, _SENSES, _SEEDS = 6, 4, 5  # told at most
_LATE = "Late arrival"
UNDER = "Under the line"
# Addresses of PDFs and of the pages that they belong to.
_OPEN_PDFS = (
    (re.compile(r"(https?://(?:\w+\.)?(?:bio|med)rxiv\.org/content/[^?#\s]+)\.full\.pdf"), r"\1"),
    (
        re.compile(r"https?://(?:\w+\.)?arxiv\.org/pdf/([\w./-]+?)(?:\.pdf)?"),
        r"https://arxiv.org/abs/\1",
    ),
)
# From which relevance on a word is used; what was shown all the same is called even or unlikely.
_LIKELY = (
    (0.95, "Almost surely"),
    (0.8, "Very likely"),
    (0.6, "Likely"),
    (0.4, "As likely as not"),
    (0.0, "Less likely"),
)
_FACETS = {
    "finding": "key finding",
    "contribution": "contribution",
    "tldr": "summary",
    "title": "title",
    "abstract": "abstract",
}


def number(value: int) -> str:
    """4212 as "4,212"."""
    return f"{value:,}"


def counted(value: int, one: str) -> str:
    """ "1 paper", "2 papers", "4,212 new records"."""
    return f"{number(value)} {one if value == 1 else one + 's'}"


def title(work: Work, limit: int = 400) -> str:
    """The title without a final full stop; never empty, so that a link has something to click."""
    text = shorten(work.title, limit).removesuffix(".")
    return text or _UNTITLED


def authors_line(authors: Sequence[str]) -> str:
    """All of a few; else the first two, dots, and the last, who in biomedicine leads the group."""
    names = [name for author in authors if (name := shorten(author, 60))]
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:2])} … {names[-1]}"


def day(partial: str | None) -> str:
    """A partial ISO date as people write it: "18 Nov 2026", "Nov 2026", "2026", else ""."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", (partial or "").strip()[:10])
    if match is None:
        return ""
    year, month, mday = match.groups()
    try:
        date(int(year), int(month or 1), int(mday or 1))
    except ValueError:
        return year
    named = _MONTHS[int(month) - 1] if month else ""
    return " ".join(filter(None, (mday and str(int(mday)), named, year)))


def venue_line(work: Work) -> str:
    """ "Journal of Stromal Biology · 18 Nov 2026"; parts that are unknown are left out."""
    return " · ".join(part for part in (shorten(work.venue, 90), day(work.published)) if part)


def badges(work: Work, *, late: bool = False, signals: Sequence[Signal] = ()) -> tuple[str, ...]:
    """What a reader must know before reading, the alarming first; none for a plain article.
    `signals` are told in full among the `reasons`."""
    words = [word for flag, word in _WARNINGS.items() if flag in work.flags]
    words += [word for word in (_KINDS.get(_kind(work)),) if word and word not in words]
    words += [_PUBLISHED_SINCE] if _was_preprint(work) else []
    words += [_LATE] if late else []
    return (*words, *additions.signal_badges(signals))


def badges_of(item: DigestItem) -> tuple[str, ...]:
    """The badges of a work as a digest shows it."""
    return badges(item.work, late=item.late, signals=item.ranked.signals)


def marks(item: DigestItem) -> str:
    """The badges as they stand before a title: "[Review] [Late arrival] ", or ""."""
    return "".join(f"[{badge}] " for badge in badges_of(item))


def _kind(work: Work) -> Kind:
    """A feed calls everything an article, a preprint too."""
    return Kind.PREPRINT if work.kind is Kind.ARTICLE and _on_server(work) else work.kind


def _was_preprint(work: Work) -> bool:
    published = _kind(work) not in {Kind.PREPRINT, *NOTICES} and not _on_server(work)
    return published and not _SERVERS.isdisjoint(work.sources)


def _on_server(work: Work) -> bool:
    """Whether the newest that is known of the work stands on a preprint server."""
    return work.venue.lower() in _SERVERS


def topic_name(name: str, slug: str) -> str:
    """The topic's name, or its slug where it has none."""
    return shorten(name, 100) or shorten(slug, 60) or "Topic"


def week_of(period: str) -> str:
    """ "week 47" from a period's key, "" from anything else."""
    match = re.search(r"-W(\d{1,2})$", period)
    return f"week {int(match[1])}" if match else ""


def similar_heading(item: DigestItem) -> str:
    """ "+3 similar", or "" for a work that stands for itself alone."""
    return f"+{number(len(item.similar))} similar" if item.similar else ""


def similar_line(item: DigestItem) -> str:
    """What follows the title of a work that is only listed: "Gut · Preprint"."""
    return " · ".join(filter(None, (shorten(item.work.venue, 60), *badges(item.work))))


def percent(probability: float) -> str:
    """0.874 as "87 %"; what is not certain is never called so."""
    if 0 < probability < 0.01:
        return "under 1 %"
    if 0.99 < probability < 1:
        return "over 99 %"
    return f"{probability * 100:.0f} %"


def relevance(ranked: RankedWork, cutoffs: Mapping[str, float]) -> str:
    """How likely a reader of the topic wants the work, as a plain word.

    A digest's floor can show works from under the line; they are called so. Of what a saved search
    found nobody knows: it is said by what it was found.
    """
    if ranked.search:
        return f"Found by your search “{shorten(ranked.search, 70)}”"
    if standing(ranked) < cutoffs.get(ranked.topic, 0.0):
        return UNDER
    if not ranked.relevance:
        return "Match"
    return next(word for least, word in _LIKELY if ranked.relevance >= least)


def standing(ranked: RankedWork) -> float:
    """What meets the cut-off: relevance, which nothing has that a saved search found. Digests that
    were frozen before there was any had scores there, and cut-offs to match."""
    return 0.0 if ranked.search else ranked.relevance or ranked.score


def number_line(ranked: RankedWork) -> str:
    """ "87 %"; the bare score in a digest that was frozen before there was relevance; "" for what
    a saved search found."""
    if ranked.search:
        return ""
    return percent(ranked.relevance) if ranked.relevance else f"{ranked.score:.2f}"


def below_line(ranked: RankedWork) -> str:
    """What stands beside a title below the line, and why it does at all: "2 %, cites your seed"."""
    why = (badge[0].lower() + badge[1:] for badge in additions.signal_badges(ranked.signals))
    return ", ".join(filter(None, (number_line(ranked), *why)))


def relevance_line(ranked: RankedWork, cutoffs: Mapping[str, float]) -> str:
    """ "Very likely, 87 %", or "Found by your search “nets-pdac”: neutrophil, NETosis"."""
    if ranked.search:
        return ": ".join(filter(None, (relevance(ranked, cutoffs), terms_line(ranked))))
    return f"{relevance(ranked, cutoffs)}, {number_line(ranked)}"


def why(ranked: RankedWork) -> str:
    """The seed facet that lies nearest: "Near the topic's key finding “…”"; or "".

    Not all of it: many works of a digest are near the same."""
    text, kind = shorten(ranked.facet.text, 110), _FACETS.get(ranked.facet.kind, "seed text")
    return f"Near the topic's {kind} “{text}”" if text else ""


def near_to(ranked: RankedWork) -> str:
    """The nearest of the topic's references and votes: "Near to: Fibroblast subsets"; or ""."""
    text = shorten(ranked.reference, 160).removesuffix(".")
    return f"Near to: {text}" if text else ""


def designs_line(ranked: RankedWork) -> str:
    """What it has in common with the examples: "Case report, like the topic's examples"; or ""."""
    told = ", ".join(ranked.designs)
    return f"{told[0].upper()}{told[1:]}, like the topic's examples" if told else ""


def seeds_line(ranked: RankedWork, topic: Topic) -> str:
    """How near each of several seeds is, the nearest first: "Seeds: Fibroblast subsets (0.71), NETs
    in metastasis (0.22)"; or ""."""
    titles = {seed.key: shorten(seed.title, 80).removesuffix(".") for seed in topic.seeds}
    near = sorted(ranked.seeds, key=lambda each: -each.nearness)[:_SEEDS]
    told = [f"{titles.get(each.seed) or each.seed} ({each.nearness:.2f})" for each in near]
    return f"Seeds: {', '.join(told)}" if len(told) > 1 else ""


def senses_line(item: DigestItem) -> str:
    """What short forms stand for that a reader meets in what is shown of the work and that are
    not spelled out there: "CAF: cancer-associated fibroblast"."""
    shown = " ".join((item.work.title, item.ranked.sentence, *item.ranked.terms[:_TERMS]))
    told = []
    for sense in item.ranked.senses:
        short, _, long = sense.partition(": ")
        used = re.search(rf"(?<![A-Za-z0-9]){re.escape(short)}(?:s|'s|’s)?(?![A-Za-z0-9])", shown)
        if used and long.lower() not in shown.lower():
            told.append(shorten(sense, 80))
    return "; ".join(told[:_SENSES])


def terms_line(ranked: RankedWork) -> str:
    """The strongest matched words: "CXCL12, myCAF, neutrophil"."""
    return ", ".join(word for term in ranked.terms[:_TERMS] if (word := shorten(term, 60)))


def sentence(ranked: RankedWork) -> str:
    """The sentence of the abstract that carries the match, or ""."""
    return shorten(ranked.sentence, 360)


def reasons(item: DigestItem) -> tuple[str, ...]:
    """Why a work is shown, each a line: signals, nearest facet, matched terms, nearest example,
    design, senses. The terms of a search are told with it, in `relevance_line`."""
    terms = "" if item.ranked.search else terms_line(item.ranked)
    told = (
        *additions.signal_lines(item.ranked.signals),
        why(item.ranked),
        f"Matched: {terms}" if terms else "",
        near_to(item.ranked),
        designs_line(item.ranked),
        senses_line(item),
    )
    return tuple(filter(None, told))


def links(work: Work) -> tuple[tuple[str, str], ...]:
    """(name, address) of each way to the work: its record before its copies, a PDF last."""
    found = list(pages(work.ids)) or [("Page", work.url)]
    found.append(("PDF", work.pdf_url))
    return tuple((name, safe) for name, url in found if (safe := web_url(url)))


def pages(ids: Identifiers) -> tuple[tuple[str, str], ...]:
    """(name, address) of where a paper with these ids is found."""
    found: list[tuple[str, str]] = []
    if ids.doi and ids.doi.isprintable():
        found.append(("DOI", f"https://doi.org/{quote(ids.doi, safe='/:;()._-')}"))
    if ids.pmid and re.fullmatch(r"[0-9]{1,10}", ids.pmid):
        found.append(("PubMed", f"https://pubmed.ncbi.nlm.nih.gov/{ids.pmid}/"))
    if ids.pmcid and re.fullmatch(r"PMC[0-9]{1,10}", ids.pmcid):
        found.append(("PMC", f"https://pmc.ncbi.nlm.nih.gov/articles/{ids.pmcid}/"))
    if ids.arxiv and re.fullmatch(r"[A-Za-z0-9./-]{5,32}", ids.arxiv):
        found.append(("arXiv", f"https://arxiv.org/abs/{ids.arxiv}"))
    return tuple(found)


def best_link(work: Work) -> str:
    """Where the title leads: to the copy that anybody can read, else to what a library can open.

    PMC, arXiv, the preprint's server, the page of a PDF on such a server; else DOI, PubMed, the
    source's page, the PDF; "" when nothing is known.
    """
    known = dict(links(work))
    ways = [known.get(name) for name in ("PMC", "arXiv")]
    ways += [known.get("DOI")] if _kind(work) is Kind.PREPRINT else []  # always the newest version
    ways += [_open_page(work.pdf_url), *known.values()]
    return next(filter(None, ways), "")


def _open_page(pdf: str) -> str:
    """The page of a PDF that lies on a server where all is open; "" for any other PDF."""
    for address, page in _OPEN_PDFS:
        if found := address.fullmatch(pdf):
            return web_url(found.expand(page))
    return ""


def source_name(source: str) -> str:
    """A source as people write it; a feed keeps its own name."""
    return _SOURCES.get(source) or shorten(source, 60)
