"""What is done with a mail that came back: kept, told of its delivery, its address given up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from service.delivery import maildir
from service.delivery.bounces import Saying, read_returned, return_address
from service.delivery.imap_box import ImapBox
from service.delivery.refusals import refused_addresses
from service.delivery.statuses import NO_SUCH_ADDRESS
from service.errors import ConfigError
from service.records import StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from service.bootstrap import App
    from service.capabilities import Capabilities
    from service.config import Settings
    from service.delivery.bounces import Returned
    from service.delivery.outbox import Transition
    from service.records import Bounce, Delivery
    from service.store import Store, Unit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a mail that came back. `address` is "" where it is about none of ours; `again`
    says that the same was taken before; `stopped` are subscriptions that end with it."""

    saying: Saying
    detail: str
    address: str = ""
    again: bool = False
    stopped: Sequence[str] = ()


def addresses(settings: Settings, signed: Capabilities) -> Callable[[str], str] | None:
    """The envelope address of each delivery by its id; None where mails come back to the sender, as
    there is no `email.bounce_address`, or no key to sign what is added to it."""
    address = settings.email.bounce_address
    if not (address and signed.keys):
        return None
    return lambda delivery_id: return_address(address, signed.bounce_tag(delivery_id))


def take(app: App, mail: bytes) -> Taken:
    """Take in one mail; again and again is the same as once.

    Raises `ConfigError` where a mail of ours cannot be told from a forged one, and `StoreError`.
    """
    if not app.capabilities.keys:
        remedy = "set those that signed the mails (see docs/email.md)"
        raise ConfigError("web.keys", "is empty: nothing that comes back can be trusted", remedy)
    said = read_returned(mail, app.capabilities.read_bounce_tag)
    if not said.delivery_id:
        return Taken(said.saying, said.detail)
    now = app.store.now()
    with app.store.writing() as tx:
        address = tx.bounces.destination(said.delivery_id)
        if address is None:  # a test, which is kept nowhere, or an archive that was restored
            return Taken(Saying.NOTHING, "is about a delivery that is not in the archive")
        if said.saying is Saying.NOTHING:
            return Taken(said.saying, said.detail, address)
        if said.saying is Saying.UNWANTED:
            taken = _unsubscribed(tx, said, address, now)
        else:
            taken = _counted(tx, said.bounce(address), now)
    _tell(taken)
    return taken


def collect(app: App) -> int:
    """Take in what came back into `email.bounce_maildir` and the mail box of `email.bounce_imap_*`,
    where they are set; returns how many mails. Raises `DeliveryError` for what cannot be read, and
    as `take`."""
    email, taken = app.settings.email, 0
    if email.bounce_maildir:
        taken += maildir.empty(Path(email.bounce_maildir), partial(take, app), app.stop.is_set)
    if email.bounce_imap_host:
        box = ImapBox(
            email.bounce_imap_host,
            email.bounce_imap_username,
            email.bounce_imap_password.get_secret_value() if email.bounce_imap_password else "",
            port=email.bounce_imap_port,
            folder=email.bounce_imap_folder,
            timeout=email.timeout_s,
        )
        taken += box.empty(partial(take, app), app.stop.is_set)
    return taken


def count_refusals(store: Store, done: Sequence[tuple[Delivery, Transition]]) -> list[Taken]:
    """Count the addresses that were refused while `done` was sent, as if those mails had come back
    (a kill before this costs one count). Raises `StoreError`."""
    found = []
    for bounce in refused_addresses(done):
        now = store.now()
        with store.writing() as tx:
            found.append(_counted(tx, bounce, now))
        _tell(found[-1])
    return found


def _counted(tx: Unit, bounce: Bounce, now: datetime) -> Taken:
    saying = Saying.DEAD if bounce.hard else Saying.PASSING
    stopped = tx.bounces.add(bounce, now, proof=bounce.status in NO_SUCH_ADDRESS)
    if stopped is not None:
        how = "for good" if bounce.hard else "for now"
        ended = f"; stopped: {', '.join(stopped)}" if stopped else ""
        delivery = tx.deliveries.get(bounce.delivery_id)
        tx.deliveries.note(delivery, f"came back {how}: {bounce.detail}{ended}", now)
    return Taken(saying, bounce.detail, bounce.address, stopped is None, stopped or ())


def _unsubscribed(tx: Unit, said: Returned, address: str, now: datetime) -> Taken:
    """A mail that its reader calls spam is one they do not want: the same as "unsubscribe", as
    long as the subscription goes to them."""
    line = tx.deliveries.line(said.delivery_id)
    subscription, _ = tx.subscriptions.get(line.subscription)
    readers = {subscription.destination.casefold(), subscription.fallback.casefold()}
    reason = StopReason.UNSUBSCRIBED
    ends = address.casefold() in readers and tx.stops.stop(
        subscription.name, reason, said.detail, now
    )
    if ends:
        tx.deliveries.note(tx.deliveries.get(said.delivery_id), said.detail, now)
    stopped = (subscription.name,) if ends else ()
    return Taken(said.saying, said.detail, address, not ends, stopped)


def _tell(taken: Taken) -> None:
    for name in taken.stopped:
        log.warning("%s is stopped, for %s: %s", name, taken.address, taken.detail)
    if not (taken.stopped or taken.again):
        log.info("a mail to %s came back (%s): %s", taken.address, taken.saying, taken.detail)
