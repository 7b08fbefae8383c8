"""The records of papers that a list of citations names, each as the source that has it gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.sources import counting, europepmc_payload
from service.sources.citing_payload import name_of
from service.sources.europepmc_papers import number_term

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from service.records import Record
    from service.sources.europepmc_papers import EuropePmcPapers
    from service.sources.eutils import Entrez

_TOGETHER = 40  # papers in one query of Europe PMC
_PMID, _RECORD = "pmid:", "europepmc:"


@dataclass(frozen=True, slots=True)
class Papers:
    """PubMed and Europe PMC, asked for papers by name (see `citing_payload`); None for one that is
    not to be asked."""

    pubmed: Entrez | None
    europepmc: EuropePmcPapers | None

    def records(
        self, names: Sequence[str], listed: Mapping[str, Record]
    ) -> Iterator[dict[str, Record]]:
        """The records of these papers by name, some at a time: PubMed's own where it has one, else
        what came with the list, else Europe PMC's. Raises `SourceError`."""
        pmids = [name.removeprefix(_PMID) for name in names if name.startswith(_PMID)]
        found: set[str] = set()
        for page in self.pubmed.held(pmids) if self.pubmed else ():
            came = {f"{_PMID}{record.source_id}": record for record in page.records}
            found |= came.keys()
            yield came
        left = [name for name in names if name not in found]
        if came := {name: listed[name] for name in left if name in listed}:
            yield came
        asked = [name for name in left if name not in listed and _term(name)]
        if self.europepmc is not None:
            for chunk in counting.chunks(asked, _TOGETHER):
                yield _from_europepmc(self.europepmc, chunk)


def _from_europepmc(papers: EuropePmcPapers, names: Sequence[str]) -> dict[str, Record]:
    page = papers.any_of([_term(name) for name in names], europepmc_payload.read)
    found: dict[str, Record] = {}
    for record in page.records:
        source, _, number = record.source_id.partition("/")
        found[name_of({"source": source, "id": number})] = record
    return {name: found[name] for name in names if name in found}


def _term(name: str) -> str:
    """The condition that a paper has this name; "" for one that Europe PMC does not know."""
    kind, _, value = name.partition(":")
    if name.startswith(_PMID):
        return number_term("MED", value)
    if kind == "pmcid":
        return number_term("PMC", value)
    source, _, number = value.partition("/")
    bare = number.replace('"', "").replace("\\", "")
    return number_term(source, f'"{bare}"') if name.startswith(_RECORD) else ""
