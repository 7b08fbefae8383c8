"""Papers that cite a seed, and papers of a followed author, on their way into a digest."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from service import pipeline, tuning
from service.bootstrap import App, build
from service.clock import standing
from service.config import Settings
from service.records import (
    Batch,
    FollowedAuthor,
    Identifiers,
    RankedWork,
    Record,
    Seed,
    SignalKind,
    Subscription,
    Topic,
)
from service.topics.editing import following
from tests.command_line import MONDAY
from tests.fakes_citing import SEED, Citer, Library, article, author
from tests.fakes_http import FakeReply, Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.pipeline import Draft
    from service.sources.polling import PollResult

TOPIC = Topic(
    "traps",
    "Neutrophil traps",
    (Seed("s", "text", "Neutrophil extracellular traps", ids=Identifiers(pmid=SEED)),),
    include=("neutrophil extracellular trap",),
)
WEEKLY = Subscription("weekly", ("traps",), "file", "weekly.txt", floor=0)
NEW, OLD = Citer("101"), Citer("102", published="2019-05-01", entered="2019-05-03")
PREPRINT = Citer("PPR9", listed="europepmc")


@contextmanager
def serving(library: Library) -> Iterator[str]:
    """The library as a server of this machine; its hosts are told apart by their paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._answer(dict(parse_qsl(self.rfile.read(length).decode())))

        def _answer(self, form: dict[str, str]) -> None:
            asked = urlsplit(self.path)
            told = library(Request(asked.path, {**dict(parse_qsl(asked.query)), **form}, {}))
            found = FakeReply(told) if isinstance(told, bytes) else told
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def settings(folder: Path, url: str) -> Settings:
    away: dict[str, Any] = {"base_url": url, "enabled": False}
    return Settings.model_validate(
        {
            "database": {"url": f"sqlite:///{folder}/litwatch.db"},
            "http": {"contact": "lab@example.org", "pace": 0.0, "tries": 1},
            "encoder": {"model": "none-that-exists"},
            "sources": {
                "pubmed": {"base_url": f"{url}/eutils"},
                "europepmc": {"base_url": f"{url}/europepmc"},
                **dict.fromkeys(("pmc", "biorxiv", "medrxiv", "crossref"), away),
                "arxiv": {"oai_url": url, "api_url": url, "enabled": False},
            },
            "enrichment": {"enabled": False},
        }
    )


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def url(library: Library) -> Iterator[str]:
    with serving(library) as address:
        yield address


@pytest.fixture
def app(tmp_path: Path, url: str) -> Iterator[App]:
    """An archive with the topic, its subscription, and thirty papers on something else."""
    found = build(settings(tmp_path, url), standing(MONDAY))
    found.upgrade()
    found.prepare()
    tuning.save(found.parts, TOPIC, author="ada", reason="")
    with found.store.writing() as tx:
        tx.subscriptions.sync([WEEKLY], found.clock.now())
    for number in range(30):  # what the week brings beside
        other = Citer(str(200 + number), title=f"Lichens of the northern shelf, part {number}")
        take_in(found, other)
    yield found
    found.close()


def take_in(app: App, citer: Citer, authors: str = "") -> None:
    payload = article(citer, authors).encode()
    record = Record("pubmed", citer.number, "1", "pubmed-xml", payload)
    pipeline.take_in(app.parts, Batch((record,)), "pubmed")


def poll(app: App, name: str = "citing", *, force: bool = True) -> PollResult:
    (result,) = app.poll([each for each in app.sources if each.name == name], force=force)
    return result


def draft(app: App, period: str = "UTC:2026-W47") -> Draft:
    return pipeline.draft(app.parts, WEEKLY, period, MONDAY - timedelta(days=1))


def listed(made: Draft) -> dict[str, RankedWork]:
    """What the digest lists, in full or just below the line, by title."""
    return {
        item.work.title: item.ranked
        for section in made.content.sections
        for item in (*section.items, *section.below)
    }


def test_a_new_paper_that_cites_a_seed_is_listed_with_the_mark_whatever_its_words(
    app: App, library: Library
) -> None:
    library.citers += [NEW, OLD, PREPRINT]
    result = poll(app)
    assert result.error is None
    assert result.gaps == ()
    assert result.tally.new == 3
    found = listed(draft(app))
    for citer in (NEW, PREPRINT):
        (signal,) = found[citer.name].signals
        assert (signal.kind, signal.name) == (SignalKind.CITES, "Neutrophil extracellular traps")
    assert OLD.name not in found  # it is no news, and can be searched for
    with app.store.reading() as tx:
        assert tx.works.find(OLD.number)
        assert tx.citations.counts([TOPIC.seeds[0].cited_as]) == {f"pmid:{SEED}": 3}


def test_a_second_poll_in_the_week_asks_for_nothing(app: App, library: Library) -> None:
    library.citers.append(NEW)
    poll(app)
    asked = len(library.asked)
    assert poll(app).error is None
    assert len(library.asked) == asked


def test_a_paper_that_was_known_comes_back_when_it_is_found_to_cite_a_seed(
    app: App, library: Library
) -> None:
    take_in(app, NEW)
    first = draft(app)
    assert NEW.name not in listed(first)
    assert pipeline.freeze(app.parts, WEEKLY, first)
    library.citers.append(NEW)
    assert poll(app).tally.fetched == 0  # it is held
    second = draft(app, "UTC:2026-W48")
    assert second.content.screened == 1
    assert listed(second)[NEW.name].signals


def test_a_service_that_is_down_is_a_gap_that_closes_when_it_is_back(
    app: App, library: Library
) -> None:
    library.citers.append(NEW)
    library.down.add("ncbi")
    failed = poll(app)
    assert failed.gaps
    library.down.clear()
    assert poll(app).gaps == ()
    with app.store.reading() as tx:
        receipts = {line.source: line for line in tx.sources.summary(None, app.clock.now())}
    assert receipts["citing"].gaps == ()
    assert NEW.name in listed(draft(app))


def test_the_paper_of_a_followed_author_is_listed_with_the_mark(app: App, library: Library) -> None:
    okafor = FollowedAuthor("Okafor, Chidi", "", "Heidelberg")
    tuning.save(app.parts, following(TOPIC, [okafor]), author="ada", reason="")
    theirs = author("Okafor", "Chidi", "", "Heidelberg University")
    others = author("Okafor", "Chidi", "", "University of Lagos")
    library.written = {"101": theirs, "103": others}
    result = poll(app, "authors")
    assert result.error is None
    assert result.gaps == ()
    assert result.tally.new == 1
    (signal,) = listed(draft(app))[NEW.name].signals
    assert (signal.kind, signal.name) == (SignalKind.AUTHOR, "Okafor, Chidi")


def test_an_archive_without_followed_authors_asks_nobody(app: App, library: Library) -> None:
    assert poll(app, "authors").gaps == ()
    assert library.asked == []
