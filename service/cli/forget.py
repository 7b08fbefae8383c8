"""`litwatch forget`: a person is taken out of the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, pass_session, print_json, say, table

if TYPE_CHECKING:
    from service.bootstrap.forgotten import Report

_KEPT_ELSEWHERE = (
    "backups hold them until you delete those",
    "logs, mail servers, mail boxes and Slack have what they have: Litwatch cannot reach there",
    "links in mails that were sent work until they expire (60 days; at once with other web.keys)",
    "works and their authors: what was published is not about its readers",
)


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--keep-votes", is_flag=True, help="Let their votes stay, as those of nobody.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def forget(
    session: Session,
    names: tuple[str, ...],
    *,
    keep_votes: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Forget a person: their votes, marks, tokens, addresses, and what they were sent.

    NAMEs are all of one person, as `litwatch people list` has them (mail:ida@example.org,
    slack:U012ABCDEF, api:TOKEN, ida) or bare; what `people link` knows beside them is found. First
    it is shown what would go, then asked. Their votes go too, and topics forget what they taught,
    unless you let them stay without a name.
    """
    from service.bootstrap import forgotten

    with session.opened() as app:
        report = forgotten.preview(app, names, keep_votes=keep_votes)
        if dry_run:
            _tell(report, as_json, done=False)
            return
        if not yes:
            _tell(report, as_json=False, done=False)
            click.confirm("Forget this person? It cannot be undone.", abort=True, err=True)
        report = forgotten.forget(app, names, keep_votes=keep_votes)
        _tell(report, as_json, done=True)


def _tell(report: Report, as_json: bool, *, done: bool) -> None:
    if as_json:
        print_json({"done": done, "report": report, "elsewhere": _KEPT_ELSEWHERE})
        return
    say(f"Names: {', '.join(report.names)}")
    beside = {"presses in Slack's inbox": report.presses, "files of digests": report.files}
    rows = [(what, count) for what, count in {**report.counts, **beside}.items() if count]
    if rows:
        table(("forgotten" if done else "would be forgotten", "rows"), rows, numbers=(1,))
    else:
        say("Nothing is known of them under these names: see litwatch people list")
    for line in _left(report, done=done):
        say(line)


def _left(report: Report, *, done: bool) -> list[str]:
    ended = f"{'Ended' if done else 'Would end'}: subscription "
    lines = [f"{ended}{name}" for name in report.ended]
    lines += [
        f"First: take subscription {name} out of the configuration" for name in report.subscribed
    ]
    lines += [f"Stays: the setting {path}, which you must change" for path in report.settings]
    lines += [f"Stays: {where}, which has their name in it" for where in report.left]
    if not report.scrubbed:
        lines.append("Stays for now: litwatch.db-wal holds what was deleted until readers let go")
    return lines + [f"Stays: {told}" for told in _KEPT_ELSEWHERE]
