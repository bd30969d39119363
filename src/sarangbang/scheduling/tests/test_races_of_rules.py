"""Limits, ways and pools hold when several come at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from sarangbang.directory.models import PractitionerRole
from sarangbang.scheduling import actions
from sarangbang.scheduling.models import Appointment, BookingRule, Requirement, Resource, WeeklyRule

from .conftest import a_free_time, make_clinic, make_guest

pytestmark = pytest.mark.django_db(transaction=True)
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
HOUR = dt.timedelta(hours=1)


def outcome(results: list[Any]) -> list[str]:
    return sorted(
        "booked" if isinstance(each, Appointment) else getattr(each, "code", type(each).__name__) for each in results
    )


def test_limits_per_person_and_per_day_at_once(at_once: AtOnce) -> None:
    clinic, guest = make_clinic(), make_guest()
    BookingRule.objects.create(institution=clinic.institution, open_per_person=1, per_day=1)
    starts_at = a_free_time(clinic)
    same_person = [
        lambda doctor=doctor: actions.book(clinic.offering, doctor, starts_at, guest, actor="user:1")
        for doctor in clinic.doctors
    ]
    assert outcome(at_once(same_person)) == ["booked", "too_many"]
    actions.cancel(Appointment.objects.get(), actor="user:1")
    same_day = [
        lambda hours=hours: actions.hold(clinic.offering, clinic.doctors[0], starts_at + hours * HOUR, actor="api")
        for hours in range(3)
    ]
    assert outcome(at_once(same_day)) == ["booked", "full_day", "full_day"]


def test_nobody_is_booked_at_two_places_without_the_way_at_once(at_once: AtOnce) -> None:
    clinic, other = make_clinic(), make_clinic("other", doctors=0)
    other.place.latitude += 0.1
    other.place.save()
    doctor = clinic.doctors[0]
    PractitionerRole.objects.create(practitioner=doctor, institution=other.institution, department=other.department)
    for weekday in range(7):
        WeeklyRule.objects.create(
            resource=Resource.objects.get(practitioner=doctor), place=other.place, weekday=weekday, starts=dt.time(9),
            ends=dt.time(18), valid_from=timezone.localdate() - dt.timedelta(days=9),
        )  # fmt: skip
    starts_at = a_free_time(clinic)
    wishes = [
        lambda: actions.hold(clinic.offering, doctor, starts_at, actor="api"),
        lambda: actions.hold(other.offering, doctor, starts_at + HOUR / 2, actor="api"),
    ]
    assert outcome(at_once(wishes)) == ["booked", "travel"]


def test_three_at_once_get_the_two_rooms(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=3)
    rooms = [Resource.objects.create(kind="room", label=f"Room {n}", institution=clinic.institution) for n in range(2)]
    Requirement.objects.create(offering=clinic.offering, name="room").resources.set(rooms)
    starts_at = a_free_time(clinic)
    wishes = [
        lambda doctor=doctor: actions.hold(clinic.offering, doctor, starts_at, actor="api") for doctor in clinic.doctors
    ]
    assert outcome(at_once(wishes)) == ["booked", "booked", "no_room"]


def test_the_same_key_at_once_is_one_booking(at_once: AtOnce) -> None:
    clinic, guest = make_clinic(), make_guest()
    starts_at = a_free_time(clinic)
    wish = lambda: actions.book(  # noqa: E731 (one request, sent three times)
        clinic.offering, clinic.doctors[0], starts_at, guest, actor="user:1", idempotency_key="k"
    )
    assert outcome(at_once([wish] * 3)) == ["booked"] * 3
    assert Appointment.objects.count() == 1
