"""LaTeX as BibTeX files contain it, to plain Unicode."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from service.normalisation.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

_LATEX = re.compile(r"[\\{}$~]|--|``|''")
_BARE_SIGN = re.compile(r"(?<!\\)([&%#])")
_BARE_DOLLAR = re.compile(r"(?<!\\)\$")
# "CO$_2$" and "10$^{-3}$" read as JATS's <sub> and <sup> do: "CO2", "10-3".
_LONE_SCRIPT = re.compile(r"\$\s*[_^]\s*(?:\{([^{}$]*)\}|([^\s{}$]))\s*\$")
_ESCAPED = re.compile(r"\\([_%&#$~{}^])")


def text(source: str) -> str:
    """The plain text of a field. Stray `&`, `%` and `$` are text; commands it knows not vanish."""
    if not _LATEX.search(source):
        return clean(source)
    marked = _BARE_SIGN.sub(r"\\\1", _LONE_SCRIPT.sub(r"{\1\2}", source))
    if len(_BARE_DOLLAR.findall(marked)) % 2:
        marked = _BARE_DOLLAR.sub(r"\\$", marked)
    return clean(str(_decoder().latex_to_text(marked)))


def address(source: str) -> str:
    """An address or identifier: only escapes and \\url{} are taken off."""
    bare = re.sub(r"\\(?:url|href)\s*", "", _ESCAPED.sub(r"\1", source))
    return bare.strip().strip("{}").strip()


@lru_cache(maxsize=1)
def _decoder() -> LatexNodes2Text:
    context = get_default_latex_context_db()
    context.add_context_category(
        "plain", prepend=True, macros=[MacroTextSpec("url", simplify_repl="%s")]
    )
    return LatexNodes2Text(latex_context=context, math_mode="text")


def value(raw: str, strings: Mapping[str, str]) -> str:
    """A field's value: its pieces ({...}, "...", a number, a defined name) joined at each `#`."""
    pieces: list[str] = []
    rest = raw.strip()
    while rest:
        end = closing(rest)
        if end > 0:
            pieces.append(rest[1:end])
            rest = rest[end + 1 :]
        else:
            word, _, rest = rest.partition("#")
            rest = f"#{rest}" if rest else ""
            pieces.append(strings.get(word.strip().lower(), word.strip()))
        rest = rest.lstrip().removeprefix("#").lstrip()
    return "".join(pieces)


def closing(source: str) -> int:
    """The place of the brace or quote that closes the one `source` begins with; -1 for none."""
    opening = source[:1]
    if opening not in ("{", '"'):
        return -1
    depth = 0
    escaped = False
    for place, character in enumerate(source):
        if escaped or character == "\\":
            escaped = not escaped
        elif character == '"' and opening == '"' and depth == 0 and place:
            return place
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0 and opening == "{":
                return place
    return -1
