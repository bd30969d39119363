"""A request that is sent again, because its answer was lost or because two were sent at once."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from sarangbang.messages.models import Message
from sarangbang.people.models import Guest
from sarangbang.scheduling.models import Allocation, Appointment, Claim, KeyedRequest, Reservation
from sarangbang.scheduling.tests.conftest import make_clinic
from sarangbang.stays.models import Stay

from .test_api import DETAILS, free_times, held, post, wish

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
KEY = {"Idempotency-Key": "a-key-of-mine"}
MANY = 64


@pytest.fixture
def clinic(db: None) -> SimpleNamespace:
    return make_clinic(doctors=1)


def test_the_same_key_is_the_same_hold(client: Client, clinic: SimpleNamespace) -> None:
    time = wish(free_times(client)[0])
    first, again = (post(client, "/holds", time, **KEY) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.status_code == 201
    assert KEY["Idempotency-Key"] not in KeyedRequest.objects.get().key_digest


def test_the_key_finds_its_appointment_whatever_became_of_it(client: Client, clinic: SimpleNamespace) -> None:
    times = [wish(time) for time in free_times(client)]
    token = post(client, "/holds", times[0], **KEY).json()["token"]
    for verb, body in (("confirm", DETAILS), ("move", {"starts_at": times[3]["starts_at"]}), ("cancel", {})):
        present = post(client, f"/appointments/{token}/{verb}", body).json()
        assert post(client, "/holds", times[0], **KEY).json() == present, verb
    assert Appointment.objects.count() == 1


def test_the_same_key_for_something_else_is_refused(client: Client, clinic: SimpleNamespace) -> None:
    first, second = free_times(client)[:2]
    assert post(client, "/holds", wish(first), **KEY).status_code == 201
    answer = post(client, "/holds", wish(second), **KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Appointment.objects.count() == 1


def test_a_key_whose_request_failed_is_free_again(client: Client, clinic: SimpleNamespace) -> None:
    taken, free = free_times(client)[:2]
    post(client, "/holds", wish(taken))
    assert post(client, "/holds", wish(taken), **KEY).status_code == 409
    assert post(client, "/holds", wish(free), **KEY).status_code == 201


@pytest.mark.parametrize("key", ["short", "x" * 81, "with space", "ключ-ключ"])
def test_a_key_that_is_none_is_refused(client: Client, clinic: SimpleNamespace, key: str) -> None:
    answer = post(client, "/holds", wish(free_times(client)[0]), **{"Idempotency-Key": key})
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("way", "headers"), [("/holds", {}), ("/appointments", KEY)])
def test_what_only_the_constraint_knows_is_taken(client: Client, way: str, headers: dict[str, str]) -> None:
    make_clinic(doctors=1)
    time = wish(free_times(client)[0])
    post(client, "/holds", time)
    Allocation.objects.update(is_active=False)  # whoever looks sees a free time, the claims stand
    body = time if way == "/holds" else time | DETAILS
    answer = post(client, way, body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    assert (Appointment.objects.count(), Guest.objects.count(), KeyedRequest.objects.count()) == (1, 0, 0)
    Claim.objects.all().delete()
    assert post(client, way, body, **headers).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_many_programs_at_once_and_one_time(at_once: AtOnce) -> None:
    make_clinic(doctors=1)
    time = wish(free_times(Client())[0])
    answers = at_once([lambda: post(Client(), "/holds", time)] * MANY)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (MANY - 1)
    lost = [answer.json() for answer in answers if answer.status_code == 409]
    assert all(answer["code"] == "taken" and answer["alternatives"] for answer in lost)
    assert Reservation.objects.count() == Appointment.objects.count() == 1
    assert post(Client(), "/holds", lost[0]["alternatives"][0]).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_who_move_to_one_time_at_once(at_once: AtOnce) -> None:
    make_clinic(doctors=1)
    times = free_times(Client(), days=20)
    tokens = [post(Client(), "/holds", wish(time)).json()["token"] for time in times[:8]]
    for token in tokens:
        assert post(Client(), f"/appointments/{token}/confirm", DETAILS).status_code == 200
    target = {"starts_at": times[20]["starts_at"]}
    answers = at_once([lambda token=token: post(Client(), f"/appointments/{token}/move", target) for token in tokens])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert all(answer.json()["alternatives"] for answer in answers if answer.status_code == 409)
    assert Reservation.objects.filter(status="booked").count() == 8  # nobody gave up the old time
    assert Claim.objects.count() == 8 * 6


@pytest.mark.parametrize("verb", ["confirm", "move", "cancel"])
def test_a_late_copy_of_a_request_changes_nothing(client: Client, clinic: SimpleNamespace, verb: str) -> None:
    times = free_times(client)
    token = post(client, "/holds", wish(times[0])).json()["token"]
    bodies = {"confirm": DETAILS, "move": {"starts_at": times[3]["starts_at"]}, "cancel": {"reason": "ill"}}
    first = post(client, f"/appointments/{token}/{verb}", bodies[verb], **KEY)
    assert first.status_code == 200
    if verb != "cancel":
        post(client, f"/appointments/{token}/move", {"starts_at": times[5]["starts_at"]})
    present = client.get(f"/api/v1/appointments/{token}").json()
    assert post(client, f"/appointments/{token}/{verb}", bodies[verb], **KEY).json() == present
    other = post(client, f"/appointments/{token}/move", {"starts_at": times[7]["starts_at"]}, **KEY)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert client.get(f"/api/v1/appointments/{token}").json() == present


@pytest.mark.django_db(transaction=True)
def test_the_same_key_many_times_at_once_is_one_hold(at_once: AtOnce) -> None:
    make_clinic(doctors=2)
    time = {key: value for key, value in wish(free_times(Client())[0]).items() if key != "practitioner"}
    answers = at_once([lambda: post(Client(), "/holds", time, **KEY)] * 8)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["token"] for answer in answers}) == 1
    assert Claim.objects.values("allocation").distinct().count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_wishes_at_once_is_one_hold(at_once: AtOnce) -> None:
    make_clinic(doctors=1)
    times = [wish(time) for time in free_times(Client())[:2]]
    answers = at_once([lambda time=time: post(Client(), "/holds", time, **KEY) for time in times * 2])
    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422]
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_confirmed_many_times_at_once_is_one_booking(at_once: AtOnce) -> None:
    make_clinic(doctors=1)
    token = held(Client())["token"]
    answers = at_once([lambda: post(Client(), f"/appointments/{token}/confirm", DETAILS)] * 6)
    assert {answer.status_code for answer in answers} == {200}, [answer.content for answer in answers]
    assert (Guest.objects.count(), Stay.objects.count(), Message.objects.filter(kind="stay_booked").count()) == (
        1,
        1,
        1,
    )
