"""`litwatch evaluate`: tables for people, one JSON document for programs, a chart; no database for
files, and one that is only read for a topic."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from service import pipeline
from service.cli.main import run
from service.cli.session import Session
from service.clock import standing
from service.config import Settings
from service.records import Judgement, Vote
from service.store import Store
from tests import databases, papers
from tests.command_line import Litwatch
from tests.fakes_encoder import FakeEncoder
from tests.labelled import listed
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    assert len(told["rankers"]) == 10
    assert told["topic"] is None
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
    assert encoder.calls == 2  # whole texts, and titles
    assert [file.suffix for file in (folder / "kept").iterdir()] == [".npz", ".npz"]


# -- on a topic ----------------------------------------------------------------------------------

TOPIC = """slug = "birds"
name = "Herons"
include = ["heron", "wetland"]

[[seeds]]
key = "note"
kind = "text"
title = "Herons of the wetland"
"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """12 works voted relevant, 5 not relevant, among 271 that nobody judged."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    made = enumerate(listed(12, 276), 1)
    for engine in databases.migrated("sqlite", tmp_path):
        found = Archive(Store(engine))
        found.take_in(*(paper(n, title=each.title, abstract=each.abstract) for n, each in made))
        with found.store.writing() as tx:
            tx.topics.save("birds", TOPIC, "Ida", "first", NOW)
            for work in range(1, 18):
                said = Judgement.RELEVANT if work <= 12 else Judgement.NOT_RELEVANT
                tx.votes.cast(Vote("birds", work, "Ida", said, "web", NOW))
        yield found


@pytest.fixture
def litwatch(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Litwatch:
    """The command over that archive, with an encoder that needs no model unless `model` asks."""
    model = getattr(request, "param", "")
    if not model:
        monkeypatch.setattr("service.bootstrap.evaluation.plain_encoder", lambda *_: FakeEncoder())
    settings = {
        "database": {"url": str(archive.store.engine.url)},
        "encoder": {"model": model},
        "log": {"level": "error"},
    }
    return Litwatch(settings, standing(NOW))


def on_topic(litwatch: Litwatch, *words: str) -> int:
    return litwatch("evaluate", "--topic", "birds", "--draws", "2", *words)


def test_a_topic_is_measured_on_its_votes_and_a_sample(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_topic(litwatch, "--rankers", "bm25,asreview-u4") == 0
    out = capsys.readouterr().out
    assert "Topic birds, version 1, is measured on 152 papers." in out
    assert "12 to be found: 0 references of its seeds, 12 works voted relevant or saved" in out
    assert "140 to be left behind: 5 works voted not relevant, 135 sampled" in out
    assert "though a few may be" in out
    assert "Topic birds: 2 seeds, 2 draws" in out
    first = out[out.index("ranker") : out.index("AP beside")]
    assert "topic as it stands" in first
    for told in ("AP beside asreview-u4", "2 of the papers to be found", "without having"):
        assert told in out
    assert "nobody judged them" in out
    assert "litwatch vote birds WORK..." in out
    assert "AP per corpus" not in out
    assert "ahead on" not in out
    assert "excludes by a term" not in out
    assert "by words only" not in out


def test_what_the_topic_excludes_though_it_should_find_it_is_named(
    litwatch: Litwatch, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    document = TOPIC.replace("[[seeds]]", 'exclude = ["colony"]\n[[seeds]]').replace(
        '"heron", "wetland"', '"egret"'
    )
    with archive.store.writing() as tx:
        tx.topics.save("birds", document, "Ida", "narrower", NOW)
    assert on_topic(litwatch, "--rankers", "bm25") == 0
    out = capsys.readouterr().out
    assert "version 2" in out
    told = out[out.index("The topic excludes by a term what it should find:") :]
    assert "colony" in told.splitlines()[1]
    assert on_topic(litwatch, "--rankers", "bm25", "--json") == 0
    assert printed(capsys)["topic"]["excluded"]


def test_the_document_says_of_what_a_topic_was_measured(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_topic(litwatch, "--json") == 0
    told = printed(capsys)
    assert told["topic"]["topic"] == "birds"
    assert told["topic"]["version"] == 1
    assert told["topic"]["used"] == {
        "references": 0,
        "relevant": 12,
        "not_relevant": 5,
        "sampled": 135,
        "background": 136,
    }
    assert told["topic"]["as_it_stands"].keys() == {"ap", "ndcg20", "recall10", "wss95"}
    assert told["topic"]["as_it_stands"]["ap"] > 0.3  # by chance: 0.08
    assert 0 < len(told["topic"]["unjudged"]) <= 20
    assert min(told["topic"]["unjudged"]) > 17
    assert told["settings"]["background"] == 136
    assert told["corpora"][0]["corpus"] == "birds"
    assert len(told["rankers"]) == 10
    assert "topic as it stands" not in {each["ranker"] for each in told["rankers"]}


def test_a_topics_votes_are_simulated_and_its_chart_is_drawn(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "birds.svg"
    assert on_topic(litwatch, "--rankers", "bm25", "--votes", "--chart", str(file)) == 0
    assert "25 votes" in capsys.readouterr().out
    assert "topic as it stands" in file.read_text("utf-8")


def test_measuring_a_topic_leaves_the_archive_as_it_was(
    litwatch: Litwatch, archive: Archive, tmp_path: Path
) -> None:
    with archive.store.reading() as tx:
        before = (tx.works.sequence(), tx.works.counts(), tx.votes.current("birds"))
    size = (tmp_path / "litwatch.db").stat().st_size
    assert on_topic(litwatch, "--rankers", "max-cosine") == 0
    with archive.store.reading() as tx:
        assert (tx.works.sequence(), tx.works.counts(), tx.votes.current("birds")) == before
        assert tx.embeddings.find(FakeEncoder().info()) is None
    assert (tmp_path / "litwatch.db").stat().st_size == size


@pytest.mark.parametrize("litwatch", ["none-that-exists"], indirect=True)
def test_without_the_model_a_topic_is_measured_by_words(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_topic(litwatch, "--rankers", "bm25,max-cosine") == 0
    captured = capsys.readouterr()
    assert "Left out, for they need vectors: max-cosine." in captured.err
    assert "none-that-exists" in captured.err
    assert "no interval; here by words only." in captured.out
    assert on_topic(litwatch, "--rankers", "bm25", "--json") == 0
    captured = capsys.readouterr()
    assert "Left out" not in captured.err
    assert "none-that-exists" in json.loads(captured.out)["left_out"]["cause"]


@pytest.mark.parametrize(("words", "told"), [((), True), (("--cache", "kept"), False)])
def test_who_waits_for_vectors_is_told_how_not_to_wait_again(
    litwatch: Litwatch,
    words: tuple[str, ...],
    told: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("service.cli.evaluate._LONG", 200)
    assert on_topic(litwatch, "--rankers", "bm25", *words) == 0
    assert ("288 papers have no vector in the archive" in capsys.readouterr().err) is told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--topic", "fish"), "there are: birds"),
        (("--topic", "birds", "one.jsonl"), "--topic does not go with corpora"),
        (("--topic", "birds", "--background", "one.jsonl"), "--topic does not go with"),
        (("--topic", "birds", "--seeds", "12"), "fewer than 12 seeds"),
    ],
)
def test_a_topic_that_cannot_be_measured_so_is_told_in_one_line(
    litwatch: Litwatch,
    folder: Path,
    words: tuple[str, ...],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert litwatch("evaluate", *words) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err


def test_a_topic_with_few_votes_is_told_what_to_do(
    litwatch: Litwatch, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    with archive.store.writing() as tx:
        for work in (1, 2, 3):
            tx.votes.cast(Vote("birds", work, "Ida", Judgement.WITHDRAWN, "web", NOW))
    assert on_topic(litwatch) == 2
    err = capsys.readouterr().err
    assert "9 papers for it are known" in err
    assert "litwatch vote birds WORK relevant" in err
