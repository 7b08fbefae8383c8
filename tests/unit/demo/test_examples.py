"""The example payloads: how many, well-formed, fictional by every id, and labelled."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from itertools import chain

import pytest

from service.demo.server import example
from service.errors import InputError
from service.safe_xml import local_name, parse

XML_RECORDS = {
    "pubmed.xml": ("PubmedArticle", 28),
    "pmc.xml": ("article", 10),
    "arxiv_oai.xml": ("record", 5),
    "arxiv_api.xml": ("entry", 5),
    "feed.xml": ("item", 4),
    "feed.rdf": ("item", 3),
}
JSON_RECORDS = {"biorxiv.json": 16, "medrxiv.json": 7, "europepmc.json": 12}
FILES = (*XML_RECORDS, *JSON_RECORDS)
COUNTS = {name: number for name, (_, number) in XML_RECORDS.items()} | JSON_RECORDS
COUNTS["pubmed.xml"] += 1  # the chapter of a book
LABELS = {"stroma", "neutrophils", "near-miss", "off-topic"}


def _key() -> dict:
    return tomllib.loads(example("labels.toml").decode())


def _rows(name: str) -> list[dict]:
    value = json.loads(example(name))
    return value["resultList"]["result"] if name == "europepmc.json" else value["collection"]


def _keys(name: str) -> list[str]:
    """What labels.toml calls each record of a file: its DOI, or else source:id."""
    if name in JSON_RECORDS:
        return [row["doi"].lower() for row in _rows(name)]
    root = parse(example(name))
    if name == "pubmed.xml":
        return [_pubmed_key(child) for child in root if local_name(child)]
    if name == "pmc.xml":
        return [e.text for e in root.iterfind("article/front//article-id[@pub-id-type='doi']")]
    found = re.findall(
        rb"<dc:identifier>doi:(.*?)<|<id>http\S*abs/([\d.]+)v|arXiv\.org:([\d.]+)<", example(name)
    )
    return [doi.decode() if doi else f"arxiv:{(api or oai).decode()}" for doi, api, oai in found]


def _pubmed_key(article) -> str:
    doi = article.findtext("PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
    return doi or "pubmed:" + article.findtext(".//PMID")


@pytest.mark.parametrize("name", XML_RECORDS)
def test_an_xml_file_is_well_formed_and_holds_its_records(name):
    tag, number = XML_RECORDS[name]
    counted = Counter(local_name(element) for element in parse(example(name)).iter())
    assert counted[tag] == number


@pytest.mark.parametrize("name", JSON_RECORDS)
def test_a_json_file_holds_its_records(name):
    assert len(_rows(name)) == JSON_RECORDS[name]


def test_one_record_of_pubmed_is_a_chapter_of_a_book():
    assert parse(example("pubmed.xml")).findtext("PubmedBookArticle//PMID") == "99000026"


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_that_it_is_an_example(name):
    assert b"Example data: every record here is fictional" in example(name)[:700]


@pytest.mark.parametrize("name", FILES)
def test_every_doi_has_the_prefix_reserved_for_examples(name):
    dois = re.findall(r"\b10\.\d{4,9}/", example(name).decode())
    assert set(dois) == (set() if name == "arxiv_api.xml" else {"10.5555/"})


@pytest.mark.parametrize("name", FILES)
def test_every_other_id_is_out_of_the_range_in_use(name):
    text = example(name).decode()
    numbers = re.findall(r'(?:IdType="pubmed">|<PMID Version="1">|"pmid": ")(\d+)', text)
    numbers += re.findall(r"\b(?:PMC|PPR)(\d+)", text)
    numbers += re.findall(r"\b2611\.(\d+)", text)
    assert all(number.startswith("9") for number in numbers)
    assert all(number.startswith("990000") for number in numbers if len(number) > 5)


@pytest.mark.parametrize("name", FILES)
def test_every_record_has_a_label(name):
    keys = _keys(name)
    assert len(keys) == COUNTS[name]
    assert set(keys) <= set(_key()["labels"])


def test_every_label_is_of_a_record_and_one_of_the_four():
    key = _key()
    linked = set(chain.from_iterable(key["same"]))
    assert set(key["labels"]) == {k for name in FILES for k in _keys(name)} | linked
    assert set(key["labels"].values()) == LABELS


def test_the_works_are_mixed_as_a_week_of_literature_is():
    key = _key()
    second = {pair[1] for pair in key["same"]}
    works = Counter(label for name, label in key["labels"].items() if name not in second)
    assert works == {"stroma": 17, "neutrophils": 17, "near-miss": 14, "off-topic": 25}


def test_records_of_one_work_carry_one_label():
    key = _key()
    assert all(len({key["labels"][doi] for doi in works}) == 1 for works in key["same"])
    assert set(key["aside"]) <= set(key["labels"])


def test_most_abstracts_are_long_and_one_is_longer_than_an_encoder_reads():
    root = parse(example("pubmed.xml"))
    lengths = [
        len(" ".join("".join(e.itertext()) for e in a.iter("AbstractText")).split()) for a in root
    ]
    rows = [*_rows("biorxiv.json"), *_rows("medrxiv.json")]
    lengths += [len(row["abstract"].split()) for row in rows]
    assert max(lengths) > 450
    assert sum(120 <= length <= 260 for length in lengths) > len(lengths) * 0.75


def test_no_weekend_has_a_posting_of_biorxiv():
    days = {row["date"] for row in _rows("biorxiv.json")}
    assert not days & {"2026-11-07", "2026-11-08", "2026-11-14", "2026-11-15"}
    assert {f"2026-11-{day:02}" for day in range(9, 14)} <= days


def test_an_unknown_example_is_an_input_error():
    with pytest.raises(InputError, match=r"cats\.xml"):
        example("cats.xml")
