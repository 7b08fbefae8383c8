from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from service.delivery.file import FileChannel
from service.records import DeliveryState
from tests.factories import delivery


def test_a_page_is_written_and_found_again(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path / "digests")
    one = delivery(destination="stroma", payload=b"page")
    assert channel.reconcile(one).state is DeliveryState.RETRY
    outcome = channel.send(one)
    assert outcome.state is DeliveryState.SENT
    assert Path(outcome.provider_id or "").read_bytes() == b"page"
    assert Path(outcome.provider_id or "").name == (
        "stroma-stroma-weekly-Europe-Berlin-2026-W47-r0.html"
    )
    assert channel.reconcile(one).state is DeliveryState.SENT


def test_writing_again_leaves_one_file(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    for _ in range(3):
        channel.send(delivery(destination="stroma.txt", payload=b"text"))
    assert [path.suffix for path in tmp_path.iterdir()] == [".txt"]


def test_a_half_written_file_is_not_taken_for_the_digest(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    one = delivery(payload=b"whole")
    channel.path(one).write_bytes(b"who")
    assert channel.reconcile(one).state is DeliveryState.RETRY


@pytest.mark.parametrize("destination", ["../../etc/passwd", "/etc/passwd", "..", "", "a/\0b"])
def test_no_destination_leads_out_of_the_folder(tmp_path: Path, destination: str) -> None:
    channel = FileChannel(tmp_path / "in")
    assert channel.send(delivery(destination=destination)).state is DeliveryState.SENT
    assert len(list((tmp_path / "in").iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("number", "state"),
    [(errno.ENOSPC, DeliveryState.RETRY), (errno.EACCES, DeliveryState.DEAD)],
)
def test_a_full_disk_passes_and_a_forbidden_folder_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, state: DeliveryState
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    outcome = FileChannel(tmp_path).send(delivery())
    assert outcome.state is state
    assert bool(outcome.remedy) == (state is DeliveryState.DEAD)
    assert list(tmp_path.iterdir()) == [], "nothing half-written stays"


def test_a_file_in_the_folders_place_is_dead(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    assert FileChannel(tmp_path / "taken").send(delivery()).state is DeliveryState.DEAD
