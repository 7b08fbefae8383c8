"""Chosen works to digest content: the frozen value that every renderer reads. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from statistics import fmean
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from service.records import DigestItem, DigestSection, WeekFigures, search_of
from service.records.digests import Asks

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from service.records import DigestContent, RankedWork, Work

    class TopicSelection(Protocol):
        """What was selected for one topic or search, as `service.selection` gives it."""

        @property
        def topic(self) -> str: ...
        @property
        def chosen(self) -> Sequence[RankedWork]: ...
        @property
        def below(self) -> Sequence[RankedWork]: ...
        @property
        def similar(self) -> Mapping[int, Sequence[RankedWork]]: ...
        @property
        def unsure(self) -> bool: ...


WEEKS = 12  # digests whose figures are told, the present one among them
_USUAL_DELAY = timedelta(days=7)


def section(
    selected: TopicSelection,
    name: str,
    works: Mapping[int, Work],
    late: Collection[int],
    themes: Mapping[int, str] = MappingProxyType({}),
) -> DigestSection:
    """The part of one topic or search. `works` must hold all that were selected; `late` are work
    ids; `themes` name what a chosen work shares with others, by its id."""
    return DigestSection(
        topic=selected.topic,
        name=name,
        items=tuple(
            replace(
                _item(ranked, works, late),
                similar=tuple(
                    _item(other, works, late) for other in selected.similar.get(ranked.work_id, ())
                ),
                theme=themes.get(ranked.work_id, ""),
            )
            for ranked in selected.chosen
        ),
        below=tuple(_item(ranked, works, late) for ranked in selected.below),
        asks=_asks(selected),
    )


def _asks(selected: TopicSelection) -> Asks:
    if search_of(selected.topic):  # a vote is for a topic
        return Asks.NOTHING
    return Asks.DOUBTS if selected.unsure else Asks.VOTES


def search_name(name: str) -> str:
    """What the section of a saved search is called."""
    return f"Search “{name}”"


def late(entered: Mapping[int, str], previous: datetime | None) -> frozenset[int]:
    """Works that entered their source well before the previous digest and reached us only now.

    `entered` are partial ISO dates by work id. A few days are the sources' usual delay.
    """
    if previous is None:
        return frozenset()
    line = (previous - _USUAL_DELAY).date().isoformat()
    return frozenset(work_id for work_id, day in entered.items() if len(day) == 10 and day < line)


def degraded(missing_model: str | None) -> str:
    """The banner of a digest that was ranked without its encoder; "" when nothing is missing."""
    if missing_model is None:
        return ""
    cause = re.sub(r"\s+", " ", missing_model)
    return f"Ranked by words only, because the embedding model could not be used: {cause}"


def banner(*notices: str) -> str:
    """What is shown first, of notices that may be ""; each but the last ends its sentence."""
    told = [notice for notice in notices if notice]
    ended = [each if each[-1] in ".!?" else f"{each}." for each in told[:-1]]
    return " ".join([*ended, *told[-1:]])


def aim(cutoff: float | None, precision: float | None, per_week: float | None) -> str:
    """What a topic's line was drawn for, in words: "expected precision 80 %"."""
    if precision is not None:
        return f"expected precision {precision * 100:.3g} %"
    if per_week is not None:
        return f"about {per_week:g} {'paper' if per_week == 1 else 'papers'} a week"
    return "the default" if cutoff is None else "as the topic says"


def figures(content: DigestContent) -> WeekFigures:
    """One digest in figures. `relevance` is None where nothing was shown, or was frozen before
    there was relevance."""
    shown = [item.ranked.relevance for part in content.sections for item in part.items]
    told = [relevance for relevance in shown if relevance]
    mean = round(fmean(told), 4) if told else None
    return WeekFigures(content.period, content.screened, content.shown, mean)


def weeks(contents: Sequence[DigestContent]) -> tuple[WeekFigures, ...]:
    """The figures of these digests, in their order; the last `WEEKS`, one a period."""
    found = {content.period: figures(content) for content in contents}
    return tuple(found.values())[-WEEKS:]


def completed(content: DigestContent, before: Sequence[WeekFigures]) -> DigestContent:
    """The digest with its own figures behind those of the digests `before`."""
    others = [week for week in before if week.period != content.period]
    return replace(content, weeks=(*others, figures(content))[-WEEKS:])


def _item(ranked: RankedWork, works: Mapping[int, Work], late: Collection[int]) -> DigestItem:
    return DigestItem(works[ranked.work_id], ranked, late=ranked.work_id in late)
