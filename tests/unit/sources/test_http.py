"""The polite client against a real server that misbehaves (T01-T10, T16)."""

from __future__ import annotations

import gzip
import itertools
import logging
import random
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import Clock
from service.errors import (
    BadRequestError,
    FetchRefusedError,
    IncompleteError,
    NotDataError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources.body import Limits
from service.sources.http import MAX_REDIRECTS, PoliteClient, user_agent
from tests.fault_server import (
    Answer,
    FakeTime,
    FaultServer,
    after,
    chunked,
    drip,
    endless,
    gzipped,
    hang_up,
    redirect,
    reply,
    reset,
    serving,
    silence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.protocols import Http, Response

OK = reply(200, b"good")


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


@pytest.fixture
def server(fake: FakeTime) -> Iterator[FaultServer]:
    with serving(fake.monotonic) as running:
        yield running


@pytest.fixture
def client(fake: FakeTime, server: FaultServer) -> Iterator[PoliteClient]:
    polite = make(fake)
    yield polite
    polite.close()


def make(fake: FakeTime | None = None, **changes: Any) -> PoliteClient:
    """A client that trusts this machine; without a fake time, in real time but never waiting."""
    clock = fake.clock() if fake else Clock(sleep=lambda _: None, jitter=lambda: 0.0)
    values = {
        "rules": {},
        "unknown_host": 1.0 if fake else 0.0,
        "trusted": frozenset({"127.0.0.1"}),
        "clock": clock,
    }
    return PoliteClient(user_agent("lab@example.org"), **{**values, **changes})


def body(response: Response) -> bytes:
    return response.body


def fails(client: PoliteClient, url: str, **more: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        client.fetch(url, read=body, **more)
    return caught.value


# -- the ordinary case ------------------------------------------------------------------------------


def test_a_reply_is_given_to_read_whole(client: PoliteClient, server: FaultServer) -> None:
    polite: Http = client
    url = server.script("/a", reply(200, b"good", {"ETag": '"1"', "X-Two": "a"}))
    reply_read = polite.fetch(url, read=lambda response: response, params={"q": "a b"})
    assert (reply_read.status, reply_read.body) == (200, b"good")
    assert reply_read.headers["etag"] == '"1"'
    assert reply_read.url == url + "?q=a+b"


def test_every_request_says_who_asks(client: PoliteClient, server: FaultServer) -> None:
    client.fetch(server.script("/a", OK), read=body, headers={"If-None-Match": '"1"'})
    headers = server.requests[0].headers
    assert headers["user-agent"].startswith("litwatch/")
    assert headers["user-agent"].endswith("; mailto:lab@example.org)")
    assert headers["accept-encoding"] == "gzip"
    assert headers["if-none-match"] == '"1"'
    assert headers["host"] == f"127.0.0.1:{server.port}"


def test_a_form_is_posted(client: PoliteClient, server: FaultServer) -> None:
    client.fetch(server.script("/a", OK), read=body, form={"id": "1,2", "term": "α β"})
    assert server.requests[0].method == "POST"
    assert server.requests[0].values == {"id": "1,2", "term": "α β"}


def test_one_connection_serves_many_requests(client: PoliteClient, server: FaultServer) -> None:
    url = server.script("/a", OK)
    for _ in range(5):
        client.fetch(url, read=body)
    assert server.connections == 1


def test_cookies_are_not_kept(client: PoliteClient, server: FaultServer) -> None:
    url = server.script("/a", reply(200, b"", {"Set-Cookie": "sid=1"}))
    client.fetch(url, read=body)
    client.fetch(url, read=body)
    assert "cookie" not in server.requests[1].headers


def test_proxies_of_the_environment_are_not_used(
    client: PoliteClient, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert client.fetch(server.script("/a", OK), read=body) == b"good"


def test_an_accepted_status_is_read(client: PoliteClient, server: FaultServer) -> None:
    url = server.script("/a", reply(304))
    status = client.fetch(url, read=lambda r: r.status, accept_status=frozenset({304}))
    assert status == 304
    url = server.script("/b", reply(400, b'{"message":["bad"]}'))
    assert client.fetch(url, read=body, accept_status=frozenset({400})) == b'{"message":["bad"]}'


def test_gzip_is_inflated(client: PoliteClient, server: FaultServer) -> None:
    assert client.fetch(server.script("/a", gzipped(b"x" * 9000)), read=body) == b"x" * 9000


# -- retries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_passing_server_errors_are_asked_again_with_backoff(
    status: int, client: PoliteClient, server: FaultServer, fake: FakeTime
) -> None:
    """T01: one request for each backoff step."""
    bad = reply(status, b"oops")
    url = server.script("/a", bad, bad, bad, OK)
    assert client.fetch(url, read=body) == b"good"
    assert waits(server) == [2.0, 4.0, 8.0]


def test_tries_are_limited_and_the_last_error_is_raised(
    client: PoliteClient, server: FaultServer
) -> None:
    error = fails(client, server.script("/a", reply(500, b"a\nlong <b>story</b>")))
    assert isinstance(error, TransientError)
    assert error.cause == "HTTP 500: a long <b>story</b>"
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFoundError), (410, NotFoundError), (400, BadRequestError)]
)
def test_a_final_answer_is_not_asked_again(
    status: int, kind: type[SourceError], client: PoliteClient, server: FaultServer
) -> None:
    assert isinstance(fails(client, server.script("/a", reply(status))), kind)
    assert len(server.requests) == 1


def test_what_read_raises_is_retried_as_a_fault(client: PoliteClient, server: FaultServer) -> None:
    """T03: HTML in HTTP 200 is the reader's finding and the client's retry."""

    def data(response: Response) -> bytes:
        if response.body.startswith(b"<html"):
            raise TransientError("x", "an HTML page came")
        return response.body

    url = server.script("/a", reply(200, b"<html>Just a moment..."), OK)
    assert client.fetch(url, read=data) == b"good"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("error", "requests"),
    [(IncompleteError("x", "short"), 5), (NotDataError("x", "login page"), 1)],
)
def test_the_error_of_read_says_whether_to_retry(
    error: SourceError, requests: int, client: PoliteClient, server: FaultServer
) -> None:
    def refuse(_: Response) -> bytes:
        raise error

    url = server.script("/a", OK)
    with pytest.raises(type(error)):
        client.fetch(url, read=refuse)
    assert len(server.requests) == requests


def test_a_bug_in_read_is_not_retried(client: PoliteClient, server: FaultServer) -> None:
    with pytest.raises(ZeroDivisionError):
        client.fetch(server.script("/a", OK), read=lambda _: 1 // 0)
    assert len(server.requests) == 1


# -- throttling -------------------------------------------------------------------------------------


def waits(server: FaultServer) -> list[float]:
    times = [seen.at for seen in server.requests]
    return [round(b - a, 3) for a, b in itertools.pairwise(times)]


def test_retry_after_in_seconds_is_kept(client: PoliteClient, server: FaultServer) -> None:
    """T02."""
    url = server.script("/a", reply(429, b"", {"Retry-After": "120"}), OK)
    assert client.fetch(url, read=body) == b"good"
    assert waits(server) == [120.0]


def test_retry_after_as_a_date_is_kept(
    client: PoliteClient, server: FaultServer, fake: FakeTime
) -> None:
    date = format_datetime(fake.now() + timedelta(seconds=90), usegmt=True)
    url = server.script("/a", reply(503, b"", {"Retry-After": date}), OK)
    client.fetch(url, read=body)
    assert 89 <= waits(server)[0] <= 91


@pytest.mark.parametrize("text", ["-5", "soon", ""])
def test_a_senseless_retry_after_is_the_usual_backoff(
    text: str, client: PoliteClient, server: FaultServer
) -> None:
    client.fetch(server.script("/a", reply(429, b"", {"Retry-After": text}), OK), read=body)
    assert waits(server) == [2.0]


def test_a_long_wait_is_raised_not_slept(
    client: PoliteClient, server: FaultServer, fake: FakeTime
) -> None:
    url = server.script("/a", reply(429, b"", {"Retry-After": "1000000000"}), OK)
    error = fails(client, url)
    assert isinstance(error, ThrottledError)
    assert error.retry_after == 86_400.0
    assert fake.sleeps == []


def test_after_a_long_wait_was_raised_the_host_is_left_alone(
    client: PoliteClient, server: FaultServer
) -> None:
    fails(client, server.script("/a", reply(429, b"", {"Retry-After": "7200"})))
    error = fails(client, server.script("/b", OK))
    assert isinstance(error, ThrottledError)
    assert error.retry_after == pytest.approx(7200, abs=5)
    assert server.seen("/b") == []


def test_throttling_halves_the_rate_of_the_host(client: PoliteClient, server: FaultServer) -> None:
    url = server.script("/a", reply(429), OK)
    for _ in range(3):
        client.fetch(url, read=body)
    assert waits(server)[1:] == [pytest.approx(2.0, abs=0.1), pytest.approx(2.0, abs=0.1)]


def test_an_overloaded_host_is_asked_more_slowly(client: PoliteClient, server: FaultServer) -> None:
    url = server.script("/a", reply(503), OK)
    for _ in range(2):
        client.fetch(url, read=body)
    assert waits(server) == [2.0, pytest.approx(2.0, abs=0.1)]


def test_throttling_told_inside_a_good_reply_halves_it_too(
    client: PoliteClient, server: FaultServer
) -> None:
    def throttled(response: Response) -> bytes:
        if response.body == b"Rate exceeded.":
            raise ThrottledError("arXiv", "Rate exceeded.")
        return response.body

    url = server.script("/a", reply(200, b"Rate exceeded."), OK)
    client.fetch(url, read=throttled)
    client.fetch(url, read=throttled)
    assert waits(server) == [2.0, pytest.approx(2.0, abs=0.1)]


# -- rate and concurrency ---------------------------------------------------------------------------


def in_threads(count: int, run: Callable[[int], object]) -> None:
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)


def test_fifty_feeds_of_one_host_come_one_by_one(client: PoliteClient, server: FaultServer) -> None:
    """T16, measured at the server on the shared clock."""
    urls = [server.script(f"/feed{number}", OK) for number in range(50)]
    in_threads(50, lambda number: client.fetch(urls[number], read=body))
    assert len(server.requests) == 50
    assert server.most_at_once == 1
    assert min(waits(server)) >= 1.0


def test_the_interval_holds_in_real_time() -> None:
    with serving() as server:
        client = make(clock=Clock(), unknown_host=0.03)
        url = server.script("/a", after(0.01, OK))
        in_threads(4, lambda _: [client.fetch(url, read=body) for _ in range(2)])
        client.close()
    assert server.most_at_once == 1
    assert min(waits(server)) >= 0.03


def test_a_slow_host_does_not_hold_up_another() -> None:
    """T01: other feeds' latency is unchanged. The two names are one machine, but two hosts."""
    asked, gate = threading.Event(), threading.Event()

    def held(connection: socket.socket, stop: threading.Event) -> bool:
        asked.set()
        gate.wait(5)
        return OK(connection, stop)

    with serving() as server:
        client = make(trusted=frozenset({"127.0.0.1", "localhost"}))
        slow = server.script("/slow", held)
        thread = threading.Thread(target=lambda: client.fetch(slow, read=body))
        thread.start()
        assert asked.wait(5)
        server.script("/fast", OK)
        client.fetch(server.url("/fast", "localhost"), read=body)
        assert thread.is_alive()
        gate.set()
        thread.join(timeout=5)
        client.close()


# -- bodies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"short", {"Content-Length": "500"}),
        chunked(b"some", b"more", end=False),
        reset(b"the start"),
        reset(),
        hang_up,
        gzipped(random.Random(1).randbytes(5000), cut=4000),
    ],
    ids=["length", "chunked", "reset-in-body", "reset", "hang-up", "gzip"],
)
def test_a_body_that_breaks_off_is_transient(
    answer: Answer, client: PoliteClient, server: FaultServer
) -> None:
    """T05, T09."""
    assert isinstance(fails(client, server.script("/a", answer)), TransientError)
    assert len(server.requests) == 5


def test_a_broken_body_is_asked_again(client: PoliteClient, server: FaultServer) -> None:
    url = server.script("/a", chunked(b"go", end=False), chunked(b"go", b"od"))
    assert client.fetch(url, read=body) == b"good"


def test_a_body_longer_than_stated_is_cut_and_the_connection_given_up(
    client: PoliteClient, server: FaultServer
) -> None:
    url = server.script("/a", reply(200, b"goodXX", {"Content-Length": "4"}), OK)
    assert client.fetch(url, read=body) == b"good"
    assert client.fetch(url, read=body) == b"good"


def test_an_endless_body_is_refused(server: FaultServer) -> None:
    """T06."""
    client = make(limits=Limits(size=300_000))
    error = fails(client, server.script("/a", endless()))
    client.close()
    assert isinstance(error, FetchRefusedError)
    assert "300,000" in error.cause
    assert len(server.requests) == 1


def test_a_stated_length_over_the_limit_is_refused_unread(server: FaultServer) -> None:
    client = make(limits=Limits(size=300_000))
    error = fails(client, server.script("/a", reply(200, b"", {"Content-Length": "300001"})))
    client.close()
    assert isinstance(error, FetchRefusedError)


def test_a_gzip_bomb_is_refused(client: PoliteClient, server: FaultServer) -> None:
    """T07."""
    bomb = reply(200, gzip.compress(b"\0" * 20_000_000, 9), {"Content-Encoding": "gzip"})
    error = fails(client, server.script("/a", bomb))
    assert isinstance(error, FetchRefusedError)
    assert len(server.requests) == 1


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate"])
def test_a_coding_that_was_not_asked_for_is_no_data(
    coding: str, client: PoliteClient, server: FaultServer
) -> None:
    answer = reply(200, b"whatever", {"Content-Encoding": coding})
    assert isinstance(fails(client, server.script("/a", answer)), NotDataError)


def test_the_status_counts_even_if_the_body_of_an_error_is_broken(
    client: PoliteClient, server: FaultServer
) -> None:
    answer = reply(404, b"x", {"Content-Length": "10"})
    assert isinstance(fails(client, server.script("/a", answer)), NotFoundError)


# -- deadlines (in real time) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [drip(), drip(head_too=True), silence], ids=["body", "head", "silence"]
)
def test_no_server_can_hold_a_request_beyond_its_deadline(answer: Answer) -> None:
    """T08, F7: a time-out for each socket operation alone would wait for ever."""
    with serving() as server:
        client = make(deadline=0.35, tries=1)
        began = time.monotonic()
        error = fails(client, server.script("/a", answer))
        took = time.monotonic() - began
        client.close()
    assert isinstance(error, TransientError)
    assert "in time" in error.cause
    assert 0.3 < took < 3


def test_a_stalled_tls_handshake_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = make(deadline=0.3, tries=1)
        began = time.monotonic()
        error = fails(client, f"https://127.0.0.1:{listener.getsockname()[1]}/")
        took = time.monotonic() - began
        client.close()
    assert isinstance(error, TransientError)
    assert took < 3


def test_all_redirects_of_an_attempt_share_one_deadline() -> None:
    with serving() as server:
        client = make(deadline=0.35, tries=1)
        server.script("/a", after(0.2, redirect("/b")))
        server.script("/b", after(0.3, OK))
        error = fails(client, server.url("/a"))
        client.close()
    assert isinstance(error, TransientError)


def test_waiting_for_the_turn_does_not_count_against_the_deadline(
    server: FaultServer, fake: FakeTime
) -> None:
    client = make(fake, deadline=5.0, unknown_host=60.0)
    url = server.script("/a", OK)
    assert [client.fetch(url, read=body) for _ in range(3)] == [b"good"] * 3
    client.close()


# -- connections ------------------------------------------------------------------------------------


def test_a_refused_connection_is_tried_three_times(client: PoliteClient, fake: FakeTime) -> None:
    """T09: no retry storm on a host that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = fails(client, f"http://127.0.0.1:{port}/")
    assert isinstance(error, TransientError)
    assert error.cause.startswith("no connection")
    assert [seconds for seconds in fake.sleeps if seconds >= 2] == [2.0, 4.0]


def test_an_unknown_name_is_transient(fake: FakeTime) -> None:
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    client = make(fake, resolve=resolve)
    error = fails(client, "https://nowhere.example/")
    client.close()
    assert isinstance(error, TransientError)
    assert "'nowhere.example' cannot be resolved" in error.cause
    assert len(asked) == 3


def test_a_server_without_tls_is_transient_and_named(client: PoliteClient) -> None:
    def answer_plainly(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.sendall(b"HTTP/1.1 400 plain\r\n\r\n")
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_plainly, args=(listener,), daemon=True)
        thread.start()
        error = fails(client, f"https://127.0.0.1:{listener.getsockname()[1]}/")
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)
    assert isinstance(error, TransientError)
    assert "SSL" in error.cause


# -- redirects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status: int, client: PoliteClient, server: FaultServer) -> None:
    server.script("/b", OK)
    url = server.script("/a", redirect("/b?x=1", status))
    final = client.fetch(url, read=lambda response: response.url)
    assert final == server.url("/b?x=1")


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST")])
def test_a_redirected_form_keeps_to_the_status(
    status: int, method: str, client: PoliteClient, server: FaultServer
) -> None:
    server.script("/b", OK)
    client.fetch(server.script("/a", redirect("/b", status)), read=body, form={"id": "1"})
    assert server.seen("/b")[0].method == method
    assert server.seen("/b")[0].values == ({"id": "1"} if method == "POST" else {})


def test_headers_meant_for_one_host_are_not_told_another(server: FaultServer) -> None:
    client = make(trusted=frozenset({"127.0.0.1", "localhost"}))
    server.script("/c", OK)
    server.script("/b", redirect(server.url("/c", "localhost")))
    url = server.script("/a", redirect("/b"))
    client.fetch(url, read=body, headers={"X-Token": "T"})
    client.close()
    assert [seen.headers.get("x-token") for seen in server.requests] == ["T", "T", None]


def test_a_redirect_loop_ends(client: PoliteClient, server: FaultServer) -> None:
    """T10."""
    server.script("/b", redirect("/a"))
    error = fails(client, server.script("/a", redirect("/b")))
    assert isinstance(error, FetchRefusedError)
    assert len(server.requests) == MAX_REDIRECTS + 1


def test_five_redirects_are_followed(client: PoliteClient, server: FaultServer) -> None:
    for number in range(MAX_REDIRECTS):
        server.script(f"/{number}", redirect(f"/{number + 1}"))
    server.script(f"/{MAX_REDIRECTS}", OK)
    assert client.fetch(server.url("/0"), read=body) == b"good"


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{canary}/",
        "http://127.0.0.1:{canary}/",
        "http://[::1]:{canary}/",
        "http://[::ffff:127.0.0.1]:{canary}/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://a@127.0.0.1:{canary}/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_a_private_address_reaches_nobody(target: str, server: FaultServer) -> None:
    client = make(trusted=frozenset({f"127.0.0.1:{server.port}"}))
    with serving() as canary:
        url = server.script("/a", redirect(target.format(canary=canary.port)))
        error = fails(client, url)
        assert canary.connections == 0
    client.close()
    assert isinstance(error, FetchRefusedError)
    assert len(server.requests) == 1


def test_a_form_with_a_key_is_not_carried_to_another_host(
    client: PoliteClient, server: FaultServer
) -> None:
    url = server.script("/a", redirect("http://example.org/", 307))
    error = fails(client, url, form={"api_key": "K"})
    assert isinstance(error, FetchRefusedError)
    assert "another host" in error.cause


# -- secrets ----------------------------------------------------------------------------------------


def test_keys_and_addresses_are_in_no_message_and_no_log(
    server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    """T80, for this room: also when the server sends the key back."""
    secrets = {"api_key": "canary-key-123", "email": "canary@lab.example"}
    echo = reply(400, b'{"error":"API key invalid","api-key":"canary-key-123"}')
    busy = reply(500, b"canary-key-123 canary@lab.example canary%40lab.example")
    client = make()
    with caplog.at_level(logging.DEBUG):
        for answer in (busy, echo):
            for asked in ({"params": secrets}, {"form": secrets}):
                error = fails(client, server.script("/a", answer), **asked)
                assert "canary" not in str(error)
                assert "canary" not in repr(error)
        fails(client, server.script("/b", redirect("/b")), params=secrets)
    client.close()
    assert caplog.records
    assert "canary" not in caplog.text
