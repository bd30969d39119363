"""Reads behind the clinic's pages: who and what can be booked there, and what stands in their days.

Everything starts from the institutions that an account works for; what people do elsewhere is told as a span of time
and nothing more.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language

from sarangbang.directory.models import Institution, Offering, Practitioner, PractitionerRole
from sarangbang.directory.queries import KOREA
from sarangbang.ui import locales

from .models import (
    Allocation,
    Appointment,
    Closure,
    DeclaredHoliday,
    Reservation,
    ReservationStep,
    Resource,
    RosterException,
    WaitingOffer,
    WaitingOfferTime,
    WeeklyRule,
)
from .queries import busy_allocations

OFFERED = "offered"
"""Beside the statuses of a reservation: held, and offered on the waiting list."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody or something with a roster at these institutions. ``places`` are those of the institutions where it
    can be booked; ``institution`` is the first of them."""

    resource: Resource
    institution: Institution
    places: frozenset[int]

    @property
    def is_person(self) -> bool:
        return self.resource.practitioner_id is not None

    @property
    def name(self) -> str:
        """In the reader's letters."""
        return name_of(self.resource.practitioner) if self.resource.practitioner else self.resource.label


def name_of(somebody: Practitioner | Institution) -> str:
    """The name that a reader of the page's language can read."""
    return somebody.name if get_language() == "ko" else somebody.name_latin


def seats_of(institutions: Iterable[Institution]) -> list[Seat]:
    """Practitioners by name, then rooms, devices and sessions. Two queries."""
    houses = {house.pk: house for house in institutions}
    working: dict[UUID, list[Institution]] = defaultdict(list)
    roles = PractitionerRole.objects.filter(institution__in=houses, is_active=True)
    for practitioner, house in roles.values_list("practitioner", "institution").order_by("institution").distinct():
        working[practitioner].append(houses[house])
    found = Resource.objects.filter(Q(practitioner__in=working) | Q(institution__in=houses))
    seats = []
    for resource in found.select_related("practitioner").order_by("label", "pk"):
        at = working[resource.practitioner_id] if resource.practitioner_id else []
        if resource.institution_id is not None and resource.institution_id in houses:
            at = [*at, houses[resource.institution_id]]
        seats.append(Seat(resource, at[0], frozenset(house.place_id for house in at)))
    return sorted(seats, key=lambda seat: (not seat.is_person, seat.name, seat.resource.pk))


def names_of(institutions: Iterable[Institution]) -> dict[int, str]:
    """The names behind resources, in the reader's letters."""
    return {seat.resource.pk: seat.name for seat in seats_of(institutions)}


def offerings_at(institutions: Iterable[Institution], practitioner: Practitioner | None = None) -> QuerySet[Offering]:
    """What these institutions offer; of one practitioner, what their departments there offer."""
    found = Offering.objects.filter(institution__in=list(institutions), is_active=True)
    if practitioner is not None:
        rooms = Q()
        for institution, department in practitioner.roles.filter(
            institution__in=list(institutions), is_active=True
        ).values_list("institution", "department"):
            rooms |= Q(institution=institution, department=department)
        found = found.filter(rooms) if rooms else found.none()
    return found.select_related("procedure", "institution__place", "department").order_by("procedure__name", "pk")


def exceptions_between(
    resources: Iterable[int], start: dt.datetime, end: dt.datetime
) -> dict[int, list[RosterException]]:
    """Leave and extra hours that touch the window, by resource."""
    found: dict[int, list[RosterException]] = defaultdict(list)
    rows = RosterException.objects.filter(resource__in=list(resources), starts_at__lt=end, ends_at__gt=start)
    for row in rows.select_related("place").order_by("starts_at", "pk"):
        found[row.resource_id].append(row)
    return found


def closures_between(places: Iterable[int], start: dt.datetime, end: dt.datetime) -> dict[int, list[Closure]]:
    """Closures that touch the window, by place."""
    found: dict[int, list[Closure]] = defaultdict(list)
    rows = Closure.objects.filter(place__in=list(places), starts_at__lt=end, ends_at__gt=start)
    for row in rows.order_by("starts_at", "pk"):
        found[row.place_id].append(row)
    return found


def busy_between(
    resources: Sequence[int], start: dt.datetime, end: dt.datetime
) -> dict[int, list[tuple[Allocation, str]]]:
    """Busy time with the status of its reservation, by resource; what the waiting list offers is ``OFFERED``."""
    found: dict[int, list[tuple[Allocation, str]]] = defaultdict(list)
    rows = list(busy_allocations(resources, start, end).select_related("reservation").order_by("starts_at", "pk"))
    offered = _offered({row.reservation_id for row in rows if row.reservation.status == Reservation.Status.HELD})
    for row in rows:
        status = OFFERED if row.reservation_id in offered else row.reservation.status
        found[row.resource_id].append((row, status))
    return found


def _offered(held: Collection[UUID]) -> set[UUID]:
    """Which of these the waiting list keeps for somebody who may still answer. One query, none without holds."""
    first = WaitingOffer.objects.filter(reservation__in=held).values_list("reservation", flat=True)
    beside = WaitingOfferTime.objects.filter(reservation__in=held).values_list("reservation", flat=True)
    return set(first.order_by().union(beside.order_by())) if held else set()


def rules_of(resource: Resource) -> list[WeeklyRule]:
    """All weekly rules of a resource, also past ones, by weekday and hour."""
    return list(resource.weekly_rules.select_related("place").order_by("weekday", "starts", "valid_from", "pk"))


def declared_holidays() -> dict[dt.date, str]:
    """Days that the government declared besides the known public holidays."""
    return dict(DeclaredHoliday.objects.values_list("day", "name"))


@dataclass(frozen=True, slots=True)
class Row:
    """A roster in one line: who, the hours that apply today or later at these institutions, and leave ahead."""

    seat: Seat
    rules: list[WeeklyRule]
    exceptions: list[RosterException]

    @property
    def hours(self) -> list[tuple[str, str]]:
        """Weekdays with the same hours in one line: ("Mon, Tue", "09:00–12:00 14:00–18:00"), with
        +1 what ends on the next day."""
        by_day: dict[int, list[str]] = defaultdict(list)
        for rule in self.rules:
            text = f"{rule.starts:%H:%M}–{rule.ends:%H:%M}{' +1' if rule.passes_midnight else ''}"
            if text not in by_day[rule.weekday]:
                by_day[rule.weekday].append(text)
        by_hours: dict[str, list[int]] = defaultdict(list)
        code = get_language() or "en"
        for weekday, hours in by_day.items():
            by_hours[" ".join(hours)].append(weekday)
        return [
            (locales.listed(code, *(str(WEEKDAYS_ABBR[day]) for day in days)), hours)
            for hours, days in by_hours.items()
        ]


def rows_of(institutions: Iterable[Institution]) -> list[Row]:
    """The rosters of these institutions, in four queries."""
    seats = seats_of(institutions)
    ids = [seat.resource.pk for seat in seats]
    now = timezone.now()
    day = now.astimezone(KOREA).date()
    rules: dict[int, list[WeeklyRule]] = defaultdict(list)
    standing = WeeklyRule.objects.filter(resource__in=ids).filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
    for rule in standing.order_by("weekday", "starts", "pk"):
        rules[rule.resource_id].append(rule)
    ahead = exceptions_between(ids, now, now + dt.timedelta(days=400))
    return [
        Row(
            seat,
            [rule for rule in rules[seat.resource.pk] if rule.place_id in seat.places],
            [row for row in ahead.get(seat.resource.pk, ()) if row.place_id is None or row.place_id in seat.places],
        )
        for seat in seats
    ]


def closures_ahead(institutions: Iterable[Institution], now: dt.datetime) -> list[Closure]:
    """Closures of these institutions that are not over, by time."""
    rows = Closure.objects.filter(place__in=[house.place_id for house in institutions], ends_at__gt=now)
    return list(rows.select_related("place").order_by("starts_at", "pk"))


def history_of(appointment: Appointment) -> QuerySet[ReservationStep]:
    """Every step of an appointment, those of its former times too."""
    own = Q(reservation=appointment.reservation_id) | Q(reservation__former_of=appointment)
    return ReservationStep.objects.filter(own).select_related("reservation").order_by("at", "pk")
