"""An interpreter's own time, put together: weekly hours, leave and extra hours, what the next days come to, and what
leave would touch."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.utils import timezone

from sarangbang.concierge import queries
from sarangbang.concierge.actions.availability import jobs_in
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import hours_of
from sarangbang.concierge.choosing.keeping import Kept, kept_by_resource
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Interpreter, Interpreting, Job
from sarangbang.directory.models import Place
from sarangbang.directory.queries import center
from sarangbang.scheduling.models import RosterException, WeeklyRule
from sarangbang.scheduling.standing import Promised
from sarangbang.scheduling.waiting.withdrawing import met_by, promised_by

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
        kept = [each for each in kept if not self._is_withdrawn(each)]
        return [
            OwnDay(
                (begins := start + number * DAY).date(),
                _within(spans, begins),
                _begun(jobs, begins),
                [each for each in kept if begins <= each.starts_at < begins + DAY],
            )
            for number in range(DAYS)
        ]

    def _is_withdrawn(self, kept: Kept) -> bool:
        """Whether an offer lies in leave: nobody can accept it any more, and it is about to be closed."""
        leave = (entry for entry in self.entries if entry.kind == RosterException.Kind.LEAVE)
        return kept.offer_ends is not None and any(
            entry.starts_at < kept.ends_at and kept.starts_at < entry.ends_at for entry in leave
        )


def _within(spans: list[fitting.Span], begins: dt.datetime) -> list[fitting.Span]:
    cut = [fitting.Span(max(each.starts_at, begins), min(each.ends_at, begins + DAY)) for each in spans]
    return sorted((each for each in cut if each.starts_at < each.ends_at), key=lambda each: each.starts_at)


def _begun(jobs: list[Job], begins: dt.datetime) -> list[Job]:
    return [job for job in jobs if begins <= job.starts_at < begins + DAY]


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer of the waiting list that keeps an interpreter: its language, and the visits for which it keeps them. Who
    it was made to, and for what, is not theirs to read."""

    key: UUID
    language: str
    visits: list[Promised]


@dataclass(frozen=True, slots=True)
class Touched:
    """What leave would touch: accepted jobs, which are given back with it; offers of the waiting list, which are
    withdrawn; booked visits that keep the interpreter without a job, which become open cases of their institutions."""

    jobs: list[Interpreting]
    offers: list[Offered]
    visits: list[Kept]

    @property
    def keys(self) -> set[str]:
        """Of what nobody gives back, and has to be seen before."""
        return {str(offer.key) for offer in self.offers} | {kept.visit for kept in self.visits}

    def __bool__(self) -> bool:
        return bool(self.jobs or self.offers or self.visits)


def touched_by_leave(person: Interpreter, starts_at: dt.datetime, ends_at: dt.datetime) -> Touched:
    """What leave between these times would touch."""
    return Touched(
        jobs_in(person, starts_at, ends_at),
        _offered_in(person, starts_at, ends_at),
        _kept_in(person, starts_at, ends_at),
    )


def _offered_in(person: Interpreter, starts_at: dt.datetime, ends_at: dt.datetime) -> list[Offered]:
    """The offers that keep them between these times, as staff is shown those that a leave withdraws."""
    offers = met_by(person.resource, starts_at, ends_at)
    return [
        Offered(
            offer.pk,
            offer.entry.language,
            [visit for visit in visits if visit.lies_in(person.resource, starts_at, ends_at)],
        )
        for offer, visits in zip(offers, promised_by(offers), strict=True)
    ]


def _kept_in(person: Interpreter, starts_at: dt.datetime, ends_at: dt.datetime) -> list[Kept]:
    now = timezone.now()
    kept = kept_by_resource(starts_at, ends_at, {person.resource_id})[person.resource_id]
    return [each for each in kept if each.offer_ends is None and each.starts_at > now]
