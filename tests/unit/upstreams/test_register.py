"""The register of what simulated upstreams saw: which rule is broken when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.upstreams.register import INTERVALS, Register
from tests.upstreams.serving import Answer

NOW = datetime(2027, 1, 4, 6, 0, tzinfo=UTC)
WELL = {"user-agent": "litwatch/1.0 (+https://example.org/litwatch; mailto:lab@example.org)"}
NCBI = {"db": "pubmed", "tool": "litwatch", "email": "lab@example.org"}
OK = Answer(200)


def ask(register: Register, host: str, at: float, answer: Answer = OK, lasts: float = 0.1) -> None:
    register.begins(host, "/", NCBI if host == "ncbi" else {}, WELL, at)
    register.ends(host, answer, at + lasts, NOW)


@pytest.mark.parametrize("host", sorted(INTERVALS))
def test_requests_at_the_stated_distance_are_well(host: str) -> None:
    register = Register()
    for number in range(5):
        ask(register, host, number * INTERVALS[host])
    assert register.broken == []
    assert register.requests == {host: 5}


@pytest.mark.parametrize("host", sorted(INTERVALS))
def test_a_request_that_comes_too_soon_is_told(host: str) -> None:
    register = Register()
    ask(register, host, 0.0)
    ask(register, host, INTERVALS[host] * 0.9)
    [told] = register.broken
    assert told.startswith(f"{host} / at ")
    assert "after the last one" in told


def test_hosts_are_counted_each_for_itself() -> None:
    register = Register()
    ask(register, "arxiv", 0.0)
    ask(register, "biorxiv", 0.01)
    assert register.broken == []


def test_two_at_once_are_told() -> None:
    register = Register()
    register.begins("ebi", "/search", {}, WELL, 0.0)
    register.begins("ebi", "/search", {}, WELL, 5.0)
    assert register.broken == ["ebi /search at 5.000: 2 requests at once"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("told", ["40", "Mon, 04 Jan 2027 06:00:40 GMT"])
def test_a_rest_that_was_asked_for_counts_from_the_reply(status: int, told: str) -> None:
    register = Register()
    ask(register, "biorxiv", 100.0, Answer(status, {"Retry-After": told}), lasts=2.0)
    ask(register, "biorxiv", 141.9)
    ask(register, "biorxiv", 143.0)
    [line] = register.broken
    assert "before Retry-After is over" in line
    assert "141.900" in line


def test_a_rest_that_a_dead_process_was_told_holds_for_its_successor() -> None:
    register = Register()
    ask(register, "ncbi", 0.0, Answer(429, {"Retry-After": "60"}))
    register.restarted()
    ask(register, "ncbi", 20.0)
    ask(register, "ncbi", 70.0)
    assert register.broken == ["ncbi / at 20.000: 40.1 s before Retry-After is over"]
    assert register.forgotten == register.broken


def test_what_is_broken_by_the_process_that_was_told_is_not_forgotten() -> None:
    register = Register()
    register.restarted()
    ask(register, "ncbi", 0.0, Answer(429, {"Retry-After": "60"}))
    ask(register, "ncbi", 20.0)
    assert len(register.broken) == 1
    assert register.forgotten == []


@pytest.mark.parametrize("agent", ["", "python-httpx/0.28", "litwatch/1.0 (+https://example.org)"])
def test_a_visitor_who_names_nobody_is_told(agent: str) -> None:
    register = Register()
    register.begins("ebi", "/search", {}, {"user-agent": agent}, 0.0)
    assert "names nobody" in register.broken[0]


@pytest.mark.parametrize("missing", ["tool", "email"])
def test_ncbi_wants_tool_and_email(missing: str) -> None:
    register = Register()
    register.begins("ncbi", "/esearch.fcgi", {**NCBI, missing: ""}, WELL, 0.0)
    assert register.broken[0].endswith(f"without {missing}")


def test_a_parameter_that_is_not_documented_is_told() -> None:
    register = Register()
    register.begins("ncbi", "/esearch.fcgi", {**NCBI, "datetype": "crdt"}, WELL, 0.0)
    assert register.broken[0].endswith("with datetype")
