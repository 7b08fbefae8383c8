"""How long the pages of the web app take on an archive of 100,000 works, and how large they are.

    PYTHONPATH=. python tests/bench/site.py FOLDER [--from DB] [--only PATH] [--profile]

FOLDER keeps the archive that `site_data` makes (from the archive DB, when it is not there yet) and
the figures as JSON. Every page that the site's routers have is asked for 20 times after two
warm-ups, in this process, as whoever sits at the machine: by the clock, and in seconds of the
processor, which a busy machine changes less. The bytes are those of the page with all its files.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import re
import statistics
import sys
import time
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock
from urllib.parse import quote

from fastapi import concurrency, routing

from service.web.app import create
from tests.api_office import HOME
from tests.bench import site_data, site_group
from tests.site_visits import Browser, address, routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.bootstrap import App

ROUNDS, WARMING = 20, 2
_PAUSE = 0.2  # seconds
SLOWEST, LARGEST = 300.0, 200_000  # milliseconds at the median; bytes
_FILES = re.compile(r'<(?:link|script|img|iframe)\b[^>]*?\b(?:href|src)="(/[^"]+)"')
# Kinds of questions that cost most: common words, all filters, nothing but a filter, beginnings of
# words, what is relevant to a topic, meaning alone, other orders, what nobody wrote.
_QUERIES = (
    "cancer",
    "cells tumor expression",
    '"tumor microenvironment"',
    "neutrophil* OR fibroblast* -mouse",
    "title:(cancer OR tumor*) is:review published:2020..2026",
    "is:review",
    "seen:last-week sort:newest",
    "topic:stroma score:>0.5",
    "a* OR b* OR c*",
    "neutrofil extracelular traps",
    "qqqzzz",
)
_MORE = {
    "/archive": ("?q=tumor+fibroblast&mode=semantic", "?q=tumor+fibroblast&mode=lexical", "?q=the&sort=newest"),
    "/week/{topic}": ("?show=all", "?show=digest", "?show=all&from=200", "?show=all&type=review"),
    "/works/{work:path}": (),
    "/topics/{slug}/history": ("?before=60",),
}  # fmt: skip


class Figures(NamedTuple):
    """Milliseconds by the clock (median, 95th of 100, longest) and of the processor (median), and
    the bytes of a page alone and with its files."""

    median: float
    p95: float
    longest: float
    processor: float
    page: int
    whole: int


def pages(app: App) -> list[str]:
    """The addresses to ask for: of every page, of some several."""
    known, works = _samples(app)
    found = []
    for route in routes(app):
        if route.method != "GET" or "/static/" in route.path:
            continue
        at = address(route.path, known)
        if route.path == "/archive/export":
            found.append(f"{at}?q=neutrophil+published:2025&form=ris")
            continue
        found += [at, *(f"{at}{more}" for more in _MORE.get(route.path, ()))]
        if route.path == "/archive":
            found += [f"{at}?q={quote(query)}" for query in _QUERIES]
        if route.path == "/works/{work:path}":
            found += [f"/works/{number}" for number in works]
    return list(dict.fromkeys(found))


def _samples(app: App) -> tuple[dict[str, str], list[int]]:
    """What stands for the parts of addresses, and works: the one that everybody judged, one with
    many records, one that digests showed."""
    with app.store.reading() as tx:
        last, past = tx.works.sequence(), tx.listing.digests(1)[0]
        shown = tx.digests.content(past.id).sections[0].items[0].work.id
        delivery = tx.deliveries.lines(past.id, limit=None)[0].id
        slug = tx.topics.current()[0].slug
    named = {"works": f"{last // 2}", "sources": "pubmed", "subscriptions": past.subscription}
    named |= {"digests": past.id, "deliveries": delivery, "topics": "stroma", "week": slug}
    return named, [last, last - last % site_data.OFTEN, shown]


def measure(browser: Browser, path: str) -> Figures:
    """Ask for one page, again and again."""
    for _ in range(WARMING):
        text = _asked(browser, path)
    _settled()
    clock, processor = [], []
    for _ in range(ROUNDS):
        before = time.perf_counter(), time.process_time()
        _asked(browser, path)
        clock.append(1000 * (time.perf_counter() - before[0]))
        processor.append(1000 * (time.process_time() - before[1]))
    _settled()
    files = {unescape(each) for each in _FILES.findall(text)}
    whole = len(text.encode()) + sum(len(browser.get(each).content) for each in files)
    ranked = sorted(clock)
    return Figures(
        statistics.median(clock),
        ranked[round(0.95 * (ROUNDS - 1))],
        ranked[-1],
        statistics.median(processor),
        len(text.encode()),
        whole,
    )


def _asked(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code in {200, 303}, f"{path}: {answer.status_code}"
    return answer.text


def _settled() -> None:
    """Wait for what a page has set going beside it: until this process does nothing for a while."""
    worked = time.process_time()
    while True:
        time.sleep(_PAUSE)
        if time.process_time() - worked < _PAUSE / 20:
            return
        worked = time.process_time()


def profiled(browser: Browser, path: str) -> None:
    """Print where the time of a page goes, in the thread that makes it."""
    profile, real = cProfile.Profile(), concurrency.run_in_threadpool

    async def watched(made: Callable[..., object], *args: object, **named: object) -> object:
        return await real(profile.runcall, made, *args, **named)

    with mock.patch.object(routing, "run_in_threadpool", watched):
        _asked(browser, path)
    print(f"== {path}")
    pstats.Stats(profile).sort_stats("cumtime").print_stats(45)


def told(measured: dict[str, Figures]) -> Iterator[str]:
    """The table, the slowest first."""
    yield f"{'median':>7} {'p95':>7} {'longest':>7} {'cpu':>7} ms {'page':>7} {'whole':>7} kB"
    for path, each in sorted(measured.items(), key=lambda pair: -pair[1].median):
        late = " SLOW" if each.median > SLOWEST else ""
        large = " LARGE" if each.whole > LARGEST else ""
        times = " ".join(f"{ms:7.0f}" for ms in each[:4])
        sizes = " ".join(f"{size / 1000:7.1f}" for size in each[4:])
        yield f"{times}    {sizes}    {path}{late}{large}"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--from", dest="source", type=Path, help="an archive to make it from")
    asked.add_argument("--works", type=int, default=site_data.WORKS)
    asked.add_argument("--only", default="", help="pages whose addresses begin so")
    asked.add_argument("--profile", action="store_true")
    chosen = asked.parse_args()
    if not (chosen.folder / "litwatch.db").exists():
        if chosen.source is None:
            asked.error("FOLDER has no archive yet: say --from DB")
        site_data.make(chosen.source, chosen.folder, chosen.works)
    with closing(site_data.opened(chosen.folder)) as app:
        site_group.warm(app)
        browser = Browser(create(app, at_home=True), base_url=HOME, client=("127.0.0.1", 50_000), follow_redirects=False)  # fmt: skip
        wanted = [each for each in pages(app) if each.startswith(chosen.only)]
        if chosen.profile:
            for path in wanted:
                _asked(browser, path)
                profiled(browser, path)
            return
        measured = {}
        for path in wanted:
            measured[path] = measure(browser, path)
            print(f"{path}: {measured[path].median:.0f} ms", file=sys.stderr, flush=True)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", *told(measured), sep="\n")
    if not chosen.only:
        kept = {path: each._asdict() for path, each in measured.items()}
        (chosen.folder / "site.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
