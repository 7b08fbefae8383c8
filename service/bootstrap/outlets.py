"""Where digests go: the renderer and the channel of each place that is configured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from service.bootstrap import returned
from service.charts import draw
from service.digest.email import Letterhead
from service.digest.render import (
    AppriseRenderer,
    AtomRenderer,
    EmailRenderer,
    FileRenderer,
    SlackRenderer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.capabilities import Capabilities
    from service.config import Settings
    from service.protocols import Channel, Pictures, Renderer
    from service.store import Store


def renderers(settings: Settings, links: Capabilities, store: Store) -> Mapping[str, Renderer]:
    """By channel. All but mail can be rendered without being configured. Pictures of works are
    read from the store."""
    slack, email = settings.slack, settings.email
    answering = bool(slack.app_token or slack.signing_secret)  # else no press would arrive
    found: dict[str, Renderer] = {
        "slack": SlackRenderer(links, draw, buttons=answering),
        "file": on_file(links, store),
        "atom": AtomRenderer(links),
        "apprise": AppriseRenderer(links),
    }
    if email.sender:
        head = Letterhead(
            sender=email.sender,
            domain=email.message_domain,
            unsubscribe_url=email.unsubscribe_url,
            unsubscribe_mailto=email.unsubscribe_mailto,
        )
        found["email"] = EmailRenderer(head, links, draw, pictures=_kept(store))
    return found


def on_file(links: Capabilities, store: Store) -> FileRenderer:
    """What makes a digest a page of its own."""
    return FileRenderer(links, draw, pictures=_kept(store))


def _kept(store: Store) -> Pictures:
    def read(digests: Iterable[str]) -> Mapping[str, bytes]:
        with store.reading() as tx:
            return tx.pictures.many(list(digests))

    return read


def channels(settings: Settings, links: Capabilities) -> Mapping[str, Channel]:
    """By name, those that are configured. `links` sign the addresses to which mails come back."""
    from service.delivery.atom import AtomChannel
    from service.delivery.file import FileChannel

    folder = Path(settings.file.folder)
    found: dict[str, Channel] = {
        "file": FileChannel(folder),
        "atom": AtomChannel(folder, settings.file.url.rstrip("/")),
    }
    if settings.targets:
        from service.delivery.other_places import AppriseChannel

        found["apprise"] = AppriseChannel(
            {one.name: one.url.get_secret_value() for one in settings.targets}
        )
    slack = settings.slack
    if slack.token:
        from service.delivery.slack import SlackChannel

        token = slack.token.get_secret_value()
        found["slack"] = SlackChannel(token, base_url=slack.base_url, timeout=slack.timeout_s)
    if settings.email.host and settings.email.sender:
        found["email"] = _smtp(settings, links)
    return found


def _smtp(settings: Settings, links: Capabilities) -> Channel:
    from service.delivery.email import SmtpChannel

    email = settings.email
    return SmtpChannel(
        host=email.host,
        sender=email.address,
        port=email.port,
        security=email.security,
        username=email.username,
        password=email.password.get_secret_value() if email.password else "",
        timeout=email.timeout_s,
        final_timeout=email.final_timeout_s,
        on_unknown=email.on_unknown,
        return_address=returned.addresses(settings, links),
    )
