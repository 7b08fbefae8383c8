"""Which precision to compute in: what the CPU has, checked against float32 on this model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from service.embedding.packed import pack
from service.embedding.plain import Plain
from service.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from numpy import float32
    from numpy.typing import NDArray

    Forward: TypeAlias = Callable[[Sequence[Sequence[int]]], NDArray[float32]]

Precision = Literal["auto", "float32", "bfloat16"]

LEAST_COSINE = 0.999
_SAMPLES = (
    "Neutrophils.",
    "Cancer-associated fibroblasts remodel the extracellular matrix and exclude CD8+ T cells.",
    "We randomised 1,204 patients (HR 0.71; 95% CI 0.58-0.87; P < 0.001) to FOLFIRINOX or placebo.",
    "Single-cell RNA sequencing of 42 tumours shows α-SMA+ and IL-6+ states, whose abundance "
    "changes with stage, site and treatment; blocking CXCR2 lowered NET formation in mice. " * 4,
)


def choose_forward(model: Any, wanted: Precision) -> tuple[Forward, str]:  # noqa: ANN401
    """The fastest forward pass that agrees with the plain float32 one, and its precision.

    Raises `EncoderError` when bfloat16 was asked for and this model or CPU does not manage it.
    """
    import torch  # noqa: PLC0415 (heavy)

    tokenizer = model.tokenizer
    ids = [tokenizer(text)["input_ids"][: model.get_max_seq_length()] for text in _SAMPLES]
    plain = Plain(model, None)
    truth = plain(ids)
    if wanted == "bfloat16" or (wanted == "auto" and has_bfloat16()):
        for make in (lambda: pack(model, torch.bfloat16), lambda: Plain(model, torch.bfloat16)):
            forward = _agreeing(make, ids, truth)
            if forward is not None:
                return forward, "bfloat16"
        if wanted == "bfloat16":
            raise EncoderError(
                "precision bfloat16",
                f"its vectors differ from float32 (cosine below {LEAST_COSINE}), or it cannot run",
                'set the precision to "auto"',
            )
    return _agreeing(lambda: pack(model, torch.float32), ids, truth) or plain, "float32"


def _agreeing(
    make: Callable[[], Forward | None], ids: Sequence[Sequence[int]], truth: NDArray[float32]
) -> Forward | None:
    """What `make` makes, if it runs here and gives vectors near enough to `truth`."""
    try:
        forward = make()
        near = forward is not None and (forward(ids) * truth).sum(1).min() >= LEAST_COSINE
    except (RuntimeError, AttributeError, TypeError, IndexError):
        return None  # an operator or a part that this torch, CPU or model lacks
    return forward if near else None


def has_bfloat16() -> bool:
    """Whether this CPU multiplies in bfloat16 by itself; emulation is slower than float32.

    Asked of the CPU, not timed: a busy machine would answer differently from day to day, and
    vectors of another precision mean embedding the whole archive anew.
    """
    import torch  # noqa: PLC0415 (heavy)

    asks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, ask, bool)()) for ask in asks)
