from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from service.errors import DeliveryError, InputError
from service.slackapp.inbox import ASIDE, Inbox
from tests.papers import NOW
from tests.slack_payloads import press

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_what_is_kept_is_read_as_it_was(inbox: Inbox) -> None:
    path = inbox.keep(press(1), NOW)
    assert inbox.waiting() == [path]
    assert inbox.read(path)["actions"][0]["value"] == "stroma|1"


def test_files_are_read_in_the_order_they_came_although_the_clock_stands(inbox: Inbox) -> None:
    kept = [inbox.keep({"number": number}, NOW) for number in range(12)]
    assert inbox.waiting() == kept


def test_an_inbox_that_was_never_filled_is_empty(inbox: Inbox) -> None:
    assert inbox.waiting() == []


def test_only_this_account_reads_it(inbox: Inbox) -> None:
    assert inbox.keep(press(1), NOW).stat().st_mode & 0o077 == 0


def test_it_is_forced_to_disk_before_it_has_its_name(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T65: the bytes, then the name, then the folder that holds the name."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def forced(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        steps.append(f"{kind} forced")
        fsync(descriptor)

    def named(old: str, new: str) -> None:
        steps.append("named")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", forced)
    monkeypatch.setattr(os, "replace", named)
    inbox.keep(press(1), NOW)
    assert steps == ["file forced", "named", "folder forced"]


def test_a_write_that_fails_leaves_nothing_and_is_told(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryError, match="No space left"):
        inbox.keep(press(1), NOW)
    assert inbox.waiting() == []
    assert list(inbox.folder.iterdir()) == []


def test_a_half_written_file_is_not_read(inbox: Inbox) -> None:
    inbox.keep(press(1), NOW)
    (inbox.folder / ".abc.part").write_bytes(b'{"type": "block_')
    assert len(inbox.waiting()) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_object_is_told(inbox: Inbox, content: bytes) -> None:
    path = inbox.keep({}, NOW)
    path.write_bytes(content)
    with pytest.raises(InputError):
        inbox.read(path)


def test_what_is_set_aside_lies_beside_its_reason_and_can_be_put_back(inbox: Inbox) -> None:
    path = inbox.keep(press(1), NOW)
    inbox.set_aside(path, "names no topic")
    aside = inbox.folder / ASIDE
    assert inbox.waiting() == []
    assert (aside / f"{path.stem}.reason.txt").read_text() == "names no topic\n"
    (aside / path.name).rename(path)
    assert inbox.read(path)["type"] == "block_actions"


def test_lone_halves_of_characters_do_not_lose_a_press(inbox: Inbox) -> None:
    path = inbox.keep({"text": "\ud83d"}, NOW)
    assert json.loads(path.read_bytes()) == {"text": "?"}


def test_only_one_empties_it_at_a_time(inbox: Inbox) -> None:
    second_in, first_out = threading.Event(), threading.Event()

    def second() -> None:
        with Inbox(inbox.folder).turn():
            assert first_out.is_set()
            second_in.set()

    with inbox.turn():
        thread = threading.Thread(target=second)
        thread.start()
        assert not second_in.wait(0.1)
        first_out.set()
    thread.join(5)
    assert second_in.is_set()


def _killed_while_holding(folder: Path) -> None:
    with Inbox(folder).turn():
        os._exit(9)


def test_who_dies_with_the_turn_holds_up_nobody(inbox: Inbox) -> None:
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_killed_while_holding, args=(inbox.folder,))
    child.start()
    child.join(10)
    assert child.exitcode == 9
    with inbox.turn():
        pass


def test_a_folder_that_cannot_be_made_is_told_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryError, match=r"slack\.inbox"):
        Inbox(tmp_path / "file" / "inbox").keep(press(1), NOW)


def _turn(inbox: Inbox, _folder: Path) -> None:
    with inbox.turn():
        pass


@pytest.mark.parametrize(
    "action",
    [
        _turn,
        lambda inbox, _folder: inbox.waiting(),
        lambda inbox, folder: inbox.done(folder),  # a folder cannot be forgotten as a file can
    ],
    ids=["turn", "waiting", "done"],
)
def test_a_folder_that_fails_is_an_error_of_ours(
    tmp_path: Path, action: Callable[[Inbox, Path], object]
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryError, match="a folder with space"):
        action(Inbox(tmp_path / "file"), tmp_path)
