"""`litwatch demo`: the whole way on example payloads, through the real clients, offline."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli import digests, polling
from service.cli.session import Session, progress, say
from service.errors import EncoderError

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


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where the archive and the digest go.",
)
def demo(folder: Path) -> int:
    """Poll example payloads, rank them against two reviews, show the digest.

    Everything is real but the upstreams: a server on this machine replays fictional records in
    the sources' own formats. The clock stands at Monday, 16 November 2026.
    """
    from service.clock import standing
    from service.demo.server import NOW, ReplayServer
    from service.store import migrations

    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    with ReplayServer() as server:
        session = Session(
            clock=standing(datetime.fromisoformat(NOW)), overrides=_settings(folder, server)
        )
        migrations.upgrade(session.app.store.engine)
        with session.opened() as app:
            results = polling.poll_all(app, list(app.sources), force=True)
            polling.show_results(results)
            _embed(app)
            new = sum(result.tally.new for result in results)
            written = _digest(app, folder)
    seconds = time.monotonic() - started
    if not written:
        say(f"Nothing is new: {new} new records, and this week's digest was made before.")
        say(f"It is in {folder}/. To begin anew: rm -r {folder}   ({seconds:.0f} s)")
    else:
        say(f"Done in {seconds:.0f} s. The same digest, as it would be sent:")
        for path in written:
            say(f"  {path}")
        say(f"Ask the archive: litwatch --config {folder}/litwatch.toml search neutrophil")
    return polling.SOURCE_FAILED if any(result.error for result in results) else 0


def _settings(folder: Path, server: ReplayServer) -> Settings:
    from service import config

    # A file, so that the other commands can be tried on the same archive.
    file = folder / "litwatch.toml"
    file.write_text(
        f'# Written by "litwatch demo".\n[database]\nurl = "sqlite:///{folder}/litwatch.db"\n',
        encoding="utf-8",
    )
    feeds = [
        {"name": "example-journal", "url": server.url("feeds") + "feed.xml"},
        {"name": "example-preprints", "url": server.url("feeds") + "feed.rdf"},
    ]
    values: dict[str, Any] = {
        "database": {"url": f"sqlite:///{folder}/litwatch.db"},
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
        "email": {"sender": "Litwatch <litwatch@example.org>"},
        "file": {"folder": str(folder / "sent")},
        "log": {"level": "error"},
    }
    return config.Settings.model_validate(values)


def _embed(app: App) -> None:
    from service import pipeline

    try:
        waiting = pipeline.to_embed(app.parts)
        with progress() as bars:
            task = bars.add_task("embedding", total=waiting, visible=waiting > 0)
            pipeline.embed(app.parts, lambda done: bars.advance(task, done))
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
    with progress() as bars:
        task = bars.add_task("ranking and composing", total=1)
        drafted = pipeline.draft(app.parts, subscription, period.key, created)
        bars.advance(task)
    pipeline.freeze(app.parts, subscription, drafted)
    app.deliver()
    click.echo(digests.rendered(app, drafted, subscription, "text").decode())
    written = []
    for form, (name, destination) in _FORMS.items():
        addressed = replace(subscription, destination=destination)
        (folder / name).write_bytes(digests.rendered(app, drafted, addressed, form))
        written.append(folder / name)
    return written
