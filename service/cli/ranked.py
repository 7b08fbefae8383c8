"""`litwatch rank --papers`: papers of a file ranked, as a table and as JSON. Needs no database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from service.cli.session import progress, say, table
from service.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.progress import Progress

    from service.bootstrap.ranking_files import FileRanking, RankedPaper
    from service.config import Settings
    from service.ranking.listed import ListedPaper
    from service.records import RankedWork, Topic


@dataclass(frozen=True, slots=True)
class Files:
    """What a person gives to have papers ranked: a topic document or seeds, and the rest."""

    papers: Path
    document: Path | None = None
    seeds: tuple[Path, ...] = ()
    background: Path | None = None
    votes: Path | None = None
    cache: Path | None = None


def rank_files(settings: Settings, files: Files) -> FileRanking:
    """Rank them all; what was left out, and how it was ranked without a model, is said on
    standard error. Raises `InputError` or `TopicError` before anything is embedded."""
    from service.bootstrap import evaluation, ranking_files
    from service.topics.preview import looked_for

    topic = _topic(files)
    papers = _papers(files.papers)
    rest = evaluation.read_listed(files.background) if files.background else []
    verdicts = _verdicts(files.votes, papers) if files.votes else {}
    encoder = evaluation.plain_encoder(settings, files.cache)
    with progress() as bars:
        found = ranking_files.rank_papers(
            topic,
            papers,
            encoder,
            background=rest,
            verdicts=verdicts,
            embedding=partial(_embedding, bars),
        )
    if found.missing:
        say(f"Ranked by words only: {found.missing}")
    for note in looked_for(found.found_terms):
        say(note)
    return found


def _topic(files: Files) -> Topic:
    from service.bootstrap import seed_files

    if files.document and files.seeds:
        raise InputError("--topic and --seeds", "do not go together", "give one of them")
    if files.document:
        return seed_files.document_topic(files.document)
    if not files.seeds:
        told = "add --topic FILE.toml, or --seeds FILE..."
        raise InputError("--papers", "there is nothing to rank them for", told)
    made = seed_files.seeds_topic(files.seeds)
    for note in made.notes:
        say(note)
    return made.topic


def _papers(file: Path) -> list[ListedPaper]:
    from service.bootstrap.evaluation import read_listed
    from service.ranking.listed import repeated_ids

    papers = read_listed(file)
    if repeated := repeated_ids(papers):
        say(f"{file.name}: ids that come more than once: {len(repeated)}; every line is ranked.")
    return papers


def _verdicts(file: Path, papers: list[ListedPaper]) -> dict[int, tuple[float, str]]:
    from service.bootstrap.ranking_files import read_votes

    told = read_votes(file, papers)
    if told.unknown:
        say(f"{file.name}: votes on ids that no paper has: {len(told.unknown)}; left out.")
    return dict(told.verdicts)


def _embedding(bars: Progress, name: str, total: int) -> partial[None]:
    return partial(bars.advance, bars.add_task(f"embedding {name}", total=total))


# -- for programs ---------------------------------------------------------------------------------


def document(found: FileRanking, limit: int | None = None) -> list[dict[str, object]]:
    """The papers, best first, each with why it stands where it does; at most `limit`."""
    return [_told(each) for each in found.papers[:limit]]


def _told(each: RankedPaper) -> dict[str, object]:
    ranked = each.ranked
    return {
        "id": each.paper.id,
        "score": ranked.score,
        "relevance": ranked.relevance,
        "seed": each.seed,
        "explanation": _explanation(ranked),
        "concept": ranked.concept,
        "examples": ranked.examples,
    }


def _explanation(ranked: RankedWork) -> dict[str, object]:
    facet, weights = ranked.facet, ranked.weights
    return {
        "facet": {"kind": facet.kind, "text": facet.text, "seed": facet.seed},
        "sentences": ranked.sentences,
        # An excluded work's terms say why it is out, and weigh nothing.
        "terms": [
            {"term": term, "weight": weight}
            for term, weight in zip_longest(ranked.terms, weights[: len(ranked.terms)])
        ],
        "reference": ranked.reference,
        "senses": ranked.senses,
        "designs": ranked.designs,
        "seeds": [
            {"seed": each.seed, "nearness": each.nearness, "facets": each.facets}
            for each in ranked.seeds
        ],
    }


# -- for people -----------------------------------------------------------------------------------


def show(found: FileRanking, limit: int) -> None:
    """The best as a table."""
    shown = found.papers[:limit]
    table(
        ("relevance", "score", "id", "title", "why"),
        [_row(each) for each in shown],
        numbers=(0, 1),
        whole=(2,),
        title=f"{found.topic.name}: {len(shown)} of {len(found.papers)} papers",
    )


def _row(each: RankedPaper) -> tuple[str, ...]:
    ranked = each.ranked
    title = each.paper.title or "(no title)"
    return (
        f"{ranked.relevance:.0%}",
        f"{ranked.score:.2f}",
        each.paper.id,
        f"{title} (a seed)" if each.seed else title,
        ", ".join(ranked.terms[:5]),
    )
