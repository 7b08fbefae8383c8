from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.deduplication import deduplicate
from service.normalisation import normalise
from service.records import Arrival, Paper, Record
from service.sources.importing import batches
from tests.bench import weekly_records
from tests.bench.weekly_records import FIRST_PMID, Changed

if TYPE_CHECKING:
    from pathlib import Path

ABSTRACT = (
    "Stromal cells of &lt;5 mm remodel the matrix, and <i>beta</i> &amp; gamma chains bind it."
)


def payload(number: int, title: str, author: str) -> bytes:
    return f"""<PubmedArticle>
  <MedlineCitation><PMID Version="1">{number}</PMID>
    <Article>
      <ArticleTitle>{title}</ArticleTitle>
      <ELocationID EIdType="doi" ValidYN="Y">10.5555/real.{number}</ELocationID>
      <Abstract><AbstractText>{ABSTRACT}</AbstractText></Abstract>
      <AuthorList CompleteYN="Y"><Author><LastName>{author}</LastName></Author></AuthorList>
    </Article>
    <CommentsCorrectionsList><CommentsCorrections RefType="UpdateOf">
      <PMID Version="1">77</PMID></CommentsCorrections></CommentsCorrectionsList>
  </MedlineCitation>
  <PubmedData><ArticleIdList><ArticleId IdType="pubmed">{number}</ArticleId>
    <ArticleId IdType="doi">10.5555/real.{number}</ArticleId>
    <ArticleId IdType="pmc">PMC{number}</ArticleId></ArticleIdList>
    <ReferenceList><Reference><ArticleIdList><ArticleId IdType="pubmed">99</ArticleId>
    </ArticleIdList></Reference></ReferenceList></PubmedData>
</PubmedArticle>""".encode()


REAL = (
    payload(1, "Stromal cells remodel the matrix around tumours of the breast", "Ahmed"),
    payload(2, "Neutrophils release their chromatin when vessels are inflamed", "Berger"),
)


def paper(raw: bytes) -> Paper:
    return normalise(Record("pubmed", "1", "1", "pubmed-xml", raw))


@pytest.fixture
def changed() -> bytes:
    return Changed(REAL).payload(REAL[0], 7)


def test_a_changed_record_has_identifiers_of_its_own(changed: bytes) -> None:
    ids = paper(changed).ids
    assert ids.pmid == str(FIRST_PMID + 7)
    assert ids.doi == f"10.5555/week.{FIRST_PMID + 7}"
    assert ids.pmcid == f"PMC{FIRST_PMID + 7}"


def test_a_changed_record_and_the_real_one_are_two_works(changed: bytes) -> None:
    plans = deduplicate([Arrival(paper(REAL[0])), Arrival(paper(changed))], [])
    assert len(plans) == 2
    assert paper(changed).title != paper(REAL[0]).title


def test_tags_and_entities_of_a_changed_text_stay(changed: bytes) -> None:
    for kept in (b"&lt;5", b"&amp;", b"<i>", b"</i>"):
        assert kept in changed
    assert len(paper(changed).abstract.split()) == len(paper(REAL[0]).abstract.split())


def test_what_a_changed_record_cites_stays_and_its_corrections_go(changed: bytes) -> None:
    assert b'<ArticleId IdType="pubmed">99</ArticleId>' in changed
    assert b">77<" not in changed


def test_the_same_seed_makes_the_same_records() -> None:
    one, other = (Changed(REAL).payload(REAL[1], 3) for _ in range(2))
    assert one == other


def test_a_title_of_a_few_words_is_changed_as_well() -> None:
    short = payload(3, "Matrix biology", "Chen")
    assert paper(Changed(REAL).payload(short, 1)).title != "Matrix biology"


def test_a_week_goes_on_with_changed_records_where_the_real_ones_end(tmp_path: Path) -> None:
    real, file = tmp_path / "real.xml.gz", tmp_path / "week.xml.gz"
    weekly_records.write(real, REAL)
    weekly_records.write(file, weekly_records.week(5, real))
    came = [record.source_id for batch in batches(file) for record in batch.records]
    assert came == ["1", "2", *(str(FIRST_PMID + number) for number in (1, 2, 3))]


def test_a_week_may_be_smaller_than_the_file(tmp_path: Path) -> None:
    weekly_records.write(tmp_path / "real.xml.gz", REAL)
    assert len(list(weekly_records.week(1, tmp_path / "real.xml.gz"))) == 1


def test_other_records_have_the_numbers_asked_for(tmp_path: Path) -> None:
    weekly_records.write(tmp_path / "real.xml.gz", REAL)
    others = weekly_records.others(3, 500, tmp_path / "real.xml.gz")
    assert [paper(raw).ids.pmid for raw in others] == [str(FIRST_PMID + n) for n in (500, 501, 502)]
