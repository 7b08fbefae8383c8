"""What the simulated E-utilities reply is built like what the real ones were seen to reply."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from lxml import etree

from service import safe_xml
from service.normalisation import normalise
from service.records import Paper
from service.sources import pmc_payload, pubmed_payload
from tests.upstreams import life
from tests.upstreams.eutils import Eutils
from tests.upstreams.faults import plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.records import Page
    from tests.upstreams.serving import Answer

pytestmark = pytest.mark.captures

WORLD = life.world(3, days=120)
NOW = WORLD.start + timedelta(days=110)
YEAR = '"2026/01/01"[{0}] : "2027/12/31"[{0}]'
READ = {"pubmed": pubmed_payload.read, "pmc": pmc_payload.read}
DATE = {"pubmed": "crdt", "pmc": "pmclivedate"}
# Records of all shapes; what no record of theirs has, none of ours may have.
PUBMED = ("efetch_2026_3records", "mined_retracted_publication", "mined_erratum_in",
          "mined_erratum_for", "mined_preprint_type", "mined_expression_of_concern",
          "mined_retraction_notice", "mined_update_of_preprint", "efetch_38147649",
          "efetch_38118002")  # fmt: skip
PMC = ("efetch_pmc_3articles_2026",)


@pytest.fixture
def captures(shared: Path) -> Path:
    return shared / "captures"


def ask(tool: str, upstream: Eutils | None = None, **values: str) -> Answer:
    body = urlencode(values).encode()
    return (upstream or Eutils(WORLD)).answer("POST", f"/{tool}.fcgi", {}, {}, body, NOW)


def found(answer: Answer) -> dict[str, Any]:
    return dict(json.loads(answer.body)["esearchresult"])


def every_record(database: str) -> bytes:
    ids = found(ask("esearch", db=database, term=f"({YEAR.format(DATE[database])})", retmax="9999"))
    return ask("efetch", db=database, id=",".join(ids["idlist"]), retmode="xml").body


# -- searches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("database", "file"),
    [("pubmed", "pubmed/esearch_2026.json"), ("pmc", "pmc/esearch_pmc_2026.json")],
)
def test_a_search_has_the_names_and_types_of_a_real_one(
    captures: Path, database: str, file: str
) -> None:
    real = json.loads((captures / file).read_bytes())
    term = f"({YEAR.format(DATE[database])})"
    answer = ask("esearch", db=database, term=term, retmode="json", retmax="3")
    simulated = json.loads(answer.body)
    assert simulated["header"] == real["header"]
    ours, theirs = simulated["esearchresult"], real["esearchresult"]
    assert list(ours) == list(theirs), "the same names in the same order"
    assert {n: type(v) for n, v in ours.items()} == {n: type(v) for n, v in theirs.items()}
    assert all(re.fullmatch(r"\d+", each) for each in [*ours["idlist"], *theirs["idlist"]])
    assert int(ours["count"]) > len(ours["idlist"]) == int(ours["retmax"]) == 3
    assert shape(READ[database](answer.body)) == shape(
        READ[database]((captures / file).read_bytes())
    )


def shape(page: Page) -> tuple[Any, ...]:
    """What of a page is there, whatever it says."""
    return bool(page.ids), page.stated is not None, bool(page.translation), page.next, page.records


def test_the_history_server_is_named_as_in_a_real_search(captures: Path) -> None:
    real = safe_xml.parse((captures / "pubmed/esearch_usehistory_webenv.xml").read_bytes())
    ours = found(ask("esearch", db="pubmed", term=f"({YEAR.format('crdt')})", usehistory="y"))
    assert ours["querykey"] == real.findtext("QueryKey")
    for webenv in (ours["webenv"], real.findtext("WebEnv")):
        assert re.fullmatch(r"MCID_[0-9a-f]{24}", webenv or "")


def test_an_unknown_field_is_told_in_a_list_and_dropped_as_an_unknown_phrase_is(
    captures: Path,
) -> None:
    real = pubmed_payload.read((captures / "pubmed/esearch_phrase_not_found.xml").read_bytes())
    body = ask("esearch", db="pubmed", term=f"x[nofield] AND ({YEAR.format('crdt')})").body
    assert pubmed_payload.dropped_terms(real)
    assert pubmed_payload.dropped_terms(pubmed_payload.read(body))
    assert found(ask("esearch", db="pubmed", term="x[nofield]"))["count"] != "0"


def test_nothing_found_is_told_as_in_a_real_search(captures: Path) -> None:
    real = pubmed_payload.read((captures / "pubmed/esearch_phrase_not_found.xml").read_bytes())
    body = ask("esearch", db="pubmed", term='("1990/01/01"[crdt] : "1990/01/02"[crdt])').body
    ours = pubmed_payload.read(body)
    assert (ours.stated, ours.ids) == (real.stated, real.ids) == (0, ())
    told = "OutputMessage: No items found."
    assert told in ours.warnings
    assert told in real.warnings


def test_paging_past_the_cap_is_the_error_that_was_quoted(captures: Path) -> None:
    quoted = json.loads(
        (captures / "quoted_errors/ncbi_esearch_retstart_over_9998.json").read_bytes()
    )
    answer = ask("esearch", db="pubmed", term="tumour[tiab]", retstart="9999")
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):  # the live body has a raw line break
        json.loads(answer.body)
    ours = json.loads(answer.body, strict=False)
    assert ours.keys() == quoted.keys()
    assert ours["esearchresult"].keys() == quoted["esearchresult"].keys()
    assert quoted["esearchresult"]["ERROR"].startswith(ours["esearchresult"]["ERROR"])
    with pytest.raises(Exception, match="9,999"):
        pubmed_payload.read(answer.body)


@pytest.mark.parametrize("cap", [3, 5])
def test_a_search_gives_no_more_than_the_cap_and_does_not_say_so(cap: int) -> None:
    term = f"({YEAR.format('crdt')})"
    upstream = Eutils(WORLD, cap=cap)
    result = found(ask("esearch", upstream, db="pubmed", term=term, retmax="9999"))
    assert len(result["idlist"]) == cap < int(result["count"])
    last = found(
        ask("esearch", upstream, db="pubmed", term=term, retstart=str(cap - 1), retmax="9")
    )
    assert len(last["idlist"]) == 1
    assert "warninglist" not in last


# -- fetches ----------------------------------------------------------------------------------------


def places(element: etree._Element, here: str = "") -> Iterator[str]:
    """Every element and attribute of a record, by its path; Greek or bold inside a text aside."""
    path = f"{here}/{safe_xml.local_name(element)}"
    yield path
    for name in element.attrib:
        yield f"{path}@{etree.QName(name).localname}"
    for child in element:
        if isinstance(child.tag, str):
            yield from places(child, path)


def known(captures: Path, folder: str, names: tuple[str, ...]) -> set[str]:
    parts = (safe_xml.parse((captures / folder / f"{name}.xml").read_bytes()) for name in names)
    return {place for root in parts for record in root for place in places(record)}


@pytest.mark.parametrize(("database", "names"), [("pubmed", PUBMED), ("pmc", PMC)])
def test_a_record_has_no_place_that_a_real_one_has_not(
    captures: Path, database: str, names: tuple[str, ...]
) -> None:
    root = safe_xml.parse(every_record(database))
    simulated = {place for record in root for place in places(record)}
    assert len(root) > 100
    assert simulated - known(captures, database, names) == set()


def test_the_marks_of_preprints_corrections_and_retractions_are_the_real_ones(
    captures: Path,
) -> None:
    def said(body: bytes) -> tuple[set[str], set[tuple[str, str]]]:
        root = safe_xml.parse(body)
        references = {e.get("RefType", "") for e in root.iter("CommentsCorrections")}
        types = {(e.get("UI", ""), e.text or "") for e in root.iter("PublicationType")}
        return references, types

    theirs = [said((captures / "pubmed" / f"{name}.xml").read_bytes()) for name in PUBMED]
    references, types = said(every_record("pubmed"))
    assert references >= {"ErratumIn", "ErratumFor", "RetractionIn", "RetractionOf"}
    # No notice of concern is among the payloads; its names are those that PubMed documents.
    unseen = {"ExpressionOfConcernFor"}, {("D000075742", "Expression of Concern")}
    assert references - set().union(*(each[0] for each in theirs)) <= unseen[0]
    assert types - set().union(*(each[1] for each in theirs)) <= unseen[1]


@pytest.mark.parametrize("database", ["pubmed", "pmc"])
def test_every_record_is_understood_whole(database: str) -> None:
    page = READ[database](every_record(database))
    papers = [normalise(record) for record in page.records]
    assert len(papers) > 100
    for paper in papers:
        assert isinstance(paper, Paper)
        assert paper.title
        assert paper.authors
        assert paper.published
        assert paper.entered
        assert paper.ids.doi or paper.ids.pmid


def test_an_id_that_is_not_there_is_an_empty_set_as_it_was_seen(captures: Path) -> None:
    real = (captures / "pubmed/efetch_37909814.xml").read_bytes()
    ours = ask("efetch", db="pubmed", id="1").body
    assert ours.split(b"<PubmedArticleSet>")[0] == real.split(b"<PubmedArticleSet>")[0]
    assert pubmed_payload.read(ours) == pubmed_payload.read(real)


def test_a_text_that_may_not_be_given_is_left_out_with_the_quoted_comment(captures: Path) -> None:
    quoted = pmc_payload.read(
        (captures / "quoted_errors/pmc_efetch_not_oa_skeleton.xml").read_bytes()
    )
    ours = pmc_payload.read(every_record("pmc"))
    [reason] = {warning.partition(": ")[2] for warning in quoted.warnings}
    assert reason in {warning.partition(": ")[2] for warning in ours.warnings}
    assert 0 < len(ours.warnings) < len(ours.records)


def test_too_many_requests_are_refused_in_the_quoted_words(captures: Path) -> None:
    quoted = json.loads((captures / "quoted_errors/ncbi_429.json").read_bytes())
    faults = plan(1, WORLD.start, WORLD.end)
    answer = faults.spoil("ncbi", "throttled", ask("efetch", db="pubmed", id="1"), NOW)
    assert answer.status == 429
    assert json.loads(answer.body) == quoted
