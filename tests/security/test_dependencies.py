"""The tools that look over what Litwatch stands on: that they are asked, and that they would object.

The advisories themselves lie with services that tests do not reach: here a stand-in for one answers.
`make audit-dependencies` asks the real one.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
_BAD = "requests"  # of which the stand-in knows an advisory


class _Advisories(BaseHTTPRequestHandler):
    """POST /v1/query, as osv.dev answers it."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        found = {
            "id": "PYSEC-0000-1",
            "modified": "2026-01-01T00:00:00Z",
            "published": "2026-01-01T00:00:00Z",
            "summary": "an advisory of the tests",
            "details": "an advisory of the tests",
            "affected": [
                {
                    "package": {"name": name, "ecosystem": "PyPI"},
                    "versions": [asked["version"]],
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
                }
            ],
        }
        body = json.dumps({"vulns": [found]} if name == _BAD else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def advisories() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Advisories) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


def needs(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"needs the package of {module}, of the dev group")


def audited(listed: Path, advisories: str) -> tuple[int, dict[str, Any]]:
    needs("pip_audit")
    asked = ["--requirement", str(listed), "--no-deps", "--disable-pip", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *asked, "-s", "osv", "--osv-url", advisories],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_a_known_fault_in_a_dependency_fails_the_audit(tmp_path: Path, advisories: str) -> None:
    listed = tmp_path / "requirements.txt"
    listed.write_text("httpx==0.28.1\nrequests==2.32.5\n")
    code, told = audited(listed, advisories)
    assert code == 1
    found = {each["name"]: [v["id"] for v in each["vulns"]] for each in told["dependencies"]}
    assert found == {"httpx": [], "requests": ["PYSEC-0000-1"]}


def test_without_a_fault_it_passes(tmp_path: Path, advisories: str) -> None:
    listed = tmp_path / "requirements.txt"
    listed.write_text("httpx==0.28.1\n")
    assert audited(listed, advisories)[0] == 0


# -- the list of what is inside ---------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_the_list_of_parts_is_valid_and_names_every_dependency(tmp_path: Path) -> None:
    """As `make sbom` writes it: CycloneDX 1.6, checked against its schema by the tool."""
    needs("cyclonedx_py")
    written = tmp_path / "sbom.json"
    subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(ROOT / "pyproject.toml"),
         "--output-reproducible", "--validate", "--of", "JSON", "-o", str(written), sys.executable],
        check=True,
        capture_output=True,
    )  # fmt: skip
    told = json.loads(written.read_text())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["name"] == "litwatch"
    inside = {_plain(part["name"]) for part in told["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {_plain(_name(each)) for each in project["dependencies"]} <= inside
    assert all(part.get("version") and part.get("purl") for part in told["components"])


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_has_an_upper_bound() -> None:
    """A next major version is taken in by a person, who reads what changed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    unbound = [
        each for each in project["dependencies"] if "<" not in each and _name(each) != "tzdata"
    ]
    assert unbound == [], "only the time zones may come as they are"


# -- what reads our own source ----------------------------------------------------------------------------


def test_the_linter_looks_for_what_is_dangerous() -> None:
    """Ruff's S rules are bandit's, and run in every `make check`; nothing switches them off for the
    whole of service/."""
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in ruff["select"]
    assert not [rule for rule in ruff["ignore"] if rule.startswith("S")]
    for where, rules in ruff["per-file-ignores"].items():
        assert where.startswith("tests/") or not [r for r in rules if r == "S" or r[:2] == "S1"], (
            where
        )


@pytest.mark.exhaustive
def test_bandit_finds_nothing() -> None:
    """As `make check` runs it: B608 (SQL), B301 (pickle), B310, B501 and the others."""
    needs("bandit")
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "service", "-c", "pyproject.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2_000:]


def test_whatever_bandit_is_told_to_pass_over_is_in_this_list() -> None:
    """Three lines, each with its reason beside it."""
    told = {
        (str(file.relative_to(ROOT)), rule)
        for file in (ROOT / "service").rglob("*.py")
        for rule in re.findall(r"# nosec:? ?(\w*)", file.read_text(encoding="utf-8"))
    }
    assert told == {
        ("service/embedding/weights.py", "B615"),
        ("service/web/pages.py", "B704"),
        ("service/web/site/static.py", "B701"),
    }
