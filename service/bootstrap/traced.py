"""What is traced: the parts of an app, each in a wrapper that opens a span around its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import __version__, logs, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.config import Settings
    from service.protocols import Channel, Encoder, Ranker, Source
    from service.records import (
        Candidate,
        Delivery,
        EncoderInfo,
        Evidence,
        Outcome,
        RankedWork,
        Topic,
        TopicRanking,
    )
    from service.sources.polling import PollResult


def begin(settings: Settings, instance: str) -> None:
    """Trace this process, where the settings want it. Raises `ConfigError`."""
    wanted = settings.telemetry
    if wanted.endpoint:
        secret = wanted.authorization.get_secret_value() if wanted.authorization else ""
        tracing.begin(
            wanted.endpoint,
            authorization=secret,
            sample=wanted.sample,
            program=__version__,
            instance=instance,
        )


def polling(poll: Callable[[Source], PollResult]) -> Callable[[Source], PollResult]:
    """`poll`, a span and a field of the log for each source; it may be called in other threads."""

    def traced(source: Source) -> PollResult:
        about = {"litwatch.source": source.name}
        with logs.bind(source=source.name), tracing.span("poll", about) as span:
            result = poll(source)
            span.set("litwatch.skipped", bool(result.skipped))
            span.set("litwatch.records.new", result.tally.new)
            span.set("litwatch.records.changed", result.tally.changed)
            if result.error:
                span.fail(type(result.error).__name__)
            return result

    return tracing.carried(traced)


@dataclass(frozen=True, slots=True)
class TracedEncoder:
    """An `Encoder`; a batch of texts is a span."""

    inner: Encoder

    def info(self) -> EncoderInfo:
        """As the inner one."""
        return self.inner.info()

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """As the inner one."""
        with tracing.span("embed", {"litwatch.texts": len(texts)}):
            return self.inner.encode(texts, progress)


@dataclass(frozen=True, slots=True)
class TracedRanker:
    """A `Ranker`; a ranking is a span."""

    inner: Ranker

    def rank(
        self,
        topic: Topic,
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Callable[[Sequence[str]], list[NDArray[float32]]] | None,
        evidence: Sequence[Evidence] = (),
    ) -> Sequence[RankedWork]:
        """As the inner one."""
        with tracing.span("rank", _ranking([topic], candidates)):
            return self.inner.rank(topic, candidates, background, encode, evidence)

    def rank_all(
        self,
        topics: Sequence[Topic],
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Callable[[Sequence[str]], list[NDArray[float32]]] | None,
        evidence: Mapping[str, Sequence[Evidence]],
        *,
        limit: int | None = None,
    ) -> dict[str, TopicRanking]:
        """As the inner one."""
        with tracing.span("rank", _ranking(topics, candidates)):
            return self.inner.rank_all(
                topics, candidates, background, encode, evidence, limit=limit
            )


def _ranking(topics: Sequence[Topic], candidates: Sequence[Candidate]) -> dict[str, int]:
    return {"litwatch.topics": len(topics), "litwatch.works": len(candidates)}


@dataclass(frozen=True, slots=True)
class TracedChannel:
    """A `Channel`; an attempt to send, and a look whether something arrived, are spans."""

    inner: Channel

    @property
    def name(self) -> str:
        """As the inner one."""
        return self.inner.name

    def send(self, delivery: Delivery) -> Outcome:
        """As the inner one."""
        return self._do("deliver", self.inner.send, delivery)

    def reconcile(self, delivery: Delivery) -> Outcome:
        """As the inner one."""
        return self._do("look for a delivery", self.inner.reconcile, delivery)

    def _do(self, what: str, call: Callable[[Delivery], Outcome], delivery: Delivery) -> Outcome:
        about: dict[str, tracing.Value] = {
            "litwatch.channel": self.name,
            "litwatch.delivery": delivery.id,
            "litwatch.attempt": delivery.attempt,
            "litwatch.bytes": len(delivery.payload),
        }
        with (
            logs.bind(delivery=delivery.id, channel=self.name),
            tracing.span(what, about, kind="client") as span,
        ):
            outcome = call(delivery)
            span.set("litwatch.outcome", str(outcome.state))
            return outcome


def channels(found: Mapping[str, Channel]) -> Mapping[str, Channel]:
    """Channels whose every call is a span and a field of the log."""
    return {name: TracedChannel(channel) for name, channel in found.items()}
