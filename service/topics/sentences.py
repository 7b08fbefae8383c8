"""Text to sentences, for biomedical prose. Pure; knows no grammar beyond dots and capitals."""

from __future__ import annotations

import re

# A dot after one of these does not end a sentence, whatever follows.
_ABBREVIATIONS = frozenset(
    """al approx ca cf cv def dr e.g eg eq eqs fig figs i.e ie incl inc nos op prof ref refs
    resp sp spp ssp st subsp suppl supp tab vs var viz""".split()  # noqa: SIM905 (reads as a list)
)
# After these a sentence may end ("... 5 mg, no. The ..."): they hold only before a digit.
_BEFORE_NUMBER = frozenset({"no", "vol", "p", "pp", "ch", "sec", "n"})
# A candidate end: the mark, its closing quotes or brackets (or citation digits), then space.
_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s+\S)|\n\s*\n")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_INITIAL = re.compile(r"^(?:[A-Z]\.)*[A-Z]$")
# A lone capital is an initial ("J. Smith", "E. coli") unless it names a member of these.
_LETTERED = re.compile(
    r"(?:vitamins?|hepatitis|influenza|groups?|types?|grade|class|stage|arm|cohort|panel|factor"
    r"|protein|part|site|figure|table) $",
    re.IGNORECASE,
)
_WORD_REACH = 60  # letters before a mark that are looked at for the word that it follows
_DOTTED = re.compile(r"^(?:[a-zA-Z]\.)+[a-zA-Z]$")


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, in order, white space folded; nothing but space is dropped."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if not text[match.start()].isspace() and not _ends(text, match.start(), match.end()):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    folded = (" ".join(part.split()) for part in found)
    return [part for part in folded if part]


def _ends(text: str, mark: int, after: int) -> bool:
    """Whether the mark at `mark` ends a sentence whose next word begins past `after`."""
    rest = text[after:].lstrip()
    first = rest[0]
    if text[mark] != ".":
        return not first.islower()
    if first.islower() and not _starts_like_a_symbol(rest):
        return False
    before = _LAST_WORD.search(text, max(0, mark - _WORD_REACH), mark)
    word = before.group() if before else ""
    if word.lower() in _ABBREVIATIONS:
        return False
    if word.lower() in _BEFORE_NUMBER:
        return not first.isdigit()
    if _DOTTED.match(word):  # "i.v. The", "U.S. Patients": an end if a plain word follows
        return bool(re.match(r"[A-Z][a-z]*\s", rest)) and word[-1].islower()
    return not _INITIAL.match(word) or bool(_LETTERED.search(text[: mark - len(word)]))


def _starts_like_a_symbol(rest: str) -> bool:
    """Sentences may begin with mRNA, p53, iCAFs, miR-21, 5-FU, α-SMA: lower case, then a mark."""
    word = re.match(r"\S+", rest)
    return bool(word and re.search(r"^[a-zα-ω]{1,3}[A-Z0-9]|^[a-zα-ω]{1,2}-[A-Z]", word.group()))
