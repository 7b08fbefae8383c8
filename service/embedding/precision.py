"""How to compute: what the machine has, checked against plain float32 on this model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from service.embedding.packed import pack
from service.embedding.plain import Plain
from service.embedding.samples import PROBES, RANGES
from service.errors import ConfigError, EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from numpy import float32
    from numpy.typing import NDArray

    Forward: TypeAlias = Callable[[Sequence[Sequence[int]]], NDArray[float32]]

Precision = Literal["auto", "float32", "bfloat16", "int8"]
Backend = Literal["torch", "openvino"]
Device = Literal["auto", "cpu", "cuda"]

LEAST_COSINE = 0.999
LEAST_COSINE_INT8 = 0.99


def choose_forward(model: Any, wanted: Precision, device: Device = "cpu") -> tuple[Forward, str]:  # noqa: ANN401 (a SentenceTransformer)
    """The fastest forward pass of torch that agrees with the plain float32 one, and its precision.
    A GPU is used where there is one, unless `device` is "cpu".

    Raises `EncoderError` when bfloat16 was asked for and this model or machine does not manage it,
    `ConfigError` for int8, and for "cuda" where there is no GPU.
    """
    import torch  # noqa: PLC0415 (heavy)

    if wanted == "int8":
        raise ConfigError(
            "encoder.precision",
            "is int8, which torch does not do",
            'set encoder.backend to "openvino"',
        )
    ids = _ids(model, PROBES)
    plain = Plain(model, None)
    truth = plain(ids)
    if device != "cpu" and (found := _on_gpu(model, wanted, ids, truth)):
        return found
    if device == "cuda":
        raise ConfigError(
            "encoder.device",
            "is cuda, and torch finds no GPU that gives the vectors of float32",
            'check the driver and that torch is a CUDA build, or set it to "auto"',
        )
    if wanted == "bfloat16" or (wanted == "auto" and has_bfloat16()):
        for make in (lambda: pack(model, torch.bfloat16), lambda: Plain(model, torch.bfloat16)):
            forward = _agreeing(make, ids, truth)
            if forward is not None:
                return forward, "bfloat16"
        if wanted == "bfloat16":
            raise _differs(wanted, LEAST_COSINE)
    return _agreeing(lambda: pack(model, torch.float32), ids, truth) or plain, "float32"


def choose_compiled(
    model: Any,  # noqa: ANN401 (as above)
    folder: Path,
    wanted: Precision,
    threads: int,
) -> tuple[Forward, str]:
    """OpenVINO's forward pass of the model in `folder`, checked as in `choose_forward`, and its
    precision, which says that it is OpenVINO's. int8 only when asked for.

    Raises `ConfigError` without the extra, `EncoderError` for a model that is not run so, or whose
    vectors differ.
    """
    from service.embedding.compiled import compiled  # noqa: PLC0415 (NumPy)

    rest = "bfloat16" if has_bfloat16() else "float32"
    products = rest if wanted == "auto" else wanted
    rest = products if products != "int8" else rest
    ids = _ids(model, PROBES)
    forward = compiled(folder, _ids(model, RANGES), products, rest, threads)
    least = LEAST_COSINE_INT8 if products == "int8" else LEAST_COSINE
    if _agreeing(lambda: forward, ids, Plain(model, None)(ids), least) is None:
        raise _differs(products, least)
    return forward, f"openvino-{products}"


def _ids(model: Any, texts: Sequence[str]) -> list[list[int]]:  # noqa: ANN401 (as above)
    window = model.get_max_seq_length()
    return [
        model.tokenizer(text, truncation=True, max_length=window)["input_ids"] for text in texts
    ]


def _on_gpu(
    model: Any,  # noqa: ANN401 (as above)
    wanted: Precision,
    ids: Sequence[Sequence[int]],
    truth: NDArray[float32],
) -> tuple[Forward, str] | None:
    """The pass on the first GPU; None, with the model back on the CPU, where none is any good."""
    import torch  # noqa: PLC0415 (heavy)

    if not torch.cuda.is_available():
        return None

    def moved(dtype: torch.dtype | None) -> Plain:
        model.to("cuda")
        return Plain(model, dtype, "cuda")

    ways = {"bfloat16": torch.bfloat16, "float32": None}
    if wanted == "float32" or not torch.cuda.is_bf16_supported(including_emulation=False):
        del ways["bfloat16"]
    for name, dtype in ways.items():
        if wanted in ("auto", name) and (found := _agreeing(lambda d=dtype: moved(d), ids, truth)):  # type: ignore[misc]
            return found, name
    model.to("cpu")
    return None


def _agreeing(
    make: Callable[[], Forward | None],
    ids: Sequence[Sequence[int]],
    truth: NDArray[float32],
    least: float = LEAST_COSINE,
) -> Forward | None:
    """What `make` makes, if it runs here and gives vectors near enough to `truth`."""
    try:
        forward = make()
        near = forward is not None and (forward(ids) * truth).sum(1).min() >= least
    except (RuntimeError, AttributeError, TypeError, IndexError):
        return None  # an operator or a part that this torch, machine or model lacks
    return forward if near else None


def _differs(precision: str, least: float) -> EncoderError:
    return EncoderError(
        f"precision {precision}",
        f"its vectors differ from float32 (cosine below {least}), or it cannot run",
        'set the precision to "auto"',
    )


def has_bfloat16() -> bool:
    """Whether this CPU multiplies in bfloat16 by itself; emulation is slower than float32.

    Asked of the CPU, not timed: a busy machine would answer differently from day to day, and
    vectors of another precision mean embedding the whole archive anew.
    """
    import torch  # noqa: PLC0415 (heavy)

    asks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, ask, bool)()) for ask in asks)
