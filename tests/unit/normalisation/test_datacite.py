from __future__ import annotations

import json
from typing import Any

import pytest

from service.errors import ParseError
from service.normalisation import datacite
from service.records import Author, Kind, Paper, Record, Relation


def read(doi: str = "10.5281/zenodo.1", **attributes: Any) -> Paper:
    body = {"id": doi, "attributes": {"doi": doi, **attributes}}
    return datacite.article(Record("datacite", doi, "", "datacite-json", json.dumps(body).encode()))


def test_an_entry_is_read_whole() -> None:
    paper = read(
        titles=[{"title": "Other", "titleType": "TranslatedTitle"}, {"title": "A title"}],
        creators=[
            {"name": "Han, J. Z.", "familyName": "Han", "givenName": "J. Z.",
             "nameIdentifiers": [{"nameIdentifierScheme": "ORCID",
                                  "nameIdentifier": "https://orcid.org/0000-0002-1825-0097"}]},
            {"name": "The Group", "nameType": "Organizational"},
            {"name": "Si, R."},
        ],
        publisher={"name": "Zenodo"},
        publicationYear=2022,
        dates=[{"date": "2022-05", "dateType": "Issued"}, {"date": "2021", "dateType": "Created"}],
        types={"resourceTypeGeneral": "Dataset"},
        subjects=[{"subject": "Cancer"}],
        descriptions=[
            {"description": "<p>One &amp; two.</p>", "descriptionType": "Abstract"},
            {"description": "Uno.", "descriptionType": "Abstract", "lang": "es"},
            {"description": "v2 notes", "descriptionType": "Other"},
        ],
        rightsList=[{"rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode"}],
        registered="2022-05-02T00:00:00Z",
        updated="2023-01-01T00:00:00Z",
        url="https://zenodo.org/1",
    )  # fmt: skip
    assert paper.title == "A title"
    assert paper.authors == (
        Author("Han", "J. Z.", "", "0000-0002-1825-0097"),
        Author(collective="The Group"),
        Author("Si", "R."),
    )
    assert (paper.venue, paper.kind, paper.published) == ("Zenodo", Kind.DATASET, "2022-05")
    assert paper.abstract == "One & two."
    assert [(o.language, o.text) for o in paper.other_abstracts] == [("es", "Uno.")]
    assert (paper.entered, paper.revised) == ("2022-05-02", "2023-01-01")
    assert (paper.licence, paper.url) == ("CC BY 4.0", "https://zenodo.org/1")
    assert (paper.keywords, paper.category) == (("Cancer",), "")


def test_arxiv_states_the_journals_doi_as_a_version() -> None:
    paper = read(
        "10.48550/arXiv.2201.06719",
        dates=[
            {"date": "2022-01-18T03:41:47Z", "dateType": "Submitted"},
            {"date": "2022-01", "dateType": "Available"},
        ],
        relatedIdentifiers=[
            {
                "relationType": "IsVersionOf",
                "relatedIdentifierType": "DOI",
                "relatedIdentifier": "10.1103/PhysRevA.1",
            }
        ],
        types={"resourceTypeGeneral": "Text"},
    )
    assert (paper.kind, paper.ids.arxiv, paper.published) == (
        Kind.PREPRINT,
        "2201.06719",
        "2022-01-18",
    )
    (link,) = paper.links
    assert (link.relation, link.target.doi) == (Relation.PREPRINT_OF, "10.1103/physreva.1")


@pytest.mark.parametrize(
    ("relation", "kind", "value", "expected"),
    [
        ("HasVersion", "DOI", "10.5281/zenodo.2", Relation.VERSION_OF),
        ("IsNewVersionOf", "arXiv", "arXiv:2101.00001v2", Relation.VERSION_OF),
        ("IsPublishedIn", "PMID", "123", Relation.PREPRINT_OF),
        ("References", "DOI", "10.1000/ref", None),
        ("IsVersionOf", "DOI", "10.5281/zenodo.1", None),
        ("IsVersionOf", "URL", "https://x", None),
    ],
)
def test_only_versions_of_the_work_become_links(
    relation: str, kind: str, value: str, expected: Relation | None
) -> None:
    related = {
        "relationType": relation,
        "relatedIdentifierType": kind,
        "relatedIdentifier": value,
    }
    links = read(relatedIdentifiers=[related]).links
    assert [link.relation for link in links] == ([expected] if expected else [])


def test_an_entry_without_a_doi_is_a_parse_error() -> None:
    with pytest.raises(ParseError):
        read("not a doi")
