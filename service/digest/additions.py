"""The phrases for what is added to a work beside what its sources say: why it deserves a second
look, what its abstract names, its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.digest.safe import shorten
from service.records.watching import EntityKind, SignalKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records.watching import Entity, Figure, Signal

_SHORT = {
    SignalKind.CITES: "Cites your seed",
    SignalKind.AUTHOR: "By an author you follow",
}
_TOLD_SIGNALS = {
    SignalKind.CITES: ("Cites your seed “", ("”", "")),
    SignalKind.AUTHOR: ("By ", ("", ", whom you follow")),
}
_ENTITIES = {
    EntityKind.GENE: "Genes",
    EntityKind.CELL: "Cells",
    EntityKind.DISEASE: "Diseases",
    EntityKind.CHEMICAL: "Chemicals",
}
SIGNALS = frozenset(_SHORT.values())
_NAMED = 6  # told at most


def signal_badges(signals: Sequence[Signal]) -> tuple[str, ...]:
    """One short badge for each kind of signal."""
    kinds = {signal.kind for signal in signals}
    return tuple(word for kind, word in _SHORT.items() if kind in kinds)


def signal_lines(signals: Sequence[Signal]) -> tuple[str, ...]:
    """ "Cites your seed “Fibroblast subsets”", "By Okafor Chidi and 1 more, whom you follow"."""
    told = []
    for kind, (before, after) in _TOLD_SIGNALS.items():
        names = [shorten(each.name, 110).removesuffix(".") for each in signals if each.kind is kind]
        names = list(dict.fromkeys(filter(None, names)))
        if names:
            more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            told.append(f"{before}{names[0]}{after[0]}{more}{after[1]}")
    return tuple(told)


def entity_groups(
    entities: Sequence[Entity], most: int = _NAMED
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What an abstract names, by kind: (("Genes", ("CXCL12", "TGFB1")), ...); `most` at most."""
    taken: dict[EntityKind, dict[str, str]] = {kind: {} for kind in _ENTITIES}
    count = 0
    for each in entities:
        name = shorten(each.name, 40) if each.count else ""  # 0: another name of what is named
        if name and name.casefold() not in taken.get(each.kind, {name.casefold(): ""}):
            taken[each.kind][name.casefold()] = name
            count += 1
        if count == most:
            break
    return tuple((_ENTITIES[kind], tuple(names.values())) for kind, names in taken.items() if names)


def entities_line(entities: Sequence[Entity]) -> str:
    """ "Genes: CXCL12, TGFB1 · Cells: neutrophil", or ""."""
    told = (f"{kind}: {', '.join(names)}" for kind, names in entity_groups(entities))
    return " · ".join(told)


def figure_line(figure: Figure, limit: int = 240) -> str:
    """ "Figure 1. Fibroblasts surround the nests", shortened."""
    return shorten(" ".join(filter(None, (_dotted(figure.label), figure.caption))), limit)


def credit_line(figure: Figure) -> str:
    """Whose the figure is, and under which licence; ""."""
    return shorten(figure.credit, 160)


def _dotted(label: str) -> str:
    told = shorten(label, 40).rstrip(".:")
    return f"{told}." if told else ""
