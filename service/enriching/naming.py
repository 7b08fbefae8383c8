"""What a work's title and abstract name: genes, cells, diseases, chemicals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.enriching.desk import Left
from service.enriching.entities import named
from service.records.enriching import What

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.enriching.desk import Round
    from service.records import Entity, Work
    from service.records.enriching import Mention

TOGETHER = 24
_OF_EUROPE_PMC, _OF_PUBTATOR = 8, 100  # in one request: the services take no more

Names = dict[int, tuple["Entity", ...]]
_NOTHING: dict[str, tuple[Mention, ...]] = {}


def ask(round_: Round, works: Sequence[Work]) -> None:
    """Europe PMC's annotations first; PubTator for works in PubMed of which it has none.

    A work of which one service could not be asked, and the other knows nothing, stays due.
    """
    at = round_.desk.services.at
    articles = _articles(round_, works)
    known = [work for work in works if at.annotations or (at.pubtator and work.ids.pmid)]
    due = round_.due(known, What.ENTITIES, lambda work: articles[work.id], TOGETHER)
    for part in _batches(round_, due):
        names, left = _of_europe_pmc(round_, part, articles)
        _keep(round_, [work for work in part if names.get(work.id)], names, "Europe PMC", articles)
        rest = [work for work in part if not names.get(work.id)]
        second, left_too = _of_pubtator(round_, [work for work in rest if work.ids.pmid])
        answered = [w for w in rest if second.get(w.id) or not (left or (left_too and w.ids.pmid))]
        _keep(round_, answered, second, "PubTator", articles)
        if left and left_too:
            raise Left


def _batches(round_: Round, works: Sequence[Work]) -> list[list[Work]]:
    """Several at once; but alone what was asked about before and got no answer, for one work that
    a service stumbles over must not cost others theirs."""
    unanswered = {
        work.id
        for work in works
        if (kept := round_.kept.get((work.id, What.ENTITIES))) is not None and not kept.source
    }
    together = [work for work in works if work.id not in unanswered]
    batches = [together[at : at + _OF_EUROPE_PMC] for at in range(0, len(together), _OF_EUROPE_PMC)]
    return [*batches, *([work] for work in works if work.id in unanswered)]


def _articles(round_: Round, works: Sequence[Work]) -> dict[int, str]:
    """What Europe PMC calls each: by PMID or PMCID, a preprint as it was found there."""
    found = {}
    for work in works:
        access = round_.kept.get((work.id, What.ACCESS))
        told = str(access.content.get("article", "")) if access else ""
        of_pmc = f"PMC:{work.ids.pmcid}" if work.ids.pmcid else told
        found[work.id] = f"MED:{work.ids.pmid}" if work.ids.pmid else of_pmc
    return found


def _of_europe_pmc(
    round_: Round, works: Sequence[Work], articles: dict[int, str]
) -> tuple[Names, bool]:
    """What it finds, and whether it is left alone."""
    services = round_.desk.services
    if not services.at.annotations or "Europe PMC" in round_.failed:
        return {}, bool(services.at.annotations)
    asked = [articles[work.id] for work in works]
    try:
        told = round_.ask(lambda: services.annotations(asked), None)
    except Left:
        round_.failed.add("Europe PMC")
        return {}, True
    if told is None and len(works) > 1:
        return {}, True  # one of them is refused: next time each is asked about alone
    told = told or _NOTHING
    return {work.id: named(told.get(articles[work.id].upper(), ())) for work in works}, False


def _of_pubtator(round_: Round, works: Sequence[Work]) -> tuple[Names, bool]:
    services = round_.desk.services
    if not works or not services.at.pubtator or "PubTator" in round_.failed:
        return {}, bool(works and services.at.pubtator)
    asked = [work.ids.pmid for work in works if work.ids.pmid][:_OF_PUBTATOR]
    try:
        told = round_.ask(lambda: services.pubtator(asked), _NOTHING)
    except Left:
        round_.failed.add("PubTator")
        return {}, True
    return {work.id: named(told.get(work.ids.pmid or "", ())) for work in works}, False


def _keep(
    round_: Round, works: Sequence[Work], names: Names, source: str, articles: dict[int, str]
) -> None:
    if not works:
        return
    with round_.desk.store.writing() as tx:
        for work in works:
            found = names.get(work.id) or ()
            content = {"names": len(found)} if found else None
            asked = articles[work.id]
            tx.enrichments.keep(round_.answer(work, What.ENTITIES, source, asked, content))
            if found:  # what was found before is not lost to a service that forgets
                tx.enrichments.name(work.id, found)
