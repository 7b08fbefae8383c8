"""Spans of what is done, for a collector that speaks OpenTelemetry; nothing at all until `begin`.

Only what wires and what ticks opens spans: the stages know nothing of them. An attribute is a
number or the name of a thing of ours (a source, a channel, a route), never a text, an address, a
name of a person or a query; of an error the kind, not the words.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypeVar

from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Kind = Literal["internal", "client", "server"]
Value = str | int | float | bool
P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

_PATIENCE = 2.0  # seconds that one sending may take, and that the last one may take at the end


class Span(Protocol):
    """Something that is being done."""

    def set(self, name: str, value: Value) -> None:
        """Say something of it."""

    def fail(self, kind: str) -> None:
        """Say that it failed, and how."""


class _Nothing:
    """The span of a process that is not traced."""

    def set(self, name: str, value: Value) -> None:
        """Nobody listens."""

    def fail(self, kind: str) -> None:
        """Likewise."""


@dataclass(frozen=True, slots=True)
class _Open:
    """A span of OpenTelemetry."""

    inner: Any

    def set(self, name: str, value: Value) -> None:
        self.inner.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        trace = import_module("opentelemetry.trace")
        self.inner.set_status(trace.Status(trace.StatusCode.ERROR))
        self.inner.set_attribute("error.type", kind)


@dataclass(slots=True)
class _Tracing:
    """What is traced with; both None: nothing is."""

    provider: Any = None
    tracer: Any = None


_NOTHING = _Nothing()
_now = _Tracing()


def begin(
    endpoint: str, *, authorization: str = "", sample: float = 1.0, program: str, instance: str
) -> None:
    """Send spans to the collector at `endpoint` from now on, in a thread of their own; a process
    that does so already goes on as it is. Raises `ConfigError` without the packages."""
    if _now.provider is not None:
        return
    try:
        requests = import_module("requests")
        exporters = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        export = import_module("opentelemetry.sdk.trace.export")
    except ImportError as error:
        remedy = "pip install 'litwatch[otel]', or take the setting out"
        raise ConfigError("telemetry.endpoint", f"needs {error.name}", remedy) from None
    session = requests.Session()
    session.trust_env = False  # no proxy and no login of the surroundings
    headers = {"Authorization": authorization} if authorization else {}
    address = f"{endpoint}/v1/traces"
    exporter = exporters.OTLPSpanExporter(
        address, headers=headers, timeout=_PATIENCE, session=session
    )
    use(export.BatchSpanProcessor(exporter), sample=sample, program=program, instance=instance)


def use(processor: object, *, sample: float = 1.0, program: str, instance: str) -> None:
    """Give spans to this `SpanProcessor` from now on."""
    sdk = import_module("opentelemetry.sdk.trace")
    sampling = import_module("opentelemetry.sdk.trace.sampling")
    resources = import_module("opentelemetry.sdk.resources")
    about = {"service.name": "litwatch", "service.version": program}
    resource = resources.Resource(about | {"service.instance.id": instance})
    sampler = sampling.ParentBased(sampling.TraceIdRatioBased(sample))
    provider = sdk.TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    _now.provider, _now.tracer = provider, provider.get_tracer("litwatch", program)


def end() -> None:
    """Send what is left, and trace no more."""
    provider, _now.provider, _now.tracer = _now.provider, None, None
    if provider is not None:
        provider.force_flush(int(_PATIENCE * 1000))
        provider.shutdown()


def on() -> bool:
    """Whether anything is traced."""
    return _now.tracer is not None


@contextmanager
def span(
    name: str, about: Mapping[str, Value] | None = None, *, kind: Kind = "internal"
) -> Iterator[Span]:
    """The block is a span, inside of the one that is open here; an exception marks it as failed and
    goes on."""
    tracer = _now.tracer
    if tracer is None:
        yield _NOTHING
        return
    kinds = import_module("opentelemetry.trace").SpanKind
    with tracer.start_as_current_span(
        name,
        kind=kinds[kind.upper()],
        attributes=dict(about or {}),
        record_exception=False,  # its text may hold anything
        set_status_on_exception=False,
    ) as inner:
        opened = _Open(inner)
        try:
            yield opened
        except BaseException as error:
            opened.fail(type(error).__name__)
            raise


def carried(call: Callable[P, T]) -> Callable[P, T]:
    """`call`, to be made in other threads: what is open and bound here is so there, too."""
    here = copy_context()

    def elsewhere(*args: P.args, **named: P.kwargs) -> T:
        return here.copy().run(call, *args, **named)

    return elsewhere
