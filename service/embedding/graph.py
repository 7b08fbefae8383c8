"""A BERT as an OpenVINO graph, in float or with its linear layers in int8.

Made from the weights in memory: neither exported nor converted, so that nothing is kept on disk
and the library's converter, which reports its use to its makers, is never called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from service.embedding.ranges import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy import float32
    from numpy.typing import NDArray

    from service.embedding.bert import Bert
    from service.embedding.ranges import Place, Range

    Array = NDArray[float32]

_STEPS = 256  # of an 8-bit number
_HIDDEN = -1e4  # added to the score of a token that is only padding


def graph(bert: Bert, ranges: Mapping[Place, Range] | None) -> Any:  # noqa: ANN401 (untyped)
    """An `openvino.Model`: token ids and a mask of ones and zeros, both (texts, length), to the
    mean of each text's tokens, (texts, width). With `ranges` the linear layers are in int8."""
    import openvino  # noqa: PLC0415 (optional)
    from openvino import opset13  # noqa: PLC0415 (optional)

    made = _Graph(opset13, bert, ranges)
    ids = opset13.parameter([-1, -1], np.int32, name="ids")
    mask = opset13.parameter([-1, -1], np.float32, name="mask")
    return openvino.Model([made.means(made.hidden(ids, mask), mask)], [ids, mask], "bert")


@dataclass(frozen=True, slots=True)
class _Graph:
    ops: Any
    bert: Bert
    ranges: Mapping[Place, Range] | None

    def hidden(self, ids: Any, mask: Any) -> Any:  # noqa: ANN401 (nodes of an untyped library)
        ops = self.ops
        length = ops.gather(ops.shape_of(ids), _ints(ops, 1), ops.constant(np.int64(0)))
        places = ops.slice(
            ops.constant(self.bert.places),
            *(_ints(ops, 0), length, _ints(ops, 1), _ints(ops, 0)),
        )
        words = ops.constant(np.ascontiguousarray(self.bert.words[:]))
        found = ops.gather(words, ids, ops.constant(np.int64(0)))
        summed = ops.add(ops.add(found, places), ops.constant(self.bert.kind))
        hidden = self._normed(summed, self.bert.norm)
        hide = ops.multiply(ops.subtract(mask, _number(ops, 1.0)), _number(ops, -_HIDDEN))
        hide = ops.unsqueeze(hide, _ints(ops, 1, 2))
        for number, layer in enumerate(self.bert.layers):
            context = self._attended(hidden, hide, number)
            out = self._linear(context, layer.out, (number, "out"))
            hidden = self._normed(ops.add(out, hidden), layer.norms[0])
            wide = ops.gelu(self._linear(hidden, layer.up, (number, "up")), "erf")
            down = self._linear(wide, layer.down, (number, "down"))
            hidden = self._normed(ops.add(down, hidden), layer.norms[1])
        return hidden

    def means(self, hidden: Any, mask: Any) -> Any:  # noqa: ANN401 (nodes, as above)
        ops = self.ops
        each = ops.unsqueeze(mask, _ints(ops, 2))
        total = ops.reduce_sum(ops.multiply(hidden, each), _ints(ops, 1))
        return ops.divide(total, ops.reduce_sum(each, _ints(ops, 1)))

    def _attended(self, hidden: Any, hide: Any, number: int) -> Any:  # noqa: ANN401 (nodes)
        ops, shape = self.ops, self.bert.shape
        parted = _ints(ops, 0, 0, shape.heads, shape.width // shape.heads)
        aside = _ints(ops, 0, 2, 1, 3)
        # Three products, not one: so is the pattern that the library does in one go.
        weights, biases = (np.split(each, 3) for each in self.bert.layers[number].qkv)
        query, key, value = (
            ops.transpose(
                ops.reshape(self._linear(hidden, each, (number, "qkv")), parted, True), aside
            )
            for each in zip(weights, biases, strict=True)
        )
        scores = ops.add(ops.matmul(query, key, False, True), hide)
        mixed = ops.matmul(ops.softmax(scores, -1), value, False, False)
        return ops.reshape(ops.transpose(mixed, aside), _ints(ops, 0, 0, shape.width), True)

    def _linear(self, x: Any, layer: tuple[Array, Array], place: Place) -> Any:  # noqa: ANN401
        ops, (weight, bias) = self.ops, layer
        if self.ranges is None:
            matrix = ops.constant(np.ascontiguousarray(weight))
        else:
            fit = self.ranges[place]
            ends = [_number(ops, fit.low), _number(ops, fit.high)]
            smooth = ops.multiply(x, ops.constant(1 / fit.factor))
            x = ops.fake_quantize(smooth, *ends, *ends, _STEPS)
            numbers, steps = whole(weight * fit.factor)
            matrix = ops.multiply(
                ops.convert(ops.constant(numbers), np.float32), ops.constant(steps)
            )
        return ops.add(ops.matmul(x, matrix, False, True), ops.constant(bias))

    def _normed(self, x: Any, norm: tuple[Array, Array]) -> Any:  # noqa: ANN401 (nodes)
        ops = self.ops
        even = ops.mvn(x, _ints(ops, -1), True, self.bert.shape.epsilon, "inside_sqrt")
        return ops.add(ops.multiply(even, ops.constant(norm[0])), ops.constant(norm[1]))


def _ints(ops: Any, *numbers: int) -> Any:  # noqa: ANN401 (a node)
    return ops.constant(np.array(numbers, np.int64))


def _number(ops: Any, number: float) -> Any:  # noqa: ANN401 (a node)
    return ops.constant(np.float32(number))
