"""PubMed's baseline and update files: cut from a real one, or of invented records."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from service.sources import importing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'


def cut(file: Path, folder: Path, parts: int) -> None:
    """The records of one PubMed file in so many files; its deletions in the last."""
    records, deleted = [], []
    for batch in importing.batches(file):
        records += [record.payload for record in batch.records]
        deleted += batch.deletions
    write(folder, records, parts, deleted)


def invent(folder: Path, records: int, parts: int) -> None:
    """As many invented records; the last deletes the first."""
    write(folder, [article(number) for number in range(records)], parts, ["90000000"])


def article(number: int, *, revised: str = "01", title: str = "") -> bytes:
    """An invented record of PubMed, last revised on that day."""
    pmid = 90_000_000 + number
    shown = title or f"Stromal niche {number} holds neutrophils back"
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID>'
        f"<DateRevised><Year>2026</Year><Month>11</Month><Day>{revised}</Day></DateRevised>"
        "<Article><Journal><JournalIssue><PubDate><Year>2026</Year></PubDate></JournalIssue>"
        f"<Title>Wading Letters</Title></Journal><ArticleTitle>{shown}.</ArticleTitle>"
        f"<Abstract><AbstractText>Model {number} was looked at for {number % 97} days.</AbstractText>"
        f"</Abstract><AuthorList><Author><LastName>Berg{number}</LastName><ForeName>Ane</ForeName>"
        "</Author></AuthorList></Article></MedlineCitation><PubmedData><ArticleIdList>"
        f'<ArticleId IdType="doi">10.5555/niche.{number}</ArticleId>'
        "</ArticleIdList></PubmedData></PubmedArticle>"
    ).encode()


def write(folder: Path, records: Sequence[bytes], parts: int, deleted: Sequence[str] = ()) -> None:
    """The records in files named as NLM names them."""
    size = -(-len(records) // parts)
    for part in range(parts):
        inside = b"\n".join(records[part * size : (part + 1) * size])
        if deleted and part == parts - 1:
            pmids = "".join(f'<PMID Version="1">{each}</PMID>' for each in deleted)
            inside += f"<DeleteCitation>{pmids}</DeleteCitation>".encode()
        body = gzip.compress(_HEAD + inside + b"\n</PubmedArticleSet>\n", 1)
        (folder / f"pubmed99n{part + 1:04}.xml.gz").write_bytes(body)
