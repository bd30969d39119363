"""A full day for measuring and for tests: so many rides and interpretings, with cars, interpreters and clinics to match.
Written in bulk, past the verbs; everything is granted, nobody is assigned."""

from __future__ import annotations

import datetime as dt
import random

from sarangbang.concierge.models import Driver, Interpreter, InterpreterLanguage, Interpreting, Ride, Vehicle
from sarangbang.directory.models import Place
from sarangbang.directory.travel import drive_minutes
from sarangbang.people.models import Consent, Guest
from sarangbang.scheduling.models import Appointment, Reservation, Resource, WeeklyRule
from sarangbang.stays.models import Flight, Stay, StayAppointment

LANGUAGES = ("en", "zh-hans", "ja", "ru", "mn")
RIDES_PER_CAR, JOBS_PER_INTERPRETER = 5, 5


class Crowd:
    """``fill(town, day, rides, jobs)`` in one go; ``day`` counts from the town's today."""

    def __init__(self, town, *, day: int = 3, rides: int = 60, jobs: int = 90, seed: int = 1) -> None:
        self.town, self.day, self.dice = town, day, random.Random(seed)
        self.hotels = [self._place(f"hotel-{n}", "hotel") for n in range(max(2, rides // 40))]
        self.clinics = [self._place(f"clinic-{n}", "medical") for n in range(max(2, jobs // 40))]
        self.cars = self._cars(max(2, rides // RIDES_PER_CAR))
        self.interpreters = self._interpreters(max(5, jobs // JOBS_PER_INTERPRETER))
        self.stays = self._stays(max(rides, jobs))
        self.rides = self._rides(rides)
        self.interpretings = self._jobs(jobs)

    def _place(self, code: str, kind: str) -> Place:
        return Place.objects.create(
            code=code, kind=kind, name=code, name_latin=code,
            latitude=37.505 + self.dice.uniform(-0.02, 0.02), longitude=127.04 + self.dice.uniform(-0.03, 0.03),
        )  # fmt: skip

    def _resources(self, kind: str, count: int, shifts: list[tuple[int, int]]) -> list[Resource]:
        made = Resource.objects.bulk_create(Resource(kind=kind, label=f"{kind} {n}") for n in range(count))
        WeeklyRule.objects.bulk_create(
            WeeklyRule(
                resource=one, place=self.town.center, weekday=weekday, starts=dt.time(shifts[n % len(shifts)][0]),
                ends=dt.time(shifts[n % len(shifts)][1], 59), valid_from=dt.date(2020, 1, 1), on_holidays=True,
            )
            for n, one in enumerate(made)
            for weekday in range(7)
        )  # fmt: skip
        return made

    def _cars(self, count: int) -> list[Vehicle]:
        resources = self._resources("vehicle", count, [(4, 15), (9, 21), (12, 23)])
        drivers = Driver.objects.bulk_create(
            Driver(name=f"기사 {n}", name_latin=f"Driver {n}", phone="+82 2 555 0101") for n in range(count)
        )
        kinds = [(3, 4, 0), (7, 9, 0), (4, 5, 1)]
        return Vehicle.objects.bulk_create(
            Vehicle(
                resource=one, driver=drivers[n], plate=f"{n:02d}마 {n:04d}", model="Staria", seats=kinds[n % 3][0],
                luggage=kinds[n % 3][1], wheelchairs=kinds[n % 3][2], base=self.town.center,
            )
            for n, one in enumerate(resources)
        )  # fmt: skip

    def _interpreters(self, count: int) -> list[Interpreter]:
        resources = self._resources("interpreter", count, [(7, 17), (9, 19)])
        made = Interpreter.objects.bulk_create(
            Interpreter(
                resource=one, name=f"통역 {n}", name_latin=f"Speaker {n:03d}", sex=("female", "male")[n % 2],
                phone="+82 2 555 0102", home=self.town.center, appointed_from=dt.date(2020, 1, 1),
                appointed_until=dt.date(2099, 1, 1),
            )
            for n, one in enumerate(resources)
        )  # fmt: skip
        InterpreterLanguage.objects.bulk_create(
            InterpreterLanguage(interpreter=one, language=LANGUAGES[n % len(LANGUAGES)]) for n, one in enumerate(made)
        )
        return made

    def _stays(self, count: int) -> list[Stay]:
        guests = Guest.objects.bulk_create(
            Guest(
                name=f"Guest {n}", name_latin=f"Guest {n}", nationality="MN", birth_year=1980, sex="female",
                email=f"g{n}@example.org", language=LANGUAGES[n % len(LANGUAGES)],
            )
            for n in range(count)
        )  # fmt: skip
        Consent.objects.bulk_create(
            Consent(
                guest=one, purpose=Consent.Purpose.CONCIERGE, version="1", language="en", given_at=self.town.at(0, 0)
            )
            for one in guests
        )
        return Stay.objects.bulk_create(Stay(guest=one, hotel=self.dice.choice(self.hotels)) for one in guests)

    def _rides(self, count: int) -> list[Ride]:
        kinds = self.dice.choices(["pick_up", "sending", "transfer"], [40, 30, 30], k=count)
        flights = Flight.objects.bulk_create(
            Flight(
                stay=stay, direction="arrival" if kind == "pick_up" else "departure", number=f"OM{n}",
                place=self.town.airport, scheduled_at=self._clock(5, 16) if kind == "pick_up" else self._clock(15, 23),
            )
            for n, (kind, stay) in enumerate(zip(kinds, self.stays, strict=False))
        )  # fmt: skip
        return Ride.objects.bulk_create(
            self._ride(kind, stay, flight) for kind, stay, flight in zip(kinds, self.stays, flights, strict=False)
        )

    def _ride(self, kind: str, stay: Stay, flight: Flight) -> Ride:
        clinic, airport = self.dice.choice(self.clinics), self.town.airport
        ways = {"pick_up": (airport, stay.hotel), "sending": (stay.hotel, airport), "transfer": (stay.hotel, clinic)}
        origin, destination = ways[kind]
        starts_at = self._clock(8, 18) if kind == "transfer" else flight.scheduled_at + dt.timedelta(minutes=50)
        if kind == "sending":
            starts_at = flight.scheduled_at - dt.timedelta(hours=4, minutes=30)
        length = dt.timedelta(minutes=drive_minutes(origin.point, destination.point) + 10)
        party = self.dice.choices([1, 2, 3, 5], [40, 40, 15, 5])[0]
        return Ride(
            stay=stay, kind=kind, flight=None if kind == "transfer" else flight, origin=origin,
            destination=destination, starts_at=starts_at, ends_at=starts_at + length, party=party,
            luggage=0 if kind == "transfer" else min(party, 4), wheelchairs=int(self.dice.random() < 0.02),
            status="granted",
        )  # fmt: skip

    def _jobs(self, count: int) -> list[Interpreting]:
        times = [self._clock(8, 17, step=30) for _ in range(count)]
        lengths = [dt.timedelta(minutes=self.dice.choice([30, 60, 90])) for _ in range(count)]
        reservations = Reservation.objects.bulk_create(
            Reservation(status="booked", starts_at=start, ends_at=start + length)
            for start, length in zip(times, lengths, strict=True)
        )
        town = self.town
        appointments = Appointment.objects.bulk_create(
            Appointment(
                reservation=one, offering=town.offering, institution=town.institution, practitioner=town.doctor,
                place=self.clinics[n % len(self.clinics)], guest_id=self.stays[n].guest_id,
            )
            for n, one in enumerate(reservations)
        )  # fmt: skip
        StayAppointment.objects.bulk_create(
            StayAppointment(stay=self.stays[n], appointment=one) for n, one in enumerate(appointments)
        )
        return Interpreting.objects.bulk_create(
            Interpreting(
                stay=self.stays[n], appointment=one, language=LANGUAGES[n % len(LANGUAGES)], field=town.eyes,
                place=one.place, starts_at=times[n] - dt.timedelta(minutes=10), ends_at=times[n] + lengths[n],
                status="granted",
            )
            for n, one in enumerate(appointments)
        )  # fmt: skip

    def _clock(self, first: int, last: int, step: int = 5) -> dt.datetime:
        return self.town.at(self.day, first) + dt.timedelta(
            minutes=step * self.dice.randrange((last - first) * 60 // step)
        )
