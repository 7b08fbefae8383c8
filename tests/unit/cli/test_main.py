"""Every way a command can end, and its exit status."""

from __future__ import annotations

import click
import pytest

from service import errors
from service.cli import main
from service.worker.stopping import Stopped


def run_that(monkeypatch: pytest.MonkeyPatch, outcome: object) -> int:
    def command(*_: object, **__: object) -> object:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(main.cli, "main", command)
    return main.run([])


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (None, 0),
        (4, 4),
        (errors.InputError("file", "is empty"), 2),
        (errors.TopicError("topic", "has no seeds"), 2),
        (errors.ConfigError("http.contact", "is wrong"), 3),
        (errors.SourceError("pubmed", "is down"), 4),
        (errors.StoreError("database", "is full"), 5),
        (errors.DeliveryError("slack", "is not configured"), 6),
        (errors.EncoderError("model", "is missing"), 7),
        (click.UsageError("no such option"), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (Stopped(), 130),
        (BrokenPipeError(), 0),
        (SystemExit(1), 0),
        (ZeroDivisionError("oops"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_each_end_has_its_status(
    monkeypatch: pytest.MonkeyPatch, outcome: object, status: int
) -> None:
    # The real one points standard output elsewhere for good.
    monkeypatch.setattr(main, "_drop_output", lambda: None)
    assert run_that(monkeypatch, outcome) == status


def test_an_error_is_one_line_with_thing_cause_and_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_that(monkeypatch, errors.StoreError("x.db", "does not exist", "run: litwatch init"))
    told = "litwatch: x.db: does not exist (run: litwatch init)\n"
    assert capsys.readouterr() == ("", told)


def test_a_defect_is_said_to_be_one_and_shows_where_in_the_debug_log(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "service")
    run_that(monkeypatch, ZeroDivisionError("oops"))
    err = capsys.readouterr().err
    assert "unexpected ZeroDivisionError: oops" in err
    assert "please report it" in err
    assert "Traceback" not in err
    assert "ZeroDivisionError" in caplog.text


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    def walk(command: click.Command, words: list[str]) -> None:
        assert main.run([*words, "--help"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("Usage: litwatch"), words
        assert command.help, f"{words} has no help"
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, [*words, name])

    walk(main.cli, [])
