"""What settings lack although each is valid, and which of them are secret. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.config.settings import Settings


def problems(settings: Settings) -> list[str]:
    """What will not work although it is valid: a sentence each, with the setting to write."""
    return [*_polling(settings), *_sending(settings), *_signing(settings)]


def secrets(settings: Settings) -> tuple[str, ...]:
    """Every secret value in force, for the log's redaction; of an address, its password too."""
    found = [secret.get_secret_value() for secret in _secrets(settings)]
    found = [text for text in found if text and not text.startswith("sqlite:")]
    passwords = [urlsplit(text).password or "" for text in found if "://" in text]
    plain = [unquote(password) for password in passwords]
    return tuple(text for text in dict.fromkeys([*found, *passwords, *plain]) if text)


def _polling(settings: Settings) -> Iterator[str]:
    if not settings.http.contact:
        yield "http.contact is empty: NCBI and others ask for an e-mail address with each request"
    sources = settings.sources
    fixed = [part for name, part in sources if name != "feeds"]
    if not any(part.enabled for part in (*fixed, *sources.feeds)):
        yield "sources: none is enabled, so nothing will be polled"


def _sending(settings: Settings) -> Iterator[str]:
    active = [entry for entry in settings.subscriptions if entry.active]
    if not active:
        yield "subscriptions: none is active, so no digest will be sent"
    names = {
        kind: ", ".join(e.name for e in active if e.channel == kind) for kind in ("slack", "email")
    }
    if names["slack"] and not settings.slack.token:
        yield f"slack.token is missing: {names['slack']} cannot be sent"
    email = settings.email
    if names["email"]:
        for field in ("host", "sender"):
            if not getattr(email, field):
                yield f"email.{field} is missing: {names['email']} cannot be sent"
        pages = settings.web.url and settings.web.keys
        if not (pages or email.unsubscribe_mailto or email.unsubscribe_url):
            yield (
                "web.url and web.keys are not set, email.unsubscribe_mailto and "
                "email.unsubscribe_url are both empty: readers cannot unsubscribe"
            )
    if bool(email.username) != bool(email.password):
        missing = "password" if email.username else "username"
        yield f"email.{missing} is missing: the login needs both"


def _signing(settings: Settings) -> Iterator[str]:
    web = settings.web
    if web.url and not web.keys:
        yield "web.keys is empty: mails have no links to vote (run: litwatch config key)"
    if web.keys and not web.url:
        yield "web.url is empty: mails have no links to vote"
    if settings.email.bounce_address and not web.keys:
        yield "web.keys is empty: mails that come back cannot be told apart"


def _secrets(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from _secrets(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _secrets(inner)
