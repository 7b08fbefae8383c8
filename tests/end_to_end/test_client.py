"""The client for programs on `litwatch serve` as a process of its own; its page's examples run."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from service.client import ClientError, Litwatch
from service.clock import standing
from tests.command_line import MONDAY, logging_as_before, replayed, spawned
from tests.command_line import Litwatch as Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.demo.server import ReplayServer

pytestmark = pytest.mark.model

PAGE = Path(__file__).resolve().parents[2] / "docs" / "client.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
HERE = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory, upstreams: ReplayServer) -> Command:
    """An archive that holds the week's records with their vectors, and has sent its digest."""
    folder = tmp_path_factory.mktemp("week")
    file = {"name": "Lab", "channel": "file", "destination": "lab.html", "zone": "UTC"}
    settings = replayed(folder, upstreams, subscriptions=[file], encoder={})
    with logging_as_before():
        assert Command(settings, standing(MONDAY - timedelta(days=1)))("init") == 0
        command = Command(settings, standing(MONDAY))
        command("poll")
        assert command("digest", "send") == 0
        assert command("index") == 0
    return command


@contextmanager
def serving(command: Command, *words: str) -> Iterator[str]:
    """Where `litwatch serve` answers; it ends as told to, without a word of a defect."""
    process = spawned(command, "serve", "--port", "0", *words)
    assert process.stderr
    try:
        told = [process.stderr.readline()]
        while told[-1] and "Serving on" not in told[-1]:
            told.append(process.stderr.readline())
        found = re.search(r"Serving on (http://\S+)", told[-1])
        assert found, "".join(told)
        yield found[1]
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()


def test_every_example_of_the_page_runs(
    week: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(EXAMPLES) == 6
    assert HERE in EXAMPLES[0]
    names: dict[str, Any] = {}
    with serving(week) as address, ExitStack() as after:
        for example in EXAMPLES:
            exec(compile(example.replace(HERE, address), str(PAGE), "exec"), names)
            after.callback(names["archive"].close)
            said = capsys.readouterr().out
            assert said.strip() or "print" not in example, example
            if "error.status" in example:
                assert said.startswith("400 query\n")
    assert re.findall(r"^@", (tmp_path / "stroma.bib").read_text(), re.M) == ["@"]
    assert len((tmp_path / "this-year.csv").read_text().splitlines()) > 1


def test_another_machine_needs_a_token_which_a_command_makes(
    week: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert week("token", "create", "notebook", "--scope", "vote") == 0
    (token,) = re.findall(r"lw_[0-9A-Za-z]+", capsys.readouterr().out)
    with serving(week, "--host", "0.0.0.0") as everywhere:
        address = everywhere.replace("0.0.0.0", "127.0.0.1")
        with Litwatch(address) as stranger, pytest.raises(ClientError) as raised:
            stranger.topics()
        assert (raised.value.status, raised.value.code) == (401, "token")
        with Litwatch(address, token) as client:
            topic = client.topics()[0].slug
            assert client.vote(topic, 1, "relevant").vote.voter == "api:notebook"
            with pytest.raises(ClientError) as raised:
                client.stop("Lab")
            assert raised.value.code == "scope"


def test_the_client_loads_neither_the_server_nor_the_database() -> None:
    heavy = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "numpy", "torch", "lark")
    code = (
        "import sys; from service.client import Litwatch, ClientError; "
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
