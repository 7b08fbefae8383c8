"""What the reviews of a topic cite, got once its change is saved: a page does not wait for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from service.bootstrap import App
    from service.records import Topic
    from service.web.site.errands import Errand, Errands, Say


def fetch(app: App, errands: Errands, before: Topic | None, topic: Topic, by: str) -> None:
    """Begin to get the reference lists of the reviews that `topic` has and `before` had not."""
    old = {seed.key for seed in before.seeds} if before else set()
    keys = [seed.key for seed in topic.seeds if seed.kind == "review" and seed.key not in old]
    if keys:
        work = partial(_get, app, topic, keys)
        errands.start(_name(topic.slug), "reference lists", by, work)


def errand(errands: Errands, slug: str) -> Errand | None:
    """How far that is, for a topic; None where it was not begun."""
    return errands.of(_name(slug))


def _name(slug: str) -> str:
    return f"references {slug}"


def _get(app: App, topic: Topic, keys: Collection[str], say: Say) -> str:
    say("The reference lists of the new reviews are being got: they teach the ranking.")
    return " ".join(app.keep_references(topic, keys))
