from __future__ import annotations

from dataclasses import replace

import pytest

from service.deduplication import near
from service.records import NOTICES, Author, Identifiers, Kind, Paper
from tests.papers import paper, preprint

ABSTRACT = (
    "Neutrophils that infiltrate pancreatic tumours are restrained by fibroblasts of the stromal "
    "niche, and releasing that restraint slowed tumour growth in three independent mouse models "
    "while leaving circulating neutrophils unaffected throughout the observation period."
)


def pair(**changes: object) -> tuple[Paper, Paper]:
    """An article and its preprint, which differs in `changes`."""
    authors = tuple(Author(family, "M") for family in ("Lindqvist", "Okafor", "Bauer"))
    article = paper(1, authors=authors, abstract=ABSTRACT)
    return article, preprint(1, **({"authors": authors, "abstract": ABSTRACT} | changes))


def meets(article: Paper, other: Paper) -> tuple[bool, bool]:
    """Whether they meet when the article, and when the preprint comes second."""
    return (
        bool(near.sought(article) & near.carried(other)),
        bool(near.sought(other) & near.carried(article)),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "An entirely different heading", "abstract": ""},
        {"authors": (Author("Lindqvist", "Maja"), Author("Costa", "Ana")), "abstract": ""},
        {"authors": (Author("Costa", "Ana"), Author("Bauer", "M")), "abstract": ""},
        {"authors": (Author("Costa", "Ana"), Author("Silva", "Rui")), "title": "Quite another"},
    ],
    ids=["title and abstract", "last author", "first author", "title and both ends"],
)
def test_a_preprint_and_its_article_meet_whatever_one_thing_changed(
    changes: dict[str, object],
) -> None:
    assert meets(*pair(**changes)) == (True, True)


def test_two_articles_never_meet() -> None:
    one, _ = pair()
    assert near.sought(one).isdisjoint(near.carried(replace(one, ids=Identifiers(doi="10.5555/z"))))


def test_others_do_not_meet() -> None:
    article, _ = pair()
    stranger = preprint(2, title="Gut microbes and sleep in infants", abstract=ABSTRACT[::-1])
    assert meets(article, stranger) == (False, False)


def test_an_article_carries_few_keys() -> None:
    article, other = pair()
    assert len(near.carried(article)) <= 5
    assert len(near.carried(other)) <= 10


@pytest.mark.parametrize("kind", sorted(NOTICES | {Kind.NEWS, Kind.COMMENT}))
def test_what_no_preprint_becomes_has_no_such_keys(kind: Kind) -> None:
    article = replace(pair()[0], kind=kind)
    assert near.carried(article) == near.sought(article) == frozenset()


def test_articles_from_before_the_preprint_servers_carry_none() -> None:
    article, other = pair()
    assert near.carried(replace(article, published="2012-12-31")) == frozenset()
    assert near.carried(replace(article, published="2013")) != frozenset()
    assert near.carried(replace(article, published=None)) != frozenset()
    assert near.carried(replace(other, published="2009-01-01")) != frozenset()


def test_lost_greek_letters_and_punctuation_do_not_keep_abstracts_apart() -> None:
    """bioRxiv's replies lose them."""
    article, other = pair()
    lossy = ABSTRACT.replace(", and", " and").replace("-", " ")
    greek = ABSTRACT.replace("pancreatic", "β-pancreatic")
    strangers = (Author("Costa", "Ana"),)
    article = replace(article, abstract=greek)
    other = replace(other, abstract=lossy, authors=strangers, title="Quite another")
    assert meets(article, other) == (True, True)


def test_a_paper_without_a_title_or_without_authors_is_met_by_little() -> None:
    article, _ = pair()
    assert near.carried(replace(article, title="")) == frozenset()
    assert len(near.carried(replace(article, authors=()))) == 2  # of its abstract
