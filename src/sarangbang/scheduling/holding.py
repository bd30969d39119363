"""The verbs of a hold after its first ten minutes: hold again, or another time, or forget it.

An appointment that was never booked keeps its id while the guest chooses: whatever hangs on it (what was typed, the
code that was sent) follows it to the next time.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people.actions import audit

from . import lifecycle
from .actions import (
    HOLD_MINUTES,
    MoveNotAllowed,
    NotBookable,
    Wanted,
    check_bookable,
    expired_holds,
    lock_present,
    move,
    reserve,
)
from .models import Appointment, Reservation
from .queries import resource_of

UNBOOKED = (Reservation.Status.HELD, Reservation.Status.EXPIRED, Reservation.Status.CANCELLED)


def is_held(reservation: Reservation) -> bool:
    """Whether the hold still runs."""
    return (
        reservation.status == Reservation.Status.HELD
        and reservation.hold_expires_at is not None
        and reservation.hold_expires_at > timezone.now()
    )


@transaction.atomic
def hold_again(
    appointment: Appointment,
    offering: Offering,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    actor: str,
) -> Appointment:
    """Hold a time, perhaps another one, perhaps elsewhere, for an appointment that is not booked yet.

    A hold of the same time that still runs is left as it is. Raises ``Taken`` or ``NotBookable``, and then the former
    hold stays; ``MoveNotAllowed`` when the appointment is booked already.
    """
    ends_at = starts_at + dt.timedelta(minutes=offering.visit_minutes)
    resource = resource_of(practitioner.pk)
    if resource is None:
        raise NotBookable("outside_hours")
    want = Wanted(resource, starts_at, ends_at)
    old = _lock_with_obstacles(appointment, want)
    if appointment.guest_id is not None or old.status not in UNBOOKED:
        raise MoveNotAllowed(old.status, Reservation.Status.HELD)
    same = (appointment.offering_id, appointment.practitioner_id, old.starts_at) == (
        offering.pk,
        practitioner.pk,
        starts_at,
    )
    if same and is_held(old):
        return appointment
    if old.status not in lifecycle.FREEING:
        gone = Reservation.Status.CANCELLED if is_held(old) else Reservation.Status.EXPIRED
        move(old, gone, actor=actor)
    check_bookable(offering, practitioner, starts_at)
    appointment.reservation = reserve([want], actor=actor, status=Reservation.Status.HELD, hold_minutes=HOLD_MINUTES)
    appointment.offering = offering
    appointment.institution = offering.institution
    appointment.practitioner = practitioner
    appointment.place_id = offering.institution.place_id
    appointment.save(update_fields=["reservation", "offering", "institution", "practitioner", "place"])
    audit(actor, "hold_again", appointment)
    return appointment


def _lock_with_obstacles(appointment: Appointment, want: Wanted) -> Reservation:
    """The appointment's present reservation, locked together with the holds that ran out and stand in its way. All in
    one order, so that two guests who are late and take each other's times do not wait for each other for ever."""
    mine_or_over = Q(pk=appointment.reservation_id) | Q(pk__in=expired_holds(want).values("pk"))
    list(Reservation.objects.select_for_update().filter(mine_or_over).order_by("pk").values_list("pk"))
    return lock_present(appointment)


def forget_unbooked(before: dt.datetime, *, limit: int = 500) -> int:
    """Housekeeping: delete appointments whose hold ended before that moment and that never became a guest's, with
    everything that hangs on them. Returns how many. Safe beside other workers."""
    ended = Appointment.objects.filter(
        guest__isnull=True, reservation__status__in=UNBOOKED, reservation__hold_expires_at__lt=before
    )
    forgotten = 0
    for pk in list(ended.order_by("created_at").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            appointment = Appointment.objects.filter(pk=pk).first()
            try:
                reservation = lock_present(appointment) if appointment is not None else None
            except MoveNotAllowed:
                reservation = None
            if appointment is None or reservation is None:  # another worker was here
                continue
            until = reservation.hold_expires_at
            if appointment.guest_id is None and until is not None and until < before:
                appointment.delete()
                reservation.delete()
                forgotten += 1
    return forgotten
