"""Reads of the search: who takes a procedure at all, and the hours of those who do, as few rows as are needed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from sarangbang.directory.models import Offering, PractitionerLanguage, PractitionerRole
from sarangbang.directory.queries import offerings

from .availability import Hours, Span, minute_of, on_the_clock
from .models import RosterException, WeeklyRule
from .outlook import Chair
from .rosters import requirements, rules_for
from .rules import HOUSE


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

    The offerings are read at once: a few hundred narrow rows. Practitioners are many more, and are read in parts.
    """

    def __init__(self, procedure_id: int, institution_ids: Sequence[UUID] | None, language: str, party: int) -> None:
        self.language = language
        offered = offerings().filter(procedure=procedure_id)
        if institution_ids is not None:
            offered = offered.filter(institution__in=institution_ids)
        self.by_place: dict[int, Offering] = {}
        self.zone_of: dict[int, str] = {}
        for pk, institution, department, minutes, place, zone in offered.values_list(
            "pk",
            "institution_id",
            "department_id",
            "visit_minutes",
            "institution__place_id",
            "institution__place__zone",
        ):
            self.by_place[place] = Offering(
                pk=pk, institution_id=institution, department_id=department, visit_minutes=minutes
            )
            self.zone_of[place] = zone
        known = self.by_place.values()
        self.rules = rules_for(known)
        self.needed = requirements([offering.pk for offering in known], party)
        self.departments = {offering.department_id for offering in known}
        self.zones = sorted(set(self.zone_of.values()))
        self.steps = {rules.step_minutes for rules in self.rules.values()}
        self.least_notice = min((rules.notice for rules in self.rules.values()), default=HOUSE.notice)
        self._hours: dict[tuple[int, bool], list[dt.time]] = {}

    def few(self, most: int) -> list[Chair] | None:
        """All of them, unless they are more than so many."""
        place_of = {offering.institution_id: place for place, offering in self.by_place.items()}
        roles = PractitionerRole.objects.filter(
            is_active=True,
            institution__in=list(place_of),
            department__in=self.departments,
            practitioner__resource__isnull=False,
        )
        if self.language:
            roles = roles.filter(practitioner__languages__language=self.language)
        rows: list[tuple[Any, ...]] = list(
            roles.values_list(
                "institution_id", "department_id", "practitioner_id", "practitioner__resource",
                "practitioner__resource__seats",
            )[: most + 1]
        )  # fmt: skip
        if len(rows) > most:
            return None
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
            rules = WeeklyRule.objects.filter(weekday=day.weekday(), starts__lt=until).order_by("starts")
            if is_holiday:
                rules = rules.filter(on_holidays=True)
            if since != dt.time.min:
                rules = rules.filter(ends__gt=since)
            self._hours[kind] = list(rules.values_list("starts", flat=True).distinct())
        return self._hours[kind]

    def part(
        self, day: dt.date, zone: str, starts: dt.time, *, after: int, many: int, until: dt.datetime, is_holiday: bool
    ) -> list[Opening]:
        """The next rules of one opening hour, by resource; fewer than ``many`` are the last."""
        rules = WeeklyRule.objects.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=day),
            weekday=day.weekday(),
            starts=starts,
            resource__gt=after,
            valid_from__lte=day,
            place__in=[place for place, its_zone in self.zone_of.items() if its_zone == zone],
        )
        if is_holiday:
            rules = rules.filter(on_holidays=True)
        here = until.astimezone(ZoneInfo(zone))
        if here.date() == day:
            rules = rules.filter(ends__gt=here.time())
        rows: Iterable[tuple[Any, ...]] = self._those(rules).order_by("resource").values_list(
            "place_id", "resource__practitioner", "resource_id", "resource__seats", "weekday", "starts", "ends",
            "valid_from", "valid_until", "place__zone", "on_holidays", "every_weeks",
        )[:many]  # fmt: skip
        return [Opening(self._chair(*row[:4]), day, Hours(*row[4:])) for row in rows]

    def extras(self, start: dt.datetime, end: dt.datetime) -> list[Opening]:
        """Extra hours in a window; there are few."""
        extras = RosterException.objects.filter(
            kind=RosterException.Kind.EXTRA, ends_at__gt=start, starts_at__lt=end, place__in=list(self.by_place)
        )
        rows = self._those(extras).values_list(
            "place_id", "resource__practitioner", "resource_id", "resource__seats", "starts_at", "ends_at"
        )
        return [
            Opening(self._chair(*row[:4]), extra=(minute_of(row[4]), minute_of(row[5] + dt.timedelta(seconds=59))))
            for row in rows
        ]

    def _those(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Only rows of practitioners who take the procedure at that place."""
        roles = PractitionerRole.objects.filter(
            self._department(),
            is_active=True,
            practitioner=OuterRef("resource__practitioner"),
            institution__place=OuterRef("place"),
        )
        rows = rows.filter(Exists(roles))
        if not self.language:
            return rows
        spoken = PractitionerLanguage.objects.filter(language=self.language)
        return rows.filter(Exists(spoken.filter(practitioner=OuterRef("resource__practitioner"))))

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
