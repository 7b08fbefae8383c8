"""`litwatch bounces`: mails that came back."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
)
from service.errors import LitwatchError

if TYPE_CHECKING:
    from service.bootstrap.returned import Taken
    from service.store.bounces import BounceLine

TRY_LATER = 75
"""EX_TEMPFAIL of sysexits.h: a mail server keeps the mail, and comes again."""

_PIPED = Path("-")
_SAID = {"dead": "refused for good", "passing": "refused for now"}


@click.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="All there ever were, not the last 200.")
@json_option
@click.pass_context
def bounces(context: click.Context, *, everything: bool, as_json: bool) -> None:
    """Mails that came back: list them, newest first; take one in.

    An address that is refused for good is given up, and its subscriptions are stopped: at once
    where its server says that it does not exist, else at the second mail that comes back.
    """
    if context.invoked_subcommand is None:
        _list(context.ensure_object(Session), None if everything else 200, as_json)


def _list(session: Session, limit: int | None, as_json: bool) -> None:
    with session.opened() as app, app.store.reading() as tx:
        lines = tx.bounces.lines(limit)
    if as_json:
        print_json(lines)
        return
    columns = ("at", "address", "refused", "code", "subscription", "delivery")
    rows = [
        (
            moment(line.at),
            line.address,
            "for good" if line.hard else "for now",
            line.status or "-",
            f"{line.subscription} {line.period.rpartition(':')[2]}{_stopped(line)}",
            line.delivery_id[:8],
        )
        for line in lines
    ]
    table(columns, rows, whole=(5,), empty="mails that came back")
    for line in lines:
        click.echo(f"{line.delivery_id[:8]}: {line.detail}")


def _stopped(line: BounceLine) -> str:
    return " (stopped)" if line.stopped else ""


@bounces.command()
@click.argument(
    "files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@pass_session
def take(session: Session, files: tuple[Path, ...]) -> int:
    """Take in mails that came back, from FILES or, as `-` or nothing, from a mail server's pipe.

    Exit status 0: understood, or seen to be none of ours; 75: not now, for whatever reason, so
    that the mail server keeps the mail and tries again. A mail may be taken in more than once.
    """
    try:
        from service.bootstrap import returned

        with session.opened() as app:
            for file in files or (_PIPED,):
                taken = returned.take(app, _content(file))
                say(_told(taken) if file == _PIPED else f"{file}: {_told(taken)}")
    except LitwatchError as error:
        say(f"litwatch: {error}")
        return TRY_LATER
    except Exception as error:  # with any other status the mail server would throw the mail away
        logging.getLogger(__name__).debug("defect", exc_info=error)
        say(f"litwatch: unexpected {type(error).__name__}: {error}")
        return TRY_LATER
    return 0


def _content(file: Path) -> bytes:
    """A whole mail: a server that could not write all of it into the pipe would call it lost."""
    with click.open_file(str(file), "rb") as opened:
        content: bytes = opened.read()
    return content


def _told(taken: Taken) -> str:
    to = f"mail to {taken.address}: " if taken.address else ""
    before = " (taken in before)" if taken.again else ""
    ended = f"; stopped: {', '.join(taken.stopped)}" if taken.stopped else ""
    said = _SAID.get(taken.saying, taken.saying)
    return f"{to}{said}: {taken.detail}{before}{ended}"
