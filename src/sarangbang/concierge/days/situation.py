"""The day as the engine of mending reads it: how far it has come, what stays, which clinic hours there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from sarangbang.concierge import lifecycle
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import Interpreting, Ride, ServiceStatus
from sarangbang.concierge.times import brings_to, fetches_from
from sarangbang.dispatch import interpreting
from sarangbang.dispatch import mending as engine
from sarangbang.dispatch.model import Car, Problem, Request, Stop
from sarangbang.scheduling.models import Appointment

from .clinic_hours import ClinicHour, other_hours
from .daybook import crew_key
from .model import KEPT, MINUTE, NEVER, DayModel
from .telling import Told

FREEZE_RIDES, FREEZE_JOBS = 25.0, 30.0
OVER = (ServiceStatus.MET, ServiceStatus.FINISHED)
MOST_MOVED = 12
"""Of so many appointments other hours are looked for; of the others of the news not."""


@dataclass(frozen=True)
class Laid:
    """A situation, with what its names stand for."""

    situation: engine.Situation
    appointments: Mapping[str, Appointment]
    hours: Mapping[str, ClinicHour]

    def without(self, crossing: set[tuple[str, str]]) -> Laid:
        """The same without these hours of these appointments."""
        appointments = tuple(
            replace(one, slots=tuple(slot for slot in one.slots if (one.key, slot.key) not in crossing))
            for one in self.situation.appointments
        )
        return replace(self, situation=replace(self.situation, appointments=appointments))


def lay_out(model: DayModel, told: Told) -> Laid:
    """The day at this moment."""
    rides = [
        ride for ride in model.rides if crew_key(ride) or ride.subject in told.touched or ride.subject in told.seeking
    ]
    carried = {
        ride.subject: engine.Carried(shift, *_times(model, told, ride))
        for ride in rides
        if (shift := model.shift_of(ride)) is not None
    }
    jobs = [job for job in model.interpretings if crew_key(job) and job.subject not in told.gone]
    hours: dict[str, ClinicHour] = {}
    appointments = _appointments(model, told, hours, {ride.subject for ride in rides}, {job.subject for job in jobs})
    situation = engine.Situation(
        now=model.now,
        rides=model.problem([_request(model, told, ride) for ride in rides]),
        carried=carried,
        interpreting=model.day(jobs, frozen=[job.subject for job in jobs if _stays(model, told, job)]),
        appointments=appointments,
        aboard=frozenset(ride.subject for ride in rides if _is_aboard(model, told, ride)),
        arrived=frozenset(
            ride.subject for ride in rides if _went(model, told, ride) in OVER and not _is_aboard(model, told, ride)
        ),
        promised={
            ride.subject: (model.minute(ride.starts_at), 0.0)
            for ride in rides
            if ride.locked_at is not None and ride.subject not in told.touched
        },
        told=frozenset(each.car for each in carried.values()),
        seeking=frozenset(ride.subject for ride in rides if ride.subject in told.seeking),
        freeze=FREEZE_RIDES,
        freeze_jobs=FREEZE_JOBS,
    )
    return Laid(situation, told.appointments, hours)


def a_small_day() -> tuple[engine.Situation, tuple[engine.News, ...]]:
    """Somebody of everything, with news about each: what the engine has to do on a real day, in small."""
    ways = np.array([[0.0, 30.0], [30.0, 0.0]])
    requests = [Request(name, Stop(0, at, at), Stop(1), {"seats": 1}, alone=True, price=NEVER) for name, at in RIDES]
    cars = [Car(name, room={"seats": 2}, begin=0.0, until=1400.0) for name in ("a", "b")]
    people = tuple(
        interpreting.Interpreter(key=name, languages={"en": 1}, home="0", hours=((0, 1400),)) for name in ("i", "j")
    )
    job = interpreting.Job(key="job", start=700, end=760, language="en", place="1")
    day = interpreting.Day((job,), people, ("0", "1"), {"car": [[0, 30], [30, 0]]}, present={"job": "i"})
    situation = engine.Situation(
        now=60.0,
        rides=Problem(requests, cars, ways, ways[None]),
        carried={name: engine.Carried("a", at, at + 30.0) for name, at in RIDES},
        interpreting=day,
        appointments=(engine.Appointment("visit", "g", 700, 760, job="job", slots=(engine.Slot(800, 860, "x"),)),),
    )
    return situation, (
        engine.GuestLate(("one",), 500.0), engine.ArrivesLate("visit", 750.0), engine.InterpreterOut("i"),
    )  # fmt: skip


RIDES = (("one", 400.0), ("two", 500.0))


def _went(model: DayModel, told: Told, ride: Ride) -> str:
    """How far a ride has come. Crews forget to tap: what should have happened has, unless the news is about it."""
    if ride.status in (ServiceStatus.MET, ServiceStatus.FINISHED) or ride.subject in told.touched:
        return ride.status
    if not crew_key(ride) or ride.starts_at > model.book.now:
        return ride.status
    return ServiceStatus.FINISHED if ride.ends_at <= model.book.now else ServiceStatus.MET


def _times(model: DayModel, told: Told, ride: Ride) -> tuple[float, float]:
    """When a ride began and ended, or will: what has happened lies not ahead."""
    start, end = model.minute(ride.starts_at), model.minute(ride.ends_at)
    went = _went(model, told, ride)
    if went not in OVER:
        return start, end
    start = min(start, model.now)
    if went == ServiceStatus.FINISHED:
        return start, min(max(end, start), model.now)
    late = told.arrives.get(ride.subject)
    return start, max(model.minute(late) if late is not None else end, model.now)


def _is_aboard(model: DayModel, told: Told, ride: Ride) -> bool:
    """Whether the engine has to count a guest as aboard: who sits in a car that goes nowhere any more, and those for
    whom the car has set out. Of others who sit in one it is known when they arrive."""
    went = _went(model, told, ride)
    if f"vehicle:{crew_key(ride)}" in told.out:
        return went == ServiceStatus.MET
    leaves_at = ride.reservation.starts_at if ride.reservation is not None else ride.starts_at
    has_left = leaves_at - model.book.slack <= model.book.now
    return went not in OVER and ride.subject not in told.touched and crew_key(ride) != "" and has_left


def _request(model: DayModel, told: Told, ride: Ride) -> Request:
    """A ride as it is planned. Locked, or with the car on its way, it stays with its car while that goes."""
    is_out = f"vehicle:{crew_key(ride)}" in told.out
    shift = model.shift_of(ride)
    is_bound = ride.locked_at is not None or ride.status == ServiceStatus.UNDER_WAY or not model.book.is_today(ride)
    cars = frozenset({shift}) if is_bound and shift is not None and not is_out else None
    return model.request(ride, cars=cars, price=KEPT if cars else NEVER)


def _stays(model: DayModel, told: Told, job: Interpreting) -> bool:
    if f"interpreter:{crew_key(job)}" in told.out:
        return False
    begun = job.status in (ServiceStatus.UNDER_WAY, ServiceStatus.MET, ServiceStatus.FINISHED)
    return job.locked_at is not None or begun or not model.book.is_today(job)


def _appointments(
    model: DayModel, told: Told, hours: dict[str, ClinicHour], rides: set[str], jobs: set[str]
) -> tuple[engine.Appointment, ...]:
    book = model.book
    by_stay: dict[UUID, list[Appointment]] = defaultdict(list)
    for one in told.appointments.values():
        by_stay[stay_key(one)].append(one)
    own = {job.appointment_id: job for job in book.interpretings if job.status in lifecycle.LIVE}
    found = []
    for number, (name, one) in enumerate(told.appointments.items()):
        present, before = one.reservation, rules_at(one.reservation.starts_at).span("interpreter_before")
        job = own.get(one.pk)
        is_locked = job is not None and job.locked_at is not None
        slots: list[engine.Slot] = []
        if number < MOST_MOVED and name not in told.facts and not is_locked:
            for hour in other_hours(one, max(book.now, book.bounds[0]), book.bounds[1], by_stay[stay_key(one)]):
                hours[hour.key] = hour
                start, end = model.minute(hour.starts_at - before), model.minute(hour.ends_at)
                slots.append(engine.Slot(round(start), round(end), hour.key))
        to, back = _linked(model, one, rides)
        found.append(
            engine.Appointment(
                key=name,
                guest=str(one.guest_id),
                start=round(model.minute(present.starts_at - before)),
                end=round(model.minute(present.ends_at)),
                clinic=str(one.institution_id),
                job=job.subject if job is not None and job.subject in jobs else "",
                to=to,
                back=back,
                slots=tuple(slots),
                patience=round(before / MINUTE),
                early=0,
                fixed=is_locked,
            )
        )
    return tuple(found)


def _linked(model: DayModel, one: Appointment, rides: set[str]) -> tuple[str, str]:
    """The rides in town that bring the guest and fetch them again."""
    to = back = ""
    present = one.reservation
    for ride in model.book.rides:
        if ride.subject not in rides or ride.stay_id != stay_key(one):
            continue
        if brings_to(ride, one.place_id, present.starts_at):
            to = ride.subject
        elif not back and fetches_from(ride, one.place_id, present.ends_at):
            back = ride.subject
    return to, back


def stay_key(one: Appointment) -> UUID:
    """The stay of an appointment; what belongs to none is a stay of its own."""
    belongs = getattr(one, "stay_appointment", None)
    return belongs.stay_id if belongs is not None else one.pk
