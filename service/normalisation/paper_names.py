"""Which papers a person names: by identifiers, addresses or citations, one or a list. Pure.

A name is an identifier behind its kind, as the archive's keys are ("doi:10.5555/heron.1"), and
"europepmc:PPR/PPR900001" for what Europe PMC alone numbers. Nothing is fetched: of an address only
the identifier in it counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from service.errors import InputError
from service.normalisation import feed_ids, identifiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LONGEST = 300  # characters of a name
_LONG_CITATION = 800
_WORDS_OF_A_PAGE = 8  # what stands above the identifiers of a page has more than a slip of the pen
_SPOKEN = {"pmid": "PMID ", "doi": "DOI ", "arxiv": "arXiv ", "pmcid": "", "europepmc": ""}
_BEST = ("pmid", "pmcid", "doi", "arxiv", "europepmc")
_WRONG = "names no paper that Litwatch can tell"
_REMEDY = "give a PMID, PMCID, DOI or arXiv id, or an address that holds one; no page is opened"

_BETWEEN_NAMES = frozenset({"and", "&"})
_BULLET = re.compile(r"^(?:[-*\u2022\u2013+]|[0-9]{1,3}[.)])\s+")
_BRACKETS = re.compile(r"\s*\[[^\[\]]{0,60}\]\s*$")  # [Indexed for MEDLINE], [q-bio.TO]
_LABEL = re.compile(r"\b(pmid|pmcid|pmc|pubmed|doi|arxiv)(?:\s*:\s*|\s+)(?=[\w])", re.IGNORECASE)
_PARTED = re.compile(
    r"[,;|]?\s+|[,;|](?=https?:|doi:|pmid:|pmc|ppr|arxiv:|10\.\d{4,9}/|\d{5,9}(?:[,;|\s]|$)|$)",
    re.IGNORECASE,
)
_OPENING, _CLOSING = "<([{\"'\u201c\u2018", ">)]}\"'\u201d\u2019.,;:"
_LABELLED = re.compile(
    r"\b(?:doi|pmid|pmcid)\s*:\s*\S+|https?://(?:dx\.)?doi\.org/\S+", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\s.,;)\]]*(?:epub[^.;]{0,30}[.;])?[\s.,;)\]]*", re.IGNORECASE)

_DOI = re.compile(
    r"(?:doi:|info:doi/|urn:doi:|(?:https?://)?(?:dx\.|www\.)?doi\.org/)?.{0,4}10\.\d", re.I
)
_PMID = re.compile(r"\d{5,9}|(?:pmid|pubmed)\D.*|\D.*ncbi.*", re.IGNORECASE)
_OLD_ARXIV = re.compile(r"(?:cs|math|nlin|physics|[a-z]+-[a-z]+)(?:\.[a-z-]+)?/\d", re.IGNORECASE)
_PPR = re.compile(r"PPR[1-9]\d{0,9}", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:https?://)?(?P<host>(?:[a-z0-9-]+\.)+[a-z]{2,24})(?::\d+)?(?P<path>/\S*)?", re.IGNORECASE
)
_DOI_INSIDE = re.compile(r"(?:/|[?&=])(10\.\d{4,9}/[^?#&\s]+)")
_ARTICLE_NUMBER = re.compile(r"/\d{4,}(?:/[^/]*)?$")
_VERSION = re.compile(r"(?<=\d)v\d+(?:[./+].*)?$")
_POSTED = re.compile(r"(10\.(?:1101|64898)/[\d.]+)v\d+")  # its versions share a DOI
_PART = re.compile(r"/(?:(?:figures|tables)/\d+|fulltext\.html|references|suppinfo|summary|meta)$")
# Sites whose addresses hold an identifier in a form of their own.
_SITES = (
    (r"ncbi\.nlm\.nih\.gov|europepmc\.org", r"/(PMC[1-9]\d{0,9})(?![\w])", "pmcid:{}"),
    (r"ncbi\.nlm\.nih\.gov", r"^/(?:m/)?(?:pubmed/)?([1-9]\d{0,8})(?![\w])", "pmid:{}"),
    (r"europepmc\.org", r"/MED/([1-9]\d{0,8})(?![\w])", "pmid:{}"),
    (r"europepmc\.org", r"/PPR/(PPR[1-9]\d{0,9})(?![\w])", "europepmc:PPR/{}"),
    (r"nature\.com", r"/articles/([a-z][\w.-]*\d[\w-]*?)(?:\.pdf)?(?:[/?#]|$)", "doi:10.1038/{}"),
    (r"elifesciences\.org", r"/articles/(\d{5,})(?![\w])", "doi:10.7554/elife.{}"),
)


def spoken(name: str) -> str:
    """A name as people write it: "PMID 38000001"."""
    kind, _, value = name.partition(":")
    return _SPOKEN[kind] + value.removeprefix("PPR/")


def paper_names(text: str) -> tuple[str, ...]:
    """The papers that a text names where it is nothing but names or citations, each once, in its
    order; () for any other text.

    Raises `InputError` for an address without an identifier, and for a list in which something
    names no paper.
    """
    plain = (" ".join(line.split()) for line in text.splitlines())
    lines = [told for line in plain if (told := _BULLET.sub("", line, count=1))]
    read = [_line(line) for line in lines]
    named = [bool(names) and all(names) for names in read]
    if lines and all(named):
        return tuple(dict.fromkeys(name for names in read for name in names))
    if page := _page(lines, read, named):
        return (page,)
    _refuse_slips(lines, read, named)
    return ()


# -- one or several -------------------------------------------------------------------------------


def _line(line: str) -> tuple[str, ...]:
    """What each word of a line names, "" for nothing; a citation names one paper."""
    names = tuple(name_of(word) for word in _words(line))
    cited = () if all(names) else _citation(line)
    return cited or names


def _words(line: str) -> list[str]:
    plain = _LABEL.sub(r"\1:", _BRACKETS.sub("", line))
    return [word for word in _PARTED.split(plain) if word and word.lower() not in _BETWEEN_NAMES]


def _citation(line: str) -> tuple[str, ...]:
    """The paper whose identifiers a citation ends with: "Berg A. Herons. 2026. doi: 10.5555/h.".
    What stands in brackets is another's."""
    if len(line) > _LONG_CITATION:
        return ()
    line = _BRACKETS.sub("", line)
    names: list[str] = []
    end = len(line)
    for match in reversed(list(_LABELLED.finditer(line))):
        if not _BETWEEN.fullmatch(line, match.end(), end):
            break
        names.append(name_of(_words(match.group())[0]))
        end = match.start()
    return () if line[:end].endswith(("(", "[")) else _best(names)


def _page(lines: Sequence[str], read: Sequence[tuple[str, ...]], named: Sequence[bool]) -> str:
    """The paper of a text that was taken from a page: its last lines are identifiers, of each kind
    one at most."""
    count = next((n for n, good in enumerate(reversed(named)) if not good), 0)
    last = [name for names in read[len(read) - count :] for name in names]
    kinds = [name.partition(":")[0] for name in last]
    words = sum(len(line.split()) for line in lines[: len(lines) - count])
    once = len(set(kinds)) == len(kinds)
    return _best(last)[0] if last and once and words >= _WORDS_OF_A_PAGE else ""


def _best(names: Iterable[str]) -> tuple[str, ...]:
    """Of several names of one paper that by which most is found."""
    known = sorted(filter(None, names), key=lambda name: _BEST.index(name.partition(":")[0]))
    return tuple(known[:1])


def _refuse_slips(
    lines: Sequence[str], read: Sequence[tuple[str, ...]], named: Sequence[bool]
) -> None:
    """Tell what is no name in a list of names, and what is an address of no paper."""
    if len(lines) > 1 and 2 * sum(named) >= len(lines):
        raise _unnamed(next(line for line, good in zip(lines, named, strict=True) if not good))
    if len(lines) != 1:
        return
    words, [names] = _words(lines[0]), read
    if len(words) == len(names) > 1 and 2 * sum(map(bool, names)) >= len(names):
        raise _unnamed(next(word for word, name in zip(words, names, strict=True) if not name))
    if len(words) == 1 and re.match(r"https?://|www\.", words[0], re.IGNORECASE):
        raise _unnamed(words[0])


def _unnamed(text: str) -> InputError:
    plain = "".join(char if char.isprintable() else " " for char in text)
    return InputError(plain if len(plain) <= 80 else f"{plain[:79]}\u2026", _WRONG, _REMEDY)


# -- one ------------------------------------------------------------------------------------------


def name_of(word: str) -> str:
    """The name of the paper that one word is; "" for a word that is none. A bare number of five
    digits or more is a PMID."""
    return "" if len(word) > _LONGEST else next(filter(None, _readings(word)), "")


def _readings(word: str) -> Iterator[str | None]:
    """The name by each kind of identifier in turn, if it is one."""
    word = word.lstrip(_OPENING)
    bare = word.rstrip(_CLOSING)
    arxiv = identifiers.arxiv(bare)
    if arxiv and ("/" not in arxiv[0] or _OLD_ARXIV.search(bare)):
        yield f"arxiv:{arxiv[0]}"
    if _DOI.match(word) and (doi := identifiers.doi(word)):
        yield _by_doi(doi)
    if _PMID.fullmatch(bare) and (pmid := identifiers.pmid(bare)):
        yield f"pmid:{pmid}"
    if "pmc" in bare.lower() and (pmcid := identifiers.pmcid(bare)):
        yield f"pmcid:{pmcid}"
    if _PPR.fullmatch(bare):
        yield f"europepmc:PPR/{bare.upper()}"
    if address := _ADDRESS.fullmatch(bare):
        yield _in_address(address["host"].lower(), unquote(address["path"] or ""))


def _by_doi(doi: str) -> str:
    """The name of the paper by its DOI: arXiv's hold the id that sources know it by."""
    if arxiv := identifiers.arxiv(doi):
        return f"arxiv:{arxiv[0]}"
    posted = _POSTED.fullmatch(doi)
    return f"doi:{posted[1] if posted else doi}"


def _in_address(host: str, path: str) -> str:
    """The name that an address holds in its path or its query; "" where it holds none."""
    host = host.replace("-", ".")  # libraries write www-nature-com.proxy.example.org
    for site, pattern, name in _SITES:
        at_site = re.search(rf"(?:^|\.)(?:{site})(?:\.|$)", host)
        if at_site and (found := re.search(pattern, path, re.IGNORECASE)):
            value = found[1]
            return name.format(value.lower() if name.startswith("doi:") else value.upper())
    inside = _DOI_INSIDE.search(path)
    return _published(host, path, inside[1]) if inside else ""


def _published(host: str, path: str, doi: str) -> str:
    """The name by a DOI in an address, less what the site adds to it."""
    if re.search(r"/(?:advance-)?article(?:-\w+)?/doi/", path):
        doi = _ARTICLE_NUMBER.sub("", doi)
    if "rxiv.org" in host:
        doi = _VERSION.sub("", doi)
    doi = _PART.sub("", doi).removesuffix(".pdf")
    # The rest ("/full", ".abstract") is taken off as it is for the link of a feed's entry.
    ids = feed_ids.identify({"link": f"https://{host}/doi/{doi}"}).ids
    return f"arxiv:{ids.arxiv}" if ids.arxiv else f"doi:{ids.doi}" if ids.doi else ""
