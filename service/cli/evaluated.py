"""What `litwatch evaluate` found, as tables, as one JSON document, as a chart."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from math import isnan
from typing import TYPE_CHECKING

import click

from service import __version__
from service.cli.session import plain, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap.evaluation import Bench
    from service.bootstrap.live_topic import LiveTopic, Standing
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
_TOLD = 10  # titles in a list beside a table; the rest are counted
_ABREAST = 10  # corpora side by side in 120 columns


# -- tables --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Results:
    """What was measured, on what, with which settings. `live` is the topic that it was measured
    on, where it was one, and `standing` how the topic's own document ranks."""

    bench: Bench
    measured: Measured
    seeds: int
    draws: int
    curves: tuple[VoteCurve, ...] = ()
    live: LiveTopic | None = None
    standing: Standing | None = None

    @property
    def cards(self) -> list[Scorecard]:
        """One per contender and the topic's own, best first by average precision."""
        found = [*self.measured.scorecards(), *([self.standing.card] if self.standing else [])]
        return sorted(found, key=lambda card: -card.macro["ap"].mean)

    @property
    def protocol(self) -> str:
        """How often which number of seeds was drawn."""
        seeds = "1 seed" if self.seeds == 1 else f"{self.seeds} seeds"
        return f"{seeds}, 1 draw" if self.draws == 1 else f"{seeds}, {self.draws} draws"


def show(found: Results) -> None:
    """Macro figures with intervals, how each ranker stands to the best, AP per corpus or what the
    topic's papers are, votes."""
    cards = found.cards
    if found.live:
        click.echo(f"{_told(found.live)}\n")
        over = f"Topic {found.live.topic.slug}"
    else:
        corpora = len(found.bench.corpora)
        over = "Mean over 1 corpus" if corpora == 1 else f"Mean over {corpora} corpora"
    table(
        ("ranker", *_METRICS.values()),
        [(card.contender, *(_interval(card.macro[each]) for each in _METRICS)) for card in cards],
        title=f"{over}: {found.protocol}; in brackets the 95 % interval",
    )
    _show_comparisons(found.measured)
    if found.live and found.standing:
        click.echo(_note(found))
        _show_excluded(found.standing)
        _show_unjudged(found.live, found.standing)
    else:
        _show_corpora(found.bench.corpora, cards)
    curves = found.curves
    for metric, name in _CURVES.items() if curves else ():
        table(
            ("ranker", *(f"{votes} votes" for votes in curves[0].votes)),
            [(each.contender, *map(_short, getattr(each, metric))) for each in curves],
            title=f"{name}, by simulated votes",
            numbers=range(1, 1 + len(curves[0].votes)),
        )


def _told(live: LiveTopic) -> str:
    """What the topic is measured on."""
    used = live.used
    good, bad = used.references + used.relevant, used.not_relevant + used.sampled
    return (
        f"Topic {live.topic.slug}, version {live.topic.version}, is measured on "
        f"{good + bad:,} papers.\n"
        f"  {good:,} to be found: {used.references:,} references of its seeds, "
        f"{used.relevant:,} works voted relevant or saved.\n"
        f"  {bad:,} to be left behind: {used.not_relevant:,} works voted not relevant, "
        f"{used.sampled:,} sampled from the archive and taken as\n"
        "    not relevant, though a few may be."
    )


def _note(found: Results) -> str:
    """How the two kinds of row in a topic's table differ."""
    seeds = "1 of the papers" if found.seeds == 1 else f"{found.seeds} of the papers"
    by = "" if found.bench.encoder else "; here by words only"
    return (
        f"A ranker knows {seeds} to be found, drawn anew each time, and nothing of the topic.\n"
        "Topic as it stands: its document (terms and seeds) ranks all the papers, without "
        f"having\nseen a vote or a reference; one list, so no interval{by}."
    )


def _show_excluded(standing: Standing) -> None:
    """Papers that the topic's own terms put last though its readers or seeds are for them."""
    if standing.excluded:
        click.echo("\nThe topic excludes by a term what it should find:")
        for title in standing.excluded[:_TOLD]:
            click.echo(f"  {title}")
        if more := len(standing.excluded[_TOLD:]):
            click.echo(f"  and {more:,} more")


def _show_unjudged(live: LiveTopic, standing: Standing) -> None:
    """Works that may have been taken as not relevant wrongly: a vote on each mends the figures."""
    from service.bootstrap.live_topic import FIRST

    if not standing.unjudged:
        return
    click.echo()
    table(
        ("work", "title"),
        standing.unjudged,
        title=f"Sampled works in the first {FIRST} of the topic as it stands: nobody judged them",
        numbers=(0,),
    )
    click.echo(
        "Those that matter make every figure too low. Vote on them and measure again:\n"
        f"litwatch vote {live.topic.slug} WORK... relevant (or not-relevant)"
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


def _show_comparisons(measured: Measured) -> None:
    """Every ranker beside the best of the peer systems and the better plain fusion."""
    from service.ranking.peers import FUSIONS, SYSTEMS

    cards = sorted(measured.scorecards(), key=lambda card: -card.macro["ap"].mean)
    references = [each for each in map(measured.best, (SYSTEMS, FUSIONS)) if each]
    told = {(each.contender, each.reference): _compared(each) for each in _comparisons(measured)}
    ahead = ", and on how many corpora the ranker is ahead" if len(measured.corpora) > 1 else ""
    if references:
        table(
            ("ranker", *(f"AP beside {reference}" for reference in references)),
            [
                (name, *(told.get((name, each), "-") for each in references))
                for name in (card.contender for card in cards)
            ],
            title=f"Ratio of mean AP, paired by draw{ahead}",
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
    told = _interval(each.ratio, 2)
    return told if each.corpora == 1 else f"{told}, ahead on {each.ahead} of {each.corpora}"


def _interval(figure: Figure, digits: int = 3) -> str:
    if isnan(figure.mean):
        return "-"
    if figure.low == figure.high:  # of a single list, which leaves no interval
        return f"{figure.mean:.{digits}f}"
    return f"{figure.mean:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def _short(figure: Figure) -> str:
    return "-" if isnan(figure.mean) else f"{figure.mean:.3f}"


# -- JSON ----------------------------------------------------------------------------------------


def document(found: Results) -> object:
    """Everything that was measured, and with what."""
    from service.ranking.peers import FUSIONS, SYSTEMS

    bench, measured = found.bench, found.measured
    return _no_nan(
        plain(
            {
                "settings": {
                    "seeds": found.seeds,
                    "draws": found.draws,
                    "interval": "95 %, bootstrap over draws within corpora",
                    "background": len(bench.background),
                    "encoder": bench.encoder,
                    "versions": _versions(),
                },
                "left_out": {
                    "rankers": bench.left_out,
                    "cause": str(bench.missing) if bench.missing else None,
                },
                "topic": _topic(found),
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
                    for each in found.curves
                ],
            }
        )
    )


def _topic(found: Results) -> dict[str, object] | None:
    """The topic that was measured on, of what its corpus was made, and its own figures."""
    if found.live is None or found.standing is None:
        return None
    topic = found.live.topic
    return {
        "topic": topic.slug,
        "version": topic.version,
        "used": found.live.used,
        "as_it_stands": {name: each.mean for name, each in found.standing.card.macro.items()},
        "excluded": found.standing.excluded,
        "unjudged": [work for work, _ in found.standing.unjudged],
    }


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


def chart(found: Results, name: str) -> bytes:
    """Average precision per ranker, as the kind of picture that the file's name ends in."""
    from service import charts
    from service.ranking.curves import evaluation_chart

    note = f"{found.protocol}. Dots are means, lines 95 % intervals over draws."
    return charts.draw(evaluation_chart(found.cards, note=note), name)
