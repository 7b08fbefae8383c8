from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.deduplication import PROBABLY, deduplicate, keys, part
from service.deduplication.matching import different_articles
from service.errors import InputError
from service.records import Arrival, Author, Identifiers, Kind, KnownWork, Paper, Relation
from tests.papers import paper, preprint, states
from tests.taking_in import partition


def known(number: int, *papers: Paper, first: int | None = None, **named: object) -> KnownWork:
    """A stored work; its records are numbered 10 * work + 0, 1, ..."""
    start = number * 10 if first is None else first
    return KnownWork(number, dict(enumerate(papers, start)), **named)  # type: ignore[arg-type]


def test_strangers_become_works_of_their_own() -> None:
    plans = deduplicate([Arrival(paper(1)), Arrival(paper(2))], [])
    assert [plan.work_id for plan in plans] == [None, None]
    assert [plan.joins for plan in plans] == [
        ((0, "first record of this work"),),
        ((1, "first record of this work"),),
    ]
    assert plans[0].fields.title == paper(1).title
    assert plans[0].keys == keys(paper(1))


def test_nothing_gives_nothing() -> None:
    assert deduplicate([], [known(1, paper(1))]) == ()


def test_records_of_one_batch_meet() -> None:
    [plan] = deduplicate([Arrival(paper(1)), Arrival(preprint(1)), Arrival(preprint(1, "2"))], [])
    assert [index for index, _ in plan.joins] == [0, 1, 2]
    reasons = [reason for _, reason in plan.joins]
    assert reasons[0] == "first record of this work"
    assert reasons[1].startswith(PROBABLY + "same title")
    assert plan.keys == keys(paper(1)) | keys(preprint(1))


def test_a_record_joins_the_stored_work_it_belongs_to() -> None:
    [plan] = deduplicate([Arrival(paper(1))], [known(4, preprint(1)), known(5, paper(2))])
    assert (plan.work_id, plan.absorbed) == (4, ())
    assert plan.fields.sources == ("biorxiv", "pubmed")


def test_a_record_that_bridges_works_keeps_the_oldest() -> None:
    one = paper(1, ids=Identifiers(doi="10.5555/one"))
    other = paper(2, ids=Identifiers(pmid="2"))
    bridge = paper(2, ids=Identifiers(doi="10.5555/one", pmid="2"), source="europepmc")
    [plan] = deduplicate([Arrival(bridge)], [known(9, one), known(3, other)])
    assert plan.work_id == 3
    assert plan.absorbed == ((9, "same doi 10.5555/one"),)


def test_a_changed_record_speaks_with_its_new_words_only() -> None:
    old = paper(1, abstract="Old.", ids=Identifiers(pmid="1", doi="10.5555/wrong"))
    new = paper(1, abstract="New.", ids=Identifiers(pmid="1", doi="10.5555/right"))
    [plan] = deduplicate([Arrival(new, 10, 1)], [known(1, old)])
    assert (plan.work_id, plan.fields.abstract) == (1, "New.")
    assert plan.joins == ((0, "same record, revised"),)
    assert "doi:10.5555/wrong" not in plan.keys


def test_a_changed_record_may_bridge_its_work_to_another() -> None:
    linked = preprint(1, title="Renamed", links=(states(Relation.PREPRINT_OF, pmid="40000002"),))
    [plan] = deduplicate([Arrival(linked, 10, 1)], [known(1, preprint(1)), known(2, paper(2))])
    assert (plan.work_id, [number for number, _ in plan.absorbed]) == (1, [2])


def test_what_a_person_took_out_is_not_joined_again() -> None:
    works = [known(1, preprint(1), separated=frozenset({20})), known(2, paper(1))]
    plans = deduplicate([Arrival(paper(1, abstract="Revised."), 20, 2)], works)
    assert [(plan.work_id, plan.absorbed) for plan in plans] == [(2, ())]


def test_what_a_person_took_out_is_not_joined_through_a_third_record() -> None:
    """It goes where its id says, not where its title might."""
    works = [known(1, preprint(1), separated=frozenset({20})), known(2, paper(1))]
    third = paper(1, source="europepmc", source_id="MED/1", ids=Identifiers(pmid="40000001"))
    plans = deduplicate([Arrival(third)], works)
    assert [(plan.work_id, plan.absorbed) for plan in plans] == [(2, ())]


def test_what_a_person_took_out_is_not_joined_by_two_records_that_match() -> None:
    works = [known(1, preprint(1), separated=frozenset({20})), known(2, paper(1))]
    pmid = paper(1, source="europepmc", title="A", ids=Identifiers(pmid="40000001"))
    doi = paper(1, source="crossref", title="B", ids=Identifiers(doi="10.1101/2026.000001"))
    link = states(Relation.VERSION_OF, pmid="40000001")
    both = paper(1, source="feed", title="C", ids=doi.ids, links=(link,))
    plans = deduplicate([Arrival(pmid), Arrival(doi), Arrival(both)], works)
    assert all(plan.absorbed == () for plan in plans)
    assert sorted(plan.work_id or 0 for plan in plans) == [1, 2]


# -- what is only probable


def test_a_preprint_is_joined_with_one_of_two_articles_of_its_title() -> None:
    other = paper(1, ids=Identifiers(doi="10.5555/again", pmid="9"))
    plans = deduplicate([Arrival(paper(1)), Arrival(other), Arrival(preprint(1))], [])
    assert sorted(len(plan.joins) for plan in plans) == [1, 2]


def test_the_likelier_article_gets_the_preprint() -> None:
    authors = (*paper(1).authors, Author("Bauer", "T"), Author("Costa", "A"))
    posted = preprint(1, authors=authors)
    worse = paper(1, authors=(*authors[:2], Author("Moreau", "J"), Author("Silva", "R")))
    better = paper(1, ids=Identifiers(doi="10.5555/better"), authors=authors)
    for order in ([worse, better, posted], [posted, worse, better], [better, posted, worse]):
        plans = deduplicate([Arrival(one) for one in order], [])
        [both] = [plan for plan in plans if len(plan.joins) == 2]
        assert both.fields.ids.doi == "10.5555/better"


def test_the_article_goes_before_a_letter_under_its_title() -> None:
    authors = (*paper(1).authors, Author("Bauer", "T"), Author("Costa", "A"))
    letter = paper(1, kind=Kind.LETTER, authors=authors[:2])
    article = paper(1, ids=Identifiers(doi="10.5555/full"), authors=authors)
    posted = preprint(1, authors=authors)
    plans = deduplicate([Arrival(one) for one in (letter, posted, article)], [])
    [both] = [plan for plan in plans if len(plan.joins) == 2]
    assert [index for index, _ in both.joins] == [1, 2]


def test_what_a_link_states_goes_before_what_is_likely() -> None:
    likely = paper(1)
    stated = paper(2, title="Quite another title of five words")
    posted = preprint(1, links=(states(Relation.PREPRINT_OF, pmid="40000002"),))
    plans = deduplicate([Arrival(posted), Arrival(likely), Arrival(stated)], [])
    assert {tuple(index for index, _ in plan.joins) for plan in plans} == {(0, 2), (1,)}


def test_a_work_with_its_article_takes_no_second_one() -> None:
    held = known(3, preprint(1), paper(1))
    other = paper(1, ids=Identifiers(doi="10.5555/again", pmid="9"))
    [plan] = deduplicate([Arrival(other)], [held])
    assert plan.work_id is None


def test_a_feed_s_record_of_the_preprint_is_no_article() -> None:
    doi = Identifiers(doi="10.1101/2026.000001")
    held = known(3, preprint(1), paper(1, source="feed", ids=doi))
    [plan] = deduplicate([Arrival(paper(1))], [held])
    assert plan.work_id == 3


TEXT = " ".join(f"Niche{n} holds neutrophils back from tumours of kind {n}." for n in range(12))


def test_likeness_alone_takes_no_second_preprint() -> None:
    """The same title does: authors post on two servers."""
    held = known(3, preprint(1, abstract=TEXT), paper(1, abstract=TEXT))
    ids = Identifiers(doi="10.5555/server.2")
    alike = preprint(2, ids=ids, authors=paper(1).authors, abstract=TEXT, title="How niches work")
    [plan] = deduplicate([Arrival(alike)], [held])
    assert plan.work_id is None
    [plan] = deduplicate([Arrival(replace(alike, title=paper(1).title))], [held])
    assert plan.work_id == 3
    [plan] = deduplicate([Arrival(alike)], [known(4, paper(1, abstract=TEXT))])
    assert (plan.work_id, plan.joins[0][1][: len(PROBABLY)]) == (4, PROBABLY)


def test_what_a_person_took_out_is_not_joined_by_likeness() -> None:
    posted = preprint(1, title="How niches work", authors=paper(1).authors, abstract=TEXT)
    work = known(4, paper(1, abstract=TEXT), separated=frozenset({20}))
    [plan] = deduplicate([Arrival(posted, 20, 5)], [work, known(5, posted, first=20)])
    assert (plan.work_id, plan.absorbed) == (5, ())


def test_both_sides_of_a_bridge_say_why_they_are_there() -> None:
    """One is of a known work, and brings another arrival along."""
    held = known(3, paper(9, ids=Identifiers(doi="10.1101/2026.000001")))
    plans = deduplicate([Arrival(paper(1)), Arrival(preprint(1))], [held])
    [plan] = plans
    assert [reason.split(":")[0] for _, reason in plan.joins] == [
        "probably one work",
        "same doi 10.1101/2026.000001",
    ]


# -- the partition does not hang on the order or the batches in which papers came


ID = st.sampled_from(["a", "b", "c", None])


@st.composite
def _paper(draw: st.DrawFn) -> Paper:
    doi, pmid = draw(ID), draw(ID)
    relation = draw(st.sampled_from([Relation.PREPRINT_OF, Relation.ERRATUM_FOR]))
    target = draw(st.sampled_from(["10.5555/a", "10.5555/b", ""]))
    return paper(
        1,
        ids=Identifiers(doi=doi and f"10.5555/{doi}", pmid=pmid),
        title=draw(
            st.sampled_from(["One title that is quite long", "Another title of enough words", "Hi"])
        ),
        kind=draw(st.sampled_from([Kind.ARTICLE, Kind.PREPRINT, Kind.ERRATUM])),
        published=draw(st.sampled_from(["2020", "2022-01", "2026", None])),
        links=(states(relation, doi=target),) if target else (),
    )


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(_paper(), min_size=1, max_size=8))
def test_what_ids_and_links_join_hangs_on_neither_order_nor_batches(
    data: st.DataObject, papers: list[Paper]
) -> None:
    given_order = [(i, replace(one, authors=())) for i, one in enumerate(papers)]
    wanted = partition(given_order, [len(papers)])
    order = data.draw(st.permutations(given_order))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    assert partition(order, sizes) == wanted


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(_paper(), min_size=1, max_size=8))
def test_a_guess_brings_no_two_articles_together(data: st.DataObject, papers: list[Paper]) -> None:
    """Which of two articles gets the preprint may hang on who came first; that it is one of them
    may not. In one batch: a link that is stated later joins whatever is there by then."""
    order = data.draw(st.permutations(list(enumerate(papers))))
    certain = partition([(i, replace(one, authors=())) for i, one in enumerate(papers)], [9])
    home = {index: group for group in certain for index in group}
    for work in partition(order, [9]):
        posted = {papers[i].ids.doi for i in work if papers[i].kind is Kind.PREPRINT}
        inside = [
            i
            for i in work
            if papers[i].kind is not Kind.PREPRINT
            # What a feed says of a preprint is no article.
            and (papers[i].ids.pmid or papers[i].ids.doi not in posted)
        ]
        assert not any(
            home[i] != home[j] and different_articles(papers[i], papers[j])
            for i in inside
            for j in inside
        )


# -- taking a work apart


def test_a_work_is_parted_into_what_each_side_shows() -> None:
    (out, out_keys), (left, left_keys) = part({1: paper(1), 2: preprint(2)}, [2], "work 7")
    assert (out.title, left.title) == (preprint(2).title, paper(1).title)
    assert (out_keys, left_keys) == (keys(preprint(2)), keys(paper(1)))


@pytest.mark.parametrize(
    ("record_ids", "told"), [([3], "record 3"), ([], "must keep"), ([1, 2], "must keep")]
)
def test_a_parting_that_leaves_a_side_empty_is_refused(record_ids: list[int], told: str) -> None:
    with pytest.raises(InputError, match=told):
        part({1: paper(1), 2: paper(2)}, record_ids, "work 7")
