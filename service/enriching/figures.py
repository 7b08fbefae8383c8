"""The first figure of a paper in PMC whose licence lets anybody show it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation import jats_figure, normalise
from service.records import Figure, Record
from service.records.enriching import What

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.enriching.desk import Round
    from service.normalisation.jats_figure import FigureText
    from service.records import Work
    from service.records.enriching import Picture

TOGETHER = 6  # each costs a full text and a picture


def ask(round_: Round, works: Sequence[Work]) -> None:
    """One work after another, each kept as soon as it is there."""
    desk = round_.desk
    if not (desk.figures and desk.services.at.europepmc and desk.services.at.pictures):
        return
    for work in round_.due(works, What.FIGURE, lambda work: work.ids.pmcid or "", TOGETHER):
        pmcid = work.ids.pmcid or ""
        licence, told = _read(round_, work, pmcid)
        picture = None
        if told is not None:
            picture = _small(round_, pmcid, told)
        content = None
        if told is not None and picture is not None:
            content = asdict(_figure(work, told, picture, licence))
        with desk.store.writing() as tx:
            if picture is not None:
                tx.pictures.keep(picture)
            tx.enrichments.keep(round_.answer(work, What.FIGURE, "PMC", pmcid, content))


def _read(round_: Round, work: Work, pmcid: str) -> tuple[str, FigureText | None]:
    """The licence, and what the full text says of its first figure, where that may be shown. A
    licence that is known to forbid it spares the full text."""
    access = round_.kept.get((work.id, What.ACCESS))
    licence = str(access.content.get("licence", "")) if access else ""
    if licence and not jats_figure.may_be_shown(licence):
        return licence, None
    body = round_.ask(lambda: round_.desk.services.full_text(pmcid), b"")
    if not body:
        return licence, None
    try:
        paper = normalise(Record("pmc", pmcid, "", "jats", body))
        figure = jats_figure.first_figure(body)
    except ParseError:
        return licence, None
    licence = paper.licence or licence  # its own word counts before anybody else's
    return licence, figure if jats_figure.may_be_shown(licence) else None


def _small(round_: Round, pmcid: str, told: FigureText) -> Picture | None:
    """The thumbnail; None where there is no picture, or none that can be trusted."""
    body = round_.ask(lambda: round_.desk.services.picture(pmcid, told.href), b"")
    return round_.desk.small(body) if body else None


def _figure(work: Work, told: FigureText, picture: Picture, licence: str) -> Figure:
    return Figure(
        label=told.label,
        caption=told.caption,
        digest=picture.digest,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        credit=credit(work, licence),
    )


def credit(work: Work, licence: str) -> str:
    """Whose figure it is: "Okafor et al. 2026, Gut, CC BY 4.0"."""
    first = work.authors[0] if work.authors else ""
    family = first.rsplit(" ", 1)[0] if " " in first else first
    names = f"{family} et al." if len(work.authors) > 1 else first
    year = (work.published or "")[:4]
    return ", ".join(filter(None, (f"{names} {year}".strip(), work.venue, licence)))
