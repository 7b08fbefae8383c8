"""Values: what a seed cites."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.records.papers import Identifiers


@dataclass(frozen=True, slots=True)
class Reference:
    """One paper of a seed's reference list; `abstract` is "" until it has been fetched."""

    title: str
    ids: Identifiers = field(default_factory=Identifiers)
    abstract: str = ""
    year: int | None = None
