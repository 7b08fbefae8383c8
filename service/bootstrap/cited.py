"""Reference lists of seeds: from the sources over the polite client, or from a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from service.bootstrap.app import App
    from service.sources.references import ReferenceLists, SeedReferences


def reference_lists(app: App) -> ReferenceLists:
    """What gets reference lists and abstracts, at the addresses of PubMed and Europe PMC."""
    from service.normalisation import normalise
    from service.normalisation.citations import ids
    from service.sources.eutils import Account
    from service.sources.references import ReferenceLists

    chosen = app.settings.sources
    key = chosen.pubmed.api_key
    return ReferenceLists(
        app.http,
        Account(email=app.settings.http.contact, api_key=key.get_secret_value() if key else ""),
        ids,
        normalise,
        eutils=chosen.pubmed.base_url.rstrip("/") + "/",
        europe=chosen.europepmc.base_url.rstrip("/") + "/",
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
