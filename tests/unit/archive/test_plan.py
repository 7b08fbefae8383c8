"""How a query is taken apart."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.archive import parse
from service.archive.plan import Plan, informative, plan
from service.errors import QueryError
from service.records.queries import (
    AllOf,
    AnyOf,
    Is,
    Not,
    Part,
    Published,
    Query,
    Seen,
    State,
    Words,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
IN_2025 = Published(date(2025, 1, 1), date(2025, 12, 31))


def way(text: str) -> Plan:
    found = plan(parse(text, NOW, UTC))
    assert found is not None
    return found


def test_a_query_for_nothing_has_no_plan() -> None:
    assert plan(Query(None)) is None


def test_bare_words_are_loose_and_all_of_them_are_the_whole() -> None:
    found = way("neutrophil traps")
    assert found.loose == ("neutrophil", "traps")
    assert found.filters is None
    assert found.whole == AllOf((Words("neutrophil"), Words("traps")))
    assert found.meaning == "neutrophil traps"
    assert found.ranks


def test_what_a_person_was_precise_about_must_hold() -> None:
    found = way('caf "tumour stroma" title:lung activat* -mouse is:review (nets OR traps)')
    assert found.loose == ("caf",)
    assert isinstance(found.filters, AllOf)
    assert set(found.filters.terms) == {
        Words("tumour stroma"),
        Words("lung", Part.TITLE),
        Words("activat", prefix=True),
        Not(Words("mouse")),
        Is(State.REVIEW),
        AnyOf((Words("nets"), Words("traps"))),
    }
    assert found.meaning == "caf tumour stroma lung activat nets traps"


def test_a_single_word_is_loose() -> None:
    assert way("stroma").loose == ("stroma",)
    assert way("stroma").filters is None


def test_names_have_no_meaning_but_rank() -> None:
    found = way("author:okafor journal:gut")
    assert found.meaning == ""
    assert found.ranks


def test_tags_alone_rank_nothing() -> None:
    assert not way("is:review -mouse published:2026").ranks


def test_a_year_among_words_is_in_the_text_or_that_of_publication() -> None:
    found = way("traps okafor 2025")
    assert found.years == (2025,)
    assert found.loose == ("traps", "okafor")
    assert found.meaning == "traps okafor"
    assert found.whole == AllOf((Words("traps"), Words("okafor"), AnyOf((Words("2025"), IN_2025))))


def test_a_year_alone_is_a_word() -> None:
    assert way("2025").loose == ("2025",)
    assert way("2025").years == ()


def test_a_word_twice_is_looked_for_once() -> None:
    assert way("nets nets").loose == ("nets",)


def test_what_was_known_at_a_time_is_a_filter() -> None:
    assert way("nets as-of:2026-06-01").filters == Seen(None, datetime(2026, 6, 2, tzinfo=UTC))


def test_some_of_the_words_are_looked_for_among_what_the_filters_leave() -> None:
    some = AnyOf((Words("nets"), Words("traps")))
    assert way("nets traps lung").any_of(["nets", "traps"]) == some
    filtered = way("nets traps is:review").any_of(["nets", "traps"])
    assert filtered == AllOf((some, Is(State.REVIEW)))


def test_a_misspelt_word_means_what_it_is_nearest_to() -> None:
    spelt = way("neutrofil traps").spelt({"neutrofil": ("neutrophil", "neutrophils")})
    assert spelt.meaning == "neutrophil traps"
    assert spelt.loose == ("neutrofil", "traps")


def test_the_rarest_words_are_taken_as_far_as_the_budget_goes() -> None:
    counts = {"cancer": 900, "nets": 30, "netosis": 5, "nettosis": 0}
    assert informative(counts, 1000) == ["netosis", "nets", "cancer"]
    assert informative(counts, 100) == ["netosis", "nets"]
    assert informative(counts, 1) == ["netosis"]
    assert informative({"nettosis": 0}, 1000) == []


@given(st.text(max_size=60))
def test_every_query_that_reads_has_a_plan_that_loses_no_condition(text: str) -> None:
    try:
        query = parse(text, NOW, UTC)
    except QueryError:
        return
    found = plan(query)
    assert (found is None) == (query.term is None)
    if found is None:
        return
    parts = found.filters.terms if isinstance(found.filters, AllOf) else (found.filters,)
    terms = query.term.terms if isinstance(query.term, AllOf) else (query.term,)
    loose = {*found.loose, *map(str, found.years)}
    assert all(t in parts or (isinstance(t, Words) and t.text in loose) for t in terms)
