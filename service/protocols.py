"""What each box at a boundary must offer. Implementations are chosen in `bootstrap` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy import float32
    from numpy.typing import NDArray

    from service.errors import LitwatchError
    from service.records import (
        Batch,
        Candidate,
        Delivery,
        DeliveryState,
        DigestContent,
        EncoderInfo,
        Evidence,
        Outcome,
        RankedWork,
        RenderedPart,
        Sweep,
        SweepKind,
        SweepMark,
        Tally,
        Topic,
        TopicRanking,
        Validators,
        WindowReport,
    )
    from service.records.lanes import LaneState
    from service.records.queries import Term

T = TypeVar("T")


class Response(Protocol):
    """A whole reply, decompressed and within the size limit."""

    @property
    def url(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...  # keys lower-case
    @property
    def body(self) -> bytes: ...


class Http(Protocol):
    """The one polite client: identity, rate and concurrency per host, retries, limits."""

    def fetch(
        self,
        url: str,
        *,
        read: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept_status: frozenset[int] = frozenset(),
    ) -> T:
        """Send a GET (or a POST when `form`, or `content` as it is, is given) and return what
        `read` makes of the reply. A POST is repeated like a GET: it must be one that may be.

        `read` may raise a `SourceError`: one whose `retry` is WAIT or SAME is retried exactly as
        a transport fault is, because sources report failures inside HTTP 200. Replies of other
        than 2xx raise by themselves unless their status is in `accept_status` (304, an API's
        own 400 body). Raises the last `SourceError` when tries or the deadline are used up.
        """
        ...


class LaneBook(Protocol):
    """Where hosts' turns and paces are kept, for all processes that share the book."""

    @property
    def me(self) -> str:
        """This process, as no other is called, nor was."""
        ...

    def look(self, name: str) -> LaneState:
        """The lane of this name as it stands. Raises `StoreError`."""
        ...

    def change(self, name: str, step: Callable[[LaneState], tuple[LaneState, T]]) -> T:
        """Make of the lane what `step` makes of it, and return what it tells. Nobody else changes
        the lane meanwhile, so `step` only reckons. Raises `StoreError`: then nothing has changed,
        or (where the connection broke at the end) perhaps all."""
        ...


class Source(Protocol):
    """An upstream that is polled. Does not store, parse or decide what is due."""

    @property
    def name(self) -> str: ...

    @property
    def sweeps(self) -> frozenset[SweepKind]:
        """The kinds of sweep that this source can walk."""
        ...

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """Walk the sweep's window, yielding batches, and one report per closed (sub-)window.

        A report follows the batches of its window. `unknown` returns those of the given source
        ids that the archive does not hold, so that known records need not be fetched again.
        Raises `SourceError` when the window cannot be finished; what was yielded stays valid.
        """
        ...


class Encoder(Protocol):
    """Text to unit vectors. Heavy libraries are loaded on first use, not on construction."""

    def info(self) -> EncoderInfo:
        """What makes the vectors. Raises `EncoderError` when the model is missing or broken."""
        ...

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """One array per text, shape (chunks, dimension), rows of unit length.

        A text longer than the model's window is split into chunks, never cut. `progress` is
        called with the number of texts done since its last call.
        """
        ...


class QueryEncoder(Protocol):
    """A query to the vector that works' vectors are compared with; light, and quick to begin."""

    def info(self) -> EncoderInfo:
        """What makes the vectors. Raises `EncoderError` when the model is missing or broken."""
        ...

    def encode(self, text: str) -> NDArray[float32]:
        """A unit vector, shape (dimension,). Raises `EncoderError`."""
        ...


class Neighbours(Protocol):
    """The works that are nearest in meaning: one vector per work, kept ready for searching."""

    def refresh(self, info: EncoderInfo, progress: Callable[[int], None] = ...) -> int:
        """Take in what was embedded, changed or removed since; returns how many works that was."""
        ...

    def of(self, info: EncoderInfo, work_ids: Sequence[int]) -> dict[int, NDArray[float32]]:
        """The unit vectors of those of the works that have one."""
        ...

    def nearest(
        self,
        info: EncoderInfo,
        vector: NDArray[float32],
        limit: int,
        where: Term | None = None,
        ceiling: int | None = None,
    ) -> list[tuple[int, float]]:
        """Works with their cosines to a unit vector, the nearest first, ties by number; only those
        that answer to `where` and have no higher number than `ceiling`. [] where none has a vector;
        fewer than `limit` where very many answer and few of them are near.

        Vectors are those of the encoder's name, revision and text version, in any precision.
        """
        ...


class WorkVectors(Protocol):
    """What of a work is embedded."""

    def __call__(
        self,
        works: Sequence[tuple[str, str]],
        encode: Callable[[Sequence[str], Callable[[int], None]], list[NDArray[float32]]],
        progress: Callable[[int], None] = ...,
    ) -> list[NDArray[float32]]:
        """One array per (title, abstract), rows of unit length. Raises what `encode` raises."""
        ...


class Ranker(Protocol):
    """Scores candidates for topics; deterministic."""

    def rank(
        self,
        topic: Topic,
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Callable[[Sequence[str]], list[NDArray[float32]]] | None,
        evidence: Sequence[Evidence] = (),
    ) -> Sequence[RankedWork]:
        """All candidates, best first (ties by work id). `encode` None means by words only.

        `background` is a sample of the archive from which rarity of words and the spread of
        scores are estimated; it may be empty. `evidence` are papers that were judged for the
        topic. Raises `EncoderError` when vectors of two encoders meet.
        """
        ...

    def rank_all(
        self,
        topics: Sequence[Topic],
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Callable[[Sequence[str]], list[NDArray[float32]]] | None,
        evidence: Mapping[str, Sequence[Evidence]],
        *,
        limit: int | None = None,
    ) -> dict[str, TopicRanking]:
        """The same for several topics by slug, of each the best `limit`; the works are read
        once."""
        ...


class Links(Protocol):
    """Addresses of this installation's own pages, each a capability of one reader; "" where there
    is no such page. The same arguments give the same address."""

    def feedback(self, content: DigestContent, reader: str, topic: str, work_id: int) -> str:
        """A page on which the reader judges one work. `?say=relevant`, `?say=not-relevant` or
        `?say=save` may be added: what is offered first. Opening it changes nothing."""
        ...

    def page(self, content: DigestContent, reader: str) -> str:
        """The digest as a page, complete."""
        ...

    def unsubscribe(self, content: DigestContent, reader: str) -> str:
        """The page that ends the subscription; takes the one-click POST of RFC 8058."""
        ...


class Draw(Protocol):
    """Draws a Vega-Lite specification."""

    def __call__(self, spec: Mapping[str, Any], name: str) -> bytes:
        """The picture, of the kind that the file's name ends in (.svg or .png)."""
        ...


class Pictures(Protocol):
    """The kept pictures of works. What is kept under a digest never changes."""

    def __call__(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """Those of them that are kept, by their hexadecimal SHA-256."""
        ...


class Renderer(Protocol):
    """Digest content to the exact bytes of one channel; pure."""

    @property
    def channel(self) -> str: ...

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """At least one part; the same content and destination give the same bytes."""
        ...


class Channel(Protocol):
    """A place to deliver to. One call is one network attempt: never a retry inside."""

    @property
    def name(self) -> str: ...

    def send(self, delivery: Delivery) -> Outcome:
        """Send the payload once. Never raises for an outcome the world can produce."""
        ...

    def reconcile(self, delivery: Delivery) -> Outcome:
        """Find out whether an UNKNOWN delivery arrived: SENT, UNKNOWN (not found yet / cannot
        tell) or RETRY (proved absent, may be sent again once)."""
        ...


class PollBook(Protocol):
    """Where polling keeps its marks, states and receipts; each call is one transaction."""

    def claim(self, source: str, now: datetime, *, force: bool) -> bool:
        """Whether this worker may poll the source now; others may not until `release`, while this
        process lives. Once they have, all that writes raises `ClaimLostError`."""
        ...

    def release(self, source: str) -> None: ...

    def first_polled(self, source: str, now: datetime) -> datetime:
        """When the source was first polled (`now` if never)."""
        ...

    def marks(self, source: str) -> Mapping[SweepKind, SweepMark]: ...

    def validators(self, source: str, kind: SweepKind) -> Validators: ...

    def unknown(self, source: str, source_ids: Sequence[str]) -> set[str]:
        """Those of the ids that the archive does not hold."""
        ...

    def receipt(
        self, source: str, report: WindowReport, tally: Tally, started: datetime, finished: datetime
    ) -> None: ...

    def set_mark(
        self, source: str, kind: SweepKind, mark: SweepMark, validators: Validators | None
    ) -> None: ...

    def succeeded(self, source: str, now: datetime, next_at: datetime) -> None: ...

    def failed(self, source: str, error: LitwatchError, not_before: datetime) -> None: ...


class Outbox(Protocol):
    """Where deliveries are claimed and their outcomes recorded; each call is one transaction."""

    def now(self) -> datetime:
        """The time by the clock that all workers of this outbox share: the database's."""
        ...

    def claim(self, now: datetime) -> Delivery | None:
        """Take one delivery that is due for sending. It is committed before this returns."""
        ...

    def holds(self, delivery: Delivery) -> bool:
        """Whether a claimed delivery is still this worker's, and less than half of its lease is
        used: to be asked right before the network call, for a worker may have been suspended."""
        ...

    def claim_unknown(self, now: datetime) -> Delivery | None:
        """Take one UNKNOWN delivery that is due for a look."""
        ...

    def finish(
        self,
        delivery: Delivery,
        *,
        state: DeliveryState,
        not_before: datetime | None,
        detail: str,
        provider_id: str | None,
        remedy: str,
        resend: bool,
        plain: bool,
        now: datetime,
    ) -> bool:
        """Record an outcome; False when it came too late and was only noted."""
        ...

    def expired(self, now: datetime) -> Sequence[Delivery]: ...

    def orphans(self) -> Sequence[Delivery]: ...

    def stopped(self) -> Sequence[tuple[Delivery, str]]:
        """Deliveries that wait for a subscription that was stopped, each with the reason."""
        ...
