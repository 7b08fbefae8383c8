"""What the services are asked, and what comes of their answers."""

from __future__ import annotations

import pytest

from service.errors import BadRequestError, NotFoundError, ThrottledError, TransientError
from service.sources.enrichment import Addresses, Services, file_name
from tests.enrichment_payloads import bioc, bioc_json, core, europe, found, jats, marked, png
from tests.fakes_http import Answer, FakeHttp, FakeReply, Request

PLACES = (
    "https://first.example.org/{pmcid}.1/{name}",
    "https://second.example.org/articles/{pmcid}/bin/{name}",
)
AT = Addresses(
    europepmc="https://europe.example.org/rest/",
    annotations="https://europe.example.org/annotations",
    pubtator="https://pubtator.example.org/api",
    pictures=PLACES,
)


def asking(answer: Answer, email: str = "") -> tuple[Services, FakeHttp]:
    http = FakeHttp(answer)
    return Services(http, AT, email), http


def test_annotations_are_asked_for_several_articles_at_once() -> None:
    services, http = asking(lambda _: europe(("MED:1", [marked("TNF")]), ("PMC:PMC2", [])))
    assert {*services.annotations(["MED:1", "PMC:PMC2"])} == {"MED:1", "PMC:PMC2"}
    (request,) = http.requests
    assert request.url == "https://europe.example.org/annotations/annotationsByArticleIds"
    assert request.params == {"articleIds": "MED:1,PMC:PMC2", "format": "JSON"}


def test_pubtator_is_asked_by_pmid() -> None:
    services, http = asking(lambda _: bioc_json(("1", [bioc("TNF")])))
    assert [each.text for each in services.pubtator(["1", "2"])["1"]] == ["TNF"]
    (request,) = http.requests
    assert request.url == "https://pubtator.example.org/api/publications/export/biocjson"
    assert request.params == {"pmids": "1,2"}


def test_openness_is_asked_in_queries_of_25_papers_and_says_who_asks() -> None:
    services, http = asking(lambda _: found(core()), email="lab@example.org")
    assert len(services.openness([f"PMCID:PMC{number}" for number in range(30)])) == 2
    first, second = http.requests
    assert first.params["query"].count(" OR ") == 24
    assert second.params["query"].count(" OR ") == 4
    assert first.params["resultType"] == "core"
    assert first.params["email"] == "lab@example.org"


def test_a_notice_in_place_of_an_answer_is_asked_again() -> None:
    replies = [b"<html><body>Busy</body></html>", europe(("MED:1", []))]
    services, http = asking(lambda _: replies[len(http.requests) - 1])
    assert services.annotations(["MED:1"]) == {"MED:1": ()}
    assert len(http.requests) == 2


# -- full texts and pictures


def test_a_full_text_is_fetched_by_pmcid() -> None:
    services, http = asking(lambda _: jats())
    assert services.full_text("PMC901") == jats()
    assert http.requests[0].url == "https://europe.example.org/rest/PMC901/fullTextXML"


@pytest.mark.parametrize("pmcid", ["", "901", "PMC", "PMC1/../2", "PMC1?x=1", "PMC٣"])
def test_what_is_no_pmcid_is_never_asked_for(pmcid: str) -> None:
    services, http = asking(lambda _: png())
    with pytest.raises(NotFoundError):
        services.full_text(pmcid)
    with pytest.raises(NotFoundError):
        services.picture(pmcid, "f1")
    assert http.requests == []


def test_a_page_in_place_of_a_full_text_is_none() -> None:
    services, _ = asking(lambda _: b"<!doctype html><html><body>Just a moment</body></html>")
    with pytest.raises(TransientError):
        services.full_text("PMC901")


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("stroma-f1", "stroma-f1.jpg"),
        ("ERR-0151-2025.01.jpg", "ERR-0151-2025.01.jpg"),
        ("pntd.0002065.g001", "pntd.0002065.g001.jpg"),
        ("gr1.TIF", "gr1.jpg"),
        ("gr1.eps", "gr1.jpg"),
        ("gr1.PNG", "gr1.PNG"),
        *((odd, "") for odd in ("", "../x", "a/b", "a b", "x?y=1", "https://x.org/1.jpg", "é1")),
        *((odd, "") for odd in ("a..b", "%2e%2e", ".hidden", "a" * 300, "x\n.jpg", "{name}")),
    ],
)
def test_a_graphic_is_fetched_by_a_plain_name_alone(href: str, name: str) -> None:
    assert file_name(href) == name


def test_a_picture_is_looked_for_in_one_place_after_the_other() -> None:
    def answer(request: Request) -> FakeReply:
        if request.url.startswith("https://first"):
            return FakeReply(b"<Error/>", status=404)
        return FakeReply(png())

    services, http = asking(answer)
    assert services.picture("PMC901", "stroma-f1") == png()
    assert [each.url for each in http.requests] == [
        "https://first.example.org/PMC901.1/stroma-f1.jpg",
        "https://second.example.org/articles/PMC901/bin/stroma-f1.jpg",
    ]


@pytest.mark.parametrize(
    "wall",
    [
        FakeReply(b"<html>Checking your browser</html>"),
        FakeReply(b"", status=200),
        FakeReply(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        FakeReply(b"%PDF-1.7"),
        FakeReply(b"no", status=403),
        FakeReply(b"\xff\xd8\xff" + b"0" * (13 << 20)),
    ],
)
def test_what_is_no_picture_is_not_found_and_asked_for_once(wall: FakeReply) -> None:
    services, http = asking(lambda _: wall)
    with pytest.raises(NotFoundError):
        services.picture("PMC901", "stroma-f1")
    assert len(http.requests) == len(PLACES)


def test_a_place_that_is_too_busy_is_no_place_without_a_picture() -> None:
    services, _ = asking(lambda _: FakeReply(b"slow down", status=429))
    with pytest.raises(ThrottledError):
        services.picture("PMC901", "stroma-f1")


def test_a_request_that_is_called_wrong_is_not_repeated() -> None:
    services, http = asking(lambda _: FakeReply(b"bad", status=400))
    with pytest.raises(BadRequestError):
        services.annotations(["MED:x"])
    assert len(http.requests) == 1
