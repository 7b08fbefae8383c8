from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation import bibtex, latex
from service.records import Author, Identifiers, Kind, Paper, Record


def read(entry: str) -> Paper:
    return bibtex.article(Record("bibtex", "k", "", "bibtex", entry.encode()))


def test_an_entry_is_read_whole() -> None:
    paper = read(
        r"""@string{ca = "Cancer " # {Research}}
        @Article{k, Title = {{NETs} in $\alpha$-SMA$^{+}$ tumours: 50% of R&D},
          author = {M{\"u}ller, Karl L. and van der Berg, Jr., Hans and {The NET Consortium}
                    and Ada Lovelace and others},
          journal = ca, year = 2021, month = mar, day = 5,
          doi = {10.1000/ABC\_d}, pmid = {123}, pmcid = {PMC7}, issn = {0008-5472},
          abstract = "Foo {\"o} bar.", keywords = {a, b}, url = {\url{https://x.org/a_b}},
          language = {english}, shortjournal = {Cancer Res} }"""
    )
    assert paper.title == "NETs in α-SMA+ tumours: 50% of R&D"
    assert paper.authors == (
        Author("Müller", "Karl L."),
        Author("van der Berg", "Hans Jr."),
        Author(collective="The NET Consortium"),
        Author("Lovelace", "Ada"),
    )
    assert paper.ids == Identifiers("10.1000/abc_d", "123", "PMC7")
    assert (paper.venue, paper.venue_short, paper.issn) == (
        "Cancer Research",
        "Cancer Res",
        "0008-5472",
    )
    assert (paper.published, paper.kind, paper.types) == (
        "2021-03-05",
        Kind.ARTICLE,
        ("article",),
    )
    assert (paper.abstract, paper.keywords) == ("Foo ö bar.", ("a", "b"))
    assert (paper.url, paper.language) == ("https://x.org/a_b", "english")


def test_an_eprint_is_a_preprint_of_arxiv() -> None:
    paper = read("@misc{k, title={A}, eprint={2101.00001v2}, archivePrefix={arXiv}}")
    assert (paper.kind, paper.ids.arxiv, paper.venue) == (Kind.PREPRINT, "2101.00001", "arXiv")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("@article{k, title={A}, journal={bioRxiv}}", Kind.PREPRINT),
        ("@article{k, title={A}, journal={arXiv preprint arXiv:2101.00001}}", Kind.PREPRINT),
        ("@article{k, title={A}, journal={Cell}, eprint={123}, eprinttype={pubmed}}", Kind.ARTICLE),
        ("@article{k, title={Correction: A}}", Kind.ERRATUM),
        ("@inbook{k, title={A}}", Kind.BOOK),
        ("@phdthesis{k, title={A}}", Kind.OTHER),
    ],
)
def test_the_kind_follows_type_and_server(entry: str, expected: Kind) -> None:
    assert read(entry).kind is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("date = {2020-03-05}", "2020-03-05"),
        ("year = {2020}, month = {3}", "2020-03"),
        ("year = {2020}, month = {March}", "2020-03"),
        ('year = 2020, month = "5~" # mar', "2020-03-05"),
        ("year = {in press}", None),
    ],
)
def test_dates_are_read_in_every_form(fields: str, expected: str | None) -> None:
    assert read(f"@article{{k, title={{A}}, {fields}}}").published == expected


@pytest.mark.parametrize("payload", ["", "@article{k, year={2020}}", "@comment{x}", "@article{k"])
def test_what_cannot_be_known_is_a_parse_error(payload: str) -> None:
    with pytest.raises(ParseError):
        read(payload)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"M\"uller {\O}st \v{S}v{\'e}d na\"\i ve", "Müller Øst Švéd naïve"),
        (r"CO$_2$ and 10$^{-3}$", "CO2 and 10-3"),
        (r"\textit{in vivo} \& 50\% at \$5", "in vivo & 50% at $5"),
        ("costs $5 & 10% of a_b #1", "costs $5 & 10% of a_b #1"),
        ("plain text", "plain text"),
        (r"TGF-$\beta$1 -- a", "TGF-β1 – a"),
        (r"bad {unclosed", "bad unclosed"),
    ],
)
def test_latex_becomes_unicode(source: str, expected: str) -> None:
    assert latex.text(source) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("{a {b} c}", "a {b} c"),
        ('"a {"} b"', 'a {"} b'),
        ("ca", "Cancer"),
        ('ca # " X" # {, Y}', "Cancer X, Y"),
        ("2021", "2021"),
        ("mar", "mar"),
        (r"{a\}b}", r"a\}b"),
        ("{unclosed", "{unclosed"),
        ("", ""),
    ],
)
def test_a_value_is_put_together_from_its_pieces(raw: str, expected: str) -> None:
    assert latex.value(raw, {"ca": "Cancer"}) == expected
