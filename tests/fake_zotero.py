"""A Zotero library on 127.0.0.1 that behaves as version 3 of the Web API is documented to.

Beside the rules it follows a script: what the next requests answer in the place of the truth.
"""

from __future__ import annotations

import json
import re
import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "P9NiFoyLeZu2bZNvvuQPDWsd"
SIGNS = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"

# The fields of Zotero's templates that a work can fill, by item type.
_ANY = {"title", "abstractNote", "date", "url", "extra", "shortTitle", "language", "accessDate"}
FIELDS = {
    "journalArticle": _ANY | {"publicationTitle", "volume", "issue", "pages", "DOI", "ISSN"},
    "preprint": _ANY | {"genre", "repository", "archiveID", "place", "DOI"},
    "book": _ANY | {"publisher", "place", "edition", "numPages", "ISBN"},
    "dataset": _ANY | {"identifier", "type", "versionNumber", "repository", "DOI"},
    "document": _ANY | {"publisher"},
    "conferencePaper": _ANY | {"proceedingsTitle", "DOI"},
    "note": {"note", "parentItem"},
    "attachment": {"title", "url", "parentItem", "linkMode", "contentType"},
}
_GENERAL = {"itemType", "key", "version", "creators", "tags", "collections", "relations", "deleted"}


@dataclass
class Request:
    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def objects(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.body)
        return found


@dataclass
class Answer:
    status: int = 200
    body: object = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class After:
    """What happens between the doing and the answer, which never comes."""

    then: Callable[[], None]


class FakeZotero:
    """One library, "users/7". `script` names what happens to the next requests, in their order:

    "ok"; "lost" (done, but the connection breaks before the answer); an `Answer`; a function that
    gets the request and runs before it is answered; or `After` one, which runs when all is done and
    has no answer follow. Once the script is used up all is well.
    """

    path = "users/7"

    def __init__(self) -> None:
        self.version = 0
        self.items: dict[str, dict[str, Any]] = {}
        self.collections: dict[str, dict[str, Any]] = {}
        self.requests: list[Request] = []
        self.script: deque[Any] = deque()
        self.writable = True
        self.backoff = ""
        self._made = 0
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    # -- what a person does in the library

    def collection(self, name: str, **changes: Any) -> str:
        """Make one; returns its key."""
        return self._keep(self.collections, {"name": name, "parentCollection": False} | changes)

    def item(self, collection: str = "", **fields: Any) -> str:
        """Make an item; returns its key."""
        base = {"itemType": "journalArticle", "creators": [], "tags": [], "extra": ""}
        base["collections"] = [collection] if collection else []
        return self._keep(self.items, base | fields)

    def edit(self, key: str, **fields: Any) -> None:
        with self._lock:
            self.version += 1
            self.items[key]["data"] |= fields
            self._touch(self.items[key])

    def inside(self, collection: str) -> list[dict[str, Any]]:
        """The items of a collection that are not in the trash."""
        data = [each["data"] for each in self.items.values()]
        return [d for d in data if collection in d["collections"] and not d.get("deleted")]

    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.method == "POST"]

    def _keep(self, where: dict[str, dict[str, Any]], data: dict[str, Any]) -> str:
        with self._lock:
            self.version += 1
            key = data.pop("key", "") or self._new_key()
            where[key] = {"key": key, "version": self.version, "data": data}
            self._touch(where[key])
            return key

    def _touch(self, stored: dict[str, Any]) -> None:
        stored["version"] = self.version
        stored["data"] |= {"key": stored["key"], "version": self.version}

    def _new_key(self) -> str:
        self._made += 1
        number, signs = self._made, ""
        for _ in range(8):
            number, place = divmod(number, len(SIGNS))
            signs += SIGNS[place]
        return signs

    # -- the API

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        with self._lock:
            found = self._allowed(request) or self._served(request)
        if self.backoff:
            found.headers.setdefault("Backoff", self.backoff)
        return found

    def _allowed(self, request: Request) -> Answer | None:
        if request.headers.get("zotero-api-version") != "3":
            return Answer(400, b"no version was asked for")
        if request.headers.get("zotero-api-key") != KEY:
            return Answer(403, b"Invalid key")
        if not request.path.startswith(f"/{self.path}/"):
            return Answer(404, b"Not found")
        if request.method == "POST" and not self.writable:
            return Answer(403, b"Write access denied")
        return None

    def _served(self, request: Request) -> Answer:
        path = request.path.removeprefix(f"/{self.path}/")
        if request.method == "POST":
            kinds = {"items": self.items, "collections": self.collections}
            return self._write(request, kinds[path], path)
        if path == "collections":
            return self._list(request, list(self.collections.values()))
        found = [each for each in self.items.values() if not each["data"].get("parentItem")]
        if match := re.fullmatch(r"collections/(\w+)/items/top", path):
            if match[1] not in self.collections:
                return Answer(404, b"Collection not found")
            found = [each for each in found if match[1] in each["data"]["collections"]]
        elif path == "items":
            found = list(self.items.values())
        elif path != "items/top":
            return Answer(404, b"Not found")
        if request.params.get("includeTrashed") != "1":
            found = [each for each in found if not each["data"].get("deleted")]
        return self._list(request, found)

    def _list(self, request: Request, found: list[dict[str, Any]]) -> Answer:
        since = int(request.params.get("since", 0))
        found = [each for each in found if each["version"] > since]
        version = {"Last-Modified-Version": str(self.version)}
        if request.params.get("format") == "versions":
            return Answer(200, {each["key"]: each["version"] for each in found}, version)
        for name in ("itemKey", "collectionKey"):
            if name in request.params:
                keys = request.params[name].split(",")
                assert len(keys) <= 50, "the server would refuse more"
                found = [each for each in found if each["key"] in keys]
        limit, start = int(request.params.get("limit", 25)), int(request.params.get("start", 0))
        assert limit <= 100, "the server would cut this to 100"
        headers = {"Total-Results": str(len(found)), **version}
        if start + limit < len(found):
            headers["Link"] = f'<{self.url}{request.path}?start={start + limit}>; rel="next"'
        return Answer(200, found[start : start + limit], headers)

    def _write(self, request: Request, where: dict[str, dict[str, Any]], kind: str) -> Answer:
        if request.headers.get("content-type") != "application/json":
            return Answer(400, b"Content-Type must be application/json")
        if len(request.objects) > 50:
            return Answer(413, b"Cannot add more than 50 items at a time")
        known = request.headers.get("if-unmodified-since-version")
        if known is None and "zotero-write-token" not in request.headers:
            return Answer(428, b"If-Unmodified-Since-Version not provided")
        if known is not None and int(known) < self.version:
            told = f"Library has been modified since specified version (expected {known})"
            return Answer(412, told.encode(), {"Last-Modified-Version": str(self.version)})
        self.version += 1
        report: dict[str, Any] = {"successful": {}, "success": {}, "unchanged": {}, "failed": {}}
        for place, given in enumerate(request.objects):
            fault = self._fault(given, where, kind)
            if fault:
                code, message = fault
                report["failed"][str(place)] = {"code": code, "message": message}
                continue
            key = given.get("key") or self._new_key()
            stored = where.setdefault(key, {"key": key, "data": {"collections": []}})
            stored["data"] |= given
            self._touch(stored)
            report["successful"][str(place)] = stored
            report["success"][str(place)] = key
        return Answer(200, report, {"Last-Modified-Version": str(self.version)})

    def _fault(
        self, given: dict[str, Any], where: dict[str, dict[str, Any]], kind: str
    ) -> tuple[int, str] | None:
        key, version = given.get("key"), given.get("version")
        if key is not None and not (len(key) == 8 and set(key) <= set(SIGNS)):
            return 400, f"'{key}' is not a valid key"
        stored = where.get(key or "")
        if stored and version is not None and version < stored["version"]:
            told = f"expected {version}, found {stored['version']}"
            return 412, f"Item has been modified since specified version ({told})"
        if not stored and version:
            return 404, "Item doesn't exist"
        if kind == "collections":
            return None if given.get("name") else (400, "Collection name cannot be empty")
        return None if stored else _invalid(given)


def _invalid(item: dict[str, Any]) -> tuple[int, str] | None:
    """What the server finds wrong with a new item."""
    fields = FIELDS.get(item.get("itemType", ""))
    if fields is None:
        return 400, f"'{item.get('itemType')}' is not a valid itemType"
    for name, value in item.items():
        if name not in fields | _GENERAL:
            return 400, f"'{name}' is not a valid field for type '{item['itemType']}'"
        if name in fields and not isinstance(value, str):
            return 400, f"'{name}' must be a text"
    for creator in item.get("creators", []):
        names = creator.keys() - {"creatorType"}
        if names not in ({"name"}, {"firstName", "lastName"}) or not any(map(creator.get, names)):
            return 400, "creator object must contain 'firstName'/'lastName' or 'name'"
    for tag in item.get("tags", []):
        if not tag.get("tag") or len(tag["tag"]) > 255:
            return 413, f"Tag '{tag.get('tag', '')[:20]}...' is too long for field 'tag'"
    return None


def _handler(zotero: FakeZotero) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def _any(self) -> None:
            address = urlsplit(self.path)
            request = Request(
                self.command,
                address.path,
                {name: values[-1] for name, values in parse_qs(address.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            )
            step: Any = zotero.script.popleft() if zotero.script else "ok"
            before: Callable[[Request], None] | None = step if callable(step) else None
            if before:
                before(request)
            found = zotero.answer(request) if not isinstance(step, Answer) else step
            if isinstance(step, Answer):
                zotero.requests.append(request)
            if isinstance(step, After):
                step.then()
            if step == "lost" or isinstance(step, After):
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.close_connection = True
                return
            body = found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()
            self.send_response(found.status)
            for name, value in {**found.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._any()

        def do_POST(self) -> None:
            self._any()

    return Handler
