"""What every command shares: settings on demand, one way to print, one way to fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

    from service.bootstrap import App
    from service.clock import Clock
    from service.config import Settings

F = TypeVar("F", bound=Callable[..., Any])

# Exit statuses that commands return; errors bring their own.
DEFECT, WRONG_SETTINGS, SOURCE_FAILED, DELIVERY_FAILED, STOPPED = 1, 3, 4, 6, 130


@dataclass
class Session:
    """One run of the command: where its configuration is, and the app made of it."""

    config: Path | None = None
    clock: Clock | None = None
    overrides: Settings | None = field(default=None, repr=False)

    @cached_property
    def settings(self) -> Settings:
        """The settings in force; logging is set up as they say. Raises `ConfigError`."""
        from service import config, logs

        settings = self.overrides or config.load(self.config)
        logs.configure(settings.log.level, settings.log.format, config.secrets(settings))
        return settings

    @cached_property
    def app(self) -> App:
        """Everything wired; the database is not looked at yet."""
        from service import bootstrap

        return bootstrap.build(self.settings, self.clock)

    def close(self) -> None:
        """Close what the command opened, however it ended."""
        if "app" in self.__dict__:
            self.app.close()

    @contextmanager
    def opened(
        self, *, configured: bool = False, stopped_status: int | None = None
    ) -> Iterator[App]:
        """The app over a database of the right version, closed at the end.

        `configured` also brings topics and subscriptions up to the configuration: for commands
        that only look, the archive stays untouched. With a `stopped_status` a signal ends the
        work between two steps, or in the end with that status, else at once.
        """
        from service.worker.stopping import signals

        guard = nullcontext() if stopped_status is None else signals(self.app.stop, stopped_status)
        try:
            with guard:
                self.app.prepare() if configured else self.app.check()
                yield self.app
                self.app.go_on()
        finally:
            self.app.close()


pass_session = click.make_pass_decorator(Session, ensure=True)


def json_option(command: F) -> F:
    """`--json`: machine-readable output on standard output, nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def plain(value: object) -> object:
    """Our values as JSON knows them."""
    match value:
        case Enum():
            found: object = value.value
        case dict():
            found = {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            found = [plain(item) for item in value]
        case frozenset() | set():
            found = sorted(str(plain(item)) for item in value)
        case datetime() | date():
            found = value.isoformat()
        case Path():
            found = str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            found = {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            found = value
    return found


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    numbers: Container[int] = (),
    whole: Container[int] = (),
    empty: str = "",
) -> None:
    """A table on standard output, as wide as the terminal (or 120 where there is none).

    The columns in `numbers` are set flush right. Nothing is cut off: what is too wide is folded,
    the columns in `whole` (ids, to be copied) last. Instead of an empty table, a line says that
    there are no `empty`.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    rows = list(rows)
    if empty and not rows:
        say(f"There are no {empty} yet.")
        return
    for number, column in enumerate(columns):
        shown.add_column(
            column,
            justify="right" if number in numbers else "left",
            overflow="fold",
            no_wrap=number in whole,
        )
    for row in rows:
        # Text, not str: titles from strangers must not be read as markup.
        shown.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 120, highlight=False).print(shown)


def say(text: str) -> None:
    """A line for the person, on standard error: standard output is for results."""
    click.echo(text, err=True)


def write_file(file: Path, content: bytes) -> None:
    """Write a result where the person said, and say so. Raises `InputError`."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError(
            str(file), f"cannot be written: {error.strerror}", "choose another place"
        ) from None
    say(f"Written to {file}")


@contextmanager
def progress(count: str = "", *, quiet: bool = False) -> Iterator[Progress]:
    """Progress on standard error: `count` as a format of the task, or else done / of all with
    the time that is left. Nothing where standard error is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    done = (TextColumn(count),) if count else (MofNCompleteColumn(), TimeRemainingColumn())
    columns = (TextColumn("{task.description}"), BarColumn(), *done, TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        yield bars


def moment(value: datetime | None) -> str:
    """A time as people read it, in UTC; a dash for never."""
    return value.strftime("%Y-%m-%d %H:%M UTC") if value else "-"
