"""What a guest may do with their stay, and why not. Pure checks over what is already loaded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.people.models import Consent
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.queries import cut_off

NEEDED_CONSENTS = (Consent.Purpose.BOOKING, Consent.Purpose.HEALTH)
"""Without these nobody can be booked in: the contract itself, and health data (PIPA art. 15 and 23)."""

OPTIONAL_CONSENTS = (Consent.Purpose.CONCIERGE, Consent.Purpose.ABROAD, Consent.Purpose.SURVEY)

OLDEST = 120
"""Years; nobody who is older has been seen."""

FARTHEST = dt.timedelta(days=400)
"""How far ahead or back days of a stay may lie."""

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


@dataclass(frozen=True, slots=True)
class Misfit:
    """A detail that does not fit the calendar: which, a stable code, and a sentence for the reader."""

    field: str
    code: str
    reason: Lazy | str


def misfits(
    *, birth_year: int | None, arrives_on: dt.date | None, leaves_on: dt.date | None, visit_on: dt.date, today: dt.date
) -> Iterator[Misfit]:
    """What does not fit in what a guest said of themselves, at most one for a field. Days are Korean days;
    ``visit_on`` is the day of the appointment."""
    if birth_year is not None and birth_year > today.year:
        yield Misfit("birth_year", "future", _("This year is in the future."))
    elif birth_year is not None and birth_year < today.year - OLDEST:
        yield Misfit("birth_year", "past", _("Please look at this year again."))
    days = {"arrives_on": arrives_on, "leaves_on": leaves_on}
    far = [name for name, day in days.items() if day is not None and abs(day - today) > FARTHEST]
    for name in far:
        yield Misfit(name, "far", _("This date is outside the calendar."))
    if arrives_on is not None and leaves_on is not None and arrives_on > leaves_on and not far:
        yield Misfit("leaves_on", "order", DatesOutOfOrder.reason)
        return
    if arrives_on is not None and arrives_on > visit_on and "arrives_on" not in far:
        yield Misfit("arrives_on", "order", _("Your arrival is after your appointment. Please check the day."))
    if leaves_on is not None and leaves_on < visit_on and "leaves_on" not in far:
        yield Misfit("leaves_on", "order", _("You would leave before your appointment."))


def check_may_change(appointment: Appointment, now: dt.datetime, until: dt.datetime | None = None) -> None:
    """Raise ``Refused`` when the guest cannot change or cancel this appointment without asking. ``until`` is its
    cut-off, if the caller knows it."""
    if appointment.reservation.status != Reservation.Status.BOOKED:
        raise NoLongerBooked
    if now >= (until or cut_off(appointment)):
        raise TooLate


def may_change(appointment: Appointment, now: dt.datetime, until: dt.datetime | None = None) -> bool:
    try:
        check_may_change(appointment, now, until)
    except Refused:
        return False
    return True


def check_no_overlap(others: Iterable[Appointment], starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Raise ``Overlaps`` when one of the guest's standing appointments touches the span."""
    for other in others:
        taken = other.reservation
        if taken.status in STANDING and taken.starts_at < ends_at and starts_at < taken.ends_at:
            raise Overlaps
