"""A district to book in: clinics with doctors who receive on every weekday, and times that are free.

``python -m bench.world CLINICS DOCTORS`` fills the database of the house in the environment and prints the offers as
JSON: institution, procedure, practitioner and the first minutes of free visits (RFC 3339, UTC).
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
PROCEDURE = "laser-toning"
VISIT = dt.timedelta(minutes=30)
OPENS, CLOSES = dt.time(9), dt.time(18)
FIRST_DAY, LAST_DAY = 3, 170
"""Days from now: after the shortest notice, before the end of the calendar."""


def fill(clinics: int, doctors: int) -> list[dict[str, str]]:
    """Institutions that may receive, each with its doctors and their hours; returns who offers what."""
    from django.db import transaction
    from django.utils import timezone

    from sarangbang.directory.models import (
        Department,
        Institution,
        Offering,
        Place,
        Practitioner,
        PractitionerRole,
        Procedure,
        Registration,
    )  # fmt: skip
    from sarangbang.scheduling.models import Resource, WeeklyRule

    today = timezone.localdate()
    offers = []
    with transaction.atomic():
        department = Department.objects.create(slug="dermatology", name="Dermatology")
        procedure = Procedure.objects.create(slug=PROCEDURE, name="Laser toning", main_department=department)
        for number in range(clinics):
            slug = f"clinic-{number}"
            place = Place.objects.create(
                code=slug, kind="medical", name="의원", name_latin=slug, latitude=37.5 + number / 1000, longitude=127.03
            )
            institution = Institution.objects.create(
                slug=slug, kind="clinic", name="의원", name_latin=slug, place=place
            )
            Registration.objects.create(
                institution=institution, number=f"M-{number}", valid_from=today - dt.timedelta(days=100),
                valid_until=today + dt.timedelta(days=400), insured_until=today + dt.timedelta(days=400),
            )  # fmt: skip
            Offering.objects.create(institution=institution, procedure=procedure, department=department)
            for place_in_row in range(doctors):
                person = Practitioner.objects.create(
                    number=f"{number}-{place_in_row}", name="의사", name_latin=f"Doctor {number}-{place_in_row}"
                )
                PractitionerRole.objects.create(practitioner=person, institution=institution, department=department)
                resource = Resource.objects.create(kind="practitioner", label=person.name_latin, practitioner=person)
                WeeklyRule.objects.bulk_create(
                    WeeklyRule(
                        resource=resource, place=place, weekday=weekday, starts=OPENS, ends=CLOSES, on_holidays=True,
                        valid_from=today - dt.timedelta(days=100),
                    )
                    for weekday in range(5)
                )  # fmt: skip
                offers.append({"institution": slug, "procedure": PROCEDURE, "practitioner": str(person.pk)})
    return offers


def visits() -> list[str]:
    """When a visit can begin, as instants of the API, earliest first."""
    from django.utils import timezone

    found = []
    for ahead in range(FIRST_DAY, LAST_DAY):
        day = timezone.localdate() + dt.timedelta(days=ahead)
        if day.weekday() > 4:
            continue
        moment = dt.datetime.combine(day, OPENS, tzinfo=SEOUL)
        while moment + VISIT <= dt.datetime.combine(day, CLOSES, tzinfo=SEOUL):
            found.append(moment.astimezone(dt.UTC).isoformat())
            moment += VISIT
    return found


def guest(number: int) -> dict[str, Any]:
    """What POST …/confirm takes, of the guest with this number."""
    return {
        "guest": {
            "name": f"Батбаяр Сарнай {number}", "name_latin": "Batbayar Sarnai", "nationality": "MN",
            "birth_year": 1990, "sex": "female", "email": f"guest-{number}@guest.example", "phone": "+97699112233",
            "language": "mn", "zone": "Asia/Ulaanbaatar",
        },
        "companions": 1,
        "consents": ["booking", "health", "abroad", "concierge"],
    }  # fmt: skip


def main(clinics: int, doctors: int) -> None:
    from sarangbang.config import running

    running.setup()
    running.prepare(static=False)
    sys.stdout.write(json.dumps({"offers": fill(clinics, doctors), "visits": visits()}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
