"""Whatever a source sends, a normaliser gives a paper or a ParseError: nothing else gets out."""

from __future__ import annotations

import json
import re
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import ParseError
from service.normalisation import normalise
from service.records import Paper, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBMED = """<PubmedArticle><MedlineCitation Status="PubMed-not-MEDLINE"><PMID Version="1">41</PMID>
<DateRevised><Year>2026</Year><Month>11</Month><Day>20</Day></DateRevised><Article>
<Journal><ISSN IssnType="Electronic">1234-567X</ISSN><JournalIssue><PubDate><MedlineDate>2026 Nov-Dec
</MedlineDate></PubDate></JournalIssue><Title>J</Title><ISOAbbreviation>J.</ISOAbbreviation></Journal>
<ArticleTitle>[A <i>TP53</i> study].</ArticleTitle><ELocationID EIdType="doi" ValidYN="Y">10.1000/a
</ELocationID><Abstract><AbstractText Label="AIM">To see.</AbstractText></Abstract><AuthorList>
<Author ValidYN="Y"><LastName>Roe</LastName><ForeName>A</ForeName><Identifier Source="ORCID">
0000-0002-1825-0097</Identifier></Author><Author><CollectiveName>G</CollectiveName></Author>
</AuthorList><Language>eng</Language><PublicationTypeList><PublicationType UI="D">Review
</PublicationType></PublicationTypeList><VernacularTitle>Ein Titel.</VernacularTitle><ArticleDate
DateType="Electronic"><Year>2026</Year><Month>11</Month><Day>2</Day></ArticleDate></Article>
<CommentsCorrectionsList><CommentsCorrections RefType="ErratumIn"><RefSource>J. 2026;</RefSource>
<PMID Version="1">42</PMID></CommentsCorrections></CommentsCorrectionsList><MeshHeadingList>
<MeshHeading><DescriptorName>Mice</DescriptorName></MeshHeading></MeshHeadingList></MedlineCitation>
<PubmedData><History><PubMedPubDate PubStatus="entrez"><Year>2026</Year><Month>11</Month><Day>3</Day>
</PubMedPubDate></History><ArticleIdList><ArticleId IdType="pubmed">41</ArticleId></ArticleIdList>
</PubmedData></PubmedArticle>"""
JATS = """<article xml:lang="en" article-type="research-article"><front><journal-meta>
<journal-id journal-id-type="nlm-ta">J</journal-id><issn pub-type="epub">1234-567X</issn>
</journal-meta><article-meta><article-id pub-id-type="pmcid">PMC5</article-id><article-categories>
<subj-group><subject>Article</subject></subj-group></article-categories><title-group><article-title>
A study<xref ref-type="fn">*</xref></article-title></title-group><contrib-group><contrib
contrib-type="author"><name><surname>Roe</surname><given-names>A</given-names></name></contrib>
<contrib contrib-type="author"><collab>G</collab></contrib></contrib-group><pub-date pub-type="epub">
<day>2</day><month>11</month><year>2026</year></pub-date><abstract><sec><title>Aim</title><p>To see.
</p></sec></abstract><kwd-group><kwd>CAF</kwd></kwd-group><permissions><license><license-p>Free
</license-p></license></permissions><related-article related-article-type="preprint"
ext-link-type="doi">10.1101/000001</related-article></article-meta></front></article>"""
ATOM = """<entry xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://arxiv.org/schemas/atom">
<id>http://arxiv.org/abs/2611.00001v2</id><title>On $x^2$ cells</title><summary>This. \\'e</summary>
<published>2026-11-01T00:00:00Z</published><updated>2026-11-05T00:00:00Z</updated><author><name>A. Roe
</name></author><x:comment>5 pages</x:comment><x:doi>10.1000/j</x:doi><x:journal_ref>J 1</x:journal_ref>
<x:primary_category term="q-bio.TO"/><category term="q-bio.TO"/></entry>"""
OAI = """<record><header><identifier>oai:arXiv.org:2611.00001</identifier><datestamp>2026-11-20
</datestamp></header><metadata><arXivRaw><id>2611.00001</id><version version="v1"><date>Sun, 1 Nov
2026 10:00:00 GMT</date></version><version version="v2"/><title>Cells</title><authors>A. Roe (1), B.
Poe ((1) Univ)</authors><categories>q-bio.TO</categories><license>http://x/</license><abstract>This.
</abstract></arXivRaw></metadata></record>"""
DUBLIN_CORE = """<Description about="https://europepmc.org/abstract/MED/41"><title>A study</title>
<creator>Roe A</creator><identifier>https://europepmc.org/abstract/MED/41</identifier><date>2026</date>
<source>J</source><description>To see.</description><type>Journal Article</type></Description>"""
EUROPEPMC: dict[str, Any] = {
    "id": "41", "source": "MED", "pmid": "41", "doi": "10.1000/a", "title": "A study.",
    "authorString": "Roe A, G.", "abstractText": "<h4>Aim</h4>To see.", "isOpenAccess": "Y",
    "authorList": {"author": [{"firstName": "A", "lastName": "Roe", "authorId":
        {"type": "ORCID", "value": "0000-0002-1825-0097"}}, {"collectiveName": "G"}]},
    "journalInfo": {"journal": {"title": "J", "issn": "1234-567X"}, "yearOfPublication": 2026},
    "pubTypeList": {"pubType": ["research-article"]}, "firstPublicationDate": "2026-11-02",
    "firstIndexDate": "2026-11-03", "keywordList": {"keyword": ["CAF"]}, "license": "cc by",
    "commentCorrectionList": {"commentCorrection": [{"id": "42", "source": "MED",
        "type": "Erratum in", "reference": "J"}]},
    "fullTextUrlList": {"fullTextUrl": [{"url": "https://x.org/a.pdf", "documentStyle": "pdf"}]},
}  # fmt: skip
CROSSREF: dict[str, Any] = {
    "DOI": "10.1000/A", "type": "journal-article", "title": ["A study"], "subtitle": ["of it"],
    "author": [{"family": "Roe", "given": "A", "ORCID": "http://orcid.org/0000-0002-1825-0097"}],
    "container-title": ["J"], "ISSN": ["1234-567X"], "issued": {"date-parts": [[2026, 11, 2]]},
    "created": {"date-time": "2026-11-03T00:00:00Z", "date-parts": [[2026, 11, 3]]},
    "abstract": "<jats:p>To see.</jats:p>", "license": [{"URL": "http://x/", "start": {}}],
    "relation": {"has-preprint": [{"id-type": "doi", "id": "10.1101/000001"}]},
    "update-to": [{"DOI": "10.1000/b", "type": "erratum", "label": "Erratum"}],
    "updated-by": [{"DOI": "10.1000/c", "type": "retraction", "label": "Retraction"}],
    "link": [{"URL": "https://x.org/a.pdf", "content-type": "application/pdf"}],
    "resource": {"primary": {"URL": "https://x.org/a"}}, "institution": [{"name": "S"}],
}  # fmt: skip
OPENALEX: dict[str, Any] = {
    "id": "https://openalex.org/W1", "doi": "https://doi.org/10.1000/a", "title": "A study",
    "ids": {"pmid": "https://pubmed.ncbi.nlm.nih.gov/41"}, "publication_date": "2026-11-02",
    "abstract_inverted_index": {"To": [0], "see.": [1]}, "is_retracted": False, "type": "article",
    "authorships": [{"author": {"display_name": "A Roe", "orcid": None}}],
    "primary_location": {"source": {"display_name": "J", "issn_l": "1234-567X"}, "pdf_url": None},
    "locations": [{"landing_page_url": "https://x.org/a", "version": "submittedVersion"}],
    "created_date": "2026-11-03", "updated_date": "2026-11-04", "keywords": [{"display_name": "c"}],
}  # fmt: skip
DATACITE: dict[str, Any] = {
    "id": "10.48550/arxiv.2611.00001", "type": "dois", "attributes": {
        "doi": "10.48550/arxiv.2611.00001", "titles": [{"title": "Cells"}], "version": "1",
        "creators": [{"name": "Roe, A", "givenName": "A", "familyName": "Roe"}],
        "descriptions": [{"description": "This.", "descriptionType": "Abstract"}],
        "dates": [{"date": "2026-11", "dateType": "Issued"}], "publisher": "arXiv",
        "types": {"resourceTypeGeneral": "Preprint"}, "subjects": [{"subject": "q-bio"}],
        "relatedIdentifiers": [{"relatedIdentifier": "10.1000/a", "relationType": "IsVersionOf",
            "relatedIdentifierType": "DOI"}], "rightsList": [{"rightsIdentifier": "cc-by-4.0"}]},
}  # fmt: skip
BIORXIV: dict[str, Any] = {
    "doi": "10.64898/2026.11.02.000001", "title": "A study", "authors": "Roe, A. B.; Poe, C.",
    "date": "2026-11-02", "version": "2", "type": "new results", "license": "cc_by",
    "category": "cancer biology", "abstract": "O_ST_ABSAimC_ST_ABSTo see {beta}.",
    "published": "10.1000/a", "server": "bioRxiv", "jatsxml": "x",
}  # fmt: skip
BIORXIV_PUB: dict[str, Any] = {
    "preprint_doi": "10.1101/000001", "published_doi": "10.1000/a", "preprint_title": "A study",
    "preprint_authors": "Roe, A.", "preprint_date": "2026-11-02", "published_date": "2026-11-03",
    "preprint_platform": "bioRxiv", "published_journal": "J", "preprint_abstract": "To see.",
    "preprint_category": "cancer biology",
}  # fmt: skip
FEED: dict[str, Any] = {
    "id": "doi:10.1000/a", "link": "https://x.org/a", "title": "A study", "summary": "<p>See.</p>",
    "authors": ["Roe, A."], "published": "Mon, 02 Nov 2026 00:00:00 GMT", "prism_doi": "10.1000/a",
    "tags": ["CAF"], "feed": {"title": "J: Table of Contents"}, "links": ["https://x.org/a.pdf"],
}  # fmt: skip
ESUMMARY = """<DocSum><Id>41</Id><Item Name="PubDate" Type="Date">2026 Nov-Dec</Item><Item
Name="EPubDate" Type="Date">2026 Nov 2</Item><Item Name="Source" Type="String">J</Item><Item
Name="AuthorList" Type="List"><Item Name="Author" Type="String">Roe A</Item><Item
Name="CollectiveName" Type="String">G</Item></Item><Item Name="LangList" Type="List"><Item
Name="Lang" Type="String">English</Item></Item><Item Name="Title" Type="String">[A study].</Item>
<Item Name="PubTypeList" Type="List"><Item Name="PubType" Type="String">Review</Item></Item><Item
Name="ArticleIds" Type="List"><Item Name="doi" Type="String">10.1000/a</Item></Item><Item
Name="History" Type="List"><Item Name="entrez" Type="Date">2026/11/03 00:00</Item></Item></DocSum>"""
MEDLINE = """PMID- 41
TI  - [A study].
      It goes on.
DP  - 2026 Nov-Dec
AB  - AIM: To see. RESULTS: Seen.
FAU - Roe, A
AUID- ORCID: 0000-0002-1825-0097
CN  - G
OAB - Publisher: Abstract.
LID - 10.1000/a [doi]
EIN - J. 2026. PMID: 42
PT  - Review
"""
RIS = """TY  - JOUR
TI  - A study
AU  - Roe, A.
AU  - The Group,
PY  - 2026/11/02/
JO  - J
DO  - 10.1000/a
SN  - 1234-567X
KW  - CAF; stroma
AB  - To see.
ER  - 
"""  # noqa: W291 - RIS wants the blank
BIBTEX = """@string{jj = {Journal}}
@article{key, title = {A {TP53} study of $x^2$ \\'e}, author = {van Roe, Jr., A. and {The Group} and
others}, journal = jj # { B}, year = 2026, month = nov, day = {2}, doi = {10.1000/a}, keywords = {a, b}}
"""

TEXTS: dict[str, tuple[str, str, str]] = {
    "pubmed-xml": ("pubmed", "41", PUBMED),
    "jats": ("pmc", "PMC5", JATS),
    "arxiv-atom": ("arxiv", "2611.00001", ATOM),
    "arxiv-oai": ("arxiv", "2611.00001", OAI),
    "europepmc-dc": ("europepmc", "MED/41", DUBLIN_CORE),
    "pubmed-esummary": ("pubmed", "41", ESUMMARY),
    "medline": ("pubmed", "41", MEDLINE),
    "ris": ("ris", "10.1000/a", RIS),
    "bibtex": ("bibtex", "10.1000/a", BIBTEX),
}
VALUES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "europepmc-json": ("europepmc", "MED/41", EUROPEPMC),
    "crossref-json": ("crossref", "10.1000/a", CROSSREF),
    "openalex-json": ("openalex", "W1", OPENALEX),
    "datacite-json": ("datacite", "10.48550/arxiv.2611.00001", DATACITE),
    "biorxiv-json": ("biorxiv", "10.64898/2026.11.02.000001", BIORXIV),
    "biorxiv-pub-json": ("biorxiv", "10.1101/000001", BIORXIV_PUB),
    "feed-json": ("rss", "a", FEED),
}

ODD_TEXTS = (
    "", " ", "\x00", "0", "-1", "9" * 5000, "2026-99-99", "10.1000/", "<p>", "&lt;&amp;lt;",
    "\ud800", "ａ２０２６", ",", ";", "NA", "]]>", "<" * 500, "(" * 500, "{\\", "$", "[", "[].",
    "Retracted:", "Correction:", "et al.", "A" * 3000,
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1e308, float("nan"), [], {}, [None], [[]], [[[]]], {"a": None},
    [[None, None]], {"date-parts": [[None]]}, {"type": [], "id": {}}, [["a"]], *ODD_TEXTS,
)  # fmt: skip


DAY = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")


def the_paper(kind: str, source: str, key: str, payload: bytes) -> Paper | None:
    """The paper, None for a ParseError; anything else fails the test that calls."""
    try:
        paper = normalise(Record(source, key, "2", kind, payload))
    except ParseError:
        return None
    assert isinstance(paper, Paper)
    for day in (paper.published, paper.entered, paper.revised):
        assert day is None or DAY.fullmatch(day), day
    for words in texts_in(astuple(paper)):
        assert words.isascii() or words.encode("utf-8")
        assert "\x00" not in words
    return paper


def texts_in(value: object) -> Iterator[str]:
    """Every text of a paper, which must be one that a database can hold."""
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, (tuple, list, frozenset)):
        for part in value:
            yield from texts_in(part)


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_the_unharmed_text_is_a_paper(kind: str) -> None:
    """Else the mutations below would prove nothing."""
    source, key, text = TEXTS[kind]
    paper = the_paper(kind, source, key, text.encode())
    assert paper is not None
    assert paper.title
    assert paper.authors


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_the_unharmed_value_is_a_paper(kind: str) -> None:
    source, key, value = VALUES[kind]
    paper = the_paper(kind, source, key, dumped(value))
    assert paper is not None
    assert paper.title
    assert paper.authors


@pytest.mark.parametrize("kind", sorted(TEXTS))
@given(data=st.data())
def test_a_text_with_a_piece_cut_out_or_doubled_is_a_paper_or_refused(
    kind: str, data: st.DataObject
) -> None:
    source, key, text = TEXTS[kind]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    middle = data.draw(st.sampled_from(("", text[start:end] * 2, *ODD_TEXTS)))
    harmed = f"{text[:start]}{middle}{text[end:]}"
    the_paper(kind, source, key, harmed.encode("utf-8", "replace"))


@pytest.mark.parametrize("kind", sorted(set(TEXTS) - {"medline", "ris", "bibtex"}))
@given(data=st.data())
def test_well_formed_xml_that_lost_or_changed_an_element_is_a_paper_or_refused(
    kind: str, data: st.DataObject
) -> None:
    """Cuts break XML nearly always; these mutations get past the parser."""
    source, key, text = TEXTS[kind]
    pieces = re.split(r"(>[^<>]+</)", text)
    place = data.draw(st.sampled_from(range(1, len(pieces), 2)))
    odd = data.draw(
        st.sampled_from(("", " ", "9" * 5000, "2026-99-99", "<x/>", "&#160;", "[", ","))
    )
    pieces[place] = f">{odd}</"
    name = data.draw(st.sampled_from(sorted(set(re.findall(r"<([\w:-]+)", text)))))
    swapped = re.sub(rf"(</?){name}(?=[\s/>])", r"\1other", "".join(pieces))
    the_paper(kind, source, key, data.draw(st.sampled_from((swapped, "".join(pieces)))).encode())


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all that a JSON value holds."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    below = [p for name, part in inner for p in places(part, (*path, name))]
    return [path, *below] if path else below


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    """A copy of the value with `new` at `path`."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("odd", ODD_VALUES, ids=lambda odd: repr(odd)[:20])
@pytest.mark.parametrize("kind", sorted(VALUES))
def test_a_json_value_of_another_type_than_expected_is_a_paper_or_refused(
    kind: str, odd: object
) -> None:
    source, key, value = VALUES[kind]
    for path in places(value):
        the_paper(kind, source, key, dumped(replaced(value, path, odd)))


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_a_json_record_without_one_of_its_fields_is_a_paper_or_refused(kind: str) -> None:
    source, key, value = VALUES[kind]
    for name in value:
        rest = {other: part for other, part in value.items() if other != name}
        the_paper(kind, source, key, dumped(rest))


@pytest.mark.parametrize("kind", sorted({**TEXTS, **VALUES}))
@pytest.mark.parametrize(
    "payload",
    [b"", b"\x00", b"\xff\xfe", b"[]", b"null", b"{}", b"<x/>", b"<!DOCTYPE html><html></html>",
     b"[" * 20_000, b"{" * 20_000, b"<a>" * 20_000, b"\x1f\x8b\x08", b"TY  - \nER  - \n", b"@", b"@a{"],
    ids=lambda payload: repr(payload)[2:14],
)  # fmt: skip
def test_a_payload_that_is_something_else_is_refused(kind: str, payload: bytes) -> None:
    source, key, _ = (TEXTS | VALUES)[kind]
    paper = the_paper(kind, source, key, payload)
    assert paper is None or not paper.title


ENTITIES = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c SYSTEM "file:///etc/hostname">]>"""


@pytest.mark.parametrize("entity", [b"&b;", b"&c;"])
@pytest.mark.parametrize("kind", ["pubmed-xml", "jats", "arxiv-atom", "arxiv-oai"])
def test_a_declared_entity_is_never_resolved(kind: str, entity: bytes) -> None:
    source, key, text = TEXTS[kind]
    harmed = ENTITIES + text.encode().replace(b"study", entity).replace(b"ells", entity)
    assert entity in harmed
    paper = the_paper(kind, source, key, harmed)
    assert paper is None or "aaaa" not in repr(paper)
    assert paper is None or "localhost" not in paper.title
