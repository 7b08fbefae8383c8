"""Our encoder, by each backend that is installed, beside plain sentence-transformers: in turns, in
one process, on the same texts.

    PYTHONPATH=. python tests/bench/encoder.py [number of texts] [threads, or 0 for all]

The plain one cuts a text at its window without a word; ours embeds all of it, in chunks. So the
speeds are compared on texts cut to the window beforehand, where both see the same tokens, and the
time for whole texts is given beside them. With one thread, seconds of the processor are counted,
which other programs on the machine lengthen little; with more, seconds of the clock.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from service.embedding.encoder import SentenceTransformerEncoder, token_ids
from service.embedding.loading import load
from service.embedding.text import text_of
from service.embedding.weights import folder_of

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "eval" / "oncology_2025_2026.jsonl"
BLOCK = 250  # texts per turn: long enough for either to sort by length, short enough to interleave


@dataclass
class Side:
    """One way to encode, and what it took: seconds per turn, and the cosines to plain."""

    name: str
    encoder: SentenceTransformerEncoder
    cut: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    cosines: list[float] = field(default_factory=list)


def main(count: int = 2000, threads: int = 0) -> None:
    if not CORPUS.is_file():
        sys.exit(f"the texts are not here: {CORPUS}")
    model = load(folder_of(None))
    torch.set_num_threads(threads or torch.get_num_threads())
    clock = time.process_time if threads == 1 else time.perf_counter
    sides = contenders(threads or torch.get_num_threads())
    texts = corpus(count)
    cut = [within_window(model, text) for text in texts]
    plain: list[float] = []
    for start in range(0, len(texts), BLOCK):
        block = slice(start, start + BLOCK)
        plain.append(turn(model, sides, cut[block], texts[block], clock))
        report_turn(start, plain[-1], sides)
    report(model, texts, cut, plain, sides)


def contenders(threads: int) -> list[Side]:
    """Ours by torch, and where it is installed by OpenVINO; loaded and warm."""
    made = [SentenceTransformerEncoder(threads=threads)]
    if importlib.util.find_spec("openvino"):
        made += [
            SentenceTransformerEncoder(precision=precision, threads=threads, backend="openvino")
            for precision in ("auto", "int8")
        ]
    return [Side(each.info().precision, each) for each in made]


def corpus(count: int) -> list[str]:
    """The first `count` texts that have an abstract."""
    with CORPUS.open(encoding="utf-8") as lines:
        papers = (json.loads(line) for line in lines)
        texts = [text_of(p["title"], p["abstract"]) for p in papers if p["abstract"]]
    return texts[:count]


def within_window(model: Any, text: str) -> str:
    """The start of `text` that fits the model's window."""
    offsets = model.tokenizer(text, return_offsets_mapping=True, truncation=True)["offset_mapping"]
    return text[: max(end for _, end in offsets)]


def turn(
    model: Any, sides: list[Side], cut: list[str], texts: list[str], clock: Callable[[], float]
) -> float:
    """Seconds of plain on `cut`; each side is given its own, on `cut` and on `texts`."""
    start = clock()
    reference = model.encode(cut, show_progress_bar=False)
    plain = clock() - start
    for side in sides:
        start = clock()
        vectors = side.encoder.encode(cut)
        middle = clock()
        side.encoder.encode(texts)
        side.cut.append(middle - start)
        side.whole.append(clock() - middle)
        assert all(len(chunks) == 1 for chunks in vectors), "a text was cut that fits the window"
        side.cosines += [float(a @ b[0]) for a, b in zip(reference, vectors, strict=True)]
    return plain


def report_turn(start: int, plain: float, sides: list[Side]) -> None:
    told = "  ".join(f"{s.name} {s.cut[-1]:.1f} s ({plain / s.cut[-1]:.2f})" for s in sides)
    print(f"texts {start:5}+  plain {plain:5.1f} s  {told}", flush=True)


def report(
    model: Any, texts: list[str], cut: list[str], plain: list[float], sides: list[Side]
) -> None:
    """Speeds over all turns; ratios as a whole, and from the least to the greatest of a turn."""
    total, seen = tokens(model, texts), tokens(model, cut)
    print(f"\n{len(texts)} texts, {seen} tokens within the window of {total} in all")
    print(f"plain float32        {rate(len(texts), seen, sum(plain))}")
    for side in sides:
        ratios = sorted(p / own for p, own in zip(plain, side.cut, strict=True))
        print(f"{side.name:20} {rate(len(texts), seen, sum(side.cut))}")
        print(f"{'   whole texts':20} {rate(len(texts), total, sum(side.whole))}")
        print(
            f"   ratio, same tokens {sum(plain) / sum(side.cut):.2f} ({ratios[0]:.2f} to "
            f"{ratios[-1]:.2f}), whole texts {sum(plain) / sum(side.whole):.2f}; cosine to plain "
            f"min {min(side.cosines):.6f}, mean {statistics.fmean(side.cosines):.6f}"
        )


def tokens(model: Any, texts: list[str]) -> int:
    """How many the model reads of `texts`, in chunks."""
    return sum(len(ids) for pieces in token_ids(model, texts) for ids in pieces)


def rate(texts: int, count: int, seconds: float) -> str:
    return f"{texts / seconds:7.1f} texts/s {count / seconds:9.0f} tokens/s"


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
