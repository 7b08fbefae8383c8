"""/metrics: how the archive stands, for Prometheus.

Read from the database at each call, so that one address tells of all workers and outlives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from service import __version__, claims, needs
from service.records import DeliveryState, Severity
from service.records.tokens import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from prometheus_client.core import Metric

    from service.bootstrap import App
    from service.store import Unit
    from service.web.api.access import Gate


def routes(app: App, gate: Gate) -> APIRouter:
    """Behind the gate: a token that may read, shown as a bearer's."""
    router = APIRouter()

    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        gate.admit(request, Scope.READ)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Archive(app))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


class _Archive:
    """The `Collector` of prometheus_client."""

    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        """Every figure, as of now. Raises `StoreError`."""
        app = self._app
        now = app.store.now()
        with app.store.reading() as tx:
            needed = needs.read(tx, app.channels, app.clock.now())
            yield _gauge("info", "The program that answers.", "version", {__version__: 1})
            yield from _sources(tx, app.source_names)
            works = tx.works.held()
            yield GaugeMetricFamily("litwatch_works", "Works in the archive.", value=works)
            counts = tx.deliveries.counts()
            told = {str(state): counts.get(state, 0) for state in DeliveryState}
            yield _gauge("deliveries", "Deliveries by state.", "state", told)
            alarms = [each.alarm.severity for each in tx.alarms.open()]
            held = {str(severity): alarms.count(severity) for severity in Severity}
            yield _gauge("alarms", "Alarms that hold, by severity.", "severity", held)
            late = {each.subscription: each.due_at for each in needed.overdue}
            names = sorted(subscription.name for subscription, _ in tx.subscriptions.active())
            overdue = {name: int(name in late) for name in names}
            yield _gauge(
                "digest_overdue", "Whether a digest is hours late.", "subscription", overdue
            )
            yield from _workers(tx, now)


def _sources(tx: Unit, names: Iterable[str]) -> Iterator[Metric]:
    states = {state.name: state for state in tx.sources.states()}
    enabled = sorted(names)
    held = {name: states[name] for name in enabled if name in states}
    failures = {name: held[name].failures if name in held else 0 for name in enabled}
    yield _gauge("source_failures", "Polls that failed in a row.", "source", failures)
    for what, told in (("success", "ended well"), ("attempt", "began")):
        times = {name: _at(getattr(state, f"last_{what}_at")) for name, state in held.items()}
        yield _gauge(
            f"source_last_{what}_timestamp_seconds",
            f"When the last poll {told}; 0 for never.",
            "source",
            {name: times.get(name, 0.0) for name in enabled},
        )


def _workers(tx: Unit, now: datetime) -> Iterator[Metric]:
    crew = claims.crew(tx.workers.list(), tx.claims.held(), now)
    told = "Workers that gave a sign of life lately."
    yield GaugeMetricFamily("litwatch_workers", told, value=len(crew.living))
    told = "Since a worker was seen; one that died is told for three days."
    seen = {each.name: _since(each.seen_at, now) for each in (*crew.living, *crew.silent)}
    yield _gauge("worker_seen_seconds", told, "worker", seen)
    told = "Pieces of work that a worker left when it died, not taken over yet."
    yield GaugeMetricFamily("litwatch_claims_left", told, value=len(crew.left))


def _since(moment: datetime, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds())


def _at(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _gauge(name: str, told: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"litwatch_{name}", told, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
