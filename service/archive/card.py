"""One work as a block of text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.records import Work

_WIDTH = 78


def card(work: Work) -> str:
    """Title, authors, venue, ids, flags and abstract, wrapped for a terminal."""
    own = work.ids
    ids = (("doi", own.doi), ("pmid", own.pmid), ("pmcid", own.pmcid), ("arxiv", own.arxiv))
    head = [
        *textwrap.wrap(f"{work.id}  {work.title}", _WIDTH),
        *textwrap.wrap(", ".join(work.authors), _WIDTH),
        " · ".join(part for part in (work.venue, work.published, str(work.kind)) if part),
        " ".join(f"{name}:{value}" for name, value in ids if value),
        ", ".join(sorted(str(flag) for flag in work.flags)),
        work.url,
    ]
    abstract = [part for line in work.abstract.splitlines() for part in textwrap.wrap(line, _WIDTH)]
    return "\n".join([*filter(None, head), *(["", *abstract] if abstract else [])])
