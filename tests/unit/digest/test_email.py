from __future__ import annotations

import email
from email import policy
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.digest.email import Letterhead, mail, subject
from service.digest.identity import delivery_id
from service.errors import DeliveryError
from tests.factories import digest_content, item, section

if TYPE_CHECKING:
    from email.message import EmailMessage

HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")
TO = "Ana Köhler <ana@example.org>"


def opened(payload: bytes) -> EmailMessage:
    return email.message_from_bytes(payload, policy=policy.default)  # type: ignore[return-value]


def test_a_mail_has_the_text_first_then_the_page() -> None:
    message = opened(mail(digest_content(), TO, HEAD))
    assert message.get_content_type() == "multipart/alternative"
    text, page = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert page.get_content_type() == "text/html"
    assert text.get_content_charset() == page.get_content_charset() == "utf-8"
    for part in (text, page):
        assert "Lindqvist Maja, Okafor Chidi … Marchetti Paolo" in part.get_content()


def test_the_headers_tell_who_what_when_and_that_a_machine_wrote() -> None:
    message = opened(mail(digest_content(), TO, HEAD))
    identity = delivery_id(digest_content().digest_id, "email", TO, 1)
    assert message["From"] == "Litwatch <litwatch@example.org>"
    assert message["To"].addresses[0].addr_spec == "ana@example.org"
    assert message["To"].addresses[0].display_name == "Ana Köhler"
    assert message["Subject"] == "Litwatch: 1 paper on Tumour-associated stromal cells - week 47"
    assert message["Date"].datetime == digest_content().created_at
    assert message["Message-ID"] == f"<{identity}.r0@example.org>"
    assert message["List-Id"] == "<stroma-weekly.litwatch.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["List-Unsubscribe"] is None


def test_the_same_digest_gives_the_same_bytes_and_another_recipient_another_id() -> None:
    assert mail(digest_content(), TO, HEAD) == mail(digest_content(), TO, HEAD)
    other = opened(mail(digest_content(), "bo@example.org", HEAD))
    assert other["Message-ID"] != opened(mail(digest_content(), TO, HEAD))["Message-ID"]


def test_one_click_is_offered_only_over_https() -> None:
    by_mail = Letterhead(HEAD.sender, HEAD.domain, unsubscribe_mailto="stop@example.org")
    message = opened(mail(digest_content(), TO, by_mail))
    assert message["List-Unsubscribe"] == (
        "<mailto:stop@example.org?subject=unsubscribe%20stroma-weekly>"
    )
    assert message["List-Unsubscribe-Post"] is None
    both = Letterhead(HEAD.sender, HEAD.domain, "https://lit.example.org/u/1", "stop@example.org")
    message = opened(mail(digest_content(), TO, both))
    assert message["List-Unsubscribe"].startswith("<https://lit.example.org/u/1>, <mailto:")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all("https://lit.example.org/u/1" in p.get_content() for p in message.iter_parts())


def test_a_long_unsubscribe_address_is_not_encoded_away() -> None:
    url = "https://lit.example.org/u/" + "a1B2" * 60
    payload = mail(
        digest_content(), TO, Letterhead(HEAD.sender, HEAD.domain, url, "stop@example.org")
    )
    assert f"\r\nList-Unsubscribe: <{url}>,\r\n <mailto:stop@".encode() in payload


@pytest.mark.parametrize(
    "head",
    [
        {"sender": "Litwatch"},
        {"sender": "a@example.org\r\nBcc: eve@example.org"},
        {"sender": "a@example.org, b@example.org"},
        {"domain": "example.org>\r\nX-Evil: 1"},
        {"domain": ""},
        {"unsubscribe_url": "http://lit.example.org/u"},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"unsubscribe_mailto": "stop"},
    ],
)
def test_a_letterhead_that_could_not_be_used_is_refused(head: dict[str, str]) -> None:
    with pytest.raises(DeliveryError):
        Letterhead(**({"sender": HEAD.sender, "domain": HEAD.domain} | head))


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ana",
        "ana@example.org\nBcc: eve@example.org",
        "a@example.org, b@example.org",
        "a@b@c",
        "@",
    ],
)
def test_a_destination_that_is_no_single_address_is_refused(to: str) -> None:
    with pytest.raises(DeliveryError, match="address"):
        mail(digest_content(), to, HEAD)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=120))
@example("0" * 120)
@pytest.mark.parametrize("lure", ["", "x\r\nBcc: eve@example.org", "x\x0bBcc: a\u2028Bcc: b"])
def test_no_text_can_add_a_header_or_a_long_line(lure: str, text: str) -> None:
    hostile = lure + text
    content = digest_content(
        section(item(title=hostile), name=hostile),
        subscription=hostile,
        period=hostile,
        label=hostile,
    )
    payload = mail(content, TO, HEAD)
    plain = opened(mail(digest_content(), TO, HEAD))
    assert opened(payload).keys() == plain.keys()
    assert max(len(line) for line in payload.split(b"\r\n")) <= 998
    head = payload.split(b"\r\n\r\n", 1)[0]  # its short domain lets List-Id fit, which never folds
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    assert payload.isascii()
    assert b"\n" not in payload.replace(b"\r\n", b"")


def test_four_hundred_works_fit_a_mail_and_its_text_is_complete() -> None:
    content = digest_content(section(*[item(n) for n in range(400)]))
    text, page = opened(mail(content, TO, HEAD)).iter_parts()
    assert len(page.get_content().encode()) < 95_000
    lines = {line.strip() for line in text.get_content().splitlines()}
    assert {f"https://doi.org/10.5555/stroma.{n}" for n in range(400)} <= lines


def test_a_quiet_week_says_so_in_the_subject() -> None:
    content = digest_content(section(items=()))
    assert subject(content) == (
        "Litwatch: nothing new on Tumour-associated stromal cells - week 47"
    )
