from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation import normalise
from service.normalisation.arxiv import first_month, is_withdrawn
from service.records import Author, Flag, Identifiers, Kind, Link, Paper, Record, Relation

ATOM = """<entry xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<id>http://arxiv.org/abs/2610.00001v{version}</id><title>Jamming of
  $\\alpha$-SMA networks</title>
<published>2026-10-01T08:00:00Z</published><updated>2026-11-02T08:00:00Z</updated>
<summary>  Cells jam.
They stop.</summary>{more}<category term="cs.CV"/><category term="q-bio.TO"/>
<arxiv:primary_category term="q-bio.TO"/>
<author><name>Ida van der Sand</name></author><author><name>The Niche Consortium</name></author></entry>"""
JOURNAL = """<arxiv:doi>10.5555/J.1</arxiv:doi><arxiv:journal_ref>J. Stroma 1,
 2 (2026)</arxiv:journal_ref>"""


def atom(more: str = "", version: str = "1") -> Paper:
    payload = ATOM.format(more=more, version=version).encode()
    return normalise(Record("arxiv", "2610.00001", version, "arxiv-atom", payload))


def oai(body: str, source_id: str = "2610.00001", version: str = "") -> Paper:
    payload = f"""<record><header><identifier>oai:arXiv.org:{source_id}</identifier>
<datestamp>2026-11-03</datestamp></header><metadata>{body}</metadata></record>"""
    return normalise(Record("arxiv", source_id, version, "arxiv-oai", payload.encode()))


def test_an_entry_is_read_whole() -> None:
    found = atom(JOURNAL)
    assert found.ids == Identifiers(doi="10.48550/arxiv.2610.00001", arxiv="2610.00001")
    assert (found.title, found.abstract) == ("Jamming of α-SMA networks", "Cells jam. They stop.")
    assert (found.kind, found.venue, found.category) == (Kind.PREPRINT, "arXiv", "q-bio.TO")
    assert found.authors == (
        Author("van der Sand", "Ida"),
        Author(collective="The Niche Consortium"),
    )
    assert (found.published, found.entered, found.revised) == ("2026-10-01", None, None)
    assert found.url == "https://arxiv.org/abs/2610.00001v1"
    assert found.pdf_url == "https://arxiv.org/pdf/2610.00001v1"


def test_the_doi_that_authors_give_is_the_journals_and_not_the_preprints() -> None:
    assert atom(JOURNAL).links == (
        Link(Relation.PREPRINT_OF, Identifiers(doi="10.5555/j.1"), "J. Stroma 1, 2 (2026)"),
    )
    assert atom("<arxiv:doi>10.48550/arXiv.2610.00001</arxiv:doi>").links == ()


def test_several_dois_are_several_links() -> None:
    links = atom("<arxiv:doi>10.5555/a 10.5555/b</arxiv:doi>").links
    assert [link.target.doi for link in links] == ["10.5555/a", "10.5555/b"]


def test_a_journal_without_a_doi_is_a_link_by_its_text() -> None:
    links = atom("<arxiv:journal_ref>J. Stroma 1</arxiv:journal_ref>").links
    assert links == (Link(Relation.PREPRINT_OF, Identifiers(), "J. Stroma 1"),)


def test_only_a_later_version_is_revised() -> None:
    assert atom(version="2").revised == "2026-11-02"


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the author due to an error in eq. 3",
        "Withdrawn",
        "withdrawn; see 2611.00002",
        "The manuscript, after review, was withdrawn",
        "This submission has been withdrawn by arXiv administrators",
    ],
)
def test_a_comment_can_withdraw_a_paper(comment: str) -> None:
    assert atom(f"<arxiv:comment>{comment}</arxiv:comment>").flags == {Flag.WITHDRAWN}


@pytest.mark.parametrize(
    "comment",
    [
        "12 pages, 3 figures",
        "An earlier version of this paper was withdrawn",
        "we study drug withdrawal",
    ],
)
def test_not_every_mention_withdraws(comment: str) -> None:
    assert not is_withdrawn(comment)


@pytest.mark.parametrize(
    ("abstract", "flags"),
    [
        ("This paper has been withdrawn by the author. See 2611.00002.", {Flag.WITHDRAWN}),
        ("Withdrawn by arXiv administrators.", {Flag.WITHDRAWN}),
        ("Patients withdrawn by their doctors from the trial did worse.", set()),
        ("This paper studies a drug. It was withdrawn in 2020.", set()),
    ],
)
def test_an_abstract_withdraws_only_in_a_first_sentence_about_the_paper(
    abstract: str, flags: set[Flag]
) -> None:
    found = oai(f"<arXiv><title>t</title><abstract>{abstract}</abstract></arXiv>")
    assert found.flags == flags


@pytest.mark.parametrize(
    ("arxiv_id", "month"),
    [
        ("2610.00001", "2026-10"),
        ("0704.0001", "2007-04"),
        ("q-bio/9912001", "1999-12"),
        ("x", None),
    ],
)
def test_an_id_tells_its_month(arxiv_id: str, month: str | None) -> None:
    assert first_month(arxiv_id) == month


ARXIV = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2610.00001</id><created>{created}</created>
<updated>2026-11-02</updated><authors>{authors}</authors><title>Jamming</title>
<categories>q-bio.TO cs.CV</categories><license>http://creativecommons.org/licenses/by/4.0/</license>
<abstract>Cells jam.</abstract></arXiv>"""


def test_an_oai_record_entered_on_its_datestamp() -> None:
    found = oai(ARXIV.format(created="2026-09-30", authors=""))
    assert (found.published, found.entered, found.revised) == (
        "2026-09-30",
        "2026-11-03",
        "2026-11-02",
    )
    assert (found.category, found.licence) == ("q-bio.TO", "CC BY 4.0")


def test_a_creation_day_that_the_id_belies_gives_way_to_the_ids_month() -> None:
    assert oai(ARXIV.format(created="2026-11-01", authors="")).published == "2026-11-01"
    assert oai(ARXIV.format(created="2027-03-01", authors="")).published == "2026-10"


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("<keyname>Sand</keyname><forenames>Ida</forenames>", [Author("Sand", "Ida")]),
        ("<keyname>Sand</keyname><forenames>I.</forenames><suffix>Jr</suffix>",
         [Author("Sand", "I. Jr")]),
        ("<keyname>:</keyname>", []),
        ("<keyname>Niche Collaboration</keyname>", [Author(collective="Niche Collaboration")]),
        ("<keyname>Group</keyname><forenames>The Niche</forenames>",
         [Author(collective="The Niche Group")]),
        ("<keyname>Collaboration</keyname><forenames>Ida Sand for the Niche</forenames>",
         [Author("Sand", "Ida"), Author(collective="Niche Collaboration")]),
        ("<keyname>Ida Sand for the Niche Consortium</keyname>",
         [Author("Sand", "Ida"), Author(collective="Niche Consortium")]),
        ("<keyname>Rold\\'an</keyname><forenames>\\'E.</forenames>", [Author("Roldán", "É.")]),
    ],
)  # fmt: skip
def test_authors_are_people_and_groups(author: str, found: list[Author]) -> None:
    paper = oai(ARXIV.format(created="2026-10-01", authors=f"<author>{author}</author>"))
    assert list(paper.authors) == found


RAW = """<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2610.00001</id>
<version version="v1"><date>Thu, 1 Oct 2026 10:00:00 GMT</date></version>{more}
<title>Jamming</title><authors>Ida Sand (1), Bo Li (2) and \\'E. Rold\\'an ((1) Uni, (2) Lab (X))</authors>
<categories>q-bio.TO</categories><abstract>Cells jam.</abstract></arXivRaw>"""
SECOND = '<version version="v2"><date>Mon, 2 Nov 2026 10:00:00 GMT</date></version>'


def test_a_raw_record_dates_all_its_versions() -> None:
    found = oai(RAW.format(more=SECOND), version="2")
    assert (found.published, found.entered, found.revised) == (
        "2026-10-01",
        "2026-11-03",
        "2026-11-02",
    )
    assert oai(RAW.format(more=""), version="1").revised is None


def test_raw_authors_lose_their_affiliations() -> None:
    names = [author.name for author in oai(RAW.format(more="")).authors]
    assert names == ["Sand Ida", "Li Bo", "Roldán É."]


def test_dublin_core_keeps_the_comment_out_of_the_abstract() -> None:
    found = oai("""<dc xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Jamming</dc:title>
<dc:creator>Sand, Ida</dc:creator><dc:description>Cells jam.</dc:description>
<dc:description>Comment: This paper has been withdrawn</dc:description>
<dc:date>2026-11-02</dc:date><dc:date>2026-10-01</dc:date>
<dc:identifier>http://arxiv.org/abs/2610.00001</dc:identifier>
<dc:identifier>J. Stroma 1</dc:identifier><dc:identifier>doi:10.5555/j.1</dc:identifier></dc>""")
    assert found.abstract == "Cells jam."
    assert (found.published, found.revised) == ("2026-10-01", "2026-11-02")
    assert found.flags == {Flag.WITHDRAWN}
    assert found.authors == (Author("Sand", "Ida"),)
    assert found.links == (
        Link(Relation.PREPRINT_OF, Identifiers(doi="10.5555/j.1"), "J. Stroma 1"),
    )


@pytest.mark.parametrize(
    ("format_", "payload"),
    [
        ("arxiv-atom", b"<entry>"),
        ("arxiv-atom", b"<entry/>"),
        ("arxiv-oai", b"<record/>"),
        ("arxiv-oai", b"<record><metadata><marc/></metadata></record>"),
    ],
)
def test_what_cannot_be_read_is_named(format_: str, payload: bytes) -> None:
    with pytest.raises(ParseError, match="arxiv:2610"):
        normalise(Record("arxiv", "2610.00001", "1", format_, payload))


def test_a_record_that_is_keyed_by_a_hash_has_no_arxiv_id() -> None:
    payload = ATOM.format(more="", version="1").encode()
    with pytest.raises(ParseError, match="no arXiv id"):
        normalise(Record("arxiv", "0f" * 16, "", "arxiv-atom", payload))
