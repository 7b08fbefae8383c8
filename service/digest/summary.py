"""What every renderer says of a digest as a whole; `words` has the phrases for one work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.digest import layout, news_words, words
from service.digest.safe import shorten, web_url
from service.records import Change
from service.records.digests import Asks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.protocols import Links
    from service.records import DigestContent, DigestSection, SourceReceipt

_TEST = "This is a test digest. It was sent to you alone, and the works in it count as not sent."
_NO_LIKELIHOOD = {words.UNDER: " (under the line)", "Match": ""}
_LEADING = 78  # characters of the title that leads: with its likelihood it fits a mail's subject
_BELOW = "Just below the line"
_COUNTS = ("None", "One", "Two", "Three", "Four", "Five")
_UNSURE = "we were unsure about"


# -- first of all ---------------------------------------------------------------------------------


def lead(content: DigestContent) -> str:
    """What matters most, in one line of some 130 characters: that a work which was sent must not
    be relied on; else the likeliest work, "TITLE (very likely relevant)"; else other news, else
    the headline.
    """
    news = [change for _, changes in layout.news(content) for change in changes]
    grave = [change for change in news if news_words.grave(change)]
    shown = [item for part in content.sections for item in part.items]
    if grave or (news and not shown):
        more = f" (and {words.number(len(grave) - 1)} more)" if len(grave) > 1 else ""
        return news_words.change_lead(news[0], _LEADING) + more
    if not shown:
        return headline(content)
    best = max(shown, key=lambda item: words.standing(item.ranked))  # the first of equals
    beware = next((f"{one}: " for one in words.badges(best.work) if one in words.ALARMING), "")
    likely = "" if best.ranked.search else _likely(words.relevance(best.ranked, content.cutoffs))
    return f"{beware}{words.title(best.work, _LEADING)}{likely}"


def _likely(word: str) -> str:
    """A word for relevance behind a title: " (very likely relevant)"."""
    return _NO_LIKELIHOOD.get(word, f" ({word.lower()} relevant)")


def headline(content: DigestContent) -> str:
    """ "12 papers on Tumour-associated stromal cells"; two topics are named, more are counted, and
    so are saved searches: "12 papers on 3 topics and from your search “nets-pdac”".
    Where nothing is new, "2 corrections to earlier digests and 1 paper now published"."""
    if content.changes and not content.shown:
        return _listed(_news(content))
    on = " and ".join(filter(None, (_on_topics(content), _from_searches(content))))
    on = f" {on}" if on else ""
    return (words.counted(content.shown, "paper") if content.shown else "Nothing new") + on


def _on_topics(content: DigestContent) -> str:
    names = [words.topic_name(p.name, p.topic) for p in content.sections if not p.search]
    told = " and ".join(names) if len(names) <= 2 else f"{len(names)} topics"
    return f"on {told}" if told else ""


def _from_searches(content: DigestContent) -> str:
    names = [shorten(part.search, 70) for part in content.sections if part.search]
    if len(names) > 1:
        return f"from {len(names)} searches"
    return f"from your search “{names[0]}”" if names else ""


def _news(content: DigestContent) -> list[str]:
    """How much there is of each kind of news, in the order in which they are shown."""
    told = []
    for _, changes in layout.news(content):
        kind, count = changes[0].change, len(changes)
        if kind is Change.PUBLISHED:
            told.append(f"{words.counted(count, 'paper')} now published")
        elif kind is Change.NEW_VERSION:
            of = "a preprint" if count == 1 else "preprints"
            told.append(f"{words.counted(count, 'new version')} of {of}")
        else:
            told.append(f"{words.counted(count, 'correction')} to {layout.corrected(changes)}")
    return told


def notices(content: DigestContent) -> tuple[str, ...]:
    """What must be read first: that this is a test, that something was degraded."""
    return tuple(filter(None, (_TEST if content.test else "", shorten(content.banner, 400))))


def week(content: DigestContent) -> str:
    """ "week 47" from the period's key, else the whole label."""
    return words.week_of(content.period) or shorten(content.label, 60)


# -- how much there is, and how much there was ----------------------------------------------------


def count(section: DigestSection) -> str:
    """ "12 papers", or that there are none; of a search also how many other sections have."""
    shown = len(section.items)
    if not section.search:
        return words.counted(shown, "paper") if shown else "nothing above the line"
    told = words.counted(shown, "paper") if shown else "nothing"
    more = words.number(section.elsewhere)
    return f"{told}, {more} more in other sections" if section.elsewhere else told


def below_heading(part: DigestSection, cutoffs: Mapping[str, float]) -> str:
    """What a section's further titles are called: a full digest leaves some out above the line, and
    a search has none; once a month, "Five we were unsure about"."""
    if part.asks is Asks.DOUBTS:
        count = len(part.below)
        return f"{_COUNTS[count] if count < len(_COUNTS) else words.number(count)} {_UNSURE}"
    cutoff = cutoffs.get(part.topic)
    over = cutoff is not None and any(words.standing(item.ranked) >= cutoff for item in part.below)
    return "Next in line, left out because the digest is full" if over or part.search else _BELOW


def below_note(part: DigestSection) -> str:
    """Why a vote on the further titles is asked for; "" where none is."""
    return "A vote here teaches the ranking most." if part.asks is Asks.DOUBTS else ""


def receipt_line(content: DigestContent) -> str:
    """ "Screened 4,212 new records from 5 sources, 0 gaps; shown 12; 9 just below the line."

    Works listed with one that they are like are counted too: "shown 12 (+3 similar)".
    """
    gaps = sum(len(one.gaps) for one in content.receipts)
    listed = f" (+{words.number(content.similar)} similar)" if content.similar else ""
    return (
        f"Screened {words.counted(content.screened, 'new record')} from "
        f"{words.counted(len(content.receipts), 'source')}, {words.counted(gaps, 'gap')}; "
        f"shown {words.number(content.shown)}{listed}; {_further(content)}."
    )


def _further(content: DigestContent) -> str:
    """ "9 just below the line", or "9 next in line" when some are above it, or there is none; those
    in doubt are counted apart: "5 we were unsure about; 2 next in line"."""
    unsure = sum(len(part.below) for part in content.sections if part.asks is Asks.DOUBTS)
    rest = [part for part in content.sections if part.below and part.asks is not Asks.DOUBTS]
    told = [f"{words.number(unsure)} {_UNSURE}"] if unsure else []
    if rest or not unsure:
        count = words.number(sum(len(part.below) for part in rest))
        headings = {below_heading(part, content.cutoffs) for part in rest}
        beside = headings <= {_BELOW} and not _only_searches(content)
        told.append(f"{count} just below the line" if beside else f"{count} next in line")
    return "; ".join(told)


def _only_searches(content: DigestContent) -> bool:
    return bool(content.sections) and all(part.search for part in content.sections)


def quiet(content: DigestContent) -> str:
    """Why a digest shows nothing, in one or two sentences; "" for one that shows something, be it
    only news of earlier ones."""
    if content.shown or content.changes:
        return ""
    why = _why_nothing(content)
    missed = [words.source_name(one.source) for one in content.receipts if one.gaps]
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
    told = f"none of {words.counted(content.screened, 'new record')}"
    searches = sum(1 for part in content.sections if part.search)
    asked = f"answered to your {'search' if searches == 1 else 'searches'}" if searches else ""
    if _only_searches(content):
        return f"{told} {asked}"
    return " or ".join(filter(None, (f"{told} {_nearest(content)}", asked)))


def _nearest(content: DigestContent) -> str:
    near = [one.ranked for part in content.sections for one in part.below]
    if not near:
        return "came near"
    best = max(near, key=lambda ranked: (words.standing(ranked), ranked.topic))
    line = content.cutoffs.get(best.topic)
    needed = words.percent(line or 0.0) if best.relevance else f"{line or 0.0:.2f}"
    of = f", needed {needed}" if line is not None else ""
    return f"reached the line (nearest {words.number_line(best)}{of})"


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def source_line(one: SourceReceipt) -> str:
    """ "PubMed, 2026-11-16 to 2026-11-22: 1,204 stated, 1,204 fetched, 980 new, no gaps"."""
    stated = "total not stated" if one.stated is None else f"{words.number(one.stated)} stated"
    told = f"{stated}, {words.number(one.fetched)} fetched, {words.number(one.new)} new"
    missed = "; ".join(shorten(gap, 120) for gap in one.gaps[:3])
    more = f"; {len(one.gaps) - 3} more" if len(one.gaps) > 3 else ""
    holes = f"{words.counted(len(one.gaps), 'gap')} ({missed}{more})" if one.gaps else "no gaps"
    window = shorten(one.window, 40).replace("..", " to ")
    return f"{words.source_name(one.source)}, {window}: {told}, {holes}"


def search_line(part: DigestSection) -> str:
    """ "Search “nets-pdac”: 3 new, 1 of them in other sections; it asks for title:NETs pdac"."""
    new = f"{words.number(part.found)} new" if part.found else "nothing new"
    elsewhere = words.number(part.elsewhere)
    other = f", {elsewhere} of them in other sections" if part.elsewhere else ""
    name = shorten(part.search, 70)
    return f"Search “{name}”: {new}{other}; it asks for {shorten(part.query, 200)}"


def model_line(content: DigestContent) -> str:
    """What ranked this digest, and where each topic's line lay; "" for one of searches alone."""
    lines = [_line(content, topic) for topic in sorted(content.cutoffs)]
    if content.screened and not _only_searches(content):
        by = shorten(content.encoder, 80)
        lines = [f"Ranked by {by}" if by else "Ranked by words only", *lines]
    return "; ".join(lines)


def _line(content: DigestContent, topic: str) -> str:
    """ "stroma: line at 62 % relevance (expected precision 80 %)"."""
    name, line = shorten(topic, 40), content.cutoffs[topic]
    if topic not in content.aims:  # frozen before there was relevance
        return f"{name}: cut-off {line:.2f}"
    return f"{name}: line at {words.percent(line)} relevance ({shorten(content.aims[topic], 80)})"


# -- for whom -------------------------------------------------------------------------------------


def whole(content: DigestContent, links: Links | None, reader: str) -> str:
    """The address of the complete digest on the web; "" where there is none."""
    return web_url(links.page(content, reader)) if links else ""


def because(content: DigestContent) -> str:
    """Why the reader gets this."""
    name = shorten(content.subscription, 100)
    if content.test:
        return f"You get this because somebody sent you a test of the digest {name}."
    return f"You get this because you are subscribed to {name}."
