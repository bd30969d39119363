"""A small random district: alternate weeks, doctors at two places, closures, leave, rooms, rules, interpreters."""

from __future__ import annotations

import datetime as dt
import random
from types import SimpleNamespace

from django.utils import timezone

from sarangbang.directory.models import PractitionerLanguage, PractitionerRole
from sarangbang.scheduling import actions
from sarangbang.scheduling.free import free_times
from sarangbang.scheduling.models import BookingRule, Closure, Requirement, Resource, RosterException, WeeklyRule

from .conftest import make_clinic


class District:
    def __init__(self, rng: random.Random, clinics: int) -> None:
        self.rng = rng
        self.clinics = [make_clinic(f"clinic-{number}", doctors=rng.randint(1, 3)) for number in range(clinics)]
        self.procedure = self.clinics[0].offering.procedure
        for number, clinic in enumerate(self.clinics):
            clinic.place.latitude += number * 0.02
            clinic.place.save()
            self._vary(clinic)
        guest_doctor, second = self.clinics[0].doctors[0], self.clinics[1]
        PractitionerRole.objects.create(
            practitioner=guest_doctor, institution=second.institution, department=second.department
        )
        resource = Resource.objects.get(practitioner=guest_doctor)
        for weekday in range(5):
            self._rule(resource, second.place.pk, weekday, (13, 19))
        self.interpreters = [self._interpreter(clinic.place.pk) for clinic in self.clinics[:2]]

    def _vary(self, clinic: SimpleNamespace) -> None:
        rng, now = self.rng, timezone.now()
        for doctor in clinic.doctors:
            resource = Resource.objects.get(practitioner=doctor)
            resource.weekly_rules.all().delete()
            for weekday in rng.sample(range(7), 6):
                start = rng.choice([8, 9, 9, 10, 13, 20, 22])
                self._rule(resource, clinic.place.pk, weekday, (start, start + rng.randint(2, 9)))
            if rng.random() < 0.5:
                PractitionerLanguage.objects.create(practitioner=doctor, language="mn")
            starts_at = now + dt.timedelta(hours=rng.randint(0, 100))
            RosterException.objects.create(
                resource=resource,
                kind=rng.choice(["leave", "extra"]),
                place=clinic.place,
                starts_at=starts_at.replace(minute=0, second=0, microsecond=0),
                ends_at=starts_at + dt.timedelta(hours=rng.randint(2, 30)),
            )
        if rng.random() < 0.5:
            at = now + dt.timedelta(hours=rng.randint(0, 100))
            Closure.objects.create(place=clinic.place, starts_at=at, ends_at=at + dt.timedelta(hours=9))
        if rng.random() < 0.6:
            BookingRule.objects.create(
                institution=clinic.institution,
                step_minutes=rng.choice([None, 15, 40]),
                buffer_after_minutes=rng.choice([None, 10]),
                notice_minutes=rng.choice([None, 30, 2000]),
                per_day=rng.choice([None, 3]),
            )
        if rng.random() < 0.6:
            room = Resource.objects.create(kind="room", label="Room", institution=clinic.institution)
            Requirement.objects.create(offering=clinic.offering, name="room").resources.add(room)

    def _rule(self, resource: Resource, place_id: int, weekday: int, hours: tuple[int, int]) -> None:
        today = timezone.localdate()
        WeeklyRule.objects.create(
            resource=resource, place_id=place_id, weekday=weekday, starts=dt.time(hours[0]),
            ends=dt.time(hours[1] % 24), valid_from=today - dt.timedelta(days=self.rng.randint(0, 20)),
            every_weeks=self.rng.choice([1, 1, 1, 2]),
        )  # fmt: skip

    def _interpreter(self, place_id: int) -> int:
        resource = Resource.objects.create(kind="interpreter", label="Interpreter")
        for weekday in range(6):
            self._rule(resource, place_id, weekday, (9, 17))
        return resource.pk

    def book(self, many: int) -> None:
        """Hold so many times, in the next days, some with an interpreter."""
        now = timezone.now()
        doctors = {doctor.pk: doctor for clinic in self.clinics for doctor in clinic.doctors}
        for number in range(many):
            offering = self.rng.choice(self.clinics).offering
            along = [self.interpreters] if number % 4 == 0 else []
            times = free_times(offering, now, now + dt.timedelta(days=5), along=along, limit=30)
            if times:
                time = self.rng.choice(times)
                actions.hold(offering, doctors[time.practitioner_id], time.starts_at, actor="api", along=along)
