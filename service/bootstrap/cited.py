"""Reference lists of seeds: from the sources over the polite client, or from a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.bootstrap.named_papers import addresses, entrez_account

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from service.bootstrap.app import App
    from service.records import Topic
    from service.seeding import Cited
    from service.sources.references import ReferenceLists, SeedReferences


def reference_lists(app: App) -> ReferenceLists:
    """What gets reference lists and abstracts, at the addresses of PubMed and Europe PMC."""
    from service.normalisation import normalise
    from service.normalisation.citations import ids
    from service.sources.references import ReferenceLists

    at = addresses(app)
    return ReferenceLists(
        app.http,
        entrez_account(app),
        ids,
        normalise,
        eutils=at.eutils,
        europe=at.europepmc,
    )


def reference_file(file: Path) -> SeedReferences:
    """The references in a file. Raises `InputError`."""
    from service.normalisation import normalise
    from service.normalisation.citations import ids
    from service.sources.reference_files import read_file

    return read_file(file, ids, normalise)


def completed(app: App, found: SeedReferences) -> SeedReferences:
    """The same list with titles and abstracts from PubMed and Europe PMC. Raises `SourceError`."""
    notes = list(found.notes)
    references = reference_lists(app).complete(found.references, notes)
    return replace(found, references=references, notes=tuple(notes))


def keep_references(
    app: App,
    topic: Topic,
    keys: Collection[str] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[str, ...]:
    """Get and keep what the topic's reviews cite, of those with these keys (or identifiers), or of
    all; a list that is held is left as it is.

    Returns what became of each, a line a review: one that fails holds up no other. `progress` gets
    how many are done, and of how many. The topic itself is not touched; each list is kept as soon
    as it is there, so that an interruption loses none.
    """
    from service import seeding
    from service.topics.identity import ids

    chosen = tuple(
        seed
        for seed in topic.seeds
        if seed.kind == "review" and (keys is None or {seed.key, *ids(seed).values()} & {*keys})
    )
    with app.store.reading() as tx:
        held = seeding.cited(tx, replace(topic, seeds=chosen))
    lists = reference_lists(app)
    notes: list[str] = []
    for number, each in enumerate(held):
        progress(number, len(held))
        app.go_on()
        alone = replace(topic, seeds=(each.seed,))
        got = [each] if each.held else seeding.fetch_references(app.parts, alone, lists.fetch)
        notes += map(_told, got)
    progress(len(held), len(held))
    return tuple(notes)


def _told(each: Cited) -> str:
    if each.held is None:
        return f"{each.seed.key}: its reference list was not got: {each.error}"
    held = each.held
    number = len(held.references)
    references = f"{number:,} reference{'' if number == 1 else 's'}"
    count = f"{references}, {held.with_abstract:,} with an abstract"
    return f"{each.seed.key}: {count} ({held.source})."
