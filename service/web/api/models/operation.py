"""How the service stands: sources, receipts, health; and what goes wrong."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from service.records import Sign, SweepKind
from service.web.api.models.base import Answer, Page

if TYPE_CHECKING:
    from pydantic.config import JsonDict


class Sweep(Answer):
    """How far one kind of walk through a source has come."""

    kind: SweepKind
    complete_to: date | None = Field(description="all days up to here are proved")
    last_run_at: datetime | None


class Source(Answer):
    """An upstream, and how polling it stands."""

    name: str
    enabled: bool
    last_attempt_at: datetime | None = Field(description="null: never polled")
    last_success_at: datetime | None
    failures: int = Field(description="in a row; 0: the last poll ended well")
    error_code: str | None
    error: str | None
    not_before: datetime | None = Field(description="when it is polled next, at the earliest")
    sweeps: tuple[Sweep, ...]


class SourceList(Page):
    """All sources, by name."""

    items: tuple[Source, ...]


class Receipt(Answer):
    """What one walk of one window, or the import of one file, did and saw."""

    id: int
    source: str
    kind: str
    window: str = Field(description="both ends included; empty for an import")
    query: str
    stated: int | None = Field(description="the source's own total; null: it does not say")
    fetched: int
    new: int
    changed: int
    unparsed: int
    end_sign: bool = Field(description="whether the source itself said that this was the end")
    gap: str | None = Field(description="what is missing; null: counts reconcile")
    warnings: tuple[str, ...]
    finished_at: datetime
    translation: str | None = Field(default=None, description="the query as the source took it")
    started_at: datetime | None = None
    gone: int = Field(default=0, description="records that the source deleted")
    dropped: Mapping[str, int] = Field(
        default_factory=dict, description="records that are in no work, by reason"
    )
    lacking: Mapping[str, int] = Field(
        default_factory=dict,
        description="new and changed records without an abstract, authors, a date, a DOI",
    )
    signs: tuple[Sign, ...] = Field(default=(), description="what calls for a person")
    program: str = Field(default="", description="the version that walked")


class ReceiptPage(Page):
    """Receipts, the newest first."""

    items: tuple[Receipt, ...]


class Health(Answer):
    """Whether the archive can be used, and whether anything needs a person."""

    status: str = Field(description='"ok", or "attention" when a person should look')
    version: str = Field(description="of Litwatch")
    works: int
    records: int
    failing_sources: tuple[str, ...]
    deliveries: Mapping[str, int] = Field(description="how many are in each state that occurs")
    last_success_at: datetime | None = Field(description="when a poll last ended well")


_PROBLEM: JsonDict = {
    "type": "urn:litwatch:problem:query",
    "title": "Cannot be used",
    "status": 400,
    "detail": "query opens a parenthesis that is never closed",
    "instance": "urn:litwatch:request:3f0a91c2",
    "code": "query",
    "remedy": "close it with )",
    "at": 8,
    "faults": [],
}


class Fault(Answer):
    """A parameter or field that cannot be used."""

    where: str = Field(examples=["query.limit", "body.judgement"])
    cause: str


class Problem(Answer):
    """What went wrong (RFC 9457, application/problem+json)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROBLEM]})

    type: str = Field(description="names the kind of problem", examples=["urn:litwatch:query"])
    title: str
    status: int
    detail: str = Field(description="what failed, and why")
    instance: str = Field(description="under which number the log tells more")
    code: str = Field(description="the same as in the other faces", examples=["query", "input"])
    remedy: str = Field(description="what you can do; empty where nothing is known")
    at: int | None = Field(default=None, description="place in the query to mend (character)")
    faults: tuple[Fault, ...] = ()
