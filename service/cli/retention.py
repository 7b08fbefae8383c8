"""`litwatch retention`: what is past its time is removed."""

from __future__ import annotations

import click

from service.cli.session import Session, json_option, pass_session, print_json, say, table


@click.command()
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@json_option
@pass_session
def retention(session: Session, *, dry_run: bool, as_json: bool) -> None:
    """Remove what is older than the configuration lets it be kept (section `retention`).

    The worker does so by itself. Without settings everything is kept. Votes, works, digests and the
    receipts of polls are never removed.
    """
    from service import retaining
    from service.bootstrap import retained

    with session.opened(stopped_status=130) as app:
        terms = retained.terms(app)
        if dry_run:
            found = retaining.past(app.store, terms, app.store.now())
        else:
            found = retained.remove(app)
    if as_json:
        print_json({"done": not dry_run, "days": terms.days, "rows": found})
    elif not found:
        say("Everything is kept: no setting of the section `retention` says otherwise.")
    else:
        rows = [(retaining.WORDS[kind], terms.days[kind], found[kind]) for kind in found]
        heads = ("kept", "days", "past that" if dry_run else "removed")
        table(heads, rows, numbers=(1, 2))
