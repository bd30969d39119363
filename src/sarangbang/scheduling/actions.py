"""The verbs of scheduling: hold, confirm, move, cancel, mark; and ``reserve``, the one way in.

That nothing is booked twice is made true by the unique constraint on ``Claim``; the checks here only make the
error kind. Claims are written in one statement in a fixed order, so that two reservers wait for each other
and never lock in a circle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.directory.queries import is_receiving
from sarangbang.people.actions import audit
from sarangbang.people.models import Guest

from . import lifecycle
from .availability import ticks
from .models import Allocation, Appointment, Claim, Reservation, ReservationStep, Resource
from .queries import HORIZON, MIN_NOTICE, free_times, resource_of
from .signals import appointment_changed

HOLD_MINUTES = 10
HOLD_LIMIT_MINUTES = 20  # with the one extension that lets a message arrive
MAX_HOURS = 24


class Taken(Exception):
    """Somebody else has this time."""


class HoldExpired(Exception):
    """The ten minutes are over; the time may have gone to somebody else."""


class MoveNotAllowed(Exception):
    """This step is not possible from the present status."""

    def __init__(self, current: str, target: str) -> None:
        super().__init__(f"{current} -> {target}")
        self.current, self.target = current, target


class NotBookable(Exception):
    """The time cannot be booked at all. ``code`` is stable, ``reason`` is for the reader."""

    REASONS = {
        "not_receiving": _("This institution does not receive guests from abroad at present."),
        "not_offered": _("This institution no longer offers this procedure."),
        "past": _("This time has passed."),
        "too_soon": _("This time is too soon; the institution needs at least three hours' notice."),
        "too_far": _("This time is too far ahead; the calendar opens 180 days before."),
        "outside_hours": _("There is no consultation at this time."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = self.REASONS[code]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One resource for one span of time."""

    resource: Resource
    starts_at: dt.datetime
    ends_at: dt.datetime


def _step(reservation: Reservation, status: str, actor: str, reason: str = "") -> None:
    ReservationStep.objects.create(reservation=reservation, status=status, actor=actor, reason=reason)


def move(reservation: Reservation, status: str, *, actor: str, reason: str = "") -> None:
    """Take one step of the table of moves; gives the time back where the step frees it.

    Call it with the reservation locked. Raises ``MoveNotAllowed``.
    """
    if not lifecycle.may_move(reservation.status, status):
        raise MoveNotAllowed(reservation.status, status)
    reservation.status = status
    reservation.save(update_fields=["status"])
    _step(reservation, status, actor, reason)
    if status in lifecycle.FREEING:
        Claim.objects.filter(allocation__reservation=reservation).delete()
        reservation.allocations.update(is_active=False)


def lock(reservation_id: UUID) -> Reservation:
    """The reservation, locked until the end of the transaction."""
    return Reservation.objects.select_for_update().get(pk=reservation_id)


def lock_present(appointment: Appointment) -> Reservation:
    """The appointment's present reservation, locked, and the appointment as it is now. Reservations are locked before
    whatever hangs on them. Raises ``MoveNotAllowed`` when the appointment was forgotten."""
    while True:
        locked = Reservation.objects.select_for_update().filter(pk=appointment.reservation_id).first()
        present = Appointment.objects.filter(pk=appointment.pk).values_list("reservation", flat=True).first()
        if present is None:
            raise MoveNotAllowed(Reservation.Status.EXPIRED, Reservation.Status.HELD)
        if locked is not None and present == locked.pk:
            appointment.refresh_from_db()
            appointment.reservation = locked
            return locked
        appointment.reservation_id = present  # somebody moved it between the look and the lock


def expired_holds(want: Wanted) -> QuerySet[Reservation]:
    """Holds whose time is over and which stand in the way."""
    span = ticks(want.starts_at, want.ends_at)
    in_the_way = Claim.objects.filter(resource=want.resource, tick__gte=span.start, tick__lt=span.stop)
    return Reservation.objects.filter(
        pk__in=in_the_way.values("allocation__reservation"),
        status=Reservation.Status.HELD,
        hold_expires_at__lte=timezone.now(),
    )


def _free_expired_holds(wanted: Sequence[Wanted]) -> None:
    for want in wanted:
        for reservation in expired_holds(want).select_for_update().order_by("pk"):
            move(reservation, Reservation.Status.EXPIRED, actor="system")


def _free_seat(want: Wanted) -> int:
    span = ticks(want.starts_at, want.ends_at)
    taken = set(
        Claim.objects.filter(resource=want.resource, tick__gte=span.start, tick__lt=span.stop).values_list(
            "seat", flat=True
        )
    )
    for seat in range(want.resource.seats):
        if seat not in taken:
            return seat
    raise Taken


def reserve(
    wanted: Sequence[Wanted],
    *,
    actor: str,
    status: str = Reservation.Status.BOOKED,
    hold_minutes: int | None = None,
    idempotency_key: str | None = None,
) -> Reservation:
    """Take time from one or more resources, all or nothing; the one way in.

    ``status`` is "booked", or "held" with ``hold_minutes``. With an ``idempotency_key`` that was used before,
    the reservation made then is returned. Raises ``Taken`` when any resource is not free.
    """
    if not wanted:
        raise ValueError("nothing wanted")
    if any(want.ends_at - want.starts_at > dt.timedelta(hours=MAX_HOURS) for want in wanted):
        raise ValueError(f"longer than {MAX_HOURS} hours")
    if idempotency_key is not None:
        known = Reservation.objects.filter(idempotency_key=idempotency_key).first()
        if known is not None:
            return known
    # A seat seen free may be gone at the insert; with n seats the next look finds another at most n times.
    for _attempt in range(max(want.resource.seats for want in wanted)):
        try:
            with transaction.atomic():
                return _reserve_once(wanted, actor, status, hold_minutes, idempotency_key)
        except IntegrityError:
            if idempotency_key is not None:
                known = Reservation.objects.filter(idempotency_key=idempotency_key).first()
                if known is not None:
                    return known
    raise Taken


def _reserve_once(
    wanted: Sequence[Wanted], actor: str, status: str, hold_minutes: int | None, idempotency_key: str | None
) -> Reservation:
    now = timezone.now()
    _free_expired_holds(wanted)
    reservation = Reservation.objects.create(
        status=status,
        starts_at=min(want.starts_at for want in wanted),
        ends_at=max(want.ends_at for want in wanted),
        hold_expires_at=None if hold_minutes is None else now + dt.timedelta(minutes=hold_minutes),
        idempotency_key=idempotency_key,
    )
    _step(reservation, status, actor)
    claims = []
    for want in wanted:
        allocation = Allocation.objects.create(
            reservation=reservation,
            resource=want.resource,
            seat=_free_seat(want),
            starts_at=want.starts_at,
            ends_at=want.ends_at,
        )
        claims += [
            Claim(allocation=allocation, resource=want.resource, seat=allocation.seat, tick=tick)
            for tick in ticks(want.starts_at, want.ends_at)
        ]
    claims.sort(key=lambda claim: (claim.resource_id, claim.seat, claim.tick))
    Claim.objects.bulk_create(claims)
    return reservation


@transaction.atomic
def release(
    reservation: Reservation, *, actor: str, status: str = Reservation.Status.CANCELLED, reason: str = ""
) -> None:
    """Give a reservation's time back. Releasing what is already free changes nothing."""
    locked = lock(reservation.pk)
    if locked.status not in lifecycle.FREEING:
        move(locked, status, actor=actor, reason=reason)
    reservation.status = locked.status


def check_bookable(offering: Offering, practitioner: Practitioner, starts_at: dt.datetime) -> None:
    """Raise ``NotBookable`` when the rules forbid the time, ``Taken`` when somebody has it."""
    now = timezone.now()
    if not is_receiving(offering.institution_id):
        raise NotBookable("not_receiving")
    if not offering.is_active:
        raise NotBookable("not_offered")
    if starts_at <= now:
        raise NotBookable("past")
    if starts_at < now + MIN_NOTICE:
        raise NotBookable("too_soon")
    ends_at = starts_at + dt.timedelta(minutes=offering.visit_minutes)
    if ends_at > now + HORIZON:
        raise NotBookable("too_far")
    free = free_times(offering, starts_at, ends_at, practitioner_id=practitioner.pk)
    if any(time.starts_at == starts_at for time in free):
        return
    resource = resource_of(practitioner.pk)
    span = ticks(starts_at, ends_at)
    if resource and Claim.objects.filter(resource=resource, tick__gte=span.start, tick__lt=span.stop).exists():
        raise Taken
    raise NotBookable("outside_hours")


def hold(
    offering: Offering,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    actor: str,
    idempotency_key: str | None = None,
) -> Appointment:
    """Keep a time for ten minutes for a guest who is filling in the form.

    Raises ``NotBookable`` or ``Taken``. A repeated ``idempotency_key`` returns the appointment made then.
    """
    if idempotency_key is not None:
        known = Appointment.objects.filter(reservation__idempotency_key=idempotency_key).first()
        if known is not None:
            return known
    check_bookable(offering, practitioner, starts_at)
    ends_at = starts_at + dt.timedelta(minutes=offering.visit_minutes)
    with transaction.atomic():
        reservation = reserve(
            [Wanted(Resource.objects.get(practitioner=practitioner), starts_at, ends_at)],
            actor=actor,
            status=Reservation.Status.HELD,
            hold_minutes=HOLD_MINUTES,
            idempotency_key=idempotency_key,
        )
        appointment, created = Appointment.objects.get_or_create(
            reservation=reservation,
            defaults={
                "offering": offering,
                "institution_id": offering.institution_id,
                "practitioner": practitioner,
                "place_id": offering.institution.place_id,
            },
        )
        if created:
            audit(actor, "hold", appointment)
    return appointment


@transaction.atomic
def extend_hold(appointment: Appointment) -> dt.datetime:
    """Keep the time until twenty minutes after it was first held; returns the new end.

    Raises ``HoldExpired`` when it is over or was never a hold.
    """
    reservation = lock_present(appointment)
    if reservation.status != Reservation.Status.HELD or reservation.hold_expires_at is None:
        raise HoldExpired
    if reservation.hold_expires_at <= timezone.now():
        raise HoldExpired
    reservation.hold_expires_at = reservation.created_at + dt.timedelta(minutes=HOLD_LIMIT_MINUTES)
    reservation.save(update_fields=["hold_expires_at"])
    return reservation.hold_expires_at


@transaction.atomic
def confirm(appointment: Appointment, guest: Guest, *, actor: str) -> Appointment:
    """Make a held time the guest's. Confirming again for the same guest changes nothing.

    Raises ``HoldExpired`` when the hold is over, ``MoveNotAllowed`` when it is somebody else's by now.
    """
    reservation = lock(appointment.reservation_id)
    appointment.refresh_from_db()
    appointment.reservation = reservation
    if appointment.guest_id == guest.pk and reservation.status != Reservation.Status.HELD:
        return appointment
    if reservation.status == Reservation.Status.EXPIRED:
        raise HoldExpired
    if reservation.status != Reservation.Status.HELD or reservation.hold_expires_at is None:
        raise MoveNotAllowed(reservation.status, Reservation.Status.BOOKED)
    if reservation.hold_expires_at <= timezone.now():
        raise HoldExpired
    move(reservation, Reservation.Status.BOOKED, actor=actor)
    appointment.guest = guest
    appointment.save(update_fields=["guest"])
    audit(actor, "confirm", appointment)
    appointment_changed.send(Appointment, appointment=appointment, change="confirmed", actor=actor)
    return appointment


@transaction.atomic
def cancel(appointment: Appointment, *, actor: str, reason: str = "") -> Appointment:
    """Cancel a held or booked appointment and free its time. Cancelling twice changes nothing."""
    reservation = lock_present(appointment)
    if reservation.status in {Reservation.Status.CANCELLED, Reservation.Status.EXPIRED}:
        return appointment
    was_booked = reservation.status != Reservation.Status.HELD
    move(reservation, Reservation.Status.CANCELLED, actor=actor, reason=reason)
    _changed(appointment, reservation)
    audit(actor, "cancel", appointment, reason=reason)
    if was_booked:
        appointment_changed.send(Appointment, appointment=appointment, change="cancelled", actor=actor)
    return appointment


@transaction.atomic
def reschedule(
    appointment: Appointment, practitioner: Practitioner, starts_at: dt.datetime, *, actor: str
) -> Appointment:
    """Move an appointment to another time of the same offering, and perhaps another practitioner.

    Old and new time change hands in one transaction: when the new one is taken (``Taken``) or not bookable
    (``NotBookable``), everything stays as it was.
    """
    old = lock(appointment.reservation_id)
    if not lifecycle.may_move(old.status, Reservation.Status.RESCHEDULED):
        raise MoveNotAllowed(old.status, Reservation.Status.RESCHEDULED)
    if old.starts_at == starts_at and appointment.practitioner_id == practitioner.pk:
        appointment.reservation = old
        return appointment
    # The old time is freed first, so that a shift by half an hour does not collide with itself.
    move(old, Reservation.Status.RESCHEDULED, actor=actor)
    check_bookable(appointment.offering, practitioner, starts_at)
    ends_at = starts_at + dt.timedelta(minutes=appointment.offering.visit_minutes)
    resource = Resource.objects.get(practitioner=practitioner)
    appointment.practitioner = practitioner
    _changed(appointment, reserve([Wanted(resource, starts_at, ends_at)], actor=actor))
    audit(actor, "reschedule", appointment)
    appointment_changed.send(Appointment, appointment=appointment, change="moved", actor=actor)
    return appointment


@transaction.atomic
def mark(appointment: Appointment, status: str, *, actor: str, reason: str = "") -> Appointment:
    """What became of a booked appointment: arrived, fulfilled, noshow_guest, noshow_host; or "booked" again
    when that was a mistake. Marking the same twice changes nothing. Raises ``MoveNotAllowed``."""
    if status in lifecycle.FREEING or status not in lifecycle.MOVES:
        raise MoveNotAllowed(appointment.reservation.status, status)
    reservation = lock(appointment.reservation_id)
    appointment.reservation = reservation
    if reservation.status == status:
        return appointment
    if reservation.status == Reservation.Status.HELD:
        raise MoveNotAllowed(reservation.status, status)
    move(reservation, status, actor=actor, reason=reason)
    audit(actor, f"mark_{status}", appointment, reason=reason)
    change = "corrected" if status == Reservation.Status.BOOKED else status
    appointment_changed.send(Appointment, appointment=appointment, change=change, actor=actor)
    return appointment


def _changed(appointment: Appointment, reservation: Reservation) -> None:
    appointment.reservation = reservation
    appointment.sequence += 1
    appointment.save(update_fields=["reservation", "practitioner", "sequence"])
