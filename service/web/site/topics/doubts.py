"""The works of the last month that Litwatch was least sure of: votes on them teach the most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from service.web.site.door import Reading  # noqa: TC001 - FastAPI reads it
from service.web.site.shell import page
from service.web.site.topics import held as topics_held

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import Judgement, Work
    from service.records.guidance import MonthlyDoubts
    from service.web.site.door import Visitor
    from service.web.site.topics.advice import Advisor


@dataclass(frozen=True, slots=True)
class Asked:
    """A work to vote on, how likely it is thought to be wanted, and what its visitor says of it."""

    work: Work
    relevance: float
    said: Judgement | None


def routes(app: App, advisor: Advisor) -> APIRouter:
    """/topics/SLUG/unsure."""
    router = APIRouter()

    @router.get("/topics/{slug}/unsure")
    def show(request: Request, visitor: Reading, slug: str) -> Response:
        held = topics_held.held(app, slug)
        made = advisor.doubts(held, visitor.name)
        doubts = made.value
        asked = _asked(app, visitor, slug, doubts) if doubts else []
        return page(
            request,
            visitor,
            "topic_unsure.html",
            topic=held.topic,
            doubts=doubts,
            asked=asked,
            voted=sum(each.said is not None for each in asked),
            trouble=made.fault,
        )

    return router


def _asked(app: App, visitor: Visitor, slug: str, doubts: MonthlyDoubts) -> list[Asked]:
    """The works as they are now; one that was merged into another or is gone is left out."""
    numbers = [each.work_id for each in doubts.doubts]
    with app.store.reading() as tx:
        works = {work.id: work for work in tx.works.many(numbers)}
        me, votes = tx.aliases.person_of(visitor.name), tx.votes.of_works(numbers)
    said = {
        number: next((v.judgement for v in told if (v.topic, v.whose) == (slug, me)), None)
        for number, told in votes.items()
    }
    return [
        Asked(works[each.work_id], each.relevance, said.get(each.work_id))
        for each in doubts.doubts
        if each.work_id in works
    ]
