"""REST v1: a program finds, holds, confirms, moves and cancels from the document alone."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sarangbang.interop.api import api
from sarangbang.messages.models import Message
from sarangbang.scheduling.models import Appointment, Claim, Reservation
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


def test_confirming_again_gives_the_same_answer(client: Client, clinic: SimpleNamespace) -> None:
    token = held(client)["token"]
    first, again = (post(client, f"/appointments/{token}/confirm", DETAILS) for _ in range(2))
    assert first.json() == again.json()
    assert Appointment.objects.count() == 1


@pytest.mark.once
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


@pytest.mark.once
def test_words_of_any_language_find_a_procedure(client: Client, district: Any) -> None:
    found = client.get("/api/v1/procedures", {"q": "二重"}, headers={"Accept-Language": "ja"}).json()["items"][0]
    assert found["slug"] == "double-eyelid-surgery"
    assert (
        found["name"]
        != client.get(f"/api/v1/procedures/{found['slug']}", headers={"Accept-Language": "mn"}).json()["name"]
    )


def test_free_times_say_which_window_was_searched(client: Client, clinic: SimpleNamespace) -> None:
    start = timezone.now() + dt.timedelta(days=1)
    asked = {"institution": "haneul", "procedure": "laser-toning", "start": start.isoformat()}
    answer = client.get("/api/v1/free-times", {**asked, "end": (start + dt.timedelta(days=100)).isoformat()}).json()
    assert dt.datetime.fromisoformat(answer["end"]) - dt.datetime.fromisoformat(answer["start"]) == dt.timedelta(
        days=62
    )
    backwards = client.get("/api/v1/free-times", {**asked, "end": (start - dt.timedelta(days=1)).isoformat()})
    assert [error["field"] for error in backwards.json()["errors"]] == ["end"]


def test_a_plus_that_was_not_escaped_is_understood(client: Client, clinic: SimpleNamespace) -> None:
    known = "/api/v1/free-times?institution=haneul&procedure=laser-toning"
    assert client.get(f"{known}&start=2026-12-08T09:00:00+09:00").status_code == 200
    assert client.get(f"{known}&start=2026-12-08T09:00:00").status_code == 422


def test_a_free_time_can_be_posted_as_it_is(client: Client, clinic: SimpleNamespace) -> None:
    assert post(client, "/holds", free_times(client)[0]).status_code == 201


def test_a_time_outside_the_hours_is_a_rule_and_not_a_loss(client: Client, clinic: SimpleNamespace) -> None:
    time = dt.datetime.fromisoformat(free_times(client)[0]["starts_at"]) + dt.timedelta(minutes=1)
    answer = post(
        client, "/holds", {"institution": "haneul", "procedure": "laser-toning", "starts_at": time.isoformat()}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "outside_hours")


def test_a_hold_that_is_over_says_so_everywhere(client: Client, clinic: SimpleNamespace) -> None:
    hold = held(client)
    Reservation.objects.update(hold_expires_at=timezone.now() - dt.timedelta(seconds=1))
    present = client.get(f"/api/v1/appointments/{hold['token']}").json()
    assert (present["status"], present["hold_expires_at"]) == ("expired", None)
    late = post(client, f"/appointments/{hold['token']}/confirm", DETAILS)
    assert (late.status_code, late.json()["code"]) == (409, "hold_expired")
    assert late.json()["alternatives"][0]["starts_at"] == hold["starts_at"]
    again = post(client, f"/appointments/{hold['token']}/move", {"starts_at": hold["starts_at"]}).json()
    assert (again["status"], again["token"]) == ("held", hold["token"])
    assert post(client, f"/appointments/{hold['token']}/confirm", DETAILS).json()["status"] == "booked"


def test_a_hold_can_be_moved_and_cancelled(client: Client, clinic: SimpleNamespace) -> None:
    hold, later = held(client), free_times(client)[5]
    moved = post(client, f"/appointments/{hold['token']}/move", {"starts_at": later["starts_at"]})
    assert (moved.json()["status"], moved.json()["starts_at"]) == ("held", later["starts_at"])
    assert post(client, f"/appointments/{hold['token']}/cancel").json()["status"] == "cancelled"
    gone = post(client, f"/appointments/{hold['token']}/confirm", DETAILS)
    assert (gone.status_code, gone.json()["code"]) == (409, "is_cancelled")


def test_confirming_for_somebody_else_is_refused(client: Client, clinic: SimpleNamespace) -> None:
    token = held(client)["token"]
    assert post(client, f"/appointments/{token}/confirm", DETAILS).status_code == 200
    other = {**DETAILS, "guest": {**DETAILS["guest"], "email": "other@guest.example"}}
    answer = post(client, f"/appointments/{token}/confirm", other)
    assert (answer.status_code, answer.json()["code"]) == (409, "is_booked")
    assert not Message.objects.filter(address="other@guest.example").exists()


def test_after_the_cut_off_nothing_is_changed_here(client: Client, clinic: SimpleNamespace) -> None:
    token = held(client)["token"]
    post(client, f"/appointments/{token}/confirm", DETAILS)
    soon = timezone.now() + dt.timedelta(hours=23)
    Reservation.objects.filter(status="booked").update(starts_at=soon, ends_at=soon + dt.timedelta(minutes=30))
    for verb, body in (("cancel", {}), ("move", {"starts_at": free_times(client)[2]["starts_at"]})):
        answer = post(client, f"/appointments/{token}/{verb}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "too_late"), verb


def test_answers_tell_nothing_about_the_guest(client: Client, clinic: SimpleNamespace) -> None:
    token = held(client)["token"]
    booked = post(client, f"/appointments/{token}/confirm", DETAILS)
    seen = booked.content.decode() + client.get(f"/api/v1/appointments/{token}").content.decode()
    for word in ("Sarnai", "Сарнай", "guest.example", "99112233", "1990", "MN"):
        assert word not in seen


def test_what_is_found_may_be_kept_for_a_moment_and_what_is_booked_never(
    client: Client, clinic: SimpleNamespace
) -> None:
    found = client.get("/api/v1/institutions")
    assert "max-age=60" in found["Cache-Control"]
    assert "Accept-Language" in found["Vary"]
    again = client.get("/api/v1/institutions", headers={"If-None-Match": found["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"/api/v1/appointments/{held(client)['token']}")["Cache-Control"] == "no-store"


def test_a_known_guest_is_booked_in_one_request(client: Client, clinic: SimpleNamespace) -> None:
    time = free_times(client)[0]
    body = {**wish(time), **DETAILS}
    first, again = (post(client, "/appointments", body, Idempotency_Key="one-request-0001") for _ in range(2))
    assert (first.status_code, first.json()["status"]) == (201, "booked")
    assert again.json() == first.json()
    assert client.get(f"/api/v1/appointments/{first.json()['token']}").json() == first.json()
    assert Message.objects.filter(address="sarnai@guest.example").count() == 1
    reservation = Appointment.objects.get().reservation
    assert [step.status for step in reservation.steps.order_by("pk")] == ["booked"]

    taken = post(client, "/appointments", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "taken")
    assert taken.json()["alternatives"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"consents": ["booking"]}, 422),
        ({"guest": {**DETAILS["guest"], "name_latin": "Сарнай"}}, 422),
        ({"starts_at": "2020-01-06T10:00:00+09:00"}, 422),
        ({"practitioner": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"institution": "nowhere"}, 404),
    ],
)
def test_a_refused_booking_leaves_nothing(
    client: Client, clinic: SimpleNamespace, change: dict[str, Any], status: int
) -> None:
    body = {**wish(free_times(client)[0]), **DETAILS, **change}
    answer = post(client, "/appointments", body, Idempotency_Key="one-request-0002")
    assert answer.status_code == status, answer.content
    assert not Appointment.objects.exists()
    assert not Reservation.objects.exists()
    assert not Message.objects.exists()
