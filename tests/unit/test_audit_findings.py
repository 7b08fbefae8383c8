"""What an audit says is wrong with what sources gave, and what one source gave and another not."""

from __future__ import annotations

import math
import random
from datetime import date
from typing import Any

import pytest

from service.audits import CrossCheck, Setup, audit, counts
from service.audits.audit import Told
from service.records import Alarm, Severity, Sign
from service.records.audits import Pair, Sighting, Walk
from tests.walks import DAY, NOW, TODAY, at, broken, daily, report, walk, window

BEGIN = date(2026, 1, 5)  # a Monday


def told(*walks: Walk, since: int = 10, **more: Any) -> list[tuple[Sign | None, str]]:
    return [(each.sign, each.cause) for each in report(*walks, since=since, **more).findings]


def keys(*walks: Walk, since: int = 10) -> list[str]:
    return [each.key for each in report(*walks, since=since).findings]


# -- implausibly little


def one_a_day(*brought: int) -> list[Walk]:
    """A walk each day up to today, by how many records were new."""
    first = len(brought) - 1
    return [
        walk(at(first - place), stated=None, fetched=1000, new=new, changed=0)
        for place, new in enumerate(brought)
    ]


def test_a_day_without_anything_is_told_when_such_days_bring_much() -> None:
    brought = [40, 42, 38, 41, 39, 5, 4] * 9  # of which the last is today
    assert told(*one_a_day(*brought)) == []
    brought[-4] = 0
    [(sign, cause)] = told(*one_a_day(*brought))
    assert sign is Sign.ZERO
    assert cause == "brought nothing on Fri 2026-11-13, usually 41 (at least 20.3)"


def test_a_day_with_far_too_little_is_told_too() -> None:
    brought = [40, 42, 38, 41, 39, 5, 4] * 9
    brought[-4] = 12
    [(_, cause)] = told(*one_a_day(*brought))
    assert cause.startswith("brought only 12 on Fri 2026-11-13")
    brought[-4] = 25
    assert told(*one_a_day(*brought)) == []


def test_days_that_bring_little_at_any_time_may_bring_nothing() -> None:
    brought = [4, 4, 3, 5, 4, 0, 0] * 9
    brought[-4] = 0
    assert told(*one_a_day(*brought)) == []


def test_a_burst_after_an_outage_hides_nothing_and_accuses_nobody() -> None:
    brought = [40, 42, 38, 41, 39, 5, 4] * 9
    brought[-18] = 400
    assert told(*one_a_day(*brought)) == []
    brought[-4] = 0
    assert len(told(*one_a_day(*brought))) == 1


def test_a_source_that_is_walked_day_by_day_is_judged_by_what_it_states() -> None:
    walks = [
        walk(at(days - 1), window(days, days), stated=150 - 5 * (days % 7), fetched=200, new=0)
        for days in range(70, 0, -1)
    ]
    assert told(*walks) == []
    low = walk(at(0, 7), window(3, 3), stated=3, fetched=3, new=0, changed=0)
    [(sign, cause)] = told(*walks, low)
    assert (sign, cause[:14]) == (Sign.ZERO, "brought only 3")


def test_today_is_not_judged_and_neither_is_a_day_with_a_failure() -> None:
    brought = [40, 42, 38, 41, 39, 5, 4] * 9
    brought[-1], brought[-4] = 0, 0
    walks = one_a_day(*brought)
    assert [cause for sign, cause in told(*walks, broken(at(3, 7)), walk(at(3, 8), new=0))] == []


def poisson(rng: random.Random, mean: float) -> int:
    limit, product, number = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number


@pytest.mark.parametrize(("mean", "clumps"), [(8, None), (60, None), (40, 15), (80, 30)])
def test_of_two_thousand_ordinary_days_few_are_called_little(
    mean: float, clumps: float | None
) -> None:
    """`clumps` is the size of a negative binomial: variance mean + mean^2 / size."""
    rng, series = random.Random(7), dict[date, int]()
    for number in range(2_060):
        day = BEGIN + number * DAY
        middle = mean * (0.2 if day.weekday() > 4 else 1.0)
        if clumps is not None:
            middle = rng.gammavariate(clumps, middle / clumps)
        series[day] = poisson(rng, middle)
    found = list(counts.little(series, BEGIN + 60 * DAY, BEGIN + 2_060 * DAY))
    assert len(found) <= 4, f"one is expected at {counts.ALPHA} a day"


def test_half_of_what_a_steady_day_brings_is_called_little() -> None:
    rng = random.Random(3)
    series = {BEGIN + number * DAY: poisson(rng, 100) for number in range(80)}
    day = BEGIN + 79 * DAY
    series[day] = 50
    assert [each.day for each in counts.little(series, day, day + DAY)] == [day]


# -- zeros that a walk itself did not believe


def test_a_zero_that_a_walk_did_not_believe_is_told_until_its_day_is_proved() -> None:
    days, sign = window(2, 2), frozenset({Sign.ZERO})
    values: dict[str, Any] = {"stated": 0, "fetched": 0, "new": 0, "changed": 0, "signs": sign}
    zero = walk(at(1), days, gap="no postings: not plausible", query="details", **values)
    before = [walk(at(n - 1), window(n, n), query="details") for n in range(20, 2, -1)]
    found = [each for each in report(*before, zero).findings if each.sign is Sign.ZERO]
    assert [each.key for each in found] == ["implausible-zero:pubmed:walk"]
    assert "gave nothing in 2026-11-14..2026-11-14: no postings" in found[0].cause
    healed = report(*before, zero, walk(at(0), window(2, 1), query="details"))
    assert [each for each in healed.findings if each.sign is Sign.ZERO] == []


# -- translations


def translated(days: int, words: str, **changes: Any) -> Walk:
    when = at(days)
    made = f"{words} AND {when:%Y/%m/%d}:{when:%Y/%m/%d}[Date - Create]"
    return walk(when, translation=made, **changes)


def test_a_query_that_is_understood_otherwise_is_told_with_what_changed() -> None:
    walks = [translated(days, '"stroma"[MeSH Terms]') for days in range(20, 4, -1)]
    assert told(*walks, *daily(4)) == []
    walks += [translated(days, '"stromal cells"[MeSH Terms]') for days in range(4, -1, -1)]
    [finding] = report(*walks).findings
    assert (finding.sign, finding.key) == (
        Sign.TRANSLATION,
        "changed-translation:pubmed:recent:2026-11-12",
    )
    assert finding.cause == (
        "understands the same query otherwise since 2026-11-12 (recent): "
        'without "stroma"[MeSH, with "stromal cells"[MeSH'
    )
    assert [each for each in keys(*walks, since=2) if "translation" in each] == []


def test_another_query_may_be_understood_otherwise() -> None:
    old = [translated(days, '"stroma"[MeSH]', query="stroma") for days in range(20, 4, -1)]
    new = [translated(days, '"cells"[MeSH]', query="cells") for days in range(4, -1, -1)]
    assert told(*old, *new) == []


# -- clamped


def test_a_list_that_was_cut_off_is_critical() -> None:
    cut = walk(at(1, 8), stated=12_000, fetched=9_999, gap="short", signs=frozenset({Sign.CLAMPED}))
    [finding] = report(*daily(20), cut).findings
    assert (finding.severity, finding.key) == (Severity.CRITICAL, "clamped-page:pubmed:walk")
    assert "stated 12,000 records in 2026-11-08..2026-11-15 and gave 9,999" in finding.cause


# -- schema


def with_shares(without: int, of: int, days: int, **changes: Any) -> Walk:
    lacking = {"abstract": without, "authors": 0, "date": 0, "doi": 0}
    values: dict[str, Any] = {"new": of, "changed": 0, "fetched": of, "stated": of}
    return walk(at(days), **{**values, "lacking": lacking, **changes})


def test_records_that_come_without_abstracts_all_at_once_are_told() -> None:
    usual = [with_shares(5, 50, days) for days in range(30, 2, -1)]
    assert told(*usual, *daily(2)) == []
    [finding] = report(*usual, *(with_shares(45, 50, days) for days in (2, 1, 0))).findings
    assert (finding.sign, finding.start, finding.end) == (Sign.SCHEMA, TODAY - 2 * DAY, TODAY)
    assert finding.key == "changed-schema:pubmed:abstract:2026-11-14"
    assert finding.cause.startswith("90% of 50 records have no abstract, 10% before")


def test_records_that_cannot_be_understood_all_at_once_are_told() -> None:
    usual = [with_shares(0, 50, days) for days in range(30, 0, -1)]
    odd = with_shares(0, 20, 0, unparsed=20, fetched=40, stated=40)
    [(sign, cause)] = told(*usual, odd)
    assert sign is Sign.SCHEMA
    assert cause.startswith("50% of 40 records could not be understood, 0% before")


@pytest.mark.parametrize(("without", "of"), [(9, 50), (10, 12), (14, 50)])
def test_a_few_more_or_a_few_in_all_prove_no_change(without: int, of: int) -> None:
    usual = [with_shares(5, 50, days) for days in range(30, 0, -1)]
    assert told(*usual, with_shares(without, of, 0)) == []


def test_receipts_from_before_this_was_counted_are_no_reference() -> None:
    silent = [with_shares(0, 50, days, lacking={}) for days in range(30, 10, -1)]
    counted = [with_shares(40, 50, days) for days in range(10, -1, -1)]
    assert told(*silent, *counted) == []


# -- one source against another

PAIR = Pair("europepmc", ("biorxiv", "medrxiv"), "doi", 3, "PPR/", ("10.5555/",))
SETUP = Setup(pairs=(PAIR,))


def sighting(
    number: int, seen: int, known: int | None, *, published: int | None = None
) -> Sighting:
    """Seen at A and at B so many days ago, published the day before it was seen or as told."""
    day = TODAY - (seen + 1 if published is None else published) * DAY
    at_b = None if known is None else at(known)
    return Sighting(f"10.5555/{number}", number, at(seen), day, at_b)


def checked(
    *sightings: Sighting, setup: Setup = SETUP, without: str = "", lost: int | None = None
) -> CrossCheck:
    """The check of the pair; `lost` is a day of medRxiv that is a gap."""
    sources = {}
    for name in ("europepmc", "biorxiv", "medrxiv"):
        walks = daily(30, source=name)
        if name == "medrxiv" and lost is not None:
            walks = [
                walk(at(days - 1), window(days, days), source=name)
                for days in range(30, 0, -1)
                if days != lost
            ]
        sources[name] = Told(walks, born=at(400))
    if without:
        del sources[without]
    found = audit(sources, {PAIR: sightings}, setup, TODAY - 20 * DAY, NOW)
    [check] = found.cross
    return check


def test_papers_that_the_other_source_never_gave_are_missing() -> None:
    found = checked(sighting(1, 9, 8), sighting(2, 9, None), sighting(3, 9, 10), sighting(4, 9, 5))
    assert (found.compared, found.late, found.missing) == (4, 1, 1)
    assert found.examples == ("10.5555/2",)
    assert found.pair == "europepmc PPR -> biorxiv, medrxiv"


def test_the_first_twenty_that_are_missing_are_named() -> None:
    found = checked(*(sighting(number, 9, None) for number in range(100, 130)))
    assert (found.missing, len(found.examples)) == (30, 20)
    assert found.examples[0] == "10.5555/100"


@pytest.mark.parametrize(
    "left",
    [
        sighting(1, 2, None),
        sighting(1, 9, None, published=300),
        sighting(1, 9, None, published=-60),
        Sighting("10.5555/1", 1, at(9), None, None),
    ],
    ids=["still-in-time", "before-the-audit", "dated-ahead", "no-day"],
)
def test_papers_that_prove_nothing_are_left_out(left: Sighting) -> None:
    found = checked(left, sighting(2, 9, 9))
    assert (found.compared, found.missing, found.left_out) == (1, 0, 1)


def test_only_days_that_are_proved_at_the_other_source_count() -> None:
    assert checked(sighting(1, 9, None), lost=9).compared == 0
    assert checked(sighting(1, 9, None), lost=8).compared == 0
    assert checked(sighting(1, 9, None), lost=5).compared == 1


def test_where_nothing_can_be_told_the_reason_is() -> None:
    assert checked(sighting(1, 9, None), without="medrxiv").untold == "medrxiv is not polled"
    assert checked().untold == "europepmc gave nothing of this kind"
    narrow = Setup(pairs=(PAIR,), unfiltered=frozenset(), broad=frozenset({"europepmc"}))
    told_of = checked(sighting(1, 9, None), setup=narrow)
    assert told_of.untold == "the query of biorxiv is not the shipped one"
    assert told_of.missing == 0


def test_missing_papers_are_a_finding_which_is_an_alarm() -> None:
    sources = {
        name: Told(daily(30, source=name), born=at(400))
        for name in ("europepmc", "biorxiv", "medrxiv")
    }
    sightings = {PAIR: [sighting(number, 9, None) for number in range(1, 6)]}
    found = audit(sources, sightings, SETUP, TODAY - 20 * DAY, NOW)
    [finding] = found.findings
    assert isinstance(finding, Alarm)
    assert finding.key == "cross:europepmc PPR -> biorxiv, medrxiv"
    assert "does not know 5 of 5 papers after 3 days" in finding.cause
    assert found.whole, "what one source lacks of another is told, and is no gap of its walks"


def test_whatever_a_receipt_says_findings_are_of_one_line() -> None:
    zero = walk(
        at(1), gap="no\nrecord" * 99, stated=0, fetched=0, new=0, changed=0, signs={Sign.ZERO}
    )
    changed = (walk(at(0), kind="revised", translation=told) for told in ("x\ny", "z\n\nw"))
    found = report(*daily(20, 5), zero, *changed)
    assert {each.sign for each in found.findings} == {None, Sign.ZERO, Sign.TRANSLATION}
    assert all("\n" not in each.cause and len(each.cause) < 400 for each in found.findings)
