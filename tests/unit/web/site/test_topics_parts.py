"""What the pages of topics are made of: figures in words, the line, what a map draws, seeds asked
for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from service.errors import InputError, TopicError
from service.records import BINS, Identifiers, Seed, Topic
from service.records.guidance import Advice, Drift, SeedAdvice, TermAdvice
from service.records.tuning import Outlook, Preview, Share, Spot
from service.web.site.door import Filled, Upload, Visitor
from service.web.site.topics import advice as topics_advice
from service.web.site.topics import found as topics_found
from service.web.site.topics import held as topics_held
from service.web.site.topics import preview as topics_preview
from service.web.site.topics.map import HEIGHT, MARGIN, MOST, WIDTH, placed
from service.web.site.topics.preview import Look, measures, rate

if TYPE_CHECKING:
    from service.bootstrap import App

TOPIC = Topic("stroma", "Stroma", (Seed("one", "review", "One"),))
SPREAD = (*(0,) * 19, 7)


def outlook(**changes: Any) -> Outlook:
    values: dict[str, Any] = {"line": 0.5, "shown": 40, "per_week": 5.0, "spread": SPREAD}
    return Outlook(**(values | changes))


def preview(before: Outlook | None, after: Outlook, **changes: Any) -> Preview:
    return Preview(TOPIC, 8, 4_000, after, before, **changes)


def told(before: Outlook | None, after: Outlook) -> dict[str, tuple[str, str, str]]:
    rows = measures(preview(before, after))
    return {row.name: (row.before, row.after, row.trend) for row in rows}


# -- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per_week", "said"), [(0.0, "0.0"), (2.34, "2.3"), (12.4, "12"), (3_709.2, "3,709")]
)
def test_few_papers_have_a_decimal(per_week: float, said: str) -> None:
    assert rate(per_week) == said


def test_a_topic_that_is_new_has_no_figures_of_before() -> None:
    rows = told(None, outlook(expected=0.7))
    assert rows["Papers a week"] == ("", "5.0", "")
    assert rows["Expected precision"] == ("", "70 %", "")


def test_a_share_that_rises_is_better_and_one_that_falls_is_worse() -> None:
    low, high = Share(4, 10, 0.4, 0.2, 0.7), Share(8, 10, 0.8, 0.5, 0.9)
    rows = told(
        outlook(expected=0.6, precision=low, recall=high),
        outlook(expected=0.7, precision=high, recall=low),
    )
    assert rows["Expected precision"] == ("60 %", "70 %", "better")
    assert rows["Wanted, by votes"] == ("40 %", "80 %", "better")
    assert rows["References found"] == ("80 %", "40 %", "worse")


def test_a_change_that_nobody_would_see_is_called_neither() -> None:
    rows = told(outlook(expected=0.701), outlook(expected=0.704))
    assert rows["Expected precision"] == ("70 %", "70 %", "")


def test_more_papers_are_neither_better_nor_worse() -> None:
    assert told(outlook(per_week=5), outlook(per_week=50))["Papers a week"][2] == ""


def test_what_is_not_known_is_not_told() -> None:
    rows = told(outlook(), outlook())
    assert "Wanted, by votes" not in rows
    assert "References found" not in rows
    assert rows["Expected precision"] == ("–", "–", "")


def test_a_share_that_is_known_on_one_side_only_has_no_trend() -> None:
    rows = told(outlook(), outlook(recall=Share(8, 10, 0.8, 0.5, 0.9)))
    assert rows["References found"] == ("–", "80 %", "")


def test_a_look_without_a_preview_has_nothing_to_tell() -> None:
    assert Look().measures == ()
    assert Look().unchanged


# -- asking for a preview -------------------------------------------------------------------------


def test_nobody_waits_for_works_to_be_read() -> None:
    asked: list[str] = []
    previews = SimpleNamespace(ready=False, warm=lambda: asked.append("warm"), of=asked.append)
    seen = topics_preview.look(cast("App", SimpleNamespace(previews=previews)), TOPIC)
    assert (seen.again, seen.preview, asked) == (True, None, ["warm"])


def test_a_preview_that_fails_is_told() -> None:
    def of(topic: Topic) -> Preview:
        raise TopicError("the topic", "is odd")

    previews = SimpleNamespace(ready=True, of=of)
    seen = topics_preview.look(cast("App", SimpleNamespace(previews=previews)), TOPIC)
    assert seen.trouble == "the topic: is odd"


# -- the line -------------------------------------------------------------------------------------


def test_the_line_is_drawn_on_the_works_of_the_preview() -> None:
    seen = Look(preview(outlook(spread=(1,) * BINS), outlook(line=0.7, per_week=2.6)))
    line = topics_held.drawn(TOPIC, None, seen, 0.5)
    assert (line.at, line.spread, line.was) == (0.7, SPREAD, (1,) * BINS)
    assert (line.span, line.per_week, line.default) == ("the last 8 weeks", 3, 0.5)


def test_a_topic_that_shows_nothing_is_asked_for_one_paper_at_least() -> None:
    assert (
        topics_held.drawn(TOPIC, None, Look(preview(None, outlook(per_week=0))), 0.5).per_week == 1
    )


def test_without_a_preview_the_last_days_do() -> None:
    week: Any = SimpleNamespace(line=0.61, spread=SPREAD)
    assert topics_held.drawn(TOPIC, week, None, 0.5).at == 0.61
    assert topics_held.drawn(TOPIC, None, Look(again=True), 0.5).at == 0.5
    assert topics_held.drawn(replace(TOPIC, cutoff=0.3), week, None, 0.5).at == 0.3
    assert sum(topics_held.drawn(TOPIC, None, None, 0.5).spread) == 0


# -- the map --------------------------------------------------------------------------------------


def test_every_spot_is_drawn_within_the_map() -> None:
    corners = [Spot(x, y, "shown", "t", 1, 0.5) for x in (0.0, 1.0) for y in (0.0, 1.0)]
    drawn = [(each.x, each.y) for each in placed(corners)]
    left, right, top, bottom = MARGIN, WIDTH - MARGIN, MARGIN, HEIGHT - MARGIN
    assert set(drawn) == {(left, top), (left, bottom), (right, top), (right, bottom)}
    assert placed([Spot(0, 1, "seed", "s")])[0].y == top, "up is more"


def test_what_is_rare_is_drawn_on_top_and_never_left_out() -> None:
    many = [Spot(0.5, 0.5, "below", f"{n}", n, n / 10_000) for n in range(MOST + 50)]
    rare = [Spot(0.5, 0.5, kind, kind, None, None) for kind in ("seed", "voted", "against")]
    drawn = placed([*rare, *many])
    assert len(drawn) == MOST
    assert [each.spot.kind for each in drawn[-3:]] == ["against", "voted", "seed"]
    kept = {each.spot.title for each in drawn}
    assert f"{MOST + 49}" in kept
    assert "0" not in kept, "the least relevant make room"


# -- advice ---------------------------------------------------------------------------------------


def shown(advice: Advice, topic: Topic = TOPIC) -> topics_advice.Shown:
    return topics_advice._shown(advice, topic, coming=False)


def test_what_the_topic_has_taken_up_is_not_suggested_again() -> None:
    terms = tuple(TermAdvice(term, 3, 10, 1, 99, 2.0) for term in ("Stromal cells", "apCAF"))
    seeds = tuple(SeedAdvice(n, f"Paper {n}", (n,), ("t",), "", f"10.5555/{n}") for n in (1, 2, 3))
    advice = Advice("stroma", 1, 10, 3, include=terms, exclude=terms[:1], seeds=seeds)
    taken = replace(
        TOPIC,
        include=("stromal-cell",),
        seeds=(
            Seed("a", "paper", "Other title", ids=Identifiers(doi="10.5555/1")),
            Seed("b", "paper", "Paper 2"),
        ),
    )
    found = shown(advice, taken)
    assert [each.term for each in found.terms] == ["apCAF"]
    assert [each.work_id for each in found.seeds] == [3]


def test_a_suggestion_says_why() -> None:
    advice = Advice(
        "stroma",
        1,
        10,
        3,
        include=(TermAdvice("apCAF", 4, 10, 5, 990, 3.0),),
        exclude=(TermAdvice("wound", 2, 3, 0, 330, 3.0),),
    )
    assert [(each.excluded, each.why) for each in shown(advice).terms] == [
        (False, "in 4 of 10 papers wanted, 5 of 990 others"),
        (True, "in 2 of 3 papers not wanted, 0 of 330 others"),
    ]


@pytest.mark.parametrize(
    ("drift", "said"),
    [
        (None, ""),
        (Drift(9, 20), ""),
        (
            Drift(9, 20, (0.5, 0.4)),
            "The seeds explain what is wanted of late less well than before (9 papers, after 20 "
            "before).",
        ),
    ],
)
def test_how_a_literature_moves_is_told_where_it_does(drift: Drift | None, said: str) -> None:
    assert shown(Advice("stroma", 1, 10, 3, drift=drift)).moved == said


# -- seeds that are asked for ---------------------------------------------------------------------

FOUND = SimpleNamespace(seeds=(Seed("a", "paper", "A"),), notes=("A: a paper.",))


def form(file: Upload | None = None, **fields: str) -> Filled:
    named = {name.replace("__", "."): [value] for name, value in fields.items()}
    return Filled(named, file, visitor=cast("Visitor", None))


def finder(**changes: Any) -> App:
    def missing(*_: Any, **__: Any) -> Any:
        raise InputError("papers.zip", "is of no form that a seed has", "hand in another")

    known: dict[str, Any] = {"seeds_of": lambda told, files: FOUND, "seeds_in": missing}
    return cast("App", SimpleNamespace(**(known | changes)))


def test_a_file_that_cannot_be_read_costs_nothing_of_what_was_typed() -> None:
    found = topics_found.given(finder(), form(Upload("papers.zip", b"PK"), seeds="a"))
    assert (found.seeds, found.taken) == (FOUND.seeds, True)
    assert found.notes == [
        "A: a paper.",
        "Papers.zip is of no form that a seed has. Hand in another.",
    ]


def test_an_empty_file_is_none() -> None:
    assert topics_found.given(finder(), form(Upload("x.bib", b""))) == topics_found.Found()


def test_one_seed_is_added_by_its_own_button_and_the_box_is_left_alone() -> None:
    found = topics_found.asked(finder(), form(seed__add="10.5555/1", seeds="typed, too"))
    assert (found.seeds, found.taken) == (FOUND.seeds, False)


def test_without_a_button_nothing_is_looked_for() -> None:
    assert topics_found.asked(finder(), form(seeds="a", how="live")) == topics_found.Found()
