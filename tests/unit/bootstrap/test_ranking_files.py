"""Papers of a file ranked: the encoder wired, votes read, words alone where there is no model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap.ranking_files import rank_papers, read_votes
from service.errors import EncoderError, InputError
from service.ranking.listed import ListedPaper
from service.records import Facet, RankedWork, Seed, Topic, TopicRanking
from tests.fakes_encoder import FakeEncoder
from tests.labelled import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from service.records import EncoderInfo

PAPERS = listed()
TOPIC = Topic("seeds", "Birds", (Seed("0", "paper", PAPERS[0].title, abstract=PAPERS[0].abstract),))
REST = listed(2, 8, start=3)


class NoModel(FakeEncoder):
    def info(self) -> EncoderInfo:
        raise EncoderError("model x", "is not there", "install it")


class Breaking(FakeEncoder):
    """Has a model that fails at its second call."""

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        if self.calls:
            raise EncoderError("model x", "broke", "try again")
        return super().encode(texts, progress)


@dataclass
class Bars:
    """What was said to be embedded, and how many texts were."""

    told: list[tuple[str, int]] = field(default_factory=list)
    done: int = 0

    def __call__(self, name: str, total: int) -> Callable[[int], None]:
        self.told.append((name, total))
        return self._add

    def _add(self, texts: int) -> None:
        self.done += texts


@dataclass
class Asked:
    """Stands for the ranker and keeps what it was given."""

    given: dict[str, Any] = field(default_factory=dict)

    def __call__(self, *_: object) -> Asked:
        return self

    def rank_all(
        self, topics: Sequence[Topic], candidates: Any, background: Any, encode: Any, evidence: Any
    ) -> dict[str, TopicRanking]:
        (topic,) = topics
        self.given = {"candidates": candidates, "background": background}
        self.given |= {"encode": encode, "evidence": evidence[topic.slug]}
        facet = Facet("title", "t", "s")
        works = [RankedWork(each.work_id, topic.slug, 0.5, facet) for each in reversed(candidates)]
        return {topic.slug: TopicRanking(works, (), ("reed", "heron"))}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    made = Asked()
    monkeypatch.setattr("service.ranking.ranker.FusedRanker", made)
    return made


# -- ranking --------------------------------------------------------------------------------------


def test_every_paper_comes_back_beside_its_own_score() -> None:
    found = rank_papers(TOPIC, PAPERS, FakeEncoder(), embedding=Bars())
    assert {each.paper.id for each in found.papers} == {each.id for each in PAPERS}
    assert all(each.paper is PAPERS[each.ranked.work_id] for each in found.papers)
    assert found.papers[0].paper is PAPERS[0]
    assert [each.paper.id for each in found.papers if each.seed] == ["0"]
    assert found.encoder == FakeEncoder().info()
    assert found.missing is None
    assert all(each.ranked.examples is not None for each in found.papers)


def test_the_ranker_gets_vectors_and_a_background_with_numbers_of_its_own(asked: Asked) -> None:
    found = rank_papers(TOPIC, PAPERS, FakeEncoder(), background=REST, embedding=Bars())
    candidates, rest = asked.given["candidates"], asked.given["background"]
    assert [each.work_id for each in candidates] == list(range(60))
    assert [each.work_id for each in rest] == list(range(60, 70))
    assert all(each.vectors.shape == (2, 64) for each in [*candidates, *rest])
    assert len(asked.given["encode"](["one", "two"])) == 2
    assert found.papers[0].paper is PAPERS[-1], "the ranker's order is kept"
    assert found.found_terms == ("reed", "heron")


def test_the_embedding_is_told_with_the_number_of_texts(asked: Asked) -> None:
    bars = Bars()
    rank_papers(TOPIC, PAPERS, FakeEncoder(), background=REST, embedding=bars)
    assert bars.told == [("papers", 60), ("background", 10)]
    assert bars.done == 70
    asked.given["encode"](["few"])
    assert len(bars.told) == 2
    asked.given["encode"](["many"] * 100)
    assert bars.told[2:] == [("sentences", 100)]


@pytest.mark.parametrize("encoder", [NoModel(), Breaking()])
def test_a_model_that_fails_leaves_the_words(encoder: FakeEncoder, asked: Asked) -> None:
    found = rank_papers(TOPIC, PAPERS, encoder, background=REST, embedding=Bars())
    assert found.encoder is None
    assert found.missing is not None
    assert asked.given["encode"] is None
    held = [*asked.given["candidates"], *asked.given["background"]]
    assert all(each.vectors is None for each in held), "vectors on one side only would mislead"


def test_votes_are_evidence_of_the_very_papers(asked: Asked) -> None:
    verdicts = {4: (1.0, "saved"), 50: (-1.0, "vote")}
    rank_papers(TOPIC, PAPERS, FakeEncoder(), verdicts=verdicts, embedding=Bars())
    evidence, candidates = asked.given["evidence"], asked.given["candidates"]
    assert [(each.weight, each.origin) for each in evidence] == list(verdicts.values())
    assert [each.work for each in evidence] == [candidates[4], candidates[50]]
    assert evidence[0].work.vectors is not None


# -- votes ----------------------------------------------------------------------------------------


def votes(folder: Path, *rows: tuple[str, str] | tuple[str, str, str]) -> Path:
    file = folder / "votes.jsonl"
    names = ("id", "judgement", "voter")
    file.write_text("\n".join(json.dumps(dict(zip(names, row, strict=False))) for row in rows))
    return file


def test_votes_are_found_by_the_ids_of_the_papers(tmp_path: Path) -> None:
    papers = [ListedPaper(id, "t", "") for id in ("a", "b", "c", "d")]
    said = (("c", "not relevant"), ("a", "relevant"), ("d", "save"), ("gone", "relevant"))
    told = read_votes(votes(tmp_path, *said), papers)
    assert dict(told.verdicts) == {2: (-1.0, "vote"), 0: (1.0, "vote"), 3: (1.0, "saved")}
    assert told.unknown == ("gone",)


def test_the_later_vote_counts_and_voters_decide_by_majority(tmp_path: Path) -> None:
    papers = [ListedPaper(id, "t", "") for id in ("a", "b", "c")]
    said = (
        ("a", "relevant"),
        ("a", "not relevant"),
        ("b", "relevant", "ana"),
        ("b", "relevant", "bo"),
        ("b", "not relevant", "cy"),
        ("c", "relevant", "ana"),
        ("c", "withdraw", "ana"),
    )
    told = read_votes(votes(tmp_path, *said), papers)
    assert dict(told.verdicts) == {0: (-1.0, "vote"), 1: (1.0, "vote")}


def test_a_spreadsheet_of_votes_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("id,judgement\na,relevant\n")
    assert dict(read_votes(file, [ListedPaper("a", "t", "")]).verdicts) == {0: (1.0, "vote")}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a", "relevant")], "line 1: 2 of the papers have the id 'a'"),
        ([("x", "relevant")], "no vote in it is on one of the papers"),
        ([("b", "maybe")], "line 1"),
    ],
)
def test_votes_that_cannot_be_used_are_refused_by_file(
    tmp_path: Path, rows: list[tuple[str, str]], told: str
) -> None:
    papers = [ListedPaper(id, "t", "") for id in ("a", "a", "b")]
    file = votes(tmp_path, *rows)
    with pytest.raises(InputError) as caught:
        read_votes(file, papers)
    assert told in str(caught.value)
    assert str(file) in caught.value.thing
    assert caught.value.remedy


def test_a_file_of_votes_of_another_form_or_none_is_refused(tmp_path: Path) -> None:
    for name, told in (("votes.txt", "neither .csv nor .jsonl"), ("none.csv", "No such file")):
        with pytest.raises(InputError, match=told):
            read_votes(tmp_path / name, PAPERS)
