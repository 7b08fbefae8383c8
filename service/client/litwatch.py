"""The archive of a Litwatch server, for programs."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from service.client.connection import Connection
from service.client.errors import NOT_DATA, ClientError
from service.client.found import Found
from service.errors import InputError
from service.records.queries import Mode, Sort
from service.web.api import models
from service.web.etags import etag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from types import TracebackType
    from typing import Self

    from service.client.connection import Params
    from service.records import DeliveryState, Judgement

Answer = TypeVar("Answer", bound=models.Answer)
Page = TypeVar("Page", bound=models.Page)
Item = TypeVar("Item")
Format = Literal["bibtex", "ris", "csl", "csv", "jsonl", "nbib"]

HERE = "http://127.0.0.1:8080"


class Litwatch:
    """A client of the API at an address; use it in a `with`, or close it. For any thread.

    `token` is needed for every server but the one on this machine. Each call is one request, but
    that lists ask for page after page while they are walked through, and that a read waits, up to
    `patience` seconds, when the server says that it comes too soon. `timeout` is for each step of
    a request, in seconds. Everything raises `ClientError`.
    """

    def __init__(
        self,
        address: str = HERE,
        token: str = "",
        *,
        timeout: float = 30.0,
        patience: float = 90.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._at = Connection(address, token, timeout, patience, sleep)
        self._address = address

    def __repr__(self) -> str:
        return f"Litwatch({self._address!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open to the server."""
        self._at.close()

    # -- works

    def search(
        self,
        query: str,
        *,
        mode: Mode | str = Mode.HYBRID,
        sort: Sort | str | None = None,
        facets: bool = False,
        limit: int | None = None,
    ) -> Found:
        """Works for a query (docs/search.md), the best first: all, or the best `limit`."""
        asked: Params = {"q": query, "mode": mode, "sort": sort, "facets": facets}
        return self._found("/search", asked, limit)

    def work(self, name: str | int) -> models.WorkDetail:
        """A work by number, PMID, PMCID, DOI or arXiv id, with all that is known of it."""
        return self._get(models.WorkDetail, f"/works/{_part(name)}")

    def similar(self, name: str | int, *, limit: int | None = 20) -> Found:
        """Works like this one, the nearest first."""
        return self._found(f"/works/{_part(name)}/similar", {}, limit)

    def _found(self, path: str, asked: Params, limit: int | None) -> Found:
        if limit is not None and limit < 1:
            raise InputError(f"limit {limit}", "is no number of works", "give 1 or more")
        paged: Params = {**asked, "limit": min(limit or models.MOST, models.MOST)}

        def more(cursor: str) -> Iterator[models.Hit]:
            rest: Params = {**paged, "facets": None}  # the first page has them
            return self._each(models.Findings, lambda page: page.hits, path, rest, cursor)

        return Found(self._get(models.Findings, path, paged), more, limit)

    def saved_searches(self) -> tuple[models.SavedSearch, ...]:
        """Queries that were given names."""
        return self._get(models.SavedSearchList, "/searches").items

    def saved_search(self, name: str) -> models.SavedSearch:
        """One of them."""
        return self._get(models.SavedSearch, f"/searches/{_part(name)}")

    def save_search(
        self, name: str, query: str, *, mode: Mode | str = Mode.HYBRID
    ) -> models.SavedSearch:
        """Keep a query under a name, in the place of what had it. Scope: admin."""
        content = {"query": query, "mode": mode}
        return self._change(models.SavedSearch, "PUT", f"/searches/{_part(name)}", content)

    def forget_search(self, name: str) -> None:
        """Forget a saved search. Scope: admin."""
        self._at.change("DELETE", f"/searches/{_part(name)}")

    # -- topics and votes

    def topics(self) -> tuple[models.Topic, ...]:
        """What is followed."""
        return self._get(models.TopicList, "/topics").items

    def topic(self, slug: str) -> models.TopicDetail:
        """A topic with all its versions."""
        return self._get(models.TopicDetail, f"/topics/{_part(slug)}")

    def topic_document(self, slug: str) -> str:
        """A topic as a document (TOML), to be changed."""
        return self._at.read(f"/topics/{_part(slug)}/document").decode()

    def change_topic(
        self, slug: str, document: str, *, instead_of: str | None, reason: str = ""
    ) -> models.TopicVersion:
        """Put a topic's document in the place of the one that was got, or (None) make a new topic
        of it. Refused (412) where somebody has changed the topic meanwhile. Scope: admin."""
        condition = {"If-None-Match": "*"}
        if instead_of is not None:
            condition = {"If-Match": etag(instead_of.encode())}
        path = f"/topics/{_part(slug)}/document?reason={quote(reason, safe='')}"
        return self._change(models.TopicVersion, "PUT", path, document, condition)

    def undo_topic(self, slug: str) -> models.TopicVersion:
        """Take back the last change of a topic; once more, the one before it. Scope: admin."""
        return self._change(models.TopicVersion, "POST", f"/topics/{_part(slug)}/undo")

    def votes(
        self, *, topic: str | None = None, work: str | int | None = None
    ) -> Iterator[models.Vote]:
        """Votes in force, the last cast first."""
        asked: Params = {"topic": topic, "work": work}
        return self._each(models.VoteList, lambda page: page.items, "/votes", asked)

    def vote(
        self,
        topic: str,
        work: str | int,
        judgement: Judgement | str,
        *,
        note: str = "",
        voter: str | None = None,
        key: str | None = None,
    ) -> models.VoteResult:
        """Say that a work is "relevant", "not relevant" or "saved" for a topic, or "withdrawn".

        The vote is the token's, unless one of scope admin names another `voter`. A `key` counts
        once, however often it is sent. Scope: vote.
        """
        content = {"topic": topic, "work": str(work), "judgement": judgement, "note": note}
        content |= {} if voter is None else {"voter": voter}
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._change(models.VoteResult, "POST", "/votes", content, headers)

    def people(self) -> tuple[models.Person, ...]:
        """Everybody who has voted, with all their names. Scope: admin."""
        return self._get(models.PersonList, "/people").items

    def link(self, name: str, person: str) -> models.PersonName:
        """Count what is said under a name as said by a person. Scope: admin."""
        path = f"/people/{_part(name)}"
        return self._change(models.PersonName, "PUT", path, {"person": person})

    def unlink(self, name: str) -> None:
        """Let a name stand for itself again. Scope: admin."""
        self._at.change("DELETE", f"/people/{_part(name)}")

    # -- digests

    def digests(self, subscription: str | None = None) -> Iterator[models.DigestSummary]:
        """Past digests, the newest first."""
        asked: Params = {"subscription": subscription}
        return self._each(models.DigestPage, lambda page: page.items, "/digests", asked)

    def digest(self, digest_id: str) -> models.Digest:
        """A digest with everything that it showed; the beginning of its id is enough."""
        return self._get(models.Digest, f"/digests/{_part(digest_id)}")

    def deliveries(
        self, *, states: Iterable[DeliveryState | str] = (), digest: str | None = None
    ) -> Iterator[models.Delivery]:
        """Deliveries, the newest first: those in these states, or all."""
        asked: Params = {"state": [*states], "digest": digest}
        return self._each(models.DeliveryPage, lambda page: page.items, "/deliveries", asked)

    def delivery(self, delivery_id: str) -> models.DeliveryDetail:
        """A delivery with all that happened to it; the beginning of its id is enough."""
        return self._get(models.DeliveryDetail, f"/deliveries/{_part(delivery_id)}")

    def subscriptions(self) -> tuple[models.Subscription, ...]:
        """Every subscription there ever was."""
        return self._get(models.SubscriptionList, "/subscriptions").items

    def subscription(self, name: str) -> models.Subscription:
        """One subscription."""
        return self._get(models.Subscription, f"/subscriptions/{_part(name)}")

    def stop(self, subscription: str) -> models.Subscription:
        """Send nothing more to a subscription, until it is resumed. Scope: admin."""
        path = f"/subscriptions/{_part(subscription)}/stop"
        return self._change(models.Subscription, "POST", path)

    def resume(self, subscription: str) -> models.Subscription:
        """Send to a subscription again. Scope: admin."""
        path = f"/subscriptions/{_part(subscription)}/resume"
        return self._change(models.Subscription, "POST", path)

    # -- how the service stands

    def sources(self) -> tuple[models.Source, ...]:
        """How polling each source stands."""
        return self._get(models.SourceList, "/sources").items

    def receipts(self, source: str | None = None) -> Iterator[models.Receipt]:
        """What polls did and saw, the newest first."""
        asked: Params = {"source": source}
        return self._each(models.ReceiptPage, lambda page: page.items, "/receipts", asked)

    def audit(self, since: date | None = None) -> models.Audit:
        """Which days of each source were seen whole, since a day (the last thirty days)."""
        return self._get(models.Audit, "/audit", {"since": since.isoformat() if since else None})

    def health(self) -> models.Health:
        """Whether the archive can be used, and whether a person should look."""
        return self._get(models.Health, "/health")

    # -- files

    def export(
        self,
        file: str | Path,
        *,
        query: str | None = None,
        topic: str | None = None,
        digest: str | None = None,
        saved: bool = False,
        works: Sequence[str] = (),
        format: Format | None = None,
    ) -> Path:
        """Write works to a file: those of a query, topic, digest, saved ones, or those named.

        The format is as the file's ending says, unless it is given. The file is there when it is
        whole; an earlier one stays until then. Raises `InputError` for an unknown ending, and
        `OSError` where nothing can be written.
        """
        from service.archive.exports import format_of  # noqa: PLC0415 (only exports need it)

        asked: Params = {
            "format": format or format_of(str(file)),
            "q": query,
            "topic": topic,
            "digest": digest,
            "saved": saved or None,
            "work": [*works],
        }
        return _written(Path(file), self._at.stream("/exports", asked))

    # -- what all share

    def _get(self, kind: type[Answer], path: str, params: Params | None = None) -> Answer:
        return self._parsed(kind, path, self._at.read(path, params))

    def _change(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        content: object = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        return self._parsed(kind, path, self._at.change(method, path, content, headers))

    def _each(
        self,
        kind: type[Page],
        items: Callable[[Page], Sequence[Item]],
        path: str,
        params: Params,
        cursor: str | None = None,
    ) -> Iterator[Item]:
        """The items of a list from a cursor on, page after page."""
        asked: Params = {"limit": models.MOST, **params}
        while True:
            page = self._get(kind, path, {**asked, "cursor": cursor})
            yield from items(page)
            if page.cursor is None or page.cursor == cursor:
                return
            cursor = page.cursor

    def _parsed(self, kind: type[Answer], path: str, body: bytes) -> Answer:
        try:
            return kind.model_validate_json(body)
        except ValidationError as error:
            told = f"the answer is none that this client understands ({error.error_count()} faults)"
            remedy = "is the server's version the client's?"
            raise ClientError(path, told, remedy, status=200, code=NOT_DATA) from None


def _part(name: str | int) -> str:
    """A name as one part of an address; what is no text names nothing."""
    return quote(str(name), safe="", errors="replace")


def _written(file: Path, pieces: Iterator[bytes]) -> Path:
    """Write beside the file, and put it in its place when all is there."""
    first = next(pieces, b"")  # what the server refuses leaves no trace
    beside = file.with_name(f".{file.name}.part")
    try:
        with beside.open("wb") as out:
            out.write(first)
            out.writelines(pieces)
        beside.replace(file)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    return file
