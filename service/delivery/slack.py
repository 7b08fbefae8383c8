"""Slack: one post per call, and the look into the history that tells whether one arrived."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from service.delivery import slack_outcomes
from service.delivery.slack_uploads import SlackUploads, file_of, parts
from service.records import DeliveryState, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.records import Delivery

_EVENT = "literature_digest"
_LOOK_BEFORE = timedelta(seconds=60)  # our clock may be ahead of Slack's
_PAGE = 200
_PAGES = 25


class SlackChannel:
    """Posts stored `chat.postMessage` bodies. Never posts twice in one call."""

    name = "slack"

    def __init__(
        self, token: str, *, base_url: str = "https://slack.com/api/", timeout: int = 30
    ) -> None:
        self._token = token
        # The SDK's default is to post again when a connection drops after the request was read.
        self._client = WebClient(token=token, base_url=base_url, timeout=timeout, retry_handlers=[])
        self._uploads = SlackUploads(token, base_url=base_url, timeout=timeout)

    def send(self, delivery: Delivery) -> Outcome:
        """Post the stored body once, or upload its picture; later parts into the first one's
        thread. A message whose form Slack refuses is asked to go as text alone the next time.
        """
        if delivery.part > 1 and not delivery.thread:
            return Outcome(DeliveryState.RETRY, "waits for part 1", wait=30.0)
        try:
            body: dict[str, Any] = dict(json.loads(delivery.payload))
            upload = file_of(body) if "upload" in body else None
        except (ValueError, TypeError, KeyError) as error:
            remedy = "render the digest again"
            return Outcome(
                DeliveryState.DEAD, f"the stored message is damaged: {error}", remedy=remedy
            )
        thread = delivery.thread if delivery.part > 1 else None
        if upload is not None:
            return self._without_token(self._uploads.send(upload, delivery.destination, thread))
        if thread:
            body["thread_ts"] = thread
        if delivery.plain:
            body.pop("blocks", None)
        return self._without_token(self._post(body))

    def reconcile(self, delivery: Delivery) -> Outcome:
        """Look for the delivery's metadata in the channel, or in the thread for a later part.

        SENT when found; RETRY when the whole stretch since the attempt was read and it is not
        there (whether enough time has passed to believe that is not decided here); else UNKNOWN.
        """
        remedy, started = _before_looking(delivery), delivery.started_at
        if remedy or started is None:
            return Outcome(DeliveryState.UNKNOWN, "the history cannot be searched", remedy=remedy)
        return self._without_token(self._look(delivery, started))

    def _post(self, body: Mapping[str, Any]) -> Outcome:
        try:
            response = self._client.api_call("chat.postMessage", json=dict(body))
        except SlackApiError as error:
            response = error.response
        except Exception as error:  # whatever broke in here, the post may have arrived
            return slack_outcomes.broken(error)
        outcome = slack_outcomes.answered(*parts(response))
        refused = slack_outcomes.error_name(response.data) in slack_outcomes.FORM_REFUSALS
        if outcome.state is DeliveryState.DEAD and refused and "blocks" in body:
            detail = f"{outcome.detail}; the next try is plain text"
            return Outcome(DeliveryState.RETRY, detail, wait=1.0, plain=True)
        return outcome

    def _look(self, delivery: Delivery, started: datetime) -> Outcome:
        call: dict[str, Any] = {
            "channel": delivery.destination,
            "oldest": f"{(started - _LOOK_BEFORE).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": _PAGE,
        }
        method = "conversations.history"
        if delivery.part > 1:
            method, call["ts"] = "conversations.replies", delivery.thread
        for _ in range(_PAGES):
            try:
                response = self._client.api_call(method, params=call)
            except SlackApiError as error:
                return slack_outcomes.unreadable(*parts(error.response))
            except Exception as error:  # a look that failed tells nothing, whatever broke
                return replace(slack_outcomes.broken(error), state=DeliveryState.UNKNOWN)
            page = response.data
            if not isinstance(page, dict) or not isinstance(page.get("messages"), list):
                return Outcome(DeliveryState.UNKNOWN, "the history had no list of messages")
            if ts := _found(page["messages"], delivery):
                return Outcome(DeliveryState.SENT, "found in the history", provider_id=ts)
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return _absent(page)
            call["cursor"] = cursor
        return Outcome(
            DeliveryState.UNKNOWN, f"the history has more than {_PAGES * _PAGE} messages"
        )

    def _without_token(self, outcome: Outcome) -> Outcome:
        return replace(outcome, detail=outcome.detail.replace(self._token or "\0", "***"))


def _before_looking(delivery: Delivery) -> str:
    """What a person must do because a look is of no use; "" when it is."""
    if delivery.started_at is None:
        return "look into the channel and tell whether the message is there"
    if not re.fullmatch(r"[CGD][A-Z0-9]{2,}", delivery.destination):
        return "set the channel's id (C...), not its name: a history is read by id only"
    if delivery.part > 1 and not delivery.thread:
        return "look into the channel: part 1 has no known thread"
    return ""


def _absent(page: Mapping[str, Any]) -> Outcome:
    if page.get("has_more"):
        return Outcome(DeliveryState.UNKNOWN, "the history says it has more, but not where")
    return Outcome(DeliveryState.RETRY, "not found in the history")


def _found(messages: list[Any], delivery: Delivery) -> str | None:
    """The ts of the message that is this delivery's: by its metadata, or by its file's name."""
    for message in messages:
        if isinstance(message, dict) and (_is_ours(message, delivery) or _holds(message, delivery)):
            return str(message.get("ts") or "") or None
    return None


def _is_ours(message: Mapping[str, Any], delivery: Delivery) -> bool:
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return (
        isinstance(metadata, dict)
        and metadata.get("event_type") == _EVENT
        and isinstance(payload, dict)
        and payload.get("delivery_id") == delivery.id
        and str(payload.get("part")) == str(delivery.part)
    )


def _holds(message: Mapping[str, Any], delivery: Delivery) -> bool:
    """A message with a file has no metadata of ours; the file's name holds the delivery's id."""
    files = message.get("files")
    return isinstance(files, list) and any(
        isinstance(file, dict) and delivery.id in str(file.get("name")) for file in files
    )
