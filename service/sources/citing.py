"""Papers that cite the seeds of topics: a source of its own, over the lists of several services.

No list says since when a paper stands in it, so a list is asked for whole, once a week, and what
the archive does not hold is fetched as the record of the source that has it. Which lists were
walked, and when, the receipts tell: there is one for each list. Of the first walk of a list only
recent papers are news; the older ones are taken in quietly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from service.errors import BadRequestError, Retry, SourceError
from service.records import NOTHING_ASKED, Batch, Citation, SweepKind, WindowReport
from service.sources import counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from service.records import Identifiers, Record, Sweep
    from service.sources.citing_lists import CitationList
    from service.sources.citing_papers import Papers

NAME = "citing"
NEWS = timedelta(days=90)  # older papers of a first walk are no news
EVERY = 7  # days between two walks of a list
_MOST_LISTS = 200  # of one poll; the others wait for the next
_BATCH = 1_000  # citations of papers that are held, in one transaction


@dataclass(frozen=True, slots=True)
class CitedSeed:
    """A seed whose citing papers are wanted; `key` is `Seed.cited_as`."""

    key: str
    ids: Identifiers


@dataclass(frozen=True, slots=True)
class KnownPaper:
    """What the archive keeps a paper under ("pmid:1"), and the last day on which it can have been
    published or have entered its source (None: not known)."""

    key: str
    day: date | None


class WalkTimes(Protocol):
    """When a list was last asked for, and when it last came whole (None: never)."""

    @property
    def tried_at(self) -> datetime: ...
    @property
    def whole_at(self) -> datetime | None: ...


class Shelf(Protocol):
    """What is asked of the archive; each call is one transaction that only reads."""

    def seeds(self) -> Sequence[CitedSeed]:
        """The seeds of all topics in force, each once."""
        ...

    def walked(self) -> Mapping[str, WalkTimes]:
        """The lists that were walked, by the query of their receipts."""
        ...

    def held(self, names: Sequence[str]) -> Mapping[str, KnownPaper]:
        """Those of the papers that the archive holds, by name (see `citing_payload`)."""
        ...

    def read(self, record: Record) -> KnownPaper | None:
        """What a record is of; None where it cannot be understood."""
        ...


@dataclass(frozen=True, slots=True)
class _Walk:
    """One list that is due."""

    service: CitationList
    seed: CitedSeed
    first: bool

    @property
    def query(self) -> str:
        """What its receipts are known by."""
        return query(self.service.name, self.seed.key)


def query(service: str, seed: str) -> str:
    """What the receipts of a list are known by."""
    return f"papers citing {seed}, by {service}"


class Citing:
    """A `service.protocols.Source` over the citation lists of all seeds."""

    def __init__(self, lists: Sequence[CitationList], papers: Papers, shelf: Shelf) -> None:
        self._lists = lists
        self._papers = papers
        self._shelf = shelf

    @property
    def name(self) -> str:
        """The source's name; the records that it gives carry those of their sources."""
        return NAME

    @property
    def sweeps(self) -> frozenset[SweepKind]:
        """RECENT alone: which lists are due does not hang on the window."""
        return frozenset({SweepKind.RECENT})

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """See `service.protocols.Source.poll`. One report for each list that is due; where none is,
        one that says so. `unknown` is not asked: what is held is told by the shelf.

        A list that cannot be walked is reported as a gap, and its service is not asked again in
        this poll. Raises `SourceError` only where no list at all could be walked.
        """
        del unknown
        if sweep.kind not in self.sweeps:
            raise BadRequestError(NAME, f"this source has no {sweep.kind} sweep")
        due = self._due(sweep.window.end)
        if not due:
            yield report(sweep, NOTHING_ASKED, warnings=("no list is due",))
        down: set[str] = set()
        failed: SourceError | None = None
        whole = 0
        for walk in due:
            if walk.service.name in down:
                continue
            try:
                yield from self._walk(sweep, walk)
                whole += 1
            except SourceError as error:
                yield report(sweep, walk.query, gap=str(error))
                if error.retry is not Retry.NEVER:
                    down.add(walk.service.name)
                failed = failed or error
        if failed and not whole:
            raise failed

    def _due(self, today: date) -> list[_Walk]:
        """The lists to walk: those never walked first, then the longest ago."""
        walked = self._shelf.walked()
        found: list[tuple[date, int, _Walk]] = []
        for seed in self._shelf.seeds():
            for service in self._lists:
                times = walked.get(query(service.name, seed.key))
                walk = _Walk(service, seed, first=times is None or times.whole_at is None)
                if (since := _since(times)) is None or (today - since).days >= EVERY:
                    found.append((since or today - timedelta(days=9_999), len(found), walk))
        return [walk for *_, walk in sorted(found, key=lambda each: each[:2])[:_MOST_LISTS]]

    # -- one list

    def _walk(self, sweep: Sweep, walk: _Walk) -> Iterator[Batch | WindowReport]:
        listed = walk.service.listed(walk.seed.ids)
        news = sweep.window.end - NEWS if walk.first else None
        held = self._shelf.held(listed.names)
        yield from _known(walk, held, news)
        wanted = [name for name in listed.names if name not in held]
        came: set[str] = set()
        for page in self._papers.records(wanted, listed.records):
            came |= page.keys()
            yield from self._taken(walk, page.values(), news)
        gone = [name for name in wanted if name not in came]
        yield report(
            sweep,
            walk.query,
            stated=listed.stated,
            fetched=listed.seen,
            gap=listed.gap or counting.too_many_gone(len(gone), len(wanted)),
            warnings=(*listed.warnings, *counting.gone_warning(gone)),
        )

    def _taken(self, walk: _Walk, records: Iterable[Record], news: date | None) -> Iterator[Batch]:
        """The records, each with what it cites; those that are no news apart."""
        read = [(record, self._shelf.read(record)) for record in records]
        for announce in (True, False):
            chosen = [each for each in read if _is_news(each[1], news) is announce]
            cited = tuple(_citation(walk, paper) for _, paper in chosen if paper)
            if chosen:
                kept = tuple(record for record, _ in chosen)
                yield Batch(records=kept, citations=cited, announce=announce)


def _since(times: WalkTimes | None) -> date | None:
    """When a list was last proved; None where it was not, or has failed since."""
    if times is None or times.whole_at is None or times.tried_at > times.whole_at:
        return None
    return times.whole_at.date()


def _known(walk: _Walk, held: Mapping[str, KnownPaper], news: date | None) -> Iterator[Batch]:
    """What is held already cites the seed as well."""
    papers = {paper.key: paper for paper in held.values()}.values()
    for announce in (True, False):
        chosen = [paper for paper in papers if _is_news(paper, news) is announce]
        for part in counting.chunks(chosen, _BATCH):
            cited = tuple(_citation(walk, paper) for paper in part)
            yield Batch(citations=cited, announce=announce)


def _is_news(paper: KnownPaper | None, news: date | None) -> bool:
    """Whether a paper is news where those of before `news` are none."""
    return news is None or paper is None or paper.day is None or paper.day >= news


def _citation(walk: _Walk, paper: KnownPaper) -> Citation:
    return Citation(walk.seed.key, paper.key, walk.service.name)


def report(
    sweep: Sweep,
    asked: str,
    *,
    stated: int | None = None,
    fetched: int = 0,
    gap: str | None = None,
    warnings: Sequence[str] = (),
) -> WindowReport:
    """The receipt of a walk of the sweep's whole window that ended well, unless there is a gap."""
    return WindowReport(
        window=sweep.window,
        kind=sweep.kind,
        query=asked,
        translation=None,
        stated=stated,
        fetched=fetched,
        end_sign=gap is None,
        gap=gap,
        warnings=counting.told(warnings),
    )
