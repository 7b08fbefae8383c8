"""What each address tells, and what it takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service import normalisation
from service.archive.exports import FORMATS
from service.records import Entity, EntityKind, Judgement
from service.records.enriching import Enrichment, What
from service.records.findings import Search
from service.records.queries import Mode, Sort
from service.web.api import models
from service.web.api.exports import Form
from tests.api_office import DELIVERY, DIGEST, TOPIC, frozen
from tests.papers import NOW, Archive, paper, preprint

if TYPE_CHECKING:
    from tests.api_office import Office


def got(office: Office, path: str, **params: Any) -> Any:
    answer = office.here().get(f"/api/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


# -- search ---------------------------------------------------------------------------------------


def test_a_search_is_passed_on_as_asked(office: Office) -> None:
    got(office, "search", q="title:stroma", mode="lexical", sort="seen", limit=7, cursor="x", facets="true")  # fmt: skip
    assert office.searched == [
        Search("title:stroma", Mode.LEXICAL, limit=7, cursor="x", sort=Sort.SEEN, facets=True)
    ]


def test_a_search_without_wishes_has_the_usual_ones(office: Office) -> None:
    got(office, "search", q="stroma")
    assert office.searched == [Search("stroma")]


def test_findings_are_told_whole(office: Office) -> None:
    found = got(office, "search", q="stroma", facets="true")
    (hit,) = found["hits"]
    assert hit["work"]["ids"]["doi"] == "10.5555/stroma.1"
    assert (hit["matched"], hit["similarity"]) == ("all", 0.75)
    assert hit["snippets"] == [{"part": "title", "text": hit["work"]["title"], "marks": [[0, 7]]}]
    assert found["facets"] == [
        {
            "name": "source",
            "values": [{"value": "pubmed", "count": 1, "query": "stroma source:pubmed"}],
        }
    ]
    assert (found["total"], found["exact"], found["mode"]) == (10_000, False, "hybrid")
    assert (found["cursor"], found["notes"]) == ("further", ["no work has that word"])


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1e9", "x"])
def test_pages_are_bounded(office: Office, limit: str) -> None:
    answer = office.here().get("/api/v1/search", params={"q": "a", "limit": limit})
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "query.limit"


# -- works ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["1", "10.5555/stroma.1", "10.5555%2FSTROMA.1", "40000001"])
def test_a_work_answers_to_all_its_names(office: Office, name: str) -> None:
    found = got(office, f"works/{name}")
    assert (found["id"], found["title"][:14]) == (1, "Stromal niche ")


def test_a_work_tells_all_that_is_known_of_it(office: Office) -> None:
    Archive(office.app.store).take_in(preprint(1))
    found = got(office, "works/1")
    assert [record["key"] for record in found["records"]] == [
        "pubmed:40000001",
        "biorxiv:10.1101/2026.000001v1",
    ]
    assert found["records"][1]["kind"] == "preprint"
    assert found["records"][1]["version"] == "1"
    assert found["records"][1]["joined_by"]
    assert found["votes"] == [{"topic": TOPIC, "judgement": "saved", "count": 1}]
    (shown,) = found["digests"]
    assert (shown["digest"], shown["rank"], shown["relevance"]) == (DIGEST, 1, 0.83)


def test_a_record_that_is_not_understood_is_told_without_its_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.errors import ParseError

    def refuse(record: Any) -> Any:
        raise ParseError(record.key, "is broken")

    monkeypatch.setattr(normalisation, "normalise", refuse)
    (record,) = got(office, "works/1")["records"]
    assert record["key"] == "pubmed:40000001"
    assert record["title"] is None


def test_a_work_is_told_with_what_it_names_and_where_it_is_open(office: Office) -> None:
    before = got(office, "works/1")
    assert (before["entities"], before["access"]) == ([], None)
    content = {"licence": "CC BY", "pdf_url": "", "html_url": "https://x.org/1", "open": True}
    kept = Enrichment(1, What.ACCESS, "Europe PMC", True, "pmid:1", NOW, None, content=content)
    with office.app.store.writing() as tx:
        tx.enrichments.name(1, [Entity(EntityKind.GENE, "TNF-α", "UniProt:P01375", 2)])
        tx.enrichments.keep(kept)
    found = got(office, "works/1")
    assert found["access"] == content
    assert found["entities"] == [
        {"kind": "gene", "name": "TNF-α", "identifier": "UniProt:P01375", "count": 2}
    ]


def test_a_split_is_in_the_history_of_both(office: Office) -> None:
    archive = Archive(office.app.store)
    archive.take_in(preprint(1))
    other = archive.split(1, "biorxiv:10.1101/2026.000001v1", reason="two papers")
    for work_id in (1, other):
        (event,) = got(office, f"works/{work_id}")["history"]
        assert (event["action"], event["kept"], event["other"]) == ("split", 1, other)


def test_works_like_one_are_searched_by_its_number(office: Office) -> None:
    found = got(office, "works/10.5555/stroma.2/similar", limit=5)
    assert office.searched == [Search("like:2", limit=5)]
    assert found["hits"]


@pytest.mark.parametrize("path", ["works/99", "works/99/similar", "works/10.5555/none", "works/ "])
def test_a_work_that_is_not_there_is_not_found(office: Office, path: str) -> None:
    answer = office.here().get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert "is not in the archive" in answer.json()["detail"]


# -- topics, digests, deliveries, subscriptions ---------------------------------------------------


def test_topics_are_told_with_their_seeds_and_versions(office: Office) -> None:
    listed = got(office, "topics")["items"]
    assert TOPIC in [topic["slug"] for topic in listed]
    found = got(office, f"topics/{TOPIC}")
    assert found["seeds"][0]["title"]
    assert [version["version"] for version in found["versions"]] == [1]
    assert found["versions"][0]["document"]


def test_a_digest_is_told_as_it_was_frozen(office: Office) -> None:
    found = got(office, f"digests/{DIGEST}")
    (section,) = found["sections"]
    assert [item["work"]["id"] for item in section["items"]] == [1, 2]
    assert section["items"][0]["ranked"]["relevance"] == 0.83
    assert section["items"][0]["ranked"]["facet"]["kind"] == "finding"
    assert (found["screened"], found["standing"], found["shown"]) == (4212, "waiting", 2)
    assert [receipt["source"] for receipt in found["receipts"]] == ["pubmed", "biorxiv"]


def test_a_digest_may_be_named_by_how_it_begins(office: Office) -> None:
    assert got(office, "digests/Lab:Europe")["id"] == DIGEST


def test_a_delivery_is_told_with_what_happened(office: Office) -> None:
    found = got(office, f"deliveries/{DELIVERY[:8]}")
    assert (found["id"], found["state"], found["channel"]) == (DELIVERY, "ready", "email")
    assert [event["to_state"] for event in found["events"]] == ["ready"]


def test_deliveries_are_filtered(office: Office) -> None:
    assert len(got(office, "deliveries")["items"]) == 1
    assert len(got(office, "deliveries", state=["ready", "dead"])["items"]) == 1
    assert got(office, "deliveries", state="dead")["items"] == []
    assert got(office, "deliveries", digest="other")["items"] == []
    assert len(got(office, "deliveries", digest=DIGEST)["items"]) == 1


def test_a_subscription_is_stopped_and_resumed(office: Office) -> None:
    here = office.here()
    before = got(office, "subscriptions/Lab")
    assert (before["stopped"], before["weekday"]) == (None, "monday")
    assert before["next_at"]
    for _ in range(2):  # again changes nothing
        stopped = here.post("/api/v1/subscriptions/Lab/stop").json()
        assert (stopped["stopped"], stopped["next_at"]) == ("unsubscribed", None)
    assert got(office, "subscriptions")["items"] == [stopped]
    assert here.post("/api/v1/subscriptions/Lab/resume").json() == before


@pytest.mark.parametrize("path", ["topics/none", "digests/none", "deliveries/none", "subscriptions/none", "searches/none"])  # fmt: skip
def test_what_is_not_there_is_not_found(office: Office, path: str) -> None:
    answer = office.here().get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert "'none'" in answer.json()["detail"]


@pytest.mark.parametrize("action", ["stop", "resume"])
def test_nobody_is_stopped_who_is_not_there(office: Office, action: str) -> None:
    assert office.here().post(f"/api/v1/subscriptions/none/{action}").status_code == 404


# -- votes ----------------------------------------------------------------------------------------


def cast(office: Office, *, key: str = "", token: str = "", **asked: Any) -> Any:
    client = office.away(token) if token else office.here()
    headers = {"Idempotency-Key": key} if key else {}
    body = {"topic": TOPIC, "work": "2", "judgement": "relevant"} | asked
    return client.post("/api/v1/votes", json=body, headers=headers)


def test_a_vote_counts_in_the_name_of_its_token(office: Office) -> None:
    answer = cast(office, token=office.token("vote"), note="see figure 2")
    assert answer.status_code == 200
    assert answer.json()["changed"] is True
    assert office.votes()[-1] == (2, "api:zotero", Judgement.RELEVANT, "see figure 2")


def test_the_same_key_counts_once_for_all_time(office: Office) -> None:
    token = office.token("vote")
    first = cast(office, token=token, key="press-1")
    cast(office, token=token, judgement="not relevant")
    again = cast(office, token=token, key="press-1")
    assert first.json()["changed"] is True
    assert again.json()["changed"] is False
    assert again.json()["vote"]["judgement"] == "not relevant", "what is in force is told"
    assert [said[2] for said in office.votes() if said[0] == 2] == [Judgement.NOT_RELEVANT]


def test_the_keys_of_two_programs_are_their_own(office: Office) -> None:
    for name in ("one", "two"):
        token = office.token("vote", name)
        assert cast(office, token=token, key="1").json()["changed"] is True
    assert len([said for said in office.votes() if said[0] == 2]) == 2


def test_only_admin_votes_for_others(office: Office) -> None:
    refused = cast(office, token=office.token("vote"), voter="Ida")
    assert refused.status_code == 403
    assert cast(office, token=office.token("admin", "boss"), voter="Ida").status_code == 200
    assert [said[1] for said in office.votes() if said[0] == 2] == ["Ida"]


def test_a_vote_is_taken_back(office: Office) -> None:
    token = office.token("vote")
    cast(office, token=token)
    answer = cast(office, token=token, judgement="withdrawn")
    assert answer.json()["vote"]["judgement"] == "withdrawn"
    assert [said for said in office.votes() if said[0] == 2] == []
    assert cast(office, work="3", judgement="withdrawn").json()["changed"] is False


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"topic": "none"}, 404),
        ({"work": "99"}, 404),
        ({"judgement": "good"}, 422),
        ({"note": "x" * 2_001}, 422),
        ({"more": 1}, 422),
        ({"voter": " "}, 400),
    ],
)
def test_a_vote_that_cannot_be_counted_writes_nothing(
    office: Office, asked: dict[str, Any], status: int
) -> None:
    before = office.rows()
    assert cast(office, **asked).status_code == status
    assert office.rows() == before


def test_votes_are_listed_by_topic_and_work(office: Office) -> None:
    cast(office, voter="Rei")
    assert [v["work_id"] for v in got(office, "votes", topic=TOPIC)["items"]] == [2, 1]
    assert [v["voter"] for v in got(office, "votes", work="10.5555/stroma.2")["items"]] == ["Rei"]
    assert got(office, "votes", topic="neutrophils")["items"] == []
    assert office.here().get("/api/v1/votes", params={"topic": "none"}).status_code == 404


def test_a_vote_tells_its_person_and_answers_to_all_their_names(office: Office) -> None:
    name = "mail:ida@example.org"
    linked = office.here().put(f"/api/v1/people/{name}", json={"person": " Ida  Berg"})
    assert linked.json() == {"name": name, "person": "Ida Berg"}
    found = got(office, "votes", work="1")["items"]
    assert [(vote["voter"], vote["person"]) for vote in found] == [(name, "Ida Berg")]
    again = cast(office, work="1", judgement="saved", voter="Ida Berg")
    assert again.json()["changed"] is False, "she had said so by mail"
    assert again.json()["vote"]["via"] == "mail"


def test_only_admin_is_told_an_address_that_is_a_person(office: Office) -> None:
    office.here().put("/api/v1/people/Ida", json={"person": "mail:ida@example.org"})
    reader = office.away(office.token("read")).get("/api/v1/votes").json()["items"]
    assert {(vote["voter"], vote["person"]) for vote in reader} == {
        ("mail:i...@example.org", "mail:i...@example.org")
    }
    assert got(office, "votes")["items"][0]["person"] == "mail:ida@example.org"


def test_people_are_listed_linked_and_unlinked(office: Office) -> None:
    name = "mail:ida@example.org"
    assert [person["name"] for person in got(office, "people")["items"]] == [name]
    here = office.here()
    here.put(f"/api/v1/people/{name}", json={"person": "Ida"})
    (ida,) = got(office, "people")["items"]
    assert ida == {"name": "Ida", "aliases": [name], "votes": 1}
    assert here.delete(f"/api/v1/people/{name}").status_code == 204
    assert here.delete(f"/api/v1/people/{name}").status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("Ida", {"person": "Ida"}, 400),
        ("Ida", {"person": " "}, 400),
        ("%20", {"person": "Ida"}, 400),
        ("Ida", {}, 422),
        ("Ida", {"person": "x" * 201}, 422),
        ("x" * 201, {"person": "Ida"}, 422),
    ],
    ids=str,
)
def test_names_that_cannot_be_linked_change_nothing(
    office: Office, name: str, body: dict[str, str], status: int
) -> None:
    before = office.rows()
    answer = office.here().put(f"/api/v1/people/{name}", json=body)
    assert answer.status_code == status
    assert office.rows() == before


def test_votes_on_what_was_merged_are_told_of_what_it_is_now(office: Office) -> None:
    archive = Archive(office.app.store)
    archive.take_in(preprint(9))
    number = archive.work("10.1101/2026.000009")
    cast(office, work=str(number), voter="Rei")
    archive.take_in(paper(9))  # its journal article
    (found,) = got(office, "votes", work=str(number))["items"]
    assert found["work_id"] == archive.work("10.5555/stroma.9")


# -- sources, receipts, health --------------------------------------------------------------------


def test_sources_tell_how_far_they_are_proved(office: Office) -> None:
    found = {source["name"]: source for source in got(office, "sources")["items"]}
    assert found["pubmed"]["enabled"] is True
    assert found["pubmed"]["sweeps"][0]["complete_to"] == "2026-11-15"
    assert found["biorxiv"]["sweeps"] == []


def test_receipts_tell_what_was_stated_and_fetched(office: Office) -> None:
    found = got(office, "receipts")["items"]
    assert [receipt["id"] for receipt in found] == [3, 2, 1]
    assert (found[0]["stated"], found[0]["fetched"], found[0]["window"]) == (
        3,
        3,
        "2026-11-09..2026-11-15",
    )
    assert got(office, "receipts", source="arxiv")["items"] == []
    assert found[0]["program"].startswith("litwatch ")
    assert (found[0]["dropped"], found[0]["signs"]) == ({}, [])


def test_an_audit_tells_which_days_are_proved(office: Office) -> None:
    found = got(office, "audit", since="2026-11-09")
    days = {each["name"]: each["days"] for each in found["sources"]}["pubmed"]
    assert {day["day"]: day["state"] for day in days}["2026-11-10"] == "proved"
    assert found["whole"] is not bool(found["gaps"])
    assert got(office, "audit")["since"] < found["since"]


@pytest.mark.parametrize("since", ["2031-01-01", "1999-01-01"])
def test_an_audit_of_other_years_is_refused(office: Office, since: str) -> None:
    answer = office.here().get("/api/v1/audit", params={"since": since})
    assert answer.status_code == 400
    assert "is not one of the last 400 days" in answer.json()["detail"]


def test_health_is_ok_until_a_person_should_look(office: Office) -> None:
    found = got(office, "health")
    assert (found["status"], found["works"], found["deliveries"]) == ("ok", 3, {"ready": 1})
    with office.app.store.writing() as tx:
        tx.sources.begin("pubmed", NOW, force=False)
        tx.sources.failed("pubmed", "transient", "is away", NOW)
    found = got(office, "health")
    assert (found["status"], found["failing_sources"]) == ("attention", ["pubmed"])


# -- saved searches -------------------------------------------------------------------------------


def test_a_saved_search_is_kept_read_and_forgotten(office: Office) -> None:
    here = office.here()
    assert [saved["name"] for saved in got(office, "searches")["items"]] == ["nets"]
    put = here.put("/api/v1/searches/stroma", json={"query": "title:stroma", "mode": "lexical"})
    assert put.status_code == 200
    assert got(office, "searches/stroma") == put.json()
    assert put.json()["query"] == "title:stroma"
    again = here.put("/api/v1/searches/stroma", json={"query": "title:niche"})
    assert (again.json()["query"], again.json()["mode"]) == ("title:niche", "hybrid")
    gone = here.delete("/api/v1/searches/stroma")
    assert (gone.status_code, gone.content) == (204, b"")
    assert here.delete("/api/v1/searches/stroma").status_code == 404


def test_a_query_that_cannot_be_asked_is_not_kept(office: Office) -> None:
    before = office.rows()
    answer = office.here().put("/api/v1/searches/bad", json={"query": "(title:"})
    assert answer.status_code == 400
    assert "at" in answer.json()
    assert office.rows() == before


# -- exports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_has_the_type_and_name_of_its_format(office: Office, form: str) -> None:
    answer = office.here().get("/api/v1/exports", params={"format": form, "work": ["2", "1"]})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(FORMATS[form].media_type.partition(";")[0])
    ending = FORMATS[form].endings[0]
    assert answer.headers["content-disposition"] == f'attachment; filename="litwatch.{ending}"'
    assert answer.text.index("niche 2") < answer.text.index("niche 1")


def test_the_formats_are_those_of_the_command_line() -> None:
    from service.cli.exporting import FORMATS as TOLD

    assert set(Form.__args__) == set(FORMATS) == set(TOLD)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "works"),
    [
        ({"topic": TOPIC}, [1]),
        ({"digest": "Lab"}, [1, 2]),
        ({"saved": "true"}, [1]),
        ({"work": ["3"]}, [3]),
        ({"q": "niche title:2"}, [2]),
        ({"q": "like:2"}, [1]),
    ],
)
def test_what_is_exported_is_what_was_asked_for(
    office: Office, asked: dict[str, Any], works: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = office.app.find
    monkeypatch.setattr(office.app, "find", lambda search: _ended(found(search)))
    answer = office.here().get("/api/v1/exports", params={"format": "jsonl", **asked})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["title"].split()[2] for line in lines] == [str(work) for work in works]


def _ended(found: Any) -> Any:
    from dataclasses import replace

    return replace(found, cursor=None)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        ({"topic": TOPIC, "saved": "true"}, 400),
        ({"q": "(title:"}, 400),
        ({"topic": "none"}, 404),
        ({"digest": "none"}, 404),
        ({"work": ["99"]}, 404),
    ],
)
def test_an_export_that_cannot_be_made_is_a_problem(
    office: Office, asked: dict[str, Any], status: int
) -> None:
    answer = office.here().get("/api/v1/exports", params={"format": "ris", **asked})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_format_that_is_none_is_told(office: Office) -> None:
    answer = office.here().get("/api/v1/exports", params={"format": "docx", "saved": "true"})
    assert answer.status_code == 422


# -- pages ----------------------------------------------------------------------------------------


def pages(office: Office, path: str, **params: Any) -> list[Any]:
    """Every item of a list, read in pages of two."""
    found, cursor = [], None
    for _ in range(20):
        told = {"cursor": cursor} if cursor else {}
        page = got(office, path, limit=2, **params, **told)
        assert len(page["items"]) <= 2
        found += page["items"]
        cursor = page["cursor"]
        if cursor is None:
            return found
    raise AssertionError("no end")


@pytest.mark.parametrize("path", ["digests", "deliveries", "receipts", "votes"])
def test_pages_together_are_the_whole_list(office: Office, path: str) -> None:
    for week in range(40, 45):
        office.time.pass_time(seconds=week % 2)  # two of a kind in one moment
        frozen(office.app, f"d{week}", week, f"delivery-{week}")
        cast(office, voter=f"reader {week}")
    whole = got(office, path, limit=200)
    assert whole["cursor"] is None
    assert len(whole["items"]) > 2
    assert pages(office, path) == whole["items"]


def test_what_comes_while_one_reads_moves_nothing(office: Office) -> None:
    first = got(office, "receipts", limit=1)
    office.time.pass_time(seconds=1)
    from tests.api_office import fill_receipts

    fill_receipts(office.app, 2)
    second = got(office, "receipts", limit=1, cursor=first["cursor"])
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [3, 2]


@pytest.mark.parametrize("cursor", ["x", "", "A" * 999, "é", "bnVsbA", "W10", "WzEsMiwzXQ"])
@pytest.mark.parametrize("path", ["digests", "deliveries", "receipts", "votes"])
def test_a_cursor_that_is_none_is_told(office: Office, path: str, cursor: str) -> None:
    answer = office.here().get(f"/api/v1/{path}", params={"cursor": cursor})
    assert answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


def test_a_cursor_leads_on_in_its_own_list_only(office: Office) -> None:
    cursor = got(office, "receipts", limit=1)["cursor"]
    for path, params in (("votes", {}), ("receipts", {"source": "pubmed"})):
        answer = office.here().get(f"/api/v1/{path}", params={"cursor": cursor, **params})
        assert answer.status_code == 400
        assert "another list" in answer.json()["detail"]


# -- models ---------------------------------------------------------------------------------------


def test_the_names_of_the_models_are_published() -> None:
    """A client is written against them."""
    for name in models.__all__:
        assert getattr(models, name) is not None
