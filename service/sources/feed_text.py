"""The bytes of a feed as text, before any XML parser sees them.

Decoded here and not by the parser, so that nothing (an entity, a cut) can hide in an encoding.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from service.errors import NotDataError

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
)
_NAMED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_START_TAG = re.compile(r"<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?/?>")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
# Only what stands for a character or a short word, as old feeds write &nbsp; and &copy;.
_HARMLESS = re.compile(
    r"""<!ENTITY\s+[\w.:-]+\s+(?:"(?:&\#\w{1,8};|[^"&%<]){0,12}"|'(?:&\#\w{1,8};|[^'&%<]){0,12}')\s*>"""
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document without its XML declaration; `root` names its first whole tag, "" without one."""

    text: str
    root: str
    warnings: tuple[str, ...]


def decode(body: bytes, thing: str) -> Decoded:
    """Return `body` as text free of control characters. Raises `NotDataError`.

    A byte order mark wins over the declared encoding, that over UTF-8; text that is in none of
    them is taken as Windows-1252, with a warning.
    """
    text, warnings = _text(body, thing)
    clean = _CONTROL.sub("", text)
    if len(clean) < len(text):
        warnings = (*warnings, f"{len(text) - len(clean)} control characters are dropped")
    clean = clean.lstrip("\ufeff")
    declared = _DECLARATION.match(clean)
    clean = clean[declared.end() if declared else 0 :].lstrip()
    if len(_ENTITY.findall(clean)) > len(_HARMLESS.findall(clean)):
        raise NotDataError(thing, "the feed declares entities", "such a feed is not read")
    first = _START_TAG.search(_without_comments(clean[:50_000]))
    return Decoded(clean, first.group(1) if first and clean.startswith("<") else "", warnings)


def _without_comments(text: str) -> str:
    """A pattern would look for the end of each comment anew, and where none ends for ever."""
    head, *rest = text.split("<!--")
    return head + "".join(part.partition("-->")[2] for part in rest)


def _text(body: bytes, thing: str) -> tuple[str, tuple[str, ...]]:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace"), ()
    declared = _NAMED.match(body)
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    try:
        name = codecs.lookup(name).name
    except LookupError:
        name = "utf-8"
    if not _is_plain(name):
        raise NotDataError(thing, f"the feed is written in {name}", "such a feed is not read")
    if name != "iso8859-1":  # what calls itself Latin-1 is Windows-1252, as in browsers
        try:
            return body.decode(name), ()
        except UnicodeDecodeError:
            fallback = (f"the feed is not in {name}, as it says; read as Windows-1252",)
            return body.decode("cp1252", "replace"), fallback
    return body.decode("cp1252", "replace"), ()


def _is_plain(name: str) -> bool:
    """Whether ASCII means ASCII in this encoding, so that markup is where it seems to be."""
    sample = "<!ENTITY a 'b'>&+-;"
    try:
        return sample.encode("ascii").decode(name) == sample
    except (LookupError, UnicodeError):
        return False
