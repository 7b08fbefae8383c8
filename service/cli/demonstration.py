"""`litwatch demo`: the whole way on example payloads, through the real clients, offline."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli import digests, indexing, polling
from service.cli.session import SOURCE_FAILED, STOPPED, Session, progress, say
from service.errors import EncoderError, InputError

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.config import Settings
    from service.demo.server import ReplayServer

# form -> file and whom it is addressed to
_FORMS = {
    "html": ("digest.html", "digest"),
    "slack": ("digest.slack.json", "C0DEMO"),
    "email": ("digest.eml", "reader@example.org"),
}
_NAME = "demo"
_SENDER = "Litwatch <litwatch@example.org>"
_UPSTREAMS = ("pubmed", "pmc", "biorxiv", "medrxiv", "arxiv", "europepmc")


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where the archive and the digest go.",
)
@click.option("--serve", is_flag=True, help="Then serve the web app on it, until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="For --serve.")
def demo(folder: Path, serve: bool, port: int) -> int:
    """Poll example payloads, rank them against two reviews, show the digest.

    Everything is real but the upstreams: a server on this machine replays fictional records in
    the sources' own formats. The clock stands at Monday, 16 November 2026; with --serve it goes on
    from there.
    """
    from service.clock import going, standing
    from service.demo.server import NOW, ReplayServer

    started = time.monotonic()
    config_file = _prepared(folder)
    clock = (going if serve else standing)(datetime.fromisoformat(NOW))
    with ReplayServer() as server:
        session = Session(clock=clock, overrides=_settings(folder, server))
        session.app.upgrade()
        with session.opened(configured=True, stopped_status=STOPPED) as app:
            results = polling.poll_all(app, list(app.sources), force=True)
            polling.show_results(results)
            written = _digest(app, folder)
            _tell(folder, config_file, written, time.monotonic() - started)
            if serve:
                _serve(app, port)
            else:
                say("See it in a browser: litwatch demo --serve")
    return SOURCE_FAILED if any(result.error for result in results) else 0


def _tell(folder: Path, config_file: Path, written: list[Path], seconds: float) -> None:
    if written:
        say(f"Done in {seconds:.0f} s. The same digest, as it would be sent:")
        for path in written:
            say(f"  {path}")
    else:
        say(f"Nothing is new: this week's digest was made before. It is in {folder}{os.sep}.")
        say(f"To begin anew: rm -r {folder}   ({seconds:.0f} s)")
    say(f"Ask the archive: litwatch --config {config_file} search neutrophil")


def _serve(app: App, port: int) -> None:
    """The web app, while the upstreams are there to be asked."""
    from service.web.server import listening, run

    app.rank_weeks()
    with listening("127.0.0.1", port) as bound:
        run(app, bound, say)
    app.stop.clear()  # it was asked to end here, and has: nothing was cut off


def _prepared(folder: Path) -> Path:
    """Make the folder, with a configuration for the other commands; returns that file."""
    file = folder / "litwatch.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(_configuration(folder), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"--folder {folder}", f"cannot be used: {error.strerror}", "choose another folder"
        ) from None
    return file


def _configuration(folder: Path) -> str:
    off = "\n".join(f"[sources.{name}]\nenabled = false" for name in _UPSTREAMS)
    whole = folder.resolve()
    return f"""\
# Written by "litwatch demo", for trying the other commands on its archive.
[database]
url = {json.dumps(f"sqlite:///{whole}/litwatch.db")}

[file]
folder = {json.dumps(f"{whole}/sent")}

[email]
sender = "{_SENDER}"

[[subscriptions]]
name = "{_NAME}"
channel = "file"
destination = "digest"
zone = "UTC"

# The demo's upstreams end with it. Before you switch real ones on: http.contact = "your address".
{off}
"""


def _settings(folder: Path, server: ReplayServer) -> Settings:
    from service import config

    feeds = [
        {"name": "example-journal", "url": server.url("feeds") + "feed.xml"},
        {"name": "example-preprints", "url": server.url("feeds") + "feed.rdf"},
    ]
    values: dict[str, Any] = {
        "database": {"url": f"sqlite:///{folder.resolve()}/litwatch.db"},
        "http": {"contact": "demo@example.org", "pace": 0.0, "trusted_hosts": [server.host]},
        "sources": {
            "pubmed": {"base_url": server.url("eutils")},
            "pmc": {"base_url": server.url("eutils")},
            "biorxiv": {"base_url": server.url("biorxiv")},
            "medrxiv": {"base_url": server.url("biorxiv")},
            "arxiv": {"oai_url": server.url("arxiv_oai"), "api_url": server.url("arxiv_api")},
            "europepmc": {"base_url": server.url("europepmc")},
            "feeds": feeds,
        },
        "subscriptions": [
            {"name": _NAME, "channel": "file", "destination": "digest", "zone": "UTC"}
        ],
        "email": {"sender": _SENDER},
        "file": {"folder": str(folder / "sent")},
        "log": {"level": "error"},
    }
    return config.Settings.model_validate(values)


def _embed(app: App) -> None:
    try:
        indexing.embed(app)
        indexing.bring_up(app)
    except EncoderError as error:
        say(f"Without the model, ranking is by words only: {error}")


def _digest(app: App, folder: Path) -> list[Path]:
    """Make, send and show the digest; no paths when this period's exists already."""
    from service import periods, pipeline

    with app.store.reading() as tx:
        subscription, created = tx.subscriptions.get(_NAME)
        last = tx.digests.last(_NAME)
    period = periods.latest(subscription, app.clock.now())
    if last is not None and last.period == period.key:
        return []
    _embed(app)
    with progress() as bars:
        task = bars.add_task("ranking and composing", total=1)
        drafted = pipeline.draft(app.parts, subscription, period.key, created)
        bars.advance(task)
    pipeline.freeze(app.parts, subscription, drafted)
    app.deliver()
    click.echo(digests.rendered(app, drafted, subscription, "text").decode())
    written = []
    for form, (name, destination) in _FORMS.items():
        addressed = replace(subscription, channel=form, destination=destination)
        (folder / name).write_bytes(digests.rendered(app, drafted, addressed, form))
        written.append(folder / name)
    return written
