"""A mail box, read over IMAP, in which mails come back: taken in one by one, none deleted."""

from __future__ import annotations

import imaplib
import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from service.delivery.bounces import LARGEST
from service.delivery.smtp_outcomes import one_line
from service.errors import DeliveryError, LitwatchError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_SEEN, _FOR_A_PERSON = r"(\Seen)", r"(\Seen \Flagged)"


@dataclass(frozen=True, slots=True)
class ImapBox:
    """One folder of one mail box; always over TLS. `folder` is a name in ASCII."""

    host: str
    username: str
    password: str = field(repr=False)
    port: int = 993
    folder: str = "INBOX"
    timeout: float = 30.0
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def empty(
        self, take: Callable[[bytes], object], stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """Give every mail that nobody has seen to `take`, then mark it as seen; returns how many.

        A mail is marked after `take` has returned: it may be given twice, but none is passed over.
        One that breaks `take` is flagged, for a person; a `LitwatchError` (the database) leaves it
        and all later ones unseen, and is raised. Raises `DeliveryError` for what the server or the
        way to it refuses.
        """
        try:
            return self._empty(take, stopping)
        except (OSError, ValueError, imaplib.IMAP4.error) as error:  # ValueError: not ASCII
            remedy = "check email.bounce_imap_*; some servers want a password for programs"
            raise DeliveryError(f"mail box at {self.host}", self._told(error), remedy) from None

    def _told(self, error: Exception) -> str:
        """What went wrong, without the password; the library quotes servers as bytes."""
        first = error.args[0] if error.args else ""
        told = one_line(first if isinstance(first, bytes) else str(error))
        return (told.replace(self.password, "***") if self.password else told)[:300]

    def _empty(self, take: Callable[[bytes], object], stopping: Callable[[], bool]) -> int:
        context = self.tls or ssl.create_default_context()
        box = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=self.timeout)
        try:
            box.login(_quoted(self.username), self.password)  # which quotes only the password
            _good(box.select(_quoted(self.folder)))
            [found, *_] = _good(box.uid("SEARCH", "UNSEEN"))
            taken = 0
            for uid in (found or b"").decode("ascii").split():
                if stopping():
                    break
                # PEEK, and marked later: a mail that is read and not taken in must stay unseen.
                parts = _good(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)"))
                mail = next((part[1] for part in parts if isinstance(part, tuple)), None)
                if mail is not None:
                    _good(box.uid("STORE", uid, "+FLAGS.SILENT", _taken(uid, mail, take)))
                    taken += 1
            return taken
        finally:
            _leave(box)


def _leave(box: imaplib.IMAP4) -> None:
    """Say goodbye; the library closes only what answers."""
    try:
        box.logout()
    except (OSError, imaplib.IMAP4.error):
        with suppress(OSError):
            box.shutdown()


def _taken(uid: str, mail: bytes, take: Callable[[bytes], object]) -> str:
    try:
        take(mail)
    except LitwatchError:
        raise
    except Exception:  # a defect of ours: the next mail may be readable, and this one is kept
        log.exception("mail %s came back and could not be taken in", uid)
        return _FOR_A_PERSON
    return _SEEN


def _good(reply: tuple[str, list[Any]]) -> list[Any]:
    """The data of a reply; the library raises for BAD only."""
    state, data = reply
    if state != "OK":
        told = b" ".join(each for each in data if isinstance(each, bytes))
        raise imaplib.IMAP4.error(told.decode("utf-8", "replace"))
    return data


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
