"""The commands as a person or a script meets them, over replayed upstreams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from tests.command_line import MONDAY, Litwatch, replayed

if TYPE_CHECKING:
    from pathlib import Path

    from service.demo.server import ReplayServer

WEEKLY = {"name": "lab", "channel": "file", "destination": "digest", "zone": "UTC"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, upstreams: ReplayServer) -> Litwatch:
    """An archive that was polled once and has made one digest."""
    folder = tmp_path_factory.mktemp("filled")
    values = replayed(folder, upstreams, subscriptions=[WEEKLY])
    told = Litwatch(values, standing(MONDAY))
    assert told("init") == 0
    assert told("poll") == 0
    assert told("digest", "send", "--now", "lab") == 0
    return told


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """Standard output, which must be one JSON document and nothing else."""
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "words",
    [
        ("sources",),
        ("sources", "--receipts", "3"),
        ("search", "neutrophil"),
        ("search", "no-such-word-anywhere"),
        ("show", "1"),
        ("rank", "stroma"),
        ("topics", "list"),
        ("topics", "show", "stroma"),
        ("topics", "history", "stroma"),
        ("digest", "list"),
        ("digest", "preview"),
        ("digest", "send"),
        ("deliveries",),
        ("db", "status"),
        ("poll",),
        ("config", "check"),
    ],
    ids=" ".join,
)
def test_json_is_all_that_stands_on_standard_output(
    filled: Litwatch, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled(*words, "--json") == 0
    printed(capsys)


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("show", "10.1/none"), 2, "'10.1/none': is not in the archive"),
        (("show", "9" * 40), 2, "is not in the archive"),
        (("rank", "nope"), 2, "topic 'nope'"),
        (("topics", "show", "nope"), 2, "there are: neutrophils, stroma"),
        (("deliveries", "nope"), 2, "delivery 'nope': does not exist (see: litwatch deliveries)"),
        (("digest", "preview", "nope"), 2, "subscription 'nope'"),
        (("poll", "nope"), 2, "source 'nope': is not enabled (enabled: pubmed"),
        (("poll", "--from", "2026-11-09", "--to", "2026-11-01"), 2, "is before --from"),
        (("parse", "nope", "file"), 2, "source 'nope': is not known"),
        (("parse", "pubmed", "no-such-file"), 2, "no-such-file: No such file"),
        (("split", "1", "999"), 2, "work 1"),
        (("digest", "preview", "--as", "email"), 6, "email: is not configured"),
        (("digest", "preview", "--out", "no/such/folder/x"), 2, "cannot be written"),
        (("topics", "export", "stroma", "--out", "no/such/folder/x"), 2, "cannot be written"),
        (("db", "downgrade", "nope", "--yes"), 5, "nope"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_use_is_one_line_and_its_status(
    filled: Litwatch,
    words: tuple[str, ...],
    status: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert filled(*words) == status
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("litwatch: ")
    assert err.count("\n") == 1
    assert told in err


def test_a_topic_shows_its_short_forms_and_where_its_line_is(
    filled: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled("topics", "show", "neutrophils") == 0
    out = capsys.readouterr().out
    assert "\nLine: " in out
    assert "\nSenses\n" in out
    assert "\n  NET: neutrophil extracellular trap" in out
    assert filled("topics", "show", "neutrophils", "--json") == 0
    senses = printed(capsys)["senses"]
    assert all(each.keys() == {"short", "long", "pinned"} for each in senses)
    assert "NET" in {each["short"] for each in senses}


def test_who_ranks_imported_files_is_told_why_nothing_came(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "herons.ris"
    file.write_text("TY  - JOUR\nTI  - Herons\nAB  - They nest.\nDO  - 10.5555/1\nER  - \n")
    assert litwatch("import", str(file)) == 0
    assert litwatch("rank", "stroma") == 0
    told = capsys.readouterr().err
    assert "No new work came in the last 7 days" in told
    assert "litwatch import --announce" in told


def test_the_ranking_of_the_archive_says_how_likely_each_work_is(
    filled: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled("rank", "stroma", "--days", "90", "--limit", "3") == 0
    out = capsys.readouterr().out
    assert out.index("relevance") < out.index("score")
    assert "%" in out
    assert filled("rank", "stroma", "--days", "90", "--json") == 0
    told = [each["ranked"] for each in printed(capsys)]
    likely = [each["relevance"] for each in told]
    assert likely == sorted(likely, reverse=True)
    assert {"concept", "weights", "sentences", "reference", "senses"} <= told[0].keys()


def test_an_archive_that_is_not_there_is_said_and_not_made(
    tmp_path: Path, upstreams: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch = Litwatch(replayed(tmp_path, upstreams), standing(MONDAY))
    for words in (("search", "cell"), ("sources",), ("db", "status"), ("run", "--once")):
        assert litwatch(*words) == 5
        assert "does not exist (run: litwatch init)" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_looking_does_not_write(filled: Litwatch) -> None:
    """A reader must not wait for the worker's transaction, nor undo another configuration."""
    elsewhere = Litwatch({**filled.settings, "subscriptions": []}, filled.clock)
    for words in (("search", "neutrophil"), ("show", "1"), ("sources",), ("digest", "list")):
        assert elsewhere(*words) == 0
    assert filled("digest", "preview", "lab") == 0


def test_a_second_poll_finds_nothing_due(
    filled: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled("poll", "--json") == 0
    assert all("not due yet" in each["skipped"] for each in printed(capsys))


def test_a_source_that_is_down_fails_by_name_and_stops_no_other(
    tmp_path: Path, upstreams: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    values = replayed(tmp_path, upstreams)
    values["sources"]["pmc"] = {"base_url": "http://127.0.0.1:9/"}
    litwatch = Litwatch(values, standing(MONDAY))
    litwatch("init")
    assert litwatch("poll", "--json") == 4
    by_name = {each["source"]: each for each in printed(capsys)}
    assert by_name["pmc"]["error_type"] == "transient"
    assert by_name["pubmed"]["tally"]["new"] > 0
    assert litwatch("sources") == 0
    out = capsys.readouterr().out
    assert "no connection" in next(line for line in out.splitlines() if line.startswith("pmc:"))
    assert "2026-11-16 08:00 UTC" in out


def test_what_search_finds_show_explains(
    filled: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled("search", "neutrophil", "extracellular", "traps", "--json") == 0
    found = [hit["work"] for hit in printed(capsys)["hits"]]
    assert found
    assert filled("show", found[0]["ids"]["doi"]) == 0
    told = capsys.readouterr().out
    assert found[0]["title"].split()[0] in told
    assert "first record of this work" in told
    assert filled("show", str(found[0]["id"]), "--json") == 0
    assert printed(capsys)["work"]["id"] == found[0]["id"]
    assert filled("show", str(found[0]["id"]), "--raw") == 0
    assert capsys.readouterr().out


def test_any_text_is_searched_for_or_refused_with_the_place(
    filled: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ('"', "*", "title:x", "--", "NEAR/2", "'; DROP TABLE work; --"):
        assert filled("search", "--", words) == 0
    for words in ("a AND", "NEAR("):
        assert filled("search", "--", words) == 2
        assert "^ here" in capsys.readouterr().err
    assert filled("search", "neutrophil", "--json", "--limit", "3") == 0
    assert capsys.readouterr().err == ""


def test_a_topic_goes_out_to_a_file_and_comes_back_changed(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stroma.toml"
    assert litwatch("topics", "export", "stroma", "--out", str(file)) == 0
    file.write_text(file.read_text("utf-8").replace("Tumour-associated", "Our"), "utf-8")
    assert litwatch("topics", "import", str(file), "--author", "Ida", "--reason", "shorter") == 0
    assert litwatch("topics", "import", str(file)) == 0, "unchanged: no new version"
    capsys.readouterr()
    assert litwatch("topics", "history", "stroma", "--json") == 0
    history = printed(capsys)
    assert [(each["version"], each["author"]) for each in history] in (
        [(1, "configuration"), (2, "Ida")],
        [(2, "Ida"), (1, "configuration")],
    )
    file.write_text("slug = 3", "utf-8")
    assert litwatch("topics", "import", str(file)) == 2
    assert str(file) in capsys.readouterr().err


def test_a_digest_is_sent_once_for_a_week(
    filled: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled("digest", "send", "--now", "lab") == 0
    assert "exists already; nothing was added" in capsys.readouterr().err
    assert filled("digest", "list", "--json") == 0
    assert len(printed(capsys)) == 1
    assert filled("deliveries", "--json") == 0
    [line] = printed(capsys)
    assert line["state"] == "sent"
    assert filled("deliveries", line["id"]) == 0
    assert "written" in capsys.readouterr().out


def test_a_channel_that_is_not_configured_is_not_called_sent(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slack = {"name": "lab", "channel": "slack", "destination": "C0123456789"}
    litwatch.settings["subscriptions"] = [slack]
    assert litwatch("digest", "send", "--now", "lab") == 6
    assert "slack: is not configured (see: litwatch config check)" in capsys.readouterr().err
    assert litwatch("digest", "list", "--json") == 0
    assert printed(capsys) == []


def test_a_digest_that_cannot_be_made_holds_up_no_other(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = {"name": "mail", "channel": "email", "destination": "ida@example.org", "zone": "UTC"}
    litwatch.settings["subscriptions"] = [mail, WEEKLY]
    assert litwatch("digest", "preview", "lab") == 0, "both are known from now on"
    next_week = Litwatch(litwatch.settings, standing(MONDAY + timedelta(days=7)))
    assert next_week("digest", "send") == 6
    assert "channel 'email': is not configured" in capsys.readouterr().err
    assert next_week("deliveries", "--json") == 0
    [line] = printed(capsys)
    assert (line["subscription"], line["state"]) == ("lab", "sent")


def test_imported_works_are_found_and_not_announced(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.bib"
    file.write_text(
        "@article{a, title={Osteosarcoma and the marrow}, author={Berg, Ane}, year={2026},"
        " journal={Example Letters}, doi={10.5555/osteo.1}}",
        "utf-8",
    )
    for expected in ("new", "same"):
        assert litwatch("import", str(file), "--json") == 0
        [told] = printed(capsys)
        assert told["tally"][expected] == 1
    assert litwatch("search", "osteosarcoma", "--json") == 0
    assert printed(capsys)["total"] == 1
    assert litwatch("rank", "stroma", "--json") == 0
    assert printed(capsys) == []
    bad = tmp_path / "bad.txt"
    bad.write_text("neither form", "utf-8")
    assert litwatch("import", str(bad)) == 2
    assert "is of no form that can be imported" in capsys.readouterr().err


# -- as a process ---------------------------------------------------------------------------------


def command(*words: str, folder: Path, **more: Any) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LITWATCH_")}
    return subprocess.Popen(
        [sys.executable, "-m", "service", *words],
        cwd=folder,
        env=environment | {"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_a_newcomer_is_led_from_nothing_to_a_checked_configuration(tmp_path: Path) -> None:
    process = command("init", folder=tmp_path)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert not out
    assert "Fill in litwatch.toml" in err
    process = command("config", "check", folder=tmp_path)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "http.contact is empty" in out
    assert "subscriptions" in out


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command("init", folder=tmp_path).communicate(timeout=60)
    process = command("config", "reference", folder=tmp_path)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == 0
    process.stderr.close()


def test_ctrl_c_ends_a_poll_that_waits_for_its_source(tmp_path: Path) -> None:
    """The source does not exist, so the poll is in its long wait between two tries."""
    (tmp_path / "litwatch.toml").write_text(
        '[http]\ncontact = "lab@example.org"\ntries = 10\n'
        + "".join(
            f"[sources.{name}]\nenabled = false\n"
            for name in ("pubmed", "pmc", "medrxiv", "arxiv", "europepmc")
        )
        + '[sources.biorxiv]\nbase_url = "http://127.0.0.1:9"\n',
        "utf-8",
    )
    command("init", folder=tmp_path).communicate(timeout=60)
    process = command("poll", folder=tmp_path)
    assert process.stderr
    assert "try 2" in process.stderr.readline()
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert "stopped; what was done is kept" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (("--help",), {"sqlalchemy", "pydantic", "rich", "numpy", "httpx", "lxml", "torch"}),
        (
            ("search", "cell"),
            {"alembic", "httpx", "lxml", "torch", "sklearn", "scipy", "feedparser"},
        ),
    ],
    ids=["help", "search"],
)
def test_a_command_imports_only_what_it_needs(
    tmp_path: Path, words: tuple[str, ...], unwanted: set[str]
) -> None:
    command("init", folder=tmp_path).communicate(timeout=60)
    script = (
        "import sys; from service.cli.main import run; run(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not unwanted & set(done.stderr.split())
