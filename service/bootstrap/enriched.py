"""What enriching is made of, at the addresses of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service import enriching
from service.bootstrap.upstreams import local, slashed

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from service.bootstrap.app import App
    from service.config import Settings
    from service.records.enriching import What
    from service.sources.enrichment import Addresses


def desk(app: App) -> enriching.Desk:
    """The services behind the polite client, and what makes thumbnails."""
    from service import thumbnails
    from service.sources.enrichment import Services

    settings = app.settings
    services = Services(app.http, addresses(settings), settings.http.contact)
    return enriching.Desk(
        app.store,
        app.clock,
        services,
        thumbnails.thumbnail,
        app.go_on,
        figures=settings.enrichment.figures,
    )


def addresses(settings: Settings) -> Addresses:
    """Where is asked. Below a `http.pace` of 1, which is for servers on this machine alone, only
    this machine is."""
    from service.sources.enrichment import Addresses

    chosen = settings.enrichment

    def reached(url: str) -> bool:
        return bool(url) and (settings.http.pace >= 1 or local(url))

    base = settings.sources.europepmc.base_url
    return Addresses(
        europepmc=slashed(base) if reached(base) else "",
        annotations=chosen.annotations_url if reached(chosen.annotations_url) else "",
        pubtator=chosen.pubtator_url if reached(chosen.pubtator_url) else "",
        pictures=tuple(url for url in chosen.pictures if reached(url)),
    )


def watch(app: App) -> int:
    """Ask about some of the works that are about to be shown; returns for how many something was
    found."""
    if not app.settings.enrichment.enabled:
        return 0
    with app.store.reading() as tx:
        coming = enriching.coming(tx)
    return sum(enriching.enrich(desk(app), coming).values())


def ask(app: App, work_ids: Sequence[int], *, now: bool) -> Counter[What]:
    """Ask about these works; `now` also what is not due. Returns for how many something was found,
    by what it was."""
    return enriching.enrich(desk(app), work_ids, now=now)
