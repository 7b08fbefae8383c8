"""Works into a collection, each once, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service.archive.exports import Entry
from service.errors import TransientError
from service.records import Identifiers
from service.zotero.items import item_of
from service.zotero.marks import key_of, mark_of
from service.zotero.pushing import Push
from tests.factories import work
from tests.fake_zotero import Answer, FakeZotero, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.zotero.library import Library
    from service.zotero.pushing import Pushed


def entry(number: int, **changes: Any) -> Entry:
    return Entry(work(number, **changes))


def push(library: Library, shelf: str, entries: Sequence[Entry], *, dry: bool = False) -> Pushed:
    pushing = Push(library, shelf)
    pushing.look(lambda _read, _total: None)
    return pushing.run(entries, dry=dry, went_on=lambda _count: None)


@pytest.fixture
def shelf(zotero: FakeZotero) -> str:
    return zotero.collection("Stroma")


def titles(zotero: FakeZotero, shelf: str) -> list[str]:
    return sorted(each["title"] for each in zotero.inside(shelf))


def test_works_are_put_into_the_collection_and_a_second_push_adds_nothing(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    entries = [entry(number) for number in range(1, 4)]
    assert push(library, shelf, entries).added == 3
    before = zotero.version
    again = push(library, shelf, entries)
    assert (again.added, again.there, again.refused) == (0, 3, [])
    assert len(zotero.items) == 3
    assert zotero.version == before


def test_many_works_are_written_fifty_at_a_time(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    done: list[int] = []
    pushing = Push(library, shelf)
    pushing.look(lambda _read, _total: None)
    entries = (entry(number) for number in range(1, 121))
    assert pushing.run(entries, dry=False, went_on=done.append).added == 120
    assert [len(request.objects) for request in zotero.writes()] == [50, 50, 20]
    assert done == [50, 50, 20]


def test_a_push_that_is_killed_between_write_and_answer_does_not_double(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    """The process dies when the server has done it all; the next push begins from nothing."""
    entries = [entry(number) for number in range(1, 61)]

    class Killed(BaseException): ...

    def kill(*_: Any, **__: Any) -> Any:
        write(*_, **__)
        raise Killed

    write = type(library).write.__get__(library)
    dying = Push(library, shelf)
    dying.look(lambda _read, _total: None)
    library.write = kill  # type: ignore[method-assign]
    with pytest.raises(Killed):
        dying.run(entries, dry=False, went_on=lambda _count: None)
    library.write = write  # type: ignore[method-assign]
    assert len(zotero.items) == 50
    again = push(library, shelf, entries)
    assert (again.added, again.there) == (10, 50)
    assert len(zotero.items) == 60


def test_a_write_whose_answer_is_lost_is_not_repeated(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    zotero.script.extend(["ok", "lost"])  # look, write
    done = push(library, shelf, [entry(1), entry(2)])
    assert (done.added, done.there) == (0, 2)
    assert len(zotero.items) == 2


def test_two_pushes_at_the_same_moment_make_one_item(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    """Both have looked before either wrote; a server that minds no version still minds keys."""

    def other(request: Request) -> None:
        request.headers["if-unmodified-since-version"] = "999"
        zotero.item(key=key_of(entry(1)), **item_of(entry(1), shelf))

    pushing = Push(library, shelf)
    pushing.look(lambda _read, _total: None)
    zotero.script.append(other)
    done = pushing.run([entry(1)], dry=False, went_on=lambda _count: None)
    assert (done.added, done.there) == (0, 1)
    assert len(zotero.items) == 1


def test_what_others_change_meanwhile_is_looked_at_and_the_push_goes_on(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    zotero.script.extend(["ok", lambda _: zotero.item(shelf, DOI="10.5555/STROMA.2")])
    done = push(library, shelf, [entry(1), entry(2)])
    assert (done.added, done.there) == (1, 1)
    assert len(zotero.items) == 2
    assert [request.params.get("since") for request in zotero.requests] == [None, None, "1", None]


def test_a_library_that_never_comes_to_rest_is_told_and_what_was_written_stays(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    def busy(request: Request) -> None:
        if request.method == "POST":
            zotero.item(title="By somebody else")

    pushing = Push(library, shelf)
    pushing.look(lambda _read, _total: None)
    zotero.script.extend([busy] * 40)
    with pytest.raises(TransientError, match="changed by others"):
        pushing.run([entry(1)], dry=False, went_on=lambda _count: None)


@pytest.mark.parametrize(
    "fields",
    [
        {"DOI": "https://doi.org/10.5555/Stroma.1"},
        {"DOI": "", "extra": "PMID: 40000001"},
        {"extra": "tex.x: y\nDOI: 10.5555/stroma.1\nother"},
        {"url": "https://pubmed.ncbi.nlm.nih.gov/40000001/"},
    ],
)
def test_a_paper_that_the_library_has_is_recognised_and_put_into_the_collection(
    zotero: FakeZotero, library: Library, shelf: str, fields: dict[str, str]
) -> None:
    other = zotero.collection("Mine")
    key = zotero.item(other, title="As somebody typed it", **fields)
    done = push(library, shelf, [entry(1)])
    assert (done.added, done.filed) == (0, 1)
    assert zotero.items[key]["data"]["collections"] == [other, shelf]
    assert zotero.items[key]["data"]["title"] == "As somebody typed it"
    assert push(library, shelf, [entry(1)]).there == 1


def test_an_item_still_known_as_the_preprint_is_the_article(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    zotero.item(shelf, title="Niche", DOI="10.1101/2026.000001", itemType="preprint")
    article = Entry(work(1), others=(Identifiers(doi="10.1101/2026.000001"),))
    assert push(library, shelf, [article]).there == 1


def test_a_work_without_any_identifier_is_recognised_by_its_mark_and_title(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    bare = entry(1, ids=Identifiers())
    assert push(library, shelf, [bare]).added == 1
    assert push(library, shelf, [bare]).there == 1
    [item] = zotero.inside(shelf)
    zotero.edit(item["key"], title="Otherwise")
    assert push(library, shelf, [bare]).there == 1, "its key is still that of this work"


def test_the_mark_of_another_archive_is_not_ours(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    """Two archives that share a library count their works alike."""
    zotero.item(shelf, title="Another paper", extra=mark_of(work(1)))
    assert push(library, shelf, [entry(1)]).added == 1


def test_a_key_that_a_stranger_has_is_left_to_it(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    stranger = zotero.item(key=key_of(entry(1)), title="A stranger")
    assert push(library, shelf, [entry(1)]).added == 1
    assert zotero.items[stranger]["data"]["title"] == "A stranger"
    assert len(zotero.items) == 2


def test_what_a_person_put_into_the_trash_stays_there(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    push(library, shelf, [entry(1)])
    [item] = zotero.inside(shelf)
    zotero.edit(item["key"], deleted=1)
    done = push(library, shelf, [entry(1)])
    assert (done.added, done.there, done.trashed) == (0, 0, 1)
    assert zotero.inside(shelf) == []


def test_of_two_copies_the_one_outside_of_the_trash_counts(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    zotero.item(shelf, DOI="10.5555/stroma.1", deleted=1)
    zotero.item(shelf, DOI="10.5555/stroma.1")
    zotero.item(shelf, DOI="10.5555/stroma.1", deleted=1)
    assert push(library, shelf, [entry(1)]).there == 1


def test_two_works_that_are_one_paper_there_are_written_once(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    same = Identifiers(doi="10.5555/same")
    twins = [entry(1, ids=same), entry(2, ids=same)]
    done = push(library, shelf, twins)
    assert (done.added, done.there) == (1, 1)
    elsewhere = zotero.collection("Other")
    done = push(library, elsewhere, twins)
    assert (done.filed, done.there) == (1, 1)


def test_a_work_that_is_refused_is_named_and_holds_up_no_other(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    report = {
        "success": {"0": "AAAAAAAA"},
        "unchanged": {},
        "failed": {"1": {"code": 413, "message": "Abstract is too long"}},
    }
    zotero.script.extend(["ok", Answer(200, report, {"Last-Modified-Version": "5"})])
    done = push(library, shelf, [entry(1), entry(2)])
    assert done.added == 1
    [refused] = done.refused
    assert (refused.work_id, refused.reason) == (2, "Abstract is too long")


def test_an_item_that_changes_while_it_is_filed_is_looked_at_again(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    key = zotero.item(DOI="10.5555/stroma.1")

    def moved(request: Request) -> None:
        other = zotero.collection("Mine")
        zotero.edit(key, collections=[other])
        request.headers["if-unmodified-since-version"] = str(zotero.version)

    zotero.script.extend(["ok", moved])
    assert push(library, shelf, [entry(1)]).filed == 1
    assert len(zotero.items[key]["data"]["collections"]) == 2


def test_a_dry_run_counts_alike_and_writes_nothing(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    zotero.item(DOI="10.5555/stroma.2")
    entries = [entry(1), entry(2), entry(3), entry(3)]
    dry = push(library, shelf, entries, dry=True)
    assert zotero.writes() == []
    assert dry == push(library, shelf, entries)
    assert (dry.added, dry.filed, dry.there) == (2, 1, 1)


def test_an_entry_that_is_changed_in_the_archive_is_still_the_same_item(
    zotero: FakeZotero, library: Library, shelf: str
) -> None:
    push(library, shelf, [entry(1)])
    renamed = entry(1, title="A better title", abstract="")
    assert push(library, shelf, [renamed]).there == 1
    assert titles(zotero, shelf) == [entry(1).title]
    assert replace(renamed, topics=("x",)).work.id == 1
