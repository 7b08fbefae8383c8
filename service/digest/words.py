"""The phrases that every renderer shares, so that Slack, mail and text say the same thing.

Those for one work are in `work_words`, and are had from here too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.digest.safe import shorten
from service.digest.work_words import (
    ALARMING,
    LATE,
    PUBLISHED_SINCE,
    UNDER,
    UNTITLED,
    authors_line,
    badges,
    best_link,
    counted,
    day,
    links,
    near_to,
    number,
    number_line,
    percent,
    relevance,
    relevance_line,
    senses_line,
    sentence,
    similar_heading,
    similar_line,
    standing,
    terms_line,
    title,
    venue_line,
    why,
)
from service.records import Change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records import DigestChange, DigestContent, DigestSection, SourceReceipt

__all__ = [
    "ALARMING",
    "GRAVE",
    "LATE",
    "PUBLISHED_SINCE",
    "UNDER",
    "UNTITLED",
    "authors_line",
    "badges",
    "below_heading",
    "best_link",
    "changed",
    "counted",
    "day",
    "gaps",
    "headline",
    "lead",
    "links",
    "model_line",
    "near_to",
    "number",
    "number_line",
    "percent",
    "quiet",
    "receipt_line",
    "relevance",
    "relevance_line",
    "senses_line",
    "sentence",
    "short",
    "similar_heading",
    "similar_line",
    "source_line",
    "source_name",
    "standing",
    "terms_line",
    "title",
    "topic_name",
    "venue_line",
    "week",
    "week_of",
    "why",
]

_SOURCES = {
    "pubmed": "PubMed",
    "pmc": "PMC",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "arxiv": "arXiv",
    "europepmc": "Europe PMC",
}
_CHANGED = {
    Change.RETRACTED: "Retracted",
    Change.WITHDRAWN: "Withdrawn",
    Change.CONCERN: "Expression of concern",
    Change.CORRECTED: "Corrected",
    Change.PUBLISHED: "Published",
}
_NO_LIKELIHOOD = {UNDER: " (under the line)", "Match": ""}
GRAVE = frozenset({Change.RETRACTED, Change.WITHDRAWN, Change.CONCERN})
_SHORT, _SHORT_TITLES = 900, 5
_BELOW = "Just below the line"


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
    """Why a digest shows nothing, in one or two sentences; "" for one that shows something, be it
    only news of earlier ones."""
    if content.shown or content.changes:
        return ""
    why = _why_nothing(content)
    missed = [source_name(one.source) for one in content.receipts if one.gaps]
    if not missed:
        return f"Nothing this week: {why}."
    if len(missed) == len(content.receipts) and not content.screened:
        return "Nothing this week: no source could be read in full. What comes late will be marked."
    return (
        f"Nothing this week: {why}. {_listed(missed)} could not be read in full; what comes late "
        "will be marked so."
    )


def _why_nothing(content: DigestContent) -> str:
    if not content.receipts:
        return "no source was polled"
    if not content.screened:
        return "no source had anything new"
    told = f"none of {counted(content.screened, 'new record')}"
    near = [one.ranked for part in content.sections for one in part.below]
    if not near:
        return f"{told} came near"
    best = max(near, key=lambda ranked: (standing(ranked), ranked.topic))
    line = content.cutoffs.get(best.topic)
    needed = percent(line or 0.0) if best.relevance else f"{line or 0.0:.2f}"
    of = f", needed {needed}" if line is not None else ""
    return f"{told} reached the line (nearest {number_line(best)}{of})"


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
    """ "12 papers on Tumour-associated stromal cells"; two topics are named, more are counted.
    Where nothing is new, "2 corrections to earlier digests and 1 paper now published"."""
    if content.changes and not content.shown:
        return _listed(_news(content))
    names = [topic_name(part.name, part.topic) for part in content.sections]
    on = f" on {' and '.join(names)}" if 0 < len(names) <= 2 else ""
    on = on or (f" on {len(names)} topics" if names else "")
    return (counted(content.shown, "paper") if content.shown else "nothing new") + on


def _news(content: DigestContent) -> list[str]:
    published = sum(each.change is Change.PUBLISHED for each in content.changes)
    corrected = len(content.changes) - published
    told = [f"{counted(corrected, 'correction')} to earlier digests"] if corrected else []
    return [*told, f"{counted(published, 'paper')} now published"] if published else told


def changed(change: Change) -> str:
    """ "Expression of concern"."""
    return _CHANGED[change]


def lead(content: DigestContent) -> str:
    """What matters most, in one line of some 130 characters: that a work which was sent must not
    be relied on; else the likeliest work, "TITLE (very likely relevant)"; else other news, or "".
    """
    order = list(Change)
    news = sorted(content.changes, key=lambda each: (order.index(each.change), each.work.id))
    grave = [each for each in news if each.change in GRAVE]
    if grave:
        return _since(grave)
    shown = [item for part in content.sections for item in part.items]
    if not shown:
        return _since(news[:1]) if news else ""
    best = max(shown, key=lambda item: standing(item.ranked))  # the first of equals
    beware = "".join(f"{badge}: " for badge in badges(best)[:1] if badge in ALARMING)
    return f"{beware}{title(best.work, 90)}{_likely(relevance(best.ranked, content.cutoffs))}"


def _likely(word: str) -> str:
    """A word for relevance behind a title: " (very likely relevant)"."""
    if word in _NO_LIKELIHOOD:
        return _NO_LIKELIHOOD[word]
    return f" ({word.lower()} relevant)"


def _since(news: Sequence[DigestChange]) -> str:
    """ "Retracted since week 45: TITLE (and 2 more)"."""
    first, more = news[0], len(news) - 1
    since = week_of(first.sent) or "it was sent"
    told = f"{changed(first.change)} since {since}: {title(first.work, 90)}"
    return f"{told} (and {number(more)} more)" if more else told


def short(content: DigestContent) -> str:
    """The digest in at most 900 characters of plain text, for services that take no more: what it
    holds, up to five titles with their links, counts. Not escaped for any markup."""
    head = [f"Litwatch, {shorten(content.label, 60)}: {headline(content)}."]
    head += [shorten(content.banner, 120)] if content.banner else []
    if told := quiet(content):
        return "\n".join([*head, shorten(told, 400)])
    head += [lead(content)] if any(each.change in GRAVE for each in content.changes) else []
    items = [item for part in content.sections for item in part.items]
    items.sort(key=lambda item: -standing(item.ranked))
    works = [item.work for item in items] or [each.work for each in content.changes]
    rows = [f"- {title(work, 100)}\n  {best_link(work)}".rstrip() for work in works[:_SHORT_TITLES]]
    while True:
        more = len(works) - len(rows)
        rest = [f"and {number(more)} more"] if more else []
        told = "\n".join([*head, *rows, *rest, receipt_line(content) + "."])
        if len(told) <= _SHORT or not rows:
            return told
        rows.pop()


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
