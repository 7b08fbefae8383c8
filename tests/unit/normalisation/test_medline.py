"""One record of MEDLINE text to a paper."""

from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation.medline import article
from service.records import (
    Author,
    Flag,
    Identifiers,
    Kind,
    OtherAbstract,
    Paper,
    Record,
    Relation,
    Section,
)

TEXT = """\
PMID- 123
OWN - NLM
LR  - 20210607
IS  - 1234-5678 (Electronic)
IS  - 8765-4321 (Linking)
DP  - 2020 Nov-Dec
TI  - [A study of a very
      long thing].
TT  - Eine Studie.
LID - 10.1000/ABC [doi]
LID - e12 [pii]
AB  - BACKGROUND: It was dark. MATERIALS & METHODS: We looked, NOTE: twice. CONCLUSION: It
      is (p < 0.05).
OAB - Publisher: Es war dunkel.
OABL- ger
FAU - Roe, Jane A Jr
AU  - Roe JA
AUID- ORCID: 0000-0002-1825-0097
FAU - Plato
CN  - The X Group
LA  - ger
PT  - Journal Article
PT  - Review
DEP - 20200930
TA  - J Stud
JT  - Journal of studies
MH  - *Neoplasms/blood/*drug therapy
MH  - Humans
OT  - *NETosis
PMC - PMC77
EDAT- 2020/10/02 06:00
CRDT- 2020/10/01 05:00
AID - 10.1000/ABC [doi]
UOF - medRxiv. 2020 Nov 03;:. PMID: 33173890
EIN - J Stud. 2021;1:2. doi: 10.1000/err. PMID: 9
"""


def _paper(text: str) -> Paper:
    return article(Record("pubmed", "123", "", "medline", text.encode()))


def test_all_that_the_text_says_is_read() -> None:
    paper = _paper(TEXT)
    assert paper.ids == Identifiers("10.1000/abc", "123", "PMC77")
    assert (paper.title, paper.original_title) == ("A study of a very long thing.", "Eine Studie.")
    assert paper.sections == (
        Section("BACKGROUND", "It was dark."),
        Section("MATERIALS & METHODS", "We looked, NOTE: twice."),
        Section("CONCLUSION", "It is (p < 0.05)."),
    )
    assert paper.other_abstracts == (OtherAbstract("Publisher", "ger", "Es war dunkel."),)
    assert paper.authors == (
        Author("Roe", "Jane A Jr", orcid="0000-0002-1825-0097"),
        Author("Plato"),
        Author(collective="The X Group"),
    )
    assert (paper.kind, paper.types) == (Kind.REVIEW, ("Journal Article", "Review"))
    assert (paper.venue, paper.venue_short, paper.issn) == (
        "Journal of studies",
        "J Stud",
        "1234-5678",
    )
    assert (paper.published, paper.entered, paper.revised) == (
        "2020-09-30",
        "2020-10-02",
        "2021-06-07",
    )
    assert (paper.mesh, paper.keywords) == (("Neoplasms", "Humans"), ("NETosis",))
    assert paper.flags == {Flag.TRANSLATED_TITLE, Flag.CORRECTED}
    assert [(link.relation, link.target.pmid, link.target.doi) for link in paper.links] == [
        (Relation.HAS_PREPRINT, "33173890", None),
        (Relation.ERRATUM_IN, "9", "10.1000/err"),
    ]
    assert (paper.language, paper.url) == ("ger", "https://pubmed.ncbi.nlm.nih.gov/123/")


def test_without_full_names_the_short_ones_serve() -> None:
    assert _paper("PMID- 1\nAU  - Casbon JA\nAU  - de Hoon MJ\n").authors == (
        Author("Casbon", "JA"),
        Author("de Hoon", "MJ"),
    )


def test_without_an_electronic_date_that_of_the_issue_serves() -> None:
    assert _paper("PMID- 1\nDP  - 2001 Nov-Dec\n").published == "2001-11"


def test_an_abstract_that_does_not_begin_with_a_label_is_one_section() -> None:
    paper = _paper("PMID- 1\nAB  - It works. AVAILABILITY: on the web.\n")
    assert paper.sections == (Section("", "It works. AVAILABILITY: on the web."),)


def test_windows_line_ends_are_read() -> None:
    assert _paper("PMID- 1\r\nTI  - A\r\n      study.\r\n").title == "A study."


def test_a_book_is_a_book() -> None:
    paper = _paper("PMID- 1\nBTI - The book\nPT  - Review\n")
    assert (paper.title, paper.venue, paper.kind) == ("The book", "The book", Kind.BOOK)


def test_text_without_a_pmid_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="no PMID"):
        _paper("TI  - A study\n")
