from __future__ import annotations

from service.normalisation import europepmc, jats
from service.records import Author, Identifiers, Kind, Record

EUROPE = """<rdf:Description xmlns:rdf="r" xmlns:dc="d" xmlns:dcterms="t"
 rdf:about="http://europepmc.org/abstract/MED/39709208"><dc:title>[Une étude].</dc:title>
<dc:creator>Lee, AB</dc:creator><dc:creator>The Group</dc:creator>
<dc:description>Published Erratum; correction</dc:description><dc:date>2025-12-01</dc:date>
<dc:identifier>https://doi.org/10.1016/S0140-6736(24)02716-8</dc:identifier>
<dc:language>fre</dc:language><dc:subject>Neoplasms</dc:subject>
<dcterms:bibliographicCitation>Lancet. 2025</dcterms:bibliographicCitation>
<dcterms:bibliographicCitation>&amp;ctx_ver=Z39&amp;rft.jtitle=Lancet%20%28London%29&amp;rft.stitle=Lancet
</dcterms:bibliographicCitation>
<dcterms:abstract>&lt;h4&gt;Aim&lt;/h4&gt;One.</dcterms:abstract>
<dcterms:isVersionOf>http://europepmc.org/articles/PMC12124214</dcterms:isVersionOf>
<dcterms:isPartOf>urn:ISSN:0140-673x</dcterms:isPartOf></rdf:Description>"""

PMC = """<oai_dc:dc xmlns:oai_dc="o" xmlns:dc="d"><dc:title>A study</dc:title>
<dc:creator>Sullivan, Kristina A</dc:creator><dc:subject>Research Article</dc:subject>
<dc:description>Background: all of it.</dc:description><dc:publisher>BioMed Central</dc:publisher>
<dc:date>2000</dc:date><dc:type>Text</dc:type><dc:language>en</dc:language>
<dc:identifier>https://pmc.ncbi.nlm.nih.gov/articles/PMC13900/</dc:identifier>
<dc:identifier>https://www.ncbi.nlm.nih.gov/pubmed/11250746</dc:identifier>
<dc:identifier>https://doi.org/10.1186/bcr272</dc:identifier></oai_dc:dc>"""


def test_europe_pmcs_description_is_the_publication_type() -> None:
    record = Record("europepmc", "MED/39709208", "", "europepmc-dc", EUROPE.encode())
    paper = europepmc.article(record)
    assert paper.title == "Une étude."
    assert paper.ids == Identifiers("10.1016/s0140-6736(24)02716-8", "39709208", "PMC12124214")
    assert (paper.kind, paper.types) == (Kind.ERRATUM, ("Published Erratum", "correction"))
    assert paper.abstract == "Aim: One."
    assert paper.authors == (Author("Lee", "AB"), Author(collective="The Group"))
    assert (paper.venue, paper.venue_short, paper.issn) == (
        "Lancet (London)",
        "Lancet",
        "0140-673X",
    )
    assert (paper.published, paper.keywords) == ("2025-12-01", ("Neoplasms",))
    assert paper.url == "https://europepmc.org/article/MED/39709208"


def test_pmcs_description_is_the_abstract() -> None:
    record = Record("pmc", "PMC13900", "", "europepmc-dc", PMC.encode())
    paper = europepmc.article(record)
    assert (paper.title, paper.kind, paper.types) == ("A study", Kind.ARTICLE, ())
    assert paper.abstract == "Background: all of it."
    assert paper.ids == Identifiers("10.1186/bcr272", "11250746", "PMC13900")
    assert (paper.venue, paper.published) == ("BioMed Central", "2000")
    assert paper.url == "https://pmc.ncbi.nlm.nih.gov/articles/PMC13900/"


def test_dublin_core_in_a_jats_record_is_read_as_well() -> None:
    assert jats.article(Record("pmc", "PMC13900", "", "jats", PMC.encode())).title == "A study"
