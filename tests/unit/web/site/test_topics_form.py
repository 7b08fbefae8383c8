"""A topic's form: what each field changes, and that a page sends back what it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import TopicError
from service.records import FollowedAuthor, Identifiers, Seed, Topic
from service.topics import editing, shipped
from service.web.site.door import Sent
from service.web.site.shell import environment
from service.web.site.topics import form as tuning_form
from service.web.site.topics import held as topics_held
from service.web.site.topics.advice import Shown
from service.web.site.topics.controls import SEEDS, TERMS, controls
from service.web.site.topics.form import edited, typed_terms
from service.web.site.topics.packing import MOST_PACKED, fitting, packed, unpacked
from tests.forms import fields_of


def seed(key: str, title: str = "", **changes: Any) -> Seed:
    return Seed(key, "review", title or f"Review {key}", abstract=f"Abstract of {key}.", **changes)


BASE = Topic(
    "stroma",
    "Stroma",
    (seed("first"), seed("second", weight=0.333), seed("third", sign=-1, weight=7.5)),
    include=("stroma", "CAF"),
    exclude=("corneal stroma",),
    cutoff=0.437,
    version=4,
    senses={"NET": "neutrophil extracellular trap"},
)
FRESH = seed("PMC7", "A review that was found", ids=Identifiers(pmcid="PMC7"))


def sent(**fields: Any) -> Sent:
    """A form; "__" stands for the dot in a field's name."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return Sent({n: [v] if isinstance(v, str) else list(v) for n, v in named.items()})


def shown(base: Topic, topic: Topic, **changes: Any) -> str:
    """The form as a page has it."""
    made = environment()
    return made.get_template("topic_controls.html").render(
        t=made.get_template("topic_parts.html").module,
        controls=controls(base, topic, **changes),
        topic=base,
        may=True,
        path="/topics/stroma",
        line=topics_held.drawn(topic, None, None, 0.5),
        advice=Shown(),
        weights=(tuning_form.LEAST_WEIGHT, tuning_form.WEIGHT_STEP),
        most_terms=TERMS,
        fidelity="",
        doubted={},
        notes=(),
    )


def back(page: str) -> Sent:
    return Sent(fields_of(page))


# -- what each field changes ----------------------------------------------------------------------

LINE = {"cutoff": None, "precision": None, "per_week": None}
CONTROLS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"name": " Stromal   cells "}, {"name": "Stromal cells"}),
    ({"include__drop": "CAF"}, {"include": ("stroma",)}),
    ({"include__add": "apCAF, myCAF"}, {"include": ("stroma", "CAF", "apCAF", "myCAF")}),
    ({"include__new": ["apCAF"]}, {"include": ("stroma", "CAF", "apCAF")}),
    ({"include__new": ["apCAF"], "include__drop": "apCAF"}, {}),
    ({"exclude__drop": "corneal stroma"}, {"exclude": ()}),
    (
        {"exclude__add": "endometrial stroma"},
        {"exclude": ("corneal stroma", "endometrial stroma")},
    ),
    ({"exclude__add": "caf"}, {"include": ("stroma",), "exclude": ("corneal stroma", "caf")}),
    ({"sense__drop": "NET"}, {"senses": {}}),
    (
        {"sense__pin": "CAF: cancer-associated fibroblast"},
        {"senses": {**BASE.senses, "CAF": "cancer-associated fibroblast"}},
    ),
    (
        {"sense__short": "TAN", "sense__long": "tumour-associated neutrophil"},
        {"senses": {**BASE.senses, "TAN": "tumour-associated neutrophil"}},
    ),
    ({"sense__short": "NET", "sense__long": "a net"}, {"senses": {"NET": "a net"}}),
    ({"line": ""}, LINE),
    ({"line": "cutoff", "cutoff": "62"}, LINE | {"cutoff": 0.62}),
    ({"line": "precision", "precision": "80"}, LINE | {"precision": 0.8}),
    ({"line": "per_week", "per_week": "2.5"}, LINE | {"per_week": 2.5}),
    ({"line": "per_week", "per_week": "2,5"}, LINE | {"per_week": 2.5}),
    ({"weight__0": "2.1"}, {"seeds": (replace(BASE.seeds[0], weight=2.1), *BASE.seeds[1:])}),
    ({"side__0": "against"}, {"seeds": (replace(BASE.seeds[0], sign=-1), *BASE.seeds[1:])}),
    ({"side__2": "for"}, {"seeds": (*BASE.seeds[:2], replace(BASE.seeds[2], sign=1))}),
    ({"seed__drop": "1"}, {"seeds": (BASE.seeds[0], BASE.seeds[2])}),
    ({"seeds__found": packed([FRESH])}, {"seeds": (*BASE.seeds, FRESH)}),
    ({"seeds__found": packed([FRESH]), "seed__drop": "3"}, {}),
    (
        {"seeds__found": packed([FRESH]), "weight__3": "0.4", "side__3": "against"},
        {"seeds": (*BASE.seeds, replace(FRESH, weight=0.4, sign=-1))},
    ),
]


@pytest.mark.parametrize(("fields", "changes"), CONTROLS)
def test_each_control_changes_exactly_what_it_says(
    fields: dict[str, Any], changes: dict[str, Any]
) -> None:
    result = edited(sent(**fields), BASE)
    assert result.wrong == {}
    assert result.topic == replace(BASE, **changes)


def test_a_field_that_does_not_come_changes_nothing() -> None:
    assert edited(Sent({}), BASE) == edited(sent(unknown="x"), BASE)
    assert edited(Sent({}), BASE).topic == BASE


def test_numbers_that_stand_as_they_were_shown_change_nothing() -> None:
    """A slider's steps are coarser than what a document says: 0.437 is shown as 44 %."""
    page = fields_of(shown(BASE, BASE))
    assert page["cutoff"] == ["44"]
    assert page["weight.1"] == ["0.35"]
    assert page["weight.2"] == ["7.5"], "a weight beyond the slider's end moves its end"
    assert edited(Sent(page), BASE).topic == BASE


def test_a_step_of_a_slider_counts() -> None:
    assert edited(sent(line="cutoff", cutoff="45"), BASE).topic.cutoff == 0.45
    assert edited(sent(weight__1="0.4"), BASE).topic.seeds[1].weight == 0.4


# -- what cannot be done --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"line": "cutoff", "cutoff": "140"}, "line"),
        ({"line": "precision", "precision": "often"}, "line"),
        ({"line": "precision"}, "line"),
        ({"line": "per_week", "per_week": "nan"}, "line"),
        ({"sense__short": "net", "sense__long": "a net"}, "sense"),
        ({"sense__short": "TAN", "sense__long": " "}, "sense"),
        ({"sense__short": " ", "sense__long": "a net"}, "sense"),
        ({"weight__0": "0"}, "seed.0"),
        ({"weight__0": "heavy"}, "seed.0"),
        ({"weight__0": "1e999"}, "seed.0"),
        ({"seed__drop": ["0", "1"]}, "seed.1"),
        ({"seeds__found": "never packed"}, "seeds"),
        ({"seeds__found": packed([seed("x", "Review first")])}, "seeds"),
    ],
)
def test_what_cannot_be_done_names_its_field_and_hinders_nothing_else(
    fields: dict[str, Any], field: str
) -> None:
    result = edited(sent(**fields, include__add="apCAF"), BASE)
    assert list(result.wrong) == [field]
    assert result.wrong[field].endswith((".", "?"))
    assert result.topic.include == (*BASE.include, "apCAF")


def test_a_seed_that_is_found_again_is_told() -> None:
    result = edited(Sent({}), BASE, found=[seed("again", "Review first"), FRESH])
    assert result.notes == ["Review first is a seed already."]
    assert result.wrong == {}
    assert result.topic.seeds == (*BASE.seeds, FRESH)


def test_what_could_not_be_taken_stays_in_its_box() -> None:
    form = sent(sense__short="net", sense__long="a <b>net</b>", include__add="apCAF", reason="why")
    result = edited(form, BASE)
    page = fields_of(shown(BASE, result.topic, wrong=result.wrong, sent=form))
    assert (page["sense.short"], page["sense.long"]) == (["net"], ["a <b>net</b>"])
    assert page["include.add"] == [""], "this was taken: it is among the terms"
    assert page["include.new"] == ["apCAF"]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("apCAF", ["apCAF"]),
        ("  reactive   stroma ; CAF,\n\n myCAF,", ["reactive stroma", "CAF", "myCAF"]),
    ],
)
def test_terms_are_parted_by_commas_semicolons_and_lines(text: str, terms: list[str]) -> None:
    assert typed_terms(text) == terms


# -- on top of somebody else's --------------------------------------------------------------------


def test_changes_are_made_on_top_of_what_somebody_else_changed() -> None:
    theirs = editing.including(
        editing.weighed(editing.without_seed(BASE, "third"), "first", 2.0), ["desmoplasia"]
    )
    form = sent(include__drop="CAF", weight__1="1.5", weight__2="3", line="per_week", per_week="4")
    result = edited(form, BASE, theirs)
    assert result.topic.include == ("stroma", "desmoplasia")
    assert [each.weight for each in result.topic.seeds] == [2.0, 1.5]
    assert result.topic.per_week == 4
    assert list(result.wrong) == ["seed.2"], "the seed that was weighed is gone"


def test_what_both_removed_is_no_fault() -> None:
    theirs = editing.without_terms(editing.without_seed(BASE, "second"), ["CAF"])
    form = sent(include__drop="CAF", seed__drop="1", sense__drop="NET")
    assert edited(form, BASE, theirs).wrong == {}


# -- there and back -------------------------------------------------------------------------------

_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
_FORMS = st.fixed_dictionaries(
    {},
    optional={
        "name": _WORDS,
        "include.drop": st.lists(st.sampled_from(["stroma", "CAF", "x"]), max_size=2),
        "include.add": st.lists(_WORDS, max_size=3).map(",".join),
        "exclude.add": st.lists(_WORDS, max_size=3).map(";".join),
        "exclude.drop": st.sampled_from(["corneal stroma", "caf"]),
        "sense.drop": st.just("NET"),
        "sense.short": _WORDS,
        "sense.long": _WORDS,
        "sense.pin": st.just("CAF: cancer-associated fibroblast"),
        "line": st.sampled_from(["", "cutoff", "precision", "per_week"]),
        "cutoff": st.integers(0, 100).map(str),
        "precision": st.floats(5, 99).map("{:.6g}".format),
        "per_week": st.floats(0.1, 900).map("{:.6g}".format),
        "weight.0": st.integers(2, 60).map(lambda n: f"{n / 20:g}"),
        "weight.2": st.integers(2, 150).map(lambda n: f"{n / 20:g}"),
        "side.1": st.sampled_from(["for", "against"]),
        "seed.drop": st.lists(st.sampled_from(["0", "1", "2", "3"]), max_size=3),
        "seeds.found": st.sampled_from([packed([FRESH]), packed([FRESH, seed("y")])]),
        "weight.3": st.integers(2, 60).map(lambda n: f"{n / 20:g}"),
    },
)


@given(_FORMS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_page_sends_back_what_it_shows(fields: dict[str, Any]) -> None:
    """Whatever was edited, the form that shows it makes the same topic of it."""
    form = Sent({n: [v] if isinstance(v, str) else v for n, v in fields.items()})
    topic = edited(form, BASE).topic
    again = edited(back(shown(BASE, topic)), BASE)
    assert again.wrong == {}
    assert again.topic == topic


@pytest.mark.parametrize("topic", shipped(), ids=lambda topic: topic.slug)
def test_the_topics_that_come_with_litwatch_go_there_and_back(topic: Topic) -> None:
    assert edited(back(shown(topic, topic)), topic) == edited(Sent({}), topic)


# -- many, and hostile ----------------------------------------------------------------------------


def test_a_topic_with_very_much_in_it_makes_no_large_page() -> None:
    many = tuple(seed(f"s{n}", f"Review number {n} of the stroma " * 4) for n in range(200))
    terms = tuple(f"some long term number {n}" for n in range(400))
    topic = replace(BASE, seeds=many, include=terms)
    page = shown(topic, topic, first=SEEDS)
    assert len(page) < 190_000
    assert "and 150 more" in page
    assert edited(back(page), topic).topic == topic, "what is not on the page stays"
    assert controls(topic, topic).pages == [(1, 60), (61, 120), (121, 180), (181, 200)]


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{x}}"]
)
def test_hostile_words_stay_text(hostile: str) -> None:
    topic = replace(
        BASE,
        name=hostile,
        seeds=(seed("k", hostile), *BASE.seeds),
        include=(hostile, "CAF"),
        senses={"NET": hostile},
    )
    page = shown(topic, topic)
    assert hostile not in page or hostile == "{{x}}"
    assert "<script" not in page
    assert "<img" not in page
    assert edited(back(page), topic).topic == topic


# -- seeds in a field -----------------------------------------------------------------------------


def test_seeds_are_carried_whole() -> None:
    seeds = [each for topic in shipped() for each in topic.seeds]
    assert unpacked(packed(seeds)) == tuple(seeds)
    assert unpacked(packed([])) == ()


@pytest.mark.parametrize("field", ["x", "eJw", "AAAA", packed([FRESH])[:-9], "ä", "\ud800"])
def test_what_was_not_packed_is_refused(field: str) -> None:
    with pytest.raises(TopicError):
        unpacked(field)


def test_a_field_that_would_unpack_to_very_much_is_refused() -> None:
    import base64
    import zlib

    bomb = base64.urlsafe_b64encode(zlib.compress(b"#" * 50_000_000)).decode()
    with pytest.raises(TopicError, match="whole"):
        unpacked(bomb)


def test_more_seeds_than_a_form_can_carry_are_left_for_later() -> None:
    import random

    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(4_000)]
    seeds = [
        replace(seed(f"s{n}", f"Title {n}"), abstract=" ".join(chance.choices(words, k=250)))
        for n in range(150)
    ]
    held = fitting(seeds)
    assert 0 < held < 150
    assert len(packed(seeds[:held])) <= MOST_PACKED < len(packed(seeds[: held + 8]))
    result = edited(Sent({}), BASE, found=seeds)
    assert len(result.topic.seeds) == len(BASE.seeds) + held
    assert result.notes == [
        f"{150 - held} more were found. Save these, then look for the others again."
    ]
    assert fitting(seeds[:5]) == 5


# -- followed authors -----------------------------------------------------------------------------

ORCID = "0000-0002-1825-0097"
OKAFOR = FollowedAuthor("Okafor Chidi", ORCID)
MEIER = FollowedAuthor("Meier, Ute", "", "Bonn")
FOLLOWING = replace(BASE, authors=(OKAFOR,))


def boxes(*rows: tuple[str, str, str], **more: Any) -> Sent:
    """The boxes of authors: those that are carried, and the one that is typed into."""
    names, orcids, places = zip(*rows, strict=True)
    told = {"author.name": names, "author.orcid": orcids, "author.affiliation": places}
    return Sent({**sent(**more).fields, **{name: list(row) for name, row in told.items()}})


def test_a_typed_author_is_followed() -> None:
    assert edited(boxes(("Meier, Ute", "", "Bonn")), BASE).topic.authors == (MEIER,)
    assert edited(boxes((ORCID, "", "")), BASE).topic.authors == (FollowedAuthor(ORCID, ORCID),)
    assert edited(boxes(("", "", "")), BASE).topic == BASE


def test_an_author_who_is_dropped_is_not_followed() -> None:
    assert edited(sent(author__drop=OKAFOR.key), FOLLOWING).topic == BASE
    carried = boxes(("Meier, Ute", "", "Bonn"), ("", "", ""), author__drop=MEIER.key)
    assert edited(carried, FOLLOWING).topic == FOLLOWING


def test_the_page_sends_back_who_is_followed_and_who_is_fresh() -> None:
    topic = replace(FOLLOWING, authors=(OKAFOR, MEIER))
    assert edited(back(shown(FOLLOWING, topic)), FOLLOWING).topic == topic
    assert edited(back(shown(FOLLOWING, BASE)), FOLLOWING).topic == BASE
    assert edited(back(shown(FOLLOWING, FOLLOWING)), FOLLOWING).topic == FOLLOWING


def test_an_author_who_cannot_be_followed_stays_in_the_boxes() -> None:
    typed = boxes(("Okafor", "0000-0002-1825-0098", "Bonn"))
    result = edited(typed, BASE)
    assert result.topic == BASE
    assert "opy it from orcid.org" in result.wrong["author"]
    page = shown(BASE, BASE, wrong=result.wrong, sent=typed)
    assert 'value="0000-0002-1825-0098"' in page
    assert 'id="wrong-author"' in page


def test_the_hostile_name_of_an_author_stays_text() -> None:
    topic = replace(BASE, authors=(FollowedAuthor('"><script>x', ORCID, "<img src=x>"),))
    page = shown(topic, topic)
    assert "<script" not in page
    assert "<img" not in page
