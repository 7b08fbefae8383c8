"""Papers of a file ranked for a topic that files describe: no database, no stored topic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.errors import EncoderError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from service.protocols import Encoder
    from service.ranking.listed import ListedPaper
    from service.records import Candidate, EncoderInfo, Evidence, RankedWork, Topic
    from service.voting import Ballot

    Embedding = Callable[[str, int], Callable[[int], None]]

_LONG = 64  # texts; fewer are embedded before a progress bar could be seen
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # votes of a file have an order, but no time


@dataclass(frozen=True, slots=True)
class RankedPaper:
    """A paper of the file and how it stands to the topic; `seed` when it is one of its seeds."""

    paper: ListedPaper
    ranked: RankedWork
    seed: bool


@dataclass(frozen=True, slots=True)
class FileRanking:
    """All papers of the file, best first. Without a usable encoder words alone ranked them, and
    `missing` says why; `encoder` is None then. `found_terms` are as in `TopicRanking`."""

    topic: Topic
    papers: tuple[RankedPaper, ...]
    encoder: EncoderInfo | None = None
    missing: EncoderError | None = None
    found_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileVotes:
    """What a file of votes says: weight and origin by the paper's place in the list. `unknown`
    are voted ids that no paper has."""

    verdicts: Mapping[int, tuple[float, str]]
    unknown: tuple[str, ...] = ()


def read_votes(file: Path, papers: Sequence[ListedPaper]) -> FileVotes:
    """The votes of a .jsonl or .csv file of id and judgement, by the ids of the papers.

    A voter's later vote replaces the earlier one; where voters differ, the majority decides.
    Raises `InputError` for a faulty file, an id that several papers have, and a file that says
    nothing of these papers.
    """
    from service.records import Vote
    from service.voting import verdicts

    rows: dict[str, list[int]] = {}
    for row, paper in enumerate(papers):
        rows.setdefault(paper.id, []).append(row)
    votes: dict[tuple[int, str], Vote] = {}
    unknown: dict[str, None] = {}
    for ballot in _ballots(file):
        found = rows.get(ballot.work, [])
        if len(found) > 1:
            told = f"{len(found)} of the papers have the id {ballot.work!r}"
            raise InputError(f"{file}, {ballot.place}", told, "give each paper its own id")
        if not found:
            unknown[ballot.work] = None
        for row in found:
            votes[row, ballot.voter] = Vote(
                "", row, ballot.voter, ballot.judgement, "import", _NEVER
            )
    if not votes:
        raise InputError(
            str(file), "no vote in it is on one of the papers", "use their ids in both files"
        )
    return FileVotes(verdicts(votes.values()), tuple(unknown))


def rank_papers(
    topic: Topic,
    papers: Sequence[ListedPaper],
    encoder: Encoder,
    *,
    background: Sequence[ListedPaper] = (),
    verdicts: Mapping[int, tuple[float, str]] | None = None,
    embedding: Embedding,
) -> FileRanking:
    """Rank all papers for the topic; `verdicts` are as in `FileVotes`.

    `embedding(name, total)` is called before many texts are embedded and gives their progress.
    """
    from service.bootstrap.evaluation import embedded
    from service.bootstrap.seed_files import seed_test
    from service.ranking.ranker import FusedRanker
    from service.topics.facets import facets
    from service.topics.sentences import split_sentences

    candidates = _candidates(papers)
    rest = _candidates(background, start=len(papers))
    info, missing = None, None
    try:
        info = encoder.info()
        candidates, rest = (
            list(embedded(part, encoder, embedding(name, len(part)))) if part else []
            for name, part in (("papers", candidates), ("background", rest))
        )
    except EncoderError as error:
        info, missing = None, error
    encode = _topic_encode(encoder, embedding) if info else None
    evidence = {topic.slug: _evidence(candidates, verdicts or {})}
    ranker = FusedRanker(facets, split_sentences)
    ranked = ranker.rank_all([topic], candidates, rest, encode, evidence)[topic.slug]
    is_seed = seed_test(topic, len(papers))
    found = (RankedPaper(papers[r.work_id], r, is_seed(papers[r.work_id])) for r in ranked.works)
    return FileRanking(topic, tuple(found), info, missing, ranked.found_terms)


def _ballots(file: Path) -> Sequence[Ballot]:
    from service import ballots

    kind = ballots.form(file.name)
    try:
        return ballots.read(file.read_bytes(), kind)
    except OSError as error:
        raise InputError(str(file), error.strerror or str(error), "check the path") from None
    except InputError as error:
        raise InputError(f"{file}, {error.thing}", error.cause, error.remedy) from None


def _evidence(
    candidates: Sequence[Candidate], verdicts: Mapping[int, tuple[float, str]]
) -> list[Evidence]:
    from service.records import Evidence

    return [Evidence(candidates[row], *told) for row, told in verdicts.items()]


def _candidates(papers: Sequence[ListedPaper], start: int = 0) -> list[Candidate]:
    """Numbered by place; the background goes on counting, so that no two have one number."""
    from service.records import Candidate

    return [Candidate(row, each.title, each.abstract) for row, each in enumerate(papers, start)]


def _topic_encode(
    encoder: Encoder, embedding: Embedding
) -> Callable[[Sequence[str]], list[NDArray[float32]]]:
    """What the ranker embeds texts of its own choice with, progress shown where there are many."""

    def encode(texts: Sequence[str]) -> list[NDArray[float32]]:
        told = embedding("sentences", len(texts)) if len(texts) > _LONG else None
        return encoder.encode(texts, told)

    return encode
