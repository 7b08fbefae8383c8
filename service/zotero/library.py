"""One library of Zotero, read and written by its Web API, version 3.

Every write says on which version of the library it rests (If-Unmodified-Since-Version), as
Zotero's own programs do. So a write whose answer was lost may be sent again: if it went through,
the library has moved on and refuses (412), and nothing is there twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from service.errors import (
    BadRequestError,
    ConfigError,
    IncompleteError,
    NotDataError,
    NotFoundError,
    ThrottledError,
    TransientError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from service.clock import Clock
    from service.errors import LitwatchError
    from service.protocols import Http, Response

T = TypeVar("T")

MOST_WRITTEN = 50  # objects in one request; the server refuses more with 413
PAGE = 100  # objects in one reply, at most
_LONGEST_BACKOFF = 300  # seconds; who is asked to wait longer comes another time
_STALE = 412
_TOLD = frozenset({403, 404, 409, _STALE, 413, 428})  # what the API says in its own words
_KEYS = "https://www.zotero.org/settings/keys"


@dataclass(frozen=True, slots=True)
class Stored:
    """An item or a collection as the library has it; `data` is its editable JSON."""

    key: str
    version: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that was asked for, and a version of the library at which it was all there: what
    has changed since is found by asking for what is newer."""

    objects: tuple[Stored, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the objects of one write, by their place in it: their keys, or why not (the
    server's code and words). `version` is that of the library now."""

    done: Mapping[int, str]
    failed: Mapping[int, tuple[int, str]]
    version: int


@dataclass
class Library:
    """Access to one library. `path` is "users/<id>" or "groups/<id>"."""

    http: Http
    clock: Clock
    base_url: str
    path: str
    key: str = field(repr=False)
    _ready_at: float = field(default=float("-inf"), init=False)

    def collections(self) -> Listing:
        """All collections, in the trash or not."""
        return self._listed("collections", {})

    def items(
        self,
        collection: str | None = None,
        *,
        since: int | None = None,
        progress: Callable[[int, int], None] = lambda _read, _total: None,
    ) -> Listing:
        """The items that are no part of another: of one collection, or of the whole library with
        those in the trash; only what has changed after the version `since`. `progress` gets how
        many are read, and of how many."""
        params = {"sort": "dateAdded", "direction": "asc"}
        params |= {} if collection else {"includeTrashed": "1"}
        params |= {} if since is None else {"since": str(since)}
        inside = f"collections/{collection}/" if collection else ""
        return self._listed(f"{inside}items/top", params, progress)

    def write(
        self, kind: str, objects: Sequence[Mapping[str, Any]], version: int
    ) -> Written | None:
        """Make or change at most 50 objects of a `kind` ("items", "collections"); what an object
        does not name stays as it is. None when the library is newer than `version`."""
        body = json.dumps(objects, ensure_ascii=False).encode("utf-8", "replace")
        headers = {
            "Content-Type": "application/json",
            "If-Unmodified-Since-Version": str(version),
        }

        def read(reply: Response) -> Written | None:
            return None if reply.status == _STALE else _written(self._thing(kind), reply)

        return self._ask(kind, {}, read, body, headers)

    # -- one request

    def _listed(
        self,
        path: str,
        params: Mapping[str, str],
        progress: Callable[[int, int], None] = lambda _read, _total: None,
    ) -> Listing:
        """All pages. The list of a library that changes meanwhile is mended."""
        thing = self._thing(path)
        found: dict[str, Stored] = {}
        versions: list[int] = []
        start = total = 0
        while start < total or not versions:
            asked = {**params, "format": "json", "limit": str(PAGE), "start": str(start)}
            page, total, version = self._ask(path, asked, lambda reply: _page(thing, reply))
            found |= {each.key: each for each in page}
            versions.append(version)
            start += PAGE
            progress(len(found), total)
        if versions[0] != versions[-1]:
            return self._mended(path, params, found)
        if len(found) < total:
            raise IncompleteError(thing, f"{len(found)} of {total} came", "try again later")
        return Listing(tuple(found.values()), versions[0])

    def _mended(self, path: str, params: Mapping[str, str], found: Mapping[str, Stored]) -> Listing:
        """What was deleted moved the rest up, so that some may never have come: the keys and
        versions of all, which come in one reply, say which."""
        thing = self._thing(path)
        asked = {**params, "format": "versions"}
        there, version = self._ask(path, asked, lambda reply: _versions(thing, reply))
        mended = {key: each for key, each in found.items() if key in there}
        lacking = [key for key in there if key not in found or found[key].version < there[key]]
        kind = path.split("/")[-2 if path.endswith("/top") else -1]
        for begin in range(0, len(lacking), MOST_WRITTEN):
            keys = ",".join(lacking[begin : begin + MOST_WRITTEN])
            asked = {"format": "json", "includeTrashed": "1", "limit": str(PAGE)}
            asked[f"{kind.removesuffix('s')}Key"] = keys
            page, _, _ = self._ask(kind, asked, lambda reply: _page(thing, reply))
            mended |= {each.key: each for each in page}
        return Listing(tuple(mended.values()), version)

    def _ask(
        self,
        path: str,
        params: Mapping[str, str],
        read: Callable[[Response], T],
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        self._wait(path)
        told = _TOLD if content is None else _TOLD - {_STALE}  # a write minds that itself

        def minded(reply: Response) -> T:
            self._mind(reply.headers.get("backoff", ""))
            if reply.status in told:
                raise self._refused(path, reply)
            return read(reply)

        return self.http.fetch(
            f"{self.base_url}/{self.path}/{path}",
            read=minded,
            params=params,
            content=content,
            headers={"Zotero-API-Version": "3", "Zotero-API-Key": self.key, **(headers or {})},
            accept_status=_TOLD,
        )

    def _mind(self, asked: str) -> None:
        """An answer may ask for a pause, also a good one."""
        if asked.isascii() and asked.strip().isdecimal():
            ready_at = self.clock.monotonic() + min(int(asked), 86_400)
            self._ready_at = max(self._ready_at, ready_at)

    def _wait(self, path: str) -> None:
        left = self._ready_at - self.clock.monotonic()
        if left > _LONGEST_BACKOFF:
            raise ThrottledError(
                self._thing(path), f"asks for a pause of {left:.0f} s", "come back later", left
            )
        if left > 0:
            self.clock.sleep(left)

    def _thing(self, path: str) -> str:
        return f"Zotero {self.path}/{path}"

    def _refused(self, path: str, reply: Response) -> LitwatchError:
        """What the server's refusal means, without what it may repeat of the key."""
        said = " ".join(reply.body.decode("utf-8", "replace").split()).replace(self.key, "***")
        cause = f"HTTP {reply.status}: {said[:200]}"
        thing = self._thing(path)
        match reply.status:
            case 403:
                remedy = f"give the key access to this library (to push: write access): {_KEYS}"
                return ConfigError("zotero.api_key", f"{thing}: {cause}", remedy)
            case 404 if path.startswith("collections/"):
                return NotFoundError(thing, cause, "see: litwatch zotero collections")
            case 404:
                return ConfigError("zotero.user, zotero.group", f"{thing}: {cause}", f"see {_KEYS}")
            case 409:
                return TransientError(thing, f"{cause} (it is locked)", "it is asked again")
            case _:
                return BadRequestError(thing, cause, "this is a defect; please report it")


# -- replies --------------------------------------------------------------------------------------


def _page(thing: str, reply: Response) -> tuple[list[Stored], int, int]:
    """The objects of a page, how many there are in all, and the library's version."""
    found = _json(thing, reply)
    if not isinstance(found, list):
        raise NotDataError(thing, "no list came", "check zotero.base_url")
    page = [_stored(thing, each) for each in found]
    total = _count(reply, "total-results")
    version = _count(reply, "last-modified-version")
    if total is None or version is None:
        raise NotDataError(
            thing, "the reply lacks Total-Results or Last-Modified-Version", "check zotero.base_url"
        )
    return page, total, version


def _versions(thing: str, reply: Response) -> tuple[dict[str, int], int]:
    """The versions of all objects by key, and that of the library."""
    found = _json(thing, reply)
    version = _count(reply, "last-modified-version")
    if not isinstance(found, dict) or version is None:
        raise NotDataError(thing, "no list of versions came", "check zotero.base_url")
    return {str(key): each for key, each in found.items() if isinstance(each, int)}, version


def _stored(thing: str, value: object) -> Stored:
    match value:
        case {"key": str(key), "version": int(version), "data": dict(data)}:
            return Stored(key, version, data)
        case _:
            raise NotDataError(thing, "an object without key, version or data came", "report it")


def _written(thing: str, reply: Response) -> Written:
    match _json(thing, reply):
        case {"success": dict(success), "unchanged": dict(same), "failed": dict(failed)}:
            version = _count(reply, "last-modified-version")
            if version is None:
                raise NotDataError(thing, "the answer has no Last-Modified-Version", "report it")
            done = {int(place): str(key) for place, key in {**same, **success}.items()}
            refused = {int(place): _why(each) for place, each in failed.items()}
            return Written(done, refused, version)
        case _:
            raise NotDataError(thing, "no report of the write came", "look into the library")


def _why(told: object) -> tuple[int, str]:
    match told:
        case {"code": int(code), "message": str(message)}:
            return code, " ".join(message.split())[:300]
        case _:
            return 0, "no reason was given"


def _json(thing: str, reply: Response) -> object:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise TransientError(thing, f"no JSON came: {error}", "it is asked again") from None


def _count(reply: Response, header: str) -> int | None:
    value = reply.headers.get(header, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None
