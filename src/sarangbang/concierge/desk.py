"""The coordinator's day, put together: what needs a hand first, the lines of cars and interpreters, who lands."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.directory.travel import Point
from sarangbang.stays.models import Flight, Promise
from sarangbang.ui import locales
from sarangbang.ui.timeline import Timeline

from . import fitting, lifecycle, queries, wording
from .entitlement import SEOUL, rules_at
from .models import Ride, ServiceStatus

DAY = dt.timedelta(days=1)
SOON = dt.timedelta(hours=2)
USUAL_HOURS = (6, 20)
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 3), dt.date(2199, 12, 1)


def day_of(text: str, today: dt.date) -> dt.date:
    """The day a reader asked for; today when it is missing or no day of this desk."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(day, FIRST_DAY), LAST_DAY)


@dataclass(slots=True)
class DeskJob:
    """One ride or interpreting of the day, as the desk shows it. ``trouble`` are sentences: why it will be late."""

    service: str
    row: Mapping[str, Any]
    trouble: list[str] = field(default_factory=list)
    place: str = ""

    @property
    def pk(self) -> UUID:
        return self.row["pk"]

    @property
    def starts_at(self) -> dt.datetime:
        return self.row["starts_at"]

    @property
    def ends_at(self) -> dt.datetime:
        return self.row["ends_at"]

    @property
    def status(self) -> str:
        return self.row["status"]

    @property
    def said(self) -> str:
        return str(ServiceStatus(self.status).label)

    @property
    def guest(self) -> str:
        return self.row["guest_name"]

    @property
    def url(self) -> str:
        return reverse(f"concierge:{self.service}", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in lifecycle.UNASSIGNED

    @property
    def css(self) -> str:
        """Solid: agreed. Hatched: asked. Red edge: late. Grey: done."""
        if self.trouble:
            return "late"
        if self.is_open:
            return "asked"
        return "done" if self.status == ServiceStatus.FINISHED else ""

    def _read(self, name: str) -> str:
        """A name that the reader can read: Hangul on a Korean page, Latin elsewhere."""
        return self.row[f"{name}_name"] if get_language() == "ko" else self.row[f"{name}_latin"]

    @property
    def where(self) -> str:
        """Short: where to."""
        return self._read("to")

    @property
    def what(self) -> str:
        """The job in a few words."""
        if self.service == "interpreting":
            name = locales.language_name(self.row["language"], get_language() or "en")
            return _("Interpreter: %(language)s") % {"language": name}
        if self.row["flight_number"]:
            words = {"kind": Ride.Kind(self.row["kind"]).label, "flight": self.row["flight_number"]}
            return _("%(kind)s, flight %(flight)s") % words
        return str(Ride.Kind(self.row["kind"]).label)

    @property
    def crew(self) -> str:
        """Car or interpreter; empty while nobody is assigned."""
        if self.row["crew"] is None:
            return ""
        return self._read("crew")

    def planned(self) -> fitting.Job:
        row = self.row
        return fitting.Job(
            key=str(self.pk),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            origin=Point(row["from_lat"], row["from_lon"]),
            destination=Point(row["to_lat"], row["to_lon"]),
            leaves_at=row["leaves_at"] or self.starts_at,
        )


@dataclass(slots=True)
class Line:
    """One car's or interpreter's day."""

    name: str
    note: str
    jobs: list[DeskJob]


@dataclass(slots=True)
class Hand:
    """Something that needs a hand: until when, what, why, and where to mend it."""

    at: dt.datetime
    title: str
    guest: str
    said: str
    url: str
    action: str
    is_late: bool


@dataclass(slots=True)
class Landing:
    """Somebody who lands, and the car that fetches them."""

    flight: Flight
    ride: Ride | None

    @property
    def is_met(self) -> bool:
        return self.ride is not None and self.ride.status in (ServiceStatus.MET, ServiceStatus.FINISHED)


@dataclass
class DeskDay:
    """One Korean calendar day at the desk. Reads everything once, in a constant number of queries."""

    day: dt.date
    now: dt.datetime

    @property
    def starts_at(self) -> dt.datetime:
        return dt.datetime.combine(self.day, dt.time(), tzinfo=SEOUL)

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + DAY

    @property
    def before(self) -> dt.date:
        return self.day - DAY

    @property
    def after(self) -> dt.date:
        return self.day + DAY

    @property
    def is_today(self) -> bool:
        return self.starts_at <= self.now < self.ends_at

    @cached_property
    def rides(self) -> list[DeskJob]:
        return [DeskJob("ride", row) for row in queries.rides_between(self.starts_at, self.ends_at)]

    @cached_property
    def interpretings(self) -> list[DeskJob]:
        rows = queries.interpretings_between(self.starts_at, self.ends_at)
        return [DeskJob("interpreting", row) for row in rows]

    @cached_property
    def jobs(self) -> list[DeskJob]:
        """All jobs in the order of time, with what is wrong about them."""
        jobs = sorted([*self.rides, *self.interpretings], key=lambda job: (job.starts_at, str(job.pk)))
        for job in jobs:
            self._find_lateness(job)
        for crew_jobs in self._by_crew(jobs).values():
            self._find_conflicts(crew_jobs)
        return jobs

    def _by_crew(self, jobs: Iterable[DeskJob]) -> dict[Any, list[DeskJob]]:
        found: dict[Any, list[DeskJob]] = defaultdict(list)
        for job in jobs:
            if job.row["crew"] is not None:
                found[job.service, job.row["crew"]].append(job)
        return found

    def _find_lateness(self, job: DeskJob) -> None:
        """Late is: the guest landed or the start has passed, and the crew has not said a word."""
        row, rules = job.row, rules_at(job.starts_at)
        flight_at = row.get("flight_at") if row.get("kind") == Ride.Kind.PICK_UP else None
        if job.status == ServiceStatus.ASSIGNED:
            if flight_at is not None and flight_at <= self.now:
                job.trouble.append(_("The flight has landed; the driver has not said that they are on the way."))
            elif job.starts_at + rules.span("late_after") <= self.now:
                job.trouble.append(_("It should have begun; nobody has said a word."))
        elif job.status == ServiceStatus.UNDER_WAY:
            within = rules.span("pick_up_met_within") if flight_at is not None else rules.span("late_after")
            if job.starts_at + within <= self.now:
                job.trouble.append(_("On the way, but not met in time."))
        if not row["has_visit"] and job.status in lifecycle.LIVE:
            job.trouble.append(_("No appointment is left in this stay: is it still wanted?"))

    def _find_conflicts(self, jobs: list[DeskJob]) -> None:
        by_key = {str(job.pk): job for job in jobs}
        planned = [job.planned() for job in jobs if job.status in lifecycle.WITH_CREW]
        for first, second, minutes in fitting.conflicts(planned):
            words = {
                "time": locales.clock(first.ends_at),
                "way": locales.duration(minutes, get_language() or "en"),
            }
            by_key[second.key].trouble.append(
                _("The job before ends at %(time)s, %(way)s away: both cannot be kept.") % words
            )

    @cached_property
    def landings(self) -> list[Landing]:
        found = queries.landings(self.starts_at, self.ends_at)
        return [Landing(flight, next(iter(flight.rides.all()), None)) for flight in found]

    @cached_property
    def hands(self) -> list[Hand]:
        """What needs a hand, the most pressing first: late, then by the time until which something must happen."""
        open_jobs = [job for job in self.jobs if job.is_open]
        returned = queries.handed_back(
            [job.pk for job in open_jobs if job.service == "ride"],
            [job.pk for job in open_jobs if job.service == "interpreting"],
        )
        hands = [self._open(job, returned) for job in open_jobs]
        hands += [self._late(job) for job in self.jobs if job.trouble and not job.is_open]
        hands += [hand for hand in self._answers if hand.at <= self.now + SOON]
        return sorted(hands, key=lambda hand: (not hand.is_late, hand.at, hand.url))

    @property
    def answers_later(self) -> list[Hand]:
        """Answers about other days that are promised for later today."""
        return [hand for hand in self._answers if hand.at > self.now + SOON]

    @cached_property
    def _answers(self) -> list[Hand]:
        """Answers about other days that were promised by the end of this day; those of the day stand with its jobs."""
        if not self.is_today:
            return []
        promises = [(each, each.due_at) for each in queries.due_answers(self.ends_at)]
        listed = {f"{job.service}:{job.pk}" for job in self.jobs}
        rows = queries.jobs_named(promise.subject for promise, _due in promises)
        return [
            self._answer(promise, due_at, rows.get(promise.subject))
            for promise, due_at in promises
            if due_at is not None and promise.subject not in listed
        ]

    def _open(self, job: DeskJob, returned: Mapping[UUID, str]) -> Hand:
        said = [job.where]
        if job.pk in returned:
            said.append(wording.cannot_come(returned[job.pk]))
        answer_by = job.row["answer_by"] if job.status == ServiceStatus.WAITING else None
        if answer_by is not None:
            said.append(_("Answer promised by %(time)s.") % {"time": self._until(answer_by)})
        until = min(job.starts_at, answer_by) if answer_by else job.starts_at
        return Hand(
            at=until,
            title=job.what,
            guest=job.guest,
            said=" · ".join([*said, *job.trouble]),
            url=job.url,
            action=_("Assign"),
            is_late=until <= self.now or bool(job.trouble) or job.pk in returned,
        )

    def _late(self, job: DeskJob) -> Hand:
        return Hand(
            at=job.starts_at,
            title=job.what,
            guest=job.guest,
            said=" ".join([*job.trouble, job.crew]),
            url=job.url,
            action=_("Mend"),
            is_late=True,
        )

    def _answer(self, promise: Promise, due_at: dt.datetime, row: Mapping[str, Any] | None) -> Hand:
        job = DeskJob(promise.subject.partition(":")[0], row) if row else None
        said = [_("Answer promised by %(time)s.") % {"time": self._until(due_at)}]
        if job is not None:
            said.insert(0, locales.moment(job.starts_at, get_language() or "en"))
        return Hand(
            at=due_at,
            title=job.what if job else _("Answer promised"),
            guest=promise.stay.guest.name,
            said=" · ".join(said),
            url=job.url if job else "",
            action=_("Answer"),
            is_late=due_at <= self.now,
        )

    def _until(self, moment: dt.datetime) -> str:
        """The clock, with the day when it is another one."""
        if self.starts_at <= moment < self.ends_at:
            return locales.clock(moment)
        return locales.moment(moment, get_language() or "en")

    # The lines of the day

    @cached_property
    def board(self) -> Timeline:
        """The usual hours, and those that are used, of this one day."""
        first, last = USUAL_HOURS
        for job in self.jobs:
            begins, ends = (max(job.starts_at, self.starts_at), min(job.ends_at, self.ends_at))
            first = min(first, (begins - self.starts_at) // dt.timedelta(hours=1))
            last = max(last, -((self.starts_at - ends) // dt.timedelta(hours=1)))
        return Timeline(self.starts_at + dt.timedelta(hours=first), last - first)

    @property
    def now_mark(self) -> str:
        return self.board.mark(self.now)

    @cached_property
    def lines(self) -> list[Line]:
        """What nobody has yet, then every car and interpreter with jobs on this day."""
        for job in self.jobs:
            job.place = self.board.place(job.starts_at, job.ends_at)
        by_crew = self._by_crew(self.jobs)
        spoken = queries.spoken_by(crew for service, crew in by_crew if service == "interpreting")
        lines = []
        for (service, crew), jobs in by_crew.items():
            lines.append(Line(jobs[0].crew, self._note(service, crew, jobs[0], spoken), jobs))
        lines.sort(key=lambda line: (line.jobs[0].service != "ride", line.name))
        unassigned = [job for job in self.jobs if job.is_open]
        return [Line(_("Nobody yet"), "", unassigned), *lines] if unassigned else lines

    def _note(self, service: str, crew: Any, job: DeskJob, spoken: Mapping[UUID, list[str]]) -> str:
        if service == "interpreting":
            return " · ".join(spoken.get(crew, []))
        driver = job.row["crew_person"] if get_language() == "ko" else job.row["crew_person_latin"]
        return f"{job.row['crew_model']} · {driver}"

    # The day in numbers

    @property
    def landing_count(self) -> int:
        return len(self.landings)

    @property
    def met_count(self) -> int:
        return sum(landing.is_met for landing in self.landings)

    @property
    def ride_count(self) -> int:
        return len(self.rides)

    @property
    def ride_filled(self) -> int:
        return sum(not job.is_open for job in self.rides)

    @property
    def interpreting_count(self) -> int:
        return len(self.interpretings)

    @property
    def interpreting_filled(self) -> int:
        return sum(not job.is_open for job in self.interpretings)
