from __future__ import annotations

from dataclasses import replace

import pytest

from service.deduplication.alike import PROBABLY, alike, days_between, measured
from service.records import Author, Certainty, Identifiers, Kind, Paper, Relation
from tests.papers import paper, preprint, states

SENTENCES = [
    "Neutrophils that infiltrate pancreatic tumours are restrained by fibroblasts of the niche.",
    "We labelled both cell types in three mouse models and followed them for twelve weeks.",
    "Deleting the chemokine in fibroblasts released neutrophils and slowed the growth of tumours.",
    "Circulating neutrophils were not affected by the deletion in any of the models.",
    "Human samples showed the same arrangement of cells around the vessels of the tumour.",
]
OTHERS = [
    "Sleep in early infancy follows the diet of the mother more closely than her own rest.",
    "A cohort of four hundred families kept diaries during the first half year at home.",
    "Regular meals went together with longer nights, and late meals with shorter ones instead.",
    "Feeding at night made no difference once the age of the children was considered too.",
    "Programmes that support young parents could make use of this simple relation soon.",
]
AUTHORS = tuple(
    Author(family, "M") for family in ("Lindqvist", "Okafor", "Bauer", "Costa", "Tanaka", "Moreau")
)
TITLE = "Stromal fibroblasts restrain neutrophils in pancreatic tumours of mice"


def article(**changes: object) -> Paper:
    values = {"title": TITLE, "authors": AUTHORS, "abstract": " ".join(SENTENCES)}
    return paper(1, **({"published": "2026-11-12"} | values | changes))


def posted(**changes: object) -> Paper:
    values = {"title": TITLE, "authors": AUTHORS, "abstract": " ".join(SENTENCES)}
    return preprint(1, **({"published": "2026-04-10", "entered": None} | values | changes))


def reason(one: Paper, other: Paper) -> str | None:
    """The answer must not hang on which paper is asked about which."""
    forth, back = alike(one, other), alike(other, one)
    assert forth == back
    return forth.reason if forth else None


def test_a_changed_title_is_found_by_what_stayed() -> None:
    told = reason(posted(title="A stromal niche that holds immune cells back"), article())
    assert told == PROBABLY + "alike: title .15, 6 of 6 authors, abstract 1.00; 7 months later"


def test_the_reason_tells_the_figures() -> None:
    other = article(
        title=f"{TITLE} and patients", authors=AUTHORS[:5], abstract=" ".join(SENTENCES[:4])
    )
    told = reason(posted(abstract=" ".join([*SENTENCES[1:4], OTHERS[0]])), other)
    assert told == (PROBABLY + "alike: title .93, 5 of 6 authors, abstract .76; 7 months later")


def test_another_study_of_the_same_authors_is_another_work() -> None:
    other = article(title="Stromal fibroblasts attract macrophages", abstract=" ".join(OTHERS))
    assert reason(posted(), other) is None


def test_the_same_words_of_other_authors_are_another_work() -> None:
    strangers = tuple(Author(f"Stranger{n}", "Q") for n in "abcdef")
    assert reason(posted(), article(authors=strangers)) is None


def test_without_authors_nothing_is_alike() -> None:
    assert reason(posted(authors=()), article()) is None
    group = (Author(collective="The Stroma Group"),)
    assert reason(posted(authors=group), article(authors=group)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [(article(), article(ids=Identifiers(doi="10.5555/z"))), (posted(), posted(version="2"))],
    ids=["two articles", "two preprints"],
)
def test_likeness_joins_only_a_preprint_and_an_article(one: Paper, other: Paper) -> None:
    assert alike(one, other) is None


@pytest.mark.parametrize("kind", [Kind.ERRATUM, Kind.RETRACTION, Kind.COMMENT, Kind.NEWS])
def test_a_preprint_does_not_become_a_notice_or_a_comment(kind: Kind) -> None:
    assert reason(posted(), article(kind=kind)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("part 1: mice", "part 2: patients"),
        ("in three lines", "in six lines"),
        ("line EHT003", "line EHT004"),
        ("stage I tumours", "stage II tumours"),
        ("by miR-200a", "by miR-200b"),
        ("by IL-17A", "by IL17F"),
        ("by CYP3A4", "by CYP3A5"),
        ("in two lines", "in 3 lines"),
    ],
)
def test_numbers_that_differ_tell_companions_apart(one: str, other: str) -> None:
    assert reason(posted(title=f"{TITLE} {one}"), article(title=f"{TITLE} {other}")) is None
    assert reason(posted(title=f"{TITLE} {one}"), article(title=f"{TITLE} {one}")) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("of HIF-1α", "of HIF1A"),
        ("in v2.0", "in 2.0"),
        ("by IL6", "by IL-6"),
        ("by ILC3s", "by type 3 cells"),
        ("by IL17A", "by IL-17A"),
    ],
)
def test_a_name_with_digits_may_be_written_otherwise(one: str, other: str) -> None:
    assert reason(posted(title=f"{TITLE} {one}"), article(title=f"{TITLE} {other}")) is not None


def test_a_number_that_only_one_title_has_is_no_objection() -> None:
    assert reason(posted(title=f"{TITLE} 1"), article()) is not None


@pytest.mark.parametrize(
    "title",
    [f"Reply to: {TITLE}", f"Comment on {TITLE}", f"Response to {TITLE}", f"Protocol: {TITLE}"],
)
def test_a_word_on_a_paper_and_its_protocol_are_other_works(title: str) -> None:
    assert reason(posted(), article(title=title)) is None


def test_a_title_about_responses_is_no_reply() -> None:
    title = f"Responses: {TITLE}"
    assert reason(posted(title=title), article(title=title)) is not None


# Half of the abstract was written anew: the score is under the bar, and over that for titles of
# which nothing went.
REWRITTEN = " ".join([*SENTENCES[:3], *OTHERS[:2]])


def test_a_title_that_only_gained_a_word_needs_less_of_the_abstract() -> None:
    longer = TITLE.replace("restrain", "locally restrain")
    assert reason(posted(abstract=REWRITTEN), article(title=longer)) is not None
    assert reason(posted(title=longer, abstract=REWRITTEN), article()) is not None
    another = " ".join(OTHERS)
    assert reason(posted(abstract=another), article(title=longer)) is None


def test_a_title_in_which_a_word_stands_for_another_needs_all_of_it() -> None:
    companion = TITLE.replace("mice", "rats")
    assert reason(posted(abstract=REWRITTEN), article(title=companion)) is None
    assert reason(posted(), article(title=companion)) is not None


LONG = (
    "Single-cell atlas of tumours in mice: fibroblasts guide neutrophil maturation at vessel walls"
)


def test_of_a_long_title_that_hardly_changed_the_abstract_may_be_written_anew() -> None:
    anew = " ".join([*SENTENCES[:2], *OTHERS[:3]])
    other = article(title=LONG.replace("guide", "shape"))
    assert reason(posted(title=LONG, abstract=anew), other) is not None
    assert reason(posted(title=LONG, abstract=anew, authors=AUTHORS[:4]), other) is None
    another = " ".join(OTHERS)
    assert reason(posted(title=LONG, abstract=another), other) is None
    shorter = article(title="Fibroblasts guide neutrophils at vessels")
    mine = posted(title="Fibroblasts shape neutrophils at vessels", abstract=anew)
    assert reason(mine, shorter) is None


ANOTHER_TITLE = "A niche of the stroma keeps immune cells away from vessels"


MENDED = " ".join([*SENTENCES[:4], *OTHERS[:1]])


def test_an_abstract_of_which_most_stayed_needs_no_title() -> None:
    found = measured(posted(abstract=MENDED), article(title=ANOTHER_TITLE))
    assert found.score == pytest.approx(0.66, abs=0.01)
    assert reason(posted(abstract=MENDED), article(title=ANOTHER_TITLE)) is not None
    less = " ".join([*SENTENCES[:2], *OTHERS[:3]])
    assert reason(posted(abstract=less), article(title=ANOTHER_TITLE)) is None


def test_without_a_team_most_of_the_abstract_is_not_enough() -> None:
    other = article(title=ANOTHER_TITLE)
    assert reason(posted(abstract=MENDED, authors=AUTHORS[:4]), other) is None
    three = AUTHORS[:3]
    other = article(title=ANOTHER_TITLE, authors=three)
    assert reason(posted(abstract=MENDED, authors=three), other) is None


GENOMES = (
    "We present a genome assembly from one individual of the {} (Insecta; Lepidoptera). The genome "
    "sequence is {} megabases in span. Of the assembly {} per cent are scaffolded into {} "
    "pseudomolecules, among them the Z chromosome. The mitochondrial genome has been assembled as "
    "well and is {} kilobases long. Gene annotation found {} protein coding genes."
)
MOTH = GENOMES.format("winter moth", 638, 99, 35, 15, "14 871")
TIGER = GENOMES.format("scarlet tiger", 512, 98, 31, 17, "12 404")


def test_abstracts_of_one_form_with_other_figures_are_other_works() -> None:
    one = posted(title="The genome sequence of the winter moth", abstract=MOTH)
    other = article(title="The genome sequence of the scarlet tiger", abstract=TIGER)
    found = measured(one, other)
    assert found.runs is not None
    assert found.runs > 0.5
    assert found.figures == 0
    assert reason(one, other) is None
    same_figures = article(title=other.title, abstract=MOTH.replace("winter moth", "moth"))
    assert reason(one, same_figures) is not None


def test_figures_of_newer_data_under_the_same_title_are_no_objection() -> None:
    newer = MOTH.replace("638", "641").replace("99", "97").replace("35", "36").replace("15", "16")
    title = "The genome sequence of a winter moth from a wood in the north"
    assert reason(posted(title=title, abstract=MOTH), article(title=title, abstract=newer))


# -- what the two state


def test_a_preprint_that_names_another_article_is_not_this_one() -> None:
    link = states(Relation.PREPRINT_OF, doi="10.5555/other")
    assert reason(posted(links=(link,)), article()) is None


def test_an_article_that_names_another_preprint_is_not_this_one() -> None:
    link = states(Relation.HAS_PREPRINT, doi="10.1101/2026.999999")
    assert reason(posted(), article(links=(link,))) is None


def test_a_link_to_a_version_of_the_article_is_no_other_article() -> None:
    link = states(Relation.PREPRINT_OF, doi="10.7554/elife.96394.3")
    ids = Identifiers(doi="10.7554/elife.96394")
    assert reason(posted(links=(link,)), article(ids=ids)) is not None


HINT = states(Relation.PREPRINT_OF, Certainty.PROBABLE, pmid="40000001")
HALF = " ".join([*SENTENCES[:2], *OTHERS[:3]])


def test_a_probable_link_is_believed_when_a_second_look_agrees() -> None:
    other = article(title="Fibroblasts restrain neutrophils in pancreatic cancer")
    assert reason(posted(abstract=HALF), other) is None
    told = reason(posted(abstract=HALF, links=(HINT,)), other)
    assert told is not None
    assert told.startswith(
        PROBABLY + "linked by title and first author, and alike: title .67, 6 of"
    )


def test_a_probable_link_alone_is_not_believed() -> None:
    other = article(title="Infant sleep and the meals of mothers", abstract=" ".join(OTHERS))
    assert reason(posted(links=(HINT,)), other) is None
    strangers = (Author("Lindqvist", "M"), *(Author(f"Stranger{n}", "Q") for n in "abcdef"))
    assert reason(posted(links=(HINT,)), article(authors=strangers)) is None


# -- without abstracts


def test_without_an_abstract_the_title_must_have_stayed() -> None:
    bare = article(abstract="", title=TITLE.replace("of mice", "of the mouse"))
    assert reason(posted(), bare) is None
    told = reason(posted(), article(abstract="", title=TITLE.upper()))
    assert told == PROBABLY + "alike: title 1.00, 6 of 6 authors; 7 months later"


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Neutrophils in tumours"},
        {"authors": AUTHORS[:1]},
        {"published": "2028-06-12"},
        {"published": None},
    ],
    ids=["short title", "one author", "years later", "undated"],
)
def test_without_an_abstract_a_short_title_one_author_or_a_long_time_is_not_enough(
    changes: dict[str, object],
) -> None:
    shared = {key: value for key, value in changes.items() if key != "published"}
    other = article(abstract="", **changes)
    assert reason(posted(**shared), other) is None


# -- time


def test_after_four_years_only_strong_evidence_counts() -> None:
    weak = {"title": "A niche that holds neutrophils back", "authors": AUTHORS[:4]}
    assert reason(posted(**weak), article(published="2030-03-01")) is not None
    assert reason(posted(**weak), article(published="2030-06-01")) is None
    assert reason(posted(**weak), article(published="2025-06-01")) is None
    told = reason(posted(), article(published="2031-04-10"))
    assert told == PROBABLY + "alike: title 1.00, 6 of 6 authors, abstract 1.00; 60 months later"


@pytest.mark.parametrize(
    ("preprint_dates", "published", "days"),
    [
        (("2026-04-10", None), "2026-04-20", 10),
        (("2026-04-10", None), "2026-04-01", -9),
        (("2020", "2026-04-10"), "2026-04-20", 10),  # a later version
        (("2020", "2026-04-10"), "2024-01-01", 0),  # between two versions
        ((None, "2026-04-10"), "2026-04-20", 10),
        (("2026-04", None), "2026-04-20", 5),  # the middle of the month
        (("2026-04-10", None), "2026", 82),  # the middle of the year
        ((None, None), "2026-04-20", None),
        (("2026-04-10", None), None, None),
        (("2026-02-31", None), "2026-04-20", None),
    ],
)
def test_the_time_between_is_told_from_partial_dates(
    preprint_dates: tuple[str | None, str | None], published: str | None, days: int | None
) -> None:
    began, revised = preprint_dates
    one = posted(published=began, revised=revised)
    assert days_between(one, article(published=published)) == days


def test_what_is_measured() -> None:
    found = measured(posted(authors=AUTHORS[1:]), article())
    assert (found.title, found.held, found.runs, found.words) == (1.0, 1.0, 1.0, 1.0)
    assert found.same == 7
    assert found.figures is None
    assert (found.shared, found.few, found.many) == (5, 5, 6)
    assert found.authors == pytest.approx((1 + 5 / 6) / 2)
    bare = measured(replace(posted(), abstract=""), article())
    assert (bare.runs, bare.words, bare.figures) == (None, None, None)
    assert bare.score == 1.0
