"""Papers that somebody names, from the archive or else from the sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.bootstrap.upstreams import slashed
from service.errors import InputError, Retry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.bootstrap.app import App
    from service.errors import LitwatchError, SourceError
    from service.records import Paper, Work
    from service.sources.eutils import Account
    from service.sources.lookup import Addresses, LookedUp, Lookup
    from service.store import Unit

_NAMED = 5  # papers that an error names; the rest are counted
_OTHERWISE = "give it as a .bib, .ris or .nbib file, or its abstract as text"


@dataclass(frozen=True, slots=True)
class Found:
    """A paper or a work of the archive, and who holds it: "the archive", "PubMed"."""

    paper: Paper | Work
    holder: str


def entrez_account(app: App) -> Account:
    """Who asks NCBI."""
    from service.sources.eutils import Account

    key = app.settings.sources.pubmed.api_key
    return Account(email=app.settings.http.contact, api_key=key.get_secret_value() if key else "")


def addresses(app: App) -> Addresses:
    """Where the settings say that the sources are asked."""
    from service.sources.lookup import Addresses

    chosen = app.settings.sources
    return Addresses(
        eutils=slashed(chosen.pubmed.base_url),
        europepmc=slashed(chosen.europepmc.base_url),
        arxiv=chosen.arxiv.api_url,
        biorxiv=chosen.biorxiv.base_url,
    )


def lookup(app: App) -> Lookup:
    """What gets papers by their identifiers."""
    from service.normalisation import normalise
    from service.sources.lookup import Lookup

    return Lookup(app.http, entrez_account(app), normalise, addresses(app))


def find(app: App, names: Iterable[str]) -> dict[str, Found]:
    """The papers of these names (`normalisation.paper_names`), by name: all, or an error.

    What the archive holds with an abstract is not asked for again. Raises `InputError` for names
    that no source knows, and a `SourceError` where one that could know them cannot be asked.
    """
    found, answer = _looked_for(app, names)
    if missing := {n: told for n, told in answer.missing.items() if n not in found}:
        raise _missing(missing)
    return found


def find_some(app: App, names: Iterable[str]) -> tuple[dict[str, Found], tuple[str, ...]]:
    """Those of the papers that are found, and what kept us from asking for the rest."""
    found, answer = _looked_for(app, names)
    faults = (fault for told in answer.missing.values() for fault in told.values() if fault)
    return found, tuple(dict.fromkeys(str(fault) for fault in faults))


def _looked_for(app: App, names: Iterable[str]) -> tuple[dict[str, Found], LookedUp]:
    wanted = list(dict.fromkeys(names))
    with app.store.reading() as tx:
        found = _held(tx, wanted)
    answer = lookup(app).find(n for n in wanted if n not in found or not found[n].paper.abstract)
    found |= {
        name: Found(paper, answer.holders[name])
        for name, paper in answer.papers.items()
        if name not in found or paper.abstract
    }
    return found, answer


def _held(tx: Unit, names: Iterable[str]) -> dict[str, Found]:
    """What the archive has of these."""
    from service.deduplication.keys import work_doi

    parted = ((name, *name.partition(":")[::2]) for name in names)
    keys = {name: f"{kind}:{work_doi(value)}" for name, kind, value in parted}
    numbers = tx.works.keyed(list(set(keys.values())))
    works = {work.id: work for work in tx.works.many(list(set(numbers.values())))}
    held = {name: works[numbers[key]] for name, key in keys.items() if key in numbers}
    return {name: Found(work, "the archive") for name, work in held.items()}


def _missing(missing: Mapping[str, Mapping[str, SourceError | None]]) -> LitwatchError:
    """The error for names that nobody knows, or for what kept us from knowing."""
    from service.normalisation.paper_names import spoken

    names = [spoken(name) for name in missing]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    thing = ", ".join(names[:_NAMED]) + more
    asked = {source: fault for told in missing.values() for source, fault in told.items()}
    empty = [source for source, fault in asked.items() if fault is None]
    faults = [f"; {source}: {fault.cause}" for source, fault in asked.items() if fault]
    cause = f"not found in {', '.join(['the archive', *empty])}{''.join(faults)}"
    for fault in asked.values():
        if fault and fault.retry is not Retry.NEVER:
            return type(fault)(thing, cause, "try again later; nothing was added")
    return InputError(thing, cause, f"check the identifier, or {_OTHERWISE}")
