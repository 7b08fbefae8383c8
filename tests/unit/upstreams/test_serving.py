"""The servers of simulated upstreams: what counts as a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.sources import network
from tests.upstreams.by_hand import visiting
from tests.upstreams.serving import Answer

if TYPE_CHECKING:
    import pytest

FORM = {"db": "pubmed", "tool": "litwatch", "email": "lab@example.org"}


class Agreeing:
    """An upstream that says yes."""

    def answer(self, *_asked: object) -> Answer:
        return Answer(200, {}, b"yes")


def test_a_request_that_is_given_up_halfway_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    send = network._Stream.write
    sent: list[bytes] = []
    with visiting("ncbi", Agreeing()) as visit:

        def late(stream: network._Stream, part: bytes, timeout: float | None = None) -> None:
            send(stream, part, timeout)
            if not sent:  # between head and form others sleep, and the attempt's time is over
                visit.time.pass_(3_600)
            sent.append(part)

        monkeypatch.setattr(network._Stream, "write", late)
        told = visit.http.fetch(f"{visit.url}/efetch.fcgi", form=FORM, read=lambda it: it.body)
        assert told == b"yes"
        assert sum(part.startswith(b"POST") for part in sent) == 2
        assert visit.register.broken == []
        assert visit.register.requests == {"ncbi": 1}
