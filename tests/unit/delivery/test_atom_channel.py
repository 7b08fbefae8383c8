"""Atom feeds as files: one entry a digest however often it is sent, and nothing lost on the way."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import feedparser
import pytest
from lxml import etree

from service.delivery.atom import ENTRIES, AtomChannel
from service.digest.render import AtomRenderer
from service.records import Delivery, DeliveryState
from tests.factories import NOW, delivery, digest_content

if TYPE_CHECKING:
    from pathlib import Path

ATOM = "{http://www.w3.org/2005/Atom}"


def sending(week: int = 47, name: str = "stroma") -> Delivery:
    """The digest of a week, as the outbox would hand it over."""
    content = digest_content(
        digest_id=f"d{week}", created_at=NOW + timedelta(weeks=week - 47), label=f"Week {week}"
    )
    (part,) = AtomRenderer().render(content, name)
    return delivery(id=part.id, channel="atom", destination=name, payload=part.payload)


def ids(path: Path) -> list[str]:
    return [each.findtext(f"{ATOM}id") or "" for each in etree.parse(path).findall(f"{ATOM}entry")]


@pytest.fixture
def channel(tmp_path: Path) -> AtomChannel:
    return AtomChannel(tmp_path / "feeds", "https://lab.example.org/feeds")


def test_a_feed_has_what_the_standard_demands(channel: AtomChannel) -> None:
    outcome = channel.send(sending())
    path = channel.path(sending())
    assert (outcome.state, outcome.provider_id) == (DeliveryState.SENT, str(path))
    assert path.name == "stroma.atom"
    feed = etree.parse(path).getroot()
    assert feed.tag == f"{ATOM}feed"
    for required in ("id", "title", "updated", "author"):
        assert len(feed.findall(f"{ATOM}{required}")) == 1
    assert feed.findtext(f"{ATOM}title") == "Litwatch: stroma"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-23T07:00:00Z"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Litwatch"
    (link,) = feed.findall(f"{ATOM}link")
    assert dict(link.attrib) == {
        "rel": "self",
        "type": "application/atom+xml",
        "href": "https://lab.example.org/feeds/stroma.atom",
    }
    assert UUID((feed.findtext(f"{ATOM}id") or "").removeprefix("urn:uuid:"))


def test_feedparser_reads_the_feed_from_memory(channel: AtomChannel) -> None:
    channel.send(sending(46))
    channel.send(sending(47))
    read = feedparser.parse(io.BytesIO(channel.path(sending()).read_bytes()))
    assert not read.bozo
    assert read.version == "atom10"
    assert [one.id for one in read.entries] == [f"urn:uuid:{sending(w).id}" for w in (47, 46)]
    assert "Stromal niche 1" in read.entries[0].content[0].value
    assert read.feed.id


def test_without_a_public_address_there_is_no_link_to_it(tmp_path: Path) -> None:
    channel = AtomChannel(tmp_path)
    channel.send(sending())
    assert etree.parse(channel.path(sending())).find(f"{ATOM}link") is None


def test_the_same_delivery_twice_is_one_entry_and_the_same_file(channel: AtomChannel) -> None:
    path = channel.path(sending())
    channel.send(sending(46))
    channel.send(sending(47))
    before = path.read_bytes()
    assert channel.send(sending(46)).state is DeliveryState.SENT
    assert path.read_bytes() == before
    assert len(ids(path)) == 2


def test_a_feed_keeps_its_id_and_another_one_has_another(channel: AtomChannel) -> None:
    path = channel.path(sending())

    def identity(of: Path) -> str | None:
        return etree.parse(of).findtext(f"{ATOM}id")

    channel.send(sending(40))
    first = identity(path)
    for week in range(41, 44):
        channel.send(sending(week))
    assert identity(path) == first
    channel.send(sending(40, "tan"))
    assert identity(channel.path(sending(40, "tan"))) != first


def test_the_newest_come_first_and_only_fifty_stay(channel: AtomChannel) -> None:
    path = channel.path(sending())
    weeks = [*range(30, 30 + ENTRIES + 3)]
    for week in reversed(weeks):
        assert channel.send(sending(week)).state is DeliveryState.SENT
    assert ids(path) == [f"urn:uuid:{sending(week).id}" for week in sorted(weeks)[:2:-1]]


def test_a_look_finds_the_entry_by_its_id(channel: AtomChannel) -> None:
    assert channel.reconcile(sending(46)).state is DeliveryState.RETRY
    channel.send(sending(46))
    found = channel.reconcile(sending(46))
    assert (found.state, found.provider_id) == (DeliveryState.SENT, str(channel.path(sending())))
    assert channel.reconcile(sending(47)).state is DeliveryState.RETRY


@pytest.mark.parametrize(
    "damaged", [b"", b"<feed", b"\xff\xfe\x00", b"<rss version='2.0'/>", b"<feed><entry/></feed>"]
)
def test_a_damaged_feed_is_kept_aside_and_said_to_be(
    channel: AtomChannel, damaged: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = channel.path(sending())
    path.parent.mkdir()
    for number in (1, 2):
        path.write_bytes(damaged)
        assert channel.reconcile(sending()).state is DeliveryState.RETRY
        outcome = channel.send(sending())
        kept = path.with_name(f"stroma.atom.damaged-{number}")
        assert outcome.state is DeliveryState.SENT
        assert kept.name in outcome.detail
        assert kept.name in caplog.text
        assert kept.read_bytes() == damaged
    assert ids(path) == [f"urn:uuid:{sending().id}"]


def test_an_entity_in_a_feed_reads_no_file(channel: AtomChannel, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    path = channel.path(sending())
    path.parent.mkdir()
    path.write_text(
        f'<!DOCTYPE feed [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>&x;</id></feed>'
    )
    channel.send(sending())
    assert b"canary" not in path.read_bytes()


@pytest.mark.parametrize("payload", [b"", b"<entry", b"<entry/>", b"{}"])
def test_a_damaged_entry_is_dead_and_the_feed_untouched(
    channel: AtomChannel, payload: bytes
) -> None:
    channel.send(sending())
    before = channel.path(sending()).read_bytes()
    outcome = channel.send(replace(sending(), payload=payload))
    assert (outcome.state, bool(outcome.remedy)) == (DeliveryState.DEAD, True)
    assert channel.path(sending()).read_bytes() == before
    assert channel.reconcile(replace(sending(), payload=payload)).state is DeliveryState.RETRY


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "", "a/\0b", "ü\ud800"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    channel = AtomChannel(tmp_path / "in")
    assert channel.send(replace(sending(), destination=name)).state is DeliveryState.SENT
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert len(list((tmp_path / "in").glob("[!.]*.atom"))) == 1


def test_while_another_writes_it_waits_its_turn(channel: AtomChannel) -> None:
    channel.send(sending(46))
    lock = channel.path(sending()).with_name(".stroma.atom.lock")
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        outcome = channel.send(sending(47))
        assert (outcome.state, outcome.wait) == (DeliveryState.RETRY, 5.0)
        assert len(ids(channel.path(sending()))) == 1
    assert channel.send(sending(47)).state is DeliveryState.SENT


def test_of_many_writers_at_once_no_entry_is_lost(channel: AtomChannel) -> None:
    def until_sent(week: int) -> None:
        while channel.send(sending(week)).state is not DeliveryState.SENT:
            pass

    threads = [threading.Thread(target=until_sent, args=(week,)) for week in range(30, 42)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(channel.path(sending()))) == 12


@pytest.mark.parametrize(
    ("number", "state"),
    [(errno.ENOSPC, DeliveryState.RETRY), (errno.EROFS, DeliveryState.DEAD)],
)
def test_a_full_disk_passes_a_forbidden_one_does_not_and_the_old_feed_stays(
    channel: AtomChannel, monkeypatch: pytest.MonkeyPatch, number: int, state: DeliveryState
) -> None:
    channel.send(sending(46))
    before = channel.path(sending()).read_bytes()

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    outcome = channel.send(sending(47))
    assert outcome.state is state
    assert bool(outcome.remedy) == (state is DeliveryState.DEAD)
    assert channel.path(sending()).read_bytes() == before


def test_the_id_of_a_feed_is_made_of_its_first_entry(channel: AtomChannel) -> None:
    """Fixed for ever: with another id a reader of feeds takes it for another feed."""
    channel.send(sending(46))
    channel.send(sending(45))
    namespace = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
    expected = uuid5(namespace, f"urn:uuid:{sending(46).id}#feed").urn
    assert etree.parse(channel.path(sending())).findtext(f"{ATOM}id") == expected
