"""`litwatch topics references` as a person meets it: from a file, over HTTP, and offline."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from tests import cited_payloads as made
from tests.cited_payloads import element_citation
from tests.command_line import MONDAY, Litwatch
from tests.fault_server import FaultServer, hang_up, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BIB = "".join(
    f"@article{{r{n}, title={{Stromal niches {n} of cells}}, doi={{10.5555/r.{n}}}, year={{2024}},"
    f" abstract={{Niches hide cells {n}.}}}}\n"
    for n in range(30)
)
LISTED = made.jats(
    element_citation("Niches", pmid="11"),
    element_citation("Traps", pmid="12"),
    "<mixed-citation>Anon. Private communication.</mixed-citation>",
)
FIGURE = {
    "held_out": 24,
    "known": 96,
    "background": 2000,
    "share_found": 20 / 24,
    "low": 0.6414,
    "high": 0.9332,
    "median_rank": 0.01,
    "recent": 24,
}


@pytest.fixture
def ncbi() -> Iterator[FaultServer]:
    with serving() as server:
        yield server


@pytest.fixture
def online(litwatch: Litwatch, ncbi: FaultServer) -> Litwatch:
    """The same archive, with E-utilities and Europe PMC on a server that does as it is told."""
    values = json.loads(json.dumps(litwatch.settings))
    values["sources"]["pubmed"]["base_url"] = ncbi.url("/eutils")
    values["sources"]["europepmc"]["base_url"] = ncbi.url("/epmc")
    return Litwatch(values, standing(MONDAY))


def bib(folder: Path) -> str:
    file = folder / "cited.bib"
    file.write_text(BIB, "utf-8")
    return str(file)


def test_without_references_it_is_said_how_to_get_them(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("topics", "show", "stroma") == 0
    told = capsys.readouterr().out
    assert ": none held" in told
    assert "To get them: litwatch topics references stroma --fetch" in told
    assert litwatch("topics", "references", "stroma", "--json") == 0
    held: Any = json.loads(capsys.readouterr().out)
    assert [seed["held"] for seed in held["seeds"]] == [False]
    assert held["fidelity"] is None


def test_a_file_becomes_the_list_of_the_review(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("topics", "references", "stroma", "--file", bib(tmp_path), "--json") == 0
    out, err = capsys.readouterr()
    [seed] = json.loads(out)["seeds"]
    assert (seed["source"], seed["stated"], seed["with_abstract"]) == ("file cited.bib", 30, 30)
    assert seed["references"][0]["ids"]["doi"] == "10.5555/r.0"
    assert "Not measured: topic 'stroma': only 0 works of the archive can be compared with" in err
    assert litwatch("topics", "show", "stroma") == 0
    told = capsys.readouterr().out
    assert "30 references, 30 with an abstract (file cited.bib, 2026-11-16 08:00 UTC)" in told
    assert "not measured yet: litwatch topics references stroma --measure" in told
    assert "--fetch" not in told
    assert litwatch("topics", "references", "stroma") == 0
    assert "Stromal niches 29 of cells" in capsys.readouterr().out


def test_measuring_that_was_asked_for_and_cannot_be_done_fails(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("topics", "references", "stroma", "--measure") == 2
    assert "0 references with an abstract are held" in capsys.readouterr().err
    assert litwatch("topics", "references", "stroma", "--file", bib(tmp_path), "--measure") == 2
    assert "poll or import first" in capsys.readouterr().err
    assert litwatch("topics", "show", "stroma", "--json") == 0
    assert list(json.loads(capsys.readouterr().out)["references"].values()) == [30], "kept"


def test_the_figure_of_the_version_in_force_is_shown(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("topics", "references", "stroma", "--file", bib(tmp_path))
    with sqlite3.connect(tmp_path / "litwatch.db") as database:
        at = datetime(2026, 11, 16, tzinfo=UTC).isoformat(" ")[:19] + ".000000"
        values = ("stroma", 1, "minilm (1, float32)", json.dumps(FIGURE), at)
        database.execute("INSERT INTO fidelity VALUES (?, ?, ?, ?, ?)", values)
    database.close()
    capsys.readouterr()
    assert litwatch("topics", "show", "stroma") == 0
    expected = "This topic finds 83 % of its own recent references in the top 5 %"
    told = capsys.readouterr().out
    assert expected in told
    assert "ranked by minilm (1, float32)." in told
    assert litwatch("topics", "references", "stroma", "--json") == 0
    found = json.loads(capsys.readouterr().out)["fidelity"]
    assert (found["version"], found["held_out"]) == (1, 24)
    assert found["sentence"].startswith("finds 83 %")


def test_lists_are_got_over_http_with_their_abstracts(
    online: Litwatch, ncbi: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = made.pubmed(("11", "Niches.", "Cells hide."), ("12", "Traps.", "Cells are caught."))
    efetch = "/eutils/efetch.fcgi"
    ncbi.script(efetch, reply(body=LISTED), reply(body=papers))
    assert online("topics", "references", "stroma", "--fetch", "--json") == 0
    out, err = capsys.readouterr()
    [seed] = json.loads(out)["seeds"]
    assert (seed["source"], seed["stated"], seed["with_abstract"]) == ("PMC full text", 3, 2)
    assert "Not measured: topic 'stroma': 2 references with an abstract are held" in err
    asked = [seen.values for seen in ncbi.seen(efetch)]
    assert [each["db"] for each in asked] == ["pmc", "pubmed"]
    assert asked[1]["id"] == "11,12"
    assert all(each["email"] == "lab@example.org" for each in asked)


def test_offline_it_is_one_line_with_the_remedy(
    online: Litwatch, ncbi: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("/eutils/efetch.fcgi", "/epmc/PMC/PMC12857762/references"):
        ncbi.script(path, hang_up)
    assert online("topics", "references", "stroma", "--fetch") == 4
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1
    assert "check the network and try again, or give the list as a file" in err
    assert not ncbi.seen("/eutils/elink.fcgi"), "a host that is down is not asked again"


def test_a_list_that_was_held_outlives_an_outage(
    online: Litwatch, ncbi: FaultServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    online("topics", "references", "stroma", "--file", bib(tmp_path))
    ncbi.script("/eutils/efetch.fcgi", reply(500))
    ncbi.script("/epmc/PMC/PMC12857762/references", reply(500))
    assert online("topics", "references", "stroma", "--fetch") == 4
    capsys.readouterr()
    assert online("topics", "references", "stroma", "--json") == 0
    [seed] = json.loads(capsys.readouterr().out)["seeds"]
    assert seed["source"] == "file cited.bib"


def test_a_file_without_abstracts_gets_them_with_fetch(
    online: Litwatch, ncbi: FaultServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nbib = tmp_path / "cited.nbib"
    nbib.write_text("PMID- 11\nTI  - Niches\nDP  - 2023\n", "utf-8")
    ncbi.script("/eutils/efetch.fcgi", reply(body=made.pubmed(("11", "Niches.", "Cells hide."))))
    words = ("topics", "references", "stroma", "--file", str(nbib), "--fetch", "--json")
    assert online(*words) == 0
    [seed] = json.loads(capsys.readouterr().out)["seeds"]
    assert seed["source"] == "file cited.nbib"
    assert seed["references"][0]["abstract"] == "Cells hide."


def test_a_new_version_of_a_topic_is_measured_anew(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stroma.toml"
    assert litwatch("topics", "export", "stroma", "--out", str(file)) == 0
    file.write_text(file.read_text("utf-8").replace("Tumour-associated", "Our"), "utf-8")
    assert litwatch("topics", "import", str(file)) == 0
    assert "measured" not in capsys.readouterr().err, "there is nothing to measure by"
    litwatch("topics", "references", "stroma", "--file", bib(tmp_path))
    capsys.readouterr()
    file.write_text(file.read_text("utf-8").replace("Our", "Their"), "utf-8")
    assert litwatch("topics", "import", str(file)) == 0
    assert "Not measured: topic 'stroma': only 0 works" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nope",), "topic 'nope': does not exist"),
        (
            ("stroma", "--file", "{bib}", "--seed", "nope"),
            "seed 'nope': is not one of topic stroma",
        ),
        (("stroma", "--file", "{other}"), "is of no form that can be imported"),
    ],
)
def test_a_wrong_use_is_told(
    litwatch: Litwatch,
    words: tuple[str, ...],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("just words", "utf-8")
    said = [word.format(bib=bib(tmp_path), other=other) for word in words]
    assert litwatch("topics", "references", *said) == 2
    assert told in capsys.readouterr().err
