"""A ``Daybook`` as ``dispatch`` reads it: minutes from the Korean midnight, tables of ways, rooms of cars, skills.

One car serves one party at a time: a reservation is one job of one resource, and the claims that make it true know no
company. So every ride is one that rides alone, and what the search is free in is who does what.

The law of the house stays ``fitting``; here it is said so that a plan that is legal there is legal here. The slack
counts to every way, whoever takes up work begins wherever their first job is, and is there from the begin of the shift.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sarangbang.concierge import queries
from sarangbang.concierge.choosing.crewing import REMOTE, ends_where
from sarangbang.concierge.interpreters.allowance import counted
from sarangbang.concierge.interpreters.workload import Load, agreed_minutes
from sarangbang.concierge.models import Interpreter, Interpreting, Ride, Vehicle
from sarangbang.directory.models import Place
from sarangbang.directory.travel import drive_minutes
from sarangbang.dispatch import interpreting
from sarangbang.dispatch.model import Car, Problem, Request, Stop

from .daybook import Daybook, crew_key

MINUTE = dt.timedelta(minutes=1)
NEVER = 1e5
"""Price of a ride that nobody drives: dearer than any way."""
KEPT = 1e7
"""Price of giving up a ride that stays as it is: dearer than all others together."""
OTHER_CAR = 20.0
"""A guest who was told a car gets another one only where this saves so many minutes of way."""
FAR = 10 * 24 * 60


@dataclass
class DayModel:
    """The day in minutes and tables. ``rides`` and ``interpretings`` are those that are looked at, neighbours
    included."""

    book: Daybook

    @cached_property
    def rides(self) -> list[Ride]:
        beside = [job for job in self.book.neighbours if isinstance(job, Ride)]
        return sorted([*self.book.rides, *beside], key=lambda ride: (ride.starts_at, ride.subject))

    @cached_property
    def interpretings(self) -> list[Interpreting]:
        beside = [job for job in self.book.neighbours if isinstance(job, Interpreting)]
        return sorted([*self.book.interpretings, *beside], key=lambda job: (job.starts_at, job.subject))

    # Times

    @cached_property
    def _midnight(self) -> dt.datetime:
        return self.book.bounds[0].astimezone(dt.UTC)  # moments of the database are UTC, and one zone reckons faster

    def minute(self, moment: dt.datetime) -> float:
        """Minutes from midnight of the day."""
        return (moment - self._midnight).total_seconds() / 60

    def moment(self, minute: float) -> dt.datetime:
        """The instant of a minute, on the whole minute."""
        return (self.book.bounds[0] + round(minute) * MINUTE).astimezone(dt.UTC)

    @property
    def now(self) -> float:
        return self.minute(self.book.now)

    @property
    def slack(self) -> int:
        return int(self.book.slack / MINUTE)

    # Places

    @cached_property
    def _places(self) -> dict[int, Place]:
        found: dict[int, Place] = {}
        for ride in self.rides:
            for place in (ride.origin, ends_where(ride)):
                found.setdefault(place.pk, place)
        for job in self.interpretings:
            found.setdefault(job.place_id, job.place)
        for one in self.book.interpreters.values():
            found.setdefault(one.home_id, one.home)
        return found

    @cached_property
    def row(self) -> dict[int, int]:
        """Where a place stands in the tables."""
        return {pk: number for number, pk in enumerate(self._places)}

    @cached_property
    def ways(self) -> list[list[int]]:
        """Minutes from place to place, without slack; the same there and back."""
        points = [place.point for place in self._places.values()]
        table = [[0] * len(points) for _ in points]
        for i, one in enumerate(points):
            for j in range(i):
                table[i][j] = table[j][i] = drive_minutes(one, points[j])
        return table

    @cached_property
    def _ways_with_slack(self) -> np.ndarray:
        ways = np.array(self.ways, float).reshape(len(self.row), len(self.row))
        return np.where(ways > 0, ways + self.slack, 0.0)

    # Rides

    def request(self, ride: Ride, *, cars: frozenset[str] | None, price: float) -> Request:
        """A ride at its time. Getting in and out is what its length has beyond the way."""
        here, there = self.row[ride.origin_id], self.row[ends_where(ride).pk]
        length = (ride.ends_at - ride.starts_at) / MINUTE
        start = self.minute(ride.starts_at)
        service = max(0.0, length - float(self._ways_with_slack[here, there]))
        return Request(
            name=ride.subject,
            pickup=Stop(here, start, start, service),
            dropoff=Stop(there, start - FAR, math.inf),
            load={
                "seats": ride.party,
                "luggage": ride.luggage,
                "wheelchairs": ride.wheelchairs,
                "child_seats": ride.child_seats,
            },
            alone=True,
            price=price,
            cars=cars,
            car=self.shift_of(ride),
            change_price=OTHER_CAR,
        )

    @cached_property
    def shifts(self) -> dict[str, tuple[Vehicle, float, float]]:
        """The shifts of cars that touch the day, by name ("<car>#<number>"): one that comes twice is two cars here.
        Jobs outside the hours make a shift longer; that nothing else is put there, ``fitting`` sees to."""
        found: dict[str, tuple[Vehicle, float, float]] = {}
        for key, car in self.book.cars.items():
            held = self.book.held.get(key, [])
            spans = [[self.minute(span.starts_at), self.minute(span.ends_at)] for span in self.book.shifts(car)]
            for job in held:
                start, end = self.minute(job.starts_at), self.minute(job.ends_at)
                if any(opens <= start and end <= closes for opens, closes in spans):
                    continue
                spans.append([start, end])
            works = car.is_active and car.driver.is_active
            for number, (start, end) in enumerate(sorted(spans)):
                is_used = any(start <= self.minute(job.starts_at) <= end for job in held)
                if is_used or (works and end > 0 and start < 24 * 60):
                    found[f"{key}#{number}"] = (car, start, end)
        return found

    @cached_property
    def _shifts_of_car(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.shifts:
            found[name.partition("#")[0]].append(name)
        return found

    def shifts_of(self, car: str) -> Sequence[str]:
        """The names of a car's shifts."""
        return self._shifts_of_car.get(car, [])

    def shift_of(self, ride: Ride) -> str | None:
        """In which shift of its car a ride lies; None without a car."""
        if ride.subject not in self._shift_of:
            self._shift_of[ride.subject] = self._find_shift(ride)
        return self._shift_of[ride.subject]

    @cached_property
    def _shift_of(self) -> dict[str, str | None]:
        return {}

    def _find_shift(self, ride: Ride) -> str | None:
        start, end = self.minute(ride.starts_at), self.minute(ride.ends_at)
        for name in self.shifts_of(crew_key(ride)):
            _car, opens, closes = self.shifts[name]
            if opens <= start and end <= closes:
                return name
        return None

    @cached_property
    def cars(self) -> list[Car]:
        """The shifts as cars of ``dispatch``."""
        return [
            Car(
                name,
                room={
                    "seats": car.seats,
                    "luggage": car.luggage,
                    "wheelchairs": car.wheelchairs,
                    "child_seats": car.child_seats,
                },
                begin=start,
                until=end,
                fixed=OTHER_CAR,
            )
            for name, (car, start, end) in self.shifts.items()
        ]

    def problem(self, requests: Sequence[Request]) -> Problem:
        """A day of these rides."""
        ways = self._ways_with_slack
        return Problem(requests, self.cars, ways, ways[None])

    # Interpreters

    @cached_property
    def known_faces(self) -> dict[object, frozenset[str]]:
        """Who interpreted for a guest before, by guest."""
        return queries.known_faces({job.stay.guest_id for job in self.interpretings})

    def job(self, job: Interpreting) -> interpreting.Job:
        """An interpreting at its time. A wish for a woman or a man is a condition of the house."""
        prefers = str(job.prefers_id or "")
        known = frozenset({prefers}) if prefers else self.known_faces.get(job.stay.guest_id, frozenset())
        remote = job.mode in REMOTE
        return interpreting.Job(
            key=job.subject,
            start=math.floor(self.minute(job.starts_at)),
            end=math.ceil(self.minute(job.ends_at)),
            language=job.language,
            place="" if remote else str(job.place_id),
            mode=interpreting.Mode(job.mode),
            field=job.field.slug,
            sex=job.wish,
            sex_required=bool(job.wish),
            guest=str(job.stay.guest_id),
            known=known,
            same_face=True,
        )

    def person(self, key: str) -> interpreting.Interpreter:
        """An interpreter with the hours of this day; none when they are not appointed on it, or not certified."""
        one = self.book.interpreters[key]
        appointed = one.appointed_from <= self.book.day <= one.appointed_until
        certified = one.certified_until is None or self.book.day <= one.certified_until
        spans = self.book.shifts(one) if appointed and certified else ()
        hours = tuple((math.ceil(self.minute(span.starts_at)), math.floor(self.minute(span.ends_at))) for span in spans)
        return interpreting.Interpreter(
            key=key,
            languages={each.language: 1 for each in one.languages.all()},
            home=str(one.home_id),
            hours=tuple(span for span in hours if span[0] < span[1]),
            fields=frozenset(each.slug for each in one.fields.all()),
            sex=one.sex,
            minutes_left=self._minutes_left(one),
            recent_minutes=self.book.loads.get(key, Load()).recent,
            agreed_minutes=agreed_minutes(one, self.book.day) or interpreting.FULL_TIME,
        )

    def _minutes_left(self, one: Interpreter) -> int | None:
        """What the month leaves for the jobs of this model: those of the evening before and the morning after stand in
        it as well, and are counted on their own days."""
        allowance = self.book.allowance(one)
        if allowance is None:
            return None
        beside = [job for job in self.book.held.get(str(one.pk), ()) if not self.book.is_today(job)]
        return allowance.left + sum(counted(job.starts_at, job.ends_at) for job in beside)

    def day(self, jobs: Iterable[Interpreting], *, frozen: Iterable[str]) -> interpreting.Day:
        """A day of these jobs with who has them now; ``frozen`` are subjects that stay."""
        jobs = list(jobs)
        present: Mapping[str, str] = {job.subject: crew_key(job) for job in jobs if crew_key(job)}
        return interpreting.Day(
            jobs=tuple(self.job(job) for job in jobs),
            interpreters=tuple(self.person(key) for key in self.book.interpreters),
            places=tuple(str(pk) for pk in self.row),
            travel={"car": self.ways},
            slack=self.slack,
            present=present,
            frozen=frozenset(frozen) & present.keys(),
        )
