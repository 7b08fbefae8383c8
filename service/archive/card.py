"""One work as a block of text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.records import Work

_WIDTH = 90


def card(work: Work) -> str:
    """Title, authors, venue, ids, flags and abstract, wrapped for a terminal."""
    ids = (("doi", work.ids.doi), ("pmid", work.ids.pmid), ("pmcid", work.ids.pmcid))
    lines = [
        *textwrap.wrap(f"{work.id}  {work.title}", _WIDTH),
        *textwrap.wrap(", ".join(work.authors), _WIDTH),
        " · ".join(part for part in (work.venue, work.published, str(work.kind)) if part),
        " ".join(f"{name}:{value}" for name, value in ids if value),
        ", ".join(sorted(str(flag) for flag in work.flags)),
        work.url,
        "",
        *textwrap.wrap(work.abstract, _WIDTH),
    ]
    return "\n".join(line for number, line in enumerate(lines) if line or number > 5)
