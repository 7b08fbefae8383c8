"""What readers say of works."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.records import Judgement
from service.web.api.models.base import LONGEST_NAME, LONGEST_NOTE, Answer, Page


class Vote(Answer):
    """What a reader says of a work for a topic."""

    topic: str
    work_id: int
    voter: str = Field(description="an e-mail address is cut short unless you are admin")
    judgement: Judgement
    via: str = Field(examples=["api", "mail", "slack", "web"])
    at: datetime
    note: str


class VoteList(Page):
    """Votes in force, in the order they were cast."""

    items: tuple[Vote, ...]


class VoteRequest(BaseModel):
    """A vote to be cast."""

    model_config = ConfigDict(extra="forbid")

    topic: str = Field(description="its slug", max_length=LONGEST_NAME, examples=["stroma"])
    work: str = Field(
        description="number, PMID, PMCID, DOI or arXiv id",
        max_length=300,
        examples=["1", "10.5555/stroma.1"],
    )
    judgement: Judgement = Field(description='"withdrawn" takes an earlier vote back')
    note: str = Field(default="", max_length=LONGEST_NOTE)
    voter: str | None = Field(
        default=None,
        max_length=200,
        description="whose vote it is; needs scope admin (default: the token's name)",
    )


class VoteResult(Answer):
    """A vote that was taken."""

    vote: Vote
    changed: bool = Field(description="false: its reader had said the same, or the key was used")
