"""Of which kind a destination is, and what makes a test differ from the digest it shows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.errors import InputError
from service.records import DeliveryState, DigestContent, Outcome, RenderedPart
from service.trial import channel_of, marked, send
from tests.factories import NOW, digest_content
from tests.fakes import FakeChannel

TARGETS = ("team chat", "C0123456789")


@pytest.mark.parametrize(
    ("destination", "channel"),
    [
        ("ida@example.org", "email"),
        ("C0999999999", "slack"),
        ("D012AB", "slack"),
        ("look.html", "file"),
        ("look.txt", "file"),
        ("team chat", "apprise"),
        ("C0123456789", "apprise"),  # what you have named yourself comes first
    ],
)
def test_a_destination_tells_its_channel(destination: str, channel: str) -> None:
    assert channel_of(destination, TARGETS) == channel


@pytest.mark.parametrize("destination", ["", "#general", "general", "c0123456789", "look.pdf"])
def test_a_destination_of_no_kind_is_refused_and_targets_are_named(destination: str) -> None:
    with pytest.raises(InputError, match=r"is of no known kind .*\(team chat, C0123456789\)"):
        channel_of(destination, TARGETS)


def test_a_test_is_marked_and_no_two_are_the_same() -> None:
    real = digest_content()
    one, two = marked(real, NOW), marked(real, NOW + timedelta(seconds=1))
    assert one.test
    assert one.label == real.label
    assert len({real.digest_id, one.digest_id, two.digest_id}) == 3
    assert (one.sections, one.period) == (real.sections, real.period)


class Parts:
    """Renders three parts."""

    channel = "slack"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        return [RenderedPart(f"id{n}", n, 3, b"{}") for n in (1, 2, 3)]


def test_later_parts_go_into_the_thread_of_the_first() -> None:
    sent = Outcome(DeliveryState.SENT, "ok", provider_id="17.1")
    later = Outcome(DeliveryState.SENT, "ok", provider_id="17.2")
    channel = FakeChannel([sent, later, later])
    done = send(digest_content(), "C0123456789", Parts(), channel, NOW)
    assert [each.arrived for each in done] == [True] * 3
    assert [each.thread for each in channel.sent] == [None, "17.1", "17.1"]
    assert {each.attempt for each in channel.sent} == {1}


@pytest.mark.parametrize("state", [DeliveryState.UNKNOWN, DeliveryState.RETRY, DeliveryState.DEAD])
def test_a_test_ends_with_the_first_part_that_does_not_arrive(state: DeliveryState) -> None:
    channel = FakeChannel([Outcome(DeliveryState.SENT, "ok", "1"), Outcome(state, "no")])
    done = send(digest_content(), "C0123456789", Parts(), channel, NOW)
    assert [each.arrived for each in done] == [True, False]
    assert channel.looked == []
