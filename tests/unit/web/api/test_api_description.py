"""The description at /api/v1/openapi.json: whole, valid, and what the API does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from jsonschema import Draft202012Validator

from tests.api_office import DELIVERY, DIGEST, TOPIC

if TYPE_CHECKING:
    from tests.api_office import Office

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture
def told(office: Office) -> Any:
    return office.here().get("/api/v1/openapi.json").json()


def operations(told: Any) -> list[tuple[str, str, Any]]:
    return [(m, path, op) for path, item in told["paths"].items() for m, op in item.items()]


def test_it_is_of_version_3_1(told: Any) -> None:
    assert told["openapi"].startswith("3.1")
    assert told["info"]["license"]["identifier"] == "Apache-2.0"


def test_every_operation_tells_all_that_it_may_answer(told: Any) -> None:
    for method, path, operation in operations(told):
        answers = operation["responses"]
        assert {"401", "403", "422", "429", "500", "503"} <= answers.keys(), path
        assert ("304" in answers) == (method == "get")
        assert ("404" in answers) >= ("{" in path and method != "put"), path
        for status, answer in answers.items():
            assert answer["description"]
            if status >= "400":
                assert answer["content"] == PROBLEM
        assert operation["operationId"]
        assert operation["summary"]


def test_every_operation_has_a_name_of_its_own(told: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(set(names)) == len(names)
    assert "search" in names


def test_every_parameter_is_explained(told: Any) -> None:
    for _, path, operation in operations(told):
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (path, parameter["name"])


def test_every_schema_is_a_schema_and_leads_somewhere(told: Any) -> None:
    schemas = told["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    text = repr(told)
    for name in schemas:
        assert f"#/components/schemas/{name}'" in text, f"{name} is used nowhere"
    used = {part.partition("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= schemas.keys()
    assert "HTTPValidationError" not in schemas


def test_tokens_are_described(told: Any) -> None:
    schemes = told["components"]["securitySchemes"]
    assert {scheme["scheme"] for scheme in schemes.values()} == {"bearer", "basic"}
    assert told["security"] == [*({name: []} for name in schemes), {}]


def answers_to(told: Any, schema: Any, value: Any) -> None:
    Draft202012Validator({**schema, "components": told["components"]}).validate(value)


ADDRESSES = {
    "/search": "q=stroma&facets=true",
    "/works/{name}": "10.5555/stroma.1",
    "/works/{name}/similar": "1",
    "/topics/{slug}": TOPIC,
    "/digests/{digest_id}": DIGEST,
    "/deliveries/{delivery_id}": DELIVERY,
    "/subscriptions/{name}": "Lab",
    "/searches/{name}": "nets",
}


def test_answers_are_as_described(office: Office, told: Any) -> None:
    checked = 0
    for method, path, operation in operations(told):
        good = operation["responses"]["200" if "200" in operation["responses"] else "204"]
        schema = good.get("content", {}).get("application/json", {}).get("schema")
        if method != "get" or schema is None:
            continue
        name = ADDRESSES.get(path.removeprefix("/api/v1"), "")
        start, brace, rest = path.partition("{")
        address = start + name + rest.partition("}")[2] if brace else f"{path}?{name}"
        answer = office.here().get(address)
        assert answer.status_code == 200, address
        answers_to(told, schema, answer.json())
        checked += 1
    assert checked >= 15


_TEXT = strategies.text(max_size=40)
_ANY = strategies.one_of(_TEXT, strategies.integers().map(str), strategies.sampled_from(["1", TOPIC, DIGEST, "dead", "bibtex", "true"]))  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=strategies.data())
def test_whatever_is_asked_is_answered_as_described(office: Office, data: Any) -> None:
    """A small part of what `make fuzz` does: any text for any parameter of any operation."""
    told = office.here().get("/api/v1/openapi.json").json()
    method, path, operation = data.draw(strategies.sampled_from(operations(told)))
    params: dict[str, Any] = {}
    for parameter in operation.get("parameters", ()):
        value = data.draw(_ANY)
        if parameter["in"] == "path":
            from urllib.parse import quote

            path = path.replace(f"{{{parameter['name']}}}", quote(value, safe=""))
        elif parameter["in"] == "query" and (parameter["required"] or data.draw(strategies.booleans())):  # fmt: skip
            params[parameter["name"]] = value
    body = None
    if "requestBody" in operation:
        names = ["topic", "work", "judgement", "note", "query", "mode"]
        body = data.draw(strategies.dictionaries(strategies.sampled_from(names), _ANY))
    answer = office.here().request(method.upper(), path, params=params, json=body)
    assert answer.status_code < 500, answer.text
    if "problem" in answer.headers.get("content-type", ""):
        answers_to(told, PROBLEM["application/problem+json"]["schema"], answer.json())
    else:
        assert str(answer.status_code) in operation["responses"], answer.text
