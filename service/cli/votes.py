"""`litwatch vote` and `votes`: what readers say of works, and their votes as files."""

from __future__ import annotations

import getpass
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
    write_file,
)
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records import Vote, Work

WORDS = ("relevant", "not-relevant", "save", "withdraw")


@click.command()
@click.argument("topic")
@click.argument("names", metavar="WORK...", nargs=-1, required=True)
@click.argument("judgement", type=click.Choice(WORDS))
@click.option("--note", default="", help="Why.")
@click.option("--voter", help="Whose vote it is (default: you, as this computer knows you).")
@pass_session
def vote(
    session: Session,
    *,
    topic: str,
    names: tuple[str, ...],
    judgement: str,
    note: str,
    voter: str | None,
) -> None:
    """Say whether WORKs matter to TOPIC; the next ranking learns from it.

    A WORK is its number, PMID, PMCID, DOI or arXiv id. "save" is for what you want to keep, and
    counts as relevant. A later vote replaces the earlier one; "withdraw" takes it back.
    """
    from service import ballots, voting

    said = ballots.judgement(judgement)
    given = [voting.Ballot(name, said, note) for name in names]
    with session.opened() as app:
        counted = voting.cast(app.parts, topic, given, voter=reader(voter), via="command line")
    for each in counted:
        told = "is now" if each.changed else "was already"
        say(f"Work {each.work.id} {told} {said}: {each.work.title}")


@click.command()
@click.argument("topic", required=False)
@click.option("--history", "name", metavar="WORK", help="All that was ever said of one work.")
@click.option(
    "--export", "out", type=click.Path(path_type=Path), help="Write them to this .csv or .jsonl."
)
@click.option(
    "--import",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Take the votes of this .csv or .jsonl: id, judgement and, if there, voter and note.",
)
@click.option("--voter", help="Whose votes a file without names holds (default: yours).")
@json_option
@pass_session
def votes(
    session: Session,
    *,
    topic: str | None,
    name: str | None,
    out: Path | None,
    file: Path | None,
    voter: str | None,
    as_json: bool,
) -> None:
    """The votes in force for TOPIC, or for all of them, with who gave them.

    Of a person who goes by several names (litwatch people) the latest counts. An import takes the
    whole file or, if any line cannot be used, nothing of it; without TOPIC each line needs one.
    Importing a file again changes nothing.
    """
    if sum(given is not None for given in (name, out, file)) > 1:
        raise click.UsageError("--history, --export and --import do not go together")
    if file:
        _import(session, topic, file, voter)
        return
    found, works = _found(session, topic, name)
    if out:
        from service import ballots

        write_file(out, ballots.written(found, works, ballots.form(out.name)))
    elif as_json:
        print_json([{"work": works[each.work_id], "vote": each} for each in found])
    else:
        _show(found, works, topics=topic is None)


def _found(
    session: Session, topic: str | None, name: str | None
) -> tuple[list[Vote], Mapping[int, Work]]:
    with session.opened() as app, app.store.reading() as tx:
        if topic is not None:
            tx.topics.get(topic)
        if name is None:
            found = tx.votes.current(topic)
        else:
            found = tx.votes.history(topic, tx.works.get(tx.works.find(name)).id)
        works = tx.works.many(sorted({each.work_id for each in found}))
    return found, {work.id: work for work in works}


def _show(found: Sequence[Vote], works: Mapping[int, Work], *, topics: bool) -> None:
    rows = [
        (
            *([each.topic] if topics else ()),
            each.work_id,
            each.judgement,
            f"{each.person}\n({each.voter})" if each.person else each.voter,
            each.via,
            moment(each.at),
            "\n".join(filter(None, (works[each.work_id].title, each.note))),
        )
        for each in found
    ]
    columns = (*(["topic"] if topics else ()), "work", "judgement", "voter", "via", "at")
    numbers = (columns.index("work"),)
    table((*columns, "title and note"), rows, numbers=numbers, empty="votes")


def _import(session: Session, topic: str | None, file: Path, voter: str | None) -> None:
    from service import ballots, voting

    kind = ballots.form(file.name)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(str(file), error.strerror or str(error), "check the path") from None
    given = ballots.read(content, kind)
    if topic is None:
        lacking = [f"{each.place}: topic is missing" for each in given if not each.topic]
        voting.refuse(lacking, "name the TOPIC that they are for")
    else:
        given = [replace(each, topic=topic) for each in given]
    whose = "" if all(each.voter for each in given) else reader(voter)
    with session.opened() as app:
        counted = voting.cast(app.parts, topic or "", given, voter=whose, via="import")
    changed = sum(each.changed for each in counted)
    say(f"{changed} votes are new or changed; {len(counted) - changed} were there already.")


def reader(voter: str | None) -> str:
    """The name given, or that of the person at this computer. Raises `InputError`."""
    if voter is not None:
        return voter
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        raise InputError("voter", "is not known to this computer", "give --voter NAME") from None
