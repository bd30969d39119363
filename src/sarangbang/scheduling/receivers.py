"""What scheduling itself does when an appointment changes: reminders and the waiting list follow it.

Runs inside the transaction of the change, so that neither is ever out of step with it.
"""

from __future__ import annotations

from typing import Any

from . import reminders, waiting_follow
from .models import Appointment, Reservation

PLANNED_BY = ("confirmed", "moved", "corrected")


def on_appointment_changed(sender: object, *, appointment: Appointment, change: str, actor: str, **_rest: Any) -> None:
    """Receives ``signals.appointment_changed``."""
    if change in PLANNED_BY:
        reminders.plan(appointment, again=change == "corrected")
    else:
        reminders.drop(appointment.reservation)
    waiting_follow.follow(appointment, change, actor)


def on_time_freed(sender: object, *, reservation: Reservation, **_rest: Any) -> None:
    """Receives ``signals.time_freed``."""
    waiting_follow.after_freeing(reservation)


def on_roster_changed(sender: object, *, instance: Any, **_rest: Any) -> None:
    """Receives ``post_save`` and ``post_delete`` of rosters, exceptions and closures: there may be new time."""
    waiting_follow.after_roster_change(instance)
