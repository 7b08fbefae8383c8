"""The stages of a back-fill on Ray, run in this process by something that looks like Ray."""

from __future__ import annotations

import builtins
import importlib
import logging
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from service import bootstrap, config
from service.backfill import cluster, plan
from service.backfill.cluster import Cluster, ClusterError, Place
from service.bootstrap import backfilled, backfilled_on_ray, evaluation
from service.errors import ConfigError, StoreError
from service.records.backfills import PartState
from service.store import migrations
from tests.fakes_encoder import FakeEncoder
from tests.pubmed_files import invent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service.bootstrap import App


@dataclass
class Flow:
    """Rows through stages, in order and at once."""

    rows: list[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def flat_map(self, fn: Callable[..., Any], *, fn_kwargs: dict[str, Any], **more: Any) -> Flow:
        self.asked.append(more)
        return Flow([made for row in self.rows for made in fn(row, **fn_kwargs)], self.asked)

    def map_batches(
        self, fn: Any, *, batch_size: int, fn_kwargs: dict[str, Any], **more: Any
    ) -> Flow:
        import numpy as np

        self.asked.append(more)
        call, made = fn() if isinstance(fn, type) else fn, list[dict[str, Any]]()
        for start in range(0, len(self.rows), batch_size):
            some = self.rows[start : start + batch_size]
            batch = {name: np.array([row[name] for row in some], dtype=object) for name in some[0]}
            out = call(batch, **fn_kwargs)
            made += [dict(zip(out, each, strict=True)) for each in zip(*out.values(), strict=True)]
        return Flow(made, self.asked)

    def iter_rows(self) -> Iterator[dict[str, Any]]:
        yield from self.rows


@dataclass
class FakeRay:
    """What of Ray is called. `gpus` are in its cluster."""

    gpus: int = 0
    flows: list[Flow] = field(default_factory=list)
    started: list[dict[str, Any]] = field(default_factory=list)
    ended: int = 0
    refuses: str = ""

    @property
    def data(self) -> Any:
        context = SimpleNamespace(get_current=SimpleNamespace)
        return SimpleNamespace(from_items=self.from_items, DataContext=context)

    def from_items(self, rows: list[dict[str, Any]], *, override_num_blocks: int) -> Flow:
        assert override_num_blocks == len(rows)  # a task for each part
        self.flows.append(Flow(rows))
        return self.flows[-1]

    def init(self, **told: Any) -> None:
        self.started.append(told)
        if self.refuses:
            raise RuntimeError(self.refuses)

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 4.0, "GPU": float(self.gpus)}

    def shutdown(self) -> None:
        self.ended += 1


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    made = FakeRay()
    real = importlib.import_module
    fakes = {"ray": made, "ray.data": made.data}
    monkeypatch.setattr(importlib, "import_module", lambda name: fakes.get(name) or real(name))
    monkeypatch.setattr(cluster, "_LOOK", 0.01)
    encoder = FakeEncoder()
    monkeypatch.setattr(evaluation, "plain_encoder", lambda _settings: encoder)
    yield made
    logging.getLogger("ray.data").setLevel(logging.NOTSET)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    values = {"database": {"url": f"sqlite:///{tmp_path}/litwatch.db"}}
    made = bootstrap.build(config.Settings.model_validate(values))
    migrations.upgrade(made.store.engine)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    invent(made, records=24, parts=3)
    return made


def prepared(app: App, folder: Path, *, embed: bool = False):
    if embed:
        app.__dict__["query_encoder"] = FakeEncoder()
    return backfilled.prepare(app, [folder], embed=embed, again=False, retry=False)


def run(app: App, made, told: Callable[[plan.Progress], None] = lambda _now: None):
    return backfilled_on_ray.run_on_ray(app, made, address="", jobs=2, told=told)


def test_every_part_is_a_task_and_all_come_in(app: App, folder: Path, ray: FakeRay) -> None:
    seen: list[plan.Progress] = []
    done = run(app, prepared(app, folder), seen.append)
    assert [each.state for each in done.parts] == [PartState.DONE] * 3
    assert sum(each.tally.new for each in done.parts) == 24
    assert len(ray.flows[0].rows) == 3
    assert len(ray.flows) == 1
    assert seen[-1].done == 3
    assert ray.ended == 1


def test_works_are_embedded_by_actors_and_kept_as_the_encoder_names_them(
    app: App, folder: Path, ray: FakeRay
) -> None:
    done = run(app, prepared(app, folder, embed=True))
    assert sum(each.embedded for each in done.parts) == 24
    info = FakeEncoder().info()
    with app.store.writing() as tx:
        number = tx.embeddings.find(info)
        assert number is not None
        left = tx.embeddings.missing(number, 99)
        assert len(tx.embeddings.load(number, range(1, 25))) == 24
    assert left == []
    _, actors, _ = ray.flows[0].asked
    assert (actors["num_gpus"], actors["concurrency"]) == (0, (1, 2))


def test_actors_have_a_gpu_each_where_there_are_some(app: App, folder: Path, ray: FakeRay) -> None:
    ray.gpus = 3
    run(app, prepared(app, folder, embed=True))
    assert (ray.flows[0].asked[1]["num_gpus"], ray.flows[0].asked[1]["concurrency"]) == (1, (1, 3))


def test_a_part_that_was_stored_before_still_has_its_works_embedded(
    app: App, folder: Path, ray: FakeRay
) -> None:
    made = prepared(app, folder, embed=True)

    class Killed(BaseException):
        pass

    def stored(*_args: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        backfilled.Taking(app.parts, backfilled.reading(), app.owner, stored=stored).next(made.id)
    done = run(app, made)
    assert [each.embedded for each in done.parts] == [8, 8, 8]
    assert done.parts[0].attempt == 2


def test_ray_that_is_not_installed_is_told_with_the_remedy(
    app: App, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *more: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "ray":
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *more, **named)

    def absent(name: str) -> Any:
        return missing(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ConfigError, match="Ray is not installed") as caught:
        run(app, prepared(app, folder))
    assert caught.value.remedy == "pip install 'litwatch[ray]'"


@pytest.mark.parametrize(("address", "remedy"), [("", "15 s"), ("192.0.2.1:6379", "--address")])
def test_ray_that_does_not_start_is_told_and_no_traceback(
    ray: FakeRay, address: str, remedy: str
) -> None:
    ray.refuses = "The current node timed out during startup.\nmore"
    with pytest.raises(ClusterError, match=r"timed out during startup\. \(") as caught:
        cluster.connected(Place(address, 2))
    assert remedy in caught.value.remedy


def test_a_cluster_of_its_own_has_as_many_cpus_as_told_and_no_dashboard(ray: FakeRay) -> None:
    cluster.connected(Place("", 3))
    cluster.connected(Place("192.0.2.1:6379", 3))
    own, other = ray.started
    assert (own["num_cpus"], own["include_dashboard"]) == (3, False)
    assert other["address"] == "192.0.2.1:6379"
    assert "num_cpus" not in other


def test_a_database_that_stays_away_ends_it_with_its_words(
    app: App, folder: Path, ray: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise StoreError("database", "the server is gone")

    monkeypatch.setattr(backfilled_on_ray, "_take", away)
    with pytest.raises(ClusterError, match="the server is gone"):
        run(app, prepared(app, folder))
    assert ray.ended == 1


def test_parts_that_never_get_done_end_it_after_some_rounds(
    app: App, folder: Path, ray: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfilled_on_ray, "_take", lambda *_args: None)
    with pytest.raises(ClusterError, match="3 parts do not get done"):
        run(app, prepared(app, folder))
    assert len(ray.flows) == 3


def test_who_stops_frees_what_was_held(app: App, folder: Path, ray: FakeRay) -> None:
    made, now = prepared(app, folder), app.store.now()
    with app.store.writing() as tx:
        tx.backfills.claim(made.id, app.owner, now, now.replace(year=2099))
    app.stop.set()
    stages = backfilled_on_ray._stages(app, embed=False)
    stopped = Cluster(
        app.store, app.clock, made.id, app.owner, stages, app.stop.is_set, lambda _now: None
    )
    stopped._flow = lambda *_args: None  # type: ignore[method-assign]
    stopped.run(Place("", 1))
    with app.store.reading() as tx:
        assert {each.holder for each in tx.backfills.get(made.id).parts} == {None}
