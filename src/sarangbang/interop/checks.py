"""What a schema cannot say: fields that must fit each other and the calendar."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.stays.rules import NEEDED_CONSENTS, DatesOutOfOrder

from . import schemas
from .problems import invalid, wrong

OLDEST = 120
"""Years; nobody who is older has been seen."""

LONGEST = dt.timedelta(days=400)
"""How far ahead or back days of a stay may lie."""


def in_order(start: dt.datetime, end: dt.datetime) -> None:
    """Raise 422 when a window ends before it begins."""
    if end < start:
        raise invalid([wrong("end", _("This lies before the beginning."), "order")])


def details(given: schemas.ConfirmIn, visit_on: dt.date) -> None:
    """Raise 422 with every field of a confirmation that the pages would refuse, too. ``visit_on``: Korean day."""
    today = timezone.localdate()
    errors = []
    if given.guest.birth_year > today.year:
        errors.append(wrong("guest.birth_year", _("This year is in the future.")))
    elif given.guest.birth_year < today.year - OLDEST:
        errors.append(wrong("guest.birth_year", _("Please look at this year again.")))
    if set(NEEDED_CONSENTS) - set(given.consents):
        errors.append(wrong("consents", _("Without this consent we cannot book for you."), "missing"))
    arrives, leaves = given.arrives_on, given.leaves_on
    for name, day in (("arrives_on", arrives), ("leaves_on", leaves)):
        if day and abs(day - today) > LONGEST:
            errors.append(wrong(name, _("This date is outside the calendar."), "outside_calendar"))
    if arrives and leaves and arrives > leaves:
        errors.append(wrong("leaves_on", str(DatesOutOfOrder.reason), "order"))
    elif arrives and arrives > visit_on:
        errors.append(wrong("arrives_on", _("Your arrival is after your appointment. Please check the day."), "order"))
    elif leaves and leaves < visit_on:
        errors.append(wrong("leaves_on", _("You would leave before your appointment."), "order"))
    if errors:
        raise invalid(errors)
