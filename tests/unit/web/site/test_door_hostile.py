"""Hostile text in everything that pages show: none of it runs, fetches, or leads astray."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from service import tuning, voting
from service.records import Author, Judgement, Seed
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.records.weeks import Placed, Week
from service.store import Store
from service.web.site.errands import Errands
from tests import factories
from tests.api_office import TOPIC, Office, fill
from tests.hostile_texts import ADDRESSES, ELEMENTS, HANDLERS, PAYLOADS
from tests.papers import NOW, Archive, paper
from tests.site_visits import SAMPLES, Visits, address, harm, routes

if TYPE_CHECKING:
    from tests.web_site import Site


@pytest.fixture
def hostile(site: Site, monkeypatch: pytest.MonkeyPatch) -> Visits:
    """An archive in which every text that comes from outside, or from a reader, is hostile."""
    monkeypatch.setattr(Errands, "start", lambda *_: False)
    archive = Archive(Store(site.app.store.engine))
    papers = [
        paper(
            1_000 + at,
            title=f"Stroma {text} neutrophil",
            abstract=f"Fibroblasts {text} hold neutrophils back.",
            authors=(Author(text, text), Author(collective=text)),
            venue=text,
            url=text if text in ADDRESSES else f"https://x.example.org/{text}",
            pdf_url=text,
        )
        for at, text in enumerate(PAYLOADS)
    ]
    archive.take_in(*papers)
    fill(site.app)
    visits = Visits(Office(site.app, site.time))
    _judge(visits)
    _tune(visits)
    _rank(visits)
    return visits


def numbers(visits: Visits) -> list[int]:
    """The hostile works."""
    with visits.app.store.reading() as tx:
        return [tx.works.find(f"10.5555/stroma.{1_000 + at}") for at in range(len(PAYLOADS))]


def _judge(visits: Visits) -> None:
    """Votes of hostile people with hostile notes, their other names, their searches."""
    for work, text in zip(numbers(visits), PAYLOADS, strict=True):
        ballot = voting.Ballot(str(work), Judgement.RELEVANT, note=text)
        voting.cast(visits.app.parts, TOPIC, [ballot], voter=f"x{text}", via="web")
    with visits.app.store.writing() as tx:
        for at, text in enumerate(PAYLOADS[:30]):
            tx.aliases.link(f"mail:{text}", "Ida", text, visits.office.time.at)
            tx.searches.save(SavedSearch(f"s{at} {text}"[:60], text, Mode.LEXICAL, text, NOW))


def _tune(visits: Visits) -> None:
    """A topic whose name, seeds, terms, senses and history are hostile."""
    with visits.app.store.reading() as tx:
        topic = next(each for each in visits.app.topics(tx) if each.slug == TOPIC)
    seeds = tuple(
        Seed(
            f"text-{at}",
            "text",
            title=text,
            abstract=f"Stroma {text}.",
            authors=(text,),
            venue=text,
        )
        for at, text in enumerate(map(_plain, PAYLOADS[:40]))
    )
    changed = replace(
        topic,
        name=f"Stroma {PAYLOADS[0]}",
        seeds=(*topic.seeds, *seeds),
        include=(*topic.include, *(f"in {each}" for each in map(_plain, PAYLOADS[:40]))),
        exclude=tuple(f"out {each}" for each in map(_plain, PAYLOADS[40:60])),
        senses={"NET": PAYLOADS[0]},
    )
    author, reason = "Eve <script>alert(1)</script>", "<img src=x onerror=alert(1)>"
    tuning.save(visits.app.parts, changed, author=author, reason=reason)


def _plain(text: str) -> str:
    return " ".join(text.replace("\x01", "").replace("\x0c", "").split())


def _rank(visits: Visits) -> None:
    """What the pages of a week and of a digest show, with hostile explanations."""
    found = [
        factories.ranked(
            work,
            facet=factories.facet(text=text, seed=text),
            terms=(text,),
            weights=(1.0,),
            sentences=(f"Fibroblasts {text} hold neutrophils back.",),
            reference=text,
            senses=(text,),
        )
        for work, text in zip(numbers(visits), PAYLOADS, strict=True)
    ]
    week = Week(TOPIC, 99, "kept", NOW, 10**6, 9, 0.5, (1,) * 20, PAYLOADS[0], PAYLOADS[1], NOW)
    with visits.app.store.writing() as tx:
        assert tx.weeks.keep(week, [Placed(each) for each in found])


def test_there_are_a_hundred() -> None:
    assert len(set(PAYLOADS)) >= 100


def test_no_page_runs_what_it_shows(hostile: Visits) -> None:
    """ASVS 1.2.1, 1.3.1. Every page that the router knows, over every hostile work."""
    here, shown, bad = hostile.here(), "", []
    for route in routes(hostile.app):
        if route.method != "GET" or route.path.endswith(("/page", "/sent")):
            continue  # frames run nothing, by their policy, and show what was sent
        names = numbers(hostile) if "/works/{" in route.path else ["1"]
        for name in names:
            where = address(route.path, SAMPLES | {"works": str(name)})
            page = here.get(where, follow_redirects=True)
            bad += [(where, str(page.status_code))] if page.status_code >= 500 else []
            if page.headers.get("content-type", "").startswith("text/html"):
                bad += [(where, each) for each in harm(page.text)]
                shown += page.text
    assert bad == []
    assert shown.count("&lt;script&gt;alert(1)") > 50, "the pages do show it"


ASKED = (
    "/week/stroma?show={}&type={}&from={}&with={}",
    "/archive?q={}",
    "/login?next={}&come={}",
    "/{}",
    "/topics/{}",
    "/works/{}",
    "/sources/{}",
    "/week/{}",
    "/digests/{}",
    "/digests?cursor={}",
)


@pytest.mark.parametrize("share", [3, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_no_page_runs_what_it_was_asked(
    visits: Visits, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    """Reflected: in addresses, and in queries. Each text in some places, or in all."""
    monkeypatch.setattr(Errands, "start", lambda *_: False)
    here, bad = visits.here(), []
    for at, text in enumerate(PAYLOADS):
        for where in ASKED[at % share :: share]:
            asked = where.replace("{}", quote(text, safe=""))
            page = here.get(asked, follow_redirects=True)
            bad += [(asked, each) for each in harm(page.text)]
            bad += [(asked, page.status_code)] if page.status_code >= 500 else []
    assert bad == []


def test_a_sign_in_gives_back_what_was_typed_as_text(visits: Visits) -> None:
    for text in PAYLOADS[:60]:
        browser = visits.stranger()
        page = browser.sign_in("lw_none", text, text)
        assert page.status_code in {401, 429}
        assert harm(page.text) == []


def test_what_is_harmful_is_seen() -> None:
    """The tests above can fail."""
    frame = '<script src="/static/a/app.js" defer></script><link rel="stylesheet" href="/static/a/b.css">'
    assert harm(f'{frame}<a href="/x">x</a><a href="https://x.org">y</a>') == []
    for text in (*ELEMENTS, *HANDLERS):
        assert harm(f"<p>{text}</p>"), text
    for text in ADDRESSES[:4]:
        assert harm(f'<a href="{text}">x</a>'), text
