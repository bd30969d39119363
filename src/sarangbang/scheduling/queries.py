"""Reads of scheduling: free times, first free time per offering, cut-offs, a clinic's calendar."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from sarangbang.directory.models import Institution, Offering, PractitionerRole
from sarangbang.directory.queries import is_receiving

from .availability import Hours, Span, free_starts, merged, minute_of, moment_of, open_spans
from .models import Allocation, Appointment, Reservation, Resource, RosterException, WeeklyRule
from .public_holidays import is_holiday

MIN_NOTICE = dt.timedelta(hours=3)
HORIZON = dt.timedelta(days=180)
CUT_OFF = dt.timedelta(hours=24)
STEP_MINUTES = 30

ON_CALENDAR = (
    Reservation.Status.BOOKED,
    Reservation.Status.ARRIVED,
    Reservation.Status.FULFILLED,
    Reservation.Status.NOSHOW_GUEST,
    Reservation.Status.NOSHOW_HOST,
    Reservation.Status.CANCELLED,
)


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A time that can be held. Both ends are UTC."""

    offering_id: int
    practitioner_id: UUID
    resource_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(slots=True)
class Roster:
    """What is known of one resource in a window."""

    hours: dict[int, list[Hours]] = field(default_factory=lambda: defaultdict(list))
    extras: dict[int, list[Span]] = field(default_factory=lambda: defaultdict(list))
    busy: list[Span] = field(default_factory=list)


def bookable_window(start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The part of a window in which a guest may book now: after the minimum notice, before the horizon."""
    now = timezone.now()
    return max(start, now + MIN_NOTICE), min(end, now + HORIZON)


def busy_allocations(resource_ids: Iterable[int], start: dt.datetime, end: dt.datetime) -> QuerySet[Allocation]:
    """Active allocations that touch the window; holds that have run out no longer count."""
    over = Q(reservation__status=Reservation.Status.HELD, reservation__hold_expires_at__lte=timezone.now())
    return Allocation.objects.filter(
        resource__in=resource_ids, is_active=True, starts_at__lt=end, ends_at__gt=start
    ).exclude(over)


def rosters(resource_ids: Sequence[int], start: dt.datetime, end: dt.datetime) -> dict[int, Roster]:
    """Hours (per place), extra hours (per place) and busy time of resources, in three queries."""
    result: dict[int, Roster] = {pk: Roster() for pk in resource_ids}
    margin = dt.timedelta(days=1)
    rules = WeeklyRule.objects.filter(resource__in=resource_ids, valid_from__lte=(end + margin).date()).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=(start - margin).date())
    )
    for pk, place, weekday, starts, ends, since, until, on_holidays, zone in rules.values_list(
        "resource_id", "place_id", "weekday", "starts", "ends", "valid_from", "valid_until", "on_holidays",
        "place__zone",
    ):  # fmt: skip
        result[pk].hours[place].append(Hours(weekday, starts, ends, since, until, zone, on_holidays))
    exceptions = RosterException.objects.filter(
        resource__in=resource_ids, starts_at__lt=end, ends_at__gt=start
    ).values_list("resource_id", "place_id", "kind", "starts_at", "ends_at")
    for pk, place, kind, begins, finishes in exceptions:
        span = (minute_of(begins), minute_of(finishes))
        if kind == RosterException.Kind.LEAVE:
            result[pk].busy.append(span)
        elif place is not None:
            result[pk].extras[place].append(span)
    for pk, begins, finishes in busy_allocations(resource_ids, start, end).values_list(
        "resource_id", "starts_at", "ends_at"
    ):
        result[pk].busy.append((minute_of(begins), minute_of(finishes)))
    for roster in result.values():
        roster.busy = merged(roster.busy)
    return result


@dataclass(frozen=True, slots=True)
class _Chair:
    """One practitioner's resource at the place of an offering."""

    offering: Offering
    practitioner_id: UUID
    resource_id: int
    place_id: int


def _chairs(offerings: Sequence[Offering], practitioner_id: UUID | None = None) -> list[_Chair]:
    """Who can take a first visit for which offering: the department's practitioners at that institution."""
    roles = PractitionerRole.objects.filter(
        institution__in={offering.institution_id for offering in offerings},
        department__in={offering.department_id for offering in offerings},
        is_active=True,
        practitioner__resource__isnull=False,
    )
    if practitioner_id is not None:
        roles = roles.filter(practitioner=practitioner_id)
    by_room = defaultdict(list)
    for institution, department, practitioner, resource, place in roles.order_by("practitioner_id").values_list(
        "institution_id",
        "department_id",
        "practitioner_id",
        "practitioner__resource",
        "institution__place_id",
    ):
        by_room[institution, department].append((practitioner, resource, place))
    return [
        _Chair(offering, *person)
        for offering in offerings
        for person in by_room[offering.institution_id, offering.department_id]
    ]


def _starts(chair: _Chair, roster: Roster, window: Span) -> Iterable[int]:
    opening = open_spans(roster.hours[chair.place_id], roster.extras[chair.place_id], window, is_holiday)
    return free_starts(opening, roster.busy, window, length=chair.offering.visit_minutes, step=STEP_MINUTES)


def _free_time(chair: _Chair, minute: int) -> FreeTime:
    starts_at = moment_of(minute)
    ends_at = starts_at + dt.timedelta(minutes=chair.offering.visit_minutes)
    return FreeTime(chair.offering.pk, chair.practitioner_id, chair.resource_id, starts_at, ends_at)


def free_times(
    offering: Offering,
    start: dt.datetime,
    end: dt.datetime,
    *,
    limit: int | None = None,
    practitioner_id: UUID | None = None,
) -> list[FreeTime]:
    """Free times of an offering in a window, earliest first; empty when the institution may not receive."""
    start, end = bookable_window(start, end)
    if start >= end or not offering.is_active or not is_receiving(offering.institution_id):
        return []
    chairs = _chairs([offering], practitioner_id)
    known = rosters([chair.resource_id for chair in chairs], start, end)
    window = (minute_of(start + dt.timedelta(seconds=59)), minute_of(end))
    found = [
        _free_time(chair, minute)
        for chair in chairs
        for minute in islice(_starts(chair, known[chair.resource_id], window), limit)
    ]
    found.sort(key=lambda free: (free.starts_at, free.practitioner_id))
    return found[:limit]


def next_free(
    offerings: Sequence[Offering], start: dt.datetime, end: dt.datetime, *, each: int = 1
) -> dict[int, list[FreeTime]]:
    """The first ``each`` free times of many offerings, in a constant number of queries.

    The caller passes offerings of institutions that may receive (``Institution.objects.receiving``). Times of
    several practitioners at the same minute count once.
    """
    start, end = bookable_window(start, end)
    result: dict[int, list[FreeTime]] = {offering.pk: [] for offering in offerings}
    if start >= end:
        return result
    chairs = _chairs(offerings)
    known = rosters(list({chair.resource_id for chair in chairs}), start, end)
    window = (minute_of(start + dt.timedelta(seconds=59)), minute_of(end))
    by_offering: dict[int, dict[int, _Chair]] = defaultdict(dict)
    for chair in chairs:
        for minute in islice(_starts(chair, known[chair.resource_id], window), each):
            by_offering[chair.offering.pk].setdefault(minute, chair)
    for offering_id, minutes in by_offering.items():
        result[offering_id] = [_free_time(minutes[minute], minute) for minute in sorted(minutes)[:each]]
    return result


def first_free(offerings: Sequence[Offering], start: dt.datetime, end: dt.datetime) -> dict[int, FreeTime | None]:
    """The first free time of each offering, or None."""
    return {offering_id: times[0] if times else None for offering_id, times in next_free(offerings, start, end).items()}


def cut_off(appointment: Appointment) -> dt.datetime:
    """Until when the guest may change or cancel without asking."""
    return appointment.reservation.starts_at - CUT_OFF


def appointments_at(institutions: QuerySet[Institution], start: dt.datetime, end: dt.datetime) -> QuerySet[Appointment]:
    """A clinic's calendar: appointments of these institutions that start in the window, with guests."""
    return (
        appointments_of(institutions)
        .filter(
            reservation__status__in=ON_CALENDAR,
            reservation__starts_at__gte=start,
            reservation__starts_at__lt=end,
        )
        .order_by("reservation__starts_at", "practitioner__name_latin")
    )


def appointments_of(institutions: QuerySet[Institution]) -> QuerySet[Appointment]:
    """Every appointment with a guest at these institutions."""
    return Appointment.objects.filter(institution__in=institutions, guest__isnull=False).select_related(
        "reservation", "guest", "practitioner", "offering__procedure", "institution", "place"
    )


def resource_of(practitioner_id: UUID) -> Resource | None:
    """The bookable resource of a practitioner, if there is a roster for them."""
    return Resource.objects.filter(practitioner=practitioner_id).first()
