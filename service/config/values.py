"""What one setting's value must look like. Pure checks; each says the cause and the remedy."""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
import unicodedata
from collections import Counter
from datetime import time
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_ILLNESS = ("cancer", "carcinoma", "glioma", "lymphoma", "melanoma", "metastasis", "metastatic")
_TUMOUR = ("neoplasm", "sarcoma", "tumor", "tumors", "tumour", "tumours")
_STROMA = ("fibroblast", "fibroblasts", "microenvironment", "pericyte", "pericytes", "stroma")
_CELLS = ("stromal", "myeloid", "neutrophil", "neutrophils")

_ADDRESS = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE
)
_CRON = re.compile(r"\S+(\s+\S+){4,5}")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def wrong(cause: str, remedy: str = "", at: str = "") -> PydanticCustomError:
    """The error a check raises; `at` names the field when the check looked at several."""
    return PydanticCustomError("refused", "{cause}", {"cause": cause, "remedy": remedy, "at": at})


def nearest(word: str, known: Collection[str]) -> str:
    """A remedy: the known name that was probably meant, or all of them when they are few."""
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    if close:
        return f"did you mean {min(close, key=lambda name: name[:1] != word[:1])}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def broad_query(term: str) -> str:
    """A query in a source's own syntax: an illness word and a cell word, in title or abstract."""
    sides = (
        " OR ".join(term.format(word) for word in words)
        for words in (_ILLNESS + _TUMOUR, _STROMA + _CELLS)
    )
    return " AND ".join(f"({side})" for side in sides)


def one_line(text: str) -> str:
    """Text without control characters, stripped (it will stand in headers, logs and queries)."""
    if any(unicodedata.category(sign) in {"Cc", "Zl", "Zp"} for sign in text.strip()):
        raise wrong("holds a line break or another control character", "write it on one line")
    return text.strip()


def listed(value: object) -> object:
    """A list; from a variable also as text: `a, b` or JSON."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    try:
        return json.loads(value)
    except ValueError:
        raise wrong("is no list", 'write it like a, b or ["a", "b"]') from None


def slug(text: str) -> str:
    """A name that is safe in file names, keys and mail headers."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", text):
        raise wrong(f"{text!r} is no name", "lower case, digits and hyphens, 64 at most")
    return text


def label(text: str) -> str:
    """A name that people read, still safe in file names and mail headers."""
    if not re.fullmatch(r"[^\W_][\w .-]{0,63}", text) or text != text.strip():
        raise wrong(f"{text!r} is no name", "letters, digits, spaces, . _ and -, 64 at most")
    return text


def all_different(names: Sequence[str], what: str) -> None:
    """Refuses names that occur twice."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise wrong(f"the {what} name {twice[0]!r} is used twice", "names must differ")


def address(text: str) -> str:
    """A bare e-mail address, or ""."""
    if text and not _ADDRESS.fullmatch(text):
        raise wrong(f"{text!r} is no e-mail address", 'write it like "lab@example.org"')
    return text


def mailbox(text: str) -> str:
    """An e-mail address with or without a display name, or ""."""
    text = one_line(text)
    if text and not _ADDRESS.fullmatch(parseaddr(text)[1]):
        raise wrong(f"{text!r} is no sender", 'write it like "Litwatch <lab@example.org>"')
    return text


def destination(text: str, channel: str) -> str:
    """Where a channel can send to; Slack needs an id, because only ids can be looked up later."""
    if channel == "slack" and not re.fullmatch(r"[CDGU][A-Z0-9]{2,}", text):
        raise wrong(
            f"{text!r} is no Slack channel id",
            "open the channel's details in Slack; the id (C...) stands at the bottom",
        )
    return address(text) if channel == "email" else text


def weekday(value: object) -> object:
    """A day's English name. Numbers are refused: cron and Python count days differently."""
    name = value.strip().lower() if isinstance(value, str) else str(value)
    if name in WEEKDAYS:
        return name
    raise wrong(f"{value!r} is no weekday", nearest(name, WEEKDAYS))


def time_of_day(value: object) -> str:
    """ "HH:MM", also from a TOML time."""
    if isinstance(value, time):
        value = value.strftime("%H:%M")
    text = str(value).strip()
    found = _TIME.fullmatch(text)
    if found:
        return f"{int(found[1]):02}:{found[2]}"
    if _CRON.fullmatch(text):
        raise wrong("cron lines are not understood", 'write weekday = "monday" and at = "08:00"')
    raise wrong(f"{value!r} is no time of day", 'write it in 24 hours, like "08:00"')


def zone(name: str) -> str:
    """An IANA zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = sorted(available_timezones())
        hint = nearest(name, known) or _zone_of_city(name, known) or 'write it like "Europe/Berlin"'
        raise wrong(f"{name!r} is no time zone", hint) from None
    return name


def _zone_of_city(name: str, known: Sequence[str]) -> str:
    city = name.strip().replace(" ", "_").lower()
    found = [zone for zone in known if zone.lower().endswith(f"/{city}")]
    return f"did you mean {found[0]}?" if found and city else ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name (nothing is looked up)."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def web_url(text: str) -> str:
    """An http(s) address without a login in it, or ""."""
    if text:
        _split(text)
    return text


def api_url(text: str) -> str:
    """Likewise, encrypted unless it is this machine, and without a slash at its end; or ""."""
    if not text:
        return text
    parts = _split(text)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise wrong(f"{text!r} is not encrypted", "write https://")
    if parts.query or parts.fragment:
        raise wrong(f"{text!r} has more than a path", "leave out what follows ? or #")
    return text.rstrip("/")


def https_url(text: str) -> str:
    """An encrypted address that mail programs will call, or ""."""
    if text and _split(text).scheme != "https":
        raise wrong(f"{text!r} is not encrypted", "write https://")
    return text


def slack_url(text: str) -> str:
    """Likewise, with the slash at its end that slack-sdk joins method names to."""
    return api_url(text) + "/"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise wrong("is no web address", 'write it like "https://example.org/feed"') from None
    if "@" in parts.netloc:  # said without the value: it holds a password
        raise wrong("has a login in its address", "leave out what stands before @")
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", text):
        raise wrong(f"{text!r} is no web address", 'write it like "https://example.org/feed"')
    return parts


def database_url(text: str) -> None:
    """Refuses what is no address at all; the store knows the rest. Never repeats it: a secret."""
    if "://" not in text:
        raise wrong("is no database address", 'write it like "sqlite:///litwatch.db"')
