"""/search, and the searches that were given names."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response

from service import archive
from service.records.findings import SavedSearch, Search
from service.records.queries import Mode, Sort
from service.web.api import models
from service.web.api.access import Admin, Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.paging import SHOWN, Cursor, Limit
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from service.bootstrap import App

Name = Annotated[str, Path(max_length=models.LONGEST_NAME, description="name of a saved search")]
Text = Annotated[
    str,
    Query(
        max_length=models.LONGEST_QUERY,
        description="the query, as in `litwatch search` (docs/search.md)",
        examples=["neutrophil title:stroma published:2026"],
    ),
]
By = Annotated[Mode, Query(description="find by words, by meaning, or by both")]
Order = Annotated[Sort | None, Query(description="goes before `sort:` in the query")]
Counted = Annotated[bool, Query(description="count the works found by source, type, year, topic")]


def routes(app: App) -> APIRouter:
    """Finding works, and keeping queries."""
    router = APIRouter(tags=["search"])

    @router.get("/search", responses={400: {}})
    def search(
        caller: Reader,
        *,
        q: Text,
        mode: By = Mode.HYBRID,
        sort: Order = None,
        limit: Limit = SHOWN,
        cursor: Cursor = None,
        facets: Counted = False,
    ) -> models.Findings:
        """Find works, the best first."""
        asked = Search(q, mode, limit=limit, cursor=cursor, sort=sort, facets=facets)
        return models.Findings.of(app.find(asked))

    @router.get("/searches")
    def list_searches(caller: Reader) -> models.SavedSearchList:
        """All saved searches."""
        with app.store.reading() as tx:
            return models.SavedSearchList.of({"items": tx.searches.list()})

    @router.get("/searches/{name}", responses={404: {}})
    def get_search(caller: Reader, name: Name) -> models.SavedSearch:
        """One saved search."""
        with app.store.reading() as tx, looking_up():
            return models.SavedSearch.of(tx.searches.get(name))

    @router.put("/searches/{name}", responses={400: {}})
    def save_search(
        caller: Admin, name: Name, asked: models.SavedSearchRequest
    ) -> models.SavedSearch:
        """Keep a query under this name, in the place of what had it. Scope: admin."""
        now = app.clock.now()
        archive.parse(asked.query, now, UTC)  # what cannot be asked is not kept
        saved = SavedSearch(name, asked.query, asked.mode, f"api:{caller.name}", now)
        with app.store.writing() as tx:
            tx.searches.save(saved, replace=True)
        return models.SavedSearch.of(saved)

    @router.delete("/searches/{name}", status_code=204, responses={404: {}})
    def forget_search(caller: Admin, name: Name) -> Response:
        """Forget a saved search. Scope: admin."""
        with app.store.writing() as tx, looking_up():
            tx.searches.remove(name)
        return Response(status_code=204)

    return router
