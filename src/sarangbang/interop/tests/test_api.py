"""REST v1: a program finds, holds, confirms, moves and cancels from the document alone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sarangbang.interop.api import api
from sarangbang.messages.models import Message
from sarangbang.scheduling.models import Appointment, Claim
from sarangbang.scheduling.tests.conftest import make_clinic

DETAILS: dict[str, Any] = {
    "guest": {
        "name": "Батбаяр Сарнай",
        "name_latin": "Batbayar Sarnai",
        "nationality": "MN",
        "birth_year": 1990,
        "sex": "female",
        "email": "sarnai@guest.example",
        "phone": "+97699112233",
        "language": "mn",
        "zone": "Asia/Ulaanbaatar",
    },
    "companions": 1,
    "consents": ["booking", "health", "abroad", "concierge"],
}


@pytest.fixture
def clinic(db: None) -> SimpleNamespace:
    return make_clinic(doctors=1)


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(
        f"/api/v1{path}", json.dumps(body or {}), content_type="application/json", headers=headers or None
    )


def free_times(client: Client, days: int = 14) -> list[dict[str, Any]]:
    start = timezone.now() + dt.timedelta(days=2)
    answer = client.get(
        "/api/v1/free-times",
        {
            "institution": "haneul",
            "procedure": "laser-toning",
            "start": start.isoformat(),
            "end": (start + dt.timedelta(days=days)).isoformat(),
        },
    )
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def wish(time: dict[str, Any]) -> dict[str, Any]:
    return {key: time[key] for key in ("institution", "procedure", "practitioner", "starts_at")}


def held(client: Client) -> dict[str, Any]:
    answer = post(client, "/holds", wish(free_times(client)[0]))
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_document_names_every_call(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) >= {
        "/api/v1/procedures",
        "/api/v1/institutions",
        "/api/v1/free-times",
        "/api/v1/holds",
        "/api/v1/appointments/{token}/confirm",
        "/api/v1/appointments/{token}/move",
        "/api/v1/appointments/{token}/cancel",
    }
    assert document == json.loads(json.dumps(api.get_openapi_schema()))


def test_from_search_to_cancelled(client: Client, clinic: SimpleNamespace) -> None:
    found = client.get("/api/v1/institutions", {"procedure": "laser-toning"}).json()
    assert [item["slug"] for item in found["items"]] == ["haneul"]
    detail = client.get("/api/v1/institutions/haneul").json()
    assert detail["offerings"][0]["procedure"] == "laser-toning"
    hold = held(client)
    assert hold["status"] == "held"
    booked = post(client, f"/appointments/{hold['token']}/confirm", DETAILS).json()
    assert booked["status"] == "booked"
    assert Message.objects.filter(address="sarnai@guest.example").exists()
    later = free_times(client)[3]
    moved = post(client, f"/appointments/{hold['token']}/move", {"starts_at": later["starts_at"]}).json()
    assert moved["starts_at"] == later["starts_at"]
    assert moved["sequence"] == 1
    cancelled = post(client, f"/appointments/{hold['token']}/cancel").json()
    assert cancelled["status"] == "cancelled"
    assert post(client, f"/appointments/{hold['token']}/cancel").json()["status"] == "cancelled"
    assert not Claim.objects.exists()


def test_a_taken_time_is_409_with_alternatives(client: Client, clinic: SimpleNamespace) -> None:
    time = free_times(client)[0]
    assert post(client, "/holds", wish(time)).status_code == 201
    answer = post(client, "/holds", wish(time))
    assert answer.status_code == 409
    assert answer.json()["code"] == "taken"
    assert answer.json()["alternatives"][0]["starts_at"] > time["starts_at"]


def test_the_same_key_is_the_same_hold(client: Client, clinic: SimpleNamespace) -> None:
    time = wish(free_times(client)[0])
    headers = {"Idempotency-Key": "a-key-of-mine"}
    first, again = (post(client, "/holds", time, **headers) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json()["token"] == again.json()["token"]


def test_confirming_again_gives_the_same_answer(client: Client, clinic: SimpleNamespace) -> None:
    token = held(client)["token"]
    first, again = (post(client, f"/appointments/{token}/confirm", DETAILS) for _ in range(2))
    assert first.json() == again.json()
    assert Appointment.objects.count() == 1


def test_errors_speak_the_readers_language(client: Client, clinic: SimpleNamespace) -> None:
    answer = post(client, "/holds", {}, **{"Accept-Language": "ko"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"


def test_a_body_that_is_not_json_is_400_and_says_so(client: Client, clinic: SimpleNamespace) -> None:
    answer = client.post("/api/v1/holds", "{", content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "guest.name"),
        ({"name": "a\x00b"}, "guest.name"),
        ({"name": "x" * 121}, "guest.name"),
        ({"name_latin": "Батбаяр"}, "guest.name_latin"),
        ({"nationality": "XX"}, "guest.nationality"),
        ({"birth_year": 10**30}, "guest.birth_year"),
        ({"birth_year": 2090}, "guest.birth_year"),
        ({"sex": "f"}, "guest.sex"),
        ({"email": "no"}, "guest.email"),
        ({"phone": "call me"}, "guest.phone"),
        ({"language": "tlh"}, "guest.language"),
        ({"zone": "Mars/Olympus"}, "guest.zone"),
    ],
)
def test_wrong_details_name_the_field(
    client: Client, clinic: SimpleNamespace, change: dict[str, Any], field: str
) -> None:
    token = held(client)["token"]
    answer = post(client, f"/appointments/{token}/confirm", {**DETAILS, "guest": {**DETAILS["guest"], **change}})
    assert answer.status_code == 422
    assert [error for error in answer.json()["errors"] if error["field"].endswith(field)], answer.content
    assert client.get(f"/api/v1/appointments/{token}").json()["status"] == "held"


def test_without_the_needed_consents_nothing_is_booked(client: Client, clinic: SimpleNamespace) -> None:
    token = held(client)["token"]
    answer = post(client, f"/appointments/{token}/confirm", {**DETAILS, "consents": ["booking"]})
    assert answer.status_code == 422
    assert client.get(f"/api/v1/appointments/{token}").json()["status"] == "held"


@pytest.mark.parametrize(
    "path",
    [
        "/procedures?limit=99999999999999999999",
        "/procedures?offset=-1",
        "/procedures?q=%00",
        "/institutions/%F0%9F%98%80",
        "/institutions?language=xx",
        "/free-times?institution=haneul",
        "/free-times?institution=haneul&procedure=laser-toning&start=0001-01-01T00:00:00Z",
        "/free-times?institution=haneul&procedure=laser-toning&start=9999-12-31T23:59:59Z",
        "/free-times?institution=haneul&procedure=laser-toning&practitioner=1",
        "/appointments/forged",
        "/appointments/" + "A" * 43,
    ],
)
def test_hostile_questions_are_4xx(client: Client, clinic: SimpleNamespace, path: str) -> None:
    answer = client.get(f"/api/v1{path}")
    assert 400 <= answer.status_code < 500, answer.content


def test_a_lapsed_institution_is_neither_listed_nor_bookable(client: Client, clinic: SimpleNamespace) -> None:
    time = wish(free_times(client)[0])
    clinic.institution.registrations.update(valid_until=timezone.localdate() - dt.timedelta(days=1))
    assert client.get("/api/v1/institutions").json()["total"] == 0
    assert client.get("/api/v1/institutions/haneul").status_code == 404
    assert post(client, "/holds", time).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_programs_at_once_get_one_time(at_once: Callable[[list[Callable[[], Any]]], list[Any]]) -> None:
    make_clinic(doctors=1)
    time = wish(free_times(Client())[0])
    answers = at_once([lambda: post(Client(), "/holds", time)] * 4)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
