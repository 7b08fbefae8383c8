"""What Slack says, as what a reader means. Pure: a payload in, a value out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from service.digest.slack_votes import ACTIONS, subject, subjects
from service.errors import InputError
from service.slackapp.why_not import CALLBACK, said

if TYPE_CHECKING:
    from service.records import Judgement

Payload = Mapping[str, Any]
Block = Mapping[str, Any]

_TS = re.compile(r"[0-9]{9,11}\.[0-9]{1,6}")
_COUNT = re.compile(r"\([0-9]+\)$")
_REMEDY = "the payload is not of the form that Slack documents"


@dataclass(frozen=True, slots=True)
class Press:
    """A button under a work was pressed. `key` names this press for all time, `at` is when it was
    by Slack's clock; `counted` says that the button showed a number when it was pressed. The
    message is the one with the button, `blocks` as it was. Of `channel`, `ts`, `response_url` and
    `trigger_id` any may be ""."""

    topic: str
    work_id: int
    judgement: Judgement
    user: str
    key: str
    at: datetime
    counted: bool = False
    channel: str = ""
    ts: str = ""
    text: str = ""
    blocks: tuple[Block, ...] = ()
    response_url: str = ""
    trigger_id: str = ""

    @property
    def subject(self) -> str:
        """The value of the button."""
        return f"{self.topic}|{self.work_id}"

    def names(self, block: Block) -> bool:
        """Whether these are the buttons, of which one was pressed."""
        return subjects([block]) == ((self.topic, self.work_id),)


@dataclass(frozen=True, slots=True)
class NoteSubmission:
    """The question "Why not?" was answered; `at` is when the button that raised it was pressed."""

    topic: str
    work_id: int
    note: str
    user: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """`/litwatch VERB WORDS`; both may be ""."""

    verb: str
    words: str
    user: str
    response_url: str


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """A reader looks at the app's home tab."""

    user: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing that is meant for us: a link was opened, another event."""

    kind: str


Command = Press | NoteSubmission | SlashCommand | HomeOpened | Unknown


def carries_vote(payload: Payload) -> bool:
    """Whether a vote would be lost with this payload. Never raises: what looks like one and
    cannot be understood counts as one, so that it is kept for a person to look at."""
    if payload.get("type") == "block_actions":
        return _pressed(payload) is not None
    view = payload.get("view")
    ours = isinstance(view, Mapping) and view.get("callback_id") == CALLBACK
    return payload.get("type") == "view_submission" and ours


def command(payload: Payload) -> Command:
    """What the payload asks for. Raises `InputError` for one that looks like a vote and is none."""
    if carries_vote(payload):
        return _press(payload) if payload["type"] == "block_actions" else _note(payload)
    if "command" in payload:
        return _slash(payload)
    event = payload.get("event")
    if isinstance(event, Mapping) and event.get("type") == "app_home_opened":
        user = _text(event, "user")
        if user and event.get("tab", "home") == "home":
            return HomeOpened(user)
    return Unknown(_text(payload, "type") or "nothing")


# -- votes ----------------------------------------------------------------------------------------


def _pressed(payload: Payload) -> Mapping[str, Any] | None:
    actions = payload.get("actions")
    found = actions if isinstance(actions, Sequence) else ()
    ours = (one for one in found if isinstance(one, Mapping) and one.get("action_id") in ACTIONS)
    return next(ours, None)


def _press(payload: Payload) -> Press:
    action = _pressed(payload) or {}
    about = subject(action.get("value"))
    if about is None:
        raise InputError("press", "names neither topic nor work", _REMEDY)
    ts, user = _text(action, "action_ts"), _reader(payload)
    message, container = _part(payload, "message"), _part(payload, "container")
    return Press(
        *about,
        ACTIONS[action["action_id"]],
        user,
        f"slack:{_team(payload)}:{user}:{ts}",
        _moment(ts),
        counted=_COUNT.search(_text(_part(action, "text"), "text")) is not None,
        channel=_text(_part(payload, "channel"), "id") or _text(container, "channel_id"),
        ts=_text(message, "ts") or _text(container, "message_ts"),
        text=_text(message, "text"),
        blocks=_blocks(message.get("blocks")),
        response_url=_text(payload, "response_url"),
        trigger_id=_text(payload, "trigger_id"),
    )


def _blocks(found: object) -> tuple[Block, ...]:
    """The message's blocks; none of them where one is of no form that Slack sends."""
    blocks = found if isinstance(found, list) else []
    sound = all(
        isinstance(block, Mapping)
        and all(isinstance(inner, Mapping) for inner in block.get("elements", ()))
        for block in blocks
    )
    return tuple(blocks) if sound else ()


def _note(payload: Payload) -> NoteSubmission:
    view, user = _part(payload, "view"), _reader(payload)
    try:
        kept = json.loads(_text(view, "private_metadata"))
        about, ts = subject(kept["subject"]), str(kept["pressed"])
    except (ValueError, TypeError, KeyError):
        about, ts = None, ""
    if about is None or not _text(view, "id"):
        raise InputError("answer", "names neither topic nor work", _REMEDY)
    values = _part(_part(view, "state"), "values")
    key = f"slack:{_team(payload)}:{user}:{_text(view, 'id')}"
    return NoteSubmission(*about, said(values), user, key, _moment(ts))


def _reader(payload: Payload) -> str:
    user = _text(_part(payload, "user"), "id")
    if not user:
        raise InputError("press", "names no user", _REMEDY)
    return user


def _team(payload: Payload) -> str:
    """The workspace; that of the reader where the app is installed for a whole organisation."""
    return _text(_part(payload, "team"), "id") or _text(_part(payload, "user"), "team_id")


def _moment(ts: str) -> datetime:
    """Slack's time stamps are seconds since 1970 with a fraction that tells presses apart."""
    if not _TS.fullmatch(ts):
        raise InputError("press", "says not when it was", _REMEDY)
    return datetime.fromtimestamp(float(ts), UTC)


# -- the rest -------------------------------------------------------------------------------------


def _slash(payload: Payload) -> SlashCommand:
    words = _text(payload, "text").translate({ord(c): '"' for c in "“”„«»"})  # phones set these
    verb, _, rest = words.strip().partition(" ")
    user = _text(payload, "user_id")
    return SlashCommand(verb.lower(), rest.strip(), user, _text(payload, "response_url"))


def _part(payload: Payload, name: str) -> Mapping[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(payload: Payload, name: str) -> str:
    found = payload.get(name)
    return found if isinstance(found, str) else ""
