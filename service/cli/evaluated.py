"""What `litwatch evaluate` found, as tables, as one JSON document, as a chart."""

from __future__ import annotations

import platform
from importlib.metadata import version
from math import isnan
from typing import TYPE_CHECKING

from service import __version__
from service.cli.session import plain, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap.evaluation import Bench
    from service.ranking.evaluation import Comparison, Measured, Scorecard
    from service.ranking.intervals import Figure
    from service.ranking.labelled import Corpus
    from service.ranking.vote_simulation import VoteCurve

_METRICS = {"ap": "AP", "ndcg20": "nDCG@20", "recall10": "recall@10%", "wss95": "WSS@95"}
_CURVES = {
    "recall10": "recall@10%",
    "ap": "AP",
    "unseen": "AP of the papers not voted on",
    "unseen_without": "AP of the same papers, had nobody voted",
}
_ABREAST = 10  # corpora side by side in 120 columns


# -- tables --------------------------------------------------------------------------------------


def show(
    bench: Bench, measured: Measured, curves: Sequence[VoteCurve], *, seeds: int, draws: int
) -> None:
    """Macro figures with intervals, how each ranker stands to the best, AP per corpus, votes."""
    cards = sorted(measured.scorecards(), key=lambda card: -card.macro["ap"].mean)
    table(
        ("ranker", *_METRICS.values()),
        [(card.contender, *(_interval(card.macro[each]) for each in _METRICS)) for card in cards],
        title=f"Mean over {_counted(len(bench.corpora))}: {_protocol(seeds, draws)}; "
        "in brackets the 95 % interval",
    )
    _show_comparisons(measured, [card.contender for card in cards])
    _show_corpora(bench.corpora, cards)
    for metric, name in _CURVES.items() if curves else ():
        table(
            ("ranker", *(f"{votes} votes" for votes in curves[0].votes)),
            [(each.contender, *map(_short, getattr(each, metric))) for each in curves],
            title=f"{name}, by simulated votes",
            numbers=range(1, 1 + len(curves[0].votes)),
        )


def _show_corpora(corpora: Sequence[Corpus], cards: Sequence[Scorecard]) -> None:
    """The corpora with their numbers, and AP by number: their names would not fit above it."""
    numbered = list(enumerate(corpora, 1))
    table(
        ("", "corpus", "papers", "included"),
        [(at, each.name, len(each.papers), int(each.relevant.sum())) for at, each in numbered],
        numbers=(0, 2, 3),
    )
    for start in range(0, len(numbered), _ABREAST):
        part = numbered[start : start + _ABREAST]
        table(
            ("ranker", *(str(at) for at, _ in part)),
            [
                (card.contender, *(_short(card.corpora[each.name]["ap"]) for _, each in part))
                for card in cards
            ],
            title="AP per corpus",
            numbers=range(1, 1 + len(part)),
        )


def _show_comparisons(measured: Measured, names: Sequence[str]) -> None:
    """Every ranker beside the best of the peer systems and the better plain fusion."""
    from service.ranking.peers import FUSIONS, SYSTEMS

    references = [each for each in map(measured.best, (SYSTEMS, FUSIONS)) if each]
    told = {(each.contender, each.reference): _compared(each) for each in _comparisons(measured)}
    if references:
        table(
            ("ranker", *(f"AP beside {reference}" for reference in references)),
            [(name, *(told.get((name, each), "-") for each in references)) for name in names],
            title="Ratio of mean AP, paired by draw, and on how many corpora the ranker is ahead",
        )


def _comparisons(measured: Measured) -> list[Comparison]:
    """Every contender beside the best of the peer systems and both plain fusions, by AP."""
    from service.ranking.peers import FUSIONS, SYSTEMS

    references = [measured.best(SYSTEMS), *(measured.best([name]) for name in FUSIONS)]
    return [
        measured.comparison(name, reference)
        for reference in references
        for name in measured.values
        if reference and name != reference
    ]


def _compared(each: Comparison) -> str:
    return f"{_interval(each.ratio, 2)}, ahead on {each.ahead} of {each.corpora}"


def _interval(figure: Figure, digits: int = 3) -> str:
    if isnan(figure.mean):
        return "-"
    return f"{figure.mean:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def _short(figure: Figure) -> str:
    return "-" if isnan(figure.mean) else f"{figure.mean:.3f}"


def _counted(corpora: int) -> str:
    return "1 corpus" if corpora == 1 else f"{corpora} corpora"


def _protocol(seeds: int, draws: int) -> str:
    seed = "1 seed" if seeds == 1 else f"{seeds} seeds"
    return f"{seed}, 1 draw" if draws == 1 else f"{seed}, {draws} draws"


# -- JSON ----------------------------------------------------------------------------------------


def document(
    bench: Bench, measured: Measured, curves: Sequence[VoteCurve], *, seeds: int, draws: int
) -> object:
    """Everything that was measured, and with what."""
    from service.ranking.peers import FUSIONS, SYSTEMS

    return _no_nan(
        plain(
            {
                "settings": {
                    "seeds": seeds,
                    "draws": draws,
                    "interval": "95 %, bootstrap over draws within corpora",
                    "background": len(bench.background),
                    "encoder": bench.encoder,
                    "versions": _versions(),
                },
                "left_out": {
                    "rankers": bench.left_out,
                    "cause": str(bench.missing) if bench.missing else None,
                },
                "corpora": [_corpus(each) for each in bench.corpora],
                "rankers": [_ranker(card, measured) for card in measured.scorecards()],
                "best_system": measured.best(SYSTEMS),
                "best_fusion": measured.best(FUSIONS),
                "comparisons": [
                    {
                        "ranker": each.contender,
                        "reference": each.reference,
                        "metric": each.metric,
                        "difference": each.difference,
                        "ratio": each.ratio,
                        "ahead": each.ahead,
                        "corpora": each.corpora,
                    }
                    for each in _comparisons(measured)
                ],
                "votes": [
                    {
                        "ranker": each.contender,
                        "votes": each.votes,
                        "recall10": each.recall10,
                        "ap": each.ap,
                        "ap_unseen": each.unseen,
                        "ap_unseen_without_votes": each.unseen_without,
                    }
                    for each in curves
                ],
            }
        )
    )


def _corpus(each: Corpus) -> dict[str, object]:
    return {
        "corpus": each.name,
        "papers": len(each.papers),
        "included": int(each.relevant.sum()),
        "unlabelled": each.unlabelled,
        "content": each.content,
    }


def _ranker(card: Scorecard, measured: Measured) -> dict[str, object]:
    values = measured.values[card.contender]
    return {
        "ranker": card.contender,
        "macro": card.macro,
        "corpora": card.corpora,
        "draws": {
            corpus: {metric: each[place].tolist() for metric, each in values.items()}
            for place, corpus in enumerate(measured.corpora)
        },
    }


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("numpy", "scipy", "scikit-learn")}
    return {"litwatch": __version__, "python": platform.python_version(), **packages}


def _no_nan(value: object) -> object:
    """The same with None for NaN, which JSON has no word for."""
    match value:
        case float() if isnan(value):
            return None
        case dict():
            return {key: _no_nan(item) for key, item in value.items()}
        case list():
            return [_no_nan(item) for item in value]
    return value


# -- the chart -----------------------------------------------------------------------------------


def chart(measured: Measured, name: str, *, seeds: int, draws: int) -> bytes:
    """Average precision per ranker, as the kind of picture that the file's name ends in."""
    from service import charts
    from service.ranking.curves import evaluation_chart

    note = f"{_protocol(seeds, draws)}. Dots are means, lines 95 % intervals over draws."
    return charts.draw(evaluation_chart(measured.scorecards(), note=note), name)
