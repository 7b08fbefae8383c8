"""Every way out of the program: who opens it, and who says where it leads.

Strangers (feeds, upstreams, papers, readers) can name addresses only to what goes through the one
guarded client. All other doors lead where the operator's configuration, or Slack itself, says.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.source_tree import Module, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICE = Path(__file__).resolve().parents[2] / "service"

# What can open a connection, or fetch what a text names.
NETWORK = {
    "aiohttp", "apprise", "asyncio.streams", "feedparser", "ftplib", "grpc", "http.client", "http.server",
    "httpcore", "httpx", "huggingface_hub", "imaplib", "nntplib", "opentelemetry", "paramiko", "poplib",
    "psycopg", "pycurl", "ray", "requests", "slack_sdk", "smtplib", "socket", "socketserver", "ssl",
    "telnetlib", "urllib.error", "urllib.request", "urllib3", "uvicorn", "websocket", "websockets", "xmlrpc",
}  # fmt: skip
GUARD, OPERATOR, SLACK, LISTENS, NOWHERE = (
    "through the guard",
    "where the configuration says",
    "where Slack says, and only to Slack",
    "is connected to",
    "opens nothing",
)
DOORS = {
    "service.sources.network": GUARD,
    "service.sources.http": GUARD,
    "service.sources.http_rules": GUARD,
    "service.sources.feeds": NOWHERE,  # feedparser over bytes in memory: test_architecture
    "service.delivery.email": OPERATOR,
    "service.delivery.imap_box": OPERATOR,
    "service.delivery.other_places": OPERATOR,
    "service.delivery.slack": OPERATOR,
    "service.delivery.slack_outcomes": NOWHERE,  # the names of faults
    "service.delivery.slack_uploads": SLACK,
    "service.delivery.smtp_outcomes": NOWHERE,
    "service.delivery.witness": OPERATOR,
    "service.slackapp.calls": SLACK,
    "service.slackapp.listening": OPERATOR,
    "service.slackapp.requests": NOWHERE,  # checks a signature
    "service.client.connection": OPERATOR,  # the library for programs: where its user says
    "service.embedding.weights": NOWHERE,  # looks into the cache, and never further
    "service.web.server": LISTENS,
    "service.demo.server": LISTENS,
    "service.bootstrap.app": NOWHERE,  # the name of this machine
    "service.bootstrap.backfilled": NOWHERE,  # likewise
}


def reaches_out(module: Module) -> bool:
    """Whether a module imports, in earnest, what can open a connection."""
    found = {
        name for each in module.imports if not each.typing for name in (each.module, each.full)
    }
    return any(name == door or name.startswith(f"{door}.") for name in found for door in NETWORK)


def outgoing(modules: Iterable[Module]) -> set[str]:
    tops = {name.partition(".")[0] for name in NETWORK}
    near = (module for module in modules if any(top in module.text for top in tops))  # in a moment
    return {module.name for module in near if reaches_out(module)}


@pytest.fixture(scope="module")
def tree() -> list[Module]:
    found = parsed(SERVICE)
    assert len(found) > 500
    return found


def test_every_door_is_known(tree: list[Module]) -> None:
    """A new module that can connect anywhere must say here who tells it where."""
    assert outgoing(tree) - set(DOORS) == set()
    assert set(DOORS) - outgoing(tree) == set()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("import requests", True),
        ("from urllib.request import urlopen", True),
        ("from urllib import request", True),
        ("def f():\n    import http.client", True),
        ("from socket import create_connection", True),
        ("import slack_sdk.webhook", True),
        ("from urllib.parse import urlsplit\nfrom http import HTTPStatus", False),
        ("if TYPE_CHECKING:\n    import httpx", False),
    ],
)
def test_a_new_door_would_be_seen(text: str, seen: bool) -> None:
    assert bool(outgoing([Module("service.new", "service/new.py", text)])) == seen


def calls(modules: Iterable[Module], *names: str) -> set[str]:
    """The modules that call one of these, by the last part of the name."""
    return {
        module.name
        for module in modules
        for name in names
        if name in module.text and any(module.calls(name))
    }


def kinds_of(modules: Iterable[Module], base: str) -> set[str]:
    """The classes that have it as a base."""
    return {
        node.name
        for module in modules
        if f"({base}" in module.text
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and base in map(ast.unparse, node.bases)
    }


def test_one_client_fetches_for_everybody(tree: list[Module]) -> None:
    """Who is given an `Http` is given this one, with its guard; a kind of it is one, too."""
    kinds = {"PoliteClient", *kinds_of(tree, "PoliteClient")}
    assert calls(tree, *kinds) == {"service.bootstrap.app"}
    assert calls(tree, "GuardedBackend", "Transport") == {"service.sources.http"}
    bare = calls(tree, "ConnectionPool", "HTTPTransport", "create_connection", "urlopen")
    assert bare == {"service.sources.network"}


def test_the_library_for_programs_is_used_by_none_of_ours(tree: list[Module]) -> None:
    """It goes wherever its user says, without the guard."""
    users = {
        module.name
        for module in tree
        if "service.client" in module.text or "from service import" in module.text
        for each in module.imports
        if each.full.startswith("service.client") and not each.typing
    }
    assert all(name.startswith("service.client") for name in users), users
