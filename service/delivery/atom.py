"""Atom feeds: each digest an entry of a file that any web server can serve (RFC 4287)."""

from __future__ import annotations

import fcntl
import logging
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from service.delivery.file import plain, unwritten, write
from service.records import DeliveryState, Outcome
from service.safe_xml import MalformedXMLError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.records import Delivery

log = logging.getLogger(__name__)

ENTRIES = 50  # kept in a feed, the newest
_ATOM = "{http://www.w3.org/2005/Atom}"
# The one without a prefix, which the stubs do not know.
_NAMESPACES: dict[str | None, str] = {None: _ATOM[1:-1]}
_BUSY = 5.0  # seconds until the next try while another process writes the feed


@dataclass(frozen=True, slots=True)
class AtomChannel:
    """Merges entries into `folder/<destination>.atom`.

    An entry is known by its id, so that sending it again does no harm. `url` is where the folder
    is served, "" where that is not known.
    """

    folder: Path
    url: str = ""
    name: str = "atom"

    def send(self, delivery: Delivery) -> Outcome:
        """Add the entry or replace it, and drop all but the newest. A feed that cannot be read is
        kept beside the new one, and the outcome says so."""
        path = self.path(delivery)
        entry = _read(delivery.payload, "entry")
        if entry is None:
            remedy = "render the digest again"
            return Outcome(DeliveryState.DEAD, "the stored entry is damaged", remedy=remedy)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(path) as alone:
                if not alone:
                    detail = f"another process is writing {path.name}"
                    return Outcome(DeliveryState.RETRY, detail, wait=_BUSY)
                feed, kept = _old(path)
                write(path, self._merged(feed, entry, delivery.destination, path))
        except OSError as error:
            return unwritten(path, error)
        detail = f"written; the feed was damaged and is kept as {kept}" if kept else "written"
        return Outcome(DeliveryState.SENT, detail, provider_id=str(path))

    def reconcile(self, delivery: Delivery) -> Outcome:
        """SENT when the entry is in the feed; else RETRY."""
        path = self.path(delivery)
        entry, feed = _read(delivery.payload, "entry"), None
        with suppress(OSError):
            feed = _read(path.read_bytes(), "feed")
        if entry is not None and feed is not None:
            wanted = _text(entry, "id")
            if any(_text(each, "id") == wanted for each in _entries(feed)):
                return Outcome(DeliveryState.SENT, "found in the feed", provider_id=str(path))
        return Outcome(DeliveryState.RETRY, "not found in the feed")

    def path(self, delivery: Delivery) -> Path:
        """The feed's file; never outside the folder, whatever the destination says."""
        return self.folder / f"{plain(delivery.destination) or 'digests'}.atom"

    def _merged(
        self, old: etree._Element | None, entry: etree._Element, name: str, path: Path
    ) -> bytes:
        entries = [] if old is None else _entries(old)
        known = {_text(each, "id"): each for each in (*entries, entry)}
        newest = sorted(known.values(), key=_age, reverse=True)[:ENTRIES]
        # For ever the same, and another in every installation: made of the first entry there was.
        made = uuid5(NAMESPACE_URL, f"{_text(entry, 'id')}#feed").urn
        identity = made if old is None else _text(old, "id") or made
        feed = etree.Element(f"{_ATOM}feed", nsmap=_NAMESPACES)  # type: ignore[arg-type]  # see there
        shown = "".join(sign for sign in name if sign.isprintable())
        for tag, text in (
            ("id", identity),
            ("title", f"Litwatch: {shown}"),
            ("subtitle", "New papers on the topics that are followed, a digest an entry"),
            ("updated", _text(newest[0], "updated")),
            ("generator", "Litwatch"),
        ):
            etree.SubElement(feed, f"{_ATOM}{tag}").text = text
        author = etree.SubElement(feed, f"{_ATOM}author")
        etree.SubElement(author, f"{_ATOM}name").text = "Litwatch"
        if self.url:
            address = {"rel": "self", "type": "application/atom+xml"}
            address["href"] = f"{self.url}/{quote(path.name)}"
            etree.SubElement(feed, f"{_ATOM}link", address)
        feed.extend(newest)
        etree.indent(feed)
        return etree.tostring(feed, encoding="utf-8", xml_declaration=True) + b"\n"


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether no other process or thread writes the feed, until the end of the block."""
    with path.with_name(f".{path.name}.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go when the file is closed
        except BlockingIOError:
            yield False
        else:
            yield True


def _old(path: Path) -> tuple[etree._Element | None, str]:
    """The feed as it is, None where there is none; and the name that a damaged one now has."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return None, ""
    feed = _read(body, "feed")
    if feed is not None:
        return feed, ""
    beside = next(
        free
        for number in range(1, 1_000_000)
        if not (free := path.with_name(f"{path.name}.damaged-{number}")).exists()
    )
    path.rename(beside)
    log.warning("the feed %s was damaged: it is kept as %s", path.name, beside.name)
    return None, beside.name


def _read(body: bytes, tag: str) -> etree._Element | None:
    with suppress(MalformedXMLError):
        root = parse(body)
        return root if root.tag == f"{_ATOM}{tag}" else None
    return None


def _entries(feed: etree._Element) -> list[etree._Element]:
    return feed.findall(f"{_ATOM}entry")


def _text(element: etree._Element, tag: str) -> str:
    return element.findtext(f"{_ATOM}{tag}") or ""


def _age(entry: etree._Element) -> tuple[str, str]:
    return _text(entry, "updated"), _text(entry, "id")
