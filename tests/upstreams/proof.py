"""What the archive must hold after a virtual year, and whether it does.

What the product's recipes promise, source by source, for every record that an upstream served
during the year (and still serves at its end):

    pubmed, pmc       fits the query; served at most 370 days after the day it is filed under;
                      pubmed: in its last state (revisions are swept), pmc: in some state
    biorxiv, medrxiv  every version's row, served at most 28 days after its day (there is no list of
                      ids to sweep more cheaply); every link to a journal, at most 370 days after
    arxiv             the newest version; q-bio at most 370 days after, in its last state; other
                      categories at most 28 days after
    europepmc         preprints and what only PMC has, fits the query; newest version, last state

Nothing is promised of what was filed before the first poll's window of 14 days (the first poll
itself may have been killed before it began). A record that vanished may or may not have been seen;
one of arXiv's is marked as gone.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.sources import replies
from tests.upstreams import europepmc_results, pubmed_pages
from tests.upstreams.world import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from service.bootstrap import App
    from tests.upstreams.world import Entry, State, World

Key = tuple[str, str, str]  # source, id, version

FIRST_DAYS = timedelta(days=14)
LATE = timedelta(days=370)
LATE_WALKED = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Held:
    """A record of the archive."""

    work: int | None
    payload: bytes
    format: str
    gone: bool


@dataclass
class Proof:
    """What was promised, what is there, and a line for everything that is wrong."""

    promised: int = 0
    published: int = 0
    archived: int = 0
    works: int = 0
    missing: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    parted: list[str] = field(default_factory=list)
    by_source: Counter[str] = field(default_factory=Counter)

    @property
    def told(self) -> list[str]:
        """Everything that is wrong."""
        named = ("missing", "outdated", "strange", "doubled", "joined", "parted")
        return [f"{name}: {line}" for name in named for line in getattr(self, name)]


def prove(world: World, app: App, *, monthly: bool) -> Proof:
    """Compare the archive with the world. `monthly` says that the monthly sweeps came round after
    the year; else what only they find is not asked for."""
    with app.store.engine.connect() as connection:
        return compared(world, connection, monthly=monthly)


def compared(world: World, connection: Connection, *, monthly: bool) -> Proof:
    """Likewise, as this connection sees the archive."""
    archive = dict(_archive(connection))
    found = Proof(archived=len(archive), works=len({held.work for held in archive.values()}))
    told = {key: entry for entry in _all(world) for key in _keys(entry)}
    found.doubled += _doubled(connection)
    since = _since(connection)
    for key in archive.keys() - told.keys():
        found.strange.append(f"{key} was never served")
    for entry in _all(world):
        served = entry.served < world.end and entry.served >= world.start
        found.published += served and _in_scope(entry)
        if _promised(world, entry, since[_source(entry)], LATE if monthly else LATE_WALKED):
            found.promised += 1
            found.by_source[entry.source] += 1
            _there(world, entry, archive, found)
        elif not _in_scope(entry) and (here := [k for k in _keys(entry) if k in archive]):
            found.strange.append(f"{here[0]} does not fit the query")
    _gone(world, archive, found)
    _works(archive, told, found)
    return found


def _all(world: World) -> Iterator[Entry]:
    return iter(world.entries)


# -- what is promised -------------------------------------------------------------------------------


def _key(entry: Entry, state: State) -> Key:
    """The name of the record that this state becomes."""
    if entry.source == "europepmc":
        told = europepmc_results.result(Seen(entry, state), "core")
        return "europepmc", entry.uid, str(told.get("versionNumber") or "")
    return _source(entry), entry.uid, state.version


def _source(entry: Entry) -> str:
    """The product's name of the source."""
    return entry.source.removesuffix("-links")


def _keys(entry: Entry) -> list[Key]:
    return list(dict.fromkeys(_key(entry, state) for state in entry.states))


def _in_scope(entry: Entry) -> bool:
    if entry.source == "arxiv":
        return entry.article.topical or entry.article.category.startswith("q-bio")
    if entry.source == "europepmc":
        return entry.article.topical and not entry.uid.startswith("MED/")
    return entry.article.topical or entry.source not in ("pubmed", "pmc")


def _latest(world: World, entry: Entry) -> list[State]:
    """The states that the archive may show: the last of the year, and those of the days after."""
    last = entry.at(world.end)
    return [] if last is None else list(entry.states[entry.states.index(last) :])


def _promised(world: World, entry: Entry, since: date, latest_of_all: timedelta) -> bool:
    if not _in_scope(entry) or not (latest := _latest(world, entry)):
        return False
    if entry.gone is not None and entry.gone <= world.end + timedelta(days=60):
        return False
    filed = latest[0].versions[-1][1] if entry.source == "arxiv" else entry.filed
    late = latest[0].since.date() - latest[0].stated if entry.source == "arxiv" else None
    late = late if late is not None else entry.served.date() - entry.filed
    walked = entry.source in ("biorxiv", "medrxiv") or (
        entry.source == "arxiv" and not entry.article.category.startswith("q-bio")
    )
    return filed >= since and late <= (LATE_WALKED if walked else latest_of_all)


# -- what is there ----------------------------------------------------------------------------------


def _archive(connection: Connection) -> Iterator[tuple[Key, Held]]:
    query = "SELECT source, source_id, version, work_id, payload, format, gone_at FROM record"
    for source, uid, version, work, payload, form, gone in connection.exec_driver_sql(query):
        yield (source, uid, version), Held(work, zlib.decompress(payload), form, bool(gone))


def _since(connection: Connection) -> dict[str, date]:
    """The first day that the first poll of each source asked for."""
    query = "SELECT name, first_attempt_at FROM source"
    rows = connection.exec_driver_sql(query).all()
    return {name: date.fromisoformat(str(at)[:10]) - FIRST_DAYS for name, at in rows}


def _doubled(connection: Connection) -> list[str]:
    query = (
        "SELECT source, source_id, version, COUNT(*) FROM record "
        "GROUP BY source, source_id, version HAVING COUNT(*) > 1"
    )
    return [f"{tuple(row)}" for row in connection.exec_driver_sql(query)]


def _there(world: World, entry: Entry, archive: dict[Key, Held], found: Proof) -> None:
    """Whether an entry is held in the newest version, and in its last state where promised."""
    latest = _latest(world, entry)
    keys = dict.fromkeys(_key(entry, state) for state in latest)
    held = [archive[key] for key in keys if key in archive]
    name = f"{_key(entry, latest[0])} filed {entry.filed}, served {entry.served:%Y-%m-%d %H:%M}"
    if not held:
        found.missing.append(name)
    elif any(one.work is None for one in held):
        found.missing.append(f"{name}: held, but not understood")
    elif not any(_same(entry, state, one) for state in latest for one in held):
        found.outdated.append(f"{name}, last stated {latest[0].stated} at {latest[0].since}")


def _same(entry: Entry, state: State, held: Held) -> bool:
    """Whether the payload is that of this state; True where the last state is not promised."""
    seen = Seen(entry, state)
    if entry.source == "pubmed":
        return held.payload == pubmed_pages.pubmed_article(seen).encode()
    if entry.source == "europepmc":
        return held.payload == replies.compact(europepmc_results.result(seen, "core"))
    if entry.source == "arxiv" and entry.article.category.startswith("q-bio"):
        if held.format != "arxiv-raw":  # came by its id: what the other channel says of it
            return True
        text = held.payload.decode()
        told = [link.doi for link in state.links]
        return state.title in text and all(doi in text for doi in told)
    return True


def _gone(world: World, archive: dict[Key, Held], found: Proof) -> None:
    """arXiv says what it removed, of the set that is harvested whole."""
    for entry in world.of("arxiv"):
        if entry.gone is None or not entry.article.category.startswith("q-bio"):
            continue
        for key in _keys(entry):
            if entry.gone < world.end and key in archive and not archive[key].gone:
                found.outdated.append(f"{key} was removed on {entry.gone.date()}: not marked")


# -- one work ---------------------------------------------------------------------------------------


def _works(archive: dict[Key, Held], told: dict[Key, Entry], found: Proof) -> None:
    """No work holds two pieces of research; what states that it is one, is one."""
    root = {e.article.number: e.article.came_of or e.article.number for e in told.values()}
    inside: defaultdict[int, set[int]] = defaultdict(set)  # work -> pieces of research
    alone: defaultdict[int, set[int]] = defaultdict(set)  # article -> works
    whole: defaultdict[int, set[int]] = defaultdict(set)  # piece of research -> works
    linked = set()
    for key, held in archive.items():
        if held.work is None or key not in told:
            continue
        number = told[key].article.number
        inside[held.work].add(root[number])
        alone[number].add(held.work)
        whole[root[number]].add(held.work)
        if _states_link(key, told[key], held):
            linked.add(root[number])
    found.joined += [f"work {w} holds {sorted(p)}" for w, p in inside.items() if len(p) > 1]
    found.parted += [f"article {n} is in {sorted(w)}" for n, w in alone.items() if len(w) > 1]
    found.parted += [
        f"research {n}, whose link is held, is in {sorted(whole[n])}"
        for n in sorted(linked)
        if len(whole[n]) > 1
    ]


def _states_link(key: Key, entry: Entry, held: Held) -> bool:
    """Whether this record states its article: a row of /pubs, or arXiv's journal DOI."""
    if entry.source.endswith("-links"):
        return True
    dois = {link.doi for state in entry.states for link in state.links if link.doi}
    return key[0] == "arxiv" and any(doi.encode() in held.payload for doi in dois)
