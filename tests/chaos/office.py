"""What a chaos campaign runs: workers in processes of their own, and the world they talk to.

Time runs fast, and the same for all: a worker's leases and looks pass in seconds.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import parent_process
from typing import TYPE_CHECKING, Any

from service.clock import Clock
from tests.fake_slack import FakeSlack
from tests.fakes import FakeRanker
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    import random

    from service.bootstrap import App
    from service.records import RankedWork

MONDAY = datetime(2026, 11, 16, 7, 59, tzinfo=UTC)
SPEED = 30.0  # seconds of the campaign in one second: a lease of two minutes lasts four
LEASE = 240.0  # campaign seconds: eight of ours
WORKS = 14  # new ones a week: enough for several messages
SLACK_FAULTS = (
    "kept:rst", "kept:drop", "kept:500", "kept:html", "kept:half", "kept:fatal_error",
    "lost:rst", "lost:500", "lost:internal_error", "429:2", "unread",
)  # fmt: skip


@dataclass(frozen=True)
class FastTime:
    """Campaign time: `started` is the machine's time at `MONDAY`, `ahead` the days jumped since."""

    started: float
    ahead: float = 0.0

    def now(self) -> datetime:
        return MONDAY + timedelta(seconds=SPEED * (time.time() - self.started), days=self.ahead)

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, sleep=lambda seconds: time.sleep(seconds / SPEED))


class AllRelevant(FakeRanker):
    """Wants everything."""

    def rank(self, *args: Any, **told: Any) -> list[RankedWork]:
        return [replace(one, relevance=0.9, score=3.0) for one in super().rank(*args, **told)]


def settings(url: str, slack: str, smtp: int, rooms: int, mails: int) -> dict[str, Any]:
    """As a team would write them; the digests fall due a few a minute."""
    return {
        "database": {"url": url},
        "slack": {"token": "xoxb-chaos", "base_url": slack, "timeout_s": 1},
        "email": {
            "host": "127.0.0.1",
            "port": smtp,
            "security": "none",
            "sender": "litwatch@example.org",
            "timeout_s": 1,
            "final_timeout_s": 2,
        },
        "delivery": {"lease_s": LEASE, "email_lease_s": LEASE},
        "log": {"level": "error"},
        "subscriptions": [
            *(_entry(f"room {n}", n, "slack", f"C{n:06}") for n in range(rooms)),
            *(_entry(f"reader {n}", n, "email", f"r{n}@example.org") for n in range(mails)),
        ],
    }


def _entry(name: str, n: int, channel: str, destination: str) -> dict[str, Any]:
    at = f"08:{n // 5 % 60:02}"
    told = {"name": name, "channel": channel, "destination": destination}
    return {**told, "at": at, "zone": "UTC", "cap": 50}


def wired(values: dict[str, Any], fast: FastTime) -> App:
    """An app whose ranking costs nothing: the campaign is about what comes after."""
    from service import bootstrap
    from service.config import Settings
    from service.store.holding import BEAT, Holding

    app = bootstrap.build(Settings.model_validate(values), fast.clock)
    app.__dict__["holding"] = Holding(app.store, app.owner, beat=BEAT / SPEED)
    parts = replace(app.parts, ranker=AllRelevant(), encoder=FakeEncoder())
    app.__dict__["parts"] = parts
    return app


def work(values: dict[str, Any], fast: FastTime) -> None:
    """A worker, until it is killed."""
    from service.worker import loop

    threading.Thread(target=_end_with_the_campaign, daemon=True).start()
    logging.basicConfig(level=logging.ERROR)  # what a fault came to is in the archive
    for chatty in ("slack_sdk", "service.delivery", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    loop.run(wired(values, fast), {"digests": 0.3, "deliver": 0.1})


def _end_with_the_campaign() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class HarshSlack(FakeSlack):
    """Takes its time, stamps with campaign time, and fails now and then in every known way."""

    def __init__(self, chance: random.Random, harshness: float) -> None:
        super().__init__()
        self.fast = FastTime(time.time())
        self._chance = chance
        self._harshness = harshness
        self._server.handle_error = _defects  # type: ignore[method-assign]

    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        time.sleep(self._chance.uniform(0.0, 0.05))  # killed before it is there
        answer = super().post(message)
        stamp = self.fast.now().timestamp()
        answer["ts"] = self.posts[-1]["ts"] = f"{stamp + len(self.posts) / 1e4:.6f}"
        if self._chance.random() < self._harshness:
            method = self._chance.choice(("chat.postMessage", "files.completeUploadExternal"))
            self.script[method].append(self._chance.choice(SLACK_FAULTS))
        time.sleep(self._chance.uniform(0.0, 0.05))  # killed before it is told
        return answer

    def seen(self) -> Counter[str]:
        """How often each delivery is there for people to see."""
        return Counter(map(_delivery, self.posts))

    def place(self, delivery: str) -> str:
        """The message of a delivery, as a person finds it; "" when there is none."""
        return next((post["ts"] for post in self.posts if _delivery(post) == delivery), "")


def _defects(*_: object) -> None:
    """A caller that was killed is no error of the server's."""
    if not isinstance(sys.exc_info()[1], OSError):
        traceback.print_exc()


def _delivery(post: dict[str, Any]) -> str:
    """A chart is known by its file's name, a message by its metadata."""
    if files := post.get("files"):
        return str(files[0]["name"]).removeprefix("litwatch-").removesuffix(".png")
    return str(post["metadata"]["event_payload"]["delivery_id"])
