"""How the waiting list follows what happens elsewhere: time that becomes free because a booking goes or a rule changes,
and bookings of those who wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model

from sarangbang.directory.models import Offering, PractitionerRole, Registration

from . import waiting_queries as queries
from .models import (
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
from .waiting_list import leave
from .waiting_steps import look_again

Where = dict[str, Any]
"""What ``waiting_queries.offerings_waited_for`` takes."""

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
    _after_commit(lambda: {"resources": reservation.allocations.values_list("resource", flat=True)})


def after_change(changed: Any) -> None:
    """Something on which free time depends was written or taken away: there may be time that was not there before."""
    where = WHERE[type(changed)](changed)
    _after_commit(lambda: where)


def _of_rule(rule: BookingRule) -> Where:
    if rule.offering_id is not None:
        return {"offering": rule.offering_id}
    return {"institution": rule.institution_id} if rule.institution_id is not None else {}


WHERE: dict[type[Model], Callable[[Any], Where]] = {
    WeeklyRule: lambda changed: {"resources": [changed.resource_id]},
    RosterException: lambda changed: {"resources": [changed.resource_id]},
    Resource: lambda changed: {"resources": [changed.pk]},
    Closure: lambda changed: {"place": changed.place_id},
    DeclaredHoliday: lambda _changed: {},
    BookingRule: _of_rule,
    Requirement: lambda changed: {"offering": changed.offering_id},
    PathwayStep: lambda changed: {"offering": changed.offering_id},
    Offering: lambda changed: {"offering": changed.pk},
    PractitionerRole: lambda changed: {"institution": changed.institution_id},
    Registration: lambda changed: {"institution": changed.institution_id},
}
"""On what free time depends, and where a change of it is felt; everywhere for ``{}``."""


def _after_commit(where: Callable[[], Where]) -> None:
    def look() -> None:
        if not queries.anybody_waits():
            return
        for pk in queries.offerings_waited_for(**where()):
            look_again(pk)

    transaction.on_commit(look, robust=True)
