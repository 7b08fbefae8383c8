"""Which figures a digest shows: few, small, and only what they say they are."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from lxml import html

from service.digest import thumbnails as module
from service.digest.email import Letterhead
from service.digest.render import EmailRenderer, FileRenderer, SlackRenderer
from service.digest.thumbnails import file_name, kind, thumbnails
from tests.edited_news import DIGEST, FIGURE, PNG, dressed, kept, told
from tests.factories import digest_content, item, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from email.message import EmailMessage

    from service.records import DigestContent, DigestItem

HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")
JPEG = b"\xff\xd8\xff\xe0 a photograph"


def shown_with(number: int) -> DigestItem:
    return replace(item(number), figure=replace(FIGURE, digest=f"{number:064}"))


def of(picture: bytes) -> Callable[[Iterable[str]], Mapping[str, bytes]]:
    return lambda digests: dict.fromkeys(digests, picture)


def mail(content: DigestContent, **changes: object) -> EmailMessage:
    renderer = EmailRenderer(HEAD, pictures=kept, **changes)  # type: ignore[arg-type]
    [part] = renderer.render(content, "ana@example.org")
    return message_from_bytes(part.payload, policy=policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("picture", "name"), [(PNG, "png"), (JPEG, "jpeg"), (b"<svg onload=x>", ""), (b"GIF89a", "")]
)
def test_only_pictures_of_two_kinds_are_shown(picture: bytes, name: str) -> None:
    content = digest_content(section(shown_with(1)))
    assert kind(picture) == name
    assert list(thumbnails(content, of(picture))) == ([f"{1:064}"] if name else [])


def test_a_digest_shows_few_and_small_pictures() -> None:
    many = digest_content(section(*[shown_with(n) for n in range(30)]))
    assert list(thumbnails(many, of(PNG))) == [f"{n:064}" for n in range(module.MOST)]
    large = PNG.ljust(module.LARGEST, b"x")
    found = thumbnails(many, of(large))
    assert 0 < sum(map(len, found.values())) <= module.MOST_BYTES
    assert thumbnails(many, of(large + b"x")) == {}


def test_nothing_is_asked_for_where_there_are_no_figures() -> None:
    def never(_: object) -> dict[str, bytes]:
        raise AssertionError

    assert thumbnails(digest_content(), never) == {}
    assert thumbnails(digest_content(section(dressed())), None) == {}


def test_a_file_is_named_by_what_it_holds() -> None:
    assert file_name("ab" * 32, JPEG) == "figure-abababababababab.jpeg"


# -- in a mail, in a page, in Slack ---------------------------------------------------------------


def test_a_mail_carries_the_picture_that_its_page_shows() -> None:
    letter = mail(told())
    pictures = [part for part in letter.walk() if part.get_content_maintype() == "image"]
    assert [part.get_content() for part in pictures] == [PNG]
    page = letter.get_body(("html",))
    assert page is not None
    [image] = html.document_fromstring(page.get_content()).xpath("//img")
    assert image.get("src") == f"cid:{pictures[0]['Content-ID'].strip('<>')}"
    assert image.get("alt") == "Figure 1. Myofibroblastic cells surround tumour nests."
    assert int(image.get("width")) == 180
    assert pictures[0].get_filename() == f"figure-{DIGEST[:16]}.png"
    assert "CC BY 4.0" in page.get_content()


def test_the_same_mail_has_the_same_bytes() -> None:
    renderer = EmailRenderer(HEAD, pictures=kept)
    assert renderer.render(told(), "a@example.org") == renderer.render(told(), "a@example.org")


def test_a_mail_whose_page_has_no_room_for_figures_carries_none() -> None:
    many = digest_content(section(dressed(), *[item(n) for n in range(2, 200)]))
    assert [part for part in mail(many).walk() if part.get_content_maintype() == "image"] == []


def test_a_page_holds_its_pictures() -> None:
    page = FileRenderer(pictures=kept).page(told(), "ana")
    assert f"data:image/png;base64,{b64encode(PNG).decode()}" in page


@pytest.mark.parametrize("size", [(1, 9000), (9000, 1), (60, 60)])
def test_a_figure_keeps_its_shape_and_is_never_enlarged(size: tuple[int, int]) -> None:
    wide, high = size
    one = replace(dressed(), figure=replace(FIGURE, width=wide, height=high))
    page = FileRenderer(pictures=kept).page(digest_content(section(one)), "ana")
    [image] = html.document_fromstring(page).xpath("//img")
    assert 1 <= int(image.get("width")) <= min(wide, 180)


def test_a_picture_that_is_kept_no_more_leaves_the_digest_without_it() -> None:
    page = FileRenderer(pictures=lambda _: {}).page(told(), "ana")
    assert "<img" not in page
    assert "Figure 1" not in page


def test_slack_never_shows_figures() -> None:
    for part in SlackRenderer().render(told(), "C0123456789"):
        assert b"Figure 1" not in part.payload.replace(b"Panels of Figure 2", b"")
