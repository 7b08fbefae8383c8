"""Spans: nothing without `begin`; with it what is done, and nothing of what is said."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from service import tracing
from service.errors import ConfigError
from tests.collectors import collector

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "canary-s3cret"


@pytest.fixture(autouse=True)
def _untraced() -> Iterator[None]:
    yield
    tracing.end()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Everything that ended."""
    held = InMemorySpanExporter()
    tracing.use(SimpleSpanProcessor(held), program="1.2.3", instance="host:1")
    return held


def _about(span: Any) -> dict[str, Any]:
    return dict(span.attributes)


def test_nothing_happens_and_nothing_is_imported_until_it_begins() -> None:
    program = (
        "import sys; from service import tracing\n"
        "with tracing.span('x', {'a': 1}) as span: span.set('b', 2); span.fail('c')\n"
        "tracing.end()\n"
        "found = [name for name in sys.modules if name.startswith(('opentelemetry', 'requests'))]\n"
        "sys.exit(str(found) if found or tracing.on() else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_what_is_open_holds_what_is_done_inside(spans: InMemorySpanExporter) -> None:
    with tracing.span("outer"), tracing.span("inner", {"n": 1}, kind="client") as inner:
        inner.set("done", True)
    inner_span, outer_span = spans.get_finished_spans()
    assert (inner_span.name, outer_span.name) == ("inner", "outer")
    assert inner_span.parent.span_id == outer_span.context.span_id
    assert _about(inner_span) == {"n": 1, "done": True}
    assert inner_span.kind is SpanKind.CLIENT
    assert outer_span.resource.attributes == {
        "service.name": "litwatch",
        "service.version": "1.2.3",
        "service.instance.id": "host:1",
    }


def test_of_a_failure_the_kind_is_told_and_not_the_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=CANARY), tracing.span("fails"):
        raise ValueError(f"to {CANARY}@example.org")
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert _about(span) == {"error.type": "ValueError"}
    assert CANARY not in span.to_json()
    assert span.events == ()


def test_threads_take_along_what_is_open_where_they_were_sent_from(
    spans: InMemorySpanExporter,
) -> None:
    meet = threading.Barrier(3)

    def work(number: int) -> None:
        with tracing.span(f"part {number}"):
            meet.wait(timeout=30)

    with tracing.span("whole"), ThreadPoolExecutor(3) as pool:
        list(pool.map(tracing.carried(work), range(3)))
    *parts, whole = spans.get_finished_spans()
    assert {each.name for each in parts} == {"part 0", "part 1", "part 2"}
    assert {each.parent.span_id for each in parts} == {whole.context.span_id}


def test_a_share_of_the_traces_is_whole_and_the_rest_is_not_there() -> None:
    held = InMemorySpanExporter()
    tracing.use(SimpleSpanProcessor(held), sample=0.5, program="1", instance="x")
    for _ in range(200):
        with tracing.span("outer"), tracing.span("inner"):
            pass
    told = [span.name for span in held.get_finished_spans()]
    assert told.count("outer") == told.count("inner")
    assert 50 < told.count("outer") < 150


def test_a_collector_gets_them_as_protobuf_at_its_address() -> None:
    with collector() as there:
        tracing.begin(there.url, authorization=f"Bearer {CANARY}", program="1", instance="host:1")
        with tracing.span("poll", {"litwatch.source": "pubmed"}):
            pass
        tracing.end()
    (span,) = there.spans
    assert (span.name, there.paths) == ("poll", ["/v1/traces"])
    assert there.headers[0]["authorization"] == f"Bearer {CANARY}"
    assert there.headers[0]["content-type"] == "application/x-protobuf"
    assert there.resource["service.name"] == "litwatch"
    assert CANARY.encode() not in there.bodies[0]


def test_beginning_twice_sends_each_span_once() -> None:
    with collector() as there:
        for _ in range(2):
            tracing.begin(there.url, program="1", instance="x")
        with tracing.span("once"):
            pass
        tracing.end()
        assert [span.name for span in there.spans] == ["once"]
        tracing.end()
        assert not tracing.on()


def test_proxies_and_logins_of_the_surroundings_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login ida password {CANARY}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with collector() as there:
        tracing.begin(there.url, program="1", instance="x")
        with tracing.span("direct"):
            pass
        tracing.end()
    assert [span.name for span in there.spans] == ["direct"]
    assert "authorization" not in there.headers[0]


def test_a_collector_that_is_away_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    with collector() as there:
        gone = there.url
    tracing.begin(gone, authorization=f"Bearer {CANARY}", program="1", instance="x")
    with tracing.span("lost"):
        pass
    tracing.end()
    assert CANARY not in caplog.text


def test_without_the_packages_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(ConfigError, match=r"litwatch\[otel\]"):
        tracing.begin("http://127.0.0.1:9", program="1", instance="x")
    assert not tracing.on()
