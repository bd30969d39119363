"""What the rules need to know of a stay, read from the rooms below."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet
from django.utils import timezone

from sarangbang.concierge import entitlement
from sarangbang.directory.models import Partner, Place
from sarangbang.scheduling.models import Appointment
from sarangbang.stays import queries as stays
from sarangbang.stays.models import Stay
from sarangbang.stays.rules import STANDING


def standing_appointments(stay: Stay) -> QuerySet[Appointment]:
    """Appointments of the stay that are booked or going on."""
    return stays.appointments_of(stay).filter(reservation__status__in=STANDING)


def ride_request(
    stay: Stay, kind: str, airport: Place | None, starts_at: dt.datetime, ends_at: dt.datetime
) -> entitlement.Request:
    """A ride as the rules see it."""
    institutions = set(standing_appointments(stay).values_list("institution_id", flat=True))
    day = starts_at.astimezone(entitlement.SEOUL).date()
    partners = Partner.objects.filter(institution__in=institutions, since__lte=day).exclude(until__lt=day)
    return entitlement.Request(
        service=entitlement.RIDE,
        asked_at=timezone.now(),
        starts_at=starts_at,
        ends_at=ends_at,
        has_appointment=bool(institutions),
        at_partner=partners.exists(),
        kind=kind,
        airport=airport.code if airport else "",
    )


def speaking_request(
    language: str, starts_at: dt.datetime, ends_at: dt.datetime, *, booked: bool
) -> entitlement.Request:
    """An interpreting as the rules see it."""
    return entitlement.Request(
        service=entitlement.INTERPRETING,
        asked_at=timezone.now(),
        starts_at=starts_at,
        ends_at=ends_at,
        has_appointment=booked,
        language=language,
    )
