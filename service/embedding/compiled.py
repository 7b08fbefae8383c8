"""The forward pass through OpenVINO (the extra `openvino`), in float or with products in int8."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from service.embedding import bert
from service.embedding.graph import graph
from service.embedding.ranges import ranges
from service.errors import ConfigError, EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from service.embedding.bert import Bert
    from service.embedding.ranges import Place, Range

_SETTING = "encoder.backend"
_STEP = 8  # lengths are rounded up to this: fewer shapes, to each of which code is fitted once


class Compiled:
    """Token ids to unit vectors through a compiled graph; may be called from many threads."""

    def __init__(
        self,
        model: Any,  # noqa: ANN401 (untyped)
        window: int,
        precision: str,
        threads: int,
    ) -> None:
        import openvino  # noqa: PLC0415 (optional)

        # A stream a thread, as `workers.spread` has it, and none bound to a core: other programs
        # have some to do, too.
        self._compiled = openvino.Core().compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": precision,
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": threads,
                "ENABLE_CPU_PINNING": False,
            },
        )
        self._window = window
        self._own = threading.local()

    def __call__(self, texts: Sequence[Sequence[int]]) -> NDArray[float32]:
        """One row per text; `texts` hold ids with the special tokens, best of like lengths."""
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        found = self._own.request.infer(list(padded(texts, self._window)))[0]
        size = np.linalg.norm(found, axis=1, keepdims=True)
        vectors: NDArray[float32] = (found / np.maximum(size, 1e-12)).astype(np.float32)
        return vectors


def padded(
    texts: Sequence[Sequence[int]], window: int
) -> tuple[NDArray[np.int32], NDArray[float32]]:
    """Ids and mask, both (texts, length): the longest's length, rounded up within the window."""
    length = min(window, -(-max(len(ids) for ids in texts) // _STEP) * _STEP)
    ids = np.zeros((len(texts), length), np.int32)
    mask = np.zeros((len(texts), length), np.float32)
    for row, each in enumerate(texts):
        ids[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return ids, mask


def _ranges(model: Bert, texts: Sequence[Sequence[int]]) -> dict[Place, Range]:
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 (not needed for --help)

    with threadpool_limits(1, "blas"):  # as in `quick`; measured 9 times as fast as with two
        return ranges(model, texts)


def compiled(
    folder: Path, texts: Sequence[Sequence[int]], products: str, rest: str, threads: int
) -> Compiled:
    """The model in `folder`; `texts` are the ids that ranges come from. `products` is how linear
    layers are computed ("float32", "bfloat16", "int8"), `rest` all else (the first two).

    Raises `ConfigError` without the extra, `EncoderError` for a model that is no plain BERT.
    """
    try:
        import openvino  # noqa: F401, PLC0415 (optional)
    except ImportError:
        raise ConfigError(
            _SETTING,
            "is openvino, which is not installed",
            'pip install "litwatch[openvino]", or set it to "torch"',
        ) from None
    known = bert.shape(folder)
    model = bert.read(folder, known) if known else None
    if model is None:
        raise EncoderError(
            f"model {folder}",
            "is no BERT with mean pooling in float32, the only kind that is run through openvino",
            f'set {_SETTING} to "torch"',
        )
    found = _ranges(model, texts) if products == "int8" else None
    hint = {"float32": "f32", "bfloat16": "bf16"}[rest]
    return Compiled(graph(model, found), model.shape.window, hint, threads)
