"""docs/reliability.md names only tests that there are, and every case from T44 to T77."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
_ROW = re.compile(r"^\| T(\d+) \|(.*)\|$", re.MULTILINE)
_CLAIM = re.compile(r"\[([^\]`]+)\]\((\.\./tests/[^)]+\.py)\)")


def rows() -> dict[int, str]:
    return {int(number): told for number, told in _ROW.findall(PAGE.read_text(encoding="utf-8"))}


def test_no_case_from_44_to_77_is_left_out() -> None:
    assert set(range(44, 78)) <= set(rows())


def test_every_claim_is_a_test() -> None:
    for number, told in rows().items():
        claims = _CLAIM.findall(told)
        assert claims or "make chaos" in told, f"T{number} is not shown by anything"
        for claim, target in claims:
            code = (PAGE.parent / target).read_text(encoding="utf-8")
            name = claim.replace(" ", "_")
            assert re.search(rf"(?:def test_{name}\b|class {name}\b)", code), f"T{number}: {claim}"
