from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import TopicError
from service.records import Identifiers, Seed, Topic
from service.topics.documents import PRECISIONS, VOLUMES, dump, parse
from service.topics.toml import write_pairs

REVIEW = "# Stroma in motion\n\nPMC · DOI: 10.5555/a · J · 2026\n\n## Abstract\n\nCells move.\n"

DOCUMENT = """
slug = "stroma"
name = "Stromal cells"
cutoff = 1
include = ["CAF"]

[[seeds]]
key = "review"
file = "review.md"
licence = "CC BY"
venue = "Another Journal"

[[seeds]]
key = "not-this"
abstract = "Bone marrow stroma."
sign = -1
weight = 0.5
"""


def no_file(name: str) -> str:
    raise AssertionError(f"nothing should be read, but {name} was")


def test_a_file_gives_the_seed_and_the_document_overrides_it() -> None:
    topic = parse(DOCUMENT, {"review.md": REVIEW}.__getitem__)
    review, against = topic.seeds
    assert (review.title, review.abstract) == ("Stroma in motion", "Cells move.")
    assert (review.kind, review.licence, review.venue) == ("review", "CC BY", "Another Journal")
    assert review.ids == Identifiers(doi="10.5555/a")
    assert (against.kind, against.sign, against.weight) == ("text", -1, 0.5)
    assert (topic.cutoff, topic.version, topic.include, topic.exclude) == (1.0, 1, ("CAF",), ())


def test_a_dumped_topic_stands_alone_and_reads_back_equal() -> None:
    topic = parse(DOCUMENT, {"review.md": REVIEW}.__getitem__)
    assert parse(dump(topic), no_file) == topic


def test_pinned_senses_are_read_and_written_as_a_table() -> None:
    text = HEAD + '[senses]\nNET = "neutrophil extracellular trap"\n"IL-8 R" = "x"\n' + SEED
    topic = parse(text, no_file)
    assert topic.senses == {"NET": "neutrophil extracellular trap", "IL-8 R": "x"}
    written = dump(topic)
    assert '[senses]\nNET = "neutrophil extracellular trap"\n' in written
    assert parse(written, no_file) == topic


def test_a_topic_without_senses_writes_none() -> None:
    assert "senses" not in dump(parse(HEAD + SEED, no_file))


def test_a_sense_may_be_written_in_line() -> None:
    topic = parse(HEAD + 'senses = { TAN = "tumor-associated neutrophil" }\n' + SEED, no_file)
    assert topic.senses == {"TAN": "tumor-associated neutrophil"}


# Any text but lone surrogates, which no UTF-8 file can hold; keys and names are not blank.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAME = TEXT.filter(lambda text: bool(text.strip()))
NAMES = st.lists(NAME, max_size=3).map(tuple)
SEEDS = st.builds(
    Seed,
    key=NAME,
    kind=st.sampled_from(["review", "paper", "text"]),
    title=NAME,
    authors=NAMES,
    ids=st.builds(Identifiers, doi=st.none() | NAME, pmid=st.none() | NAME),
    venue=TEXT,
    published=st.none() | NAME,
    findings=NAMES,
    abstract=TEXT,
    entities=st.dictionaries(NAME, NAMES, max_size=3),
    licence=TEXT,
    weight=st.floats(min_value=0.01, max_value=1e6),
    sign=st.sampled_from([1, -1]),
)
SHORT = NAME.filter(lambda text: any(char.isupper() or char.isdigit() for char in text))
TOPICS = st.builds(
    Topic,
    slug=st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True),
    name=NAME,
    seeds=st.lists(SEEDS, min_size=1, max_size=3, unique_by=lambda seed: seed.key).map(tuple),
    include=NAMES,
    exclude=NAMES,
    version=st.integers(min_value=1),
    senses=st.dictionaries(SHORT, NAME, max_size=3),
)
LINES = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"cutoff": st.floats(0, 1)}),
    st.fixed_dictionaries({"precision": st.floats(*PRECISIONS)}),
    st.fixed_dictionaries({"per_week": st.floats(*VOLUMES)}),
)


@given(TOPICS, LINES)
def test_every_topic_survives_its_document(topic: Topic, line: dict[str, float]) -> None:
    topic = replace(topic, **line)
    assert parse(dump(topic), no_file) == topic


@pytest.mark.parametrize("line", ["cutoff = 0", "precision = 0.8", "per_week = 5"])
def test_a_topic_says_in_one_way_where_its_line_is_drawn(line: str) -> None:
    key, _, value = line.partition(" = ")
    topic = parse(f"{HEAD}{line}\n{SEED}", no_file)
    told = {each: getattr(topic, each) for each in ("cutoff", "precision", "per_week")}
    assert told == dict.fromkeys(told) | {key: float(value)}
    assert f"\n{key} = {float(value)}\n" in dump(topic)


@given(st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT)))
def test_what_is_written_is_what_tomllib_reads(pairs: dict[str, str]) -> None:
    assert tomllib.loads(write_pairs(pairs)) == pairs


SEED = '[[seeds]]\nkey = "k"\ntitle = "T"\n'
HEAD = 'slug = "s"\nname = "S"\n'


@pytest.mark.parametrize(
    ("document", "thing", "told"),
    [
        (HEAD + 'inclde = ["x"]\n' + SEED, "topic s", 'did you mean "include"?'),
        (HEAD + SEED + "wieght = 2", "seeds[1]", 'did you mean "weight"?'),
        (HEAD + SEED + "colour = 2", "seeds[1]", "known keys:"),
        ('name = "S"\n' + SEED, "slug", "missing"),
        ('slug = "Über uns"\nname = "S"\n' + SEED, "slug", "lower-case"),
        (HEAD, "seeds", "add at least one [[seeds]]"),
        (HEAD + "seeds = [1]", "seeds", "tables"),
        (HEAD + 'include = "CAF"\n' + SEED, "include", "a list of texts"),
        (HEAD + 'include = [" "]\n' + SEED, "include", "empty"),
        (HEAD + "cutoff = nan\n" + SEED, "cutoff", "finite"),
        (HEAD + "cutoff = 1.01\n" + SEED, "cutoff", "not from 0 to 1"),
        (HEAD + "cutoff = -0.1\n" + SEED, "cutoff", "not from 0 to 1"),
        (HEAD + "precision = 80\n" + SEED, "precision", "is 80, not from 0.05 to 0.99"),
        (HEAD + "precision = 1\n" + SEED, "precision", "not from 0.05 to 0.99"),
        (HEAD + "per_week = 0\n" + SEED, "per_week", "not from 0.1 to 1000"),
        (HEAD + 'per_week = "5"\n' + SEED, "per_week", "a number"),
        (HEAD + "precision = 0.8\ncutoff = 0.5\n" + SEED, "precision", "go with cutoff"),
        (HEAD + "per_week = 5\nprecision = 0.8\n" + SEED, "per_week", "go with precision"),
        (HEAD + "version = true\n" + SEED, "version", "whole number"),
        (HEAD + "senses = ['NET']\n" + SEED, "senses", "a table, as [senses]"),
        (HEAD + '[senses]\nNET = " "\n' + SEED, "senses, NET", "is empty"),
        (HEAD + "[senses]\nNET = 3\n" + SEED, "senses, NET", "a text in quotes"),
        (HEAD + "[senses]\nNET = ['trap']\n" + SEED, "senses, NET", "a text in quotes"),
        (HEAD + '[senses]\nnet = "trap"\n' + SEED, 'senses, "net"', "with capitals"),
        (HEAD + "[senses]\n'' = 'trap'\n" + SEED, 'senses, ""', "no short form"),
        (HEAD + SEED + "weight = 0", "weight", "above 0"),
        (HEAD + SEED + "sign = 2", "sign", "against"),
        (HEAD + SEED + 'kind = "book"', "kind", "paper, review, text"),
        (HEAD + '[[seeds]]\nkey = "k"', "seeds[1]", "has no text"),
        (HEAD + SEED + SEED, "seeds", "same key"),
        (HEAD + "slug", "topic document", "line"),
    ],
)
def test_a_wrong_document_is_refused_by_place_and_remedy(
    document: str, thing: str, told: str
) -> None:
    with pytest.raises(TopicError) as caught:
        parse(document, no_file)
    assert thing in caught.value.thing
    assert told in f"{caught.value.cause} {caught.value.remedy}"


def test_the_document_that_the_page_shows_can_be_used() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "topics.md").read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    topic = parse(example, no_file)
    assert (topic.per_week, topic.seeds[0].weight, topic.version) == (5.0, 0.5, 3)
