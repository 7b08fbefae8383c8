"""What people are told apart by: checked ORCIDs, and names in their parts. Pure."""

from __future__ import annotations

import re
import unicodedata

_ORCID = re.compile(
    r"(?:(?:https?://)?(?:www\.)?orcid\.org/|orcid\s*:?\s*)?"
    r"([0-9]{4})[-\s]?([0-9]{4})[-\s]?([0-9]{4})[-\s]?([0-9]{3}[0-9X])/?",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"[A-Z]{1,3}")  # written together, as PubMed does


def orcid(text: str) -> str:
    """The ORCID as 0000-0000-0000-000X; "" where the text is none, or its check digit (ISO 7064,
    mod 11-2) is wrong."""
    match = _ORCID.fullmatch(text.strip())
    if match is None:
        return ""
    digits = "".join(match.groups()).upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[-1] != ("X" if check == 10 else str(check)):
        return ""
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))


def parted(name: str) -> tuple[str, str]:
    """Family and given names of "Family, Given" or "Family Given"; of several words without a comma
    the last are the given names."""
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma:
        family, _, given = name.strip().rpartition(" ")
    return family.strip(), given


def initials(given: str) -> str:
    """The initials of given names, as "CN" for "Chidi N.", "Chidi-Nnamdi" and "CN"."""
    bare = given.replace(".", " ").replace("-", " ").strip()
    if _INITIALS.fullmatch(bare):
        return bare
    return "".join(word[0].upper() for word in bare.split())


def folded(text: str) -> str:
    """What is equal for spellings of one name: letters and digits only, without accents or case."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))
