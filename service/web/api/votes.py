"""/votes: what readers say of works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Query

from service import voting
from service.errors import ScopeError
from service.records.tokens import Scope
from service.web.api import models, paging
from service.web.api.access import Reader, Voter  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.paging import SHOWN, Cursor, Limit
from service.web.api.people import told
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import Vote
    from service.web.api.access import Caller

Topic = Annotated[str | None, Query(max_length=models.LONGEST_NAME, description="for this topic")]
Work = Annotated[str | None, Query(max_length=300, description="on this work, by any of its names")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="names one press of a button: the same key counts once, however often it comes",
    ),
]


def routes(app: App) -> APIRouter:
    """Reading votes, and casting them."""
    router = APIRouter(tags=["votes"])

    @router.get("/votes", responses={400: {}, 404: {}})
    def list_votes(
        caller: Reader,
        topic: Topic = None,
        work: Work = None,
        limit: Limit = SHOWN,
        cursor: Cursor = None,
    ) -> models.VoteList:
        """Votes in force, the last cast first."""
        of = f"votes {topic} {work}"
        after = paging.after(cursor, of, int)
        with app.store.reading() as tx:
            with looking_up():
                work_id = None if work is None else tx.works.get(tx.works.find(work)).id
                slug = None if topic is None else tx.topics.get(topic).slug
            rows = tx.listing.votes(limit, after, topic=slug, work_id=work_id)
        shown, ahead = paging.page(rows, limit, of, lambda row: (row.at, row.id))
        return models.VoteList.of(
            {"items": [_vote(vote, caller) for vote in shown], "cursor": ahead}
        )

    @router.post("/votes", responses={400: {}, 404: {}})
    def vote(caller: Voter, asked: models.VoteRequest, key: Key = None) -> models.VoteResult:
        """Say what a reader thinks of a work; the next ranking learns from it. Scope: vote."""
        voter = f"api:{caller.name}"
        if asked.voter is not None:
            if not caller.scope.covers(Scope.ADMIN):
                told_why = "may not vote in the name of others"
                raise ScopeError(f"token {caller.name!r}", told_why, "leave out `voter`")
            voter = asked.voter
        press = None if key is None else f"api:{caller.name}:{key}"
        ballot = voting.Ballot(asked.work, asked.judgement, note=asked.note, key=press)
        with app.store.reading() as tx, looking_up():
            tx.topics.get(asked.topic)
            tx.works.find(asked.work)
        (counted,) = voting.cast(app.parts, asked.topic, [ballot], voter=voter, via="api")
        with app.store.reading() as tx:
            said = tx.votes.history(asked.topic, counted.work.id)
            person = tx.aliases.person_of(counted.vote.voter)
        mine = next((each for each in said if each.whose == person), counted.vote)
        return models.VoteResult(vote=_vote(mine, caller), changed=counted.changed)

    return router


def _vote(vote: Vote, caller: Caller) -> models.Vote:
    names = {"voter": told(vote.voter, caller), "person": told(vote.whose, caller)}
    return models.Vote.of(vote).model_copy(update=names)
