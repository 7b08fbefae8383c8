"""A work as the archive had it at an earlier time. Beside the pipeline, with the same rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.deduplication import merge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from service.records import Paper, Work
    from service.store import Unit


def as_of(tx: Unit, work: Work, moment: datetime) -> Work:
    """The work made of the records that it had before `moment`; as it is when there were none.

    A record that its source has revised since says what it says today: the archive keeps each
    version of a record, and of a version the last wording.
    """
    papers = list(_papers(tx, work.id, moment))
    if not papers:
        return work
    fields = merge(papers)
    return replace(
        work,
        title=fields.title,
        abstract=fields.abstract,
        authors=fields.authors,
        venue=fields.venue,
        published=fields.published,
        kind=fields.kind,
        flags=fields.flags,
        ids=fields.ids,
        url=fields.url,
        pdf_url=fields.pdf_url,
        sources=fields.sources,
        keywords=fields.keywords,
        mesh=fields.mesh,
    )


def _papers(tx: Unit, work_id: int, moment: datetime) -> Iterator[Paper]:
    from service.normalisation import paper_of  # noqa: PLC0415 (a search needs no parsers)

    for held in tx.works.records(work_id):
        known = held.first_seen_at < moment and (held.gone_at is None or held.gone_at >= moment)
        if known and (paper := paper_of(held.record)):
            yield paper
