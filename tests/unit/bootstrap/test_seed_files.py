"""Seeds from files of every kind, and which listed papers are seeds themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.bootstrap.seed_files import document_topic, paper_seed, seed_test, seeds_topic
from service.errors import InputError, TopicError
from service.ranking.listed import ListedPaper
from service.records import Identifiers, Kind, Seed, Topic
from tests.factories import work

if TYPE_CHECKING:
    from pathlib import Path

REVIEW = """# Herons in reed

Birds · DOI: 10.5555/heron.1 · Wading Letters · 2026-01-02

## Key findings

- Herons nest late.

## Abstract

Reed shelters a colony.
"""
BIB = """@article{berg, title={Reed and heron}, author={Berg, Ane}, year={2026},
 journal={Wading Letters}, doi={10.5555/Reed.2}, abstract={Reed grows.}}
"""
RIS = "TY  - JOUR\nTI  - Chicks in spring\nAB  - Chicks grow.\nDO  - 10.5555/chick.3\nER  - \n"
NBIB = (
    "PMID- 31\nTI  - Feathers\nAB  - Feathers are light.\nDP  - 2026 Nov\nPT  - Journal Article\n"
)
FILES = {
    "review.md": REVIEW,
    "refs.bib": BIB,
    "refs.ris": RIS,
    "refs.nbib": NBIB,
    "papers.jsonl": json.dumps({"id": "a", "title": "Wading", "abstract": "Herons wade."}),
    "note.txt": "\ufeffHerons that wade.\n\nReed that sways.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def one(file: Path) -> Seed:
    [seed] = seeds_topic([file]).topic.seeds
    return seed


# -- each kind of file ----------------------------------------------------------------------------


def test_a_review_summary_is_a_review(folder: Path) -> None:
    seed = one(folder / "review.md")
    assert (seed.kind, seed.key, seed.title) == ("review", "review", "Herons in reed")
    assert seed.findings == ("Herons nest late.",)
    assert seed.ids.doi == "10.5555/heron.1"


@pytest.mark.parametrize(
    ("name", "key", "title", "abstract"),
    [
        ("refs.bib", "10.5555/reed.2", "Reed and heron", "Reed grows."),
        ("refs.ris", "10.5555/chick.3", "Chicks in spring", "Chicks grow."),
        ("refs.nbib", "31", "Feathers", "Feathers are light."),
        ("papers.jsonl", "a", "Wading", "Herons wade."),
    ],
)
def test_each_listed_or_cited_paper_is_a_seed(
    folder: Path, name: str, key: str, title: str, abstract: str
) -> None:
    seed = one(folder / name)
    assert (seed.kind, seed.key) == ("paper", key)
    assert (seed.title, seed.abstract) == (title, abstract)
    assert (seed.weight, seed.sign) == (1.0, 1)


def test_a_citation_keeps_its_facts(folder: Path) -> None:
    seed = one(folder / "refs.bib")
    assert seed.authors == ("Berg Ane",)
    assert (seed.venue, seed.published) == ("Wading Letters", "2026")
    assert seed.ids == Identifiers(doi="10.5555/reed.2")


def test_a_citation_that_says_so_is_a_review(tmp_path: Path) -> None:
    file = tmp_path / "one.nbib"
    file.write_text(NBIB.replace("Journal Article", "Systematic Review"))
    assert one(file).kind == "review"


def test_a_work_of_the_archive_is_a_seed_like_its_paper() -> None:
    shown = work(7, kind=Kind.REVIEW)
    seed = paper_seed(shown)
    assert (seed.key, seed.kind) == ("work-7", "review")
    assert (seed.title, seed.abstract, seed.authors) == (shown.title, shown.abstract, shown.authors)
    assert (seed.ids, seed.venue, seed.published) == (shown.ids, shown.venue, shown.published)
    assert seed.source_url == shown.url


def test_plain_text_is_a_seed_without_a_title(folder: Path) -> None:
    seed = one(folder / "note.txt")
    assert (seed.kind, seed.key, seed.title) == ("text", "note", "")
    assert seed.abstract == "Herons that wade.\n\nReed that sways."


@pytest.mark.parametrize("text", [RIS, NBIB], ids=["ris", "pubmed"])
def test_an_export_that_is_named_txt_is_read_as_citations(tmp_path: Path, text: str) -> None:
    file = tmp_path / "export.txt"
    file.write_text(text)
    assert one(file).kind == "paper"


# -- several --------------------------------------------------------------------------------------


def test_several_files_make_one_topic_named_by_the_first_title(folder: Path) -> None:
    names = ("note.txt", "refs.ris", "review.md", "papers.jsonl")
    topic = seeds_topic([folder / name for name in names]).topic
    assert (topic.slug, topic.name) == ("seeds", "Chicks in spring")
    assert [seed.key for seed in topic.seeds] == ["note", "10.5555/chick.3", "review", "a"]


def test_without_any_title_the_topic_is_named_by_the_file(folder: Path) -> None:
    assert seeds_topic([folder / "note.txt"]).topic.name == "note"


def test_seeds_of_one_key_are_told_apart_and_the_same_seed_counts_once(tmp_path: Path) -> None:
    rows = [{"title": "One"}, {"title": "Two"}]
    for name, used in (("a.jsonl", rows), ("b.jsonl", [{"title": "Three"}, {"title": "Two"}])):
        (tmp_path / name).write_text("\n".join(map(json.dumps, used)))
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "a.jsonl"]
    seeds = seeds_topic(files).topic.seeds
    assert [(seed.key, seed.title) for seed in seeds] == [
        ("1", "One"),
        ("2", "Two"),
        ("1-2", "Three"),
    ]


def test_lines_labelled_as_not_included_are_no_seeds(tmp_path: Path) -> None:
    file = tmp_path / "labelled.jsonl"
    labels = {"One": 1, "Two": 0, "Three": None}
    rows = [{"title": title, "label_included": label} for title, label in labels.items()]
    file.write_text("\n".join(map(json.dumps, rows)))
    made = seeds_topic([file])
    assert [seed.title for seed in made.topic.seeds] == ["One", "Three"]
    assert made.notes == ("labelled.jsonl: lines labelled as not included, so no seeds: 1.",)


def test_entries_that_cannot_be_understood_are_left_out_and_told(tmp_path: Path) -> None:
    file = tmp_path / "refs.ris"
    broken = "TY  - JOUR\nAU  - Berg, A.\nER  - \n"
    file.write_text(RIS + broken * 5)
    made = seeds_topic([file])
    assert [seed.title for seed in made.topic.seeds] == ["Chicks in spring"]
    assert made.notes
    assert all(note.startswith("refs.ris: left out: ") for note in made.notes)


# -- what cannot be used --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("plain.md", b"no title here", "no review summary"),
        ("seed.pdf", b"%PDF-1.7", "is of no form that a seed has"),
        ("bad.bib", b"neither form", "is of no form that can be imported"),
        ("bad.jsonl", b"{", "line 1: is not JSON"),
        ("all.jsonl", b'{"title": "One", "label_included": 0}', "all its papers as not included"),
        ("blank.txt", b" \n", "holds no seed"),
        ("controls.txt", b"\x00\x01 \x00", "holds no seed"),
        ("latin.txt", "Grüße".encode("latin-1"), "is not UTF-8 text"),
        ("topic.toml", b'slug = "a"', "is a topic document"),
    ],
)
def test_a_file_that_is_no_seed_is_named_with_a_remedy(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises((InputError, TopicError)) as caught:
        seeds_topic([file])
    assert told in str(caught.value)
    assert str(file) in caught.value.thing
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.md", "a.jsonl", "a.bib", "a.txt", "a.pdf", "a.toml"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with pytest.raises(InputError) as caught:
        seeds_topic([file])
    assert str(file) in caught.value.thing


def test_a_seed_given_as_a_topic_document_is_sent_on(folder: Path) -> None:
    for name in FILES:
        with pytest.raises(InputError, match="is no topic document") as caught:
            document_topic(folder / name)
        assert caught.value.remedy.endswith(f"--seeds {folder / name}")


def test_a_topic_document_finds_the_seeds_beside_it(folder: Path) -> None:
    text = 'slug = "birds"\nname = "Birds"\n[[seeds]]\nkey = "r"\nfile = "review.md"\n'
    (folder / "birds.toml").write_text(text)
    topic = document_topic(folder / "birds.toml")
    assert (topic.slug, topic.seeds[0].title) == ("birds", "Herons in reed")


# -- papers that are seeds ------------------------------------------------------------------------


SEEDS = (
    Seed("s1", "paper", "Herons in the β-reed."),
    Seed("3", "paper", "Chicks"),
    Seed("own", "review", "Feathers", ids=Identifiers("10.5555/f", "3000", "PMC77", "2601.00001")),
)


@pytest.mark.parametrize(
    ("id", "title", "seed"),
    [
        ("s1", "Another title since the preprint", True),
        ("x", "HERONS in the beta–reed", True),
        ("3", "Glaciers", False),  # perhaps only the third line, here and there
        ("3", "Chicks", True),
        ("https://doi.org/10.5555/F", "", True),
        ("3000", "", True),
        ("PMC77", "", True),
        ("2601.00001", "", True),
        ("x", "", False),
        ("", "Glaciers", False),
    ],
)
def test_a_seed_is_known_by_its_id_or_title(id: str, title: str, seed: bool) -> None:
    is_seed = seed_test(Topic("t", "T", SEEDS), 100)
    assert is_seed(ListedPaper(id, title, "")) == seed
