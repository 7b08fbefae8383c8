"""Back-fills on Ray, wired: what its tasks and actors do. They are called by name on machines
where Litwatch is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.backfill.taking import Taking
from service.bootstrap.backfilled import reading, settled
from service.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.backfill import plan
    from service.backfill.cluster import Stages
    from service.bootstrap.app import App
    from service.records import Batch
    from service.records.backfills import Backfill, Part


def run_on_ray(
    app: App,
    backfill: Backfill,
    *,
    address: str,
    jobs: int,
    told: Callable[[plan.Progress], None],
) -> Backfill:
    """Work it off on Ray. Raises `ConfigError`, `ClusterError`, `StoreError`, and `InputError` for
    SQLite on a cluster."""
    from service.backfill.cluster import Cluster, Place
    from service.config.ray_environment import quiet_ray

    if address and app.store.file:
        told_how = "use PostgreSQL for a cluster, or leave --address out"
        raise InputError("--address", "SQLite is a file of one machine", told_how)
    quiet_ray()
    embed = backfill.encoder is not None
    stages = _stages(app, embed=embed)
    cluster = Cluster(app.store, app.clock, backfill.id, app.owner, stages, app.stop.is_set, told)
    return settled(app, cluster.run(Place(address, jobs + embed)))


def _stages(app: App, *, embed: bool) -> Stages:
    from service.backfill.cluster import Stages

    # Only what the stages need, for it travels to other machines.
    settings = app.settings
    file, encoder = app.store.file, settings.encoder.model_dump(mode="json")
    values = {
        "database": {
            "url": f"sqlite:///{file}" if file else settings.database.url.get_secret_value()
        },
        # Actors share a machine's cores: each has one, unless the person said otherwise.
        "encoder": encoder | {"threads": encoder["threads"] or 1},
        "log": {"level": "error"},
    }
    return Stages(
        ray_take if embed else ray_take_only, RayEncoder if embed else None, ray_save, values
    )


def _app(values: dict[str, Any]) -> App:
    from service.bootstrap.app import build
    from service.config import Settings

    return build(Settings.model_validate(values))


def ray_take_only(
    row: dict[str, Any], values: dict[str, Any], number: int, holder: str
) -> Iterator[dict[str, Any]]:
    """A Ray task: take a part in."""
    app = _app(values)
    try:
        yield _row(_take(app, number, holder, int(row["part"]), None))
    except StoreError as error:
        yield {"part": int(row["part"]), "error": str(error)}
    finally:
        app.close()


def ray_take(
    row: dict[str, Any], values: dict[str, Any], number: int, holder: str
) -> Iterator[dict[str, Any]]:
    """A Ray task: take a part in; gives its works that have no vector."""
    app, part_id = _app(values), int(row["part"])
    texts: dict[int, tuple[str, str, bytes]] = {}

    def stored(_part: Part, batch: Batch) -> None:
        with app.store.reading() as tx:
            found = tx.backfills.texts(batch.records)
        texts.update((each[0], each[1:]) for each in found)

    try:
        _take(app, number, holder, part_id, stored)
        blank = {"part": part_id, "error": ""}
        for work_id, (title, abstract, digest) in sorted(texts.items()):
            yield blank | {"work": work_id, "title": title, "abstract": abstract, "hash": digest}
    except StoreError as error:
        told = {"work": 0, "title": "", "abstract": "", "hash": b""}
        yield {"part": part_id, "error": str(error)} | told
    finally:
        app.close()


def _take(
    app: App,
    number: int,
    holder: str,
    part_id: int,
    stored: Callable[[Part, Batch], None] | None,
) -> Part | None:
    taking = Taking(app.parts, reading(), holder)
    if stored is not None:
        taking.stored = stored
    part = taking.claim(number, part_id)
    return None if part is None else taking.take(part)


def _row(part: Part | None) -> dict[str, Any]:
    return {"part": part.id if part else 0, "error": ""}


class RayEncoder:
    """A Ray actor: works to vectors, as `pipeline.embed` makes them."""

    def __init__(self) -> None:
        self._made: tuple[App, int] | None = None

    def __call__(self, batch: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """The batch with the vectors of its works in the place of their texts."""
        app, encoder_id = self._made = self._made or _encoding(values)
        parts = app.parts
        texts = list(zip(batch["title"].tolist(), batch["abstract"].tolist(), strict=True))
        rows = parts.work_vectors(texts, parts.encoder.encode)
        return {
            "part": batch["part"],
            "error": batch["error"],
            "work": batch["work"],
            "hash": batch["hash"],
            "encoder": [encoder_id] * len(rows),
            "chunks": [each.shape[0] for each in rows],
            "vectors": [each.astype("<f2").tobytes() for each in rows],
        }


def _encoding(values: dict[str, Any]) -> tuple[App, int]:
    app = _app(values)
    info = app.parts.encoder.info()
    with app.store.writing() as tx:
        return app, tx.embeddings.encoder_id(info)


def ray_save(batch: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A Ray task: keep vectors."""
    import numpy as np

    app = _app(values)
    told = ("work", "hash", "chunks", "vectors", "part", "encoder")
    rows = list(zip(*(batch[name].tolist() for name in told), strict=True))
    found = [
        (work_id, digest, np.frombuffer(blob, dtype="<f2").reshape(chunks, -1))
        for work_id, digest, chunks, blob, _, _ in rows
        if work_id
    ]
    try:
        with app.store.writing() as tx:
            if found:
                tx.embeddings.save(rows[0][5], found)
            for part in {each[4] for each in rows}:
                tx.backfills.embedded(part, sum(each[4] == part for each in rows))
        return {"part": batch["part"][:1], "error": batch["error"][:1]}
    finally:
        app.close()
