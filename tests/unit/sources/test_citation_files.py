from __future__ import annotations

import pytest

from service.errors import InputError
from service.sources.citation_files import read_bibtex, read_ris

ONE = "TY  - JOUR\r\nTI  - A\r\nDO  - 10.1000/ABC.\r\nER  - \r\n"
TWO = "TY  - JOUR\nTI  - B\nAN  - L2001\nER  -\n"


def test_each_ris_entry_is_a_record_with_its_own_text() -> None:
    first, second = read_ris((ONE + "\n" + TWO).encode()).records
    assert (first.key, first.format) == ("ris:10.1000/abc", "ris")
    assert second.key == "ris:L2001"
    assert second.payload.decode() == TWO


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("UR  - https://doi.org/10.1101/2020.01.02", "10.1101/2020.01.02"),
        ("M3  - doi:10.1000/x", "10.1000/x"),
        ("ID  - key7", "key7"),
        ("TI  - only a title", None),
    ],
)
def test_a_ris_id_is_found_or_made(line: str, expected: str | None) -> None:
    (record,) = read_ris(f"TY  - JOUR\n{line}\nER  - \n".encode()).records
    if expected is None:
        assert record.source_id.startswith("sha256-")
    else:
        assert record.source_id == expected


def test_headers_before_the_first_ris_entry_are_no_entry() -> None:
    body = f"Provider: EBSCO\nContent: text/plain\n\n{ONE}".encode("utf-8-sig")
    assert len(read_ris(body).records) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_files_of_old_programs_are_decoded(encoding: str) -> None:
    body = "TY  - JOUR\nAU  - Müller, K\nER  - \n".encode(encoding)
    assert "Müller" in read_ris(body).records[0].payload.decode()


def test_tags_with_one_space_too_few_are_read() -> None:
    assert len(read_ris(b"TY - JOUR\nTI - A\nER -\n").records) == 1


@pytest.mark.parametrize(
    ("body", "line", "cause"),
    [
        ("", 1, "no entry begins"),
        ('{"a": 1}', 1, "no entry begins"),
        ("@article{a, title={x}}", 1, "no entry begins"),
        (ONE + "TY  - JOUR\nTI  - B\n", 5, "not closed"),
        ("TY  - JOUR\nTI  - A\n" + TWO, 1, "not closed"),
        (ONE + "AU  - Smith\n" + TWO, 5, "outside of an entry"),
    ],
)
def test_a_malformed_ris_file_names_line_and_remedy(body: str, line: int, cause: str) -> None:
    with pytest.raises(InputError, match=cause) as caught:
        read_ris(body.encode())
    assert caught.value.thing == f"RIS file, line {line}"
    assert caught.value.remedy


# -- BibTeX ----------------------------------------------------------------------------------


def test_each_bibtex_entry_is_a_record() -> None:
    body = "% made by x\n@article{k1, title={A}, doi={10.1000/A\\_B}}\n\n@misc{k2, title={B}}\n"
    first, second = read_bibtex(body.encode()).records
    assert (first.key, first.format) == ("bibtex:10.1000/a_b", "bibtex")
    assert second.key == "bibtex:k2"
    assert second.payload == b"@misc{k2, title={B}}\n"


def test_an_entry_without_a_key_is_known_by_its_content() -> None:
    (record,) = read_bibtex(b"@article{, title={A}}").records
    assert record.source_id.startswith("sha256-")


def test_definitions_travel_with_the_entries_that_use_them() -> None:
    body = (
        '@string{ji = "Journal of " # imm}\n@string{imm = {Immunology}}\n@string{no = "x"}\n'
        "@article{a, journal = ji, title={x}}\n@article{b, title={ji}}\n"
    )
    first, second = read_bibtex(body.encode()).records
    text = first.payload.decode()
    assert text.index("@string{imm") < text.index("@string{ji") < text.index("@article{a")
    assert "@string{no" not in text
    assert second.payload == b"@article{b, title={ji}}\n"


def test_doubles_are_kept_and_told() -> None:
    page = read_bibtex(b"@article{a,title={x}}\n@article{a,title={y}}\n@misc{b,note={1},note={2}}")
    assert [record.source_id for record in page.records] == ["a", "a", "b"]
    assert page.warnings == (
        "line 2: the key a is there twice",
        "line 3: a field is there twice; the last one counts",
    )


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("", 1),
        ("TY  - JOUR\nER  - \n", 1),
        ("@article{a, title={x}}\n\n@article{b, title={x\n", 3),
        ("\n@article{a title={x}}\n", 2),
    ],
)
def test_a_malformed_bibtex_file_names_line_and_remedy(body: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        read_bibtex(body.encode())
    assert caught.value.thing == f"BibTeX file, line {line}"
    assert caught.value.remedy
