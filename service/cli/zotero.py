"""`litwatch zotero`: works into a Zotero library, and a collection's papers as seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.choosing import Choice, choices, works
from service.cli.session import (
    SOURCE_FAILED,
    STOPPED,
    Session,
    json_option,
    pass_session,
    print_json,
    progress,
    say,
    table,
)

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.cli.choosing import Chosen
    from service.records import Topic
    from service.store import Unit
    from service.zotero.library import Library, Stored
    from service.zotero.pushing import Push, Pushed
    from service.zotero.seeds import Pulled

_TOLD = 20  # refusals, and items without a title, that are named; the rest are counted


@click.group()
def zotero() -> None:
    """Zotero: push works to a collection, pull a collection as seeds (docs/zotero.md)."""


@zotero.command()
@json_option
@pass_session
def collections(session: Session, as_json: bool) -> None:
    """The collections of the library: key and name."""
    from service.bootstrap import zotero as given

    found = given.library(session.app).collections().objects
    names = {each.key: str(each.data.get("name") or "") for each in found}
    rows = sorted(
        (names.get(str(each.data.get("parentCollection")), ""), names[each.key], each.key)
        for each in found
        if not each.data.get("deleted")
    )
    if as_json:
        print_json([{"key": key, "name": name, "parent": above} for above, name, key in rows])
        return
    shown = [(key, f"{above} / {name}" if above else name) for above, name, key in rows]
    table(("key", "collection"), shown, whole=(0,), empty="collections")


@zotero.command()
@choices
@click.option("--to", "target", metavar="COLLECTION", required=True, help="Its name or its key.")
@click.option("--create", is_flag=True, help="Make the collection if it is not there.")
@click.option("--dry-run", is_flag=True, help="Say what would be pushed; write nothing.")
@json_option
@pass_session
def push(
    session: Session,
    *,
    choice: Choice,
    target: str,
    create: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Put works into a collection, each once.

    A WORK is its number, PMID, PMCID, DOI or arXiv id. Which works is said as for export. A paper
    that the library has already is put into the collection as it is; one in Zotero's trash stays
    there. Safe to repeat and to stop at any time.
    """
    from service.bootstrap import zotero as given
    from service.zotero.pushing import Push

    with session.opened(stopped_status=STOPPED) as app, app.store.reading() as tx:
        wanted = works(app, tx, choice)
        library = given.library(app)
        key = _target(library, target, create=create, dry=dry_run)
        done = _push(app, tx, wanted, Push(library, key), dry=dry_run)
    if as_json:
        print_json({**_counts(done), "refused": done.refused, "dry_run": dry_run})
    else:
        _summarise(done, target, dry=dry_run)
    return SOURCE_FAILED if done.refused else 0


def _push(app: App, tx: Unit, wanted: Chosen, pushing: Push, *, dry: bool) -> Pushed:
    from service.bootstrap import exported

    with progress() as bars:
        first = bars.add_task("reading the library", total=None)

        def read(count: int, total: int) -> None:
            bars.update(first, completed=count, total=total)
            app.go_on()

        pushing.look(read)
        task = bars.add_task("works", total=wanted.total)

        def went_on(count: int) -> None:
            bars.advance(task, count)
            app.go_on()

        entries = exported.entries(tx, wanted.work_ids, lambda _count: None)
        return pushing.run(entries, dry=dry, went_on=went_on)


def _target(library: Library, name: str, *, create: bool, dry: bool) -> str:
    """The key of the collection to push to; "" for one that would be made."""
    from service.bootstrap import zotero as given

    if create and not dry:
        return given.made(library, name)
    there = given.collection(library.collections(), name)
    if there is None and not create:
        raise given.missing(library, name, "see: litwatch zotero collections, or give --create")
    return there.key if there else ""


def _counts(done: Pushed) -> dict[str, int]:
    return {
        "added": done.added,
        "filed": done.filed,
        "there": done.there,
        "trashed": done.trashed,
    }


def _summarise(done: Pushed, target: str, *, dry: bool) -> None:
    would = "would be " if dry else ""
    for each in done.refused[:_TOLD]:
        say(f"Not taken: work {each.work_id}, {each.title}: {each.reason}")
    if len(done.refused) > _TOLD:
        say(f"Not taken: {len(done.refused) - _TOLD} more")
    told = [f"{done.added} {would}added to {target}"]
    if done.filed:
        told.append(f"{done.filed} from elsewhere in the library {would}put there too")
    told.append(f"{done.there} there before")
    if done.trashed:
        told.append(f"{done.trashed} left in the trash")
    if done.refused:
        told.append(f"{len(done.refused)} refused")
    say("; ".join(told) + ".")


@zotero.command()
@click.argument("collection")
@click.option("--topic", "slug", metavar="SLUG", required=True, help="The topic that gets them.")
@click.option("--weight", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True)
@click.option("--against", is_flag=True, help="As evidence against the topic.")
@click.option("--print", "printed", is_flag=True, help="Print the document; write nothing.")
@pass_session
def pull(
    session: Session, *, collection: str, slug: str, weight: float, against: bool, printed: bool
) -> None:
    """Make a collection's papers (COLLECTION: its name or key) seeds of a topic.

    They are put at the end of the topic's document in topics.folder, and are in force from the
    next run. A topic without a document there is printed with its new seeds instead, to be put in
    force by: litwatch topics import FILE. Files, notes and papers that the topic has are left out.
    """
    from service.bootstrap import zotero as given
    from service.zotero.seeds import pulled

    file = given.document(session.settings, slug)
    topic = _topic(session, slug) if file is None else given.read(file)
    library = given.library(session.app)
    items = _items(library, collection)
    found = pulled(items, topic, weight=weight, sign=-1 if against else 1)
    if file is None or printed:
        click.echo(given.with_seeds(topic, found.seeds), nl=False)
    elif found.seeds:
        given.append(file, found.seeds)
    _tell(found, f"in {file}" if file and not printed else "in the document above")


def _topic(session: Session, slug: str) -> Topic:
    """The topic in force. Raises `TopicError`."""
    from service.cli.changing import in_force

    with session.opened() as app:
        return in_force(app, slug)


def _items(library: Library, name: str) -> tuple[Stored, ...]:
    from service.bootstrap import zotero as given

    there = given.collection(library.collections(), name)
    if there is None:
        raise given.missing(library, name, "see: litwatch zotero collections")
    with progress() as bars:
        task = bars.add_task("items", total=None)
        return library.items(
            there.key, progress=lambda n, total: bars.update(task, completed=n, total=total)
        ).objects


def _tell(found: Pulled, where: str) -> None:
    for key in found.untitled[:_TOLD]:
        say(f"Left out: item {key} has no title")
    if len(found.untitled) > _TOLD:
        say(f"Left out: {len(found.untitled) - _TOLD} more items without a title")
    count = len(found.seeds)
    told = [f"{count} new {'seed' if count == 1 else 'seeds'} {where}"]
    if found.known:
        told.append(f"{found.known} known to the topic")
    if found.parts:
        told.append(f"{found.parts} files and notes left out")
    say("; ".join(told) + ".")
