"""`litwatch enrich`: ask for licences, open links, names and figures, without waiting for the
worker."""

from __future__ import annotations

import click

from service.cli.session import STOPPED, Session, pass_session, say
from service.errors import InputError


@click.command()
@click.argument("names", metavar="WORK...", nargs=-1)
@click.option("--upcoming", is_flag=True, help="The works that are about to be shown.")
@pass_session
def enrich(session: Session, names: tuple[str, ...], upcoming: bool) -> None:
    """Add to WORKs (numbers, PMIDs, PMCIDs, DOIs, arXiv ids) what services know of them: licence
    and open links, the genes, cells, diseases and chemicals that they name, the first figure.

    Named works are asked about at once; of those that are --upcoming, a few that are due.
    """
    from service import enriching
    from service.bootstrap import enriched
    from service.records.enriching import What

    if bool(names) == upcoming:
        raise InputError("enrich", "names no works", "write litwatch enrich WORK, or --upcoming")
    with session.opened(stopped_status=STOPPED) as app:
        with app.store.reading() as tx:
            found = {tx.works.get(tx.works.find(name)).id for name in names}
            chosen = enriching.coming(tx) if upcoming else sorted(found)
        done = enriched.ask(app, chosen, now=not upcoming)
    words = {What.ACCESS: "licence or links", What.ENTITIES: "names", What.FIGURE: "figures"}
    told = "; ".join(f"{word} of {done[what]}" for what, word in words.items())
    say(f"{len(chosen)} work{'' if len(chosen) == 1 else 's'}. Found: {told}.")
