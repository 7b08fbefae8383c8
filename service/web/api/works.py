"""/works: what the archive knows of one work, and works like it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path

from service.normalisation import paper_of
from service.records.findings import Search
from service.web.api import models
from service.web.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.paging import SHOWN, Cursor, Limit
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import Work
    from service.store import Unit
    from service.store.statements import Stated
    from service.store.works import HeldRecord

Name = Annotated[
    str,
    Path(
        max_length=300,
        description="number, PMID, PMCID, DOI or arXiv id (slashes as they are, or as %2F)",
        examples=["1", "10.5555/stroma.1"],
    ),
]


def routes(app: App) -> APIRouter:
    """Works by any of their names."""
    router = APIRouter(tags=["works"])

    # Before the route below, whose name would swallow this end.
    @router.get("/works/{name:path}/similar", responses={400: {}, 404: {}})
    def similar(
        caller: Reader, name: Name, limit: Limit = SHOWN, cursor: Cursor = None
    ) -> models.Findings:
        """Works like this one, the nearest first."""
        with app.store.reading() as tx:
            work = _work(tx, name)
        return models.Findings.of(app.find(Search(f"like:{work.id}", limit=limit, cursor=cursor)))

    @router.get("/works/{name:path}", responses={404: {}})
    def work(caller: Reader, name: Name) -> models.WorkDetail:
        """A work with its records, what merged, votes, and the digests that showed it."""
        with app.store.reading() as tx:
            return _detail(tx, _work(tx, name))

    return router


def _work(tx: Unit, name: str) -> Work:
    with looking_up():
        return tx.works.get(tx.works.find(name))


def _detail(tx: Unit, work: Work) -> models.WorkDetail:
    votes = tx.votes.of_works([work.id]).get(work.id, [])
    counts = Counter((vote.topic, vote.judgement) for vote in votes)
    return models.WorkDetail.of(
        {
            **models.Work.of(work).model_dump(),
            "records": [_record(held) for held in tx.works.records(work.id)],
            "history": tx.works.history(work.id),
            "statements": [_stated(each) for each in tx.statements.of(work.id)],
            "votes": [
                {"topic": topic, "judgement": judgement, "count": count}
                for (topic, judgement), count in sorted(counts.items())
            ],
            "digests": tx.listing.showings(work.id),
            "entities": tx.enrichments.entities([work.id]).get(work.id, ()),
            "access": tx.enrichments.access(work.id),
        }
    )


def _stated(stated: Stated) -> dict[str, Any]:
    said = stated.statement
    told = {name: getattr(said, name) for name in ("flag", "said_by", "notice", "text")}
    return told | {"at": stated.at, "ruled_out": stated.ruling is not None}


def _record(held: HeldRecord) -> dict[str, Any]:
    """A record, with what it says itself where it is understood."""
    record = held.record
    found = {name: getattr(held, name) for name in ("id", "joined_by", "first_seen_at")}
    found |= {name: getattr(held, name) for name in ("last_seen_at", "gone_at")}
    found |= {name: getattr(record, name) for name in ("key", "source", "source_id", "version")}
    found["format"] = record.format
    paper = paper_of(record)
    if paper is None:
        return found
    said = ("title", "kind", "published", "ids", "url")
    return found | {name: getattr(paper, name) for name in said}
