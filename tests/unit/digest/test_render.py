from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.digest.email import Letterhead
from service.digest.identity import delivery_id
from service.digest.render import EmailRenderer, FileRenderer, SlackRenderer
from tests.factories import digest_content, item, section

if TYPE_CHECKING:
    from service.protocols import Renderer

HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")
CASES: list[tuple[Renderer, str]] = [
    (SlackRenderer(), "C0123456789"),
    (EmailRenderer(HEAD), "ana@example.org"),
    (FileRenderer(), "stroma"),
    (FileRenderer(), "stroma.txt"),
]


@pytest.mark.parametrize(("renderer", "destination"), CASES)
def test_every_renderer_gives_numbered_parts_with_known_ids(
    renderer: Renderer, destination: str
) -> None:
    content = digest_content(section(*[item(n) for n in range(60)]))
    parts = renderer.render(content, destination)
    assert parts == renderer.render(content, destination), "the same bytes each time"
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))
    assert {part.parts for part in parts} == {len(parts)}
    for part in parts:
        assert part.id == delivery_id(content.digest_id, renderer.channel, destination, part.part)


def test_slack_bodies_carry_the_id_of_their_own_delivery() -> None:
    parts = SlackRenderer().render(
        digest_content(section(*[item(n) for n in range(60)])), "C0123456789"
    )
    assert len(parts) > 1
    for part in parts:
        payload = json.loads(part.payload)["metadata"]["event_payload"]
        assert payload == {"delivery_id": part.id, "part": part.part}


def test_a_file_is_a_page_or_text_as_its_name_says() -> None:
    (page,) = FileRenderer().render(digest_content(), "stroma")
    (text,) = FileRenderer().render(digest_content(), "stroma.txt")
    assert page.payload.startswith(b"<!DOCTYPE html>")
    assert text.payload.startswith(b"LITWATCH")


def test_a_delivery_id_is_fixed_for_ever_and_tells_its_parts_apart() -> None:
    """A changed id would post everything that is under way a second time."""
    assert delivery_id("d", "slack", "C1", 1) == "42df53a9-1eea-57e8-96bf-3d88c84b03e4"
    ids = {
        delivery_id(digest, channel, to, part)
        for digest in ("d", "d1")
        for channel in ("slack", "email")
        for to in ("C1", "1")
        for part in (1, 11)
    }
    assert len(ids) == 16
