"""`litwatch serve`: the web app, the pages that mails link to, and the API."""

from __future__ import annotations

import click

from service.cli.session import Session, pass_session, say


@click.command()
@click.option("--host", help="Address to listen on (default: web.host).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port (default: web.port; 0: any that is free)."
)
@pass_session
def serve(session: Session, host: str | None, port: int | None) -> None:
    """Serve the web app, the pages behind the links in mails, and the API, until stopped (Ctrl-C
    or SIGTERM).

    At this machine the web app (/) and the API (/api/v1) need no sign-in; elsewhere they need a
    token: it may listen beyond this machine once there is one, or both are off (web.site,
    web.api). It speaks plain HTTP: put it behind a proxy that does TLS for web.url.
    """
    from service.web.server import listening, run
    from service.worker.stopping import Stopped

    web = session.settings.web
    for fault in _missing(bool(web.url), bool(web.keys)):
        say(f"note: {fault}")
    bound = listening(host or web.host, web.port if port is None else port)
    try:
        with bound, session.opened(stopped_status=0) as app:
            run(app, bound, say)
    except Stopped:
        say("litwatch: stopped; no request was cut off")


def _missing(url: bool, keys: bool) -> list[str]:
    told = {
        "web.url is not set: mails have no links to these pages": url,
        "web.keys is not set: no link is accepted (run: litwatch config key)": keys,
    }
    return [fault for fault, there in told.items() if not there]
