"""What asks for known works again: wired for this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.bootstrap.upstreams import local, slashed

if TYPE_CHECKING:
    from service.bootstrap.app import App
    from service.config import Settings
    from service.sources.rechecking import Places
    from service.watching import Rechecked


def recheck(app: App) -> Rechecked | None:
    """Ask for the works that are due, of all that were sent or saved; None where another worker
    does. Raises `Stopped` and `StoreError`."""
    from service import watching
    from service.bootstrap.named_papers import entrez_account
    from service.sources.rechecking import Rechecking
    from service.store import StoredPollBook

    asking = Rechecking(app.http, entrez_account(app), places(app.settings))
    return watching.recheck(app.parts, asking, StoredPollBook(app.holding), app.go_on)


def places(settings: Settings) -> Places:
    """Where known works are asked for: at the sources that are enabled."""
    from service.sources.rechecking import Places

    chosen = settings.sources
    return Places(
        eutils=slashed(chosen.pubmed.base_url) if chosen.pubmed.enabled else "",
        crossref=chosen.crossref.base_url if asks_crossref(settings) else "",
        biorxiv=chosen.biorxiv.base_url if chosen.biorxiv.enabled else "",
        medrxiv=chosen.medrxiv.base_url if chosen.medrxiv.enabled else "",
        arxiv=chosen.arxiv.api_url if chosen.arxiv.enabled else "",
        europepmc=slashed(chosen.europepmc.base_url) if chosen.europepmc.enabled else "",
    )


def asks_crossref(settings: Settings) -> bool:
    """Whether Crossref is asked: it wants to know by whom. Not by default where the sources are
    servers on this machine, asked faster than is polite elsewhere."""
    crossref, http = settings.sources.crossref, settings.http
    if crossref.enabled is not None:
        return crossref.enabled
    near = local(crossref.base_url)
    return bool(http.contact) and (http.pace >= 1 or near)
