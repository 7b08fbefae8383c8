from __future__ import annotations

import pytest

from service.ranking.sense_forms import same_form
from service.ranking.sense_inventory import Inventory, take_inventory, usage_of
from service.ranking.sense_writing import mentions, read_writing
from service.ranking.senses import (
    Reading,
    Sense,
    foreign_forms,
    read_sense,
    read_senses,
    spelled_out,
    spelled_term,
    topic_senses,
)

REVIEW = (
    "Tumor-associated neutrophils (TANs) and neutrophil extracellular traps (NETs) evolve within the "
    "tumor microenvironment (TME). TANs and NETs promote metastasis; granulocytes recruited by "
    "chemokines release chromatin webs."
)
TOPIC = topic_senses([REVIEW, "neutrophil elastase", "NETosis"], {})
NET = TOPIC["NET"]
EMPTY = Inventory()
# Sixty words and more, so that what is missing tells something; none of them about either sense.
FILLER = "We enrolled participants at two hospitals and compared outcomes between both arms. " * 6


def reading(
    abstract: str, title: str = "A study.", inventory: Inventory = EMPTY, sense: Sense = NET
) -> Reading:
    found = read_sense(read_writing(title, abstract), sense, inventory)
    assert found is not None
    return found


# -- the topic's own short forms -----------------------------------------------------------------


def test_a_topic_takes_its_senses_from_the_definitions_in_its_seeds() -> None:
    assert {short: sense.long for short, sense in TOPIC.items()} == {
        "NET": "neutrophil extracellular traps",
        "TAN": "Tumor-associated neutrophils",
        "TME": "tumor microenvironment",
    }


def test_an_included_term_explains_the_short_form_of_another() -> None:
    terms = ["inflammatory CAF", "iCAF", "cancer-associated fibroblast", "G-MDSC", "CXCR2"]
    terms += ["carcinoma-associated fibroblast", "granulocytic myeloid-derived suppressor cell"]
    senses = topic_senses(terms, {})
    assert senses["CAF"].long == "cancer-associated fibroblast"
    assert senses["CAF"].also == ("carcinoma-associated fibroblast",)
    assert senses["iCAF"].long == "inflammatory cancer-associated fibroblast"
    assert senses["G-MDSC"].long == "granulocytic myeloid-derived suppressor cell"
    assert "CXCR2" not in senses


@pytest.mark.parametrize(
    ("short", "terms", "long"),
    [
        ("HCC", ["hepatocellular carcinoma"], "hepatocellular carcinoma"),
        ("IFN-γ", ["interferon gamma"], "interferon gamma"),
        (
            "COPD",
            ["chronic obstructive pulmonary disease"],
            "chronic obstructive pulmonary disease",
        ),
        ("NKT", ["natural killer T"], "natural killer T"),
        ("CI", ["congenital"], None),
        ("RNA", ["recommend despite individual"], None),
        ("CC", ["cancer-associated fibroblast", "CXCR2"], None),
    ],
)
def test_each_word_of_a_term_stands_for_a_letter_of_the_short_form(
    short: str, terms: list[str], long: str | None
) -> None:
    sense = topic_senses([f"The {short} was measured in all of the people asked.", *terms], {})
    assert (sense[short].long if short in sense else None) == long


def test_where_the_letters_are_the_initials_of_a_term_no_other_is_it() -> None:
    terms = ["neutrophil elastase", "neutrophil extracellular trap", "neutrophil plasticity"]
    net = topic_senses(["NETs are released.", *terms], {})["NET"]
    assert (net.long, net.also) == ("neutrophil extracellular trap", ())


def test_a_title_in_title_case_is_no_short_form() -> None:
    assert topic_senses(["Tumor-Associated Cells", "tumor-associated fibroblast"], {}) == {}


def test_a_pinned_sense_wins_and_its_plural_is_the_same() -> None:
    senses = topic_senses([REVIEW], {"NETs": "neuroendocrine tumor", "XYZ": "unheard of"})
    assert (senses["NET"].long, senses["NET"].pinned) == ("neuroendocrine tumor", True)
    assert senses["XYZ"].pinned
    assert not senses["TAN"].pinned
    text = "Neuroendocrine tumors (NETs) are rare."
    assert reading(text, sense=senses["NET"]).ours is True
    assert reading(text, sense=NET).ours is False


# -- long forms ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tumor-associated neutrophils", "tumour associated neutrophil"),
        ("cancer-associated fibroblast", "carcinoma-associated fibroblasts"),
        ("tumor microenvironment", "tumour micro-environment"),
        ("tumor microenvironment", "tumor immune microenvironment"),
        ("neutrophil extracellular traps", "neutrophilic extracellular trap"),
        ("extracellular traps of neutrophils", "neutrophil extracellular traps"),
    ],
)
def test_the_same_long_form_is_known_however_it_is_spelled(one: str, other: str) -> None:
    assert same_form(one, other)
    assert same_form(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("neutrophil extracellular trap", "neuroendocrine tumor"),
        ("tumor microenvironment", "total mesorectal excision"),
        ("tumor-associated neutrophil", "total ammonia nitrogen"),
        ("tumor stromal cell", "trophoblast stem cell"),
        ("cancer-associated fibroblast", "caffeine"),
        ("tumor-associated neutrophil", "tumor-associated macrophage antigen presentation"),
        ("neutrophil extracellular trap", ""),
    ],
)
def test_other_long_forms_are_not(one: str, other: str) -> None:
    assert not same_form(one, other)


# -- what the paper says itself ------------------------------------------------------------------


def test_the_papers_own_definition_decides() -> None:
    ours = reading("Neutrophil extracellular traps (NETs) form. NETs kill.")
    assert (ours.ours, ours.long) == (True, "Neutrophil extracellular traps")
    foreign = reading("Pancreatic neuroendocrine tumours (NETs) grow near neutrophils.")
    assert (foreign.ours, foreign.long) == (False, "neuroendocrine tumours")
    assert "neuroendocrine tumours" in foreign.because


def test_the_definition_of_a_compound_decides_for_its_part() -> None:
    found = reading("Gastroenteropancreatic neuroendocrine tumors (GEP-NETs) are rare. NETs grow.")
    assert (found.ours, found.long) == (False, "neuroendocrine tumors")


def test_a_definition_in_the_abstract_holds_for_the_title() -> None:
    found = reading("Neuroendocrine tumors (NETs) are rare.", title="NETs in the elderly.")
    assert found.ours is False


def test_of_two_definitions_ours_is_enough() -> None:
    text = "Neuroendocrine tumors (NETs) hold neutrophil extracellular traps (NETs)."
    assert reading(text).ours is True


@pytest.mark.parametrize("text", ["The net result.", "NETosis", "PLANET", "NETest", "KNET1", ""])
def test_what_only_looks_like_the_short_form_is_not_read(text: str) -> None:
    assert read_sense(read_writing("A study.", text), NET, EMPTY) is None


@pytest.mark.parametrize("text", ["NET", "NETs", "GEP-NET", "NET-targeted", "(NETs)", "NET's"])
def test_the_short_form_is_found_as_papers_write_it(text: str) -> None:
    assert mentions(read_writing("", f"The {text} here"), "NET")


def test_a_title_all_in_capitals_tells_nothing() -> None:
    assert mentions(read_writing("NET WORTH OF FARMS", "No mention."), "NET") == []
    assert mentions(read_writing("NET worth of farms", "No mention."), "NET") == [0]


# -- what the words of the paper say -------------------------------------------------------------

OTHERS = take_inventory(
    [
        read_writing(
            "Carcinoid.",
            f"Neuroendocrine tumors (NETs) secrete serotonin; somatostatin analogues and {extra}.",
        )
        for extra in ("lutetium", "everolimus", "octreotide scintigraphy", "chromogranin")
    ],
    ["NET"],
)


def test_our_long_form_anywhere_makes_it_ours() -> None:
    found = reading("NETs are webs. The neutrophil extracellular trap was seen.", inventory=OTHERS)
    assert (found.ours, found.because) == (True, 'the paper has "neutrophil extracellular traps"')


def test_another_known_sense_spelled_out_makes_it_foreign() -> None:
    found = reading("NETs were seen. A neuroendocrine tumour is rare.", inventory=OTHERS)
    assert (found.ours, found.long) == (False, "Neuroendocrine tumors")


def test_words_of_another_sense_make_it_foreign() -> None:
    text = "Octreotide and other somatostatin analogues control serotonin in pancreatic NETs."
    found = reading(text, inventory=OTHERS)
    assert (found.ours, found.long) == (False, "Neuroendocrine tumors")
    assert "somatostatin" in found.because


def test_words_of_ours_make_it_ours() -> None:
    text = (
        "NETs are released by granulocytes; neutrophil elastase and chromatin promote metastasis."
    )
    for inventory in (EMPTY, OTHERS):
        assert reading(text, inventory=inventory).ours is True


def test_a_long_text_that_never_speaks_of_it_means_something_else() -> None:
    found = reading(f"{FILLER} NETs of energy prices were computed.")
    assert (found.ours, found.long) == (False, None)
    assert "never speaks" in found.because


def test_a_short_text_that_says_nothing_cannot_be_told() -> None:
    found = reading("NETs were seen.")
    assert (found.ours, found.long) == (None, None)


def test_the_short_form_is_no_evidence_for_itself() -> None:
    texts = [f"Caffeine (CAF) was given to cyclists, {name}." for name in ("a", "b", "c")]
    inventory = take_inventory([read_writing("CAF.", text) for text in texts], ["CAF"])
    sense = topic_senses(["cancer-associated fibroblast", "CAF"], {})["CAF"]
    assert reading("CAF CAF CAF.", inventory=inventory, sense=sense).ours is None


def test_an_inventory_counts_papers_by_sense_whatever_the_spelling() -> None:
    texts = [
        "Neuroendocrine tumors (NETs) grow.",
        "Neuroendocrine tumour (NET) growth.",
        "Neutrophil extracellular traps (NETs).",
        "Cancer-associated fibroblasts (CAFs).",
    ]
    found = take_inventory([read_writing("", text) for text in texts], ["NET", "TAN"])
    assert {short: [(u.long, u.papers) for u in uses] for short, uses in found.usages.items()} == {
        "NET": [("Neuroendocrine tumors", 2), ("Neutrophil extracellular traps", 1)]
    }


def test_a_usage_holds_what_its_texts_say_more_often_than_others() -> None:
    usage = usage_of("x", ["The patient has serotonin in 2020.", "The patient has octreotide."])
    assert {"serotonin", "octreotide"} <= usage.row.keys()
    assert usage.row["serotonin"] > usage.row.get("used", 0.0)
    assert not {"the", "2020"} & usage.row.keys()


# -- for the ranker ------------------------------------------------------------------------------


def test_foreign_forms_are_those_that_mean_something_else() -> None:
    abstract = "Tumor-associated neutrophils (TANs) infiltrate neuroendocrine tumors (NETs)."
    foreign = foreign_forms("TANs in NETs.", abstract, TOPIC, EMPTY)
    assert [(each.short, each.long) for each in foreign] == [("NET", "neuroendocrine tumors")]
    both = read_senses(read_writing("TANs in NETs.", abstract), TOPIC, EMPTY)
    assert [(each.short, each.ours) for each in both] == [("NET", False), ("TAN", True)]


def test_a_paper_is_spelled_out_by_its_own_definitions() -> None:
    writing = read_writing(
        "NETs and GEP-NETs", "Neuroendocrine tumors (NETs) grow; NET-like (rare) NETosis, net."
    )
    assert spelled_out(writing) == (
        "Neuroendocrine tumors and GEP-Neuroendocrine tumors",
        "Neuroendocrine tumors grow; Neuroendocrine tumors-like (rare) NETosis, net.",
    )


def test_what_is_ours_is_spelled_out_and_what_is_foreign_is_not_seen() -> None:
    writing = read_writing("NETs in TANs", "PMN NET formation.")
    ours = Reading("NET", "neutrophil extracellular trap", True, "")
    assert spelled_out(writing, [ours]) == (
        "neutrophil extracellular trap in TANs",
        "PMN neutrophil extracellular trap formation.",
    )
    assert spelled_out(writing, [Reading("NET", None, False, "")]) == (
        " in TANs",
        "PMN  formation.",
    )
    untold = Reading("NET", None, None, "")
    assert spelled_out(writing, [untold]) == ("NETs in TANs", "PMN NET formation.")


def test_a_compound_that_the_paper_defines_is_not_taken_apart() -> None:
    writing = read_writing(
        "", "IL-6 (interleukin-6) and tumor necrosis factor-α (TNF-α); TNF-α, IL."
    )
    assert spelled_out(writing)[1] == (
        "interleukin-6 and tumor necrosis factor-α; tumor necrosis factor-α, IL."
    )


def test_without_definitions_a_text_stays_as_it_is() -> None:
    writing = read_writing("A title\nin two lines", "An abstract.\nOf two.")
    assert spelled_out(writing) == ("A title in two lines", "An abstract.\nOf two.")


def test_a_term_is_spelled_out_by_the_topics_senses() -> None:
    assert spelled_term("NET formation", TOPIC) == "neutrophil extracellular traps formation"
    assert spelled_term("net formation, NETosis", TOPIC) == "net formation, NETosis"
