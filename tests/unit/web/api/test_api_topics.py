"""Topics through the API: as documents that are changed under a condition, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service import tuning
from service.errors import TopicChangedError
from tests.api_office import TOPIC

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.api_office import Office

PATH = f"/api/v1/topics/{TOPIC}"
SEED = '[[seeds]]\nkey = "a"\ntitle = "Stroma in motion"\n'


def got(office: Office) -> tuple[str, str]:
    """The topic's document and its tag."""
    answer = office.here().get(f"{PATH}/document")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/toml")
    return answer.text, answer.headers["etag"]


def put(client: TestClient, document: str, path: str = PATH, **headers: str) -> Any:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Content-Type": "application/toml", **told}
    return client.put(
        f"{path}/document", content=document.encode(), headers=sent, params={"reason": "why"}
    )


def named(document: str, name: str) -> str:
    return document.replace("Tumour-associated", name)


def test_a_document_is_got_changed_and_put_back(office: Office) -> None:
    document, tag = got(office)
    answer = put(office.here(), named(document, "Our"), If_Match=tag)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["version"], told["author"], told["reason"]) == (2, "api:(this machine)", "why")
    (difference,) = told["differences"]
    assert difference["what"] == "name"
    assert (difference["before"][:6], difference["after"][:3]) == ("Tumour", "Our")
    after, changed = got(office)
    assert changed != tag
    assert after == named(document, "Our").replace("version = 1", "version = 2")


def test_what_differs_in_nothing_makes_no_version(office: Office) -> None:
    document, tag = got(office)
    assert put(office.here(), document, If_Match=tag).json()["version"] == 1
    assert got(office) == (document, tag)


def test_a_document_that_is_no_longer_in_force_is_not_replaced(office: Office) -> None:
    """Two people change one topic: who comes second is told who was first."""
    document, tag = got(office)
    assert put(office.here(), named(document, "Our"), If_Match=tag).status_code == 200
    late = put(office.here(), named(document, "My"), If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "topic-changed")
    assert "api:(this machine) made version 2" in late.json()["detail"]
    assert late.json()["title"] == "Changed meanwhile"
    assert got(office)[0].count('name = "Our') == 1


@pytest.mark.parametrize("tag", ['"other"', 'W/"{}"', "", '"a", "b"'])
def test_only_the_very_tag_will_do(office: Office, tag: str) -> None:
    """If-Match compares strongly (RFC 9110, section 13.1.1)."""
    document, held = got(office)
    weak = tag.format(held.strip('"'))
    assert put(office.here(), named(document, "Our"), If_Match=weak).status_code == 412


@pytest.mark.parametrize("tag", ["*", '"other", {}'])
def test_any_of_several_tags_will_do(office: Office, tag: str) -> None:
    document, held = got(office)
    answer = put(office.here(), named(document, "Our"), If_Match=tag.format(held))
    assert answer.status_code == 200


def test_a_change_without_a_condition_is_refused(office: Office) -> None:
    document, _ = got(office)
    for headers in ({}, {"If_None_Match": '"x"'}):
        answer = put(office.here(), named(document, "Our"), **headers)
        assert (answer.status_code, answer.json()["code"]) == (428, "condition")


def test_a_change_in_the_same_moment_fails_the_condition(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(*_: object, **__: object) -> int:
        raise TopicChangedError("topic 'stroma'", "was changed meanwhile: Bo", "begin again")

    monkeypatch.setattr(tuning, "save", save)
    document, tag = got(office)
    answer = put(office.here(), named(document, "Our"), If_Match=tag)
    assert answer.status_code == 412
    assert "Bo" in answer.json()["detail"]


def test_a_new_topic_is_put_where_none_is(office: Office) -> None:
    document = f'slug = "niches"\nname = "Niches"\n{SEED}'
    path = "/api/v1/topics/niches"
    assert put(office.here(), document, path, If_Match="*").status_code == 412
    made = put(office.here(), document, path, If_None_Match="*")
    assert (made.status_code, made.json()["version"]) == (200, 1)
    again = put(office.here(), document, path, If_None_Match="*")
    assert (again.status_code, "exists already" in again.json()["detail"]) == (412, True)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (f'slug = "other"\nname = "O"\n{SEED}', "is of topic 'other'"),
        ('slug = "stroma', "not TOML"),
        ('slug = "stroma"\nname = "S"\n[[seeds]]\nkey = "a"\nfile = "/etc/hostname"\n', "holds its seeds"),
        (f'slug = "stroma"\nname = "S"\ncolour = 3\n{SEED}', 'unknown key "colour"'),
    ],
)  # fmt: skip
def test_what_is_no_document_of_the_topic_is_refused(
    office: Office, document: str, told: str
) -> None:
    answer = put(office.here(), document, If_Match="*")
    assert (answer.status_code, answer.json()["code"]) == (400, "topic")
    assert told in answer.json()["detail"]


def test_what_is_no_text_is_refused(office: Office) -> None:
    headers = {"If-Match": "*", "Content-Type": "application/toml"}
    answer = office.here().put(f"{PATH}/document", content=b"\xff\xfe", headers=headers)
    assert answer.status_code == 422


def test_a_change_is_taken_back_step_by_step(office: Office) -> None:
    document, _ = got(office)
    for name in ("Our", "My"):
        assert put(office.here(), named(document, name), If_Match="*").status_code == 200
    first = office.here().post(f"{PATH}/undo", params={"reason": "too narrow"}).json()
    assert (first["version"], first["restores"], first["reason"]) == (4, 2, "too narrow")
    tag = got(office)[1]
    undone = office.here().post(f"{PATH}/undo", headers={"If-Match": tag})
    assert undone.json()["restores"] == 1
    again = office.here().post(f"{PATH}/undo", headers={"If-Match": tag})
    assert again.status_code == 412, "a button that is pressed twice"
    end = office.here().post(f"{PATH}/undo")
    assert (end.status_code, "nothing to undo" in end.json()["detail"]) == (400, True)


def test_a_topic_tells_its_versions_with_what_differs(office: Office) -> None:
    document, tag = got(office)
    put(office.here(), named(document, "Our"), If_Match=tag)
    second, first = office.here().get(PATH).json()["versions"]
    assert (second["version"], second["restores"]) == (2, None)
    assert [each["what"] for each in second["differences"]] == ["name"]
    assert "seed" in {each["what"] for each in first["differences"]}
    assert first["document"]


@pytest.mark.parametrize("scope", ["read", "vote"])
def test_only_an_admin_changes_topics(office: Office, scope: str) -> None:
    client = office.away(office.token(scope))
    assert client.get(f"{PATH}/document").status_code == 200
    assert put(client, "x", If_Match="*").status_code == 403
    assert client.post(f"{PATH}/undo").status_code == 403


def test_the_addresses_of_people_are_for_admins(office: Office) -> None:
    with office.app.store.writing() as tx:
        document = tx.topics.get(TOPIC).document.replace("Tumour", "Our")
        tx.topics.save(
            TOPIC, document, "Ida@example.org", "as ida@example.org said", office.time.at
        )
    reader = office.away(office.token("read"))
    told = reader.get(PATH).json()["versions"][0]
    assert (told["author"], told["reason"]) == ("I...@example.org", "as i...@example.org said")


@pytest.mark.parametrize(("method", "path"), [("GET", "document"), ("POST", "undo")])
@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}], ids=["", "conditional"])
def test_a_topic_that_is_not_there_is_not_found(
    office: Office, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = office.here().request(method, f"/api/v1/topics/none/{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "topic")
