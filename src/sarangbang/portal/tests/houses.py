"""Institutions for tests: registered, insured, with one doctor who has hours every day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sarangbang.directory import queries as directory
from sarangbang.directory.models import (
    Department,
    Institution,
    Offering,
    Place,
    Practitioner,
    PractitionerLanguage,
    PractitionerRole,
    Procedure,
    Registration,
)
from sarangbang.scheduling.models import Resource, WeeklyRule


def make_procedure(slug: str = "cataract-surgery", **fields: Any) -> Procedure:
    department, _ = Department.objects.get_or_create(slug="ophthalmology", defaults={"name": "Ophthalmology"})
    fields = {"name": "Cataract surgery", "summary_en": "A cloudy lens is replaced.", **fields}
    procedure = Procedure.objects.create(
        slug=slug, main_department=department, days_in_korea_low=5, days_in_korea_high=7, **fields
    )
    procedure.departments.add(department)
    return procedure


def make_place(code: str, kind: str = Place.Kind.MEDICAL, **fields: Any) -> Place:
    fields = {"name": "가람역", "name_latin": "Garam station", "latitude": 37.5271, "longitude": 127.0286, **fields}
    return Place.objects.create(code=code, kind=kind, **fields)


def make_institution(
    number: int,
    procedure: Procedure,
    *,
    languages: tuple[str, ...] = ("ko", "en"),
    opens: dt.time = dt.time(9),
    **registration: Any,
) -> Offering:
    """The offering of institution ``number``; ``registration`` overrides fields of its registration."""
    place = make_place(
        f"medical-{number}", name=f"가람의원 {number}", name_latin=f"Garam Clinic {number:03}",
        latitude=37.50 + number / 5000, address="서울 강남구 가람로 1", address_latin="1 Garam-ro, Gangnam-gu",
    )  # fmt: skip
    institution = Institution.objects.create(
        slug=f"garam-{number}", kind=Institution.Kind.CLINIC, name=place.name, name_latin=place.name_latin, place=place
    )
    department = procedure.main_department
    institution.departments.add(department)
    today = directory.today()
    Registration.objects.create(
        institution=institution,
        number=f"M-{number:04}",
        **{
            "valid_from": today - dt.timedelta(days=100),
            "valid_until": today + dt.timedelta(days=900),
            "insured_until": today + dt.timedelta(days=200),
            "insured_amount": 100_000_000,
            **registration,
        },
    )
    doctor = Practitioner.objects.create(number=f"L{number}", name="김가람", name_latin=f"Kim Garam {number}")
    PractitionerLanguage.objects.bulk_create(
        PractitionerLanguage(practitioner=doctor, language=language) for language in languages
    )
    PractitionerRole.objects.create(practitioner=doctor, institution=institution, department=department)
    resource = Resource.objects.create(kind=Resource.Kind.PRACTITIONER, label=doctor.name_latin, practitioner=doctor)
    WeeklyRule.objects.bulk_create(
        WeeklyRule(
            resource=resource, place=place, weekday=weekday, starts=opens, ends=dt.time(18),
            valid_from=today - dt.timedelta(days=100), on_holidays=True,
        )
        for weekday in range(7)
    )  # fmt: skip
    return Offering.objects.create(
        institution=institution, procedure=procedure, department=department,
        price_low=2_000_000, price_high=3_000_000, quoted_on=today,
    )  # fmt: skip
