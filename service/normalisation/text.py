"""Text as people read it (`clean`), text as machines compare it (`fold`), and titles that say
what happened to their paper (`title_flags`)."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.entities import html5
from typing import TypeVar

from service.records import Flag, Kind

T = TypeVar("T", Flag, Kind)

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# What is neither text nor space: controls, soft hyphen, zero-width and direction marks,
# lone surrogates, non-characters; and the non-breaking hyphen, which becomes a plain one.
_ODD = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u2011\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Return plain NFC text on one line: entities unescaped (at most twice), odd spaces and
    hyphens made plain, control characters dropped. Markup is not removed."""
    if "&" in text:
        text = unescape_entities(unescape_entities(text))
    elif text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # nearly everything goes this way, and it must be quick
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ODD.sub(_plain, text))
        return " ".join(text.split())
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(_ODD.sub("", line).split())


def unescape_entities(text: str) -> str:
    """Unescape once; only what ends in a semicolon and is a known name, so "R&D" stays."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    name = match.group()[1:]
    return unescape(match.group()) if name[0] == "#" or name in html5 else match.group()


def _plain(match: re.Match[str]) -> str:
    return "-" if match.group() == "\u2011" else ""


# -- the matching form ---------------------------------------------------------------------------

_GREEK = str.split(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "sigma sigma tau upsilon phi chi psi omega"
)
_SINGLE = {
    "ϵ": "epsilon", "ϑ": "theta", "ϕ": "phi", "ϖ": "pi", "ϱ": "rho", "⍺": "alpha", "ɑ": "alpha",
    "∆": "delta", "ø": "o", "ł": "l",
    "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "±": "+/-", "×": "x",
    "⁄": "/", "∕": "/", "\u200c": "", "\u200d": "",
}  # fmt: skip
_FOLDED = str.maketrans(
    {chr(ord("α") + place): name for place, name in enumerate(_GREEK)}
    | _SINGLE
    | dict.fromkeys("‐‑‒–—―−⁃﹣－", "-")
    | dict.fromkeys("‘’‚‛′`´ʹʼ", "'")
    | dict.fromkeys("“”„‟″«»", '"')
)
_BRACED = re.compile(r"\{(\w+|\+/-)\}")


def fold(text: str) -> str:
    """Return the form for comparing: lower case, no accents, Greek letters by name, one sort of
    dash and quote, `{beta}` without braces. Not for showing."""
    text = clean(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).casefold().translate(_FOLDED)
        if not text.isascii():
            text = "".join(c for c in text if not unicodedata.combining(c))
        text = " ".join(text.split())
    else:
        text = text.lower()
    return _BRACED.sub(r"\1", text) if "{" in text else text


# -- titles --------------------------------------------------------------------------------------

_SEPARATOR = r"\s*[:.\-–—]\s*"
_TO = r"(?:\s+(?:to|for|in|of|on)\b)"
_QUOTED = r"(?=\s*[\"'“‘‟«„])"
_FLAG_PREFIXES: tuple[tuple[re.Pattern[str], Flag], ...] = (
    (
        re.compile(
            r"[\[(]?\s*retracted(?:\s+(?:article|chapter|paper|preprint|manuscript))?\s*"
            r"(?:[\])]\s*:?|:|\s[-–—]\s)\s*",
            re.IGNORECASE,
        ),
        Flag.RETRACTED,
    ),
    (
        re.compile(
            r"[\[(]?\s*(?:withdrawn(?:\s+(?:article|chapter|paper|preprint|manuscript|protocol))?"
            r"|removed|temporary removal)\s*(?:[\])]\s*:?|:|\s[-–—]\s)\s*",
            re.IGNORECASE,
        ),
        Flag.WITHDRAWN,
    ),
)
_NOTICES: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(
            rf"(?:(?:editorial|publisher(?:['’]s)?)\s+)?(?:notice\s+of\s+|statement\s+of\s+)?"
            rf"(?:partial\s+)?retraction(?:\s+(?:note|notice|statement))?"
            rf"(?:{_TO}?\s*:\s*|{_TO}{_QUOTED}\s*|\.?$)"
            r"|retraction\s+(?:note|notice|statement)(?:\s+(?:to|for|of))?\b\s*[:.-]?\s*",
            re.IGNORECASE,
        ),
        Kind.RETRACTION,
    ),
    (
        re.compile(
            r"(?:(?:editorial|publisher(?:['’]s)?)\s+)?(?:notice\s+of\s+|editor['’]s\s+)?"
            rf"(?:expression\s+of\s+concern|notice\s+of\s+concern){_TO}?(?:{_SEPARATOR}|\s+|$)",
            re.IGNORECASE,
        ),
        Kind.CONCERN,
    ),
    (
        re.compile(
            rf"(?:(?:author|publisher|editor)(?:['’]s)?\s+)?(?:corrigend(?:um|a)|errat(?:um|a))"
            rf"(?:{_TO}?{_SEPARATOR}|{_TO}\s*|\.?$|\s+(?={_QUOTED}))",
            re.IGNORECASE,
        ),
        Kind.ERRATUM,
    ),
    (
        re.compile(
            rf"(?:amendments:\s*)?(?:(?:author|publisher|editor)(?:['’]s)?\s+)?corrections?"
            rf"(?:{_TO}?\s*:\s*|{_TO}{_QUOTED}\s*|\.?$)"
            r"|(?:author|publisher)(?:['’]s)?\s+correction(?:\s+to)?\s*",
            re.IGNORECASE,
        ),
        Kind.ERRATUM,
    ),
    # A notice whose words must stay ("Correction to Lancet Oncol 2021", "Erratum regarding"); a
    # capital must follow, or it is about correcting.
    (re.compile(r"(?=Corrections? (?:to|for) [A-Z]|CORRECTIONS? (?:TO|FOR) )"), Kind.ERRATUM),
    (re.compile(r"(?=Retraction for [A-Z]|RETRACTION FOR )"), Kind.RETRACTION),
    (re.compile(r"(?=errat(?:um|a)\b|corrigend(?:um|a)\b)", re.IGNORECASE), Kind.ERRATUM),
)
_CHEAP = re.compile(
    r"[\[(]?\s*(?:retract|withdr|remov|temporary|correc|corrig|errat|expression of|editor|author|"
    r"publisher|notice|statement|partial retr|amendments)",
    re.IGNORECASE,
)


def title_flags(title: str) -> tuple[str, frozenset[Flag], Kind | None]:
    """Split a cleaned title into (title without the prefix, flags, kind of notice or None).

    "RETRACTED: X" flags X; "Erratum: X" is itself a notice (Kind.ERRATUM) named X. A title that
    is nothing but its prefix ("Correction.") is kept whole.
    """
    if _CHEAP.match(title) is None:
        return title, frozenset(), None
    flags: set[Flag] = set()
    rest = title
    while flag := _prefix(rest, _FLAG_PREFIXES):
        rest = flag[0]
        flags.add(flag[1])
    notice = _prefix(rest, _NOTICES)
    if notice:
        rest = _unquoted(notice[0])
    return rest or title, frozenset(flags), notice[1] if notice else None


def _prefix(title: str, prefixes: tuple[tuple[re.Pattern[str], T], ...]) -> tuple[str, T] | None:
    for pattern, meaning in prefixes:
        if match := pattern.match(title):
            return title[match.end() :].strip(), meaning
    return None


def _unquoted(title: str) -> str:
    """Drop quotes around the whole title, and the trailing stop inside or after them."""
    match = re.fullmatch(r"[\"“‘‟«„']([^\"“”‘‟«»„]+)[\"”’»'](\.?)", title)
    return (match.group(1).rstrip(".") + match.group(2)) if match else title
