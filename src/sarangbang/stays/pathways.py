"""The verb of a guest whose treatment takes several visits: call off all of them. Each alone: ``actions``."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Reservation

from . import queries, rules


@transaction.atomic
def cancel_pathway(appointment: Appointment, *, actor: str, reason: str = "") -> None:
    """Cancel all visits of the appointment's pathway that are still ahead, before the cut-off of each; or none, and in
    one letter. Cancelling again changes nothing. Raises ``Refused`` or ``MoveNotAllowed``."""
    if appointment.series is None:
        raise rules.NoLongerBooked
    for each in queries.visits_with(appointment):
        if each.reservation.status == Reservation.Status.BOOKED:
            rules.check_may_change(each, timezone.now())
    scheduling.cancel_series(appointment.series, actor=actor, reason=reason)
