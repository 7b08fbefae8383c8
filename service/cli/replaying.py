"""`litwatch digest replay`: the very bytes that were sent, and whether they would be sent again."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    DEFECT,
    Session,
    json_option,
    pass_session,
    print_json,
    say,
    write_file,
)
from service.errors import InputError

if TYPE_CHECKING:
    from service.records import Delivery
    from service.replay import Checked

_ENDINGS = {"slack": ".json", "email": ".eml", "atom": ".xml", "file": ".html"}


@click.command()
@click.argument("identity", metavar="DIGEST")
@click.option("--part", type=click.IntRange(min=1), help="Only this part.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write to this file or, where there are several parts, into this folder.",
)
@click.option("--check", is_flag=True, help="Render the digest again and compare; write nothing.")
@json_option
@pass_session
def replay(
    session: Session,
    *,
    identity: str,
    part: int | None,
    out: Path | None,
    check: bool,
    as_json: bool,
) -> int:
    """Give the bytes of each part of a past digest exactly as they were stored for sending.

    The beginning of DIGEST's id is enough. What the bytes are is said on standard error. With
    --check, says of each part whether its bytes are sound (SHA-256) and whether the frozen digest
    still renders to them; exits 1 if one is not or does not. --json tells, and gives no bytes.
    """
    from service import replay as again

    if check and out:
        raise InputError("--out", "does not go with --check", "run the command twice")
    with session.opened() as app:
        with app.store.reading() as tx:
            past = again.find(tx, identity)
            content = tx.digests.content(past.id)
            stored = again.deliveries(tx, past.id)
            removed = tx.retention.removed([each.id for each in stored])
        found = again.check(content, stored, app.renderers if check else {}, removed)
    found = [each for each in found if part in {None, each.delivery.part}]
    if not found:
        raise InputError(f"--part {part}", "does not exist", _parts(stored))
    if as_json:
        print_json([_told(each, check) for each in found])
    elif not check:
        _give(found, out)
    for each in found:
        if check and not as_json:
            say(f"{_name(each)}: {_verdict(each)}")
    sound = all(each.same if check else each.whole for each in found)
    return 0 if sound else DEFECT


def _parts(stored: list[Delivery]) -> str:
    return f"the digest has {max((each.parts for each in stored), default=0)}"


def _name(each: Checked) -> str:
    delivery = each.delivery
    return f"{delivery.channel} {delivery.destination} {delivery.part}/{delivery.parts}"


def _verdict(each: Checked) -> str:
    if each.removed:
        return f"{each.removed}; {_anew(each)}"
    if not each.whole:
        return "damaged: the stored bytes are not those that were frozen (restore a backup)"
    if each.same:
        return "the same bytes"
    if not each.again:
        return f"sound, but cannot be compared: {each.delivery.channel} is not configured"
    parts = len(each.again)
    now = f", and gives {parts} instead of {each.delivery.parts}" * (parts != each.delivery.parts)
    return f"sound, but what renders it (the program or its settings) has changed since{now}"


def _anew(each: Checked) -> str:
    if each.same:
        return "it still renders to bytes with their SHA-256"
    if not each.again:
        return f"it cannot be rendered: {each.delivery.channel} is not configured"
    return "what renders it (the program or its settings) has changed since"


def _told(each: Checked, check: bool) -> dict[str, object]:
    delivery = each.delivery
    told: dict[str, object] = {
        "delivery": delivery.id,
        "channel": delivery.channel,
        "destination": delivery.destination,
        "part": delivery.part,
        "parts": delivery.parts,
        "state": delivery.state,
        "bytes": len(delivery.payload),
        "sha256": delivery.sha256,
        "whole": each.whole,
        "removed": each.removed or None,
    }
    return told | ({"same": each.same, "told": _verdict(each)} if check else {})


def _give(found: list[Checked], out: Path | None) -> None:
    into = out if out and (len(found) > 1 or out.is_dir()) else None
    if into:
        _make(into)
    for each in found:
        delivery = each.delivery
        if each.removed:
            say(f"{_name(each)}: {each.removed}; litwatch digest show renders it anew")
            continue
        damaged = "" if each.whole else ", DAMAGED: not the bytes that were frozen"
        say(f"{_name(each)}: {len(delivery.payload)} bytes, {delivery.state}{damaged}")
        if out:
            write_file(into / _file(delivery) if into else out, delivery.payload)
        else:
            sys.stdout.buffer.write(delivery.payload)
            sys.stdout.buffer.flush()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = f"cannot be made a folder: {error.strerror}"
        raise InputError(str(folder), told, "choose another, or one part with --part") from None


def _file(delivery: Delivery) -> str:
    ending = ".txt" if delivery.destination.endswith(".txt") else None
    place = re.sub(r"[^A-Za-z0-9]+", "-", delivery.destination).strip("-")[:60]
    ending = ending or _ENDINGS.get(delivery.channel, ".txt")
    return f"{delivery.channel}-{place}-{delivery.part}{ending}"
