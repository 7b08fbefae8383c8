"""How a digest stands over its deliveries, and whether its bytes are still the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import pytest

from service.records import Delivery, DeliveryState, RenderedPart
from service.replay import Standing, check, standing
from tests.factories import delivery, digest_content

MAIL = {"channel": "email", "destination": "ida@example.org"}


def stood(*states: str, **place: str) -> list[Delivery]:
    return [
        delivery(part=part, state=DeliveryState(state), **place)
        for part, state in enumerate(states, start=1)
    ]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["sent", "sent"], Standing.SENT),
        (["sent", "unknown", "ready"], Standing.IN_DOUBT),
        (["unknown", "dead"], Standing.IN_DOUBT),
        (["ready", "ready"], Standing.WAITING),
        (["sending"], Standing.WAITING),
        (["sent", "retry"], Standing.WAITING),
        (["sent", "dead"], Standing.PARTIAL),
        (["sent", "cancelled"], Standing.PARTIAL),
        (["dead", "cancelled"], Standing.FAILED),
        (["cancelled", "cancelled"], Standing.CANCELLED),
        ([], Standing.CANCELLED),
    ],
)
def test_a_digest_stands_as_its_parts_do(states: list[str], expected: Standing) -> None:
    assert standing(stood(*states)) is expected


@pytest.mark.parametrize(
    ("fallback", "expected"),
    [("sent", Standing.SENT), ("ready", Standing.WAITING), ("dead", Standing.FAILED)],
)
def test_a_digest_that_went_to_its_fallback_stands_as_that_does(
    fallback: str, expected: Standing
) -> None:
    lines = [*stood("dead", "cancelled"), *stood(fallback, **MAIL)]
    assert standing(lines) is expected
    assert standing(lines[::-1]) is expected


@dataclass
class Fixed:
    """A renderer that gives these payloads."""

    payloads: list[bytes]
    channel: str = "slack"

    def render(self, _content: object, _destination: str) -> list[RenderedPart]:
        parts = len(self.payloads)
        return [RenderedPart("id", n, parts, body) for n, body in enumerate(self.payloads, 1)]


def stored(*payloads: bytes) -> list[Delivery]:
    return [
        delivery(part=n, parts=len(payloads), payload=body, sha256=hashlib.sha256(body).hexdigest())
        for n, body in enumerate(payloads, start=1)
    ]


@pytest.mark.parametrize(
    ("now", "same"),
    [
        ([b"a", b"b"], [True, True]),
        ([b"a", b"c"], [True, False]),
        ([b"a"], [False, False]),
        ([b"a", b"b", b"c"], [False, False]),
    ],
)
def test_each_part_is_held_against_what_is_rendered_now(now: list[bytes], same: list[bool]) -> None:
    found = check(digest_content(), stored(b"a", b"b"), {"slack": Fixed(now)})
    assert [each.same for each in found] == same
    assert all(each.whole for each in found)


def test_damaged_bytes_are_not_sound_even_where_they_would_be_written_again() -> None:
    [part] = stored(b"a")
    [found] = check(digest_content(), [replace(part, payload=b"x")], {"slack": Fixed([b"x"])})
    assert (found.whole, found.same) == (False, False)


def test_a_channel_that_is_not_configured_is_not_compared() -> None:
    [found] = check(digest_content(), stored(b"a"), {})
    assert (found.whole, found.again, found.same) == (True, (), False)


GONE = "its bytes were removed by retention on 2026-11-16"


@pytest.mark.parametrize(
    ("today", "same"),
    [([b"one"], True), ([b"other"], False), ([b"one", b"two"], False), ([], False)],
)
def test_of_bytes_that_were_removed_the_hash_is_compared(today: list[bytes], same: bool) -> None:
    """Retention leaves the hash: it still proves what was sent."""
    noted = hashlib.sha256(b"one").hexdigest()
    gone = delivery(payload=b"", sha256=noted, **MAIL)
    renderers = {"email": Fixed(today)} if today else {}
    (judged,) = check(digest_content(), [gone], renderers, {gone.id: GONE})
    assert (judged.same, judged.whole, judged.removed) == (same, False, GONE)


def test_bytes_that_are_missing_for_no_reason_are_damaged() -> None:
    lost = delivery(payload=b"", sha256=hashlib.sha256(b"one").hexdigest(), **MAIL)
    (judged,) = check(digest_content(), [lost], {"email": Fixed([b"one"])}, {})
    assert not judged.same
    assert not judged.whole
