"""The one polite HTTP client: identity, rate and concurrency per host, retries, limits.

Sources run in threads of their own and share one client. For each host (or domain, see
`pacing.rule_for`) one thread at a time has the turn, over all processes that share a book of
lanes; what it may do then is decided in `pacing` and `http_rules`, and done here.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import httpcore
import httpx

from service import __version__
from service.clock import Clock
from service.errors import (
    BadRequestError,
    FetchRefusedError,
    Retry,
    SourceError,
    ThrottledError,
)
from service.sources import http_rules, pacing
from service.sources.body import Limits, read_body, refuse_length
from service.sources.lanes import Lanes, OwnBook
from service.sources.network import (
    Deadline,
    GuardedBackend,
    Resolve,
    Transport,
    system_resolve,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from service.protocols import LaneBook, Response
    from service.sources.lanes import Lane

T = TypeVar("T")
log = logging.getLogger(__name__)

PROJECT_URL = "https://github.com/litwatch/litwatch"
MAX_REDIRECTS = 5
UNREACHABLE_TRIES = 3  # a host that cannot even be connected to is not knocked at for long


def user_agent(contact: str, url: str = PROJECT_URL) -> str:
    """Who we say we are: name, version, where we live and whom to write to."""
    return f"litwatch/{__version__} (+{url}; mailto:{contact})"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply (the `Response` of the protocols); header names are lower-case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Call:
    """One request as it stands at a hop of a chain of redirects."""

    url: httpx.URL
    form: Mapping[str, str] | None
    content: bytes | None
    headers: Mapping[str, str]
    accept: frozenset[int]
    secrets: frozenset[str]

    @property
    def method(self) -> str:
        return "GET" if self.form is None and self.content is None else "POST"

    @property
    def thing(self) -> str:
        return f"{self.method} {http_rules.redacted(self.url)}"


class PoliteClient:
    """`service.protocols.Http` over the network. Safe to share between threads.

    `rules` are the least seconds between two requests to a host or domain, `unknown_host` those
    for all others. `trusted` names hosts ("host" or "host:port") that may have private addresses.
    `tries` counts all attempts of one fetch, `deadline` is the seconds that one attempt may take
    in all. A wait longer than `max_wait` is not slept but raised: the caller knows better what
    to do meanwhile. Hosts' turns are kept in `book`; without one, for this client alone.
    """

    def __init__(
        self,
        identity: str,
        *,
        rules: Mapping[str, float] = pacing.RULES,
        unknown_host: float = pacing.UNKNOWN_HOST,
        trusted: frozenset[str] = frozenset(),
        limits: Limits | None = None,
        deadline: float = 60.0,
        tries: int = 5,
        backoff_base: float = 2.0,
        backoff_cap: float = 900.0,
        max_wait: float = 300.0,
        clock: Clock | None = None,
        book: LaneBook | None = None,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._identity = identity
        self._trusted = trusted
        self._limits = limits or Limits()
        self._seconds = deadline
        self._tries = tries
        self._backoff_base = backoff_base
        self._backoff_cap = backoff_cap
        self._max_wait = max_wait
        self._clock = clock or Clock()
        self._deadline = Deadline(self._clock.monotonic)
        self._transport = Transport(GuardedBackend(self._deadline, trusted, resolve), tls)
        self._lanes = Lanes(
            rules,
            unknown_host,
            book or OwnBook(self._clock),
            max_wait=max_wait,
            lease=deadline,
            clock=self._clock,
        )

    def close(self) -> None:
        """Close all idle connections."""
        self._transport.close()

    def fetch(
        self,
        url: str,
        *,
        read: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept_status: frozenset[int] = frozenset(),
    ) -> T:
        """See `service.protocols.Http.fetch`.

        Messages and logs never hold the values of keys, tokens and e-mail addresses.
        """
        address = http_rules.checked_url(url, self._trusted)
        call = _Call(
            url=address.copy_merge_params(dict(params)) if params else address,
            form=form,
            content=content,
            headers=headers or {},
            accept=accept_status,
            secrets=http_rules.secrets_in(params, form, headers, dict(address.params)),
        )
        failures = 0
        while True:
            try:
                return self._attempt(call, read)
            except SourceError as error:
                failures += 1
                pause = self._pause(error, failures)
                if pause is None:
                    raise
                log.info("%s; try %d of %d in %.1f s", error, failures + 1, self._tries, pause)
            self._clock.sleep(pause)

    def _pause(self, error: SourceError, failures: int) -> float | None:
        """Seconds before the next attempt; None when there shall be none."""
        reached = not isinstance(error.__cause__, httpcore.ConnectError | httpcore.ConnectTimeout)
        tries = self._tries if reached else min(self._tries, UNREACHABLE_TRIES)
        if error.retry not in {Retry.WAIT, Retry.SAME} or failures >= tries:
            return None
        pause = pacing.backoff(
            failures, self._clock.jitter(), self._backoff_base, self._backoff_cap
        )
        asked = error.retry_after if isinstance(error, ThrottledError) else None
        pause = max(pause, asked or 0.0)
        return pause if pause <= self._max_wait else None

    def _attempt(self, call: _Call, read: Callable[[Response], T]) -> T:
        """One try: all redirects, then `read`, which runs outside the host's turn."""
        reply, lane = self._follow(call)
        try:
            value = read(reply)
        except SourceError as error:
            http_rules.hide(error, call.secrets)
            if isinstance(error, ThrottledError):
                lane.slowed(error.retry_after)
            raise
        lane.eased()
        return value

    def _follow(self, call: _Call) -> tuple[Reply, Lane]:
        left = self._seconds
        for _ in range(MAX_REDIRECTS + 1):
            lane = self._lanes.of(http_rules.host_of(call.url))
            with lane.turn(call.thing):
                began = self._clock.monotonic()
                with self._deadline.within(left):
                    reply = self._exchange(call, lane)
                left -= self._clock.monotonic() - began
                moved = reply.status in http_rules.REDIRECTS - call.accept
                well = 200 <= reply.status < 300 or reply.status in call.accept
                if not (moved or well):  # told within the turn: nobody asks before it is known
                    raise self._refused(call, reply, lane)
            if well:
                return reply, lane
            call = self._redirected(call, reply)
        raise FetchRefusedError(
            call.thing, f"more than {MAX_REDIRECTS} redirects", "check the address"
        )

    def _exchange(self, call: _Call, lane: Lane) -> Reply:
        request = httpx.Request(
            call.method,
            call.url,
            data=None if call.form is None else dict(call.form),
            content=call.content,
            headers={
                "Accept": "*/*",
                **call.headers,
                "User-Agent": self._identity,
                "Accept-Encoding": "gzip",
            },
        )
        try:
            try:
                response = self._transport.handle_request(request)
            finally:  # the server's clock starts when it surely has the request
                lane.asked()
            with closing(response):
                return Reply(
                    url=str(call.url),
                    status=response.status_code,
                    headers=dict(response.headers),
                    body=self._body(call, response),
                )
        except httpcore.LocalProtocolError as error:
            raise BadRequestError(call.thing, f"the request cannot be written: {error}") from error
        except (
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
        ) as error:
            raise http_rules.network_fault(call.thing, error) from error

    def _body(self, call: _Call, response: httpx.Response) -> bytes:
        if response.status_code in http_rules.REDIRECTS - call.accept:
            return b""
        refuse_length(call.thing, response.headers.get("content-length"), self._limits)
        encoding = response.headers.get("content-encoding", "")
        wanted = response.is_success or response.status_code in call.accept
        try:
            return read_body(call.thing, response.iter_raw(), encoding, self._limits)
        except (SourceError, httpcore.NetworkError, httpcore.ProtocolError):
            if wanted:
                raise
            return b""  # the status says enough

    def _redirected(self, call: _Call, reply: Reply) -> _Call:
        target = http_rules.redirect_target(
            call.url, reply.headers.get("location", ""), self._trusted
        )
        same_host = (target.raw_host, target.port) == (call.url.raw_host, call.url.port)
        kept = call if reply.status in http_rules.KEEPS_METHOD else None
        if kept is not None and kept.method == "POST" and not same_host:
            raise FetchRefusedError(call.thing, "a redirect that sends a form to another host")
        return replace(
            call,
            url=target,
            form=kept.form if kept else None,
            content=kept.content if kept else None,
            headers=call.headers if same_host else {},
        )

    def _refused(self, call: _Call, reply: Reply, lane: Lane) -> SourceError:
        told = http_rules.excerpt(reply.body, call.secrets)
        error = http_rules.status_error(
            call.thing, reply.status, reply.headers, told, self._clock.now()
        )
        if isinstance(error, ThrottledError):
            lane.slowed(error.retry_after)
        elif reply.status == 503:
            lane.slowed(None)
        return error
