"""Appointments of a day that a mending may move, and the hours that their clinics could give instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet

from sarangbang.scheduling.availability import moment_of
from sarangbang.scheduling.checking import company_of
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.outlook import Chair, Outlook, chairs
from sarangbang.scheduling.queries import rules_for

MOST_HOURS = 12
"""So many other hours of a clinic are looked at for one appointment, the nearest first."""


@dataclass(frozen=True, slots=True)
class ClinicHour:
    """A time that a clinic can give: the practitioner, both ends as instants."""

    practitioner: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime

    @property
    def key(self) -> str:
        return f"{self.practitioner}@{self.starts_at.isoformat()}"

    def meets(self, other: ClinicHour) -> bool:
        """Whether one practitioner would have both at once."""
        same = self.practitioner == other.practitioner
        return same and self.starts_at < other.ends_at and other.starts_at < self.ends_at


def booked(start: dt.datetime, end: dt.datetime, which: Q) -> QuerySet[Appointment]:
    """Booked appointments that begin in the window, with what moving them needs, by time."""
    return (
        Appointment.objects.filter(
            which,
            reservation__status=Reservation.Status.BOOKED,
            reservation__starts_at__gte=start,
            reservation__starts_at__lt=end,
            guest__isnull=False,
        )
        .select_related("reservation", "offering__institution", "step", "place", "stay_appointment")
        .order_by("reservation__starts_at", "pk")
    )


def other_hours(
    appointment: Appointment, start: dt.datetime, end: dt.datetime, beside: Iterable[Appointment]
) -> list[ClinicHour]:
    """What else the clinic has free in the window, the nearest first: with the same practitioner, with a colleague
    where there is nothing. The notice that guests must give does not count, everything else does. ``beside`` are the
    guest's other appointments; nothing that meets them is offered."""
    party, along = company_of(appointment)
    rules = {pk: replace(one, notice=dt.timedelta()) for pk, one in rules_for([appointment.offering]).items()}
    seated = chairs([appointment.offering])
    if appointment.step is not None:
        minutes = appointment.step.visit_minutes
        seated = [replace(chair, minutes=minutes, step_id=appointment.step.pk) for chair in seated]
    mine = [chair for chair in seated if chair.practitioner_id == appointment.practitioner_id]
    taken = [(one.reservation.starts_at, one.reservation.ends_at) for one in beside if one.pk != appointment.pk]
    for group in (mine, [chair for chair in seated if chair not in mine]):
        if not group:
            continue
        look = Outlook.load(
            group, start, end, along=along, party=party, ignoring=appointment.reservation_id, rules=rules
        )
        found = [
            hour
            for chair in group
            for hour in _hours(look, chair)
            if not any(hour.starts_at < until and since < hour.ends_at for since, until in taken)
        ]
        present = appointment.reservation.starts_at
        found = [hour for hour in found if hour.starts_at != present]
        if found:
            found.sort(key=lambda hour: (abs(hour.starts_at - present), hour.starts_at, str(hour.practitioner)))
            return found[:MOST_HOURS]
    return []


def _hours(look: Outlook, chair: Chair) -> Iterable[ClinicHour]:
    for minute in islice(look.starts(chair), 200):
        begins = moment_of(minute)
        yield ClinicHour(chair.practitioner_id, begins, begins + dt.timedelta(minutes=chair.minutes))
