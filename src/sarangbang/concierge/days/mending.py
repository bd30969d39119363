"""A day mended after news: rides, interpreters and clinic hours together. Reads a ``Daybook``, writes nothing.

What happened is told to ``dispatch.mending`` in its own words, with everything that follows from it: a guest who lands
later is later at the hotel, at the car in town and at the clinic. What comes back is looked at by the law of the
house (``fitting``) once more before it is proposed.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache, cached_property
from threading import Lock
from typing import Any
from uuid import UUID

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import need_of
from sarangbang.concierge.models import Crew, Interpreting, Job, Ride, ServiceStatus
from sarangbang.concierge.times import brings_to, fetches_from
from sarangbang.dispatch import mending as engine
from sarangbang.dispatch.interpreting.plan import warm_up
from sarangbang.dispatch.solving import ready
from sarangbang.scheduling.models import Appointment

from .daybook import Daybook, crew_key
from .model import DayModel
from .news import News
from .planning import Left, settled, why_nobody
from .situation import Laid, a_small_day, lay_out, stay_key
from .telling import Told, tell

SECONDS, SECONDS_AGAIN = 0.4, 0.1
"""Of this thread's processor, for the search: a busy machine makes an answer later, not worse."""
AGAIN = 2
"""How often it is asked again because two appointments would meet at one practitioner."""
ASKS = {"clinic": "institution", "guest": "guest", "interpreter": "interpreter"}


@dataclass(frozen=True, slots=True)
class MendedChange:
    """What is new about one job or appointment, why, and who must agree first ("guest", "institution", "interpreter").
    Only what differs; crews as keys, moments as ISO 8601."""

    thing: Job | Appointment
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mended:
    """One way out. ``left`` is what could not be mended, ``cost`` adds up by kind."""

    changes: tuple[MendedChange, ...]
    left: tuple[Left, ...]
    cost: Mapping[str, float] = field(default_factory=dict)


def mend(book: Daybook, news: Sequence[News]) -> Mended:
    """The least disturbing way out of what has happened. Raises ``NewsUnclear``."""
    model = DayModel(book)
    told = tell(model, news)
    laid = lay_out(model, told)
    rehearse()
    answer = engine.mend(laid.situation, told.news, seconds=SECONDS, clock=time.thread_time)
    for _again in range(AGAIN):
        crossing = _crossing(laid, answer)
        if not crossing:
            break
        laid = laid.without(crossing)
        answer = engine.mend(laid.situation, told.news, seconds=SECONDS_AGAIN, clock=time.thread_time)
    return _Translation(model, told, laid, answer).mended()


def rehearse() -> None:
    """Load the engine's machine code, once in a process, so that it is no part of the first answer's time. Web
    processes do it when they have started; who asks before that is done waits for it here."""
    with _REHEARSING:
        _rehearsed()


_REHEARSING = Lock()


@cache
def _rehearsed() -> None:
    ready()
    warm_up()
    engine.mend(*a_small_day(), seconds=5.0, clock=time.thread_time)


def _crossing(laid: Laid, answer: engine.Proposal) -> set[tuple[str, str]]:
    """Appointments that would meet another moved one at the same practitioner, with the hour that is too much."""
    moved = [(each.appointment, laid.hours[each.slot]) for each in answer.moved if each.slot in laid.hours]
    found = set()
    for place, (name, hour) in enumerate(moved):
        if any(hour.meets(other) for _name, other in moved[:place]):
            found.add((name, hour.key))
    return found


@dataclass
class _Translation:
    """The engine's answer as changes of jobs and appointments."""

    model: DayModel
    told: Told
    laid: Laid
    answer: engine.Proposal

    def mended(self) -> Mended:
        self.book = self.model.book
        self.asks: dict[str, list[str]] = defaultdict(list)
        for each in self.answer.agreements:
            if each.consent and each.kind in ASKS:
                self.asks[each.name].append(ASKS[each.kind])
        self.changed: dict[str, Job] = {}
        self.crews: dict[str, str] = {}
        self.reasons: dict[str, str] = {}
        self._rides()
        self._interpretings()
        self._called_off()
        self._followers()
        self._lawless()
        if self._find_others():
            self._lawless()  # a neighbour's way may have become longer
        in_turn = sorted(self.changed, key=lambda subject: (self.book.jobs[subject].starts_at, subject))
        changes = [*self._appointments(), *(self._job(subject) for subject in in_turn)]
        left = [*self._unmended(), *self._nobody()]
        cost = {kind: round(price, 1) for kind, price in self.answer.costs.items()}
        return Mended(tuple(each for each in changes if each.after), tuple(_once(left)), cost)

    # What changes

    def _rides(self) -> None:
        for change in self.answer.rides:
            ride = self.book.jobs.get(change.ride)
            if not isinstance(ride, Ride):
                continue
            new = copy(ride)
            if change.after is not None:
                moment = self.model.moment(math.ceil(change.after.pickup - 0.01))  # never earlier than the car can be
                if abs(moment - ride.starts_at) >= dt.timedelta(minutes=1):
                    new.starts_at, new.ends_at = moment, moment + (ride.ends_at - ride.starts_at)
                if self._may_have(ride):
                    self.crews[ride.subject] = change.after.car.partition("#")[0]
            self._put(ride.subject, new, change.because)

    def _interpretings(self) -> None:
        for change in self.answer.jobs:
            job = self.book.jobs.get(change.job)
            if not isinstance(job, Interpreting):
                continue
            new = copy(job)
            self._shift(new, change.start, change.end)
            if change.after:
                self.crews[job.subject] = change.after
            self._put(job.subject, new, change.because)

    def _called_off(self) -> None:
        for subject in self.told.gone:
            self.crews.pop(subject, None)
            self._put(subject, copy(self.book.jobs[subject]), "")

    def _shift(self, job: Interpreting, start: float, end: float) -> None:
        """The job at the engine's minutes; what is the same minute stays to the second."""
        if abs(self.model.minute(job.starts_at) - start) >= 1 or abs(self.model.minute(job.ends_at) - end) >= 1:
            job.starts_at, job.ends_at = self.model.moment(start), self.model.moment(end)

    def _followers(self) -> None:
        """Interpretings that nobody has follow their appointments too."""
        for subject, job in self.book.jobs.items():
            if not isinstance(job, Interpreting) or crew_key(job) or job.status in lifecycle.OFF:
                continue
            appointment = f"appointment:{job.appointment_id}"
            times = self.answer.times.get(appointment)
            new = self.changed.get(subject) or copy(job)
            if times is not None and isinstance(new, Interpreting):
                self._shift(new, *times)
            if _moves(job, new) or subject in self.told.touched:
                self._put(subject, new, appointment)

        for each in self.answer.moved:
            self._rides_without_car(each)

    def _rides_without_car(self, moved: engine.Moved) -> None:
        """Rides in town that nobody has follow the appointment to which they bring or from which they fetch."""
        visit = self.laid.appointments[moved.appointment]
        present = visit.reservation
        starts_at, ends_at, _who = self._new_times(moved)
        for ride in self.book.rides:
            if crew_key(ride) or ride.locked_at or ride.subject in self.changed or ride.stay_id != stay_key(visit):
                continue
            if brings_to(ride, visit.place_id, present.starts_at):
                by = starts_at - present.starts_at
            elif fetches_from(ride, visit.place_id, present.ends_at):
                by = ends_at - present.ends_at
            else:
                continue
            new = copy(ride)
            new.starts_at, new.ends_at = ride.starts_at + by, ride.ends_at + by
            self._put(ride.subject, new, moved.appointment)

    def _find_others(self) -> bool:
        """Whoever fits best for what the news is about, or what had lost its crew, and has nobody by now: what the
        engine does not look for (interpreters of jobs that nobody has), what it did not find, what the law took
        away again. Returns whether anybody was found."""
        wanted = {subject: self.book.jobs[subject] for subject in self._open() if self._lacks(subject)}
        if not wanted:
            return False
        before = len(self.crews)
        held = settled(self.book, self.crews, {*self.crews, *self.changed}, self.changed)
        asked = {type(job) for job in wanted.values()}
        able = {kind: self._able(kind, held) for kind in asked}
        for subject, job in wanted.items():
            new = self.changed.get(subject) or copy(job)
            found = self._best(new, able[type(job)].values())
            if found:
                self._put(subject, new, "")
                self.crews[subject] = found
                held.setdefault(found, []).append(new)
                able[type(job)] |= self._able(type(job), held, found)
        return len(self.crews) > before

    def _able(self, kind: type[Job], held: Mapping[str, Sequence[Job]], only: str = "") -> dict[str, fitting.Candidate]:
        """Cars or interpreters who are at work, by key, with what they have to do; all, or one."""
        crews: Mapping[str, Crew] = self.book.interpreters
        if kind is Ride:
            crews = {key: car for key, car in self.book.cars.items() if car.is_active and car.driver.is_active}
        word = "vehicle" if kind is Ride else "interpreter"
        return {
            key: self.book.candidate(one, held.get(key, ()))
            for key, one in crews.items()
            if f"{word}:{key}" not in self.told.out and only in ("", key)
        }

    def _open(self) -> list[str]:
        return sorted((self.told.touched | self.told.seeking | self.changed.keys()) & self.book.jobs.keys())

    def _lacks(self, subject: str) -> bool:
        """Whether a job has nobody and shall have somebody."""
        job = self.book.jobs[subject]
        if subject in self.crews or subject in self.told.gone or subject in self.book.offered or job.locked_at:
            return False
        if crew_key(job):  # the engine, or the law, took it from who has it
            return subject in self.changed and job.status == ServiceStatus.ASSIGNED
        times = self.changed.get(subject, job)
        return self._may_have(job) and times.starts_at > self.book.now

    def _may_have(self, job: Job) -> bool:
        """Whether a job may be given to a crew; the answer to a request is the desk's."""
        return job.status != ServiceStatus.WAITING or job.subject in self.book.lost

    def _best(self, job: Job, able: Iterable[fitting.Candidate]) -> str:
        """The key of who fits best beside what everybody has to do; empty for nobody."""
        need, slack = need_of(job), self.book.slack
        fits = [fitting.fit(need, one, slack) for one in able if not fitting.lacks(need, one)]
        best = fitting.best_first(fits)
        return best[0].key if best else ""

    def _put(self, subject: str, job: Job, because: str) -> None:
        self.changed[subject] = job
        said = self.told.reason_of(because) or self.told.reason_of(subject)
        self.reasons[subject] = said or self.reasons.get(subject, "makes_room")

    def _lawless(self) -> None:
        """Jobs that the law of the house does not give to whom the engine gave them: they stay without a crew."""
        held = settled(self.book, self.crews, set(self.changed), self.changed)
        lawful = {(job.subject, key) for key, jobs in held.items() for job in jobs}
        lost = {subject for subject, key in self.crews.items() if (subject, key) not in lawful}
        for subject in lost:
            del self.crews[subject]
            if subject not in self.told.touched and isinstance(self.changed[subject], Ride):
                self.changed[subject] = copy(self.book.jobs[subject])  # for whom nobody comes the time stays

    def _job(self, subject: str) -> MendedChange:
        old, new = self.book.jobs[subject], self.changed[subject]
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        key = "" if subject in self.told.gone else self.crews.get(subject, "")
        status = self._status(old, subject, key)
        for name, was, becomes in (
            ("crew", crew_key(old) or None, key or None),
            ("starts_at", old.starts_at.isoformat(), new.starts_at.isoformat()),
            ("ends_at", old.ends_at.isoformat(), new.ends_at.isoformat()),
            ("status", old.status, status),
        ):
            if was != becomes:
                before[name], after[name] = was, becomes
        asks = tuple(dict.fromkeys(self.asks.get(subject, ()))) if key else ()
        return MendedChange(old, before, after, self.reasons[subject], asks)

    def _status(self, old: Job, subject: str, key: str) -> str:
        if subject in self.told.gone:
            return ServiceStatus.CANCELLED
        if not key:
            return old.status if old.status in lifecycle.UNASSIGNED else ServiceStatus.GRANTED
        return old.status if key == crew_key(old) else ServiceStatus.ASSIGNED

    def _appointments(self) -> Iterable[MendedChange]:
        for each in self.answer.moved:
            appointment = self.laid.appointments[each.appointment]
            present = appointment.reservation
            starts_at, ends_at, who = self._new_times(each)
            before = {"starts_at": present.starts_at.isoformat(), "ends_at": present.ends_at.isoformat()}
            after = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
            if who != appointment.practitioner_id:
                before["practitioner"], after["practitioner"] = str(appointment.practitioner_id), str(who)
            asks = tuple(dict.fromkeys(self.asks.get(each.appointment, ())))
            yield MendedChange(appointment, before, after, each.code.replace("-", "_"), asks)

    def _new_times(self, moved: engine.Moved) -> tuple[dt.datetime, dt.datetime, UUID]:
        """When an appointment would begin and end, and with whom."""
        hour = self.laid.hours.get(moved.slot)
        if hour is not None:
            return hour.starts_at, hour.ends_at, hour.practitioner
        appointment = self.laid.appointments[moved.appointment]  # the clinic itself says so
        shift, present = dt.timedelta(minutes=moved.start - moved.before[0]), appointment.reservation
        return present.starts_at + shift, present.ends_at + shift, appointment.practitioner_id

    def _nobody(self) -> Iterable[Left]:
        """Who is still without a crew, and why nobody fits."""
        lacking = [subject for subject in self._open() if self._lacks(subject)]
        if lacking:
            held = settled(self.book, self.crews, {*self.crews, *self.changed}, self.changed)
            yield from why_nobody(self.book, held, lacking, self.changed)

    def _unmended(self) -> Iterable[Left]:
        for each in self.answer.unmended:
            if each.kind in (Ride.service, Interpreting.service) and each.name in self.crews:
                continue  # somebody was found after all
            about = {name: _plain(value) for name, value in each.about.items()}
            if "arrives" in about:
                about["arrives_at"] = self.model.moment(about.pop("arrives")).isoformat()
            about.pop("last", None)
            yield Left(self._named(each.name), f"{each.kind}_{each.code}".replace("-", "_"), about)

    def _named(self, name: str) -> str:
        """An appointment by its interpreter's job, which the desk knows a page of."""
        return self._jobs_of.get(name, name)

    @cached_property
    def _jobs_of(self) -> dict[str, str]:
        return {f"appointment:{job.appointment_id}": job.subject for job in reversed(self.book.interpretings)}


def _moves(old: Job, new: Job) -> bool:
    return (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at)


def _plain(value: object) -> Any:
    """As JSON can hold it."""
    if isinstance(value, float):
        return round(value, 1) if math.isfinite(value) else None
    if isinstance(value, str | int | bool) or value is None:
        return value
    return [_plain(each) for each in value] if isinstance(value, Iterable) else str(value)


def _once(left: Iterable[Left]) -> Iterable[Left]:
    """One reason for each thing, the first that was found."""
    seen: set[str] = set()
    for each in left:
        if each.subject not in seen:
            seen.add(each.subject)
            yield each
