"""Signed addresses: who holds one may do the one thing that it names, for the one reader it names.

Nothing is kept of them: a token holds what it stands for, readable to its holder, and a signature
(HMAC-SHA-256, cut to 120 bits, its key derived per purpose). The day of issue is that of the
digest, so the same digest always gives the same addresses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.signer import HMACAlgorithm

from service.errors import LinkError, LinkExpiredError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import DigestContent

LIFE = timedelta(days=60)
_DAY_ONE = date(2026, 1, 1)  # fixed for ever: tokens count their day of issue from here
_TAG = re.compile(r"([0-9a-f]{32})([a-z2-7]{16})")
_LONGEST = 2_000  # characters; nothing that we sign comes near
_FROM_MAIL = "Open it from the mail again; it may have been cut off when it was copied"


class FeedbackLink(NamedTuple):
    """May judge one work for one topic, as `reader`."""

    reader: str
    topic: str
    work_id: int


class PageLink(NamedTuple):
    """May read one digest, as `reader` was sent it."""

    reader: str
    digest_id: str


class StopLink(NamedTuple):
    """May end the subscription, as long as it goes to `reader`."""

    reader: str
    subscription: str


class FeedLink(NamedTuple):
    """May read one feed, of a kind ("topics") and by its name, for as long as its key is used."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The `Links` of an installation whose pages are at `url`; all are "" without `url` or keys.

    The first of `keys` signs, all are accepted. Links die `life` after their digest was made,
    those that unsubscribe and those to feeds never. Only a reader with a mail address can vote
    and unsubscribe.
    """

    url: str
    keys: tuple[str, ...] = field(repr=False)
    life: timedelta = LIFE

    # -- giving out

    def feedback(self, content: DigestContent, reader: str, topic: str, work_id: int) -> str:
        """The page on which the reader judges a work (see `Links`)."""
        return self._personal("f", reader, [topic, work_id, _day(content)])

    def page(self, content: DigestContent, reader: str) -> str:
        """The digest as a page; "" for a test, which is kept nowhere."""
        if content.test:
            return ""
        return self._address("d", [reader, content.digest_id, _day(content)])

    def unsubscribe(self, content: DigestContent, reader: str) -> str:
        """The page that ends the subscription (see `Links`)."""
        return self._personal("u", reader, [content.subscription])

    def feed(self, kind: str, name: str) -> str:
        """The address of a feed for whoever cannot log in; its format is still to be added
        (".atom", ".json")."""
        return self._address("feed", [kind, name])

    def _personal(self, purpose: str, reader: str, payload: list[str | int]) -> str:
        """An address by which one person acts. A chat, a file and a feed are no person: whoever
        sees them would act for all."""
        return self._address(purpose, [reader, *payload]) if "@" in reader else ""

    def _address(self, purpose: str, payload: list[str | int]) -> str:
        if not (self.url and self.keys):
            return ""
        return f"{self.url}/{purpose}/{_serializer(self.keys, purpose).dumps(payload)}"

    # -- reading back

    def read_feedback(self, token: str, now: datetime) -> FeedbackLink:
        """Raises `LinkError` for a token that is not ours or of another page, and
        `LinkExpiredError` for one that is too old."""
        reader, topic, work_id, day = self._read("f", token, (str, str, int, int))
        self._check_age(day, now)
        return FeedbackLink(reader, topic, work_id)

    def read_page(self, token: str, now: datetime) -> PageLink:
        """Raises as `read_feedback` does."""
        reader, digest_id, day = self._read("d", token, (str, str, int))
        self._check_age(day, now)
        return PageLink(reader, digest_id)

    def read_unsubscribe(self, token: str) -> StopLink:
        """Raises `LinkError`; never too old, for a reader may want to leave at any time."""
        return StopLink(*self._read("u", token, (str, str)))

    def read_feed(self, token: str) -> FeedLink:
        """Raises `LinkError`; never too old, for programs do not look for a newer one."""
        return FeedLink(*self._read("feed", token, (str, str), "Ask for the address again"))

    def _read(
        self, purpose: str, token: str, kinds: Sequence[type], remedy: str = _FROM_MAIL
    ) -> list[Any]:
        try:
            if not self.keys or len(token) > _LONGEST:
                raise LinkError("this link", "is not one of ours", remedy)
            found = _serializer(self.keys, purpose).loads(token)
        except (BadData, ValueError):  # ValueError: text that is no UTF-8
            raise LinkError("this link", "is incomplete or was changed", remedy) from None
        if not isinstance(found, list) or [type(each) for each in found] != list(kinds):
            raise LinkError("this link", "is of another release of Litwatch", remedy)
        return found

    def _check_age(self, day: int, now: datetime) -> None:
        if now.astimezone(UTC).date() > _DAY_ONE + timedelta(days=day) + self.life:
            raise LinkExpiredError(
                "this link",
                f"is too old: links work for {self.life.days} days",
                "Use one in a newer digest",
            )

    # -- the envelope address of a mail

    def bounce_tag(self, delivery_id: str) -> str:
        """What stands after "bounces+" in a delivery's envelope address: 48 letters a-z and
        digits, 80 bits of them a signature; "" without keys. `delivery_id` is a UUID."""
        name = UUID(delivery_id).hex
        return name + _signature(self.keys[0], name) if self.keys else ""

    def read_bounce_tag(self, tag: str) -> str | None:
        """The delivery that a tag names; None for one that is not ours. Mail servers may have
        changed the case of its letters."""
        found = _TAG.fullmatch(tag.lower())
        if found and any(
            hmac.compare_digest(_signature(key, found[1]), found[2]) for key in self.keys
        ):
            return str(UUID(found[1]))
        return None


class _Short(HMACAlgorithm):
    """120 bits: far more than can be guessed, and 20 characters without a spare bit in the last,
    so that no two texts are the same signature."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:15]


def _serializer(keys: Sequence[str], purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(reversed(keys)),  # itsdangerous signs with the last
        salt=f"litwatch {purpose}",
        signer_kwargs={
            "key_derivation": "hmac",
            "digest_method": hashlib.sha256,
            "algorithm": _Short(hashlib.sha256),
        },
    )


def _day(content: DigestContent) -> int:
    return (content.created_at.astimezone(UTC).date() - _DAY_ONE).days


def _signature(key: str, name: str) -> str:
    mac = hmac.digest(key.encode(), f"litwatch bounce {name}".encode(), "sha256")
    return base64.b32encode(mac[:10]).decode().lower()
