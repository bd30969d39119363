"""What the front desk of a clinic does for a guest on the telephone: book at once, also for somebody new.

Time is taken by ``actions``; here the guest is made in the same transaction. The floors above open the guest's stay
and tell them, as for every booking.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from sarangbang.directory.models import Institution, Offering, Practitioner
from sarangbang.people.actions import register_guest
from sarangbang.people.models import Consent, Guest

from . import actions
from .models import Appointment, Reservation

NEEDED = (Consent.Purpose.BOOKING, Consent.Purpose.HEALTH)
"""What the guest must have agreed to before anybody can book for them (PIPA art. 15 and 23)."""

FOUND_AT_MOST = 20


class GuestBusy(Exception):
    """The guest has another appointment at this time."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be booked."""

    offering: Offering
    practitioner: Practitioner
    starts_at: dt.datetime
    mode: str = Appointment.Mode.ON_SITE

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + dt.timedelta(minutes=self.offering.visit_minutes)


def guests_of(institutions: QuerySet[Institution], text: str) -> list[Guest]:
    """Guests who have or had an appointment at these institutions, by a part of name, address or number."""
    found = Guest.objects.filter(appointments__institution__in=institutions)
    for word in text.split()[:5]:
        digits = "".join(char for char in word if char.isdigit())
        fits = Q(name__icontains=word) | Q(name_latin__icontains=word) | Q(name_hangul__icontains=word)
        fits |= Q(email__icontains=word)
        if len(digits) >= 4:
            fits |= Q(phone__contains=digits.removeprefix("0"))
        found = found.filter(fits)
    return list(found.distinct().order_by("name_latin", "pk")[:FOUND_AT_MOST]) if text.split() else []


def guest_of(institutions: QuerySet[Institution], pk: object) -> Guest | None:
    """A guest who has or had an appointment at these institutions."""
    return Guest.objects.filter(appointments__institution__in=institutions, pk=pk).distinct().first()


def is_busy(guest: Guest, starts_at: dt.datetime, ends_at: dt.datetime, *, but: Appointment | None = None) -> bool:
    """Whether the guest would have to be in two places."""
    standing = Appointment.objects.filter(
        guest=guest,
        reservation__status__in=(Reservation.Status.BOOKED, Reservation.Status.ARRIVED),
        reservation__starts_at__lt=ends_at,
        reservation__ends_at__gt=starts_at,
    )
    return (standing.exclude(pk=but.pk) if but else standing).exists()


@transaction.atomic
def book(
    visit: Visit,
    guest: Guest | Mapping[str, Any],
    *,
    actor: str,
    key: str,
    override: actions.Overriding | None = None,
) -> Appointment:
    """Book a visit at once. ``guest`` is a guest, or what was typed about a new one; ``key`` makes sending twice book
    once. Raises ``GuestBusy``, ``Taken``, ``NotBookable`` or ``KeyReused``."""
    if not isinstance(guest, Guest):
        guest = register_guest(guest, consents=NEEDED, actor=actor)
    elif is_busy(guest, visit.starts_at, visit.ends_at):
        raise GuestBusy
    return actions.book(
        visit.offering, visit.practitioner, visit.starts_at, guest,
        actor=actor, idempotency_key=key, override=override, mode=visit.mode,
    )  # fmt: skip


@transaction.atomic
def move(
    appointment: Appointment,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    actor: str,
    reason: str = "",
    override: actions.Overriding | None = None,
) -> Appointment:
    """Move a visit. The old time is given up only when the new one is certain. Raises ``GuestBusy``, ``Taken``,
    ``NotBookable`` or ``MoveNotAllowed``."""
    length = appointment.reservation.ends_at - appointment.reservation.starts_at
    if appointment.guest is not None and is_busy(appointment.guest, starts_at, starts_at + length, but=appointment):
        raise GuestBusy
    return actions.reschedule(appointment, practitioner, starts_at, actor=actor, reason=reason, override=override)
