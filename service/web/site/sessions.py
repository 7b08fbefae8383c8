"""Sessions of people who signed in: a cookie that holds all there is to one, signed.

It names the token that its reader showed, by the hash that is kept of it, so that a session lasts
no longer than its token. The token itself is not in it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeSerializer

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFE = timedelta(days=30)
_LONGEST = 2_000  # characters of a cookie; ours are far below
_ENDED = 10_000  # sessions that are remembered as ended


@dataclass(frozen=True, slots=True)
class Session:
    """Who signed in: with which token (`sha256`, hexadecimal), under which name ("": the token's),
    and when. `nonce` tells two of them apart."""

    sha256: str
    reader: str
    issued: int  # seconds since 1970
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def since(self) -> datetime:
        """When it began."""
        return datetime.fromtimestamp(self.issued, UTC)

    @property
    def until(self) -> datetime:
        """When it ends by itself."""
        return self.since + LIFE


class Sessions:
    """Writes and reads the cookies. The first of `keys` signs, all are accepted; without keys this
    process makes one, and its sessions end with it."""

    def __init__(self, keys: Sequence[str]) -> None:
        held = tuple(keys) or (secrets.token_urlsafe(32),)
        self._secret = hmac.digest(held[0].encode(), b"litwatch form", "sha256")
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._serializer = URLSafeSerializer(
            list(reversed(held)),  # itsdangerous signs with the last
            salt="litwatch session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def written(self, session: Session) -> str:
        """The cookie's value."""
        fields = [session.sha256, session.reader, session.issued, session.nonce]
        return str(self._serializer.dumps(fields))

    def read(self, cookie: str, now: datetime) -> Session | None:
        """The session in a cookie; None for one that is not ours, too old, or ended."""
        try:
            found = self._serializer.loads(cookie) if len(cookie) <= _LONGEST else None
        except (BadData, ValueError):  # ValueError: text that is no UTF-8
            return None
        match found:
            case [str(), str(), int(), str()]:
                session = Session(*found)
                lasts = session.since <= now < session.until
                return session if lasts and session.nonce not in self._ended else None
        return None

    def end(self, session: Session) -> None:
        """Accept its cookie no more, wherever it was copied to. Forgotten with the process: what
        ends a stolen session for good is to revoke its token."""
        self._ended[session.nonce] = None
        while len(self._ended) > _ENDED:
            self._ended.popitem(last=False)

    def form_token(self, nonce: str) -> str:
        """What a form must carry to count as one that the session with this nonce was given."""
        return hmac.new(self._secret, nonce.encode(), "sha256").hexdigest()[:40]
