"""The process that serves: one socket, one app, ended by a signal."""

from __future__ import annotations

import gc
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn

from service.config.values import is_loopback
from service.errors import ConfigError, InputError, StoreError
from service.web.app import create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.bootstrap import App

_GRACE = 10  # seconds for requests under way, after the signal to end
_AT_ONCE = 200  # requests; more are told to come back (503)


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections. Raises `InputError` where it cannot."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, proto)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen()  # two may bind to one address; only one may listen
        except OSError:
            bound.close()
            raise
    except OSError as error:
        told = f"cannot be listened on: {error.strerror or error}"
        raise InputError(f"{host}:{port}", told, "set web.host and web.port, or --port") from None
    return bound


def run(app: App, bound: socket.socket, say: Callable[[str], None]) -> None:
    """Serve until `app.stop` is set and the last answer is out.

    Raises `ConfigError` where others could reach the API or the site, and nothing would tell who
    may.
    """
    host, port = bound.getsockname()[:2]
    at_home = is_loopback(host)
    _check_tokens(app, host, at_home=at_home)
    # Before threads each make their own.
    _ = app.parts, app.finding, app.capabilities, app.slack_requests
    with suppress(StoreError):  # the pages can do without; who searches is told
        _ = app.finding
    say(f"Serving on http://{f'[{host}]' if ':' in host else host}:{port} (end with Ctrl-C)")
    server = _Server(
        uvicorn.Config(
            create(app, at_home=at_home),
            log_config=None,
            loop="asyncio",  # another, were it installed, would take signals from who listens
            access_log=False,  # its lines would hold the tokens; Guard writes our own
            proxy_headers=False,  # whoever connects could write them
            server_header=False,
            lifespan="off",
            limit_concurrency=_AT_ONCE,
            timeout_graceful_shutdown=_GRACE,
        )
    )
    gc.collect()
    gc.freeze()  # what stays for ever need not be looked through: a full collection takes 0.1 s
    threading.Thread(target=_follow, args=(app.stop, server), daemon=True).start()
    server.run(sockets=[bound])


def _check_tokens(app: App, host: str, *, at_home: bool) -> None:
    web = app.settings.web
    guarded = [name for name, on in (("web.api", web.api), ("web.site", web.site)) if on]
    if at_home or not guarded:
        return
    with app.store.reading() as tx:
        if tx.tokens.usable(app.clock.now()):
            return
    names, are = " and ".join(guarded), "is" if len(guarded) == 1 else "are"
    off = " and ".join(f"{name} = false" for name in guarded)
    raise ConfigError(
        names,
        f"{are} on and {host} is reached by other machines, but there is no token",
        f"make one (litwatch token create NAME), or set {off} for the signed pages alone",
    )


class _Server(uvicorn.Server):
    """Leaves signals to `service.worker.stopping`, which hears them before it starts, too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn: nothing is captured."""
        yield


def _follow(stop: threading.Event, server: uvicorn.Server) -> None:
    stop.wait()
    server.should_exit = True
