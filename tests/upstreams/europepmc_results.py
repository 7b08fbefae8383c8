"""A result of Europe PMC's search in its three lengths: idlist, lite and core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.upstreams import words

if TYPE_CHECKING:
    from tests.upstreams.world import Article, Link, Seen

Result = dict[str, Any]

_TYPES = {
    "research": ("Journal Article",),
    "erratum": ("Published Erratum",),
    "retraction": ("Retraction of Publication",),
    "concern": ("Expression of Concern",),
}
_LINKS = {
    "published": "Preprint of",
    "erratum_in": "Erratum in",
    "erratum_for": "Erratum for",
    "retraction_in": "Retraction in",
    "retraction_of": "Retraction of",
    "concern_in": "Expression of concern in",
    "concern_for": "Expression of concern for",
}


def result(seen: Seen, kind: str) -> Result:
    """The result as a `resultType` of "idlist", "lite" or "core" gives it."""
    if kind == "idlist":
        return _names(seen)
    return _lite(seen) if kind == "lite" else _core(seen)


def _source(seen: Seen) -> str:
    return seen.entry.uid.partition("/")[0]


def _names(seen: Seen) -> Result:
    article, source = seen.entry.article, _source(seen)
    found: Result = {"id": seen.entry.uid.partition("/")[2], "source": source}
    if source == "MED":
        found["pmid"] = article.pmid
    if pmcid := _pmcid(seen):
        found |= {"pmcid": pmcid, "fullTextIdList": {"fullTextId": [pmcid]}}
    return found


def _pmcid(seen: Seen) -> str:
    known = _source(seen) == "PMC" or (_source(seen) == "MED" and "pmc" in seen.state.marks)
    return seen.entry.article.pmcid if known else ""


def _doi(seen: Seen) -> str:
    article = seen.entry.article
    preprint = _source(seen) == "PPR" or not article.doi  # PubMed has records of preprints too
    return article.preprint_doi if preprint else article.doi


def _published(seen: Seen) -> str:
    article = seen.entry.article
    preprint = _source(seen) == "PPR" or article.published is None
    return str(article.posted if preprint else article.published)


def _flags(seen: Seen, *more: str) -> Result:
    held = "Y" if _pmcid(seen) else "N"
    flags: Result = {"isOpenAccess": "Y" if seen.entry.article.licence == "cc_by" else "N"}
    flags |= {"inEPMC": held, "inPMC": held, "hasPDF": held, "hasBook": "N", "hasSuppl": "N"}
    flags["citedByCount"] = 0
    names = ("hasReferences", "hasTextMinedTerms", "hasDbCrossReferences", "hasLabsLinks")
    return flags | dict.fromkeys((*names, "hasTMAccessionNumbers", *more), "N")


def _days(seen: Seen) -> Result:
    return {"firstIndexDate": str(seen.entry.filed), "firstPublicationDate": _published(seen)}


def _version(seen: Seen) -> Result:
    """Two of three preprints say their version."""
    told = _source(seen) == "PPR" and seen.entry.article.number % 3
    return {"versionNumber": int(seen.state.version or 1)} if told else {}


def _server(article: Article) -> Result:
    spelt = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
    year = article.posted.year if article.posted else 0
    return {"publisher": spelt.get(article.server, article.server), "yearOfPublication": year}


def _authors(article: Article) -> str:
    return ", ".join(f"{p.family} {p.initials}" for p in article.authors) + "."


def _types(seen: Seen) -> list[str]:
    if _source(seen) == "PPR":
        return ["Preprint"]
    retracted = ("Retracted Publication",) * ("retracted" in seen.state.marks)
    return [*retracted, *_TYPES[seen.entry.article.kind]]


# -- lite -------------------------------------------------------------------------------------------


def _lite(seen: Seen) -> Result:
    article, source = seen.entry.article, _source(seen)
    found = _names(seen)
    if source != "PMC":  # theirs have none in this length
        found["doi"] = _doi(seen)
    found |= {"title": _title(seen), "authorString": _authors(article)}
    if source != "PPR":
        title, _, issn = words.JOURNALS[article.journal]
        found |= {"journalTitle": title, "issue": "2", "journalVolume": "7"}
        found |= {"pubYear": _published(seen)[:4], "journalIssn": f"{issn}; "}
    else:
        found["pubYear"] = _published(seen)[:4]
    found["pubType"] = "; ".join(_types(seen)).lower()
    if source == "PPR":
        found["bookOrReportDetails"] = _server(article)
    return found | _flags(seen) | _version(seen) | _days(seen)


def _title(seen: Seen) -> str:
    return seen.state.title + ("" if _source(seen) == "PPR" else ".")


# -- core -------------------------------------------------------------------------------------------


def _core(seen: Seen) -> Result:
    article, source = seen.entry.article, _source(seen)
    found = _names(seen) | {"doi": _doi(seen), "title": _title(seen)}
    found |= {"authorString": _authors(article), "authorList": {"author": _people(article)}}
    if source != "PPR":
        found["journalInfo"] = _journal(seen)
    found["pubYear"] = _published(seen)[:4]
    if seen.state.abstract:
        found["abstractText"] = f"<h4>Background</h4>{_html(seen.state.abstract)}"
    if source == "MED":
        found |= {"publicationStatus": "epublish", "language": "eng", "pubModel": "Electronic"}
    found["pubTypeList"] = {"pubType": _types(seen)}
    if source == "PPR":
        found["bookOrReportDetails"] = _server(article)
    found["fullTextUrlList"] = {"fullTextUrl": [_address(_doi(seen))]}
    if links := [_link(link) for link in seen.state.links if link.pmid]:
        found["commentCorrectionList"] = {"commentCorrection": links}
    more = ("hasData", "hasEvaluations", "authMan", "epmcAuthMan", "nihAuthMan")
    found |= _flags(seen, *more) | _version(seen)
    if article.licence != "cc_no":
        found["license"] = article.licence.replace("_", "-").replace("-", " ", 1)
    found |= {"dateOfCreation": str(seen.entry.filed)} | _days(seen)
    if source == "MED" or seen.state.stated != seen.entry.filed:
        found["dateOfRevision"] = str(seen.state.stated)
    return found


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _people(article: Article) -> list[Result]:
    return [
        {
            "fullName": f"{person.family} {person.initials}",
            "firstName": person.given,
            "lastName": person.family,
            "initials": person.initials,
        }
        for person in article.authors
    ]


def _journal(seen: Seen) -> Result:
    title, short, issn = words.JOURNALS[seen.entry.article.journal]
    day = _published(seen)
    return {
        "issue": "2",
        "volume": "7",
        "journalIssueId": 3_900_000 + int(day[:4]),
        "dateOfPublication": day[:7],
        "monthOfPublication": int(day[5:7]),
        "yearOfPublication": int(day[:4]),
        "printPublicationDate": f"{day[:7]}-01",
        "journal": {
            "title": title,
            "medlineAbbreviation": short,
            "isoabbreviation": short,
            "issn": issn,
        },
    }


def _address(doi: str) -> Result:
    return {
        "availability": "Free",
        "availabilityCode": "F",
        "documentStyle": "doi",
        "site": "DOI",
        "url": f"https://doi.org/{doi}",
    }


def _link(link: Link) -> Result:
    """What they say of another paper; preprints are tied to articles by guessing."""
    found: Result = {"id": link.pmid, "source": "MED"}
    found["reference"] = f"Ex J Tumour Biol. 2027;1:1. doi: {link.doi}."
    found["type"] = _LINKS[link.kind]
    if link.kind == "published":
        found["note"] = "Link created based on a title-first author match"
    return found | {"orderIn": 1}
