"""Under which licence a work is, and where it can be read for nothing."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from service.enriching.desk import papers
from service.normalisation import licences
from service.records.enriching import Access, What

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.enriching.desk import Round
    from service.records import Paper, Work
    from service.sources.enrichment_payload import Open

TOGETHER = 25
_GIVEN_AWAY = re.compile(r"CC0|CC BY\b|public domain")
_VERSION = re.compile(r" \d\.\d$")


def ask(round_: Round, works: Sequence[Work]) -> None:
    """From what the records say, and Europe PMC where it is asked."""
    due = round_.due(works, What.ACCESS, names, TOGETHER)
    if not due:
        return
    services, told = round_.desk.services, dict[str, Access]()
    if services.at.europepmc:
        terms = [term for work in due if (term := _term(work))]
        told = _by_key(round_.ask(lambda: services.openness(terms), ()))
    with round_.desk.store.reading() as tx:
        said = {work.id: [*papers(tx, work.id)] for work in due}
    with round_.desk.store.writing() as tx:
        for work in due:
            found = next((told[key] for key in _keys(work) if key in told), None)
            access = merged(said[work.id], found)
            content = None if access == Access() else asdict(access)
            source = "Europe PMC" if found else "its records"
            answer = round_.answer(work, What.ACCESS, source, names(work), content)
            tx.enrichments.keep(answer, _VERSION.sub("", access.licence))


def names(work: Work) -> str:
    """By what a work is known, as one text; "" where by nothing."""
    return " ".join(_keys(work))


def _keys(work: Work) -> list[str]:
    ids = work.ids
    told = {"pmid": ids.pmid, "pmcid": ids.pmcid, "doi": ids.doi}
    return [f"{name}:{value}".lower() for name, value in told.items() if value]


def _by_key(answers: Iterable[Open]) -> dict[str, Access]:
    return {key: each.access for each in answers for key in each.keys}


def _term(work: Work) -> str:
    """The condition of Europe PMC's query language that is the work."""
    if work.ids.pmid:
        return f"(EXT_ID:{work.ids.pmid} AND SRC:MED)"
    if work.ids.pmcid:
        return f"PMCID:{work.ids.pmcid}"
    bare = (work.ids.doi or "").replace("\\", "").replace('"', "")
    return f'DOI:"{bare}"' if bare else ""


def merged(said: Iterable[Paper], found: Access | None) -> Access:
    """What the records and Europe PMC say together. A licence is that of the article before that
    of its preprint; a PDF is taken from records alone where the licence opens it."""
    records = sorted(said, key=lambda paper: (paper.kind == "preprint", paper.key))
    found = found or Access()
    told = [licences.short(found.licence), *(paper.licence for paper in records)]
    licence = next((each for each in told if _GIVEN_AWAY.match(each)), next(filter(None, told), ""))
    given = [paper for paper in records if _GIVEN_AWAY.match(paper.licence)]
    return Access(
        licence=licence,
        pdf_url=found.pdf_url or next((paper.pdf_url for paper in given if paper.pdf_url), ""),
        html_url=found.html_url or next((paper.url for paper in given if paper.url), ""),
        open=found.open or bool(given),
        article=found.article,
    )
