"""What Slack's answer, or its absence, means for one posting. Pure.

Only two things prove that nothing was posted: a refusal by name, and a connection that never
came about. Everything else may have been posted, and is `UNKNOWN`.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeGuard
from urllib.error import URLError

from service.records import DeliveryState, Outcome

_DEFAULT_WAIT = 30.0
_LONGEST_WAIT = 86_400.0

_SIGN_IN = "give the service a valid bot token of an app that is installed in the workspace"
_INVITE = "invite the app to the channel (/invite @Litwatch), and check the channel's id"
_POSTING = "ask a workspace admin to let the app post there, or choose another channel"
_SCOPE = "add chat:write (and channels:history, groups:history) to the app and reinstall it"
_FILES = "add files:write to the app and reinstall it; only the chart is missing, not the digest"
_STORAGE = "allow files in the workspace, or make room; only the chart is missing, not the digest"
_OURS = "this is a fault of Litwatch: please report it with the error's name"

REFUSALS: Mapping[str, str] = {
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": "unarchive the channel or choose another",
    "invalid_channel": _INVITE,
    "posting_to_channel_denied": _POSTING,
    "thread_not_found": "the first message was deleted: send the digest again",
    "cannot_reply_to_message": "the first message cannot have replies: send the digest again",
    **dict.fromkeys(
        ("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"),
        _SIGN_IN,
    ),
    "not_allowed_token_type": _SIGN_IN,
    **dict.fromkeys(("missing_scope", "no_permission"), _SCOPE),
    **dict.fromkeys(
        (
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel",
            "ekm_access_denied",
            "access_denied",
            "accesslimited",
            "enterprise_is_restricted",
            "team_access_not_granted",
            "two_factor_setup_required",
            "message_limit_exceeded",
        ),
        _POSTING,
    ),
    **dict.fromkeys(
        (
            "as_user_not_supported",
            "invalid_arguments",
            "invalid_arg_name",
            "invalid_array_arg",
            "invalid_charset",
            "invalid_form_data",
            "invalid_json",
            "json_not_object",
            "invalid_post_type",
            "missing_post_type",
            "metadata_too_large",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "no_text",
            "unknown_method",
            "method_deprecated",
            "deprecated_endpoint",
        ),
        _OURS,
    ),
}
# What is different when a file is sent.
FILE_REFUSALS: Mapping[str, str] = {
    **dict.fromkeys(("missing_scope", "no_permission"), _FILES),
    **dict.fromkeys(
        ("file_uploads_disabled", "storage_limit_reached", "file_upload_size_restricted"), _STORAGE
    ),
    "missing_argument": _OURS,
}
# The file that was to be shared is not there: nothing was shown, and it may be sent again.
_FILE_LOST = "file_not_found"
# The message's form was refused: the same message as plain text may pass.
FORM_REFUSALS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"}
)
_WAITS = frozenset({"ratelimited", "rate_limited", "team_added_to_org", "org_login_required"})

# With one of these below a URLError, no byte of the request was written.
_NO_ROUTE = frozenset(
    {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)


def answered(status: int, headers: Mapping[str, str], body: object) -> Outcome:
    """The meaning of a whole HTTP answer to `chat.postMessage`; `body` is the decoded JSON."""
    ts = body.get("ts") if _said_yes(body, status) else None
    if isinstance(ts, str):
        return Outcome(DeliveryState.SENT, "posted", provider_id=ts)
    return _refused(status, headers, body, REFUSALS)


def shared(status: int, headers: Mapping[str, str], body: object, file: str) -> Outcome:
    """The meaning of a whole HTTP answer to `files.completeUploadExternal`, the only call of the
    three that makes anything visible; `file` is the file's id."""
    if _said_yes(body, status):
        return Outcome(DeliveryState.SENT, "shared", provider_id=file)
    if error_name(body) == _FILE_LOST:
        return Outcome(DeliveryState.RETRY, f"Slack refused: {_FILE_LOST}")
    return _refused(status, headers, body, {**REFUSALS, **FILE_REFUSALS})


def unprepared(status: int, headers: Mapping[str, str], body: object) -> Outcome:
    """The meaning of a failed `files.getUploadURLExternal`: nothing can be seen yet, so what is
    not clear may be tried again."""
    seen = _refused(status, headers, body, {**REFUSALS, **FILE_REFUSALS})
    return _again(seen)


def interrupted(error: BaseException) -> Outcome:
    """The meaning of an exception before anything could be seen: it may be tried again."""
    return _again(broken(error))


def broken(error: BaseException) -> Outcome:
    """The meaning of a call that ended in an exception instead of an answer."""
    told = f"{type(error).__name__}: {error}"[:200]
    if isinstance(error, URLError) and _never_connected(error.reason):
        return Outcome(DeliveryState.RETRY, f"no connection to Slack: {told}")
    return Outcome(DeliveryState.UNKNOWN, f"no answer from Slack: {told}")


def unreadable(status: int, headers: Mapping[str, str], body: object) -> Outcome:
    """The meaning of a refused look into the history: always UNKNOWN.

    With a remedy, looking again is of no use before a person acted on it.
    """
    seen = answered(status, headers, body)
    name = error_name(body)
    if seen.state is DeliveryState.DEAD:
        remedy = f"{seen.remedy}; or look into the channel and tell whether the message is there"
        detail = f"the channel's history cannot be read: {name}"
        return Outcome(DeliveryState.UNKNOWN, detail, remedy=remedy)
    detail = f"looking into the history failed: {seen.detail}"
    return Outcome(DeliveryState.UNKNOWN, detail, wait=seen.wait)


def _said_yes(body: object, status: int) -> TypeGuard[Mapping[str, object]]:
    return status == 200 and isinstance(body, Mapping) and body.get("ok") is True


def _refused(
    status: int, headers: Mapping[str, str], body: object, refusals: Mapping[str, str]
) -> Outcome:
    name = error_name(body)
    if status == 429 or name in _WAITS:
        detail = f"Slack asks to wait ({name or status})"
        return Outcome(DeliveryState.RETRY, detail, wait=_retry_after(headers))
    if status >= 500 or not isinstance(body, Mapping):
        return Outcome(DeliveryState.UNKNOWN, f"HTTP {status} without a clear answer")
    if name in FORM_REFUSALS:
        return Outcome(DeliveryState.DEAD, f"Slack refused the message: {name}", remedy=_OURS)
    if name in refusals:
        return Outcome(DeliveryState.DEAD, f"Slack refused: {name}", remedy=refusals[name])
    # fatal_error, internal_error, service_unavailable, request_timeout, names not known to us
    return Outcome(DeliveryState.UNKNOWN, f"HTTP {status}, {name or 'no error name'}")


def _again(outcome: Outcome) -> Outcome:
    unclear = outcome.state is DeliveryState.UNKNOWN
    return replace(outcome, state=DeliveryState.RETRY) if unclear else outcome


def error_name(body: object) -> str:
    """Slack's name for what went wrong, "" where the answer has none."""
    name = body.get("error") if isinstance(body, Mapping) else None
    # The SDK puts a sentence here when the answer was not JSON; no name has spaces.
    return name if isinstance(name, str) and name.isidentifier() else ""


def _never_connected(reason: object) -> bool:
    if isinstance(reason, socket.gaierror | ssl.SSLCertVerificationError):
        return True
    return isinstance(reason, OSError) and reason.errno in _NO_ROUTE


def _retry_after(headers: Mapping[str, str]) -> float:
    text = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    try:
        seconds = float(text)
    except ValueError:
        return _DEFAULT_WAIT
    return min(seconds, _LONGEST_WAIT) if seconds > 0 else _DEFAULT_WAIT
