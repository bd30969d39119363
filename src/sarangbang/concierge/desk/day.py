"""The coordinator's day, put together: what needs a hand first, the lines of cars and interpreters, who lands."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle, queries, wording
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.keeping import Kept, kept_by_resource
from sarangbang.concierge.crew import queries as crew_queries
from sarangbang.concierge.crew import reports as crew_reports
from sarangbang.concierge.crew.endings import all_endings
from sarangbang.concierge.entitlement import SEOUL, rules_at
from sarangbang.concierge.models import FeedState, FlightReport, Interpreter, Ride, ServiceStatus
from sarangbang.stays.models import Flight
from sarangbang.ui import locales
from sarangbang.ui.timeline import Timeline

from . import lateness
from .hands import DeskJob, Group, Hand, answer_hand, flight_hand, late_hand, missed_hand, open_hand, trouble

DAY = dt.timedelta(days=1)
SOON = dt.timedelta(hours=2)
SILENT_AFTER = dt.timedelta(minutes=10)
USUAL_HOURS = (6, 20)
FIRST_DAY, LAST_DAY = dt.date(2023, 3, 1), dt.date(2199, 12, 1)
"""The days of this desk. Before the first one no rule of the service (``data/rules.csv``) was in force."""


def asked_day(text: str, today: dt.date) -> dt.date:
    """The day a reader asked for; today when it is missing or no day of this desk."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(day, FIRST_DAY), LAST_DAY)


@dataclass(frozen=True, slots=True)
class KeptTime:
    """What a visit keeps of an interpreter's time, with why in words, and where it stands on the board."""

    kept: Kept
    why: str
    person: Interpreter
    place: str

    @property
    def name(self) -> str:
        return self.person.name if get_language() == "ko" else self.person.name_latin


@dataclass(slots=True)
class Line:
    """One car's or interpreter's day, with what visits keep of an interpreter's time."""

    name: str
    note: str
    jobs: list[DeskJob]
    kept: list[KeptTime] = field(default_factory=list)


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
        reports = crew_reports.told(self.starts_at, self.ends_at)
        for job in jobs:
            job.trouble += reports.get(job.pk, [])
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
        row, rules = job.row, rules_at(job.starts_at)
        flight_at = row.get("flight_at") if row.get("kind") == Ride.Kind.PICK_UP else None
        spans = rules.span("late_after"), rules.span("pick_up_met_within")
        code = lateness.lateness(job.status, job.starts_at, flight_at, self.now, *spans)
        if code:
            job.trouble.append(trouble(code))
        if not row["has_visit"] and job.status in lifecycle.LIVE:
            job.trouble.append(trouble(lateness.NO_VISIT))

    def _find_conflicts(self, jobs: list[DeskJob]) -> None:
        standing = [job.planned() for job in jobs if job.status in lifecycle.WITH_CREW]
        by_key = {str(job.pk): job for job in jobs}
        for first, second, minutes in fitting.conflicts(standing):
            by_key[second.key].trouble.append(trouble(lateness.CONFLICT, ends_at=first.ends_at, minutes=minutes))

    @cached_property
    def landings(self) -> list[Landing]:
        found = queries.landings(self.starts_at, self.ends_at)
        return [Landing(flight, next(iter(flight.rides.all()), None)) for flight in found]

    @cached_property
    def _questions(self) -> list[FlightReport]:
        return queries.flight_questions(self.starts_at, self.ends_at)

    @cached_property
    def missed(self) -> list[dict[str, Any]]:
        """Appointments that guests cannot reach, because their flight is late."""
        return queries.missed_visits(self.starts_at, self.ends_at)

    @cached_property
    def given_back(self) -> dict[UUID, str]:
        """Jobs that nobody has because their crew said that they cannot come, with their reason."""
        return crew_queries.given_back(self.starts_at, self.ends_at)

    @cached_property
    def silent_feeds(self) -> list[FeedState]:
        """Feeds that have not answered for ten minutes; only today's times depend on them."""
        return list(queries.silent_feeds(self.now - SILENT_AFTER)) if self.is_today else []

    @cached_property
    def groups(self) -> list[Group]:
        """What needs a hand: who has nobody yet, then what is late, then answers that are due. In each the most
        pressing comes first: missed and overdue, then late, then by the time until which something must happen. Empty
        groups are left out."""
        open_jobs = [job for job in self.jobs if job.is_open]
        returned = self.given_back
        offered = crew_reports.offered(job.pk for job in open_jobs if job.service == "interpreting")
        late_jobs = [job for job in self.jobs if job.trouble and not job.is_open]
        groups = [
            Group(
                "unassigned",
                _("Not assigned yet"),
                [open_hand(job, self.now, returned.get(job.pk), offered.get(job.pk, "")) for job in open_jobs],
            ),
            Group("flights", _("Flights in doubt"), [flight_hand(each, self.now) for each in self._questions]),
            Group(
                "late",
                _("Late, or will be"),
                [*map(missed_hand, self.missed), *(late_hand(job, self.now) for job in late_jobs)],
            ),
            Group("answers", _("Answer promised"), [hand for hand in self._answers if hand.at <= self.now + SOON]),
        ]
        for group in groups:
            group.hands.sort(key=lambda hand: hand.order)
        return [group for group in groups if group.hands]

    @cached_property
    def endings(self) -> list[tuple[Interpreter, list[str]]]:
        """Interpreters whose appointment or certificate ends soon, with what is to be said; on today's page."""
        return all_endings(self.day) if self.is_today else []

    @property
    def hands(self) -> list[Hand]:
        return [hand for group in self.groups for hand in group.hands]

    @property
    def late_count(self) -> int:
        return sum(bool(job.trouble) for job in self.jobs)

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
        rows = queries.jobs_named(promise.subject for promise, _due in promises) if promises else {}
        return [
            answer_hand(promise, due_at, rows.get(promise.subject), self.now)
            for promise, due_at in promises
            if due_at is not None and promise.subject not in listed
        ]

    # The lines of the day

    @cached_property
    def board(self) -> Timeline:
        """The usual hours, and those that are used, of this one day."""
        first, last = USUAL_HOURS
        used: list[DeskJob | Kept] = [*self.jobs, *(each for mine in self._kept.values() for each in mine)]
        for each in used:
            begins, ends = (max(each.starts_at, self.starts_at), min(each.ends_at, self.ends_at))
            first = min(first, (begins - self.starts_at) // dt.timedelta(hours=1))
            last = max(last, -((self.starts_at - ends) // dt.timedelta(hours=1)))
        return Timeline(self.starts_at + dt.timedelta(hours=first), last - first)

    @property
    def now_mark(self) -> str:
        return self.board.mark(self.now)

    @cached_property
    def _kept(self) -> dict[int, list[Kept]]:
        return kept_by_resource(self.starts_at, self.ends_at)

    @cached_property
    def kept(self) -> list[KeptTime]:
        """Time of interpreters that visits keep although nobody was sent there, by time."""
        people = {one.resource_id: one for one in queries.with_resources(self._kept)} if self._kept else {}
        found = [
            KeptTime(each, wording.why_kept(each), people[resource], place)
            for resource, mine in self._kept.items() if resource in people
            for each in mine if (place := self.board.place(each.starts_at, each.ends_at))
        ]  # fmt: skip
        return sorted(found, key=lambda each: (each.kept.starts_at, each.name))

    @cached_property
    def lines(self) -> list[Line]:
        """What nobody has yet, then every car and interpreter with jobs on this day, or with time that visits keep."""
        for job in self.jobs:
            job.place = self.board.place(job.starts_at, job.ends_at)
        by_crew = self._by_crew(self.jobs)
        kept: dict[Any, list[KeptTime]] = defaultdict(list)
        for each in self.kept:
            kept[each.person.pk].append(each)
        speaking = {crew for service, crew in by_crew if service == "interpreting"}
        spoken = queries.spoken_by(speaking | kept.keys())
        lines = []
        for (service, crew), jobs in by_crew.items():
            mine = kept.get(crew, []) if service == "interpreting" else []
            lines.append(Line(jobs[0].crew, self._note(service, crew, jobs[0], spoken), jobs, mine))
        alone = {crew: times for crew, times in kept.items() if crew not in speaking}
        lines += [Line(each[0].name, self._languages(crew, spoken), [], each) for crew, each in alone.items()]
        lines.sort(key=lambda line: (not line.jobs or line.jobs[0].service != "ride", line.name))
        unassigned = [job for job in self.jobs if job.is_open]
        return [Line(_("Not assigned yet"), "", unassigned), *lines] if unassigned else lines

    def _note(self, service: str, crew: Any, job: DeskJob, spoken: Mapping[UUID, list[str]]) -> str:
        if service == "interpreting":
            return self._languages(crew, spoken)
        driver = job.row["crew_person"] if get_language() == "ko" else job.row["crew_person_latin"]
        return f"{job.row['crew_model']} · {driver}"

    @staticmethod
    def _languages(crew: UUID, spoken: Mapping[UUID, list[str]]) -> str:
        code = get_language() or "en"
        return " · ".join(locales.language_name(each, code) for each in spoken.get(crew, []))

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
