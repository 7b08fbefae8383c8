"""Which papers are brought together: groups, each with its oldest known work first. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from service.deduplication.matching import different_articles
from service.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.deduplication.alike import Likeness
    from service.records import Paper

Node = tuple[str, int]
"""Papers that are one work: ("work", a known work's id) or ("arrival", its index)."""


class Groups:
    """Union-find over nodes; the root of a group is its smallest known work, if it has one.

    Pairs of works in `forbidden` are never brought into one group, not even by a third paper
    that matches both.
    """

    def __init__(
        self, members: Mapping[Node, tuple[Paper, ...]], forbidden: frozenset[frozenset[int]]
    ) -> None:
        self._papers = dict(members)
        self._parent = {node: node for node in members}
        self._works = {n: {n[1]} if n[0] == "work" else set() for n in self._parent}
        self._forbidden = forbidden

    def root(self, node: Node) -> Node:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def join(self, one: Node, other: Node) -> bool:
        """Whether the two groups were apart and are now one."""
        first, *rest = sorted({self.root(one), self.root(other)}, key=works_first)
        if not rest or self._barred(first, rest[0]):
            return False
        self._parent[rest[0]] = first
        self._works[first] |= self._works[rest[0]]
        self._papers[first] += self._papers[rest[0]]
        return True

    def would_mix(self, one: Node, other: Node, guess: Likeness) -> bool:
        """Whether a join that nothing states would bring two articles into one group, or, by
        likeness alone, two preprints."""
        first, second = (self._papers[self.root(node)] for node in (one, other))
        if any(different_articles(a, b) for a in _articles(first) for b in _articles(second)):
            return True
        mine, theirs = (_preprints(papers) for papers in (first, second))
        return not guess.same_title and bool(mine and theirs)

    def _barred(self, one: Node, other: Node) -> bool:
        return any(
            frozenset({a, b}) in self._forbidden
            for a in self._works[one]
            for b in self._works[other]
        )

    def all(self) -> list[list[Node]]:
        """Groups that hold an arrival, each with its root first."""
        found: dict[Node, list[Node]] = defaultdict(list)
        for node in self._parent:
            found[self.root(node)].append(node)
        return [
            sorted(nodes, key=works_first)
            for nodes in found.values()
            if any(kind == "arrival" for kind, _ in nodes)
        ]


class Joined:
    """Joins groups and remembers why: of an arrival why it is where it is, of a known work why it
    was absorbed."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self.reasons: dict[int, str] = {}
        self.bridges: dict[Node, str] = {}

    def join(self, arrival: Node, other: Node, reason: str) -> None:
        if not self._groups.join(arrival, other):
            return
        self.bridges.setdefault(other, reason)
        if arrival[1] in self.reasons and other[0] == "arrival":
            self.reasons.setdefault(other[1], reason)
        self.reasons.setdefault(arrival[1], reason)


def works_first(node: Node) -> tuple[bool, int]:
    return (node[0] != "work", node[1])


def _preprints(papers: Iterable[Paper]) -> set[str | None]:
    """The DOIs of those that are preprints."""
    return {paper.ids.doi for paper in papers if paper.kind is Kind.PREPRINT}


def _articles(papers: Sequence[Paper]) -> list[Paper]:
    """A feed does not say that what it lists is a preprint; its DOI does. PubMed says it."""
    unpublished = _preprints(papers) - {None}
    return [
        paper
        for paper in papers
        if paper.kind is not Kind.PREPRINT and (paper.ids.pmid or paper.ids.doi not in unpublished)
    ]
