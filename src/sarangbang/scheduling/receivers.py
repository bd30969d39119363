"""What scheduling itself does when an appointment changes: reminders and the waiting list follow it.

Runs inside the transaction of the change, so that neither is ever out of step with it.
"""

from __future__ import annotations

from typing import Any

from . import reminders
from .models import Appointment, Reservation
from .waiting.follow import after_change, after_freeing, follow

PLANNED_BY = ("confirmed", "moved", "corrected")


def on_appointment_changed(sender: object, *, appointment: Appointment, change: str, actor: str, **_rest: Any) -> None:
    """Receives ``signals.appointment_changed``."""
    if change in PLANNED_BY:
        reminders.plan(appointment, again=change == "corrected")
    else:
        reminders.drop(appointment.reservation)
    follow(appointment, change, actor)


def on_time_freed(sender: object, *, reservation: Reservation, **_rest: Any) -> None:
    """Receives ``signals.time_freed``."""
    after_freeing(reservation)


def on_ground_changed(sender: object, *, instance: Any, raw: bool = False, **_rest: Any) -> None:
    """Receives ``post_save`` and ``post_delete`` of what free time depends on (``follow.WHERE``)."""
    if not raw:  # fixtures tell nobody
        after_change(instance)


def on_needs_changed(sender: object, *, instance: Any, action: str, reverse: bool, **_rest: Any) -> None:
    """Receives ``m2m_changed``: other rooms will do for a requirement."""
    if action.startswith("post_") and not reverse:
        after_change(instance)
