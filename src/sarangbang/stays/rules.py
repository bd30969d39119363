"""What a guest may do with their stay, and why not. Pure checks over what is already loaded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.people.models import Consent
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.queries import cut_off

NEEDED_CONSENTS = (Consent.Purpose.BOOKING, Consent.Purpose.HEALTH)
"""Without these nobody can be booked in: the contract itself, and health data (PIPA art. 15 and 23)."""

OPTIONAL_CONSENTS = (Consent.Purpose.CONCIERGE, Consent.Purpose.ABROAD, Consent.Purpose.SURVEY)

STANDING = (Reservation.Status.BOOKED, Reservation.Status.ARRIVED)
"""An appointment in one of these takes the guest's time."""


class Refused(Exception):
    """The guest cannot do this. ``reason`` is a sentence in the reader's language."""

    reason: Lazy | str = _("This is no longer possible.")

    def __str__(self) -> str:
        return str(self.reason)


class TooLate(Refused):
    """The cut-off has passed; the institution has to be asked."""

    reason = _("It is too late to change this here; please call the Medical Tour Center.")


class NoLongerBooked(Refused):
    """The appointment was cancelled, or has taken place."""


class Overlaps(Refused):
    """The guest would have to be in two places."""

    reason = _("You have another appointment at this time.")


class DatesOutOfOrder(Refused):
    """The guest would leave before they arrive."""

    reason = _("Your departure is before your arrival. Please check both days.")


def check_may_change(appointment: Appointment, now: dt.datetime) -> None:
    """Raise ``Refused`` when the guest cannot change or cancel this appointment without asking."""
    if appointment.reservation.status != Reservation.Status.BOOKED:
        raise NoLongerBooked
    if now >= cut_off(appointment):
        raise TooLate


def may_change(appointment: Appointment, now: dt.datetime) -> bool:
    try:
        check_may_change(appointment, now)
    except Refused:
        return False
    return True


def check_no_overlap(others: Iterable[Appointment], starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Raise ``Overlaps`` when one of the guest's standing appointments touches the span."""
    for other in others:
        taken = other.reservation
        if taken.status in STANDING and taken.starts_at < ends_at and starts_at < taken.ends_at:
            raise Overlaps
