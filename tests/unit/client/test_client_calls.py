"""Every call, over a real socket against the real app."""

from __future__ import annotations

import csv
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import tokens
from service.client import ClientError, Litwatch
from service.records import Judgement
from service.records.queries import Mode
from service.records.tokens import Scope, Token
from service.web.api.models import WorkDetail
from tests.papers import NOW, paper

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes import FixedClock

    from .conftest import Server


# -- works ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [2, "2", "10.5555/stroma.2", "40000002"])
def test_a_work_has_any_of_its_names(client: Litwatch, name: str | int) -> None:
    work = client.work(name)
    assert isinstance(work, WorkDetail)
    assert (work.id, work.ids.doi, work.sources) == (2, "10.5555/stroma.2", ("pubmed",))
    assert work.records[0].source_id == "40000002"


@pytest.mark.parametrize("name", ["a/b?c#d", "..", "%2F", "10.5555/größe", "x" * 299])
def test_any_text_is_safe_as_a_name(client: Litwatch, name: str) -> None:
    with pytest.raises(ClientError) as raised:
        client.work(name)
    assert (raised.value.status, raised.value.at) == (404, None)


def test_a_work_that_is_not_there_is_told_with_a_remedy(client: Litwatch) -> None:
    with pytest.raises(ClientError) as raised:
        client.work("10.5555/none")
    error = raised.value
    assert (error.status, error.code) == (404, "input")
    assert "'10.5555/none' is not in the archive" in error.detail
    assert "give its number" in error.remedy
    assert error.instance.startswith("urn:litwatch:request:")
    assert str(error).startswith("GET /api/v1/works/10.5555")


def test_a_search_walks_from_page_to_page(client: Litwatch) -> None:
    found = client.search("niche", mode="lexical", limit=5)
    assert (found.first.total, found.first.mode) == (7, Mode.LEXICAL)
    numbers = [hit.work.id for hit in found]
    assert len({*numbers}) == 5
    assert [hit.work.id for hit in found] == numbers


def test_a_search_without_a_limit_finds_all(client: Litwatch, server: Server) -> None:
    server.archive.take_in(*(paper(number) for number in range(8, 251)))
    found = client.search("niche", mode="lexical")
    assert len(found.first.hits) == 200
    assert len({hit.work.id for hit in found}) == 250


def test_a_search_counts_facets_when_asked(client: Litwatch) -> None:
    facets = client.search("niche", mode="lexical", facets=True).first.facets
    sources = next(facet for facet in facets if facet.name == "source")
    assert [(value.value, value.count) for value in sources.values] == [("pubmed", 7)]
    assert client.search("niche", mode="lexical").first.facets == ()


def test_a_query_that_cannot_be_read_is_told_with_its_place(client: Litwatch) -> None:
    with pytest.raises(ClientError) as raised:
        client.search("caf AND (lung")
    assert (raised.value.status, raised.value.code, raised.value.at) == (400, "query", 8)


def test_a_search_can_be_kept_under_a_name(client: Litwatch) -> None:
    assert client.saved_searches() == ()
    kept = client.save_search("caf-lung", "caf lung", mode=Mode.LEXICAL)
    assert (kept.name, kept.query, kept.mode) == ("caf-lung", "caf lung", Mode.LEXICAL)
    assert client.saved_searches() == (kept,)
    assert client.saved_search("caf-lung") == kept
    client.forget_search("caf-lung")
    assert client.saved_searches() == ()


# -- topics and votes -----------------------------------------------------------------------------


def test_topics_are_listed_and_told(client: Litwatch) -> None:
    assert [topic.slug for topic in client.topics()] == ["neutrophils", "stroma"]
    topic = client.topic("stroma")
    assert topic.seeds
    assert [version.version for version in topic.versions] == [1]


def test_a_topic_is_changed_and_the_change_taken_back(client: Litwatch) -> None:
    got = client.topic_document("stroma")
    changed = got.replace("Tumour-associated", "Größe & Ça –")
    made = client.change_topic("stroma", changed, instead_of=got, reason="a/b?c & d")
    assert (made.version, made.reason, made.author) == (2, "a/b?c & d", "api:(this machine)")
    assert client.topic("stroma").name.startswith("Größe & Ça –")
    with pytest.raises(ClientError) as raised:
        client.change_topic("stroma", got, instead_of=got)
    assert (raised.value.status, raised.value.code) == (412, "topic-changed")
    assert client.undo_topic("stroma").restores == 1
    assert client.topic_document("stroma") == got.replace("version = 1", "version = 3")


def test_a_topic_is_made_of_a_document(client: Litwatch) -> None:
    document = client.topic_document("stroma").replace('"stroma"', '"niches"', 1)
    assert client.change_topic("niches", document, instead_of=None).version == 1
    assert {topic.slug for topic in client.topics()} == {"stroma", "neutrophils", "niches"}
    with pytest.raises(ClientError, match="exists already"):
        client.change_topic("niches", document, instead_of=None)


def test_a_vote_is_cast_and_listed(client: Litwatch) -> None:
    said = client.vote("stroma", 2, Judgement.SAVED, note="for journal club")
    assert (said.changed, said.vote.work_id, said.vote.note) == (True, 2, "for journal club")
    assert not client.vote("stroma", "10.5555/stroma.2", "saved").changed
    client.vote("neutrophils", 3, "not relevant")
    assert [vote.work_id for vote in client.votes()] == [3, 2]
    assert [vote.topic for vote in client.votes(topic="stroma")] == ["stroma"]
    assert [vote.work_id for vote in client.votes(work="40000003")] == [3]


def test_names_are_linked_to_a_person_and_unlinked(client: Litwatch) -> None:
    client.vote("stroma", 2, "saved", voter="mail:ida@example.org")
    assert client.link("mail:ida@example.org", "Ida").person == "Ida"
    assert [(each.name, each.aliases) for each in client.people()] == [
        ("Ida", ("mail:ida@example.org",))
    ]
    assert [vote.person for vote in client.votes()] == ["Ida"]
    client.unlink("mail:ida@example.org")
    assert [each.name for each in client.people()] == ["mail:ida@example.org"]


def test_a_vote_with_a_key_counts_once(client: Litwatch) -> None:
    assert client.vote("stroma", 2, "relevant", key="press-1").changed
    assert client.vote("stroma", 2, "withdrawn").changed
    assert not client.vote("stroma", 2, "relevant", key="press-1").changed
    assert list(client.votes()) == []


def test_a_vote_that_does_not_fit_names_the_field(client: Litwatch) -> None:
    with pytest.raises(ClientError, match=r"body\.judgement") as raised:
        client.vote("stroma", 2, "great")
    assert raised.value.status == 422


# -- digests, and how the service stands ----------------------------------------------------------


def test_digests_and_their_deliveries_are_read(client: Litwatch, server: Server) -> None:
    digest_id = server.freeze()
    assert [each.id for each in client.digests()] == [digest_id]
    assert list(client.digests("none")) == []
    digest = client.digest(digest_id)
    assert [shown.work.id for shown in digest.sections[0].items] == [1, 2]
    (delivery,) = client.deliveries(digest=digest_id)
    assert client.delivery(delivery.id).events[0].to_state == "ready"
    assert list(client.deliveries(states=["sent"])) == []
    assert [each.id for each in client.deliveries(states=["ready", "sent"])] == [delivery.id]


def test_a_subscription_is_stopped_and_resumed(client: Litwatch) -> None:
    (lab,) = client.subscriptions()
    assert (lab.name, lab.stopped) == ("Lab", None)
    assert client.stop("Lab").stopped == "unsubscribed"
    assert client.subscription("Lab").stopped == "unsubscribed"
    assert client.resume("Lab").stopped is None


def test_the_state_of_the_service_is_told(client: Litwatch) -> None:
    health = client.health()
    assert (health.status, health.works) == ("ok", 7)
    assert "pubmed" in [source.name for source in client.sources()]
    assert list(client.receipts()) == []
    assert list(client.receipts("pubmed")) == []


def test_long_lists_are_walked_to_the_end(client: Litwatch, server: Server) -> None:
    server.archive.take_in(*(paper(number) for number in range(8, 251)))
    for number in range(1, 251):
        client.vote("stroma", number, "relevant")
    walked = client.votes(topic="stroma")
    assert [vote.work_id for vote in walked] == list(range(250, 0, -1))


# -- files ----------------------------------------------------------------------------------------


def test_an_export_is_a_whole_file_in_the_form_that_its_ending_says(
    client: Litwatch, server: Server, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    file = client.export(out / "niche.csv", query="niche")
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len(rows) == 7
    client.vote("stroma", 2, "saved")
    assert "stroma.2" in client.export(out / "a.bib", topic="stroma").read_text()
    assert "stroma.2" in client.export(out / "a.ris", saved=True).read_text()
    assert "stroma.3" in client.export(out / "a.txt", works=["3"], format="jsonl").read_text()
    digest = client.export(out / "a.nbib", digest=server.freeze()).read_text()
    assert digest.count("PMID- ") == 2
    assert {file.name for file in out.iterdir()} == {
        "niche.csv", "a.bib", "a.ris", "a.txt", "a.nbib"
    }  # fmt: skip


def test_an_export_that_is_refused_leaves_what_was_there(client: Litwatch, tmp_path: Path) -> None:
    file = tmp_path / "before.csv"
    file.write_text("as it was")
    for wanted in ({"topic": "bone"}, {"query": "caf AND ("}, {}, {"works": ["99"]}):
        with pytest.raises(ClientError):
            client.export(file, **wanted)  # type: ignore[arg-type]
    assert file.read_text() == "as it was"
    assert not list(tmp_path.glob(".*"))


# -- tokens ---------------------------------------------------------------------------------------


def token(server: Server, scope: Scope) -> str:
    """A token of this scope that the server knows."""
    made = tokens.fresh()
    kept = Token(f"notebook-{scope}", tokens.hashed(made), scope, NOW)
    with server.app.store.writing() as tx:
        tx.tokens.add(kept)
    return made


def test_a_token_is_shown_and_reaches_as_far_as_its_scope(server: Server) -> None:
    with Litwatch(server.address, token(server, Scope.READ)) as client:
        assert client.topics()
        with pytest.raises(ClientError) as raised:
            client.vote("stroma", 1, "relevant")
        assert (raised.value.status, raised.value.code) == (403, "scope")
        assert "token create" in raised.value.remedy
    with Litwatch(server.address, token(server, Scope.VOTE)) as client:
        assert client.vote("stroma", 1, "relevant").vote.voter == "api:notebook-vote"


def test_a_wrong_token_is_refused_and_never_shown(server: Server) -> None:
    wrong = tokens.fresh()
    with Litwatch(server.address, wrong) as client:
        with pytest.raises(ClientError) as raised:
            client.topics()
        assert (raised.value.status, raised.value.code) == (401, "token")
        for shown in (repr(client), repr(client.__dict__), str(raised.value), repr(raised.value)):
            assert wrong not in shown


# -- conditional GET ------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_fetched_again(
    client: Litwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []
    client._at._http.event_hooks["response"].append(lambda r: statuses.append(r.status_code))
    assert client.topics() == client.topics()
    client.vote("stroma", 2, "relevant")
    assert client.work(2) == client.work(2)
    client.vote("stroma", 2, "withdrawn")
    assert client.work(2).votes == ()
    assert statuses == [200, 304, 200, 200, 304, 200, 200]


# -- many requests --------------------------------------------------------------------------------


@pytest.fixture
def slow(settings: dict[str, Any]) -> None:
    """One request every twelve seconds, after five at once."""
    settings["web"] = {"api_rate": 5}


@pytest.mark.usefixtures("slow")
def test_reads_keep_to_the_rate_that_the_server_sets(server: Server, time: FixedClock) -> None:
    def sleep(seconds: float) -> None:
        time.pass_time(seconds=seconds)
        slept.append(seconds)

    slept: list[float] = []
    with Litwatch(server.address, sleep=sleep) as client:
        assert [client.work(1).id for _ in range(8)] == [1] * 8
    assert slept == [12, 12, 12]


@pytest.mark.usefixtures("slow")
def test_a_vote_that_comes_too_soon_is_refused_and_not_counted(server: Server) -> None:
    with Litwatch(server.address, sleep=_never) as client:
        for _ in range(5):
            client.health()
        with pytest.raises(ClientError) as raised:
            client.vote("stroma", 1, "relevant")
    assert (raised.value.status, raised.value.code) == (429, "too-fast")
    with server.app.store.reading() as tx:
        assert tx.votes.current("stroma") == []


def _never(_seconds: float) -> None:
    raise AssertionError("a vote does not wait")


def test_threads_share_one_client(client: Litwatch) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: client.work(n % 7 + 1).id, range(70)))
    assert found == [n % 7 + 1 for n in range(70)]


# -- the whole of it ------------------------------------------------------------------------------


def test_every_operation_of_the_api_has_its_call(server: Server) -> None:
    """What the API can do and the client cannot would go unnoticed."""
    calls = {
        "GET /search": Litwatch.search,
        "GET /works/{name}": Litwatch.work,
        "GET /works/{name}/similar": Litwatch.similar,
        "GET /searches": Litwatch.saved_searches,
        "GET /searches/{name}": Litwatch.saved_search,
        "PUT /searches/{name}": Litwatch.save_search,
        "DELETE /searches/{name}": Litwatch.forget_search,
        "GET /topics": Litwatch.topics,
        "GET /topics/{slug}": Litwatch.topic,
        "GET /topics/{slug}/document": Litwatch.topic_document,
        "PUT /topics/{slug}/document": Litwatch.change_topic,
        "POST /topics/{slug}/undo": Litwatch.undo_topic,
        "GET /votes": Litwatch.votes,
        "POST /votes": Litwatch.vote,
        "GET /people": Litwatch.people,
        "PUT /people/{name}": Litwatch.link,
        "DELETE /people/{name}": Litwatch.unlink,
        "GET /digests": Litwatch.digests,
        "GET /digests/{digest_id}": Litwatch.digest,
        "GET /deliveries": Litwatch.deliveries,
        "GET /deliveries/{delivery_id}": Litwatch.delivery,
        "GET /subscriptions": Litwatch.subscriptions,
        "GET /subscriptions/{name}": Litwatch.subscription,
        "POST /subscriptions/{name}/stop": Litwatch.stop,
        "POST /subscriptions/{name}/resume": Litwatch.resume,
        "GET /sources": Litwatch.sources,
        "GET /receipts": Litwatch.receipts,
        "GET /audit": Litwatch.audit,
        "GET /health": Litwatch.health,
        "GET /exports": Litwatch.export,
    }
    with Litwatch(server.address) as client:
        paths = _described(client)
    offered = {
        f"{method.upper()} {re.sub(r':path', '', path.removeprefix('/api/v1'))}"
        for path, item in paths.items()
        for method in item
    }
    assert offered == calls.keys()


def _described(client: Litwatch) -> dict[str, Any]:
    return json.loads(client._at.read("/openapi.json"))["paths"]


def test_an_expired_token_is_refused_with_the_reason(server: Server) -> None:
    made = tokens.fresh()
    old = Token("old", tokens.hashed(made), Scope.READ, NOW, expires_at=NOW + timedelta(hours=1))
    with server.app.store.writing() as tx:
        tx.tokens.add(old)
    with Litwatch(server.address, made) as client, pytest.raises(ClientError, match="has expired"):
        client.topics()
