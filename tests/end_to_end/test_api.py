"""The API as a process of its own, asked over its socket as docs/api.md says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from service.clock import standing
from tests.command_line import MONDAY, Litwatch, replayed, spawned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.demo.server import ReplayServer

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
LAB = {"name": "Lab", "channel": "file", "destination": "lab", "zone": "UTC"}


@pytest.fixture
def lab(tmp_path: Path, upstreams: ReplayServer) -> Litwatch:
    """An archive with the week's records and its digest."""
    settings = replayed(tmp_path, upstreams, subscriptions=[LAB])
    early = Litwatch(settings, standing(MONDAY - timedelta(days=1)))
    assert early("init") == 0
    litwatch = replace(early, clock=standing(MONDAY))
    litwatch("poll")
    assert litwatch("digest", "send") == 0
    return litwatch


@contextmanager
def serving(litwatch: Litwatch, *words: str) -> Iterator[str]:
    """The address of `litwatch serve`, which ends as told to."""
    process = spawned(litwatch, "serve", "--port", "0", *words)
    assert process.stderr
    try:
        told = process.stderr.readline()
        while told.startswith("note:"):
            told = process.stderr.readline()
        found = re.search(r"Serving on http://([\d.]+):(\d+)", told)
        assert found, told + process.stderr.read()
        yield f"http://127.0.0.1:{found[2]}"
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in told
    finally:
        process.kill()
        process.communicate()


def made(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert litwatch("token", "create", *words) == 0
    return capsys.readouterr().out.strip()


def test_a_group_asks_its_archive_over_the_network(
    lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = made(lab, capsys, "reader", "--scope", "read")
    voter = made(lab, capsys, "voter", "--scope", "vote", "--expires", "90d")
    with serving(lab, "--host", "0.0.0.0") as url, httpx.Client(trust_env=False) as browser:
        assert browser.get(f"{url}/api/v1/topics").status_code == 401, "loopback is no way in"
        shown = {"Authorization": f"Bearer {reader}"}
        found = browser.get(f"{url}/api/v1/search", params={"q": "neutrophil"}, headers=shown)
        assert found.status_code == 200
        work = found.json()["hits"][0]["work"]
        whole = browser.get(f"{url}/api/v1/works/{work['ids']['doi']}", headers=shown)
        assert whole.json()["id"] == work["id"]
        known = shown | {"If-None-Match": whole.headers["etag"]}
        again = browser.get(f"{url}/api/v1/works/{work['id']}", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        head = browser.head(f"{url}/api/v1/works/{work['id']}", headers=shown)
        assert head.headers["content-length"] == whole.headers["content-length"]

        ballot = {"topic": "neutrophils", "work": str(work["id"]), "judgement": "relevant"}
        assert browser.post(f"{url}/api/v1/votes", json=ballot, headers=shown).status_code == 403
        shown = {"Authorization": f"Bearer {voter}"}
        taken = browser.post(f"{url}/api/v1/votes", json=ballot, headers=shown)
        assert taken.json()["vote"]["voter"] == "api:voter"

        lab("token", "revoke", "voter")
        assert browser.post(f"{url}/api/v1/votes", json=ballot, headers=shown).status_code == 401
    capsys.readouterr()
    assert lab("votes", "neutrophils", "--json") == 0
    (vote,) = json.loads(capsys.readouterr().out)
    assert (vote["vote"]["voter"], vote["vote"]["via"]) == ("api:voter", "api")


def test_a_page_of_a_stranger_gets_nothing_from_this_machine(lab: Litwatch) -> None:
    """DNS rebinding and CSRF, over a real socket."""
    with serving(lab) as url, httpx.Client(trust_env=False, base_url=url) as browser:
        assert browser.get("/api/v1/topics").status_code == 200
        for headers in ({"Host": "evil.example.org"}, {"Origin": "https://evil.example.org"}):
            assert browser.get("/api/v1/topics", headers=headers).status_code == 401
            stop = browser.post("/api/v1/subscriptions/Lab/stop", headers=headers)
            assert stop.status_code in {401, 403}
        (subscription,) = browser.get("/api/v1/subscriptions").json()["items"]
        assert subscription["stopped"] is None


def test_a_large_export_comes_in_pieces(lab: Litwatch) -> None:
    with serving(lab) as url, httpx.Client(trust_env=False, base_url=url) as browser:
        with browser.stream(
            "GET", "/api/v1/exports?format=jsonl&q=is:preprint OR type:article"
        ) as got:
            assert got.status_code == 200
            assert got.headers["transfer-encoding"] == "chunked"
            lines = [json.loads(line) for line in got.iter_lines()]
        works = browser.get("/api/v1/health").json()["works"]
    assert 0 < len(lines) <= works


# -- the documentation ----------------------------------------------------------------------------


def commands() -> list[str]:
    """The `curl` commands of docs/api.md, each with what continues it."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.startswith("curl ")]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_every_example_of_the_documentation_works(
    lab: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    token = made(lab, capsys, "docs", "--scope", "admin")
    asked = commands()
    assert len(asked) >= 10
    with serving(lab) as url:
        digest = httpx.get(f"{url}/api/v1/digests", trust_env=False).json()["items"][0]["id"]
        for command in asked:
            told = command.replace("http://127.0.0.1:8080", url).replace("$TOKEN", token)
            told = told.replace("DIGEST", digest)
            words = [*shlex.split(told), "--noproxy", "*", "--silent", "--show-error"]
            done = subprocess.run(
                [*words, "--write-out", "\n%{http_code}"],
                cwd=tmp_path,
                capture_output=True,
                check=False,
            )
            body, _, status = done.stdout.decode().rpartition("\n")
            assert done.returncode == 0, (command, done.stderr)
            assert status in {"200", "204"}, (command, body)
