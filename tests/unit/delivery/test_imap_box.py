"""A mail box that is read over IMAP: nothing is lost, nothing is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.delivery.imap_box import ImapBox
from service.errors import DeliveryError, StoreBusyError
from tests import certificates
from tests.fake_imap import FakeImap

if TYPE_CHECKING:
    import ssl

SECRET = "swordfish-4711"
MAILS = (b"mail 1\r\n", b"mail 2\r\n)\r\nA1 OK\r\n", b"")


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What the server serves with, and what the client trusts."""
    made = certificates.self_signed(tmp_path_factory.mktemp("tls"))
    return certificates.serving(made), certificates.trusting(made)


Ends = tuple["ssl.SSLContext", "ssl.SSLContext"]


def box(server: FakeImap, ends: Ends, **changes: Any) -> ImapBox:
    values = {"host": "localhost", "username": "ana", "password": SECRET, "timeout": 3.0}
    return ImapBox(**(values | {"port": server.port, "tls": ends[1]} | changes))


def test_each_unseen_mail_is_taken_in_order_then_marked_as_seen(ends: Ends) -> None:
    taken: list[bytes] = []
    with FakeImap(ends[0], *MAILS) as server:
        assert box(server, ends).empty(taken.append) == 3
        assert tuple(taken) == MAILS
        assert set(server.flags) == {"10", "20", "30"}
        assert set(server.flags.values()) == {r"+FLAGS.SILENT (\Seen)"}
        assert box(server, ends).empty(taken.append) == 0
    assert not any("EXPUNGE" in each or "Deleted" in each for each in server.commands)
    fetched = [each for each in server.commands if "FETCH" in each]
    assert all("BODY.PEEK[]" in each for each in fetched), "reading must not mark as seen"


def test_a_database_that_is_away_leaves_the_mails_unseen(ends: Ends) -> None:
    def busy(mail: bytes) -> None:
        if mail == MAILS[1]:
            raise StoreBusyError("database", "is locked")

    with FakeImap(ends[0], *MAILS) as server:
        with pytest.raises(StoreBusyError):
            box(server, ends).empty(busy)
        assert set(server.flags) == {"10"}


def test_a_mail_that_breaks_us_is_flagged_and_stops_no_other(
    ends: Ends, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(mail: bytes) -> None:
        if mail == MAILS[1]:
            raise ZeroDivisionError

    with FakeImap(ends[0], *MAILS) as server:
        assert box(server, ends).empty(broken) == 3
        assert server.flags["20"] == r"+FLAGS.SILENT (\Seen \Flagged)"
        assert server.flags["30"] == r"+FLAGS.SILENT (\Seen)"
    assert "could not be taken in" in caplog.text


def test_a_link_that_dies_before_the_mark_gives_the_mail_again(ends: Ends) -> None:
    taken: list[bytes] = []
    with FakeImap(ends[0], *MAILS, store="drop") as server:
        with pytest.raises(DeliveryError):
            box(server, ends).empty(taken.append)
        del server.script["store"]
        box(server, ends).empty(taken.append)
    assert taken == [MAILS[0], *MAILS]


def test_the_end_is_asked_for_between_two_mails(ends: Ends) -> None:
    taken: list[bytes] = []
    with FakeImap(ends[0], *MAILS) as server:
        assert box(server, ends).empty(taken.append, lambda: len(taken) == 2) == 2
        assert set(server.flags) == {"10", "20"}


def test_of_an_endless_mail_the_beginning_is_read(ends: Ends) -> None:
    taken: list[bytes] = []
    with FakeImap(ends[0], b"x" * (3 << 20)) as server:
        box(server, ends).empty(taken.append)
    assert [len(mail) for mail in taken] == [1 << 20]


def test_names_are_quoted(ends: Ends) -> None:
    with FakeImap(ends[0]) as server:
        box(server, ends, username='a "b" c', folder="Re turns").empty(bytes)
    assert r'LOGIN "a \"b\" c" "swordfish-4711"' in server.commands
    assert 'SELECT "Re turns"' in server.commands


@pytest.mark.parametrize(
    ("step", "how", "told"),
    [
        ("login", f"NO [AUTHENTICATIONFAILED] {SECRET} is wrong", "AUTHENTICATIONFAILED"),
        ("select", "NO no such folder", "no such folder"),
        ("search", "BAD what", "what"),
        ("search", "NO not now", "not now"),
        ("fetch", "NO gone", "gone"),
        ("store", "NO read-only", "read-only"),
        ("login", "drop", ""),
        ("fetch", "drop", ""),
    ],
)
def test_what_the_server_refuses_is_told_without_the_password(
    ends: Ends, step: str, how: str, told: str
) -> None:
    with FakeImap(ends[0], *MAILS, **{step: how}) as server:
        mine = box(server, ends)
        with pytest.raises(DeliveryError) as raised:
            mine.empty(bytes)
        assert server.flags == {}
    assert told in str(raised.value)
    assert SECRET not in f"{raised.value} {mine!r}"


def test_a_certificate_that_is_not_trusted_gets_no_password(ends: Ends) -> None:
    server = FakeImap(ends[0], *MAILS)
    with server, pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
        box(server, ends, tls=None).empty(bytes)
    assert server.commands == []


def test_a_password_that_imap_cannot_say_is_told(ends: Ends) -> None:
    with FakeImap(ends[0]) as server, pytest.raises(DeliveryError) as raised:
        box(server, ends, password="schlüssel").empty(bytes)
    assert "schlüssel" not in str(raised.value)
