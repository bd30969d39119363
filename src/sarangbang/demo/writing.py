"""Rows into the database, many at a time, in the order in which they refer to each other.

The generator writes in bulk and past the verbs, because a year of a district is millions of rows; the database's
constraints hold for it as for everybody. Whole-number keys are counted here, so that the same seed gives the same
keys and a row can be referred to before it is written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.core.management.color import no_style
from django.db import connection, models

from sarangbang.concierge.models import (
    Driver,
    Interpreter,
    InterpreterLanguage,
    Interpreting,
    Ride,
    ServiceStep,
    Tap,
    Vehicle,
)
from sarangbang.directory.models import (
    Institution,
    Offering,
    Partner,
    Place,
    Practitioner,
    PractitionerLanguage,
    PractitionerRole,
    Registration,
)
from sarangbang.messages.models import Message, Receipt
from sarangbang.people.models import AuditEntry, Consent, Guest, Membership, SecureLink
from sarangbang.scheduling.models import (
    Allocation,
    Appointment,
    BookingRule,
    Claim,
    Closure,
    PathwayStep,
    Requirement,
    Reservation,
    ReservationStep,
    Resource,
    RosterException,
    WaitingEntry,
    WaitingStep,
    WeeklyRule,
)
from sarangbang.stays.models import Flight, Promise, Stay, StayAppointment

ORDER: tuple[type[models.Model], ...] = (
    Place, Institution, Institution.departments.through, Registration, Partner, Practitioner, PractitionerLanguage,
    PractitionerRole, Offering, Resource, WeeklyRule, RosterException, Closure, BookingRule, Requirement,
    Requirement.resources.through, PathwayStep, Membership, Driver, Vehicle, Interpreter,
    Interpreter.fields.through, InterpreterLanguage, Guest, Consent, Stay, Reservation, ReservationStep, Allocation,
    Claim, Appointment, WaitingEntry, WaitingStep, StayAppointment, Flight, Ride, Interpreting, ServiceStep, Tap,
    Promise, SecureLink, Message,
    Receipt, AuditEntry,
)  # fmt: skip

FULL = 20_000


PLAIN = frozenset(
    {
        models.BigAutoField,
        models.BigIntegerField,
        models.BooleanField,
        models.CharField,
        models.EmailField,
        models.FloatField,
        models.IntegerField,
        models.PositiveBigIntegerField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.SlugField,
        models.TextField,
        models.URLField,
    }
)
"""Fields whose values every database takes as they are."""


def insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows that have their keys, with one prepared statement. (``bulk_create`` compiles every batch anew, which
    takes as long again for millions of rows.)"""
    table = model._meta  # noqa: SLF001 (public by Django's documentation)
    fields = table.local_concrete_fields
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(table.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 (our own tables)
    values = []
    for field in fields:
        get, convert = attrgetter(field.attname), _converter(field)
        column = map(get, rows)
        values.append(column if convert is None else map(convert, column))
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*values, strict=True)))


def _converter(field: Any) -> Callable[[Any], Any] | None:
    """How the database wants the values of a field; None for as they are."""
    while field.is_relation:
        field = field.target_field
    if type(field) in PLAIN:
        return None
    if type(field) is models.UUIDField:
        return None if connection.features.has_native_uuid_field else _hex
    if type(field) is models.DateTimeField:
        return connection.ops.adapt_datetimefield_value
    if type(field) is models.DateField:
        return connection.ops.adapt_datefield_value
    return lambda value: field.get_db_prep_save(value, connection)


def _hex(value: UUID | None) -> str | None:
    return value.hex if value else None


class Writer:
    """Collects rows and writes them when there are many. Call ``flush`` at the end."""

    def __init__(self) -> None:
        self.rows: dict[type[models.Model], list[models.Model]] = defaultdict(list)
        self.written: Counter[str] = Counter()
        self.keys: Counter[type[models.Model]] = Counter()
        self.waiting = 0

    def add(self, row: models.Model) -> None:
        model = type(row)
        if isinstance(model._meta.pk, models.AutoField):  # noqa: SLF001 (public by Django's documentation)
            self.keys[model] += 1
            row.pk = self.keys[model]
        self.rows[model].append(row)
        self.waiting += 1

    def relieve(self) -> None:
        """Write what waits, if it is much. Call it where everything that rows refer to has been added."""
        if self.waiting >= FULL:
            self.write()

    def write(self) -> None:
        for model in ORDER:
            rows = self.rows.pop(model, [])
            if rows:
                insert(model, rows)
                self.written[model._meta.label_lower] += len(rows)  # noqa: SLF001 (as above)
        if self.rows:
            raise TypeError(f"no place in the order of writing: {sorted(map(str, self.rows))}")
        self.waiting = 0

    def flush(self) -> None:
        """Write the rest and let the database count on from the highest key."""
        self.write()
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self.keys)):
                cursor.execute(statement)
