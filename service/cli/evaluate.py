"""`litwatch evaluate`: how well rankers do on labelled corpora, which need no database, or on a
topic of the archive."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import evaluated
from service.cli.session import (
    Session,
    json_option,
    pass_session,
    print_json,
    progress,
    say,
    write_file,
)
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress

    from service.bootstrap.evaluation import Bench
    from service.ranking.evaluation import Measured
    from service.ranking.listed import ListedPaper
    from service.ranking.vote_simulation import VoteCurve

_LONG = 500  # papers without a vector, whose embedding may take a minute
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("files", nargs=-1, type=_FILE)
@click.option(
    "--corpus", "corpora", multiple=True, type=_FILE, help="A labelled corpus; more may follow it."
)
@click.option("--topic", metavar="SLUG", help="Measure on this topic of the archive instead.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Included papers that each draw takes as seeds.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Draws of seeds per corpus.",
)
@click.option("--rankers", default="", help="Which, parted by commas (default: all).")
@click.option("--votes", is_flag=True, help="Also simulate votes: 5 rounds on the 5 best.")
@click.option("--background", type=_FILE, help="Unlabelled papers of the field, in the same form.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder in which vectors are kept for the next run.",
)
@click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw average precision into this .svg or .png file.",
)
@json_option
@pass_session
def evaluate(
    session: Session,
    *,
    files: tuple[Path, ...],
    corpora: tuple[Path, ...],
    topic: str | None,
    seeds: int,
    draws: int,
    rankers: str,
    votes: bool,
    background: Path | None,
    cache: Path | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Measure rankers on labelled corpora, or on a topic, beside each other.

    A corpus is a file of JSON Lines: id, title, abstract, label_included (1 or 0), perhaps a
    date. Some included papers are drawn as seeds, the rest is ranked for them; every ranker gets
    the same draws and the same vectors. Intervals (95 %) are over draws.

    With --topic the included papers are the references of its seeds and the works voted relevant;
    the others are works voted not relevant and a sample of the archive. The topic's own document
    ranks them, too. The archive is only read.
    """
    from service.bootstrap import evaluation, live_topic

    wanted = evaluation.chosen_contenders(rankers)
    if chart:
        _check_chart(chart)
    files = (*corpora, *files)
    if topic is not None and (files or background):
        raise click.UsageError("--topic does not go with corpora or --background")
    encoder = evaluation.plain_encoder(session.settings, cache)
    with progress(quiet=as_json) as bars:
        embedding = partial(_embedding, bars)
        live = standing = None
        if topic is None:
            listed = _listed(files)
            rest = evaluation.read_listed(background) if background else []
            bench = evaluation.bench(wanted, listed, rest, encoder, embedding)
            _tell(bench)
        else:
            told = embedding if cache else partial(_embedding_unkept, bars)
            with session.opened() as app:
                live = live_topic.live_topic(app.parts, topic, seeds)
                bench = live_topic.live_bench(wanted, live, app.store, encoder, told)
                _tell(bench)
                standing = live_topic.as_it_stands(live, bench, app.parts.ranker, encoder)
        measured = _measure(bench, bars, seeds, draws)
        curves = _simulate(bench, bars, seeds, draws) if votes else []
    found = evaluated.Results(bench, measured, seeds, draws, tuple(curves), live, standing)
    if as_json:
        print_json(evaluated.document(found))
    else:
        evaluated.show(found)
    if chart:
        write_file(chart, evaluated.chart(found, str(chart)))


def _tell(bench: Bench) -> None:
    """What is missing without vectors, and why there are none."""
    if bench.left_out:
        say(f"Left out, for they need vectors: {', '.join(bench.left_out)}.")
    if bench.missing:
        say(
            f"There are none: {bench.missing}" if bench.left_out else f"No vectors: {bench.missing}"
        )


def _check_chart(file: Path) -> None:
    """Refuse before minutes of work what could not be drawn or written after it."""
    from service import charts

    charts.check_format(str(file))
    if not file.parent.is_dir():
        raise InputError(
            f"--chart {file}", "its folder does not exist", "make it, or choose another"
        )


def _listed(files: Sequence[Path]) -> list[tuple[str, list[ListedPaper]]]:
    """Each corpus under its file's name, or its path where two files have one name."""
    from service.bootstrap import evaluation
    from service.ranking.listed import repeated_ids

    if not files:
        raise click.UsageError(
            "give at least one labelled corpus (--corpus FILE.jsonl), or a topic (--topic SLUG)"
        )
    unique = list(dict.fromkeys(files))
    stems = Counter(file.stem for file in unique)
    found = []
    for file in unique:
        name = file.stem if stems[file.stem] == 1 else str(file)
        papers = evaluation.read_listed(file)
        if repeated := repeated_ids(papers):
            say(f"{name}: ids that come more than once: {len(repeated)}; every line counts.")
        found.append((name, papers))
    return found


def _embedding(bars: Progress, name: str, total: int) -> partial[None]:
    return partial(bars.advance, bars.add_task(f"embedding {name}", total=total))


def _embedding_unkept(bars: Progress, name: str, total: int) -> partial[None]:
    """As `_embedding`; who waits minutes is told how not to wait again."""
    if total >= _LONG:
        say(
            f"{total:,} papers have no vector in the archive: they are embedded now, which takes"
            " a while. Add --cache FOLDER to keep what is made."
        )
    return _embedding(bars, name, total)


def _measure(bench: Bench, bars: Progress, seeds: int, draws: int) -> Measured:
    from service.ranking.evaluation import measure

    total = len(bench.contenders) * len(bench.corpora) * draws
    return measure(
        bench.contenders,
        bench.corpora,
        seeds=seeds,
        draws=draws,
        background=bench.background,
        progress=partial(bars.advance, bars.add_task("ranking", total=total)),
    )


def _simulate(bench: Bench, bars: Progress, seeds: int, draws: int) -> list[VoteCurve]:
    from service.ranking.vote_simulation import simulate_votes

    total = len(bench.contenders) * len(bench.corpora) * draws
    task = bars.add_task("voting", total=total)
    return [
        simulate_votes(
            each,
            bench.corpora,
            seeds=seeds,
            draws=draws,
            background=bench.background,
            progress=partial(bars.advance, task),
        ).curve()
        for each in bench.contenders
    ]
