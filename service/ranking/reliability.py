"""The reliability diagram, as a Vega-Lite specification. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.ranking.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.ranking.metrics import Bin

_LINE, _MASS = "#c2410c", "#94a3b8"
_INK, _GREY, _PALE = "#1f2937", "#4b5563", "#e5e7eb"
_FONT = "Helvetica, Arial, DejaVu Sans, sans-serif"
_SIDE = 220


def reliability_chart(
    panels: Mapping[str, Sequence[Bin]], *, title: str, note: str = ""
) -> dict[str, Any]:
    """A panel for each name: how often papers of a predicted relevance were relevant, with 95 %
    intervals (Wilson 1927), beside the line of perfect honesty; below, how many there were.

    The intervals take papers for independent of one another, which those of one list are not
    quite. A panel without bins is drawn empty. `note` is a line below the title.
    """
    import altair  # noqa: PLC0415 (heavy)

    drawn = [
        _panel(name, bins, first=place == 0) for place, (name, bins) in enumerate(panels.items())
    ]
    head = altair.TitleParams(
        title, subtitle=note, anchor="start", fontSize=16, subtitleFontSize=12,
        subtitleColor=_GREY, subtitlePadding=4, offset=14, color=_INK,
    )  # fmt: skip
    found: dict[str, Any] = (
        altair.hconcat(*drawn, title=head, padding=16, background="white", spacing=26)
        .configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_INK,
            titleColor=_INK,
            titleFontWeight="normal",
            gridColor=_PALE,
            domainColor=_PALE,
            tickColor=_PALE,
        )
        .to_dict()
    )
    return found


def _panel(name: str, bins: Sequence[Bin], *, first: bool) -> Any:  # noqa: ANN401 (a chart)
    import altair  # noqa: PLC0415 (heavy)

    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
    share = altair.Scale(domain=[0, 1], nice=False)
    axis = altair.Axis(title="predicted relevance", values=ticks)
    x = altair.X("predicted:Q", scale=share, axis=axis)
    left = altair.Axis(title="share that was relevant" if first else None, values=ticks)
    base = altair.Chart(altair.InlineData(values=_rows(bins)))
    honest = (
        altair.Chart(altair.InlineData(values=[{"at": 0}, {"at": 1}]))
        .mark_line(color=_GREY, strokeDash=[4, 4], strokeWidth=1)
        .encode(
            x=altair.X("at:Q", scale=share, axis=axis), y=altair.Y("at:Q", scale=share, axis=left)
        )
    )
    found = altair.Y("observed:Q", scale=share, axis=left)
    spans = base.mark_rule(color=_LINE, opacity=0.5, strokeWidth=2).encode(
        x=x, y=altair.Y("low:Q", scale=share, axis=left), y2="high:Q"
    )
    curve = base.mark_line(color=_LINE, strokeWidth=2).encode(x=x, y=found)
    dots = base.mark_circle(color=_LINE, size=46, opacity=1).encode(x=x, y=found)
    upper = altair.layer(honest, spans, curve, dots).properties(
        width=_SIDE,
        height=_SIDE,
        title=altair.TitleParams(name, fontSize=13, anchor="start", color=_INK),
    )
    mass = (
        base.mark_bar(color=_MASS)
        .encode(
            x=altair.X(
                "from:Q", scale=share, axis=altair.Axis(title=None, labels=False, values=ticks)
            ),
            x2="to:Q",
            y2=altair.datum(0),
            y=altair.Y("count:Q", axis=altair.Axis(title="papers" if first else None, tickCount=2)),
        )
        .properties(width=_SIDE, height=44)
    )
    return altair.vconcat(upper, mass, spacing=8)


def _rows(bins: Sequence[Bin]) -> list[dict[str, float]]:
    found = []
    for each in bins:
        low, high = wilson(each.observed, each.count)
        # The bins are those of equal width, ten of them: see `metrics.reliability`.
        left = min(int(each.predicted * 10), 9) / 10
        found.append(
            {
                "predicted": round(each.predicted, 4),
                "observed": round(each.observed, 4),
                "low": round(low, 4),
                "high": round(high, 4),
                "count": each.count,
                "from": left + 0.005,
                "to": left + 0.095,
            }
        )
    return found
