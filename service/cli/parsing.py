"""`litwatch parse`: what Litwatch makes of a payload. Needs no database and no configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import SOURCE_FAILED, json_option, plain, print_json
from service.errors import InputError, LitwatchError, SourceError

if TYPE_CHECKING:
    from service.bootstrap import Payload
    from service.records import Paper


@click.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@json_option
def parse(source: str, files: tuple[Path, ...], as_json: bool) -> int:
    """Show what Litwatch makes of payload FILES of SOURCE ("-" is standard input).

    SOURCE is pubmed, pmc, biorxiv, medrxiv, arxiv, europepmc, crossref, openalex, datacite, rss,
    ris or bibtex. Prints papers with all fields, ids and deletions where a payload lists them,
    or the typed error that the payload stands for. With --json, one object for one file, a list
    for several. Exits 4 if a file stands for an error.
    """
    from service import bootstrap

    bootstrap.check_payload_source(source)
    found = [(file, bootstrap.read_payload(source, _bytes(file))) for file in files]
    if as_json:
        documents = [_document(source, file, payload) for file, payload in found]
        print_json(documents if len(documents) > 1 else documents[0])
    else:
        for file, payload in found:
            _show(file, payload)
    return SOURCE_FAILED if any(payload.error for _, payload in found) else 0


def _bytes(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read()
        return file.read_bytes()
    except OSError as error:
        raise InputError(str(file), error.strerror or str(error), "check the path") from None


def _document(source: str, file: Path, payload: Payload) -> dict[str, object]:
    told: dict[str, object] = {
        "file": file,
        "source": source,
        "error": _error(payload.error) if payload.error else None,
        "papers": [_paper(paper, form) for paper, form in payload.papers],
        "unparsed": [_error(error) for error in payload.unparsed],
    }
    names = ("deletions", "ids", "stated", "next", "translation", "warnings")
    return told | {name: getattr(payload.page, name) for name in names if payload.page}


def _paper(paper: Paper, form: str) -> dict[str, object]:
    fields = plain(paper)
    assert isinstance(fields, dict)  # noqa: S101 - a dataclass becomes a dict
    return fields | {"key": paper.key, "format": form}


def _error(error: LitwatchError) -> dict[str, object]:
    told: dict[str, object] = {
        "type": error.code,
        "class": type(error).__name__,
        "thing": error.thing,
        "cause": error.cause,
        "remedy": error.remedy,
    }
    return told | ({"retry": error.retry} if isinstance(error, SourceError) else {})


def _show(file: Path, payload: Payload) -> None:
    click.secho(str(file), bold=True)
    if payload.error:
        click.echo(f"  error {payload.error.code}: {payload.error}")
        return
    for paper, _ in payload.papers:
        click.echo(f"  {paper.key}  [{paper.kind}] {paper.title}")
        named = ("doi", "pmid", "pmcid", "arxiv")
        ids = [f"{name} {value}" for name in named if (value := getattr(paper.ids, name))]
        click.echo(
            "    " + " · ".join(filter(None, (paper.published or "undated", paper.venue, *ids)))
        )
        if paper.abstract:
            cut = "…" if len(paper.abstract) > 200 else ""
            click.echo(f"    {paper.abstract[:200].replace(chr(10), ' ')}{cut}")
    for error in payload.unparsed:
        click.echo(f"  not understood: {error}")
    for name in ("deletions", "ids", "warnings"):
        values = getattr(payload.page, name)
        if values:
            click.echo(f"  {len(values)} {name}: {', '.join(values[:5])}{_more(values)}")


def _more(values: tuple[str, ...]) -> str:
    return ", …" if len(values) > 5 else ""
