"""The one verb: every format has its normaliser, and every fault is a ParseError."""

from __future__ import annotations

import json
from importlib import import_module
from types import SimpleNamespace

import pytest

import service.normalisation as normalisation
from service.errors import ParseError
from service.records import Record


def test_an_unknown_format_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match=r"pubmed:1v2.*'papyrus'"):
        normalisation.normalise(Record("pubmed", "1", "2", "papyrus", b""))


@pytest.mark.parametrize(
    "error", [ValueError, KeyError, AttributeError, TypeError, OverflowError, RecursionError]
)
def test_what_a_normaliser_trips_over_is_a_parse_error(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def trip(record: Record) -> None:
        raise error("odd")

    monkeypatch.setattr(normalisation, "import_module", lambda name: SimpleNamespace(article=trip))
    with pytest.raises(ParseError, match=error.__name__):
        normalisation.normalise(Record("pubmed", "1", "", "pubmed-xml", b""))


def test_a_parse_error_passes_unchanged() -> None:
    with pytest.raises(ParseError, match="not well-formed"):
        normalisation.normalise(Record("pubmed", "1", "", "pubmed-xml", b"<PubmedArticle>"))


@pytest.mark.parametrize(("module", "function"), sorted(set(normalisation._FORMATS.values())))
def test_every_format_has_its_function(module: str, function: str) -> None:
    assert callable(getattr(import_module(f"service.normalisation.{module}"), function))


def test_of_texts_that_no_title_or_abstract_has_the_beginning_is_kept() -> None:
    told = {"id": "g1", "title": "Stroma " * 5_000, "summary": "Of neutrophils. " * 50_000}
    found = normalisation.normalise(
        Record("journal", "g1", "", "feed-json", json.dumps(told).encode())
    )
    assert normalisation.MOST_TITLE - 10 < len(found.title) <= normalisation.MOST_TITLE
    assert normalisation.MOST_ABSTRACT - 20 < len(found.abstract) <= normalisation.MOST_ABSTRACT
    assert found.title.endswith("Stroma")
    assert found.abstract.endswith(("Of", "neutrophils."))
    without_spaces = {"id": "g1", "title": "x", "summary": "y" * 300_000}
    record = Record("journal", "g1", "", "feed-json", json.dumps(without_spaces).encode())
    assert len(normalisation.normalise(record).abstract) == normalisation.MOST_ABSTRACT
