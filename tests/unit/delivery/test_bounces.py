"""Mails that came back, in the shapes of several servers, and in no shape at all."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.capabilities import Capabilities
from service.config import Settings
from service.delivery.bounces import Returned, Saying, read_returned, return_address
from tests.returned_mails import (
    ANA,
    DELIVERY,
    GONE,
    SIGNED,
    complaint,
    exchange,
    exim,
    gmail,
    group,
    postfix,
    qmail,
    reply,
    to,
)

DEAD, PASSING, UNWANTED, NOTHING = Saying.DEAD, Saying.PASSING, Saying.UNWANTED, Saying.NOTHING
SHAPES = {
    "postfix": postfix(),
    "exchange": exchange(),
    "gmail": gmail(),
    "exim": exim(),
    "qmail": qmail(),
    "complaint": complaint(),
    "reply": reply("Subject: Re: week 47"),
}


def read(mail: bytes) -> Returned:
    return read_returned(mail, SIGNED.read_bounce_tag)


# -- the tag --------------------------------------------------------------------------------------


def test_the_tag_stands_in_the_local_part() -> None:
    assert return_address("b@example.org", "abc") == "b+abc@example.org"


def test_the_longest_address_that_the_settings_take_has_room_for_the_tag() -> None:
    """RFC 5321 asks servers to take 64 characters before the @."""
    longest = f"{'b' * 15}@example.org"
    email = Settings.model_validate({"email": {"bounce_address": longest}}).email
    tagged = return_address(email.bounce_address, SIGNED.bounce_tag(DELIVERY))
    assert len(tagged.partition("@")[0]) == 64
    with pytest.raises(ValueError, match="no room for what is added"):
        Settings.model_validate({"email": {"bounce_address": f"b{longest}"}})


@pytest.mark.parametrize(
    "header", ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To"]
)
def test_the_tag_is_found_where_servers_write_the_recipient(header: str) -> None:
    mail = postfix(back="x@example.org").replace(
        b"Return-Path: <>", f"{header}: <{to().upper()}>".encode()
    )
    assert read(mail).delivery_id == DELIVERY


def test_the_tag_is_found_among_others() -> None:
    """A mail that went through several mail boxes has been delivered to each."""
    others = "\r\nDelivered-To: ".join(["group@example.org", f"b+{'a' * 48}@example.org", to()])
    assert read(postfix(back=others)).delivery_id == DELIVERY


OTHER = Capabilities("", ("another-key-that-is-long-enough-to-be-one-too",))


@pytest.mark.parametrize(
    "back",
    [
        "",
        "bounces@example.org",
        f"bounces+{'a' * 48}@example.org",
        to()[:-13] + "a@example.org",
        f"bounces+{OTHER.bounce_tag(DELIVERY)}@example.org",
        to().replace("+", "-"),
    ],
    ids=["none", "untagged", "made up", "changed", "of another", "not after the plus"],
)
def test_a_report_without_our_signature_counts_for_nothing(back: str) -> None:
    """T75. The report quotes a Message-ID of ours, which everybody may know."""
    found = read(postfix(back=back))
    assert (found.saying, found.delivery_id) == (NOTHING, "")
    assert "our signature" in found.detail


def test_a_tag_inside_of_what_is_quoted_counts_for_nothing() -> None:
    inside = f"Subject: Stroma, week 47\r\nDelivered-To: {to()}".encode()
    mail = postfix(back="x@example.org").replace(b"Subject: Stroma, week 47", inside)
    assert read(mail).delivery_id == ""


def test_a_mail_with_thousands_of_tags_costs_few_signatures() -> None:
    asked: list[str] = []
    tags = ", ".join(f"b+{number:032x}{'a' * 16}@example.org" for number in range(5_000))
    read_returned(postfix(back=tags), asked.append)  # type: ignore[func-returns-value]
    assert len(asked) == 20


# -- reports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["postfix", "exchange", "gmail", "exim", "qmail"])
def test_an_address_that_does_not_exist_is_dead_in_every_servers_words(shape: str) -> None:
    """T75."""
    found = read(SHAPES[shape])
    assert (found.saying, found.delivery_id) == (DEAD, DELIVERY)
    assert found.bounce(ANA).hard
    assert "550" in found.detail
    assert "patients" not in found.detail, "that is of the mail, not of the report"


@pytest.mark.parametrize(
    ("shape", "status"),
    [("postfix", "5.1.1"), ("exchange", "5.1.10"), ("gmail", "5.1.1"), ("exim", "5.1.1")],
)
def test_the_code_is_kept(shape: str, status: str) -> None:
    assert read(SHAPES[shape]).status == status


@pytest.mark.parametrize(
    ("action", "status", "told", "saying"),
    [
        ("failed", "5.2.2", "552 5.2.2 mailbox full", PASSING),
        ("failed", "5.7.1", "550 5.7.1 rejected as spam", PASSING),
        ("failed", "4.4.1", "connect to mx.example.org: timed out", PASSING),
        ("failed", "5.0.0", "550 no such user", DEAD),
        ("failed", "5.0.0", "550 5.1.1 no such user", DEAD),
        ("failed", "5.0.0", "", PASSING),
        ("failed", "", "550 5.1.1 no such user", DEAD),
        ("Failed (for good)", "5.1.1 (bad mailbox)", GONE, DEAD),
        ("delayed", "4.4.1", "timed out", PASSING),
        ("delayed", "5.1.1", GONE, PASSING),
        ("relayed", "2.0.0", "", NOTHING),
        ("delivered", "2.0.0", "", NOTHING),
        ("expanded", "2.0.0", "", NOTHING),
        ("invented", "5.1.1", GONE, NOTHING),
    ],
)
def test_a_report_says_what_its_action_and_its_codes_say(
    action: str, status: str, told: str, saying: Saying
) -> None:
    """T75."""
    found = read(postfix(action, status, told))
    assert (found.saying, found.delivery_id) == (saying, DELIVERY)


def test_of_several_recipients_the_one_that_is_best_off_decides() -> None:
    """One address can stand for several; it is dead when all are."""
    dead, full = group("failed", "5.1.1", GONE, "rei@example.org"), group("failed", "5.2.2", "552")
    arrived = group("delivered", "2.0.0", "")
    assert read(postfix("failed", "5.1.1", GONE, dead)).saying is DEAD
    assert read(postfix("failed", "5.1.1", GONE, full)).saying is PASSING
    assert read(postfix("failed", "5.1.1", GONE, arrived)).saying is PASSING


def test_a_dead_address_behind_ours_is_not_ours() -> None:
    """A lab's list must not end with the first member who leaves."""
    found = read(postfix(address="left@example.org"))
    bounce = found.bounce("lab@example.org")
    assert (found.saying, bounce.hard) == (DEAD, False)
    assert bounce.detail.startswith("behind the address, left@example.org: 550 5.1.1")
    assert bounce.address == "lab@example.org"


def test_the_case_of_an_address_makes_no_difference() -> None:
    assert read(exchange()).bounce(ANA).hard
    assert read(postfix()).bounce("ANA@Example.ORG").hard


def test_an_address_of_another_kind_is_not_compared() -> None:
    mail = postfix().replace(b"Final-Recipient: rfc822; ana@", b"Final-Recipient: X400; /CN=Ana")
    assert read(mail).bounce(ANA).hard


@pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_report_is_read_in_every_type_and_encoding(kind: str, encoded: bool) -> None:
    head, report, rest = re.split(
        rb"(?<=Content-Type: message/delivery-status\r\n\r\n)(.*?)(?=\r\n--4Fx1)",
        postfix(),
        flags=re.DOTALL,
    )
    if encoded:
        report = base64.encodebytes(report)
        head = head[:-2] + b"Content-Transfer-Encoding: base64\r\n\r\n"
    head = head.replace(b"message/delivery-status", f"message/{kind}".encode())
    found = read(head + report + rest)
    assert (found.saying, found.status) == (DEAD, "5.1.1")


def test_what_a_server_says_is_kept_on_one_line_of_bounded_length() -> None:
    found = read(postfix(told="550 5.1.1 no\x1b[2J such user\x85 " + "x" * 2_000))
    assert found.detail.isprintable()
    assert len(found.detail) <= 300


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mail", "saying"),
    [
        (exim("452 4.2.2 mailbox full"), PASSING),
        (exim("550 5.7.1 rejected as spam"), PASSING),
        (exim("retry timeout exceeded"), PASSING),
        (qmail("Remote host said: 552 over quota"), PASSING),
        (qmail("I could not find any host by that name. (#5.1.2)"), DEAD),
        (qmail("It has been in the queue too long."), PASSING),
    ],
)
def test_a_report_in_words_is_of_the_moment_unless_a_code_says_for_good(
    mail: bytes, saying: Saying
) -> None:
    """T75."""
    assert (read(mail).saying, read(mail).delivery_id) == (saying, DELIVERY)


def test_a_report_in_html_alone_is_read() -> None:
    body = "<html><p>Remote Server returned <b>'550 5.1.10 not found'</b></p></html>"
    mail = reply("Subject: Undeliverable: week 47", "Content-Type: text/html", body=body)
    found = read(mail)
    assert (found.saying, found.status) == (DEAD, "5.1.10")
    assert "<" not in found.detail


def test_a_server_that_names_the_failed_address_is_no_automatic_reply() -> None:
    """Exim marks its reports like the answers of people who are away."""
    robot = exim().replace(b"Mail Delivery System <Mailer-Daemon@", b"Post <robot@")
    robot = robot.replace(b"Mail delivery failed: returning message to sender", b"your mail")
    assert read(robot).saying is DEAD
    assert read(robot.replace(b"X-Failed-Recipients", b"X-Other")).saying is NOTHING


def test_a_report_inside_of_another_mail_is_none() -> None:
    """Somebody sends on what they got."""
    kind = "Content-Type: multipart/mixed; boundary=outer"
    inside = b"--outer\r\nContent-Type: message/rfc822\r\n\r\n" + postfix() + b"\r\n--outer--\r\n"
    found = read(reply("Subject: Fwd: look", kind, body="") + inside)
    assert (found.saying, found.delivery_id) == (NOTHING, DELIVERY)


def test_a_report_about_several_addresses_in_words_names_none() -> None:
    mail = exim().replace(b"X-Failed-Recipients: ", b"X-Failed-Recipients: rei@example.org, ")
    assert read(mail).recipients == ()


@pytest.mark.parametrize(
    "headers",
    [
        ("Auto-Submitted: auto-replied", "Subject: Re: week 47"),
        ("Auto-Submitted: auto-replied (vacation)",),
        ("X-Autoreply: yes", "Subject: Undeliverable is my favourite word"),
        ("X-Autorespond: week 47",),
        ("Precedence: auto_reply",),
        ("Subject: Automatic reply: week 47",),
        ("Subject: Out of Office: week 47",),
        ("Subject: Abwesenheitsnotiz: week 47",),
        ("Subject: Automatische Antwort: week 47",),
        ("Subject: Re: week 47",),
        (),
    ],
)
def test_who_is_away_or_answers_is_alive(headers: tuple[str, ...]) -> None:
    """T75. Such answers go to the envelope address, too."""
    found = read(reply(*headers))
    assert (found.saying, found.delivery_id) == (NOTHING, DELIVERY)


# -- complaints -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["abuse", "Abuse", "opt-out", "opt-out-list"])
def test_a_mail_that_its_reader_calls_spam_is_unwanted(kind: str) -> None:
    found = read(complaint(kind))
    assert (found.saying, found.delivery_id) == (UNWANTED, DELIVERY)
    assert "reported by its reader" in found.detail


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", "x\x00y", ""])
def test_other_feedback_is_none(kind: str) -> None:
    assert read(complaint(kind)).saying is NOTHING


def test_a_complaint_without_our_signature_counts_for_nothing() -> None:
    found = read(complaint(back=f"bounces+{'a' * 48}@example.org"))
    assert (found.saying, found.delivery_id) == (NOTHING, "")


# -- what nobody expects --------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_a_mail_that_is_cut_off_anywhere_is_read_as_far_as_it_goes(shape: str) -> None:
    whole = SHAPES[shape]
    final = read(whole)
    for end in range(len(whole)):
        found = read(whole[:end])
        assert found.saying in {final.saying, NOTHING, PASSING, DEAD}, end
        assert found.delivery_id in {"", DELIVERY}, end
    assert read(whole[:0]).saying is NOTHING


_PIECES = st.sampled_from(
    [
        *(line + b"\r\n" for shape in SHAPES.values() for line in shape.split(b"\r\n")),
        b"Content-Type: multipart/mixed; boundary=\r\n",
        b"Content-Type: message/delivery-status; charset=\xff\r\n\r\n",
        b"Content-Type: message/global-feedback-report\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 999 \xff\r\n",
        b"Subject: =?utf-8?b?/////?= =?x?q?=FF?=\r\n",
        b"To: \xff\xfe" + to().encode() + b"\r\n",
        b"Action\r\n",
        b"\r\n",
        b"\n\n",
        b"\r",
        b"\x00",
    ]
)


@given(st.lists(_PIECES | st.binary(max_size=40), max_size=60).map(b"".join))
@example(b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n" * 2_000)
@example(b"Content-Type: message/rfc822\r\n\r\n" * 5_000)
@example(b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 5_000)
@example(b"\xff" * 10_000)
def test_every_sequence_of_bytes_has_a_meaning(mail: bytes) -> None:
    """T75."""
    found = read(mail)
    assert found.delivery_id in {"", DELIVERY}
    assert found.detail.isprintable()
    assert len(found.detail) <= 300
    if not found.delivery_id:
        assert found.saying is NOTHING
    found.bounce(ANA)


def test_what_comes_after_the_first_mebibyte_is_not_read() -> None:
    late = b"X: " + b"y" * (1 << 20) + b"\r\n" + postfix()
    assert read(late).delivery_id == ""
    assert read(postfix() + b"z" * (2 << 20)).saying is DEAD
