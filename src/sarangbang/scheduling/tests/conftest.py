"""One clinic with two doctors who receive on weekdays from nine to six."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from sarangbang.config.testing.kept import made_for_each
from sarangbang.directory.models import (
    Department,
    Institution,
    Offering,
    Place,
    Practitioner,
    PractitionerRole,
    Procedure,
    Registration,
)
from sarangbang.people.models import Guest
from sarangbang.scheduling.models import Resource, WeeklyRule
from sarangbang.scheduling.queries import free_times

SEOUL = ZoneInfo("Asia/Seoul")


def make_guest(email: str = "guest@guest.example") -> Guest:
    return Guest.objects.create(
        name="Батбаяр Сарнай", name_latin="Batbayar Sarnai", nationality="MN", birth_year=1990, sex="female",
        email=email, language="mn", zone="Asia/Ulaanbaatar",
    )  # fmt: skip


def make_clinic(slug: str = "haneul", doctors: int = 2) -> SimpleNamespace:
    today = timezone.localdate()
    place = Place.objects.create(
        code=slug,
        kind="medical",
        name="하늘의원",
        name_latin="Haneul Clinic",
        latitude=37.52,
        longitude=127.03,
    )
    department, _ = Department.objects.get_or_create(slug="dermatology", defaults={"name": "Dermatology"})
    procedure, _ = Procedure.objects.get_or_create(
        slug="laser-toning", defaults={"name": "Laser toning", "main_department": department}
    )
    institution = Institution.objects.create(
        slug=slug, kind="clinic", name="하늘의원", name_latin="Haneul Clinic", place=place
    )
    Registration.objects.create(
        institution=institution,
        number=f"M-DEMO-{slug}",
        valid_from=today - dt.timedelta(days=100),
        valid_until=today + dt.timedelta(days=400),
        insured_until=today + dt.timedelta(days=400),
    )
    people = []
    for number in range(doctors):
        doctor = Practitioner.objects.create(
            number=f"{slug}-{number}", name=f"의사 {number}", name_latin=f"Doctor {number}"
        )
        PractitionerRole.objects.create(practitioner=doctor, institution=institution, department=department)
        resource = Resource.objects.create(kind="practitioner", label=doctor.name_latin, practitioner=doctor)
        WeeklyRule.objects.bulk_create(
            WeeklyRule(
                resource=resource,
                place=place,
                weekday=weekday,
                starts=dt.time(9),
                ends=dt.time(18),
                valid_from=today - dt.timedelta(days=100),
            )
            for weekday in range(5)
        )
        people.append(doctor)
    offering = Offering.objects.create(institution=institution, procedure=procedure, department=department)
    return SimpleNamespace(
        institution=institution, offering=offering, doctors=people, place=place, department=department
    )


@pytest.fixture
def clinic(db: None) -> SimpleNamespace:
    return made_for_each(make_clinic)


@pytest.fixture
def guest(db: None) -> Guest:
    return make_guest()


def a_free_time(clinic: SimpleNamespace, doctor: int = 0) -> dt.datetime:
    now = timezone.now()
    times = free_times(
        clinic.offering,
        now + dt.timedelta(days=2),
        now + dt.timedelta(days=12),
        limit=1,
        practitioner_id=clinic.doctors[doctor].pk,
    )
    return times[0].starts_at


def two_interpreters(place: Place) -> list[Resource]:
    """Interpreters who are in the house of this place on every weekday."""
    both = [Resource.objects.create(kind="interpreter", label="Interpreter") for _ in range(2)]
    since = timezone.localdate() - dt.timedelta(days=9)
    WeeklyRule.objects.bulk_create(
        WeeklyRule(resource=one, place=place, weekday=weekday, starts=dt.time(8), ends=dt.time(20), valid_from=since)
        for one in both
        for weekday in range(5)
    )
    return both
