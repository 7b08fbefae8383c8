"""Kubernetes: valid by the API's own schemas, closed as far as it goes, and of one piece."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from service.config import Settings, problems
from tests.deploy.manifests import (
    FILES,
    FOLDER,
    KUSTOMIZATIONS,
    built,
    by_kind,
    containers,
    pods,
    sources,
)
from tests.deploy.places import (
    DEPLOY,
    UID,
    accepted,
    check_environment,
    documents,
    pinned,
    tool,
    understood,
)

if TYPE_CHECKING:
    from pathlib import Path

PODS = pods()
OURS = sorted(name for name in PODS if "litwatch-db" not in name)


def relative(file: Path) -> str:
    return str(file.relative_to(DEPLOY))


OLDEST, NEWEST = "1.27", "1.37"  # what the runbook promises, and what the schemas go to


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_is_as_the_api_has_it(version: str) -> None:
    accepted(tool("kubernetes-validate"), "--strict", "--quiet", "-k", version, *FILES)


def test_a_field_that_the_api_does_not_know_would_be_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "worker.yaml"
    right = (FOLDER / "base" / "worker.yaml").read_text("utf-8")
    wrong.write_text(right.replace("readinessProbe:", "readynessProbe:"), encoding="utf-8")
    with pytest.raises(AssertionError, match="readynessProbe"):
        accepted(tool("kubernetes-validate"), "--strict", "--quiet", wrong)


def test_the_runbook_names_the_oldest_version() -> None:
    assert f"Kubernetes {OLDEST} or newer" in (FOLDER / "README.md").read_text("utf-8")


def test_what_kustomize_makes_is_as_the_api_has_it(tmp_path: Path) -> None:
    import yaml

    made = tmp_path / "all.yaml"
    made.write_text(yaml.safe_dump_all(built()), encoding="utf-8")
    accepted(tool("kubernetes-validate"), "--strict", "--quiet", made)


@pytest.mark.parametrize("file", KUSTOMIZATIONS, ids=relative)
def test_a_kustomization_names_what_there_is(file: Path) -> None:
    named = list(sources(file))
    assert named
    assert [each for each in named if not each.exists()] == []


def test_every_file_is_named_by_a_kustomization() -> None:
    named = {each.resolve() for file in KUSTOMIZATIONS for each in sources(file)}
    assert [each for each in FILES if each.resolve() not in named] == []


# -- what holds for every pod


@pytest.mark.parametrize("name", sorted(PODS))
def test_no_container_can_be_more_than_it_needs(name: str) -> None:
    pod = PODS[name]["spec"]["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] != 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    for each in containers(PODS[name]):
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("name", sorted(PODS))
def test_no_pod_may_talk_to_the_cluster(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] in by_kind("ServiceAccount")
    assert not spec.get("hostNetwork")
    assert not spec.get("hostPID")
    assert not [each for each in spec["volumes"] if "hostPath" in each]


def test_the_namespace_refuses_what_is_not_closed() -> None:
    labels = by_kind("Namespace")["litwatch"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("name", sorted(PODS))
def test_every_container_says_what_it_needs_and_may_take(name: str) -> None:
    for each in containers(PODS[name]):
        for kind in ("requests", "limits"):
            assert {"cpu", "memory"} <= set(each["resources"][kind])


@pytest.mark.parametrize("name", OURS)
def test_every_command_and_every_variable_exists(name: str) -> None:
    assert PODS[name]["spec"]["securityContext"]["runAsUser"] == UID
    for each in containers(PODS[name]):
        if "command" in each:
            found = re.findall(r"^\s*litwatch (\S+)", each["args"][0], re.MULTILINE)
            assert found
            assert all(understood([word]) for word in found)
        else:
            assert understood(each["args"])
        assert all("value" in variable for variable in each["env"])
        check_environment(variable["name"] for variable in each["env"])


@pytest.mark.parametrize("name", sorted(PODS))
def test_secrets_are_files_and_each_is_mounted(name: str) -> None:
    volumes = {each["name"]: each for each in PODS[name]["spec"]["volumes"]}
    claims = {"state", "data"}  # of StatefulSets
    for each in containers(PODS[name]):
        mounts = {mount["mountPath"]: mount["name"] for mount in each["volumeMounts"]}
        assert set(mounts.values()) <= set(volumes) | claims
        for variable in each["env"]:
            if variable["name"].endswith("_FILE"):
                folder = variable["value"].rpartition("/")[0]
                assert "secret" in volumes[mounts[folder]]
        assert "/tmp" in mounts


def test_only_the_migration_holds_the_owner_s_secret() -> None:
    holders = {
        name
        for name, pod in PODS.items()
        for volume in pod["spec"]["volumes"]
        if volume.get("secret", {}).get("secretName") == "litwatch-owner"
    }
    assert holders == {"Job/litwatch-migrate"}


@pytest.mark.parametrize("name", ["Deployment/litwatch-worker", "Deployment/litwatch-web"])
def test_nothing_works_before_the_migration_is_done(name: str) -> None:
    """`litwatch status` ends badly where the tables are not of this version."""
    (first,) = PODS[name]["spec"]["initContainers"]
    assert first["args"] == ["status"]


# -- probes and ports


def test_probes_ask_what_the_web_pages_answer() -> None:
    (web,) = PODS["Deployment/litwatch-web"]["spec"]["containers"]
    (port,) = web["ports"]
    asked = {kind: web[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: each["path"] for kind, each in asked.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }
    assert all(each["port"] == port["name"] for each in asked.values())
    words = web["args"]
    assert words[words.index("--port") + 1] == str(port["containerPort"])


@pytest.mark.parametrize("name", ["Deployment/litwatch-worker", "StatefulSet/litwatch-slack"])
def test_a_worker_is_not_ended_because_its_database_is_away(name: str) -> None:
    (worker,) = PODS[name]["spec"]["containers"]
    assert "livenessProbe" not in worker
    for kind in ("startupProbe", "readinessProbe"):
        entry, *words = worker[kind]["exec"]["command"]
        assert entry == "litwatch"
        assert understood(words)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("Deployment/litwatch-worker", 30),
        ("StatefulSet/litwatch-slack", 30),
        ("Deployment/litwatch-web", 15),  # 5 of pause, 10 for requests
    ],
)
def test_what_is_under_way_has_time_to_end(name: str, seconds: int) -> None:
    assert PODS[name]["spec"]["terminationGracePeriodSeconds"] > seconds


def test_services_and_the_ingress_lead_to_ports_that_are_there() -> None:
    for name, service in by_kind("Service").items():
        wanted = service["spec"]["selector"]
        chosen = [
            pod for pod in PODS.values() if wanted.items() <= pod["metadata"]["labels"].items()
        ]
        assert len(chosen) == 1, name
        offered = {port["name"] for each in containers(chosen[0]) for port in each.get("ports", [])}
        assert {port["targetPort"] for port in service["spec"].get("ports", [])} <= offered
    (ingress,) = by_kind("Ingress").values()
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    backend = path["backend"]["service"]
    ports = by_kind("Service")[backend["name"]]["spec"]["ports"]
    assert backend["port"]["name"] in {port["name"] for port in ports}


def test_the_database_s_name_is_the_one_that_secrets_are_made_with() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    (host,) = set(re.findall(r"secrets\.sh secrets (\S+)", readme))
    assert host in by_kind("Service")


# -- disruptions, the network


def test_there_is_a_budget_for_everything_that_runs_twice() -> None:
    kept = {
        each["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"]
        for each in by_kind("PodDisruptionBudget").values()
    }
    twice = {
        each["metadata"]["labels"]["app.kubernetes.io/component"]
        for each in by_kind("Deployment").values()
        if each["spec"]["replicas"] > 1
    }
    assert kept == twice == {"worker", "web"}
    for each in by_kind("Deployment").values():
        (spread,) = each["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"] == each["spec"]["selector"]


def chosen(selector: Any) -> set[str]:
    """The components of those pods that a selector chooses."""
    found = set()
    for pod in PODS.values():
        labels = pod["metadata"]["labels"]
        by_name = selector.get("matchLabels", {}).items() <= labels.items()
        rules = selector.get("matchExpressions", [])
        if by_name and all(labels.get(rule["key"]) in rule["values"] for rule in rules):
            found.add(labels["app.kubernetes.io/component"])
    return found


def test_network_policies_choose_pods_that_there_are() -> None:
    components = chosen({})
    policies = by_kind("NetworkPolicy")
    assert chosen(policies["nothing-by-itself"]["spec"]["podSelector"]) == components
    assert chosen(policies["database"]["spec"]["podSelector"]) == components - {"database"}
    assert chosen(policies["world"]["spec"]["podSelector"]) == {"worker", "web", "slack"}
    assert chosen(policies["pages"]["spec"]["podSelector"]) == {"web"}
    assert chosen(policies["database-is-asked"]["spec"]["podSelector"]) == {"database"}


def test_the_world_is_nothing_inside() -> None:
    (rule,) = by_kind("NetworkPolicy")["world"]["spec"]["egress"]
    left_out = {net for each in rule["to"] for net in each["ipBlock"]["except"]}
    assert {
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
    } <= left_out


def test_kustomize_leaves_the_rule_for_names_as_it_is() -> None:
    """Labels put into every selector would ask for name servers that are called litwatch."""
    (policy,) = (
        e for e in built() if e["kind"] == "NetworkPolicy" and e["metadata"]["name"] == "names"
    )
    (to,) = policy["spec"]["egress"][0]["to"]
    assert to["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}


def test_what_is_named_is_made(tmp_path: Path) -> None:
    """ConfigMaps and claims that pods mount are there; Secrets are made by hand (README.md)."""
    there = {(each["kind"], each["metadata"]["name"]) for each in built()}
    readme = (FOLDER / "README.md").read_text("utf-8")
    templates = [
        each["spec"].get("template") or each["spec"]["jobTemplate"]["spec"]["template"]
        for each in built()
        if each["kind"] in {"Deployment", "StatefulSet", "Job", "CronJob"}
    ]
    for volume in (volume for pod in templates for volume in pod["spec"]["volumes"]):
        if "configMap" in volume:
            assert ("ConfigMap", volume["configMap"]["name"]) in there
        if "persistentVolumeClaim" in volume:
            name = volume["persistentVolumeClaim"]["claimName"]
            assert ("PersistentVolumeClaim", name) in there
        if "secret" in volume:
            assert f"create secret generic {volume['secret']['secretName']} " in readme


# -- images and the example's settings


def test_images_are_named_by_version() -> None:
    (example,) = documents(FOLDER / "example" / "kustomization.yaml")
    (ours,) = example["images"]
    assert pinned(f"{ours['newName']}:{ours['newTag']}")
    used = {each["image"] for pod in PODS.values() for each in containers(pod)}
    assert all(image == ours["name"] or pinned(image) for image in used)


def test_the_example_s_settings_are_settings_and_hold_no_secret() -> None:
    text = (FOLDER / "example" / "litwatch.toml").read_text("utf-8")
    settings = Settings.model_validate(tomllib.loads(text))
    assert not re.search("password|token|key", text)
    left = [
        told
        for told in problems(settings)
        if "email.password" not in told and "web.keys" not in told
    ]
    assert left == []
