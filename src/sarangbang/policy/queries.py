"""Guests served, counted from appointments that took place. The number, the list behind it and the CSV are the
same query.

A guest counts once in a total, and once in each group they belong to: somebody treated in two departments
counts in both, so that departments (and years) may add up to more than the total.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, QuerySet
from django.db.models.functions import ExtractMonth, ExtractYear, TruncDate

from sarangbang.people.models import Guest
from sarangbang.scheduling.models import Appointment, Reservation

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

SEOUL = ZoneInfo("Asia/Seoul")

DIMENSIONS = {
    "year": "year",
    "nationality": "guest__nationality",
    "department": "offering__department__slug",
    "language": "guest__language",
}
"""What guests are counted by, and where it stands."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which guests: by Korean calendar year of the visit, nationality (ISO 3166-1 alpha-2), department (slug)
    and language (one of the ten); None does not narrow down."""

    year: int | None = None
    nationality: str | None = None
    department: str | None = None
    language: str | None = None

    def narrowed(self) -> dict[str, int | str]:
        """The filters in force, by dimension."""
        values = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: value for name, value in values.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Group:
    """How many guests have this value."""

    value: int | str
    guests: int


class FirstTreated(TypedDict):
    """What the list adds to a guest."""

    first_treated: dt.date


def treated(selection: Selection) -> QuerySet[Appointment]:
    """Appointments that took place, within the selection."""
    found = Appointment.objects.filter(reservation__status=Reservation.Status.FULFILLED, guest__isnull=False).annotate(
        year=ExtractYear("reservation__starts_at", tzinfo=SEOUL)
    )
    return found.filter(**{DIMENSIONS[name]: value for name, value in selection.narrowed().items()})


def total(selection: Selection) -> int:
    """How many guests were served."""
    return treated(selection).aggregate(guests=Count("guest", distinct=True))["guests"]


def by(dimension: str, selection: Selection) -> list[Group]:
    """Guests by one dimension, most first; ties in the order of the value."""
    path = DIMENSIONS[dimension]
    rows = treated(selection).values_list(path).annotate(guests=Count("guest", distinct=True)).order_by("-guests", path)
    return [Group(value, guests) for value, guests in rows]


def by_month(before: dt.date) -> dict[tuple[int, int], int]:
    """Guests by Korean calendar month of the visit, from the first to the last month that is over before a day; months
    between them in which nobody came count nought."""
    month = ("year", "month")
    rows = (
        treated(Selection())
        .annotate(month=ExtractMonth("reservation__starts_at", tzinfo=SEOUL))
        .values_list(*month)
        .annotate(guests=Count("guest", distinct=True))
        .order_by(*month)
    )
    counted = {(year, month): many for year, month, many in rows if (year, month) < (before.year, before.month)}
    if not counted:
        return {}
    # The first month is left out: it may have begun before the platform did.
    first, last = min(counted), max(counted)
    months = range(first[0] * 12 + first[1], last[0] * 12 + last[1])
    return {(at // 12, at % 12 + 1): counted.get((at // 12, at % 12 + 1), 0) for at in months}


def guests(selection: Selection) -> QuerySet[WithAnnotations[Guest, FirstTreated]]:
    """The list behind the number."""
    return guests_among(treated(selection))


def guests_among(appointments: QuerySet[Appointment]) -> QuerySet[WithAnnotations[Guest, FirstTreated]]:
    """One row per guest of these appointments, with the first day of treatment among them, without names."""
    return (
        Guest.objects.filter(appointments__in=appointments.values("pk"))
        .annotate(first_treated=Min(TruncDate("appointments__reservation__starts_at", tzinfo=SEOUL)))
        .only("id", "nationality", "language", "birth_year", "sex")
        .order_by("first_treated", "pk")
    )
