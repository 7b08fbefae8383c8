"""A BERT's forward pass over one short text, in NumPy: torch alone takes longer to import.

Float32 throughout. Only models whose every part is known are read; `read` says None for others.
Imported on demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    Array = NDArray[float32]

_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_MEAN_ALONE = {"pooling_mode_mean_tokens"}
_UNUSED = {"embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"}
_EMBEDDED = ("word_embeddings.weight", "position_embeddings.weight", "token_type_embeddings.weight")
_LINEAR = (
    *(f"attention.self.{name}" for name in ("query", "key", "value")),
    *("attention.output.dense", "intermediate.dense", "output.dense"),
)
_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")
_FEW = 64  # tokens of a question
# Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.26: |error| <= 1.5e-7.
_ERF_P = 0.3275911
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the settings say of a model that this module can run."""

    width: int
    layers: int
    heads: int
    vocabulary: int
    positions: int
    window: int  # tokens of a text, the special ones included
    epsilon: float


def shape(folder: Path) -> Shape | None:
    """The shape of the model in `folder`, or None where it is not exactly of the known kind."""
    try:
        config = _json(folder / "config.json")
        modules = _json(folder / "modules.json")
        outer = _json(folder / "sentence_bert_config.json")
        pooling = _json(folder / modules[1]["path"] / "config.json")
        parts = [each["type"].rsplit(".", 1)[-1] for each in modules]
        if parts not in _MODULES or modules[0]["path"] or not _plain(config, outer, pooling):
            return None
        window, positions = int(outer["max_seq_length"]), int(config["max_position_embeddings"])
        return Shape(
            width=int(config["hidden_size"]),
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            vocabulary=int(config["vocab_size"]),
            positions=positions,
            window=min(window, positions),
            epsilon=float(config["layer_norm_eps"]),
        )
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None  # a file that is missing, or says something else than we know


def _json(file: Path) -> Any:  # noqa: ANN401 (whatever the file holds)
    return json.loads(file.read_text(encoding="utf-8"))


def _plain(config: dict[str, Any], outer: dict[str, Any], pooling: dict[str, Any]) -> bool:
    modes = {name for name, on in pooling.items() if name.startswith("pooling_mode_") and on}
    return (
        config["model_type"] == "bert"
        and config.get("architectures") in (["BertModel"], None)
        and config["hidden_act"] == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and not config.get("add_cross_attention")
        and config["hidden_size"] % config["num_attention_heads"] == 0
        and not outer.get("do_lower_case")
        and (modes == _MEAN_ALONE or (not modes and pooling.get("pooling_mode") == "mean"))
        and pooling.get("include_prompt", True) is True
    )


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: tuple[Array, Array]
    out: tuple[Array, Array]
    up: tuple[Array, Array]
    down: tuple[Array, Array]
    norms: tuple[tuple[Array, Array], tuple[Array, Array]]


@dataclass(frozen=True, slots=True)
class Bert:
    """Token ids to one unit vector. `words` gives rows of a matrix that stays in its file."""

    shape: Shape
    words: Any
    places: Array
    kind: Array
    norm: tuple[Array, Array]
    layers: tuple[_Layer, ...]

    def __call__(
        self, ids: Sequence[int], see: Callable[[int, str, Array], None] | None = None
    ) -> Array:
        """The vector of one text, shape (width,); `ids` with the special tokens, at most
        `shape.window`. `see` is shown what goes into each product: its layer's number, its name
        ("qkv", "out", "up" or "down") and the rows, one per token."""
        show = see or _unseen
        epsilon = self.shape.epsilon
        rows = np.concatenate([self.words[token : token + 1] for token in ids])
        hidden = _normed(rows + self.places[: len(ids)] + self.kind, self.norm, epsilon)
        for number, layer in enumerate(self.layers):
            show(number, "qkv", hidden)
            context = _attended(_linear(hidden, layer.qkv), self.shape.heads)
            show(number, "out", context)
            hidden = _normed(_linear(context, layer.out) + hidden, layer.norms[0], epsilon)
            show(number, "up", hidden)
            wide = _gelu(_linear(hidden, layer.up))
            show(number, "down", wide)
            hidden = _normed(_linear(wide, layer.down) + hidden, layer.norms[1], epsilon)
        return unit(hidden.mean(axis=0))


def unit(vector: Array) -> Array:
    """The vector at length one; zeros stay zeros."""
    found: Array = vector / np.float32(max(float(np.linalg.norm(vector)), 1e-12))
    return found


def _unseen(layer: int, name: str, rows: Array) -> None:
    """Looks at nothing."""


def _linear(x: Array, layer: tuple[Array, Array]) -> Array:
    weights, bias = layer
    # Weights are read as they lie: for the few rows of a question that takes a third less.
    few = len(x) <= _FEW
    product = (weights @ np.ascontiguousarray(x.T)).T if few else x @ weights.T
    found: Array = product + bias
    return found


def _normed(x: Array, norm: tuple[Array, Array], epsilon: float) -> Array:
    centred = x - x.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(epsilon))
    found: Array = centred / spread * norm[0] + norm[1]
    return found


def _attended(qkv: Array, heads: int) -> Array:
    length, width = qkv.shape[0], qkv.shape[1] // 3
    query, key, value = qkv.reshape(length, 3, heads, width // heads).transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1)
    shares = np.exp(scores - scores.max(axis=2, keepdims=True))
    shares /= shares.sum(axis=2, keepdims=True)
    found: Array = (shares @ value).transpose(1, 0, 2).reshape(length, width)
    return found


def _gelu(x: Array) -> Array:
    """The exact form, x * P(X <= x): NumPy has no erf, and importing SciPy's takes too long."""
    size = np.abs(x) * np.float32(1 / sqrt(2))
    t = 1 / (1 + np.float32(_ERF_P) * size)
    series = np.float32(_ERF[-1]) * t
    for factor in reversed(_ERF[:-1]):
        series = (series + np.float32(factor)) * t
    erf = np.copysign(1 - series * np.exp(-size * size), x)
    found: Array = np.float32(0.5) * x * (1 + erf)
    return found


def read(folder: Path, known: Shape) -> Bert | None:
    """The model in `folder`; None where its weights are not exactly those of its shape."""
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 (not needed for --help)

    files = list(folder.rglob("*.safetensors"))
    if len(files) != 1:
        return None
    try:
        # Mapped: what is not asked for stays in the file.
        weights: Any = safe_open(files[0], framework="np")
        names = set(weights.keys())
        tensors = {name: weights.get_slice(name) for name in names - _UNUSED}
        found = {name: tuple(each.get_shape()) for name, each in tensors.items()}
        if found != _expected(known, found) or {e.get_dtype() for e in tensors.values()} != {"F32"}:
            return None
        return _built(known, tensors)
    except (SafetensorError, OSError):
        return None  # whoever runs it instead says what is wrong with it


def _expected(known: Shape, found: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Every tensor's shape; only the width of the inner layer is taken as it is found."""
    width = known.width
    inner = found.get("encoder.layer.0.intermediate.dense.bias", (0,))[0]
    kinds = found.get("embeddings.token_type_embeddings.weight", (0,))[0]
    rows = dict(zip(_EMBEDDED, (known.vocabulary, known.positions, kinds), strict=True))
    shapes = {f"embeddings.{name}": (count, width) for name, count in rows.items()}
    sizes = dict.fromkeys(_LINEAR, (width, width))
    sizes |= {"intermediate.dense": (inner, width), "output.dense": (width, inner)}
    every: dict[str, tuple[int, ...]] = dict(shapes)
    norms = ["embeddings.LayerNorm"]
    for number in range(known.layers):
        layer = f"encoder.layer.{number}"
        norms += [f"{layer}.{name}" for name in _NORMS]
        for name, size in sizes.items():
            every |= {f"{layer}.{name}.weight": size, f"{layer}.{name}.bias": size[:1]}
    for name in norms:
        every |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    return every


def _built(known: Shape, tensors: Mapping[str, Any]) -> Bert:
    def both(name: str) -> tuple[Array, Array]:
        return tensors[f"{name}.weight"][:], tensors[f"{name}.bias"][:]

    scale = np.float32((known.width // known.heads) ** -0.5)

    def layer(number: int) -> _Layer:
        own = f"encoder.layer.{number}"
        query, key, value, out, up, down = (both(f"{own}.{name}") for name in _LINEAR)
        # The scale of the scores goes into the queries once, instead of into every score.
        scaled = [(query[0] * scale, query[1] * scale), key, value]
        weight, bias = (np.concatenate([each[at] for each in scaled]) for at in (0, 1))
        first, second = (both(f"{own}.{name}") for name in _NORMS)
        return _Layer((weight, bias), out, up, down, (first, second))

    words, places, kinds = (tensors[f"embeddings.{name}"] for name in _EMBEDDED)
    return Bert(
        shape=known,
        words=words,
        places=places[: known.window],
        kind=kinds[0:1],
        norm=both("embeddings.LayerNorm"),
        layers=tuple(layer(number) for number in range(known.layers)),
    )
