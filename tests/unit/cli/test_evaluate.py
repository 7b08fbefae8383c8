"""`litwatch evaluate`: tables for people, one JSON document for programs, a chart, no database."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from service.cli.main import run
from service.cli.session import Session
from service.config import Settings
from tests.fakes_encoder import FakeEncoder
from tests.labelled import listed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Evaluate = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two labelled corpora in the present folder."""
    monkeypatch.chdir(tmp_path)
    for start, name in enumerate(("one", "two")):
        write(tmp_path / f"{name}.jsonl", start=start)
    return tmp_path


def write(file: Path, start: int = 0) -> None:
    rows = [asdict(each) for each in listed(start=start)]
    for row in rows:
        row["label_included"] = int(row.pop("relevant"))
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture
def evaluate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """The command, with an encoder that needs no model; two draws."""
    encoder = FakeEncoder()
    monkeypatch.setattr("service.bootstrap.evaluation.plain_encoder", lambda *_: encoder)

    def command(*words: str) -> int:
        session = Session(overrides=Settings.model_validate({"log": {"level": "error"}}))
        return run(["evaluate", "--draws", "2", *words], session)

    return command


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_people_see_every_ranker_and_every_corpus(
    evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--corpus", "one.jsonl", "two.jsonl", "--rankers", "bm25,asreview-u4") == 0
    out = capsys.readouterr().out
    assert "Mean over 2 corpora: 2 seeds, 2 draws" in out
    for expected in ("bm25", "asreview-u4", "one", "two", "AP", "nDCG@20", "recall@10%", "WSS@95"):
        assert expected in out
    assert "tfidf-mean" not in out
    assert "AP beside asreview-u4" in out


def test_the_document_has_settings_figures_draws_and_comparisons(
    evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--corpus", "one.jsonl", "--corpus", "two.jsonl", "--seeds", "3", "--json") == 0
    told = printed(capsys)
    assert told["settings"]["seeds"] == 3
    assert told["settings"]["draws"] == 2
    assert told["settings"]["encoder"]["name"] == "fake"
    assert {"litwatch", "python", "numpy", "scikit-learn"} <= told["settings"]["versions"].keys()
    assert [each["corpus"] for each in told["corpora"]] == ["one", "two"]
    assert [each["included"] for each in told["corpora"]] == [12, 12]
    assert len(told["rankers"]) == 9
    for each in told["rankers"]:
        assert each["macro"].keys() == {"ap", "ndcg20", "recall10", "wss95"}
        ap = each["macro"]["ap"]
        assert 0 < ap["low"] <= ap["mean"] <= ap["high"] <= 1
        drawn = each["draws"]["one"]["ap"]
        assert each["corpora"]["one"]["ap"]["mean"] == pytest.approx(sum(drawn) / 2)
    fusions = {"rrf-fusion", "zscore-fusion"}
    assert told["best_fusion"] in fusions
    beside = {(each["ranker"], each["reference"]) for each in told["comparisons"]}
    assert ("bm25", told["best_system"]) in beside
    assert {reference for _, reference in beside} == {told["best_system"], *fusions}
    assert told["votes"] == []


def test_the_same_command_prints_the_same_bytes(
    evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = set()
    for _ in range(2):
        assert evaluate("--corpus", "one.jsonl", "--json") == 0
        outputs.add(capsys.readouterr().out)
    assert len(outputs) == 1


def test_votes_are_simulated_when_asked(
    evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--corpus", "one.jsonl", "--rankers", "asreview-u4", "--votes")
    assert evaluate(*words, "--json") == 0
    (curve,) = printed(capsys)["votes"]
    assert curve["votes"] == [0, 5, 10, 15, 20, 25]
    assert all(len(curve[name]) == 6 for name in ("recall10", "ap", "ap_unseen"))
    assert evaluate(*words) == 0
    out = capsys.readouterr().out
    assert "25 votes" in out
    assert "had nobody voted" in out


def test_nothing_that_is_missing_breaks_the_document(
    evaluate: Evaluate, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # After 25 votes nothing is left of 24 papers: no figure, and JSON has no NaN.
    rows = [{"title": f"t{row} word{row % 3}", "label_included": row % 2} for row in range(24)]
    (folder / "few.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert evaluate("--corpus", "few.jsonl", "--rankers", "bm25", "--votes", "--json") == 0
    assert printed(capsys)["votes"][0]["ap_unseen"][-1]["mean"] is None
    assert evaluate("--corpus", "few.jsonl", "--rankers", "bm25", "--votes") == 0
    assert "nan" not in capsys.readouterr().out


@pytest.mark.parametrize(("name", "start"), [("c.svg", b"<svg"), ("c.png", b"\x89PNG")])
def test_the_chart_is_drawn_into_the_file(
    evaluate: Evaluate,
    folder: Path,
    name: str,
    start: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate("--corpus", "one.jsonl", "--rankers", "bm25", "--chart", name, "--json") == 0
    assert (folder / name).read_bytes().startswith(start)
    assert printed(capsys)["rankers"]


@pytest.mark.parametrize("name", ["chart.pdf", "no/such/folder/chart.svg"])
def test_a_chart_that_cannot_be_drawn_is_refused_before_the_work(
    evaluate: Evaluate, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--corpus", "one.jsonl", "--chart", name) == 2
    captured = capsys.readouterr()
    assert name in captured.err
    assert captured.out == ""


def test_a_background_is_read_and_counted(
    evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--corpus", "one.jsonl", "--background", "two.jsonl", "--rankers", "bm25", "--json")
    assert evaluate(*words) == 0
    assert printed(capsys)["settings"]["background"] == 60


def test_corpora_of_one_name_are_told_apart_and_the_same_file_counts_once(
    evaluate: Evaluate, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "more" / "one.jsonl", start=7)
    files = ("one.jsonl", "more/one.jsonl", "one.jsonl", "two.jsonl")
    assert evaluate("--corpus", *files, "--rankers", "bm25", "--json") == 0
    names = [each["corpus"] for each in printed(capsys)["corpora"]]
    assert names == ["one.jsonl", "more/one.jsonl", "two"]


def test_ids_that_come_twice_are_told_and_do_no_harm(
    evaluate: Evaluate, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": "1", "title": f"t{row}", "label_included": row % 2} for row in range(12)]
    (folder / "same.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert evaluate("--corpus", "same.jsonl", "--rankers", "bm25", "--json") == 0
    captured = capsys.readouterr()
    assert "same: ids that come more than once: 1" in captured.err
    assert json.loads(captured.out)["corpora"][0]["papers"] == 12


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ((), 2, "at least one labelled corpus"),
        (("--corpus", "one.jsonl", "--rankers", "best"), 2, "arxiv-sanity-lite"),
        (("--corpus", "none.jsonl"), 2, "none.jsonl"),
        (("--corpus", "one.jsonl", "--seeds", "12"), 2, "12 seeds leave none"),
        (("--corpus", "one.jsonl", "--seeds", "0"), 2, "--seeds"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    evaluate: Evaluate,
    words: tuple[str, ...],
    status: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate(*words) == status
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err


def test_a_bad_line_is_named(
    evaluate: Evaluate, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.jsonl").write_text('{"title": "A", "label_included": 1}\n{"title": "B"\n')
    assert evaluate("--corpus", "bad.jsonl") == 2
    assert "bad.jsonl, line 2: is not JSON" in capsys.readouterr().err


def test_without_the_model_words_are_measured_and_the_rest_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.model_validate({"encoder": {"model": "none-that-exists"}})
    words = ["evaluate", "--corpus", "one.jsonl", "--draws", "2"]
    assert run([*words, "--rankers", "bm25,max-cosine", "--json"], Session(overrides=settings)) == 0
    captured = capsys.readouterr()
    assert "Left out, for they need vectors: max-cosine." in captured.err
    told = json.loads(captured.out)
    assert told["left_out"]["rankers"] == ["max-cosine"]
    assert "none-that-exists" in told["left_out"]["cause"]
    assert [each["ranker"] for each in told["rankers"]] == ["bm25"]
    assert run([*words, "--rankers", "max-cosine"], Session(overrides=settings)) == 7


def test_neither_database_nor_configuration_is_made(evaluate: Evaluate, folder: Path) -> None:
    before = sorted(folder.iterdir())
    assert evaluate("--corpus", "one.jsonl", "--rankers", "bm25") == 0
    assert sorted(folder.iterdir()) == before


def test_vectors_are_kept_where_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = FakeEncoder()
    monkeypatch.setattr("service.embedding.encoder.SentenceTransformerEncoder", lambda *_: encoder)
    words = ["evaluate", "--corpus", "one.jsonl", "--rankers", "max-cosine", "--draws", "2"]
    for _ in range(2):
        assert run([*words, "--cache", "kept", "--json"], Session(overrides=Settings())) == 0
    assert encoder.calls == 1
    assert [file.suffix for file in (folder / "kept").iterdir()] == [".npz"]
