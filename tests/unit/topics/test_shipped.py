from __future__ import annotations

import pytest

from service.topics import shipped
from service.topics.documents import dump, parse
from service.topics.facets import facets
from service.topics.seeds import parse_review

TOPICS = {topic.slug: topic for topic in shipped()}


def test_both_topics_are_shipped() -> None:
    assert list(TOPICS) == ["neutrophils", "stroma"]


@pytest.mark.parametrize(
    ("slug", "doi", "venue", "published", "authors", "starts"),
    [
        ("stroma", "10.34133/cancomm.0002", "Cancer Communications", "2026-01-22", 17,
         "Tumor-associated stromal cells (TASCs) are key architects"),
        ("neutrophils", "10.1186/s12943-026-02570-4", "Molecular Cancer", "2026-01-26", 6,
         "Neutrophils, traditionally regarded as short-lived"),
    ],
)  # fmt: skip
def test_the_seed_reviews_are_read_whole(
    slug: str, doi: str, venue: str, published: str, authors: int, starts: str
) -> None:
    (seed,) = TOPICS[slug].seeds
    assert (seed.ids.doi, seed.venue, seed.published) == (doi, venue, published)
    assert len(seed.authors) == authors
    assert len(seed.findings) == 3
    assert seed.abstract.startswith(starts)
    assert seed.tldr
    assert seed.contribution
    assert seed.licence == "CC BY"
    assert seed.ids.pmcid is not None
    assert seed.source_url.endswith(seed.ids.pmcid)
    assert "Diseases" in seed.entities


@pytest.mark.parametrize("slug", list(TOPICS))
def test_a_shipped_topic_has_terms_facets_and_a_document(slug: str) -> None:
    topic = TOPICS[slug]
    assert len(topic.include) > 10
    assert len(topic.exclude) > 3
    assert not set(topic.include) & set(topic.exclude)
    assert len(facets(topic)) >= 12
    assert parse(dump(topic), {}.__getitem__) == topic


@pytest.mark.captures
def test_the_users_own_files_give_the_same_seeds(shared) -> None:
    for topic in TOPICS.values():
        (seed,) = topic.seeds
        theirs = parse_review((shared / "seeds" / f"{seed.key}.md").read_text("utf-8"), seed.key)
        assert (theirs.abstract, theirs.findings) == (seed.abstract, seed.findings)
