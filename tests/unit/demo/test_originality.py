"""The examples are our own words: no nine in a row stand in any real payload or seed."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from service.demo.server import example

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = (
    *("pubmed.xml", "pmc.xml", "arxiv_oai.xml", "arxiv_api.xml", "feed.xml", "feed.rdf"),
    *("biorxiv.json", "medrxiv.json", "europepmc.json"),
)
RUN = 9
INLINE = re.compile(r"</?(?:i|b|u|sub|sup|italic|bold|jats:\w+)\b[^<>]*>")
TAG = re.compile(r"<!\[CDATA\[|\]\]>|<[^<>]{0,2000}>")
PROSE = re.compile(rb"<(AbstractText|ArticleTitle)\b.*?</\1>", re.DOTALL)
WORD = re.compile(r"[^\W_]+")


def _texts(body: str) -> Iterator[str]:
    """Runs of prose: the strings of JSON, the texts between the tags of XML."""
    try:
        strings = _strings(json.loads(body))
    except ValueError:
        strings = iter([body])
    for text in strings:
        yield from (part for part in TAG.split(INLINE.sub("", text)) if len(part) > 2 * RUN)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _strings(child)


def _runs(body: str) -> Iterator[tuple[str, ...]]:
    for text in _texts(body):
        words = WORD.findall(unescape(text).lower())
        yield from zip(*(words[start:] for start in range(RUN)), strict=False)


@pytest.fixture(scope="module")
def ours() -> set[tuple[str, ...]]:
    return {run for name in FILES for run in _runs(example(name).decode())}


def _shared_runs(path: Path, ours: set[tuple[str, ...]]) -> set[str]:
    if path.suffix == ".gz":  # a day of PubMed: its prose alone, for speed
        body = b"\n".join(found[0] for found in PROSE.finditer(gzip.decompress(path.read_bytes())))
    else:
        body = path.read_bytes()
    return {" ".join(run) for run in _runs(body.decode("utf-8", "replace")) if run in ours}


def _theirs(shared: Path) -> list[Path]:
    folders = (shared / "captures", shared / "seeds")
    return [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()]


def test_the_examples_have_thousands_of_words(ours):
    assert len(ours) > 8_000


def test_a_shared_run_would_be_found(ours, tmp_path):
    copied = tmp_path / "copied.txt"
    copied.write_text("<p>We read: " + " ".join(next(iter(ours))) + " again.</p>")
    assert _shared_runs(copied, ours)


@pytest.mark.captures
def test_no_example_shares_nine_words_in_a_row_with_a_payload(shared, ours):
    found = {p.name: _shared_runs(p, ours) for p in _theirs(shared) if p.stat().st_size < 5_000_000}
    assert len(found) > 100
    assert {name: runs for name, runs in found.items() if runs} == {}


@pytest.mark.captures
@pytest.mark.slow
def test_no_example_shares_nine_words_in_a_row_with_the_large_files(shared, ours):
    large = [p for p in _theirs(shared) if p.stat().st_size >= 5_000_000]
    assert large
    assert {p.name: _shared_runs(p, ours) for p in large} == {p.name: set() for p in large}
