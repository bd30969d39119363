"""The verbs of a pathway: its visits are held, booked and refused together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people.actions import audit
from sarangbang.people.models import Guest
from sarangbang.scheduling import lifecycle
from sarangbang.scheduling.checking import Booking
from sarangbang.scheduling.models import Appointment, PathwayStep, Reservation, Series
from sarangbang.scheduling.pathways import keeps_order, steps_of
from sarangbang.scheduling.refusals import Conflict, MoveNotAllowed, NotBookable, Overriding, check
from sarangbang.scheduling.rosters import Pool, rules_for
from sarangbang.scheduling.signals import appointment_changed

from .appointments import HOLD_MINUTES, changed, check_held, confirm_one, made, set_aside, wishes
from .asking_again import once
from .reserving import move
from .taking import Terms, Visits, person_against, take


@dataclass(frozen=True, slots=True)
class Visit:
    """When and by whom one step of a pathway is done."""

    step: PathwayStep
    practitioner: Practitioner
    starts_at: dt.datetime

    @classmethod
    def of(cls, appointment: Appointment) -> Visit:
        """The visit that an appointment is. Raises ``NotBookable`` when it is none of a pathway."""
        if appointment.step is None:
            raise NotBookable("out_of_order")
        return cls(appointment.step, appointment.practitioner, appointment.reservation.starts_at)


def hold_series(
    offering: Offering,
    visits: Sequence[Visit],
    *,
    actor: str,
    idempotency_key: str | None = None,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
    override: Overriding | None = None,
    hold_minutes: int = HOLD_MINUTES,
) -> Series:
    """Keep the times of all visits of a pathway: all or none.

    Raises ``NotBookable`` (also when a step is missing, or the days between them are not kept) or ``Taken``. A repeated
    key returns the series made then; ``KeyReused`` when it came with another wish.
    """
    bookings = [Booking(offering, each.practitioner, each.starts_at, party, along, each.step) for each in visits]

    def make() -> list[Series]:
        return _hold(offering, [bookings], Terms(actor, Reservation.Status.HELD, hold_minutes, override=override))

    (held,) = once(idempotency_key, ["hold_series", *wishes(bookings)], make)
    if not isinstance(held, Series):
        raise TypeError(held)
    return held


@transaction.atomic
def hold_series_together(
    offering: Offering,
    parties: Sequence[Sequence[Visit]],
    *,
    actor: str,
    company: Sequence[Pool] = (),
    hold_minutes: int = HOLD_MINUTES,
) -> list[Series]:
    """Keep the times of all visits of a pathway for each of several people: all of them or none, with one of each
    pool of the ``company``. Raises as ``hold_series``."""
    each = [
        [Booking(offering, one.practitioner, one.starts_at, step=one.step, company=company) for one in visits]
        for visits in parties
    ]
    return _hold(offering, each, Terms(actor, Reservation.Status.HELD, hold_minutes))


def _hold(offering: Offering, parties: Sequence[Sequence[Booking]], terms: Terms) -> list[Series]:
    """One series for each list of bookings; their time is taken in one go."""
    against = [pathway_against(offering, bookings) for bookings in parties]
    for each in against:
        check(each, override=terms.override)
    reservations = iter(take(Visits.of([booking for bookings in parties for booking in bookings]), terms))
    held = []
    for bookings, conflicts in zip(parties, against, strict=True):
        mine = [next(reservations) for _ in bookings]
        if terms.override is not None and conflicts:
            for reservation in mine:
                set_aside(reservation, [each.code for each in conflicts], terms.override)
        series = Series.objects.create(offering=offering)
        made(bookings, mine, verb="hold", actor=terms.actor, series=series)
        held.append(series)
    return held


def pathway_against(offering: Offering, bookings: Sequence[Booking]) -> list[Conflict]:
    """What these visits would break of their order and the days between them. Raises ``NotBookable`` unless they are
    the steps of the offering's pathway."""
    steps = steps_of(offering)
    if not steps or [each.step for each in bookings] != steps:
        raise NotBookable("out_of_order")
    visits = [(each.step, each.practitioner.pk, each.starts_at, each.ends_at) for each in bookings]
    return [Conflict(code) for code in keeps_order(visits, offering.institution.place.zone)]


def _locked(series: Series) -> list[Appointment]:
    """The appointments of a series in the order of their steps, each with its present reservation, locked in the order
    of their keys."""
    mine = Appointment.objects.filter(series=series)
    while True:
        present = set(mine.values_list("reservation", flat=True))
        locked = {
            each.pk: each for each in Reservation.objects.select_for_update().filter(pk__in=present).order_by("pk")
        }
        appointments = list(mine.select_related("offering", "institution", "guest").order_by("step__position"))
        if {each.reservation_id for each in appointments} == locked.keys():
            for each in appointments:
                each.reservation = locked[each.reservation_id]
            return appointments


@transaction.atomic
def confirm_series(
    series: Series, guest: Guest, *, actor: str, override: Overriding | None = None
) -> list[Appointment]:
    """Make all held times of a pathway the guest's, or none. Confirming again for the same guest changes nothing.

    Raises ``HoldExpired``, ``MoveNotAllowed`` or ``NotBookable`` as ``confirm``.
    """
    appointments = _locked(series)
    if not appointments:  # forgotten meanwhile
        raise MoveNotAllowed(Reservation.Status.EXPIRED, Reservation.Status.BOOKED)
    held = Reservation.Status.HELD
    if all(each.guest_id == guest.pk and each.reservation.status != held for each in appointments):
        return appointments
    for each in appointments:
        check_held(each.reservation)
    first = appointments[0]
    rules = rules_for([first.offering])[first.offering_id]
    against = person_against(guest, first.institution_id, rules, but=first)
    check(against, override=override)
    for each in appointments:
        if override is not None:
            set_aside(each.reservation, [conflict.code for conflict in against], override)
        confirm_one(each, guest, actor=actor)
    return appointments


def cancel_series(
    series: Series, *, actor: str, reason: str = "", idempotency_key: str | None = None
) -> list[Appointment]:
    """Cancel all visits of a pathway that are still ahead, or none; those that took place stay. Cancelling again
    changes nothing. Raises ``MoveNotAllowed`` when the guest is there at this moment."""

    def make() -> list[Series]:
        called_off = []
        for each in _locked(series):
            status = each.reservation.status
            if status in lifecycle.FREEING or status in lifecycle.OVER:
                continue
            move(each.reservation, Reservation.Status.CANCELLED, actor=actor, reason=reason)
            changed(each, each.reservation)
            audit(actor, "cancel", each, reason=reason)
            if status != Reservation.Status.HELD:
                called_off.append(each)
        for each in called_off:
            appointment_changed.send(
                Appointment, appointment=each, change="cancelled", actor=actor, together=called_off
            )
        return [series]

    once(idempotency_key, ["cancel_series", series.pk], make)
    return list(
        Appointment.objects.filter(series=series).select_related("reservation", "guest").order_by("step__position")
    )
