"""The runbooks: each is a page, has every part, and names what there is."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.deploy.places import DEPLOY, accepted, documents, tool, understood
from tests.test_docs import commands, unknown

if TYPE_CHECKING:
    from pathlib import Path

RUNBOOKS = [DEPLOY / name / "README.md" for name in ("compose", "kubernetes", "systemd")]
PAGES = [DEPLOY / "README.md", *RUNBOOKS]
PARTS = [
    "Install",
    "Upgrade",
    "Back up, restore",
    "Change secrets",
    "Add workers",
    "When something is wrong",
    "Remove",
]
YAML = sorted(file for file in DEPLOY.rglob("*") if file.suffix in {".yaml", ".yml"})


def name(page: Path) -> str:
    return str(page.relative_to(DEPLOY))


@pytest.mark.parametrize("page", RUNBOOKS, ids=name)
def test_a_runbook_has_every_part_and_fits_a_page(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    assert len(text.splitlines()) <= 130


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_exist_with_their_options(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [line for line in commands(text) if unknown(line)] == []


def test_what_compose_is_told_to_run_exists() -> None:
    """`docker compose run --rm SERVICE WORDS`, and `exec SERVICE litwatch WORDS`."""
    text = RUNBOOKS[0].read_text("utf-8").replace("\\\n", " ")
    services = documents(DEPLOY / "compose" / "compose.yaml")[0]["services"]
    ran = re.findall(r"docker compose run --rm (?:--volume \S+ )?([a-z]+)(?: ([^#\n`]*))?", text)
    assert len(ran) >= 5
    for service, words in ran:
        assert service in services
        assert understood(shlex.split(words) or services[service]["command"]), words
    executed = re.findall(r"docker compose exec ([a-z]+) litwatch ([^#\n`.]*)", text)
    assert executed
    for service, words in executed:
        assert service in services
        assert understood(words.split())
    scaled = re.findall(r"(?:--scale |stop |build |logs )([a-z]+)", text)
    assert set(scaled) <= set(services)


def test_what_systemd_is_told_to_start_exists() -> None:
    text = RUNBOOKS[2].read_text("utf-8")
    units = {file.stem for file in (DEPLOY / "systemd").iterdir()}
    named = re.findall(r"\blitwatch-(?:worker@|web|backup|migrate)", text)
    assert set(named) == {
        "litwatch-worker@",
        "litwatch-web",
        "litwatch-backup",
        "litwatch-migrate",
    }
    assert set(named) <= units


def test_what_kubectl_is_told_to_look_at_exists() -> None:
    from tests.deploy.manifests import by_kind

    text = RUNBOOKS[1].read_text("utf-8")
    kinds = {"job": "Job", "deployment": "Deployment", "cronjob": "CronJob"}
    for kind, named in re.findall(r"\b(job|deployment|cronjob)/(litwatch-[a-z]+)", text):
        assert named in by_kind(kinds[kind]), named
    for secret in re.findall(r"create secret generic (\S+)", text):
        assert secret in {"litwatch", "litwatch-owner", "litwatch-postgres"}


def test_files_that_secrets_are_made_from_are_made() -> None:
    script = (DEPLOY / "secrets.sh").read_text("utf-8")
    text = RUNBOOKS[1].read_text("utf-8")
    for told in re.findall(r"--from-file=(\S+)", text):
        file = told.rpartition("=")[2]
        if file != "...":
            assert file in script or file.startswith("postgres-"), file


def test_every_yaml_file_is_well_formed() -> None:
    rules = "{extends: relaxed, rules: {line-length: {max: 140}, key-duplicates: enable}}"
    accepted(tool("yamllint"), "--strict", "--config-data", rules, *YAML)


def test_postfix_knows_every_parameter(tmp_path: Path) -> None:
    postconf = tool("postconf")
    (tmp_path / "main.cf").write_text((DEPLOY / "postfix" / "main.cf").read_text("utf-8"))
    (tmp_path / "master.cf").write_text(
        (DEPLOY / "postfix" / "master.cf.litwatch").read_text("utf-8")
    )
    assert "warning" not in accepted(postconf, "-c", tmp_path, "-n")
    assert "bounces take -" in accepted(postconf, "-c", tmp_path, "-M")
