"""`litwatch rank` over files: any papers, for a topic document or seeds, no database."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap.ranking_files import FileRanking, RankedPaper
from service.cli import ranked
from service.cli.main import run
from service.cli.ranking import _repeated
from service.cli.session import Session, print_json
from service.config import Settings
from service.ranking.listed import ListedPaper
from service.records import Facet, RankedWork, SeedScore, Topic
from tests.fakes_encoder import FakeEncoder
from tests.labelled import listed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Rank = Callable[..., int]

TOPIC = """
slug = "birds"
name = "Wading birds"
exclude = ["glacier"]
[[seeds]]
key = "own"
title = "Heron nesting in reed colonies"
abstract = "A colony of wading birds raises its chick in the reed. Feather growth is slow."
"""


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("\n".join(map(json.dumps, rows)))


def row(paper: ListedPaper, prefix: str = "p") -> dict[str, Any]:
    return {"id": f"{prefix}{paper.id}", "title": paper.title, "abstract": paper.abstract}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """60 papers (the first 12 are of the subject), two of them as seeds, a topic, a background."""
    monkeypatch.chdir(tmp_path)
    papers = listed()
    write(tmp_path / "papers.jsonl", [row(each) for each in papers])
    write(tmp_path / "seeds.jsonl", [row(each) for each in papers[:2]])
    write(tmp_path / "field.jsonl", [row(each, "b") for each in listed(2, 28, start=5)])
    (tmp_path / "birds.toml").write_text(TOPIC)
    return tmp_path


@pytest.fixture
def rank(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rank:
    """The command over papers.jsonl, with an encoder that needs no model."""
    encoder = FakeEncoder()
    monkeypatch.setattr("service.bootstrap.evaluation.plain_encoder", lambda *_: encoder)

    def command(*words: str) -> int:
        return run(["rank", "--papers", "papers.jsonl", *words], session())

    return command


def session(model: str = "") -> Session:
    values = {"log": {"level": "error"}, "encoder": {"model": model}}
    return Session(overrides=Settings.model_validate(values))


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def subject(number: int) -> bool:
    return number < 12


# -- what comes out -------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [("--seeds", "seeds.jsonl"), ("--topic", "birds.toml")])
def test_every_paper_is_printed_best_first_and_those_of_the_subject_lead(
    rank: Rank, given: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank(*given, "--json") == 0
    told = printed(capsys)
    assert {each["id"] for each in told} == {f"p{number}" for number in range(60)}
    scores = [each["score"] for each in told]
    assert scores == sorted(scores, reverse=True)
    likely = [each["relevance"] for each in told]
    assert likely == sorted(likely, reverse=True)
    lead = [int(each["id"][1:]) for each in told[:12]]
    assert all(map(subject, lead[:3]))
    assert sum(map(subject, lead)) >= 6, "chance gives 2"


def test_what_seeds_without_listed_terms_are_taken_for_is_said(
    rank: Rank, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review = "Grey herons (GHs) of the reed beds. What grey herons eat was counted."
    (folder / "herons.txt").write_text(f"The ecology of grey herons\n\n{review}\n")
    assert rank("--seeds", "herons.txt", "--json") == 0
    out, err = capsys.readouterr()
    assert "the topic looks for" in " ".join(err.split())
    assert len(json.loads(out)) > 20
    assert rank("--seeds", "seeds.jsonl", "--json") == 0
    assert "looks for" not in capsys.readouterr().err


def test_each_paper_has_its_score_and_why(rank: Rank, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank("--seeds", "seeds.jsonl", "--json") == 0
    for each in printed(capsys):
        assert each.keys() == {
            *("id", "score", "relevance", "seed", "explanation", "concept", "examples")
        }
        why = each["explanation"]
        assert why.keys() == {
            *("facet", "sentences", "terms", "reference", "senses", "designs", "seeds")
        }
        assert why["facet"].keys() == {"kind", "text", "seed"}
        assert why["facet"]["seed"] in {"p0", "p1"}
        assert 0 < each["relevance"] < 1
        assert all(term.keys() == {"term", "weight"} for term in why["terms"])


def test_papers_that_are_seeds_stay_and_are_marked(
    rank: Rank, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank("--seeds", "seeds.jsonl", "--json") == 0
    assert {each["id"] for each in printed(capsys) if each["seed"]} == {"p0", "p1"}
    assert rank("--seeds", "seeds.jsonl") == 0
    assert capsys.readouterr().out.count("(a seed)") == 2


def test_people_see_a_table_of_thirty_or_as_many_as_they_say(
    rank: Rank, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank("--topic", "birds.toml") == 0
    assert "Wading birds: 30 of 60 papers" in capsys.readouterr().out
    assert rank("--topic", "birds.toml", "--limit", "3") == 0
    assert "Wading birds: 3 of 60 papers" in capsys.readouterr().out
    assert rank("--topic", "birds.toml", "--limit", "3", "--json") == 0
    assert len(printed(capsys)) == 3


def test_an_excluded_paper_is_last_and_says_why(
    rank: Rank, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank("--topic", "birds.toml", "--json") == 0
    last = printed(capsys)[-1]
    assert last["explanation"]["terms"][0]["term"] == "excluded: glacier"


def test_the_same_command_prints_the_same_bytes(
    rank: Rank, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = set()
    for _ in range(2):
        assert rank("--seeds", "seeds.jsonl", "--background", "field.jsonl", "--json") == 0
        outputs.add(capsys.readouterr().out)
    assert len(outputs) == 1


def test_a_background_changes_scores_and_is_not_ranked(
    rank: Rank, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank("--seeds", "seeds.jsonl", "--json") == 0
    alone = printed(capsys)
    assert rank("--seeds", "seeds.jsonl", "--background", "field.jsonl", "--json") == 0
    beside = printed(capsys)
    assert {each["id"] for each in beside} == {each["id"] for each in alone}
    assert [each["score"] for each in beside] != [each["score"] for each in alone]


def test_neither_database_nor_configuration_is_made(rank: Rank, folder: Path) -> None:
    before = sorted(folder.iterdir())
    assert rank("--seeds", "seeds.jsonl", "--json") == 0
    assert sorted(folder.iterdir()) == before


def of_one(work: RankedWork, title: str = "Nets") -> FileRanking:
    paper = RankedPaper(ListedPaper("10.1/x", title, ""), work, seed=False)
    return FileRanking(Topic("birds", "Birds", ()), (paper,))


FACET = Facet("finding", "Herons wade.", "own", weight=0.5)
EXPLAINED = RankedWork(
    work_id=0,
    topic="birds",
    score=0.75,
    facet=FACET,
    relevance=0.875,
    concept=2.0,
    examples=1.5,
    terms=("heron", "reed"),
    weights=(0.5, 0.25),
    sentences=("Herons nest.", "NETs are set."),
    reference="Reed and heron",
    senses=("NET: a net",),
    designs=("animal study",),
    seeds=(SeedScore("own", 0.5, (0.25, 0.5)),),
)


def test_all_that_the_ranker_says_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = of_one(EXPLAINED)
    print_json(ranked.document(found))
    assert printed(capsys) == [
        {
            "id": "10.1/x",
            "score": 0.75,
            "relevance": 0.875,
            "seed": False,
            "explanation": {
                "facet": {"kind": "finding", "text": "Herons wade.", "seed": "own"},
                "sentences": ["Herons nest.", "NETs are set."],
                "terms": [{"term": "heron", "weight": 0.5}, {"term": "reed", "weight": 0.25}],
                "reference": "Reed and heron",
                "senses": ["NET: a net"],
                "designs": ["animal study"],
                "seeds": [{"seed": "own", "nearness": 0.5, "facets": [0.25, 0.5]}],
            },
            "concept": 2.0,
            "examples": 1.5,
        }
    ]
    ranked.show(found, 5)
    out = capsys.readouterr().out
    assert "relevance" in out
    assert "88%" in out


def test_terms_without_a_weight_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    work = replace(EXPLAINED, terms=("excluded: ice",), weights=(), examples=None)
    print_json(ranked.document(of_one(work)))
    [told] = printed(capsys)
    assert told["explanation"]["terms"] == [{"term": "excluded: ice", "weight": None}]
    assert told["examples"] is None


def test_a_table_has_relevance_first_and_what_matched(capsys: pytest.CaptureFixture[str]) -> None:
    ranked.show(of_one(EXPLAINED, title=""), 5)
    out = capsys.readouterr().out
    assert out.index("relevance") < out.index("score")
    assert "(no title)" in out
    assert "heron, reed" in out


# -- the model ------------------------------------------------------------------------------------


def test_without_the_model_words_rank_and_that_is_said_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["rank", "--papers", "papers.jsonl", "--seeds", "seeds.jsonl", "--json"]
    assert run(words, session("none-that-exists")) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert err.startswith("Ranked by words only: ")
    assert err.count("\n") == 1
    assert "none-that-exists" in err
    assert all(0 < each["relevance"] < 1 for each in told)
    assert sum(subject(int(each["id"][1:])) for each in told[:12]) >= 10


def test_vectors_are_kept_where_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = FakeEncoder()
    monkeypatch.setattr("service.embedding.encoder.SentenceTransformerEncoder", lambda *_: encoder)
    words = ["rank", "--papers", "papers.jsonl", "--seeds", "seeds.jsonl", "--cache", "kept"]
    assert run(words, session()) == 0
    first = encoder.calls
    assert first > 0
    assert run(words, session()) == 0
    assert encoder.calls == first
    assert {file.suffix for file in (folder / "kept").iterdir()} == {".npz"}


# -- votes ----------------------------------------------------------------------------------------


def test_votes_on_ids_that_no_paper_has_are_counted(
    rank: Rank, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [{"id": "p3", "judgement": "withdraw"}, {"id": "x", "judgement": "not relevant"}]
    write(folder / "votes.jsonl", said)
    assert rank("--seeds", "seeds.jsonl", "--votes", "votes.jsonl", "--json") == 0
    out, err = capsys.readouterr()
    assert "votes.jsonl: votes on ids that no paper has: 1; left out." in err
    assert len(json.loads(out)) == 60


# -- wrong use ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "add --topic FILE.toml, or --seeds FILE..."),
        (("--topic", "birds.toml", "--seeds", "seeds.jsonl"), "--topic and --seeds: do not go"),
        (("birds", "--topic", "birds.toml"), "'birds': a TOPIC of the archive does not go"),
        (("--seeds", "seeds.jsonl", "--days", "3"), "--days: is for the archive"),
        (("--seeds", "none.jsonl"), "none.jsonl: No such file"),
        (("--topic", "none.toml"), "none.toml: cannot be read"),
        (("--seeds", "birds.toml"), "--topic birds.toml"),
        (("--topic", "seeds.jsonl"), "--seeds seeds.jsonl"),
        (("--seeds", "seeds.jsonl", "--background", "none.jsonl"), "none.jsonl: No such file"),
        (("--seeds", "seeds.jsonl", "--votes", "none.jsonl"), "none.jsonl: No such file"),
        (("--seeds", "seeds.jsonl", "--papers", "none.jsonl"), "none.jsonl: No such file"),
        (("--seeds", "seeds.jsonl", "--papers", "empty.jsonl"), "holds no paper"),
        (("--seeds", "empty.txt"), "empty.txt: holds no seed"),
    ],
)
def test_wrong_use_is_one_line_with_a_remedy(
    rank: Rank,
    folder: Path,
    words: tuple[str, ...],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "empty.jsonl").write_text("\n")
    (folder / "empty.txt").write_text(" \n")
    assert rank(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("litwatch: ")
    assert err.count("\n") == 1
    assert told in err
    assert err.endswith(")\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "there is nothing to rank for"),
        (("birds", "--seeds", "seeds.jsonl"), "--seeds: goes with --papers only"),
        (("--topic", "birds.toml"), "--topic: goes with --papers only"),
        (("birds", "--background", "field.jsonl"), "--background: goes with --papers only"),
        (("birds", "--votes", "v.jsonl"), "--votes: goes with --papers only"),
        (("birds", "--cache", "kept"), "--cache: goes with --papers only"),
    ],
)
def test_without_papers_only_the_archive_can_be_ranked(
    folder: Path, words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rank", *words], session()) == 2
    assert told in capsys.readouterr().err


# -- several files after --seeds ------------------------------------------------------------------


def test_several_seeds_may_follow_one_option(
    rank: Rank, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "note.txt").write_text("Violin varnish and bow tension.")
    assert rank("--seeds", "seeds.jsonl", "note.txt", "--json") == 0
    told = [each["explanation"] for each in printed(capsys)]
    assert {each["facet"]["seed"] for each in told} == {"note"}, "papers are examples, no facets"
    papers = {each.title for each in listed()[:2]}
    assert {each["reference"] for each in told} - {""} == papers, "nearest to itself is no news"


@pytest.mark.parametrize("words", [("--seeds",), ("--seeds", "--json")])
def test_an_option_is_not_taken_for_a_seed(
    rank: Rank, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank(*words) == 2
    assert "'--seeds' requires an argument" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("--seeds a b --json", "--seeds a --seeds b --json"),
        ("--seeds=a b c", "--seeds=a --seeds b --seeds c"),
        ("--seeds a --seeds b c", "--seeds a --seeds b --seeds c"),
        ("topic --papers p", "topic --papers p"),
        ("--seeds a --papers p q", "--seeds a --papers p q"),
    ],
)
def test_words_after_seeds_are_seeds_up_to_the_next_option(words: str, read: str) -> None:
    assert _repeated(words.split(), "--seeds") == read.split()


# -- the real thing -------------------------------------------------------------------------------


@pytest.mark.captures
@pytest.mark.exhaustive
@pytest.mark.model
@pytest.mark.slow
def test_two_included_papers_find_the_rest_of_a_review(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three pairs, because the first is of two case reports among trials."""
    corpus = shared / "eval/screening/Donners_2021.jsonl"
    rows = [json.loads(line) for line in corpus.read_text("utf-8").splitlines()]
    included = [each for each in rows if each["label_included"] == 1]
    ids = {each[key]: each["title"] for each in rows for key in ("openalex_id", "doi", "pmid")}
    found = []
    for at in (0, 2, 4):
        write(tmp_path / "seeds.jsonl", included[at : at + 2])
        words = ["--papers", str(corpus), "--seeds", str(tmp_path / "seeds.jsonl"), "--json"]
        assert run(["rank", *words, "--cache", str(tmp_path / "kept")], session()) == 0
        told = printed(capsys)
        assert len(told) == len(rows)
        wanted = {each["title"] for each in included[:at] + included[at + 2 :]}
        best = [ids[each["id"]] for each in told if not each["seed"]][: len(rows) // 10]
        found.append(len(wanted.intersection(best)) / len(wanted))
    assert sum(found) / len(found) >= 0.3, "in a tenth of the list; chance gives a tenth"
