from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.clock import Clock, standing


def test_the_usual_clock_tells_utc_and_goes_on() -> None:
    clock = Clock()
    first = clock.now()
    assert first.utcoffset() == timedelta(0)
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.01
    assert clock.now() > first


def test_jitter_is_a_fraction() -> None:
    drawn = {Clock().jitter() for _ in range(50)}
    assert all(0 <= each < 1 for each in drawn)
    assert len(drawn) > 1


def test_a_standing_clock_stands_and_still_sleeps() -> None:
    at = datetime(2026, 11, 16, 8, tzinfo=UTC)
    clock = standing(at)
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() > before
    assert clock.now() == at
