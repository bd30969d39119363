"""An interpreter's own time, put together: weekly hours, leave and extra hours, and what the next days come to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from sarangbang.concierge import queries
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import hours_of
from sarangbang.concierge.choosing.keeping import Kept, kept_by_resource
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Interpreter, Job
from sarangbang.directory.models import Place
from sarangbang.directory.queries import center
from sarangbang.scheduling.models import RosterException, WeeklyRule

from . import queries as crew_queries

DAYS = 14
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OwnDay:
    """One Korean calendar day: when they can be asked, cut to the day, what they have accepted, and what visits keep of
    their time."""

    day: dt.date
    spans: list[fitting.Span]
    jobs: list[Job]
    kept: list[Kept]


@dataclass
class AvailabilityPage:
    person: Interpreter
    token: str
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(SEOUL).date()

    @cached_property
    def rules(self) -> list[WeeklyRule]:
        """Hours that apply now or later."""
        return crew_queries.weekly_hours(self.person, self.today)

    def rule(self, pk: int) -> WeeklyRule | None:
        return next((rule for rule in self.rules if rule.pk == pk), None)

    @cached_property
    def entries(self) -> list[RosterException]:
        """Leave and extra hours that are not over."""
        return crew_queries.entries_ahead(self.person, self.now)

    def entry(self, pk: int) -> RosterException | None:
        return next((entry for entry in self.entries if entry.pk == pk), None)

    @property
    def place(self) -> Place:
        """At which place hours are written down: where they were before, else the Center, else home. For the work it
        does not matter."""
        return self.rules[0].place if self.rules else center() or self.person.home

    @cached_property
    def days(self) -> list[OwnDay]:
        """The next two weeks."""
        start = dt.datetime.combine(self.today, dt.time(), tzinfo=SEOUL)
        end = start + DAYS * DAY
        spans = hours_of([self.person.resource_id], start, end)[self.person.resource_id]
        jobs = queries.next_jobs(self.person, self.now, end)
        kept = kept_by_resource(self.now, end, {self.person.resource_id})[self.person.resource_id]
        return [
            OwnDay(
                (begins := start + number * DAY).date(),
                _within(spans, begins),
                _begun(jobs, begins),
                [each for each in kept if begins <= each.starts_at < begins + DAY],
            )
            for number in range(DAYS)
        ]


def _within(spans: list[fitting.Span], begins: dt.datetime) -> list[fitting.Span]:
    cut = [fitting.Span(max(each.starts_at, begins), min(each.ends_at, begins + DAY)) for each in spans]
    return sorted((each for each in cut if each.starts_at < each.ends_at), key=lambda each: each.starts_at)


def _begun(jobs: list[Job], begins: dt.datetime) -> list[Job]:
    return [job for job in jobs if begins <= job.starts_at < begins + DAY]
