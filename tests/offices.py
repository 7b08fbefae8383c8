"""An archive with frozen digests, a worker that empties its outbox, and a Slack to post to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from service.clock import standing
from service.delivery.sending import deliver
from service.fallbacks import fall_back
from service.records import DeliveryState, Subscription
from service.store import Store, StoredOutbox
from tests.command_line import Litwatch
from tests.factories import NOW, digest_content, item, section
from tests.fake_slack import FakeSlack
from tests.fakes import FixedClock

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from service.protocols import Channel, Renderer
    from service.store.deliveries import DeliveryLine

ROOM = "C0123456789"
LEASE = timedelta(minutes=2)


class TimedSlack(FakeSlack):
    """Stamps its posts with the time of the test, as the history is searched by it."""

    time: FixedClock

    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = super().post(message)
        answer["ts"] = self.posts[-1]["ts"] = f"{self.time.at.timestamp() + len(self.posts):.6f}"
        return answer


@dataclass
class Office:
    """An archive with frozen digests, and a worker that empties its outbox."""

    engine: Engine
    time: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    channels: dict[str, Channel] = field(default_factory=dict)
    renderers: dict[str, Renderer] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The archive, at the time of the test."""
        return Store(self.engine, lambda: self.time.at)

    def freeze(
        self, renderer: Renderer, destination: str, *, works: int = 1, fallback: str = ""
    ) -> int:
        """Put one digest into the outbox; returns the number of its parts."""
        full = digest_content(section(*(item(number) for number in range(1, works + 1))))
        # The outbox keeps the rendered bytes; the works themselves are in no archive here.
        bare = replace(full, sections=())
        weekly = Subscription(
            full.subscription, ("stroma",), renderer.channel, destination, fallback=fallback
        )
        rendered = renderer.render(full, destination)
        with self.store.writing() as tx:
            now = self.time.at
            tx.subscriptions.sync([weekly], now)
            assert tx.digests.freeze(bare, weekly, rendered, revision=1, window=(0, 0), now=now)
        return len(rendered)

    def round(self, *, after: float = 0.0, owner: str = "one") -> list[DeliveryState]:
        """What one emptying of the outbox came to, `after` seconds later."""
        self.time.pass_time(seconds=after)
        outbox = StoredOutbox(self.store, owner, dict.fromkeys(self.channels, LEASE))
        done = deliver(outbox, self.channels)
        if fall_back(self.store, self.renderers):
            done += deliver(outbox, self.channels)
        return [change.state for _, change in done]

    def lines(self) -> list[DeliveryLine]:
        with self.store.reading() as tx:
            return sorted(tx.deliveries.lines(), key=lambda line: line.part)

    def states(self) -> list[DeliveryState]:
        return [line.state for line in self.lines()]

    def events(self, part: int = 1) -> list[str]:
        """What was written down about a part of the first digest, in order."""
        line = next(line for line in self.lines() if line.part == part)
        with self.store.reading() as tx:
            return [why for _, _, _, why in tx.deliveries.events(line.id)]

    def resends(self) -> int:
        with self.store.reading() as tx:
            return sum(tx.deliveries.get(line.id).resends for line in tx.deliveries.lines())

    @property
    def command_line(self) -> Litwatch:
        url = self.engine.url.render_as_string(hide_password=False)
        values: dict[str, Any] = {"database": {"url": url}, "log": {"level": "error"}}
        values["slack"] = {"token": "xoxb-test"}  # else what goes there would stand in `status`
        return Litwatch(values, standing(self.time.at))


def seen(slack: FakeSlack) -> list[str]:
    """The deliveries that a person sees, by the id that each post carries."""
    return [post["metadata"]["event_payload"]["delivery_id"] for post in slack.posts]
