"""A digest before its time: drafted, sent to one place as a test, or made and sent at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import DeliveryError, InputError

if TYPE_CHECKING:
    from service.bootstrap.app import App
    from service.pipeline import Draft
    from service.records import DigestContent, Subscription
    from service.trial import Sent

ME = "me"


def draft(app: App, name: str | None, as_of: str | None = None) -> tuple[Subscription, Draft]:
    """The named subscription (or the only one) and its digest as of now, or of an earlier time.
    Raises `InputError`."""
    from service import periods, pipeline

    with app.store.reading() as tx:
        active = dict(tx.subscriptions.active())
        if name is not None:
            subscription, created = tx.subscriptions.get(name)
        elif len(active) == 1:
            subscription, created = next(iter(active.items()))
        elif active:
            known = ", ".join(s.name for s in active)
            raise InputError("SUBSCRIPTION", "is needed", f"there are: {known}")
        else:
            raise InputError("subscriptions", "there is none", "add one to litwatch.toml")
        now = app.clock.now()
        then = None if as_of is None else periods.moment(as_of, subscription, now)
        last = next(iter(tx.digests.past(subscription.name, limit=1, until=then)), None)
    period = periods.coming(subscription, then or now, last.period if last else None)
    return subscription, pipeline.draft(app.parts, subscription, period.key, created, as_of=then)


def send_test(
    app: App, name: str | None, wanted: str, channel: str | None = None
) -> tuple[DigestContent, list[Sent]]:
    """Send a subscription's digest as it is now, marked as a test, to one place: an address, a
    Slack channel, a file, an Apprise target, or `ME`, who is `http.contact`.

    `channel` says what the place is where its form does not. Raises `InputError`, and
    `DeliveryError` for a channel that is not configured.
    """
    from service import trial

    destination = _me(app) if wanted == ME else wanted
    targets = {target.name for target in app.settings.targets}
    channel = channel or trial.channel_of(destination, targets)
    _check(app, channel, destination, targets)
    _, drafted = draft(app, name)
    content = trial.marked(drafted.content, app.clock.now())
    now = app.clock.now()
    return content, trial.send(
        content, destination, app.renderers[channel], app.channels[channel], now
    )


def make_now(app: App, name: str) -> DigestContent | None:
    """Freeze the digest of a subscription's present week though it is not due; None where there is
    one. Raises `InputError`, and `DeliveryError` for a channel that is not configured."""
    from service import periods, pipeline

    with app.store.reading() as tx:
        subscription, created = tx.subscriptions.get(name)
    if subscription.channel not in app.channels:
        raise not_configured(subscription.channel)
    period = periods.latest(subscription, app.clock.now())
    drafted = pipeline.draft(app.parts, subscription, period.key, created)
    return drafted.content if pipeline.freeze(app.parts, subscription, drafted) else None


def not_configured(channel: str) -> DeliveryError:
    """What is raised for a channel without settings."""
    return DeliveryError(channel, "is not configured", "see: litwatch config check")


def _me(app: App) -> str:
    """The operator's own address: the one that sources are told."""
    if not app.settings.http.contact:
        raise InputError("--to me", "http.contact is empty", "set it, or name the address")
    return app.settings.http.contact


def _check(app: App, channel: str, destination: str, targets: set[str]) -> None:
    """Refuse early, before a digest is made, what cannot be sent."""
    if channel not in app.channels or channel not in app.renderers:
        raise not_configured(channel)
    if channel == "file" and "/" in destination:
        folder = app.settings.file.folder
        remedy = "give the name alone, or use: litwatch digest preview --as html --out FILE"
        raise InputError(f"--to {destination}", f"a test is written into {folder}", remedy)
    if channel == "apprise" and destination not in targets:
        known = f"there are: {', '.join(sorted(targets))}" if targets else "add it to [[targets]]"
        raise InputError(f"target {destination!r}", "does not exist", known)
