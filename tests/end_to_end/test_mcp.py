"""`litwatch mcp` as a process of its own, which the SDK's client talks to over its pipes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from service.clock import standing
from tests.command_line import MONDAY, Litwatch, logging_as_before, replayed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.demo.server import ReplayServer

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Served:
    """The command over an archive with the week's records and its digest, as its file says."""

    file: Path
    voter: str = ""

    def words(self) -> list[str]:
        votes = ["--allow-votes", "--voter", self.voter] if self.voter else []
        return ["-m", "service", "--config", str(self.file), "mcp", *votes]

    def within(self, use: Callable[[Client], Awaitable[Any]]) -> Any:
        """What `use` returns; at the end the process has said nothing but what the client took."""
        server = StdioServerParameters(command=sys.executable, args=self.words(), cwd=ROOT)
        log = self.file.with_suffix(".log")

        async def session(errors: Any) -> Any:
            async with Client(stdio_client(server, errlog=errors)) as client:
                return await use(client)

        with log.open("w") as errors:
            found = anyio.run(session, errors)
        assert log.read_text() == ""
        return found

    def process(self) -> subprocess.Popen[str]:
        """The bare process, to be spoken to by hand."""
        return subprocess.Popen(
            [sys.executable, *self.words()],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory, upstreams: ReplayServer) -> Path:
    """The file of settings of an archive that holds the week's records, and has sent its digest."""
    folder = tmp_path_factory.mktemp("week")
    file = {"name": "Lab", "channel": "file", "destination": "lab.html", "zone": "UTC"}
    settings = replayed(folder, upstreams, subscriptions=[file])
    with logging_as_before():
        assert Litwatch(settings, standing(MONDAY - timedelta(days=1)))("init") == 0
        litwatch = Litwatch(settings, standing(MONDAY))
        litwatch("poll")
        assert litwatch("digest", "send") == 0
    config = folder / "served.toml"
    config.write_text(
        f'[database]\nurl = "{settings["database"]["url"]}"\n'
        '[encoder]\nmodel = "none-that-exists"\n'
        '[http]\ncontact = "lab@example.org"\n[log]\nlevel = "error"\n'
    )
    return config


@pytest.fixture
def served(week: Path) -> Served:
    return Served(week)


def data(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    return found


def test_an_assistant_finds_reads_and_explains_what_the_digest_sent(served: Served) -> None:
    async def use(client: Client) -> None:
        assert client.server_info.name == "litwatch"
        (digest,) = data(await client.call_tool("list_digests"))["digests"]
        assert digest["state"] == "sent"
        sent = data(await client.call_tool("get_digest", {"id": digest["digest"]}))
        shown = next(work for part in sent["sections"] for work in part["works"])
        found = data(
            await client.call_tool("search", {"query": f'"{shown["title"]}"', "mode": "lexical"})
        )
        assert shown["work"] in [work["work"] for work in found["works"]]
        work = data(await client.call_tool("get_work", {"name": str(shown["work"])}))
        assert work["title"] == shown["title"]
        why = data(await client.call_tool("explain_relevance", {"work": str(shown["work"])}))
        assert why["by"] == "words only: the model is not there"
        topics = {each["topic"] for each in data(await client.call_tool("list_topics"))["topics"]}
        assert {each["topic"] for each in why["standings"]} == topics
        assert why["standings"][0]["recommended"] is True

    served.within(use)


def test_pages_follow_each_other_by_cursor(served: Served) -> None:
    async def use(client: Client) -> list[int]:
        numbers: list[int] = []
        asked: dict[str, Any] = {"query": "cell", "mode": "lexical", "limit": 2}
        for _ in range(3):
            page = data(await client.call_tool("search", asked))
            numbers += [work["work"] for work in page["works"]]
            if page["cursor"] is None:
                break
            asked["cursor"] = page["cursor"]
        return numbers

    numbers = served.within(use)
    assert len(numbers) > 2
    assert len(set(numbers)) == len(numbers)


def test_questions_may_come_all_at_once(served: Served) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("search", {"query": "cell", "mode": "lexical"}),
        ("get_work", {"name": "1"}),
        ("explain_relevance", {"work": "1"}),
        ("list_digests", {}),
    ]

    async def use(client: Client) -> int:
        answers: list[dict[str, Any]] = []

        async def ask(tool: str, arguments: dict[str, Any]) -> None:
            answers.append(data(await client.call_tool(tool, arguments)))

        async with anyio.create_task_group() as group:
            for tool, arguments in asked * 4:
                group.start_soon(ask, tool, arguments)
        return len(answers)

    assert served.within(use) == len(asked) * 4


def test_a_vote_that_an_assistant_records_is_in_the_archive(served: Served) -> None:
    async def use(client: Client) -> None:
        vote = {"topic": "stroma", "work": "1", "judgement": "save"}
        told = data(await client.call_tool("vote", vote))
        assert (told["judgement"], told["voter"]) == ("saved", "Ida")
        topics = data(await client.call_tool("list_topics"))["topics"]
        assert {each["topic"]: each["votes"] for each in topics} == {
            "neutrophils": {},
            "stroma": {"saved": 1},
        }

    served.voter = "Ida"
    served.within(use)


def test_nothing_but_messages_is_on_standard_output_and_the_end_of_input_ends_it(
    served: Served,
) -> None:
    process = served.process()
    first = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "0"},
    }
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": first},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "no/such/method"},
        {
            "jsonrpc": "2.0",
            "id": 4,
            "method": "tools/call",
            "params": {"name": "search", "arguments": {"query": "caf AND ("}},
        },
    ]
    said = "".join(json.dumps(message) + "\n" for message in messages)
    assert process.stdin
    assert process.stdout
    process.stdin.write("this is no message\n" + said)
    process.stdin.flush()
    answers: dict[int, Any] = {}
    while len(answers) < 4:
        line = process.stdout.readline()
        told = json.loads(line)
        answers |= {told["id"]: told} if told.get("id") else {}
    out, errors = process.communicate(timeout=60)
    assert [json.loads(line) for line in out.splitlines()] == []
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert answers[1]["result"]["serverInfo"]["name"] == "litwatch"
    assert len(answers[2]["result"]["tools"]) == 6
    assert "error" in answers[3]
    assert answers[4]["result"]["isError"] is True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(served: Served, number: signal.Signals) -> None:
    process = served.process()
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write('{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(number)
        assert process.wait(timeout=60) == -number
    finally:
        process.kill()
        process.communicate()


def test_an_assistant_that_goes_away_is_no_defect(served: Served) -> None:
    process = served.process()
    assert process.stdin
    assert process.stdout
    assert process.stderr
    ping = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
    process.stdin.write(ping)
    process.stdin.flush()
    assert process.stdout.readline()
    process.stdout.close()
    process.stdin.write(ping)
    process.stdin.flush()
    time.sleep(2)  # for an answer, which nobody takes: the end of its input must not come before it
    process.stdin.close()
    with process.stderr as told:
        assert told.read() == "litwatch: the assistant's program has gone\n"
    assert process.wait(timeout=60) == 0


def test_without_the_sdk_the_error_names_the_command_that_installs_it(
    litwatch: Litwatch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("service.assistant")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    assert litwatch("mcp") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "pip install 'litwatch[mcp]'" in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("words", [["--allow-votes"], ["--voter", "Ida"]])
def test_votes_need_the_permission_and_a_name(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert litwatch("mcp", *words) == 2
    assert "--allow-votes: goes with --voter NAME" in capsys.readouterr().err


def test_an_archive_that_is_not_there_is_said_before_anything_is_served(
    tmp_path: Path, upstreams: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch = Litwatch(replayed(tmp_path, upstreams), standing(MONDAY))
    assert litwatch("mcp") == 5
    assert "litwatch init" in capsys.readouterr().err
