"""What settings lack although each is valid, and which of them are secret. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from service.config.values import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.config.channel_settings import SubscriptionEntry
    from service.config.settings import Settings


def problems(settings: Settings) -> list[str]:
    """What is asked for and will not work although it is valid: a sentence each, which names the
    setting and what to do."""
    return [
        *_polling(settings),
        *_sending(settings),
        *_slack(settings),
        *_signing(settings),
        *_zotero(settings),
    ]


def notes(settings: Settings) -> list[str]:
    """What works, with less than it could: a sentence each, as in `problems`."""
    slack, email, web = settings.slack, settings.email, settings.web
    names = _names(settings)
    found = []
    if names["slack"] and slack.token and not (slack.app_token or slack.signing_secret):
        found.append(
            f"slack.app_token is not set: digests to {names['slack']} have no buttons and nobody "
            "answers /litwatch (docs/slack.md, step 3)"
        )
    if slack.signing_secret and not slack.app_token and not web.url:
        found.append(
            "slack.signing_secret is set and web.url is not: Slack reaches you only where "
            "`litwatch serve` runs behind a public https address"
        )
    if names["email"] and email.host and email.sender and not (web.url or web.keys):
        ways = email.unsubscribe_mailto or email.unsubscribe_url
        lost = "to vote" if ways else "to vote or to unsubscribe"
        found.append(f"web.url and web.keys are not set: mails have no links {lost} (docs/web.md)")
    return found


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
    beside = ("feeds", "crossref", "citing", "authors")  # these are asked through others
    fixed = [part for name, part in sources if name not in beside]
    if not any(part.enabled for part in (*fixed, *sources.feeds)):
        yield "sources: none is enabled, so nothing will be polled"


def _active(settings: Settings) -> list[SubscriptionEntry]:
    return [entry for entry in settings.subscriptions if entry.active]


def _names(settings: Settings) -> dict[str, str]:
    """Which active subscriptions need a channel; those that fall back on mail need that too."""
    active = _active(settings)
    found = {kind: [e.name for e in active if e.channel == kind] for kind in ("slack", "email")}
    found["email"] += [f"the fallback of {entry.name}" for entry in active if entry.fallback]
    if settings.operator.channel in found:
        found[settings.operator.channel].append("alarms (operator.channel)")
    return {kind: ", ".join(names) for kind, names in found.items()}


def _sending(settings: Settings) -> Iterator[str]:
    if not _active(settings):
        yield "subscriptions: none is active, so no digest will be sent"
    names, email = _names(settings), settings.email
    if names["slack"] and not settings.slack.token:
        yield f"slack.token is missing: {names['slack']} cannot be sent (docs/slack.md)"
    for field in ("host", "sender"):
        if names["email"] and not getattr(email, field):
            yield f"email.{field} is missing: {names['email']} cannot be sent (docs/email.md)"
    if bool(email.username) != bool(email.password):
        missing = "password" if email.username else "username"
        yield f"email.{missing} is missing: the login needs both"
    yield from _targets(settings)


def _targets(settings: Settings) -> Iterator[str]:
    known = [target.name for target in settings.targets]
    for name in sorted({name for name in known if known.count(name) > 1}):
        yield f"targets: two are called {name}, and one of them is never used: rename it"
    for entry in _active(settings):
        if entry.channel == "apprise" and entry.destination not in known:
            remedy = nearest(entry.destination, known) or "add it as one of [[targets]]"
            yield (
                f"targets: none is called {entry.destination}, so {entry.name} cannot be sent "
                f"({remedy})"
            )
    operator = settings.operator
    if operator.channel == "apprise" and operator.destination not in known:
        remedy = nearest(operator.destination, known) or "add it as one of [[targets]]"
        yield f"operator.destination: no target is called {operator.destination} ({remedy})"


def _slack(settings: Settings) -> Iterator[str]:
    slack = settings.slack
    for field in ("app_token", "signing_secret"):
        if getattr(slack, field) and not slack.token:
            yield f"slack.token is missing: slack.{field} is of no use without it (docs/slack.md)"


def _signing(settings: Settings) -> Iterator[str]:
    web, email = settings.web, settings.email
    if web.url and not web.keys:
        yield "web.keys is empty: mails have no links to vote (run: litwatch config key)"
    if web.keys and not web.url:
        yield "web.url is empty: mails have no links to vote (write where the pages are reached)"
    if email.bounce_address and not web.keys:
        yield (
            "web.keys is empty: mails that come back cannot be told apart "
            "(run: litwatch config key)"
        )
    if email.bounce_maildir and not email.bounce_address:
        yield "email.bounce_address is empty: no mail will come back to email.bounce_maildir"


def _zotero(settings: Settings) -> Iterator[str]:
    zotero = settings.zotero
    if zotero.api_key and not (zotero.user or zotero.group):
        yield "zotero.user is missing, or zotero.group: whose library is meant? (docs/zotero.md)"
    if (zotero.user or zotero.group) and not zotero.api_key:
        yield "zotero.api_key is missing: Zotero lets nobody in without (docs/zotero.md)"


def _secrets(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from _secrets(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _secrets(inner)
