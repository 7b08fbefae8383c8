"""DEDUPLICATE: which records are one work. Pure; does not fetch candidates, does not store.

The caller finds stored works by `keys` and hands them in; `deduplicate` returns what each
touched work becomes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from service.deduplication.keys import keys
from service.deduplication.matching import same_work
from service.deduplication.merging import merge
from service.errors import InputError
from service.records import Arrival, KnownWork, Paper, WorkPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.records import WorkFields

__all__ = ["deduplicate", "keys", "merge", "part", "same_work"]

# A group of papers that are one work: its root is a known work's id or ("new", arrival index).
_Node = tuple[str, int]


def deduplicate(arrivals: Sequence[Arrival], known: Sequence[KnownWork]) -> tuple[WorkPlan, ...]:
    """Place every arrival: in a known work, in a new one, or bridging several into one.

    `known` must hold every stored work that shares a key with an arrival, and the present work
    of each changed arrival. The oldest known work (smallest id) survives a merge.
    """
    works = {work.id: work for work in known}
    members = _members(arrivals, works)
    keyed = {node: _keys(papers) for node, papers in members.items()}
    by_key = _by_key(keyed)
    groups = _Groups(members, _forbidden(arrivals, works))
    reasons: dict[int, str] = {}
    bridges: dict[_Node, str] = {}
    for index, arrival in enumerate(arrivals):
        node = ("arrival", index)
        if arrival.work_id in works:
            groups.join(node, ("work", arrival.work_id or 0))
            reasons[index] = "same record, revised"
        for other in _neighbours(node, keyed[node], by_key):
            reason = _agree(arrival, members[other], works.get(other[1]), other)
            if reason and groups.join(node, other):
                bridges.setdefault(other, reason)
                reasons.setdefault(index, reason)
    return tuple(_plan(group, members, keyed, reasons, bridges) for group in groups.all())


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


class _Groups:
    """Union-find over nodes; the root of a group is its smallest known work, if it has one.

    Pairs of works in `forbidden` are never brought into one group, not even by a third paper
    that matches both.
    """

    def __init__(self, nodes: Iterable[_Node], forbidden: frozenset[frozenset[int]]) -> None:
        self._parent = {node: node for node in nodes}
        self._works = {n: {n[1]} if n[0] == "work" else set() for n in self._parent}
        self._forbidden = forbidden

    def root(self, node: _Node) -> _Node:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def join(self, one: _Node, other: _Node) -> bool:
        """Whether the two groups were apart and are now one."""
        first, *rest = sorted({self.root(one), self.root(other)}, key=_works_first)
        if not rest or self._barred(first, rest[0]):
            return False
        self._parent[rest[0]] = first
        self._works[first] |= self._works[rest[0]]
        return True

    def _barred(self, one: _Node, other: _Node) -> bool:
        return any(
            frozenset({a, b}) in self._forbidden
            for a in self._works[one]
            for b in self._works[other]
        )

    def all(self) -> list[list[_Node]]:
        """Groups that hold an arrival, each with its root first."""
        found: dict[_Node, list[_Node]] = defaultdict(list)
        for node in self._parent:
            found[self.root(node)].append(node)
        return [
            sorted(nodes, key=_works_first)
            for nodes in found.values()
            if any(kind == "arrival" for kind, _ in nodes)
        ]


def _works_first(node: _Node) -> tuple[bool, int]:
    return (node[0] != "work", node[1])


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
) -> dict[_Node, tuple[Paper, ...]]:
    stale = {arrival.record_id for arrival in arrivals if arrival.record_id is not None}
    members: dict[_Node, tuple[Paper, ...]] = {
        ("work", work.id): tuple(p for rid, p in work.papers.items() if rid not in stale)
        for work in works.values()
    }
    members.update({("arrival", i): (a.paper,) for i, a in enumerate(arrivals)})
    return members


def _by_key(keyed: Mapping[_Node, frozenset[str]]) -> dict[str, list[_Node]]:
    found: dict[str, list[_Node]] = defaultdict(list)
    for node, its_keys in keyed.items():
        for key in its_keys:
            found[key].append(node)
    return found


def _neighbours(
    node: _Node, its_keys: Iterable[str], by_key: Mapping[str, list[_Node]]
) -> list[_Node]:
    """Those that come before it, so that each pair is compared once, by the later."""
    near = {other for key in its_keys for other in by_key[key]}
    return sorted((o for o in near if _works_first(o) < _works_first(node)), key=_works_first)


def _agree(
    arrival: Arrival, papers: Sequence[Paper], work: KnownWork | None, other: _Node
) -> str | None:
    if other[0] == "work" and work and arrival.record_id in work.separated:
        return None
    return next((why for p in papers if (why := same_work(arrival.paper, p))), None)


def _plan(
    group: Sequence[_Node],
    members: Mapping[_Node, tuple[Paper, ...]],
    keyed: Mapping[_Node, frozenset[str]],
    reasons: Mapping[int, str],
    bridges: Mapping[_Node, str],
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
