"""What the simulated preprint servers reply is built like what the real ones were seen to reply."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from tests.upstreams import life
from tests.upstreams.arxiv import Arxiv
from tests.upstreams.biorxiv import Biorxiv
from tests.upstreams.likeness import LOOKS, all_there, same_build
from tests.upstreams.moods import alternating

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.upstreams.serving import Answer, Upstream

pytestmark = pytest.mark.captures

WORLD = life.world(3, days=120)
NOW = WORLD.start + timedelta(days=110)
FIRST, LAST = WORLD.begin, NOW.date()


@pytest.fixture
def captures(shared: Path) -> Path:
    return shared / "captures"


def ask(upstream: Upstream, path: str, **query: str) -> Answer:
    return upstream.answer("GET", path, query, {}, b"", NOW)


def told(upstream: Upstream, path: str, **query: str) -> Any:
    return json.loads(ask(upstream, path, **query).body)


# -- bioRxiv ----------------------------------------------------------------------------------------


def rows(server: str) -> list[dict[str, Any]]:
    upstream, found = Biorxiv(WORLD), []
    for offset in range(110):
        day = FIRST + timedelta(days=offset)
        found += told(upstream, f"/details/{server}/{day}/{day}/0/json")["collection"]
    return found


@pytest.mark.parametrize("server", ["biorxiv", "medrxiv"])
def test_a_version_is_built_like_a_real_one(captures: Path, server: str) -> None:
    names = ("details_interval_2024_page0", "details_2026-07_trimmed", "details_doi_two_versions")
    real = [
        row
        for name in names
        for row in json.loads((captures / f"biorxiv/{name}.json").read_bytes())["collection"]
    ]
    simulated = rows(server)
    assert len(simulated) > 100
    same_build(simulated, real)
    all_there(simulated, real)
    assert {type(row["funder"]) for row in simulated} == {str, list}
    withdrawn = [row["title"] for row in [*real, *simulated] if row["type"] == "withdrawn"]
    assert all(title.startswith("WITHDRAWN: ") for title in withdrawn)
    assert len(withdrawn) > 2


def test_a_page_of_an_interval_says_what_a_real_one_says(captures: Path) -> None:
    real = json.loads((captures / "biorxiv/details_interval_2024_page0.json").read_bytes())
    simulated = told(Biorxiv(WORLD), f"/details/biorxiv/{FIRST}/{LAST}/0/json")
    assert len(simulated["collection"]) == len(real["collection"]) == 100
    assert simulated.keys() == real.keys()
    assert [*simulated["messages"][0]] == [*real["messages"][0]]
    same_build(simulated["messages"], real["messages"])


def test_all_versions_of_a_preprint_come_without_counts(captures: Path) -> None:
    real = json.loads((captures / "biorxiv/details_doi_two_versions.json").read_bytes())
    twice = next(row["doi"] for row in rows("biorxiv") if row["version"] == "2")
    simulated = told(Biorxiv(WORLD), f"/details/biorxiv/{twice}/na/json")
    assert simulated["messages"] == real["messages"]
    assert [row["version"] for row in simulated["collection"]][:2] == ["1", "2"]


def test_slashes_are_escaped_as_they_are_there(captures: Path) -> None:
    real = (captures / "biorxiv/details_interval_2024_page0.json").read_bytes()
    simulated = ask(Biorxiv(WORLD), f"/details/biorxiv/{FIRST}/{LAST}/0/json").body
    for body in (real, simulated):
        assert not re.search(rb"(?<!\\)/", body)


def test_a_link_to_a_journal_is_built_like_a_real_one(captures: Path) -> None:
    real = json.loads((captures / "biorxiv/pubs_interval_page0.json").read_bytes())
    simulated = told(Biorxiv(WORLD), f"/pubs/biorxiv/{FIRST}/{LAST}/0")
    assert [*simulated["messages"][0]] == [*real["messages"][0]]
    same_build(simulated["messages"], real["messages"])
    assert simulated["collection"]
    for row in simulated["collection"]:
        assert [*row] == [*real["collection"][0]]
    same_build(simulated["collection"], real["collection"])


def test_nothing_found_and_a_database_that_is_down_read_as_quoted(captures: Path) -> None:
    quoted = json.loads((captures / "quoted_errors/biorxiv_no_articles_found.json").read_bytes())
    nobody = told(Biorxiv(WORLD), "/details/biorxiv/10.5555/nobody/na/json")
    assert nobody == quoted
    beyond = told(Biorxiv(WORLD), f"/details/biorxiv/{FIRST}/{LAST}/9999/json")
    assert [*beyond["messages"][0]] == [*quoted["messages"][0]]
    assert beyond["collection"] == []
    down = ask(Biorxiv(WORLD, mood=alternating(down=(1, 1))), "/details/biorxiv/1/2/0/json")
    assert down.status == 200
    assert down.body == (captures / "quoted_errors/biorxiv_mysql_down.txt").read_bytes()


# -- arXiv ------------------------------------------------------------------------------------------


def elements(root: etree._Element, here: str = "") -> Iterable[tuple[str, etree._Element]]:
    """Every element by its path, namespaces and all."""
    place = f"{here}/{root.tag}"
    yield place, root
    for child in root.iterchildren(etree.Element):
        yield from elements(child, place)


def same_elements(simulated: list[etree._Element], real: list[etree._Element]) -> None:
    """No simulated item has an element or an attribute that no real one has, nor another look."""
    known, looks = defaultdict(set), defaultdict(list)
    for item in real:
        for place, element in elements(item):
            known[place] |= set(element.attrib)
            looks[place].append((element.text or "").strip())
    for item in simulated:
        for place, element in elements(item):
            assert place in known, place
            assert set(element.attrib) <= known[place], f"{place}: {set(element.attrib)}"
            for name, look in LOOKS.items():
                if all(look.fullmatch(text) for text in looks[place]):
                    assert look.fullmatch((element.text or "").strip()), f"{place} is no {name}"
    missing = set.intersection(*({place for place, _ in elements(item)} for item in real))
    for item in simulated:
        assert missing <= {place for place, _ in elements(item)}, missing


RAW = "{http://arxiv.org/OAI/arXivRaw/}"
OAI = "{http://www.openarchives.org/OAI/2.0/}"


def root_of(file: Path) -> etree._Element:
    return etree.fromstring(file.read_bytes())


def records(root: etree._Element) -> list[etree._Element]:
    found = list(root.iter(f"{OAI}record"))
    assert found
    return found


def listing(form: str, page: int = 40) -> etree._Element:
    asked = {"verb": "ListRecords", "set": "q-bio", "metadataPrefix": form, "from": str(FIRST)}
    return etree.fromstring(ask(Arxiv(WORLD, page=page), "/oai", **asked).body)


def test_a_listed_record_is_built_like_a_real_one(captures: Path) -> None:
    real = root_of(captures / "arxiv/oai_listrecords_new_endpoint_2026.xml")
    older = root_of(captures / "arxiv/oai_sample_arxiv_record.xml")
    simulated = listing("arXiv")
    same_elements(records(simulated), [*records(real), *records(older)])
    spec = re.compile(r"([\w-]+):\1:[\w-]+")
    for root in (real, simulated):
        sets = [e.text for e in root.iter(f"{OAI}setSpec")]
        assert sets
        assert all(spec.fullmatch(text or "") for text in sets)


def test_a_raw_record_is_built_like_a_real_one(captures: Path) -> None:
    real = root_of(captures / "arxiv/oai_arxivraw_1810.09584.xml")
    bare = root_of(captures / "arxiv/oai_arxivraw_1810.09584.xml")
    for element in list(bare.iter(f"{RAW}journal-ref", f"{RAW}doi")):  # not every preprint has one
        element.getparent().remove(element)
    simulated = records(listing("arXivRaw"))
    same_elements(simulated, [*records(real), *records(bare)])
    date = re.compile(r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d GMT")
    for root in (real, *simulated):
        assert all(date.fullmatch(element.text or "") for element in root.iter(f"{RAW}date"))


def test_a_list_is_wrapped_like_a_real_one_and_its_token_is_encoded_once(captures: Path) -> None:
    real = root_of(captures / "arxiv/oai_listrecords_new_endpoint_2026.xml")
    simulated = listing("arXiv")
    assert simulated.nsmap == real.nsmap
    assert dict(simulated.attrib).keys() == dict(real.attrib).keys()
    assert [e.tag for e in simulated] == [e.tag for e in real]
    tokens = [next(r.iter(f"{OAI}resumptionToken")) for r in (real, simulated)]
    assert [set(token.attrib) for token in tokens] == [{"expirationDate"}] * 2
    form = re.compile(r"verb%3DListRecords(%26\w+%3D[\w-]+)+%26skip%3D\d+")
    assert all(form.fullmatch(token.text or "") for token in tokens)
    assert {e.tag for e in simulated[2]} == {e.tag for e in real[2]}


def test_the_last_page_has_no_token_element() -> None:
    whole = listing("arXiv", page=10_000)
    assert list(whole.iter(f"{OAI}resumptionToken")) == []


def search(**asked: str) -> etree._Element:
    return etree.fromstring(ask(Arxiv(WORLD), "/api/query", **asked).body)


def test_a_search_page_is_built_like_a_real_one(captures: Path) -> None:
    files = ("api_page_start0", "api_page_start10", "api_page_start20", "api_versioned_v1")
    real = [root_of(captures / f"arxiv/{name}.xml") for name in files]
    asked = {"sortBy": "lastUpdatedDate", "sortOrder": "descending", "max_results": "100"}
    simulated = search(search_query="all:tumour OR all:cancer", **asked)
    entries = [e for root in real for e in root if etree.QName(e).localname == "entry"]
    ours = [e for e in simulated if etree.QName(e).localname == "entry"]
    assert len(ours) == 100
    same_elements(ours, entries)
    heads = [
        [e.tag for e in root if etree.QName(e).localname != "entry"] for root in (*real, simulated)
    ]
    assert heads[-1] == heads[0]
    assert simulated.nsmap == real[0].nsmap
    title = re.compile(r"arXiv Query: search_query=.*&id_list=.*&start=\d+&max_results=\d+")
    for root in (*real, simulated):
        assert title.fullmatch(root.findtext("{http://www.w3.org/2005/Atom}title") or "")


def test_an_unknown_id_gives_an_empty_feed_as_there(captures: Path) -> None:
    real = root_of(captures / "arxiv/api_empty_unknown_id.xml")
    simulated = search(search_query="", id_list="0000.0000", max_results="100")
    assert [e.tag for e in simulated] == [e.tag for e in real]
    counts = [
        [e.text for e in r if "opensearch" in str(e.nsmap[e.prefix])]
        for r in (real, simulated)
        if r.prefix is None
    ]
    assert counts[0] == counts[1]
    assert simulated[1].text == real[1].text


def test_an_error_is_the_same_feed_of_one_entry(captures: Path) -> None:
    real = root_of(captures / "arxiv/api_error_http400.xml")
    answer = ask(Arxiv(WORLD), "/api/query", id_list="abc")
    simulated = etree.fromstring(answer.body)
    assert answer.status == 400
    assert [p for p, _ in elements(simulated)] == [p for p, _ in elements(real)]
    same_elements([simulated], [real])
    moment = LOOKS["moment"]
    texts = [
        [t.strip() for t in root.itertext() if t.strip() and not moment.fullmatch(t.strip())]
        for root in (real, simulated)
    ]
    assert texts[0] == texts[1]


def test_too_fast_reads_as_quoted(captures: Path) -> None:
    answer = ask(Arxiv(WORLD, mood=alternating(throttled=(1, 1))), "/oai")
    assert answer.status == 429
    assert answer.body == (captures / "quoted_errors/arxiv_429.txt").read_bytes()
