"""How a world is made: the life of each piece of research, and when which upstream tells of it.

Delays are rough copies of what is measured of the real ones: most records are filed within days,
some after months; a few are served long after the day that they are filed under.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from tests.upstreams import words
from tests.upstreams.world import Article, Entry, Link, State, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEGIN = date(2027, 1, 4)
AFTER = 45  # days that publishing goes on after the year
BEFORE = 40  # days before it of which everything is there
HISTORY = 420  # days before it of which some is there
PREFIXES = ("10.5555", "10.5072")  # both for tests only; the servers switch to the second
SHARES = (  # of 100 pieces of research
    ("journal", 46),
    ("biorxiv", 16),
    ("medrxiv", 10),
    ("arxiv", 16),
    ("square", 7),
    ("pmc", 5),
)
_HOLIDAYS = frozenset({(12, 25), (5, 3)})  # nobody posts anything, on working days
# Chance in 1,000 and days, from and to.
Lags = tuple[tuple[int, int, int], ...]
_FILED: Lags = (
    (500, 0, 3),
    (250, 4, 17),
    (150, 18, 48),
    (50, 49, 175),
    (40, 176, 364),
    (10, 370, 520),
)
_INDEXED: Lags = ((900, 0, 0), (60, 1, 6), (30, 7, 27), (10, 28, 360))
_POSTED: Lags = ((940, 0, 0), (45, 1, 6), (15, 7, 27))
_EUROPE: Lags = ((700, 1, 1), (250, 2, 4), (50, 5, 28))
_LINKED: Lags = ((600, 1, 3), (300, 4, 15), (100, 16, 50))
_EMBARGO: Lags = ((600, 0, 9), (250, 90, 180), (150, 365, 366))


@dataclass
class Maker:
    """Makes the entries of one world, one piece of research after the other."""

    rng: Random
    switch: date  # of the preprint servers' DOI prefix
    number: int = 0
    entries: list[Entry] = field(default_factory=list)

    # -- chance ---------------------------------------------------------------------------------

    def odds(self, per_thousand: int) -> bool:
        """True so often in a thousand."""
        return self.rng.randrange(1000) < per_thousand

    def lag(self, lags: Lags) -> timedelta:
        """Days, by the table."""
        at = self.rng.randrange(sum(share for share, *_ in lags))
        for share, least, most in lags:
            at -= share
            if at < 0:
                return timedelta(days=self.rng.randint(least, most))
        raise AssertionError("unreachable")

    def days(self, least: int, most: int) -> timedelta:
        """So many days, all as likely."""
        return timedelta(days=self.rng.randint(least, most))

    def moment(self, day: date) -> datetime:
        """Some time of a day."""
        noon = datetime.combine(day, datetime.min.time(), UTC)
        return noon + timedelta(seconds=self.rng.randrange(1, 86_000))

    # -- articles -------------------------------------------------------------------------------

    def article(self, day: date, **names: object) -> Article:
        """A new piece of research, published or posted on `day`, with these further names."""
        self.number += 1
        topical = bool(names.pop("topical", self.odds(850)))
        made = Article(
            number=self.number,
            topical=topical,
            title=words.title(self.rng, topical=topical),
            abstract=words.abstract(self.rng, topical=topical),
            authors=words.people(self.rng),
            journal=self.rng.randrange(len(words.JOURNALS)),
        )
        return replace(made, **names)  # type: ignore[arg-type]  # fields of Article by name

    def names_of_journal(self, day: date) -> dict[str, object]:
        """The names that a journal's article gets, but for a PMCID."""
        number = self.number + 1
        return {
            "published": day,
            "doi": f"10.5555/exj.{day.year}.{number:05d}",
            "pmid": str(91_000_000 + number * 7 + self.rng.randrange(7)),
        }

    def add(self, source: str, uid: str, article: Article, *states: State, **more: object) -> None:
        """Keep an entry; it is filed under the day of its first state unless told otherwise."""
        made = Entry(source, uid, article, states[0].stated, states)
        self.entries.append(replace(made, **more) if more else made)  # type: ignore[arg-type]

    def states(
        self, first: State, turns: Sequence[tuple[date, str, Link | None]]
    ) -> tuple[State, ...]:
        """`first`, then what each turn (day, mark, link) adds to it, the oldest first."""
        made = [first]
        for day, mark, link in sorted(turns, key=lambda turn: turn[0]):
            last = made[-1]
            since = max(self.moment(day + self.days(0, 2)), last.since + timedelta(minutes=1))
            links = (*last.links, link) if link else last.links
            marks = last.marks | {mark} if mark else last.marks
            made.append(replace(last, since=since, stated=day, marks=marks, links=links))
        return tuple(made)

    # -- journals -------------------------------------------------------------------------------

    def journal(self, day: date, preprint: Article | None = None, **names: object) -> Article:
        """An article in a journal, with its records in PubMed, Europe PMC and perhaps PMC."""
        names = self.names_of_journal(day) | names
        if "pmcid" not in names and self.odds(400):
            names["pmcid"] = f"PMC{21_000_000 + (self.number + 1) * 3}"
        if preprint:
            names |= {"topical": preprint.topical, "authors": preprint.authors}
            names |= {"came_of": preprint.number}
            names |= {"title": preprint.title, "abstract": preprint.abstract}
            if self.odds(350):
                names["title"] = words.reworded(self.rng, preprint.title)
        article = self.article(day, **names)
        filed = day + self.lag(_FILED)
        live = self._pmc(article, filed) if article.pmcid else None
        turns = self._later(article, filed)
        turns += [(live + self.days(0, 3), "pmc", None)] if live else []
        turns += [(filed + self.days(7, 90), "mesh", None)] if self.odds(700) else []
        self._pubmed(article, filed, turns)
        if article.kind == "research" and self.odds(5):
            self._same_doi(article, filed)
        return article

    def crowded(self, day: date) -> None:
        """A topical article that PubMed has on the day that it is published."""
        article = self.article(day, **self.names_of_journal(day), topical=True)
        since = datetime.combine(day, datetime.min.time(), UTC)
        self.add(
            "pubmed", article.pmid, article,
            State(since, day, article.title, article.abstract, "1"),
        )  # fmt: skip

    def _pubmed(
        self, article: Article, filed: date, turns: list[tuple[date, str, Link | None]],
        marks: frozenset[str] = frozenset(), links: tuple[Link, ...] = (),
    ) -> None:  # fmt: skip
        since = self.moment(filed + self.lag(_INDEXED))
        first = State(since, filed, article.title, article.abstract, "1", marks=marks, links=links)
        turns = [turn for turn in turns if turn[0] > since.date()]
        published = article.published or article.posted or filed
        late = (filed - published).days > 365  # the rule for the Entrez date
        gone = since + self.days(3, 60) if self.odds(7) else None
        states = self.states(first, turns)
        self.add(
            "pubmed", article.pmid, article, *states,
            gone=gone, entrez=published if late else filed,
        )  # fmt: skip
        at_ebi = filed + self.lag(_EUROPE)
        self.add(
            "europepmc", f"MED/{article.pmid}", article,
            replace(first, since=max(self.moment(at_ebi), since), stated=at_ebi, version=""),
        )  # fmt: skip

    def _pmc(self, article: Article, filed: date) -> date:
        """The PMC copy; returns the day it went live. It may be there before PubMed's record."""
        live = filed + self.lag(_EMBARGO) - (self.days(0, 5) if self.odds(200) else timedelta())
        live = max(live, article.published or live)
        since = self.moment(live + self.lag(_INDEXED))
        self.add(
            "pmc", article.pmcid, article,
            State(since, live, article.title, article.abstract, "1"),
        )  # fmt: skip
        return live

    def _later(self, article: Article, filed: date) -> list[tuple[date, str, Link | None]]:
        """Notices that come later, each an article of its own, and what they do to this one."""
        if article.kind != "research":
            return []
        turns: list[tuple[date, str, Link | None]] = []
        for odds, kind, there, back, mark in (
            (30, "erratum", "erratum_in", "erratum_for", ""),
            (12, "retraction", "retraction_in", "retraction_of", "retracted"),
            (6, "concern", "concern_in", "concern_for", ""),
        ):
            if not self.odds(odds):
                continue
            day = filed + self.days(20, 250)
            notice = self._notice(article, kind, back, day)
            turns.append((day + self.days(0, 20), mark, Link(there, notice.pmid, notice.doi)))
        return turns

    def _notice(self, of: Article, kind: str, link: str, day: date) -> Article:
        said = {
            "erratum": "Correction",
            "retraction": "Retraction",
            "concern": "Expression of Concern",
        }
        names = self.names_of_journal(day)
        names |= {"kind": kind, "title": f"{said[kind]}: {of.title}", "abstract": ""}
        notice = self.article(day, **names, topical=of.topical, authors=of.authors)
        self._pubmed(notice, day, [], links=(Link(link, of.pmid, of.doi),))
        return notice

    def _same_doi(self, article: Article, filed: date) -> None:
        """Another record of PubMed that bears the same DOI by mistake, of something else."""
        day = filed + self.days(0, 20)
        names = self.names_of_journal(day) | {"doi": article.doi}
        self._pubmed(self.article(day, **names, topical=article.topical), day, [])

    # -- preprints ------------------------------------------------------------------------------

    def rxiv(self, server: str, day: date) -> None:
        """A preprint of bioRxiv or medRxiv: versions, perhaps a journal article, a withdrawal."""
        prefix = PREFIXES[day >= self.switch]
        tail = self.rng.randrange(10**5, 10**6) + (20_000_000 if server == "medrxiv" else 0)
        doi = f"{prefix}/{day:%Y.%m.%d}.{tail}"
        preprint = self.article(
            day, server=server, posted=day, preprint_doi=doi,
            category="cancer biology" if server == "biorxiv" else "oncology",
            licence=self.rng.choice(("cc_by", "cc_by_nc_nd", "cc_no")),
        )  # fmt: skip
        article = self._published(preprint, server)
        told = self._link(preprint, article) if article else None
        link = Link("published", doi=article.doi) if article else None
        posted, title = day, preprint.title
        last = self.rng.choices((1, 2, 3), (65, 27, 8))[0]
        for number in range(1, last + 1):
            withdrawn = number == last > 1 and self.odds(60)
            text = "The authors have withdrawn this preprint." if withdrawn else preprint.abstract
            since = self.moment(posted + self.lag(_POSTED))
            first = State(
                since, posted, f"WITHDRAWN: {title}" if withdrawn else title, text, str(number),
                marks=frozenset({"withdrawn"} if withdrawn else ()),
            )  # fmt: skip
            later = () if told is None else (replace(first, since=max(told, since), links=(link,)),)
            self.add(server, doi, preprint, first, *(later if told and told > since else ()))
            posted += self.days(15, 110)
            title = words.reworded(self.rng, title) if self.odds(250) else title
        self._preprint_elsewhere(preprint, last, article)

    def _published(self, preprint: Article, server: str) -> Article | None:
        """The journal's article that comes of it, if one does."""
        if not self.odds(500) or preprint.posted is None:
            return None
        return self.journal(preprint.posted + self.days(60, 300), preprint)

    def _link(self, preprint: Article, article: Article) -> datetime:
        """The row of /pubs; returns when the server tells of the article."""
        day = article.published or BEGIN
        since = self.moment(day + self.lag(_LINKED))
        self.add(
            f"{preprint.server}-links", preprint.preprint_doi, preprint,
            State(since, day, preprint.title, preprint.abstract,
                  links=(Link("published", article.pmid, article.doi),)),
        )  # fmt: skip
        return since

    def _preprint_elsewhere(self, preprint: Article, last: int, article: Article | None) -> None:
        """Europe PMC's record of a preprint, and PubMed's of a few."""
        posted = preprint.posted or BEGIN
        at_ebi = posted + self.lag(_EUROPE)
        first = State(
            self.moment(at_ebi + self.lag(_POSTED)), at_ebi, preprint.title, preprint.abstract, "1"
        )
        turns: list[tuple[date, str, Link | None]] = []
        if article and article.published:
            link = Link("published", article.pmid, article.doi)
            turns.append((article.published + self.days(5, 60), "", link))
        states = list(self.states(first, [t for t in turns if t[0] > first.since.date()]))
        if last > 1 and (day := posted + self.days(20, 50)) > first.since.date():
            since = self.moment(day)
            states = [replace(s, version="2") if s.since >= since else s for s in states]
            before = [s for s in states if s.since < since][-1]
            states.append(replace(before, since=since, stated=day, version="2"))
            states.sort(key=lambda state: state.since)
        self.add("europepmc", f"PPR/PPR{preprint.number}", preprint, *states)
        if preprint.server in ("biorxiv", "medrxiv") and self.odds(80):
            pmid = str(91_000_000 + preprint.number * 7 + self.rng.randrange(7))
            turns = [(t[0], "", Link("update_in", article.pmid)) for t in turns if article]
            held = replace(preprint, pmid=pmid, published=posted)
            self._pubmed(held, posted + self.days(5, 30), turns, frozenset({"preprint"}))

    def square(self, day: date) -> None:
        """A preprint that only Europe PMC tells of."""
        doi = f"10.5555/rs.3.rs-{self.number + 1}/v1"
        preprint = self.article(day, server="Research Square", posted=day, preprint_doi=doi)
        self._preprint_elsewhere(preprint, 1, self._published(preprint, "Research Square"))

    def arxiv(self, day: date, category: str = "") -> None:
        """A preprint of arXiv, with versions and edits."""
        where = category or self.rng.choice(("q-bio.TO", "q-bio.CB", "physics.bio-ph", "eess.IV"))
        number = f"{day:%y%m}.{(self.number + 1) % 100_000:05d}"
        preprint = self.article(
            day, server="arxiv", posted=day, arxiv_id=number, category=where,
            preprint_doi=f"10.5555/arXiv.{number}",
        )  # fmt: skip
        stated = day + self.days(0, 1)
        since = max(self.moment(stated + self.days(0, 2)), self.moment(day) + timedelta(hours=20))
        state = State(since, stated, preprint.title, preprint.abstract, "1", versions=(("1", day),))
        states, posted = [state], day
        for version in range(2, self.rng.choices((2, 3, 4), (65, 27, 8))[0]):
            posted += self.days(15, 90)
            state = self._revised(state, version, posted)
            states.append(state)
        if self.odds(250):  # the author tells the journal's DOI: an edit, no version
            article = self.journal(day + self.days(60, 200), preprint)
            edited = max(article.published or day, state.stated) + self.days(5, 40)
            links = (Link("published", article.pmid, article.doi),)
            states.append(
                replace(
                    state, since=self.moment(edited + self.days(1, 2)), stated=edited, links=links
                )
            )
        gone = states[-1].since + self.days(5, 40) if self.odds(4) else None
        self.add("arxiv", number, preprint, *states, gone=gone)

    def _revised(self, state: State, version: int, posted: date) -> State:
        withdrawn = self.odds(20)
        stated = posted + self.days(0, 1)
        return replace(
            state, since=self.moment(stated + self.days(1, 2)), stated=stated, version=str(version),
            title=words.reworded(self.rng, state.title) if self.odds(250) else state.title,
            versions=(*state.versions, (str(version), posted)),
            marks=frozenset({"withdrawn"}) if withdrawn else frozenset(),
        )  # fmt: skip

    def pmc(self, day: date) -> None:
        """An article that only PMC has: it never gets a PMID."""
        pmcid = f"PMC{21_000_000 + (self.number + 1) * 3}"
        names = {**self.names_of_journal(day), "pmid": "", "pmcid": pmcid}
        article = self.article(day, **names)
        live = self._pmc(article, day)
        at_ebi = live + self.lag(_EUROPE)
        first = State(self.moment(at_ebi), at_ebi, article.title, article.abstract)
        self.add("europepmc", f"PMC/{pmcid}", article, first)

    def one(self, kind: str, day: date) -> None:
        """A piece of research of this kind, first seen on `day`."""
        if kind in ("biorxiv", "medrxiv"):
            self.rxiv(kind, day)
        else:
            {"journal": self.journal, "square": self.square, "arxiv": self.arxiv, "pmc": self.pmc}[
                kind
            ](day)


def world(
    seed: int, days: int = 365, per_day: float = 8.0, begin: date = BEGIN, crowd: int = 0
) -> World:
    """The world of a seed: `per_day` pieces of research on an average day, and `crowd` articles
    that all enter PubMed on the day before the first."""
    rng = Random(seed)
    maker = Maker(rng, switch=begin + timedelta(days=days // 2))
    kinds, shares = zip(*SHARES, strict=True)
    for day in _calendar(begin, days):
        if (day.month, day.day) in _HOLIDAYS:
            continue
        working, old = day.weekday() < 5, (begin - day).days > BEFORE
        count = round(rng.gauss(per_day * (1.2 if working else 0.5), 1.5) * (0.5 if old else 1))
        if working and not old:  # what has something new on every working day
            for kind in ("journal", "biorxiv", "medrxiv"):
                maker.one(kind, day)
            maker.arxiv(day, "q-bio.TO")
            count -= 4
        for kind in rng.choices(kinds, shares, k=max(0, count)):
            maker.one(kind, day)
    for _ in range(crowd):
        maker.crowded(begin - timedelta(days=1))
    return World(seed, begin, days, maker.entries)


def _calendar(begin: date, days: int) -> Iterator[date]:
    for offset in range(-HISTORY, days + AFTER):
        yield begin + timedelta(days=offset)
