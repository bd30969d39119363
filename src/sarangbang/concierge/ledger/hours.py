"""What crews' time came to, read from their taps and the desk's marks: the meter of an appointment, waiting for a
guest, an interpreter's month. The reckoning itself is ``metering``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch, Q, QuerySet

from sarangbang.concierge import months
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import Interpreter, Interpreting, Job, ServiceStatus, ServiceStep, Tap
from sarangbang.concierge.queries import STEPS_WITH_CREW

from . import metering

MARKED = {ServiceStatus.MET: metering.MET, ServiceStatus.FINISHED: metering.FINISHED}


def events_of(taps: Iterable[Tap], steps: Iterable[ServiceStep]) -> list[metering.Event]:
    """The events of one job. What a coordinator marked for a crew counts like the crew's word; "met" after "finished"
    takes the end back."""
    events = [metering.Event(tap.actor, tap.word, tap.tapped_at) for tap in taps]
    before = ""
    for step in sorted(steps, key=lambda each: each.pk):
        if step.crew is not None and step.status in MARKED and not step.actor.startswith("crew:"):
            reopens = step.status == ServiceStatus.MET and before == ServiceStatus.FINISHED
            word = metering.REOPENED if reopens else MARKED[ServiceStatus(step.status)]
            events.append(metering.Event(step.crew.person.actor, word, step.at))
        before = step.status
    return events


def events_about(job: Job) -> list[metering.Event]:
    """The events of one job, read from the database unless ``taps`` and ``steps`` were prefetched."""
    prefetched = "steps" in getattr(job, "_prefetched_objects_cache", {})
    return events_of(job.taps.all(), job.steps.all() if prefetched else job.steps.select_related(*STEPS_WITH_CREW))


def free_time(job: Interpreting) -> dt.timedelta:
    """How much interpreting is free at this appointment, by the rules of its day."""
    rules = rules_at(job.starts_at)
    return rules.span("interpreting_free") if rules.has("interpreting_free") else dt.timedelta()


def payer(job: Interpreting) -> str:
    """Who pays beyond the free time: "guest", "institution", "district"; empty when no rule says so."""
    return next(iter(rules_at(job.starts_at).words("interpreting_payer")), "")


@dataclass(frozen=True, slots=True)
class Worked:
    """One interpreting in an interpreter's month."""

    job: Interpreting
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    minutes: int


@dataclass
class Month:
    """An interpreter's hours in one Korean calendar month, by the day on which the job was planned to begin. What still
    runs is listed and counts nothing."""

    person: Interpreter
    first: dt.date

    @property
    def next_first(self) -> dt.date:
        return months.after(self.first)

    @property
    def before(self) -> dt.date:
        return months.before(self.first)

    @cached_property
    def rows(self) -> list[Worked]:
        found = []
        for job in _worked(self.person, months.midnight(self.first), months.midnight(self.next_first)):
            events = events_about(job)
            own = [each for each in metering.intervals(events) if each.actor == self.person.actor]
            if own:
                minutes = metering.minutes_of(events, self.person.actor)
                found.append(Worked(job, own[0].starts_at, own[-1].ends_at, minutes))
        return found

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.rows)


def _worked(person: Interpreter, start: dt.datetime, end: dt.datetime) -> QuerySet[Interpreting]:
    """Jobs at which this interpreter said something, or that are theirs. Three queries with what was said."""
    said = Tap.objects.filter(actor=person.actor, interpreting__isnull=False).values("interpreting")
    steps = ServiceStep.objects.select_related(*STEPS_WITH_CREW)
    return (
        Interpreting.objects.filter(Q(interpreter=person) | Q(pk__in=said), starts_at__gte=start, starts_at__lt=end)
        .select_related("place", "stay__guest")
        .prefetch_related("taps", Prefetch("steps", queryset=steps))
        .order_by("starts_at", "pk")
    )
