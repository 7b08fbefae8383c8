from __future__ import annotations

import email
import re
from email import policy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.digest.email import SUBJECT, Letterhead, mail, subject
from service.digest.identity import delivery_id
from service.errors import DeliveryError
from service.records import Change, DigestChange, WeekFigures
from tests.factories import digest_content, item, section, work
from tests.fakes_links import NO_LINKS, FakeLinks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import EmailMessage

    from service.records import DigestContent

HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")
TO = "Ana Köhler <ana@example.org>"


def opened(payload: bytes) -> EmailMessage:
    return email.message_from_bytes(payload, policy=policy.default)  # type: ignore[return-value]


def charted(**changes: Any) -> DigestContent:
    """A digest that has a chart: of its weeks."""
    weeks = tuple(WeekFigures(f"UTC:2026-W{n}", 4000 + n, n % 9, 0.8) for n in range(40, 48))
    return digest_content(weeks=weeks, **changes)


def drawn(_spec: Mapping[str, Any], name: str) -> bytes:
    return b"picture " + name.encode()


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
    assert message["Subject"] == (
        "Stromal niche 1 shields tumour cells from neutrophil killing (very likely relevant)"
    )
    assert message["Date"].datetime == digest_content().created_at
    assert message["Message-ID"] == f"<{identity}.r0@example.org>"
    assert message["List-Id"] == "<stroma-weekly.litwatch.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "All" not in message["X-Auto-Response-Suppress"]
    assert "OOF" in message["X-Auto-Response-Suppress"]
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
    """T62, T73."""
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
    """T74."""
    content = digest_content(section(*[item(n) for n in range(400)]))
    payload = mail(content, TO, HEAD, FakeLinks())
    assert max(len(line) for line in payload.split(b"\r\n")) <= 998
    text, page = opened(payload).iter_parts()
    assert len(page.get_content().encode()) < 95_000
    lines = {line.strip() for line in text.get_content().splitlines()}
    assert {f"https://doi.org/10.5555/stroma.{n}" for n in range(400)} <= lines
    assert all(len(line) <= 78 or "https://" in line for line in lines)


def test_a_quiet_week_says_so_in_the_subject() -> None:
    content = digest_content(section(items=()))
    assert subject(content) == "Nothing new on Tumour-associated stromal cells"


def test_the_subject_is_what_matters_most_and_short() -> None:
    gone = DigestChange(work(9), Change.RETRACTED, "stroma", "UTC:2026-W41")
    assert subject(digest_content(changes=(gone,))) == (
        "Retracted after week 41: Stromal niche 9 shields tumour cells from neutrophil killing"
    )
    long = digest_content(section(item(title="Stromal niches " * 20, relevance=0.97)))
    assert len(subject(long)) <= SUBJECT
    assert subject(long).startswith("Stromal niches")
    assert subject(long).count("(") == subject(long).count(")"), "no remark is cut in two"


@given(st.text(max_size=300))
def test_a_subject_is_never_long_or_empty(title: str) -> None:
    for test in (False, True):
        told = subject(digest_content(section(item(title=title), name=title), test=test))
        assert told.removeprefix("[Test] ").strip()
        assert len(told) <= SUBJECT
        assert told.startswith("[Test] ") or not test


def test_a_test_says_so_in_its_subject_and_cannot_end_the_subscription() -> None:
    head = Letterhead(HEAD.sender, HEAD.domain, "https://lit.example.org/u/1", "stop@example.org")
    message = opened(mail(digest_content(test=True), TO, head, FakeLinks()))
    assert message["Subject"].startswith("[Test] Stromal niche 1")
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None
    for part in message.iter_parts():
        assert "nsubscribe" not in part.get_content()
        assert "This is a test digest." in " ".join(part.get_content().split())


def test_the_page_of_its_own_reader_ends_the_subscription_by_one_click() -> None:
    """T77: what the receiver's server will POST to; a configured page is only used without one."""
    head = Letterhead(HEAD.sender, HEAD.domain, "https://lit.example.org/u/1", "stop@example.org")
    message = opened(mail(digest_content(), TO, head, FakeLinks()))
    own = FakeLinks().unsubscribe(digest_content(), TO)
    assert message["List-Unsubscribe"].startswith(f"<{own}>, <mailto:stop@example.org?")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(own in part.get_content() for part in message.iter_parts())
    fallen_back = opened(mail(digest_content(), TO, head, NO_LINKS))
    assert fallen_back["List-Unsubscribe"].startswith("<https://lit.example.org/u/1>, ")


@pytest.mark.parametrize(
    "links",
    [FakeLinks(base="http://127.0.0.1:8080"), FakeLinks(pad=880), FakeLinks(base="ftp://x")],
    ids=["not encrypted", "too long for a header", "no web page"],
)
def test_one_click_is_not_offered_where_it_could_not_work(links: FakeLinks) -> None:
    payload = mail(digest_content(), TO, HEAD, links)
    assert opened(payload)["List-Unsubscribe"] is None
    assert opened(payload)["List-Unsubscribe-Post"] is None
    assert max(len(line) for line in payload.split(b"\r\n")) <= 998


def test_pictures_travel_with_the_page_and_are_all_used() -> None:
    text, related = opened(mail(charted(), TO, HEAD, None, drawn)).iter_parts()
    assert text.get_content_type() == "text/plain"
    assert related.get_content_type() == "multipart/related"
    assert related.get_param("type") == "text/html"
    page, *pictures = related.iter_parts()
    used = re.findall(r'src="cid:([^"]+)"', page.get_content())
    assert [f"<{name}>" for name in used] == [one["Content-ID"] for one in pictures]
    assert [one.get_content() for one in pictures] == [
        b"picture weeks.png",
        b"picture weeks-dark.png",
    ]
    assert {one.get_content_type() for one in pictures} == {"image/png"}
    assert {one.get_content_disposition() for one in pictures} == {"inline"}
    assert "The last 8 weeks" in text.get_content()


def test_a_picture_that_cannot_be_drawn_does_not_hold_up_the_mail() -> None:
    def broken(spec: Mapping[str, Any], name: str) -> bytes:
        raise ValueError("no renderer")

    for draw in (broken, None):
        message = opened(mail(charted(), TO, HEAD, None, draw))
        _, page = message.iter_parts()
        assert page.get_content_type() == "text/html"
        assert "Last 8 weeks: screened" in " ".join(page.get_content().split())


def test_rendering_twice_gives_the_same_bytes_boundaries_and_pictures_too() -> None:
    first, second = (mail(charted(), TO, HEAD, FakeLinks(), drawn) for _ in range(2))
    assert first == second
    identity = delivery_id(charted().digest_id, "email", TO, 1)
    bounds = [part.get_boundary() for part in opened(first).walk() if part.is_multipart()]
    assert bounds == [f"=_{identity}", f"=_{identity}.related"]


def test_no_line_of_any_part_is_a_boundary_by_chance() -> None:
    """Dashes that somebody wrote into a title must not end a part."""
    identity = delivery_id(digest_content().digest_id, "email", TO, 1)
    content = charted(label=f"--=_{identity}--")
    message = opened(mail(content, TO, HEAD, None, drawn))
    assert len(list(message.walk())) == len(
        list(opened(mail(charted(), TO, HEAD, None, drawn)).walk())
    )


def test_every_own_address_in_a_mail_is_one_that_only_shows_a_page() -> None:
    """T76: a scanner follows all of them, and each is of a kind whose GET changes nothing."""
    message = opened(mail(digest_content(), TO, HEAD, FakeLinks()))
    base = FakeLinks().base
    for part in message.iter_parts():
        found = re.findall(rf"{re.escape(base)}/(\w+)/", part.get_content())
        assert found
        assert set(found) <= {"f", "d", "u"}
