"""What happened, in the words of the engine, with everything that follows from it for the same guests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from sarangbang.concierge import lifecycle, queries
from sarangbang.concierge.choosing.crewing import ends_where
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import Interpreting, Job, Ride, ServiceStatus
from sarangbang.concierge.times import ride_times
from sarangbang.directory.models import Place
from sarangbang.directory.travel import drive_minutes
from sarangbang.dispatch import mending as engine
from sarangbang.scheduling.models import Appointment

from .clinic_hours import booked
from .daybook import Daybook, crew_key
from .model import MINUTE, DayModel
from .news import News, NewsUnclear

MOVABLE = lifecycle.LIVE - {lifecycle.MET}


@dataclass
class Told:
    """The engine's news, and what they are about. ``touched`` are subjects of jobs that the news is about, ``gone``
    those that are called off, ``seeking`` those that had lost their crew before and shall get another one now, whatever
    the news, ``out`` crews that do not work any more, ``appointments`` those whose time may have to
    change, ``facts`` those of them that do so anyway. ``reasons`` say why, by name; ``arrives`` is when a guest who
    sits in the car already is there."""

    news: tuple[engine.News, ...] = ()
    appointments: dict[str, Appointment] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    seeking: set[str] = field(default_factory=set)
    out: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    arrives: dict[str, dt.datetime] = field(default_factory=dict)

    def reason_of(self, name: str) -> str:
        """Why something of that name changes; empty when the news is not about it."""
        return self.reasons.get(name, "")


def tell(model: DayModel, news: Sequence[News]) -> Told:
    """Everything that the news means for this day. Raises ``NewsUnclear``."""
    teller = _Teller(model)
    for each in news:
        getattr(teller, each.kind)(each)
    teller.told.news = tuple(teller.said)
    teller.told.seeking = {subject for subject in model.book.lost if _is_sought(model.book, teller.told, subject)}
    teller.told.reasons |= dict.fromkeys(teller.told.seeking, "lost_crew")
    return teller.told


def _is_sought(book: Daybook, told: Told, subject: str) -> bool:
    """Whether a job that lost its crew is still to be done: of those of the news the news says so."""
    job = book.jobs[subject]
    untold = subject not in told.touched | told.gone | book.offered
    return untold and job.locked_at is None and job.starts_at > book.now


class _Teller:
    """Says one piece of news after the other; each kind of news has a method of its name."""

    def __init__(self, model: DayModel) -> None:
        self.model, self.book, self.told = model, model.book, Told()
        self.said: list[engine.News] = []

    # The kinds

    def flight_delay(self, news: News) -> None:
        """The guests of a flight, or of one ride, are out of the terminal later."""
        rides = [self._ride(news)] if news.about == Ride.service else self._rides_of_flight(news)
        for ride in rides:
            self._guest_later(ride, self._ready(ride, news.minutes), "flight_delay")

    def late(self, news: News) -> None:
        """A guest, or the car with them, is late."""
        job = self._job(news)
        ready = job.starts_at + news.minutes * MINUTE
        if isinstance(job, Ride):
            self._guest_later(job, ready, "late")
            return
        before = rules_at(job.starts_at).span("interpreter_before")
        self._arrives(self._appointments(Q(pk=job.appointment_id)), ready + before, "late")

    def no_show(self, news: News) -> None:
        """Somebody does not come: what was for them is called off."""
        job = self._job(news)
        if job.status not in MOVABLE:
            raise NewsUnclear("subject")
        gone: list[Job] = [job]
        if isinstance(job, Interpreting):
            gone += [ride for ride in self._rides_of(job) if ride.starts_at >= job.starts_at]
        for each in gone:
            self._touch(each.subject, "no_show")
            self.told.gone.add(each.subject)
        rides = tuple(each.subject for each in gone if isinstance(each, Ride))
        if rides:
            self.said.append(engine.NoShow(rides=rides))

    def ill(self, news: News) -> None:
        """An interpreter is out, from now on."""
        if news.key not in self.book.interpreters:
            raise NewsUnclear("subject")
        self.told.out.add(news.subject)
        self.told.reasons[news.key] = "ill"
        self.said.append(engine.InterpreterOut(news.key))
        jobs = [job for job in self.book.interpretings if crew_key(job) == news.key and self._is_ahead(job)]
        for job in jobs:
            self.told.reasons[job.subject] = "ill"
        self._appointments(Q(pk__in=[job.appointment_id for job in jobs]))

    def broken(self, news: News) -> None:
        """A car goes nowhere any more."""
        if news.key not in self.book.cars:
            raise NewsUnclear("subject")
        self.told.out.add(news.subject)
        for shift in self.model.shifts_of(news.key):
            self.told.reasons[shift] = "broken"
            self.said.append(engine.CarBroken(shift))
        rides = [ride for ride in self.book.rides if crew_key(ride) == news.key and ride.status in lifecycle.LIVE]
        for ride in rides:
            self.told.reasons[ride.subject] = "broken"
        self._appointments(Q(stay_appointment__stay__in={ride.stay_id for ride in rides}))

    def clinic_late(self, news: News) -> None:
        """Everything of an institution, a practitioner or an appointment begins later from now on."""
        names = {"institution": "institution", "practitioner": "practitioner", "appointment": "pk"}
        if not queries.is_uuid(news.key):
            raise NewsUnclear("subject")
        found = self._appointments(Q(**{names[news.about]: UUID(news.key)}), facts=True)
        if not found:
            raise NewsUnclear("subject")
        self.said.append(engine.ClinicLate(tuple(_name(one) for one in found), news.minutes))
        for one in found:
            self.told.reasons[_name(one)] = "clinic_late"
            self.told.facts.add(_name(one))

    # What follows

    def _guest_later(self, ride: Ride, ready: dt.datetime, reason: str) -> None:
        """The guest of a ride can be fetched only from ``ready`` on; what comes after it is later too."""
        self._touch(ride.subject, reason)
        length = ride.ends_at - ride.starts_at
        if ride.status in (ServiceStatus.MET, ServiceStatus.FINISHED):
            arrives = self.told.arrives[ride.subject] = ride.ends_at + (ready - ride.starts_at)
        else:
            arrives = ready + length
            self.said.append(engine.GuestLate((ride.subject,), self.model.minute(ready)))
        self._later_on(ride, arrives, ends_where(ride), reason)

    def _later_on(self, ride: Ride, arrives: dt.datetime, place: Place, reason: str) -> None:
        """What the same guest does next, as far as it cannot be reached in time any more. Before they land they do
        nothing here, so for a pick-up everything of the day comes next."""
        lands = ride.kind == Ride.Kind.PICK_UP
        visits = self._appointments(Q(stay_appointment__stay=ride.stay_id), since=None if lands else ride.starts_at)
        onward = [
            other
            for other in self._rides_of(ride)
            if other.kind == Ride.Kind.TRANSFER
            and other.status in MOVABLE
            and (lands or other.starts_at >= ride.starts_at)
            and other.subject not in self.told.touched
        ]
        if onward and visits and onward[0].ends_at <= visits[0].reservation.starts_at:
            if onward[0].starts_at < arrives:
                self._guest_later(onward[0], arrives, reason)
            return
        for visit in visits:
            self._arrives([visit], arrives + drive_minutes(place.point, visit.place.point) * MINUTE, reason)

    def _arrives(self, visits: Iterable[Appointment], there: dt.datetime, reason: str) -> None:
        for visit in visits:
            if there <= visit.reservation.starts_at:
                continue
            self.told.reasons[_name(visit)] = reason
            self.said.append(engine.ArrivesLate(_name(visit), self.model.minute(there)))

    def _ready(self, ride: Ride, minutes: int) -> dt.datetime:
        """When the guests of a flight stand outside: as it is expected, or so many minutes later than planned."""
        if minutes or ride.flight is None or ride.kind != Ride.Kind.PICK_UP:
            return ride.starts_at + minutes * MINUTE
        begin, _end = ride_times(ride.kind, ride.origin, ride.destination, ride.flight, None)
        return max(ride.starts_at, begin)

    # What it is about

    def _job(self, news: News) -> Job:
        job = self.book.jobs.get(news.subject)
        if job is None:
            raise NewsUnclear("subject")
        return job

    def _ride(self, news: News) -> Ride:
        job = self._job(news)
        if not isinstance(job, Ride):
            raise NewsUnclear("subject")
        return job

    def _rides_of_flight(self, news: News) -> list[Ride]:
        """The pick-ups of the same flight: one number on one day is one aeroplane, whoever sits in it."""
        named = [ride for ride in self.book.rides if ride.flight_id is not None and str(ride.flight_id) == news.key]
        flights = {(ride.flight.number, ride.flight.scheduled_at) for ride in named if ride.flight is not None}
        found = [
            ride
            for ride in self.book.rides
            if ride.kind == Ride.Kind.PICK_UP
            and ride.status in MOVABLE
            and ride.flight is not None
            and (ride.flight.number, ride.flight.scheduled_at) in flights
        ]
        if not found:
            raise NewsUnclear("subject")
        return found

    def _rides_of(self, job: Job) -> list[Ride]:
        return [ride for ride in self.book.rides if ride.stay_id == job.stay_id and ride.pk != job.pk]

    def _is_ahead(self, job: Job) -> bool:
        return job.status in lifecycle.LIVE and job.ends_at > self.book.now

    def _touch(self, subject: str, reason: str) -> None:
        self.told.touched.add(subject)
        self.told.reasons[subject] = reason

    def _appointments(self, which: Q, *, since: dt.datetime | None = None, facts: bool = False) -> list[Appointment]:
        """Appointments of the day that are still ahead; they may have to move, unless they do so anyway (``facts``)."""
        _start, end = self.book.bounds
        found = list(booked(max(self.book.now, since or self.book.now), end, which))
        for one in found:
            self.told.appointments.setdefault(_name(one), one)
            if facts:
                self.told.facts.add(_name(one))
        for job in self.book.interpretings:
            if any(one.pk == job.appointment_id for one in found):
                self.told.touched.add(job.subject)
        return found


def _name(appointment: Appointment) -> str:
    return f"appointment:{appointment.pk}"
