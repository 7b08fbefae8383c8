"""A round of work, and requests to the pages, as a collector of OpenTelemetry sees them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from service import bootstrap, tracing
from service.clock import standing
from service.config import Settings
from service.web.app import create
from tests.collectors import Collector, collector
from tests.command_line import MONDAY, Litwatch, replayed
from tests.fake_smtp import FakeSmtp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from service.demo.server import ReplayServer

READER = "ida.canary@example.org"


@pytest.fixture(autouse=True)
def _untraced() -> Iterator[None]:
    yield
    tracing.end()


@pytest.fixture
def there() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture
def litwatch(tmp_path: Path, upstreams: ReplayServer, there: Collector) -> Iterator[Litwatch]:
    """One digest is due, by mail, and everything is traced."""
    with FakeSmtp() as smtp:
        values = replayed(
            tmp_path,
            upstreams,
            telemetry={"endpoint": there.url},
            email={
                "host": "127.0.0.1",
                "port": smtp.port,
                "security": "none",
                "sender": "lab@example.org",
            },
            subscriptions=[
                {"name": "Canary Lab", "channel": "email", "destination": READER, "zone": "UTC"}
            ],
            http={
                "contact": "contact.canary@example.org",
                "pace": 0.0,
                "tries": 1,
                "trusted_hosts": [upstreams.host],
            },
        )
        told = Litwatch(values, standing(MONDAY))
        assert told("init") == 0
        yield told


def _about(span: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes
    }


def test_a_round_is_seen_from_its_jobs_down_to_its_requests(
    litwatch: Litwatch, there: Collector
) -> None:
    assert litwatch("run", "--once") == 0
    assert litwatch("digest", "send", "--now", "Canary Lab") == 0
    spans = there.spans
    by_id, named = {span.span_id: span for span in spans}, {span.name for span in spans}
    assert {"job poll", "job digests", "job deliver", "job alarms", "poll", "GET", "rank"} <= named
    assert {"freeze digests", "deliver"} <= named
    polled = {_about(span)["litwatch.source"]: span for span in spans if span.name == "poll"}
    assert set(polled) >= {"pubmed", "arxiv", "europepmc"}
    for span in polled.values():
        assert by_id[span.parent_span_id].name == "job poll"  # across threads
    asked = [span for span in spans if span.name == "GET"]
    above = {by_id[span.parent_span_id].name for span in asked}
    assert "poll" in above <= {"poll", "job recheck", "job enrich"}
    assert {_about(span)["server.address"] for span in asked} == {"127.0.0.1"}
    assert {_about(span)["http.response.status_code"] for span in asked} == {200}
    (sent,) = [span for span in spans if span.name == "deliver"]
    assert _about(sent)["litwatch.outcome"] == "sent"
    assert _about(sent)["litwatch.channel"] == "email"
    assert there.resource["service.name"] == "litwatch"


def test_nothing_of_people_of_texts_or_of_queries_is_sent(
    litwatch: Litwatch, there: Collector
) -> None:
    litwatch("run", "--once")
    litwatch("digest", "send", "--now", "Canary Lab")
    sent = b"\n".join(there.bodies).lower()
    assert sent.count(b"job poll")
    for word in (b"canary", b"example.org", b"eutils", b"esearch", b"neutrophil", b"cancer"):
        assert word not in sent, word


def test_a_failed_source_is_a_failed_span_that_quotes_nothing(
    litwatch: Litwatch, there: Collector, upstreams: ReplayServer
) -> None:
    litwatch.settings["sources"]["pubmed"]["base_url"] = (
        f"http://{upstreams.host}/no-such-canary-place"
    )
    litwatch("poll", "pubmed")
    (span,) = [each for each in there.spans if each.name == "poll"]
    assert span.status.code == 2
    assert span.status.message == ""
    assert _about(span)["error.type"] == "NotFoundError"
    assert b"canary" not in b"".join(there.bodies)


def test_requests_to_the_pages_are_told_by_their_route(
    litwatch: Litwatch, there: Collector
) -> None:
    app = bootstrap.build(Settings.model_validate(litwatch.settings), standing(MONDAY))
    browser = TestClient(create(app, at_home=True), base_url="http://127.0.0.1:8080")
    for path in (
        "/healthz",
        "/f/canary-token?say=save",
        "/canary/no/such/page",
        "/works/1?canary=1",
    ):
        browser.get(path, follow_redirects=False)
    app.close()
    told = [_about(span) for span in there.spans if span.kind == 2]  # a server's
    routes = {each["http.route"]: each["http.response.status_code"] for each in told}
    assert routes["/healthz"] == 200
    assert "/f/{token}" in routes
    assert len(told) == 4
    assert b"canary" not in b"".join(there.bodies)


def test_without_an_endpoint_nothing_is_traced_and_nothing_imported(
    litwatch: Litwatch, there: Collector
) -> None:
    there.bodies.clear()
    litwatch.settings["telemetry"] = {}
    assert litwatch("run", "--once") == 0
    assert there.bodies == []
    assert not tracing.on()


def test_what_was_at_work_is_a_field_of_every_line_of_the_log(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also in the threads that poll the sources."""
    litwatch.settings |= {"telemetry": {}, "log": {"level": "info", "format": "json"}}
    capsys.readouterr()
    assert litwatch("run", "--once") == 0
    assert litwatch("digest", "send", "--now", "Canary Lab") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    told = [json.loads(line) for line in lines]
    polled = [each for each in told if each["logger"].startswith("service.sources.")]
    jobs = [each for each in told if each["logger"] == "service.worker.jobs"]
    assert {each["job"] for each in jobs} >= {"poll"}
    assert all(each["job"] == "poll" and each["source"] for each in polled)
    (sent,) = [each for each in told if each.get("state") == "sent"]
    assert set(sent) == {
        "at",
        "level",
        "logger",
        "message",
        "delivery",
        "digest",
        "channel",
        "state",
    }
