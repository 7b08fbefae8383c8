"""Who a record says wrote it, with affiliations: what papers do not keep. Records in, names out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import safe_xml
from service.errors import SourceError
from service.records import names
from service.sources import europepmc_payload, pubmed_split, replies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from service.records import FollowedAuthor, Record


@dataclass(frozen=True, slots=True)
class Byline:
    """One person of a record's list of authors; `orcid` is checked, "" where none is told."""

    family: str
    given: str
    orcid: str = ""
    affiliations: tuple[str, ...] = ()


def bylines(record: Record) -> tuple[Byline, ...]:
    """The authors that a record of PubMed or Europe PMC names; () for what cannot be read."""
    try:
        if record.format == pubmed_split.FORMAT:
            return tuple(_pubmed(safe_xml.parse(record.payload)))
        if record.format == europepmc_payload.JSON:
            return tuple(_europepmc(replies.json_value(record.source, record.payload)))
    except (safe_xml.MalformedXMLError, SourceError):
        pass  # it is kept raw, with the reason, where it is understood or not
    return ()


def is_by(author: FollowedAuthor, record: Record) -> bool:
    """Whether the followed author is one of those that the record names: the same ORCID; or the
    family name, initials that agree and the part of the affiliation, where the record tells no
    other ORCID of theirs. A record without affiliations is taken at its source's word."""
    return any(_same(author, byline) for byline in bylines(record))


def _same(author: FollowedAuthor, byline: Byline) -> bool:
    if author.orcid and byline.orcid:
        return author.orcid == byline.orcid
    if not author.affiliation:
        return False
    wanted = names.folded(author.affiliation)
    told = [names.folded(each) for each in byline.affiliations]
    return _namesake(author, byline) and (not told or any(wanted in each for each in told))


def _namesake(author: FollowedAuthor, byline: Byline) -> bool:
    """Whether the names agree as far as both tell them."""
    family, given = names.parted(author.name)
    one, other = names.initials(given), names.initials(byline.given)
    if names.folded(family) != names.folded(byline.family) or not one or not other:
        return False
    full = [names.folded(each.split()[0]) for each in (given, byline.given)]
    if min(map(len, full)) > 1 and given != one and byline.given != other:
        return full[0] == full[1]
    return one.startswith(other) or other.startswith(one)


# -- PubMed ---------------------------------------------------------------------------------------


def _pubmed(root: etree._Element) -> Iterator[Byline]:
    for author in root.iterfind(".//AuthorList/Author"):
        told = (each.text or "" for each in author.iterfind("Identifier[@Source='ORCID']"))
        yield Byline(
            (author.findtext("LastName") or "").strip(),
            (author.findtext("ForeName") or author.findtext("Initials") or "").strip(),
            next((found for each in told if (found := names.orcid(each))), ""),
            tuple(
                "".join(str(piece) for piece in each.itertext())
                for each in author.iterfind("AffiliationInfo/Affiliation")
            ),
        )


# -- Europe PMC -----------------------------------------------------------------------------------


def _europepmc(result: object) -> Iterator[Byline]:
    for author in _listed(result, "authorList", "author"):
        orcid = author.get("authorId")
        value = orcid.get("value") if isinstance(orcid, dict) else None
        told = _listed(author, "authorAffiliationDetailsList", "authorAffiliation")
        yield Byline(
            str(author.get("lastName") or "").strip(),
            str(author.get("firstName") or author.get("initials") or "").strip(),
            names.orcid(str(value or "")),
            tuple(str(each.get("affiliation") or "") for each in told),
        )


def _listed(value: object, holder: str, name: str) -> list[dict[str, object]]:
    inside = value.get(holder) if isinstance(value, dict) else None
    items = inside.get(name) if isinstance(inside, dict) else None
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
