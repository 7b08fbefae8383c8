"""Changes of a topic: each as a pure function, and all of them as documents that read back."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import TopicError
from service.records import Identifiers, Seed, Topic
from service.topics import editing
from service.topics.documents import dump, parse

if TYPE_CHECKING:
    from collections.abc import Callable

REVIEW = Seed("PMC1", "review", "Stroma in motion", ids=Identifiers(doi="10.5555/a", pmcid="PMC1"))
AGAINST = Seed("wound", "text", "", abstract="Wound healing in skin.", sign=-1, weight=0.5)
TOPIC = Topic("stroma", "Stromal cells", (REVIEW, AGAINST), include=("CAF",), exclude=("bone",))


def no_file(name: str) -> str:
    raise AssertionError(f"nothing should be read, but {name} was")


def paper(title: str = "Niches hold neutrophils", **changes: Any) -> Seed:
    return replace(Seed("x", "paper", title), **changes)


# -- seeds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "key"),
    [
        (paper(ids=Identifiers(doi="10.5555/b", pmid="7", pmcid="PMC9")), "PMC9"),
        (paper(ids=Identifiers(doi="10.5555/b", pmid="7")), "7"),
        (paper(ids=Identifiers(doi="10.5555/b", arxiv="2511.00001")), "10.5555/b"),
        (paper(ids=Identifiers(arxiv="2511.00001")), "2511.00001"),
        (paper("Müller cells: IL-6 & TGF-β"), "muller-cells-il-6-tgf"),
        (paper("A very long title that goes on and on about fibroblasts"), None),
        (paper("", kind="text", abstract="CAFs that wall off tumours."), "cafs-that-wall-off-tumours"),
        (paper("肿瘤相关成纤维细胞"), "seed"),
    ],
)  # fmt: skip
def test_a_seed_gets_a_key_that_a_person_can_type(seed: Seed, key: str | None) -> None:
    added = editing.with_seeds(TOPIC, [seed]).seeds[-1]
    assert added.key == (key or "a-very-long-title-that-goes-on-and-on-about")
    assert len(added.key) <= 48


def test_a_key_that_is_taken_gets_a_number_whatever_its_case() -> None:
    topic = replace(TOPIC, seeds=(replace(REVIEW, key="NICHES"), AGAINST))
    first, second = paper("Niches", abstract="a"), paper("", kind="text", abstract="Niches!")
    keys = [seed.key for seed in editing.with_seeds(topic, [first, second]).seeds]
    assert keys == ["NICHES", "wound", "niches-2", "niches-3"]


@pytest.mark.parametrize(
    "again",
    [
        paper("Another title", ids=Identifiers(doi="10.5555/A")),
        paper("another", ids=Identifiers(pmid="3", pmcid="pmc1")),
        paper("STROMA in-motion."),
        paper("", kind="text", abstract="Wound healing -- in skin"),
    ],
    ids=["doi", "pmcid", "title", "text"],
)
def test_a_seed_that_is_there_already_is_refused_by_name(again: Seed) -> None:
    key = "wound" if again.abstract else "PMC1"
    with pytest.raises(TopicError, match=f'is a seed of topic stroma already: "{key}"'):
        editing.with_seeds(TOPIC, [paper("New"), again])


def test_a_seed_that_is_given_twice_is_refused() -> None:
    with pytest.raises(TopicError, match=r'seed "new".*already: "new"'):
        editing.with_seeds(TOPIC, [paper("New"), paper("new")])


def test_of_many_seeds_the_known_ones_are_told_apart() -> None:
    fresh, there = editing.parted(TOPIC, [paper("New"), REVIEW, paper("new ")])
    assert [seed.key for seed in fresh] == ["new"]
    assert [(seed.title, key) for seed, key in there] == [
        ("Stroma in motion", "PMC1"), ("new", "new"),
    ]  # fmt: skip


def test_two_papers_without_words_in_common_are_two() -> None:
    topic = editing.with_seeds(TOPIC, [paper("…", abstract="a"), paper("???", abstract="b")])
    assert len(topic.seeds) == 4


def test_a_seed_without_any_text_is_refused() -> None:
    with pytest.raises(TopicError, match="has no text"):
        editing.with_seeds(TOPIC, [paper("", ids=Identifiers(pmid="7"))])


def test_nothing_added_changes_nothing() -> None:
    assert editing.with_seeds(TOPIC, []) is TOPIC


@pytest.mark.parametrize("key", ["PMC1", "pmc1", "10.5555/A", " 10.5555/a "])
def test_a_seed_is_found_by_its_key_or_identifier(key: str) -> None:
    assert editing.chosen(TOPIC, key) is REVIEW


def test_a_seed_that_is_not_there_is_refused_with_what_was_meant() -> None:
    with pytest.raises(TopicError, match=r'seed "wounds".*did you mean: wound\?'):
        editing.without_seed(TOPIC, "wounds")
    with pytest.raises(TopicError, match="there are: PMC1, wound"):
        editing.without_seed(TOPIC, "zzz")


def test_a_key_goes_before_an_identifier() -> None:
    other = paper("Other", key="10.5555/a")
    topic = replace(TOPIC, seeds=(REVIEW, other))
    assert editing.without_seed(topic, "10.5555/a").seeds == (REVIEW,)


def test_the_last_seed_that_tells_what_is_followed_stays() -> None:
    assert editing.without_seed(TOPIC, "wound").seeds == (REVIEW,)
    for topic in (TOPIC, replace(TOPIC, seeds=(REVIEW,))):
        with pytest.raises(TopicError, match="cannot be removed") as caught:
            editing.without_seed(topic, "PMC1")
        assert caught.value.remedy == "add another seed first"
    with pytest.raises(TopicError, match="cannot be turned against it"):
        editing.weighed(TOPIC, "PMC1", -1)


def test_a_topic_that_came_without_a_seed_for_it_can_still_be_mended() -> None:
    other = replace(AGAINST, key="scar", abstract="Scars.")
    topic = replace(TOPIC, seeds=(AGAINST, other))
    assert editing.without_seed(topic, "scar").seeds == (AGAINST,)
    assert editing.weighed(topic, "scar", 2).seeds[1].sign == 1


@pytest.mark.parametrize(("weight", "stands"), [(2, (2.0, 1)), (0.25, (0.25, 1)), (-3, (3.0, -1))])
def test_a_negative_weight_speaks_against(weight: float, stands: tuple[float, int]) -> None:
    seed = editing.weighed(TOPIC, "wound", weight).seeds[1]
    assert (seed.weight, seed.sign) == stands


@pytest.mark.parametrize("weight", [math.inf, -math.inf, math.nan, 101, -1e300])
def test_a_weight_without_measure_is_refused(weight: float) -> None:
    with pytest.raises(TopicError, match="give a number from -100 to 100"):
        editing.weighed(TOPIC, "wound", weight)


def test_a_weight_of_nothing_is_refused_with_what_to_do() -> None:
    for zero in (0, -0.0):
        with pytest.raises(TopicError, match=r"is 0.*remove the seed"):
            editing.weighed(TOPIC, "wound", zero)


# -- terms ----------------------------------------------------------------------------------------


def test_terms_are_included_once_however_they_are_written() -> None:
    topic = editing.including(TOPIC, ["cafs", "Tumour-Niche", "tumour niches", " stellate   cell "])
    assert topic.include == ("CAF", "Tumour-Niche", "stellate cell")
    assert editing.including(topic, ["STELLATE CELLS", "caf"]) == topic


def test_a_term_moves_from_one_side_to_the_other() -> None:
    topic = editing.excluding(TOPIC, ["cafs"])
    assert (topic.include, topic.exclude) == ((), ("bone", "cafs"))
    topic = editing.including(topic, ["Bones"])
    assert (topic.include, topic.exclude) == (("Bones",), ("cafs",))


def test_terms_are_removed_from_either_side() -> None:
    topic = editing.without_terms(TOPIC, ["caf", "Bone"])
    assert (topic.include, topic.exclude) == ((), ())


def test_a_term_that_is_not_there_is_not_removed_with_those_that_are() -> None:
    with pytest.raises(TopicError, match=r'term "bonne".*did you mean: bone\?'):
        editing.without_terms(TOPIC, ["CAF", "bonne"])
    with pytest.raises(TopicError, match="there are none"):
        editing.without_terms(replace(TOPIC, include=(), exclude=()), ["x"])


@pytest.mark.parametrize("terms", [[], [""], [" \x00\t"], ["CAF", ""]])
@pytest.mark.parametrize("edit", [editing.including, editing.excluding, editing.without_terms])
def test_an_empty_term_is_refused(edit: Callable[..., Topic], terms: list[str]) -> None:
    with pytest.raises(TopicError, match="term: is empty"):
        edit(TOPIC, terms)


@pytest.mark.parametrize(
    ("one", "other"),
    [("NETs", "net"), ("TGF-β", "tgf β"), ("T‑cells", "t cell"), ("ﬁbroblast", "Fibroblasts")],
)
def test_terms_that_mean_the_same_fold_alike(one: str, other: str) -> None:
    assert editing.folded(one) == editing.folded(other)


@pytest.mark.parametrize(("one", "other"), [("stroma", "stromal"), ("pus", "pu"), ("gas", "ga")])
def test_terms_that_differ_do_not(one: str, other: str) -> None:
    assert editing.folded(one) != editing.folded(other)


# -- senses, line, name ---------------------------------------------------------------------------


def test_a_sense_is_pinned_and_unpinned() -> None:
    topic = editing.pinned(TOPIC, " NET ", "neutrophil extracellular  trap")
    assert topic.senses == {"NET": "neutrophil extracellular trap"}
    assert editing.pinned(topic, "NET", "neuroendocrine tumour").senses["NET"].startswith("neuroe")
    assert editing.unpinned(topic, "NET") == TOPIC


def test_a_plain_word_is_no_short_form() -> None:
    with pytest.raises(TopicError, match=r'"net".*is no short form.*with capitals'):
        editing.pinned(TOPIC, "net", "neutrophil extracellular trap")
    with pytest.raises(TopicError, match="is empty"):
        editing.pinned(TOPIC, "NET", "  ")


def test_a_sense_that_is_not_pinned_cannot_be_unpinned() -> None:
    topic = editing.pinned(TOPIC, "NET", "trap")
    with pytest.raises(TopicError, match=r"not pinned in topic stroma.*did you mean: NET\?"):
        editing.unpinned(topic, "NETs")


def test_the_line_is_drawn_in_one_way() -> None:
    topic = editing.with_line(TOPIC, per_week=5)
    assert (topic.cutoff, topic.precision, topic.per_week) == (None, None, 5.0)
    topic = editing.with_line(topic, precision=0.8)
    assert (topic.cutoff, topic.precision, topic.per_week) == (None, 0.8, None)
    assert editing.with_line(topic) == TOPIC
    with pytest.raises(TopicError, match="both say where the line is drawn"):
        editing.with_line(TOPIC, cutoff=0.5, per_week=5)


@pytest.mark.parametrize(
    "line", [{"cutoff": 1.5}, {"precision": 0}, {"per_week": 1e9}, {"cutoff": math.nan}]
)
def test_a_line_out_of_range_is_refused(line: dict[str, float]) -> None:
    with pytest.raises(TopicError, match=next(iter(line))):
        editing.with_line(TOPIC, **line)


def test_a_topic_is_renamed_on_one_line() -> None:
    assert editing.renamed(TOPIC, " Stroma\n\x1b[31m in red ").name == "Stroma [31m in red"
    with pytest.raises(TopicError, match="name: is empty"):
        editing.renamed(TOPIC, " ")


# -- new topics -----------------------------------------------------------------------------------


def test_a_new_topic_is_made_of_its_seeds() -> None:
    topic = editing.new("niches", "Niches", [paper(), AGAINST])
    assert (topic.slug, topic.name, topic.version) == ("niches", "Niches", 1)
    assert [seed.key for seed in topic.seeds] == ["niches-hold-neutrophils", "wound-healing-in-skin"]  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "name", "seeds", "told"),
    [
        ("Über uns", "N", [REVIEW], "use lower-case letters"),
        ("search:x", "N", [REVIEW], "use lower-case letters"),
        ("x" * 65, "N", [REVIEW], "64 characters at most"),
        ("niches", " ", [REVIEW], "name: is empty"),
        ("niches", "N", [], "no seed that tells what it follows"),
        ("niches", "N", [AGAINST], "no seed that tells what it follows"),
    ],
)
def test_what_is_no_topic_is_not_made(slug: str, name: str, seeds: list[Seed], told: str) -> None:
    with pytest.raises(TopicError, match=told):
        editing.new(slug, name, seeds)


# -- whatever is typed ----------------------------------------------------------------------------

# All that a form or a terminal can send: lone surrogates, controls, quotes, TOML and markup.
HOSTILE = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(), max_size=6),
    st.sampled_from(
        ['"', "'''", '"""', "\\", "]]\n[[seeds]]", "NET", "\ud800", "a\x00b", "\x1b[2J", "\u2028",
         "# x", "ﬀ", "İ", "ß", "key = 1", "<script>", "=cmd()", "é", "é", "CAFs", "caf"]
    ),
)  # fmt: skip
WORDS = st.lists(HOSTILE, max_size=3)
SEEDS = st.builds(
    Seed,
    key=HOSTILE,
    kind=st.sampled_from(["review", "paper", "text"]),
    title=HOSTILE,
    authors=WORDS.map(tuple),
    ids=st.builds(Identifiers, doi=st.none() | HOSTILE, pmid=st.none() | HOSTILE),
    published=st.none() | HOSTILE,
    findings=WORDS.map(tuple),
    abstract=HOSTILE,
    entities=st.dictionaries(HOSTILE, WORDS.map(tuple), max_size=2),
    weight=st.sampled_from([1.0, 0.1, 3]),
    sign=st.sampled_from([1, -1]),
)
NUMBER = st.none() | st.floats(0, 2) | st.floats()
CHANGES = st.one_of(
    st.tuples(st.just(editing.with_seeds), st.tuples(st.lists(SEEDS, max_size=3))),
    st.tuples(st.just(editing.without_seed), st.tuples(HOSTILE | st.just("PMC1"))),
    st.tuples(st.just(editing.weighed), st.tuples(st.just("PMC1") | HOSTILE, st.floats())),
    st.tuples(st.just(editing.including), st.tuples(WORDS)),
    st.tuples(st.just(editing.excluding), st.tuples(WORDS)),
    st.tuples(st.just(editing.without_terms), st.tuples(WORDS)),
    st.tuples(st.just(editing.pinned), st.tuples(HOSTILE, HOSTILE)),
    st.tuples(st.just(editing.unpinned), st.tuples(HOSTILE)),
    st.tuples(st.just(editing.renamed), st.tuples(HOSTILE)),
    st.tuples(
        st.just(lambda topic, *drawn: editing.with_line(
            topic, cutoff=drawn[0], precision=drawn[1], per_week=drawn[2]
        )),
        st.tuples(NUMBER, NUMBER, NUMBER),
    ),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_whatever_is_changed_reads_back_from_its_document(changes: list[Any]) -> None:
    topic = TOPIC
    for edit, values in changes:
        with suppress(TopicError):  # refused, and nothing was changed
            topic = edit(topic, *values)
    document = dump(topic)
    assert parse(document.encode().decode(), no_file) == topic, "as a file of UTF-8"
    assert any(seed.sign > 0 for seed in topic.seeds)
    keys = [seed.key.casefold() for seed in topic.seeds]
    assert len(set(keys)) == len(keys)
    sides = [{editing.folded(term) for term in terms} for terms in (topic.include, topic.exclude)]
    assert not sides[0] & sides[1]
