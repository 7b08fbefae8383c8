"""The answers of the tools as text that a model reads. Pure.

What papers say stands on lines of its own behind "> ", or in titles on the line of their work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.digest.words import authors_line, counted, day, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from service.assistant.answers import (
        DigestAnswer,
        DigestsAnswer,
        Explanation,
        Listed,
        SearchAnswer,
        Section,
        Shown,
        Standing,
        TopicLine,
        TopicsAnswer,
        VoteAnswer,
        WorkAnswer,
    )

_INDENT = "    "
_MATCHED = {"some": "has some of the words", "near": "is near in meaning"}


def found(answer: SearchAnswer) -> str:
    """A page of what was found."""
    held = f", as the archive was before {answer.as_of:%Y-%m-%d}" if answer.as_of else ""
    lines = [f"{_total(answer)}; searched {answer.mode}{held}."]
    lines += [f"Note: {note}" for note in answer.notes]
    for work in answer.works:
        lines += ["", *_listed(work)]
        if why := _MATCHED.get(work.matched):
            lines.append(f"{_INDENT}{why}")
        lines += [
            f"{_INDENT}> {passage.part}: {passage.text}"
            for passage in work.passages
            if passage.part != "title"
        ]
    if answer.cursor:
        lines += ["", f"For the next page give the same query and cursor={answer.cursor}"]
    return _text(lines)


def _total(answer: SearchAnswer) -> str:
    if not answer.works:
        return "Nothing found"
    if not answer.total:
        return "No work answers to the whole query; these come near"
    return f"{'' if answer.exact else 'at least '}{counted(answer.total, 'work')} in all"


def _listed(work: Listed) -> Iterator[str]:
    yield f"work {work.work}: {''.join(f'[{each}] ' for each in work.notices)}{work.title}"
    authors = authors_line(work.authors)
    if work.authors_in_all > len(work.authors):
        authors += f" (of {number(work.authors_in_all)} authors)"
    yield _joined(authors, work.venue, day(work.published))
    ids = [f"{name}:{value}" for name, value in work.ids.model_dump(exclude_none=True).items()]
    yield _joined(" ".join(ids), work.link)


def _joined(*parts: str) -> str:
    return _INDENT + " · ".join(filter(None, parts))


def whole(answer: WorkAnswer) -> str:
    """All that is held of a work."""
    lines = [*_listed(answer), ""]
    lines += _quoted(answer.abstract) or ["It has no abstract here."]
    if answer.abstract_cut:
        lines.append("(The abstract goes on.)")
    named = {"Keywords": answer.keywords, "MeSH": answer.mesh, "Sources": answer.sources}
    lines += [""] + [f"{name}: {'; '.join(values)}" for name, values in named.items() if values]
    lines += [f"{name}: {address}" for name, address in answer.links.items()]
    lines.append(f"In the archive since {answer.first_seen_at:%Y-%m-%d}.")
    return _text(lines)


def _quoted(text: str) -> list[str]:
    return [f"> {line}" for line in text.splitlines()]


# -- how a work stands ----------------------------------------------------------------------------


def explained(answer: Explanation) -> str:
    """Why a work stands where it does."""
    lines = [*_listed(answer.work), "", f"Ranked by {answer.by}."]
    if not answer.ranked:
        lines.append(
            "No digest ever ranked it: it was taken in for search only, or is a notice about"
            " another paper. So it would stand:"
        )
    for standing in answer.standings:
        lines += ["", *_standing(standing)]
    if not answer.standings:
        lines.append("No topic is followed.")
    return _text(lines)


def _standing(one: Standing) -> Iterator[str]:
    yield f"{one.name} ({one.topic}): {one.likelihood}, {percent(one.relevance)}"
    yield f"{_INDENT}{_line(one)}"
    if one.excluded:
        yield f"{_INDENT}It has a term that this topic excludes: digests never show it."
    if one.recommended:
        yield f"{_INDENT}A digest showed it for this topic, or a reader called it relevant."
    if one.votes:
        yield f"{_INDENT}Votes: {_votes(one.votes)}"
    if one.facet:
        yield f"{_INDENT}Nearest part of the topic ({one.facet_kind}): “{one.facet}”"
    if one.reference:
        yield f"{_INDENT}Nearest example: “{one.reference}”"
    if len(one.seeds) > 1:
        near = (f"{each.title or each.seed} ({each.nearness:.2f})" for each in one.seeds)
        yield f"{_INDENT}How near each seed is: {'; '.join(near)}"
    if one.designs:
        yield f"{_INDENT}Design, like the examples: {', '.join(one.designs)}"
    if one.terms:
        yield f"{_INDENT}Matched: {', '.join(one.terms)}"
    if one.senses:
        yield f"{_INDENT}Short forms: {'; '.join(one.senses)}"
    for sentence in one.sentences:
        yield f"{_INDENT}> {sentence}"


def _line(one: Standing) -> str:
    if one.line is None:
        return f"The line is drawn anew for each digest ({one.line_is})."
    side = "above" if one.relevance >= one.line else "under"
    return f"It is {side} the line, which lies at {percent(one.line)} ({one.line_is})."


def _votes(votes: Mapping[str, int]) -> str:
    return ", ".join(f"{number(count)} {judgement}" for judgement, count in votes.items())


def topics(answer: TopicsAnswer) -> str:
    """What is followed."""
    lines = [f"{counted(len(answer.topics), 'topic')} followed."]
    for topic in answer.topics:
        lines += ["", *_topic(topic)]
    return _text(lines)


def _topic(topic: TopicLine) -> Iterator[str]:
    yield f"{topic.name} ({topic.topic}), version {topic.version}"
    yield f"{_INDENT}Seeds: {_some(topic.seeds, topic.seeds_in_all)}"
    if topic.include:
        yield f"{_INDENT}Included: {', '.join(topic.include)}"
    if topic.exclude:
        yield f"{_INDENT}Excluded: {', '.join(topic.exclude)}"
    yield f"{_INDENT}Line: {topic.line}"
    yield f"{_INDENT}Sent to: {', '.join(topic.sent_to) or 'nobody'}"
    if topic.votes:
        yield f"{_INDENT}Votes: {_votes(topic.votes)}"


def _some(texts: Sequence[str], in_all: int) -> str:
    told = "; ".join(f"“{text}”" for text in texts) or "none"
    more = in_all - len(texts)
    return f"{told} and {number(more)} more" if more else told


# -- digests and votes ----------------------------------------------------------------------------


def digests(answer: DigestsAnswer) -> str:
    """Past digests."""
    if not answer.digests:
        return "There are no digests yet."
    return _text(
        f"{each.digest}: {each.subscription}, {each.week}, {counted(each.works, 'work')},"
        f" {each.state}"
        for each in answer.digests
    )


def digest(answer: DigestAnswer) -> str:
    """A digest as it was frozen."""
    lines = [f"{answer.subscription}: {answer.label}", answer.receipt]
    if answer.banner:
        lines.append(f"! {answer.banner}")
    if answer.news:
        lines += ["", "News of works sent before"]
        lines += [f"work {each.work}: {each.became}: {each.title}" for each in answer.news]
    for section in answer.sections:
        lines += ["", *_section(section)]
    lines += ["", *answer.sources]
    if answer.left_out:
        lines.append(f"{counted(answer.left_out, 'work')} left out here for length.")
    return _text(lines)


def _section(section: Section) -> Iterator[str]:
    asked = f", a saved search for {section.query}" if section.query else f" ({section.topic})"
    yield f"{section.name}{asked}: {counted(len(section.works), 'work')}"
    for work in section.works:
        yield from ("", *_listed(work), *_shown(work))
    if section.below:
        yield from ("", "Just below the line")
        yield from (f"work {work.work}: {work.title}" for work in section.below)


def _shown(work: Shown) -> Iterator[str]:
    if work.relevance is not None:
        yield f"{_INDENT}{work.likelihood}, {percent(work.relevance)}"
    if work.sentence:
        yield f"{_INDENT}> {work.sentence}"
    yield from (_INDENT + reason for reason in work.reasons)
    if work.similar:
        yield f"{_INDENT}Stands for works {', '.join(map(str, work.similar))} too"


def voted(answer: VoteAnswer) -> str:
    """A vote that was taken."""
    told = "is now" if answer.changed else "was already"
    return (
        f"Work {answer.work} {told} {answer.judgement} for {answer.topic}, in the name of"
        f" {answer.voter}: {answer.title}"
    )


def _text(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line.strip() or not line)
