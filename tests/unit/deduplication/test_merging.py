from __future__ import annotations

from itertools import permutations

from service.deduplication import merge
from service.records import Flag, Identifiers, Kind
from tests.papers import paper, preprint


def test_the_article_is_shown_before_its_preprint() -> None:
    fields = merge([preprint(1, title="Draft"), paper(1, title="Final")])
    assert (fields.title, fields.venue, fields.kind) == (
        "Final",
        "Journal of Stromal Biology",
        Kind.ARTICLE,
    )
    assert fields.published == "2026-11-12"
    assert fields.entered == "2026-06-01"
    assert fields.sources == ("biorxiv", "pubmed")


def test_what_the_best_record_lacks_comes_from_the_next() -> None:
    article = paper(1, abstract="", authors=(), published=None, ids=Identifiers(pmid="1"), url="")
    fields = merge([article, preprint(1, pdf_url="https://x.example.org/1.pdf")])
    assert fields.abstract == preprint(1).abstract
    assert fields.authors == ("Lindqvist1 Maja", "Okafor Chidi")
    assert fields.published == "2026-06-01"
    assert fields.ids == Identifiers(doi="10.1101/2026.000001", pmid="1")
    assert (fields.url, fields.pdf_url) == (preprint(1).url, "https://x.example.org/1.pdf")


def test_the_newest_version_of_a_preprint_is_shown() -> None:
    versions = [preprint(1, version, title=f"v{version}") for version in ("1", "10", "2")]
    assert merge(versions).title == "v10"


def test_a_feed_that_lists_a_preprint_does_not_publish_it() -> None:
    listed = preprint(1, source="biorxiv cancer biology", kind=Kind.ARTICLE, venue="A feed")
    fields = merge([listed, preprint(1)])
    assert (fields.kind, fields.venue) == (Kind.PREPRINT, "bioRxiv")
    assert merge([listed, preprint(1), paper(1)]).kind is Kind.ARTICLE
    assert merge([listed]).kind is Kind.ARTICLE  # nothing says otherwise yet


def test_the_better_curated_source_is_shown() -> None:
    sources = ["feed", "arxiv", "crossref", "europepmc", "pmc", "pubmed"]
    papers = [paper(1, source=source, venue=source) for source in sources]
    while papers:
        assert merge(papers).venue == papers.pop().source


def test_a_retraction_told_by_any_record_is_told() -> None:
    told = frozenset({Flag.RETRACTED, Flag.TRANSLATED_TITLE})
    fields = merge([paper(1), preprint(1, flags=told)])
    assert fields.flags == {Flag.RETRACTED}


def test_the_order_of_records_does_not_matter() -> None:
    papers = [paper(1), preprint(1), preprint(1, "2"), paper(1, source="feed", abstract="Other.")]
    assert len({repr(merge(order)) for order in permutations(papers)}) == 1


def test_a_bare_paper_has_a_work() -> None:
    bare = paper(
        1, title="", abstract="", authors=(), venue="", published=None, entered=None, url=""
    )
    fields = merge([bare])
    assert (fields.title, fields.published, fields.entered) == ("", None, None)
