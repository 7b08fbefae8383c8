from __future__ import annotations

from dataclasses import replace

from service.records import Seed, Topic
from service.topics.facets import facets

REVIEW = Seed(
    key="r",
    kind="review",
    title="Stroma in motion",
    tldr="Cells move.",
    contribution="A frame.",
    findings=("TASCs vary.", "Plasticity is a target."),
    abstract="Cells shape tumours. They move. CELLS MOVE.",
)


def topic(*seeds: Seed) -> Topic:
    return Topic(slug="t", name="T", seeds=seeds)


def test_each_part_of_a_review_is_a_facet() -> None:
    found = [(facet.kind, facet.text) for facet in facets(topic(REVIEW))]
    assert found == [
        ("title", "Stroma in motion"),
        ("finding", "TASCs vary."),
        ("finding", "Plasticity is a target."),
        ("tldr", "Cells move."),
        ("contribution", "A frame."),
        ("abstract", "Cells shape tumours."),
        ("abstract", "They move."),
    ]


def test_a_finding_weighs_most_and_an_abstract_sentence_least() -> None:
    weights = {facet.kind: facet.weight for facet in facets(topic(REVIEW))}
    assert max(weights, key=weights.__getitem__) == "finding"
    assert min(weights, key=weights.__getitem__) == "abstract"


def test_weight_and_sign_of_the_seed_are_in_its_facets() -> None:
    against = replace(REVIEW, key="n", weight=2.0, sign=-1)
    mine, theirs = (facets(topic(seed)) for seed in (REVIEW, against))
    assert [facet.weight for facet in theirs] == [-2.0 * facet.weight for facet in mine]
    assert {facet.seed for facet in theirs} == {"n"}


def test_free_text_is_cut_into_sentences_of_full_weight() -> None:
    text = Seed(key="x", kind="text", title="", abstract="TANs age. NETs trap.")
    assert [(f.kind, f.text, f.weight) for f in facets(topic(text))] == [
        ("text", "TANs age.", 1.0),
        ("text", "NETs trap.", 1.0),
    ]
