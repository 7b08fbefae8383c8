"""Headings and keywords, ranking, pages by date, counts and spellings, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert, update

from service.records import Judgement, Kind, Vote
from service.records.queries import (
    AllOf,
    AnyOf,
    FromSource,
    Is,
    Not,
    OfKind,
    Part,
    Published,
    Sort,
    State,
    Words,
)
from service.store import by_date, matches, scoring
from service.store.schema import WorkRow
from tests.papers import NOW, Archive, paper, preprint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.records.queries import Term
    from service.store import Store

EVERY = AllOf(())
CANCER = Words("cancer")


def row(number: int, **changes: object) -> dict[str, object]:
    """A work as a row: what is made of records is tested elsewhere."""
    texts = {"title": f"Title {number}", "abstract": "Of cancer.", "venue": "", "url": ""}
    names = {"authors": [], "flags": [], "sources": ["pubmed"], "keywords": [], "mesh": []}
    facts = {"kind": "article", "published": "2026-01-01", "pdf_url": "", "text_hash": b""}
    times = {"first_seen_at": NOW + timedelta(hours=number), "updated_at": NOW}
    made = {"id": number, "seq": number, "announce": True}
    return {**made, **texts, **names, **facts, **times, **changes}


def put(store: Store, *rows: dict[str, object]) -> None:
    with store.engine.begin() as connection:
        connection.execute(insert(WorkRow), list(rows))


def sqlite_alone(store: Store, why: str) -> None:
    if store.engine.dialect.name == "postgresql":
        pytest.skip(why)


def ids(store: Store, term: Term) -> set[int]:
    with store.reading() as tx:
        return set(tx.search.ids(term, 50))


@pytest.fixture
def headed(store: Store) -> Store:
    put(
        store,
        row(1, mesh=["Extracellular Traps", "Neoplasms"], keywords=["NETosis", "müllerian"]),
        row(2, title="Extracellular traps", keywords=["neoplasms"]),
        row(3, abstract="Neoplasms.", venue="Traps of Neoplasms"),
    )
    return store


@pytest.mark.parametrize(
    ("term", "found"),
    [
        (Words("neoplasm", Part.MESH), {1}),
        (Words("neoplasm", Part.KEYWORD), {2}),
        (Words("neoplasms", Part.ABSTRACT), {3}),
        (Words("neoplasms", Part.JOURNAL), {3}),
        (Words("neoplasms"), {1, 2, 3}),
        (Words("extracellular traps", Part.MESH), {1}),
        (Words("traps extracellular", Part.MESH), set()),
        (Words("neopl", Part.MESH, prefix=True), {1}),
        (Words("extracellular tra", Part.MESH, prefix=True), {1}),
        (Words("netos", prefix=True), {1}),
        (Words("mullerian", Part.KEYWORD), {1}),
        (AnyOf((Words("netosis", Part.MESH), Words("title", Part.TITLE))), {1, 3}),
        (AllOf((Words("neoplasms"), Not(Words("neoplasms", Part.MESH)))), {2, 3}),
    ],
    ids=str,
)
def test_headings_and_keywords_are_found(headed: Store, term: Term, found: set[int]) -> None:
    assert ids(headed, term) == found


def test_a_title_is_better_than_a_heading(headed: Store) -> None:
    with headed.reading() as tx:
        assert [work for work, _ in tx.search.ranked(Words("extracellular traps"), 9)] == [2, 1]


@pytest.mark.parametrize(("words", "through_all"), [("extracellular traps", 0), ("traps", 1)])
def test_postgresql_does_not_go_through_all_works_for_words_side_by_side(
    headed: Store, words: str, through_all: int
) -> None:
    if headed.engine.dialect.name == "sqlite":
        pytest.skip("SQLite's index knows where in a work its words are")
    told: list[str] = []
    event.listen(headed.engine, "before_cursor_execute", lambda _c, _k, sql, *_: told.append(sql))
    with headed.reading() as tx:
        assert tx.search.ranked(Words(words), 9)[0][0] == 2
    assert sum("ORDER BY work.id DESC" in each for each in told) == through_all


def test_scores_are_positive_and_the_better_the_higher(headed: Store) -> None:
    put(headed, *(row(number, abstract="Of mice.") for number in range(10, 40)))
    with headed.reading() as tx:
        scores = [score for _, score in tx.search.ranked(Words("neoplasms"), 9)]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_what_is_merged_or_gone_leaves_the_index_and_comes_back(headed: Store) -> None:
    for change in ({"merged_into": 1}, {"gone_at": NOW}):
        with headed.engine.begin() as connection:
            connection.execute(update(WorkRow).where(WorkRow.id == 2).values(change))
        assert ids(headed, Words("traps")) == {1, 3}
        assert ids(headed, FromSource("pubmed")) == {1, 3}
        none = dict.fromkeys(change)
        with headed.engine.begin() as connection:
            connection.execute(update(WorkRow).where(WorkRow.id == 2).values(none))
        assert ids(headed, Words("traps")) == {1, 2, 3}


# -- bounds


def test_of_many_that_answer_the_last_are_ranked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "LOOKED_AT", 3)
    titles = {1: "Cancer cancer", 8: "Cancer"}
    put(store, *(row(number, title=titles.get(number, "Mice")) for number in range(1, 11)))
    with store.reading() as tx:
        found = tx.search.ranked(CANCER, 3)
        assert [work for work, _ in found] == [8, 10, 9]
        assert {work for work, _ in tx.search.ranked(CANCER, 10)} == set(range(1, 11))
        assert {work for work, _ in tx.search.ranked(CANCER, 3, ceiling=4)} == {2, 3, 4}


@pytest.mark.parametrize("few", [0, 50_000])
@pytest.mark.parametrize(
    "fact",
    [
        OfKind(Kind.REVIEW),
        FromSource("arxiv"),
        Not(FromSource("pubmed")),
        Is(State.PDF),
        Published(NOW.date(), None),
        AnyOf((Words("basophil"), OfKind(Kind.REVIEW))),
        Not(Words("mice")),
    ],
    ids=str,
)
def test_a_filter_loses_nothing_that_ranking_would_have_shown(
    store: Store, monkeypatch: pytest.MonkeyPatch, fact: Term, few: int
) -> None:
    """The one work it leaves is the oldest, far from the works that are ranked without it."""
    monkeypatch.setattr(scoring, "LOOKED_AT", 2)
    monkeypatch.setattr(matches, "FEW", few)
    only = {"kind": "review", "sources": ["arxiv"], "pdf_url": "x", "published": "2026-12"}
    others = [row(number, abstract="Cancer in mice.") for number in range(2, 12)]
    put(store, row(1, title="Basophil", **only), *others)
    with store.reading() as tx:
        assert [work for work, _ in tx.search.ranked(AllOf((CANCER, fact)), 2)] == [1]
        assert tx.search.count(AllOf((CANCER, fact)), 9) == 1
        assert tx.search.listed(AllOf((CANCER, fact)), Sort.NEWEST, 2) == [1]
        assert tx.search.among([1, 2, 3], AllOf((CANCER, fact))) == {1}


def test_where_some_words_are_enough_the_works_with_the_rarest_are_ranked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_alone(store, "PostgreSQL ranks the last works that answer")
    monkeypatch.setattr(scoring, "LOOKED_AT", 2)
    others = [row(number, abstract="Cancer in mice.") for number in range(2, 12)]
    put(store, row(1, abstract="A basophil in mice."), *others)
    choice = AnyOf((CANCER, Words("basophil"), Words("mice")))
    with store.reading() as tx:
        assert tx.search.ranked(choice, 2)[0][0] == 1
        assert tx.search.ranked(AllOf((choice, Words("mice"))), 2)[0][0] == 1


def test_where_some_words_are_enough_as_many_are_ranked_as_are_asked_for(store: Store) -> None:
    """Of ten works with one of the words the two that have both come first, whatever their age."""
    sqlite_alone(store, "PostgreSQL ranks the last works that answer")
    abstracts = dict.fromkeys((2, 3, 5, 6, 7), "A basophil.") | {1: "A basophil in mice."}
    others = {4: "Mice have a basophil."}
    put(store, *(row(n, abstract=(abstracts | others).get(n, "Mice.")) for n in range(1, 13)))
    put(store, *(row(number) for number in range(13, 40)))
    choice = AnyOf((Words("basophil"), Words("mice")))
    with store.reading() as tx:
        assert {work for work, _ in tx.search.ranked(choice, 2)} == {1, 4}
        assert len(tx.search.ranked(choice, 100)) == 12


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_what_was_ranked_before_is_counted_alike(
    store: Store, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(matches, "_AT_ONCE", at_once)
    monkeypatch.setattr(scoring, "LOOKED_AT", 3)
    put(store, *(row(number, abstract="Cancer in mice.") for number in range(1, 7)))
    for most in (2, 3, 5, 6, 7):
        with store.reading() as tx:
            assert len(tx.search.ranked(CANCER, 2, ceiling=5)) == 2
            assert tx.search.count(CANCER, most, ceiling=5) == min(most, 5)
            assert tx.search.count(CANCER, most) == min(most, 6)
            assert len(tx.search.ids(CANCER, most)) == min(most, 6)
            assert tx.search.count(CANCER, most) == min(most, 6)


def test_a_common_word_counts_where_it_stands_in_the_title(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_alone(store, "PostgreSQL knows no common words")
    monkeypatch.setattr(matches, "COMMON", 4)
    put(store, *(row(number, title="Cancer" if number == 3 else "Mice") for number in range(1, 9)))
    put(store, *(row(number, abstract="Of men.") for number in range(10, 40)))
    with store.reading() as tx:
        assert [work for work, _ in tx.search.ranked(CANCER, 3)] == [3, 8, 7]


# -- pages


DATES = ["2026-03", None, "2026-03-09", "2025", "2026-03", "", None, "2026-11-01"]


@pytest.mark.parametrize("most", [1, 20_000])
@pytest.mark.parametrize("term", [EVERY, CANCER, AllOf((CANCER, OfKind(Kind.ARTICLE)))], ids=str)
@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.SEEN])
def test_pages_by_date_hold_every_work_once_and_in_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, sort: Sort, term: Term, most: int
) -> None:
    monkeypatch.setattr(by_date, "_SORTED", most)
    put(store, *(row(number, published=day) for number, day in enumerate(DATES, start=1)))
    found: list[int] = []
    with store.reading() as tx:
        while page := tx.search.listed(term, sort, 3, after=found[-1] if found else None):
            found += page
        assert found == ([8, 3, 5, 1, 4, 6, 7, 2] if sort is Sort.NEWEST else [*range(8, 0, -1)])
        assert tx.search.listed(term, sort, 9, after=5, ceiling=4) == (
            [1, 4, 2] if sort is Sort.NEWEST else [4, 3, 2, 1]
        )


# -- facets


def test_facets_count_what_was_found_and_narrow_to_it(archive: Archive) -> None:
    archive.take_in(paper(1, published="2025"), paper(2, kind=Kind.REVIEW), preprint(3))
    with archive.store.writing() as tx:
        tx.topics.save("stroma", "document", "Ida", "first", NOW)
        tx.votes.cast(Vote("stroma", 2, "Ida", Judgement.SAVED, "web", NOW))
    with archive.store.reading() as tx:
        found = tx.search.facets(Words("niches"), 10)
        assert tx.search.facets(Words("niches"), 1)[0].values[0].value == "biorxiv"
        assert tx.search.facets(Words("zebra"), 10) == ()
    assert {facet.name: [(v.value, v.count) for v in facet.values] for facet in found} == {
        "source": [("pubmed", 2), ("biorxiv", 1)],
        "type": [("article", 1), ("preprint", 1), ("review", 1)],
        "year": [("2026", 2), ("2025", 1)],
        "topic": [("stroma", 1)],
    }
    assert [facet.values[0].query for facet in found] == [
        "source:pubmed",
        "type:article",
        "published:2026",
        "topic:stroma",
    ]


# -- spellings


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("neutrohpil", ("neutrophil",)),
        ("fibrobalstt", ("fibroblasts",)),
        ("zebrafish", ()),
        ("can", ()),
        ('"', ()),
        ("\x00", ()),
        ("ŝtroma", ()),
    ],
)
def test_spellings_are_words_that_works_have(
    store: Store, word: str, found: tuple[str, ...]
) -> None:
    put(store, row(1, title="Neutrophils and fibroblasts"), row(2, abstract="Neutrophil."))
    with store.reading() as tx:
        expected = () if store.engine.dialect.name == "postgresql" else found
        assert tx.search.spellings(word) == expected


def test_frequencies_are_counted_as_far_as_a_common_word_goes(
    headed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "COMMON", 2)
    with headed.reading() as tx:
        assert tx.search.frequencies(["traps", "zebra", "neoplasms", "***"]) == {
            "traps": 2,
            "zebra": 0,
            "neoplasms": 2,
            "***": 0,
        }


def test_a_word_of_most_of_the_last_works_is_common_without_counting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where as many works are looked at as ten, and `mice` were common from three works on."""
    sqlite_alone(store, "PostgreSQL is asked for its planner's figures")
    monkeypatch.setattr(matches, "COMMON", 3)
    monkeypatch.setattr(matches, "_LATELY", 10)
    texts = {2: "Old basophil.", 39: "New basophil."}
    put(
        store, *(row(n, abstract=texts.get(n, "Mice." if n > 30 else "Men.")) for n in range(1, 41))
    )
    asked: list[str] = []
    counts = matches.query_fts5.counts

    def counted(words: Iterable[str], most: int, since: int = 0) -> object:
        words = [*words]
        asked.extend(() if since else words)
        return counts(words, most, since)

    monkeypatch.setattr(matches.query_fts5, "counts", counted)
    with store.reading() as tx:
        found = tx.search.frequencies(["mice", "basophil", "men", "zebra"])
    assert found == {"mice": 3, "basophil": 2, "men": 3, "zebra": 0}
    assert len(asked) == 3  # `men`, of which there were none lately, was counted


def test_words_side_by_side_weigh_by_being_there(store: Store) -> None:
    """They are several words to the index, which takes long to find them so."""
    sqlite_alone(store, "PostgreSQL weighs words by their places alone")
    texts = {3: "Anti-tumor mice.", 7: "An anti-tumor effect.", 8: "Tumor of anti mice."}
    put(store, *(row(n, abstract=texts.get(n, "Of men.")) for n in range(1, 30)))
    choice = AnyOf((Words("anti-tumor"), Words("mice")))
    with store.reading() as tx:
        assert next(work for work, _ in tx.search.ranked(choice, 5)) == 3
        assert {work for work, _ in tx.search.ranked(choice, 5)} == {3, 7, 8}
        scores = dict(tx.search.ranked(AnyOf((Words("anti-tumor"), Words("x-ray"))), 5, ceiling=6))
        assert scores.keys() == {3}
        assert scores[3] > 1
        among = AllOf((choice, Not(Words("effect"))))
        assert {work for work, _ in tx.search.ranked(among, 1)} == {3}
        assert tx.search.frequencies(["anti-tumor", "tumor"]) == {"anti-tumor": 2, "tumor": 3}


def test_unknown_words_are_those_that_no_work_holds(headed: Store) -> None:
    with headed.reading() as tx:
        assert tx.search.unknown(["zebra", "traps", "***", "zebra", "neoplasms"]) == ["zebra"]
        assert tx.search.unknown([]) == tx.search.unknown(["***"]) == []


def test_what_a_transaction_writes_it_finds(store: Store) -> None:
    """What was counted is known only as long as nothing can have changed."""
    put(store, row(1, title="Mice"))
    terms = (Words("mice"), OfKind(Kind.REVIEW), AllOf((Words("mice"), OfKind(Kind.REVIEW))))
    with store.writing() as tx:
        assert [tx.search.count(term, 9) for term in terms] == [1, 0, 0]
        assert tx.search.frequencies(["mice"]) == {"mice": 1}
        tx.search._connection.execute(update(WorkRow).values(kind="review", title="Men"))
        assert [tx.search.count(term, 9) for term in terms] == [0, 1, 0]
        assert tx.search.frequencies(["mice"]) == {"mice": 0}


def test_to_stop_words_alone_all_works_answer_alike(store: Store) -> None:
    """SQLite's index has them as words; PostgreSQL's has not, and there is nothing to rank."""
    put(store, *(row(n, abstract="The cancer. " * n) for n in range(1, 4)))
    with store.reading() as tx:
        found = tx.search.ranked(Words("the"), 9)
    assert {work_id for work_id, _ in found} == {1, 2, 3}
    if store.engine.dialect.name == "postgresql":
        assert found == [(3, 0.0), (2, 0.0), (1, 0.0)]


@pytest.mark.parametrize("apart", [0, 8_000])
def test_works_are_known_again_by_looking_up_and_by_reading_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, apart: int
) -> None:
    monkeypatch.setattr(matches, "_APART", apart)
    put(store, *(row(n, abstract="Cancer." if n % 2 else "Mice.") for n in range(1, 9)))
    with store.reading() as tx:
        assert tx.search.among([1, 2, 7, 8, 99], CANCER) == {1, 7}
        assert tx.search.among([], CANCER) == set()
        assert tx.search.among([4, 5], Not(CANCER)) == {4}


@pytest.mark.parametrize("few", [1, 50_000])
def test_conditions_of_few_works_are_counted_and_listed_alike(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(matches, "FEW", few)
    kinds = ["review", "trial", "review", "review", "trial"]
    put(store, *(row(n, kind=kind, published=f"202{n}") for n, kind in enumerate(kinds, start=1)))
    review = OfKind(Kind.REVIEW)
    since = AllOf((Published(date(2023, 1, 1), None), review))
    with store.reading() as tx:
        assert tx.search.ids(review, 9) == [4, 3, 1]
        assert tx.search.ids(review, 2, ceiling=3) == [3, 1]
        assert [tx.search.count(review, most, 3) for most in (1, 9)] == [1, 2]
        assert tx.search.ids(since, 9) == [4, 3]
        assert tx.search.count(since, 9, ceiling=3) == 1
        assert tx.search.listed(review, Sort.NEWEST, 2) == [4, 3]
        assert tx.search.listed(since, Sort.NEWEST, 9, after=4) == [3]
