"""What is asked of mending, looked at before anything is done: names that nobody knows, numbers that are none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from sarangbang.dispatch.model import HORIZON, twice

from .model import (
    ArrivesLate,
    CarBroken,
    ClinicLate,
    GuestLate,
    InterpreterOut,
    News,
    NoShow,
    Situation,
    Unmendable,
)

LONGEST = 7 * 1440
"""Minutes by which a clinic may be late."""


def check(situation: Situation, news: Sequence[News]) -> None:
    """Raises ``Unmendable``."""
    for what, given in _given(situation):
        if (again := twice(given)) is not None:
            raise Unmendable(f"{what}: the name {again!r} occurs twice")
    for what, names, known in (*_names(situation), *_names_of(situation, news)):
        if names - known:
            raise Unmendable(f"{what}: unknown name {min(names - known)!r}")
    for what, fine in (*_numbers(situation), *_numbers_of(situation, news)):
        if not fine:
            raise Unmendable(f"{what} makes no sense")
    if any(slot.end <= slot.start for one in situation.appointments for slot in one.slots):
        raise Unmendable("slots: one ends before it begins")


def _given(situation: Situation) -> Iterator[tuple[str, Iterable[str]]]:
    """Names that are given to something, each to one thing only."""
    yield "rides", (request.name for request in situation.rides.requests)
    yield "cars and spare cars", (car.name for car in (*situation.rides.cars, *situation.spare))
    yield "appointments", (one.key for one in situation.appointments)
    yield "jobs", (job.key for job in situation.interpreting.jobs)
    yield "interpreters", (one.key for one in situation.interpreting.interpreters)


def _names(situation: Situation) -> Iterator[tuple[str, set[str], set[str]]]:
    """Names, and those among which they have to be."""
    requests, carried = {request.name for request in situation.rides.requests}, set(situation.carried)
    rides = {name for one in situation.appointments for name in (one.to, one.back) if name}
    yield "carried", carried, requests
    yield "carried by", {each.car for each in situation.carried.values()}, {car.name for car in situation.rides.cars}
    yield "aboard", set(situation.aboard), carried
    yield "arrived", set(situation.arrived), carried
    yield "seeking", set(situation.seeking), requests - carried
    yield "ride of an appointment", rides, requests
    jobs = {job.key for job in situation.interpreting.jobs}
    yield "job of an appointment", {one.job for one in situation.appointments if one.job}, jobs


def _names_of(situation: Situation, news: Sequence[News]) -> Iterator[tuple[str, set[str], set[str]]]:
    rides = {request.name for request in situation.rides.requests}
    appointments = {one.key for one in situation.appointments}
    people = {one.key for one in situation.interpreting.interpreters}
    for one in news:
        match one:
            case GuestLate():
                yield "guest late, ride", set(one.rides), rides
            case ArrivesLate():
                yield "arrives late, appointment", {one.appointment}, appointments
            case NoShow():
                yield "no-show, ride", set(one.rides), rides
                yield "no-show, appointment", set(one.appointments), appointments
            case InterpreterOut():
                yield "interpreter out", {one.interpreter}, people
            case CarBroken():
                yield "car broken", {one.car}, {car.name for car in situation.rides.cars}
            case ClinicLate():
                yield "clinic late, appointment", set(one.appointments), appointments


def _numbers(situation: Situation) -> Iterator[tuple[str, bool]]:
    """Numbers by name, and whether they are some."""
    yield "now", abs(situation.now) < HORIZON
    yield "what is frozen", situation.freeze >= 0 and 0 <= situation.freeze_jobs < HORIZON
    times = (when for each in situation.carried.values() for when in (each.pickup, each.dropoff))
    yield "the time of a ride", all(abs(when) < HORIZON for when in times)
    yield "a promise", all(abs(when) < HORIZON and slack >= 0 for when, slack in situation.promised.values())


def _numbers_of(situation: Situation, news: Sequence[News]) -> Iterator[tuple[str, bool]]:
    for one in news:
        match one:
            case GuestLate():  # without end: they never come
                yield "when the guests are there", not math.isnan(one.ready)
            case ArrivesLate():
                yield "when the guest is there", not math.isnan(one.minute)
            case InterpreterOut():
                yield "since when an interpreter is out", one.since is None or abs(one.since) < HORIZON
            case CarBroken():
                rows = range(len(situation.rides.length))
                yield "where the car stands", one.place is None or one.place in rows
            case ClinicLate():
                yield "by how much the clinic is late", abs(one.minutes) <= LONGEST
