from __future__ import annotations

import pytest

from service.deduplication import PROBABLY, deduplicate
from service.deduplication.matching import probably_same_work, same_work
from service.records import Arrival, Author, Certainty, Identifiers, Kind, Paper, Relation
from tests.papers import paper, preprint, states

NONE = Identifiers()


def agree(one: Paper, other: Paper) -> str | None:
    """The answer must not hang on which paper is asked about which."""
    forth, back = same_work(one, other), same_work(other, one)
    assert (forth is None) == (back is None)
    return forth


def guess(one: Paper, other: Paper) -> str | None:
    """Likewise for what nothing states."""
    forth, back = probably_same_work(one, other), probably_same_work(other, one)
    assert forth == back
    return forth.reason if forth else None


def test_a_shared_id_is_one_work_whatever_else_differs() -> None:
    other = paper(2, ids=Identifiers(doi="10.5555/stroma.1"), authors=(), published=None)
    assert agree(paper(1), other) == "same doi 10.5555/stroma.1"


def test_versions_of_a_preprint_are_one_work() -> None:
    assert agree(preprint(1, "1"), preprint(1, "2", title="Quite another title")) is not None


def test_dois_that_differ_in_their_version_are_one_work() -> None:
    first, second = (Identifiers(doi=f"10.21203/rs.3.rs-1/v{n}") for n in (1, 2))
    assert agree(paper(1, ids=first), paper(2, ids=second)) == "same doi 10.21203/rs.3.rs-1"


def test_two_pubmed_records_under_one_doi_are_two_works() -> None:
    one = paper(1, ids=Identifiers(doi="10.5555/book", pmid="1"))
    other = paper(2, ids=Identifiers(doi="10.5555/book", pmid="2"))
    assert agree(one, other) is None


def test_two_pubmed_records_under_one_doi_with_one_title_are_one_work() -> None:
    one = paper(1, ids=Identifiers(doi="10.5555/x", pmid="1"))
    assert agree(one, paper(1, ids=Identifiers(doi="10.5555/x", pmid="2"))) is not None


@pytest.mark.parametrize("kind", [Kind.ERRATUM, Kind.RETRACTION, Kind.CONCERN])
def test_a_notice_is_never_one_work_with_its_paper(kind: Kind) -> None:
    link = states(Relation.VERSION_OF, doi="10.5555/stroma.1")
    notice = paper(1, kind=kind, links=(link,))
    assert agree(paper(1), notice) is None


def test_two_records_of_one_notice_are_one_work() -> None:
    notice = paper(1, kind=Kind.ERRATUM)
    assert agree(notice, paper(1, kind=Kind.ERRATUM, source="europepmc")) is not None


def test_a_notice_is_not_even_probably_its_paper() -> None:
    assert guess(preprint(1), paper(1, kind=Kind.ERRATUM)) is None


def test_two_notices_of_one_title_are_two_works() -> None:
    one = paper(1, kind=Kind.ERRATUM, ids=NONE)
    assert agree(one, paper(1, kind=Kind.ERRATUM, ids=NONE)) is None
    assert guess(one, paper(1, kind=Kind.ERRATUM, ids=NONE)) is None


@pytest.mark.parametrize(
    ("relation", "says"),
    [
        (Relation.PREPRINT_OF, "is the preprint of"),
        (Relation.HAS_PREPRINT, "has the preprint"),
        (Relation.VERSION_OF, "is a version of"),
    ],
)
def test_a_stated_link_joins_whatever_the_titles(relation: Relation, says: str) -> None:
    linked = preprint(7, links=(states(relation, doi="10.5555/stroma.1"),))
    assert agree(linked, paper(1)) == f"{linked.key} {says} doi 10.5555/stroma.1"


def test_a_stated_link_between_strangers_is_not_believed() -> None:
    link = states(Relation.PREPRINT_OF, doi="10.5555/shared")
    ids = Identifiers(doi="10.5555/shared", pmid="7")
    elsewhere = {"title": "Salt intake of rural schoolchildren", "authors": (Author("Oduya", "N"),)}
    posted = preprint(1, "1", links=(link,))
    assert agree(posted, paper(2, ids=ids, **elsewhere)) is None
    for kept in ("title", "authors"):  # either speaks for the link, or says nothing
        one = elsewhere | {kept: getattr(posted, kept)}
        assert agree(posted, paper(2, ids=ids, **one)) is not None
        assert agree(posted, paper(2, ids=ids, **(elsewhere | {kept: type(one[kept])()})))


@pytest.mark.parametrize(
    ("title", "authors", "believed"),
    [
        ("Ageing stroma restores repair of tumors by age", ("Sund", "Ferro"), False),
        ("Ageing stroma restores repair of liver tumors", ("Sund", "Ferro"), True),
        ("Ageing stroma restores repair of tumors by age", ("Sund", "Oduya"), True),
        ("Ageing stroma restores bones by age", ("Sund", "Ferro", "Diaz", "Oduya"), False),
        ("Salt", ("Sund", "Ferro", "Oduya"), True),
        ("Ageing stroma restores repair of tumors by age", ("The Group",), True),
        ("Salt", ("The Group",), False),
    ],
)
def test_a_stated_link_needs_authors_or_the_title(
    title: str, authors: tuple[str, ...], believed: bool
) -> None:
    posted = preprint(
        1,
        title="Ageing stroma restores growth of liver tumors",
        authors=tuple(Author(*each.split()) for each in ("Oduya N", "Lind A", "Roth B", "Wu C")),
        links=(states(Relation.PREPRINT_OF, doi="10.5555/shared"),),
    )
    initials = {"Oduya": "N", "Lind": "A"}
    names = tuple(Author(family, initials.get(family, "Z")) for family in authors)
    ids = Identifiers(doi="10.5555/shared", pmid="7")
    found = agree(posted, paper(2, ids=ids, title=title, authors=names))
    assert (found is not None) is believed


@pytest.mark.parametrize(
    ("abstract", "family", "believed"),
    [("salt", "Roth", False), ("stroma", "Roth", True), ("salt", "Lind", True)],
    ids=["half the authors", "the abstract too", "all authors"],
)
def test_where_half_of_the_authors_are_others_the_abstract_decides(
    abstract: str, family: str, believed: bool
) -> None:
    texts = {
        subject: " ".join(f"The {subject} of organ {n} keeps kind {n} of cells." for n in range(12))
        for subject in ("stroma", "salt")
    }
    posted = preprint(
        1,
        title="Ageing stroma restores growth of liver tumors",
        authors=(Author("Oduya", "N"), Author("Lind", "A")),
        abstract=texts["stroma"].replace("keeps", "may keep"),
        links=(states(Relation.PREPRINT_OF, doi="10.5555/shared"),),
    )
    article = paper(
        2,
        ids=Identifiers(doi="10.5555/shared", pmid="7"),
        title="Rural diets",
        authors=(Author("Oduya", "N"), Author(family, "A")),
        abstract=texts[abstract].replace("keeps", "holds")
        if abstract == "salt"
        else texts["stroma"],
    )
    assert (agree(posted, article) is not None) is believed


@pytest.mark.parametrize("first", [True, False], ids=["preprint first", "articles first"])
def test_a_preprint_under_a_doi_of_two_articles_draws_only_its_own(first: bool) -> None:
    link = states(Relation.PREPRINT_OF, doi="10.5555/shared")
    posted = preprint(1, "1", links=(link,))
    own = paper(2, ids=Identifiers(doi="10.5555/shared", pmid="7"))
    other = paper(
        3,
        ids=Identifiers(doi="10.5555/shared", pmid="8"),
        title="Salt intake of rural schoolchildren",
        authors=(Author("Oduya", "N"),),
    )
    papers = [posted, other, own] if first else [other, own, posted]
    plans = deduplicate([Arrival(each) for each in papers], [])
    sizes = sorted(len(plan.joins) for plan in plans)
    assert sizes == [1, 2]


@pytest.mark.parametrize("relation", [Relation.COMMENT_ON, Relation.ERRATUM_FOR, Relation.OTHER])
def test_a_link_of_another_kind_does_not_join(relation: Relation) -> None:
    assert agree(paper(2, links=(states(relation, doi="10.5555/stroma.1"),)), paper(1)) is None


def test_a_probable_link_alone_does_not_join() -> None:
    link = states(Relation.PREPRINT_OF, Certainty.PROBABLE, doi="10.5555/stroma.1")
    assert agree(preprint(7, links=(link,)), paper(1)) is None


def test_a_preprint_and_its_article_are_one_work_by_title_and_authors() -> None:
    reason = guess(preprint(1), paper(1))
    told = "same title, first author, year within 2, 100% of authors shared"
    assert reason == PROBABLY + told
    assert agree(preprint(1), paper(1)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Stromal niche 2 shields tumour cells from neutrophil killing"},
        {"authors": (Author("Tanaka", "Rei"), Author("Okafor", "Chidi"))},
        {"authors": (Author("Lindqvist1", "Maja"), *(Author(f"A{n}") for n in range(9)))},
        {"authors": ()},
        {"published": None},
        {"published": "2023"},
    ],
    ids=["title", "first author", "overlap", "no authors", "no year", "years apart"],
)
def test_a_title_alone_is_never_enough(changes: dict[str, object]) -> None:
    one = preprint(1, authors=(*paper(1).authors, Author("Bauer"), Author("Costa")))
    assert guess(one, paper(1)) is not None
    assert guess(one, paper(1, **changes)) is None


def test_a_title_spelled_otherwise_is_the_same_title() -> None:
    spelled = paper(1).title.replace("tumour", "tumor").replace("killing", "kill-ing")
    assert guess(preprint(1), paper(1, title=spelled)) is not None


def test_authors_entered_the_wrong_way_round_are_the_same_authors() -> None:
    crossed = tuple(Author(each.given, each.family) for each in paper(1).authors)
    told = guess(preprint(1, authors=crossed), paper(1))
    assert told is not None
    assert "100% of authors shared" in told


def test_a_short_title_joins_nothing_even_with_its_authors() -> None:
    """No key would bring such papers together in every order of arrival."""
    assert guess(preprint(1, title="Reply to authors"), paper(1, title="Reply to authors")) is None


def test_two_articles_of_one_series_under_their_own_dois_are_two_works() -> None:
    other = paper(1, ids=Identifiers(doi="10.5555/part.2"))
    assert guess(paper(1), other) is None


def test_names_are_compared_without_accents_and_given_names() -> None:
    one = preprint(1, authors=(Author("Müller", "Ida"), Author("van der Berg", "P")))
    other = paper(1, authors=(Author("Muller", "I."), Author("Berg", "Piet")))
    assert guess(one, other) is not None
