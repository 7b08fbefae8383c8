"""What the archive says to a question from Slack. Reads only."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service import periods, standings
from service.errors import InputError, LitwatchError
from service.records.findings import Search
from service.slackapp import home, replies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Lock

    from service.pipeline import Parts
    from service.records import Subscription, Topic
    from service.records.findings import Findings
    from service.slackapp.blocks import Message
    from service.slackapp.commands import SlashCommand

log = logging.getLogger(__name__)

WAIT_FOR_MODEL = 20.0  # seconds; a poll that embeds holds it for minutes


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers questions. `model` is held while the encoder is at work."""

    parts: Parts
    model: Lock
    find: Callable[[Search], Findings]
    wait_for_model: float = WAIT_FOR_MODEL

    def reply(self, asked: SlashCommand) -> Message:
        """The answer to a slash command. Raises nothing that a question can bring about."""
        try:
            return self._answer(asked)
        except LitwatchError as error:
            log.log(
                logging.INFO if isinstance(error, InputError) else logging.ERROR,
                "/litwatch %s: %s",
                asked.verb,
                error,
            )
            return replies.trouble(error)

    def _answer(self, asked: SlashCommand) -> Message:
        match asked.verb, asked.words:
            case "topics", _:
                return self.topics()
            case "search", words if words:
                return self.search(words)
            case "why", work if work:
                return self.why(work)
            case ("search" | "why") as verb, _:
                kind = "words" if verb == "search" else "a work"
                raise InputError(f"/litwatch {verb}", f"needs {kind}", "see: /litwatch help")
            case (("help" | ""), _):
                return replies.help_text()
            case verb, _:
                return replies.help_text(verb)

    def search(self, words: str) -> Message:
        """Works that answer to a query, best first. Raises `QueryError`."""
        return replies.found(words, self.find(Search(words, limit=replies.SHOWN)))

    def topics(self) -> Message:
        """What is followed."""
        with self.parts.store.reading() as tx:
            followed = self.parts.topics(tx)
            sent = [one for one, _ in tx.subscriptions.active()]
            votes = tx.votes.counts()
        return replies.topics(
            [
                replies.TopicLine(
                    topic.slug, topic.name, _names(sent, topic), votes.get(topic.slug, {})
                )
                for topic in followed
            ]
        )

    def why(self, name: str) -> Message:
        """How one work stands to each topic; by words only where there is no model to be had."""
        with self.parts.store.reading() as tx:
            work = tx.works.get(tx.works.find(name))
            topics = self.parts.topics(tx)
        found = standings.of_one(
            self.parts, topics, work, model=self.model, patience=self.wait_for_model
        )
        ranked = [one for each in found.by_topic.values() for one in each]
        note = f"Ranked by words only: {found.missing}." if found.missing else ""
        return replies.why(work, {topic.slug: topic.name for topic in topics}, ranked, note)

    def home(self) -> dict[str, Any]:
        """The home tab. Raises `StoreError`."""
        now = self.parts.clock.now()
        issues = []
        with self.parts.store.reading() as tx:
            for subscription, _ in tx.subscriptions.active():
                last = tx.digests.last(subscription.name)
                due = periods.next_due(subscription, now, last.period if last else None)
                content = tx.digests.content(last.id) if last else None
                issues.append(home.Issue(subscription.name, subscription.zone, due.due_at, content))
        return home.view(issues)


def _names(sent: Sequence[Subscription], topic: Topic) -> tuple[str, ...]:
    return tuple(one.name for one in sent if topic.slug in one.topics)
