"""Reads of scheduling: free times, first free time per offering, cut-offs, a clinic's calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from sarangbang.directory.models import Institution

from .changes import Proposal, affected_by, proposals
from .free import FreeTime, bookable_window, first_free, free_times, next_free
from .models import Appointment, Reservation, Resource
from .rosters import Roster, busy_allocations, house_rules, rosters, rules_for
from .spans import LONGEST

__all__ = [
    "FreeTime",
    "Proposal",
    "Roster",
    "affected_by",
    "appointments_at",
    "appointments_of",
    "bookable_window",
    "busy_allocations",
    "cut_off",
    "cut_offs",
    "first_free",
    "free_times",
    "house_rules",
    "next_free",
    "proposals",
    "resource_of",
    "rosters",
    "rules_for",
]

ON_CALENDAR = (
    Reservation.Status.BOOKED,
    Reservation.Status.ARRIVED,
    Reservation.Status.FULFILLED,
    Reservation.Status.NOSHOW_GUEST,
    Reservation.Status.NOSHOW_HOST,
    Reservation.Status.CANCELLED,
)


def cut_off(appointment: Appointment) -> dt.datetime:
    """Until when the guest may change or cancel without asking."""
    return cut_offs([appointment])[appointment.pk]


def cut_offs(appointments: Iterable[Appointment]) -> dict[UUID, dt.datetime]:
    """The cut-off of each, by its key, in one query; in none where the rules are known from a verb just now."""
    appointments = list(appointments)
    rules = rules_for({each.offering_id: each.offering for each in appointments if each.rules is None}.values())
    return {
        each.pk: each.reservation.starts_at - (each.rules or rules[each.offering_id]).cut_off for each in appointments
    }


def appointments_at(institutions: QuerySet[Institution], start: dt.datetime, end: dt.datetime) -> QuerySet[Appointment]:
    """A clinic's calendar: appointments of these institutions that lie in the window, at least partly, with guests."""
    return (
        appointments_of(institutions)
        .filter(
            reservation__status__in=ON_CALENDAR,
            reservation__starts_at__gt=start - LONGEST,  # for the index
            reservation__starts_at__lt=end,
            reservation__ends_at__gt=start,
        )
        .order_by("reservation__starts_at", "practitioner__name_latin")
    )


def appointments_of(institutions: QuerySet[Institution]) -> QuerySet[Appointment]:
    """Every appointment with a guest at these institutions."""
    return Appointment.objects.filter(institution__in=institutions, guest__isnull=False).select_related(
        "reservation", "guest", "practitioner", "offering__procedure", "institution", "place"
    )


def resource_of(practitioner_id: UUID) -> Resource | None:
    """The bookable resource of a practitioner, if there is a roster for them."""
    return Resource.objects.filter(practitioner=practitioner_id).first()
