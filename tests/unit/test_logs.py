from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("service.example")

CANARY = "s3cret value/+&"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging as it was: `configure` changes the process."""
    root, ours = logging.getLogger(), logging.getLogger("service")
    held = (root.handlers[:], root.level, ours.level)
    yield
    root.handlers, root.level, ours.level = held
    logging.captureWarnings(capture=False)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_text_line_tells_time_level_logger_and_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    record = log.makeRecord(log.name, logging.INFO, "f.py", 1, "%d works", (3,), None)
    record.created = 1795244400.25
    log.handle(record)
    assert lines(capsys) == ["2026-11-21T07:00:00.250Z INFO service.example: 3 works"]


def test_a_json_line_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(format="json")
    with logs.bind(run="7f", message="not this"):
        log.warning("a\nb\u2028c")
    (line,) = lines(capsys)
    told = json.loads(line)
    assert told["message"] == "a\nb\u2028c"
    assert (told["level"], told["logger"], told["run"]) == ("warning", "service.example", "7f")
    assert told["at"].endswith("Z")
    assert "error" not in told


def test_names_are_bound_inside_only_and_nest(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    with logs.bind(run="7f"):
        with logs.bind(source="pubmed"):
            log.info("in")
        with pytest.raises(KeyError), logs.bind(source="pmc"):
            raise KeyError
        log.info("out")
    log.info("after")
    told = [line.split(" ", 3)[-1] for line in lines(capsys)]
    assert told == ["run=7f source=pubmed: in", "run=7f: out", "after"]


def test_names_do_not_leak_into_other_threads(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    with logs.bind(run="7f"):
        other = threading.Thread(target=log.info, args=("elsewhere",))
        other.start()
        other.join()
    assert "run=" not in lines(capsys)[0]


def test_our_level_is_set_and_others_only_warn(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug")
    log.debug("ours")
    logging.getLogger("httpcore").info("theirs")
    logging.getLogger("httpcore").warning("their warning")
    assert [line.rsplit(": ")[-1] for line in lines(capsys)] == ["ours", "their warning"]


def test_what_the_sdk_of_slack_says_of_a_lost_answer_is_left_to_us(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """T61. One alert, not one of the library's for each failure beside ours."""
    logs.configure()
    logging.getLogger("slack_sdk.web.base_client").error("Failed to send a request")
    log.error("delivery 4711: unknown")
    assert [line.partition(" ")[2] for line in lines(capsys)] == [
        "ERROR service.example: delivery 4711: unknown"
    ]


def test_configuring_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug")
    logs.configure("warning", "json")
    log.info("no")
    log.warning("yes")
    (line,) = lines(capsys)
    assert json.loads(line)["message"] == "yes"


@pytest.mark.parametrize("form", ["text", "json"])
def test_registered_secrets_never_appear(
    capsys: pytest.CaptureFixture[str], form: logs.Format
) -> None:
    """In the message, its arguments, bound names, the traceback, quoted in addresses."""
    logs.configure(format=form, secrets=[CANARY])
    try:
        raise ValueError(CANARY)
    except ValueError:
        with logs.bind(source=CANARY):
            log.exception(
                "%s failed at ?k=s3cret%%20value%%2F%%2B%%26 and s3cret+value%%2F", CANARY
            )
    told = capsys.readouterr().err
    assert "s3cret value" not in told
    assert "s3cret%20value" not in told
    assert "[hidden]" in told


def test_of_two_secrets_the_longer_is_hidden_first(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(secrets=["hunter", "hunter2tail"])
    log.info("said hunter2tail")
    assert lines(capsys)[0].endswith("said [hidden]")


def test_a_secret_too_short_to_hide_leaves_the_log_readable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(secrets=["", "ab"])
    log.info("about")
    assert lines(capsys)[0].endswith(": about")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("token xoxb-12-34-abcDEF is bad", "token [hidden] is bad"),
        ("xapp-1-A01-99-ff and xoxe.xoxp-1-Mi0y", "[hidden] and [hidden]"),
        (
            "POST https://hooks.slack.com/services/T0/B0/xyz failed",
            "POST https://hooks.slack.com/[hidden] failed",
        ),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer [hidden]"),
        (
            "/esearch.fcgi?db=pubmed&api_key=0123abc&term=x",
            "/esearch.fcgi?db=pubmed&api_key=[hidden]&term=x",
        ),
        ("?access_token=1&next=2", "?access_token=[hidden]&next=2"),
        ("login password=hunter2 user=lab", "login password=[hidden] user=lab"),
        ("{'token': 'abc', 'ok': True}", "{'token': '[hidden]', 'ok': True}"),
        ("postgresql://lit:pw@db/lit", "postgresql://lit:[hidden]@db/lit"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, kept: str) -> None:
    assert logs.redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "resumptionToken=abc|1001",  # an OAI cursor is needed to find a fault
        "https://example.org/a:b/c@2x.png",
        "the basic idea of bearer shares",
        "token: expired",
        "Week 47: 12 works, tokens=5",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert logs.redact(text) == text


def test_a_hostile_title_cannot_forge_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    log.info("title %s", "A\r\n2026-11-21T07:00:00Z INFO x: paid\x1b[2J\u202e\u2028")
    (line,) = lines(capsys)
    assert line.endswith(r"title A\r\n2026-11-21T07:00:00Z INFO x: paid\x1b[2J\u202e\u2028")


def test_a_traceback_is_indented_so_that_it_cannot_forge_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    try:
        raise ValueError("x\n2026-11-21T07:00:00Z INFO forged: line\x1b[2J")
    except ValueError:
        log.exception("failed")
    head, *trace = lines(capsys)
    assert head.endswith("ERROR service.example: failed")
    assert any("ValueError" in line for line in trace)
    assert all(line.startswith("    | ") and line.isprintable() for line in trace)


def test_a_bad_call_is_logged_without_its_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """logging itself would print the arguments as they are."""
    logs.configure(secrets=[CANARY])
    record = log.makeRecord(log.name, logging.INFO, "f.py", 1, "%d works", (CANARY,), None)
    logging.getLogger().handlers[-1].handle(record)  # ours only: pytest's own raises here
    (line,) = lines(capsys)
    assert line.endswith("%d works ('[hidden]',)")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text())
def test_any_text_makes_one_printable_line(text: str) -> None:
    escaped = logs.escape(text)
    assert len(escaped.splitlines()) <= 1
    escaped.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Zotero-API-Key: P9NiFoyLeZu2bZNvvuQPDWsd", "Zotero-API-Key: [hidden]"),
        ("{'x-api-key': 'abc', 'a': 1}", "{'x-api-key': '[hidden]', 'a': 1}"),
        ("/esearch.fcgi?email=lab@example.org&tool=x", "/esearch.fcgi?email=[hidden]&tool=x"),
        ("/works?rows=1&mailto=lab%40example.org", "/works?rows=1&mailto=[hidden]"),
    ],
)
def test_keys_in_headers_and_addresses_in_queries_are_hidden(text: str, kept: str) -> None:
    assert logs.redact(text) == kept


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_is_hidden_however_it_is_quoted(
    capsys: pytest.CaptureFixture[str], form: logs.Format
) -> None:
    """As Python, JSON and addresses spell it: in errors of libraries it stands like that."""
    secret = 'qu"o\\te\tcänary'
    logs.configure(format=form, secrets=[secret])
    log.warning("%r %s", {"p": secret}, json.dumps([secret]))
    log.warning("%s", ValueError(secret))
    told = capsys.readouterr().err
    assert told.count("[hidden]") == 3
    assert "nary" not in told


def test_what_a_line_is_about_is_a_field_for_programs_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(secrets=[CANARY])
    log.info("sent", extra={"delivery": "4711"})
    assert lines(capsys)[0].endswith("INFO service.example: sent")
    logs.configure(format="json", secrets=[CANARY])
    log.info("sent", extra={"delivery": "4711", "beside": CANARY, "level": "not this"})
    (line,) = lines(capsys)
    told = json.loads(line)
    assert set(told) == {"at", "level", "logger", "message", "delivery", "beside"}
    assert (told["delivery"], told["beside"], told["level"]) == ("4711", "[hidden]", "info")


def test_an_error_is_one_line_of_json_with_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(format="json", secrets=[CANARY])
    try:
        try:
            raise ValueError(f"told {CANARY}\n\x1b[2J\x7f")
        except ValueError as error:
            raise KeyError("outer") from error
    except KeyError:
        log.exception("failed")
    (line,) = lines(capsys)
    assert line.isprintable()
    told = json.loads(line)["error"]
    assert "ValueError: told [hidden]\n" in told
    assert told.endswith("KeyError: 'outer'")
