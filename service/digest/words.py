"""The phrases that every renderer shares, so that Slack, mail and text say the same thing."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from service.digest.safe import shorten, web_url
from service.records import Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records import (
        DigestContent,
        DigestItem,
        DigestSection,
        RankedWork,
        SourceReceipt,
        Work,
    )

UNTITLED = "(no title)"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SOURCES = {
    "pubmed": "PubMed",
    "pmc": "PMC",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "arxiv": "arXiv",
    "europepmc": "Europe PMC",
}
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
_TERMS = 6
_BELOW = "Just below the line"
LATE = "Late arrival"
UNDER = "Under the line"
# From which relevance on a word is used; what was shown all the same is called even or unlikely.
_LIKELY = (
    (0.95, "Almost surely"),
    (0.8, "Very likely"),
    (0.6, "Likely"),
    (0.4, "As likely as not"),
    (0.0, "Less likely"),
)
_FACETS = {
    "finding": "the key finding",
    "contribution": "the contribution",
    "tldr": "the summary",
    "title": "the title",
    "abstract": "the abstract",
}


def number(value: int) -> str:
    """4212 as "4,212"."""
    return f"{value:,}"


def counted(value: int, one: str, many: str = "") -> str:
    """ "1 paper", "2 papers", "4,212 new records"."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def title(work: Work, limit: int = 400) -> str:
    """The title without a final full stop; never empty, so that a link has something to click."""
    text = shorten(work.title, limit).removesuffix(".")
    return text or UNTITLED


def authors_line(authors: Sequence[str], shown: int = 3) -> str:
    """All of a few; else the first two, dots, and the last, who in biomedicine leads the group."""
    names = [name for author in authors if (name := shorten(author, 60))]
    if len(names) <= shown:
        return ", ".join(names)
    return f"{', '.join(names[: shown - 1])} … {names[-1]}"


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
    if month is None:
        return year
    return (
        f"{int(mday)} {_MONTHS[int(month) - 1]} {year}"
        if mday
        else f"{_MONTHS[int(month) - 1]} {year}"
    )


def venue_line(work: Work) -> str:
    """ "Journal of Stromal Biology · 18 Nov 2026"; parts that are unknown are left out."""
    return " · ".join(part for part in (shorten(work.venue, 90), day(work.published)) if part)


def badges(item: DigestItem) -> tuple[str, ...]:
    """What a reader must know before reading, the alarming first; none for a plain article."""
    words = [word for flag, word in _WARNINGS.items() if flag in item.work.flags]
    words += [word for word in (_KINDS.get(item.work.kind),) if word and word not in words]
    return (*words, LATE) if item.late else tuple(words)


def similar_heading(item: DigestItem) -> str:
    """ "+3 similar", or "" for a work that stands for itself alone."""
    return f"+{number(len(item.similar))} similar" if item.similar else ""


def similar_line(item: DigestItem) -> str:
    """What follows the title of a work that is only listed: "Gut · Preprint"."""
    return " · ".join(filter(None, (shorten(item.work.venue, 60), *badges(item))))


def percent(probability: float) -> str:
    """0.874 as "87 %"; what is not certain is never called so."""
    if 0 < probability < 0.01:
        return "under 1 %"
    if 0.99 < probability < 1:
        return "over 99 %"
    return f"{probability * 100:.0f} %"


def relevance(ranked: RankedWork, cutoffs: Mapping[str, float]) -> str:
    """How likely a reader of the topic wants the work, as a plain word.

    A digest's floor can show works from under the line; they are called so.
    """
    if standing(ranked) < cutoffs.get(ranked.topic, 0.0):
        return UNDER
    if not ranked.relevance:
        return "Match"
    return next(word for least, word in _LIKELY if ranked.relevance >= least)


def standing(ranked: RankedWork) -> float:
    """What meets the cut-off: relevance. Digests that were frozen before there was any had scores
    there, and cut-offs to match."""
    return ranked.relevance or ranked.score


def number_line(ranked: RankedWork) -> str:
    """ "87 %"; the bare score in a digest that was frozen before there was relevance."""
    return percent(ranked.relevance) if ranked.relevance else f"{ranked.score:.2f}"


def relevance_line(ranked: RankedWork, cutoffs: Mapping[str, float]) -> str:
    """ "Very likely, 87 %"."""
    return f"{relevance(ranked, cutoffs)}, {number_line(ranked)}"


def why(ranked: RankedWork, limit: int = 200) -> str:
    """The seed facet that lies nearest: 'near the key finding “…”'; "" when there is none."""
    text = shorten(ranked.facet.text, limit)
    if not text:
        return ""
    return f"near {_FACETS.get(ranked.facet.kind, 'the seed text')} “{text}”"


def near_to(ranked: RankedWork, limit: int = 160) -> str:
    """The nearest of the topic's references and votes: "Near to: Fibroblast subsets"; or ""."""
    text = shorten(ranked.reference, limit).removesuffix(".")
    return f"Near to: {text}" if text else ""


def senses_line(item: DigestItem, limit: int = 4) -> str:
    """What short forms stand for that a reader meets in what is shown of the work and that are
    not spelled out there: "CAF: cancer-associated fibroblast"."""
    shown = " ".join((item.work.title, item.ranked.sentence, *item.ranked.terms[:_TERMS]))
    told = []
    for sense in item.ranked.senses:
        short, _, long = sense.partition(": ")
        used = re.search(rf"(?<![A-Za-z0-9]){re.escape(short)}(?:s|'s|’s)?(?![A-Za-z0-9])", shown)
        if used and long.lower() not in shown.lower():
            told.append(shorten(sense, 80))
    return "; ".join(told[:limit])


def terms_line(ranked: RankedWork, limit: int = _TERMS) -> str:
    """The strongest matched words: "CXCL12, myCAF, neutrophil"."""
    return ", ".join(word for term in ranked.terms[:limit] if (word := shorten(term, 60)))


def sentence(ranked: RankedWork, limit: int = 360) -> str:
    """The sentence of the abstract that carries the match, or ""."""
    return shorten(ranked.sentence, limit)


def links(work: Work) -> tuple[tuple[str, str], ...]:
    """(name, address) of each way to the work, best first; the first is the title's link."""
    found: list[tuple[str, str]] = []
    if work.ids.doi and work.ids.doi.isprintable():
        found.append(("DOI", f"https://doi.org/{quote(work.ids.doi, safe='/:;()._-')}"))
    if work.ids.pmid and re.fullmatch(r"[0-9]{1,10}", work.ids.pmid):
        found.append(("PubMed", f"https://pubmed.ncbi.nlm.nih.gov/{work.ids.pmid}/"))
    if work.ids.pmcid and re.fullmatch(r"PMC[0-9]{1,10}", work.ids.pmcid):
        found.append(("PMC", f"https://pmc.ncbi.nlm.nih.gov/articles/{work.ids.pmcid}/"))
    if work.ids.arxiv and re.fullmatch(r"[A-Za-z0-9./-]{5,32}", work.ids.arxiv):
        found.append(("arXiv", f"https://arxiv.org/abs/{work.ids.arxiv}"))
    if not found:
        found.append(("Page", work.url))
    found.append(("PDF", work.pdf_url))
    return tuple((name, safe) for name, url in found if (safe := web_url(url)))


def best_link(work: Work) -> str:
    """Where the title leads: DOI, PubMed, PMC, arXiv, else the source's page; "" when unknown."""
    known = links(work)
    return known[0][1] if known else ""


# -- the digest as a whole ------------------------------------------------------------------------


def below_heading(part: DigestSection, cutoffs: Mapping[str, float]) -> str:
    """What a topic's further titles are called: a full digest leaves some out above the line."""
    cutoff = cutoffs.get(part.topic)
    over = cutoff is not None and any(standing(item.ranked) >= cutoff for item in part.below)
    return "Next in line, left out because the digest is full" if over else _BELOW


def _further(content: DigestContent) -> str:
    """ "9 just below the line", or "9 next in line" when some are above it."""
    count = number(sum(len(part.below) for part in content.sections))
    headings = {below_heading(part, content.cutoffs) for part in content.sections if part.below}
    return f"{count} just below the line" if headings <= {_BELOW} else f"{count} next in line"


def gaps(content: DigestContent) -> int:
    """Number of gaps over all sources."""
    return sum(len(one.gaps) for one in content.receipts)


def receipt_line(content: DigestContent) -> str:
    """ "Screened 4,212 new records from 5 sources, 0 gaps; shown 12; 9 just below the line".

    Works listed with one that they are like are counted too: "shown 12 (+3 similar)".
    """
    listed = f" (+{number(content.similar)} similar)" if content.similar else ""
    return (
        f"Screened {counted(content.screened, 'new record')} from "
        f"{counted(len(content.receipts), 'source')}, {counted(gaps(content), 'gap')}; "
        f"shown {number(content.shown)}{listed}; {_further(content)}"
    )


def quiet(content: DigestContent) -> str:
    """Why a digest shows nothing; "" for one that shows something."""
    if content.shown:
        return ""
    missed = [source_name(one.source) for one in content.receipts if one.gaps]
    later = (
        f" {_listed(missed)} could not be read in full; what comes late will be marked so."
        if missed
        else ""
    )
    if not content.receipts:
        return "Nothing this week: no source was polled."
    if not content.screened:
        return "Nothing this week: no source had anything new." + later
    near = [one.ranked for part in content.sections for one in part.below]
    if not near:
        return (
            f"Nothing this week: none of {counted(content.screened, 'new record')} came near."
            + later
        )
    best = max(near, key=lambda ranked: (standing(ranked), ranked.topic))
    line = content.cutoffs.get(best.topic)
    needed = percent(line or 0.0) if best.relevance else f"{line or 0.0:.2f}"
    of = f" of the {needed} needed" if line is not None else ""
    return (
        f"Nothing this week: none of {counted(content.screened, 'new record')} reached the line; "
        f"the nearest came to {number_line(best)}{of}." + later
    )


def source_name(source: str) -> str:
    """A source as people write it; a feed keeps its own name."""
    return _SOURCES.get(source) or shorten(source, 60)


def source_line(one: SourceReceipt) -> str:
    """ "PubMed, 2026-11-16 to 2026-11-22: 1,204 stated, 1,204 fetched, 980 new, no gaps"."""
    stated = "total not stated" if one.stated is None else f"{number(one.stated)} stated"
    told = f"{stated}, {number(one.fetched)} fetched, {number(one.new)} new"
    missed = "; ".join(shorten(gap, 120) for gap in one.gaps[:3])
    more = f"; {len(one.gaps) - 3} more" if len(one.gaps) > 3 else ""
    holes = f"{counted(len(one.gaps), 'gap')} ({missed}{more})" if one.gaps else "no gaps"
    window = shorten(one.window, 40).replace("..", " to ")
    return f"{source_name(one.source)}, {window}: {told}, {holes}"


def topic_name(name: str, slug: str) -> str:
    """The topic's name, or its slug where it has none."""
    return shorten(name, 100) or shorten(slug, 60) or "Topic"


def headline(content: DigestContent) -> str:
    """ "12 papers on Tumour-associated stromal cells"; two topics are named, more are counted."""
    names = [topic_name(part.name, part.topic) for part in content.sections]
    on = f" on {' and '.join(names)}" if 0 < len(names) <= 2 else ""
    on = on or (f" on {len(names)} topics" if names else "")
    return (counted(content.shown, "paper") if content.shown else "nothing new") + on


def week(content: DigestContent) -> str:
    """ "week 47" from the period's key, else the whole label."""
    return week_of(content.period) or shorten(content.label, 60)


def week_of(period: str) -> str:
    """ "week 47" from a period's key, "" from anything else."""
    match = re.search(r"-W(\d{1,2})$", period)
    return f"week {int(match[1])}" if match else ""


def model_line(content: DigestContent) -> str:
    """What ranked this digest, and where each topic's line lay."""
    lines = [_line(content, topic) for topic in sorted(content.cutoffs)]
    if content.screened:
        by = shorten(content.encoder, 80)
        lines = [f"Ranked by {by}" if by else "Ranked by words only", *lines]
    return "; ".join(lines)


def _line(content: DigestContent, topic: str) -> str:
    """ "stroma: line at 62 % relevance (expected precision 80 %)"."""
    name, line = shorten(topic, 40), content.cutoffs[topic]
    if topic not in content.aims:  # frozen before there was relevance
        return f"{name}: cut-off {line:.2f}"
    return f"{name}: line at {percent(line)} relevance ({shorten(content.aims[topic], 80)})"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
