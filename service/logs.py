"""Logging, set up once: lines on standard error, in UTC, without secrets, one event a line.

Modules log with `logging.getLogger(__name__)` and know nothing of this. What runs (a job, a
source) is bound with `bind` and stands in every line inside of it; what one line is about can be
given as `extra`, for those who read the log by program.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Format = Literal["text", "json"]

_HIDDEN = "[hidden]"
_SHORTEST = 4  # hiding every "a" would hide the log

# Tokens that are known by their form, wherever they come from; group 1 is kept.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(\b)(?:xox[a-z]|xapp)[.-][\w.-]+",
        r"(\bhooks\.slack(?:-gov)?\.com/)[^\s\"'<>]+",
        r"(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}",
        r"((?<![a-z])(?:api_?key|token|password|passwd|secret)=)[^\s&\"'<>]+",
        r"((?<![a-z])(?:[a-z]+-)?api-key[\"']?\s*[:=]\s*[\"']?)[^\s\"',;<>]+",
        r"((?<=[?&])(?:e?mail|mailto)=)[^\s&\"'<>]+",
        r"((?<![a-z])(?:api_?key|token|password|passwd|secret)[\"']\s*:\s*[\"'])[^\"']+",
        r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)",
    )
)
# Others' loggers, whatever the level of ours. The scheduler warns of every tick that finds the one
# before still at work, the BibTeX reader of every entry that it skips, and Slack's SDK calls every
# lost answer an error, with what it was: none needs a person, and what does we say ourselves.
_OTHERS = {
    "alembic": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "slack_sdk": logging.CRITICAL,
    "apscheduler": logging.ERROR,
    "bibtexparser": logging.ERROR,
    "urllib3": logging.ERROR,
}
# What the standard library puts into every record; the rest is `extra`.
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

# Controls, line separators, direction overrides, halves of surrogate pairs.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default={})  # noqa: B039 - never changed


def configure(level: str = "info", format: Format = "text", secrets: Iterable[str] = ()) -> None:
    """Send Litwatch's records of `level` and others' warnings to standard error.

    `secrets` are hidden wherever they occur. Calling again replaces what an earlier call set.
    """
    shape = _Json if format == "json" else _Text
    handler = _Stderr()
    handler.setFormatter(shape(_values(secrets)))
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, _Stderr)]
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name, least in _OTHERS.items():
        logging.getLogger(name).setLevel(least)
    logging.getLogger("service").setLevel(level.upper())
    logging.captureWarnings(capture=True)


@contextmanager
def bind(**names: object) -> Iterator[None]:
    """Put `names` into every line logged inside, by this thread or task; nests."""
    token = _bound.set({**_bound.get(), **{name: str(value) for name, value in names.items()}})
    try:
        yield
    finally:
        _bound.reset(token)


def redact(text: str, values: Iterable[str] = ()) -> str:
    """`text` without `values` and without what has the form of a token or a login."""
    for value in values:
        text = text.replace(value, _HIDDEN)
    for form in _FORMS:
        text = form.sub(rf"\1{_HIDDEN}", text)
    return text


def escape(text: str) -> str:
    """`text` on one line: what could end it, move the cursor or turn the direction is spelled."""
    return _CONTROL.sub(lambda sign: sign[0].encode("unicode_escape").decode("ascii"), text)


def _values(secrets: Iterable[str]) -> tuple[str, ...]:
    """Secrets as they are, and as they stand in addresses, in JSON and in Python; longest first."""
    forms = {
        form
        for each in secrets
        for quoted in (each, json.dumps(each)[1:-1], repr(each)[1:-1])
        for form in (quoted, quote(each, safe=""), quote_plus(each))
    }
    return tuple(sorted((form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True))


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Known by its class, so that `configure` replaces no other's handler."""


class _Shape(logging.Formatter):
    """What both forms share: the parts of a record, made safe."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = secrets

    def _at(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _message(self, record: logging.LogRecord) -> str:
        try:
            message = record.getMessage()
        except Exception:
            message = f"{record.msg} {record.args!r}"
        return redact(message, self._secrets)

    def _names(self) -> dict[str, str]:
        return {name: redact(value, self._secrets) for name, value in _bound.get().items()}

    def _extra(self, record: logging.LogRecord) -> dict[str, str]:
        given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        return {name: redact(str(value), self._secrets) for name, value in given.items()}

    def _trace(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info else []
        parts += [self.formatStack(record.stack_info)] if record.stack_info else []
        return redact("\n".join(parts), self._secrets)


class _Text(_Shape):
    """`2026-11-21T07:00:00.000Z INFO service.worker run=7f source=pubmed: message`."""

    def format(self, record: logging.LogRecord) -> str:
        names = "".join(f" {name}={value}" for name, value in self._names().items())
        head = f"{self._at(record)} {record.levelname} {record.name}{names}"
        line = escape(f"{head}: {self._message(record)}")
        # A traceback keeps its lines, indented: no text in it can pass for a line of the log.
        trace = "".join(f"\n    | {escape(each)}" for each in self._trace(record).splitlines())
        return line + trace


class _Json(_Shape):
    """One object a line: at, level, logger, message, what is bound or given beside, error."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            **self._names(),
            **self._extra(record),
            "at": self._at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        trace = self._trace(record)
        line = json.dumps({**told, "error": trace} if trace else told)
        return line.replace("\x7f", "\\u007f")  # the one control character that JSON lets stand
