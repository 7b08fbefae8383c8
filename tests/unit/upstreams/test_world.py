"""The simulated world: the same for a seed, and as varied as the real one."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from service.config import Settings
from tests.upstreams import booleans, life
from tests.upstreams.eutils import understood
from tests.upstreams.faults import HANG_UP, plan
from tests.upstreams.serving import Answer
from tests.upstreams.world import SOURCES, Seen, World


@pytest.fixture(scope="module")
def year() -> World:
    return life.world(4)


def test_a_seed_always_makes_the_same_world(year: World) -> None:
    assert life.world(4).entries == year.entries
    assert life.world(5).entries != year.entries


def test_no_upstream_holds_two_entries_under_one_name(year: World) -> None:
    names = Counter((e.source, e.uid, e.states[0].version) for e in year.entries)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_source_has_something_new_in_every_month(year: World) -> None:
    for source in SOURCES:
        months = {e.served.month for e in year.of(source) if year.start <= e.served < year.end}
        assert len(months) == 12, source


def test_states_follow_each_other_in_time(year: World) -> None:
    for entry in year.entries:
        times = [state.since for state in entry.states]
        assert times == sorted(set(times))
        assert entry.gone is None or entry.gone > entry.served


def test_all_that_makes_polling_hard_happens(year: World) -> None:
    pubmed, arxiv = year.of("pubmed"), year.of("arxiv")
    late = [(e.served.date() - e.filed).days for e in pubmed]
    assert max(late) > 90, "served months after the day it is filed under"
    assert sum(e.gone is not None for e in pubmed) > 5, "vanished"
    assert any(e.entrez != e.filed for e in pubmed), "an Entrez date that is not the day it came"
    dois = Counter(e.article.doi for e in pubmed if e.article.doi and not e.article.server)
    assert any(count > 1 for count in dois.values()), "one DOI on two records"
    marks = {mark for e in year.entries for state in e.states for mark in state.marks}
    assert marks == {"mesh", "pmc", "retracted", "withdrawn", "preprint"}
    links = {link.kind for e in year.entries for state in e.states for link in state.links}
    assert links >= {"published", "erratum_in", "erratum_for", "retraction_in", "retraction_of"}
    assert {e.states[0].version for e in year.of("biorxiv")} == {"1", "2", "3"}
    assert {e.uid.partition("/")[0] for e in year.of("biorxiv")} == set(life.PREFIXES)
    assert any(len(e.states[-1].versions) == 3 for e in arxiv)
    assert any(e.gone is not None for e in arxiv)


def test_what_is_served_changes_at_its_moment(year: World) -> None:
    entry = next(e for e in year.of("pubmed") if len(e.states) > 1 and e.served > year.start)
    turn, before = entry.states[1].since, timedelta(seconds=1)
    assert entry.at(entry.served - before) is None
    assert Seen(entry, entry.states[0]) in year.records("pubmed", turn - before)
    assert Seen(entry, entry.states[1]) in year.records("pubmed", turn)
    assert Seen(entry, entry.states[0]) not in year.records("pubmed", turn)


def test_the_shipped_queries_find_what_is_topical_and_nothing_else(year: World) -> None:
    sources = Settings.model_validate({"http": {"contact": "lab@example.org"}}).sources
    for source, query in (("pubmed", sources.pubmed.query), ("pmc", sources.pmc.query)):
        fits, unknown = understood(source, booleans.parse(query))
        assert unknown == []
        for seen in year.records(source, year.end):
            assert fits(seen) == seen.entry.article.topical, seen.state.title


# -- queries ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("a", True),
        ("a AND x", False),
        ("a OR x", True),
        ("x OR a AND y", False),  # from left to right, as PubMed reads
        ("x OR (a AND b)", True),
        ("(a) AND (b) NOT c", False),
        ("a ANDNOT x", True),
        ('"a AND x"[tiab] OR b', True),
        ('("2027/01/01"[crdt] : "2027/01/08"[crdt]) OR a', True),
    ],
)
def test_queries_are_read_from_left_to_right(query: str, holds: bool) -> None:
    assert booleans.matches(booleans.parse(query), {"a", "b", "c"}.__contains__) is holds


@pytest.mark.parametrize("query", ["", "a AND", "(a", "a)", "AND a", "a OR OR b"])
def test_a_query_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match=r"missing|closed|cannot be read"):
        booleans.parse(query)


# -- faults -------------------------------------------------------------------------------------------


def test_the_faults_of_a_seed_are_always_the_same(year: World) -> None:
    first, again = (plan(4, year.start, year.end) for _ in range(2))
    assert first.spells == again.spells
    moments = [year.start + timedelta(hours=hour) for hour in range(0, 8000, 3)]
    met = [first.meet("ncbi", moment) for moment in moments]
    assert met == [again.meet("ncbi", moment) for moment in moments]
    assert len(set(met)) > 8


def test_after_the_year_everything_is_well(year: World) -> None:
    faults = plan(4, year.start, year.end)
    assert all(spell.end <= year.end for spell in faults.spells)
    assert {faults.meet("biorxiv", year.end + timedelta(hours=h)) for h in range(500)} == {""}
    assert faults.mood("biorxiv")("down", year.end) == 0


def test_a_mood_lasts_for_its_request_and_is_its_hosts_own(year: World) -> None:
    faults = plan(4, year.start, year.end)
    spell = next(s for s in faults.spells if s.kind == "down")
    assert faults.meet(spell.host, spell.start) == "down"
    assert faults.mood(spell.host)("down", spell.start) == 1
    assert faults.mood(spell.host)("empty", spell.start) == 0
    other = {"ncbi": "ebi"}.get(spell.host, "ncbi")
    assert faults.mood(other)("down", spell.start) == 0


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [("unavailable", 503, b"<!"), ("html", 200, b"<!"), ("broken", 200, b"ab"), ("", 200, b"abcd")],
)
def test_a_reply_is_spoiled_as_its_fault_says(
    year: World, kind: str, status: int, body: bytes
) -> None:
    faults = plan(4, year.start, year.end)
    answer = faults.spoil("ncbi", kind, Answer(200, {}, b"abcd"), year.start)
    assert (answer.status, answer.body[: len(body)]) == (status, body)
    assert len(answer.body) == (len(body) if body[:1] == b"a" else len(answer.body))
    assert faults.spoil("ncbi", "hang-up", answer, year.start) is HANG_UP
