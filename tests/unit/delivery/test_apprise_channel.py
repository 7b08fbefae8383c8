"""Apprise's services against a server that fails in every way, one attempt a call."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from service.delivery.other_places import AppriseChannel, fitted, meaning
from service.delivery.outbox import next_state, policy_of
from service.delivery.witness import Exchange, Witness, witnessed
from service.digest.render import AppriseRenderer
from service.records import Delivery, DeliveryState, Outcome
from tests.factories import NOW, delivery, digest_content
from tests.fault_server import (
    FaultServer,
    chunked,
    drip,
    hang_up,
    redirect,
    reply,
    reset,
    serving,
    silence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fault_server import Answer

CANARY = "3ccdd113474722377935511fc85canry"
(PART,) = AppriseRenderer().render(digest_content(), "lab")
WORDS = json.loads(PART.payload)

# How to address the fault server as each service, and where its one message goes.
SERVICES: dict[str, tuple[Callable[[int], str], str]] = {
    "json": (lambda port: f"json://ana:{CANARY}@127.0.0.1:{port}/hook", "/hook"),
    "form": (lambda port: f"form://127.0.0.1:{port}/hook?-key={CANARY}", "/hook"),
    "mattermost": (lambda port: f"mmost://127.0.0.1:{port}/{CANARY}", f"/hooks/{CANARY}"),
    "ntfy": (lambda port: f"ntfy://ana:{CANARY}@127.0.0.1:{port}/topic", "/"),
    "gotify": (lambda port: f"gotify://127.0.0.1:{port}/{CANARY}", "/message"),
    "rocket": (lambda port: f"rocket://hook/{CANARY}@127.0.0.1:{port}", f"/hooks/hook/{CANARY}"),
}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


def sending(payload: bytes = PART.payload, to: str = "lab") -> Delivery:
    return delivery(id=PART.id, channel="apprise", destination=to, payload=payload)


def sent(server: FaultServer, service: str = "json", more: str = "", **options: Any) -> Outcome:
    url = SERVICES[service][0](server.port)
    url += more if "?" not in url else more.replace("?", "&")
    return AppriseChannel({"lab": url}, **({"timeout": 5.0} | options)).send(sending())


@pytest.mark.parametrize("service", SERVICES)
def test_a_message_that_is_taken_is_sent(server: FaultServer, service: str) -> None:
    server.script(SERVICES[service][1], reply(200, b"{}"))
    assert sent(server, service).state is DeliveryState.SENT
    (request,) = server.requests
    body = request.body.decode()
    told = request.values["message"] if service == "form" else json.dumps(json.loads(body))
    assert "10.5555/stroma.1" in told
    assert "Screened 4,212 new records" in told


UNCLEAR: dict[str, Answer] = {
    "500": reply(500),
    "502": reply(502),
    "503": reply(503, headers={"Retry-After": "5"}),
    "408": reply(408),
    "302": redirect("/elsewhere"),
    "dropped after reading": hang_up,
    "reset after reading": reset(),
    "half an answer": reset(b"{"),
    "an answer that ends early": chunked(b"{}", end=False),
}


@pytest.mark.parametrize("how", UNCLEAR)
@pytest.mark.parametrize("service", ["json", "mattermost", "ntfy"])
def test_an_unclear_end_is_unknown_after_one_request(
    server: FaultServer, service: str, how: str
) -> None:
    """What may have arrived is not sent again."""
    server.script(SERVICES[service][1], UNCLEAR[how])
    outcome = sent(server, service)
    assert outcome.state is DeliveryState.UNKNOWN
    assert "litwatch deliveries resolve" in outcome.remedy
    assert len(server.requests) == 1


def test_silence_is_unknown(server: FaultServer) -> None:
    server.script("/hook", silence)
    assert sent(server, timeout=0.3).state is DeliveryState.UNKNOWN
    assert len(server.requests) == 1


def test_an_answer_that_never_ends_does_not_hold_the_worker(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, the whole never does."""
    monkeypatch.setattr("service.delivery.other_places._SPARE", 0.1)
    monkeypatch.setattr("service.delivery.other_places._CONNECTING", 0.2)
    server.script("/hook", drip(head_too=True, every=0.05))
    assert sent(server, timeout=0.2).state is DeliveryState.UNKNOWN


def test_nobody_listening_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for service, (url, _) in SERVICES.items():
        outcome = AppriseChannel({"lab": url(port)}, timeout=2.0).send(sending())
        assert outcome.state is DeliveryState.RETRY, service
        assert outcome.wait is None, "as patiently as the policy says"


def test_a_name_that_is_not_found_may_be_tried_again() -> None:
    channel = AppriseChannel({"lab": f"json://nowhere.invalid/{CANARY}"}, timeout=2.0)
    assert channel.send(sending()).state is DeliveryState.RETRY


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422, 301, 307, 308])
def test_a_refusal_is_dead_with_a_remedy(server: FaultServer, status: int) -> None:
    server.script("/hook", reply(status, headers={"Location": "/elsewhere"}))
    outcome = sent(server)
    assert outcome.state is DeliveryState.DEAD
    assert str(status) in outcome.detail
    assert "`targets`" in outcome.remedy
    assert len(server.requests) == 1, "redirects are not followed: they would carry the secret"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "120"}, 120.0), ({}, None), ({"Retry-After": "soon"}, None)],
)
def test_a_throttled_message_waits_as_told(
    server: FaultServer, headers: dict[str, str], wait: float | None
) -> None:
    server.script("/hook", reply(429, headers=headers))
    outcome = sent(server)
    assert (outcome.state, outcome.wait) == (DeliveryState.RETRY, wait)


def test_a_service_that_sleeps_and_tries_again_by_itself_is_held_to_one_request(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord's waits as long as the answer says (a reset in the year 2100), then posts again."""
    from apprise.plugins.discord import NotifyDiscord

    slept: list[float] = []
    monkeypatch.setattr("apprise.url.time.sleep", slept.append)
    monkeypatch.setattr(NotifyDiscord, "notify_url", server.url("/api/webhooks"))
    far = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800", "Retry-After": "9"}
    server.script(f"/api/webhooks/42/{CANARY}", reply(429, headers=far), reply(204))
    channel = AppriseChannel({"lab": f"discord://42/{CANARY}"}, timeout=5.0)
    outcome = channel.send(sending())
    assert (outcome.state, outcome.wait) == (DeliveryState.RETRY, 9.0)
    assert (len(server.requests), slept) == (1, [])
    assert channel.send(sending()).state is DeliveryState.SENT
    posted = json.loads(server.requests[1].body)
    assert "avatar_url" not in posted, "nobody is made to fetch a picture"


@pytest.mark.parametrize("more", ["?retry=3&wait=0", "?optional=yes", "?redirect=yes"])
def test_what_an_address_asks_for_does_not_make_it_more_than_one_attempt(
    server: FaultServer, more: str
) -> None:
    """`optional=yes` would call a failure a success."""
    server.script("/hook", redirect("/elsewhere", 307), reply(200))
    server.script("/elsewhere", reply(200))
    assert sent(server, more=more).state is DeliveryState.DEAD
    assert len(server.requests) == 1


def test_a_split_or_long_message_stays_one(server: FaultServer) -> None:
    place = SERVICES["rocket"][1]
    server.script(place, reply(200, b"{}"))
    url = SERVICES["rocket"][0](server.port) + "?overflow=split"
    body = "\n\n".join(f"paragraph {number} {'x' * 180}" for number in range(10))
    payload = json.dumps({"title": "T", "body": body, "format": "text"}).encode()
    assert AppriseChannel({"lab": url}).send(sending(payload)).state is DeliveryState.SENT
    (request,) = server.requests
    text = json.loads(request.body)["text"]
    assert len(text) <= 1000
    assert text.endswith("x" * 180), "cut between paragraphs"


def test_a_message_that_grows_on_the_way_is_cut_rather_than_split(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram's is HTML: each & becomes five characters, and 4,096 is all that it takes."""
    from apprise.plugins.telegram import NotifyTelegram

    monkeypatch.setattr(NotifyTelegram, "notify_url", server.url("/bot"))
    token = f"123456789:{CANARY}"
    server.script(f"/bot{token}/sendMessage", reply(200, b'{"ok":true}'))
    payload = json.dumps({"title": "T", "body": "&" * 1400, "format": "text"}).encode()
    channel = AppriseChannel({"lab": f"tgram://{token}/12315544/?overflow=split"}, timeout=5.0)
    assert channel.send(sending(payload)).state is DeliveryState.SENT
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("file:///etc/passwd", "none that Apprise knows"),
        ("nonsense", "none that Apprise knows"),
        ("json://[", "none that Apprise knows"),
        ("exec://rm", "none that Apprise knows"),
        ("https://example.org/config.yml", "none that Apprise knows"),
        ("syslog://", "by HTTP"),
        ("mailto://ana:secret@example.org", "by HTTP"),
        (f"discord://42/{CANARY}?template=/etc/passwd", "reads a file (template)"),
        (f"fcm://project/device?keyfile=http://127.0.0.1:1/{CANARY}", "reads a file (keyfile)"),
        (f"vapid://ana@example.org/bob@example.org?keyfile={CANARY}", "reads a file (keyfile)"),
        ("ntfy://127.0.0.1:1/one/two", "several recipients"),
    ],
)
def test_what_is_no_single_watched_service_is_refused_unsent(url: str, cause: str) -> None:
    outcome = AppriseChannel({"lab": url}).send(sending())
    assert outcome.state is DeliveryState.DEAD
    assert cause in outcome.detail
    assert "targets" in outcome.remedy


def test_a_target_that_is_not_configured_is_dead() -> None:
    outcome = AppriseChannel({"other": "json://127.0.0.1:1"}).send(sending())
    assert outcome.state is DeliveryState.DEAD
    assert "no such target" in outcome.detail


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"null", b'{"title":"x","body":""}'])
def test_a_damaged_message_is_dead_unsent(server: FaultServer, payload: bytes) -> None:
    channel = AppriseChannel({"lab": SERVICES["json"][0](server.port)})
    assert channel.send(sending(payload)).state is DeliveryState.DEAD
    assert server.requests == []


def test_an_unknown_one_stays_so_until_a_person_decides(server: FaultServer) -> None:
    """T61, where no history can be read."""
    channel = AppriseChannel({"lab": SERVICES["json"][0](server.port)})
    unknown = delivery(channel="apprise", state=DeliveryState.UNKNOWN)
    seen = next_state(unknown, channel.reconcile(unknown), NOW, policy_of("apprise"))
    assert (seen.state, seen.not_before) == (DeliveryState.UNKNOWN, None)
    assert "litwatch deliveries resolve" in seen.remedy
    assert server.requests == []


@pytest.mark.parametrize("how", ["reply", "refused", "hang up", "bad address"])
def test_no_secret_is_told_or_logged(
    server: FaultServer, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = {"reply": reply(200), "refused": reply(403), "hang up": hang_up}
    url = f"json://ana:{CANARY}@127.0.0.1:{server.port}/{CANARY}"
    if how == "bad address":
        url = f"discord://{CANARY}"
    else:
        server.script(f"/{CANARY}", answers[how])
    channel = AppriseChannel({"lab": url})
    told = repr(channel.send(sending())) + repr(channel.reconcile(sending())) + repr(channel)
    assert CANARY not in told
    assert CANARY not in caplog.text
    assert str(server.port) not in caplog.text


def test_requests_of_others_are_neither_seen_nor_held_back(server: FaultServer) -> None:
    server.script("/x", reply(500), reply(200))
    with witnessed() as witness:
        pass
    assert requests.get(server.url("/x"), timeout=5).status_code == 500
    assert requests.get(server.url("/x"), timeout=5).status_code == 200
    assert witness.exchanges == []


def test_what_failed_is_not_asked_again_and_nothing_after_the_end(server: FaultServer) -> None:
    server.script("/a", reply(500))
    server.script("/b", reply(200))
    with witnessed() as witness:
        assert requests.get(server.url("/a"), timeout=5).status_code == 500
        with pytest.raises(requests.RequestException):
            requests.get(server.url("/a"), timeout=5)
        for _ in range(2):
            assert requests.get(server.url("/b"), timeout=5).status_code == 200
        witness.closed = True
        with pytest.raises(requests.RequestException):
            requests.get(server.url("/b"), timeout=5)
    assert [each.status for each in witness.exchanges] == [500, 200, 200]
    assert len(server.requests) == 3


def test_a_certificate_that_is_not_trusted_is_no_connection() -> None:
    import ssl

    from requests.exceptions import SSLError
    from urllib3.exceptions import MaxRetryError
    from urllib3.exceptions import SSLError as Wrapped

    from service.delivery.witness import _unreached

    def raised(inner: ssl.SSLError) -> SSLError:
        return SSLError(MaxRetryError(None, "/", Wrapped(inner)))  # type: ignore[arg-type]

    assert _unreached(raised(ssl.SSLCertVerificationError("self-signed")))
    assert not _unreached(raised(ssl.SSLEOFError("cut")))


def asked(*statuses: int | None, reached: bool = True) -> tuple[Exchange, ...]:
    return tuple(Exchange(("POST", str(n)), s, reached) for n, s in enumerate(statuses))


@pytest.mark.parametrize(
    ("said", "exchanges", "state"),
    [
        (True, asked(200), DeliveryState.SENT),
        (False, asked(200), DeliveryState.UNKNOWN),  # ok is false inside of HTTP 200
        (False, asked(200, 403), DeliveryState.UNKNOWN),  # the first may have been the message
        (False, asked(500, 403), DeliveryState.UNKNOWN),
        (False, asked(404, 403), DeliveryState.DEAD),
        (False, asked(404, 429), DeliveryState.RETRY),
        (False, (*asked(None, reached=False), *asked(403)), DeliveryState.DEAD),
        (False, asked(None), DeliveryState.UNKNOWN),
        (False, asked(None, None, reached=False), DeliveryState.RETRY),
        (False, (), DeliveryState.UNKNOWN),  # nothing was seen: it may have gone another way
        (None, asked(), DeliveryState.UNKNOWN),  # still at it
        (None, asked(403), DeliveryState.DEAD),
    ],
)
def test_only_what_is_proved_is_believed(
    said: bool | None, exchanges: tuple[Exchange, ...], state: DeliveryState
) -> None:
    assert meaning(said, exchanges, "Chat").state is state


def test_a_body_is_cut_between_paragraphs() -> None:
    assert fitted("one\n\ntwo\n\nthree", 10) == "one\n\ntwo"
    assert fitted("one\n\ntwo", 8) == "one\n\ntwo"
    assert fitted("a long paragraph", 6) == "a long"


def test_a_witness_says_what_it_allows() -> None:
    witness = Witness([Exchange(("POST", "a"), 500), Exchange(("POST", "b"), 204)])
    assert [witness.allows(("POST", each)) for each in "abc"] == [False, True, True]
    assert not Witness(closed=True).allows(("POST", "c"))


def test_the_library_is_not_loaded_before_something_is_sent() -> None:
    program = "import sys, service.delivery.other_places; print('apprise' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
