"""The Zotero library that is configured, its collections by name, and seeds put into documents."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from service.errors import ConfigError, InputError, TopicError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap.app import App
    from service.config import Settings
    from service.records import Seed, Topic
    from service.zotero.library import Library, Listing, Stored

_TRIES = 5  # to make a collection while others change the library


def library(app: App) -> Library:
    """The configured one. Raises `ConfigError`."""
    from service.zotero.library import Library

    zotero = app.settings.zotero
    if not zotero.api_key:
        remedy = "make one: https://www.zotero.org/settings/keys, then see docs/zotero.md"
        raise ConfigError("zotero.api_key", "is needed", remedy)
    if not (zotero.group or zotero.user):
        raise ConfigError("zotero.user", "is needed, or zotero.group", "see docs/zotero.md")
    path = f"groups/{zotero.group}" if zotero.group else f"users/{zotero.user}"
    return Library(app.http, app.clock, zotero.base_url, path, zotero.api_key.get_secret_value())


def collection(found: Listing, name: str) -> Stored | None:
    """The collection with this key or name; None if there is none. Raises `InputError` for a name
    that several have."""
    alive = [each for each in found.objects if not each.data.get("deleted")]
    for fits in (
        lambda each: each.key == name,
        lambda each: each.data.get("name") == name,
        lambda each: str(each.data.get("name")).casefold() == name.casefold(),
    ):
        fitting = [each for each in alive if fits(each)]
        if len(fitting) > 1:
            keys = ", ".join(each.key for each in fitting)
            raise InputError(
                f"collection {name!r}", "is the name of several", f"give a key: {keys}"
            )
        if fitting:
            return fitting[0]
    return None


def missing(library: Library, name: str, remedy: str) -> InputError:
    """The error for a collection that is not there."""
    return InputError(f"collection {name!r}", f"is not in Zotero {library.path}", remedy)


def made(library: Library, name: str) -> str:
    """The key of the collection of this name, which is made if it is not there."""
    for _ in range(_TRIES):
        found = library.collections()
        there = collection(found, name)
        if there is not None:
            return there.key
        wanted = {"name": name, "parentCollection": False}
        report = library.write("collections", [wanted], found.version)
        if report is None:
            continue
        if 0 in report.done:
            return report.done[0]
        raise InputError(f"collection {name!r}", f"was not made: {report.failed[0][1]}")
    raise InputError(
        f"collection {name!r}", "was not made: the library is changing", "try again later"
    )


# -- seeds into a topic ---------------------------------------------------------------------------


def document(settings: Settings, slug: str) -> Path | None:
    """The file in the folder of topics that this topic comes from; None where there is none.
    Raises `TopicError` for a folder that cannot be read."""
    from service.bootstrap.followed import topic_file

    folder = Path(settings.topics.folder) if settings.topics.folder else None
    files = sorted(folder.glob("*.toml")) if folder and folder.is_dir() else []
    return next((file for file in files if topic_file(file).slug == slug), None)


def read(file: Path) -> Topic:
    """The topic of a document. Raises `TopicError`."""
    from service.bootstrap.followed import topic_file

    return topic_file(file)


def with_seeds(topic: Topic, seeds: Sequence[Seed]) -> str:
    """The document of the topic with these seeds, too."""
    from service.topics.documents import dump

    return dump(replace(topic, seeds=(*topic.seeds, *seeds)))


def append(file: Path, seeds: Sequence[Seed]) -> None:
    """Put seeds at the end of a topic's document, whose other lines stay as they are; whole or not
    at all. Raises `TopicError` where the document would no longer be one."""
    from service.bootstrap.followed import topic_file
    from service.topics.documents import dump_seed

    before = topic_file(file)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    tables = "".join(f"\n{dump_seed(seed)}" for seed in seeds)
    try:
        with part.open("xb") as out:
            out.write(file.read_bytes().rstrip(b"\r\n") + b"\n" + tables.encode())
            out.flush()
            os.fsync(out.fileno())
        _check(part, file, replace(before, seeds=(*before.seeds, *seeds)))
        part.chmod(file.stat().st_mode & 0o777)
        part.replace(file.resolve())
    except OSError as error:
        cause = f"cannot be written: {error.strerror or error}"
        raise InputError(str(file), cause, "check the folder") from None
    finally:
        part.unlink(missing_ok=True)


def _check(part: Path, file: Path, wanted: Topic) -> None:
    """The new text must say what the old one said, and the seeds."""
    from service.bootstrap.followed import topic_file

    try:
        same = topic_file(part) == wanted
    except TopicError:
        same = False
    if not same:
        remedy = "write its seeds as [[seeds]] tables, or take the new ones from --print"
        raise TopicError(str(file), "no seeds can be put at its end", remedy)
