"""The verbs of a hold after its first ten minutes: hold again, or another time, or forget it.

An appointment that was never booked keeps its id while the guest chooses: whatever hangs on it (what was typed, the
code that was sent) follows it to the next time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people.actions import audit

from . import lifecycle
from .actions.appointments import HOLD_MINUTES, lock_all
from .actions.reserving import Wanted, expired_holds, lock_present, lock_with_obstacles, move
from .actions.series import Visit, pathway_against
from .actions.taking import Terms, Visits, take
from .checking import Booking, company_of
from .models import Appointment, Reservation, Series
from .refusals import MoveNotAllowed, check

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


@transaction.atomic
def hold_series_again(
    appointment: Appointment, offering: Offering, visits: Sequence[Visit], *, actor: str
) -> Appointment:
    """``hold_again`` for all visits of a pathway: the same times, or others, perhaps elsewhere, all or none.
    ``appointment`` is the first visit and keeps its id.

    Holds of the same times that all still run are left as they are. Raises ``Taken`` or ``NotBookable``, and then the
    former holds stay; ``MoveNotAllowed`` when the visits are booked already.
    """
    bookings = [Booking(offering, each.practitioner, each.starts_at, step=each.step) for each in visits]
    check(pathway_against(offering, bookings))
    wanted = Visits.of(bookings)
    mine = _lock_series(appointment, wanted.in_the_way)
    for each in mine:
        if each.guest_id is not None or each.reservation.status not in UNBOOKED:
            raise MoveNotAllowed(each.reservation.status, Reservation.Status.HELD)
    present = [(each.step_id, each.practitioner_id, each.reservation.starts_at) for each in mine]
    same = present == [(each.step.pk, each.practitioner.pk, each.starts_at) for each in visits]
    if same and all(is_held(each.reservation) for each in mine):
        return appointment
    for each in mine:
        if each.reservation.status not in lifecycle.FREEING:
            gone = Reservation.Status.CANCELLED if is_held(each.reservation) else Reservation.Status.EXPIRED
            move(each.reservation, gone, actor=actor)
    reservations = take(wanted, Terms(actor, Reservation.Status.HELD, HOLD_MINUTES))
    series = appointment.series or Series.objects.create(offering=offering)
    Series.objects.filter(pk=series.pk).update(offering=offering)
    for number, (booking, reservation) in enumerate(zip(bookings, reservations, strict=True)):
        visit = mine[number] if number < len(mine) else Appointment()
        visit.reservation, visit.offering, visit.institution = reservation, offering, offering.institution
        visit.practitioner, visit.place_id = booking.practitioner, offering.institution.place_id
        visit.series, visit.step, visit.mode = series, booking.step, Appointment.Mode.ON_SITE
        visit.save()
    for surplus in mine[len(bookings) :]:
        surplus.delete()
    audit(actor, "hold_series_again", appointment)
    return appointment


def _lock_series(appointment: Appointment, wanted: Sequence[Wanted]) -> list[Appointment]:
    """The visits beside an appointment in their order, itself first, with their present reservations locked in the
    order of the house, together with the ended holds that are in the way."""
    present = Q(pk=appointment.reservation_id)
    if appointment.series_id is not None:
        present |= Q(appointment__series=appointment.series_id)
    mine_or_over = Reservation.objects.filter(present).values("pk")
    over = expired_holds(*wanted).values("pk")
    locked = Reservation.objects.select_for_update().filter(Q(pk__in=mine_or_over) | Q(pk__in=over))
    list(locked.order_by("pk").values_list("pk"))
    lock_all(appointment)
    if appointment.series_id is None:
        return [appointment]
    beside = Appointment.objects.filter(series=appointment.series_id).exclude(pk=appointment.pk)
    return [appointment, *beside.select_related("reservation").order_by("step__position")]


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
