from __future__ import annotations

from service.ranking.sense_context import Verdict, by_context
from service.ranking.sense_inventory import Usage, usage_of, weighted

OURS = "neutrophil extracellular trap"
OTHER = "neuroendocrine tumor"
OWN = usage_of(OURS, ["Granulocytes release chromatin webs; citrullinated histones and elastase."])
RIVAL = usage_of(OTHER, ["Serotonin, octreotide and lutetium; carcinoid of the pancreas, ileum."])
LONG = "Participants came to both hospitals and were asked about their sleep, work and diet. " * 5


def verdict(text: str, others: tuple[Usage, ...] = (RIVAL,)) -> Verdict:
    places = [text.index("NET")]
    return by_context(text, places, short="NET", ours=[OURS], own=[OWN], others=others)


def test_a_long_form_spelled_out_goes_before_all_other_words() -> None:
    text = f"NET, serotonin, octreotide, carcinoid, ileum; {OURS}s"
    assert verdict(text) == Verdict(True, OURS, f'the paper has "{OURS}"')
    text = f"NET, chromatin webs, granulocytes, elastase; {OTHER}s"
    assert verdict(text) == Verdict(False, OTHER, f'the paper has "{OTHER}"')


def test_with_both_spelled_out_the_other_words_decide() -> None:
    both = f"{OURS}, {OTHER}."
    assert verdict(f"NET chromatin, histones, citrullinated, elastase, webs. {both}").ours is True
    assert verdict(f"NET serotonin, octreotide, lutetium, carcinoid. {both}").ours is not True


def test_a_sense_of_everyday_words_is_not_taken_for_spelled_out() -> None:
    everyday = Usage("new effective treatment", 1)
    assert verdict("NET as a new effective treatment", (everyday,)).ours is None


def test_the_words_that_told_are_named_most_telling_first() -> None:
    found = verdict("NET with octreotide and carcinoid heart disease, patients")
    assert (found.ours, found.long) == (False, OTHER)
    assert found.because.startswith(f"its words fit {OTHER}: ")
    assert {"octreotide", "carcinoid"} <= set(found.because.split(": ")[1].split(", "))


def test_words_near_the_mention_count_twice() -> None:
    near = f"{LONG} NET chromatin. {LONG} serotonin"
    far = f"{LONG} NET serotonin. {LONG} chromatin"
    row = weighted({"chromatin": 1.0, "serotonin": 1.0}, {"chromatin"})
    assert row["chromatin"] > row["serotonin"]
    assert verdict(near) != verdict(far)


def test_one_rare_word_of_the_long_form_is_not_enough_and_all_of_them_are() -> None:
    assert verdict("NET and the neutrophil ratio", ()).ours is None
    assert verdict("NET and neutrophil traps", ()).ours is True
    assert verdict("NET and the neutrophil, chromatin", ()).ours is True


def test_a_tumor_paper_that_counts_neutrophils_is_not_taken_for_ours() -> None:
    text = f"NETs of the pancreas and their neutrophil-to-lymphocyte ratio. {LONG}"
    assert verdict(text, ()).ours is not True
    assert verdict(f"{text} Neuroendocrine neoplasms; octreotide.").ours is False


def test_only_a_text_of_some_length_is_blamed_for_what_it_does_not_say() -> None:
    assert verdict(f"{LONG} NET", ()) == Verdict(False, None, f'it never speaks of "{OURS}"')
    assert verdict("NET " + LONG[:200], ()).ours is None


def test_of_many_senses_the_nearest_is_named() -> None:
    transporter = usage_of("norepinephrine transporter", ["Atomoxetine, reuptake and synapses."])
    found = verdict("NET: atomoxetine at synapses and reuptake", (RIVAL, transporter))
    assert found.long == "norepinephrine transporter"


def test_more_texts_do_not_make_a_sense_nearer_to_any_paper() -> None:
    one = usage_of("x", ["Serotonin in the ileum."])
    many = usage_of("x", ["Serotonin in the ileum."] * 16)
    assert many.papers == 16
    assert many.row["serotonin"] == one.row["serotonin"] / 2


def test_an_unused_sense_is_nearest_to_nothing() -> None:
    assert usage_of("x", []) == Usage("x")
