"""One PubMed record to a paper."""

from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation.pubmed import article
from service.records import Author, Flag, Identifiers, Kind, OtherAbstract, Paper, Record, Section

ORCID = "0000-0002-1825-0097"


def _paper(
    body: str = "<ArticleTitle>A study.</ArticleTitle>",
    *,
    citation: str = "",
    data: str = "",
    journal: str = "",
    pmid: str = '<PMID Version="1">123</PMID>',
) -> Paper:
    xml = (
        f"<PubmedArticle><MedlineCitation>{pmid}<Article><Journal>{journal}</Journal>{body}</Article>"
        f"{citation}</MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"
    )
    return article(Record("pubmed", "123", "1", "pubmed-xml", xml.encode()))


def _types(*names: str) -> str:
    inner = "".join(f"<PublicationType>{name}</PublicationType>" for name in names)
    return f"<PublicationTypeList>{inner}</PublicationTypeList>"


def test_a_bare_record_is_a_paper_with_empty_fields() -> None:
    paper = _paper()
    assert paper == Paper(
        source="pubmed",
        source_id="123",
        version="1",
        ids=Identifiers(pmid="123"),
        title="A study.",
        kind=Kind.ARTICLE,
        url="https://pubmed.ncbi.nlm.nih.gov/123/",
    )
    assert paper.key == "pubmed:123v1"


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        (b"<PubmedArticle><MedlineCitation>", "not well-formed"),
        (b"<Other/>", "not a PubMed record"),
        (b"<PubmedArticle/>", "no PMID"),
        (b"", "not well-formed"),
    ],
)
def test_what_is_not_one_record_is_a_parse_error(payload: bytes, cause: str) -> None:
    with pytest.raises(ParseError, match=f"pubmed:9.*{cause}"):
        article(Record("pubmed", "9", "", "pubmed-xml", payload))


def test_markup_in_titles_is_joined_without_glue_or_gaps() -> None:
    paper = _paper(
        "<ArticleTitle>The <i>TERT</i> gene and H<sub>2</sub>O &amp; more.</ArticleTitle>"
    )
    assert paper.title == "The TERT gene and H2O & more."


def test_an_entity_bomb_is_not_expanded() -> None:
    bomb = b"<!DOCTYPE a [<!ENTITY x 'aaaa'>]><PubmedArticle><MedlineCitation><PMID>1</PMID>"
    bomb += b"<Article><ArticleTitle>&x;</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    paper = article(Record("pubmed", "1", "", "pubmed-xml", bomb))
    assert "aaaa" not in paper.title


# -- ids ------------------------------------------------------------------------------------------


def test_ids_come_from_the_record_and_never_from_its_references() -> None:
    paper = _paper(
        data='<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.1/no</ArticleId>'
        '<ArticleId IdType="pmc">PMC9</ArticleId></ArticleIdList></Reference></ReferenceList>'
        '<ArticleIdList><ArticleId IdType="pubmed">123</ArticleId>'
        '<ArticleId IdType="doi">10.1000/ABC</ArticleId>'
        '<ArticleId IdType="pmc">PMC77.2</ArticleId></ArticleIdList>'
    )
    assert paper.ids == Identifiers("10.1000/abc", "123", "PMC77")


def test_the_doi_of_elocationid_serves_where_pubmeddata_has_none() -> None:
    paper = _paper('<ELocationID EIdType="doi" ValidYN="Y">10.1000/X</ELocationID>')
    assert paper.ids.doi == "10.1000/x"


def test_an_invalid_elocationid_is_ignored() -> None:
    paper = _paper('<ELocationID EIdType="doi" ValidYN="N">10.1000/x</ELocationID>')
    assert paper.ids.doi is None


def test_an_arxiv_preprint_has_its_arxiv_id() -> None:
    paper = _paper('<ELocationID EIdType="pii" ValidYN="Y">arXiv:2302.01790v2</ELocationID>')
    assert paper.ids.arxiv == "2302.01790"


# -- titles ---------------------------------------------------------------------------------------


def test_a_translated_title_loses_its_brackets_and_is_flagged() -> None:
    paper = _paper(
        "<ArticleTitle>[A study].</ArticleTitle><Language>ger</Language>"
        "<VernacularTitle>Eine Studie.</VernacularTitle>"
    )
    assert (paper.title, paper.original_title, paper.language) == (
        "A study.",
        "Eine Studie.",
        "ger",
    )
    assert paper.flags == {Flag.TRANSLATED_TITLE}


@pytest.mark.parametrize(
    "title", ["<ArticleTitle>[Not Available].</ArticleTitle>", "<ArticleTitle/>"]
)
def test_a_missing_title_gives_way_to_the_vernacular_one(title: str) -> None:
    paper = _paper(f"{title}<VernacularTitle>Uno studio.</VernacularTitle>")
    assert (paper.title, paper.flags) == ("Uno studio.", frozenset())


def test_a_retracted_title_is_stripped_and_flagged() -> None:
    paper = _paper("<ArticleTitle>RETRACTED: A study.</ArticleTitle>")
    assert (paper.title, paper.flags, paper.kind) == ("A study.", {Flag.RETRACTED}, Kind.ARTICLE)


def test_a_notice_named_after_a_retracted_paper_is_not_itself_retracted() -> None:
    paper = _paper(
        "<ArticleTitle>Retracted: A study.</ArticleTitle>" + _types("Retraction of Publication")
    )
    assert (paper.kind, paper.flags) == (Kind.RETRACTION, frozenset())


def test_a_correction_typed_as_an_article_is_an_erratum() -> None:
    paper = _paper(
        "<ArticleTitle>Correction to: A study.</ArticleTitle>" + _types("Journal Article")
    )
    assert (paper.title, paper.kind) == ("A study.", Kind.ERRATUM)


# -- abstracts ------------------------------------------------------------------------------------


def test_a_structured_abstract_keeps_its_labels() -> None:
    paper = _paper(
        '<Abstract><AbstractText Label="AIM" NlmCategory="OBJECTIVE">To <i>see</i>.</AbstractText>'
        '<AbstractText Label="UNASSIGNED">Loose.</AbstractText><AbstractText Label="NONE"/>'
        "<CopyrightInformation>(c) us</CopyrightInformation></Abstract>"
    )
    assert paper.sections == (Section("AIM", "To see."), Section("", "Loose."))
    assert paper.abstract == "AIM: To see.\nLoose."


def test_bold_headings_inside_one_part_are_labels() -> None:
    paper = _paper(
        "<Abstract><AbstractText><b>Aim</b>: To see H<sub>2</sub>O.<b>Methods:</b> We <b>looked</b> "
        "there.</AbstractText></Abstract>"
    )
    assert paper.sections == (Section("Aim", "To see H2O."), Section("Methods", "We looked there."))


def test_bold_words_that_are_no_headings_stay_text() -> None:
    paper = _paper(
        "<Abstract><AbstractText><b>Bold</b> words <b>a:</b> b.</AbstractText></Abstract>"
    )
    assert paper.sections == (Section("", "Bold words a: b."),)


def test_mathml_is_never_dropped() -> None:
    paper = _paper(
        '<ArticleTitle>Of <m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:msub><m:mi>T</m:mi>'
        " <m:mn>1</m:mn></m:msub></m:math> maps.</ArticleTitle>"
    )
    assert paper.title == "Of T1 maps."


def test_other_abstracts_stand_beside_the_main_one() -> None:
    paper = _paper(
        "<Abstract><AbstractText>Main.</AbstractText></Abstract>",
        citation='<OtherAbstract Type="plain-language-summary" Language="eng"><AbstractText>Easy.'
        '</AbstractText></OtherAbstract><OtherAbstract Type="Publisher" Language="ger"/>',
    )
    assert paper.abstract == "Main."
    assert paper.other_abstracts == (OtherAbstract("plain-language-summary", "eng", "Easy."),)


# -- people, venue, dates -------------------------------------------------------------------------


def test_people_and_groups_come_in_order_without_invalid_ones() -> None:
    paper = _paper(
        "<AuthorList><Author ValidYN='Y'><LastName>Le Roe</LastName><ForeName>Jane A</ForeName>"
        "<Initials>JA</Initials><Suffix>Jr</Suffix>"
        f"<Identifier Source='ISNI'>1</Identifier><Identifier Source='ORCID'>http://orcid.org/{ORCID}"
        "</Identifier></Author><Author ValidYN='N'><LastName>Wrong</LastName></Author>"
        "<Author><LastName>Doe</LastName><Initials>J</Initials></Author>"
        "<Author><CollectiveName>The <i>X</i> Group</CollectiveName></Author><Author/></AuthorList>"
    )
    assert paper.authors == (
        Author("Le Roe", "Jane A Jr", orcid=ORCID),
        Author("Doe", "J"),
        Author(collective="The X Group"),
    )


def test_the_venue_is_the_journal_with_its_short_name() -> None:
    paper = _paper(
        journal="<ISSN>1234-5678</ISSN><Title>Journal of &amp;amp; Studies</Title>"
        "<ISOAbbreviation>J Stud</ISOAbbreviation>"
    )
    assert (paper.venue, paper.venue_short, paper.issn) == (
        "Journal of & Studies",
        "J Stud",
        "1234-5678",
    )


def test_the_short_name_falls_back_to_medlines() -> None:
    paper = _paper(citation="<MedlineJournalInfo><MedlineTA>J S</MedlineTA></MedlineJournalInfo>")
    assert paper.venue_short == "J S"


def _issue(date: str) -> str:
    return f"<JournalIssue><PubDate>{date}</PubDate></JournalIssue>"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("<Year>2020</Year><Month>Sep</Month><Day>05</Day>", "2020-09-05"),
        ("<Year>2020</Year><Month>02</Month><Day>31</Day>", "2020-02"),
        ("<Year>2020</Year><Season>Spring</Season>", "2020"),
        ("<MedlineDate>2020 Nov-Dec</MedlineDate>", "2020-11"),
        ("", None),
    ],
)
def test_the_issue_date_is_as_precise_as_given(date: str, expected: str | None) -> None:
    assert _paper(journal=_issue(date)).published == expected


def test_the_electronic_date_comes_before_that_of_the_issue() -> None:
    paper = _paper(
        "<ArticleDate><Year>2019</Year><Month>12</Month><Day>30</Day></ArticleDate>",
        journal=_issue("<Year>2020</Year>"),
    )
    assert paper.published == "2019-12-30"


def test_entered_and_revised_are_the_records_own() -> None:
    day = "<Year>2021</Year><Month>{}</Month><Day>7</Day>"
    paper = _paper(
        citation=f"<DateRevised>{day.format(6)}</DateRevised>",
        data=f'<History><PubMedPubDate PubStatus="pubmed">{day.format(4)}</PubMedPubDate>'
        f'<PubMedPubDate PubStatus="entrez">{day.format(5)}<Hour>6</Hour></PubMedPubDate></History>',
    )
    assert (paper.entered, paper.revised) == ("2021-05-07", "2021-06-07")


# -- terms, kinds, links --------------------------------------------------------------------------


def test_mesh_gives_descriptors_and_keywords_give_words() -> None:
    paper = _paper(
        citation="<MeshHeadingList><MeshHeading><DescriptorName>Neoplasms</DescriptorName>"
        "<QualifierName>blood</QualifierName></MeshHeading><MeshHeading><DescriptorName>Humans"
        "</DescriptorName></MeshHeading></MeshHeadingList>"
        "<KeywordList><Keyword>IL-<i>6</i></Keyword><Keyword> </Keyword></KeywordList>"
    )
    assert (paper.mesh, paper.keywords) == (("Neoplasms", "Humans"), ("IL-6",))


def _correction(reftype: str, source: str, pmid: str) -> str:
    return (
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{reftype}"><RefSource>{source}'
        f'</RefSource><PMID Version="1">{pmid}</PMID></CommentsCorrections></CommentsCorrectionsList>'
    )


@pytest.mark.parametrize(
    ("reftype", "flag"),
    [
        ("ErratumIn", Flag.CORRECTED),
        ("RetractionIn", Flag.RETRACTED),
        ("ExpressionOfConcernIn", Flag.CONCERN),
    ],
)
def test_a_link_to_a_notice_flags_the_paper(reftype: str, flag: Flag) -> None:
    paper = _paper(citation=_correction(reftype, "J. 2021;1:2", "9"))
    assert paper.flags == {flag}
    assert (paper.links[0].target.pmid, paper.links[0].text) == ("9", "J. 2021;1:2")


def test_a_preprint_and_its_article_are_joined_from_both_sides() -> None:
    article_side = _paper(citation=_correction("UpdateOf", "bioRxiv. 2020 May 23;:", "9"))
    preprint_side = _paper(
        _types("Preprint"), citation=_correction("UpdateIn", "Gut. 2021;1:2", "8")
    )
    assert article_side.links[0].relation == "has-preprint"
    assert preprint_side.links[0].relation == "preprint-of"


def test_a_preprint_servers_record_is_a_preprint_whatever_its_type() -> None:
    paper = _paper(
        _types("Journal Article"), journal="<Title>bioRxiv : the preprint server</Title>"
    )
    assert paper.kind is Kind.PREPRINT


# -- books ----------------------------------------------------------------------------------------

BOOK = """<PubmedBookArticle><BookDocument><PMID Version="1">55</PMID>
<ArticleIdList><ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList>
<Book><BookTitle>Gene<sup>X</sup></BookTitle><PubDate><Year>1993</Year></PubDate>
<AuthorList Type="editors"><Author><LastName>Editor</LastName></Author></AuthorList></Book>
<ArticleTitle>A chapter</ArticleTitle><Language>eng</Language>
<AuthorList Type="authors"><Author><LastName>Roe</LastName><ForeName>J</ForeName></Author></AuthorList>
<PublicationType>Review</PublicationType>
<Abstract><AbstractText Label="AIM">To see.</AbstractText></Abstract>
<ContributionDate><Year>2002</Year><Month>1</Month><Day>5</Day></ContributionDate>
<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.1000/no</ArticleId></ArticleIdList>
</Reference></ReferenceList></BookDocument>
<PubmedBookData><History><PubMedPubDate PubStatus="entrez"><Year>2020</Year><Month>9</Month>
<Day>17</Day></PubMedPubDate></History></PubmedBookData></PubmedBookArticle>"""


def test_a_chapter_is_a_book_paper_of_its_own_authors() -> None:
    paper = article(Record("pubmed", "55", "1", "pubmed-xml", BOOK.encode()))
    assert (paper.title, paper.venue, paper.kind) == ("A chapter", "GeneX", Kind.BOOK)
    assert paper.ids == Identifiers(pmid="55")
    assert paper.authors == (Author("Roe", "J"),)
    assert (paper.published, paper.entered) == ("2002-01-05", "2020-09-17")
    assert (paper.abstract, paper.types) == ("AIM: To see.", ("Review",))


def test_a_whole_book_is_named_by_its_own_title_and_editors() -> None:
    whole = BOOK.replace("<ArticleTitle>A chapter</ArticleTitle>", "").replace(
        'Type="authors"', 'Type="editors"'
    )
    paper = article(Record("pubmed", "55", "1", "pubmed-xml", whole.encode()))
    assert (paper.title, paper.authors[0].family) == ("GeneX", "Editor")
