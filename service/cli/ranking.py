"""`litwatch rank`: the archive's works, or the papers of a file, for a topic, best first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import ranked
from service.cli.session import Session, json_option, pass_session, print_json, say, table
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILE = click.Path(path_type=Path)  # whoever reads a file says in one line that it is not there
_DAYS, _SHOWN = 7, 30


class _SeveralSeeds(click.Command):
    """A command whose --seeds takes all the files that follow it, as a shell's wildcard gives."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _repeated(args, "--seeds"))


def _repeated(words: Sequence[str], option: str) -> list[str]:
    """`--seeds a b` as `--seeds a --seeds b`; a word that begins with a hyphen ends the files."""
    found: list[str] = []
    files: int | None = None  # that followed the option; None outside of it
    for word in words:
        if word == option or word.startswith(f"{option}="):
            files = int(word != option)
        elif word.startswith("-"):
            if files == 0:
                break  # click then says what is missing; else it would take this for the file
            files = None
        elif files is not None:
            found += [option] * (files > 0)
            files += 1
        found.append(word)
    return found


@click.command(cls=_SeveralSeeds)
@click.argument("slug", metavar="[TOPIC]", required=False)
@click.option(
    "--days",
    type=click.IntRange(min=1),
    help=f"Works first seen in the last N days (default: {_DAYS}).",
)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    help=f"How many to show (default: {_SHOWN}; of --papers as --json, all).",
)
@click.option("--papers", type=_FILE, help="Rank the papers of this file, not the archive.")
@click.option("--topic", "document", type=_FILE, help="The topic document to rank --papers for.")
@click.option(
    "--seeds",
    type=_FILE,
    multiple=True,
    help="Or a seed, and more may follow it: a review summary (.md), papers (.jsonl), citations"
    " (.bib, .ris, .nbib), plain text (.txt).",
)
@click.option("--background", type=_FILE, help="More papers of the field, as those of --papers.")
@click.option("--votes", type=_FILE, help="Votes on the papers: .jsonl or .csv, id and judgement.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder in which vectors are kept for the next run.",
)
@json_option
@pass_session
def rank(
    session: Session,
    *,
    slug: str | None,
    days: int | None,
    limit: int | None,
    papers: Path | None,
    document: Path | None,
    seeds: tuple[Path, ...],
    background: Path | None,
    votes: Path | None,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Rank recent works for TOPIC, with the reason for each.

    With --papers it ranks a file of JSON Lines (id, title, abstract) for a topic document or for
    seeds, and looks neither at the database nor at stored topics. A paper that is itself a seed
    stays in the list and is marked.
    """
    if papers is None:
        given: dict[str, object] = {"--topic": document, "--seeds": seeds, "--votes": votes}
        _refuse_without_papers({**given, "--background": background, "--cache": cache})
        if slug is None:
            told = "name a TOPIC of the archive, or give --papers with --topic or --seeds"
            raise InputError("litwatch rank", "there is nothing to rank for", told)
        _archive(session, slug, days or _DAYS, limit or _SHOWN, as_json=as_json)
        return
    _refuse_with_papers(slug, days)
    files = ranked.Files(papers, document, seeds, background, votes, cache)
    found = ranked.rank_files(session.settings, files)
    if as_json:
        print_json(ranked.document(found, limit))
    else:
        ranked.show(found, limit or _SHOWN)


def _refuse_without_papers(given: Mapping[str, object]) -> None:
    for option, value in given.items():
        if value:
            raise InputError(
                option, "goes with --papers only", "add --papers FILE.jsonl, or leave it out"
            )


def _refuse_with_papers(slug: str | None, days: int | None) -> None:
    if slug is not None:
        raise InputError(
            f"argument {slug!r}",
            "a TOPIC of the archive does not go with --papers",
            "give --topic FILE or --seeds FILE...; no other option takes several files",
        )
    if days is not None:
        raise InputError("--days", "is for the archive, not for --papers", "leave it out")


def _archive(session: Session, slug: str, days: int, limit: int, *, as_json: bool) -> None:
    from service import pipeline, tuning
    from service.digest.additions import signal_lines

    with session.opened(configured=True) as app:
        with app.store.reading() as tx:
            topic = tuning.in_force(tx, slug)
            lo = tx.works.sequence_before(app.clock.now() - timedelta(days=days))
            hi = tx.works.sequence()
        ranking = pipeline.rank(app.parts, [topic], lo, hi)
        shown = ranking.by_topic[slug][:limit]
        with app.store.reading() as tx:
            works = {work.id: work for work in tx.works.many([r.work_id for r in shown])}
    if as_json:
        print_json([{"work": works[r.work_id], "ranked": r} for r in shown])
        return
    if not shown:
        say(f"No new work came in the last {days} days; --days looks further back.")
        say("Imported files are for searching alone, unless: litwatch import --announce")
        return
    table(
        ("relevance", "score", "work", "title", "why"),
        [
            (
                f"{r.relevance:.0%}",
                f"{r.score:.2f}",
                r.work_id,
                works[r.work_id].title,
                "; ".join(filter(None, (*signal_lines(r.signals), ", ".join(r.terms[:5])))),
            )
            for r in shown
        ],
        numbers=(0, 1, 2),
        title=f"{topic.name}: {len(shown)} of {ranking.screened} works of the last {days} days",
    )
