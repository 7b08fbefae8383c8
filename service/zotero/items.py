"""A work as an item of Zotero, by the names of Zotero's item templates. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.archive.exports.plain import line, lines
from service.records import Kind
from service.zotero.marks import mark_of

if TYPE_CHECKING:
    from service.archive.exports import Entry
    from service.records import Author

Item = dict[str, Any]  # what the API calls editable JSON

_TYPES = {
    Kind.PREPRINT: "preprint",
    Kind.BOOK: "book",
    Kind.DATASET: "dataset",
    Kind.OTHER: "document",
}
_VENUES = {
    "journalArticle": "publicationTitle",
    "preprint": "repository",
    "book": "publisher",
    "dataset": "repository",
    "document": "publisher",
}
_WITH_DOI = {"journalArticle", "preprint", "dataset"}  # the others have it in `extra`
_LONGEST_TAG = 255  # characters; the server refuses longer ones
_AUTOMATIC = 1  # of tags: not a person's own, so that Zotero can hide them


def item_of(entry: Entry, collection: str) -> Item:
    """The item that shows this work in a collection; what is not known is left out.

    Topics become tags of one's own, keywords automatic ones. PMID and PMCID stand in `extra`, as
    Zotero's own translators write them, and below them whose work it is (see `marks`).
    """
    work, ids = entry.work, entry.work.ids
    kind = _TYPES.get(work.kind, "journalArticle")
    told: Item = {
        "title": entry.title,
        "creators": [_creator(person) for person in entry.people],
        "abstractNote": lines(work.abstract),
        _VENUES[kind]: entry.venue,
        "date": line(work.published or ""),
        "DOI": line(ids.doi or "") if kind in _WITH_DOI else "",
        "ISSN": line(entry.issn or "") if kind == "journalArticle" else "",
        "archiveID": f"arXiv:{line(ids.arxiv)}" if ids.arxiv and kind == "preprint" else "",
        "url": entry.urls[0] if entry.urls else "",
        "extra": _extra(entry, kind),
        "tags": _tags(entry),
    }
    given = {name: value for name, value in told.items() if value}
    return {"itemType": kind, **given, "collections": [collection]}


def _creator(person: Author) -> dict[str, str]:
    if person.collective:
        return {"creatorType": "author", "name": person.collective}
    names = {"lastName": person.family, "firstName": person.given}
    return {"creatorType": "author", **names}


def _extra(entry: Entry, kind: str) -> str:
    ids = entry.work.ids
    told = (
        ("PMID", ids.pmid),
        ("PMCID", ids.pmcid),
        ("DOI", None if kind in _WITH_DOI else ids.doi),
        ("arXiv", None if kind == "preprint" else ids.arxiv),
    )
    ids_told = [f"{name}: {line(value)}" for name, value in told if value]
    return "\n".join([*ids_told, *([entry.note] if entry.note else []), mark_of(entry.work)])


def _tags(entry: Entry) -> list[dict[str, object]]:
    own = [topic for topic in map(line, entry.topics) if topic]
    words = [word for word in map(line, entry.keywords) if word]
    found: dict[str, dict[str, object]] = {tag: {"tag": tag} for tag in own}
    for word in words:
        if len(word) <= _LONGEST_TAG:
            found.setdefault(word, {"tag": word, "type": _AUTOMATIC})
    return list(found.values())
