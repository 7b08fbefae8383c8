"""What a seed is known by, and how its texts are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.records import Identifiers, Seed
from service.topics import shipped
from service.topics.identity import fresh_key, ids, label, names, one_line, tidied

ALL = Identifiers(doi="10.5555/a", pmid="7", pmcid="PMC9", arxiv="2511.00001")


def seed(title: str = "Stroma in motion", **changes: Any) -> Seed:
    return replace(Seed("x", "paper", title), **changes)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" a \t b\r\nc ", "a b c"),
        ("a\x00\x1b[2Jb", "a[2Jb"),
        ("half \ud83d of it", "half of it"),
        ("α-SMA⁺ 肿瘤 é", "α-SMA⁺ 肿瘤 é"),
        ("\u2028\u3000", ""),
    ],
)
def test_a_line_holds_what_can_be_seen(text: str, kept: str) -> None:
    assert one_line(text) == kept


def test_a_tidy_seed_has_no_blank_entries() -> None:
    untidy = seed(
        " Stroma\n in motion ",
        authors=("Lind M", " ", "\x00"),
        ids=Identifiers(doi="", pmid=" 7 "),
        published=" ",
        findings=("", "Cells\nmove."),
        entities={"Genes": ("CXCL12", ""), "": ()},
    )
    tidy = tidied(untidy)
    assert (tidy.title, tidy.authors, tidy.findings) == ("Stroma in motion", ("Lind M",), ("Cells move.",))  # fmt: skip
    assert (tidy.ids, tidy.published) == (Identifiers(pmid="7"), None)
    assert tidy.entities == {"Genes": ("CXCL12",), "": ()}


def test_paragraphs_of_an_abstract_stay() -> None:
    tidy = tidied(seed(abstract=" Cells move.\n\nThey\tstop.\x0b\x07 "))
    assert tidy.abstract == "Cells move.\n\nThey\tstop."


@pytest.mark.parametrize("topic", shipped(), ids=lambda topic: topic.slug)
def test_the_shipped_seeds_are_tidy(topic: Any) -> None:
    assert [tidied(each) for each in topic.seeds] == list(topic.seeds)


@given(st.text(), st.text(), st.lists(st.text()))
def test_tidying_again_changes_nothing(title: str, abstract: str, authors: list[str]) -> None:
    once = tidied(seed(title, abstract=abstract, authors=tuple(authors)))
    assert tidied(once) == once


def test_a_label_is_the_title_or_how_the_text_begins() -> None:
    assert label(seed(" Stroma\nin \x1bmotion ")) == "Stroma in motion"
    assert label(seed("", tldr="Cells move.", abstract="Much more.")) == "Cells move. Much more."
    assert label(seed("", abstract="stroma " * 30)) == "stroma " * 11 + "st…"
    assert label(seed("")) == "x"


def test_identifiers_are_told_the_best_for_a_key_first() -> None:
    assert list(ids(seed(ids=ALL)).items()) == [
        ("pmcid", "PMC9"), ("pmid", "7"), ("doi", "10.5555/a"), ("arxiv", "2511.00001"),
    ]  # fmt: skip
    assert ids(seed()) == {}


def test_a_seed_is_known_by_its_identifiers_and_its_title() -> None:
    known = names(seed("Stroma – in Motion!", ids=replace(ALL, doi="10.5555/A", arxiv=None)))
    assert known == {"pmcid:pmc9", "pmid:7", "doi:10.5555/a", "title:stromainmotion"}
    assert names(seed("", abstract="Cells move.")) == {"text:cellsmove"}
    assert names(seed("…")) == frozenset(), "nothing that could be mistaken for another"


def test_a_number_of_one_kind_is_none_of_another() -> None:
    one, other = seed("A", ids=Identifiers(pmid="7")), seed("B", ids=Identifiers(arxiv="7"))
    assert not names(one) & names(other)


@pytest.mark.parametrize(
    ("taken", "key"), [((), "PMC9"), (("pmc9",), "PMC9-2"), (("pmc9", "pmc9-2"), "PMC9-3")]
)
def test_a_fresh_key_is_none_that_is_taken(taken: tuple[str, ...], key: str) -> None:
    assert fresh_key(seed(ids=ALL), taken) == key


@given(st.text(max_size=200))
def test_a_key_of_words_can_be_typed(title: str) -> None:
    key = fresh_key(seed(title), ())
    assert 1 <= len(key) <= 48
    assert key.isascii()
    assert key.replace("-", "a").isalnum()
    assert not key.startswith("-")
