"""Mail over SMTP: one recipient per transaction, committed at the reply to the final dot."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import getaddresses
from typing import TYPE_CHECKING, Literal

from service.delivery.smtp_outcomes import Phase, broken, one_line, replied
from service.errors import DeliveryError
from service.records import DeliveryState, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Delivery

_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+")  # ASCII without blanks, hence without CR and LF
_QUIT_SECONDS = 5.0


@dataclass(slots=True)
class _Progress:
    """How far one transaction has come; what a failure means depends on it."""

    phase: Phase = Phase.CONNECT


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """Sends stored mails through one server.

    `sender` is the envelope's (where mails come back to); `return_address` makes another from a
    delivery's id, so that what comes back says which mail it was. `security` is "starttls", "tls"
    (from the first byte) or "none", which only a server on this machine may have. `final_timeout`
    is long because giving up on a receipt too early is what makes duplicates. `on_unknown` says
    what to do when no receipt came: send the same bytes once more, or hold for a person.
    """

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 60.0
    final_timeout: float = 600.0
    on_unknown: Literal["resend_once", "hold"] = "resend_once"
    return_address: Callable[[str], str] | None = None
    hello: str | None = None
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    name: str = "email"

    def __post_init__(self) -> None:
        if self.security == "none" and not _loopback(self.host):
            remedy = "use starttls or tls"
            raise DeliveryError(f"mail server {self.host}", "would be used unencrypted", remedy)
        if not _ADDRESS.fullmatch(self.sender):
            remedy = "give a bare ASCII address"
            raise DeliveryError(f"sender {self.sender!r}", "is no address", remedy)

    def send(self, delivery: Delivery) -> Outcome:
        """One transaction with the stored bytes; what QUIT answers has no say."""
        recipient = _only_address(delivery.destination)
        if not recipient:
            remedy = "give one ASCII address (a domain in its xn-- form)"
            return Outcome(DeliveryState.DEAD, "the destination is no mail address", remedy=remedy)
        progress = _Progress()
        try:
            outcome = self._transact(progress, self._sender(delivery), recipient, delivery.payload)
        except (OSError, ValueError) as error:  # smtplib's own errors are OSErrors
            outcome = _meaning(progress.phase, error)
        if not self.password:
            return outcome
        return replace(outcome, detail=outcome.detail.replace(self.password, "***"))

    def reconcile(self, delivery: Delivery) -> Outcome:
        """Nobody can be asked whether a mail arrived: this only tells the policy, which sends the
        same bytes once more (RETRY) or holds (UNKNOWN)."""
        if self.on_unknown == "resend_once":
            return Outcome(DeliveryState.RETRY, "no receipt came; the policy is to send once more")
        remedy = "ask the recipient, then tell whether the mail arrived"
        return Outcome(
            DeliveryState.UNKNOWN, "no receipt came; the policy is to hold", remedy=remedy
        )

    def _sender(self, delivery: Delivery) -> str:
        return self.return_address(delivery.id) if self.return_address else self.sender

    def _transact(
        self, progress: _Progress, sender: str, recipient: str, payload: bytes
    ) -> Outcome:
        smtp = self._connected()
        try:
            self._secure(smtp, progress)
            progress.phase = Phase.SENDER
            _expect(250, smtp.mail(sender))
            progress.phase = Phase.RECIPIENT
            _expect(250, smtp.rcpt(recipient), also=251)
            progress.phase = Phase.DATA
            _expect(354, smtp.docmd("DATA"))
            progress.phase = Phase.CONTENT
            smtp.send(_stuffed(payload))
            smtp.send(b".\r\n")  # when this raises, the server cannot have seen the whole dot
            progress.phase = Phase.DOT
            if smtp.sock is not None:
                smtp.sock.settimeout(self.final_timeout)
            code, text = smtp.getreply()
            return replied(Phase.DOT, code, one_line(text))
        finally:
            _leave(smtp)

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, self.hello, timeout=self.timeout, context=self._context()
            )
        return smtplib.SMTP(self.host, self.port, self.hello, timeout=self.timeout)

    def _secure(self, smtp: smtplib.SMTP, progress: _Progress) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self.security == "starttls":
            progress.phase = Phase.TLS
            _expect(220, smtp.starttls(context=self._context()))
            smtp.ehlo_or_helo_if_needed()
        if self.username:
            progress.phase = Phase.LOGIN
            smtp.login(self.username, self.password)

    def _context(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()


def _meaning(phase: Phase, error: Exception) -> Outcome:
    # At the dot smtplib raises only for what it could not read: that is no reply.
    if isinstance(error, smtplib.SMTPResponseException) and phase is not Phase.DOT:
        return replied(phase, error.smtp_code, one_line(error.smtp_error))
    return broken(phase, error)


def _expect(wanted: int, reply: tuple[int, bytes], also: int | None = None) -> None:
    code, text = reply
    if code not in {wanted, also}:
        raise smtplib.SMTPResponseException(code, text)


def _only_address(destination: str) -> str:
    """The bare address of "Name <address>"; "" when there is not exactly one."""
    # The parser passes over line breaks, so they are refused before it sees them.
    found = getaddresses([destination]) if destination.isprintable() else []
    return found[0][1] if len(found) == 1 and _ADDRESS.fullmatch(found[0][1]) else ""


def _stuffed(payload: bytes) -> bytes:
    """The mail with its leading dots doubled, ended by a line break, without the final dot."""
    body = re.sub(rb"(?m)^\.", b"..", payload)
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def _leave(smtp: smtplib.SMTP) -> None:
    """Say goodbye without caring for the answer: the mail's fate is decided by now."""
    with suppress(OSError, smtplib.SMTPException):
        if smtp.sock is not None:
            smtp.sock.settimeout(_QUIT_SECONDS)
            smtp.docmd("QUIT")
    smtp.close()


def _loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
