"""Seeds from what a person tells: identifiers, addresses, citations, files, collections of Zotero,
saved searches, plain text."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from service.bootstrap.seed_files import SUFFIXES, paper_seed, seeds_topic, text_seed
from service.bootstrap.seed_texts import (
    KINDS,
    MOST_CHARACTERS,
    check_length,
    parted,
    recognised,
    shown,
)
from service.errors import InputError, LitwatchError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.bootstrap.app import App
    from service.bootstrap.named_papers import Found
    from service.bootstrap.seed_texts import Told
    from service.records import Seed

MOST_SEEDS = 300  # at once
MOST_BYTES = 5 << 20  # of a file that comes over the web
_LARGEST = dict.fromkeys((".md", ".markdown"), MOST_CHARACTERS)  # one summary
UPLOADED = SUFFIXES - {".gz"}
_PACKED = b"\x1f\x8b"  # how such a file begins: a small one may hold more than we want to read
OF_A_SEARCH = 20  # its best works become seeds


@dataclass(frozen=True, slots=True)
class FoundSeeds:
    """New `seeds`, each paper or text once, with keys that are their own among them.

    `notes` say line by line what each told text was taken for, and what a reader should know;
    `references` are the keys of the reviews, whose reference lists teach the ranking once they are
    kept (`keep_references`).
    """

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


def seeds_of(app: App, told: Sequence[str], *, files: bool = True) -> FoundSeeds:
    """The seeds that these texts tell, all of them or none.

    A text is taken for the first that fits: identifiers, addresses or citations of papers (one, or
    a list in any usual form); with `files` a file that is there; `zotero:COLLECTION`;
    `search:NAME`, of which the best works are taken; a text of some words. Papers come from the
    archive, or else from the sources; no address is opened. Raises `InputError`, `TopicError`,
    `ConfigError` for Zotero, or the `SourceError` of a source that could not be asked.
    """
    from service.bootstrap import named_papers

    given = [part for text in told for part in parted(text)]
    if not given:
        raise InputError("a seed", "is not given", KINDS)
    read = [recognised(text, files=files) for text in given]
    names = [name for each in read for name in each.names]
    _refuse_many(len(names))
    papers = named_papers.find(app, names)
    notes: list[str] = []
    seeds = [seed for each in read for seed in _seeds(app, each, papers, notes)]
    return _found(seeds, notes)


def seeds_in(app: App, name: str, content: bytes) -> FoundSeeds:
    """The seeds of a file that somebody hands in over the web, by its name and its bytes.

    Raises `InputError` or `TopicError` that names the file.
    """
    stem, _, suffix = re.split(r"[/\\]", name)[-1].rpartition(".")
    safe = re.sub(r"[^\w-]+", "-", stem)[:60].strip("-") or "file"
    plain = f"{safe}.{suffix.lower()}"
    if Path(plain).suffix not in UPLOADED:
        forms = ", ".join(sorted(UPLOADED))
        raise InputError(shown(name), "is of no form that a seed has", f"hand in one of: {forms}")
    if len(content) > (most := _LARGEST.get(Path(plain).suffix, MOST_BYTES)):
        raise InputError(plain, f"is larger than {most:,} bytes", "hand in a part of it")
    if content.startswith(_PACKED):
        raise InputError(plain, "is compressed", "hand it in unpacked")
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="litwatch-") as folder:
        file = Path(folder) / plain
        file.write_bytes(content)
        try:
            seeds = _of_file(app, file, notes)
        except LitwatchError as error:
            thing = error.thing.replace(f"{folder}/", "")
            raise type(error)(thing, error.cause, error.remedy.replace(str(file), plain)) from None
    return _found(seeds, notes)


# -- seeds of each kind ---------------------------------------------------------------------------


def _seeds(app: App, told: Told, papers: dict[str, Found], notes: list[str]) -> Iterator[Seed]:
    match told.kind:
        case "papers":
            yield from _of_papers(told.names, papers, notes)
        case "file":
            yield from _of_file(app, Path(told.text), notes)
        case "zotero":
            yield from _of_collection(app, told.text, notes)
        case "search":
            yield from _of_search(app, told.text, notes)
        case _:
            notes.append(f"{shown(told.text)}: text, {len(told.text.split()):,} words.")
            yield text_seed(told.text)


def _of_papers(names: Iterable[str], papers: dict[str, Found], notes: list[str]) -> Iterator[Seed]:
    from service.normalisation.paper_names import spoken
    from service.records import NOTICES, Flag

    for name in names:
        found = papers[name]
        seed = paper_seed(found.paper)
        said = [f"a {seed.kind}, from {found.holder}"]
        if not seed.abstract:
            said.append("without an abstract: its title alone tells what it is about")
        if Flag.RETRACTED in found.paper.flags:
            said.append("it has been retracted")
        if found.paper.kind in NOTICES:
            said.append("it is a notice about another paper")
        notes.append(f'{spoken(name)}: "{seed.title}", {"; ".join(said)}.')
        yield seed


def _of_file(app: App, file: Path, notes: list[str]) -> list[Seed]:
    made = seeds_topic([file])
    notes.append(f"{file.name}: {_count(made.topic.seeds)}.")
    notes += made.notes
    return _completed(app, made.topic.seeds, notes)


def _of_collection(app: App, name: str, notes: list[str]) -> list[Seed]:
    from service.bootstrap import zotero
    from service.records import Topic
    from service.zotero.seeds import pulled

    library = zotero.library(app)
    there = zotero.collection(library.collections(), name)
    if there is None:
        raise zotero.missing(library, name, "see: litwatch zotero collections")
    found = pulled(library.items(there.key).objects, Topic("", "", ()), weight=1.0, sign=1)
    if not found.seeds:
        raise InputError(f"collection {name!r}", "holds no paper with a title", "choose another")
    left = [f"{len(found.untitled)} without a title"] if found.untitled else []
    left += [f"{found.parts} that are files or notes"] if found.parts else []
    out = f"; left out: {', '.join(left)}" if left else ""
    notes.append(f"zotero:{name}: {_count(found.seeds)}{out}.")
    return _completed(app, found.seeds, notes)


def _of_search(app: App, name: str, notes: list[str]) -> list[Seed]:
    from service.records.findings import Search

    with app.store.reading() as tx:
        saved = tx.searches.get(name)
    found = app.find(Search(saved.query, saved.mode, OF_A_SEARCH))
    if not found.hits:
        raise InputError(f"saved search {name!r}", "finds nothing now", "choose another")
    seeds = [paper_seed(hit.work) for hit in found.hits]
    total = f"{'' if found.exact else 'more than '}{found.total:,}"
    notes.append(f"search:{name}: {_count(seeds)}, the best of {total}.")
    return _completed(app, seeds, notes)


def _count(seeds: Sequence[Seed]) -> str:
    counts = {
        kind: sum(seed.kind == kind for seed in seeds) for kind in ("review", "paper", "text")
    }
    told = [f"{n:,} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items() if n]
    return " and ".join(told)


# -- all together ---------------------------------------------------------------------------------


def _refuse_many(count: int) -> None:
    if count > MOST_SEEDS:
        cause = f"are {count:,}, at most {MOST_SEEDS} are taken at once"
        raise InputError("the seeds", cause, "give those that matter most")


def _found(seeds: Sequence[Seed], notes: list[str]) -> FoundSeeds:
    from service.topics import identity

    _refuse_many(len(seeds))
    known: set[str] = set()
    keys: set[str] = set()
    kept: list[Seed] = []
    for seed in seeds:
        check_length(identity.label(seed), seed.abstract)
        tidy = identity.tidied(seed)
        names = identity.names(tidy)
        if names & known:
            notes.append(f'"{identity.label(tidy)}" is told twice, and counts once.')
        else:
            kept.append(replace(tidy, key=identity.fresh_key(tidy, keys)))
            keys.add(kept[-1].key.casefold())
        known |= names
    reviews = tuple(seed.key for seed in kept if seed.kind == "review" and identity.ids(seed))
    return FoundSeeds(tuple(kept), tuple(map(one_line, notes)), reviews)


def _completed(app: App, seeds: Sequence[Seed], notes: list[str]) -> list[Seed]:
    """The same, papers that came without an abstract with the one that the sources have."""
    from service.bootstrap import named_papers

    _refuse_many(len(seeds))
    lacking = [place for place, seed in enumerate(seeds) if not seed.abstract]
    bare = {place: name for place in lacking if (name := _name(seeds[place]))}
    if not bare:
        return list(seeds)
    found, hindered = named_papers.find_some(app, bare.values())
    done = list(seeds)
    for place, name in bare.items():
        if name in found:
            done[place] = replace(seeds[place], abstract=found[name].paper.abstract)
    count = sum(bool(done[place].abstract) for place in bare)
    why = f" ({'; '.join(hindered)})" if hindered else ""
    notes.append(f"{count} of {len(bare)} missing abstracts were got{why}.")
    return done


def _name(seed: Seed) -> str:
    """The identifier by which a paper is looked up; "" for what has none, and for a summary."""
    ids = seed.ids
    told = (("pmid", ids.pmid), ("doi", ids.doi), ("pmcid", ids.pmcid), ("arxiv", ids.arxiv))
    is_summary = bool(seed.tldr or seed.contribution or seed.findings)
    return next((f"{kind}:{value}" for kind, value in told if value and not is_summary), "")
