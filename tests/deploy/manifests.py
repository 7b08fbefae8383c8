"""The Kubernetes manifests: each file as it stands, and all of them as kustomize puts them together."""

from __future__ import annotations

import functools
import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from tests.deploy.places import DEPLOY, documents, tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = DEPLOY / "kubernetes"
KUSTOMIZATIONS = sorted(FOLDER.rglob("kustomization.yaml"))
FILES = sorted(file for file in FOLDER.rglob("*.yaml") if file not in KUSTOMIZATIONS)


def by_kind(kind: str) -> dict[str, Any]:
    """The objects of a kind in all files, by name."""
    found = (each for file in FILES for each in documents(file) if each["kind"] == kind)
    return {each["metadata"]["name"]: each for each in found}


def pods() -> dict[str, Any]:
    """What describes the pods of each workload: {"Deployment/litwatch-worker": template}."""
    found = {}
    for kind in ("Deployment", "StatefulSet", "Job"):
        for name, each in by_kind(kind).items():
            found[f"{kind}/{name}"] = each["spec"]["template"]
    for name, each in by_kind("CronJob").items():
        found[f"CronJob/{name}"] = each["spec"]["jobTemplate"]["spec"]["template"]
    return found


def containers(template: Any) -> Iterator[Any]:
    """Every container of a pod, those that run first too."""
    yield from template["spec"].get("initContainers", [])
    yield from template["spec"]["containers"]


@functools.cache
def built() -> tuple[Any, ...]:
    """What the example applies. Skips where kubectl is not installed."""
    told = subprocess.run(
        [tool("kubectl"), "kustomize", str(FOLDER / "example")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    return tuple(yaml.safe_load_all(told))


def sources(file: Path) -> Iterator[Path]:
    """Every file and folder that a kustomization names."""
    (told,) = documents(file)
    for key in ("resources", "components"):
        yield from (file.parent / name for name in told.get(key, []))
    for made in told.get("configMapGenerator", []):
        yield from (file.parent / name.rpartition("=")[2] for name in made["files"])
