"""What a mail server's reply, or its silence, means at each step of one transaction. Pure.

The reply to the final dot decides: before the dot nothing was accepted, after it without a reply
the mail may have been.
"""

from __future__ import annotations

import smtplib
import ssl
from enum import StrEnum

from service import errors
from service.records import DeliveryState, Outcome


class Phase(StrEnum):
    """How far the transaction came; the value completes "failed while ..."."""

    CONNECT = "connecting"
    TLS = "securing the connection"
    LOGIN = "logging in"
    SENDER = "naming the sender"
    RECIPIENT = "naming the recipient"
    DATA = "announcing the mail"
    CONTENT = "sending the mail"
    DOT = "waiting for the receipt"


_REMEDIES = {
    Phase.CONNECT: "check the mail server's name and port, and that it serves this machine",
    Phase.TLS: "check the mail server's certificate and name, and that it offers STARTTLS",
    Phase.LOGIN: "check the mail user and password",
    Phase.SENDER: "check that this user may send with this sender address",
    Phase.RECIPIENT: "check the recipient's address",
}
_CONTENT_REMEDY = "the server refuses this mail: ask its postmaster, with the reply quoted here"


def replied(phase: Phase, code: int, text: str) -> Outcome:
    """The meaning of a reply that ended the transaction (at the dot: of any reply)."""
    told = f"{code} {text}"[:300]
    if phase is Phase.DOT and 200 <= code <= 299:
        return Outcome(DeliveryState.SENT, "accepted", provider_id=told)
    detail = f"refused while {phase}: {told}"
    if 500 <= code <= 599:
        return Outcome(DeliveryState.DEAD, detail, remedy=_REMEDIES.get(phase, _CONTENT_REMEDY))
    if phase is Phase.DOT and not 400 <= code <= 499:
        return Outcome(DeliveryState.UNKNOWN, f"unintelligible receipt: {told}")
    return Outcome(DeliveryState.RETRY, detail)


def broken(phase: Phase, error: Exception) -> Outcome:
    """The meaning of a transaction that ended without a reply."""
    detail = f"failed while {phase}: {type(error).__name__}: {error}"[:400]
    if phase is Phase.DOT:
        return Outcome(DeliveryState.UNKNOWN, detail)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Outcome(DeliveryState.DEAD, detail, remedy=_REMEDIES[Phase.TLS])
    # A missing extension, no common way to log in, a password that cannot be encoded: these
    # are settings, and stay wrong.
    lacking = isinstance(error, smtplib.SMTPNotSupportedError | ValueError)
    if lacking or type(error) is smtplib.SMTPException:
        return Outcome(DeliveryState.DEAD, detail, remedy=_REMEDIES.get(phase, _CONTENT_REMEDY))
    return Outcome(DeliveryState.RETRY, detail)


def one_line(text: bytes | str) -> str:
    """A stranger's words on one line, without anything that is not to be seen."""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return errors.one_line(told)
