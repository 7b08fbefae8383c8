"""Prometheus reads how the archive stands, and nobody else does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service import tokens
from service.errors import TransientError
from service.records import Alarm, Severity
from service.records.tokens import Scope, Token
from service.records.workers import Worker
from tests.papers import NOW

if TYPE_CHECKING:
    from tests.web_site import Site


@pytest.fixture
def login(site: Site) -> dict[str, str]:
    made = tokens.fresh()
    with site.app.store.writing() as tx:
        tx.tokens.add(Token("prometheus", tokens.hashed(made), Scope.READ, NOW))
    return {"Authorization": f"Bearer {made}"}


def read(site: Site, login: dict[str, str]) -> dict[tuple[str, str], float]:
    """Every sample by its metric and the value of its only label."""
    page = site.browser.get("/metrics", headers=login)
    assert page.status_code == 200
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def test_it_tells_how_the_archive_stands(site: Site, login: dict[str, str]) -> None:
    with site.app.store.writing() as tx:
        tx.sources.begin("pubmed", NOW, force=False)
        tx.sources.succeeded("pubmed", NOW, None)
        error = TransientError("arxiv", "HTTP 502")
        for _ in range(2):
            tx.sources.begin("arxiv", NOW, force=True)
            tx.sources.failed("arxiv", error.code, str(error), NOW)
        tx.alarms.take_stock([Alarm("disk", Severity.WARNING, "disk", "is full", "")], NOW)
    found = read(site, login)
    assert found["litwatch_works", ""] == 3
    assert found["litwatch_source_last_success_timestamp_seconds", "pubmed"] == NOW.timestamp()
    assert found["litwatch_source_last_success_timestamp_seconds", "arxiv"] == 0
    assert found["litwatch_source_failures", "arxiv"] == 2
    assert found["litwatch_source_failures", "medrxiv"] == 0  # enabled, and never polled
    assert found["litwatch_alarms", "warning"] == 1
    assert found["litwatch_alarms", "critical"] == 0
    assert found["litwatch_deliveries", "dead"] == 0


def test_a_digest_that_nobody_makes_is_overdue(site: Site, login: dict[str, str]) -> None:
    assert read(site, login)["litwatch_digest_overdue", "Lab"] == 0
    site.time.at += timedelta(days=14)
    assert read(site, login)["litwatch_digest_overdue", "Lab"] == 1


def test_without_a_token_nothing_is_told(site: Site) -> None:
    assert site.browser.get("/metrics").status_code == 401
    stranger = {"Authorization": f"Bearer {tokens.fresh()}"}
    assert site.browser.get("/metrics", headers=stranger).status_code == 401


def test_workers_are_told_with_when_they_were_seen(site: Site, login: dict[str, str]) -> None:
    assert read(site, login)["litwatch_workers", ""] == 0
    now = site.app.store.now()
    with site.app.store.writing() as tx:
        for name, ago in (("a", 5), ("b", 600)):
            seen = now - timedelta(seconds=ago)
            tx.workers.seen(Worker(name, "litwatch 1.0", now - timedelta(days=1), seen))
        assert tx.claims.take("poll pubmed", "a", now, now + timedelta(minutes=2))
        assert tx.claims.take("poll arxiv", "b", now, now + timedelta(minutes=2))
    found = read(site, login)
    assert found["litwatch_workers", ""] == 1
    assert 5 <= found["litwatch_worker_seen_seconds", "a"] < 60
    assert 600 <= found["litwatch_worker_seen_seconds", "b"] < 660
    assert found["litwatch_claims_left", ""] == 1
