"""Rides and interpretings as guests asked for them, and who was assigned: only who really fits, by the rules of the
concierge. Some wait for an answer, some are unassigned, some are late, as on a real day."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.lifecycle import STATUS_OF_WORD
from sarangbang.concierge.models import Interpreter, Interpreting, Ride, ServiceStatus, ServiceStep, Tap
from sarangbang.concierge.times import interpreting_times, ride_times
from sarangbang.directory.models import Place
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays.models import Flight

from .crew import Crew
from .drawing import draw_id
from .guests import Story, claim
from .town import Town

SEOUL = ZoneInfo("Asia/Seoul")
SOON = dt.timedelta(hours=40)
FAR = dt.timedelta(days=4)
REMEMBERED = 6
"""How many former jobs of somebody are looked at: the last says where they are, the others how busy they were."""

TRANSFER_SHARE = 0.25
WISH_SHARE = 0.2
WHEELCHAIR_SHARE = 0.02

Job = Ride | Interpreting


@dataclass(slots=True)
class Ask:
    """What one guest asked for. ``chance`` decides what became of it, ``on_request`` whether the rules left it open."""

    job: Job
    story: Story
    asked_at: dt.datetime
    on_request: bool
    chance: float
    off: bool


class Asks:
    """Collects what the guests ask for."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.all: list[Ask] = []

    def take(self, story: Story) -> None:
        rng, stay = story.rng, story.stay
        if story.wants_ride and stay.hotel is not None:
            party = stay.companions + 1
            facts = {
                "party": party,
                "luggage": sum(rng.randint(0, 2) for _ in range(party)),
                "wheelchairs": int(rng.random() < WHEELCHAIR_SHARE),
            }
            arrival, departure = story.flights["arrival"], story.flights["departure"]
            gone = all(each.reservation.status == "cancelled" for each in story.appointments)
            self._ride(story, Ride.Kind.PICK_UP, arrival.place, stay.hotel, facts, gone, flight=arrival)
            if rng.random() < 0.85:
                self._ride(story, Ride.Kind.SENDING, stay.hotel, departure.place, facts, gone, flight=departure)
            first = story.appointments[0]
            if rng.random() < TRANSFER_SHARE:
                at = first.reservation.starts_at - dt.timedelta(minutes=50)
                facts = {**facts, "luggage": 0}
                self._ride(story, Ride.Kind.TRANSFER, stay.hotel, first.place, facts, gone, at=at)
        if story.wants_interpreter:
            wish = rng.choice(("female", "male", "female")) if rng.random() < WISH_SHARE else ""
            for appointment in story.appointments:
                self._interpreting(story, appointment, wish)

    def _ride(
        self,
        story: Story,
        kind: str,
        origin: Place,
        destination: Place,
        facts: dict[str, int],
        off: bool,
        *,
        flight: Flight | None = None,
        at: dt.datetime | None = None,
    ) -> None:
        starts_at, ends_at = ride_times(kind, origin, destination, flight, at)
        job = Ride(
            id=draw_id(story.rng), stay=story.stay, kind=kind, flight=flight, origin=origin, destination=destination,
            starts_at=starts_at, ends_at=ends_at, **facts,
        )  # fmt: skip
        open_question = kind == Ride.Kind.TRANSFER or "gmp" in (origin.code, destination.code)
        self._add(job, story, open_question, off)

    def _interpreting(self, story: Story, appointment: Appointment, wish: str) -> None:
        starts_at, ends_at = interpreting_times(appointment)
        job = Interpreting(
            id=draw_id(story.rng), stay=story.stay, appointment=appointment, language=story.guest.language,
            field=appointment.offering.department, wish=wish, place=appointment.place, starts_at=starts_at,
            ends_at=ends_at,
        )  # fmt: skip
        self._add(job, story, False, appointment.reservation.status == Reservation.Status.CANCELLED)

    def _add(self, job: Job, story: Story, on_request: bool, off: bool) -> None:
        rng, made_on = story.rng, story.stay.created_at
        later, lately, chance = rng.randrange(3, 2000), rng.randrange(5, 300), rng.random()
        asked_at = min(made_on + dt.timedelta(minutes=later), job.starts_at - SOON)
        asked_at = max(made_on, min(asked_at, self.town.moment - dt.timedelta(minutes=lately)))
        if asked_at < job.starts_at:
            self.all.append(Ask(job, story, asked_at, on_request, chance, off))


class Assigner:
    """Gives out the jobs in the order of time, to whom the concierge's own rules put first."""

    def __init__(self, town: Town, cars: list[Crew], speakers: list[Crew]) -> None:
        self.town, self.cars, self.speakers = town, cars, speakers
        self.coordinator = f"user:{town.users['coordinator'].pk}"
        self.soon = 0

    def write(self, asks: Iterable[Ask]) -> Iterator[Ask]:
        """Write each with its history; yields it as it came out."""
        for ask in sorted(asks, key=lambda one: (one.job.starts_at, str(one.job.pk))):
            self._write(ask)
            yield ask

    def _write(self, ask: Ask) -> None:
        outcome = self._outcome(ask)
        crew = None
        if outcome == ServiceStatus.ASSIGNED:
            crew = self._best(ask.job)
            if crew is None:
                outcome = ServiceStatus.DECLINED if ask.job.starts_at <= self.town.moment else ServiceStatus.GRANTED
        steps = self._steps(ask, outcome, crew)
        job = ask.job
        job.status, job.sequence = steps[-1][0], len(steps) - 1
        job.created_at = ask.asked_at
        if steps[0][0] == ServiceStatus.WAITING:
            job.answer_by = min(ask.asked_at + rules_at(job.starts_at).span("answer_within"), job.starts_at)
        if crew is not None:
            self._reserve(ask, crew)
        self.town.writer.add(job)
        for number, (status, at, actor) in enumerate(steps):
            self._step(
                job, status, at, actor, assigned=crew is not None and number > 0 and status != ServiceStatus.GRANTED
            )
        if crew is not None:
            self._taps(job, steps, crew)

    def _outcome(self, ask: Ask) -> str:
        """What the desk did until now, before anybody is looked for."""
        job, moment = ask.job, self.town.moment
        if ask.off:
            return ServiceStatus.CANCELLED
        if job.starts_at <= moment:
            return ServiceStatus.DECLINED if ask.chance < 0.02 else ServiceStatus.ASSIGNED
        if job.starts_at <= moment + SOON:
            self.soon += 1
            if self.soon % 5 == 2:
                return ServiceStatus.GRANTED
            if self.soon % 9 == 4:
                return ServiceStatus.WAITING
            return ServiceStatus.ASSIGNED
        open_share = 0.5 if job.starts_at > moment + FAR else 0.2
        if ask.chance < open_share:
            return ServiceStatus.WAITING if ask.on_request or ask.chance < 0.06 else ServiceStatus.GRANTED
        return ServiceStatus.ASSIGNED

    def _steps(self, ask: Ask, outcome: str, crew: Crew | None) -> list[tuple[str, dt.datetime, str]]:
        job, moment, guest = ask.job, self.town.moment, f"guest:{ask.story.guest.pk}"
        waits = ask.on_request or outcome == ServiceStatus.WAITING
        if outcome == ServiceStatus.WAITING:
            ask.asked_at = max(ask.asked_at, min(moment, job.starts_at) - dt.timedelta(minutes=60 + 780 * ask.chance))
        steps = [(str(ServiceStatus.WAITING if waits else ServiceStatus.GRANTED), ask.asked_at, guest)]
        last = min(moment, job.starts_at)
        decided = ask.asked_at + (last - ask.asked_at) * (0.2 + 0.6 * ask.chance)
        if outcome == ServiceStatus.CANCELLED:
            steps.append((ServiceStatus.CANCELLED, decided, guest))
        elif outcome == ServiceStatus.DECLINED or (outcome == ServiceStatus.GRANTED and waits):
            steps.append((outcome, decided, self.coordinator))
        elif crew is not None:
            steps.append((ServiceStatus.ASSIGNED, decided, self.coordinator))
            steps += self._on_the_day(ask, crew)
        return steps

    def _on_the_day(self, ask: Ask, crew: Crew) -> list[tuple[str, dt.datetime, str]]:
        """What the crew tapped until now. One in three that should have set out in the last hour has not said so."""
        job, moment = ask.job, self.town.moment
        actor = crew.crew.person.actor
        lag = dt.timedelta(minutes=round(6 * ask.chance))
        planned = [
            (ServiceStatus.UNDER_WAY, job.starts_at - dt.timedelta(minutes=25)),
            (ServiceStatus.MET, job.starts_at + lag),
            (ServiceStatus.FINISHED, job.ends_at + lag),
        ]
        said = [(str(status), max(at, ask.asked_at), actor) for status, at in planned if at <= moment]
        silent = job.starts_at > moment - dt.timedelta(minutes=60) and ask.chance > 0.66
        return [] if silent else said

    def _step(self, job: Job, status: str, at: dt.datetime, actor: str, *, assigned: bool) -> None:
        about = (
            {"ride": job, "vehicle": job.vehicle if assigned else None}
            if isinstance(job, Ride)
            else {"interpreting": job, "interpreter": job.interpreter if assigned else None}
        )
        self.town.writer.add(ServiceStep(status=status, at=at, actor=actor, **about))

    def _taps(self, job: Job, steps: list[tuple[str, dt.datetime, str]], crew: Crew) -> None:
        words = ("on_the_way", "met", "dropped") if isinstance(job, Ride) else ("on_the_way", "started", "finished")
        word_of = {str(STATUS_OF_WORD[word]): word for word in words}
        about = {"ride": job} if isinstance(job, Ride) else {"interpreting": job}
        for status, at, actor in steps:
            if status in word_of and actor.startswith("crew:"):
                self.town.writer.add(Tap(word=word_of[status], actor=actor, tapped_at=at, received_at=at, **about))

    def _reserve(self, ask: Ask, crew: Crew) -> None:
        job = ask.job
        leaves_at = crew.jobs[-1].leaves_at
        reservation = Reservation(
            id=draw_id(random.Random(str(job.pk))),
            status=Reservation.Status.BOOKED,
            starts_at=leaves_at,
            ends_at=job.ends_at,
            created_at=ask.asked_at,
        )
        self.town.writer.add(reservation)
        claim(self.town, reservation, crew.crew.resource_id, leaves_at, job.ends_at)
        job.reservation = reservation
        job.crew = crew.crew

    def _best(self, job: Job) -> Crew | None:
        """Who fits best; the job is written into their day."""
        need = _need(job)
        slack = rules_at(job.starts_at).span("slack")
        found: list[tuple[fitting.Fit, Crew]] = []
        for crew in self.cars if isinstance(job, Ride) else self.speakers:
            if crew.jobs and crew.jobs[-1].ends_at > job.starts_at:
                continue
            if isinstance(job, Interpreting) and job.language not in crew.languages:
                continue
            hours = self._hours(crew, job)
            if hours is None:
                continue
            fit = fitting.fit(need, _candidate(crew, hours), slack)
            if fit.fits:
                found.append((fit, crew))
        if not found:
            return None
        fit, crew = min(found, key=lambda pair: pair[0].order)
        crew.jobs.append(
            fitting.Job(
                str(job.pk), job.starts_at, job.ends_at, need.origin, need.destination, fit.leaves_at, need.guest
            )
        )
        del crew.jobs[:-REMEMBERED]
        return crew

    def _hours(self, crew: Crew, job: Job) -> fitting.Span | None:
        """The shift that holds the whole job."""
        today = job.starts_at.astimezone(SEOUL).date()
        for day in (today, today - dt.timedelta(days=1)):
            shift = crew.hours.get(day.weekday())
            if shift is not None:
                span = fitting.Span(self.town.at(day, shift[0]), self.town.at(day, shift[1]))
                if span.starts_at <= job.starts_at and job.ends_at <= span.ends_at:
                    return span
        return None


def _need(job: Job) -> fitting.RideNeed | fitting.InterpretingNeed:
    guest = str(job.stay.guest_id)
    if isinstance(job, Ride):
        return fitting.RideNeed(
            job.starts_at, job.ends_at, job.origin.point, job.destination.point, guest, job.party, job.luggage,
            job.wheelchairs,
        )  # fmt: skip
    day = job.starts_at.astimezone(SEOUL).date()
    return fitting.InterpretingNeed(
        job.starts_at, job.ends_at, job.place.point, job.place.point, guest, job.language, job.field.slug, job.wish, day
    )


def _candidate(crew: Crew, hours: fitting.Span) -> fitting.Car | fitting.Speaker:
    one, key, base = crew.crew, str(crew.crew.pk), crew.base.point
    if isinstance(one, Interpreter):
        return fitting.Speaker(
            key, base, [hours], crew.jobs, crew.languages, crew.fields, one.sex, one.appointed_from,
            one.appointed_until, one.certified_until,
        )  # fmt: skip
    return fitting.Car(key, base, [hours], crew.jobs, one.seats, one.luggage, one.wheelchairs)
