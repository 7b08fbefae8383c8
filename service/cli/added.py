"""What was added to a work beside what its sources say, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records.enriching import Access, Addition


def added(addition: Addition, access: Access | None) -> Iterator[str]:
    """Its licence, where it is open, what it names, its figure; nothing of what is not known."""
    from service.digest import additions

    if access and (access.licence or access.open):
        yield f"Licence: {access.licence or 'not known'}"
    for what, url in (("PDF", access.pdf_url), ("Page", access.html_url)) if access else ():
        if url:
            yield f"{what}: {url}"
    if named := additions.entities_line(addition.entities):
        yield named
    if addition.figure:
        told = (additions.figure_line(addition.figure), additions.credit_line(addition.figure))
        yield " · ".join(filter(None, told))
