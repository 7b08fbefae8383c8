"""How fast this machine multiplies matrices of the encoder's shapes: the ceiling of embedding.

    PYTHONPATH=. python tests/bench/products.py [threads]

oneDNN's products through torch, in float32, bfloat16 and int8, the best of some rounds: with one
thread in seconds of the processor, else of the clock. OpenVINO multiplies by oneDNN, too.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 1024  # tokens of a batch
SHAPES = {  # of all-MiniLM-L6-v2's linear layers: (in, out)
    "query, key, value": (384, 1152),
    "out": (384, 384),
    "up": (384, 1536),
    "down": (1536, 384),
    "large": (4096, 4096),
}
ROUNDS = 5


def main(threads: int = 1) -> None:
    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    print(f"{threads} threads, GFLOP/s (a product and a sum are two)")
    rates: dict[str, dict[str, float]] = {}
    with torch.inference_mode():
        for name, (width, out) in SHAPES.items():
            work = 2 * ROWS * width * out
            ways = products(width, out)
            rates[name] = {way: work / best(run, clock) / 1e9 for way, run in ways.items()}
            print(f"{name:18} ", "  ".join(f"{w} {r:5.0f}" for w, r in rates[name].items()))
    for way in rates["out"]:
        needed = {n: 2 * w * o for n, (w, o) in SHAPES.items() if n != "large"}
        seconds = 6 * sum(work / rates[name][way] / 1e9 for name, work in needed.items())
        print(f"{way:9} the products alone: {1 / seconds:7.0f} tokens/s")


def products(width: int, out: int) -> dict[str, Callable[[], object]]:
    """The product of a batch and one layer's weight, in each precision."""
    rows, weight, bias = torch.randn(ROWS, width), torch.randn(out, width) * 0.05, torch.randn(out)
    half = torch.ops.mkldnn._reorder_linear_weight(weight.bfloat16(), ROWS)
    half_rows, half_bias = rows.bfloat16(), bias.bfloat16()
    steps = weight.abs().amax(1) / 127
    numbers = (weight / steps[:, None]).round().to(torch.int8)
    laid_out = torch.ops.onednn.qlinear_prepack(numbers, [ROWS, width])
    whole_rows, zeros = torch.randint(0, 255, rows.shape, dtype=torch.uint8), torch.zeros(out).int()
    steps_in, middle = 0.02, 128

    def int8() -> object:
        return torch.ops.onednn.qlinear_pointwise(
            *(whole_rows, steps_in, middle, laid_out, steps, zeros, bias),
            *(1.0, 0, torch.float32, "none", [], ""),
        )

    def bfloat16() -> object:
        return torch.ops.mkldnn._linear_pointwise(half_rows, half, half_bias, "none", [], "")

    return {
        "float32": lambda: torch.nn.functional.linear(rows, weight, bias),
        "bfloat16": bfloat16,
        "int8": int8,
    }


def best(run: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds of one run, in the fastest round."""
    times = 10
    run()
    found = []
    for _ in range(ROUNDS):
        start = clock()
        for _ in range(times):
            run()
        found.append((clock() - start) / times)
    return min(found)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
