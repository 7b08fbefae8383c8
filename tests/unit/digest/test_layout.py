from __future__ import annotations

from dataclasses import replace

from service.digest import layout
from service.records import Change, DigestChange, DigestItem
from tests.factories import digest_content, item, section, work


def themed(number: int, theme: str, *, late: bool = False) -> DigestItem:
    return replace(item(number, late=late), theme=theme)


def change(kind: Change, number: int = 7, **changes: str) -> DigestChange:
    return DigestChange(work(number, **changes), kind, "stroma", "Europe/Berlin:2026-W45")


def test_works_stand_by_theme_then_those_without_then_the_late() -> None:
    part = section(
        themed(1, ""),
        themed(2, "NETs"),
        themed(3, "CXCL12 signalling"),
        themed(4, "NETs", late=True),
        themed(5, "CXCL12 signalling"),
        themed(6, "NETs"),
    )
    assert [(one.heading, [i.work.id for i in one.items]) for one in layout.shelves(part)] == [
        ("NETs", [2, 6]),
        ("CXCL12 signalling", [3, 5]),
        ("Others", [1]),
        ("Late arrivals", [4]),
    ]


def test_a_section_without_themes_has_no_headings() -> None:
    assert [one.heading for one in layout.shelves(section(item(1), item(2)))] == [""]
    assert layout.shelves(section(items=())) == ()


def test_news_come_the_alarming_first_and_publications_apart() -> None:
    told = (change(Change.PUBLISHED), change(Change.CORRECTED, 9), change(Change.CORRECTED, 8))
    told = (*told, change(Change.RETRACTED, 10))
    content = digest_content(changes=told)
    assert [(heading, [one.work.id for one in news]) for heading, news in layout.news(content)] == [
        ("Corrections to earlier digests", [10, 8, 9]),
        ("Now published", [7]),
    ]
    assert layout.news(digest_content()) == ()
