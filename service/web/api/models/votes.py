"""What readers say of works."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.records import Judgement
from service.web.api.models.base import LONGEST_NAME, LONGEST_NOTE, LONGEST_PERSON, Answer, Page


class Vote(Answer):
    """What a reader says of a work for a topic."""

    topic: str
    work_id: int
    voter: str = Field(description="an e-mail address is cut short unless you are admin")
    person: str = Field(description="who goes by that name; it may be their own")
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
        max_length=LONGEST_PERSON,
        description="whose vote it is; needs scope admin (default: the token's name)",
    )


class VoteResult(Answer):
    """A vote that was taken."""

    vote: Vote
    changed: bool = Field(description="false: its reader had said the same, or the key was used")


class Person(Answer):
    """A person and the names that they vote under."""

    name: str = Field(description="what they go by")
    aliases: tuple[str, ...] = Field(description="their other names")
    votes: int = Field(description="how many of theirs are in force")


class PersonList(Answer):
    """Everybody who has voted, or was given another name."""

    items: tuple[Person, ...]


class PersonNameRequest(BaseModel):
    """Whose a name is."""

    model_config = ConfigDict(extra="forbid")

    person: str = Field(max_length=LONGEST_PERSON, examples=["Ida Berg"])


class PersonName(Answer):
    """A name, and who goes by it."""

    name: str
    person: str
