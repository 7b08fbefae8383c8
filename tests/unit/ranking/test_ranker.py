from __future__ import annotations

import json
from dataclasses import replace

import pytest

from service.ranking.ranker import DEFAULT_CUTOFF, EXCLUDED_SCORE, FusedRanker
from service.records import Candidate, Facet, Topic
from service.topics import shipped
from service.topics.facets import facets
from service.topics.sentences import split_sentences
from tests.fakes_encoder import FakeEncoder

TOPICS = {topic.slug: topic for topic in shipped()}
RANKER = FusedRanker(facets, split_sentences)

TEXTS = [
    ("Tumor-associated neutrophils form NETs in liver metastasis",
     "Mice were kept. Neutrophil extracellular traps (NETs) shield tumor cells from T cells. "
     "Blocking CXCR2 lowered their number."),
    ("Pancreatic neuroendocrine tumors after resection",
     "NETs of the pancreas were resected. Patients with neuroendocrine tumors did well."),
    ("Vitamin D and bone density in adults", "Density was measured in adults. It did not differ."),
    ("Net benefit of screening for colon cancer", "The net benefit of screening was modelled."),
    ("Cancer-associated fibroblasts in stroma", "Fibroblasts shape the tumor stroma. CAFs vary."),
    ("Cooking oil and the price of grain", "Prices rose in spring."),
    ("Checkpoint blockade in melanoma", "Immunotherapy response was seen in melanoma patients."),
    ("An untold story", ""),
]  # fmt: skip


def works(encoder: FakeEncoder | None) -> list[Candidate]:
    found = []
    for number, (title, abstract) in enumerate(TEXTS, start=1):
        vectors = encoder.encode([f"{title}. {abstract}"])[0] if encoder else None
        found.append(Candidate(number, title, abstract, vectors))
    return found


def ranked(slug="neutrophils", encoder: FakeEncoder | None = None, topic: Topic | None = None):
    encode = encoder.encode if encoder else None
    return RANKER.rank(topic or TOPICS[slug], works(encoder), [], encode)


@pytest.mark.parametrize("encoder", [None, FakeEncoder()], ids=["words", "words and vectors"])
@pytest.mark.parametrize(("slug", "best"), [("neutrophils", 1), ("stroma", 5)])
def test_the_work_on_the_topic_comes_first(slug: str, best: int, encoder: FakeEncoder) -> None:
    found = ranked(slug, encoder)
    assert found[0].work_id == best
    assert found[0].score > DEFAULT_CUTOFF
    unrelated = {2, 3, 4, 6, 7, 8}
    assert all(each.score < DEFAULT_CUTOFF for each in found if each.work_id in unrelated)
    assert {each.work_id for each in found} == set(range(1, len(TEXTS) + 1))
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)
    assert {each.topic for each in found} == {slug}


def test_a_wrong_sense_is_put_last_and_the_term_is_told() -> None:
    last = ranked()[-1]
    assert (last.work_id, last.score) == (2, EXCLUDED_SCORE)
    assert last.terms == ("excluded: neuroendocrine tumor",)


def test_an_included_term_saves_a_work_from_exclusion() -> None:
    topic = replace(TOPICS["neutrophils"], include=("resection",))
    scores = {each.work_id: each.score for each in ranked(topic=topic)}
    assert scores[2] > EXCLUDED_SCORE


def test_included_terms_add_to_the_score() -> None:
    topic = replace(TOPICS["neutrophils"], include=(), exclude=())
    without = {each.work_id: each.score for each in ranked(topic=topic)}
    topic = replace(topic, include=("screening",))
    with_term = {each.work_id: each.score for each in ranked(topic=topic)}
    assert with_term[4] > without[4] + 0.2


def test_reasons_are_the_works_own_words() -> None:
    best = ranked()[0]
    assert best.sentence == "Neutrophil extracellular traps (NETs) shield tumor cells from T cells."
    text = " ".join(TEXTS[0])
    assert best.terms[0] == "Tumor-associated neutrophils"
    assert all(term in text for term in best.terms)
    assert best.facet in facets(TOPICS["neutrophils"])


def test_by_words_only_there_is_no_dense_part() -> None:
    assert all(each.dense is None for each in ranked())
    assert all(each.dense is not None for each in ranked(encoder=FakeEncoder()))


def test_a_work_that_is_not_embedded_yet_is_ranked_by_its_words() -> None:
    encoder = FakeEncoder()
    candidates = works(encoder)
    candidates[0] = replace(candidates[0], vectors=None)
    found = RANKER.rank(TOPICS["neutrophils"], candidates, [], encoder.encode)
    assert (found[0].work_id, found[0].dense) == (1, None)
    assert found[1].dense is not None


def test_the_encoder_is_asked_once_and_never_without_vectors() -> None:
    encoder = FakeEncoder()
    candidates = works(encoder)
    encoder.calls = 0
    RANKER.rank(TOPICS["stroma"], candidates, candidates, encoder.encode)
    assert encoder.calls == 1
    RANKER.rank(TOPICS["stroma"], works(None), [], encoder.encode)
    assert encoder.calls == 1


def test_the_order_of_arrival_does_not_matter_and_ties_go_by_id() -> None:
    candidates = [Candidate(n, *TEXTS[n % 2 * 5]) for n in (8, 3, 5, 2, 6)]
    forth = RANKER.rank(TOPICS["stroma"], candidates, [], None)
    back = RANKER.rank(TOPICS["stroma"], candidates[::-1], [], None)
    assert [each.work_id for each in forth] == [each.work_id for each in back]
    assert [each.work_id for each in forth if each.score == forth[0].score] in ([2, 6, 8], [3, 5])


def test_no_candidates_give_no_ranking() -> None:
    assert RANKER.rank(TOPICS["stroma"], [], works(None), None) == []


def test_empty_texts_and_a_topic_without_known_words_are_ranked_all_the_same() -> None:
    empty = [Candidate(1, "", ""), Candidate(2, "", "")]
    assert [each.work_id for each in RANKER.rank(TOPICS["stroma"], empty, [], None)] == [1, 2]
    strange = FusedRanker(lambda _: [Facet("text", "zzz", "s")], split_sentences)
    topic = replace(TOPICS["stroma"], include=(), exclude=())
    found = strange.rank(topic, works(None), works(None), None)
    assert [each.work_id for each in found] == list(range(1, len(TEXTS) + 1))


def test_evidence_against_lowers_what_is_near_to_it() -> None:
    def both(topic: Topic) -> list[Facet]:
        return [Facet("text", "melanoma patients", "s", sign) for sign in (0.5,)] + [
            Facet("text", "Checkpoint blockade in melanoma", "n", -1.0)
        ]

    topic = replace(TOPICS["stroma"], include=(), exclude=())
    encoder = FakeEncoder()
    plain = FusedRanker(lambda _: [Facet("text", "melanoma patients", "s", 0.5)], split_sentences)
    before = {e.work_id: e.score for e in plain.rank(topic, works(encoder), [], encoder.encode)}
    against = FusedRanker(both, split_sentences)
    after = {e.work_id: e.score for e in against.rank(topic, works(encoder), [], encoder.encode)}
    assert after[7] < before[7] - 0.5


@pytest.mark.captures
def test_among_real_oncology_papers_those_on_the_topic_lead(shared) -> None:
    lines = (shared / "eval" / "oncology_2025_2026.jsonl").read_text("utf-8").splitlines()
    papers = [json.loads(line) for line in lines]
    candidates = [Candidate(n, p["title"], p["abstract"] or "") for n, p in enumerate(papers)]
    for slug, words in {
        "neutrophils": ("neutrophil", "mdsc"),
        "stroma": ("strom", "fibro"),
    }.items():
        found = RANKER.rank(TOPICS[slug], candidates, candidates[::3], None)
        texts = [
            f"{papers[e.work_id]['title']} {papers[e.work_id]['abstract']}" for e in found[:10]
        ]
        hits = sum(any(word in text.lower() for word in words) for text in texts)
        assert hits >= 9, texts
        assert sum(each.score >= DEFAULT_CUTOFF for each in found) < 60
