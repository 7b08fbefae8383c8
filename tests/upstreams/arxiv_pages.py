"""What arXiv writes: OAI-PMH replies in arXivRaw and arXiv, and the Atom feeds of its API."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from tests.upstreams.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.upstreams.world import Entry, Seen

_OAI = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/'
    ' http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">\n'
)
_FEED = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    ' xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">\n'
)
_LICENCE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
_SCHEMA = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation'


def categories(entry: Entry) -> tuple[str, ...]:
    """The categories, the primary one first."""
    return (entry.article.category,)


# -- OAI-PMH, written -----------------------------------------------------------------------------


def sets(entry: Entry) -> tuple[str, ...]:
    """Where an entry belongs: "q-bio:q-bio:TO", "physics:physics:med-ph"."""
    parts = (name.partition(".") for name in categories(entry))
    return tuple(f"{archive}:{archive}:{subject}" for archive, _, subject in parts)


def gone_day(entry: Entry) -> date:
    assert entry.gone is not None
    return entry.gone.date()


def oai_reply(now: datetime, asked: Mapping[str, str], inner: str) -> Answer:
    told = "".join(f" {name}={quoteattr(value)}" for name, value in asked.items())
    head = f"    <responseDate>{now:%Y-%m-%dT%H:%M:%SZ}</responseDate>\n    <request{told}>"
    whole = f"{_OAI}{head}http://oaipmh.arxiv.org/oai</request>\n\n{inner}\n</OAI-PMH>\n"
    return Answer(200, {"Content-Type": "text/xml; charset=utf-8"}, whole.encode())


def oai_error(code: str, said: str) -> str:
    return f'<error code="{code}">{escape(said)}</error>'


def oai_item(item: Seen | Entry, asked: Mapping[str, str], verb: str) -> str:
    entry = getattr(item, "entry", item)
    state = getattr(item, "state", None)
    day = state.stated if state else gone_day(entry)
    status = "" if state else ' status="deleted"'
    lines = [f"<header{status}>", f"<identifier>oai:arXiv.org:{entry.uid}</identifier>"]
    lines += [f"<datestamp>{day}</datestamp>"]
    lines += [f"<setSpec>{spec}</setSpec>" for spec in sets(entry)] + ["</header>"]
    header = "\n".join(lines)
    if verb == "ListIdentifiers":
        return header
    if state is None:
        return f"<record>\n{header}\n</record>"
    write = _raw if asked["metadataPrefix"] == "arXivRaw" else _plain
    return f"<record>\n{header}\n<metadata>\n{write(item)}\n</metadata>\n</record>"


def _raw(seen: Seen) -> str:
    article, state = seen.entry.article, seen.state
    name = "http://arxiv.org/OAI/arXivRaw/"
    versions = "".join(
        f'<version version="v{number}"><date>{format_datetime(moment(seen, day), usegmt=True)}'
        f"</date><size>{40 + int(number)}kb</size><source_type>D</source_type></version>"
        for number, day in state.versions
    )
    authors = ", ".join(f"{person.given} {person.family}" for person in article.authors)
    return (
        f'<arXivRaw xmlns="{name}" {_SCHEMA}="{name} {name[:-1]}.xsd">'
        f"<id>{seen.entry.uid}</id><submitter>{escape(article.authors[0].family)}</submitter>"
        f"{versions}<title>{escape(state.title)}</title><authors>{escape(authors)}</authors>"
        f"<categories>{' '.join(categories(seen.entry))}</categories>{_notes(seen)}"
        f"<license>{_LICENCE}</license><abstract>  {escape(state.abstract)}\n</abstract></arXivRaw>"
    )


def _plain(seen: Seen) -> str:
    article, state = seen.entry.article, seen.state
    name = "http://arxiv.org/OAI/arXiv/"
    updated = f"<updated>{state.versions[-1][1]}</updated>" if len(state.versions) > 1 else ""
    authors = "".join(
        f"<author><keyname>{escape(p.family)}</keyname><forenames>{escape(p.given)}</forenames>"
        "</author>"
        for p in article.authors
    )
    return (
        f'<arXiv xmlns="{name}" {_SCHEMA}="{name} https://oaipmh.arxiv.org/OAI/arXiv.xsd">'
        f"<id>{seen.entry.uid}</id><created>{state.versions[0][1]}</created>{updated}"
        f"<authors>{authors}</authors><title>{escape(state.title)}</title>"
        f"<categories>{' '.join(categories(seen.entry))}</categories>{_notes(seen)}"
        f"<license>{_LICENCE}</license><abstract>{escape(state.abstract)}</abstract></arXiv>"
    )


def _notes(seen: Seen) -> str:
    doi = _journal_doi(seen)
    said = f"<comments>{_comment(seen)}</comments>"
    return said + (f"<journal-ref>Ex J 1 (2027)</journal-ref><doi>{doi}</doi>" if doi else "")


def _comment(seen: Seen) -> str:
    if "withdrawn" in seen.state.marks:
        return "This paper has been withdrawn by the authors"
    return f"{6 + seen.entry.article.number % 20} pages, 3 figures"


def _journal_doi(seen: Seen) -> str:
    return next((link.doi for link in seen.state.links if link.kind == "published"), "")


def moment(seen: Seen, day: date) -> datetime:
    """When a version was submitted; the world tells the day."""
    return datetime.combine(day, time(seen.entry.article.number % 20, 7, 19), UTC)


# -- the search API, written ------------------------------------------------------------------------


def _opensearch(size: int, total: int, start: int) -> list[str]:
    told = (("itemsPerPage", size), ("totalResults", total), ("startIndex", start))
    return [f"  <opensearch:{name}>{number}</opensearch:{name}>" for name, number in told]


def api_head(title: str, size: int, total: int, start: int, now: datetime) -> str:
    name = quote(hashlib.sha256(title.encode()).hexdigest()[:27])
    link = f"https://arxiv.org/api/query?{title.removeprefix('arXiv Query: ')}"
    lines = [
        f"  <id>https://arxiv.org/api/{name}</id>",
        f"  <title>{escape(title)}</title>",
        f"  <updated>{now:%Y-%m-%dT%H:%M:%SZ}</updated>",
        f'  <link href={quoteattr(link)} type="application/atom+xml"/>',
        *_opensearch(size, total, start),
    ]
    return "\n".join(lines)


def api_entry(seen: Seen) -> str:
    entry, state = seen.entry, seen.state
    name, doi = f"{entry.uid}v{state.version}", _journal_doi(seen)
    lines = [
        f"<id>http://arxiv.org/abs/{name}</id>",
        f"<title>{escape(state.title)}</title>",
        f"<updated>{moment(seen, state.versions[-1][1]):%Y-%m-%dT%H:%M:%SZ}</updated>",
        f'<link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>',
        f'<link href="https://arxiv.org/pdf/{name}" rel="related" type="application/pdf"'
        ' title="pdf"/>',
        f"<summary>{escape(state.abstract)}</summary>",
        *(_category("category", c) for c in categories(entry)),
        f"<published>{moment(seen, state.versions[0][1]):%Y-%m-%dT%H:%M:%SZ}</published>",
        f"<arxiv:comment>{_comment(seen)}</arxiv:comment>",
        f'<arxiv:primary_category term="{categories(entry)[0]}"/>',
    ]
    if doi:
        lines.append("<arxiv:journal_ref>Ex J 1 (2027)</arxiv:journal_ref>")
    for person in entry.article.authors:
        lines += [
            "<author>",
            f"  <name>{escape(f'{person.given} {person.family}')}</name>",
            "</author>",
        ]
    if doi:
        lines += [f"<arxiv:doi>{doi}</arxiv:doi>"]
        lines += [f'<link rel="related" href="https://doi.org/{doi}" title="doi"/>']
    return "\n".join(["  <entry>", *(f"    {line}" for line in lines), "  </entry>"])


def _category(element: str, term: str) -> str:
    return f'<{element} term="{term}" scheme="http://arxiv.org/schemas/atom"/>'


def api_reply(status: int, parts: Iterable[str]) -> Answer:
    whole = _FEED + "\n".join(parts) + "\n</feed>\n"
    return Answer(status, {"Content-Type": "application/atom+xml; charset=utf-8"}, whole.encode())


def problem(status: int, said: str, now: datetime) -> Answer:
    """The API's error: a feed of one entry."""
    where = f"https://arxiv.org/api/errors#{said.replace(' ', '_')}"
    lines = [
        "  <id>https://arxiv.org/</id>",
        "  <title>arXiv Search Results</title>",
        f"  <updated>{now:%Y-%m-%dT%H:%M:%SZ}</updated>",
        *_opensearch(1, 1, 0),
        "  <entry>",
        f"    <id>{escape(where)}</id>",
        "    <title>Error</title>",
        f"    <updated>{now:%Y-%m-%dT%H:%M:%SZ}</updated>",
        f'    <link href={quoteattr(where)} rel="alternate" type="text/html"/>',
        f"    <summary>{escape(said)}</summary>",
        "    <author>",
        "      <name>arXiv api core</name>",
        "    </author>",
        "  </entry>",
    ]
    return api_reply(status, lines)
