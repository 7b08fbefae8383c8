"""A faster forward pass for BERT-shaped encoders on CPUs: same weights, same result, no padding.

All tokens of a batch lie in one matrix, so that the linear layers see no padding; attention runs
per group of texts of equal length, so that it needs no mask; weights are laid out once in
oneDNN's own order; query, key and value are one product. In bfloat16 only products are computed in
it: sums, norms and pooling stay in float32, which keeps the cosine to float32 above 0.9999.
Buffers stay small (see `encoder.TOKENS`): large ones are fresh pages each time, which cost more
than the arithmetic. Whether the result is right is checked by the caller, on the model at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy import float32
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class _Linear:
    """A linear layer with its weight in oneDNN's order; `act` is "none" or "gelu"."""

    weight: torch.Tensor
    bias: torch.Tensor
    act: str = "none"

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        import torch  # noqa: PLC0415 (heavy)

        x = x.to(self.bias.dtype)
        algorithm = "none" if self.act == "gelu" else ""  # "none" is gelu's exact form
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            x, self.weight, self.bias, self.act, [], algorithm
        )
        return result


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: _Linear
    out: _Linear
    up: _Linear
    down: _Linear
    norm_attention: torch.nn.Module
    norm_output: torch.nn.Module


@dataclass(frozen=True, slots=True)
class PackedBert:
    """Token ids to unit vectors: embeddings, layers, mean over tokens, length one."""

    embeddings: Any
    layers: tuple[_Layer, ...]
    heads: int

    def __call__(self, texts: Sequence[Sequence[int]]) -> NDArray[float32]:
        """One row per text; `texts` hold ids with the special tokens, best sorted by length."""
        import torch  # noqa: PLC0415 (heavy)

        lengths = [len(ids) for ids in texts]
        with torch.inference_mode():
            hidden = self._embed(texts, lengths)
            runs = [(length, len(list(group))) for length, group in groupby(lengths)]
            for layer in self.layers:
                context = self._attend(layer.qkv(hidden), runs)
                hidden = layer.norm_attention(layer.out(context) + hidden)
                hidden = layer.norm_output(layer.down(layer.up(hidden)) + hidden)
            means = torch.stack([part.mean(0) for part in torch.split_with_sizes(hidden, lengths)])
            vectors: NDArray[float32] = torch.nn.functional.normalize(means).numpy()
        return vectors

    def _embed(self, texts: Sequence[Sequence[int]], lengths: Sequence[int]) -> torch.Tensor:
        import torch  # noqa: PLC0415 (heavy)

        tokens = torch.tensor([token for ids in texts for token in ids])
        places = torch.cat([torch.arange(length) for length in lengths])
        own = self.embeddings
        hidden = own.word_embeddings(tokens) + own.position_embeddings(places)
        normed: torch.Tensor = own.LayerNorm(hidden + own.token_type_embeddings.weight[0])
        return normed

    def _attend(self, qkv: torch.Tensor, runs: Sequence[tuple[int, int]]) -> torch.Tensor:
        """Softmax attention within each text; `runs` are (length, how many texts have it)."""
        import torch  # noqa: PLC0415 (heavy)

        width = qkv.shape[1] // 3
        size = width // self.heads
        context = qkv.new_empty(qkv.shape[0], width)
        start = 0
        for length, count in runs:
            rows = slice(start, start + length * count)
            split = qkv[rows].view(count, length, 3, self.heads, size).permute(2, 0, 3, 1, 4)
            query, key, value = split.reshape(3, count * self.heads, length, size)
            shares = torch.softmax(torch.bmm(query, key.transpose(1, 2)), -1)
            mixed = torch.bmm(shares, value).view(count, self.heads, length, size)
            context[rows].view(count, length, self.heads, size).copy_(mixed.transpose(1, 2))
            start = rows.stop
        return context


def pack(model: Any, dtype: torch.dtype) -> PackedBert | None:  # noqa: ANN401 (any torch model)
    """The packed form of a `SentenceTransformer`, or None when it is not made of these parts."""
    parts = [type(part).__name__ for part in model]
    if parts not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    bert, pooling = model[0].auto_model, model[1]
    config = bert.config
    plain = (
        type(bert).__name__ == "BertModel"
        and config.hidden_act == "gelu"
        and not config.is_decoder
        and getattr(config, "position_embedding_type", "absolute") in ("absolute", None)
        and getattr(pooling, "pooling_mode", None) == "mean"
    )
    if not plain:
        return None
    layers = tuple(_layer(layer, dtype) for layer in bert.encoder.layer)
    return PackedBert(bert.embeddings, layers, config.num_attention_heads)


def _layer(layer: Any, dtype: torch.dtype) -> _Layer:  # noqa: ANN401 (transformers' BertLayer)
    import torch  # noqa: PLC0415 (heavy)

    own = layer.attention.self
    with torch.no_grad():
        # The scale of the scores goes into the queries once, instead of into every score.
        weight = torch.cat([own.query.weight * own.scaling, own.key.weight, own.value.weight])
        bias = torch.cat([own.query.bias * own.scaling, own.key.bias, own.value.bias])
    out, down = layer.attention.output, layer.output
    up = layer.intermediate.dense
    return _Layer(
        qkv=_linear(weight, bias, dtype),
        out=_linear(out.dense.weight, out.dense.bias, dtype),
        up=_linear(up.weight, up.bias, dtype, "gelu"),
        down=_linear(down.dense.weight, down.dense.bias, dtype),
        norm_attention=out.LayerNorm,
        norm_output=down.LayerNorm,
    )


def _linear(
    weight: torch.Tensor, bias: torch.Tensor, dtype: torch.dtype, act: str = "none"
) -> _Linear:
    import torch  # noqa: PLC0415 (heavy)

    with torch.no_grad():
        typed = weight.detach().to(dtype).contiguous()
        # The second argument is the number of rows to expect; it only guides the layout.
        laid_out = torch.ops.mkldnn._reorder_linear_weight(typed, 1024)
        return _Linear(laid_out, bias.detach().to(dtype).contiguous(), act)
