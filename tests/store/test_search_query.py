"""Queries, from the text to the works found, on both databases."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from service.archive import parse
from service.archive.tokens import DEEPEST, MOST_TOKENS
from service.errors import QueryError
from service.records import Author, Flag, Identifiers, Judgement, Kind, Relation, Vote
from service.records.queries import AllOf, AnyOf, Not, Part, Query, Sort, Words
from service.store.schema import DeliveryRow, DigestItemRow, DigestRow, SubscriptionRow
from tests.fakes_search import answers
from tests.papers import NOW, Archive, paper, preprint, states

if TYPE_CHECKING:
    from service.store import Store

EARLIER = NOW - timedelta(days=10)


def numbers(store: Store, text: str, limit: int = 50) -> list[int]:
    with store.reading() as tx:
        return answers(tx, parse(text, NOW, UTC), limit)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Works 1 to 6, of which 5 and 6 were seen on the day, the others ten days before."""
    archive.now = EARLIER
    archive.take_in(
        paper(
            1,
            title="Fibroblasts in pancreatic cancer",
            abstract="Stroma holds neutrophils.",
            authors=(Author("Okafor", "Chidi Maria"), Author("Lindqvist", "Maja")),
            venue="Gut",
            published="2026-03-31",
            pdf_url="https://a.example.org/1.pdf",
        ),
        paper(
            2,
            title="Neutrophils and fibroblasts",
            abstract="Extracellular traps in cancer, and activation of platelets.",
            kind=Kind.REVIEW,
            published="2026-04",
        ),
        paper(
            3,
            title="Mast cells of the gut",
            abstract="Traps of extracellular origin; TGF-β1.",
            published="2026",
            ids=Identifiers(doi="10.5555/s0140-6736(20)3", pmid="3003", pmcid="PMC33"),
        ),
        paper(
            4,
            title="Retracted: cancer in mice",
            abstract="",
            published=None,
            flags=frozenset({Flag.RETRACTED}),
        ),
    )
    archive.now = NOW
    archive.take_in(
        preprint(5, title="Stromal programmes", abstract="Neutrophils.", published="2025-12-31")
    )
    archive.take_in(paper(6, title="Nets", abstract="Cancer.", published="2026-11-01"))
    return archive


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fibroblasts", {1, 2}),
        ("fibroblasts AND stroma", {1}),
        ("stroma OR mast", {1, 3}),
        ("cancer NOT fibroblasts", {4, 6}),
        ("cancer -(fibroblasts OR mice)", {6}),
        ("(mast OR mice) -gut", {4}),
        ("-cancer", {3, 5}),
        ("-cancer -mast", {5}),
        ("mast OR -cancer", {3, 5}),
        ("NOT (cancer mice)", {1, 2, 3, 5, 6}),
        ('"extracellular traps"', {2}),
        ('"traps extracellular"', set()),
        ("", set()),
        ("***", set()),
        ("sort:newest", {1, 2, 3, 4, 5, 6}),
    ],
)
def test_words_and_operators(filled: Archive, text: str, found: set[int]) -> None:
    assert set(numbers(filled.store, text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pancrea*", {1}),
        ("neutro*", {1, 2, 5}),
        ("fibroblasts*", {1, 2}),
        ("activati*", {2}),
        ("activation*", {2}),
        ('"extracellular tra*"', {2}),
        ("title:neutro*", {2}),
        ("-neutro* cancer", {4, 6}),
        ("TGF-β*", {3}),
        ("zebra*", set()),
    ],
)
def test_a_prefix_is_found_in_spite_of_stemming(
    filled: Archive, text: str, found: set[int]
) -> None:
    assert set(numbers(filled.store, text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("title:neutrophils", {2}),
        ("abstract:neutrophils", {1, 5}),
        ("abstract:neutrophils -title:stromal", {1}),
        ("title:(mast OR nets)", {3, 6}),
        ("title:gut", {3}),
        ("journal:gut", {1}),
        ("gut", {1, 3}),
        ("author:okafor journal:gut", {1}),
        ('author:"Okafor C" journal:gut', {1}),
        ('author:"Okafor CM" journal:gut', {1}),
        ('author:"Okafor X"', set()),
        ('author:"Maja Lindqvist"', {1}),
        ('author:"Lindqvist Maja"', {1}),
        ("author:gut", set()),
        ("title:cancer OR journal:gut", {1, 4}),
    ],
)
def test_words_in_one_part_of_a_work(filled: Archive, text: str, found: set[int]) -> None:
    assert set(numbers(filled.store, text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("published:2026-03", {1, 3}),
        ("published:2026-01..2026-03", {1, 3}),
        ("published:2026-03-31", {1, 3}),
        ("published:2026-04-01..2026-04-02", {2, 3}),
        ("published:..2025", {5}),
        ("published:2026-04..", {2, 3, 6}),
        ("published:2026", {1, 2, 3, 6}),
        ("-published:2026", {4, 5}),
        ("seen:today", {5, 6}),
        ("seen:last-week", set()),
        ("seen:2026-11-06", {1, 2, 3, 4}),
        ("seen:2026-11-07..", {5, 6}),
        ("seen:..2026-11-06", {1, 2, 3, 4}),
        ("cancer seen:today", {6}),
        ("cancer OR seen:today", {1, 2, 4, 5, 6}),
    ],
)
def test_dates(filled: Archive, text: str, found: set[int]) -> None:
    assert set(numbers(filled.store, text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("is:preprint", {5}),
        ("is:review", {2}),
        ("type:review", {2}),
        ("type:(review OR preprint)", {2, 5}),
        ("is:retracted", {4}),
        ("-is:retracted cancer", {1, 2, 6}),
        ("is:corrected", set()),
        ("is:withdrawn", set()),
        ("has:pdf", {1}),
        ("-has:abstract", {4}),
        ("source:biorxiv", {5}),
        ("source:BioRxiv", {5}),
        ("source:bio", set()),
        ("source:pubmed -cancer", {3}),
        ("doi:10.5555/S0140-6736(20)3", {3}),
        ("doi:10.5555/stroma.*", {1, 2, 4, 6}),
        ("doi:10.5555/stroma", set()),
        ("pmid:3003", {3}),
        ("pmid:300*", {3}),
        ("pmcid:33", {3}),
        ("arxiv:2101.00001", set()),
        ("pmid:3003 OR is:preprint", {3, 5}),
    ],
)
def test_states_and_identifiers(filled: Archive, text: str, found: set[int]) -> None:
    assert set(numbers(filled.store, text)) == found


def test_an_underscore_in_an_identifier_stands_for_itself(filled: Archive) -> None:
    assert numbers(filled.store, "doi:10.5555_stroma.*") == []
    assert numbers(filled.store, "doi:10.5555/%*") == []


def test_saved_is_what_a_reader_says_today(filled: Archive) -> None:
    with filled.store.writing() as tx:
        for slug in ("stroma", "nets"):
            tx.topics.save(slug, "document", "Ida", "first", NOW)
        for work, said in ((1, "saved"), (2, "saved"), (2, "withdrawn"), (3, "relevant")):
            tx.votes.cast(Vote("stroma", work, "Ida", Judgement(said), "web", NOW))
        tx.votes.cast(Vote("nets", 6, "Ida", Judgement.NOT_RELEVANT, "web", NOW))
    assert set(numbers(filled.store, "is:saved")) == {1}
    assert set(numbers(filled.store, "topic:stroma")) == {1, 3}
    assert numbers(filled.store, "topic:nets") == []
    assert set(numbers(filled.store, "-is:saved cancer")) == {2, 4, 6}


@pytest.mark.parametrize(("state", "sent"), [("sent", {1, 2}), ("ready", {1, 2}), ("dead", set())])
def test_sent_is_what_a_digest_brought_or_still_may(
    filled: Archive, state: str, sent: set[int]
) -> None:
    none = {"weekday": 0, "at": "08:00", "zone": "UTC", "cap": 9, "floor": 0, "active": True}
    to = {"channel": "file", "destination": "x"}
    with filled.store.engine.begin() as connection:
        made = {"name": "lab", "topics": ["stroma"], "created_at": NOW, **to, **none}
        connection.execute(insert(SubscriptionRow).values(made))
        digest = {"id": "d", "subscription": "lab", "period": "p", "revision": 1, "content": {}}
        window = {"window_lo": 0, "window_hi": 6, "frozen_at": NOW}
        connection.execute(insert(DigestRow).values(digest | window))
        for number in (1, 2):
            item = {"digest_id": "d", "work_id": number, "rank": number, "score": 0.5}
            connection.execute(insert(DigestItemRow).values(item | {"topic": "stroma"}))
        part = {"id": "1", "digest_id": "d", "part": 1, "parts": 1, "payload": b"", "sha256": ""}
        now = {"state": state, "created_at": NOW}
        connection.execute(insert(DeliveryRow).values(part | to | now))
    assert set(numbers(filled.store, "is:sent")) == sent
    assert set(numbers(filled.store, "is:unsent")) == {1, 2, 3, 4, 5, 6} - sent
    assert set(numbers(filled.store, "topic:stroma")) == sent


@pytest.mark.parametrize("text", ["neutrophils", "fibroblasts cancer", "neutrophils -zebra"])
def test_the_best_match_comes_first(filled: Archive, text: str) -> None:
    assert numbers(filled.store, text)[0] == (1 if "cancer" in text else 2)


def test_a_choice_is_ranked_by_its_words_too(filled: Archive) -> None:
    assert numbers(filled.store, "neutrophils OR is:retracted")[0] == 2
    assert numbers(filled.store, "neutrophils OR is:retracted")[-1] == 4


def test_orders(filled: Archive) -> None:
    assert numbers(filled.store, "cancer sort:newest") == [6, 2, 1, 4]
    assert numbers(filled.store, "cancer sort:seen") == [6, 4, 2, 1]
    assert numbers(filled.store, "has:abstract") == [6, 2, 1, 3, 5], "without words: the newest"
    assert numbers(filled.store, "sort:newest", limit=2) == [6, 2]


def test_a_merged_work_is_found_under_its_present_number_alone(filled: Archive) -> None:
    joined = states(Relation.PREPRINT_OF, doi="10.5555/stroma.6")
    filled.take_in(preprint(5, "2", title="Stromal programmes", links=(joined,)))
    assert set(numbers(filled.store, "title:(stromal OR nets)")) == {5}
    assert numbers(filled.store, "doi:10.5555/stroma.6") == [5]


def test_what_its_source_deleted_is_not_found(filled: Archive) -> None:
    filled.delete("pubmed", "40000006")
    assert numbers(filled.store, "nets") == []
    assert 6 not in numbers(filled.store, "sort:newest")


def test_stop_words_narrow_nothing_on_postgresql(filled: Archive) -> None:
    if filled.store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite's index holds every word")
    assert set(numbers(filled.store, "the cancer")) == {1, 2, 4, 6}
    assert numbers(filled.store, "title:the mice") == [4]


def test_accents_do_not_count(filled: Archive) -> None:
    filled.take_in(paper(7, title="Café au lait", authors=(Author("Müller", "A"),)))
    for text in ("cafe author:muller", "café author:Müller", "cafe\u0301 mull*"):
        assert numbers(filled.store, text) == [7]


# -- any text

PIECES = (
    *"\"'()-*%_&|!^“…५ſİ\\\x00\ud800\U0001f9ec",
    *("AND", "or", "NOT", "title:", "author:", "is:sent", "-is:saved", "seen:..today", "a", "x*"),
    *("'a':*", "<->", "NEAR(", "{title}:", "pmid:1", "doi:10.5555/%*", "topic:x", "source:y"),
    *("type:review", "sort:newest", "published:2026..", "the", "ﬀ"),
)
SYNTAX = st.sampled_from(PIECES)
TEXTS = st.text(st.characters(), max_size=40) | st.lists(SYNTAX, max_size=10).map(" ".join)
TEXTS |= st.lists(SYNTAX, max_size=10).map("".join)
WORDS = st.builds(
    Words, st.text(st.characters(), max_size=12), st.sampled_from(Part), st.booleans()
)
TERMS = st.recursive(
    WORDS,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=6,
)
QUIETLY = [HealthCheck.function_scoped_fixture]
EXAMPLES = max(200, settings.default.max_examples if settings.default else 0)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=QUIETLY)
@given(text=TEXTS)
@example(text="DOI:10.\ud800*")
def test_any_text_finds_works_or_is_refused_before_the_database(store: Store, text: str) -> None:
    try:
        query = parse(text, NOW, UTC)
    except QueryError:
        return
    with store.reading() as tx:
        assert answers(tx, query, 5) == []


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=QUIETLY)
@given(term=TERMS, sort=st.sampled_from(Sort))
def test_any_tree_is_a_question(store: Store, term: Words, sort: Sort) -> None:
    with store.reading() as tx:
        assert answers(tx, Query(term, sort), 5) == []
        assert tx.search.listed(term, sort, 5, after=1, ceiling=9) == []
        assert tx.search.count(term, 5) == len(tx.search.among([1, 2], term)) == 0


@pytest.mark.parametrize(
    "text",
    [
        "(" * DEEPEST + "a OR b*" + ")" * DEEPEST,
        "".join(f"(w{n} OR NOT " for n in range(DEEPEST)) + "x" + ")" * DEEPEST,
        "".join(f"(w{n} OR -(" for n in range(DEEPEST // 2)) + "x" + "))" * (DEEPEST // 2),
        " ".join(f"w{n}" for n in range(MOST_TOKENS)),
        " OR ".join(f"w{n}" for n in range(MOST_TOKENS // 2)),
        " OR ".join(f"author:w{n}" for n in range(MOST_TOKENS // 3)),
        " OR ".join(f"-title:activati{n}*" for n in range(MOST_TOKENS // 4)),
        " OR ".join(f"source:w{n}" for n in range(MOST_TOKENS // 3)),
        "-a " * (MOST_TOKENS // 2),
        "activati* " * 2 + " ".join(f"w{n}ationa*" for n in range(MOST_TOKENS // 4)),
        '"' + "word " * 700 + '"',
        "ß" * 200,
        "ﷺ" * 200,
    ],
    ids=range(13),
)
def test_the_largest_queries_are_answered(filled: Archive, text: str) -> None:
    assert set(numbers(filled.store, text)) <= {1, 2, 3, 4, 5, 6}
