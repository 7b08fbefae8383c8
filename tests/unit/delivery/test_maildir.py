"""A Maildir that is emptied: nothing is lost, whatever happens in between."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from service.delivery import maildir
from service.errors import DeliveryError, StoreBusyError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """Three mails have come."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    for number in (1, 2, 3):
        (tmp_path / "new" / f"179542080{number}.M1P1.host").write_bytes(b"mail %d" % number)
    return tmp_path


def names(box: Path) -> tuple[list[str], list[str]]:
    return tuple(  # type: ignore[return-value]  # two of them
        sorted(each.name.partition(".")[0][-1] + each.name.partition(":")[2] for each in place)
        for place in ((box / "new").iterdir(), (box / "cur").iterdir())
    )


def test_each_mail_is_taken_in_order_then_moved_as_seen(box: Path) -> None:
    taken: list[bytes] = []
    assert maildir.empty(box, taken.append) == 3
    assert taken == [b"mail 1", b"mail 2", b"mail 3"]
    assert names(box) == ([], ["12,S", "22,S", "32,S"])
    assert maildir.empty(box, taken.append) == 0


def test_a_database_that_is_away_leaves_the_mails_where_they_are(box: Path) -> None:
    def busy(mail: bytes) -> None:
        if mail == b"mail 2":
            raise StoreBusyError("database", "is locked")

    with pytest.raises(StoreBusyError):
        maildir.empty(box, busy)
    assert names(box) == (["2", "3"], ["12,S"])


def test_a_mail_that_breaks_us_is_kept_as_not_seen_and_stops_no_other(
    box: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(mail: bytes) -> None:
        if mail == b"mail 2":
            raise ZeroDivisionError

    assert maildir.empty(box, broken) == 3
    assert names(box) == ([], ["12,S", "22,", "32,S"])
    assert "could not be taken in" in caplog.text


def test_a_kill_between_taking_and_moving_gives_the_mail_again(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bytes] = []

    def killed(_old: Path, _new: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(box), "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            maildir.empty(box, taken.append)
    maildir.empty(box, taken.append)
    assert taken == [b"mail 1", b"mail 1", b"mail 2", b"mail 3"]


def test_another_worker_may_be_quicker(box: Path) -> None:
    taken: list[bytes] = []

    def both(mail: bytes) -> None:
        taken.append(mail)
        if len(taken) == 1:
            assert maildir.empty(box, taken.append) == 3

    assert maildir.empty(box, both) == 0
    assert taken == [b"mail 1", b"mail 1", b"mail 2", b"mail 3"]
    assert names(box) == ([], ["12,S", "22,S", "32,S"])


def test_the_end_is_asked_for_between_two_mails(box: Path) -> None:
    taken: list[bytes] = []
    assert maildir.empty(box, taken.append, lambda: len(taken) == 2) == 2
    assert names(box) == (["3"], ["12,S", "22,S"])


def test_only_plain_files_are_read(box: Path) -> None:
    (box / "secret").write_text("of another")
    (box / "new" / "0.link").symlink_to(box / "secret")
    os.mkfifo(box / "new" / "00.pipe")
    (box / "new" / "000.folder").mkdir()
    (box / "new" / ".hidden").write_text("half written")
    taken: list[bytes] = []
    maildir.empty(box, taken.append)
    assert taken == [b"mail 1", b"mail 2", b"mail 3"]
    left = [".hidden", "0.link", "00.pipe", "000.folder"]
    assert sorted(each.name for each in (box / "new").iterdir()) == left


def test_a_mail_that_may_not_be_read_is_told_and_stops_no_other(
    box: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    true_open = os.open

    def refusing(file: Path, flags: int) -> int:
        if file.name.startswith("1795420802"):
            raise PermissionError(13, "Permission denied")
        return true_open(file, flags)

    monkeypatch.setattr(os, "open", refusing)
    taken: list[bytes] = []
    assert maildir.empty(box, taken.append) == 2
    assert taken == [b"mail 1", b"mail 3"]
    assert "cannot be read: Permission denied" in caplog.text


def test_of_an_endless_mail_the_beginning_is_read(box: Path) -> None:
    (box / "new" / "1795420801.M1P1.host").write_bytes(b"x" * (3 << 20))
    taken: list[bytes] = []
    maildir.empty(box, taken.append)
    assert len(taken[0]) == 1 << 20


def test_a_folder_for_what_was_seen_is_made(box: Path) -> None:
    (box / "cur").rmdir()
    assert maildir.empty(box, bytes) == 3


@pytest.mark.parametrize("missing", ["", "new"])
def test_what_is_no_maildir_is_told(tmp_path: Path, missing: str) -> None:
    with pytest.raises(DeliveryError, match="No such file") as raised:
        maildir.empty(tmp_path / "none" if not missing else tmp_path, bytes)
    assert "new and cur" in raised.value.remedy
