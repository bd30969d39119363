"""Whatever arrives below /api/v1/ is answered in JSON of the documented shape, in the reader's language."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings as house
from django.test import Client

from sarangbang.interop import finding as calls
from sarangbang.interop.base import api
from sarangbang.interop.schemas import Problem

HOLD = "/api/v1/holds"
JSON = "application/json"
pytestmark = pytest.mark.django_db


def told(answer: Any) -> tuple[int, str]:
    """Status and code of an error that has the documented shape."""
    assert answer["Content-Type"].startswith(JSON), answer.content[:200]
    return answer.status_code, Problem(**answer.json()).code


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("{", JSON, (400, "unreadable")),
        (b"\xff\xfe{}", JSON, (400, "unreadable")),
        (b'{"institution": "\xed\xa0\x80"}', JSON, (400, "unreadable")),
        ('{"starts_at": 1, "starts_at": 2}', JSON, (400, "unreadable")),
        ('{"starts_at": NaN}', JSON, (400, "unreadable")),
        ("[" * 100_000, JSON, (400, "unreadable")),
        ('{"a":' * 50_000, JSON, (400, "unreadable")),
        ("9" * 10_000, JSON, (400, "unreadable")),
        ("[]", JSON, (422, "invalid")),
        ("null", JSON, (422, "invalid")),
        ('"text"', JSON, (422, "invalid")),
        ("{}", "text/plain", (415, "not_json")),
        ("a=b", "application/x-www-form-urlencoded", (415, "not_json")),
        ("{}", "application/json; charset=utf-8", (422, "invalid")),
        (b" " * 1_100_000, JSON, (413, "too_large")),
        ('{"institution": "a\\u0000b"}', JSON, (422, "invalid")),
        ('{"institution": "\\ud800"}', JSON, (422, "invalid")),
    ],
)
def test_bodies_that_are_none(client: Client, body: Any, kind: str, expected: tuple[int, str]) -> None:
    assert told(client.post(HOLD, body, content_type=kind)) == expected


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"institution": 5}, "institution"),
        ({"institution": {}}, "institution"),
        ({"institution": "x" * 81}, "institution"),
        ({"practitioner": "me"}, "practitioner"),
        ({"practitioner": 7}, "practitioner"),
        ({"starts_at": 1_800_000_000}, "starts_at"),
        ({"starts_at": "2026-12-08T09:00:00"}, "starts_at"),
        ({"starts_at": "2026-12-08"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, "starts_at"),
        ({"strats_at": "2026-12-08T09:00:00Z"}, "strats_at"),
    ],
)
def test_a_wrong_field_is_named_as_it_was_sent(client: Client, body: dict[str, Any], field: str) -> None:
    answer = client.post(HOLD, json.dumps(body), content_type=JSON)
    assert told(answer) == (422, "invalid")
    assert field in {error["field"] for error in answer.json()["errors"]}


@pytest.mark.once
def test_a_wrong_field_says_what_is_right(client: Client) -> None:
    guest = {"zone": "localtime", "phone": "010-1234", "nationality": "mn", "name": ["a"]}
    wanted = {
        "guest.zone": "localtime",
        "guest.phone": "^\\+[0-9]{6,15}$",
        "guest.nationality": "^[A-Z]{2}$",
        "guest.name": "quotation marks",
        "consents": "no more than 10",
        "accept_odd_hour": "true or false",
        "arrives_on": "2026-12-08",
    }
    body = {"guest": guest, "consents": ["booking"] * 11, "accept_odd_hour": "yes", "arrives_on": "2026-02-30"}
    answer = client.post("/api/v1/appointments", json.dumps(body), content_type=JSON)
    said = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert [field for field, words in wanted.items() if words not in said[field]] == []


@pytest.mark.parametrize(
    ("path", "field", "code", "said"),
    [
        ("procedures?deparment=dermatology", "deparment", "extra_forbidden", "q, department, limit, offset"),
        ("first-free-times?procedure=a&lang=mn", "lang", "extra_forbidden", "language"),
        ("first-free-times?procedure=a&institution=a&institution=b&party=1&party=2", "party", "twice", "once"),
        ("appointments/x?start=now", "start", "extra_forbidden", "takes no parameters"),
    ],
)
def test_a_parameter_that_is_not_documented_is_named_with_those_that_are(
    client: Client, path: str, field: str, code: str, said: str
) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert told(answer) == (422, "invalid")
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"], said in error["message"]) == (field, code, True)


@pytest.mark.once
def test_every_call_refuses_parameters_that_it_does_not_document(client: Client) -> None:
    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    for path, calls_told in document["paths"].items():
        for method, call in calls_told.items():
            answer = getattr(client, method)(f"{path}?limt=1")
            assert told(answer) == (422, "invalid"), path
            assert [error["field"] for error in answer.json()["errors"]] == ["limt"]
            assert "422" in call["responses"], path


def test_an_answer_is_not_much_longer_than_its_question(client: Client) -> None:
    many = {f"{number}{'x' * 200}": 1 for number in range(2000)}
    answer = client.post(HOLD, json.dumps(many), content_type=JSON)
    assert told(answer) == (422, "invalid")
    assert len(answer.content) < 20_000


@pytest.mark.once
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/api/v1/", (404, "not_found")),
        ("get", "/api/v1/nothing", (404, "not_found")),
        ("post", "/api/v1/nothing/at/all", (404, "not_found")),
        ("get", "/api/v1/procedures/", (404, "not_found")),
        ("get", "/api/v1/institutions/%2e%2e", (404, "not_found")),
        ("get", "/api/v1/institutions/' or 1=1", (404, "not_found")),
        ("get", "/api/v1/appointments/" + "A" * 500, (404, "not_found")),
        ("get", "/api/v1/holds", (405, "method_not_allowed")),
        ("put", "/api/v1/procedures", (405, "method_not_allowed")),
        ("delete", "/api/v1/procedures", (405, "method_not_allowed")),
        ("post", "/api/v1/openapi.json", (405, "method_not_allowed")),
    ],
)
def test_addresses_and_methods_that_are_none(method: str, path: str, expected: tuple[int, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    assert told(getattr(client, method)(path)) == expected


def test_head_and_options(client: Client) -> None:
    head = client.head("/api/v1/procedures")
    assert (head.status_code, head.content, head["Content-Type"][:16]) == (200, b"", JSON)
    options = client.options("/api/v1/procedures")
    assert (options.status_code, options["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert client.put("/api/v1/holds")["Allow"] == "OPTIONS, POST"


@pytest.mark.once
@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("ko", "ko"),
        ("zh-CN,zh;q=0.9", "zh-hans"),
        ("tlh, mn;q=0.1", "mn"),
        ("ar-EG", "ar"),
        ("", "en"),
        ("*", "en"),
        ("xx", "en"),
        (";;;q=,,,%00\u00ff" * 300, "en"),
    ],
)
def test_the_reader_is_answered_in_their_language(client: Client, asked: str, spoken: str) -> None:
    client.cookies.load({house.LANGUAGE_COOKIE_NAME: "th"})
    answer = client.get("/api/v1/institutions?limit=0&language=es", headers={"Accept-Language": asked})
    assert answer["Content-Language"] == spoken
    assert told(answer) == (422, "invalid")
    english = client.get("/api/v1/institutions?limit=0").json()
    assert (answer.json()["detail"] == english["detail"]) == (spoken == "en")
    assert (answer.json()["errors"][0]["message"] == english["errors"][0]["message"]) == (spoken == "en")
    assert [error["field"] for error in english["errors"]] == ["limit"]


def test_what_is_refused_before_any_room_is_asked_says_its_language(client: Client) -> None:
    answer = client.get("/api/v1/institutions?q=%00", headers={"Accept-Language": "ko"})
    assert told(answer) == (400, "unreadable")
    assert (answer["Content-Language"], answer["Cache-Control"]) == ("ko", "no-store")


def test_too_often_says_when_to_come_back(client: Client, settings: Any) -> None:
    settings.RATES = {**settings.RATES, "api_hold": "1/m"}
    client.post(HOLD, "{}", content_type=JSON)
    body = {"institution": "a", "procedure": "b", "starts_at": "2026-12-08T09:00:00Z"}
    answers = [client.post(HOLD, json.dumps(body), content_type=JSON) for _ in range(2)]
    assert told(answers[1]) == (429, "too_many")
    assert 1 <= int(answers[1]["Retry-After"]) <= 60


def test_what_breaks_is_answered_and_tells_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_args: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(calls.queries, "procedures", break_down)
    answer = client.get("/api/v1/procedures")
    assert told(answer) == (500, "broken")
    assert b"secret" not in answer.content


@pytest.mark.once
def test_the_document_can_be_used_by_a_stranger() -> None:
    """Every call says what it does, every parameter what it means; every number and text that comes in is bounded."""
    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    assert document["openapi"].startswith("3.1")
    calls_told = [call for path in document["paths"].values() for call in path.values()]
    for call in calls_told:
        assert call["description"], call["operationId"]
        assert "400" in call["responses"]
        for parameter in call["parameters"]:
            assert parameter["description"], parameter["name"]
            assert_bounded(parameter["schema"], parameter["name"])
    assert len({call["operationId"] for call in calls_told}) == len(calls_told) >= 10
    for name in ("HoldIn", "GuestIn", "ConfirmIn", "MoveIn", "CancelIn"):
        shape = document["components"]["schemas"][name]
        assert shape["additionalProperties"] is False
        for field, schema in shape["properties"].items():
            assert_bounded(schema, f"{name}.{field}")


def assert_bounded(schema: dict[str, Any], name: str) -> None:
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "integer":
            assert {"minimum", "maximum"} <= each.keys(), name
        if each.get("type") == "string" and not {"format", "enum", "const"} & each.keys():
            assert {"maxLength", "pattern"} & each.keys(), name
        if each.get("type") == "array":
            assert "maxItems" in each, name
