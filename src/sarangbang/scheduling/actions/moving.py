"""Appointments that move to another time: one, or several that change at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from sarangbang.directory.models import Practitioner
from sarangbang.people.actions import audit
from sarangbang.scheduling import lifecycle
from sarangbang.scheduling.checking import Booking, company_of
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.refusals import MoveNotAllowed, Overriding
from sarangbang.scheduling.signals import appointment_changed

from .appointments import Along, changed, only_appointments
from .asking_again import once
from .reserving import expired_holds, lock_present, lock_resources, lock_with_obstacles, move
from .taking import Terms, Visits, take


@dataclass(frozen=True, slots=True)
class Shift:
    """Where an appointment goes: to whom, and when it begins then. ``along`` as in ``reschedule``."""

    appointment: Appointment
    practitioner: Practitioner
    starts_at: dt.datetime
    along: Along | None = None

    def visits(self) -> Visits:
        """What is taken for it. Raises ``NotBookable`` for what is so whatever the rules."""
        appointment = self.appointment
        party, company = company_of(appointment)
        along = company if self.along is None else self.along
        return Visits.of(
            [Booking(appointment.offering, self.practitioner, self.starts_at, party, along, appointment.step)]
        )

    def is_done(self, present: Reservation) -> bool:
        """Whether it is there already."""
        same_person = self.appointment.practitioner_id == self.practitioner.pk
        return present.starts_at == self.starts_at and same_person and self.along is None


@transaction.atomic
def reschedule(
    appointment: Appointment,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    actor: str,
    reason: str = "",
    idempotency_key: str | None = None,
    along: Along | None = None,
    override: Overriding | None = None,
) -> Appointment:
    """Move an appointment to another time of the same offering, and perhaps another practitioner. Who came along comes
    again, unless ``along`` names others; a visit of a pathway keeps the order of its days.

    Old and new time change hands in one transaction: when the new one is taken (``Taken``) or not bookable
    (``NotBookable``), everything stays as it was.
    """

    def make() -> list[Appointment]:
        shift = Shift(appointment, practitioner, starts_at, along)
        visits = shift.visits()
        old = lock_with_obstacles(appointment, visits.in_the_way)
        _change_hands([(shift, visits, old)], actor=actor, reason=reason, override=override)
        return [appointment]

    wish = ["reschedule", appointment.pk, practitioner.pk, starts_at.astimezone(dt.UTC)]
    return only_appointments(once(idempotency_key, wish, make))[0]


@transaction.atomic
def reschedule_together(
    shifts: Sequence[Shift], *, actor: str, reason: str = "", override: Overriding | None = None
) -> None:
    """Move several appointments at once, all or none: two may exchange their times, and each may go where another one
    leaves. The rest of the house hears of it when all have moved. Raises as ``reschedule``."""
    staged = [(shift, shift.visits()) for shift in shifts]
    wanted = [want for _shift, visits in staged for want in visits.in_the_way]
    mine_or_over = Q(pk__in=[each.appointment.reservation_id for each in shifts]) | Q(
        pk__in=expired_holds(*wanted).values("pk")
    )
    list(Reservation.objects.select_for_update().filter(mine_or_over).order_by("pk").values_list("pk"))
    present = [(shift, visits, lock_present(shift.appointment)) for shift, visits in staged]
    lock_resources({chair.resource_id for _shift, visits in staged for chair in visits.seated})
    _change_hands(present, actor=actor, reason=reason, override=override)


def _change_hands(
    shifts: Sequence[tuple[Shift, Visits, Reservation]], *, actor: str, reason: str, override: Overriding | None
) -> None:
    """What is locked leaves its old time, then takes the new one."""
    for _shift, _visits, old in shifts:
        if not lifecycle.may_move(old.status, Reservation.Status.RESCHEDULED):
            raise MoveNotAllowed(old.status, Reservation.Status.RESCHEDULED)
    moving = [(shift, visits, old) for shift, visits, old in shifts if not shift.is_done(old)]
    # The old times are freed first, so that a shift by half an hour does not collide with itself, nor two that exchange
    # their times with each other; when a new one cannot be had, the transaction ends and nothing was given up.
    for shift, _visits, old in moving:
        move(old, Reservation.Status.RESCHEDULED, actor=actor, reason=reason)
        Reservation.objects.filter(pk=old.pk).update(former_of=shift.appointment)
    for shift, visits, _old in moving:
        appointment = shift.appointment
        (reservation,) = take(visits, Terms(actor, instead_of=appointment, override=override))
        appointment.practitioner = shift.practitioner
        changed(appointment, reservation)
        audit(actor, "reschedule", appointment, reason=reason)
    for shift, _visits, _old in moving:
        appointment_changed.send(Appointment, appointment=shift.appointment, change="moved", actor=actor)
