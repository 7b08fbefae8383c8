"""Feeds that others name, into the configuration."""

from __future__ import annotations

import copy
import json
import os
import re
import tempfile
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from service.config import values
from service.config.declared import variable_of
from service.config.source_settings import Feed, Sources
from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from service.config.opml import Outline

_VARIABLE = variable_of(("sources", "feeds"))
_LONGEST = 2_000  # characters of an address
_NAME = 60  # characters of a name, before the number of its twin


@dataclass(frozen=True, slots=True)
class Additions:
    """What a list adds to the configuration: new feeds, those that are polled already, and those
    that cannot be, each with the reason."""

    new: tuple[Feed, ...]
    known: tuple[Outline, ...]
    refused: tuple[tuple[Outline, str], ...]


def additions(outlines: Iterable[Outline], sources: Sources, own: str = "") -> Additions:
    """What of a list is new to these sources; `own` is where this installation is served."""
    held = {_place(feed.url) for feed in sources.feeds}
    taken = {*Sources.model_fields, *(feed.name for feed in sources.feeds)}
    new: list[Feed] = []
    known: list[Outline] = []
    refused: list[tuple[Outline, str]] = []
    for outline in outlines:
        if fault := _fault(outline.url, own):
            refused.append((outline, fault))
        elif _place(outline.url) in held:
            known.append(outline)
        else:
            name = next(name for name in _names(outline) if name not in taken)
            new.append(Feed(name=name, url=outline.url, enabled=outline.enabled))
            held.add(_place(outline.url))
            taken.add(name)
    return Additions(tuple(new), tuple(known), tuple(refused))


def _fault(url: str, own: str) -> str:
    """Why an address cannot be polled; "" where it can."""
    if not url:
        return "it has no address"
    if len(url) > _LONGEST or not url.isprintable():
        return "its address is too long, or holds signs that are not seen"
    if own and url.startswith((f"{own}/feed/", f"{own}/feeds/")):
        return "it is a feed of this Litwatch"
    try:
        values.web_url(url)
    except PydanticCustomError as error:
        return error.message()
    return ""


def _place(url: str) -> tuple[str, str, str]:
    """What two spellings of one address have in common."""
    parts = urlsplit(url)
    return parts.netloc.lower(), parts.path or "/", parts.query


def _names(outline: Outline) -> Iterator[str]:
    """Names for a feed, the best first: of its title or else its host, then numbered."""
    name = _slug(outline.title) or _slug(urlsplit(outline.url).netloc) or "feed"
    yield name
    for number in range(2, 1_000_000):
        yield f"{name}-{number}"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_NAME].strip("-")


def rows(feeds: Iterable[Feed]) -> str:
    """The feeds as the configuration file has them."""
    return "\n".join(_row(feed) for feed in feeds)


def _row(feed: Feed) -> str:
    # An address of visible signs is spelled alike in JSON and in TOML.
    told = {"name": feed.name, "url": feed.url, **({} if feed.enabled else {"enabled": False})}
    pairs = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in told.items())
    return f"[[sources.feeds]]\n{''.join(pairs)}"


def append(feeds: Sequence[Feed], file: Path, environ: Mapping[str, str] | None = None) -> None:
    """Add feeds at the end of the configuration file; all that stands there stays as it is.

    The file is replaced whole or not at all, and keeps its owner and who may read it. Raises
    `ConfigError` where the feeds would not be in force, or the file cannot be written.
    """
    if (os.environ if environ is None else environ).get(_VARIABLE):
        raise ConfigError(_VARIABLE, "is set, and goes before the file", "add the feeds there")
    target = file.resolve()
    try:
        old = target.read_bytes()
        new = _appended(old, rows(feeds))
        if not _holds(old, new, feeds):
            told = "names its feeds in a way that nothing can be added to at its end"
            raise ConfigError(str(file), told, "write them as [[sources.feeds]], or add by hand")
        _replace(target, new)
    except OSError as error:
        cause = f"cannot be written: {error.strerror or error}"
        raise ConfigError(str(file), cause, "add the feeds by hand") from None


def _appended(old: bytes, text: str) -> bytes:
    """With the line ends that the file has."""
    end = b"\r\n" if b"\r\n" in old else b"\n"
    gap = b"" if not old else end if old.endswith(b"\n") else end * 2
    return old + gap + text.encode().replace(b"\n", end)


def _holds(old: bytes, new: bytes, feeds: Sequence[Feed]) -> bool:
    """Whether the new text says what the old one did and these feeds: nothing else."""
    try:
        before, after = (tomllib.loads(each.decode("utf-8-sig")) for each in (old, new))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    wanted = copy.deepcopy(before)
    there = wanted.setdefault("sources", {}).setdefault("feeds", [])
    there += [feed.model_dump(exclude_defaults=True) for feed in feeds]
    return bool(wanted == after)


def _replace(path: Path, content: bytes) -> None:
    """Raises `OSError`, and leaves the file as it was."""
    was = path.stat()
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            made = os.fstat(file.fileno())
            if (made.st_uid, made.st_gid) != (was.st_uid, was.st_gid):
                os.fchown(file.fileno(), was.st_uid, was.st_gid)
            os.fchmod(file.fileno(), was.st_mode & 0o7777)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
