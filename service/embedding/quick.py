"""The vector of one query in a fraction of a second, without importing torch."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from service.embedding import bert
from service.embedding.text import TEXT_VERSION, chunks, sentence_starts
from service.embedding.weights import folder_of, name_of, revision_of
from service.records import EncoderInfo

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray
    from threadpoolctl import (  # type: ignore[import-untyped,unused-ignore]
        ThreadpoolController,
    )

    from service.protocols import Encoder


_KEPT = 512  # questions, of 1.5 KB each


class QuickEncoder:
    """A `QueryEncoder`. Gives what `whole` would give, and asks it for models that are not
    exactly of the known kind; safe to share between threads. The vectors of the last `kept`
    questions are kept: the next page of a search, or a filter on it, asks the same again."""

    def __init__(self, model: str | None, whole: Encoder, kept: int = _KEPT) -> None:
        self._model = model
        self._whole = whole
        self._turn = threading.Lock()
        self._info: EncoderInfo | None = None
        self._kept = lru_cache(kept)(self._encoded)

    def info(self) -> EncoderInfo:
        """What makes the vectors. Raises `EncoderError` when the model is missing or broken."""
        with self._turn:
            quick = self._quick
            return self._whole.info() if quick is None else self._described(quick)

    def encode(self, text: str) -> NDArray[float32]:
        """A unit vector, shape (dimension,), not to be written to; a text longer than the model's
        window is the mean of its pieces. Raises `EncoderError`."""
        # Half a surrogate pair is no text.
        return self._kept(text.encode("utf-8", "replace").decode("utf-8"))

    def _encoded(self, text: str) -> NDArray[float32]:
        with self._turn:
            quick = self._quick
            if quick is None:
                vector = bert.unit(self._whole.encode([text])[0].mean(axis=0))
            else:
                # The threads of a BLAS wait for each other longer than this takes them together.
                with self._blas.limit(limits=1, user_api="blas"):
                    vector = quick(text)
        vector.setflags(write=False)
        return vector

    @cached_property
    def _blas(self) -> ThreadpoolController:
        from threadpoolctl import ThreadpoolController  # noqa: PLC0415 (not needed for --help)

        return ThreadpoolController()

    @cached_property
    def _quick(self) -> _Quick | None:
        folder = folder_of(self._model)
        known = bert.shape(folder)
        model = bert.read(folder, known) if known else None
        if model is None or not (folder / "tokenizer.json").is_file():
            return None
        from tokenizers import Tokenizer  # noqa: PLC0415 (not needed for --help)

        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception:  # it raises nothing narrower for a broken file
            return None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return _Quick(tokenizer, model)

    def _described(self, quick: _Quick) -> EncoderInfo:
        if self._info is None:  # the revision is a hash over all weights
            self._info = EncoderInfo(
                name=name_of(self._model),
                revision=revision_of(folder_of(self._model)),
                text_version=TEXT_VERSION,
                dimension=quick.model.shape.width,
                precision="float32",
            )
        return self._info


@dataclass(frozen=True, slots=True)
class _Quick:
    tokenizer: Any
    model: bert.Bert

    def __call__(self, text: str) -> NDArray[float32]:
        probe = self.tokenizer.encode("cell")
        words = [at for at, special in enumerate(probe.special_tokens_mask) if not special]
        before, after = probe.ids[: words[0]], probe.ids[words[-1] + 1 :]
        window = self.model.shape.window - len(before) - len(after)
        encoded = self.tokenizer.encode(text, add_special_tokens=False)
        starts = sentence_starts(text) if len(encoded.ids) > window else ()
        ranges = chunks([begin for begin, _ in encoded.offsets], starts, window)
        pieces = [self.model([*before, *encoded.ids[a:b], *after]) for a, b in ranges]
        return bert.unit(np.mean(pieces, axis=0))
