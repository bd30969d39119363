"""How the waiting list follows what happens elsewhere: time that becomes free, and bookings of those who wait."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from . import waiting_queries as queries
from .models import Appointment, Closure, Reservation, WaitingEntry
from .waiting_list import leave
from .waiting_steps import look_again

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


def after_roster_change(changed: Any) -> None:
    """Hours, leave or a closure were entered or taken away: there may be time that was not there before."""
    place = changed.place_id if isinstance(changed, Closure) else None
    _after_commit(lambda: {"place": place} if place is not None else {"resources": [changed.resource_id]})


def _after_commit(where: Any) -> None:
    def look() -> None:
        if not queries.anybody_waits():
            return
        for pk in queries.offerings_waited_for(**where()):
            look_again(pk)

    transaction.on_commit(look, robust=True)
