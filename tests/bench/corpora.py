"""The nine labelled corpora, embedded."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from service.bootstrap import evaluation
from service.config import Settings

if TYPE_CHECKING:
    from service.bootstrap.evaluation import Bench
    from service.protocols import Encoder

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "eval" / "screening"


def ready(ranker: str = "litwatch", cache: str | None = None) -> tuple[Bench, Encoder]:
    """The corpora for a ranker, and what embedded them; vectors are kept in the folder `cache`, or
    in one that lasts no longer than the system's own. Ends the process where they are not at hand."""
    files = sorted(CORPORA.glob("*.jsonl"))
    if not files:
        sys.exit(f"the corpora are not here: {CORPORA}")
    encoder = evaluation.plain_encoder(Settings(), Path(cache or tempfile.mkdtemp()))
    bench = evaluation.bench(
        evaluation.chosen_contenders(ranker),
        [(file.stem, evaluation.read_listed(file)) for file in files],
        [],
        encoder,
        lambda _name, _total: lambda _done: None,
    )
    return bench, encoder
