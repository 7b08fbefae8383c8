"""The parts of a back-fill on Ray: tasks that take files in feed actors that embed, and their
vectors are saved by tasks again. Needs the extra `litwatch[ray]`.

Ray begins a task anew whose process or node has died; it goes on behind the part's last batch.
"""

from __future__ import annotations

import importlib
import logging
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.backfill import plan
from service.errors import ConfigError, LitwatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.clock import Clock
    from service.records.backfills import Backfill
    from service.store import Store

log = logging.getLogger(__name__)

_LOOK = 1.0  # seconds between two looks at how far it has come
_TEXTS = 512  # works that an actor embeds at a time
_STORE = 256 << 20  # bytes for what passes between the stages, on a machine of its own
_ROUNDS = 3  # times that the whole is begun without any part getting done
_REACH = "check --address; a cluster that asks for a token needs RAY_AUTH_MODE=token"


class ClusterError(LitwatchError):
    """Ray does not start, or gives up."""

    code = "ray"


@dataclass(frozen=True, slots=True)
class Stages:
    """What runs on the cluster. `take` makes of {"part"} rows of works to embed, or one row that
    says {"error"}; `encoder`, a class, gives batches of them vectors; `save` writes these. What
    they are told of the installation is `values`."""

    take: Callable[..., Any]
    encoder: type[Any] | None
    save: Callable[..., Any]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where: the address of a cluster, or "" for one on this machine with so many `cpus`."""

    address: str
    cpus: int


@dataclass
class Cluster:
    """Works off one back-fill on Ray. `told` gets how far it has come."""

    store: Store
    clock: Clock
    number: int
    owner: str
    stages: Stages
    stopping: Callable[[], bool]
    told: Callable[[plan.Progress], None]

    def run(self, place: Place) -> Backfill:
        """Work until no part is left, or until the end is asked for. Raises `ClusterError`,
        `ConfigError` where Ray is not installed, and `StoreError`."""
        ray = connected(place)
        try:
            idle = 0
            while True:
                before = self._progress()
                self._round(ray)
                after = self._progress()
                if self.stopping() or not after.left:
                    return self._read()
                idle = idle + 1 if after.left == before.left else 0
                if idle == _ROUNDS:
                    cause = f"{after.left} parts do not get done"
                    raise ClusterError("Ray", cause, "see: litwatch backfill --status")
        finally:
            ray.shutdown()
            with self.store.writing() as tx:
                tx.backfills.free(self.number, [self.owner])
            self._progress()

    def _read(self) -> Backfill:
        with self.store.reading() as tx:
            return tx.backfills.get(self.number)

    def _progress(self) -> plan.Progress:
        found = plan.progress(self._read())
        self.told(found)
        return found

    def _round(self, ray: Any) -> None:  # noqa: ANN401 - the module, which need not be there
        """All parts that are left, once through the stages. Waits for those that others hold."""
        left = [each.id for each in self._read().parts if each.state in {"waiting", "taken"}]
        ended: list[BaseException | None] = []

        def work() -> None:
            try:
                self._flow(ray, left)
                ended.append(None)
            except BaseException as error:  # raised where it is waited for
                ended.append(error)

        thread = threading.Thread(target=work, name="ray", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(_LOOK)
            self._progress()
            if self.stopping():
                return
        if ended and (error := ended[0]) is not None:
            if isinstance(error, LitwatchError):
                raise error
            cause = str(error).strip().splitlines()[-1][:300] if str(error).strip() else ""
            raise ClusterError("Ray", cause or type(error).__name__) from error

    def _flow(self, ray: Any, left: list[int]) -> None:  # noqa: ANN401 - as above
        stages, told = self.stages, {"values": dict(self.stages.values)}
        rows = [{"part": each} for each in left]
        flow = ray.data.from_items(rows, override_num_blocks=len(rows)).flat_map(
            stages.take,
            fn_kwargs=told | {"number": self.number, "holder": self.owner},
            num_cpus=1,
        )
        if stages.encoder is not None:
            resources = ray.cluster_resources()
            gpus = int(resources.get("GPU", 0))
            actors = gpus or max(1, int(resources.get("CPU", 1)) // 2)
            flow = flow.map_batches(
                stages.encoder,
                fn_kwargs=told,
                batch_size=_TEXTS,
                num_cpus=0.5,
                num_gpus=1 if gpus else 0,
                concurrency=(1, actors),
            ).map_batches(stages.save, fn_kwargs=told, batch_size=_TEXTS, num_cpus=0.5)
        for row in flow.iter_rows():
            if row.get("error"):
                raise ClusterError("back-fill", str(row["error"]))


def connected(place: Place) -> Any:  # noqa: ANN401 - the module, which need not be there
    """Ray, connected to the cluster, or with one of its own. Raises `ConfigError`,
    `ClusterError`."""
    try:
        ray = importlib.import_module("ray")
        data = importlib.import_module("ray.data")
    except ImportError as error:
        told = "pip install 'litwatch[ray]'"
        raise ConfigError("--ray", f"Ray is not installed: {error}", told) from None
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    own = {"num_cpus": place.cpus, "include_dashboard": False, "object_store_memory": _STORE}
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(**quiet, **({"address": place.address} if place.address else own))
    except Exception as error:  # it raises plain ones, too
        cause = str(error).strip().splitlines()[0][:300]
        remedy = "is the machine very busy? Ray gives its parts 15 s to start"
        raise ClusterError("Ray", cause, _REACH if place.address else remedy) from error
    signal.signal(signal.SIGTERM, before)  # Ray takes it: the end would come at once
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    return ray
