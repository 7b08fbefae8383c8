"""`litwatch parse`: what Litwatch makes of a payload. Needs no database and no configuration."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from service.cli.session import json_option, print_json
from service.errors import InputError, LitwatchError, ParseError, SourceError


@click.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@json_option
def parse(source: str, files: tuple[Path, ...], as_json: bool) -> int:
    """Show what Litwatch makes of payload FILES of SOURCE.

    SOURCE is pubmed, pmc, biorxiv, medrxiv, arxiv, europepmc, crossref, openalex, datacite, rss,
    ris or bibtex. Prints papers with all fields, ids and deletions where a payload lists them,
    or the typed error that the payload stands for. Exits 4 if a file stands for an error.
    """
    results = [_parsed(source, file) for file in files]
    if as_json:
        print_json(results if len(results) > 1 else results[0])
    else:
        for result in results:
            _show(result)
    return 4 if any(result["error"] for result in results) else 0


def _parsed(source: str, file: Path) -> dict[str, object]:
    from service.normalisation import normalise
    from service.sources.reading import SOURCES, read

    if source not in SOURCES:
        raise InputError(f"source {source!r}", "is not known", f"one of: {', '.join(SOURCES)}")
    result: dict[str, object] = {"file": str(file), "source": source, "error": None, "papers": []}
    try:
        page = read(source, _bytes(file))
    except (SourceError, InputError) as error:
        return result | {"error": _told(error)}
    papers, failures = [], []
    for record in page.records:
        try:
            paper = normalise(record)
            papers.append(asdict(paper) | {"key": paper.key, "format": record.format})
        except ParseError as error:
            failures.append(_told(error))
    return result | {
        "papers": papers,
        "unparsed": failures,
        "deletions": page.deletions,
        "ids": page.ids,
        "stated": page.stated,
        "next": page.next,
        "translation": page.translation,
        "warnings": page.warnings,
    }


def _bytes(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read()
        return file.read_bytes()
    except OSError as error:
        raise InputError(str(file), error.strerror or str(error), "check the path") from None


def _told(error: LitwatchError) -> dict[str, object]:
    told: dict[str, object] = {
        "type": error.code,
        "class": type(error).__name__,
        "thing": error.thing,
        "cause": error.cause,
        "remedy": error.remedy,
    }
    if isinstance(error, SourceError):
        told["retry"] = error.retry
    return told


def _show(result: dict[str, object]) -> None:
    click.secho(str(result["file"]), bold=True)
    error = result["error"]
    if isinstance(error, dict):
        click.echo(f"  error {error['type']}: {error['cause']}")
        return
    for paper in result["papers"]:  # type: ignore[attr-defined]
        click.echo(f"  {paper['key']}  [{paper['kind']}] {paper['title']}")
        ids = ", ".join(f"{name} {value}" for name, value in paper["ids"].items() if value)
        click.echo(f"    {paper['published'] or 'undated'} · {paper['venue']} · {ids}")
        if paper["abstract"]:
            click.echo(f"    {paper['abstract'][:200].replace(chr(10), ' ')}…")
    for name in ("deletions", "ids", "unparsed", "warnings"):
        values = result[name]
        if values:
            click.echo(f"  {name}: {len(values)}")  # type: ignore[arg-type]
