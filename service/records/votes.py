"""Values: what a reader said of a work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Judgement(StrEnum):
    """What a vote says; `WITHDRAWN` takes the voter's earlier vote back."""

    RELEVANT = "relevant"
    NOT_RELEVANT = "not relevant"
    SAVED = "saved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Vote:
    """One reader's judgement of one work for one topic; a later one of the same reader counts.

    `voter` is the name it was given under, `person` who that is, "" where they go by that name
    themselves. `via` is where it was given: "command line", "slack", "mail", "web", "api",
    "import".
    """

    topic: str
    work_id: int
    voter: str
    judgement: Judgement
    via: str
    at: datetime
    note: str = ""
    person: str = ""

    @property
    def whose(self) -> str:
        """The name that its reader goes by."""
        return self.person or self.voter
