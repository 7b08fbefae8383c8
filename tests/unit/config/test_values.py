"""Single values of the configuration: what is taken, what is refused, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from service.config import values

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED = (PydanticCustomError, ValueError)


@pytest.mark.parametrize(
    ("given_text", "taken"),
    [
        ("a, b", ("a", "b")),
        ("a,,b, ", ("a", "b")),
        ("", ()),
        ('["a", "b"]', ["a", "b"]),
        (' ["a, b"]', ["a, b"]),
        (["kept"], ["kept"]),
        (7, 7),
    ],
)
def test_a_list_may_be_text_with_commas_or_json(given_text: object, taken: object) -> None:
    assert values.listed(given_text) == taken


def test_a_list_that_is_half_json_is_refused() -> None:
    with pytest.raises(REFUSED, match="is no list"):
        values.listed('["a", ')


@pytest.mark.parametrize("name", ["a", "journal-1", "0", "a" * 64])
def test_a_slug_is_lower_case_digits_and_hyphens(name: str) -> None:
    assert values.slug(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a b", "a_b", "ä", "a/b", "a\n", "a" * 65])
def test_what_is_unsafe_in_a_file_name_is_no_slug(name: str) -> None:
    with pytest.raises(REFUSED):
        values.slug(name)


@pytest.mark.parametrize("name", ["Lab", "Lab 2.1", "Straße", "a_b-c"])
def test_a_label_is_what_people_read(name: str) -> None:
    assert values.label(name) == name


@pytest.mark.parametrize("name", ["", " Lab", "Lab ", "a/b", "../x", "a\nb", "<b>", "-a", "_a"])
def test_a_label_that_could_leave_its_folder_or_header_is_refused(name: str) -> None:
    with pytest.raises(REFUSED):
        values.label(name)


URLS: list[Callable[[str], str]] = [
    values.web_url,
    values.api_url,
    values.https_url,
    values.slack_url,
]


@pytest.mark.parametrize("check", URLS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "text",
    [
        "ftp://x.example.org",
        "x.example.org",
        "https://",
        "https://x.example.org:port",
        "https://[::1",
        "https://x.example.org/a b",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_web_address_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(REFUSED):
        check(text)


@pytest.mark.parametrize("check", URLS, ids=lambda check: check.__name__)
def test_a_login_in_an_address_is_refused_without_repeating_it(check: Callable[[str], str]) -> None:
    with pytest.raises(REFUSED) as caught:
        check("https://lab:swordfish@x.example.org")
    assert "swordfish" not in str(caught.value)
    assert "login" in str(caught.value)


@pytest.mark.parametrize("check", [values.api_url, values.https_url, values.slack_url])
def test_an_address_that_carries_a_key_must_be_encrypted(check: Callable[[str], str]) -> None:
    with pytest.raises(REFUSED, match="not encrypted"):
        check("http://x.example.org/a")


@pytest.mark.parametrize("text", ["https://x.example.org/a?b=c", "https://x.example.org/#a"])
def test_a_base_address_is_a_path_only(text: str) -> None:
    with pytest.raises(REFUSED, match="more than a path"):
        values.api_url(text)


def test_a_base_address_has_no_slash_at_its_end_and_slacks_has_one() -> None:
    for text in ("https://x.example.org/a", "https://x.example.org/a/"):
        assert values.api_url(text) == "https://x.example.org/a"
        assert values.slack_url(text) == "https://x.example.org/a/"


@pytest.mark.parametrize("check", [values.web_url, values.api_url, values.https_url])
def test_no_address_is_taken_where_none_is_needed(check: Callable[[str], str]) -> None:
    assert check("") == ""


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert values.is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.org", "10.0.0.1", "0.0.0.0", "", "127.1.x"])
def test_other_machines_are_not_taken_for_this_one(host: str) -> None:
    assert not values.is_loopback(host)


@pytest.mark.parametrize("text", ["litwatch.db", "", "sqlite:/litwatch.db"])
def test_what_is_no_database_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(REFUSED) as caught:
        values.database_url(text)
    assert not text or f"'{text}'" not in str(caught.value)


@pytest.mark.parametrize("check", [values.address, values.mailbox])
@pytest.mark.parametrize("text", ["lab", "@x.org", "a@", "a b@x.org", "a@x.org\r\nBcc: b@x.org"])
def test_what_is_no_mail_address_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(REFUSED):
        check(text)


@given(st.text(max_size=40))
def test_a_sender_never_spans_two_lines(text: str) -> None:
    try:
        taken = values.mailbox(text)
    except REFUSED:
        return
    assert len(taken.splitlines()) <= 1
