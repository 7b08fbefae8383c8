"""What evaluation needs from outside: files, the encoder, the rankers that there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.errors import EncoderError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from service.config import Settings
    from service.protocols import Encoder
    from service.ranking.evaluation import Contender
    from service.ranking.labelled import Corpus
    from service.ranking.listed import ListedPaper
    from service.records import Candidate, EncoderInfo


def contenders() -> dict[str, Contender]:
    """Every ranker that can be evaluated, by its name; ours comes last."""
    from service.ranking.contender import Litwatch
    from service.ranking.peers import peers

    ours = Litwatch()
    return {**peers(), ours.name: ours}


def chosen_contenders(names: str) -> list[Contender]:
    """Those named, parted by commas, in that order; all for "". Raises `InputError`."""
    known = contenders()
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    for name in wanted:
        if name not in known:
            told = f"one of: {', '.join(known)}"
            raise InputError(f"--rankers {name}", "is no ranker that Litwatch has", told)
    return [known[name] for name in wanted or known]


def read_listed(file: Path) -> list[ListedPaper]:
    """The papers of a JSON Lines file, markup in titles and abstracts made plain text. Raises
    `InputError`."""
    from service.normalisation.markup import html_text
    from service.ranking.listed import read_papers

    try:
        body = file.read_bytes()
    except OSError as error:
        raise InputError(str(file), error.strerror or str(error), "check the path") from None
    return read_papers(str(file), body, html_text)


def plain_encoder(settings: Settings, cache: Path | None = None) -> Encoder:
    """The encoder that the settings name, loaded on first use; with a `cache` folder its vectors
    are kept there."""
    from service.bootstrap.vectors import KeptEncoder
    from service.embedding.encoder import SentenceTransformerEncoder

    chosen = settings.encoder
    made = SentenceTransformerEncoder(
        chosen.model or None,
        chosen.precision,
        chosen.threads or None,
        chosen.backend,
        chosen.device,
    )
    return KeptEncoder(made, cache) if cache else made


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured on what. `missing` says why there are no vectors, and `left_out` names
    the contenders that need them; `encoder` is None where none was needed or found."""

    contenders: tuple[Contender, ...]
    corpora: tuple[Corpus, ...]
    background: tuple[Candidate, ...] = ()
    encoder: EncoderInfo | None = None
    missing: EncoderError | None = None
    left_out: tuple[str, ...] = ()


def bench(
    wanted: Sequence[Contender],
    corpora: Sequence[tuple[str, Sequence[ListedPaper]]],
    background: Sequence[ListedPaper],
    encoder: Encoder,
    embedding: Callable[[str, int], Callable[[int], None]],
) -> Bench:
    """Make named corpora and the background ready, embedded where a contender needs that.

    `embedding(name, total)` is called before a corpus is embedded and gives its progress. Without
    the model, the contenders that need it are left out; raises `EncoderError` when none is left,
    `InputError` for a corpus that cannot be measured.
    """
    from service.ranking.labelled import corpus
    from service.records import Candidate

    rest = tuple(Candidate(row, each.title, each.abstract) for row, each in enumerate(background))
    ready = [corpus(name, papers) for name, papers in corpora]
    plain = Bench(tuple(wanted), tuple(ready), rest)
    if not any(each.dense for each in wanted):
        return plain
    try:
        info = encoder.info()
    except EncoderError as error:
        left = tuple(each for each in wanted if not each.dense)
        if not left:
            raise
        out = tuple(each.name for each in wanted if each.dense)
        return replace(plain, contenders=left, missing=error, left_out=out)
    done = [
        replace(each, papers=embedded(each.papers, encoder, embedding(each.name, len(each.papers))))
        for each in ready
    ]
    if rest:
        rest = embedded(rest, encoder, embedding("background", len(rest)))
    return Bench(tuple(wanted), tuple(done), rest, info)


def embedded(
    papers: Sequence[Candidate], encoder: Encoder, progress: Callable[[int], None]
) -> tuple[Candidate, ...]:
    from service.embedding.works import work_vectors

    texts = [(each.title, each.abstract) for each in papers]
    vectors = work_vectors(texts, encoder.encode, progress)
    return tuple(replace(each, vectors=rows) for each, rows in zip(papers, vectors, strict=True))
