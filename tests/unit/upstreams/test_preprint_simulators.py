"""What the simulated preprint servers do, whoever asks."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from lxml import etree

from service.config import Settings
from service.sources.arxiv import CATEGORIES, TERMS, search_query
from tests.upstreams import life
from tests.upstreams.arxiv import Arxiv
from tests.upstreams.biorxiv import Biorxiv
from tests.upstreams.by_hand import TODAY, article, at, entry, posted, world
from tests.upstreams.europepmc import EuropePmc
from tests.upstreams.moods import alternating
from tests.upstreams.refusing import NotUnderstood, mixed
from tests.upstreams.words import JOURNALS

if TYPE_CHECKING:
    from tests.upstreams.serving import Answer, Upstream

NOON = at(TODAY, 12)
ATOM = "{http://www.w3.org/2005/Atom}"
SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
OAI = "{http://www.openarchives.org/OAI/2.0/}"


def ask(upstream: Upstream, path: str, now=NOON, /, **query: str) -> Answer:
    return upstream.answer("GET", path, query, {}, b"", now)


def told(upstream: Upstream, path: str, now=NOON, /, **query: str) -> Any:
    return json.loads(ask(upstream, path, now, **query).body)


# -- bioRxiv ----------------------------------------------------------------------------------------


def details(cursor: int, day: date = TODAY, server: str = "biorxiv") -> str:
    return f"/details/{server}/{day}/{day}/{cursor}/json"


def test_the_cursor_is_an_offset_and_a_wrong_step_skips_rows_without_a_word() -> None:
    simulated = Biorxiv(world(posted(257)), pages=((date.min, 30),))
    right = [told(simulated, details(cursor))["collection"] for cursor in range(0, 257, 30)]
    wrong = [told(simulated, details(cursor))["collection"] for cursor in range(0, 257, 100)]
    assert len({row["doi"] for page in right for row in page}) == 257
    assert len({row["doi"] for page in wrong for row in page}) == 3 * 30


def test_a_row_that_is_posted_meanwhile_shifts_the_others() -> None:
    of = article(1)
    late = entry("biorxiv", of.preprint_doi, of, TODAY, since=NOON + timedelta(hours=1))
    simulated = Biorxiv(world([*posted(150, first=2), late]))
    before = told(simulated, details(100))["collection"][0]
    after = told(simulated, details(100), NOON + timedelta(hours=2))["collection"]
    assert after[1] == before


def test_a_total_counts_versions_and_is_text() -> None:
    of = article(900)
    second = entry("biorxiv", of.preprint_doi, of, TODAY, "2")
    (said,) = told(Biorxiv(world([*posted(3), second])), details(0))["messages"]
    assert (said["total"], said["count_new_papers"], said["count"]) == ("4", "3", 4)


def test_a_category_is_echoed_and_a_wrong_one_finds_nothing() -> None:
    simulated = Biorxiv(world(posted(3)))
    (said,) = told(simulated, details(0), category="cancer_biology")["messages"]
    assert said["category"] == "cancer_biology"
    assert told(simulated, details(0), category="cancer")["collection"] == []


def test_all_versions_of_a_preprint_are_given_whatever_their_days() -> None:
    of = article(1)
    held = [
        entry("biorxiv", of.preprint_doi, of, TODAY - timedelta(days=30 * n), str(3 - n))
        for n in range(3)
    ]
    rows = told(Biorxiv(world(held)), f"/details/biorxiv/{of.preprint_doi}/na/json")["collection"]
    assert [row["version"] for row in rows] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (f"/details/biorxiv/{TODAY}/{TODAY}/0", {}),
        (f"/pubs/biorxiv/{TODAY}/{TODAY}/0/json", {}),
        (f"/pub/biorxiv/{TODAY}/{TODAY}/0", {}),
        ("/details/biorxiv/30", {}),
        (details(0), {"page": "2"}),
    ],
)
def test_what_no_client_of_ours_asks_bioRxiv_is_refused(path: str, query: dict[str, str]) -> None:  # noqa: N802 - its name
    with pytest.raises(NotUnderstood):
        ask(Biorxiv(world([])), path, **query)


# -- arXiv ------------------------------------------------------------------------------------------


def preprint(number: int, category: str = "q-bio.TO", day: date = TODAY, **more):
    of = article(number, arxiv_id=f"2705.{number:05d}", category=category)
    return entry("arxiv", of.arxiv_id, of, day, **more)


def listed(upstream: Upstream, now=NOON, **asked: str) -> etree._Element:
    usual = {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "set": "q-bio"}
    query = asked if "resumptionToken" in asked else {**usual, "from": str(TODAY), **asked}
    return etree.fromstring(ask(upstream, "/oai", now, **query).body)


def uids(root: etree._Element) -> list[str]:
    return [(e.text or "").rpartition(":")[2] for e in root.iter(f"{OAI}identifier")]


def error(root: etree._Element) -> str | None:
    found = root.find(f"{OAI}error")
    return None if found is None else found.get("code")


def test_a_token_holds_the_whole_request_and_is_worthless_after_midnight() -> None:
    simulated = Arxiv(world([preprint(n) for n in range(1, 26)]), page=10)
    (token,) = listed(simulated).iter(f"{OAI}resumptionToken")
    raw = unquote(token.text or "")
    assert token.get("expirationDate") == f"{TODAY + timedelta(days=1)}T00:00:00Z"
    following = listed(simulated, verb="ListRecords", resumptionToken=raw)
    assert uids(following) == [f"2705.{n:05d}" for n in range(11, 21)]
    late = at(TODAY + timedelta(days=1), 1)
    assert error(listed(simulated, late, verb="ListRecords", resumptionToken=raw)) == (
        "badResumptionToken"
    )


def test_a_token_as_it_stands_in_the_reply_is_not_known() -> None:
    simulated = Arxiv(world([preprint(n) for n in range(1, 26)]), page=10)
    (token,) = listed(simulated).iter(f"{OAI}resumptionToken")
    encoded = listed(simulated, verb="ListRecords", resumptionToken=token.text or "")
    assert error(encoded) == "badResumptionToken"


def test_a_list_knows_sets_days_and_what_was_removed() -> None:
    gone = preprint(4, gone=at(TODAY, 3))
    older = preprint(3, day=TODAY - timedelta(days=3))
    held = [preprint(1), preprint(2, "physics.bio-ph"), older, gone]
    simulated = Arxiv(world(held))
    assert uids(listed(simulated)) == ["2705.00001", "2705.00004"]
    deleted = [e for e in listed(simulated).iter(f"{OAI}header") if e.get("status") == "deleted"]
    assert [uids(header) for header in deleted] == [["2705.00004"]]
    assert uids(listed(simulated, set="physics:physics:bio-ph")) == ["2705.00002"]
    assert error(listed(simulated, set="math")) == "noRecordsMatch"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"verb": "Identify"}, "badVerb"),
        ({"metadataPrefix": "marc"}, "cannotDisseminateFormat"),
        ({"from": "yesterday"}, "badArgument"),
        ({"resumptionToken": "stale", "verb": "ListRecords"}, "badResumptionToken"),
    ],
)
def test_oai_says_in_its_own_words_what_is_wrong(asked: dict[str, str], code: str) -> None:
    assert error(listed(Arxiv(world([preprint(1)])), **asked)) == code


def found(upstream: Upstream, query: str, now=NOON, **asked: str) -> etree._Element:
    order = {"sortBy": "lastUpdatedDate", "sortOrder": "descending", "max_results": "50"}
    return etree.fromstring(
        ask(upstream, "/api/query", now, **{"search_query": query, **order, **asked}).body
    )


def total(root: etree._Element) -> int:
    return int(root.findtext(f"{SEARCH}totalResults") or "")


def test_the_index_is_made_once_a_day() -> None:
    simulated = Arxiv(world([preprint(1, since=at(TODAY, 1))]))
    assert total(found(simulated, "all:tumour")) == 0
    assert total(found(simulated, "all:tumour", at(TODAY + timedelta(days=1)))) == 1


def test_an_unknown_field_is_searched_everywhere_and_the_title_says_so() -> None:
    root = found(Arxiv(world([preprint(1)])), "topic:tumour")
    assert total(root) == 1
    assert "search_query=all:tumour&" in (root.findtext(f"{ATOM}title") or "")


def test_what_is_joined_without_brackets_is_read_from_left_to_right_or_refused() -> None:
    held = [preprint(1), preprint(2, "physics.bio-ph"), preprint(3, "cs.CV")]
    simulated = Arxiv(world(held), page=10)
    query = search_query(CATEGORIES, TERMS, without="q-bio")
    assert total(found(simulated, query)) == 2
    with pytest.raises(NotUnderstood):
        found(simulated, "cat:cs.CV OR cat:math.NT AND all:tumour")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"start": "first"}, "start must be an integer"),
        ({"max_results": "2001"}, "max_results must not be greater than 2000"),
        ({"start": "29990"}, "start + max_results must not exceed 30000"),
        ({"id_list": "2705.00001,abc"}, "incorrect id format for abc"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_is_a_feed_of_one_entry(asked: dict[str, str], said: str, status: int) -> None:
    simulated = Arxiv(world([preprint(1)]), mood=alternating(error200=(1, status == 200)))
    usual = {"search_query": "all:tumour", "max_results": "50"}
    answer = ask(simulated, "/api/query", **{**usual, **asked})
    assert answer.status == status
    assert etree.fromstring(answer.body).findtext(f"{ATOM}entry/{ATOM}summary") == said


def test_an_unknown_id_is_left_out() -> None:
    root = found(Arxiv(world([preprint(1)])), "", id_list="2705.00001,2705.00002")
    assert total(root) == 1


# -- Europe PMC -------------------------------------------------------------------------------------


def ppr(number: int, day: date = TODAY, **more):
    of = article(number, server="biorxiv", **more)
    return entry("europepmc", f"PPR/PPR{number}", of, day, "1")


def search(upstream: Upstream, query: str, mark: str = "*", **asked: str) -> Any:
    usual = {"resultType": "idlist", "format": "json", "pageSize": "5"}
    return told(upstream, "/search", query=query, cursorMark=mark, **{**usual, **asked})


def ids(value: Any) -> list[str]:
    return sorted(result["id"] for result in value["resultList"]["result"])


THIS_WEEK = f"FIRST_IDATE:[{TODAY - timedelta(days=6)} TO {TODAY}]"


def test_the_last_mark_repeats_on_an_empty_page() -> None:
    simulated = EuropePmc(world([ppr(n) for n in range(1, 20)]))
    marks, sizes = ["*"], []
    while len(marks) < 3 or marks[-1] != marks[-2]:
        value = search(simulated, THIS_WEEK, marks[-1])
        sizes.append(len(ids(value)))
        marks.append(value["nextCursorMark"])
    assert sizes == [5, 5, 5, 4, 0]


def test_a_mark_is_a_place_and_not_an_offset() -> None:
    of = [ppr(n) for n in range(1, 20)]
    before = search(EuropePmc(world(of)), THIS_WEEK)
    more = EuropePmc(world([*of, *(ppr(n) for n in range(20, 60))]))
    rest, mark = [], before["nextCursorMark"]
    while page := ids(value := search(more, THIS_WEEK, mark)):
        rest += page
        mark = value["nextCursorMark"]
    assert {f"PPR{n}" for n in range(1, 20)} <= {*ids(before), *rest}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f'(TITLE:"tumour" OR ABSTRACT:"tumour") AND {THIS_WEEK}', ["PPR1", "PPR3"]),
        (f'(TITLE:"podocytes") AND {THIS_WEEK}', ["PPR3"]),
        (f"(SRC:MED OR SRC:PMC) AND {THIS_WEEK}", []),
        (f"{THIS_WEEK} NOT SRC:PMC", ["PPR1", "PPR3"]),
        ("(EXT_ID:PPR2 AND SRC:PPR) OR (EXT_ID:PPR3 AND SRC:PPR)", ["PPR2", "PPR3"]),
        ("EXT_ID:PPR1 AND SRC:MED", []),
        ('DOI:"10.5555/2027.05.14.100002"', ["PPR2"]),
    ],
)
def test_a_query_finds_what_it_says(query: str, expected: list[str]) -> None:
    held = [ppr(1), ppr(2, TODAY - timedelta(days=60)), ppr(3, title="Of tumour podocytes")]
    assert ids(search(EuropePmc(world(held)), query)) == expected


@pytest.mark.parametrize(
    "query",
    [
        "tumour",
        f'TITLE_ABS:"tumour" AND {THIS_WEEK}',
        f"FIRST_PDATE:[{TODAY} TO {TODAY}]",
        f"FIRST_IDATE:{TODAY}",
        f'TITLE:"tumour" OR ABSTRACT:"tumour" AND {THIS_WEEK}',
        f"(SRC:PPR AND {THIS_WEEK}",
    ],
)
def test_a_query_of_another_shape_is_refused(query: str) -> None:
    with pytest.raises(NotUnderstood):
        search(EuropePmc(world([ppr(1)])), query)


@pytest.mark.parametrize("asked", [{"synonym": "true"}, {"resultType": "full"}, {"format": "xml"}])
def test_what_no_client_of_ours_asks_europe_pmc_is_refused(asked: dict[str, str]) -> None:
    with pytest.raises(NotUnderstood):
        search(EuropePmc(world([])), THIS_WEEK, **asked)


@pytest.mark.parametrize("asked", [{"pageSize": "0"}, {"pageSize": "all"}, {"mark": "abc"}])
def test_errors_come_inside_200(asked: dict[str, str]) -> None:
    assert search(EuropePmc(world([])), THIS_WEEK, **asked)["errCode"] == 404


def test_the_shipped_queries_find_all_topical_texts_and_no_others() -> None:
    made = life.world(5, days=40)
    now = made.start + timedelta(days=39)
    query = Settings.model_validate({}).sources.europepmc.query
    asked = (
        f"({query}) AND (SRC:PPR OR SRC:PMC OR SRC:MED) AND FIRST_IDATE:[2020-01-01 TO 2030-01-01]"
    )
    value = told(
        EuropePmc(made), "/search", now, query=asked, format="json", pageSize="1000",
        cursorMark="*",
    )  # fmt: skip
    right = [seen for seen in made.records("europepmc", now) if seen.entry.article.topical]
    assert value["hitCount"] == len(right) > 200
    assert {r["journalTitle"] for r in value["resultList"]["result"] if "journalTitle" in r} <= {
        journal[0] for journal in JOURNALS
    }


@pytest.mark.parametrize(
    ("query", "unsure"),
    [
        ("a AND b AND c", False),
        ("(a OR b) AND (c OR d)", False),
        ("a OR b AND c", True),
        ("(a OR b AND c) AND d", True),
        ('"a OR b" AND c', False),
        ("a AND b ANDNOT c", False),
    ],
)
def test_and_beside_or_is_unsure(query: str, unsure: bool) -> None:
    assert mixed(query) == unsure
