"""Papers of the authors that topics follow: a source of its own, over PubMed and Europe PMC.

The walks are those of the two sources, with another query: windows on the day a paper entered,
counts that reconcile, end signs. A name alone says little, so a paper is theirs only where its own
record says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from service.errors import BadRequestError, Retry, SourceError
from service.records import NOTHING_ASKED, Batch, Citation, SweepKind, WindowReport, names
from service.sources import counting, europepmc, pubmed
from service.sources.bylines import is_by
from service.sources.citing import report
from service.sources.eutils_source import EutilsSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from service.protocols import Http, Source
    from service.records import FollowedAuthor, Record, Sweep
    from service.sources.citing import KnownPaper
    from service.sources.eutils import Account

    Make = Callable[[Sequence[FollowedAuthor]], Source]

NAME = "authors"
_TOGETHER = 10  # authors in one query
_UNSAFE = str.maketrans(dict.fromkeys('"\\[](){}:*?~^', " "))
# An author of whom there is nothing yet is no fault of the query.
_DATABASE = replace(pubmed.DATABASE, dropped=lambda _: ())


class AuthorShelf(Protocol):
    """What is asked of the archive; each call is one transaction that only reads."""

    def followed(self) -> Sequence[FollowedAuthor]:
        """The authors that topics follow, each once."""
        ...

    def papers(self, author: FollowedAuthor) -> frozenset[str]:
        """The keys ("pmid:1") of what is known to be by the author."""
        ...

    def read(self, record: Record) -> KnownPaper | None:
        """What a record is of; None where it cannot be understood."""
        ...


def at_pubmed(http: Http, account: Account, base: str) -> Make:
    """PubMed, walked for some authors."""
    return lambda authors: EutilsSource(
        _DATABASE, http, " OR ".join(map(pubmed_term, authors)), account, base=base
    )


def at_europepmc(http: Http, email: str, base: str) -> Make:
    """All that Europe PMC holds, walked for some authors."""
    return lambda authors: europepmc.EuropePmc(
        http, " OR ".join(map(europepmc_term, authors)), email=email, only="", base=base
    )


class Authors:
    """A `service.protocols.Source` over everything that the followed authors publish.

    `places` make the walks; what has not been told apart as theirs is fetched even if it is held,
    so that it can be.
    """

    def __init__(self, places: Sequence[tuple[str, Make]], shelf: AuthorShelf) -> None:
        self._places = places
        self._shelf = shelf

    @property
    def name(self) -> str:
        """The source's name; the records that it gives carry those of their sources."""
        return NAME

    @property
    def sweeps(self) -> frozenset[SweepKind]:
        """What is new, and late entries."""
        return frozenset({SweepKind.RECENT, SweepKind.WIDE})

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """See `service.protocols.Source.poll`. `unknown` is not asked.

        A place that cannot be asked is reported as a gap, so that the window is walked again.
        Raises `SourceError` only where none could.
        """
        del unknown
        if sweep.kind not in self.sweeps:
            raise BadRequestError(NAME, f"this source has no {sweep.kind} sweep")
        authors = self._shelf.followed()
        if not authors:
            yield report(sweep, NOTHING_ASKED, warnings=("nobody is followed",))
            return
        failed: SourceError | None = None
        whole = 0
        for service, make in self._places:
            for chunk in counting.chunks(authors, _TOGETHER):
                try:
                    yield from self._walk(service, make(chunk), sweep, chunk)
                    whole += 1
                except SourceError as error:
                    told = ", ".join(author.name for author in chunk)
                    yield report(sweep, f"papers by {told}, at {service}", gap=str(error))
                    failed = failed or error
                    if error.retry is not Retry.NEVER:
                        break
        if failed and not whole:
            raise failed

    def _walk(
        self, service: str, source: Source, sweep: Sweep, authors: Sequence[FollowedAuthor]
    ) -> Iterator[Batch | WindowReport]:
        kept = frozenset[str]().union(*(self._shelf.papers(author) for author in authors))
        others = 0
        for item in source.poll(sweep, lambda ids: {i for i in ids if f"pmid:{i}" not in kept}):
            if isinstance(item, WindowReport):
                noted = (f"{others} listed papers name nobody who is followed",) if others else ()
                yield replace(item, warnings=counting.told((*item.warnings, *noted)))
                continue
            theirs = [(r, [a for a in authors if is_by(a, r)]) for r in item.records]
            mine = tuple(record for record, by in theirs if by)
            others += len(theirs) - len(mine)
            if mine:
                cited = (
                    Citation(author.key, paper.key, service)
                    for record, by in theirs
                    if by and (paper := self._shelf.read(record))
                    for author in by
                )
                yield Batch(records=mine, citations=tuple(cited))


# -- queries --------------------------------------------------------------------------------------


def pubmed_term(author: FollowedAuthor) -> str:
    """The condition, in PubMed's words, that a paper may be by the author."""
    found = [f"{author.orcid}[auid]"] if author.orcid else []
    if named := _named(author):
        family, initials, place = named
        found.append(f'({family} {initials[0]}[au] AND "{place}"[ad])')
    return f"({' OR '.join(found)})"


def europepmc_term(author: FollowedAuthor) -> str:
    """The same in Europe PMC's words."""
    found = [f'AUTHORID:"{author.orcid}"'] if author.orcid else []
    if named := _named(author):
        family, initials, place = named
        spelled = dict.fromkeys((initials, initials[0]))
        either = " OR ".join(f'AUTH:"{family} {each}"' for each in spelled)
        found.append(f'(({either}) AND AFF:"{place}")')
    return f"({' OR '.join(found)})"


def _named(author: FollowedAuthor) -> tuple[str, str, str] | None:
    """Family name, initials and affiliation; None for one who is followed by ORCID alone."""
    family, given = names.parted(author.name)
    place = _plain(author.affiliation)
    initials = _plain(names.initials(given))
    family = _plain(family)
    return (family, initials, place) if family and initials and place else None


def _plain(text: str) -> str:
    """The text without what a query language reads as its own."""
    return " ".join(text.translate(_UNSAFE).split())
