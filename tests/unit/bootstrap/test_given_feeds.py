"""The feeds of an installation: which there are, and what each holds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import bootstrap, pipeline
from service.archive.feeds import FORMS
from service.bootstrap.feeds import Kind as Given
from service.bootstrap.feeds import Listed
from service.config import Settings
from service.errors import InputError
from service.records import Author, Flag, Identifiers, Judgement, Kind, Vote, Work
from service.records.findings import Findings, Hit, Matched, SavedSearch, Search
from service.records.queries import Mode, Sort
from service.store import Store
from tests import databases, papers
from tests.fakes import FixedClock
from tests.feed_rules import atom_faults, json_faults
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.archive.feeds import Entry
    from service.bootstrap import App

HOSTILE = "]]>\x00\x0b<script>alert(1)</script> & \u202ehidden \ufffe end"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """Works 1 to 3, the shipped topics, a subscription, and no public address."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        settings = {
            "database": {"url": str(engine.url)},
            "encoder": {"model": "none-that-exists"},
            "subscriptions": [{"name": "Lab 2. a", "channel": "file", "destination": "digest"}],
        }
        made = bootstrap.build(Settings.model_validate(settings), FixedClock(NOW).clock)
        made.prepare()
        Archive(Store(engine)).take_in(paper(1), paper(2), paper(3))
        yield made
        made.close()


def wanted(app: App, *works: int, topic: str = "stroma") -> None:
    with app.store.writing() as tx:
        for work in works:
            tx.votes.cast(Vote(topic, work, "Ida", Judgement.RELEVANT, "web", NOW))


def save(app: App, query: str, name: str = "nets", mode: Mode = Mode.LEXICAL) -> None:
    with app.store.writing() as tx:
        tx.searches.save(SavedSearch(name, query, mode, "Ida", NOW + timedelta(days=1)))


def entry(app: App, work: int = 1) -> Entry:
    found = {
        each.id.rpartition("/")[2]: each for each in app.feeds.feed("topics", "stroma").entries
    }
    return found[str(work)]


def numbers(found: tuple[Entry, ...]) -> list[str]:
    return [each.id.rpartition("/")[2] for each in found]


# -- which there are ------------------------------------------------------------------------------


def test_topics_searches_and_digests_are_listed(app: App) -> None:
    save(app, "caf lung")
    told = {each.path: each.title for each in app.feeds.listed()}
    assert set(told) == {"topics/neutrophils", "topics/stroma", "searches/nets", "digests/Lab 2. a"}
    assert told["searches/nets"] == "caf lung"


def test_a_name_that_is_none_is_told_with_those_there_are(app: App) -> None:
    assert app.feeds.named("topics/stroma").name == "stroma"
    with pytest.raises(InputError, match=r"feed 'stroma': does not exist \(there are: topics/"):
        app.feeds.named("stroma")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("topics", "x"), ("searches", "x"), ("digests", "x"), ("works", "1"), ("", "")],
)
def test_a_feed_that_does_not_exist_is_an_error_with_a_remedy(
    app: App, kind: str, name: str
) -> None:
    with pytest.raises(InputError) as caught:
        app.feeds.feed(kind, name)
    assert caught.value.remedy


# -- what a work is in one ------------------------------------------------------------------------


def test_a_work_has_its_doi_authors_journal_and_abstract(app: App) -> None:
    wanted(app, 1)
    one = entry(app)
    assert one.id == "tag:localhost,2026:works/1"
    assert one.link == "https://doi.org/10.5555/stroma.1"
    assert one.authors == ("Lindqvist1 Maja", "Okafor Chidi")
    assert one.summary == "Journal of Stromal Biology · 12 Nov 2026"
    assert "<p>Niches of fibroblasts hold neutrophils back in model 1.</p>" in one.html
    assert '<a href="https://pubmed.ncbi.nlm.nih.gov/40000001/">PubMed</a>' in one.html
    assert [(each.term, bool(each.label)) for each in one.categories] == [("stroma", True)]


@pytest.mark.parametrize(
    ("ids", "link"),
    [
        ({"doi": "10.5555/a<b>", "pmcid": "PMC1"}, "https://doi.org/10.5555/a%3Cb%3E"),
        ({"pmcid": "PMC1"}, "https://pmc.ncbi.nlm.nih.gov/articles/PMC1/"),
        ({}, "https://a.example.org/1"),
    ],
)
def test_a_work_leads_to_its_doi_or_else_to_the_best_that_is_known(
    app: App, ids: dict[str, str], link: str
) -> None:
    Archive(app.store).take_in(
        paper(9, ids=Identifiers(**ids), url="https://a.example.org/1", title="Another work")
    )
    wanted(app, 4)
    assert entry(app, 4).link == link


def test_a_work_of_two_topics_names_both_in_the_feed_of_either(app: App) -> None:
    wanted(app, 1)
    wanted(app, 1, topic="neutrophils")
    for slug in ("stroma", "neutrophils"):
        (one,) = app.feeds.feed("topics", slug).entries
        assert [each.term for each in one.categories] == ["neutrophils", "stroma"]


def test_the_id_of_a_work_is_the_same_in_every_feed(app: App) -> None:
    """So that a reader of two feeds reads it once."""
    wanted(app, 1)
    save(app, "pmid:40000001")
    (searched,) = app.feeds.feed("searches", "nets").entries
    assert searched.id == entry(app).id


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("https://litwatch.example.org", "tag:litwatch.example.org,2026:"),
        ("https://LAB.example.org:8443/a b/litwatch", "tag:lab.example.org,2026:a%20b/litwatch/"),
        ("http://[::1]:8080", "tag:1,2026:"),
    ],
)
def test_ids_are_this_installations_own(app: App, url: str, begins: str) -> None:
    app.settings = app.settings.model_copy(
        update={"web": app.settings.web.model_copy(update={"url": url})}
    )
    wanted(app, 1)
    assert entry(app).id == f"{begins}works/1"


@pytest.mark.parametrize(
    ("flags", "begins"),
    [
        ({Flag.RETRACTED}, "[Retracted] Stromal"),
        ({Flag.WITHDRAWN, Flag.CONCERN}, "[Withdrawn] [Expression of concern] Stromal"),
        ({Flag.CORRECTED}, "Stromal"),
        (set(), "Stromal"),
    ],
)
def test_what_a_reader_must_know_first_begins_the_title(
    app: App, flags: set[Flag], begins: str
) -> None:
    Archive(app.store).take_in(paper(1, flags=frozenset(flags)))
    wanted(app, 1)
    assert entry(app).title.startswith(begins)
    assert ("Corrected" in entry(app).summary) is (Flag.CORRECTED in flags)


def test_a_work_of_which_little_is_known_is_an_entry_too(app: App) -> None:
    Archive(app.store).take_in(
        paper(1, title="", abstract="", authors=(), venue="", published=None, kind=Kind.REVIEW)
    )
    wanted(app, 1)
    one = entry(app)
    assert (one.title, one.summary, one.authors) == ("(no title)", "Review", ())
    assert "No abstract is known." in one.html


@pytest.mark.parametrize("form", FORMS)
def test_hostile_texts_make_a_valid_feed_that_runs_nothing(app: App, form: str) -> None:
    Archive(app.store).take_in(
        paper(
            1,
            title=HOSTILE,
            abstract=f"{HOSTILE}\n{HOSTILE}",
            authors=(Author(HOSTILE, HOSTILE), Author(collective=HOSTILE)),
            venue=HOSTILE,
            url='https://a.example.org/"><script>',
            pdf_url="javascript:alert(1)",
        )
    )
    wanted(app, 1)
    body = FORMS[form].written(app.feeds.feed("topics", "stroma"))
    assert {"atom": atom_faults, "json": json_faults}[form](body) == []
    html = entry(app).html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "javascript:" not in html
    assert "\u202e" not in html


def test_a_work_of_a_thousand_authors_and_a_book_for_an_abstract_is_bounded(app: App) -> None:
    crowd = tuple(Author(f"Family{n}", "A") for n in range(1_000))
    Archive(app.store).take_in(paper(1, authors=crowd, abstract="line\n" * 5_000))
    wanted(app, 1)
    assert len(entry(app).authors) == 50
    assert entry(app).html.count("<p>") == 41


# -- what is in a feed ----------------------------------------------------------------------------


def test_a_feed_has_the_newest_hundred(app: App) -> None:
    Archive(app.store).take_in(*(paper(number) for number in range(4, 131)))
    wanted(app, *range(1, 131))
    found = app.feeds.feed("topics", "stroma").entries
    assert numbers(found) == [str(number) for number in range(130, 30, -1)]


def test_an_empty_feed_is_as_old_as_what_it_is_about(app: App) -> None:
    save(app, "caf lung")
    with app.store.reading() as tx:
        version = tx.topics.get("stroma")
        _, created = tx.subscriptions.get("Lab 2. a")
    assert app.feeds.feed("topics", "stroma").updated == version.at
    assert app.feeds.feed("searches", "nets").updated == NOW + timedelta(days=1)
    assert app.feeds.feed("digests", "Lab 2. a").updated == created


def test_a_search_is_answered_by_what_answers_it_whole_the_last_seen_first(app: App) -> None:
    Archive(app.store, NOW + timedelta(days=2)).take_in(paper(4), paper(5, title="Lung"))
    save(app, "title:niche sort:relevance")
    found = app.feeds.feed("searches", "nets")
    assert numbers(found.entries) == ["4", "3", "2", "1"]
    assert found.updated == NOW + timedelta(days=2)
    assert found.entries[0].published == NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("query", "mode", "sort"),
    [
        ("caf", Mode.HYBRID, Sort.SEEN),
        ("caf", Mode.LEXICAL, Sort.SEEN),
        ("caf", Mode.SEMANTIC, Sort.RELEVANCE),
        ("like:1", Mode.HYBRID, Sort.RELEVANCE),
    ],
)
def test_by_meaning_the_nearest_are_taken_and_put_in_order(
    app: App, monkeypatch: pytest.MonkeyPatch, query: str, mode: Mode, sort: Sort
) -> None:
    """What is near in meaning has no end: in the order of time, it would be the whole archive."""
    asked: list[Search] = []
    with app.store.reading() as tx:
        works: list[Work] = tx.works.many([2, 3, 1])

    def find(_app: App, search: Search) -> Findings:
        asked.append(search)
        hits = tuple(Hit(work, Matched.NEAR) for work in works)
        return Findings(hits, 3, exact=True, mode=mode)

    monkeypatch.setattr(type(app), "find", find)
    save(app, query, mode=mode)
    assert numbers(app.feeds.feed("searches", "nets").entries) == ["3", "2", "1"]
    assert asked == [Search(query, mode, limit=100, sort=sort)]


# -- as files -------------------------------------------------------------------------------------


def test_a_feed_is_written_where_its_address_says(app: App, tmp_path: Path) -> None:
    which = app.feeds.named("digests/Lab 2. a")
    folder = tmp_path / "public"
    file = app.feeds.write(which, folder, "json", "https://lab.example.org/feeds/")
    assert file == folder / "digests" / "Lab 2. a.json"
    told: dict[str, Any] = json.loads(file.read_bytes())
    assert told["feed_url"] == "https://lab.example.org/feeds/digests/Lab%202.%20a.json"
    assert json_faults(file.read_bytes()) == []
    app.feeds.write(which, folder, "atom")
    assert atom_faults((folder / "digests" / "Lab 2. a.atom").read_bytes()) == []


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "a\x00b", ".."])
def test_no_name_leads_out_of_the_folder(app: App, tmp_path: Path, name: str) -> None:
    save(app, "caf", name=name.replace("\x00", ""))
    which = Listed(Given.SEARCHES, name.replace("\x00", ""), "caf")
    file = app.feeds.write(which, tmp_path / "public", "atom")
    assert file.resolve().parent == tmp_path / "public" / "searches"


def test_a_folder_that_cannot_be_written_is_named(app: App, tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        app.feeds.write(app.feeds.named("topics/stroma"), tmp_path / "public", "atom")
