"""Prometheus' rules and Grafana's dashboard: every metric they ask for is one that we tell."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.bootstrap import build
from service.clock import standing
from service.config import Settings
from service.records.workers import Worker
from service.web.metrics import _Archive
from tests.command_line import MONDAY
from tests.deploy.places import DEPLOY, ROOT, accepted, documents, tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES = DEPLOY / "prometheus" / "rules.yml"
SCRAPE = DEPLOY / "prometheus" / "scrape.yml"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "litwatch.json").read_text("utf-8"))
PANELS = [each for each in DASHBOARD["panels"] if each["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Every question to Prometheus, with where it stands."""
    for group in documents(RULES)[0]["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


ASKED = sorted(set(expressions()))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What /metrics tells of an archive with a subscription and a worker: names, each with its labels."""
    from prometheus_client import CollectorRegistry, generate_latest

    folder = tmp_path_factory.mktemp("archive")
    settings = Settings.model_validate(
        {
            "database": {"url": f"sqlite:///{folder}/litwatch.db"},
            "subscriptions": [{"name": "lab", "channel": "file", "destination": "lab"}],
        }
    )
    app = build(settings, standing(MONDAY))
    app.upgrade()
    app.prepare()
    now = app.store.now()
    with app.store.writing() as tx:
        tx.workers.seen(Worker("lab1:812:3fa2", "litwatch", now, now))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Archive(app))
    text = generate_latest(registry).decode()
    app.close()
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(("where", "asked"), ASKED, ids=[where for where, _ in ASKED])
def test_every_expression_can_be_read(where: str, asked: str) -> None:
    promql = pytest.importorskip("promql_parser", reason="promql-parser is not installed here")
    assert promql.parse(asked)


@pytest.mark.parametrize(("where", "asked"), ASKED, ids=[where for where, _ in ASKED])
def test_every_metric_and_label_that_is_asked_for_is_told(
    where: str, asked: str, told: dict[str, set[str]]
) -> None:
    named = re.findall(r"\b(litwatch_\w+)(?:\{([^}]*)\})?", asked)
    assert named
    for metric, labels in named:
        assert metric in told, f"{where}: {metric} is not told"
        assert set(re.findall(r"(\w+)\s*(?:=|!)", labels)) <= told[metric], where


def test_labels_that_texts_name_are_told(told: dict[str, set[str]]) -> None:
    for panel in PANELS:
        for target in panel["targets"]:
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            (metric,) = set(re.findall(r"\b(litwatch_\w+)", target["expr"]))
            assert shown <= told[metric], panel["title"]
    for group in documents(RULES)[0]["groups"]:
        for rule in group["rules"]:
            shown = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
            (metric,) = set(re.findall(r"\b(litwatch_\w+)", rule["expr"]))
            assert shown <= told[metric], rule["alert"]


def test_every_metric_is_described(told: dict[str, set[str]]) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert [name for name in told if f"`{name}`" not in page] == []


def test_the_rules_fire_when_they_should_and_are_silent_when_all_is_well() -> None:
    promtool = tool("promtool")
    accepted(promtool, "check", "rules", RULES)
    accepted(promtool, "test", "rules", DEPLOY / "prometheus" / "rules_test.yml")


def test_what_is_scraped_is_what_prometheus_can_read(tmp_path: Path) -> None:
    promtool = tool("promtool")
    text = SCRAPE.read_text("utf-8")
    token = tmp_path / "litwatch.token"
    token.write_text("not-a-token")
    text = text.replace("/etc/prometheus/litwatch.token", str(token))
    text = text.replace("/etc/prometheus/litwatch-rules.yml", str(RULES))
    (tmp_path / "prometheus.yml").write_text(text)
    accepted(promtool, "check", "config", tmp_path / "prometheus.yml")


def test_every_rule_says_what_to_do() -> None:
    for group in documents(RULES)[0]["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"warning", "critical"}
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["action"]


# -- the dashboard


def lost(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    """What is in one JSON value and not, or otherwise, in another."""
    if isinstance(given, dict):
        for key, value in given.items():
            if not isinstance(kept, dict) or key not in kept:
                yield f"{path}/{key}"
            else:
                yield from lost(value, kept[key], f"{path}/{key}")
    elif isinstance(given, list):
        if not isinstance(kept, list) or len(given) != len(kept):
            yield path
            return
        for number, (value, other) in enumerate(zip(given, kept, strict=True)):
            yield from lost(value, other, f"{path}/{number}")
    elif given != kept:
        yield path


def test_grafana_s_own_model_knows_every_field() -> None:
    """What it does not know it drops, and it would not come back."""
    sdk = pytest.importorskip(
        "grafana_foundation_sdk.models.dashboard", reason="grafana-foundation-sdk is not installed"
    )
    from grafana_foundation_sdk.cog import encoder, plugins

    plugins.register_default_plugins()
    read = sdk.Dashboard.from_json(DASHBOARD)
    back = json.loads(encoder.JSONEncoder().encode(read))
    assert list(lost(DASHBOARD, back)) == []
    assert list(lost(DASHBOARD | {"nonsense": 1}, back)) == ["/nonsense"]


def test_panels_lie_side_by_side_and_every_one_asks_the_chosen_prometheus() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert all(panel["datasource"] == chosen for panel in PANELS)
    assert all(target["datasource"] == chosen for panel in PANELS for target in panel["targets"])
