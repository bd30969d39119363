"""The verbs of an appointment: hold, book, confirm, cancel, mark. Moving has a module of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from sarangbang import rows
from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people.actions import audit, audit_all
from sarangbang.people.models import Guest
from sarangbang.scheduling import lifecycle
from sarangbang.scheduling.checking import Booking
from sarangbang.scheduling.models import Appointment, Override, Reservation, Series
from sarangbang.scheduling.refusals import HoldExpired, MoveNotAllowed, Overriding, check
from sarangbang.scheduling.rosters import rules_for
from sarangbang.scheduling.signals import appointment_changed

from .asking_again import once
from .reserving import lock_present, move
from .taking import Terms, Visits, person_against, take

HOLD_MINUTES = 10
HOLD_LIMIT_MINUTES = 20  # with the one extension that lets a message arrive

Along = Sequence[Sequence[int]]


def hold(
    offering: Offering,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    actor: str,
    idempotency_key: str | None = None,
    along: Along = (),
    party: int = 1,
    override: Overriding | None = None,
    mode: str = Appointment.Mode.ON_SITE,
    hold_minutes: int = HOLD_MINUTES,
) -> Appointment:
    """Keep a time for ten minutes for a guest who is filling in the form.

    Raises ``NotBookable`` or ``Taken``. A repeated ``idempotency_key`` returns the appointment made then, as it is now;
    ``KeyReused`` when it came with another wish.
    """
    booking = Booking(offering, practitioner, starts_at, party, along, mode=mode)
    return hold_together(
        [booking], actor=actor, idempotency_key=idempotency_key, override=override, hold_minutes=hold_minutes
    )[0]


def hold_together(
    bookings: Sequence[Booking],
    *,
    actor: str,
    idempotency_key: str | None = None,
    override: Overriding | None = None,
    hold_minutes: int = HOLD_MINUTES,
) -> list[Appointment]:
    """Keep several times at once, for a family: all or none. Raises as ``hold``."""

    def make() -> list[Appointment]:
        return hold_within(bookings, actor=actor, override=override, hold_minutes=hold_minutes)

    return only_appointments(once(idempotency_key, ["hold", *wishes(bookings)], make))


def hold_within(
    bookings: Sequence[Booking],
    *,
    actor: str,
    override: Overriding | None = None,
    hold_minutes: int = HOLD_MINUTES,
    waits: bool = False,
) -> list[Appointment]:
    """``hold_together`` within the caller's transaction (or savepoint), which has to end when this raises. With
    ``waits`` its rows wait for the end of the caller's ``rows.together``, as ``reserving.write`` says."""
    visits = Visits.of(bookings)
    terms = Terms(actor, Reservation.Status.HELD, hold_minutes, override=override, waits=waits)
    reservations = take(visits, terms)
    held = made(bookings, reservations, verb="hold", actor=actor)
    for each in held:
        each.rules = visits.rules[each.offering_id]
    return held


def book(
    offering: Offering,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    guest: Guest,
    *,
    actor: str,
    idempotency_key: str | None = None,
    along: Along = (),
    party: int = 1,
    override: Overriding | None = None,
    mode: str = Appointment.Mode.ON_SITE,
) -> Appointment:
    """Book a time for a guest at once, as staff do. Raises as ``hold``."""
    booking = Booking(offering, practitioner, starts_at, party, along, mode=mode)

    def make() -> list[Appointment]:
        booked = book_within(booking, guest, actor=actor, override=override)
        announce(booked, actor=actor)
        return [booked]

    return only_appointments(once(idempotency_key, ["book", guest.pk, *wishes([booking])], make))[0]


def book_within(
    booking: Booking, guest: Guest, *, actor: str, override: Overriding | None = None, waits: bool = False
) -> Appointment:
    """``book`` within the caller's transaction (or savepoint), which has to end when this raises. Nobody is told before
    the caller calls ``announce``. With ``waits`` its rows wait for the end of the caller's ``rows.together``."""
    visits = Visits.of([booking])
    reservations = take(visits, Terms(actor, guest=guest, override=override, waits=waits))
    (booked,) = made([booking], reservations, verb="book", actor=actor, guest=guest)
    booked.rules, booked.leads = visits.rules[booking.offering.pk], visits.leads[booking.offering.pk]
    return booked


def announce(appointment: Appointment, *, actor: str) -> None:
    """Tell the rest of the house that an appointment is booked."""
    appointment_changed.send(Appointment, appointment=appointment, change="confirmed", actor=actor)


def wishes(bookings: Sequence[Booking]) -> list[object]:
    """What is asked for, as it is compared when a key comes again."""
    return [
        part
        for each in bookings
        for part in (
            each.offering.pk, each.practitioner.pk, each.starts_at.astimezone(dt.UTC), each.party,
            [list(pool) for pool in each.along], each.step.pk if each.step else None, each.mode,
        )
    ]  # fmt: skip


def made(
    bookings: Sequence[Booking],
    reservations: Sequence[Reservation],
    *,
    verb: str,
    actor: str,
    guest: Guest | None = None,
    series: Series | None = None,
) -> list[Appointment]:
    """The appointments of reservations that were just made."""
    appointments = [
        rows.new(
            Appointment,
            id=booking.appointment_id or uuid4(),
            reservation=reservation,
            offering=booking.offering,
            institution_id=booking.offering.institution_id,
            practitioner=booking.practitioner,
            place_id=booking.offering.institution.place_id,
            series=series,
            step=booking.step,
            mode=booking.mode,
            guest=guest,
        )
        for booking, reservation in zip(bookings, reservations, strict=True)
    ]
    rows.add(*appointments)
    audit_all(actor, verb, appointments)
    return appointments


def only_appointments(found: Sequence[Appointment | Series]) -> list[Appointment]:
    return [each for each in found if isinstance(each, Appointment)]


@transaction.atomic
def extend_hold(appointment: Appointment) -> dt.datetime:
    """Keep the time until twenty minutes after it was first held, with the other visits of its pathway; returns the new
    end. Raises ``HoldExpired`` when it is over or was never a hold.
    """
    reservations = lock_all(appointment)
    now = timezone.now()
    for reservation in reservations:
        if reservation.status != Reservation.Status.HELD or reservation.hold_expires_at is None:
            raise HoldExpired
        if reservation.hold_expires_at <= now:
            raise HoldExpired
        longest = reservation.created_at + dt.timedelta(minutes=HOLD_LIMIT_MINUTES)
        reservation.hold_expires_at = max(reservation.hold_expires_at, longest)
        reservation.save(update_fields=["hold_expires_at"])
    mine = next(each for each in reservations if each.pk == appointment.reservation_id)
    appointment.reservation = mine
    return mine.hold_expires_at or now


def lock_all(appointment: Appointment) -> list[Reservation]:
    """The present reservations of an appointment and of the other visits of its pathway that still stand, locked in the
    order of their keys."""
    if appointment.series_id is None:
        return [lock_present(appointment)]
    present = Appointment.objects.filter(series=appointment.series_id).values("reservation")
    locked = Reservation.objects.select_for_update().filter(pk__in=present).order_by("pk")
    standing = [each for each in locked if each.status not in lifecycle.FREEING]
    mine = lock_present(appointment)
    return [*(each for each in standing if each.pk != mine.pk), mine]


@transaction.atomic
def confirm(appointment: Appointment, guest: Guest, *, actor: str, override: Overriding | None = None) -> Appointment:
    """Make a held time the guest's. Confirming again for the same guest changes nothing.

    Raises ``HoldExpired`` when the hold is over, ``MoveNotAllowed`` when it is somebody else's by now, ``NotBookable``
    when the guest has as many bookings there as the institution keeps for one person.
    """
    lock_present(appointment)
    return confirm_locked(appointment, guest, actor=actor, override=override)


def confirm_locked(
    appointment: Appointment, guest: Guest, *, actor: str, override: Overriding | None = None
) -> Appointment:
    """``confirm`` for a caller who has the appointment from ``lock_present`` in this transaction, which has to end when
    this raises."""
    reservation = appointment.reservation
    if appointment.guest_id == guest.pk and reservation.status != Reservation.Status.HELD:
        return appointment
    check_held(reservation)
    rules = rules_for([appointment.offering])[appointment.offering_id]
    against = person_against(guest, appointment.institution_id, rules, but=appointment)
    check(against, override=override)
    if override is not None:
        set_aside(reservation, [each.code for each in against], override)
    confirm_one(appointment, guest, actor=actor)
    appointment.rules = rules
    return appointment


def check_held(reservation: Reservation) -> None:
    """Raise ``HoldExpired`` or ``MoveNotAllowed`` unless it is held."""
    if reservation.status == Reservation.Status.EXPIRED:
        raise HoldExpired
    if reservation.status != Reservation.Status.HELD or reservation.hold_expires_at is None:
        raise MoveNotAllowed(reservation.status, Reservation.Status.BOOKED)
    if reservation.hold_expires_at <= timezone.now():
        raise HoldExpired


def confirm_one(appointment: Appointment, guest: Guest, *, actor: str) -> None:
    """Book what is locked and held."""
    move(appointment.reservation, Reservation.Status.BOOKED, actor=actor)
    appointment.guest = guest
    appointment.save(update_fields=["guest"])
    audit(actor, "confirm", appointment)
    announce(appointment, actor=actor)


def set_aside(reservation: Reservation, codes: Sequence[str], override: Overriding) -> None:
    """Write down which rules were set aside, by whom and why."""
    Override.objects.bulk_create(
        Override(reservation=reservation, rule=code, reason=override.reason[:300], actor=override.actor)
        for code in codes
    )


@transaction.atomic
def cancel(
    appointment: Appointment, *, actor: str, reason: str = "", idempotency_key: str | None = None
) -> Appointment:
    """Cancel a held or booked appointment and free its time. Cancelling twice changes nothing."""

    def make() -> list[Appointment]:
        reservation = lock_present(appointment)
        if reservation.status in {Reservation.Status.CANCELLED, Reservation.Status.EXPIRED}:
            return [appointment]
        was_booked = reservation.status != Reservation.Status.HELD
        move(reservation, Reservation.Status.CANCELLED, actor=actor, reason=reason)
        changed(appointment, reservation)
        audit(actor, "cancel", appointment, reason=reason)
        if was_booked:
            appointment_changed.send(Appointment, appointment=appointment, change="cancelled", actor=actor)
        return [appointment]

    return only_appointments(once(idempotency_key, ["cancel", appointment.pk], make))[0]


@transaction.atomic
def mark(appointment: Appointment, status: str, *, actor: str, reason: str = "") -> Appointment:
    """What became of a booked appointment: arrived, fulfilled, noshow_guest, noshow_host; or "booked" again
    when that was a mistake. Marking the same twice changes nothing. Raises ``MoveNotAllowed``."""
    if status in lifecycle.FREEING or status not in lifecycle.MOVES:
        raise MoveNotAllowed(appointment.reservation.status, status)
    reservation = lock_present(appointment)
    if reservation.status == status:
        return appointment
    if reservation.status == Reservation.Status.HELD:
        raise MoveNotAllowed(reservation.status, status)
    move(reservation, status, actor=actor, reason=reason)
    audit(actor, f"mark_{status}", appointment, reason=reason)
    change = "corrected" if status == Reservation.Status.BOOKED else status
    appointment_changed.send(Appointment, appointment=appointment, change=change, actor=actor)
    return appointment


def changed(appointment: Appointment, reservation: Reservation) -> None:
    """The appointment has this reservation now, and calendars must show a change."""
    appointment.reservation = reservation
    appointment.sequence += 1
    appointment.save(update_fields=["reservation", "practitioner", "sequence"])
