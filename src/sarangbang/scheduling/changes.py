"""What a leave or a closure would hit, and what could be offered instead. Nothing is cancelled here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from sarangbang.directory.models import Place

from .checking import company_of, visits_beside
from .free import FreeTime, free_times
from .models import Appointment, Reservation, Resource
from .pathways import keeps_order
from .rosters import rules_for

NEAR_DAYS = 3
"""A time of the same practitioner so many days before or after is near."""
FAR_DAYS = 30
"""So far ahead other days are looked for."""

What = Resource | Place
Kind = Literal["same_practitioner", "same_time", "other_day"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A time that could take an appointment's place, and in what it is like the present one: the same practitioner
    near that time, the same time with another practitioner of the department, or another day."""

    kind: Kind
    time: FreeTime


def affected_by(what: What, start: dt.datetime, end: dt.datetime) -> QuerySet[Appointment]:
    """Booked appointments that need this resource, or take place at this place, between two instants; by time."""
    booked = Appointment.objects.filter(reservation__status=Reservation.Status.BOOKED).select_related(
        "reservation", "guest", "practitioner", "offering__procedure", "institution", "place"
    )
    if isinstance(what, Place):
        hit = booked.filter(place=what, reservation__starts_at__lt=end, reservation__ends_at__gt=start)
    else:
        hit = booked.filter(
            reservation__allocations__resource=what,
            reservation__allocations__starts_at__lt=end,
            reservation__allocations__ends_at__gt=start,
        ).distinct()
    return hit.order_by("reservation__starts_at", "pk")


def proposals(
    appointment: Appointment,
    *,
    limit: int = 3,
    without: tuple[What, dt.datetime, dt.datetime] | None = None,
) -> list[Proposal]:
    """What could be offered instead of an appointment's time, the likest first, at most ``limit``.

    ``without`` is a leave or closure that is not entered yet; its time is not proposed. The appointment's own time
    does not stand in the way of its neighbours, but is not proposed either.
    """
    present = appointment.reservation
    hit = _hit_by(appointment, without)
    found = [
        free
        for free in _around(appointment)
        if not hit(free) and (free.starts_at, free.practitioner_id) != (present.starts_at, appointment.practitioner_id)
    ]
    day = dt.timedelta(days=1)

    def is_near(free: FreeTime) -> bool:
        return abs(free.starts_at - present.starts_at) <= NEAR_DAYS * day

    def distance(free: FreeTime) -> tuple[dt.timedelta, dt.datetime]:
        return abs(free.starts_at - present.starts_at), free.starts_at

    mine = [free for free in found if free.practitioner_id == appointment.practitioner_id]
    same_practitioner = sorted(filter(is_near, mine), key=distance)
    same_time = [
        free
        for free in found
        if free.starts_at == present.starts_at and free.practitioner_id != appointment.practitioner_id
    ]
    chosen = {*same_practitioner, *same_time}
    other_day = sorted((free for free in found if free not in chosen), key=distance)
    kinds: list[tuple[Kind, Sequence[FreeTime]]] = [
        ("same_practitioner", same_practitioner),
        ("same_time", same_time),
        ("other_day", [free for free in other_day if abs(free.starts_at - present.starts_at) >= day / 2]),
    ]
    return list(_in_turn(kinds, limit))


def _in_turn(kinds: Sequence[tuple[Kind, Sequence[FreeTime]]], limit: int) -> Iterator[Proposal]:
    """One of each kind, then the second of each, and so on."""
    given = 0
    for place in range(max((len(times) for _, times in kinds), default=0)):
        for kind, times in kinds:
            if place < len(times) and given < limit:
                given += 1
                yield Proposal(kind, times[place])


def _around(appointment: Appointment) -> list[FreeTime]:
    """Free times of the same visit, with the same company, that keep the order of its pathway."""
    present = appointment.reservation
    day = dt.timedelta(days=1)
    start = max(present.starts_at - NEAR_DAYS * day, timezone.now())
    party, along = company_of(appointment)
    found = free_times(
        appointment.offering,
        start,
        max(present.starts_at, start) + FAR_DAYS * day,
        along=along,
        party=party,
        ignoring=present.pk,
        step=appointment.step,
    )
    return in_order(appointment, found)


def in_order(appointment: Appointment, found: list[FreeTime]) -> list[FreeTime]:
    """Those of these times that keep the order of the appointment's pathway, and the days between its visits."""
    if appointment.series_id is None:
        return found
    others = visits_beside(appointment)

    def keeps(free: FreeTime) -> bool:
        moved = (appointment.step, free.practitioner_id, free.starts_at, free.ends_at)
        return not keeps_order([*others, moved], appointment.place.zone)

    return [free for free in found if keeps(free)]


def _hit_by(
    appointment: Appointment, without: tuple[What, dt.datetime, dt.datetime] | None
) -> Callable[[FreeTime], bool]:
    """Whether a time meets a leave or closure, its buffers included."""
    if without is None:
        return lambda _free: False
    what, start, end = without
    rules = rules_for([appointment.offering])[appointment.offering_id]
    before, after = dt.timedelta(minutes=rules.buffer_before), dt.timedelta(minutes=rules.buffer_after)

    def hit(free: FreeTime) -> bool:
        is_meant = what.pk == free.resource_id if isinstance(what, Resource) else what.pk == appointment.place_id
        return is_meant and free.starts_at - before < end and free.ends_at + after > start

    return hit
