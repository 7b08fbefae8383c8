"""Our encoder beside plain sentence-transformers, in turns, in one process, on the same texts.

    PYTHONPATH=. python tests/bench/encoder.py [number of texts]

The plain one cuts a text at its window without a word; ours embeds all of it, in chunks. So the
speeds are compared on texts cut to the window beforehand, where both see the same tokens, and the
time for whole texts is given beside them.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from service.embedding.encoder import SentenceTransformerEncoder, token_ids
from service.embedding.loading import load
from service.embedding.text import text_of
from service.embedding.weights import folder_of

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "eval" / "oncology_2025_2026.jsonl"
Turn = tuple[float, float, float, list[float]]  # seconds: plain, ours, ours whole; cosines
BLOCK = 250  # texts per turn: long enough for either to sort by length, short enough to interleave


def main(count: int = 2000) -> None:
    if not CORPUS.is_file():
        sys.exit(f"the texts are not here: {CORPUS}")
    model, ours = load(folder_of(None)), SentenceTransformerEncoder()
    precision = ours.info().precision
    texts = corpus(count)
    cut = [within_window(model, text) for text in texts]
    tokens = [sum(len(ids) for ids in pieces) for pieces in token_ids(model, texts)]
    seen = [sum(len(ids) for ids in pieces) for pieces in token_ids(model, cut)]
    rows: list[Turn] = []
    for start in range(0, len(texts), BLOCK):
        block = slice(start, start + BLOCK)
        rows.append(turn(model, ours, cut[block], texts[block]))
        report_turn(start, *rows[-1])
    plain = sum(row[0] for row in rows)
    mine = sum(row[1] for row in rows)
    whole = sum(row[2] for row in rows)
    cosines = [cosine for row in rows for cosine in row[3]]
    n = len(texts)
    print(f"\n{n} texts, {sum(seen)} tokens within the window of {sum(tokens)} in all")
    print(f"plain float32      {n / plain:7.1f} texts/s {sum(seen) / plain:9.0f} tokens/s")
    print(f"ours, {precision:10}   {n / mine:7.1f} texts/s {sum(seen) / mine:9.0f} tokens/s")
    print(f"ours, whole texts  {n / whole:7.1f} texts/s {sum(tokens) / whole:9.0f} tokens/s")
    print(f"ratio, same tokens {plain / mine:.2f} (median of turns {median_ratio(rows):.2f})")
    print(f"ratio, whole texts {plain / whole:.2f} in texts/s, though ours reads all of them")
    print(f"cosine to plain    min {min(cosines):.6f}, mean {statistics.fmean(cosines):.6f}")


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


def turn(model: Any, ours: SentenceTransformerEncoder, cut: list[str], texts: list[str]) -> Turn:
    """Seconds of plain and ours on `cut`, of ours on `texts`, and the cosines on `cut`."""
    start = time.perf_counter()
    reference = model.encode(cut, show_progress_bar=False)
    plain = time.perf_counter()
    vectors = ours.encode(cut)
    mine = time.perf_counter()
    ours.encode(texts)
    whole = time.perf_counter()
    assert all(len(chunks) == 1 for chunks in vectors), "a text was cut that fits the window"
    cosines = [float(a @ b[0]) for a, b in zip(reference, vectors, strict=True)]
    return plain - start, mine - plain, whole - mine, cosines


def report_turn(start: int, plain: float, mine: float, whole: float, cosines: list[float]) -> None:
    print(
        f"texts {start:5}+  plain {plain:5.1f} s  ours {mine:5.1f} s  whole {whole:5.1f} s  "
        f"ratio {plain / mine:.2f}  least cosine {min(cosines):.6f}",
        flush=True,
    )


def median_ratio(rows: list[Turn]) -> float:
    return statistics.median(plain / mine for plain, mine, *_ in rows)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
