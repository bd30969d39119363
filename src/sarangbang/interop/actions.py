"""The verbs that only programs need: what pages do in several steps, done at one call and once however often it comes.

Everything is done by the verbs of ``scheduling`` and ``stays``; here they are put together for callers without pages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from sarangbang import rows
from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people import links
from sarangbang.people.models import Guest, SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.actions.appointments import lock_all
from sarangbang.scheduling.actions.asking_again import once
from sarangbang.scheduling.holding import hold_again
from sarangbang.scheduling.models import Appointment, Reservation, Series
from sarangbang.scheduling.prepared import Question
from sarangbang.stays import actions as stays
from sarangbang.stays.queries import stay_with

from . import queries

API_ACTOR = "api"
UNBOOKED = (Reservation.Status.HELD, Reservation.Status.EXPIRED)


def appointment_once(
    key: str | None,
    wish: str,
    make: Callable[..., Appointment],
    *,
    appointment_id: UUID | None = None,
    question: Question | None = None,
) -> Appointment:
    """What ``make`` makes; with a key once only, and then as it is now. Raises ``KeyReused`` and what ``make`` raises,
    which leaves the key free. ``appointment_id`` is the key of what is made, when it is chosen before; then ``make``
    leaves its transaction to this. ``make`` is called with the answer to ``question``, if there is one."""
    made: list[Appointment] = []

    def do(*told: Any) -> list[Appointment]:
        made.append(make(*told))
        return made

    if key is None and appointment_id is None:
        return make()
    given = None if key is None else f"api:{key}"
    found = once(given, [wish], do, appointment_id=appointment_id, question=question)[0]
    known = found if made else queries.appointment(str(found.pk))
    if not isinstance(known, Appointment):
        raise scheduling.KeyReused
    return known


def series_once(key: str | None, wish: str, make: Callable[[], Series]) -> Series:
    """The same for the visits of one pathway."""
    if key is None:
        return make()
    found = once(f"api:{key}", [wish], lambda: [make()])[0]
    if not isinstance(found, Series):
        raise scheduling.KeyReused
    return found


@transaction.atomic(savepoint=False)
def hold(
    offering: Offering, practitioners: Sequence[Practitioner], starts_at: dt.datetime, mode: str, appointment_id: UUID
) -> Appointment:
    """A hold with the first of these practitioners who is free, and its one link (``appointment.link``), together:
    whoever asks again gets the same token. Raises ``Taken`` when somebody has the time, else the last ``NotBookable``;
    the caller's transaction has to end then."""
    wanted = _bookings(offering, practitioners, starts_at, mode, appointment_id)
    with rows.together():
        held = _first_free(
            wanted, lambda each, *, waits: scheduling.hold_within([each], actor=API_ACTOR, waits=waits)[0]
        )
        return _with_link(held, offering)


def _bookings(
    offering: Offering, practitioners: Sequence[Practitioner], starts_at: dt.datetime, mode: str, appointment_id: UUID
) -> list[scheduling.Booking]:
    return [
        scheduling.Booking(offering, each, starts_at, mode=mode, appointment_id=appointment_id)
        for each in practitioners
    ]


def _with_link(appointment: Appointment, offering: Offering) -> Appointment:
    appointment.institution = offering.institution
    appointment.link = links.issue(SecureLink.Purpose.APPOINTMENT, appointment.pk)  # type: ignore[attr-defined]
    return appointment


def _first_free(bookings: Sequence[scheduling.Booking], take: Callable[..., Appointment]) -> Appointment:
    """What ``take`` makes of the first of them that is free. Of one alone nothing is tried after it, so its rows may
    wait (``waits``) for the caller's ``rows.together``."""
    refusal: scheduling.NotBookable | scheduling.Taken = scheduling.NotBookable("outside_hours")
    for booking in bookings:
        try:
            # What was added for a refused one is not written.
            with transaction.atomic(savepoint=len(bookings) > 1), rows.together():
                return take(booking, waits=len(bookings) == 1)
        except scheduling.Taken as met:
            refusal = met
        except scheduling.NotBookable as met:
            refusal = refusal if isinstance(refusal, scheduling.Taken) else met
            if not met.is_of_one:  # the others would hear the same
                break
    raise refusal


def book(
    offering: Offering,
    practitioners: Sequence[Practitioner],
    starts_at: dt.datetime,
    mode: str,
    appointment_id: UUID,
    details: Mapping[str, Any],
) -> Appointment:
    """Book with the first of these practitioners who is free, for a guest who is known already, without a hold before.
    Call it in a transaction, which has to end when it raises: what ``hold`` raises, and ``OddHour``."""
    wanted = _bookings(offering, practitioners, starts_at, mode, appointment_id)
    booked: list[Appointment] = []

    def take(guest: Guest) -> Appointment:
        booked.append(_first_free(wanted, partial(scheduling.book_within, guest=guest, actor=API_ACTOR)))
        return _with_link(booked[0], offering)

    stays.book_new(take, details, starts_at=starts_at, mode=mode, actor=API_ACTOR)
    return booked[0]


@transaction.atomic
def confirm(
    appointment_id: str, details: Mapping[str, Any], check: Callable[[Appointment], None]
) -> tuple[Appointment | None, bool]:
    """Book the held time for the guest of ``details`` (``stays.actions.INTAKE_FIELDS``), whose address is not proven,
    unless somebody has it already: the appointment as it is then, and whether it was booked just now.

    Raises what ``check`` raises of the appointment, and ``HoldExpired``, ``MoveNotAllowed``, ``NotBookable`` or
    ``OddHour``.
    """
    appointment = scheduling.lock_found(queries.found(appointment_id).select_related(*queries.SHOWN, "intake"))
    if appointment is None:
        return None, False
    check(appointment)
    if appointment.guest_id is not None:
        return appointment, False
    stays.book_at_once(appointment, details, actor=API_ACTOR, is_locked=True)
    return appointment, True


def move(
    appointment: Appointment, practitioner: Practitioner, starts_at: dt.datetime, *, accept_odd_hour: bool = False
) -> Appointment:
    """Take another time: of a booking as on the stay page, of a hold by holding the other one.

    Raises ``Taken``, ``NotBookable``, ``MoveNotAllowed``, ``OddHour`` or ``Refused``; then nothing has changed.
    """
    stay = stay_with(appointment)
    if stay is None:
        if appointment.reservation.status not in UNBOOKED:
            raise scheduling.MoveNotAllowed(appointment.reservation.status, Reservation.Status.HELD)
        return hold_again(appointment, appointment.offering, practitioner, starts_at, actor=API_ACTOR)
    return stays.reschedule_appointment(
        stay, appointment, practitioner, starts_at, actor=API_ACTOR, accept_odd_hour=accept_odd_hour
    )


def cancel(appointment: Appointment, reason: str) -> Appointment:
    """Cancel a hold or a booking. Cancelling twice changes nothing. Raises ``Refused`` or ``MoveNotAllowed``."""
    if appointment.reservation.status in UNBOOKED:
        return scheduling.cancel(appointment, actor=API_ACTOR, reason=reason)
    return stays.cancel_appointment(appointment, actor=API_ACTOR, reason=reason)


@transaction.atomic
def hold_series(offering: Offering, visits: Sequence[scheduling.Visit]) -> Series:
    """The holds of all visits of a pathway, a link for each and one for all of them: all or none. Raises
    ``NotBookable`` or ``Taken``."""
    series = scheduling.hold_series(offering, visits, actor=API_ACTOR)
    for subject in (series.pk, *queries.visits_of(series).values_list("pk", flat=True)):
        links.issue(SecureLink.Purpose.APPOINTMENT, subject)
    return series


@transaction.atomic
def confirm_series(series: Series, details: Mapping[str, Any]) -> Series:
    """Book all visits of a pathway into one stay, or none. Raises as ``confirm``."""
    first, *others = queries.visits_of(series)
    lock_all(first)
    stay = stays.book_at_once(first, details, actor=API_ACTOR)
    for each in others:
        stays.add_appointment(stay, each, actor=API_ACTOR, accept_odd_hour=bool(details.get("accept_odd_hour")))
    return series


@transaction.atomic
def cancel_series(series: Series, reason: str) -> Series:
    """Cancel all visits that are still ahead, or none. Cancelling again changes nothing. Raises ``Refused`` or
    ``MoveNotAllowed``."""
    for each in queries.visits_of(series):
        cancel(each, reason)
    return series
