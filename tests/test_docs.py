"""Documentation that lags behind the program is a failing test."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from service.cli.main import cli
from service.config import Settings, reference
from service.config.declared import declared

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "deploy" / "README.md"])
NOTES = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_the_table_of_settings_is_up_to_date() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == reference(), "run: python -m service.config > docs/configuration.md"


def test_every_setting_is_described_with_its_variable() -> None:
    table = reference()
    for setting in declared():
        assert setting.field.description, f"{'.'.join(setting.path)} has no description"
        if setting.rows:
            assert f"[[{'.'.join(setting.path)}]]" in table
        else:
            assert f"| `{setting.path[-1]}` |" in table
        if setting.variable:
            assert f"`{setting.variable}`" in table
        if setting.secret:
            assert f"`{setting.variable}_FILE`" in table


def test_the_example_in_the_table_of_settings_is_valid() -> None:
    example = re.search(r"```toml\n(.*?)```", reference(), re.DOTALL)
    assert example
    assert Settings.model_validate(tomllib.loads(example[1])).subscriptions[0].name == "Lab"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(
        r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8")
    ):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_commands_that_pages_name_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(
        r"(?:`|^\s*)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no `make {target}`"


def commands(page: str) -> list[str]:
    """What follows `litwatch` in code, be it in a sentence or on a line of a block."""
    spans = re.findall(r"`litwatch ([^`\n]+)`", page)
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [*spans, *re.findall(r"^\s*litwatch (.+?)(?:  .*)?$", "\n".join(blocks), re.MULTILINE)]


def unknown(line: str) -> str:
    """The first word of a command line that is neither command nor option; "" if there is none."""
    command: click.Command = cli
    flags = {"--help": True, "-h": True}
    words = iter(re.findall(r"-{0,2}[A-Za-z][\w./-]*", line.partition(" #")[0]))
    for word in words:
        for each in command.params:
            if isinstance(each, click.Option):
                flags |= dict.fromkeys(each.opts, each.is_flag)
        if word.startswith("-"):
            if word not in flags:
                return word
            if not flags[word]:
                next(words, None)  # its value
        elif isinstance(command, click.Group) and word.islower():
            if word not in command.commands:
                return word
            command = command.commands[word]
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_pages_name_exist_with_their_options(page: Path) -> None:
    for line in commands(page.read_text(encoding="utf-8")):
        assert not unknown(line), f"`litwatch {line}`"


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    page = "Run `litwatch digest replay X --check`.\n```sh\nlitwatch digest send --too me\n```\n"
    assert [unknown(line) for line in commands(page)] == ["", "--too"]
    assert unknown("digest sent") == "sent"
    assert unknown("--config FILE deliver") == "deliver"


def test_every_module_beside_the_pipeline_is_on_the_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told_elsewhere = {"__init__.py", "__main__.py", "clock.py", "errors.py", "logs.py"}
    modules = {path.name for path in (ROOT / "service").glob("*.py")} - told_elsewhere
    assert [name for name in sorted(modules) if name not in page] == []


def test_decision_notes_are_numbered_without_gaps() -> None:
    numbers = [int(note.name[:4]) for note in NOTES]
    assert numbers == list(range(1, len(NOTES) + 1))


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.stem)
def test_a_decision_note_tells_context_choice_and_consequence(note: Path) -> None:
    text = note.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Context", "Choice", "Consequence"]
    assert text.startswith(f"# {int(note.name[:4])}. ")
