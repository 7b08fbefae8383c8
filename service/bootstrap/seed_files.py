"""Seeds that a person hands in as files, made a topic without a document of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.bootstrap.followed import topic_file
from service.errors import InputError, LitwatchError, ParseError, TopicError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from service.ranking.listed import ListedPaper
    from service.records import Paper, Seed, Topic, Work

SLUG = "seeds"
_REVIEWS = {".md", ".markdown"}
_LISTS = {".jsonl", ".ndjson", ".json"}
_CITATIONS = {".bib", ".ris", ".nbib", ".xml", ".gz"}
SUFFIXES = frozenset({*_REVIEWS, *_LISTS, *_CITATIONS, ".txt"})  # of a file that holds seeds
_FORMS = (
    "a seed is a review summary (.md), papers as JSON Lines (.jsonl), citations (.bib, .ris, "
    ".nbib) or plain text (.txt)"
)
_TOLD = 3  # entries that are named; the rest are counted


@dataclass(frozen=True, slots=True)
class SeedTopic:
    """A topic made of seed files; `notes` say what of them was left out, a line each."""

    topic: Topic
    notes: tuple[str, ...] = ()


def document_topic(file: Path) -> Topic:
    """The topic of a TOML document. Raises `TopicError`, and `InputError` for a seed file."""
    if file.suffix.lower() in SUFFIXES:
        raise InputError(str(file), "is no topic document (.toml)", f"a seed: --seeds {file}")
    return topic_file(file)


def seeds_topic(files: Sequence[Path]) -> SeedTopic:
    """The topic of one or more seed files: a review summary (.md), JSON Lines of papers, each a
    seed, citations (BibTeX, RIS, nbib, PubMed XML), or plain text.

    Its name is the first title, else the first file's name. Lines that are labelled as not
    included and entries that cannot be understood are left out. Raises `InputError` or
    `TopicError`, naming the file.
    """
    from service.records import Topic

    notes: list[str] = []
    read = [seed for file in dict.fromkeys(files) for seed in _seeds(file, notes)]
    seeds = _keyed(read)
    name = next((seed.title for seed in seeds if seed.title), files[0].stem)
    return SeedTopic(Topic(SLUG, name, seeds), tuple(notes))


def seed_test(topic: Topic, papers: int) -> Callable[[ListedPaper], bool]:
    """Whether a paper, one of so many listed, is itself a seed: by its id or its folded title.

    A number that may be a mere line number is no id: two files may both count from 1.
    """
    from service.normalisation.identifiers import doi
    from service.normalisation.text import fold

    titles = {fold(seed.title).strip(" .") for seed in topic.seeds} - {""}
    serial = max(papers, len(topic.seeds))
    names = {seed.key for seed in topic.seeds}
    names = {key for key in names if not (key.isdecimal() and int(key) <= serial)}
    for seed in topic.seeds:
        names |= {seed.ids.doi or "", seed.ids.pmid or "", seed.ids.pmcid or ""}
        names |= {doi(seed.key) or "", seed.ids.arxiv or ""}
    names -= {""}

    def is_seed(paper: ListedPaper) -> bool:
        known = paper.id in names or doi(paper.id) in names
        return known or fold(paper.title).strip(" .") in titles

    return is_seed


# -- one file -------------------------------------------------------------------------------------


def _seeds(file: Path, notes: list[str]) -> list[Seed]:
    """The seeds of one file, at least one."""
    from service.topics.identity import tidied

    kind = file.suffix.lower()
    if kind == ".toml":
        raise InputError(str(file), "is a topic document, not a seed", f"give it: --topic {file}")
    if kind in _REVIEWS:
        found = [_review(file)]
    elif kind in _LISTS:
        found = _listed(file, notes)
    elif kind == ".txt" and not _is_export(file):
        found = [text_seed(_text(file), file.stem)]
    elif kind in _CITATIONS | {".txt"}:
        found = list(_cited(file, notes))
    else:
        _text(file)  # a file that is not there is told first
        raise InputError(str(file), "is of no form that a seed has", _FORMS)
    found = [seed for each in found if (seed := tidied(each)).title or seed.abstract]
    if not found:
        raise InputError(str(file), "holds no seed with a title or an abstract", _FORMS)
    return found


def _review(file: Path) -> Seed:
    from service.topics.seeds import parse_review

    try:
        return parse_review(_text(file), file.stem)
    except TopicError as error:
        raise TopicError(str(file), error.cause, error.remedy) from None


def _listed(file: Path, notes: list[str]) -> list[Seed]:
    from service.bootstrap.evaluation import read_listed
    from service.normalisation.identifiers import doi
    from service.records import Identifiers, Seed

    papers = read_listed(file)
    taken = [each for each in papers if each.relevant is not False]
    if len(taken) < len(papers):
        left = len(papers) - len(taken)
        notes.append(f"{file.name}: lines labelled as not included, so no seeds: {left}.")
    if not taken:
        raise InputError(str(file), "labels all its papers as not included", "give other seeds")
    return [
        Seed(
            key=each.id,
            kind="paper",
            title=each.title,
            abstract=each.abstract,
            ids=Identifiers(doi=doi(each.id)),
            published=each.published,
        )
        for each in taken
    ]


def _cited(file: Path, notes: list[str]) -> Iterator[Seed]:
    from service.normalisation import normalise
    from service.sources.importing import batches

    broken: list[str] = []
    for batch in batches(file):
        for record in batch.records:
            try:
                yield paper_seed(normalise(record))
            except ParseError as error:
                broken.append(str(error))
    notes += [f"{file.name}: left out: {told}" for told in broken[:_TOLD]]
    if len(broken) > _TOLD:
        notes.append(f"{file.name}: left out: {len(broken) - _TOLD} more entries")


def paper_seed(found: Paper | Work) -> Seed:
    """A paper or a work of the archive as a seed; a review where its record says so."""
    from service.records import Kind, Seed, Work

    authors = (each if isinstance(each, str) else each.name for each in found.authors)
    return Seed(
        key=f"work-{found.id}" if isinstance(found, Work) else found.source_id,
        kind="review" if found.kind is Kind.REVIEW else "paper",
        title=found.title,
        authors=tuple(authors),
        ids=found.ids,
        venue=found.venue,
        published=found.published,
        abstract=found.abstract,
        source_url=found.url,
    )


def text_seed(text: str, key: str = "text") -> Seed:
    """Plain text as a seed."""
    from service.records import Seed

    return Seed(key=key, kind="text", title="", abstract=text.strip())


def _is_export(file: Path) -> bool:
    """Whether a .txt file is an export of PubMed or in RIS, as databases name them, too."""
    from service.sources.importing import kind_of

    try:
        return kind_of(file) in {"pubmed", "ris"}
    except LitwatchError:
        return False


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(str(file), "is not UTF-8 text", "save the file as UTF-8") from None
    except OSError as error:
        raise InputError(str(file), error.strerror or str(error), "check the path") from None


def _keyed(seeds: Iterable[Seed]) -> tuple[Seed, ...]:
    """The same with keys of their own; a seed that comes again, word for word, counts once."""
    found: dict[str, Seed] = {}
    texts: set[tuple[str, str]] = set()
    for seed in seeds:
        if seed.kind != "review" and (seed.title, seed.abstract) in texts:
            continue
        texts.add((seed.title, seed.abstract))
        key, number = seed.key, 2
        while key in found:
            key, number = f"{seed.key}-{number}", number + 1
        found[key] = replace(seed, key=key)
    return tuple(found.values())
