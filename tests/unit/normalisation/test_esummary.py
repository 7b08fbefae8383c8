"""One document summary to a paper."""

from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation.esummary import article
from service.records import Author, Flag, Identifiers, Kind, Record

XML = """<DocSum><Id>123</Id>
<Item Name="PubDate" Type="Date">2020 Nov-Dec</Item><Item Name="EPubDate" Type="Date"></Item>
<Item Name="Source" Type="String">J Stud</Item>
<Item Name="AuthorList" Type="List"><Item Name="Author" Type="String">Roe JA Jr</Item>
<Item Name="CollectiveName" Type="String">The X Group</Item></Item>
<Item Name="Title" Type="String">[A &lt;i&gt;big&lt;/i&gt; study].</Item>
<Item Name="LangList" Type="List"><Item Name="Lang" Type="String">German</Item></Item>
<Item Name="ISSN" Type="String"></Item><Item Name="ESSN" Type="String">1234-5678</Item>
<Item Name="PubTypeList" Type="List"><Item Name="PubType" Type="String">Review</Item></Item>
<Item Name="ArticleIds" Type="List"><Item Name="doi" Type="String">10.1000/ABC</Item>
<Item Name="pmc" Type="String">PMC77</Item></Item>
<Item Name="History" Type="List"><Item Name="pubmed" Type="Date">2020/10/03 00:00</Item>
<Item Name="entrez" Type="Date">2020/10/02 06:00</Item></Item>
<Item Name="FullJournalName" Type="String">Journal of studies</Item></DocSum>"""


def test_all_that_a_summary_says_is_read() -> None:
    paper = article(Record("pubmed", "123", "", "pubmed-esummary", XML.encode()))
    assert paper.ids == Identifiers("10.1000/abc", "123", "PMC77")
    assert (paper.title, paper.flags) == ("A big study.", {Flag.TRANSLATED_TITLE})
    assert (paper.kind, paper.language, paper.issn) == (Kind.REVIEW, "ger", "1234-5678")
    assert paper.authors == (Author("Roe", "JA Jr"), Author(collective="The X Group"))
    assert (paper.published, paper.entered) == ("2020-11", "2020-10-02")
    assert (paper.venue, paper.venue_short) == ("Journal of studies", "J Stud")
    assert paper.abstract == ""


@pytest.mark.parametrize("payload", [b"<DocSum>", b"<DocSum/>", b"<Other><Id>1</Id></Other>"])
def test_what_is_no_summary_is_a_parse_error(payload: bytes) -> None:
    with pytest.raises(ParseError):
        article(Record("pubmed", "1", "", "pubmed-esummary", payload))
