"""What can go wrong on the way: a server, or something else, that answers as it should not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.client import ClientError, Litwatch
from service.client.errors import NOT_DATA, UNREACHABLE
from service.client.keeping import Kept, Memory
from service.errors import InputError, LitwatchError
from tests.fault_server import chunked, hang_up, redirect, reply, reset, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fault_server import Answer, FaultServer

TOPICS = "/api/v1/topics"
EMPTY = b'{"items": [], "cursor": null}'
SOON = reply(429, b"{}", {"Retry-After": "7"})


class Sleeper:
    """Notes how long it was told to sleep, and does not."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


def on(server: FaultServer, sleeper: Sleeper, token: str = "") -> Litwatch:
    return Litwatch(server.url(""), token, timeout=2.0, patience=20.0, sleep=sleeper)


# -- waiting --------------------------------------------------------------------------------------


def test_a_read_that_came_too_soon_comes_again_when_it_was_told_to(
    faulty: FaultServer, sleeper: Sleeper
) -> None:
    faulty.script(TOPICS, SOON, SOON, reply(200, EMPTY))
    with on(faulty, sleeper) as client:
        assert client.topics() == ()
    assert sleeper.slept == [7, 7]


def test_patience_ends(faulty: FaultServer, sleeper: Sleeper) -> None:
    faulty.script(TOPICS, SOON)
    with on(faulty, sleeper) as client, pytest.raises(ClientError) as raised:
        client.topics()
    assert sleeper.slept == [7, 7]
    assert raised.value.status == 429


def test_a_wait_of_nought_seconds_does_not_last_for_ever(
    faulty: FaultServer, sleeper: Sleeper
) -> None:
    faulty.script(TOPICS, reply(429, b"{}", {"Retry-After": "0"}))
    with on(faulty, sleeper) as client, pytest.raises(ClientError):
        client.topics()
    assert len(sleeper.slept) == 20


@pytest.mark.parametrize(
    "answer",
    [
        reply(429, b"{}"),
        reply(429, b"{}", {"Retry-After": "soon"}),
        reply(500, b"{}", {"Retry-After": "1"}),
        reply(503, b"{}", {"Retry-After": "1"}),
        reply(404, b"{}", {"Retry-After": "1"}),
    ],
)
def test_what_waiting_does_not_mend_is_told_at_once(
    faulty: FaultServer, sleeper: Sleeper, answer: Answer
) -> None:
    faulty.script(TOPICS, answer)
    with on(faulty, sleeper) as client, pytest.raises(ClientError):
        client.topics()
    assert sleeper.slept == []
    assert len(faulty.requests) == 1


def test_a_vote_is_sent_once_whatever_happens(faulty: FaultServer, sleeper: Sleeper) -> None:
    for answer in (SOON, hang_up, reset()):
        faulty.script("/api/v1/votes", answer)
        with on(faulty, sleeper) as client, pytest.raises(ClientError):
            client.vote("stroma", 1, "relevant")
    assert len(faulty.requests) == 3
    assert sleeper.slept == []


# -- answers that are none ------------------------------------------------------------------------


def test_a_problem_is_told_whole(faulty: FaultServer, sleeper: Sleeper) -> None:
    problem = {
        "type": "urn:litwatch:problem:query",
        "title": "Bad Request",
        "status": 400,
        "detail": "query has no field tittle:",
        "instance": "urn:litwatch:request:1a",
        "code": "query",
        "remedy": "did you mean title:?",
        "at": 4,
        "faults": [{"where": "query.q", "cause": "is odd"}],
        "new": "of a later version",
    }
    faulty.script("/api/v1/search", reply(400, json.dumps(problem).encode()))
    with on(faulty, sleeper) as client, pytest.raises(ClientError) as raised:
        client.search("caf tittle:x")
    error = raised.value
    assert isinstance(error, LitwatchError)
    assert (error.status, error.code, error.at) == (400, "query", 4)
    assert (error.instance, error.remedy) == ("urn:litwatch:request:1a", "did you mean title:?")
    assert error.detail == "query has no field tittle:; query.q: is odd"
    assert str(error) == (
        "GET /api/v1/search: query has no field tittle:; query.q: is odd (did you mean title:?)"
    )


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (reply(502, b"<html>Bad Gateway</html>"), 502),
        (reply(404, b'{"detail": "Not Found"}'), 404),
        (redirect("http://127.0.0.1:1/elsewhere"), 302),
        (reply(304), 304),
    ],
)
def test_an_error_of_something_else_is_called_so(
    faulty: FaultServer, sleeper: Sleeper, answer: Answer, status: int
) -> None:
    faulty.script(TOPICS, answer)
    with on(faulty, sleeper) as client, pytest.raises(ClientError) as raised:
        client.topics()
    assert (raised.value.status, raised.value.code) == (status, NOT_DATA)


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"[]", b'{"items": [{}]}', b"\xff"])
def test_a_body_that_is_no_answer_is_an_error(
    faulty: FaultServer, sleeper: Sleeper, body: bytes
) -> None:
    faulty.script(TOPICS, reply(200, body))
    with on(faulty, sleeper) as client, pytest.raises(ClientError) as raised:
        client.topics()
    assert (raised.value.status, raised.value.code) == (200, NOT_DATA)


@pytest.mark.parametrize(
    "answer", [hang_up, reset(b'{"items"'), reply(200, b"{}", {"Content-Length": "9"})]
)
def test_an_answer_that_breaks_off_is_an_error(
    faulty: FaultServer, sleeper: Sleeper, answer: Answer
) -> None:
    faulty.script(TOPICS, answer)
    with on(faulty, sleeper) as client, pytest.raises(ClientError) as raised:
        client.topics()
    assert (raised.value.status, raised.value.code) == (None, UNREACHABLE)


def test_a_server_that_is_not_there_is_an_error(sleeper: Sleeper) -> None:
    with serving() as gone:
        address = gone.url("")
    with Litwatch(address) as client, pytest.raises(ClientError, match="is the server running"):
        client.topics()


def test_fields_of_a_later_version_do_no_harm(faulty: FaultServer, sleeper: Sleeper) -> None:
    faulty.script(TOPICS, reply(200, b'{"items": [], "cursor": null, "later": 1}'))
    with on(faulty, sleeper) as client:
        assert client.topics() == ()


def test_a_list_that_leads_back_to_itself_ends(faulty: FaultServer, sleeper: Sleeper) -> None:
    faulty.script("/api/v1/receipts", reply(200, b'{"items": [], "cursor": "round"}'))
    with on(faulty, sleeper) as client:
        assert list(client.receipts()) == []
    assert len(faulty.requests) == 2


def test_an_export_that_breaks_off_leaves_no_file(
    faulty: FaultServer, sleeper: Sleeper, tmp_path: Path
) -> None:
    file = tmp_path / "all.csv"
    file.write_text("as it was")
    faulty.script("/api/v1/exports", chunked(b"id,title\r\n", b"1,", end=False))
    with on(faulty, sleeper) as client, pytest.raises(ClientError):
        client.export(file, query="x")
    assert [each.name for each in tmp_path.iterdir()] == ["all.csv"]
    assert file.read_text() == "as it was"


def test_an_export_of_an_unknown_form_asks_nobody(
    faulty: FaultServer, sleeper: Sleeper, tmp_path: Path
) -> None:
    with on(faulty, sleeper) as client, pytest.raises(InputError, match="none of the endings"):
        client.export(tmp_path / "all.doc", query="x")
    assert faulty.requests == []


# -- addresses and tokens -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "lab.example.org",
        "ftp://lab.example.org",
        "https://",
        "https://lab.example.org:port",
        "https://[lab",
        "https://lab.example.org/?q=1",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        Litwatch(address)


def test_a_token_is_never_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(InputError, match="use https"):
        Litwatch("http://lab.example.org", "lw_secret")
    for address in ("https://user:hunter2@lab.example.org", "ftp://user:hunter2@lab.example.org"):
        with pytest.raises(InputError) as raised:
            Litwatch(address)
        assert "hunter2" not in str(raised.value)


def test_a_token_is_taken_as_a_file_holds_it_and_never_shown(
    faulty: FaultServer, sleeper: Sleeper
) -> None:
    faulty.script(TOPICS, reply(200, EMPTY))
    with on(faulty, sleeper, "lw_secret\n") as client:
        client.topics()
    assert faulty.requests[0].headers["authorization"] == "Bearer lw_secret"
    for broken in ("lw_sec\nret", "lw_sécret", "lw_sec\x00ret"):
        with pytest.raises(InputError) as raised:
            on(faulty, sleeper, broken)
        assert "ret" not in str(raised.value)


def test_what_cannot_be_sent_is_refused_before_it_is(faulty: FaultServer, sleeper: Sleeper) -> None:
    with on(faulty, sleeper) as client:
        for text in ("\ud800", "x" * 70_000):
            with pytest.raises(InputError, match="cannot be sent"):
                client.search(text)
        with pytest.raises(InputError, match="cannot be sent"):
            client.vote("stroma", 1, "relevant", note="\ud800")
        assert faulty.requests == []
        with pytest.raises(ClientError):
            client.work("\ud800")
    assert [each.target for each in faulty.requests] == ["/api/v1/works/%3F"]


def test_a_token_does_not_follow_a_redirect(faulty: FaultServer, sleeper: Sleeper) -> None:
    with serving() as other:
        faulty.script(TOPICS, redirect(other.url("/stolen")))
        with on(faulty, sleeper, "lw_secret") as client, pytest.raises(ClientError):
            client.topics()
        assert other.requests == []
    assert faulty.requests[0].headers["authorization"] == "Bearer lw_secret"


def test_without_a_token_none_is_sent(faulty: FaultServer, sleeper: Sleeper) -> None:
    faulty.script(TOPICS, reply(200, EMPTY))
    with on(faulty, sleeper) as client:
        client.topics()
    headers = faulty.requests[0].headers
    assert "authorization" not in headers
    assert headers["user-agent"].startswith("litwatch-client/")


def test_an_address_below_a_path_is_kept(faulty: FaultServer, sleeper: Sleeper) -> None:
    faulty.script("/lab/api/v1/topics", reply(200, EMPTY))
    with Litwatch(faulty.url("/lab/")) as client:
        assert client.topics() == ()


def test_a_limit_below_one_is_refused(faulty: FaultServer, sleeper: Sleeper) -> None:
    with on(faulty, sleeper) as client, pytest.raises(InputError):
        client.search("x", limit=0)


# -- what is kept ---------------------------------------------------------------------------------


def test_what_is_kept_is_bounded_and_the_oldest_goes() -> None:
    memory = Memory(room=10)
    memory.keep("a", Kept("1", b"aaaa"))
    memory.keep("b", Kept("2", b"bbbb"))
    assert memory.get("a") == Kept("1", b"aaaa")  # now b was not used for longest
    memory.keep("c", Kept("3", b"cccc"))
    assert [memory.get(each) is not None for each in "abc"] == [True, False, True]
    memory.keep("a", Kept("4", b"aaaaaa"))
    assert [memory.get(each) is not None for each in "abc"] == [True, False, True]
    memory.keep("d", Kept("5", b"d" * 11))  # more than there is room for
    assert [memory.get(each) for each in "abcd"] == [None] * 4
    memory.keep("e", Kept("6", b"e" * 10))
    assert memory.get("e") is not None


def test_an_answer_is_sent_back_by_its_etag_only_for_its_own_address(
    faulty: FaultServer, sleeper: Sleeper
) -> None:
    tagged = reply(200, EMPTY, {"ETag": '"one"'})
    faulty.script("/api/v1/receipts", tagged, tagged, reply(304))
    with on(faulty, sleeper) as client:
        assert list(client.receipts("pubmed")) == list(client.receipts("pmc")) == []
        assert list(client.receipts("pubmed")) == []
    told: list[Any] = [each.headers.get("if-none-match") for each in faulty.requests]
    assert told == [None, None, '"one"']
