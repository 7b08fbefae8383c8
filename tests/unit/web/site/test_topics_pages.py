"""The pages of topics: tuned with a preview, saved, undone; made, read in their past, drawn."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field, replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from service import guidance, tuning
from service.errors import EncoderError, InputError
from service.records import Flag, Identifiers, Judgement, Seed, Topic
from service.records.guidance import Advice, Doubt, Drift, MonthlyDoubts, SeedAdvice, TermAdvice
from service.records.tuning import Outlook, Preview, Share, Shift, Spot, TopicMap
from service.records.watching import Statement
from service.topics import editing
from service.topics.documents import dump
from service.web.site.topics.packing import packed
from tests.factories import ranked
from tests.forms import fields_of
from tests.site_visits import harm
from tests.web_site import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from httpx2 import Response

    from tests.site_visits import Browser, Visits

PAGE = "/topics/stroma"
SPREAD = (90, *(0,) * 14, 4, 3, 2, 1, 5)


def shift(work: int, before: float, after: float, **changes: Any) -> Shift:
    return Shift(work, f"Work {work}", ranked(work), (before, after), (None, 1), **changes)


def previewed(topic: Topic) -> Preview:
    """One work enters, one that was voted for and sent leaves, one moves."""
    before = Outlook(0.5, 48, 6.0, SPREAD, 0.71, Share(8, 10, 0.8, 0.49, 0.94))
    after = Outlook(
        0.62, 24, 3.0, SPREAD, 0.8, Share(7, 10, 0.7, 0.4, 0.89), Share(9, 20, 0.45, 0.26, 0.66)
    )
    return Preview(
        topic,
        weeks=8,
        works=4_212,
        after=after,
        before=before,
        entered=(shift(1, 0.4, 0.81),),
        dropped=(shift(2, 0.7, 0.3, verdict="relevant", digested=True),),
        moved=(replace(shift(3, 0.7, 0.9), place=(9, 2)),),
        warnings=("Would leave out 1 paper voted relevant.",),
        notes=("By words only: no model.",),
    )  # fmt: skip


@dataclass
class FakePreviews:
    """Remembers what was asked; `ready` False stands for works that are being read."""

    ready: bool = True
    warmed: int = 0
    fault: str = ""
    asked: list[Topic] = field(default_factory=list)
    spots: tuple[Spot, ...] = ()

    def warm(self) -> None:
        self.warmed += 1

    def of(self, topic: Topic) -> Preview:
        if self.fault:
            raise EncoderError("the model", self.fault, "wait")
        self.asked.append(topic)
        return previewed(topic)

    def map(self, topic: Topic) -> TopicMap:
        if self.fault:
            raise EncoderError("the model", self.fault, "wait")
        return TopicMap(self.spots, 0.25)


@dataclass
class FakeFound:
    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()


ADVICE = Advice("stroma", 1, 10, 4)


@pytest.fixture
def previews(visits: Visits) -> FakePreviews:
    made = FakePreviews()
    visits.app.__dict__["previews"] = made
    return made


@pytest.fixture(autouse=True)
def _advised(monkeypatch: pytest.MonkeyPatch, previews: FakePreviews) -> None:
    """Nothing is worked out behind a test that is not about that."""
    monkeypatch.setattr(guidance, "advice", lambda *_, **__: ADVICE)


@pytest.fixture
def found(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked of the finder of seeds, which knows one review."""
    asked: list[Any] = []

    def seeds_of(told: Sequence[str], *, files: bool = True) -> FakeFound:
        assert not files, "a path that somebody types would be one of this machine"
        asked.extend(told)
        if "nothing" in told:
            raise InputError("nothing", "is not known to any source", "look at its id")
        return FakeFound((REVIEW,), ("PMC7: a review, from pmc.",))

    def seeds_in(name: str, content: bytes) -> FakeFound:
        asked.append((name, content))
        return FakeFound((REVIEW,), (f"{name}: 1 paper.",))

    visits.app.seeds_of = seeds_of  # type: ignore[method-assign, assignment]
    visits.app.seeds_in = seeds_in  # type: ignore[method-assign, assignment]
    kept: list[Any] = []
    visits.app.keep_references = lambda topic, keys: kept.append((topic.slug, keys)) or ()  # type: ignore[method-assign, assignment, func-returns-value]
    visits.app.__dict__["kept_references"] = kept
    return asked


OTHER = Seed("PMC8", "paper", "Another", ids=Identifiers(pmcid="PMC8"), abstract="Other things.")
REVIEW = Seed(
    "PMC7",
    "review",
    "A review that was <b>found</b>",
    ids=Identifiers(pmcid="PMC7"),
    abstract="All about it.",
)


def in_force(visits: Visits) -> Topic:
    with visits.app.store.reading() as tx:
        return next(topic for topic in visits.app.topics(tx) if topic.slug == "stroma")


def form_of(browser: Browser, path: str = PAGE) -> dict[str, Any]:
    answer = browser.get(path)
    assert answer.status_code == 200
    return fields_of(answer.text, "tune")


def send(browser: Browser, path: str, fields: dict[str, Any], **changes: Any) -> Response:
    """The form as a browser sends it; "__" stands for the dot in a field's name."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return browser.post(path, data=fields | named, headers={"Sec-Fetch-Site": "same-origin"})


def until(browser: Browser, path: str, said: str) -> Response:
    """The page once it says so: what it tells is worked out beside it."""
    for _ in range(300):
        answer = browser.get(path)
        if said in text(answer):
            return answer
        time.sleep(0.01)
    pytest.fail(f"the page never said {said!r}: {text(answer)}")


# -- looking --------------------------------------------------------------------------------------


def test_every_topic_has_a_card(visits: Visits) -> None:
    page = text(visits.here().get("/topics"))
    for said in (
        "Tumour-associated stromal cells",
        "Version 1, 17 Nov 2026 by configuration",
        "26 included, 6 excluded",
    ):
        assert said in page
    assert "This week is not ranked yet" in page


def test_a_topic_shows_all_that_a_reader_can_change(visits: Visits) -> None:
    page = visits.here().get(PAGE)
    form = fields_of(page.text, "tune")
    topic = in_force(visits)
    assert form["based_on"] == ["1"]
    assert form["name"] == [topic.name]
    assert form["weight.0"] == ["1"]
    assert form["line"] == [""]
    for term in (*topic.include, *topic.exclude):
        assert f'value="{term}"' in page.text
    assert "apCAF" in text(page)
    assert harm(page.text) == []


def test_a_seed_that_was_retracted_says_so(visits: Visits) -> None:
    (seed,) = in_force(visits).seeds
    key = f"doi:{seed.ids.doi}"
    said = Statement(key, Flag.RETRACTED, "pubmed:9/1", Identifiers(pmid="9"), "")
    browser = visits.here()
    assert "was retracted" not in text(browser.get(PAGE))
    with visits.app.store.writing() as tx:
        tx.statements.add([(said, visits.app.store.now())])
    assert "was retracted" in text(browser.get(PAGE))


def test_a_page_asks_for_its_preview_itself(visits: Visits, previews: FakePreviews) -> None:
    """So that it never waits for one."""
    page = visits.here().get(PAGE).text
    assert 'data-preview-in="0"' in page
    assert previews.asked == []


@pytest.mark.parametrize("path", ["", "/preview", "/undo", "/restore", "/map", "/history"])
def test_an_unknown_topic_is_not_there(visits: Visits, path: str) -> None:
    here = visits.here()
    known = form_of(here)
    where = f"/topics/unknown{path}"
    if path in {"", "/map", "/history"}:
        assert here.get(where).status_code == 404
    if path not in {"/map", "/history"}:
        assert send(here, where, known).status_code == 400


# -- the preview ----------------------------------------------------------------------------------


def test_a_preview_shows_what_would_change_and_saves_nothing(
    visits: Visits, previews: FakePreviews
) -> None:
    here = visits.here()
    answer = send(here, f"{PAGE}/preview", form_of(here), include__add="apCAF2", how="typed")
    assert answer.status_code == 200
    page = text(answer)
    assert previews.asked[0].include[-1] == "apCAF2"
    for said in (
        "4,212 papers",
        "Papers a week 6.0 3.0",
        "Expected precision of those shown, the share that should be wanted 71 % 80 % (better)",
        "7 of 10 shown and voted on; 95 % interval 40 to 89 % 80 % 70 % (worse)",
        "9 of 20 held-out references; 95 % interval 26 to 66 % – 45 %",
        "Entering 1 Work 1 40 % → to 81 %",
        "Leaving 1 Work 2 70 % → to 30 % voted relevantwas in a digest",
        "Moving 1 Work 3 70 % → to 90 % · place 9 to 2",
        "Would leave out 1 paper voted relevant.",
        "By words only: no model.",
        "3.0 papers a week (was 6.0)",
    ):
        assert said in page, page
    assert in_force(visits).version == 1
    assert fields_of(answer.text, "tune")["include.new"] == ["apCAF2"], "what was typed is a chip"


def test_a_preview_shows_the_spread_of_before_beside_its_own(visits: Visits) -> None:
    here = visits.here()
    page = send(here, f"{PAGE}/preview", form_of(here)).text
    assert 'data-line="62.0"' in page
    assert page.count('class="bar above"') == 8, "20 bins, the line at 62 %"


def test_while_works_are_read_the_page_says_so_and_asks_again(
    visits: Visits, previews: FakePreviews
) -> None:
    previews.ready = False
    here = visits.here()
    answer = send(here, f"{PAGE}/preview", form_of(here))
    assert answer.status_code == 200
    assert "are being read" in text(answer)
    assert 'data-preview-in="2500"' in answer.text
    assert previews.warmed == 1


def test_a_preview_that_fails_costs_the_page_nothing_else(
    visits: Visits, previews: FakePreviews
) -> None:
    previews.fault = "is on fire"
    here = visits.here()
    answer = send(here, f"{PAGE}/preview", form_of(here))
    assert answer.status_code == 200
    assert "There is no preview: the model: is on fire" in text(answer)
    assert fields_of(answer.text, "tune")["based_on"] == ["1"]


def test_what_cannot_be_taken_is_told_at_its_field(visits: Visits) -> None:
    here = visits.here()
    answer = send(here, f"{PAGE}/preview", form_of(here), line="cutoff", cutoff="140")
    assert answer.status_code == 200
    assert 'href="#line"' in answer.text
    assert 'id="wrong-line"' in answer.text


def test_a_preview_that_is_reloaded_leads_to_its_topic(visits: Visits) -> None:
    assert visits.here().get(f"{PAGE}/preview").headers["location"] == PAGE


# -- saving and undoing ---------------------------------------------------------------------------


def save(browser: Browser, **changes: Any) -> Response:
    return send(browser, PAGE, form_of(browser), **changes)


def test_what_is_saved_is_in_force_with_its_author_and_reason(visits: Visits) -> None:
    desk = visits.signed_in("admin", "Ida Berg")
    answer = save(desk, include__add="apCAF2", reason="Bo asked for it")
    assert answer.headers["location"] == f"{PAGE}?saved=2"
    [last] = tuning.versions(visits.app.parts, "stroma", limit=1)
    assert (last.author, last.reason) == ("Ida Berg", "Bo asked for it")
    assert in_force(visits).include[-1] == "apCAF2"
    page = text(desk.get(answer.headers["location"]))
    assert "Version 2 is in force Added included term apCAF2" in page


def test_one_press_undoes_what_was_saved(visits: Visits) -> None:
    here = visits.here()
    before = in_force(visits)
    saved = here.get(save(here, include__add="apCAF2").headers["location"])
    undo = fields_of(saved.text.split('action="/topics/stroma/undo"')[1].split("</form>")[0])
    answer = send(here, f"{PAGE}/undo", undo)
    assert answer.headers["location"] == f"{PAGE}?saved=3"
    assert replace(in_force(visits), version=1) == before
    assert send(here, f"{PAGE}/undo", undo).status_code == 400, "somebody has changed it since"


def test_nothing_changed_is_nothing_saved(visits: Visits) -> None:
    answer = save(visits.here())
    assert answer.headers["location"] == PAGE
    assert in_force(visits).version == 1


def test_what_is_wrong_is_not_saved_and_nothing_typed_is_lost(visits: Visits) -> None:
    answer = save(visits.here(), line="per_week", per_week="-3", include__add="apCAF2")
    assert answer.status_code == 422
    assert in_force(visits).version == 1
    assert fields_of(answer.text, "tune")["include.new"] == ["apCAF2"]


def test_changes_of_another_are_shown_and_kept_below_ours(visits: Visits) -> None:
    desk = visits.signed_in("admin", "Ida")
    form = form_of(desk)
    theirs = editing.including(in_force(visits), ["desmoplasia2"])
    tuning.save(visits.app.parts, theirs, author="Bo <b>", reason="meanwhile")
    answer = send(desk, PAGE, form, include__add="apCAF2")
    assert answer.status_code == 409
    page = text(answer)
    assert "Bo <b> changed this topic while you did Version 2 (meanwhile)" in page
    assert "Added included term desmoplasia2" in page
    assert in_force(visits).version == 2
    again = fields_of(answer.text, "tune")
    assert (again["based_on"], again["include.new"]) == (["2"], ["apCAF2"])
    assert send(desk, PAGE, again).status_code == 303
    assert in_force(visits).include[-2:] == ("desmoplasia2", "apCAF2")


def test_a_preview_too_stands_on_what_another_has_changed(
    visits: Visits, previews: FakePreviews
) -> None:
    """The numbers of its rows are those of the version it shows, or a wrong seed would be weighed."""
    here = visits.here()
    form = form_of(here)
    theirs = editing.with_seeds(in_force(visits), [REVIEW])
    tuning.save(visits.app.parts, theirs, author="Bo", reason="")
    answer = send(here, f"{PAGE}/preview", form, seeds__found=packed([OTHER]), weight__1="2")
    assert "Bo changed this topic while you did" in text(answer)
    kept = [(seed.key, seed.weight) for seed in previews.asked[0].seeds[1:]]
    assert kept == [("PMC7", 1.0), ("PMC8", 2.0)]
    again = fields_of(answer.text, "tune")
    assert (again["based_on"], again["weight.2"]) == (["2"], ["2"])


def test_a_change_between_looking_and_writing_is_seen_too(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, app = tuning.save, visits.app

    def late(*args: Any, **named: Any) -> int:
        monkeypatch.setattr(tuning, "save", real)
        real(app.parts, editing.including(in_force(visits), ["x-ray"]), author="Bo", reason="")
        return real(*args, **named)

    here = visits.here()
    form = form_of(here)
    monkeypatch.setattr(tuning, "save", late)
    assert send(here, PAGE, form, include__add="apCAF2").status_code == 409
    assert in_force(visits).include[-1] == "x-ray"


@pytest.mark.parametrize("based_on", ["", "0", "99", "-1", "one", "9" * 40])
def test_a_form_of_no_version_is_refused(visits: Visits, based_on: str) -> None:
    here = visits.here()
    answer = send(here, PAGE, form_of(here) | {"based_on": based_on}, include__add="apCAF2")
    assert answer.status_code == 400
    assert in_force(visits).version == 1


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\"><img src=x onerror='y'>"])
def test_hostile_words_stay_text(visits: Visits, hostile: str) -> None:
    here = visits.here()
    answer = save(here, include__add=hostile, name=hostile, reason=hostile)
    assert answer.status_code == 303
    for path in (answer.headers["location"], f"{PAGE}/history", "/topics", f"{PAGE}/map"):
        page = here.get(path)
        assert harm(page.text) == []
        if not path.endswith("map"):
            assert hostile in unescape(page.text)


# -- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["read", "vote"])
def test_readers_see_all_of_it_and_change_nothing(visits: Visits, scope: str) -> None:
    reader = visits.signed_in(scope)
    page = reader.get(PAGE)
    assert page.status_code == 200
    assert '<fieldset id="controls" class="controls" disabled>' in page.text
    for word in ("Save</button>", "Add</button>", "Remove", "Preview"):
        assert word not in page.text
    for path in ("/topics", f"{PAGE}/history", f"{PAGE}/map", f"{PAGE}/unsure", f"{PAGE}/export"):
        answer = reader.get(path)
        assert answer.status_code == 200
        assert "Restore" not in answer.text
    for path in ("/topics/new", "/topics/import"):
        assert reader.get(path).status_code == 403
    for path in (PAGE, f"{PAGE}/preview", f"{PAGE}/undo", f"{PAGE}/restore", "/topics/new"):
        assert reader.fill(path).status_code == 403
    assert in_force(visits).version == 1


def test_readers_are_told_no_addresses(visits: Visits) -> None:
    topic = editing.including(in_force(visits), ["apCAF2"])
    tuning.save(visits.app.parts, topic, author="mail:ida@example.org", reason="")
    for path in (PAGE, f"{PAGE}/history", "/topics"):
        assert (
            "ida@example.org" not in visits.signed_in("read", called=f"t{len(path)}").get(path).text
        )


# -- seeds that are found -------------------------------------------------------------------------


def test_a_seed_is_found_looked_at_and_then_saved(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    answer = send(here, f"{PAGE}/preview", form_of(here), seeds=" PMC7 ", how="find")
    assert found == ["PMC7"]
    page = text(answer)
    assert "A review that was <b>found</b>" in page
    assert "not saved yet" in page
    assert "PMC7: a review, from pmc." in page
    form = fields_of(answer.text, "tune")
    assert form["seeds"] == [""], "it is no longer to be looked for"
    assert send(here, PAGE, form, weight__1="0.5").status_code == 303
    assert in_force(visits).seeds[-1] == replace(REVIEW, weight=0.5)


def test_what_a_review_cites_is_got_after_it_is_saved(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    answer = send(here, f"{PAGE}/preview", form_of(here), seeds="PMC7", how="find")
    send(here, PAGE, fields_of(answer.text, "tune"))
    kept = visits.app.__dict__["kept_references"]
    for _ in range(200):
        if kept:
            break
        time.sleep(0.01)
    assert kept == [("stroma", ["PMC7"])]


def test_seeds_that_nobody_has_seen_are_not_saved_unseen(visits: Visits, found: list[Any]) -> None:
    """Somebody types an id and presses Save at once."""
    here = visits.here()
    answer = save(here, seeds="PMC7")
    assert answer.status_code == 200
    assert "A review that was <b>found</b>" in text(answer)
    assert in_force(visits).version == 1


def test_a_slider_that_moves_looks_for_nothing(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    send(here, f"{PAGE}/preview", form_of(here), seeds="PMC7", how="live")
    assert found == []


def test_what_is_not_found_is_told_and_stays_in_its_box(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    answer = send(here, f"{PAGE}/preview", form_of(here), seeds="nothing", how="find")
    assert answer.status_code == 200
    assert "Nothing is not known to any source. Look at its id." in text(answer)
    assert fields_of(answer.text, "tune")["seeds"] == ["nothing"]


def test_a_file_is_read_as_a_file(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    answer = here.post(
        f"{PAGE}/preview",
        data=form_of(here) | {"how": "find"},
        files={"file": ("papers.bib", b"@article{x}")},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert found == [("papers.bib", b"@article{x}")]
    assert "papers.bib: 1 paper." in text(answer)


# -- a new topic ----------------------------------------------------------------------------------


def test_a_new_topic_is_shown_before_it_is_made(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    form = form_of(here, "/topics/new")
    answer = send(here, "/topics/new", form, name="Réactive  Stroma!", seeds="PMC7", how="create")
    assert answer.status_code == 200
    page = text(answer)
    assert "A review that was <b>found</b>" in page
    assert "reactive-stroma" in page
    with visits.app.store.reading() as tx:
        assert len(visits.app.topics(tx)) == 2, "nobody has seen what was found"
    made = send(here, "/topics/new", fields_of(answer.text, "tune"), how="create")
    assert made.headers["location"] == "/topics/reactive-stroma"
    with visits.app.store.reading() as tx:
        topic = next(each for each in visits.app.topics(tx) if each.slug == "reactive-stroma")
    assert (topic.name, topic.seeds) == ("Réactive Stroma!", (REVIEW,))


def test_what_is_left_out_of_a_new_topic_is_not_in_it(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    answer = send(
        here, "/topics/new", form_of(here, "/topics/new"), name="X", seeds="PMC7", how="find"
    )
    last = send(here, "/topics/new", fields_of(answer.text, "tune"), how="create", seed__drop="0")
    assert last.status_code == 422
    assert "Give at least one paper" in text(last)


def test_a_topic_without_a_seed_is_not_made(visits: Visits, found: list[Any]) -> None:
    here = visits.here()
    answer = send(here, "/topics/new", form_of(here, "/topics/new"), name="X", how="create")
    assert answer.status_code == 422
    assert "Give at least one paper" in text(answer)
    missed = send(
        here, "/topics/new", form_of(here, "/topics/new"), name="X", seeds="nothing", how="find"
    )
    assert "Nothing is not known" in text(missed)
    assert fields_of(missed.text, "tune")["seeds"] == ["nothing"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Stroma", "stroma-2"),
        ("New", "new-2"),
        ("Import!", "import-2"),
        ("好中球", "topic"),
        ("A " * 60, re.compile(r"[a-z-]{1,64}")),
    ],
)
def test_a_topic_gets_an_address_of_its_own(name: str, slug: Any) -> None:
    from service.web.site.topics.index import slugged

    made = slugged(name, {"stroma"})
    assert re.fullmatch(slug, made)


# -- the past, and documents ----------------------------------------------------------------------


def test_the_history_tells_who_changed_what_and_why(visits: Visits) -> None:
    here = visits.here()
    save(here, include__add="apCAF2", reason="Bo asked for it")
    page = text(here.get(f"{PAGE}/history"))
    assert "Version 2 in force" in page
    assert "Bo asked for it Added included term apCAF2" in page
    assert "Restore version 1" in page


def test_an_earlier_version_can_be_put_in_force_again(visits: Visits) -> None:
    here = visits.here()
    before = in_force(visits)
    save(here, include__add="apCAF2")
    save(here, exclude__add="sarcoma")
    answer = here.fill(f"{PAGE}/restore", version="1")
    assert answer.headers["location"] == f"{PAGE}?saved=4"
    assert replace(in_force(visits), version=1) == before
    for unknown in ("", "0", "99", "x"):
        assert here.fill(f"{PAGE}/restore", version=unknown).status_code == 400


def test_a_long_history_comes_in_pages(visits: Visits) -> None:
    topic = in_force(visits)
    for n in range(25):
        topic = editing.including(topic, [f"term {n} of many"])
        tuning.save(visits.app.parts, topic, author="Ida", reason="")
    here = visits.here()
    first = here.get(f"{PAGE}/history")
    assert "Version 26" in text(first)
    assert "Version 6 " not in text(first)
    later = text(here.get(f"{PAGE}/history?before=7"))
    assert "Version 6 " in later
    assert "Version 7 " not in later
    assert "Earlier versions" not in later


def test_a_topic_is_exported_as_its_document(visits: Visits) -> None:
    answer = visits.here().get(f"{PAGE}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="stroma.toml"'
    assert answer.text == dump(in_force(visits))


def imported(browser: Browser, document: str, **more: Any) -> Response:
    return browser.fill("/topics/import", document=document, **more)


def test_an_imported_document_is_shown_before_it_is_saved(
    visits: Visits, previews: FakePreviews
) -> None:
    here = visits.here()
    document = dump(editing.including(in_force(visits), ["apCAF2"]))
    answer = imported(here, document, how="save")
    assert "Added included term apCAF2" in text(answer)
    assert previews.asked[0].include[-1] == "apCAF2"
    assert in_force(visits).version == 1, "nobody has seen what it changes"
    made = here.post(
        "/topics/import",
        data=fields_of(answer.text) | {"how": "save"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert made.headers["location"] == f"{PAGE}?saved=2"
    assert in_force(visits).include[-1] == "apCAF2"


def test_what_is_exported_and_imported_differs_in_nothing(visits: Visits) -> None:
    here = visits.here()
    page = text(imported(here, here.get(f"{PAGE}/export").text))
    assert "Nothing differs: there is nothing to save." in page


def test_a_document_of_a_new_topic_makes_one(visits: Visits) -> None:
    here = visits.here()
    document = dump(editing.new("fresh", "Fresh", [REVIEW]))
    assert "Fresh would be new" in text(imported(here, document))
    assert imported(here, document, how="save", based_on="0").status_code == 303


@pytest.mark.parametrize("document", ["", "no = [toml", 'slug = "x"', "<script>alert(1)</script>"])
def test_a_document_that_is_none_is_told(visits: Visits, document: str) -> None:
    answer = imported(visits.here(), document)
    assert answer.status_code == 422
    assert harm(answer.text) == []
    assert document in unescape(answer.text)


# -- the map --------------------------------------------------------------------------------------


def test_a_map_has_a_shape_for_each_kind_and_says_the_same_as_a_table(
    visits: Visits, previews: FakePreviews
) -> None:
    kinds = ("shown", "below", "voted", "against")
    spots = [Spot(0.1 * n, 0.2, kind, f"A <{kind}>", n, 0.4) for n, kind in enumerate(kinds, 1)]
    previews.spots = (*spots, Spot(0.5, 1.0, "seed", "The seed"))
    answer = until(visits.here(), f"{PAGE}/map", "The seed")
    drawn = answer.text.split('class="map"')[1].split("</svg>")[0]
    assert drawn.count("<a ") == 4
    assert drawn.count("<circle") == 2
    assert drawn.count("<rect") == 1
    assert drawn.count("<path") == 2
    assert 'href="/works/3"' in drawn
    assert "A <voted> (40 %)" in unescape(drawn)
    assert "A <voted> Voted relevant or saved 40 %" in text(answer)
    assert "25 % are neighbours in meaning" in text(answer)
    assert harm(answer.text) == []


def test_a_map_of_very_many_leaves_out_the_least_relevant(
    visits: Visits, previews: FakePreviews
) -> None:
    many = [Spot(0.5, 0.5, "shown", f"Title {n} " * 20, n, n / 1000) for n in range(600)]
    previews.spots = (*many, Spot(0, 0, "voted", "A vote", 1000, 0.01))
    page = until(visits.here(), f"{PAGE}/map", "A vote").text
    assert len(page) < 200_000
    assert "Title 599" in page
    assert "Title 10 " not in page
    assert "A vote" in page


def test_there_may_be_nothing_to_draw(visits: Visits) -> None:
    until(visits.here(), f"{PAGE}/map", "Nothing to draw yet")


def test_a_map_that_cannot_be_drawn_says_why(visits: Visits, previews: FakePreviews) -> None:
    previews.fault = "is on fire"
    until(visits.here(), f"{PAGE}/map", "There is no map: the model: is on fire")


def test_a_map_waits_for_the_works(visits: Visits, previews: FakePreviews) -> None:
    previews.ready = False
    answer = visits.here().get(f"{PAGE}/map")
    assert "The map is being drawn" in text(answer)
    assert 'data-again="1500"' in answer.text
    assert previews.warmed == 1


# -- advice, and the works in doubt ---------------------------------------------------------------


def test_suggestions_become_part_of_the_form_with_one_press(
    visits: Visits, found: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    term = TermAdvice("apCAF2", 4, 10, 1, 990, 3.0)
    against = TermAdvice("sarcoma", 3, 4, 2, 300, 3.0)
    paper = SeedAdvice(
        1, "A <i>paper</i>", (1, 2, 3), ("a", "b", "c"), "stromal niche", "10.5555/1"
    )
    nameless = SeedAdvice(2, "Without a name", (2,), ("b",))
    drift = Drift(20, 60, (0.5, 0.4), (TermAdvice("organoid", 5, 20, 1, 60, 3.0),))
    advised = replace(ADVICE, include=(term,), exclude=(against,), seeds=(paper, nameless), drift=drift, notes=("Few votes.",))  # fmt: skip
    monkeypatch.setattr(guidance, "advice", lambda *_, **__: advised)
    here = visits.here()
    answer = until(here, PAGE, "+ apCAF2")
    page = text(answer)
    assert "stands for 3 papers that share “stromal niche”" in page
    assert "New in what is wanted of late: organoid (20 papers, after 60 before)." in page
    assert "Without a name" not in page, "it could not be added by any name"
    assert "Few votes." in page
    assert harm(answer.text) == []
    form = fields_of(answer.text, "tune")
    pressed = send(here, f"{PAGE}/preview", form, include__new="apCAF2")
    assert fields_of(pressed.text, "tune")["include.new"] == ["apCAF2"]
    assert "+ apCAF2" not in text(pressed), "it is taken"
    send(here, f"{PAGE}/preview", form, seed__add="10.5555/1")
    assert found == ["10.5555/1"]


def test_advice_that_cannot_be_given_costs_the_page_nothing(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Advice:
        raise EncoderError("the model", "is on fire", "wait")

    monkeypatch.setattr(guidance, "advice", broken)
    until(visits.here(), PAGE, "None: votes and saved papers")


def test_works_in_doubt_are_there_to_be_voted_on(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = visits.app.clock.now()
    doubts = MonthlyDoubts(
        "stroma", now, now, 0.5, (Doubt(1, "t", 0.52), Doubt(999, "gone", 0.5)), 2
    )
    monkeypatch.setattr(guidance, "unsure", lambda *_, **__: doubts)
    voter = visits.signed_in("vote", "Ida")
    page = until(voter, f"{PAGE}/unsure", "least sure of these")
    assert "2 of 3 voted on." in text(page)
    assert page.text.count('class="work"') == 1, "a work that is gone is not asked for"
    voter.fill("/votes", page=f"{PAGE}/unsure", topic="stroma", work="1", say="relevant")
    assert "3 of 3 voted on." in text(voter.get(f"{PAGE}/unsure"))
    with visits.app.store.reading() as tx:
        said = [v.judgement for v in tx.votes.current("stroma") if v.whose == "Ida"]
    assert said == [Judgement.RELEVANT]


@pytest.mark.parametrize(("done", "said"), [(0, "Nothing to ask"), (5, "have been voted on")])
def test_there_may_be_nothing_in_doubt(
    visits: Visits, monkeypatch: pytest.MonkeyPatch, done: int, said: str
) -> None:
    now = visits.app.clock.now()
    none = MonthlyDoubts("stroma", now, now, 0.5, (), done)
    monkeypatch.setattr(guidance, "unsure", lambda *_, **__: none)
    until(visits.here(), f"{PAGE}/unsure", said)


def test_doubts_that_cannot_be_chosen_are_told(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> MonthlyDoubts:
        raise EncoderError("the model", "is on fire", "wait")

    monkeypatch.setattr(guidance, "unsure", broken)
    until(visits.here(), f"{PAGE}/unsure", "is on fire")


@pytest.fixture(autouse=True)
def _no_threads_left(visits: Visits) -> Iterator[None]:
    """What a page has set going ends before the archive is taken away."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
