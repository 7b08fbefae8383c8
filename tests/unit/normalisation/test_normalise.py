"""The one verb: every format has its normaliser, and every fault is a ParseError."""

from __future__ import annotations

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
