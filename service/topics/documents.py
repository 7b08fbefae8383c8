"""Topics as TOML documents that people edit. Pure: reading a seed's file is passed in.

A seed may name a summary in Markdown (`file`), whose facts its other keys override, or say
everything itself. `dump` always writes the second form, so a document stands alone.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from service.errors import TopicError
from service.records import FollowedAuthor, Identifiers, Seed, Topic, names
from service.topics.fields import Fields
from service.topics.seeds import parse_review
from service.topics.toml import Value, write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LINE_KEYS = ("cutoff", "precision", "per_week")
_HEAD_KEYS = ("slug", "name", "version", *_LINE_KEYS)
_TOPIC_KEYS = (*_HEAD_KEYS, "include", "exclude", "senses", "authors", "seeds")
_AUTHOR_KEYS = ("name", "orcid", "affiliation")
_ID_KEYS = ("doi", "pmid", "pmcid", "arxiv")
_TEXT_KEYS = ("title", "venue", "tldr", "contribution", "abstract", "licence", "source_url")
_LIST_KEYS = ("authors", "findings")
_OTHER_KEYS = ("key", "kind", "file", "published", "entities", "weight", "sign")
_SEED_KEYS = (*_OTHER_KEYS, *_ID_KEYS, *_TEXT_KEYS, *_LIST_KEYS)
_SEED_KINDS = ("review", "paper", "text")
PRECISIONS = (0.05, 0.99)  # what may be asked for
VOLUMES = (0.1, 1000.0)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def no_file(name: str) -> str:
    """The `read_seed` of a document that must hold its seeds itself. Raises `TopicError`."""
    raise TopicError(f"seed file {name!r}", "a stored topic holds its seeds itself")


def parse(text: str, read_seed: Callable[[str], str] = no_file) -> Topic:
    """The topic that a document describes; `read_seed` gives the text of a seed's `file`.

    Raises `TopicError` naming the key at fault; an unknown key is refused, never ignored.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TopicError("topic document", f"not TOML: {error}", "correct that line") from error
    place = f"topic {document.get('slug', '')}".strip()
    table = Fields(document, place, _TOPIC_KEYS)
    slug = table.text("slug")
    if not _SLUG.fullmatch(slug):
        raise table.wrong("slug", f'is "{slug}"', "use lower-case letters, digits and hyphens")
    seeds = tuple(
        _seed(seed, f"{place}, seeds[{number}]", read_seed)
        for number, seed in enumerate(table.tables("seeds"), start=1)
    )
    keys = [seed.key for seed in seeds]
    if len(set(keys)) < len(keys):
        raise table.wrong("seeds", "two seeds have the same key", "give each seed its own key")
    line = _line(table)
    return Topic(
        slug=slug,
        name=table.text("name"),
        seeds=seeds,
        include=table.texts("include"),
        exclude=table.texts("exclude"),
        version=table.integer("version", 1),
        senses=_senses(table, place),
        cutoff=line["cutoff"],
        precision=line["precision"],
        per_week=line["per_week"],
        authors=_authors(table, place),
    )


def _authors(table: Fields, place: str) -> tuple[FollowedAuthor, ...]:
    given = table.tables("authors") if "authors" in table else []
    read = [
        _author(Fields(author, f"{place}, authors[{number}]", _AUTHOR_KEYS))
        for number, author in enumerate(given, start=1)
    ]
    if len({author.key for author in read}) < len(read):
        raise table.wrong("authors", "somebody is named twice", "name everybody once")
    return tuple(read)


def _author(table: Fields) -> FollowedAuthor:
    """Somebody to follow: an ORCID, or a name that can be parted with an affiliation."""
    told, name = table.text("orcid", ""), table.text("name", "").strip()
    orcid = names.orcid(told)
    if told and not orcid:
        cause = f'is "{told}", which is no ORCID: 16 digits, the last of which checks the others'
        raise table.wrong("orcid", cause, "copy it from orcid.org: 0000-0002-1825-0097")
    author = FollowedAuthor(name or orcid, orcid, table.text("affiliation", "").strip())
    if not author.name:
        raise table.wrong("name", "is missing", "give a name or an ORCID")
    if orcid and not author.affiliation:
        return author
    if not orcid and not author.affiliation:
        remedy = "a name is not enough: give an ORCID, or a part of the affiliation"
        raise table.wrong("affiliation", "is missing", remedy)
    family, given = names.parted(author.name)
    if not family or not names.initials(given):
        cause = f'is "{author.name}", without given names'
        raise table.wrong("name", cause, 'write the family name first: "Okafor Chidi", "Okafor C"')
    if "," not in author.name and len(author.name.split()) > 2:
        remedy = f'put a comma behind the family name: "{family}, {given}"'
        raise table.wrong("name", f'is "{author.name}": which part is the family name?', remedy)
    return author


def _line(table: Fields) -> dict[str, float | None]:
    """What draws the line: at most one of the three."""
    given = [key for key in _LINE_KEYS if key in table]
    if len(given) > 1:
        told = f"does not go with {given[0]}: both say where the line is drawn"
        raise table.wrong(given[1], told, f"give one of {', '.join(_LINE_KEYS)}")
    line = {key: table.number(key) for key in _LINE_KEYS}
    ranges = {
        "cutoff": (0.0, 1.0, "give a relevance from 0 to 1: 0.5 is as likely wanted as not"),
        "precision": (*PRECISIONS, "give the share of shown papers that should be wanted: 0.8"),
        "per_week": (*VOLUMES, "give the papers wanted in a week: 5, or 0.5 for one in two"),
    }
    for key, (least, most, remedy) in ranges.items():
        value = line[key]
        if value is not None and not least <= value <= most:
            raise table.wrong(key, f"is {value:g}, not from {least:g} to {most:g}", remedy)
    return line


def _senses(table: Fields, place: str) -> dict[str, str]:
    """Short forms with what they mean here; without a capital or digit it is a plain word."""
    given = table.table("senses")
    senses = Fields(given, f"{place}, senses", tuple(given))
    for short in given:
        if not any(char.isupper() or char.isdigit() for char in short):
            remedy = 'write it as papers do, with capitals: NET = "neutrophil extracellular trap"'
            raise senses.wrong(f'"{short}"', "is no short form", remedy)
    return {short: senses.text(short) for short in given}


def _seed(document: Mapping[str, Any], place: str, read_seed: Callable[[str], str]) -> Seed:
    table = Fields(document, place, _SEED_KEYS)
    key = table.text("key")
    base = Seed(key=key, kind="text", title="")
    if "file" in table:
        base = parse_review(read_seed(table.text("file")), key)
    base = replace(base, kind=table.choice("kind", _SEED_KINDS, base.kind))
    seed = replace(base, **_given(table, base), **_stance(table))
    if not (seed.title or seed.abstract or seed.findings or seed.tldr or seed.contribution):
        raise TopicError(place, "has no text", 'give a title, an abstract, findings or a "file"')
    return seed


def _given(table: Fields, base: Seed) -> dict[str, Any]:
    """What the table says of the seed itself; its file says the rest."""
    given: dict[str, Any] = {key: table.text(key, "") for key in _TEXT_KEYS if key in table}
    given |= {key: table.texts(key) for key in _LIST_KEYS if key in table}
    ids = {key: table.text(key) for key in _ID_KEYS if key in table}
    given["ids"] = replace(base.ids, **ids)
    if "published" in table:
        given["published"] = table.text("published")
    if "entities" in table:
        entities = table.table("entities")
        kinds = Fields(entities, "entities", tuple(entities))
        given["entities"] = {kind: kinds.texts(kind) for kind in entities}
    return given


def _stance(table: Fields) -> dict[str, Any]:
    weight = table.number("weight")
    sign = table.integer("sign", 1)
    if weight is not None and weight <= 0:
        raise table.wrong("weight", f"is {weight:g}", "give a number above 0; sign = -1 is against")
    if sign not in (1, -1):
        raise table.wrong("sign", f"is {sign}", "give 1 (for the topic) or -1 (against it)")
    return {"weight": 1.0 if weight is None else weight, "sign": sign}


def dump(topic: Topic) -> str:
    """A document that `parse` turns into an equal topic, without any file beside it."""
    head: dict[str, Value] = {"slug": topic.slug, "name": topic.name, "version": topic.version}
    head |= {key: value for key in _LINE_KEYS if (value := getattr(topic, key)) is not None}
    head |= {"include": list(topic.include), "exclude": list(topic.exclude)}
    written = [write_pairs(head)]
    if topic.senses:
        written.append("[senses]\n" + write_pairs(topic.senses))
    written += map(_dump_author, topic.authors)
    return "\n".join([*written, *(dump_seed(seed) for seed in topic.seeds)])


def _dump_author(author: FollowedAuthor) -> str:
    pairs: dict[str, Value] = {
        key: value for key in _AUTHOR_KEYS if (value := getattr(author, key))
    }
    return "[[authors]]\n" + write_pairs(pairs)


def dump_seed(seed: Seed) -> str:
    """A seed as it stands in a document: a `[[seeds]]` table, which may be put at its end."""
    pairs: dict[str, Value] = {"key": seed.key, "kind": seed.kind}
    pairs |= {key: value for key in _TEXT_KEYS if (value := getattr(seed, key))}
    pairs |= {key: list(value) for key in _LIST_KEYS if (value := getattr(seed, key))}
    ids = {field.name: getattr(seed.ids, field.name) for field in fields(Identifiers)}
    pairs |= {key: value for key, value in ids.items() if value is not None}
    if seed.published is not None:
        pairs["published"] = seed.published
    pairs |= {"weight": seed.weight, "sign": seed.sign}
    written = "[[seeds]]\n" + write_pairs(pairs)
    if seed.entities:
        entities: dict[str, Value] = {kind: list(names) for kind, names in seed.entities.items()}
        written += "\n[seeds.entities]\n" + write_pairs(entities)
    return written
