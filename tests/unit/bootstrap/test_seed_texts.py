"""What a text is taken for when a person gives it as a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.bootstrap.seed_texts import MOST_CHARACTERS, Told, parted, recognised, shown
from service.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("38000001", Told("papers", "38000001", ("pmid:38000001",))),
        ("zotero:Wading birds", Told("zotero", "Wading birds")),
        ("Zotero: Wading birds", Told("zotero", "Wading birds")),
        ("search:herons", Told("search", "herons")),
        ("Herons that wade in reed", Told("text", "Herons that wade in reed")),
        ("Search: what is known of herons", Told("text", "Search: what is known of herons")),
        ("Reiher: im Schilf zu Hause", Told("text", "Reiher: im Schilf zu Hause")),
    ],
)
def test_a_text_is_taken_for_the_first_that_fits(text: str, told: Told) -> None:
    assert recognised(text, files=False) == told


def test_a_file_that_is_there_is_read_only_where_files_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes of 38000001 10.5555 and more.md").write_text("# Herons")
    (tmp_path / "38000001").write_text("not this")
    name = "notes of 38000001 10.5555 and more.md"
    assert recognised(name, files=True) == Told("file", name)
    assert recognised(name, files=False).kind == "text"
    assert recognised("38000001", files=True).kind == "papers"
    assert recognised("./38000001", files=True).kind == "file"
    with pytest.raises(InputError, match="is the name of a file"):
        recognised("notes.md", files=False)


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("herons", "neither an identifier nor a text", "a sentence or two"),
        ("grey herons", "neither an identifier nor a text", "an included term"),
        ("1 2 3 4 5", "neither an identifier nor a text", "PMID"),
        ("77", "is a number", "pmid:77"),
        ("refs.bib", "is a file that is not there", "check the path"),
        ("/no/such/file", "neither an identifier", "PMID"),
        ("http://169.254.169.254/latest", "names no paper", "no page is opened"),
        ("x " * MOST_CHARACTERS, "has 200,000 characters", "a part of it"),
    ],
)
def test_what_is_nothing_is_refused_with_a_remedy(text: str, cause: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        recognised(text, files=True)
    assert cause in caught.value.cause
    assert remedy in caught.value.remedy
    assert len(caught.value.thing) < 100


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("38000001\n\n search:herons\nZotero: Wading birds \n", 3),
        ("38000001\n10.5555/a", 1),
        ("Herons wade.\n\nSearch: what is known of herons", 1),
        (" \n", 0),
    ],
)
def test_lines_that_name_collections_or_searches_are_texts_of_their_own(
    text: str, parts: int
) -> None:
    found = parted(text)
    assert len(found) == parts
    assert all(part == part.strip() for part in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_text_is_shown_on_one_line_and_short() -> None:
    assert shown("a\nb\x1b[31m") == "'a b [31m'"
    assert len(shown("herons " * 100)) < 70


@given(st.text(), st.booleans())
def test_any_text_is_something_or_refused(text: str, files: bool) -> None:
    try:
        told = recognised(text, files=files)
    except InputError as error:
        assert error.remedy  # noqa: PT017 - either outcome will do
    else:
        assert told.kind in {"papers", "file", "zotero", "search", "text"}
