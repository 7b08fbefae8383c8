from __future__ import annotations

import pytest

from service.errors import TopicError
from service.topics.seeds import parse_review

SUMMARY = """# Stroma **in** _motion_

**Authors:** Maja Lindqvist, Chidi Okafor

PMC · DOI: 10.5555/ABC.12 · Journal of Stroma · 2026-01-22

## TL;DR

One line
over two.

## Contribution

A frame.

## Key findings

- First finding,
  wrapped.
* Second finding.
3. Third finding.

## Abstract

Cells (TASCs) shape tumours. They move.

## Linked entities

- **Diseases:** cancer (MONDO:0004992)

## Full-text entities

- **Diseases:** cancer (MONDO:0004992), carcinoma, type 2, x (MESH:D1, old)
- **Genes:** ACTA2

## Figures

6 figures: https://example.org/full.md

---
Source: https://example.org/paper/PMC1234567"""


def test_a_summary_is_read_whole() -> None:
    seed = parse_review(SUMMARY, "lindqvist")
    assert (seed.key, seed.kind) == ("lindqvist", "review")
    assert seed.title == "Stroma in motion"
    assert seed.authors == ("Maja Lindqvist", "Chidi Okafor")
    assert (seed.ids.doi, seed.ids.pmcid) == ("10.5555/abc.12", "PMC1234567")
    assert (seed.venue, seed.published) == ("Journal of Stroma", "2026-01-22")
    assert seed.tldr == "One line over two."
    assert seed.contribution == "A frame."
    assert seed.findings == ("First finding, wrapped.", "Second finding.", "Third finding.")
    assert seed.abstract == "Cells (TASCs) shape tumours. They move."
    assert seed.source_url == "https://example.org/paper/PMC1234567"


def test_entities_are_kept_by_kind_without_repeats() -> None:
    assert parse_review(SUMMARY, "k").entities == {
        "Diseases": ("cancer (MONDO:0004992)", "carcinoma", "type 2", "x (MESH:D1, old)"),
        "Genes": ("ACTA2",),
    }


def test_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    windows = "\ufeff" + SUMMARY.replace("\n", "\r\n")
    assert parse_review(windows, "k") == parse_review(SUMMARY, "k")


def test_sections_may_come_in_any_order_and_case() -> None:
    seed = parse_review("# T\n## ABSTRACT:\nText.\n### Key Findings\n- F.\n## TLDR\nShort.", "k")
    assert (seed.abstract, seed.findings, seed.tldr) == ("Text.", ("F.",), "Short.")
    assert (seed.authors, seed.published, seed.ids.doi) == ((), None, None)


def test_a_note_that_a_section_is_missing_is_not_its_text() -> None:
    seed = parse_review("# T\n## TL;DR\n_Not available._\n## Abstract\nText.", "k")
    assert seed.tldr == ""


def test_the_key_can_carry_the_pmcid() -> None:
    assert parse_review("# T\n## Abstract\nText.", "PMC7654321").ids.pmcid == "PMC7654321"


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("", "a title"),
        ("<html><body># no</body></html>", "a title"),
        ("# Only a title\n\n## Figures\n\nNone.", "key findings or abstract"),
        ("## Abstract\n\nText.", "a title"),
        ("# T\n\n## Abstract\n\n_Not available._", "key findings or abstract"),
    ],
)
def test_what_is_no_summary_is_refused_with_what_it_lacks(text: str, lacks: str) -> None:
    with pytest.raises(TopicError) as caught:
        parse_review(text, "PMC1")
    assert "PMC1" in caught.value.thing
    assert lacks in caught.value.cause
    assert "## Key findings" in caught.value.remedy


def test_a_finding_that_runs_over_several_lines_is_one() -> None:
    text = "# T\n## Key findings\n- Fibroblasts\n  wall off\n  tumours.\n- Cells move.\n"
    assert parse_review(text, "k").findings == ("Fibroblasts wall off tumours.", "Cells move.")


def test_findings_without_bullets_are_paragraphs() -> None:
    text = "# T\n## Key findings\nFibroblasts wall off\ntumours.\n\nCells move.\n"
    assert parse_review(text, "k").findings == ("Fibroblasts wall off tumours.", "Cells move.")


def test_a_comma_inside_brackets_is_part_of_an_entitys_name() -> None:
    text = (
        "# T\n## Abstract\nText.\n## Entities\n"
        "- **Genes:** IL6 (IL-6, interferon beta 2), CXCL12\n- no colon here\n- **Genes:** IL6R,\n"
    )
    found = parse_review(text, "k").entities
    assert dict(found) == {"Genes": ("IL6 (IL-6, interferon beta 2)", "CXCL12", "IL6R")}


@pytest.mark.parametrize(
    "hostile",
    [
        "# a" + " " * 50_000 + "b",
        "## a" + " #" * 25_000 + "b",
        "# " + "*a " * 15_000,
        "# " + "[a](" * 10_000,
        "# T\n\n## Entities\n- Genes: " + "a, " * 15_000,
        "# T\n\nAuthors: " + "_a " * 15_000,
        "# T\n\nAuthors" + "*" * 50_000,
    ],
    ids=["spaces", "hashes", "stars", "links", "commas", "underscores", "no authors"],
)
def test_a_hostile_summary_is_read_in_time(hostile: str) -> None:
    """Not timed: a reading that is not linear would not end within the test run."""
    text = f"{hostile}\n\n# T\n\n## Abstract\n\nHerons wade.\n"
    assert parse_review(text, "k").abstract == "Herons wade."
