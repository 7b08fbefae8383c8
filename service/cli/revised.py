"""What each state of a work changed in the one before it, as lines of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.records import Paper


def revised(papers: Iterable[Paper]) -> Iterator[str]:
    """For each revision its two records, then title and abstract as far as they were edited: what
    is gone as [-...-], what is new as {+...+}."""
    from service.digest import passages, terminal
    from service.digest.revisions import revisions

    for each in revisions(papers):
        yield f"{each.before.key} to {each.after.key}"
        for text in passages.shown(each.edits, passages.WHOLE):
            told = f"{text.label}: {passages.in_words(text.pieces)} {text.more}".rstrip()
            yield from terminal.wrap(told, first="  ", hanging="  ")
