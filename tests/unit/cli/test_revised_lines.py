"""What each record of a work changed, on the terminal."""

from __future__ import annotations

from service.cli.revised import revised
from tests.papers import paper, preprint


def test_each_revision_is_told_under_the_names_of_its_records() -> None:
    first = preprint(1, "1", abstract="We saw it in 12 mice, and so on.")
    second = preprint(1, "2", abstract="We saw it in 24 mice, and so on.")
    assert list(revised([second, first])) == [
        f"{first.key} to {second.key}",
        "  Abstract: We saw it in [-12-] {+24+} mice, and so on.",
    ]


def test_lines_keep_to_the_terminal() -> None:
    long = " ".join(f"word{n}" for n in range(200))
    papers = [preprint(1, "1", abstract=long), preprint(1, "2", abstract=long.upper())]
    lines = list(revised(papers))
    assert len(lines) > 10
    assert all(len(line) <= 78 for line in lines)


def test_a_work_of_one_record_has_no_revisions() -> None:
    assert list(revised([paper(1)])) == []
