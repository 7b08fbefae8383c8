"""A person's part in what works are flagged with: who said what of a work, and that it does not
hold. A module beside the pipeline, with the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import deduplication, flagging
from service.deduplication.statements import OWN_FLAGS
from service.errors import InputError
from service.normalisation import paper_of

if TYPE_CHECKING:
    from service.pipeline import Parts
    from service.records import Flag, Paper, Work
    from service.records.stated import Stated
    from service.store import Unit


@dataclass(frozen=True, slots=True)
class Account:
    """What is said of a work, oldest first, also what people ruled out."""

    work: Work
    stated: tuple[Stated, ...]


def account(parts: Parts, name: str) -> Account:
    """What was said of the work called `name`. Raises `InputError`."""
    with parts.store.reading() as tx:
        work = tx.works.get(tx.works.find(name))
        return Account(work, tuple(tx.statements.of(work.id)))


def flagged(parts: Parts, limit: int) -> list[tuple[Work, Stated]]:
    """The works that were flagged last, each with the newest statement that holds."""
    with parts.store.reading() as tx:
        newest = tx.statements.latest(limit)
        works = {work.id: work for work in tx.works.many([number for number, _ in newest])}
    return [
        (works[number], stated)
        for number, stated in newest
        if number in works and stated.statement.flag in works[number].flags
    ]


def rule_out(parts: Parts, name: str, flag: Flag, *, author: str, reason: str) -> Account:
    """Take a flag off a work, because what was said so far does not hold; what is said by another
    record, or of another notice, is heard again. Raises `InputError` where the work has no such
    flag, or no reason is given."""
    if not reason.strip():
        raise InputError("the reason", "is empty", "say why the flag does not hold")
    now = parts.clock.now()
    with parts.store.writing() as tx:
        tx.intake.alone()
        work = tx.works.get(tx.works.find(name))
        if flag not in work.flags & OWN_FLAGS:
            told = ", ".join(sorted(work.flags & OWN_FLAGS)) or "nothing"
            raise InputError(
                f"work {work.id}", f"is not flagged as {flag}", f"it is flagged as: {told}"
            )
        if papers := _papers(tx, work.id):  # what was flagged before statements were kept
            fields = deduplication.merge(papers)
            subject = flagging.Subject(papers, fields, frozenset(), (work.id,))
            flagging.keep(tx, [subject], now)
        about = [each for each in tx.statements.about(work.id) if each.statement.flag is flag]
        tx.statements.rule_out([each.id for each in about], author, reason.strip(), now)
        shown = flagging.standing(tx.statements.about(work.id))
        tx.statements.mark({work.id: shown}, now)
        return Account(tx.works.get(work.id), tuple(tx.statements.of(work.id)))


def _papers(tx: Unit, work_id: int) -> list[Paper]:
    return [paper for held in tx.works.records(work_id) if (paper := paper_of(held.record))]
