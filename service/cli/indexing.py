"""`litwatch index`: what searching by meaning looks in, brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, pass_session, print_json, progress, say

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.store.neighbours import Standing


@click.command()
@json_option
@pass_session
def index(session: Session, *, as_json: bool) -> None:
    """Make all works findable by meaning; `litwatch run` does so by itself.

    Embeds what has no vector yet, and takes it into the index. Safe to stop, to repeat, and to run
    beside searches; an index that is damaged or of another archive is made anew.
    """
    with session.opened() as app:
        info = app.query_encoder.info()
        if app.neighbours.standing(info).behind:
            embed(app, quiet=as_json)
        done = bring_up(app, quiet=as_json)
        after = app.neighbours.standing(info)
    if as_json:
        print_json({"encoder": info, "taken_in": done, "standing": after})
    else:
        _tell(done, after)


def embed(app: App, *, quiet: bool = False) -> None:
    """Make the vectors of works that have none, with a bar. Raises `EncoderError`."""
    from service import pipeline

    waiting = pipeline.to_embed(app.parts)
    with progress(quiet=quiet) as bars:
        task = bars.add_task("embedding", total=waiting, visible=waiting > 0)
        pipeline.embed(app.parts, lambda done: bars.advance(task, done))


def bring_up(app: App, *, quiet: bool = False) -> int:
    """Take what was embedded into the index, with a bar; how many works that was. Raises
    `EncoderError` and `StoreError`."""
    info = app.query_encoder.info()
    waiting = app.neighbours.standing(info).behind
    with progress(quiet=quiet) as bars:
        task = bars.add_task("indexing", total=waiting, visible=waiting > 0)
        return app.neighbours.refresh(info, lambda done: bars.advance(task, done))


def _tell(done: int, after: Standing) -> None:
    taken = f"Took in {_works(done)}" if done else "Nothing was new"
    say(f"{taken}: {_works(after.works)} can be found by meaning.")
    if after.behind:
        has = "has" if after.behind == 1 else "have"
        say(f"{_works(after.behind)} {has} come since.")


def _works(count: int) -> str:
    return f"{count:,} work{'' if count == 1 else 's'}"
