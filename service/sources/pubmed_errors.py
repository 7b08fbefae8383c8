"""What NLM's own error texts amount to. They come inside HTTP 200, in XML, JSON or plain text."""

from __future__ import annotations

import re

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)

THING = "PubMed"
_AGAIN = "it is asked again"
# The first that fits decides. A lost history also names retstart, and a failed backend may name
# anything, so the order matters.
_MEANINGS: tuple[tuple[re.Pattern[str], type[SourceError], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), error, remedy)
    for pattern, error, remedy in (
        (
            r"rate limit|too many requests|rate exceeded|error code: 1015",
            ThrottledError,
            "ask slower, or set an API key",
        ),
        (
            r"unable to obtain query|cannot retrieve history|history (?:data|server|is)"
            r"|webenv.{0,40}(?:invalid|expired|not found|unknown|wrong)"
            r"|(?:invalid|expired|unknown|wrong) (?:webenv|cookie)",
            CursorLostError,
            "begin this window again",
        ),
        (
            r"cannot be larger|first 9,?999",
            BadRequestError,
            "PubMed gives the first 9,999 hits only: split the window into smaller ones",
        ),
        (r"backend failed|unavailable|timed? ?out|try again", TransientError, _AGAIN),
        (r"api key", BadRequestError, "check the NCBI API key in the settings"),
        (
            r"neither query_key nor id|empty id list|id list is empty|empty term"
            r"|invalid (?:db|value|parameter)|have invalid value|not supported"
            r"|can not be used without|unknown (?:db|database|field)",
            BadRequestError,
            "report it with the query that was asked",
        ),
        (
            r"pmid is not available|invalid uid|cannot get document summary|not found|no such",
            NotFoundError,
            "check the PMID",
        ),
    )
)


def reported(told: str) -> SourceError:
    """Return the error that the text amounts to; unknown words are taken for a passing fault."""
    told = " ".join(told.split())[:400]
    for pattern, error, remedy in _MEANINGS:
        if pattern.search(told):
            return error(THING, told, remedy)
    return TransientError(THING, told or "an empty error", _AGAIN)
