"""A full day on the coordinators' board, measured: ``python -m bench.board_day [--rides 600] [--jobs 900]``.

Fills the empty database of the house in the environment (``SARANGBANG_HOME``, ``DATABASE_URL``) with crews and one day
of so many rides and interpreter jobs, and prints as JSON how long the board and its live part took: processor time and
wall clock of whole requests, sign-in and compression included. Claims are not written: no read looks at them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import statistics
import sys
import time
from importlib import import_module
from itertools import count
from typing import Any

from .world import SEOUL

NAMES = (("Сарнай Батбаяр", "Sarnai Batbayar", "MN", "mn", "Asia/Ulaanbaatar"),
         ("Нурлан Омаров", "Nurlan Omarov", "KZ", "ru", "Asia/Almaty"),
         ("هدى الفارسي", "Huda Al Farsi", "AE", "ar", "Asia/Dubai"),
         ("田中 陽子", "Tanaka Yoko", "JP", "ja", "Asia/Tokyo"),
         ("王小明", "Wang Xiaoming", "CN", "zh-hans", "Asia/Shanghai"),
         ("Grace O'Neill", "Grace O'Neill", "US", "en", "America/New_York"))  # fmt: skip
LANGUAGES = ("mn", "ru", "ar", "ja", "zh-hans", "en", "vi", "th", "es")
A_CAR_A_DAY, AN_INTERPRETER_A_DAY = 5, 5
CHANGED = 100
"""So many jobs are others than on the page before."""
WARM = 3
"""So many requests come first and are not counted: templates and translations are read then."""
EMAIL = "desk@demo.example"
OPEN_SHARE = 0.04
"""So many jobs have nobody yet."""


class Day:
    """The rows of one day. ``today`` is the Korean day that is filled."""

    def __init__(self, rng: random.Random, today: dt.date) -> None:
        self.rng, self.today = rng, today
        self.midnight = dt.datetime.combine(today, dt.time(), tzinfo=SEOUL).astimezone(dt.UTC)
        self.counter = count()

    def at(self, minutes: int) -> dt.datetime:
        return self.midnight + dt.timedelta(minutes=minutes)

    def town(self, clinics: int = 40, hotels: int = 20) -> None:
        from sarangbang.directory.models import Department, Institution, Offering, Place, Practitioner, Procedure

        def place(code: str, kind: str, latin: str, latitude: float, longitude: float) -> Place:
            return Place.objects.create(
                code=code, kind=kind, name=f"장소 {latin}", name_latin=latin, latitude=latitude, longitude=longitude
            )

        def near() -> tuple[float, float]:
            return 37.49 + self.rng.random() / 20, 127.02 + self.rng.random() / 20

        self.airports = [place("icn-t1", "airport", "Incheon Terminal 1", 37.4492, 126.4510),
                         place("icn-t2", "airport", "Incheon Terminal 2", 37.4602, 126.4407)]  # fmt: skip
        self.center = place("medical-tour-center", "center", "Medical Tour Center", 37.5270, 127.0292)
        self.hotels = [place(f"hotel-{n}", "hotel", f"Hotel Samseong {n}", *near()) for n in range(hotels)]
        self.field = Department.objects.create(slug="eyes", name="Ophthalmology")
        procedure = Procedure.objects.create(slug="lens", name="Lens", main_department=self.field)
        self.offerings = []
        for n in range(clinics):
            where = place(f"medical-{n}", "medical", f"Seorae Clinic {n}", *near())
            institution = Institution.objects.create(
                slug=f"clinic-{n}", kind="clinic", name=f"서래의원 {n}", name_latin=f"Seorae Clinic {n}", place=where
            )
            self.offerings.append(
                Offering.objects.create(institution=institution, procedure=procedure, department=self.field)
            )
        self.doctor = Practitioner.objects.create(number="1", name="의사", name_latin="Doctor")

    def roster(self, resource: Any, starts: int) -> None:
        from sarangbang.scheduling.models import RosterException, WeeklyRule

        for weekday in range(7):
            WeeklyRule.objects.create(
                resource=resource, place=self.center, weekday=weekday, starts=dt.time(starts), ends=dt.time(23, 55),
                valid_from=self.today - dt.timedelta(days=90), on_holidays=True,
            )  # fmt: skip
        if self.rng.random() < 0.1:
            leave = {"starts_at": self.at(20 * 60), "ends_at": self.at(24 * 60)}
            RosterException.objects.create(resource=resource, kind="leave", reason="", **leave)

    def crews(self, cars: int, interpreters: int) -> None:
        from sarangbang.concierge.models import Driver, Interpreter, InterpreterLanguage, Vehicle
        from sarangbang.scheduling.models import Resource

        self.cars, self.interpreters = [], []
        for n in range(cars):
            plate = f"{10 + n % 80}가 {1000 + n}"
            resource = Resource.objects.create(kind="vehicle", label=plate)
            self.roster(resource, 5)
            driver = Driver.objects.create(name=f"기사 {n}", name_latin=f"Driver {n}", phone="+82 2 555 0100")
            self.cars.append(
                Vehicle.objects.create(resource=resource, driver=driver, plate=plate, model="Staria", seats=7,
                                       luggage=8, base=self.center)
            )  # fmt: skip
        for n in range(interpreters):
            resource = Resource.objects.create(kind="interpreter", label=f"Interpreter {n}")
            self.roster(resource, 7)
            person = Interpreter.objects.create(
                resource=resource, name=f"통역 {n}", name_latin=f"Interpreter {n}", sex="female", home=self.center,
                appointed_from=self.today - dt.timedelta(days=90), appointed_until=self.today + dt.timedelta(days=600),
            )  # fmt: skip
            InterpreterLanguage.objects.create(interpreter=person, language=LANGUAGES[n % len(LANGUAGES)])
            self.interpreters.append(person)

    def stays(self, number: int) -> None:
        from sarangbang.people.models import Guest
        from sarangbang.stays.models import Stay

        guests = [
            Guest(name=name, name_latin=latin, nationality=nation, birth_year=1980, sex="female",
                  email=f"guest{n}@guest.example", language=language, zone=zone)
            for n in range(number) for name, latin, nation, language, zone in [NAMES[n % len(NAMES)]]
        ]  # fmt: skip
        Guest.objects.bulk_create(guests)
        self.all_stays = [Stay(guest=guest, hotel=self.rng.choice(self.hotels)) for guest in guests]
        Stay.objects.bulk_create(self.all_stays)

    def status(self, minute: int, now: int) -> str:
        if self.rng.random() < OPEN_SHARE:
            return "granted"
        if minute + 90 < now:
            return "finished"
        return "under_way" if minute < now and self.rng.random() < 0.8 else "assigned"

    def rides(self, number: int, now: int) -> None:
        from sarangbang.concierge.models import Ride
        from sarangbang.scheduling.models import Reservation
        from sarangbang.stays.models import Flight

        rides, held, flights = [], [], []
        for n in range(number):
            car = self.cars[n % len(self.cars)]
            slot = n // len(self.cars) % A_CAR_A_DAY
            start = 360 + slot * 180 + self.rng.randrange(0, 40, 5)
            stay = self.all_stays[n % len(self.all_stays)]
            kind = ("pick_up", "transfer", "sending")[slot % 3]
            status = self.status(start, now)
            ride = Ride(stay=stay, kind=kind, party=1 + n % 4, luggage=n % 3, status=status, starts_at=self.at(start),
                        ends_at=self.at(start + (40 if kind == "transfer" else 85)), origin=stay.hotel,
                        destination=self.rng.choice(self.offerings).institution.place)  # fmt: skip
            if kind == "pick_up" and n < len(self.all_stays):
                flight = Flight(stay=stay, direction="arrival", number=f"KE{100 + n // 3}",
                                place=self.rng.choice(self.airports), scheduled_at=self.at(start - 45))  # fmt: skip
                flights.append(flight)
                ride.flight, ride.origin, ride.destination = flight, flight.place, stay.hotel
            if status != "granted":
                ride.vehicle = car
                ride.reservation = Reservation(
                    status="booked", starts_at=ride.starts_at - dt.timedelta(minutes=25), ends_at=ride.ends_at
                )
                held.append(ride.reservation)
            rides.append(ride)
        Reservation.objects.bulk_create(held)
        Flight.objects.bulk_create(flights)
        Ride.objects.bulk_create(rides)
        self.steps_and_promises(rides, "ride")

    def jobs(self, number: int, now: int) -> None:
        from sarangbang.concierge.models import Interpreting
        from sarangbang.scheduling.models import Appointment, Reservation
        from sarangbang.stays.models import StayAppointment

        held, visits, hung, jobs = [], [], [], []
        for n in range(number):
            person = self.interpreters[n % len(self.interpreters)]
            start = 480 + n // len(self.interpreters) % AN_INTERPRETER_A_DAY * 130 + self.rng.randrange(0, 30, 5)
            stay, offering = self.all_stays[n % len(self.all_stays)], self.rng.choice(self.offerings)
            times = {"starts_at": self.at(start), "ends_at": self.at(start + 70)}
            visit = Reservation(status="booked", **times)
            held.append(visit)
            appointment = Appointment(reservation=visit, offering=offering, institution=offering.institution,
                                      practitioner=self.doctor, place=offering.institution.place,
                                      guest=stay.guest)  # fmt: skip
            visits.append(appointment)
            hung.append(StayAppointment(stay=stay, appointment=appointment))
            status = self.status(start, now)
            job = Interpreting(stay=stay, appointment=appointment, language=stay.guest.language, field=self.field,
                               place=appointment.place, status=status, **times)  # fmt: skip
            if status != "granted":
                job.interpreter = person
                job.reservation = Reservation(
                    status="booked", starts_at=job.starts_at - dt.timedelta(minutes=20), ends_at=job.ends_at
                )
                held.append(job.reservation)
            jobs.append(job)
        Reservation.objects.bulk_create(held)
        Appointment.objects.bulk_create(visits)
        StayAppointment.objects.bulk_create(hung)
        Interpreting.objects.bulk_create(jobs)
        self.steps_and_promises(jobs, "interpreting")

    def steps_and_promises(self, jobs: list[Any], service: str) -> None:
        from sarangbang.concierge.models import ServiceStep
        from sarangbang.stays.models import Promise

        ServiceStep.objects.bulk_create(ServiceStep(status=job.status, actor="bench", **{service: job}) for job in jobs)
        kind = {"ride": "pick_up", "interpreting": "interpreting"}[service]
        Promise.objects.bulk_create(
            Promise(stay=job.stay, kind=kind, subject=f"{service}:{job.pk}", promised_by="center",
                    due_at=job.starts_at + dt.timedelta(minutes=15))
            for job in jobs if job.status != "finished"
        )  # fmt: skip


def fill(rides: int, jobs: int, seed: int = 1) -> Any:
    """The day, and the coordinator who reads it."""
    from django.db import connection, transaction
    from django.utils import timezone

    from sarangbang.people.models import Membership, User

    now = timezone.now().astimezone(SEOUL)
    minute = now.hour * 60 + now.minute
    with transaction.atomic():
        day = Day(random.Random(seed), now.date())
        day.town()
        day.crews(-(-rides // A_CAR_A_DAY), -(-jobs // AN_INTERPRETER_A_DAY))
        day.stays(max(20, (rides + jobs) // 2))
        day.rides(rides, minute)
        day.jobs(jobs, minute)
        user = User.objects.create_user(EMAIL, "x", name="Kim Desk", is_demo=True)
        Membership.objects.create(user=user, role="coordinator")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return user


def at_board(user: Any, name: str, language: str) -> tuple[Any, str]:
    """Somebody signed in, and the address."""
    from django.test import Client
    from django.urls import reverse
    from django.utils import translation

    client = Client(headers={"accept-encoding": "gzip"}, SERVER_NAME="127.0.0.1")
    client.force_login(user)
    with translation.override(language):
        return client, reverse(name)


def change(share: int) -> None:
    """Other times for so many jobs, each time others: their rows, their tags and the ways between them are new."""
    from django.db.models import F

    from sarangbang.concierge.models import Interpreting, Ride

    for model in (Ride, Interpreting):
        some = model.objects.order_by("sequence", "pk").values_list("pk", flat=True)[: share // 2]
        later = dt.timedelta(minutes=1)
        model.objects.filter(pk__in=list(some)).update(
            sequence=F("sequence") + 1, starts_at=F("starts_at") + later, ends_at=F("ends_at") + later
        )


def first(language: str) -> None:
    """Print what the first page of this process takes, as JSON."""
    from django.contrib.auth import get_user_model

    client, address = at_board(get_user_model().objects.get(email=EMAIL), "concierge:timeline", language)
    client.handler.load_middleware()  # which a server does when it starts
    began, worked = time.perf_counter(), time.process_time()
    assert client.get(address).status_code == 200
    work = 1000 * (time.process_time() - worked)
    sys.stdout.write(json.dumps({"cpu": work, "wall": 1000 * (time.perf_counter() - began)}))


def measure(user: Any, name: str, times: int, language: str, known: bool = False, changed: int = 0) -> dict[str, float]:
    """Processor time and wall clock of whole requests, in milliseconds, with the queries and bytes of one. ``known``
    asks as a board that was shown before, while nothing is done in the house: answered 304. Before each, so many jobs
    are ``changed``."""
    import gzip

    from django.db import connection

    client, address = at_board(user, name, language)
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    for _ in range(WARM):
        shown = client.get(address)
    if known:
        query["seen"], headers["if-none-match"] = shown.headers["Board-Seen"], shown.headers["ETag"]
    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        page = client.get(address, query, headers=headers).content
    work, wall = [], []
    for _ in range(times):
        if changed:
            change(changed)
        began, worked = time.perf_counter(), time.process_time()
        answer = client.get(address, query, headers=headers)
        work.append(1000 * (time.process_time() - worked))
        wall.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == (304 if known else 200), answer.status_code
    return {
        "queries": len(queries), "kilobytes": round(len(gzip.decompress(page) if page else b"") / 1024),
        "sent_kilobytes": round(len(page) / 1024), "cpu_p50": statistics.median(work), "cpu_p95": p95(work),
        "wall_p50": statistics.median(wall), "wall_p95": p95(wall),
    }  # fmt: skip


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rides", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=900)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--language", action="append")
    parser.add_argument("--first", action="store_true", help="only the first page of a process, in a filled house")
    asked = parser.parse_args()

    from sarangbang.config import running

    running.setup()
    if asked.first:
        import_module("sarangbang.config.wsgi").warming.join()
        first((asked.language or ["en"])[0])
        return
    running.prepare(static=True)
    user = fill(asked.rides, asked.jobs)
    import_module("sarangbang.config.wsgi").warming.join()  # as the web server is when it has started
    found = {}
    for language in asked.language or ["en", "ko"]:
        for part, name in (("page", "timeline"), ("live", "timeline_live"), ("unchanged", "timeline_live")):
            of_part = measure(user, f"concierge:{name}", asked.times, language, known=part == "unchanged")
            found[f"{part} {language}"] = of_part
        found[f"page after {CHANGED} changes {language}"] = measure(
            user, "concierge:timeline", asked.times, language, changed=CHANGED
        )
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
