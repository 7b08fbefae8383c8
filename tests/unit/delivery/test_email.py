"""The mail channel against servers that refuse, drop and hang at every step."""

from __future__ import annotations

import socket
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from service.delivery.email import SmtpChannel
from service.errors import DeliveryError
from service.records import Delivery, DeliveryState
from tests import certificates
from tests.factories import delivery
from tests.fake_smtp import FakeSmtp

if TYPE_CHECKING:
    from pathlib import Path

MAIL = b"Subject: week 47\r\nMessage-ID: <x.r0@example.org>\r\n\r\n.hidden\r\n..two\r\nend\r\n"
SECRET = "swordfish-4711"


def channel(port: int, **changes: Any) -> SmtpChannel:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "bounce@example.org",
        "security": "none",
        "timeout": 1.0,
        "final_timeout": 0.5,
        "hello": "client.test",
    }
    return SmtpChannel(**(values | changes))


def mail(**changes: Any) -> Delivery:
    values = {"channel": "email", "destination": "Ana <ana@example.org>", "payload": MAIL}
    return delivery(**(values | changes))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    return certificates.self_signed(tmp_path_factory.mktemp("tls"))


def test_a_real_server_receives_the_bytes_and_the_envelope() -> None:
    received: list[Any] = []

    class Keep:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 (its name)
            received.append(envelope)
            return "250 queued as 42"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        outcome = channel(port).send(mail())
    finally:
        controller.stop()
    assert outcome.state is DeliveryState.SENT
    assert outcome.provider_id == "250 queued as 42"
    assert received[0].content == MAIL
    assert received[0].mail_from == "bounce@example.org"
    assert received[0].rcpt_tos == ["ana@example.org"]


def test_each_delivery_can_have_an_envelope_address_of_its_own() -> None:
    def back(delivery_id: str) -> str:
        return f"bounces+{delivery_id}@example.org"

    with FakeSmtp() as server:
        for number in ("one", "two"):
            channel(server.port, return_address=back).send(mail(id=number))
        channel(server.port).send(mail())
    senders = [line for line in server.commands if line.upper().startswith("MAIL")]
    assert [each.partition(":")[2].split()[0] for each in senders] == [
        "<bounces+one@example.org>",
        "<bounces+two@example.org>",
        "<bounce@example.org>",
    ]


STEPS = ["connect", "ehlo", "mail", "rcpt", "data", "dot", "quit"]
FAULTS = ["drop", "421 closing", "451 later", "550 never"]


@pytest.mark.parametrize(("step", "how"), [*product(STEPS, FAULTS), ("content", "drop")])
def test_only_the_reply_to_the_final_dot_decides(step: str, how: str) -> None:
    """Every step with every fault: what is told, and that nothing is tried twice."""
    script = {step: how, **({"helo": how} if step == "ehlo" else {})}
    payload = b"Subject: large\r\n\r\n" + b"x\r\n" * 5_000_000 if step == "content" else MAIL
    with FakeSmtp(**script) as server:
        outcome = channel(server.port).send(mail(payload=payload))
    expected = {"drop": DeliveryState.RETRY, "550 never": DeliveryState.DEAD}
    wanted = expected.get(how, DeliveryState.RETRY)
    if step == "quit":
        wanted = DeliveryState.SENT
    elif (step, how) == ("dot", "drop"):
        wanted = DeliveryState.UNKNOWN
    assert outcome.state is wanted, outcome
    assert bool(outcome.remedy) == (wanted is DeliveryState.DEAD)
    assert server.sessions == 1
    assert len(server.mails) == (step in {"dot", "quit"})


@pytest.mark.parametrize("reply", ["hang", "nonsense", "354 what", "2" * 9000])
def test_no_intelligible_receipt_is_unknown(reply: str) -> None:
    with FakeSmtp(dot=reply) as server:
        assert channel(server.port).send(mail()).state is DeliveryState.UNKNOWN


def test_the_receipt_is_waited_for_longer_than_anything_else() -> None:
    with FakeSmtp(dot="slow 250 queued") as server:
        patient = channel(server.port, timeout=0.3, final_timeout=5.0)
        assert patient.send(mail()).state is DeliveryState.SENT


def test_a_server_that_says_nothing_is_tried_later() -> None:
    with FakeSmtp(connect="hang") as server:
        assert channel(server.port).send(mail()).state is DeliveryState.RETRY


def test_nobody_listening_is_tried_later() -> None:
    with FakeSmtp() as server:
        port = server.port
    assert channel(port).send(mail()).state is DeliveryState.RETRY


def test_leading_dots_arrive_and_do_not_end_the_mail() -> None:
    with FakeSmtp() as server:
        channel(server.port).send(mail())
        channel(server.port).send(mail(payload=b"a\r\n.\r\nb"))
    assert server.mails == [MAIL, b"a\r\n.\r\nb\r\n"]


@pytest.mark.parametrize(
    "destination",
    [
        "ana",
        "ana@example.org\r\nRCPT TO:<eve@example.org>",
        "ana@exämple.org",
        "a b@example.org",
        "ana@example.org, bo@example.org",
        "",
    ],
)
def test_a_destination_that_is_no_address_is_dead_and_nothing_is_said(destination: str) -> None:
    with FakeSmtp() as server:
        outcome = channel(server.port).send(mail(destination=destination))
        assert outcome.state is DeliveryState.DEAD
        assert outcome.remedy
    assert server.commands == []


def test_mail_goes_over_tls_when_the_certificate_is_good(certificate: tuple[Path, Path]) -> None:
    with FakeSmtp(tls=certificates.serving(certificate)) as server:
        secure = channel(
            server.port,
            host="localhost",
            security="starttls",
            tls=certificates.trusting(certificate),
            username="litwatch",
            password=SECRET,
        )
        assert secure.send(mail()).state is DeliveryState.SENT
    verbs = [command.split(" ")[0].upper() for command in server.commands]
    assert verbs.index("STARTTLS") < verbs.index("AUTH") < verbs.index("MAIL")


@pytest.mark.parametrize("fault", ["untrusted", "wrong host", "stripped"])
def test_without_proper_tls_no_password_and_no_mail_is_sent(
    certificate: tuple[Path, Path], fault: str
) -> None:
    context = None if fault == "untrusted" else certificates.trusting(certificate)
    host = "127.0.0.1" if fault == "wrong host" else "localhost"
    with FakeSmtp(tls=None if fault == "stripped" else certificates.serving(certificate)) as server:
        secure = channel(
            server.port,
            host=host,
            security="starttls",
            tls=context,
            username="litwatch",
            password=SECRET,
        )
        outcome = secure.send(mail())
    assert outcome.state is DeliveryState.DEAD
    assert "certificate" in outcome.remedy
    assert not any(c.upper().startswith(("AUTH", "MAIL")) for c in server.commands)


@pytest.mark.parametrize(
    ("reply", "state"),
    [("535 wrong", DeliveryState.DEAD), ("454 later", DeliveryState.RETRY)],
)
def test_a_refused_login_is_told_without_the_password(reply: str, state: DeliveryState) -> None:
    with FakeSmtp(auth=f"{reply} {SECRET}") as server:
        secure = channel(server.port, username="litwatch", password=SECRET)
        outcome = secure.send(mail())
    assert outcome.state is state
    assert SECRET not in repr(outcome) + repr(secure)


def test_a_password_that_cannot_be_sent_is_dead_not_a_crash() -> None:
    with FakeSmtp() as server:
        outcome = channel(server.port, username="litwatch", password="pässword").send(mail())
    assert outcome.state is DeliveryState.DEAD


def test_an_unencrypted_server_elsewhere_is_refused() -> None:
    with pytest.raises(DeliveryError, match="unencrypted"):
        channel(25, host="mail.example.org")


def test_a_sender_that_is_no_address_is_refused() -> None:
    with pytest.raises(DeliveryError, match="sender"):
        channel(25, sender="a@example.org\r\nX: y")


def test_the_policy_decides_what_becomes_of_an_unknown_mail() -> None:
    assert channel(25).reconcile(mail()).state is DeliveryState.RETRY
    held = channel(25, on_unknown="hold").reconcile(mail())
    assert held.state is DeliveryState.UNKNOWN
    assert held.remedy
