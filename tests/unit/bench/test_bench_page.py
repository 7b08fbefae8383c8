from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.bench import all as every
from tests.bench import machine

FOLDER = Path(every.__file__).parent
CPUINFO = """\
processor\t: 0
model name\t: A processor of the bench
flags\t\t: fpu avx2 avx512f amx_bf16

processor\t: 1
model name\t: Another
"""


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.py")))
def test_every_benchmark_can_be_begun(name: str) -> None:
    assert import_module(f"tests.bench.{name}")


def test_a_result_takes_the_place_of_the_one_before() -> None:
    page = "a\n<!-- bench: week -->\nold\n<!-- end -->\nb\n<!-- bench: other -->\n<!-- end -->\n"
    made = every.marked(page, "week", r"new \1")
    assert made == page.replace("old", r"new \1")
    assert every.marked(made or "", "other", "second") == (made or "").replace(
        "other -->\n", "other -->\nsecond\n"
    )


def test_a_page_without_marks_is_left_as_it_is() -> None:
    assert every.marked("a\n<!-- bench: week -->\nold\n", "week", "new") is None
    assert every.marked("a\n<!-- bench: week -->\n<!-- end -->\n", "other", "new") is None


def test_progress_is_for_the_terminal_alone() -> None:
    lines = ["    intake: done", "told", "", "| a |"]
    assert every.shown(lines, plain=False) == "told\n\n| a |"
    assert every.shown(lines, plain=True).splitlines() == ["```text", *lines, "```"]


def test_a_benchmark_without_its_data_says_so_and_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = every.Bench("weekly.py", (), (tmp_path / "none",))
    assert every.carried_out("weekly", absent) is None
    assert "left out: not here: " in capsys.readouterr().out


@pytest.mark.parametrize("name", every.benches(small=False, every=1, up_to=10_000))
def test_every_benchmark_is_a_script_beside_the_others(name: str) -> None:
    assert (FOLDER / every.benches(small=True, every=1, up_to=10_000)[name].script).is_file()


@pytest.mark.parametrize("name", ["import", "ranking", "weekly", "growth"])
def test_the_page_has_a_place_for_the_result(name: str) -> None:
    assert every.marked(every.PAGE.read_text(encoding="utf-8"), name, "new") is not None


def test_the_machine_is_told_by_what_makes_a_difference() -> None:
    told = machine.processor(CPUINFO)
    assert told.startswith("A processor of the bench (avx2, avx512f, amx_bf16; not avx512_bf16")
    assert machine.memory("MemTotal:       25165824 kB\nMemFree: 1 kB\n") == 24
    assert machine.memory("") == 0


def test_the_header_names_day_machine_and_versions() -> None:
    told = machine.header()
    for part in ("Measured on ", " UTC", "Python 3.", "numpy ", "SQLite 3."):
        assert part in told
