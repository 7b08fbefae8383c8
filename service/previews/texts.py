"""The vectors of the texts that topics are told in: each is made once. A module beside the
pipeline."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import EncoderError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.previews.works import Shelf
    from service.protocols import Encoder
    from service.records import EncoderInfo

MOST = 8_192  # texts that are kept, the latest


@dataclass(frozen=True, slots=True)
class PatientEncoder:
    """An `Encoder` that waits for its turn with the model: `patience` seconds, or with None for
    however long it takes."""

    inner: Encoder
    model: threading.Lock
    patience: float | None

    def info(self) -> EncoderInfo:
        """As the inner one."""
        with self._turn():
            return self.inner.info()

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """As the inner one. Raises `EncoderError` also when the model is not free in time."""
        with self._turn():
            return self.inner.encode(texts, progress)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self.model.acquire(timeout=-1 if self.patience is None else self.patience):
            raise EncoderError("the model", "is busy with new papers", "try again in a minute")
        try:
            yield
        finally:
            self.model.release()


class Texts:
    """The vectors of one encoder's texts, from memory, from the `shelf`, else from the model. One
    thread at a time."""

    def __init__(self, shelf: Shelf | None) -> None:
        self._shelf = shelf
        self._encoder: EncoderInfo | None = None
        self._known: dict[str, NDArray[float32]] = {}
        self._fresh = False

    def of(self, encoder: EncoderInfo) -> None:
        """From now on those of this encoder."""
        if encoder != self._encoder:
            self._encoder = encoder
            self._known = {} if self._shelf is None else self._shelf.texts(encoder)

    def vectors(self, texts: Sequence[str], model: Encoder) -> list[NDArray[float32]]:
        """One array per text; the `model` is asked for new ones. Raises `EncoderError`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, model.encode(new), strict=True))
            self._fresh = True
        found = [self._known[text] for text in texts]
        for text in list(self._known)[:-MOST]:
            del self._known[text]
        return found

    def keep(self) -> None:
        """Put them on the shelf, if there are new ones."""
        if self._fresh and self._shelf is not None and self._encoder is not None:
            self._shelf.keep_texts(self._encoder, self._known)
        self._fresh = False
