"""What the archive holds of a topic, for its pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service import tuning
from service.ranking import fidelity
from service.records import BINS
from service.topics.differing import line_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.ranking.fidelity import Fidelity
    from service.records import Topic
    from service.records.weeks import Week
    from service.store import Unit
    from service.store.topics import TopicVersion
    from service.web.site.topics.preview import Look


@dataclass(frozen=True, slots=True)
class Held:
    """A topic in force, with who made it so; what the last days brought it, if that was ranked;
    how well it finds what its seeds cite, if that was measured. `voted` is the number of the last
    vote, 0 where nobody voted."""

    topic: Topic
    version: TopicVersion
    week: Week | None
    fidelity: Fidelity | None
    voted: int = 0

    @property
    def slug(self) -> str:
        """Its slug."""
        return self.topic.slug

    @property
    def line(self) -> str:
        """Where its line is drawn, in words."""
        return line_of(self.topic)

    @property
    def finds(self) -> str:
        """How well it finds what its seeds cite, in words; "" where that is not known."""
        return "" if self.fidelity is None else fidelity.sentence(self.fidelity)


def held(app: App, slug: str) -> Held:
    """A topic in force. Raises `TopicError`."""
    with app.store.reading() as tx:
        stored = tx.topics.get(slug)
        found = _held(tx, tuning.topic_of(stored), stored, tx.weeks.kept().get(slug))
        return replace(found, voted=tx.weeks.last_votes().get(slug, 0))


def all_held(tx: Unit, topics: Sequence[Topic]) -> list[Held]:
    """Every topic in force, as `App.topics` has them."""
    versions = {each.slug: each for each in tx.topics.current()}
    weeks = tx.weeks.kept()
    return [
        _held(tx, topic, versions[topic.slug], weeks.get(topic.slug))
        for topic in topics
        if topic.slug in versions
    ]


def _held(tx: Unit, topic: Topic, version: TopicVersion, week: Week | None) -> Held:
    figure = tx.references.fidelity(topic.slug, topic.version)
    return Held(topic, version, week, fidelity.from_json(figure.figure) if figure else None)


def as_of(app: App, now: Held, number: int) -> Topic:
    """The topic at an earlier version; as it is now where that can no longer be read. Raises
    `TopicError` for a version that there never was."""
    if number == now.topic.version:
        return now.topic
    with app.store.reading() as tx:
        return tuning.readable(tuning.at(tx, now.slug, number)) or now.topic


@dataclass(frozen=True, slots=True)
class Line:
    """The line as it is drawn on the works of `span`: `at` is the relevance, `spread` how many
    have which (`was`: before the changes), `per_week` what would be a fair number to ask for."""

    spread: Sequence[int]
    at: float
    span: str
    default: float
    was: Sequence[int] | None = None
    per_week: float = 5


def drawn(topic: Topic, week: Week | None, seen: Look | None, default: float) -> Line:
    """Where `topic` draws the line: on the works of its preview, else on those of the last days."""
    if seen is not None and seen.preview is not None:
        now, before = seen.preview.after, seen.preview.before
        return Line(
            now.spread,
            now.line,
            f"the last {seen.preview.weeks} weeks",
            default,
            before.spread if before else None,
            max(1, round(now.per_week)),
        )
    at = topic.cutoff if topic.cutoff is not None else week.line if week else default
    return Line(week.spread if week else (0,) * BINS, at, "the last 7 days", default)
