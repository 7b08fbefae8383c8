"""What a person takes out as a file: which works, and what their records say of them."""

from __future__ import annotations

from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from service.records import Judgement
from service.records.queries import Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from service.archive.exports import Entry
    from service.bootstrap.app import App
    from service.records import Author, Paper, Work
    from service.records.queries import Query, Term
    from service.store import Unit

T = TypeVar("T", int, str)

PAGE = 200  # works
LISTED = 2_000  # numbers of works that one question to the index brings
RANKED = 1_000  # works that are put in order by their words; the rest of an answer is newest first
_MOST = 10_000_000  # works that are counted
_WANTED = frozenset({Judgement.RELEVANT, Judgement.SAVED})


def saved(tx: Unit) -> list[int]:
    """The works that a reader has saved for any topic, each once, in the order they were saved."""
    votes = (vote for topic in tx.topics.current() for vote in tx.votes.current(topic.slug))
    found = [vote for vote in votes if vote.judgement is Judgement.SAVED]
    return _once(vote.work_id for vote in sorted(found, key=attrgetter("at")))


def wanted(tx: Unit, topic: str) -> list[int]:
    """The works that a reader of the topic called relevant, or saved. Raises `TopicError`."""
    tx.topics.get(topic)
    return _once(v.work_id for v in tx.votes.current(topic) if v.judgement in _WANTED)


def sent(tx: Unit, digest_id: str) -> list[int]:
    """The works that a digest showed, in its order, under their present numbers."""
    sections = tx.digests.content(digest_id).sections
    shown = [item.work.id for section in sections for item in section.sent]
    present = tx.exporting.present(shown)
    return _once(present[work_id] for work_id in shown if work_id in present)


def named(tx: Unit, names: Iterable[str]) -> list[int]:
    """The works that answer to these names. Raises `InputError` for one that none does."""
    return _once(tx.works.get(tx.works.find(name)).id for name in names)


def found(tx: Unit, query: Query, limit: int | None = None) -> Iterator[int]:
    """All works that answer to the whole query, or the first `limit` of them: by `sort:`, else
    the thousand best by their words and then the newest. Numbers are read as they are taken; works
    that come in meanwhile are not among them.

    Words that a work only nearly has, and nearness in meaning, have no end and do not count.
    """
    term = _whole(query)
    if term is None:
        return iter(())
    return islice(_listed(tx, term, query.sort), limit)


def count(tx: Unit, query: Query, limit: int | None = None) -> int:
    """How many works `found` gives."""
    term = _whole(query)
    return 0 if term is None else tx.search.count(term, _MOST if limit is None else limit)


def alike(app: App, text: str, limit: int | None = None) -> list[int]:
    """The works that a query with `like:` finds, the nearest first: as many as a search shows, for
    likeness has no end. Raises what a search raises."""
    from service.records.findings import MOST_SHOWN, Search

    shown: list[int] = []
    cursor = None
    while limit is None or len(shown) < limit:
        found = app.find(Search(text, limit=MOST_SHOWN, cursor=cursor))
        shown += [hit.work.id for hit in found.hits]
        cursor = found.cursor
        if cursor is None:
            break
    return shown[:limit]


def entries(
    tx: Unit, work_ids: Iterable[int] | None, went_on: Callable[[int], None]
) -> Iterator[Entry]:
    """These works, in this order, or all of the archive, in that of their numbers.

    Reads page by page; after each, `went_on` gets the number of its works.
    """
    for works in _all(tx) if work_ids is None else _these(tx, work_ids):
        yield from _told(tx, works)
        went_on(len(works))


def _all(tx: Unit) -> Iterator[list[Work]]:
    works = tx.exporting.after(0, PAGE)
    while works:
        yield works
        works = tx.exporting.after(works[-1].id, PAGE)


def _these(tx: Unit, work_ids: Iterable[int]) -> Iterator[list[Work]]:
    rest = iter(work_ids)
    while some := list(islice(rest, PAGE)):
        yield tx.works.many(some)


def _whole(query: Query) -> Term | None:
    from service.archive.plan import plan

    way = plan(query)
    return None if way is None else way.whole


def _listed(tx: Unit, term: Term, sort: Sort) -> Iterator[int]:
    end = tx.works.sequence()
    best = tx.search.ranked(term, RANKED, end) if sort is Sort.RELEVANCE else ()
    before = dict.fromkeys(work_id for work_id, _ in best)
    yield from before
    order = Sort.NEWEST if sort is Sort.RELEVANCE else sort
    page = tx.search.listed(term, order, LISTED, ceiling=end)
    while page:
        yield from (work_id for work_id in page if work_id not in before)
        page = tx.search.listed(term, order, LISTED, after=page[-1], ceiling=end)


def _told(tx: Unit, works: Sequence[Work]) -> Iterator[Entry]:
    from service.archive.exports import Entry

    numbers = [work.id for work in works]
    papers: dict[int, list[Paper]] = {}
    for work_id, paper in _papers(tx, numbers):
        papers.setdefault(work_id, []).append(paper)
    votes = tx.votes.of_works(numbers)
    for work in works:
        told = papers.get(work.id, [])
        topics = {v.topic for v in votes.get(work.id, ()) if v.judgement in _WANTED}
        yield Entry(
            work,
            authors=_authors(work, told),
            issn=next((p.issn for p in told if p.issn and p.venue == work.venue), None),
            keywords=tuple(_once(word for paper in told for word in paper.keywords)),
            topics=tuple(sorted(topics)),
            others=tuple(dict.fromkeys(paper.ids for paper in told)),
        )


def _papers(tx: Unit, work_ids: Sequence[int]) -> Iterator[tuple[int, Paper]]:
    """What the records say without their abstracts, which the works have."""
    from dataclasses import replace

    from service.normalisation import paper_of

    for work_id, record in tx.exporting.records(work_ids):
        if paper := paper_of(record):  # else it was once; what it said is in the work
            yield work_id, replace(paper, abstract="", sections=(), other_abstracts=())


def _authors(work: Work, papers: Iterable[Paper]) -> tuple[Author, ...]:
    """Those of the paper whose authors the work shows; () when there is none any more."""
    same = (p.authors for p in papers if tuple(a.name for a in p.authors) == work.authors)
    return next(same, ())


def _once(items: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(items))
