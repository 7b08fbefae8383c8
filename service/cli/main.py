"""`litwatch`: the command line. Thin: every command calls what the worker calls.

Exit status: 0 done; 1 a defect or an unnamed failure; 2 wrong use or unusable input; 3 wrong
configuration; 4 a source failed; 5 the database; 6 a delivery failed or is in doubt; 7 the
embedding model; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from service import __version__
from service.cli import (
    alarms,
    archive,
    assistant,
    auditing,
    backfill,
    bounces,
    configuration,
    copying,
    database,
    deliveries,
    demonstration,
    digests,
    enriching,
    evaluate,
    exporting,
    feeds,
    forget,
    importing,
    indexing,
    integrity,
    opml,
    parsing,
    people,
    polling,
    ranking,
    receipts,
    replaying,
    retention,
    searches,
    searching,
    sending,
    serve,
    status,
    subscriptions,
    tokens,
    topics,
    votes,
    work,
    zotero,
)
from service.cli.session import DEFECT, STOPPED, Session, say
from service.errors import LitwatchError
from service.worker.stopping import Stopped

# Objects made before Python looks through the young ones for garbage. To import what a search needs
# makes two hundred thousand, nearly all to stay, and looking through them took a tenth of its time.
_YOUNG = 100_000


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="litwatch")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file (default: LITWATCH_CONFIG, ./litwatch.toml).",
)
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """Watch the literature: poll, rank against your topics, send digests."""
    context.obj = context.obj or Session(config)
    context.call_on_close(context.obj.close)


for command in (
    database.init,
    demonstration.demo,
    work.run,
    polling.poll,
    importing.import_files,
    backfill.backfill,
    indexing.index,
    ranking.rank,
    evaluate.evaluate,
    digests.digest,
    enriching.enrich,
    deliveries.deliveries,
    status.status,
    alarms.alarms,
    copying.backup,
    copying.restore,
    retention.retention,
    subscriptions.subscriptions,
    bounces.bounces,
    serve.serve,
    tokens.token,
    topics.topics,
    votes.vote,
    votes.votes,
    people.people,
    forget.forget,
    polling.sources,
    auditing.audit,
    receipts.receipts,
    searching.search,
    searches.searches,
    archive.show,
    archive.split,
    integrity.flags,
    integrity.unflag,
    assistant.mcp,
    exporting.export,
    zotero.zotero,
    feeds.feeds,
    parsing.parse,
    configuration.config,
    database.db,
):
    cli.add_command(command)

polling.sources.add_command(opml.opml)
for part in (sending.send, replaying.replay):
    digests.digest.add_command(part)


def main() -> None:
    """Entry point: errors become one line and an exit status, never a traceback."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str], session: Session | None = None) -> int:
    """Run one command line and return its exit status."""
    gc.set_threshold(_YOUNG)
    try:
        # Without standalone mode, click returns what the command returned and raises the rest.
        status = cli.main(arguments, prog_name="litwatch", standalone_mode=False, obj=session)
        sys.stdout.flush()  # here a reader that has gone can still be told from a defect
    except (Exception, KeyboardInterrupt, SystemExit, Stopped) as error:
        return _told(error)
    return status if isinstance(status, int) else 0


def _told(error: BaseException) -> int:
    """Say what went wrong in one line; returns the exit status."""
    match error:
        case LitwatchError():
            say(f"litwatch: {error}")
            status = error.exit_code
        case click.Abort() | KeyboardInterrupt() | Stopped():
            say("litwatch: stopped; what was done is kept")
            status = STOPPED
        case click.ClickException():
            error.show()
            status = error.exit_code
        case BrokenPipeError() | SystemExit():  # click and rich leave so, too
            _drop_output()
            status = 0
        case _:  # the last resort: a defect of ours
            logging.getLogger(__name__).debug("defect", exc_info=error)
            say(f"litwatch: unexpected {type(error).__name__}: {error}")
            say("This is a defect. LITWATCH_LOG__LEVEL=debug shows where; please report it.")
            status = DEFECT
    return status


def _drop_output() -> None:
    """Nobody reads on: `| head -1` has seen enough. Python would complain at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
