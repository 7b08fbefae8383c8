"""What a reader might regret of a change, looked up in two standings. Pure; a module beside the
pipeline. Which of it is said, and how, is in `topics.preview`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.topics import preview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.previews.standing import Side

_RIVALS = 3  # papers that must say another sense before it is spoken of ...
_RIVAL_SHARE = 0.1  # ... and as a share of those that say ours


def barred(before: Side | None, after: Side) -> dict[str, dict[int, str]]:
    """Works voted for that an excluded term leaves out and did not before, of any age."""
    was = {} if before is None else before.standing.assessed.explainer.found.excluded
    verdicts, works = after.standing.verdicts, after.standing.pool.works
    found: dict[str, dict[int, str]] = {}
    for row, terms in sorted(after.standing.assessed.explainer.found.excluded.items()):
        if row not in was:
            work = works[row]
            if verdicts.get(work.work_id, (0.0, ""))[0] > 0:
                found.setdefault(terms[0], {})[work.work_id] = work.title
    return found


def term_uses(
    before: Side | None, after: Side
) -> tuple[list[preview.TermUse], list[preview.TermUse]]:
    """How the terms are used that are new, and how the included ones that were there before."""
    included, excluded = after.standing.assessed.holding()
    old: tuple[Sequence[str], Sequence[str]] = ((), ())
    if before is not None:
        topic = before.standing.assessed.topic
        old = (topic.include, topic.exclude)
    uses = [
        (preview.TermUse(term, barring, works), term in there)
        for barring, counts, there in ((False, included, old[0]), (True, excluded, old[1]))
        for term, works in counts.items()
    ]
    return (
        [use for use, known in uses if not known],
        [use for use, known in uses if known and not use.excluded],
    )


def two_senses(after: Side) -> list[preview.TwoSenses]:
    """The short forms that are to be pinned."""
    return [
        preview.TwoSenses(sense.short, sense.long, rival.long, rival.papers)
        for sense, own, rival in after.standing.assessed.rivals()
        if rival.papers >= max(_RIVALS, _RIVAL_SHARE * own)
    ]
