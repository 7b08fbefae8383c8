"""One work: its abstract with the sentences that carry the match, its records, its life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service import standings
from service.archive.exports import FORMATS
from service.bootstrap import exported
from service.digest import page_parts, words
from service.errors import InputError, LitwatchError
from service.normalisation import paper_of
from service.records.enriching import Addition
from service.records.findings import Search
from service.web.site.door import Reading  # noqa: TC001 - FastAPI reads the annotations
from service.web.site.life import life
from service.web.site.said import said
from service.web.site.shell import page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.bootstrap import App
    from service.records import Judgement, RankedWork, Topic, Vote, Work
    from service.records.findings import Hit
    from service.store import Unit
    from service.store.listing import Showing
    from service.web.site.door import Visitor

_SIMILAR = 6
_PATIENCE = 20.0  # seconds to wait for the model; a poll that embeds holds it for minutes


@dataclass(frozen=True, slots=True)
class Standing:
    """How a work stands to one topic: `ranked` is None where it was not ranked for it lately;
    `mine` is what the visitor says of it, `others` what others say, with their names."""

    topic: Topic
    ranked: RankedWork | None
    line: float
    mine: Judgement | None
    others: tuple[tuple[str, Judgement], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A part of the abstract, and the half-open ranges of characters that carry the match."""

    text: str
    marks: tuple[tuple[int, int], ...]


def routes(app: App) -> APIRouter:
    """/works/NAME (any name of a work leads to its number), and its entry for reference managers
    at /works/NUMBER/cite."""
    router = APIRouter()

    @router.get("/works/{work}/cite")
    def cite(visitor: Reading, work: str, form: str = "bibtex") -> Response:
        if form not in FORMATS:
            raise InputError(f"format {form!r}", "is not known", f"known: {', '.join(FORMATS)}")
        chosen = FORMATS[form]
        with app.store.reading() as tx:
            number = tx.works.get(tx.works.find(work)).id
            entries = exported.entries(tx, [number], lambda _: None)
            text = "".join(chosen.written(each for each in entries if chosen.fits(each)))
        named = f'attachment; filename="litwatch-{number}.{chosen.endings[0]}"'
        headers = {"Content-Disposition": named}
        return Response(text, media_type=chosen.media_type, headers=headers)

    @router.get("/works/{work:path}")
    def show(
        request: Request, visitor: Reading, work: str, topic: str = "", why: bool = False
    ) -> Response:
        with app.store.reading() as tx:
            found = tx.works.get(tx.works.find(work))
            if work != str(found.id):
                return RedirectResponse(f"/works/{found.id}", 303)
            records = [(held, paper_of(held.record)) for held in tx.works.records(found.id)]
            showings, merges = tx.listing.showings(found.id), tx.works.history(found.id)
            votes = tx.votes.of_works([found.id]).get(found.id, [])
            sent = _sent(tx, found.id, showings)
            standing = _standing(app, tx, found.id, sent=sent, votes=votes, visitor=visitor)
            stated = said(tx.statements.of(found.id))
            addition = tx.enrichments.shown([found.id]).get(found.id, Addition())
            read = bool(tx.readings.of(visitor.name, [found.id]))
        missing = ""
        if why:
            standing, missing = _ranked_now(app, found, standing)
        chosen = _chosen(standing, topic)
        return page(
            request,
            visitor,
            "work.html",
            work=found,
            standing=standing,
            chosen=chosen,
            missing=missing,
            asked=why,
            abstract=_abstract(found.abstract, chosen),
            records=records,
            life=life(records, showings, votes, merges, stated),
            similar=_similar(app, found.id),
            formats=FORMATS,
            source_name=words.source_name,
            edited=page_parts.marked,
            addition=addition,
            said=stated,
            read=read,
        )

    return router


def _standing(
    app: App,
    tx: Unit,
    work_id: int,
    *,
    sent: Mapping[str, tuple[RankedWork, float]],
    votes: Sequence[Vote],
    visitor: Visitor,
) -> list[Standing]:
    """From what is kept: the ranking of the week, else what a digest `sent` said of it."""
    weeks = tx.weeks.kept()
    me = tx.aliases.person_of(visitor.name)
    found = []
    for topic in app.topics(tx):
        kept = tx.weeks.ranked(topic.slug, [work_id]).get(work_id)
        ranked, line = sent.get(topic.slug, (None, app.parts.default_cutoff))
        if kept is not None:
            ranked, line = kept, weeks[topic.slug].line
        said = {v.whose: v.judgement for v in votes if v.topic == topic.slug}
        mine = said.pop(me, None)
        found.append(Standing(topic, ranked, line, mine, tuple(said.items())))
    return found


def _sent(
    tx: Unit, work_id: int, showings: Sequence[Showing]
) -> Mapping[str, tuple[RankedWork, float]]:
    """How the work stood to each topic when a digest last showed it, and where the line was."""
    found: dict[str, tuple[RankedWork, float]] = {}
    for showing in showings:
        if showing.topic in found:
            continue
        content = tx.digests.content(showing.digest)
        for section in content.sections:
            for item in section.sent:
                if item.work.id == work_id and not item.ranked.search:
                    line = content.cutoffs.get(section.topic, 0.0)
                    found.setdefault(section.topic, (item.ranked, line))
    return found


def _ranked_now(app: App, work: Work, standing: Sequence[Standing]) -> tuple[list[Standing], str]:
    """The same, ranked for every topic now, against the whole archive; and what was missing."""
    topics = [each.topic for each in standing]
    found = standings.of_one(app.parts, topics, work, model=app.model, patience=_PATIENCE)
    by_topic = {slug: works[0] for slug, works in found.by_topic.items() if works}
    return [
        Standing(one.topic, by_topic.get(one.topic.slug), one.line, one.mine, one.others)
        for one in standing
    ], found.missing or ""


def _chosen(standing: Sequence[Standing], slug: str) -> Standing | None:
    """The topic whose sentences are marked: the one asked for, else the most relevant."""
    ranked = [one for one in standing if one.ranked is not None and one.ranked.sentences]
    for one in ranked:
        if one.topic.slug == slug:
            return one
    return max(ranked, key=lambda one: one.ranked.relevance if one.ranked else 0.0, default=None)


def _abstract(text: str, chosen: Standing | None) -> list[Paragraph]:
    sentences = chosen.ranked.sentences if chosen and chosen.ranked else ()
    return [
        Paragraph(part, _places(part, sentences))
        for each in text.split("\n")
        if (part := each.strip())
    ]


def _places(text: str, sentences: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where the sentences stand in the text, in order, none over another."""
    found: list[tuple[int, int]] = []
    for sentence in sentences:
        at = text.find(sentence.strip()) if sentence.strip() else -1
        place = (at, at + len(sentence.strip()))
        if at >= 0 and all(place[1] <= start or end <= place[0] for start, end in found):
            found.append(place)
    return tuple(sorted(found))


def _similar(app: App, work_id: int) -> Sequence[Hit]:
    """Works near in meaning; none where there are no vectors."""
    try:
        return app.find(Search(f"like:{work_id}", limit=_SIMILAR)).hits
    except LitwatchError:
        return ()
