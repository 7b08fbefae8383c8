"""`litwatch search`: find works by words and by meaning."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC
from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, pass_session, print_json, say
from service.errors import InputError, QueryError

if TYPE_CHECKING:
    from rich.text import Text

    from service.records import Work
    from service.records.findings import FacetCounts, Findings, Hit, Search


@click.command()
@click.argument("words", metavar="QUERY...", nargs=-1, required=True)
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "lexical", "semantic"]),
    default="hybrid",
    help="By words and meaning (the default), words alone, or meaning alone.",
)
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=20, help="How many to show.")
@click.option(
    "--sort",
    type=click.Choice(["relevance", "newest", "seen"]),
    help="The order; goes before sort: in the query.",
)
@click.option("--cursor", help="Go on where a page ended, as that page said.")
@click.option("--facets", is_flag=True, help="Count what is found by source, type, year, topic.")
@click.option(
    "--open", "opened", type=click.IntRange(1), metavar="N", help="Open the Nth in the browser."
)
@click.option("--explain", "explained", is_flag=True, help="Say how QUERY is read; search nothing.")
@click.option("--no-pager", is_flag=True, help="Print all at once, however long.")
@json_option
@pass_session
def search(
    session: Session,
    words: tuple[str, ...],
    *,
    mode: str,
    limit: int,
    sort: str | None,
    cursor: str | None,
    facets: bool,
    opened: int | None,
    explained: bool,
    no_pager: bool,
    as_json: bool,
) -> None:
    """Find works.

    QUERY is words, "phrases", prefix*, AND, OR, NOT, parentheses and -exclusions; title:,
    abstract:, author:, journal:, mesh:, keyword:; gene:, cell:, disease:, chemical:; source:,
    type:, topic:, licence:; doi:, pmid:, pmcid:, arxiv:; published:2026-01..2026-03,
    seen:last-week; is:review, is:unsent, has:pdf and the like; score:>0.7; like:WORK;
    as-of:2026-06-01; sort:newest. Days are days in UTC.

    Put QUERY into single quotes, and -- before it if it begins with a hyphen.
    """
    from service.records.findings import Search
    from service.records.queries import Mode, Sort

    asked = Search(" ".join(words), Mode(mode), limit, cursor, Sort(sort) if sort else None, facets)
    try:
        if explained:
            click.echo(_explained(session, asked))
            return
        with session.opened() as app:
            found = app.find(asked)
    except QueryError as error:
        say(error.here)
        raise
    if opened is not None:
        _open(found, opened)
    elif as_json:
        print_json(found)
    else:
        _show(found, asked, paged=not no_pager)


def _explained(session: Session, asked: Search) -> str:
    from dataclasses import replace

    from service import archive

    query = archive.parse(asked.text, session.app.clock.now(), UTC)
    return archive.explain(replace(query, sort=asked.sort) if asked.sort else query, UTC)


def _open(found: Findings, number: int) -> None:
    """Raises `InputError` where there is no such work, or nothing of it to open."""
    if number > len(found.hits):
        told = f"is not there: {len(found.hits)} were found"
        raise InputError(f"number {number}", told, "ask for a smaller one, or a larger --limit")
    work = found.hits[number - 1].work
    if not work.url.startswith(("https://", "http://")):
        raise InputError(f"work {work.id}", "has no address", f"see: litwatch show {work.id}")
    say(f"Opening {work.url}")
    click.launch(work.url)


def _show(found: Findings, asked: Search, *, paged: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    for note in found.notes:
        say(f"Note: {note}")
    if not found.hits:
        say("Nothing found." if asked.cursor is None else "There is no more.")
        return
    console = Console(highlight=False)
    shown = Table.grid(padding=(0, 1))
    shown.add_column(justify="right")
    shown.add_column(overflow="fold")
    for number, hit in enumerate(found.hits, start=1):
        shown.add_row(f"{number}.", _hit(hit, semantic=found.mode == "semantic"))
    for facet in found.facets:
        shown.add_row("", _facet(facet))
    with console.capture() as capture:
        console.print(shown)
    text = "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())
    if paged and sys.stdout.isatty() and text.count("\n") >= console.height:
        click.echo_via_pager(text, color=True)
    else:
        click.echo(text, nl=False)
    say(_summary(found, asked))


def _summary(found: Findings, asked: Search) -> str:
    least = "" if found.exact else "at least "
    noun = "work has" if found.total == 1 else "works have"
    told = f"{least}{found.total:,} {noun} all that is asked for"
    if not found.cursor:
        return told
    return f"{told}; more: litwatch search --cursor {found.cursor} {shlex.quote(asked.text)}"


def _hit(hit: Hit, *, semantic: bool) -> Text:
    """A work as a few lines: title, where it is from, the passages that answer."""
    from rich.text import Text

    work = hit.work
    marked = {snippet.part.value: snippet for snippet in hit.snippets}
    text = Text(work.title or "(no title)", style="bold")
    for start, end in marked["title"].marks if "title" in marked else ():
        text.stylize("underline", start, end)
    text.append(f"\n{_where(work)}", style="dim")
    for part, snippet in marked.items():
        if part != "title":
            text.append("\n" if part == "abstract" else f"\n{part}: ")
            start = len(text)
            text.append(snippet.text)
            for begin, end in snippet.marks:
                text.stylize("bold", start + begin, start + end)
    told = [_LACKING[hit.matched]] if hit.matched in _LACKING else []
    if hit.similarity is not None and (told or semantic):
        told.append(f"{hit.similarity:.2f} near in meaning")
    if told:
        text.append(f"\n({', '.join(told)})", style="dim italic")
    return text


_LACKING = {"some": "has some of the words", "near": "has none of the words"}


def _where(work: Work) -> str:
    first = work.authors[0] if work.authors else ""
    others = " et al." if len(work.authors) > 1 else ""
    flags = ", ".join(sorted(work.flags)).upper()
    told = (first + others, work.venue, work.published, str(work.kind), flags, f"work {work.id}")
    return " · ".join(filter(None, told))


def _facet(facet: FacetCounts) -> Text:
    from rich.text import Text

    told = ", ".join(f"{one.value} {one.count:,}" for one in facet.values)
    return Text.assemble((f"{facet.name}: ", "bold"), told)
