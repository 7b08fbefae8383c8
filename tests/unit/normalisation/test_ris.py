from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation import ris
from service.records import Author, Flag, Identifiers, Kind, Paper, Record


def read(*lines: str) -> Paper:
    text = (
        "\n".join(("TY  - JOUR", *lines, "ER  - "))
        if not lines[0].startswith("TY")
        else "\n".join(lines)
    )
    return ris.article(Record("ris", "x", "", "ris", text.encode()))


def test_an_entry_is_read_whole() -> None:
    paper = read(
        "AU  - Müller, K. L.",
        "AU  - van der Berg, Hans, Jr.",
        "AU  - World Health Organization,",
        "TI  - Neutrophil extracellular",
        "traps &amp; tumours",
        "T2  - Cancer Research",
        "J2  - Cancer Res",
        "AB  - <b>Aims:</b> One.",
        "PY  - 2021",
        "DA  - 2021/03/05/",
        "DO  - https://doi.org/10.1158/0008-5472.CAN-20-1234",
        "AN  - 33920882",
        "DB  - PubMed",
        "C2  - PMC8071313",
        "SN  - 0008-5472",
        "KW  - NET",
        "KW  - TAN, resting",
        "LA  - eng",
        "UR  - https://x.org/a",
    )
    assert paper.title == "Neutrophil extracellular traps & tumours"
    assert paper.authors == (
        Author("Müller", "K. L."),
        Author("van der Berg", "Hans Jr."),
        Author(collective="World Health Organization"),
    )
    assert paper.ids == Identifiers("10.1158/0008-5472.can-20-1234", "33920882", "PMC8071313")
    assert (paper.venue, paper.venue_short, paper.issn) == (
        "Cancer Research",
        "Cancer Res",
        "0008-5472",
    )
    assert (paper.published, paper.kind) == ("2021-03-05", Kind.ARTICLE)
    assert paper.keywords == ("NET", "TAN, resting")
    assert paper.abstract == "Aims: One."
    assert (paper.language, paper.url) == ("eng", "https://x.org/a")


def test_old_tags_and_narrow_lines_are_read() -> None:
    paper = read("TY - JOUR", "T1 - Old", "A1 - Smith, J.", "Y1 - 2019//", "N2 - abc", "ER -")
    assert (paper.title, paper.published, paper.abstract) == ("Old", "2019", "abc")
    assert paper.authors == (Author("Smith", "J."),)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DA  - 2020/03/05/Spring", "2020-03-05"),
        ("DA  - 2020-03-05", "2020-03-05"),
        ("PY  - 2020///", "2020"),
        ("Y1  - 2020/13/", "2020"),
        ("DA  - March 5, 2020", "2020-03-05"),
        ("PY  - forthcoming", None),
    ],
)
def test_dates_are_read_in_every_form(line: str, expected: str | None) -> None:
    assert read("TI  - A", line).published == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("JF  - bioRxiv", Kind.PREPRINT),
        ("DO  - 10.1101/2020.01.02.123456", Kind.PREPRINT),
        ("DO  - 10.21203/rs.3.rs-1/v1", Kind.PREPRINT),
        ("DO  - 10.1101/gr.279093.124", Kind.ARTICLE),
        ("M3  - Review", Kind.REVIEW),
        ("M3  - Article", Kind.ARTICLE),
        ("TI  - Erratum: B", Kind.ERRATUM),
    ],
)
def test_the_kind_follows_server_type_and_title(line: str, expected: Kind) -> None:
    assert read(line, "T1  - A").kind is expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("BOOK", Kind.BOOK), ("CHAP", Kind.BOOK), ("DATA", Kind.DATASET), ("THES", Kind.OTHER)],
)
def test_the_kind_follows_the_reference_type(tag: str, expected: Kind) -> None:
    assert read(f"TY  - {tag}", "TI  - A", "ER  - ").kind is expected


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("N1  - PMID: 123", Identifiers(pmid="123")),
        ("UR  - https://pubmed.ncbi.nlm.nih.gov/123/", Identifiers(pmid="123")),
        ("UR  - https://arxiv.org/abs/2101.00001v2", Identifiers(arxiv="2101.00001")),
        ("UR  - https://doi.org/10.1000/abc", Identifiers(doi="10.1000/abc")),
        ("AN  - 123", Identifiers()),
    ],
)
def test_ids_are_found_in_notes_and_addresses(line: str, ids: Identifiers) -> None:
    assert read("TI  - A", line).ids == ids


def test_a_retracted_title_flags_the_paper() -> None:
    paper = read("TI  - RETRACTED: A")
    assert (paper.title, paper.flags) == ("A", {Flag.RETRACTED})


@pytest.mark.parametrize("payload", [b"", b"TY  - JOUR\nPY  - 2020\nER  - \n", b"no tags"])
def test_what_cannot_be_known_is_a_parse_error(payload: bytes) -> None:
    with pytest.raises(ParseError):
        ris.article(Record("ris", "x", "", "ris", payload))
