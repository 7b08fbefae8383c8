"""What `/litwatch` and the buttons answer, as messages for one reader. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.digest import additions, words
from service.digest.mrkdwn import escaped
from service.digest.slack_rich import small
from service.errors import InputError, TopicError
from service.records import Judgement
from service.slackapp.blocks import Message, message, section, work_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.errors import LitwatchError
    from service.records import RankedWork, Work
    from service.records.findings import Findings

SHOWN = 10  # works in one answer
HELP = (
    "`/litwatch search QUERY`  finds works in the archive by words and meaning: “a phrase”, "
    "-excluded, OR, prefix\\*, `title:`, `author:`, `published:2026`, `is:review`, `like:WORK`\n"
    "`/litwatch topics`  what is followed here, who is sent it, how many votes there are\n"
    "`/litwatch why WORK`  how a work stands to each topic; give its number, PMID, PMCID or DOI\n"
    "`/litwatch help`  this\n\n"
    "Under each paper of a digest: press *Relevant*, *Not relevant* or *Save*; the next ranking "
    "learns from it. Press the same again to take it back."
)


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic as `/litwatch topics` lists it; `sent` are names of subscriptions."""

    slug: str
    name: str
    sent: tuple[str, ...]
    votes: Mapping[Judgement, int]


def help_text(unknown: str = "") -> Message:
    """The commands; `unknown` is what was typed instead of one."""
    first = f"There is no `/litwatch {escaped(unknown, 60)}`.\n" if unknown else ""
    return message(first + HELP)


def found(asked: str, findings: Findings) -> Message:
    """Works for a search, and how many have all that was asked for."""
    wanted = escaped(asked, 200)
    if not findings.hits:
        return message(f"Nothing in the archive for {wanted}.")
    least = "" if findings.exact else "at least "
    has = "has" if findings.total == 1 else "have"
    count = f"{least}{words.counted(findings.total, 'work')} {has} all of {wanted}"
    told = count if findings.total else f"No work has all of {wanted}; these are near"
    notes = [small("", said) for note in findings.notes if (said := escaped(note, 300))]
    works = [section(f"`{hit.work.id}`  {work_line(hit.work)}") for hit in findings.hits]
    how = "How one stands to your topics: `/litwatch why NUMBER`"
    return message(told, [section(told), *notes, *works[:SHOWN], small("", how)])


def topics(lines: Sequence[TopicLine]) -> Message:
    """What is followed."""
    if not lines:
        return message("No topic is followed yet.")
    told = words.counted(len(lines), "topic")
    return message(told, [section(_topic(line)) for line in lines])


def _topic(line: TopicLine) -> str:
    votes = ", ".join(
        f"{words.number(line.votes[judgement])} {judgement}"
        for judgement in Judgement
        if line.votes.get(judgement)
    )
    sent = ", ".join(escaped(name, 80) for name in line.sent)
    name = escaped(words.topic_name(line.name, line.slug), 200)
    told = (f"sent to {sent}" if sent else "sent to nobody", votes or "no votes")
    return f"*{name}*  `{line.slug}`\n{' · '.join(told)}"


def why(work: Work, names: Mapping[str, str], ranked: Sequence[RankedWork], note: str) -> Message:
    """How a work stands to each topic (`names` by slug), the nearest first; `note` is said last."""
    best = sorted(ranked, key=lambda one: (-one.relevance, -one.score, one.topic))
    blocks = [section(work_line(work, 400)), *(section(_standing(one, names)) for one in best)]
    if not best:
        blocks.append(section("No topic is followed yet."))
    if note:
        blocks.append(small(note))
    return message(escaped(words.title(work, 200), 400), blocks)


def _standing(one: RankedWork, names: Mapping[str, str]) -> str:
    name = escaped(words.topic_name(names.get(one.topic, ""), one.topic), 200)
    terms, quote = words.terms_line(one), words.sentence(one)
    lines = (
        f"*{name}*: {words.relevance_line(one, {})}",
        *(escaped(told, 300) for told in additions.signal_lines(one.signals)),
        escaped(words.why(one), 500),
        f"> “{escaped(quote, 800)}”" if quote else "",
        f"Matched: {escaped(terms, 400)}" if terms else "",
        escaped(words.near_to(one), 400),
        words.designs_line(one),
    )
    return "\n".join(filter(None, lines))


def not_counted(error: LitwatchError) -> Message:
    """A press that came to nothing, and why."""
    if isinstance(error, TopicError):
        told = "This topic is not followed any more, so the vote was not counted."
    elif isinstance(error, InputError):
        told = "This paper is not in the archive any more, so the vote was not counted."
    else:
        told = "The vote was not counted. The log of Litwatch says why."
    return message(told)


def trouble(error: LitwatchError | None = None) -> Message:
    """A question that could not be answered; an `InputError` is the reader's to mend."""
    if isinstance(error, InputError):
        remedy = f" ({error.remedy})" if error.remedy else ""
        return message(escaped(f"{error.thing} {error.cause}{remedy}", 600) or "?")
    return message("The archive cannot be read at the moment. Please try again in a few minutes.")
