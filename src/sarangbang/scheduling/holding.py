"""The verbs of a hold after its first ten minutes: hold again, or another time, or forget it.

An appointment that was never booked keeps its id while the guest chooses: whatever hangs on it (what was typed, the
code that was sent) follows it to the next time.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people.actions import audit

from . import lifecycle
from .actions.appointments import HOLD_MINUTES
from .actions.reserving import lock_present, lock_with_obstacles, move
from .actions.taking import Terms, Visits, take
from .checking import Booking, company_of
from .models import Appointment, Reservation, Series
from .refusals import MoveNotAllowed

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
    mode: str = "",
) -> Appointment:
    """Hold a time, perhaps another one, perhaps elsewhere, perhaps in another mode, for an appointment that is not
    booked yet. Who was to come along comes again.

    A hold of the same time that still runs is left as it is. Raises ``Taken`` or ``NotBookable``, and then the former
    hold stays; ``MoveNotAllowed`` when the appointment is booked already or is one visit of a pathway.
    """
    if appointment.series_id is not None:
        raise MoveNotAllowed(appointment.reservation.status, Reservation.Status.HELD)
    party, along = company_of(appointment)
    visits = Visits.of([Booking(offering, practitioner, starts_at, party, along, mode=mode or appointment.mode)])
    old = lock_with_obstacles(appointment, visits.in_the_way)
    if appointment.guest_id is not None or old.status not in UNBOOKED:
        raise MoveNotAllowed(old.status, Reservation.Status.HELD)
    same = (appointment.offering_id, appointment.practitioner_id, old.starts_at) == (
        offering.pk,
        practitioner.pk,
        starts_at,
    )
    appointment.mode = mode or appointment.mode
    if same and is_held(old):
        appointment.save(update_fields=["mode"])
        return appointment
    if old.status not in lifecycle.FREEING:
        gone = Reservation.Status.CANCELLED if is_held(old) else Reservation.Status.EXPIRED
        move(old, gone, actor=actor)
    (appointment.reservation,) = take(visits, Terms(actor, Reservation.Status.HELD, HOLD_MINUTES))
    appointment.offering = offering
    appointment.institution = offering.institution
    appointment.practitioner = practitioner
    appointment.place_id = offering.institution.place_id
    appointment.save(update_fields=["reservation", "offering", "institution", "practitioner", "place", "mode"])
    audit(actor, "hold_again", appointment)
    return appointment


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
                series = appointment.series_id
                appointment.delete()
                reservation.delete()
                if series is not None:
                    Series.objects.filter(pk=series, appointments__isnull=True).delete()
                forgotten += 1
    return forgotten
