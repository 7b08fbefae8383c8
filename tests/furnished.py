"""An archive with some of everything that a page can show, made in a few seconds.

The demo's example records come through the real sources; works that are hard to show (very long,
Greek, right to left, retracted, without an abstract, many of one kind) are put beside them as
values, which `understanding` has the program understand.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from service import bootstrap, normalisation, tuning, voting
from service.clock import Clock
from service.config import Settings
from service.demo.server import ReplayServer
from service.records import (
    Author,
    Batch,
    Flag,
    Judgement,
    Kind,
    Relation,
    SweepKind,
    Tally,
    Window,
    WindowReport,
)
from service.records.findings import SavedSearch
from service.records.queries import Mode
from tests import papers
from tests.command_line import MONDAY, Litwatch, logging_as_before, replayed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.bootstrap import App
    from service.records import Paper, Record

AT = MONDAY + timedelta(hours=3)  # when the pages are looked at
STROMA, NEUTROPHILS = "stroma", "neutrophils"
ABSTRACT = (
    "Cancer-associated fibroblasts shape the tumour microenvironment. Here we show that CXCL12 from "
    "myofibroblastic stromal cells keeps neutrophils out of pancreatic tumours. Neutrophil "
    "extracellular traps formed at the invasive margin in 34 of 51 patients (67%, P < 0.001). "
    "Blocking TGF-β signalling opened the stroma, and tumour-associated neutrophils came in. "
)
_LONG = (
    "Single-cell and spatial transcriptomics of cancer-associated fibroblasts, tumour-associated "
    "neutrophils and their extracellular traps across 1,204 pancreatic, colorectal, breast and lung "
    "tumours: "
)


def _special() -> list[Paper]:
    """Works that are hard to show."""
    paper, preprint = papers.paper, papers.preprint
    twin = "Stromal CXCL12 excludes tumour-associated neutrophils from pancreatic cancer"
    crowd = tuple(Author(f"Lindqvist-Marchetti-{n}", "Maximiliane") for n in range(220))
    return [
        paper(101, title=(_LONG * 3)[:590], abstract=ABSTRACT * 12, authors=crowd),
        paper(102, title="TGF-β1→SMAD3 signalling in αSMA⁺ fibroblasts: γδ T cells, Ca²⁺ and κB", abstract=ABSTRACT),
        paper(103, title="الخلايا الليفية المرتبطة بالسرطان والعدلات في سرطان البنكرياس", abstract="تشكل الخلايا الليفية البيئة المجهرية للورم. " + ABSTRACT, authors=(Author("الأحمد", "ليلى"),)),
        paper(104, title="Tumour-associated neutrophils without a word of abstract", abstract=""),
        paper(105, title="Neutrophil extracellular traps awaken dormant stroma", abstract=ABSTRACT, flags=frozenset({Flag.RETRACTED}), links=(papers.states(Relation.RETRACTION_IN, pmid="40000199"),)),
        paper(106, title="Fibroblast activation protein in tumour stroma, corrected", abstract=ABSTRACT, flags=frozenset({Flag.CORRECTED})),
        paper(107, title="Review of stromal cells and neutrophils in cancer", abstract=ABSTRACT * 2, kind=Kind.REVIEW),
        paper(108, title="<b>Markup</b> & \"quotes\" in a title: <script>alert(1)</script>", abstract=ABSTRACT + " <img src=x onerror=alert(1)>"),
        paper(109, title="Pneumonoultramicroscopicsilicovolcanoconiosis" * 4 + " and stromal neutrophils", abstract="x" * 600 + " " + ABSTRACT),
        preprint(110, title=f"{twin}: a study in mice", abstract=ABSTRACT),
        paper(110, title=f"{twin}: a study in mice", abstract=ABSTRACT, links=(papers.states(Relation.HAS_PREPRINT, doi="10.1101/2026.000110"),)),
        *(paper(111 + n, title=f"{twin}, cohort {n + 1}", abstract=f"{ABSTRACT} Cohort {n + 1} had {30 + n} patients.") for n in range(4)),
        *(paper(120 + n, abstract=f"{ABSTRACT} Model {n}.") for n in range(60)),
        *(paper(190 + n, title=f"Sleep and memory in model {n} of ageing zebrafish", abstract="Sleep deprivation impairs memory in zebrafish.") for n in range(20)),
    ]  # fmt: skip


@contextmanager
def understanding() -> Iterator[None]:
    """Inside, records that hold a paper as a value are understood, wherever it is asked for."""
    real = normalisation.normalise

    def understood(record: Record) -> Paper:
        return papers.understood(record) if record.format == papers.FORMAT else real(record)

    users = [each for each in [*sys.modules.values()] if vars(each).get("normalise") is real]
    with mock.patch.multiple(normalisation, normalise=understood):
        patches = [mock.patch.object(each, "normalise", understood) for each in users]
        for patch in patches:
            patch.start()
        try:
            yield
        finally:
            for patch in patches:
                patch.stop()


@contextmanager
def archive(folder: Path, *, model: str = "none-that-exists") -> Iterator[dict[str, Any]]:
    """Make such an archive in a folder; gives the settings it was made with. Inside, its sources
    can be polled. `model` as in the settings; "" is the bundled one."""
    with understanding(), ReplayServer() as server, logging_as_before():
        settings = _settings(folder, server) | {"encoder": {"model": model}}
        monday = Litwatch(settings, _clock(MONDAY - timedelta(hours=1)))
        assert monday("init") == 0
        monday("poll")
        app = bootstrap.build(Settings.model_validate(settings), _clock(AT))
        _take_in(app)
        replace(monday, clock=_clock(MONDAY + timedelta(hours=1)))("digest", "send")
        _people(app)
        _receipts(app)
        app.rank_weeks()
        app.close()
        yield settings


@contextmanager
def opened(settings: dict[str, Any], folder: Path) -> Iterator[App]:
    """The app over a copy, in another folder, of an archive that was made; its clock stands at
    `AT`."""
    made = settings["database"]["url"].removeprefix("sqlite:///")
    shutil.copy(made, folder / "litwatch.db")
    changed = {
        "database": {"url": f"sqlite:///{folder}/litwatch.db"},
        "file": {"folder": f"{folder}/sent"},
    }
    with understanding():
        app = bootstrap.build(Settings.model_validate(settings | changed), _clock(AT))
        try:
            yield app
        finally:
            app.close()


def samples(app: App) -> dict[str, str]:
    """What stands for the parts of addresses, by what they come after (see `site_visits`)."""
    with app.store.reading() as tx:
        deliveries = {each.channel: each for each in tx.deliveries.lines(limit=10)}
        work = tx.works.find("10.5555/stroma.110")
    return {
        "works": f"{work}",
        "sources": "pubmed",
        "subscriptions": "Lab",
        "digests": deliveries["file"].digest_id,
        "deliveries": deliveries["email"].id,
        "topics": STROMA,
        "week": STROMA,
        "searches": "nets",
    }


def hard_to_show(app: App) -> list[int]:
    """The numbers of the works that are."""
    with app.store.reading() as tx:
        return [tx.works.find(f"10.5555/stroma.{number}") for number in range(101, 112)]


def _clock(at: Any) -> Clock:
    return Clock(now=lambda: at)


def _settings(folder: Path, server: ReplayServer) -> dict[str, Any]:
    return replayed(
        folder,
        server,
        subscriptions=[
            {"name": "Lab", "channel": "file", "destination": "lab", "zone": "Europe/Berlin", "at": "09:00"},
            {"name": "Ida", "channel": "email", "destination": "ida@example.org", "zone": "America/New_York", "at": "03:30"},
            {"name": "Friday", "channel": "file", "destination": "friday", "weekday": "friday", "zone": "Asia/Tokyo"},
        ],
        email={"sender": "Litwatch <lab@example.org>", "host": "127.0.0.1", "port": 9, "security": "none"},
        web={"keys": ["k" * 32]},
    )  # fmt: skip


def _take_in(app: App) -> None:
    by_source: dict[str, list[Paper]] = {}
    for each in _special():
        by_source.setdefault(each.source, []).append(each)
    for source, found in by_source.items():
        app.take_in(source, Batch(tuple(papers.record(each) for each in found)))


def _people(app: App) -> None:
    """Votes, other names, what was read, searches, and versions of a topic."""
    with app.store.reading() as tx:
        read = [tx.works.find(f"10.5555/stroma.{number}") for number in (104, 107)]
    said = [Judgement.RELEVANT, Judgement.NOT_RELEVANT, Judgement.SAVED]
    for at, voter in enumerate(("Ida", "mail:ida@example.org", "slack:U0123", "api:zotero")):
        ballots = [
            voting.Ballot(f"10.5555/stroma.{work}", said[(work + at) % 3], note="for journal club" * (work % 2))
            for work in (*range(101 + at, 114, 3), *range(120 + at, 130, 3))
        ]  # fmt: skip
        voting.cast(app.parts, STROMA, ballots, voter=voter, via="web")
    with app.store.writing() as tx:
        tx.aliases.link("mail:ida@example.org", "Ida", "Ida", AT)
        tx.readings.mark("Ida", read, AT)
        tx.searches.save(SavedSearch("nets", "neutrophil trap", Mode.HYBRID, "Ida", AT))
        tx.searches.save(SavedSearch("sleep", "zebrafish -memory", Mode.LEXICAL, "api:zotero", AT))
    _versions(app)


def _versions(app: App) -> None:
    """Three changes of a topic: by a person, by another, undone."""
    for at, term in enumerate(("podoplanin", "desmoplasia")):
        with app.store.reading() as tx:
            topic = next(each for each in app.topics(tx) if each.slug == STROMA)
        changed = replace(topic, include=(*topic.include, term))
        tuning.save(app.parts, changed, author=("Ida", "Okafor")[at], reason=f"we missed {term}")
    tuning.undo(app.parts, STROMA, author="Ida")


def _receipts(app: App) -> None:
    """A gap in one source, a failure of another."""
    week = Window(AT.date() - timedelta(days=7), AT.date())
    lost = WindowReport(
        week, SweepKind.RECENT, "stroma", None, 412, 398, True, "14 of 412 are missing"
    )
    whole = WindowReport(week, SweepKind.WIDE, "stroma", None, 40, 40, end_sign=True)
    with app.store.writing() as tx:
        for report in (whole, lost):
            tx.sources.add_receipt(
                "pubmed", report, Tally(new=31, changed=2, same=9), started_at=AT, finished_at=AT
            )
        tx.sources.failed(
            "medrxiv", "transient", "medrxiv: answered with HTML where JSON was expected", AT
        )
