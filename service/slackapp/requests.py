"""The way in that Slack calls: signed HTTP. Needs a public address; nothing here listens."""

from __future__ import annotations

import json
import logging
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from service.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from service.slackapp.reception import Reception

log = logging.getLogger(__name__)

Reply = tuple[int, bytes]

LONGEST = 2 << 20  # bytes of a body; Slack's largest hold a message or a home tab
OLDEST = 300  # seconds, either way
_STAMP, _SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
_TAKEN: Reply = (200, b"")
_REFUSED: Reply = (401, b"")
_TOO_LONG: Reply = (413, b"")
_NOT_TAKEN: Reply = (503, b"")


class SlackRequests:
    """Checks each call and hands it on. Safe for several threads."""

    def __init__(self, signing_secret: str, reception: Reception) -> None:
        self._secret, self._reception = signing_secret, reception
        self._seen: dict[str, float] = {}  # signature -> when it may be forgotten
        self._lock = threading.Lock()

    def handle(self, headers: Iterable[tuple[str, str]], body: bytes, now: datetime) -> Reply:
        """Take one call: (status, body of the answer). Never raises, never waits for the archive.

        401 for whatever is not Slack's: a signature that is missing, wrong, double, older than
        five minutes, from the future or seen before, or a body of no form that Slack sends. The
        signatures seen are this process's; a replay that reaches another one gives no second vote,
        because a press counts once by its key.
        """
        if len(body) > LONGEST:
            return _TOO_LONG
        at = now.timestamp()
        signature = _signed(self._secret, headers, body, at)
        payload = _payload(body) if signature else None
        if signature is None or payload is None or not self._first(signature, at):
            log.info("a call to the Slack address was refused")
            return _REFUSED
        if payload.get("type") == "url_verification":
            return 200, json.dumps({"challenge": str(payload.get("challenge", ""))}).encode()
        try:
            self._reception.accept(payload)
            self._reception.follow(payload)
        except DeliveryError as error:
            log.error("a press was not taken: %s", error)
        except Exception:  # a defect of ours; Slack is told that it did not arrive
            log.exception("a press was not taken: unexpected failure")
        else:
            return _TAKEN
        with self._lock:
            self._seen.pop(signature, None)  # Slack may send it again
        return _NOT_TAKEN

    def _first(self, signature: str, at: float) -> bool:
        with self._lock:
            self._seen = {one: until for one, until in self._seen.items() if until > at}
            if signature in self._seen:
                return False
            self._seen[signature] = at + 2 * OLDEST  # a stamp may lie as far ahead as behind
            return True


class _At(SignatureClock):
    """The verifier's clock, standing."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at


def _signed(secret: str, headers: Iterable[tuple[str, str]], body: bytes, at: float) -> str | None:
    """The signature, if it is right; None for anything else that can come."""
    try:
        found: dict[str, list[str]] = {}
        for name, value in headers:
            found.setdefault(name.lower(), []).append(value)
        [stamp], [signature] = found.get(_STAMP, []), found.get(_SIGNATURE, [])
        if not re.fullmatch(r"[0-9]{9,11}", stamp):
            return None
        verifier = SignatureVerifier(secret, _At(at))
        return signature if verifier.is_valid(body, stamp, signature) else None
    except Exception:  # the SDK's verifier raises on what is not UTF-8, not ASCII, not a number
        return None


def _payload(body: bytes) -> Mapping[str, Any] | None:
    """What the body holds: JSON (events), a form with JSON in `payload` (presses, answers), or a
    form (slash commands). None for anything else."""
    try:
        if body.lstrip()[:1] == b"{":
            found = json.loads(body)
        else:
            form = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=50)
            if any(len(values) != 1 for values in form.values()):
                return None
            if "payload" in form:
                found = json.loads(form["payload"][0])
            elif "command" in form:
                found = {name: values[0] for name, values in form.items()}
            else:
                return None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
