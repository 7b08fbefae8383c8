"""A topic of a digest in Slack: its works, each with its buttons, then what nearly was one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.digest import additions, layout, slack_votes, summary, words
from service.digest.mrkdwn import escape, escaped, link
from service.digest.safe import shorten
from service.digest.slack_groups import Group, listed, short
from service.digest.slack_rich import heading, line, quote, rich, small, text
from service.digest.slack_rich import link as linked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.digest.slack_rich import Block, Element
    from service.records import DigestContent, DigestItem, DigestSection

_SIMILAR_LISTED = 5  # titles under one work
_SIMILAR_TEXT = 1500


def section(content: DigestContent, part: DigestSection, *, buttons: bool) -> Iterator[Group]:
    """A topic by shelves, a group for each work; none for a topic without anything to show."""
    name = words.topic_name(part.name, part.topic)
    above: list[Block] = [{"type": "divider"}, heading(f"{name} · {summary.count(part)}")]
    told, topic = f"*{escaped(name, 200)}*\n", ""
    for shelf in layout.shelves(part):
        if theme := shorten(shelf.heading, 100):
            above.append(rich(line(text(theme, bold=True))))
        for item in shelf.items:
            blocks = [*above, *_work(content, item, buttons=buttons)]
            yield Group(blocks, told + _work_told(content, item), topic, works=1)
            above, told, topic = [], "", name
    rows = ((line(*_below(item)), _below_told(item)) for item in part.below)
    for group in listed(summary.below_heading(part, content.cutoffs), rows):
        yield Group([*above, *group.blocks], told + group.told, topic)
        above, told, topic = [], "", name


def _work(content: DigestContent, item: DigestItem, *, buttons: bool) -> Iterator[Block]:
    title = linked(words.best_link(item.work), words.title(item.work, 300), bold=True)
    named = words.badges_of(item)
    badges = [mark for badge in named for mark in (text(" "), text(badge, code=True))]
    said = words.sentence(item.ranked)
    yield rich(line(title, *badges), *([quote(f"“{said}”")] if said else []))
    yield small(_about(content, item), _ways(item))
    if item.similar:
        yield small("", _similar(item))
    press = slack_votes.buttons(item.ranked.topic, item.work.id)
    if buttons and slack_votes.subjects([press]):
        yield press


def _about(content: DigestContent, item: DigestItem) -> str:
    """Who and where, then how likely it is wanted, and why."""
    authors = shorten(words.authors_line(item.work.authors), 250)
    by = " · ".join(filter(None, (authors, words.venue_line(item.work))))
    why = " · ".join((_relevance(content, item), *words.reasons(item)))
    if named := additions.entities_line(item.entities):
        why = f"{why}\n{named}"
    return f"{by}\n{why}" if by else why


def _relevance(content: DigestContent, item: DigestItem) -> str:
    return words.relevance_line(item.ranked, content.cutoffs)


def _ways(item: DigestItem) -> str:
    """The ways to the work beside its title's link."""
    further = [(name, short(url)) for name, url in words.links(item.work)[1:]]
    return " · ".join(link(url, name) for name, url in further if url)


def _similar(item: DigestItem) -> str:
    """ "+3 similar", then a line for each of the first that find room in one block."""
    told = words.similar_heading(item)
    for place, other in enumerate(item.similar):
        title = link(words.best_link(other.work), words.title(other.work, 120), limit=240)
        more = escaped(words.similar_line(other), 150)
        row = "\n• " + " · ".join(filter(None, (title, more)))
        if place == _SIMILAR_LISTED or len(told) + len(row) > _SIMILAR_TEXT:
            return f"{told}\n• and {words.number(len(item.similar) - place)} more"
        told += row
    return told


def _work_told(content: DigestContent, item: DigestItem) -> str:
    marks = [escape(badge) for badge in words.badges_of(item)]
    title = link(short(words.best_link(item.work)), words.title(item.work, 160), limit=320)
    return " · ".join((f"• {title}", *marks, escape(_relevance(content, item))))


def _below(item: DigestItem) -> Iterator[Element]:
    yield linked(words.best_link(item.work), words.title(item.work, 200))
    if told := words.below_line(item.ranked):
        yield text(f" · {told}")


def _below_told(item: DigestItem) -> str:
    told = (escaped(words.title(item.work, 100), 200), words.below_line(item.ranked))
    return f"• {' · '.join(filter(None, told))}"
