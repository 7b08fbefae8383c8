"""What a reader of a reply says of it is told without what we asked it with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from service.errors import FetchRefusedError, LitwatchError, SourceError, ThrottledError
from service.sources import http_rules
from service.sources.http import PoliteClient, Reply
from tests.fault_server import reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = {"api_key": "canary-key/123", "email": "canary@lab.example"}


def test_an_error_of_a_reader_does_not_repeat_what_was_asked() -> None:
    """NCBI, for one, answers 200 with an error that quotes the request."""

    def read(got: Reply) -> str:
        said = got.body.decode()
        raise SourceError(f"reply {said}", f"says {said}", f"mend {said}")

    said = b"no api_key=canary-key/123 nor canary-key%2F123 nor canary%40lab.example"
    with serving() as server, _client() as client:
        url = server.script("/a", reply(200, said))
        for asked in ({"params": SECRETS}, {"form": SECRETS}):
            with pytest.raises(SourceError) as caught:
                client.fetch(url, read=read, **asked)
            told = f"{caught.value} {caught.value!r} {caught.value.args}"
            assert "canary" not in told
            assert "says no api_key=***" in told


def test_an_error_is_hidden_in_all_its_parts_and_stays_what_it_is() -> None:
    error = ThrottledError("GET /x?k=s3cret", "busy s3cret", "ask s3cret", retry_after=3.0)
    http_rules.hide(error, ["s3cret"])
    assert str(error) == "GET /x?k=***: busy *** (ask ***)"
    assert error.args == ("GET /x?k=***", "busy ***", "ask ***")
    assert error.retry_after == 3.0
    assert isinstance(error, LitwatchError)
    assert not isinstance(error, FetchRefusedError)


@contextmanager
def _client() -> Iterator[PoliteClient]:
    made = PoliteClient("test/1", unknown_host=0.0, trusted=frozenset({"127.0.0.1"}), tries=1)
    yield made
    made.close()
