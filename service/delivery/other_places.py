"""Chats and services that Apprise knows: one attempt a call, and what its end means.

Apprise says only that all went well or that something did not, after sleeping and trying again as
it sees fit. It is held to one attempt here, and watched for what became of its requests. What may
have arrived cannot be looked up anywhere, so it stays `UNKNOWN` until a person decides.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from contextvars import copy_context
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from service.delivery.witness import witnessed
from service.records import DeliveryState, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apprise import NotifyBase

    from service.delivery.witness import Exchange
    from service.records import Delivery

_LOOK = (
    "look whether the digest is there; then run: litwatch deliveries resolve, with sent or not sent"
)
_ADDRESS = "mend the address of this target in `targets`, then run: litwatch deliveries retry"
_READS_FILES = frozenset({"template", "keyfile", "subfile"})  # parts of an address
_CONNECTING = 10.0
_TITLE_MARKS = 20  # what stands around a title that becomes part of the body
_SPARE = 15.0  # seconds beyond the timeout of one request, after which we do not wait any more


class AppriseChannel:
    """Sends short digests to named targets; `targets` are Apprise addresses by name: secrets.

    `timeout` is the number of seconds that a service may be silent.
    """

    name = "apprise"

    def __init__(self, targets: Mapping[str, str], *, timeout: float = 30.0) -> None:
        self._targets = dict(targets)
        self._timeout = timeout

    def send(self, delivery: Delivery) -> Outcome:
        """Notify once. SENT, or RETRY when nothing can have arrived, or DEAD when it was refused;
        all else is UNKNOWN."""
        message = _message(delivery.payload)
        if message is None:
            remedy = "render the digest again"
            return Outcome(DeliveryState.DEAD, "the stored message is damaged", remedy=remedy)
        plugin, problem = self._plugin(delivery.destination)
        if plugin is None:
            return Outcome(DeliveryState.DEAD, problem, remedy=_ADDRESS)
        with witnessed() as witness:
            said = self._notify(plugin, message)
            witness.closed = True  # a thread that was given up must not go on
            return meaning(said, tuple(witness.exchanges), str(plugin.service_name))

    def reconcile(self, delivery: Delivery) -> Outcome:
        """Always UNKNOWN, with what a person can do."""
        return Outcome(DeliveryState.UNKNOWN, "it cannot be looked up there", remedy=_LOOK)

    def _plugin(self, target: str) -> tuple[NotifyBase | None, str]:
        """The service behind a target, held to one attempt; None and why it is not used."""
        from apprise import OverflowMode  # noqa: PLC0415 (heavy)

        if target not in self._targets:
            return None, "there is no such target in the configuration"
        url = self._targets[target]
        asked = {name.lower() for name, _ in parse_qsl(url.partition("?")[2])}
        if files := sorted(asked & _READS_FILES):
            return None, f"its address reads a file ({files[0]}), which is not done"
        plugin = _service(url)
        if plugin is None:
            return None, "its address is none that Apprise knows"
        if not _by_http(plugin):
            return None, "its service is not one that is spoken to by HTTP"
        plugin.retry, plugin.wait, plugin.optional = 0, 0.0, False
        if len(plugin) > 1:
            return None, "its address has several recipients: each needs a target of its own"
        plugin.overflow_mode = OverflowMode.TRUNCATE  # one message, not several
        plugin.redirects = False
        plugin.socket_connect_timeout = min(_CONNECTING, self._timeout)
        plugin.socket_read_timeout = self._timeout
        plugin.throttle = _at_once  # type: ignore[method-assign]  # it sleeps as long as told
        return plugin, ""

    def _notify(self, plugin: NotifyBase, message: tuple[str, str]) -> bool | None:
        """What Apprise says; None when it is still at it after all the time there is."""
        said: list[bool | None] = []
        context = copy_context()
        call = threading.Thread(
            target=lambda: said.append(context.run(_call, plugin, *message)), daemon=True
        )
        call.start()
        call.join(_CONNECTING + self._timeout + _SPARE)
        return said[0] if said else None


def meaning(said: bool | None, exchanges: Sequence[Exchange], service: str) -> Outcome:
    """What a call came to, given what Apprise said and what became of its requests. Pure."""
    if said:
        return Outcome(DeliveryState.SENT, f"{service} took it")
    if exchanges and not any(each.reached for each in exchanges):
        return Outcome(DeliveryState.RETRY, f"{service}: no connection")
    if exchanges and all(each.refused or not each.reached for each in exchanges):
        return _refused(exchanges, service)
    statuses = [f"HTTP {each.status}" if each.status else "no answer" for each in exchanges]
    end = ", ".join(statuses) or "nothing that could be watched"
    return Outcome(DeliveryState.UNKNOWN, f"{service}: it may have arrived ({end})", remedy=_LOOK)


def _refused(exchanges: Sequence[Exchange], service: str) -> Outcome:
    last = next(each for each in reversed(exchanges) if each.refused)
    detail = f"{service} refused it: HTTP {last.status}"
    if last.status == 429:
        return Outcome(DeliveryState.RETRY, detail, wait=last.wait)
    return Outcome(DeliveryState.DEAD, detail, remedy=_ADDRESS)


def _message(payload: bytes) -> tuple[str, str] | None:
    """Title and body; None when the payload has none."""
    try:
        fields = json.loads(payload)
        title, body = fields["title"], fields["body"]
    except (ValueError, TypeError, KeyError):
        return None
    return (title, body) if isinstance(title, str) and isinstance(body, str) and body else None


def _service(url: str) -> NotifyBase | None:
    """The service that an address names. Nothing is read or sent yet, and nothing is logged: lines
    of Apprise, and those for debugging of what lies below it, hold addresses."""
    from apprise import Apprise, AppriseAsset  # noqa: PLC0415 (heavy)

    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    asset = AppriseAsset(
        app_id="Litwatch",
        app_desc="Litwatch",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        pgp_autogen=False,
        pem_autogen=False,
        storage_mode="memory",
    )
    with warnings.catch_warnings():
        # The first time loads every service there is, and with them what Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        return Apprise.instantiate(url, asset=asset)


def _by_http(plugin: NotifyBase) -> bool:
    """Whether the service is spoken to through `requests`, which can be watched; that leaves out
    this machine's desktop and log, and everything with a protocol of its own."""
    return hasattr(sys.modules[type(plugin).__module__], "requests")


def _call(plugin: NotifyBase, title: str, body: str) -> bool | None:
    from apprise import Apprise, NotifyFormat  # noqa: PLC0415 (heavy)

    everything = Apprise(asset=plugin.asset)
    everything.add(plugin)
    room = plugin.body_maxlen - (len(title) + _TITLE_MARKS if plugin.title_maxlen <= 0 else 0)
    return everything.notify(
        body=fitted(body, room), title=title, body_format=NotifyFormat.TEXT, interpret_escapes=False
    )


def fitted(body: str, room: int) -> str:
    """As many paragraphs as there is room for; the first one's beginning where that is too long."""
    while len(body) > room and "\n\n" in body:
        body = body.rpartition("\n\n")[0]
    return body[: max(room, 1)]


def _at_once(*_: object, **__: object) -> None:
    """Wait for nothing."""
