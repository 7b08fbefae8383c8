"""UTF-8 that was once read as Latin-1 ("RamÃ­rez"), put right where it can be nothing else."""

from __future__ import annotations

import re

_LATIN = re.compile(
    "(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})+"
)


def repaired(text: str) -> str:
    """`text` with such sequences decoded. Must see the text before control characters are
    dropped, because half of a broken letter often is one."""
    return text if text.isascii() else _LATIN.sub(_decoded, text)


def _decoded(match: re.Match[str]) -> str:
    try:
        return match.group().encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return match.group()
