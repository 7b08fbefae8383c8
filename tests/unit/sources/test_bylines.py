from __future__ import annotations

import json
from typing import Any

import pytest

from service.records import FollowedAuthor, Record
from service.sources.bylines import Byline, bylines, is_by
from tests.fakes_citing import Citer, article, author

ORCID = "0000-0002-1825-0097"
OTHER = "0000-0001-5109-3700"
BY_NAME = FollowedAuthor("Okafor, Chidi N", "", "Heidelberg")
BY_ORCID = FollowedAuthor("Okafor Chidi", ORCID)
HEIDELBERG = "Institute of Tests, Heidelberg University, Germany."


def pubmed(*authors: str) -> Record:
    return Record("pubmed", "1", "1", "pubmed-xml", article(Citer("1"), "".join(authors)).encode())


def europepmc(*authors: dict[str, Any]) -> Record:
    result = {"id": "1", "source": "MED", "authorList": {"author": list(authors)}}
    return Record("europepmc", "MED/1", "", "europepmc-json", json.dumps(result).encode())


def person(family: str, first: str, orcid: str = "", *affiliations: str) -> dict[str, Any]:
    told = [{"affiliation": each} for each in affiliations]
    return {
        "fullName": f"{family} {first[:1]}",
        "firstName": first,
        "lastName": family,
        "initials": first[:1],
        **({"authorId": {"type": "ORCID", "value": orcid}} if orcid else {}),
        **({"authorAffiliationDetailsList": {"authorAffiliation": told}} if told else {}),
    }


def test_the_authors_of_a_record_of_pubmed() -> None:
    told = author("Okafor", "Chidi N", f"https://orcid.org/{ORCID}", HEIDELBERG, "Also elsewhere")
    group = "<Author><CollectiveName>The Test Group</CollectiveName></Author>"
    assert bylines(pubmed(told, group)) == (
        Byline("Okafor", "Chidi N", ORCID, (HEIDELBERG, "Also elsewhere")),
        Byline("", ""),
    )


def test_the_authors_of_a_record_of_europe_pmc() -> None:
    found = bylines(europepmc(person("Okafor", "Chidi", ORCID, HEIDELBERG), {"fullName": "X Y"}))
    assert found == (Byline("Okafor", "Chidi", ORCID, (HEIDELBERG,)), Byline("", ""))


@pytest.mark.parametrize(
    "record",
    [
        Record("pubmed", "1", "", "pubmed-xml", b"<PubmedArticle><Auth"),
        Record("europepmc", "MED/1", "", "europepmc-json", b"{"),
        Record("europepmc", "MED/1", "", "europepmc-json", b'{"authorList": {"author": "Okafor"}}'),
        Record("europepmc", "MED/1", "", "europepmc-json", b"[]"),
        Record("arxiv", "1", "", "arxiv-xml", b"<entry/>"),
    ],
)
def test_a_record_that_names_nobody_is_by_nobody(record: Record) -> None:
    assert bylines(record) == ()
    assert not is_by(BY_NAME, record)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (("Okafor", "C", ORCID), True),
        (("Somebody", "Else", ORCID), True),  # names change, ORCIDs do not
        (("Okafor", "Chidi", OTHER), False),
        (("Okafor", "Chidi", ""), False),  # a name alone says nothing
    ],
)
def test_who_is_followed_by_orcid(one: tuple[str, str, str], same: bool) -> None:
    assert is_by(BY_ORCID, pubmed(author(*one))) is same
    assert is_by(BY_ORCID, europepmc(person(*one))) is same


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (("Okafor", "Chidi N", "", HEIDELBERG), True),
        (("OKAFOR", "C", "", "heidelberg university"), True),
        (("Okafór", "Chidi Nnamdi", "", HEIDELBERG), True),
        (("Okafor", "CN", "", HEIDELBERG), True),
        (("Okafor", "Chidi", ORCID, HEIDELBERG), True),  # whose ORCID we do not know
        (("Okafor", "Chidi", "", "University of Lagos"), False),
        (("Okafor", "Charles", "", HEIDELBERG), False),
        (("Okafor", "CB", "", HEIDELBERG), False),
        (("Okafor", "", "", HEIDELBERG), False),
        (("Okafor-Smith", "Chidi", "", HEIDELBERG), False),
        (("Okafor", "Chidi", ""), True),  # without affiliations the source is believed
    ],
)
def test_who_is_followed_by_name_and_affiliation(one: tuple[str, ...], same: bool) -> None:
    assert is_by(BY_NAME, pubmed(author(*one))) is same
    assert is_by(BY_NAME, europepmc(person(*one))) is same


def test_the_affiliation_must_be_that_of_the_namesake() -> None:
    elsewhere = author("Okafor", "Chidi", "", "University of Lagos")
    colleague = author("Meier", "Ute", "", HEIDELBERG)
    assert not is_by(BY_NAME, pubmed(elsewhere, colleague))


def test_who_is_followed_by_both_is_known_by_either_unless_another_orcid_stands_there() -> None:
    both = FollowedAuthor("Okafor, Chidi", ORCID, "Heidelberg")
    assert is_by(both, pubmed(author("Okafor", "Chidi", "", HEIDELBERG)))
    assert is_by(both, pubmed(author("Okafor", "C", ORCID)))
    assert not is_by(both, pubmed(author("Okafor", "Chidi", OTHER, HEIDELBERG)))
