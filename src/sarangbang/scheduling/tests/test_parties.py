"""What a party needs beside its practitioners is found where there is a way, whoever is looked at first."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from sarangbang.scheduling import actions
from sarangbang.scheduling.models import (
    Allocation,
    Appointment,
    BookingRule,
    Requirement,
    Resource,
    RosterException,
    WeeklyRule,
)

from .conftest import a_free_time, make_clinic

QUARTER = dt.timedelta(minutes=15)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db: None) -> SimpleNamespace:
    """Three doctors, every quarter of an hour, and a free morning."""
    clinic = make_clinic(doctors=3)
    BookingRule.objects.create(institution=clinic.institution, step_minutes=15)
    clinic.starts_at = a_free_time(clinic)
    return clinic


def interpreter(clinic: SimpleNamespace) -> Resource:
    resource = Resource.objects.create(kind="interpreter", label="Interpreter")
    WeeklyRule.objects.bulk_create(
        WeeklyRule(
            resource=resource, place=clinic.place, weekday=weekday, starts=dt.time(8), ends=dt.time(20),
            valid_from=timezone.localdate() - dt.timedelta(days=9),
        )
        for weekday in range(5)
    )  # fmt: skip
    return resource


def away(clinic: SimpleNamespace, resource: Resource, quarter: int, until: int | None = None) -> None:
    """On leave from one quarter of an hour on."""
    starts_at, ends_at = (clinic.starts_at + at * QUARTER for at in (quarter, until or quarter + 1))
    RosterException.objects.create(resource=resource, kind="leave", starts_at=starts_at, ends_at=ends_at)


def hold(clinic: SimpleNamespace, quarters: list[int], pool: list[Resource]) -> list[Appointment]:
    """One visit of half an hour with each doctor, from that quarter of an hour on."""
    along = [[resource.pk for resource in pool]] if pool else []
    return actions.hold_together(
        [
            actions.Booking(clinic.offering, doctor, clinic.starts_at + quarter * QUARTER, along=along)
            for doctor, quarter in zip(clinic.doctors, quarters, strict=False)
        ],
        actor="api",
    )


def beside(held: list[Appointment]) -> list[int]:
    """Who goes with each visit, beside its doctor."""
    found = Allocation.objects.filter(
        reservation__in=[one.reservation_id for one in held], resource__practitioner=None
    ).order_by("starts_at", "reservation__appointment__practitioner__number")
    return list(found.values_list("resource", flat=True))


def test_an_interpreter_who_can_only_go_with_the_second_is_not_given_to_the_first(clinic: SimpleNamespace) -> None:
    one, two = interpreter(clinic), interpreter(clinic)
    away(clinic, two, 2)  # who could go with the first visit only
    assert beside(hold(clinic, [0, 1], [one, two])) == [two.pk, one.pk]


def test_three_side_by_side_and_in_part(clinic: SimpleNamespace) -> None:
    one, two, three = (interpreter(clinic) for _ in range(3))
    away(clinic, one, 3)
    away(clinic, two, 2, 4)
    with pytest.raises(actions.NotBookable) as refusal:
        hold(clinic, [0, 1, 2], [one, two])
    assert (refusal.value.code, Appointment.objects.count()) == ("no_companion", 0)
    assert beside(hold(clinic, [0, 1, 2], [one, two, three])) == [two.pk, one.pk, three.pk]


def test_a_room_with_two_places_takes_two(clinic: SimpleNamespace) -> None:
    ward = Resource.objects.create(kind="room", label="Ward", institution=clinic.institution, seats=2)
    single = Resource.objects.create(kind="room", label="Single", institution=clinic.institution)
    Requirement.objects.create(offering=clinic.offering, name="room").resources.set([ward, single])
    assert sorted(beside(hold(clinic, [0, 0, 0], []))) == [ward.pk, ward.pk, single.pk]


def test_a_second_doctor_is_nobody_whom_the_party_sees(clinic: SimpleNamespace) -> None:
    doctors = [doctor.resource for doctor in clinic.doctors]
    nurse = interpreter(clinic)
    held = hold(clinic, [0, 0], [doctors[1], doctors[2], nurse])
    taken = Allocation.objects.filter(reservation__in=[one.reservation_id for one in held])
    assert set(taken.values_list("resource", flat=True)) == {*(one.pk for one in doctors), nurse.pk}


@pytest.mark.once
@pytest.mark.parametrize("seed", [1, 3, 5])
def test_a_way_is_found_exactly_where_trying_everything_finds_one(clinic: SimpleNamespace, seed: int) -> None:
    rng = random.Random(seed)
    pool = [interpreter(clinic) for _ in range(3)]
    busy = {one.pk: set(rng.sample(range(6), rng.choice([0, 1, 2, 3]))) for one in pool}
    for one in pool:
        for quarter in busy[one.pk]:
            away(clinic, one, quarter)
    for quarters in itertools.combinations_with_replacement(range(5), 3):
        spans = [{quarter, quarter + 1} for quarter in quarters]

        def works(people: Any, spans: list[set[int]] = spans) -> bool:
            each = list(zip(people, spans, strict=True))
            return all(not busy[who.pk] & span for who, span in each) and not any(
                a is b and span & other for (a, span), (b, other) in itertools.combinations(each, 2)
            )

        exists = any(map(works, itertools.product(pool, repeat=3)))
        try:
            held = hold(clinic, list(quarters), pool)
        except actions.NotBookable:
            assert not exists, quarters
        else:
            assert exists, quarters
            actions.release_all([one.reservation_id for one in held], actor="api")
