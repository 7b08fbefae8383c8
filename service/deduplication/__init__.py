"""DEDUPLICATE: which records are one work. Pure; does not fetch candidates, does not store.

The caller finds stored works by the keys that are `sought` and hands them in; `deduplicate`
returns what each touched work becomes. What ids and stated links say is joined first; then, the
likeliest first, what is probably one work (the reason begins with `PROBABLY`), unless that would
bring two articles together.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from service.deduplication.alike import PROBABLY, Likeness
from service.deduplication.groups import Groups, Joined, Node, works_first
from service.deduplication.keys import both, keys, sought
from service.deduplication.matching import probably_same_work, same_work
from service.deduplication.merging import merge
from service.errors import InputError
from service.records import Arrival, KnownWork, Paper, WorkPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.records import WorkFields

__all__ = [
    "PROBABLY",
    "both",
    "deduplicate",
    "keys",
    "merge",
    "part",
    "probably_same_work",
    "same_work",
    "sought",
]


def deduplicate(
    arrivals: Sequence[Arrival],
    known: Sequence[KnownWork],
    asked: Sequence[tuple[frozenset[str], frozenset[str]]] | None = None,
) -> tuple[WorkPlan, ...]:
    """Place every arrival: in a known work, in a new one, or bridging several into one.

    `known` must hold every stored work that carries a key which an arrival seeks, and the present
    work of each changed arrival. `asked` is `both` of each arrival, where the caller has it. The
    oldest known work (smallest id) survives a merge.
    """
    works = {work.id: work for work in known}
    members = _members(arrivals, works)
    asked = asked or [both(arrival.paper) for arrival in arrivals]
    keyed = {node: _keys(papers) for node, papers in members.items() if node[0] == "work"}
    keyed |= {("arrival", index): carried for index, (carried, _) in enumerate(asked)}
    by_key = _by_key(keyed)
    groups = Groups(members, _forbidden(arrivals, works))
    joined = Joined(groups)
    guesses: list[tuple[Likeness, Node, Node]] = []
    for index, arrival in enumerate(arrivals):
        node = ("arrival", index)
        if arrival.work_id in works:
            groups.join(node, ("work", arrival.work_id or 0))
            joined.reasons[index] = "same record, revised"
        for other in _neighbours(node, asked[index][1], by_key):
            if _parted(arrival, works.get(other[1]), other):
                continue
            if reason := _certain(arrival.paper, members[other]):
                joined.join(node, other, reason)
            elif guess := _guessed(arrival.paper, members[other]):
                guesses.append((guess, node, other))
    for guess, node, other in sorted(guesses, key=lambda found: -found[0].score):
        if not groups.would_mix(node, other, guess):
            joined.join(node, other, guess.reason)
    return tuple(
        _plan(group, members, keyed, joined.reasons, joined.bridges) for group in groups.all()
    )


def part(
    papers: Mapping[int, Paper], record_ids: Sequence[int], thing: str
) -> tuple[tuple[WorkFields, frozenset[str]], tuple[WorkFields, frozenset[str]]]:
    """What a work's records show and are found by once `record_ids` are taken out of it: those
    taken out, and those left. Raises `InputError` unless both sides have a record of `thing`."""
    strange = set(record_ids) - set(papers)
    if strange:
        told = ", ".join(str(number) for number in sorted(strange))
        raise InputError(f"record {told}", f"is not of {thing}", "see: litwatch show WORK")
    out = [papers[number] for number in papers if number in record_ids]
    left = [papers[number] for number in papers if number not in record_ids]
    if not out or not left:
        raise InputError(thing, "must keep a record", "name some of its records, not all")
    return (merge(out), _keys(out)), (merge(left), _keys(left))


def _keys(papers: Iterable[Paper]) -> frozenset[str]:
    return frozenset().union(*(keys(paper) for paper in papers))


def _forbidden(
    arrivals: Sequence[Arrival], works: Mapping[int, KnownWork]
) -> frozenset[frozenset[int]]:
    home = {rid: work.id for work in works.values() for rid in work.papers}
    home.update({a.record_id: a.work_id for a in arrivals if a.record_id and a.work_id})
    return frozenset(
        frozenset({work.id, home[rid]})
        for work in works.values()
        for rid in work.separated
        if rid in home and home[rid] != work.id
    )


def _members(
    arrivals: Sequence[Arrival], works: Mapping[int, KnownWork]
) -> dict[Node, tuple[Paper, ...]]:
    stale = {arrival.record_id for arrival in arrivals if arrival.record_id is not None}
    members: dict[Node, tuple[Paper, ...]] = {
        ("work", work.id): tuple(p for rid, p in work.papers.items() if rid not in stale)
        for work in works.values()
    }
    members.update({("arrival", i): (a.paper,) for i, a in enumerate(arrivals)})
    return members


def _by_key(keyed: Mapping[Node, frozenset[str]]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for node, its_keys in keyed.items():
        for key in its_keys:
            found[key].append(node)
    return found


def _neighbours(
    node: Node, its_keys: Iterable[str], by_key: Mapping[str, list[Node]]
) -> list[Node]:
    """Those that come before it, so that each pair is compared once, by the later."""
    near = {other for key in its_keys for other in by_key[key]}
    return sorted((o for o in near if works_first(o) < works_first(node)), key=works_first)


def _parted(arrival: Arrival, work: KnownWork | None, other: Node) -> bool:
    """Whether a person has said that this record is not of that work."""
    return other[0] == "work" and work is not None and arrival.record_id in work.separated


def _certain(paper: Paper, papers: Sequence[Paper]) -> str | None:
    return next((why for p in papers if (why := same_work(paper, p))), None)


def _guessed(paper: Paper, papers: Sequence[Paper]) -> Likeness | None:
    found = [guess for p in papers if (guess := probably_same_work(paper, p))]
    return max(found, key=lambda guess: guess.score, default=None)


def _plan(
    group: Sequence[Node],
    members: Mapping[Node, tuple[Paper, ...]],
    keyed: Mapping[Node, frozenset[str]],
    reasons: Mapping[int, str],
    bridges: Mapping[Node, str],
) -> WorkPlan:
    known = [number for kind, number in group if kind == "work"]
    return WorkPlan(
        work_id=known[0] if known else None,
        absorbed=tuple((n, bridges.get(("work", n), "one work")) for n in known[1:]),
        joins=tuple(
            (i, reasons.get(i, "first record of this work"))
            for kind, i in group
            if kind == "arrival"
        ),
        fields=merge([paper for node in group for paper in members[node]]),
        keys=frozenset().union(*(keyed[node] for node in group)),
    )
