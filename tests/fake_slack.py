"""A Slack on 127.0.0.1 that fails as scripted, and remembers what a person would see."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qs

from tests.factories import NOW

_NAMES = {
    "post": "chat.postMessage",
    "history": "conversations.history",
    "replies": "conversations.replies",
    "address": "files.getUploadURLExternal",
    "bytes": "upload",
    "share": "files.completeUploadExternal",
}


class FakeSlack:
    """Answers as `script[method]` says, one entry per call, then "ok".

    An entry is "ok", the name of one of Slack's errors, "429" or "429:<Retry-After>",
    "unread" (closed before the request is read), or "<kept|lost>:<how>", where kept means that
    the message was posted all the same, and how is one of rst, drop, silence, 500, html, half,
    short (fewer bytes than announced), elsewhere (a redirect), or an error's name.

    A file takes three calls: "address", "bytes" and "share"; only the last makes a post of it.
    """

    def __init__(self) -> None:
        self.script: dict[str, deque[str]] = defaultdict(deque)
        self.posts: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.tokens: list[str] = []
        self.page = 100
        self.files: dict[str, dict[str, Any]] = {}
        self._over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    def will(self, method: str, *modes: str) -> None:
        """Script the next calls of a method, by its name here or in Slack."""
        self.script[_NAMES.get(method, method)].extend(modes)

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.calls)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        ts = f"{NOW.timestamp() + len(self.posts) + 1:.6f}"
        self.posts.append({**message, "ts": ts})
        return {"ok": True, "channel": message["channel"], "ts": ts}

    def answer(self, method: str, call: dict[str, Any]) -> dict[str, Any]:
        """What a method does and says when all is well."""
        match method:
            case "chat.postMessage":
                return self.post(call)
            case "files.getUploadURLExternal":
                return self._address(call)
            case "upload":
                self.files[call["file"]]["data"] = call["data"]
                return {"ok": True}
            case "files.completeUploadExternal":
                return self._share(call)
        return self.messages(method, call)

    def _address(self, call: dict[str, Any]) -> dict[str, Any]:
        identity = f"F{len(self.files) + 1}"
        self.files[identity] = {"name": call["filename"], "length": int(call["length"])}
        address = f"{self.url.removesuffix('/api/')}/upload/{identity}"
        return {"ok": True, "upload_url": address, "file_id": identity}

    def _share(self, call: dict[str, Any]) -> dict[str, Any]:
        [shared] = json.loads(call["files"])
        file = self.files[shared["id"]]
        assert len(file["data"]) == file["length"], "the bytes came before the file was shared"
        seen = {"id": shared["id"], "name": file["name"], "title": shared["title"]}
        message = {"channel": call["channel_id"], "text": call["initial_comment"], "files": [seen]}
        thread = {"thread_ts": call["thread_ts"]} if "thread_ts" in call else {}
        self.post(message | thread)
        return {"ok": True, "files": [{"id": shared["id"], "title": shared["title"]}]}

    def messages(self, method: str, call: dict[str, Any]) -> dict[str, Any]:
        thread = call.get("ts") if method == "conversations.replies" else None
        seen = [
            post if call.get("include_all_metadata") in {"1", True} else {**post, "metadata": None}
            for post in self.posts
            if post["channel"] == call["channel"]
            and post.get("thread_ts") == thread
            and float(post["ts"]) >= float(call.get("oldest", 0))
        ]
        start = int(call.get("cursor") or 0)
        stop = start + self.page
        cursor = str(stop) if stop < len(seen) else ""
        return {
            "ok": True,
            "messages": seen[start:stop],
            "has_more": bool(cursor),
            "response_metadata": {"next_cursor": cursor},
        }

    def wait(self) -> None:
        self._over.wait(30)


def _handler(slack: FakeSlack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            folder, _, method = self.path.rpartition("/")
            method = "upload" if folder == "/upload" else method
            script = slack.script[method]
            mode = script.popleft() if script else "ok"
            if mode == "unread":
                slack.calls.append((method, {}))
                return self._reset()
            call = self._body()
            slack.calls.append((method, call))
            slack.tokens.append(self.headers["Authorization"])
            return self._act(method, call, mode)

        def _act(self, method: str, call: dict[str, Any], mode: str) -> None:
            kept, _, how = mode.rpartition(":")
            if mode.startswith("429"):
                return self._say(429, {"ok": False, "error": "ratelimited"}, mode.partition(":")[2])
            answer: dict[str, Any] = {"ok": False, "error": how}
            if mode == "ok" or kept == "kept":
                answer = slack.answer(method, call)
            return self._spoil(how, answer) if kept else self._say(200, answer)

        def _spoil(self, how: str, answer: dict[str, Any]) -> None:
            if how == "rst":
                return self._reset()
            if how == "drop":
                self.close_connection = True
                return None
            if how == "silence":
                return slack.wait()
            if how == "elsewhere":
                return self._raw(302, b"", 0, location="https://files.example.org/")
            if how == "500":
                return self._raw(500, b"oops", 4)
            if how == "html":
                return self._raw(200, b"<html>Just a moment</html>", 26)
            if how in {"half", "short"}:
                whole = json.dumps(answer).encode()
                half = whole[: len(whole) // 2]
                return self._raw(200, half, len(whole if how == "short" else half))
            return self._say(200, {"ok": False, "error": how})

        def _body(self) -> dict[str, Any]:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/upload/"):
                return {"file": self.path.rpartition("/")[2], "data": raw}
            if "json" in self.headers["Content-Type"]:
                return dict(json.loads(raw))
            return {key: values[0] for key, values in parse_qs(raw.decode()).items()}

        def _say(self, status: int, answer: dict[str, Any], retry_after: str = "") -> None:
            body = json.dumps(answer).encode()
            self._raw(status, body, len(body), retry_after)

        def _raw(
            self, status: int, body: bytes, length: int, retry_after: str = "", location: str = ""
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(length))
            if retry_after:
                self.send_header("Retry-After", retry_after)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def _reset(self) -> None:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            os.close(self.connection.detach())

        def log_message(self, *args: object) -> None:
            pass

    return Handler
