"""`litwatch mcp`: the archive as tools for an assistant."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click

from service.cli.session import Session, pass_session, say
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server.mcpserver import MCPServer

    from service.assistant.asking import Desk


@click.command()
@click.option("--allow-votes", is_flag=True, help="Let the assistant record votes; needs --voter.")
@click.option("--voter", default="", metavar="NAME", help="Whose votes they are.")
@pass_session
def mcp(session: Session, *, allow_votes: bool, voter: str) -> None:
    """Serve the archive to an assistant, by the Model Context Protocol.

    The assistant's program starts this command and talks to it over standard input and output:
    search, read a work, explain its relevance, list topics and digests. It ends when its input
    does. Nothing is changed, unless --allow-votes lets votes be recorded.
    """
    if allow_votes != bool(voter.strip()):
        raise InputError("--allow-votes", "goes with --voter NAME", "give both, or neither")
    create = _sdk()
    from service.assistant.asking import Desk

    with session.opened() as app:
        _ = app.parts, app.finding  # before threads each make their own
        server = create(Desk(app.parts, app.find, app.model), voter.strip())
        if sys.stdin.isatty():
            say("Waiting for an assistant on standard input (docs/assistants.md says more)")
        # The thread that waits for input cannot be told to stop. Nothing is lost by ending at
        # once: a vote is one transaction.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            server.run("stdio")
        except* BrokenPipeError:
            say("litwatch: the assistant's program has gone")


def _sdk() -> Callable[[Desk, str], MCPServer]:
    """What makes the server. Raises `InputError` where the SDK is not installed, or too old."""
    try:
        from service.assistant.server import create
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        told = "needs the SDK of the Model Context Protocol, version 2, which is not installed"
        raise InputError("litwatch mcp", told, "run: pip install 'litwatch[mcp]'") from None
    return create
