"""`litwatch parse`: one object for one file, a list for several, a typed error for an error body."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from service.cli.main import run
from service.demo.server import example

if TYPE_CHECKING:
    from pathlib import Path


def parsed(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any]:
    status = run(["parse", *map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def pubmed(tmp_path: Path) -> Path:
    file = tmp_path / "pubmed.xml"
    file.write_bytes(example("pubmed.xml"))
    return file


def test_one_file_is_one_object_and_several_are_a_list(
    pubmed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, one = parsed(capsys, "pubmed", pubmed)
    assert status == 0
    assert one["error"] is None
    assert one["papers"][0]["key"].startswith("pubmed:")
    assert one["papers"][0]["format"] == "pubmed-xml"
    status, two = parsed(capsys, "pubmed", pubmed, pubmed)
    assert status == 0
    assert two == [one, one]


@pytest.mark.parametrize(
    ("source", "body", "kind", "retry"),
    [
        ("pubmed", b"<html><body>Bad gateway</body></html>", "TransientError", "same"),
        ("arxiv", b"Rate exceeded.", "ThrottledError", "wait"),
        ("pubmed", b"", "TransientError", "same"),
        ("biorxiv", b'{"messages": [{"status": "ok"', "TransientError", "same"),
    ],
)
def test_an_error_body_is_the_typed_error_it_stands_for(
    source: str,
    body: bytes,
    kind: str,
    retry: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "body"
    file.write_bytes(body)
    status, told = parsed(capsys, source, file)
    assert status == 4
    assert (told["error"]["class"], told["error"]["retry"]) == (kind, retry)
    assert told["papers"] == []
    assert run(["parse", source, str(file)]) == 4
    assert "error " in capsys.readouterr().out


def test_one_bad_file_does_not_hide_the_others(
    pubmed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_bytes(pubmed.read_bytes()[:3000])
    status, told = parsed(capsys, "pubmed", bad, pubmed)
    assert status == 4
    assert [bool(each["error"]) for each in told] == [True, False]


def test_a_dash_is_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(example("biorxiv.json"))))
    status, told = parsed(capsys, "biorxiv", "-")
    assert status == 0
    assert told["papers"]


def test_people_see_titles_and_ids(pubmed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["parse", "pubmed", str(pubmed)]) == 0
    out = capsys.readouterr().out
    assert "doi 10.5555/" in out
    assert "[article]" in out


# -- over the real payloads -----------------------------------------------------------------------

FOLDERS = {
    "arxiv": "arxiv",
    "biorxiv": "biorxiv",
    "crossref": "crossref",
    "europepmc": "europepmc",
    "openalex": "openalex",
    "pmc": "pmc",
    "pubmed": "pubmed",
    "rss_publishers": "rss",
}
QUOTED = {"arxiv": "arxiv", "biorxiv": "biorxiv", "europepmc": "europepmc", "ncbi": "pubmed"}
ERRORS = {
    "api_error_http400.xml": "BadRequestError",
    "arxiv_429.txt": "ThrottledError",
    "arxiv_error_entry_http200.xml": "BadRequestError",
    "biorxiv_mysql_down.txt": "TransientError",
    "biorxiv_www_cloudflare_1015.txt": "ThrottledError",
    "epost_invalid_ids.xml": "BadRequestError",
    "esearch_phrase_not_found.xml": "QueryAlteredError",
    "esummary_error_missing_id.xml": "BadRequestError",
    "europepmc_pagesize_error_http200.json": "BadRequestError",
    "feedrs_rss_2.0_invalid_1.xml": "TransientError",
    "ncbi_429.json": "ThrottledError",
    "ncbi_esearch_retstart_over_9998.json": "BadRequestError",
    "oai_ListRecordsBroken.xml": "TransientError",
    "oai_badArgument.xml": "BadRequestError",
    "oai_idDoesNotExist.xml": "NotFoundError",
    "pubmed_asn1_in_html.html": "TransientError",
    "works_400_bad_cursor.json": "CursorLostError",
    "works_404_plain.txt": "NotFoundError",
}


def source_of(file: Path) -> str:
    if "datacite" in file.name:
        return "datacite"
    if file.name.startswith("rss_"):
        return "rss"
    if file.parent.name == "quoted_errors":
        return QUOTED.get(file.name.split("_")[0], "pmc")
    return FOLDERS[file.parent.name]


@pytest.mark.captures
@pytest.mark.parametrize("folder", [*FOLDERS, "quoted_errors"])
def test_every_real_payload_gives_papers_or_the_error_it_stands_for(
    shared: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [f for f in sorted((shared / "captures" / folder).iterdir()) if f.name != "README.md"]
    assert files
    for file in files:
        status, told = parsed(capsys, source_of(file), file)
        wanted = ERRORS.get(file.name)
        assert (told["error"] or {}).get("class") == wanted, file.name
        assert status == (4 if wanted else 0), file.name
        for paper in told["papers"]:
            assert paper["title"] or paper["ids"]["pmid"], (file.name, paper["key"])
            assert paper["url"], (file.name, paper["key"])
        assert len({paper["key"] for paper in told["papers"]}) == len(told["papers"]), file.name
