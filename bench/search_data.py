"""The search of the whole district, measured: how long the first page takes.

``python -m bench.search_data [--practitioners 3000] [--bookings 200000] [--searches 200] [--explain]`` fills the empty
database of the house in the environment (``SARANGBANG_HOME``, ``DATABASE_URL``) with a district of that size and
90 days of bookings, and prints as JSON how long the first page of 20 took for random wishes: procedure, arrival,
length of stay, part of the day, language. With data in the database it only measures.

Each booking has its guest and its claims, so that ``bench.booking_growth`` books beside as much as would be there;
stays, promises and messages are not written. Loading does what a bulk load does (COPY, no look at foreign keys on
PostgreSQL); searching is as in production.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

DAYS = 90
VISIT_TICKS = 6
PER_CLINIC = 10
DEPARTMENTS, PROCEDURES_OF_EACH = 6, 8
HOURS = (((9, 0), (12, 30)), ((13, 30), (18, 0))), (((10, 0), (13, 0)), ((14, 0), (19, 0))), (((8, 30), (17, 0)),)
LANGUAGES = {"en": 0.5, "zh-hans": 0.2, "ja": 0.2, "mn": 0.02}
FULL = 50_000
BOOKED = "bench_booked"
"""The table from which the database itself makes the rows of each booking."""


class Rows:
    """Collects rows and writes them in bulk."""

    def __init__(self) -> None:
        self.rows: dict[Any, list[Any]] = {}
        self.keys: dict[Any, int] = {}

    def add(self, row: Any) -> Any:
        model = type(row)
        if row.pk is None:
            self.keys[model] = row.pk = self.keys.get(model, 0) + 1
        self.rows.setdefault(model, []).append(row)
        return row

    def write(self) -> None:
        for model, rows in self.rows.items():
            fields = _table(model).local_concrete_fields
            columns = [
                [field.get_db_prep_save(getattr(row, field.attname), _database()) for row in rows] for field in fields
            ]
            write(_table(model).db_table, [field.column for field in fields], zip(*columns, strict=True))
        self.rows = {}


def _database() -> Any:
    from django.db import connection

    return connection


def _table(model: Any) -> Any:
    return model._meta  # noqa: SLF001 (public by Django's documentation)


def write(table: str, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Put rows into a table, as quickly as the database takes them."""
    database = _database()
    names = ", ".join(map(database.ops.quote_name, columns))
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 (our own)


def fill(practitioners: int, bookings: int, seed: int = 1) -> None:
    """Institutions with ten doctors each in two of the departments, hours of three kinds, and bookings on the half
    hour, thinning out over 90 days."""
    from django.core.management.color import no_style
    from django.db import connection, transaction

    rng, rows = random.Random(seed), Rows()
    with transaction.atomic():
        with connection.cursor() as cursor:
            is_file = connection.vendor == "sqlite"
            cursor.execute("PRAGMA cache_size = -400000" if is_file else "SET LOCAL session_replication_role = replica")
        doctors = _district(rng, rows, practitioners)
        rows.write()
        _bookings(rng, doctors, bookings)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(rows.keys)):
                cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _district(rng: random.Random, rows: Rows, practitioners: int) -> list[tuple[Any, Any, Any, list[int]]]:
    from django.utils import timezone

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
    )  # fmt: skip
    from sarangbang.scheduling.models import Resource, WeeklyRule

    today = timezone.localdate()
    departments = [Department.objects.create(slug=f"department-{n}", name=f"D{n}") for n in range(DEPARTMENTS)]
    procedures = {
        room.pk: [
            Procedure.objects.create(slug=f"{room.slug}-{n}", name=f"P{n}", main_department=room)
            for n in range(PROCEDURES_OF_EACH)
        ]
        for room in departments
    }
    doctors = []
    for number in range(practitioners // PER_CLINIC):
        place = rows.add(
            Place(code=f"district-{number}", kind="medical", name="의원", name_latin=f"Clinic {number}",
                  latitude=37.5 + rng.random() / 20, longitude=127.03 + rng.random() / 20)
        )  # fmt: skip
        institution = rows.add(
            Institution(id=uuid.UUID(int=rng.getrandbits(128)), slug=f"district-{number}", kind="clinic", name="의원",
                        name_latin=f"Clinic {number}", place=place)
        )  # fmt: skip
        rows.add(
            Registration(institution=institution, number=f"D-{number}", valid_from=today - dt.timedelta(days=90),
                         valid_until=today + dt.timedelta(days=900), insured_until=today + dt.timedelta(days=400))
        )  # fmt: skip
        offered = {}
        for room in rng.sample(departments, 2):
            offered[room.pk] = [
                rows.add(Offering(institution=institution, procedure=each, department=room))
                for each in rng.sample(procedures[room.pk], PROCEDURES_OF_EACH // 2)
            ]
        for place_in_row in range(PER_CLINIC):
            person = rows.add(
                Practitioner(id=uuid.UUID(int=rng.getrandbits(128)), number=f"D-{number}-{place_in_row}", name="의사",
                             name_latin=f"Doctor {number}-{place_in_row}")
            )  # fmt: skip
            room = list(offered)[place_in_row % 2]
            rows.add(PractitionerRole(practitioner=person, institution=institution, department_id=room))
            for language, share in LANGUAGES.items():
                if rng.random() < share:
                    rows.add(PractitionerLanguage(practitioner=person, language=language))
            resource = rows.add(Resource(kind="practitioner", label=person.name_latin, practitioner=person))
            starts: list[int] = []
            for opens, closes in rng.choice(HOURS):
                starts += range(opens[0] * 60 + opens[1], closes[0] * 60 + closes[1], 30)
                for weekday in range(5):
                    rows.add(
                        WeeklyRule(resource=resource, place=place, weekday=weekday, starts=dt.time(*opens),
                                   ends=dt.time(*closes), valid_from=today - dt.timedelta(days=90))
                    )  # fmt: skip
            doctors.append((institution, offered[room], (person, resource), starts))
    return doctors


def _bookings(rng: random.Random, doctors: list[Any], bookings: int) -> None:
    from django.utils import timezone

    from sarangbang.people.models import Guest
    from sarangbang.scheduling.models import Allocation, Appointment, Reservation, ReservationStep

    database, now = _database(), timezone.now()
    booked = {
        "appointment_id": (Appointment, "id"), "reservation_id": (Reservation, "id"),
        "guest_id": (Guest, "id"), "email": (Guest, "email"),
        "starts_at": (Reservation, "starts_at"), "ends_at": (Reservation, "ends_at"),
        "resource_id": (Allocation, "resource"), "place_id": (Allocation, "place"),
        "institution_id": (Appointment, "institution"), "practitioner_id": (Appointment, "practitioner"),
        "offering_id": (Appointment, "offering"),
    }  # fmt: skip
    fields = [_table(model).get_field(name) for model, name in booked.values()]
    types = ", ".join(f"{column} {field.db_type(database)}" for column, field in zip(booked, fields, strict=True))
    with database.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {BOOKED} ({types})")
    for some in _taken(rng, doctors, bookings):
        columns = [
            [field.get_db_prep_save(value, database) for value in each]
            for field, each in zip(fields, zip(*some, strict=True), strict=True)
        ]
        write(BOOKED, list(booked), zip(*columns, strict=True))
    _spread(Guest, {"id": "guest_id", "email": "email"}, name="가", name_latin="Ga", nationality="MN", birth_year=1990,
            sex="female", language="mn", zone="Asia/Ulaanbaatar")  # fmt: skip
    _spread(
        Reservation,
        {"id": "reservation_id", "starts_at": "starts_at", "ends_at": "ends_at"},
        status="booked",
        created_at=now,
    )
    _spread(ReservationStep, {"reservation": "reservation_id"}, status="booked", at=now, actor="bench")
    same = {name: f"{name}_id" for name in ("reservation", "place")}
    _spread(Allocation, {**same, "resource": "resource_id", "starts_at": "starts_at", "ends_at": "ends_at"})
    named = {name: f"{name}_id" for name in ("offering", "institution", "practitioner")}
    _spread(Appointment, {**same, **named, "id": "appointment_id", "guest": "guest_id"}, created_at=now)
    _claim()


def _claim() -> None:
    """Every tick of every allocation."""
    from sarangbang.scheduling.models import Allocation, Claim

    database = _database()
    since_1970 = "strftime('%%s', starts_at)" if database.vendor == "sqlite" else "extract(epoch FROM starts_at)"
    ticks = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(VISIT_TICKS))
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(Claim).db_table} (allocation_id, resource_id, seat, tick) "  # noqa: S608 (our own)
            f"SELECT id, resource_id, seat, CAST({since_1970} AS bigint) / 300 + n "
            f"FROM {_table(Allocation).db_table}, ({ticks}) AS ticks",
            [],
        )


def _taken(rng: random.Random, doctors: list[Any], bookings: int) -> Iterator[list[tuple[Any, ...]]]:
    """Times that guests have, each once, ``FULL`` at a time."""
    from django.utils import timezone

    from bench.world import SEOUL

    midnight = dt.datetime.combine(timezone.localdate(timezone=SEOUL), dt.time(), tzinfo=SEOUL)
    days = [day for day in range(DAYS) if (midnight + dt.timedelta(days=day)).weekday() < 5]
    midnight = midnight.astimezone(dt.UTC)
    taken: set[int] = set()
    some: list[tuple[Any, ...]] = []
    while len(taken) < bookings:
        at = rng.randrange(len(doctors))
        institution, offerings, (person, resource), starts = doctors[at]
        # The nearer days are fuller; some bookings are anywhere.
        day = days[min(int(rng.expovariate(4 / len(days))), len(days) - 1)] if rng.random() < 0.5 else rng.choice(days)
        minute = day * 1440 + rng.choice(starts)
        key = at * DAYS * 1440 + minute
        if key in taken:
            continue
        taken.add(key)
        starts_at = midnight + dt.timedelta(minutes=minute)
        some.append(
            (uuid.UUID(int=rng.getrandbits(128)), uuid.UUID(int=rng.getrandbits(128)),
             uuid.UUID(int=rng.getrandbits(128)), f"loaded-{len(taken)}@guest.example", starts_at,
             starts_at + dt.timedelta(minutes=30), resource.pk, institution.place_id, institution.pk, person.pk,
             rng.choice(offerings).pk)
        )  # fmt: skip
        if len(some) == FULL:
            yield some
            some = []
    if some:
        yield some


def _spread(model: Any, columns: dict[str, str], **same: Any) -> None:
    """A row of a model for each booking: what differs by its column there, else the same or the field's default."""
    database = _database()
    names, chosen, values = [], [], []
    for field in _table(model).local_concrete_fields:
        if field.name in columns:
            names.append(field.column)
            chosen.append(columns[field.name])
        elif not field.primary_key:
            value = same.get(field.name, field.get_default())
            names.append(field.column)
            chosen.append("%s")
            values.append(field.get_db_prep_save(getattr(value, "pk", value), database))
    # In the order of the key, so that its index grows at one end.
    order = f" ORDER BY {columns['id']}" if "id" in columns else ""
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(model).db_table} ({', '.join(names)}) "  # noqa: S608 (our own)
            f"SELECT {', '.join(chosen)} FROM {BOOKED}{order}",
            values,
        )


def wishes(many: int, seed: int = 2) -> list[Any]:
    """What guests may look for."""
    from django.utils import timezone

    from sarangbang.directory.models import Institution, Procedure
    from sarangbang.scheduling.search import Wish

    rng, now = random.Random(seed), timezone.now()
    procedures = list(Procedure.objects.values_list("pk", flat=True))
    institutions = list(Institution.objects.values_list("pk", flat=True)[:300])
    found = []
    for _ in range(many):
        start = now + dt.timedelta(days=rng.randrange(0, 75), hours=rng.randrange(24))
        found.append(
            Wish(
                rng.choice(procedures),
                start,
                start + dt.timedelta(days=rng.choice([3, 5, 10, 14, 30, 90])),
                institution_ids=rng.sample(institutions, 12) if rng.random() < 0.15 else None,
                language=rng.choice(["", "", "", "en", "ja", "mn"]),
                part_of_day=rng.choice(["any", "any", "morning", "afternoon", "evening"]),
            )
        )
    return found


def measure(many: int, *, explain: bool = False) -> dict[str, Any]:
    """Milliseconds of the first page, and how many queries it took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from sarangbang.scheduling.models import Allocation, WeeklyRule
    from sarangbang.scheduling.search import first_free

    asked = wishes(many + 20)
    for wish in asked[:20]:
        first_free(wish)
    spent, cpu, empty = [], [], 0
    for wish in asked[20:]:
        begun, worked = time.perf_counter(), time.process_time()
        page = first_free(wish)
        spent.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
        empty += not page.times
    queries = []
    for wish in asked[20:60]:
        with CaptureQueriesContext(connection) as seen:
            first_free(wish)
        queries.append(len(seen))
    result: dict[str, Any] = {
        "database": connection.vendor,
        "rules": WeeklyRule.objects.count(),
        "bookings": Allocation.objects.count(),
        "searches": len(spent),
        "without_result": empty,
        "p50_ms": round(statistics.median(spent), 1),
        "p95_ms": round(statistics.quantiles(spent, n=20)[-1], 1),
        "p99_ms": round(statistics.quantiles(spent, n=100)[-1], 1),
        "longest_ms": round(max(spent), 1),
        "own_cpu_p50_ms": round(statistics.median(cpu), 1),
        "own_cpu_p95_ms": round(statistics.quantiles(cpu, n=20)[-1], 1),
        "queries_p50": statistics.median(queries),
        "queries_most": max(queries),
    }
    if explain:
        slowest = asked[20 + max(range(len(spent)), key=spent.__getitem__)]
        with CaptureQueriesContext(connection) as seen:
            first_free(slowest)
        result["slowest"] = str(slowest)
        result["plans"] = [
            {"ms": float(query["time"]) * 1000, "sql": query["sql"], "plan": _plan(query["sql"])}
            for query in sorted(seen, key=lambda query: -float(query["time"]))[:6]
        ]
    return result


def _plan(sql: str) -> list[str]:
    from django.db import connection

    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN ANALYZE"
    with connection.cursor() as cursor:
        cursor.execute(f"{word} {sql}")
        return [" ".join(map(str, row)) for row in cursor.fetchall()]


def main(words: list[str]) -> None:
    import django

    django.setup()
    from sarangbang.scheduling.models import WeeklyRule

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--practitioners", type=int, default=3000)
    parser.add_argument("--bookings", type=int, default=200_000)
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--explain", action="store_true")
    asked = parser.parse_args(words)
    if not WeeklyRule.objects.exists():
        fill(asked.practitioners, asked.bookings)
    if asked.searches:
        print(json.dumps(measure(asked.searches, explain=asked.explain), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
