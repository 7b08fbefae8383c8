from __future__ import annotations

import json
from typing import Any

import pytest

from service.errors import ParseError
from service.normalisation import crossref
from service.records import Author, Flag, Kind, Link, Paper, Record, Relation

DOI = "10.1000/own"


def read(**work: Any) -> Paper:
    work.setdefault("DOI", DOI)
    payload = json.dumps(work).encode()
    return crossref.article(Record("crossref", work["DOI"], "", "crossref-json", payload))


def a_preprint(**work: Any) -> Paper:
    return read(type="posted-content", subtype="preprint", **work)


def targets(paper: Paper) -> list[tuple[Relation, str | None]]:
    return [(link.relation, link.target.doi) for link in paper.links]


def related(name: str, *dois: str) -> dict[str, Any]:
    return {name: [{"id-type": "doi", "id": doi, "asserted-by": "subject"} for doi in dois]}


def day(*parts: int | None) -> dict[str, Any]:
    return {"date-parts": [list(parts)]}


def test_an_article_is_read_whole() -> None:
    paper = read(
        type="journal-article",
        title=["A title"],
        subtitle=["With more"],
        language="en",
        author=[
            {"given": "Ann B.", "family": "Lee", "ORCID": "http://orcid.org/0000-0002-1825-0097"},
            {"given": "Bo", "family": "Ng", "suffix": "Jr"},
            {"name": "The Group"},
        ],
        **{
            "container-title": ["PLOS ONE"],
            "short-container-title": ["PLoS ONE"],
            "ISSN": ["1932-6203"],
            "subject": ["Cancer", "Cancer"],
            "created": {"date-time": "2017-03-13T17:57:43Z"},
            "deposited": {"date-time": "2018-10-23T20:24:00Z"},
            "published-online": day(2017, 3, 13),
            "published-print": day(2017, 1),
            "license": [
                {"content-version": "tdm", "URL": "http://x/tdm"},
                {"content-version": "vor", "URL": "http://creativecommons.org/licenses/by/4.0/"},
            ],
            "link": [{"URL": "https://x/a.pdf", "content-type": "application/pdf"}],
        },
    )
    assert paper.title == "A title: With more"
    assert paper.kind is Kind.ARTICLE
    assert paper.types == ("journal-article",)
    assert paper.authors == (
        Author("Lee", "Ann B.", "", "0000-0002-1825-0097"),
        Author("Ng", "Bo Jr"),
        Author(collective="The Group"),
    )
    assert (paper.venue, paper.venue_short, paper.issn) == ("PLOS ONE", "PLoS ONE", "1932-6203")
    assert (paper.published, paper.entered, paper.revised) == (
        "2017-03-13",
        "2017-03-13",
        "2018-10-23",
    )
    assert (paper.licence, paper.keywords) == ("CC BY 4.0", ("Cancer",))
    assert (paper.url, paper.pdf_url) == (f"https://doi.org/{DOI}", "https://x/a.pdf")


def test_a_work_without_a_doi_is_a_parse_error() -> None:
    with pytest.raises(ParseError):
        read(DOI="nonsense", title=["A"])


@pytest.mark.parametrize(
    ("doi", "more", "venue", "category"),
    [
        ("10.1101/1", {"institution": [{"name": "bioRxiv"}], "group-title": "X"}, "bioRxiv", "X"),
        ("10.2139/ssrn.1", {"group-title": "SSRN"}, "SSRN", ""),
        ("10.26434/chemrxiv-1", {"group-title": "Chemistry"}, "ChemRxiv", "Chemistry"),
        ("10.20944/preprints1.v1", {"publisher": "MDPI AG"}, "Preprints.org", ""),
        ("10.9999/x", {"publisher": "Some Server"}, "Some Server", ""),
    ],
)
def test_a_preprint_is_at_home_on_its_server(
    doi: str, more: dict[str, Any], venue: str, category: str
) -> None:
    paper = a_preprint(DOI=doi, **more)
    assert (paper.kind, paper.venue, paper.category) == (Kind.PREPRINT, venue, category)


def test_posted_content_that_is_no_preprint_is_not_called_one() -> None:
    assert read(type="posted-content", subtype="other").kind is Kind.OTHER


# -- dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"posted": day(2025)}, "2025"),
        ({"published": day(2024, 3), "issued": day(2024)}, "2024-03"),
        ({"published-print": day(2025, 3), "published-online": day(2025, 2, 14)}, "2025-02-14"),
        ({"published-print": day(2025, 13, 40)}, "2025"),
        ({"issued": day(None)}, None),
        ({"issued": {"date-parts": [[]]}}, None),
        ({"issued": {"date-parts": None}}, None),
        ({}, None),
    ],
)
def test_the_first_public_date_is_chosen(dates: dict[str, Any], expected: str | None) -> None:
    assert read(**dates).published == expected


# -- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "abstract",
    [
        "<jats:title>Abstract</jats:title><jats:p>TGF-β &lt; 5</jats:p>",
        "<title>Abstract</title>\n        <p>TGF-β &lt; 5</p>",
        "<ns3:p>TGF-&amp;beta; &amp;lt; 5</ns3:p>",
        "&lt;p&gt;TGF-&amp;beta; &amp;lt; 5&lt;/p&gt;",
        "<jats:p>&lt;p&gt;TGF-&amp;beta; &amp;lt; 5&lt;/p&gt;</jats:p>",
    ],
)
def test_an_abstract_is_clean_however_often_it_is_encoded(abstract: str) -> None:
    assert read(abstract=abstract).abstract == "TGF-β < 5"


def test_a_structured_abstract_keeps_its_headings() -> None:
    paper = read(
        abstract="<jats:sec><jats:title>Background</jats:title><jats:p>One.</jats:p></jats:sec>"
        "<jats:sec><jats:title>Results</jats:title><jats:p>Two.</jats:p></jats:sec>"
    )
    assert [(s.label, s.text) for s in paper.sections] == [
        ("Background", "One."),
        ("Results", "Two."),
    ]


def test_an_empty_abstract_is_no_abstract() -> None:
    assert read(abstract="<jats:p/>").sections == ()


def test_spaces_lost_around_italics_come_back_in_preprints_alone() -> None:
    glued = "of successful<i>Shigella sonnei</i>in CO<sub>2</sub>by<i>p</i>"
    assert a_preprint(title=[glued]).title == "of successful Shigella sonnei in CO2byp"
    assert read(title=["in <i>cis</i>platin"]).title == "in cisplatin"


def test_a_double_encoded_title_is_clean() -> None:
    assert a_preprint(title=["&lt;i&gt;In vivo&lt;/i&gt; study"]).title == "In vivo study"


# -- links, flags, notices ---------------------------------------------------------------------


def test_relations_become_links_once_and_never_to_oneself() -> None:
    paper = a_preprint(
        relation={
            **related("is-preprint-of", "10.1002/ANIE.1"),
            **related("is-version-of", "10.1000/v2", DOI),
            **related("has-version", "10.1000/v2"),
            **related("has-review", "10.1000/review"),
        }
    )
    assert targets(paper) == [
        (Relation.PREPRINT_OF, "10.1002/anie.1"),
        (Relation.VERSION_OF, "10.1000/v2"),
    ]


def test_an_article_names_its_preprint() -> None:
    paper = read(relation={"has-preprint": {"id-type": "doi", "id": "10.1101/074898"}})
    assert targets(paper) == [(Relation.HAS_PREPRINT, "10.1101/074898")]


@pytest.mark.parametrize(
    ("kind", "relation", "expected"),
    [
        ("retraction", Relation.RETRACTION_OF, Kind.RETRACTION),
        ("withdrawal", Relation.RETRACTION_OF, Kind.RETRACTION),
        ("removal", Relation.RETRACTION_OF, Kind.RETRACTION),
        ("partial_retraction", Relation.PARTIAL_RETRACTION_OF, Kind.RETRACTION),
        ("correction", Relation.ERRATUM_FOR, Kind.ERRATUM),
        ("corrigendum", Relation.ERRATUM_FOR, Kind.ERRATUM),
        ("erratum", Relation.ERRATUM_FOR, Kind.ERRATUM),
        ("expression_of_concern", Relation.CONCERN_FOR, Kind.CONCERN),
        ("new_version", Relation.VERSION_OF, Kind.ARTICLE),
        ("crossmark_novelty", Relation.OTHER, Kind.ARTICLE),
    ],
)
def test_an_update_makes_the_work_a_notice(kind: str, relation: Relation, expected: Kind) -> None:
    paper = read(type="journal-article", **{"update-to": [{"DOI": "10.1000/T", "type": kind}]})
    assert targets(paper) == [(relation, "10.1000/t")]
    assert paper.kind is expected
    assert paper.flags == frozenset()


@pytest.mark.parametrize(
    ("kind", "relation", "flag"),
    [
        ("retraction", Relation.RETRACTION_IN, Flag.RETRACTED),
        ("withdrawal", Relation.RETRACTION_IN, Flag.WITHDRAWN),
        ("correction", Relation.ERRATUM_IN, Flag.CORRECTED),
        ("expression_of_concern", Relation.CONCERN_IN, Flag.CONCERN),
    ],
)
def test_an_updated_work_is_flagged(kind: str, relation: Relation, flag: Flag) -> None:
    entry = {"DOI": "10.1000/notice", "type": kind, "label": "said so"}
    paper = read(type="journal-article", **{"updated-by": [entry]})
    assert targets(paper) == [(relation, "10.1000/notice")]
    assert paper.links[0].text == "said so"
    assert paper.flags == {flag}
    assert paper.kind is Kind.ARTICLE


def test_a_new_version_of_itself_is_neither_link_nor_flag() -> None:
    entry = {"DOI": DOI.upper(), "type": "new_version"}
    paper = read(type="journal-article", **{"update-to": [entry], "updated-by": [entry]})
    assert (paper.links, paper.flags, paper.kind) == ((), frozenset(), Kind.ARTICLE)


def test_a_work_that_retracts_itself_is_retracted_and_no_notice() -> None:
    entry = {"DOI": DOI, "type": "retraction"}
    paper = read(type="journal-article", **{"update-to": [entry]})
    assert (paper.flags, paper.kind, paper.links) == ({Flag.RETRACTED}, Kind.ARTICLE, ())


def test_a_correction_is_known_by_its_title_alone() -> None:
    paper = read(type="journal-article", title=["Correction: A study"])
    assert (paper.kind, paper.title) == (Kind.ERRATUM, "A study")


def test_a_retracted_title_flags_the_paper() -> None:
    paper = read(type="journal-article", title=["RETRACTED: A study"])
    assert (paper.kind, paper.flags) == (Kind.ARTICLE, {Flag.RETRACTED})


def test_links_keep_the_sources_own_wording() -> None:
    (link,) = a_preprint(relation=related("is-preprint-of", "10.1002/ANIE.1")).links
    assert isinstance(link, Link)
    assert link.text == "10.1002/ANIE.1"
