"""`litwatch`: the command line. Thin: every command calls what the worker calls.

Exit status: 0 done; 1 a defect or an unnamed failure; 2 wrong use or unusable input; 3 wrong
configuration; 4 a source failed; 5 the database; 6 a delivery failed or is in doubt; 7 the
embedding model; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from service import __version__
from service.cli import (
    archive,
    configuration,
    database,
    demonstration,
    digests,
    importing,
    parsing,
    polling,
    ranking,
    topics,
    work,
)
from service.cli.session import Session, say
from service.errors import LitwatchError

DEFECT, STOPPED = 1, 130


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


for command in (
    database.init,
    demonstration.demo,
    work.run,
    polling.poll,
    importing.import_files,
    ranking.rank,
    digests.digest,
    digests.deliveries,
    topics.topics,
    polling.sources,
    archive.search,
    archive.show,
    archive.split,
    parsing.parse,
    configuration.config,
    database.db,
):
    cli.add_command(command)


def main() -> None:
    """Entry point: errors become one line and an exit status, never a traceback."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str], session: Session | None = None) -> int:
    """Run one command line and return its exit status."""
    try:
        # Without standalone mode, click returns what the command returned and raises the rest.
        status = cli.main(arguments, prog_name="litwatch", standalone_mode=False, obj=session)
    except LitwatchError as error:
        say(f"litwatch: {error}")
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("litwatch: stopped; what was done is kept")
        return STOPPED
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone; Python would complain at exit
        return 0
    except Exception as error:  # the last resort: a defect of ours
        import logging

        logging.getLogger("litwatch").debug("defect", exc_info=True)
        say(f"litwatch: unexpected {type(error).__name__}: {error}")
        say("This is a defect. LITWATCH_LOG__LEVEL=debug shows where; please report it.")
        return DEFECT
    return status if isinstance(status, int) else 0
