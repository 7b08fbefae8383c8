"""A picture into a Slack thread: ask for an address, send the bytes there, share the file.

Only the last call makes anything visible. What fails before it may be done again from the start.
"""

from __future__ import annotations

import json
import ssl
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from service.delivery import slack_outcomes
from service.records import DeliveryState, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk.web import SlackResponse

_STEPS = 3


@dataclass(frozen=True, slots=True)
class File:
    """A picture, and what is written beside it (`comment` is mrkdwn)."""

    name: str
    title: str
    comment: str
    data: bytes = field(repr=False)


def file_of(body: Mapping[str, Any]) -> File:
    """The file in a stored body. Raises ValueError, TypeError or KeyError when it is damaged."""
    held = body["upload"]
    name, title, comment = (held[key] for key in ("filename", "title", "comment"))
    if not all(isinstance(text, str) and text for text in (name, title, comment)):
        raise TypeError("the file has no name, title or comment")
    return File(name, title, comment, b64decode(held["png"], validate=True))


def parts(response: SlackResponse) -> tuple[int, Mapping[str, str], object]:
    """Status, headers and decoded body of an answer."""
    return int(response.status_code), dict(response.headers), response.data


class SlackUploads:
    """Uploads files. Never does any of the calls twice; together they keep to `timeout`."""

    def __init__(self, token: str, *, base_url: str, timeout: int) -> None:
        self._timeout = max(1, timeout // _STEPS)
        self._base = urlsplit(base_url)
        self._client = WebClient(
            token=token, base_url=base_url, timeout=self._timeout, retry_handlers=[]
        )

    def send(self, file: File, channel: str, thread: str | None) -> Outcome:
        """Upload and share once. UNKNOWN only when the sharing itself had no clear answer."""
        try:
            # Without alt_txt: with it, Slack says yes and shares nothing (python-slack-sdk 1818).
            answer = self._client.files_getUploadURLExternal(
                filename=file.name, length=len(file.data)
            ).data
        except SlackApiError as error:
            return slack_outcomes.unprepared(*parts(error.response))
        except Exception as error:  # nothing can be seen yet, whatever broke
            return slack_outcomes.interrupted(error)
        held = answer if isinstance(answer, dict) else {}
        address, identity = held.get("upload_url"), held.get("file_id")
        if not isinstance(address, str) or not isinstance(identity, str):
            return Outcome(DeliveryState.RETRY, "Slack gave no address for the file")
        if not self._trusted(address):
            remedy = "check slack.base_url; only https addresses are used"
            return Outcome(DeliveryState.DEAD, "Slack gave a strange address", remedy=remedy)
        if failed := self._put(address, file.data):
            return failed
        return self._share(file, identity, channel, thread)

    def _trusted(self, address: str) -> bool:
        try:
            parsed = urlsplit(address)
            host = parsed.hostname
        except ValueError:
            return False
        ours = (parsed.scheme, parsed.netloc) == (self._base.scheme, self._base.netloc)
        return bool(host) and "@" not in parsed.netloc and (parsed.scheme == "https" or ours)

    def _put(self, address: str, data: bytes) -> Outcome | None:
        """Send the bytes; None when they were taken. The address is a secret: it is not told."""
        headers = {"Content-Type": "application/octet-stream"}
        request = Request(address, data=data, headers=headers, method="POST")  # noqa: S310 (checked)
        opener = build_opener(_Straight, HTTPSHandler(context=ssl.create_default_context()))
        try:
            with opener.open(request, timeout=self._timeout) as answer:
                status = int(answer.status)
        except Exception as error:  # nothing can be seen yet, whatever broke
            told = slack_outcomes.interrupted(error)
            return Outcome(told.state, told.detail.replace(address, "***"))
        if status != 200:
            return Outcome(DeliveryState.RETRY, f"the file was not taken: HTTP {status}")
        return None

    def _share(self, file: File, identity: str, channel: str, thread: str | None) -> Outcome:
        call: dict[str, Any] = {
            "files": json.dumps([{"id": identity, "title": file.title}]),
            "channel_id": channel,
            "initial_comment": file.comment,
        }
        if thread:
            call["thread_ts"] = thread
        try:
            answer = self._client.api_call("files.completeUploadExternal", params=call)
        except SlackApiError as error:
            answer = error.response
        except Exception as error:  # whatever broke in here, the file may be shown
            return slack_outcomes.broken(error)
        return slack_outcomes.shared(*parts(answer), identity)


class _Straight(HTTPRedirectHandler):
    """Follows no redirect: an answer that is one is a failure."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """No further request."""
