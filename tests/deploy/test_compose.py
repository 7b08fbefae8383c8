"""One machine with Compose: the file is one, names what there is, and gives away nothing."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

import pytest

from service.config import Settings, load, problems
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

FOLDER = DEPLOY / "compose"
(COMPOSE,) = documents(FOLDER / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "worker", "web")


def environment(service: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[service].get("environment", {})
    return found


def test_it_is_as_the_specification_has_it() -> None:
    accepted(
        tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", FOLDER / "compose.yaml"
    )


def test_what_is_not_as_the_specification_has_it_would_be_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    right = (FOLDER / "compose.yaml").read_text("utf-8")
    wrong.write_text(right.replace("read_only:", "readonly:"), encoding="utf-8")
    with pytest.raises(AssertionError, match="readonly"):
        accepted(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", wrong)


def test_the_proxy_reads_its_file() -> None:
    caddy = tool("caddy")
    known = {"LITWATCH_HOST": "litwatch.example.org"}
    accepted(
        caddy, "validate", "--adapter", "caddyfile", "--config", FOLDER / "Caddyfile", env=known
    )
    assert accepted(caddy, "fmt", FOLDER / "Caddyfile") == (FOLDER / "Caddyfile").read_text("utf-8")


@pytest.mark.parametrize("name", OURS)
def test_every_command_and_every_variable_exists(name: str) -> None:
    assert understood(SERVICES[name]["command"])
    check_environment(environment(name))


def test_no_environment_holds_a_secret() -> None:
    for name in SERVICES:
        for variable in environment(name):
            if re.search("PASSWORD|SECRET|TOKEN|KEY", variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_as_small_as_it_can_be(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    limits = service.get("deploy", {}).get("resources", {}).get("limits")
    assert name == "migrate" or (limits["memory"] and limits["cpus"])


def test_only_the_proxy_and_the_relay_begin_as_root() -> None:
    """Caddy's image holds its certificates as root's; Postfix gives each of its parts less."""
    beginning_as_root = {name for name, service in SERVICES.items() if "user" not in service}
    assert beginning_as_root == {"proxy", "relay"}
    assert SERVICES["proxy"]["cap_add"] == ["NET_BIND_SERVICE"]
    assert all(SERVICES[name]["user"] == f"{UID}:{UID}" for name in OURS)


def test_images_are_named_by_version_and_can_be_named_by_digest() -> None:
    for name, service in SERVICES.items():
        variable = re.fullmatch(r"\$\{([A-Z_]+):-(.+)\}", service["image"])
        assert variable, name
        built = name in OURS or "build" in service
        assert built or pinned(variable[2]), f"{name}: {variable[2]}"


def test_only_the_proxy_is_reached_from_outside_and_the_database_reaches_nothing() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert SERVICES["db"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "inside" not in SERVICES["proxy"]["networks"]


def test_ports_agree() -> None:
    words = SERVICES["web"]["command"]
    port = words[words.index("--port") + 1]
    assert f"127.0.0.1:{port}/readyz" in SERVICES["web"]["healthcheck"]["test"][-1]
    assert f"reverse_proxy web:{port}" in (FOLDER / "Caddyfile").read_text("utf-8")


def test_only_the_migration_holds_the_owner_s_secret() -> None:
    holders = {n for n, s in SERVICES.items() if "database_owner_url" in s.get("secrets", [])}
    assert holders == {"migrate"}
    assert environment("migrate")["LITWATCH_DATABASE__URL_FILE"].endswith("/database_owner_url")
    assert environment("worker")["LITWATCH_DATABASE__URL_FILE"].endswith("/database_url")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_file_of_a_secret_that_is_named_is_there_to_be_read(name: str) -> None:
    service = SERVICES[name]
    given = {
        each if isinstance(each, str) else each["source"] for each in service.get("secrets", [])
    }
    assert given <= set(COMPOSE["secrets"])
    read = {
        value.removeprefix("/run/secrets/")
        for value in environment(name).values()
        if value.startswith("/run/secrets/")
    }
    assert read <= given


def test_what_is_mounted_from_the_project_is_there() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not source.endswith("litwatch.toml"):
                assert (FOLDER / source).exists(), f"{name}: {source}"
            elif not source.startswith("."):
                assert source in COMPOSE["volumes"], f"{name}: {source}"


def test_workers_wait_for_the_migration_and_have_time_to_end() -> None:
    for name in ("worker", "web"):
        assert SERVICES[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
    assert SERVICES["worker"]["stop_grace_period"] == "40s"


# -- the files of secrets


def made(folder: Path, *host: str) -> dict[str, str]:
    accepted("sh", DEPLOY / "secrets.sh", folder, *host)
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def test_every_secret_of_the_file_is_made(tmp_path: Path) -> None:
    found = made(tmp_path / "secrets")
    named = {each["file"].removeprefix("./secrets/") for each in COMPOSE["secrets"].values()}
    assert set(found) == named


def test_secrets_are_long_random_and_readable_to_one_user(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    found = made(folder)
    for role in ("admin", "owner", "app", "read"):
        assert re.fullmatch("[0-9a-f]{64}", found[f"postgres-{role}-password"])
    assert len({value for value in found.values() if len(value) == 64}) == 5
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    if os.geteuid() == 0:
        assert (folder / "database-url").stat().st_uid == UID
        assert (folder / "postgres-app-password").stat().st_uid == 999


def test_making_them_again_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    before = made(folder)
    assert made(folder) == before


def test_litwatch_reads_the_files_and_takes_empty_ones_as_unset(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    found = made(folder, "db.example.org")
    given = {
        name: f"{folder}/{value.removeprefix('/run/secrets/').replace('_', '-')}"
        for name, value in environment("worker").items()
        if name.endswith("_FILE")
    }
    settings: Settings = load(None, given)
    password = found["postgres-app-password"]
    url = settings.database.url.get_secret_value()
    assert url == f"postgresql+psycopg://litwatch_app:{password}@db.example.org/litwatch"
    assert [key.get_secret_value() for key in settings.web.keys] == [found["web-keys"]]
    assert settings.slack.token is None
    assert settings.email.password is None
    assert not [problem for problem in problems(settings) if "keys" in problem]
