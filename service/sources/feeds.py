"""Read RSS, Atom and RDF feeds from anywhere: hostile text until proved otherwise.

feedparser is given a stream and nothing else: given bytes or text it would open a file or an
address named in it. What it reads is kept as JSON; nothing is fetched and nothing rendered.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Any

import feedparser

from service import safe_xml
from service.errors import NotDataError, TransientError
from service.records import Page, Record
from service.sources import feed_limits, replies
from service.sources.feed_text import Decoded, decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_ENTRIES = 5_000
MAX_AUTHORS = 3_000
MAX_LINE = 20_000  # characters of a title, a name, an address
MAX_TEXT = 200_000  # characters of a summary or content; a long abstract has 5,000

_ROOTS = frozenset(("rss", "rdf", "feed"))
_LINES = frozenset(("id", "link", "title", "published", "updated", "created", "rights"))
_LINES |= {"license", "publisher", "language"}
_SPACES = ("prism_", "dc_", "dcterms_", "arxiv_", "citation_")
_ITEM = re.compile(r"</?(?:[\w.-]+:)?(?:item|entry)[\s>/]", re.IGNORECASE)


def read(body: bytes, source: str) -> Page:
    """Return one "feed-json" record per entry, in the feed's order.

    The record's id is the entry's guid or id, else its link, else a hash of what it says; it has
    no version. Raises `TransientError` for an empty body, an HTML page and a feed that breaks off
    (a half entry is never returned), `NotDataError` for what is no feed or declares entities
    that grow. That a feed is not well-formed is a warning as long as it is whole.
    """
    replies.refuse_notices(source, body)
    text = decode(body, source)
    tag = text.root.rpartition(":")[2].lower()
    if not text.root and text.text[:1] in ("", "<"):
        raise TransientError(source, "the feed breaks off before it begins", "it is asked again")
    if tag not in _ROOTS:
        cause = f"<{text.root}> is no feed" if text.root else "the reply is not XML"
        raise NotDataError(source, cause, "check the address of the feed")
    warnings = [*text.warnings, *_faults(text, source)]
    feed = _parse(text, source)
    entries = feed["entries"]
    if len(entries) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES} of {len(entries)} entries are taken")
    about = _about(feed["feed"])
    records: dict[str, Record] = {}
    for entry in entries[:MAX_ENTRIES]:
        record = _record(entry, about, source, warnings)
        if record is None:
            warnings.append("an entry without id, link, title and text is left out")
        elif record.source_id in records:
            warnings.append(f"two entries have the id {record.source_id[:200]}")
        else:
            records[record.source_id] = record
    return Page(records=tuple(records.values()), warnings=tuple(dict.fromkeys(warnings)))


def _faults(text: Decoded, source: str) -> tuple[str, ...]:
    """What is wrong with a feed that can be read all the same; raises for one that must not be.

    Looked at before feedparser sees it: its lenient parser makes a half entry out of a cut one.
    """
    if too_much := feed_limits.excess(text.text):
        raise NotDataError(source, f"the feed has {too_much}", "such a feed is not read")
    try:
        safe_xml.check(text.text.encode("utf-8"))
    except safe_xml.MalformedXMLError as error:
        if "depth" in str(error):
            raise NotDataError(source, f"the feed is nested too deeply: {error}") from None
        if not _whole(text):
            raise TransientError(
                source, "the feed breaks off before its end", "it is asked again"
            ) from None
        return (f"the feed is not well-formed: {error}",)
    return ()


def _parse(text: Decoded, source: str) -> Mapping[str, Any]:
    stream = io.BytesIO(text.text.encode("utf-8"))
    try:
        found: Mapping[str, Any] = feedparser.parse(
            stream, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # its lenient parser raises whatever its input provokes
        raise NotDataError(source, f"the feed cannot be read: {error!r}", "report it") from error
    return found


def _whole(text: Decoded) -> bool:
    """Whether the root's end tag comes after the last item: then nothing was cut off."""
    ends = [m.end() for m in re.finditer(rf"</{re.escape(text.root)}\s*>", text.text)]
    return bool(ends) and _ITEM.search(text.text, ends[-1]) is None


def _about(feed: Mapping[str, Any]) -> dict[str, str]:
    """What an entry does not repeat: the name and the ISSN of the journal."""
    names = ("title", "prism_publicationname", "prism_issn", "prism_eissn", "language", "link")
    return {n: str(feed[n]).strip()[:MAX_LINE] for n in names if str(feed.get(n) or "").strip()}


def _record(
    entry: Mapping[str, Any], about: dict[str, str], source: str, warnings: list[str]
) -> Record | None:
    fields: dict[str, Any] = {}
    for name, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            continue
        if name in _LINES or name.startswith(_SPACES):
            fields[name] = _capped(value, MAX_LINE, name, warnings)
        elif name == "summary":
            fields[name] = _capped(value, MAX_TEXT, name, warnings)
    content = max(
        (str(c.get("value") or "") for c in entry.get("content", ())), key=len, default=""
    )
    if content:
        fields["content"] = _capped(content, MAX_TEXT, "content", warnings)
    identity = fields.get("id") or fields.get("link")
    if not (identity or fields.get("title") or fields.get("summary") or content):
        return None
    fields["authors"] = _authors(entry, warnings)
    fields["tags"] = _strings(entry.get("tags", ()), "term")
    fields["links"] = _strings(entry.get("links", ()), "href")
    payload = _canonical({**{k: v for k, v in fields.items() if v}, "feed": about})
    if not identity or len(identity) > 500:
        said = _canonical([identity, fields.get("title"), fields.get("summary"), content])
        identity = hashlib.sha256(said).hexdigest()[:32]
    return Record(source, identity, "", "feed-json", payload)


def _authors(entry: Mapping[str, Any], warnings: list[str]) -> list[str]:
    names = _strings(entry.get("authors", ()), "name", MAX_AUTHORS + 1)
    if len(names) > MAX_AUTHORS:
        warnings.append(f"an entry has more than {MAX_AUTHORS} authors; the rest is left out")
        names = names[:MAX_AUTHORS]
    if not names and isinstance(entry.get("author"), str):
        names = [entry["author"].strip()]
    return [_capped(name, MAX_LINE, "author", warnings) for name in names if name]


def _strings(
    items: Sequence[Mapping[str, Any]], key: str, limit: int = 200, cut: int = MAX_LINE
) -> list[str]:
    found = (str(item.get(key) or "").strip() for item in items[:limit])
    return [text[:cut] for text in found if text]


def _capped(value: str, limit: int, name: str, warnings: list[str]) -> str:
    value = value.strip()
    if len(value) > limit:
        warnings.append(f"a {name} of {len(value)} characters is cut to {limit}")
    return value[:limit]


def _canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "replace")
