"""What differs between two versions of a topic, in a reader's words."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.records import Identifiers, Seed, Topic
from service.records.tuning import Difference
from service.topics import editing
from service.topics.differing import differences, line_of, told

REVIEW = Seed(
    "PMC1",
    "review",
    "Stroma in motion",
    authors=("Lind M", "Okafor C"),
    ids=Identifiers(doi="10.5555/a"),
    findings=("Cells move.",),
    entities={"Genes": ("CXCL12",)},
)
PAPER = Seed("7", "paper", "Niches", ids=Identifiers(pmid="7"))
TOPIC = Topic("stroma", "Stromal cells", (REVIEW, PAPER), include=("CAF", "niche"))


def lines(before: Topic | None, after: Topic) -> list[str]:
    return [told(each) for each in differences(before, after)]


def seed(**changes: Any) -> Topic:
    return replace(TOPIC, seeds=(replace(REVIEW, **changes), PAPER))


def test_nothing_differs_from_itself_whatever_its_version() -> None:
    assert differences(TOPIC, replace(TOPIC, version=9)) == ()


def test_a_new_topic_has_everything_added() -> None:
    topic = editing.with_line(editing.pinned(TOPIC, "NET", "trap"), per_week=5)
    assert lines(None, topic) == [
        "added name: Stromal cells",
        "line: the default, now about 5 papers a week",
        "added included term “CAF”",
        "added included term “niche”",
        "added sense “NET”: trap",
        "added seed “Stroma in motion”: weight 1",
        "added seed “Niches”: weight 1",
    ]


def test_changes_are_told_one_by_one() -> None:
    topic = editing.weighed(TOPIC, "PMC1", 2)
    topic = editing.excluding(topic, ["caf", "bone"])
    topic = editing.renamed(editing.without_seed(topic, "7"), "Stroma")
    assert lines(TOPIC, topic) == [
        "name: Stromal cells, now Stroma",
        "removed included term “CAF”",
        "added excluded term “caf”",
        "added excluded term “bone”",
        "seed “Stroma in motion”: weight 1, now weight 2",
        "removed seed “Niches”: weight 1",
    ]


def test_a_term_that_changes_sides_is_one_difference() -> None:
    topic = editing.excluding(TOPIC, ["CAF"])
    assert differences(TOPIC, topic) == (Difference("term", "CAF", "included", "excluded"),)


def test_a_seed_turned_against_the_topic_says_so() -> None:
    topic = editing.weighed(TOPIC, "7", -0.5)
    assert lines(TOPIC, topic) == ["seed “Niches”: weight 1, now against, weight 0.5"]


def test_what_is_not_there_is_empty_in_a_difference() -> None:
    topic = editing.without_terms(TOPIC, ["CAF"])
    assert differences(TOPIC, topic) == (Difference("included term", "CAF", "included", ""),)
    assert differences(topic, TOPIC)[0] == Difference("included term", "CAF", "", "included")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({}, "the default"),
        ({"cutoff": 0.5}, "50 % relevance"),
        ({"precision": 0.07}, "expected precision 7 %"),
        ({"per_week": 1}, "about 1 paper a week"),
        ({"per_week": 0.5}, "about 0.5 papers a week"),
    ],
)
def test_a_line_in_words(line: dict[str, float], words: str) -> None:
    assert line_of(replace(TOPIC, **line)) == words  # type: ignore[arg-type]  # numbers


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"title": "Stroma at rest"}, "title of seed “Stroma in motion”: Stroma in motion, now Stroma at rest"),
        ({"tldr": "All move."}, "added summary of seed “Stroma in motion”: All move."),
        ({"ids": Identifiers()}, "removed doi of seed “Stroma in motion”: 10.5555/a"),
        ({"findings": ()}, "removed finding of seed “Stroma in motion”: Cells move."),
        ({"authors": ("Okafor C", "Lind M")}, "order of author of seed “Stroma in motion”: Lind M, Okafor C, now Okafor C, Lind M"),
        ({"entities": {"Genes": ()}}, "removed entity of seed “Stroma in motion”: Genes: CXCL12"),
        ({"published": "2026"}, "added published of seed “Stroma in motion”: 2026"),
        ({"source_url": "https://example.org"}, "added address of seed “Stroma in motion”: https://example.org"),
    ],
)  # fmt: skip
def test_what_a_seed_says_is_compared_part_by_part(change: dict[str, Any], line: str) -> None:
    assert line in lines(TOPIC, seed(**change))


def test_a_seed_under_another_key_is_the_same_seed() -> None:
    assert lines(TOPIC, seed(key="review")) == ["key of seed “Stroma in motion”: PMC1, now review"]


def test_a_key_that_another_seed_took_over_is_no_other_seed() -> None:
    """Keys go first: a document that swaps two keys has changed both seeds."""
    swapped = replace(TOPIC, seeds=(replace(REVIEW, key="7"), replace(PAPER, key="PMC1")))
    told_of = [each.what for each in differences(TOPIC, swapped)]
    assert "title of seed" in told_of


def test_seeds_and_terms_in_another_order_differ() -> None:
    turned = replace(TOPIC, seeds=TOPIC.seeds[::-1], include=TOPIC.include[::-1])
    assert lines(TOPIC, turned) == [
        "order of included terms: CAF, niche, now niche, CAF",
        "order of seeds: PMC1, 7, now 7, PMC1",
    ]


def test_a_long_text_is_shown_about_its_first_difference() -> None:
    text = "word " * 100 + "twelve mice were seen " + "more " * 100
    before, after = seed(abstract=text), seed(abstract=text.replace("twelve", "fourteen"))
    (found,) = differences(before, after)
    assert "twelve mice" in found.before
    assert "fourteen mice" in found.after
    for shown in (found.before, found.after):
        assert shown.startswith("… word")
        assert shown.endswith(" …")
        assert len(shown) < 130


def test_a_seed_without_a_title_goes_by_how_its_text_begins() -> None:
    text = Seed("t", "text", "", abstract="Stroma " * 40)
    (line,) = lines(TOPIC, replace(TOPIC, seeds=(*TOPIC.seeds, text)))
    assert line.startswith("added seed “Stroma Stroma")
    assert "…”: weight 1" in line
    assert len(line) < 120


def test_what_a_terminal_obeys_is_not_told() -> None:
    topic = replace(TOPIC, name="\x1b[2J\nred\u202e", include=("a\x07",))
    assert all(line.isprintable() for line in lines(TOPIC, topic))


NAMES = st.text("ab -", min_size=1, max_size=3)
SEEDS = st.builds(
    Seed,
    key=NAMES,
    kind=st.sampled_from(["paper", "text"]),
    title=st.text("ab", max_size=2),
    authors=st.lists(NAMES, max_size=2).map(tuple),
    ids=st.builds(Identifiers, doi=st.none() | NAMES),
    published=st.none() | NAMES,
    abstract=st.text("ab", max_size=2),
    findings=st.lists(NAMES, max_size=2).map(tuple),
    entities=st.dictionaries(NAMES, st.lists(NAMES, max_size=2).map(tuple), max_size=2),
    weight=st.sampled_from([1.0, 2.0]),
    sign=st.sampled_from([1, -1]),
)
TOPICS = st.builds(
    Topic,
    slug=st.just("s"),
    name=NAMES,
    seeds=st.lists(SEEDS, max_size=3, unique_by=lambda seed: seed.key).map(tuple),
    include=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    exclude=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    cutoff=st.none() | st.sampled_from([0.0, 0.5]),
    senses=st.dictionaries(NAMES, NAMES, max_size=2),
)


PARTS = [field.name for field in fields(Topic) if field.name not in {"slug", "version", "seeds"}]
SEED_PARTS = [field.name for field in fields(Seed) if field.name != "key"]


@settings(max_examples=300)
@given(TOPICS, TOPICS, st.sampled_from(PARTS), st.sampled_from(SEED_PARTS))
def test_no_difference_means_the_same_topic(
    one: Topic, other: Topic, part: str, of_seed: str
) -> None:
    taken = replace(one, **{part: getattr(other, part)})
    mixed = [
        replace(seed, **{of_seed: getattr(from_other, of_seed)})
        for seed, from_other in zip(one.seeds, other.seeds, strict=False)
    ]
    for changed in (other, taken, replace(one, seeds=(*mixed, *one.seeds[len(mixed) :]))):
        found = differences(one, changed)
        assert (found == ()) == (one == changed)
        assert all(each.before or each.after for each in found)


@given(TOPICS)
def test_a_difference_names_what_was_added(topic: Topic) -> None:
    assert len(differences(None, topic)) >= 1 + len(topic.seeds) + len(topic.senses)
