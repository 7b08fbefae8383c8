"""api.biorxiv.org, which serves medRxiv too: /details and /pubs by interval, /details by DOI.

Pages are 30 rows long (100 for /pubs) and the cursor is an offset, as there. Totals are strings;
a day without postings says so in the status and has no counts. `category` is honoured.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from service.demo.upstreams.exchange import Answer, Reply, Request, json_reply, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = dict[str, Any]  # one object of an API reply, in the API's own words

_FORMAT = r"(?:/json)?/?"
_INTERVAL = re.compile(
    r"/(?P<what>details|pubs)/(?P<server>\w+)/(?P<start>\d{4}-\d\d-\d\d)/(?P<end>\d{4}-\d\d-\d\d)"
    rf"(?:/(?P<cursor>\d+))?{_FORMAT}"
)
_DOI = re.compile(rf"/details/(?P<server>\w+)/(?P<doi>10\.\d+/[^/]+)(?:/na)?{_FORMAT}")


def answers(*files: bytes, page_size: int = 30, pubs_page_size: int = 100) -> Answer:
    """The API over the rows of `files`, each {"collection": [details], "pubs": [links]}."""
    contents = [json.loads(file) for file in files]
    rows: dict[str, list[Row]] = {
        "details": [row for content in contents for row in content["collection"]],
        "pubs": [row for content in contents for row in content["pubs"]],
    }
    sizes = {"details": page_size, "pubs": pubs_page_size}

    def answer(request: Request) -> Reply:
        if asked := _INTERVAL.fullmatch(request.path):
            category = request.query.get("category", "")
            found = _within(rows[asked["what"]], asked, category)
            return _page(found, asked, category, sizes[asked["what"]])
        if asked := _DOI.fullmatch(request.path):
            doi, server = asked["doi"].lower(), asked["server"].lower()
            return _versions(r for r in rows["details"] if (r["doi"], _server(r)) == (doi, server))
        return not_found(request)

    return answer


def _within(rows: Sequence[Row], asked: re.Match[str], category: str) -> list[Row]:
    details = asked["what"] == "details"
    day, subject = ("date", "category") if details else ("published_date", "preprint_category")
    return [
        row
        for row in rows
        if _server(row) == asked["server"].lower()
        and asked["start"] <= row[day] <= asked["end"]
        and (not category or row[subject] == category.replace("_", " "))
    ]


def _server(row: Mapping[str, Any]) -> str:
    return str(row.get("server") or row["preprint_platform"]).lower()


def _page(found: Sequence[Row], asked: re.Match[str], category: str, size: int) -> Reply:
    cursor = int(asked["cursor"] or 0)
    rows = list(found[cursor : cursor + size])
    if not rows:
        return json_reply({"messages": [{"status": "no posts found"}], "collection": []})
    message: Row = {"status": "ok", "interval": f"{asked['start']}:{asked['end']}"}
    if asked["what"] == "details":
        new = sum(1 for row in found if row["version"] == "1")
        message |= {"category": category or "all", "funder": "all", "count_new_papers": str(new)}
    message |= {"cursor": cursor, "count": len(rows), "total": str(len(found))}
    return json_reply({"messages": [message], "collection": rows})


def _versions(rows: Iterable[Row]) -> Reply:
    found = list(rows)
    status = "ok" if found else "no articles found"
    return json_reply({"messages": [{"status": status}], "collection": found})
