"""One Korean calendar day of cars and interpreters, read once: jobs, crews, hours. What the planning reads, and what
is checked again under the locks when a plan is accepted."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils import timezone

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import BUSY, beside, car_of, hours_of, planned, speaker_of
from sarangbang.concierge.choosing.keeping import Kept, kept_by_resource
from sarangbang.concierge.entitlement import Rules, rules_on
from sarangbang.concierge.interpreters.allowance import Allowance, counted
from sarangbang.concierge.interpreters.workload import Load, allowance, loads
from sarangbang.concierge.models import (
    Crew,
    Interpreter,
    Interpreting,
    Job,
    JobOffer,
    Ride,
    ServiceStatus,
    ServiceStep,
    Vehicle,
)
from sarangbang.concierge.months import midnight

DAY = dt.timedelta(days=1)
AROUND = dt.timedelta(hours=12)
"""Jobs so long before and after the day are known, too: somebody comes from the last night's."""
SHOWN = lifecycle.LIVE | {lifecycle.FINISHED}


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When a Korean calendar day begins and ends."""
    start = midnight(day)
    return start, start + DAY


def rides_for_planning() -> QuerySet[Ride]:
    """Rides with what planning looks at. What many of them share (places, cars) is read once, not with each."""
    found = Ride.objects.select_related("stay__guest", "flight", "reservation")
    return found.prefetch_related("origin", "destination", "flight__place", "vehicle__driver", "vehicle__resource")


def interpretings_for_planning() -> QuerySet[Interpreting]:
    """Interpretings with what planning looks at; what many of them share is read once."""
    found = Interpreting.objects.select_related("stay__guest", "reservation")
    return found.prefetch_related("place", "field", "interpreter__resource")


@dataclass
class Daybook:
    """The day as it stands at ``now``. What is asked for first is read then, all in a constant number of queries."""

    day: dt.date
    now: dt.datetime

    @classmethod
    def of(cls, day: dt.date) -> Daybook:
        return cls(day, timezone.now())

    @cached_property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        return day_bounds(self.day)

    @cached_property
    def rules(self) -> Rules:
        """The rules of the day."""
        return rules_on(self.day)

    @cached_property
    def slack(self) -> dt.timedelta:
        """What is kept in reserve wherever there is a way."""
        return self.rules.span("slack")

    @cached_property
    def _window(self) -> Q:
        start, end = self.bounds
        return Q(starts_at__gte=start - AROUND, starts_at__lt=end + AROUND, status__in=SHOWN)

    @cached_property
    def _rides(self) -> list[Ride]:
        return list(rides_for_planning().filter(self._window).order_by("starts_at", "pk"))

    @cached_property
    def _interpretings(self) -> list[Interpreting]:
        return list(interpretings_for_planning().filter(self._window).order_by("starts_at", "pk"))

    def is_today(self, job: Job) -> bool:
        """Whether a job begins on this day."""
        start, end = self.bounds
        return start <= job.starts_at < end

    @cached_property
    def rides(self) -> list[Ride]:
        """Rides that begin on this day and are not called off, by time."""
        return [ride for ride in self._rides if self.is_today(ride)]

    @cached_property
    def interpretings(self) -> list[Interpreting]:
        """Interpretings that begin on this day and are not called off, by time."""
        return [job for job in self._interpretings if self.is_today(job)]

    @cached_property
    def jobs(self) -> dict[str, Job]:
        """The jobs of this day by subject ("ride:<id>")."""
        both: list[Job] = [*self.rides, *self.interpretings]
        return {job.subject: job for job in both}

    @cached_property
    def neighbours(self) -> list[Job]:
        """Assigned jobs of the evening before and the morning after; they stay as they are."""
        both: list[Job] = [*self._rides, *self._interpretings]
        return [job for job in both if not self.is_today(job) and job.status in BUSY]

    @cached_property
    def offered(self) -> set[str]:
        """Jobs that an interpreter was asked about and has not answered yet, by subject."""
        asked = JobOffer.objects.filter(
            answer=JobOffer.Answer.OPEN, interpreting__in=[job.pk for job in self.interpretings]
        )
        return {f"{Interpreting.service}:{pk}" for pk in asked.values_list("interpreting_id", flat=True)}

    @cached_property
    def lost(self) -> set[str]:
        """Jobs that had a crew and lost it: it broke down, gave the job back, or could not keep it when the time moved.
        What waits for an answer is not lost, unless only the flight has brought it out of order with the appointments:
        mending is the answer to that. What somebody took back on purpose (an undo) is not lost either."""
        bare = [job for job in self.jobs.values() if job.status in lifecycle.UNASSIGNED and not crew_key(job)]
        about = Q(ride__in=[job.pk for job in bare if isinstance(job, Ride)]) | Q(
            interpreting__in=[job.pk for job in bare if isinstance(job, Interpreting)]
        )
        had: set[str] = set()
        lost: dict[str, ServiceStep] = {}
        for step in ServiceStep.objects.filter(about).order_by("pk"):
            service = Ride.service if step.ride_id else Interpreting.service
            subject = f"{service}:{step.ride_id or step.interpreting_id}"
            if step.vehicle_id or step.interpreter_id:
                had.add(subject)
            elif subject in had:
                had.discard(subject)
                if step.undoes_id is None:
                    lost[subject] = step
        return {
            subject
            for subject, step in lost.items()
            if self.jobs[subject].status == ServiceStatus.GRANTED or step.reason == "out_of_order"
        }

    # Crews

    @cached_property
    def cars(self) -> dict[str, Vehicle]:
        """Cars that work, and those that have jobs on this day, by key."""
        used = Ride.objects.filter(self._window, vehicle__isnull=False).values("vehicle")
        working = Q(is_active=True, driver__is_active=True) | Q(pk__in=used)
        found = Vehicle.objects.filter(working).select_related("resource", "base", "driver").order_by("plate")
        return {str(car.pk): car for car in found}

    @cached_property
    def interpreters(self) -> dict[str, Interpreter]:
        """Interpreters who are appointed on this day, and those who have jobs on it, by key."""
        used = Interpreting.objects.filter(self._window, interpreter__isnull=False).values("interpreter")
        appointed = Q(appointed_from__lte=self.day, appointed_until__gte=self.day) | Q(pk__in=used)
        found = Interpreter.objects.filter(appointed).select_related("resource", "home")
        return {str(one.pk): one for one in found.prefetch_related("languages", "fields").order_by("name_latin", "pk")}

    @cached_property
    def _hours(self) -> dict[int, list[fitting.Span]]:
        start, end = self.bounds
        crews: list[Crew] = [*self.cars.values(), *self.interpreters.values()]
        resources = [crew.resource_id for crew in crews]
        return hours_of(resources, start, end)

    @cached_property
    def _kept(self) -> dict[int, list[Kept]]:
        """Time of interpreters that visits keep without a job, around the day, by resource."""
        start, end = self.bounds
        return kept_by_resource(start - AROUND, end + AROUND)

    @cached_property
    def held(self) -> dict[str, list[Job]]:
        """What each crew has to do, by its key, by time; the neighbours of the day included."""
        found: dict[str, list[Job]] = defaultdict(list)
        both: list[Job] = [*self._rides, *self._interpretings]
        for job in sorted(both, key=lambda job: (job.starts_at, str(job.pk))):
            key = crew_key(job)
            if key and job.status in BUSY:
                found[key].append(job)
        return found

    def assigned_to(self, crews: Iterable[str]) -> set[str]:
        """Subjects of what these crews are assigned to around the day, read without all that hangs on it: a way may
        change with a neighbour's job, though nothing else does."""
        keys = set(crews)
        mine = Q(status=ServiceStatus.ASSIGNED) & self._window
        cars = [car.pk for key, car in self.cars.items() if key in keys]
        people = [one.pk for key, one in self.interpreters.items() if key in keys]
        rides = Ride.objects.filter(mine, vehicle__in=cars).values_list("pk", flat=True)
        jobs = Interpreting.objects.filter(mine, interpreter__in=people)
        return {f"{Ride.service}:{pk}" for pk in rides} | {
            f"{Interpreting.service}:{pk}" for pk in jobs.values_list("pk", flat=True)
        }

    def crew(self, job: Job, key: str) -> Crew | None:
        """The car or interpreter of a job of that kind."""
        return self.cars.get(key) if isinstance(job, Ride) else self.interpreters.get(key)

    def candidate(self, crew: Crew, jobs: Iterable[Job] | None = None) -> fitting.Candidate:
        """A crew with its hours and jobs (as they stand, unless others are given), as fitting sees it."""
        held = self.held.get(str(crew.pk), []) if jobs is None else jobs
        to_do = [planned(job) for job in held]
        hours = self._hours.get(crew.resource_id, [])
        if isinstance(crew, Vehicle):
            return car_of(crew, hours, to_do)
        return speaker_of(crew, hours, to_do, self.allowance(crew), self._kept.get(crew.resource_id, ()))

    @cached_property
    def loads(self) -> dict[str, Load]:
        """What interpreters have done in the four weeks before, and have to do on the month's other days, by key."""
        return loads(self.day)

    def allowance(self, person: Interpreter) -> Allowance | None:
        """What the month allows an interpreter on this day, none of its jobs given away."""
        if person.most_hours is None:
            return None
        key = str(person.pk)
        held = [job for job in self.held.get(key, ()) if self.is_today(job)]
        now = sum(counted(job.starts_at, job.ends_at) for job in held)
        return allowance(person, self.day, self.loads.get(key, Load()), now)

    def shifts(self, crew: Crew) -> Sequence[fitting.Span]:
        """The working hours of a crew around this day, without the time that visits keep."""
        hours = self._hours.get(crew.resource_id, [])
        kept = self._kept.get(crew.resource_id)
        return beside(hours, kept) if kept else hours


def crew_key(job: Job) -> str:
    """The key of who is assigned; empty for nobody."""
    pk = job.vehicle_id if isinstance(job, Ride) else job.interpreter_id
    return str(pk) if pk is not None else ""
