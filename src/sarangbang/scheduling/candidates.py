"""Reads of the search: who takes a procedure at all, and the hours of those who do, as few rows as are needed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from sarangbang.directory.models import Offering, PractitionerLanguage, PractitionerRole
from sarangbang.directory.queries import receiving, today
from sarangbang.rows import at_once

from .availability import Hours, Span, minute_of, on_the_clock
from .models import RosterException, WeeklyRule
from .outlook import Chair
from .prepared import Prepared, Question, ask
from .rosters import Offered, Pool, Rows, requirements_question, rules_question
from .rules import HOUSE, Rules


@dataclass(frozen=True, slots=True)
class Opening:
    """That somebody receives: by a weekly rule on one day, or in extra hours."""

    chair: Chair
    day: dt.date | None = None
    hours: Hours | None = None
    extra: Span | None = None

    def spans(self, is_holiday: Callable[[dt.date], bool], window: Span) -> list[Span]:
        """When, as far as it touches the window."""
        spans = [self.extra] if self.extra is not None else []
        if self.hours is not None and self.day is not None and any(self.hours.days(self.day, self.day)):
            is_off = is_holiday(self.day) and not self.hours.on_holidays
            spans += [] if is_off else on_the_clock(self.day, self.hours.starts, self.hours.ends, self.hours.zone)
        return [span for span in spans if span[0] < window[1] and span[1] > window[0]]


class Candidates:
    """Practitioners of the department of an offering of the procedure, at institutions that may receive.

    The offerings are read at once: a few hundred narrow rows. Practitioners are many more, and are read in parts;
    ``few`` are all of them, unless they are more than ``most``.
    """

    def __init__(
        self, procedure_id: int, institution_ids: Sequence[UUID] | None, language: str, party: int, *, most: int
    ) -> None:
        self.language = language
        at = list(institution_ids or ())
        nowhere = institution_ids is not None and not at
        offered = [] if nowhere else _OFFERED((today(), bool(at)), procedure_id, *([at] if at else []))
        self.by_place: dict[int, Offered] = {}
        self.zone_of: dict[int, str] = {}
        for pk, institution, department, minutes, place, zone in offered:
            self.by_place[place] = Offered(pk, institution, department, minutes)
            self.zone_of[place] = zone
        known = list(self.by_place.values())
        self.departments = {offering.department_id for offering in known}
        self.rules: dict[int, Rules] = {}
        self.needed: dict[int, list[Pool]] = {}
        self.few: list[Chair] | None = []
        if known:
            (self.rules,), (self.needed,), few = ask(
                rules_question(known),
                requirements_question([offering.pk for offering in known], party),
                self._few_question(most + 1),
            )
            self.few = self._chairs(few) if len(few) <= most else None
        self.zones = sorted(set(self.zone_of.values()))
        self.steps = {rules.step_minutes for rules in self.rules.values()}
        self.least_notice = min((rules.notice for rules in self.rules.values()), default=HOUSE.notice)
        self._hours: dict[tuple[int, bool], list[dt.time]] = {}
        self._nights: list[tuple[int, dt.time, dt.time, bool]] | None = None

    def _few_question(self, many: int) -> Question:
        speaks = [self.language] if self.language else []
        institutions = [offering.institution_id for offering in self.by_place.values()]
        return _FEW.question((bool(speaks), many), institutions, list(self.departments), *speaks)

    def _chairs(self, rows: Sequence[tuple[Any, ...]]) -> list[Chair]:
        place_of = {offering.institution_id: place for place, offering in self.by_place.items()}
        return [
            self._chair(place_of[institution], *person)
            for institution, department, *person in rows
            if self.by_place[place_of[institution]].department_id == department
        ]

    def opening_hours(self, day: dt.date, since: dt.time, until: dt.time, *, is_holiday: bool) -> list[dt.time]:
        """At what hours anybody opens on that weekday who is open in a part of the day; more than those of the
        candidates, which is cheaper to know and does no harm."""
        kind = (day.weekday(), is_holiday)
        if kind not in self._hours:
            self._hours[kind] = opening_hours(day.weekday(), since, until, on_holidays=is_holiday)
        return self._hours[kind]

    def nights(
        self, day: dt.date, since: dt.time, until: dt.time, *, is_holiday: bool
    ) -> list[tuple[dt.time, dt.time]]:
        """At what hours nights begin on that weekday that are open in a part of that day or of the next one, each with
        its latest end; of everybody at the places of the candidates."""
        if self._nights is None:
            self._nights = list(_NIGHTS(None, list(self.by_place)))
        latest: dict[dt.time, dt.time] = {}
        for weekday, starts, ends, on_holidays in self._nights:
            if weekday == day.weekday() and on_holidays >= is_holiday and (starts < until or ends > since):
                latest[starts] = max(ends, latest.get(starts, ends))
        return sorted(latest.items())

    def part(
        self, day: dt.date, zone: str, starts: dt.time, *, is_night: bool, after: int, many: int, until: dt.datetime,
        is_holiday: bool,
    ) -> list[Opening]:  # fmt: skip
        """The next rules of one opening hour, those that pass midnight or the others, by resource; fewer than ``many``
        are the last."""
        places = [place for place, its_zone in self.zone_of.items() if its_zone == zone]
        here = until.astimezone(ZoneInfo(zone))
        since = starts if is_night or here.date() != day else max(starts, here.time())
        fixed = (day.weekday(), is_holiday, many, bool(self.language), len(self.departments) == 1, is_night)
        rooms = list(self.departments) if len(self.departments) == 1 else []
        values: list[Any] = [day, starts, after, since, places, *rooms, *filter(None, [self.language])]
        rows = _PART(fixed, *values) if rooms else list(_part(fixed, *values, department=self._department()))
        return [Opening(self._chair(*row[:4]), day, Hours(*row[4:])) for row in rows]

    def extras(self, start: dt.datetime, end: dt.datetime) -> list[Opening]:
        """Extra hours in a window; there are few."""
        fixed = (bool(self.language), len(self.departments) == 1)
        rooms = list(self.departments) if len(self.departments) == 1 else []
        values: list[Any] = [start, end, list(self.by_place), *rooms, *filter(None, [self.language])]
        rows = _EXTRAS(fixed, *values) if rooms else list(_extras(fixed, *values, department=self._department()))
        return [
            Opening(self._chair(*row[:4]), extra=(minute_of(row[4]), minute_of(row[5] + dt.timedelta(seconds=59))))
            for row in rows
        ]

    def _department(self) -> Q:
        """Usually one department offers a procedure everywhere."""
        if len(self.departments) == 1:
            return Q(department__in=self.departments)
        by_department: dict[int, list[UUID]] = defaultdict(list)
        for offering in self.by_place.values():
            by_department[offering.department_id].append(offering.institution_id)
        wanted = Q(pk__in=[])
        for department, institutions in by_department.items():
            wanted |= Q(department=department, institution__in=institutions)
        return wanted

    def _chair(self, place: int, practitioner: UUID, resource: int, seats: int) -> Chair:
        offering = self.by_place[place]
        return Chair(offering, practitioner, resource, seats, place, self.zone_of[place], offering.visit_minutes)


def opening_hours(weekday: int, since: dt.time, until: dt.time, *, on_holidays: bool) -> list[dt.time]:
    """The different hours before ``until`` at which rules of a weekday open that end after ``since``, in order; with
    ``on_holidays`` only of rules that hold on holidays, too. One step in an index for each of them, however many rules
    there are."""
    table, also = WeeklyRule._meta.db_table, "AND rule.on_holidays" if on_holidays else ""  # noqa: SLF001 (public)
    first, last = map(connection.ops.adapt_timefield_value, (since, until))
    these = f"FROM {table} rule WHERE rule.weekday = %s {also}"
    statement = f"""
        WITH RECURSIVE opening(starts) AS (
            SELECT MIN(rule.starts) {these} AND rule.starts < %s
            UNION ALL
            SELECT (SELECT MIN(rule.starts) {these} AND rule.starts > opening.starts AND rule.starts < %s)
            FROM opening WHERE opening.starts IS NOT NULL
        )
        SELECT starts FROM opening WHERE (SELECT MAX(rule.ends) {these} AND rule.starts = opening.starts) > %s
        ORDER BY starts"""  # noqa: S608 (our own words)
    found = [row[0] for row in at_once([(statement, [weekday, last, weekday, last, weekday, first])])[0]]
    return [dt.time.fromisoformat(each) if isinstance(each, str) else each for each in found]


def _those(rows: QuerySet[Any], department: Q, language: str) -> QuerySet[Any]:
    """Only rows of practitioners who take the procedure at that place."""
    roles = PractitionerRole.objects.filter(
        department,
        is_active=True,
        practitioner=OuterRef("resource__practitioner"),
        institution__place=OuterRef("place"),
    )
    rows = rows.filter(Exists(roles))
    if not language:
        return rows
    spoken = PractitionerLanguage.objects.filter(language=language)
    return rows.filter(Exists(spoken.filter(practitioner=OuterRef("resource__practitioner"))))


def _offered(fixed: tuple[dt.date, bool], procedure: int, institutions: list[UUID] | None = None) -> Rows:
    """The day is fixed, because who may receive on it is part of the text. Whether one may is asked of those who offer
    the procedure, not of all."""
    may_receive = Exists(receiving().filter(pk=OuterRef("institution")))
    rows = Offering.objects.filter(may_receive, is_active=True, procedure=procedure)
    if institutions is not None:
        rows = rows.filter(institution__in=institutions)
    return rows.values_list(
        "pk", "institution_id", "department_id", "visit_minutes", "institution__place_id", "institution__place__zone"
    )


def _few(fixed: tuple[bool, int], institutions: list[UUID], departments: list[int], language: str = "") -> Rows:
    speaks, most = fixed
    roles = PractitionerRole.objects.filter(
        is_active=True,
        institution__in=institutions,
        department__in=departments,
        practitioner__resource__isnull=False,
    )
    if speaks:
        roles = roles.filter(practitioner__languages__language=language)
    return roles.values_list(
        "institution_id", "department_id", "practitioner_id", "practitioner__resource", "practitioner__resource__seats"
    )[:most]


def _extras(
    fixed: tuple[bool, bool],
    start: dt.datetime,
    end: dt.datetime,
    places: list[int],
    *more: Any,
    department: Q | None = None,
) -> Rows:
    speaks, is_one_department = fixed
    extras = RosterException.objects.filter(
        kind=RosterException.Kind.EXTRA, ends_at__gt=start, starts_at__lt=end, place__in=places
    )
    room = Q(department=more[0]) if is_one_department else department or Q()
    return _those(extras, room, more[-1] if speaks else "").values_list(
        "place_id", "resource__practitioner", "resource_id", "resource__seats", "starts_at", "ends_at"
    )


def _part(
    fixed: tuple[int, bool, int, bool, bool, bool],
    day: dt.date,
    starts: dt.time,
    after: int,
    since: dt.time,
    places: list[int],
    *more: Any,
    department: Q | None = None,
) -> Rows:
    weekday, is_holiday, many, speaks, is_one_department, is_night = fixed
    rules = WeeklyRule.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day),
        Q(ends__lt=since) if is_night else Q(ends__gt=since),
        weekday=weekday,
        starts=starts,
        resource__gt=after,
        valid_from__lte=day,
        place__in=places,
    )
    if is_holiday:
        rules = rules.filter(on_holidays=True)
    room = Q(department=more[0]) if is_one_department else department or Q()
    return _those(rules, room, more[-1] if speaks else "").order_by("resource").values_list(
        "place_id", "resource__practitioner", "resource_id", "resource__seats", "weekday", "starts", "ends",
        "valid_from", "valid_until", "place__zone", "on_holidays", "every_weeks",
    )[:many]  # fmt: skip


def _nights(_fixed: None, places: list[int]) -> Rows:
    nights = WeeklyRule.objects.filter(ends__lt=F("starts"), place__in=places)
    return nights.order_by().values_list("weekday", "starts", "ends", "on_holidays").distinct()


_NIGHTS = Prepared(_nights)
_OFFERED, _FEW, _EXTRAS, _PART = Prepared(_offered), Prepared(_few), Prepared(_extras), Prepared(_part)
