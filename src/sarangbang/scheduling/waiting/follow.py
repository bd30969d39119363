"""How the waiting list follows what happens elsewhere: time that becomes free because a booking goes or a rule changes,
time that is offered and can no longer be kept, and bookings of those who wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from sarangbang.directory.models import Offering, PractitionerLanguage, PractitionerRole, Registration
from sarangbang.scheduling.models import (
    Appointment,
    BookingRule,
    Closure,
    DeclaredHoliday,
    PathwayStep,
    Requirement,
    Reservation,
    Resource,
    RosterException,
    WaitingEntry,
    WeeklyRule,
)

from . import queries
from .joining import leave
from .nudges import Where, nudge

ENDED_BY = {
    "arrived": WaitingEntry.Status.OVER,
    "fulfilled": WaitingEntry.Status.OVER,
    "noshow_guest": WaitingEntry.Status.OVER,
    "cancelled": WaitingEntry.Status.LEFT,
}


def follow(appointment: Appointment, change: str, actor: str) -> None:
    """Whoever booked such a time by another way waits no longer; nor does, for an earlier one, whoever was there or
    called it off themselves. If the institution called it off, they wait on."""
    guest = appointment.guest if change == "confirmed" else None
    if guest is not None and not guest.is_new:
        for entry in queries.alone_and_without_booking(guest.pk, appointment.offering_id):
            leave(entry, actor=actor, reason="has booked", status=WaitingEntry.Status.SERVED)
    if change not in ENDED_BY or (change == "cancelled" and actor != f"guest:{appointment.guest_id}"):
        return
    for entry in queries.waiting_to_move(appointment):
        leave(entry, actor=actor, reason=change, status=ENDED_BY[change])


def after_freeing(reservation: Reservation) -> None:
    """A reservation's time is free again: after the commit, those who wait for it are asked."""
    nudge({"reservations": [reservation.pk]})


def after_change(changed: Any) -> None:
    """Something on which free time depends was written or taken away: there may be time that was not there before, and
    what is offered may not be there any more."""
    nudge(WHERE[type(changed)](changed))


def _of_rule(rule: BookingRule) -> Where:
    if rule.offering_id is not None:
        return {"offerings": [rule.offering_id]}
    return {"institutions": [rule.institution_id]} if rule.institution_id is not None else {}


WHERE: dict[type[Model], Callable[[Any], Where]] = {
    WeeklyRule: lambda changed: {"resources": [changed.resource_id]},
    RosterException: lambda changed: {"resources": [changed.resource_id]},
    Resource: lambda changed: {"resources": [changed.pk]},
    Closure: lambda changed: {"places": [changed.place_id]},
    DeclaredHoliday: lambda _changed: {},
    BookingRule: _of_rule,
    Requirement: lambda changed: {"offerings": [changed.offering_id]},
    PathwayStep: lambda changed: {"offerings": [changed.offering_id]},
    Offering: lambda changed: {"offerings": [changed.pk]},
    PractitionerLanguage: lambda changed: {"practitioners": [changed.practitioner_id]},
    PractitionerRole: lambda changed: {"institutions": [changed.institution_id]},
    Registration: lambda changed: {"institutions": [changed.institution_id]},
}
"""On what free time depends, and where a change of it is felt; everywhere for ``{}``."""
