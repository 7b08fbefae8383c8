"""Who says what has happened to a work, for its page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import news
from service.digest import words
from service.digest.safe import shorten, web_url
from service.records import Flag

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.store.statements import Stated

_FLAGS = {
    Flag.RETRACTED: "Retracted",
    Flag.WITHDRAWN: "Withdrawn",
    Flag.CONCERN: "Expression of concern",
    Flag.CORRECTED: "Corrected",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One statement: what, by whom, when it was first read, where the notice is ("" where nobody
    tells) and its words; `ruled` says by whom and why it was found not to hold, "" where it does
    hold."""

    flag: str
    by: str
    at: datetime
    notice: str
    text: str
    ruled: str

    @property
    def grave(self) -> bool:
        """Whether it holds, and a reader must know."""
        return not self.ruled and self.flag in words.ALARMING


def said(stated: Sequence[Stated]) -> list[Said]:
    """What is said of a work, the alarming first, what does not hold last."""
    found = [_said(each) for each in stated if each.statement.flag in _FLAGS]
    return sorted(found, key=lambda each: (bool(each.ruled), not each.grave))


def _said(each: Stated) -> Said:
    one = each.statement
    source, _, identity = one.said_by.partition(":")
    by = " ".join(filter(None, (words.source_name(source), shorten(identity, 80))))
    ruled = ""
    if each.ruling:
        ruled = f"{each.ruling.author}: {each.ruling.reason}"
    return Said(
        _FLAGS[one.flag],
        by,
        each.at,
        web_url(news.address(one.notice)),
        shorten(one.text, 400),
        ruled,
    )
