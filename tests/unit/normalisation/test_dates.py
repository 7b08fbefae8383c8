"""Partial dates: as much as the source gave, less what cannot be."""

from __future__ import annotations

import pytest

from service.normalisation import dates


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((2026, 3, 9), "2026-03-09"),
        (("2026", "03", "09"), "2026-03-09"),
        (("2026", "Nov", "5"), "2026-11-05"),
        (("2026", "november"), "2026-11"),
        (("2026", "Sept"), "2026-09"),
        (("2026", "Spring", "1"), "2026"),
        (("2026", "2", "30"), "2026-02"),
        (("2024", "2", "29"), "2024-02-29"),
        (("2026", "13", "1"), "2026"),
        (("2026", None, "4"), "2026"),
        ((" 2026 ",), "2026"),
        (("26",), None),
        (("0000", "1"), None),
        ((None, "1"), None),
        (("", "1"), None),
    ],
)
def test_partial_keeps_only_what_can_be(given: tuple[str, ...], expected: str | None) -> None:
    assert dates.partial(*given) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2001 Nov-Dec", "2001-11"),
        ("1998 Dec-1999 Jan", "1998-12"),
        ("Dec 1998-Jan 1999", "1998-12"),
        ("Jan-Feb 2001", "2001-01"),
        ("2000 Nov 15-30", "2000-11-15"),
        ("2010 Aug 25-Sep 1", "2010-08-25"),
        ("2006 Mar 1", "2006-03-01"),
        ("Winter 2000", "2000"),
        ("2000 Spring", "2000"),
        ("2000-2001", "2000"),
        ("2021 1st Quart", "2021"),
        ("1965 Aug", "1965-08"),
        ("no date", None),
        ("", None),
        (None, None),
    ],
)
def test_a_medline_range_gives_its_beginning(text: str | None, expected: str | None) -> None:
    assert dates.medline_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-09", "2026-03-09"),
        ("2026-03-09T23:59:59+02:00", "2026-03-09"),
        ("2026-03-09 10:00", "2026-03-09"),
        ("2026/3/9 00:00", "2026-03-09"),
        ("20260309", "2026-03-09"),
        ("20260309T120000Z", "2026-03-09"),
        ("Mon, 09 Mar 2026 10:00:00 GMT", "2026-03-09"),
        ("9 March 2026", "2026-03-09"),
        ("March 9, 2026", "2026-03-09"),
        ("2026 Mar 9", "2026-03-09"),
        ("Mar 2026", "2026-03"),
        ("2026-03", "2026-03"),
        ("2026", "2026"),
        ("2026-02-30", "2026-02"),
        ("2026-13-01", "2026"),
        ("20261332", "2026"),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_the_date_part_of_what_sources_write(text: str | None, expected: str | None) -> None:
    assert dates.iso(text) == expected
