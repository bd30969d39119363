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

from .availability import merged, minute_of, open_spans
from .diary import closures_between, declared_holidays, exceptions_between
from .models import Allocation, Appointment, Override, Reservation, Resource, RosterException
from .occupancy import covers
from .public_holidays import with_declared
from .queries import appointments_of, rosters

ON_LEAVE, CLOSED, OUTSIDE = "on_leave", "closed", "outside_hours"
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
    now = now or timezone.now()
    found_rows = (
        Appointment.objects.filter(
            institution__in=list(institutions), guest__isnull=False, reservation__status=Reservation.Status.BOOKED,
            reservation__starts_at__gt=now,
        )
        .order_by("reservation__starts_at", "pk")
        .values(
            "pk", "reservation", "reservation__starts_at", "reservation__ends_at", "place", "practitioner__resource"
        )
    )  # fmt: skip
    rows: list[dict[str, Any]] = [dict(row) for row in found_rows]
    if not rows:
        return {}
    until = max(row["reservation__ends_at"] for row in rows)
    needed = _needed(rows)
    resources = {resource for each in needed.values() for resource in each}
    leave = exceptions_between(resources, now, until)
    shut = closures_between({row["place"] for row in rows}, now, until)
    is_open = _opening(rows, now, until)
    excused = defaultdict(set)
    for reservation, rule in Override.objects.filter(reservation__in=[row["reservation"] for row in rows]).values_list(
        "reservation", "rule"
    ):
        excused[reservation].add(rule)
    found = {}
    for row in rows:
        starts_at, ends_at = row["reservation__starts_at"], row["reservation__ends_at"]
        why = []
        if any(
            each.kind == RosterException.Kind.LEAVE and each.starts_at < ends_at and starts_at < each.ends_at
            for resource in needed[row["reservation"]]
            for each in leave.get(resource, ())
        ):
            why.append(ON_LEAVE)
        if any(each.starts_at < ends_at and starts_at < each.ends_at for each in shut.get(row["place"], ())):
            why.append(CLOSED)
        if not is_open(row):
            why.append(OUTSIDE)
        why = [code for code in why if not EXCUSES[code] & excused[row["reservation"]]]
        if why:
            found[row["pk"]] = tuple(why)
    return found


def _needed(rows: list[dict[str, Any]]) -> dict[UUID, set[int]]:
    """The resources that each reservation takes."""
    needed: dict[UUID, set[int]] = defaultdict(set)
    taken = Allocation.objects.filter(reservation__in=[row["reservation"] for row in rows], is_active=True)
    for reservation, resource in taken.values_list("reservation", "resource"):
        needed[reservation].add(resource)
    for row in rows:
        if row["practitioner__resource"] is not None:
            needed[row["reservation"]].add(row["practitioner__resource"])
    return needed


def _opening(rows: list[dict[str, Any]], now: dt.datetime, until: dt.datetime) -> Any:
    """Whether the practitioner of a row is there at its time, by hours and extra hours at its place."""
    people = sorted({row["practitioner__resource"] for row in rows if row["practitioner__resource"] is not None})
    known = rosters(people, now, until)
    is_holiday = with_declared(declared_holidays())
    window = (minute_of(now), minute_of(until))
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def is_open(row: dict[str, Any]) -> bool:
        person, place = row["practitioner__resource"], row["place"]
        if person is None:
            return True  # nobody's hours to compare with
        if (person, place) not in spans:
            roster = known[person]
            opening = open_spans(roster.hours[place], roster.extras[place], window, is_holiday)
            spans[person, place] = merged(opening)
        return covers(
            spans[person, place], minute_of(row["reservation__starts_at"]), minute_of(row["reservation__ends_at"])
        )

    return is_open


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
