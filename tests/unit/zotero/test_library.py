"""The Web API of Zotero over a real socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import (
    BadRequestError,
    ConfigError,
    IncompleteError,
    NotDataError,
    NotFoundError,
    ThrottledError,
    TransientError,
)
from tests.fake_zotero import KEY, Answer, FakeZotero, Request

if TYPE_CHECKING:
    from service.zotero.library import Library
    from tests.fault_server import FakeTime


def paper(number: int) -> dict[str, Any]:
    return {"itemType": "journalArticle", "title": f"Paper {number}", "collections": []}


# -- reading ----------------------------------------------------------------------------------------


def test_every_request_says_its_version_and_key_in_headers_alone(
    zotero: FakeZotero, library: Library
) -> None:
    library.collections()
    library.write("items", [paper(1)], zotero.version)
    for request in zotero.requests:
        assert request.headers["zotero-api-version"] == "3"
        assert request.headers["zotero-api-key"] == KEY
        assert KEY not in request.path
        assert KEY not in str(request.params)


def test_a_long_list_is_read_page_by_page_to_its_end(zotero: FakeZotero, library: Library) -> None:
    keys = {zotero.item(title=f"Paper {number}") for number in range(250)}
    seen: list[tuple[int, int]] = []
    found = library.items(progress=lambda read, total: seen.append((read, total)))
    assert {each.key for each in found.objects} == keys
    assert found.version == zotero.version
    assert seen == [(100, 250), (200, 250), (250, 250)]
    assert [request.params["start"] for request in zotero.requests] == ["0", "100", "200"]


def test_an_empty_library_is_one_request(zotero: FakeZotero, library: Library) -> None:
    assert library.items().objects == ()
    assert len(zotero.requests) == 1


def test_what_is_deleted_while_the_list_is_read_hides_nothing(
    zotero: FakeZotero, library: Library
) -> None:
    """The rest moves up, and the first items of the second page would never come."""
    keys = [zotero.item(title=f"Paper {number}") for number in range(250)]

    def delete(_: Request) -> None:
        for key in keys[:60]:
            zotero.items.pop(key)
        zotero.version += 1

    zotero.script.extend(["ok", delete])
    found = library.items()
    assert {each.key for each in found.objects} == set(keys[60:])
    assert found.version == zotero.version


def test_what_is_added_and_edited_while_the_list_is_read_is_in_it(
    zotero: FakeZotero, library: Library
) -> None:
    keys = [zotero.item(title=f"Paper {number}") for number in range(150)]

    def change(_: Request) -> None:
        zotero.item(key="LATE2222", title="Late")
        zotero.edit(keys[0], title="Edited")

    zotero.script.extend(["ok", change])
    found = {each.key: each.data["title"] for each in library.items().objects}
    assert found["LATE2222"] == "Late"
    assert found[keys[0]] == "Edited"
    assert len(found) == 151


def test_collections_that_change_while_they_are_read_are_mended(
    zotero: FakeZotero, library: Library
) -> None:
    keys = [zotero.collection(f"Shelf {number}") for number in range(150)]

    def delete(_: Request) -> None:
        zotero.collections.pop(keys[0])
        zotero.version += 1

    zotero.script.extend(["ok", delete])
    assert {each.key for each in library.collections().objects} == set(keys[1:])


def test_fewer_objects_than_are_counted_are_not_taken_for_all(
    zotero: FakeZotero, library: Library
) -> None:
    page = [{"key": "AAAAAAAA", "version": 1, "data": {}}]
    zotero.script.append(Answer(200, page, {"Total-Results": "2", "Last-Modified-Version": "1"}))
    with pytest.raises(IncompleteError, match="1 of 2 came"):
        library.items()


def test_what_is_newer_than_a_version_can_be_asked_for(
    zotero: FakeZotero, library: Library
) -> None:
    for number in range(150):
        zotero.item(title=f"Paper {number}")
    found = library.items()
    assert found.version == zotero.version
    late = zotero.item(title="Late")
    assert [each.key for each in library.items(since=found.version).objects] == [late]


def test_a_collection_is_read_without_parts_and_trash_but_the_library_with_its_trash(
    zotero: FakeZotero, library: Library
) -> None:
    shelf = zotero.collection("Stroma")
    kept, gone = zotero.item(shelf, title="Kept"), zotero.item(shelf, title="Gone", deleted=1)
    zotero.item(itemType="note", note="a child", parentItem=kept)
    other = zotero.item(title="Elsewhere")
    assert [each.key for each in library.items(shelf).objects] == [kept]
    assert {each.key for each in library.items().objects} == {kept, gone, other}


# -- writing ----------------------------------------------------------------------------------------


def test_a_write_says_what_was_done_and_what_was_not(zotero: FakeZotero, library: Library) -> None:
    objects = [paper(1), {"itemType": "no such type"}, paper(3)]
    report = library.write("items", objects, zotero.version)
    assert report is not None
    assert set(report.done) == {0, 2}
    assert report.failed == {1: (400, "'no such type' is not a valid itemType")}
    assert report.version == zotero.version
    assert {each["data"]["title"] for each in zotero.items.values()} == {"Paper 1", "Paper 3"}


def test_a_library_that_has_moved_on_takes_no_write(zotero: FakeZotero, library: Library) -> None:
    before = zotero.version
    zotero.item(title="By somebody else")
    assert library.write("items", [paper(1)], before) is None
    assert len(zotero.items) == 1


def test_a_write_whose_answer_is_lost_is_done_once(zotero: FakeZotero, library: Library) -> None:
    """It is sent again, and refused, for the first one moved the library on."""
    zotero.script.append("lost")
    assert library.write("items", [paper(1)], zotero.version) is None
    assert len(zotero.writes()) == 2
    assert len(zotero.items) == 1


def test_what_the_server_cannot_do_now_is_asked_again(
    zotero: FakeZotero, library: Library, time: FakeTime
) -> None:
    busy = Answer(503, b"busy", {"Retry-After": "7"})
    zotero.script.extend([Answer(429, b"slow down", {"Retry-After": "30"}), busy, Answer(409)])
    assert library.items().objects == ()
    assert len(zotero.requests) == 4
    assert sum(time.sleeps) >= 37


# -- politeness -------------------------------------------------------------------------------------


def test_a_pause_that_an_answer_asks_for_is_kept(
    zotero: FakeZotero, library: Library, time: FakeTime
) -> None:
    zotero.backoff = "20"
    library.collections()
    assert sum(time.sleeps) == 0
    zotero.backoff = ""
    library.collections()
    assert sum(time.sleeps) == pytest.approx(20)
    library.collections()
    assert sum(time.sleeps) == pytest.approx(20)


def test_a_pause_too_long_to_sit_out_is_told(zotero: FakeZotero, library: Library) -> None:
    zotero.backoff = "3600"
    library.collections()
    with pytest.raises(ThrottledError, match="pause of 3600 s") as caught:
        library.collections()
    assert caught.value.retry_after == pytest.approx(3600)
    assert len(zotero.requests) == 1


@pytest.mark.parametrize("asked", ["", "soon", "-5", "1.5", "٣"])
def test_a_pause_that_makes_no_sense_is_none(
    zotero: FakeZotero, library: Library, time: FakeTime, asked: str
) -> None:
    headers = {"Total-Results": "0", "Last-Modified-Version": "1"}
    zotero.script.append(Answer(200, [], headers | {"Backoff": asked.encode().decode("latin-1")}))
    library.collections()
    library.collections()
    assert sum(time.sleeps) == 0


# -- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (403, ConfigError, "give the key access"),
        (404, ConfigError, r"zotero\.user, zotero\.group"),
        (413, BadRequestError, "HTTP 413"),
        (428, BadRequestError, "HTTP 428"),
        (400, BadRequestError, "HTTP 400"),
    ],
)
def test_a_refusal_says_what_to_do(
    zotero: FakeZotero, library: Library, status: int, kind: type[Exception], told: str
) -> None:
    zotero.script.append(Answer(status, f"no, {KEY}".encode()))
    with pytest.raises(kind, match=told) as caught:
        library.write("items", [paper(1)], 0)
    assert KEY not in str(caught.value)
    assert len(zotero.requests) == 1


def test_a_key_without_write_access_is_told(zotero: FakeZotero, library: Library) -> None:
    zotero.writable = False
    with pytest.raises(ConfigError, match="Write access denied"):
        library.write("items", [paper(1)], 0)


def test_a_collection_that_is_not_there_is_told(zotero: FakeZotero, library: Library) -> None:
    with pytest.raises(NotFoundError, match="Collection not found"):
        library.items("ZZZZZZZZ")


@pytest.mark.parametrize(
    "body", [b"{}", b"[1]", b'[{"key": 1}]', b'[{"key": "A", "version": "1", "data": {}}]']
)
def test_a_page_that_is_none_is_told(zotero: FakeZotero, library: Library, body: bytes) -> None:
    headers = {"Total-Results": "1", "Last-Modified-Version": "1"}
    zotero.script.append(Answer(200, body, headers))
    with pytest.raises(NotDataError):
        library.items()


@pytest.mark.parametrize("lacking", ["Total-Results", "Last-Modified-Version"])
def test_a_page_without_its_counts_is_no_page_of_zotero(
    zotero: FakeZotero, library: Library, lacking: str
) -> None:
    headers = {"Total-Results": "0", "Last-Modified-Version": "1"}
    del headers[lacking]
    zotero.script.append(Answer(200, [], headers))
    with pytest.raises(NotDataError, match=lacking):
        library.items()


def test_a_reply_that_breaks_off_is_asked_again(zotero: FakeZotero, library: Library) -> None:
    headers = {"Total-Results": "1", "Last-Modified-Version": "1"}
    zotero.script.append(Answer(200, b'[{"key": "AAAA', headers))
    zotero.item(title="Whole")
    assert len(library.items().objects) == 1


@pytest.mark.parametrize("body", [{"success": {}}, [], {"success": [], "unchanged": {}}])
def test_a_write_without_a_report_is_told(
    zotero: FakeZotero, library: Library, body: object
) -> None:
    zotero.script.append(Answer(200, body, {"Last-Modified-Version": "2"}))
    with pytest.raises(NotDataError, match="no report"):
        library.write("items", [paper(1)], 0)


def test_a_failure_without_a_reason_is_one_all_the_same(
    zotero: FakeZotero, library: Library
) -> None:
    report = {"success": {}, "unchanged": {"1": "AAAAAAAA"}, "failed": {"0": "?"}}
    zotero.script.append(Answer(200, report, {"Last-Modified-Version": "2"}))
    found = library.write("items", [paper(1), paper(2)], 0)
    assert found is not None
    assert found.failed == {0: (0, "no reason was given")}
    assert found.done == {1: "AAAAAAAA"}


def test_a_server_that_stays_away_is_told(zotero: FakeZotero, library: Library) -> None:
    zotero.script.extend([Answer(500, b"no")] * 5)
    with pytest.raises(TransientError, match="HTTP 500"):
        library.items()


def test_the_key_is_shown_by_nothing(zotero: FakeZotero, library: Library) -> None:
    assert KEY not in repr(library)


def test_half_a_surrogate_pair_is_written_as_something(
    zotero: FakeZotero, library: Library
) -> None:
    report = library.write("items", [paper(1) | {"title": "half \ud800"}], 0)
    assert report is not None
    assert json.loads(zotero.writes()[0].body)[0]["title"] == "half ?"
