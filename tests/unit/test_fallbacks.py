"""A digest that its channel refused for good is mailed, once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from service.errors import StoreError
from service.fallbacks import fall_back
from service.records import DeliveryState, DigestContent, RenderedPart, Subscription
from service.store import Store
from tests import databases
from tests.factories import NOW, digest_content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = ("first", "second")


@dataclass
class Mails:
    """An e-mail renderer that cannot render the digests in `bad`."""

    bad: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    channel: str = "email"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        self.asked.append((content.digest_id, destination))
        if content.digest_id in self.bad:
            raise ValueError("poison")
        return [RenderedPart(f"mail-{content.digest_id}", 1, 1, destination.encode())]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two digests of two subscriptions, both refused by Slack for good."""
    for engine in databases.migrated("sqlite", tmp_path):
        store = Store(engine, lambda: NOW)
        to = [Subscription(n, (), "slack", "C1", fallback=f"{n}@example.org") for n in BOTH]
        with store.writing() as tx:
            tx.subscriptions.sync(to, NOW)
            for one in to:
                made = digest_content(digest_id=f"d-{one.name}")
                made = replace(made, subscription=one.name, sections=())
                part = RenderedPart(f"slack-{one.name}", 1, 1, b"post")
                tx.digests.freeze(made, one, [part], revision=1, window=(0, 0), now=NOW)
                tx.deliveries.finish(
                    tx.deliveries.get(part.id),
                    state=DeliveryState.DEAD,
                    not_before=None,
                    detail="Slack refused: is_archived",
                    provider_id=None,
                    remedy="",
                    resend=False,
                    plain=False,
                    now=NOW,
                )
        yield store


def test_the_mail_is_the_frozen_digest_to_the_other_address(store: Store) -> None:
    """T57."""
    mails = Mails()
    written = fall_back(store, {"email": mails})
    assert {each.fallback for each in written} == {"first@example.org", "second@example.org"}
    assert sorted(mails.asked)[0] == ("d-first", "first@example.org")
    with store.reading() as tx:
        mail = tx.deliveries.get("mail-d-first")
        assert (mail.state, mail.channel, mail.payload) == (
            DeliveryState.READY,
            "email",
            b"first@example.org",
        )
        assert tx.deliveries.events(mail.id)[0][3] == (
            "written, as slack C1 refused for good: Slack refused: is_archived"
        )
        assert tx.deliveries.events("slack-first")[-1] == (
            NOW,
            "dead",
            "dead",
            "goes by mail to first@example.org instead",
        )


def test_it_is_written_once(store: Store) -> None:
    mails = Mails()
    assert len(fall_back(store, {"email": mails})) == 2
    assert fall_back(store, {"email": mails}) == []
    assert len(mails.asked) == 2


def test_one_that_cannot_be_rendered_holds_up_no_other(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """T42."""
    with caplog.at_level(logging.ERROR):
        [written] = fall_back(store, {"email": Mails(bad={"d-first"})})
    assert written.digest_id == "d-second"
    assert "digest d-first cannot go to first@example.org" in caplog.text


def test_without_mail_nothing_is_written(store: Store) -> None:
    assert fall_back(store, {}) == []


def test_a_database_that_fails_is_not_taken_for_a_bad_digest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> bool:
        raise StoreError("sqlite", "disk is full")

    monkeypatch.setattr("service.store.deliveries.Deliveries.write", failing)
    with pytest.raises(StoreError):
        fall_back(store, {"email": Mails()})
