"""The charts of an evaluation, as Vega-Lite specifications. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.ranking.evaluation import Scorecard
    from service.ranking.intervals import Figure

METRIC_NAMES = {
    "ap": "average precision",
    "ndcg20": "nDCG@20",
    "recall10": "recall in the first 10 %",
    "wss95": "work saved over sampling at 95 % recall",
}
_OURS, _OTHERS = "#c2410c", "#475f7b"
_INK, _GREY, _PALE = "#1f2937", "#4b5563", "#e5e7eb"
_FONT = "Helvetica, Arial, DejaVu Sans, sans-serif"
_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class _Frame:
    """What panels share: the contenders best first, whose colour differs."""

    order: list[str]
    ours: str


def evaluation_chart(
    cards: Sequence[Scorecard], *, metric: str = "ap", ours: str = "litwatch", note: str = ""
) -> dict[str, Any]:
    """Every contender's figure with its 95 % interval: one panel for the mean over corpora, and a
    small one per corpus where there are several.

    Contenders stand best first by the mean, in the same order in every panel; the small panels
    share one scale. `ours` has a colour of its own; `note` is a line below the title.
    """
    import altair  # noqa: PLC0415 (heavy)

    ranked = sorted(cards, key=lambda card: -card.macro[metric].mean)
    corpora = list(ranked[0].corpora)
    frame = _Frame([card.contender for card in ranked], ours)
    macro = {card.contender: card.macro[metric] for card in ranked}
    several = len(corpora) > 1
    title = f"Mean over {len(corpora)} corpora" if several else _shortened(corpora[0], 80)
    chart = _panel(frame, macro, _domain(macro.values()), title, axis=METRIC_NAMES[metric])
    if several:
        domain = _domain(each[metric] for card in ranked for each in card.corpora.values())
        small = [
            _panel(
                frame,
                {card.contender: card.corpora[name][metric] for card in ranked},
                domain,
                _shortened(name, 30),
                named=at % _COLUMNS == 0,
            )
            for at, name in enumerate(corpora)
        ]
        chart = altair.vconcat(chart, altair.concat(*small, columns=_COLUMNS, spacing=14))
    return _dressed(chart, f"Rankers compared by {METRIC_NAMES[metric]}", note)


def _domain(figures: Iterable[Figure]) -> tuple[float, float]:
    """From nought, or from the lowest end if one lies below, to a little above the highest."""
    known = [each for each in figures if not isnan(each.mean)]
    highest = max((each.high for each in known), default=1.0)
    return min(0.0, *(each.low for each in known), 0.0), min(1.0, 1.05 * highest)


def _panel(
    frame: _Frame,
    figures: Mapping[str, Figure],
    domain: tuple[float, float],
    title: str,
    *,
    axis: str | None = None,
    named: bool = True,
) -> Any:  # noqa: ANN401 (a chart; Altair's types are unions of dozens)
    """A dot with its interval per contender; with an `axis` title it is the large panel, with the
    figures written out. `named` is whether contenders are named on its left."""
    import altair  # noqa: PLC0415 (heavy)

    large = axis is not None
    base = altair.Chart(altair.InlineData(values=_rows(figures)))
    ticks = altair.Axis(title=axis, tickCount=5, labelFlush=False)
    scale = altair.Scale(domain=list(domain), nice=False)
    x = altair.X("mean:Q", scale=scale, axis=ticks)
    labels = altair.Axis(title=None, labels=named, ticks=False, domain=False, labelLimit=200)
    y = altair.Y(
        "contender:N", sort=frame.order, scale=altair.Scale(domain=frame.order), axis=labels
    )
    colour = altair.condition(
        altair.datum.contender == frame.ours, altair.value(_OURS), altair.value(_OTHERS)
    )
    shown = [
        base.mark_rule(strokeWidth=2.5 if large else 1.6, strokeCap="round", opacity=0.55).encode(
            y=y, x=altair.X("low:Q", scale=scale, axis=ticks), x2="high:Q", color=colour
        ),
        base.mark_circle(size=80 if large else 34, opacity=1).encode(y=y, x=x, color=colour),
    ]
    if large:
        at = altair.X("high:Q", scale=scale, axis=ticks)
        told = base.mark_text(align="left", dx=7, fontSize=11, color=_INK)
        shown.append(told.encode(y=y, x=at, text="told:N"))
    step, width = (24, 560) if large else (15, 172)
    return altair.layer(*shown).properties(
        title=altair.TitleParams(title, fontSize=13 if large else 11, anchor="start", color=_INK),
        width=width,
        height=step * len(frame.order),
    )


def _rows(figures: Mapping[str, Figure]) -> list[dict[str, object]]:
    """What was measured; a figure that is NaN is left out, for JSON has no word for it."""
    return [
        {
            "contender": name,
            "mean": round(each.mean, 4),
            "low": round(each.low, 4),
            "high": round(each.high, 4),
            "told": f"{each.mean:.3f}",
        }
        for name, each in figures.items()
        if not isnan(each.mean)
    ]


def _shortened(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


def _dressed(chart: Any, title: str, note: str) -> dict[str, Any]:  # noqa: ANN401 (as above)
    """The whole specification, with a title and one style."""
    import altair  # noqa: PLC0415 (heavy)

    head = altair.TitleParams(
        title, subtitle=note, anchor="start", fontSize=16, subtitleFontSize=12,
        subtitleColor="#4b5563", subtitlePadding=4, offset=14, color=_INK,
    )  # fmt: skip
    styled = (
        altair.vconcat(chart, title=head, padding=16, background="white", spacing=24)
        .configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_INK,
            titleColor=_INK,
            titleFontWeight="normal",
            gridColor=_PALE,
            domainColor=_PALE,
            tickColor=_PALE,
            labelFontSize=11,
        )
        .configure_axisY(grid=False)
    )
    found: dict[str, Any] = styled.to_dict()
    return found
