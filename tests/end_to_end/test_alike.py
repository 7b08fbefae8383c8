"""Near-duplicates of one week: one place in the digest, and none of them comes again."""

from __future__ import annotations

from dataclasses import replace

from tests.end_to_end.test_pipeline import STROMA, WEEKLY, Service, article, items, service

__all__ = ["service"]
LONG = (
    "myofibroblasts of the tumor border were profiled in forty-one resections by single-cell "
    "sequencing and imaging; they kept lymphocytes out, and blocking their chemokine restored "
    "infiltration within two days in slice cultures of pancreatic cancer"
)


def test_works_that_are_alike_take_one_place_and_never_come_again(service: Service) -> None:
    service.subscribe(replace(WEEKLY, cap=2))
    service.take_in(*(article(n, f"{STROMA}: {LONG}, part {n}") for n in (1, 2, 3)), article(4))
    content = service.next_week()
    lead = next(item for item in items(content) if item.similar)
    assert (len(items(content)), len(lead.similar), content.similar) == (2, 2, 2)
    [text] = service.files()
    assert "+2 similar:" in text
    with service.store.reading() as tx:
        assert len(tx.digests.sent_works("weekly")) == 4
        assert tx.digests.content(content.digest_id) == content
    service.take_in(article(2, f"{STROMA}: {LONG}, part 2, now mended"))
    assert items(service.next_week()) == []
