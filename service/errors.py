"""One root error and one family per boundary.

Every error names the thing, the cause and the remedy, and carries what its caller needs in
order to act. No error here decides what happens next; `Retry` says what *may*.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Retry(StrEnum):
    """What a caller may do after a source failed (sources are read-only: asking again is safe)."""

    WAIT = "wait"  # throttled: wait as told, then halve the rate
    SAME = "same"  # passing fault: the same request again, with backoff
    RESTART = "restart"  # the cursor is gone: begin this window again
    NEVER = "never"  # unchanged, it will fail for ever


class LitwatchError(Exception):
    """The root: `thing` failed because of `cause`; `remedy` is what a person can do."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, thing: str, cause: str, remedy: str = "") -> None:
        self.thing = thing
        self.cause = cause
        self.remedy = remedy
        super().__init__(thing, cause, remedy)

    def __str__(self) -> str:
        told = f"{self.thing}: {self.cause}"
        return f"{told} ({self.remedy})" if self.remedy else told


class ConfigError(LitwatchError):
    """A setting is wrong; `thing` is its name as the user writes it."""

    code = "config"
    exit_code = 3


class InputError(LitwatchError):
    """A file or an argument that the user gave cannot be used."""

    code = "input"
    exit_code = 2


class QueryError(InputError):
    """A question to the archive cannot be understood; in `query`, `at` is the place to mend."""

    code = "query"

    def __init__(
        self, thing: str, cause: str, remedy: str = "", *, query: str = "", at: int = 0
    ) -> None:
        super().__init__(thing, cause, remedy)
        self.query = query
        self.at = at

    @property
    def here(self) -> str:
        """Two lines: the query about the place, and an arrow under it."""
        start, width = max(0, self.at - 40), 76
        shown = "".join(c if c.isprintable() else " " for c in self.query[start : start + width])
        return f"{shown}\n{' ' * (self.at - start)}^ here"


# -- sources ------------------------------------------------------------------------------------


class SourceError(LitwatchError):
    """A source did not give what was asked. `retry` says whether asking again can help."""

    code = "source"
    exit_code = 4
    retry: ClassVar[Retry] = Retry.NEVER


class ThrottledError(SourceError):
    """429, 503, `Rate exceeded.`: `retry_after` is the wait (seconds) that the source asked for."""

    code = "throttled"
    retry = Retry.WAIT

    def __init__(
        self, thing: str, cause: str, remedy: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(thing, cause, remedy)
        self.retry_after = retry_after


class TransientError(SourceError):
    """A passing fault: 5xx, reset, time-out, truncated body, HTML where data was expected."""

    code = "transient"
    retry = Retry.SAME


class IncompleteError(SourceError):
    """The source gave less than it stated: an empty page below the total, records short."""

    code = "incomplete"
    retry = Retry.SAME


class CursorLostError(SourceError):
    """The resumption token, cursor or history server entry is gone: restart the window."""

    code = "cursor-lost"
    retry = Retry.RESTART


class BadRequestError(SourceError):
    """The source calls our request wrong (a cap, an argument): never retry it unchanged."""

    code = "bad-request"


class NotFoundError(SourceError):
    """The identifier or address does not exist there (404, 410, idDoesNotExist)."""

    code = "not-found"


class QueryAlteredError(SourceError):
    """The source searched for something else than asked (PhraseNotFound, a rewritten prefix)."""

    code = "query-altered"


class FetchRefusedError(SourceError):
    """Litwatch refuses the fetch: too large, a private address, a redirect loop, a downgrade."""

    code = "fetch-refused"


class NotDataError(SourceError):
    """The body is not of a form this source is known to send."""

    code = "not-data"


# -- the other boundaries -----------------------------------------------------------------------


class ParseError(LitwatchError):
    """One record could not be understood; `thing` is its key. Its raw payload is kept."""

    code = "parse"


class StoreError(LitwatchError):
    """The database cannot be used as asked; nothing was half-written."""

    code = "store"
    exit_code = 5


class StoreBusyError(StoreError):
    """Another process holds the database; the whole unit of work may be tried again."""

    code = "store-busy"


class ClaimLostError(StoreError):
    """Another worker has taken over what this one was doing; what it came to is not kept."""

    code = "claim-lost"


class SchemaError(StoreError):
    """The database is older or newer than this program."""

    code = "schema"


class EncoderError(LitwatchError):
    """The embedding model cannot be loaded or run; ranking goes on by words alone."""

    code = "encoder"
    exit_code = 7


class TopicError(LitwatchError):
    """A topic or seed document cannot be used."""

    code = "topic"
    exit_code = 2


class TopicChangedError(TopicError):
    """A topic is no longer as it was when somebody began to change it."""

    code = "topic-changed"


class DeliveryError(LitwatchError):
    """A channel cannot be used as configured (for outcomes of one sending see `Outcome`)."""

    code = "delivery"
    exit_code = 6


class LinkError(LitwatchError):
    """A signed link is not ours, or is not what it was; the words are for its reader."""

    code = "link"
    exit_code = 2


class LinkExpiredError(LinkError):
    """A signed link of ours is too old, or what it leads to is gone."""

    code = "link-expired"


class AccessError(LitwatchError):
    """A request to the API is not let in; the words are for who sent it."""

    code = "access"
    exit_code = 2


class TokenError(AccessError):
    """It showed no token where one is needed, or one that lets nobody in."""

    code = "token"


class ScopeError(AccessError):
    """Its token does not reach that far."""

    code = "scope"


def one_line(text: str) -> str:
    """A stranger's words on one line, a space for what is no sign that anybody could read."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
