"""What Litwatch asks of Slack beside posting digests. One call is one try: nothing is asked twice.

Each of these is a courtesy: the vote is in the archive whether or not the number on a button
follows. So a call that fails is told in the log, and nothing else comes of it; after a refusal for
calling too often the next press counts anew.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

Message = dict[str, Any]

# What each call needs, beside what sending digests needs (chat:write, files:write, *:history).
# A view needs no scope, an answer to a `response_url` neither.
SCOPES: Mapping[str, frozenset[str]] = {
    "chat.update": frozenset({"chat:write"}),
    "views.open": frozenset(),
    "views.update": frozenset(),
    "views.publish": frozenset(),
    "response_url": frozenset({"commands"}),
}
# The SDK says each failure several times over, some with what was sent; what matters is said here.
SILENT = logging.Logger("slack_sdk.silent", logging.CRITICAL + 1)
_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
# A reader who was quicker than the three seconds, or has closed what was to change, needs no word.
_USUAL = frozenset({"expired_trigger_id", "not_found", "exchanged_trigger_id", "ratelimited"})


class SlackCalls:
    """The calls, with a bot token. None raises; each returns whether Slack took it."""

    def __init__(
        self, token: str, *, base_url: str = "https://slack.com/api/", timeout: int = 20
    ) -> None:
        # The SDK's default is to ask again when a connection drops after the request was read.
        self._client = WebClient(
            token=token, base_url=base_url, timeout=timeout, logger=SILENT, retry_handlers=[]
        )
        self._timeout = timeout
        self._own = urlsplit(base_url).netloc

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> bool:
        """Put these blocks in the place of a message's. What it says of itself (metadata, by which
        a digest is found again) stays, because it is not given."""
        body = {"channel": channel, "ts": ts, "text": text, "blocks": list(blocks), "parse": "none"}
        return self._call("chat.update", body)

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> bool:
        """Show a view to the reader who pressed; the trigger lives three seconds."""
        return self._call("views.open", {"trigger_id": trigger_id, "view": dict(view)})

    def change(self, external_id: str, view: Mapping[str, Any]) -> bool:
        """Put another view in the place of one that is open."""
        return self._call("views.update", {"external_id": external_id, "view": dict(view)})

    def publish(self, user: str, view: Mapping[str, Any]) -> bool:
        """Set a reader's home tab."""
        return self._call("views.publish", {"user_id": user, "view": dict(view)})

    def answer(self, response_url: str, message: Mapping[str, Any]) -> bool:
        """Answer only the reader who pressed or asked; Slack takes five answers in half an hour.

        Nothing is sent to an address that is not Slack's.
        """
        parts = urlsplit(response_url)
        here = parts.scheme == "https" and parts.netloc in _HOSTS
        if not here and parts.netloc != self._own:
            log.warning("an answer was to go to an address that is not Slack's: not sent")
            return False
        alone = {"response_type": "ephemeral", "replace_original": False, "unfurl_links": False}
        body = {**message, **alone}
        client = WebhookClient(
            response_url, timeout=self._timeout, logger=SILENT, retry_handlers=[]
        )
        try:
            response = client.send_dict(body)
        except Exception as error:  # whatever broke, a courtesy failed
            return _told("the answer", type(error).__name__)
        if response.status_code != 200:
            return _told("the answer", f"status {response.status_code}")
        return True

    def _call(self, method: str, body: Mapping[str, Any]) -> bool:
        try:
            self._client.api_call(method, json=dict(body))
        except SlackApiError as error:
            data = error.response.data
            name = data.get("error") if isinstance(data, dict) else None
            return _told(method, str(name or f"status {error.response.status_code}"))
        except Exception as error:  # whatever broke, a courtesy failed; its words may hold a token
            return _told(method, type(error).__name__)
        return True


def _told(what: str, cause: str) -> bool:
    level = logging.INFO if cause in _USUAL else logging.WARNING
    log.log(level, "Slack did not take %s: %s", what, cause)
    return False
