"""Two at once: exactly one gets the time, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sarangbang.scheduling import actions
from sarangbang.scheduling.models import Appointment, Claim, Reservation

from .conftest import a_free_time, make_clinic, make_guest
from .test_actions import expire

pytestmark = pytest.mark.django_db(transaction=True)
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def test_the_last_free_time_goes_to_exactly_one(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    starts_at = a_free_time(clinic)
    doctor = clinic.doctors[0]
    results = at_once([lambda: actions.hold(clinic.offering, doctor, starts_at, actor="api")] * 8)
    assert sum(isinstance(result, Appointment) for result in results) == 1
    assert sum(isinstance(result, actions.Taken) for result in results) == 7
    assert Claim.objects.count() == 6


def test_an_expired_hold_is_inherited_by_exactly_one(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    starts_at = a_free_time(clinic)
    doctor = clinic.doctors[0]
    old = actions.hold(clinic.offering, doctor, starts_at, actor="api")
    expire(old.reservation)
    results = at_once([lambda: actions.hold(clinic.offering, doctor, starts_at, actor="api")] * 4)
    assert sum(isinstance(result, Appointment) for result in results) == 1
    assert Reservation.objects.filter(status="held").count() == 1


def test_the_same_request_sent_twice_at_once_is_one_hold(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    starts_at = a_free_time(clinic)
    results = at_once(
        [
            lambda: actions.hold(
                clinic.offering, clinic.doctors[0], starts_at, actor="api", idempotency_key="key-00000001"
            )
        ]
        * 4
    )
    assert {result.pk for result in results if isinstance(result, Appointment)} == {Appointment.objects.get().pk}
    assert not [result for result in results if not isinstance(result, Appointment | actions.Taken)]


def test_confirm_and_cancel_at_once_end_in_one_true_state(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    guest = make_guest()
    held = actions.hold(clinic.offering, clinic.doctors[0], a_free_time(clinic), actor="api")
    results = at_once(
        [
            lambda: actions.confirm(Appointment.objects.get(pk=held.pk), guest, actor="api"),
            lambda: actions.cancel(Appointment.objects.get(pk=held.pk), actor="api"),
        ]
    )
    assert not [result for result in results if not isinstance(result, Appointment | actions.MoveNotAllowed)]
    reservation = Reservation.objects.get()
    assert reservation.status == "cancelled"
    assert Claim.objects.count() == 0


def test_two_guests_swapping_times_never_share_one(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    doctor = clinic.doctors[0]
    booked = []
    for number in range(2):
        held = actions.hold(clinic.offering, doctor, a_free_time(clinic), actor="api")
        booked.append(actions.confirm(held, make_guest(f"g{number}@guest.example"), actor="api"))
    target = a_free_time(clinic)
    results = at_once(
        [
            lambda pk=one.pk: actions.reschedule(Appointment.objects.get(pk=pk), doctor, target, actor="api")
            for one in booked
        ]
    )
    assert sum(isinstance(result, actions.Taken) for result in results) == 1
    assert Reservation.objects.filter(status="booked").count() == 2
    assert Claim.objects.count() == 12
