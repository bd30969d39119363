"""Reads of what free time is computed from: rosters, busy time, closures, holidays, rules, what else a visit needs."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sarangbang import rows
from sarangbang.directory.models import Offering, Place
from sarangbang.directory.travel import Point, drive_minutes

from .availability import Hours, Span, merged
from .models import (
    Allocation,
    BookingRule,
    DeclaredHoliday,
    Requirement,
    Reservation,
    Resource,
    RosterException,
    WeeklyRule,
)
from .occupancy import Busy, Way
from .prepared import Prepared, Question, ask, ask_those
from .public_holidays import with_declared
from .rules import Rules, resolve
from .spans import BUSY, CLOSED, HOLIDAY, around

FIXED = frozenset({Resource.Kind.ROOM, Resource.Kind.DEVICE})
"""Kinds that do not move, and that are there whenever nobody has them unless they have hours of their own."""


@dataclass(slots=True)
class Roster:
    """What is known of one resource in a window: hours and extra hours by place, leave, busy time."""

    hours: dict[int, list[Hours]] = field(default_factory=lambda: defaultdict(list))
    extras: dict[int, list[Span]] = field(default_factory=lambda: defaultdict(list))
    leave: list[Span] = field(default_factory=list)
    busy: list[Busy] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Member:
    """A resource that a visit may need beside the practitioner; with a ``term`` (minutes), only within it."""

    resource_id: int
    seats: int
    moves: bool
    has_hours: bool
    term: Span | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """One of these, and so many seats of it. ``code`` is what is said when none is free; the practitioners ``without``
    (by resource) need nobody of it."""

    code: str
    seats: int
    members: tuple[Member, ...]
    without: frozenset[int] = frozenset()


class Offered(NamedTuple):
    """What a search of hundreds of offerings needs of each: to make an ``Offering`` of every row costs more than to
    read it."""

    pk: int
    institution_id: UUID
    department_id: int
    visit_minutes: int


Rows = QuerySet[Any, tuple[Any, ...]]

NO_ROOM, NO_COMPANION = "no_room", "no_companion"


def busy_allocations(resource_ids: Collection[int], start: dt.datetime, end: dt.datetime) -> QuerySet[Allocation]:
    """Active allocations that touch the window; holds that have run out no longer count."""
    over = Q(reservation__status=Reservation.Status.HELD, reservation__hold_expires_at__lte=timezone.now())
    return Allocation.objects.filter(
        resource__in=resource_ids, is_active=True, starts_at__lt=end, ends_at__gt=start
    ).exclude(over)


def rosters(
    resource_ids: Collection[int],
    start: dt.datetime,
    end: dt.datetime,
    *,
    ignoring: UUID | None = None,
    hours_of: Collection[int] | None = None,
) -> dict[int, Roster]:
    """Hours, extra hours, leave and busy time of resources, in two queries. The time of the reservation
    ``ignoring`` does not count; ``hours_of`` names those whose weekly hours are wanted, if not all."""
    return surroundings(resource_ids, (), start, end, ignoring=ignoring, hours_of=hours_of)[0]


Surroundings = tuple[dict[int, Roster], dict[int, list[Span]], frozenset[dt.date]]
"""Rosters by resource, closures by place, and declared holidays."""


def surroundings(
    resource_ids: Collection[int],
    place_ids: Collection[int],
    start: dt.datetime,
    end: dt.datetime,
    *,
    ignoring: UUID | None = None,
    hours_of: Collection[int] | None = None,
    holidays: tuple[dt.date, dt.date] | None = None,
    lock: Question | None = None,
) -> Surroundings:
    """Rosters as above, with the closures of places and what was declared a holiday from the first to the last of
    ``holidays``, still in two queries, which are asked together, after ``lock``."""
    result: dict[int, Roster] = {pk: Roster() for pk in resource_ids}
    wanted = resource_ids if hours_of is None else hours_of
    questions = [
        lock,
        _weekly_hours(wanted, start, end) if wanted else None,
        around(result, place_ids, start, end, ignoring=ignoring, holidays=holidays),
    ]
    _locked, weekly, known = ask_those(questions)
    for pk, place, hours in weekly:
        result[pk].hours[place].append(hours)
    shut: dict[int, list[Span]] = defaultdict(list)
    days = set()
    for found in known:
        span = (found.start, found.end)
        if found.what == BUSY:
            result[found.resource].busy.append(Busy(*span, found.place))
        elif found.what == HOLIDAY:
            days.add(found.day)
        elif found.what == CLOSED and found.place is not None:
            shut[found.place].append(span)
        elif found.kind == RosterException.Kind.LEAVE:
            result[found.resource].leave.append(span)
        elif found.place is not None:
            result[found.resource].extras[found.place].append(span)
    return result, {place: merged(spans) for place, spans in shut.items()}, frozenset(days)


def _weekly_hours(resource_ids: Collection[int], start: dt.datetime, end: dt.datetime) -> Question:
    """Resource, place and hours of the weekly rules that may apply in the window."""
    statement, read = _WEEKLY.question(None, list(resource_ids), *days_around(start, end))
    return Question(statement, lambda rows: [(row[0], row[1], Hours(*row[2:])) for row in read(rows)])


def _weekly(_fixed: None, resource_ids: list[int], first: dt.date, last: dt.date) -> Rows:
    rules = WeeklyRule.objects.filter(resource__in=resource_ids, valid_from__lte=last)
    return rules.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=first)).values_list(
        "resource_id", "place_id", "weekday", "starts", "ends", "valid_from", "valid_until", "place__zone",
        "on_holidays", "every_weeks",
    )  # fmt: skip


_WEEKLY = Prepared(_weekly)


def closures(place_ids: Collection[int], start: dt.datetime, end: dt.datetime) -> dict[int, list[Span]]:
    """When each place is shut, merged."""
    return surroundings((), place_ids, start, end)[1]


def holiday_calendar(start: dt.datetime, end: dt.datetime) -> Callable[[dt.date], bool]:
    """Public holidays with their substitutes and those that were declared in the window."""
    declared = DeclaredHoliday.objects.filter(day__range=days_around(start, end))
    return with_declared(frozenset(declared.values_list("day", flat=True)))


def days_around(start: dt.datetime, end: dt.datetime) -> tuple[dt.date, dt.date]:
    """The first and the last day whose hours a window can touch in whatever zone; they may pass midnight."""
    day = dt.timedelta(days=1)
    return (start - 2 * day).date(), (end + day).date()


def ways(place_ids: Iterable[int]) -> Way:
    """Minutes by car between places, asked of the database when the first way is wanted."""
    wanted = set(place_ids)
    points: dict[int, Point] = {}

    @cache
    def way(origin: int, destination: int) -> int:
        if not points:
            rows = Place.objects.filter(pk__in=wanted).values_list("pk", "latitude", "longitude")
            points.update({pk: Point(latitude, longitude) for pk, latitude, longitude in rows})
        return drive_minutes(points[origin], points[destination])

    return way


def rules_for(offerings: Iterable[Offering | Offered]) -> dict[int, Rules]:
    """The booking rules in force for each offering, by its key, in one query."""
    offerings = list(offerings)
    return ask(rules_question(offerings))[0][0] if offerings else {}


def rules_question(offerings: Sequence[Offering | Offered]) -> Question:
    """``rules_for``, to be asked together with others: a list of its one answer."""
    keys, institutions = [each.pk for each in offerings], list({each.institution_id for each in offerings})
    statement, read = _RULES.question(None, keys, institutions)
    return Question(statement, lambda rows: [_resolved(offerings, read(rows))])


def _resolved(offerings: Sequence[Offering | Offered], found: Sequence[tuple[Any, ...]]) -> dict[int, Rules]:
    stated = [rows.known(BookingRule, _RULE_FIELDS, row) for row in found]
    own = {row.offering_id: row for row in stated if row.offering_id is not None}
    shared = {row.institution_id: row for row in stated if row.offering_id is None}
    known: dict[tuple[int | None, UUID | None], Rules] = {}
    result = {}
    for offering in offerings:
        key = (
            offering.pk if offering.pk in own else None,
            offering.institution_id if offering.institution_id in shared else None,
        )
        if key not in known:
            known[key] = resolve(own.get(offering.pk), shared.get(offering.institution_id), shared.get(None))
        result[offering.pk] = known[key]
    return result


_RULE_FIELDS = tuple(field.attname for field in BookingRule._meta.concrete_fields)  # noqa: SLF001 (public)


def _rules(_fixed: None, offerings: list[int], institutions: list[UUID]) -> Rows:
    of_house = Q(offering__isnull=True, institution__isnull=True)
    rows = BookingRule.objects.filter(Q(offering__in=offerings) | Q(institution__in=institutions) | of_house)
    return rows.values_list(*_RULE_FIELDS)


_RULES = Prepared(_rules)


def house_rules() -> Rules:
    """The rules that hold where neither offering nor institution says otherwise."""
    return resolve(None, BookingRule.objects.filter(offering__isnull=True, institution__isnull=True).first())


def requirements(offerings: Iterable[int], party: int = 1) -> dict[int, list[Pool]]:
    """Rooms and devices that each offering needs: one of each pool. A pool without members is never free."""
    wanted = list(offerings)
    return ask(requirements_question(wanted, party))[0][0] if wanted else {}


def requirements_question(offerings: list[int], party: int = 1) -> Question:
    """``requirements``, to be asked together with others: a list of its one answer."""
    statement, read = _REQUIREMENTS.question(None, offerings)
    return Question(statement, lambda rows: [_pools(read(rows), party)])


def _pools(rows: Sequence[tuple[Any, ...]], party: int) -> dict[int, list[Pool]]:
    found: dict[tuple[int, int], list[Member]] = {}
    for offering, requirement, *member in rows:
        members = found.setdefault((offering, requirement), [])
        if member[0] is not None:
            members.append(_member(*member))
    pools: dict[int, list[Pool]] = defaultdict(list)
    for (offering, _), members in found.items():
        pools[offering].append(Pool(NO_ROOM, party, tuple(members)))
    return pools


def _requirements(_fixed: None, offerings: list[int]) -> Rows:
    has_hours = Exists(WeeklyRule.objects.filter(resource=OuterRef("resources")))
    rows = Requirement.objects.filter(offering__in=offerings).order_by("pk", "resources")
    return rows.values_list("offering_id", "pk", "resources", "resources__seats", "resources__kind", has_hours)


_REQUIREMENTS = Prepared(_requirements)


def companions(along: Sequence[Sequence[int]]) -> list[Pool]:
    """The pools that a caller named: one seat of one member of each, in the caller's order."""
    if not along:
        return []
    rows = Resource.objects.filter(pk__in={pk for pool in along for pk in pool}).values_list(
        "pk", "seats", "kind", Exists(WeeklyRule.objects.filter(resource=OuterRef("pk")))
    )
    known = {pk: _member(pk, *rest) for pk, *rest in rows}
    return [Pool(NO_COMPANION, 1, tuple(known[pk] for pk in pool if pk in known)) for pool in along]


def _member(resource_id: int, seats: int, kind: str, has_hours: bool) -> Member:
    return Member(resource_id, seats, kind not in FIXED, has_hours or kind not in FIXED)
