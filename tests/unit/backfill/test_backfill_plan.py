"""What a back-fill is made of, and how far it has come."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from service.backfill import plan
from service.errors import InputError
from service.records import Tally
from service.records.backfills import Backfill, Part, PartState, PlannedFile
from tests.papers import NOW

MD5 = "0123456789abcdef0123456789abcdef"


def file(number: int = 1, **changes: Any) -> PlannedFile:
    values = {"file": f"/lab/pubmed99n{number:04}.xml.gz", "size": 10, "checksum": f"{number:032x}"}
    return PlannedFile(**(values | changes))


def part(number: int = 1, **changes: Any) -> Part:
    planned = file(number)
    values = {"id": number, "position": number - 1, "size": 100}
    return Part(**({"file": planned.file, "checksum": planned.checksum} | values | changes))


def backfill(*parts: Part) -> Backfill:
    return Backfill(1, "key", "pubmed", None, NOW, None, parts)


# -- the key


def test_the_same_files_make_the_same_key_wherever_they_lie() -> None:
    moved = file(1, file="/elsewhere/pubmed99n0001.xml.gz")
    assert plan.key([file(1)], "pubmed", None, 1000) == plan.key([moved], "pubmed", None, 1000)


@pytest.mark.parametrize(
    "other",
    [
        ([file(1), file(2)], "pubmed", None, 1000),
        ([file(1, size=11)], "pubmed", None, 1000),
        ([file(1, checksum=MD5)], "pubmed", None, 1000),
        ([file(1, file="/lab/other.xml.gz")], "pubmed", None, 1000),
        ([file(1)], "ris", None, 1000),
        ([file(1)], "pubmed", "MiniLM 1 2", 1000),
        ([file(1)], "pubmed", None, 500),
    ],
)
def test_all_that_a_plan_is_made_of_is_in_its_key(other: Any) -> None:
    assert plan.key(*other) != plan.key([file(1)], "pubmed", None, 1000)


def test_the_order_of_files_is_part_of_the_plan() -> None:
    orders = permutations([file(1), file(2), file(3)])
    assert len({plan.key(order, "pubmed", None, 1000) for order in orders}) == 6


@pytest.mark.parametrize(
    ("path", "name"), [("/a/b.xml.gz", "b.xml.gz"), ("b.xml", "b.xml"), (r"C:\a\b.ris", "b.ris")]
)
def test_a_name_is_what_stands_behind_the_folders(path: str, name: str) -> None:
    assert plan.name_of(path) == name


# -- checksums


@pytest.mark.parametrize(
    "text",
    [
        f"MD5(pubmed99n0001.xml.gz)= {MD5}\n",
        f"MD5 (pubmed99n0001.xml.gz) = {MD5.upper()}",
        f"{MD5}  pubmed99n0001.xml.gz\n",
        MD5,
    ],
)
def test_a_stated_checksum_is_read_in_either_form(text: str) -> None:
    assert plan.stated(text, "x.md5") == MD5


@pytest.mark.parametrize("text", ["", "<html>not found</html>", MD5[:31], f"{MD5}0"])
def test_what_states_no_checksum_is_told_with_the_remedy(text: str) -> None:
    with pytest.raises(InputError, match="states no MD5") as caught:
        plan.stated(text, "x.md5")
    assert caught.value.thing == "x.md5"
    assert caught.value.remedy


def test_a_file_that_is_named_twice_under_two_names_is_refused() -> None:
    twin = file(1, file="/lab/copy.xml.gz")
    with pytest.raises(InputError, match=r"same content as /lab/pubmed99n0001\.xml\.gz"):
        plan.refuse_twins([file(1), file(2), twin])
    plan.refuse_twins([file(1), file(2)])


# -- how far


def test_progress_counts_parts_by_their_state_and_bytes_of_those_that_are_over() -> None:
    found = plan.progress(
        backfill(
            part(1, state=PartState.DONE, read=90, tally=Tally(new=5), embedded=4),
            part(2, state=PartState.FAILED, read=10, tally=Tally(changed=1)),
            part(3, state=PartState.TAKEN, read=40, tally=Tally(same=2)),
            part(4),
        )
    )
    assert (found.parts, found.done, found.failed, found.taken, found.left) == (4, 1, 1, 1, 2)
    assert (found.size, found.read) == (400, 240)
    assert found.tally == Tally(new=5, changed=1, same=2)
    assert found.embedded == 4


def test_a_part_that_was_read_past_its_stated_size_does_not_lead_past_the_end() -> None:
    found = plan.progress(backfill(part(1, state=PartState.TAKEN, read=1_000)))
    assert found.read == found.size


def test_the_time_left_is_told_from_what_this_run_has_read() -> None:
    before = plan.progress(backfill(part(1, state=PartState.DONE), part(2), part(3)))
    now = plan.progress(
        backfill(part(1, state=PartState.DONE), part(2, state=PartState.DONE), part(3))
    )
    assert plan.remaining(before, now, 30.0) == timedelta(seconds=30)
    assert plan.remaining(before, before, 30.0) is None
    assert plan.remaining(before, now, 0.0) is None


def test_the_pace_leaves_out_what_earlier_runs_did() -> None:
    before = plan.progress(backfill(part(1, tally=Tally(new=1_000))))
    now = plan.progress(backfill(part(1, tally=Tally(new=1_500, same=100))))
    assert plan.pace(before, now, 10.0) == 60.0
    assert plan.pace(before, now, 0.0) == 0.0
