"""Open cases: booked visits that no longer fit a roster, because of leave, a closure or hours that ended.

Nothing of this is stored: a case is open as long as the visit and what stands against it are both there, and nobody
has written down why it is kept all the same (``Override``).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution
from sarangbang.people.models import AuditEntry

from .models import Appointment, Override, Reservation, Resource
from .queries import appointments_of
from .standing import CLOSED, ON_LEAVE, OUTSIDE, Promised, reasons_against, resources_of

EXCUSES = {ON_LEAVE: {ON_LEAVE}, CLOSED: {CLOSED}, OUTSIDE: {OUTSIDE, "holiday"}}
"""Which overrides say that a visit is kept although this stands against it."""


WORDS: dict[str, Lazy | str] = {
    ON_LEAVE: _("Leave was entered after this was booked."),
    CLOSED: _("The institution is closed at this time."),
    OUTSIDE: _("There is no consultation at this time any more."),
}
ASKED = "ask_guest"
"""The verb under which the audit keeps that a guest was asked."""


def open_reasons(institutions: Iterable[Institution], now: dt.datetime | None = None) -> dict[UUID, tuple[str, ...]]:
    """What stands against which booked visits still ahead, by appointment, earliest first. A constant number of
    queries."""
    rows: list[Any] = list(
        Appointment.objects.filter(
            institution__in=list(institutions), guest__isnull=False, reservation__status=Reservation.Status.BOOKED,
            reservation__starts_at__gt=now or timezone.now(),
        )
        .order_by("reservation__starts_at", "pk")
        .values_list(
            "pk", "reservation", "reservation__starts_at", "reservation__ends_at", "place", "practitioner__resource"
        )
    )  # fmt: skip
    if not rows:
        return {}
    taken = resources_of(reservation for _pk, reservation, *_rest in rows)
    promised = [
        Promised.of(starts_at, ends_at, place, person, taken[reservation])
        for _pk, reservation, starts_at, ends_at, place, person in rows
    ]
    excused = defaultdict(set)
    kept = Override.objects.filter(reservation__in=[reservation for _pk, reservation, *_rest in rows])
    for reservation, rule in kept.values_list("reservation", "rule"):
        excused[reservation].add(rule)
    found = {}
    for (pk, reservation, *_rest), codes in zip(rows, reasons_against(promised), strict=True):
        why = tuple(code for code in codes if not EXCUSES[code] & excused[reservation])
        if why:
            found[pk] = why
    return found


def open_cases(
    institutions: Iterable[Institution], reasons: Iterable[UUID], *, what: Resource | None = None
) -> QuerySet[Appointment]:
    """The open cases by time; ``what`` narrows to those that take one resource."""
    found = Appointment.objects.filter(pk__in=list(reasons), institution__in=list(institutions))
    if what is not None and what.practitioner_id is not None:
        found = found.filter(practitioner=what.practitioner_id)
    elif what is not None:
        found = found.filter(reservation__allocations__resource=what)
    return found.select_related("reservation").order_by("reservation__starts_at", "pk")


def case_of(institutions: Iterable[Institution], pks: list[UUID]) -> list[Appointment]:
    """These appointments with all that their page shows, in the order given."""
    houses = Institution.objects.filter(pk__in=[house.pk for house in institutions])
    found = appointments_of(houses).in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]


def asked_at(pks: Iterable[UUID]) -> dict[str, dt.datetime]:
    """When the guest of a case was last asked, by the appointment's key."""
    rows = AuditEntry.objects.filter(
        verb=ASKED, object_type="scheduling.appointment", object_id__in=[str(pk) for pk in pks]
    )
    return dict(rows.order_by("at").values_list("object_id", "at"))
