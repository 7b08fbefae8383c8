"""What was added to a work before its digest is made is in the digest, and can be searched for."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service import enriching, pipeline, upcoming
from service.archive import parse
from service.clock import standing
from service.records import EntityKind
from service.thumbnails import thumbnail
from tests import enrichment_payloads as made
from tests.command_line import MONDAY, Litwatch
from tests.end_to_end.test_pipeline import Service, article, items, service
from tests.fakes_search import answers
from tests.fault_server import FaultServer, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["service"]
DAY = timedelta(days=1)


def in_pmc(number: int, pmcid: str) -> str:
    told = f'<ArticleId IdType="pmc">{pmcid}</ArticleId></ArticleIdList>'
    return article(number).replace("</ArticleIdList>", told)


def services() -> made.Services:
    """Article 1 is in PMC, names a gene and a cell, and has a figure."""
    marks = [made.marked("TNF-α"), made.marked("neutrophils", "Cell"), made.marked("TNF-α")]
    return made.Services(
        marks={"MED:1": marks},
        results=[made.core(pmid="1", pmcid="PMC901", doi="")],
        texts={"PMC901": made.jats()},
        pictures={"stroma-f1": made.png(600, 400)},
    )


def enrich_what_comes(service: Service, asked: made.Services) -> int:
    """As the worker does it: the next digests are drawn up, then their works are asked about."""
    upcoming.refresh(service.parts, nullcontext(), lambda: None)
    with service.store.reading() as tx:
        coming = enriching.coming(tx)
    desk = enriching.Desk(service.store, service.time.clock, asked, thumbnail)
    return sum(enriching.enrich(desk, coming).values())


def test_a_digest_shows_what_its_works_name_and_their_figure(service: Service) -> None:
    service.take_in(in_pmc(1, "PMC901"), article(2))
    assert enrich_what_comes(service, services()) == 3
    content = service.next_week()
    first, other = sorted(items(content), key=lambda item: item.work.id)
    assert [(each.kind, each.name, each.count) for each in first.entities] == [
        (EntityKind.GENE, "TNF-α", 2),
        (EntityKind.CELL, "neutrophils", 1),
    ]
    assert first.figure is not None
    assert first.figure.label == "Figure 1"
    assert (other.entities, other.figure) == ((), None)
    with service.store.reading() as tx:
        assert tx.digests.content(content.digest_id) == content
        assert [*tx.pictures.many([first.figure.digest])] == [first.figure.digest]
        found = answers(tx, parse("gene:TNF-alpha licence:cc-by", MONDAY, MONDAY.tzinfo), 9)
    assert found == [first.work.id]


def test_a_digest_waits_for_nothing(service: Service) -> None:
    service.take_in(in_pmc(1, "PMC901"))
    (item,) = items(service.next_week())
    assert (item.entities, item.figure) == ((), None)


def test_a_preview_as_of_another_day_shows_them_too(service: Service) -> None:
    service.take_in(in_pmc(1, "PMC901"))
    enrich_what_comes(service, services())
    with service.store.reading() as tx:
        ((subscription, created),) = tx.subscriptions.active()
    drafted = pipeline.draft(
        service.parts, subscription, "UTC:2026-W48", created, as_of=service.time.at + DAY
    )
    (item,) = items(drafted.content)
    assert item.entities
    assert item.figure


# -- the command line, over a server


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


@pytest.fixture
def online(litwatch: Litwatch, server: FaultServer) -> Litwatch:
    """The replayed archive, polled; what works are enriched with comes from the server."""
    assert litwatch("poll") == 0
    values = json.loads(json.dumps(litwatch.settings))
    values["sources"]["europepmc"]["base_url"] = server.url("/rest")
    values["enrichment"] = {
        "annotations_url": server.url("/marks"),
        "pubtator_url": server.url("/tator"),
        "pictures": [server.url("/none/{pmcid}/{name}"), server.url("/bin/{pmcid}/{name}")],
    }
    return Litwatch(values, standing(MONDAY))


def test_a_named_work_is_asked_about_at_once(
    online: Litwatch, server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    doi, pmcid = "10.5555/ejtb.2026.0156", "PMC99000001"
    core = made.core(pmid="99000001", id="99000001", pmcid=pmcid, doi=doi)
    server.script("/rest/search", reply(body=made.found(core)))
    marked = ("MED:99000001", [made.marked("CXCL12")])
    server.script("/marks/annotationsByArticleIds", reply(body=made.europe(marked)))
    server.script(f"/rest/{pmcid}/fullTextXML", reply(body=made.jats(pmcid=pmcid)))
    server.script(f"/none/{pmcid}/stroma-f1.jpg", reply(status=403, body=b"<Error/>"))
    server.script(f"/bin/{pmcid}/stroma-f1.jpg", reply(body=made.png(600, 400)))
    capsys.readouterr()
    assert online("enrich", doi) == 0
    assert "1 work. Found: licence or links of 1; names of 1; figures of 1." in (
        capsys.readouterr().err
    )
    assert [request.path for request in server.requests] == [
        *("/rest/search", "/marks/annotationsByArticleIds", f"/rest/{pmcid}/fullTextXML"),
        *(f"/none/{pmcid}/stroma-f1.jpg", f"/bin/{pmcid}/stroma-f1.jpg"),
    ]
    assert online("search", "gene:cxcl12 licence:cc-by", "--json") == 0
    (hit,) = json.loads(capsys.readouterr().out)["hits"]
    assert hit["work"]["ids"]["doi"] == doi
    assert online("show", doi) == 0
    told = capsys.readouterr().out.partition("What was added\n")[2].partition("\n\n")[0]
    assert "  Licence: CC BY\n" in told
    assert "  Genes: CXCL12\n" in told
    assert "  Figure 1. Niches. Held by TNF-α. · Lindqvist et al. 2026" in told
    assert online("show", doi, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in shown["entities"]] == ["CXCL12"]
    assert shown["access"]["licence"] == "CC BY"


def test_of_a_work_to_which_nothing_was_added_nothing_is_said(
    online: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert online("show", "10.5555/ejtb.2026.0156") == 0
    assert "What was added" not in capsys.readouterr().out


def test_works_or_upcoming_must_be_said(
    online: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert online("enrich") == 2
    assert online("enrich", "1", "--upcoming") == 2
    assert online("enrich", "no-such-work") == 2
    capsys.readouterr()
    assert online("enrich", "--upcoming") == 0
    assert "0 works. Found: licence or links of 0" in capsys.readouterr().err


def test_nobody_else_is_asked_while_everything_is_on_this_machine(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("poll") == 0
    assert litwatch("enrich", "10.5555/ejtb.2026.0156") == 0
    told = capsys.readouterr()
    assert "names of 0; figures of 0" in told.err
    assert "not enriched: https" not in told.err
