"""The day has changed: somebody is ill, a job is new or moved, a guest comes too late. Mend it and disturb few.

The ways to change a day (``ill``, ``added``, ``moved``, ``called_off``) leave the present plan as it is known;
``plan_day`` on the changed day then keeps as much of it as coverage allows. ``rebook`` looks for a new time for one
guest: candidate times, interpreters and the guest's ride together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .check import Roads, by_person, least_way, quarters, time_left
from .model import Day, Job, Unfit
from .moves import rehouse
from .search import from_owners
from .table import NOBODY, build, lacks, order


def ill(day: Day, who: str) -> Day:
    """Without this interpreter, from now on; what was frozen with them is not any more."""
    return replace(
        day,
        interpreters=tuple(one for one in day.interpreters if one.key != who),
        frozen=frozenset(key for key in day.frozen if day.present.get(key) != who),
    )


def added(day: Day, job: Job) -> Day:
    return replace(day, jobs=(*day.jobs, job))


def called_off(day: Day, key: str) -> Day:
    return replace(
        day,
        jobs=tuple(job for job in day.jobs if job.key != key),
        present={other: who for other, who in day.present.items() if other != key},
        frozen=day.frozen - {key},
    )


def moved(day: Day, key: str, start: int, end: int) -> Day:
    """With this job at another time; it is not frozen any more."""
    if not any(job.key == key for job in day.jobs):
        raise Unfit(f"job {key!r}: unknown")
    jobs = tuple(replace(job, start=start, end=end) if job.key == key else job for job in day.jobs)
    return replace(day, jobs=jobs, frozen=day.frozen - {key})


@dataclass(frozen=True, slots=True)
class Change:
    """Who had a job and who has it now; empty for nobody."""

    job: str
    before: str
    after: str


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """What differs between two plans, by job."""
    keys = sorted({*before, *after})
    return [
        Change(key, before.get(key, ""), after.get(key, ""))
        for key in keys
        if before.get(key, "") != after.get(key, "")
    ]


class Ride(Protocol):
    """How the guest gets there. ``changes`` counts promises to others that it breaks; ``cost`` in minutes."""

    @property
    def changes(self) -> int: ...

    @property
    def cost(self) -> float: ...


@dataclass(frozen=True, slots=True)
class NoRide:
    """The guest needs no car."""

    changes: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Option:
    """One way out: the new time, who interprets, what else changes for whom, and the ride."""

    start: int
    end: int
    interpreter: str
    changes: tuple[Change, ...]
    ride: Any
    disruption: tuple[float, ...]


def rebook(
    day: Day,
    key: str,
    times: Sequence[tuple[int, int]],
    ride: Callable[[int, int], Ride | None],
    *,
    patience: int = 400,
    seconds: float = 1.0,
) -> list[Option]:
    """Ways out when the guest of job ``key`` cannot be there in time, the least disturbing first.

    ``times`` are the starts and ends the clinic can offer; ``ride(start, end)`` says how the guest would come, or None
    where no car can. The disruption is ordered: people who have to be told of something new (interpreters with
    other jobs, other guests with another interpreter, promises of the ride), wishes not met, minutes by which the
    appointment moves, minutes on the way, price of the ride. Nobody loses an interpreter for it. Chains of
    exchanges are looked for at the times at which nobody can come just so, as long as there is time.
    """
    end_of_time = time.perf_counter() + seconds
    job = next((each for each in day.jobs if each.key == key), None)
    if job is None:
        raise Unfit(f"job {key!r}: unknown")
    roads = Roads(day)
    found: list[Option] = []
    without_any: list[tuple[int, int, Ride]] = []
    for start, end in times:
        if end <= start:
            raise Unfit(f"job {key!r}: a time that ends before it begins")
        car = ride(start, end)
        if car is None:
            continue
        straight = list(_straight(day, roads, job, start, end, car))
        found += straight
        if not straight:
            without_any.append((start, end, car))
    for start, end, car in without_any:
        if time.perf_counter() >= end_of_time:
            break
        found += _by_chain(day, job, start, end, car, patience)
    return sorted(found, key=lambda each: (each.disruption, each.start, each.interpreter))


def _disruption(
    day: Day, job: Job, start: int, who: str, made: Sequence[Change], way: int, car: Ride
) -> tuple[float, ...]:
    person = next(one for one in day.interpreters if one.key == who)
    told = len({name for change in made for name in (change.before, change.after) if name})
    guests = sum(1 for change in made if change.job != job.key)
    unmet = (bool(job.sex) and person.sex != job.sex) + (job.same_face and bool(job.known) and who not in job.known)
    return (told + guests + car.changes, unmet, abs(start - job.start), way, car.cost)


def _straight(day: Day, roads: Roads, job: Job, start: int, end: int, car: Ride) -> Iterable[Option]:
    """Interpreters who can come at this time as their day is."""
    at = replace(job, start=start, end=end)
    held = by_person(day, {key: who for key, who in day.present.items() if key != job.key})
    before = day.present.get(job.key, "")
    for one in day.interpreters:
        if next(lacks(at, one), None):
            continue
        mine = held.get(one.key, [])
        left = time_left(one)
        if left is not None and quarters([*mine, at]) > left:
            continue
        way, old = least_way(roads, one, [*mine, at]), least_way(roads, one, mine)
        if way is None:
            continue
        made = (Change(job.key, before, one.key),) if one.key != before else ()
        longer = way - (old or 0)
        yield Option(start, end, one.key, made, car, _disruption(day, job, start, one.key, made, longer, car))


def _by_chain(day: Day, job: Job, start: int, end: int, car: Ride, patience: int) -> Iterable[Option]:
    """The shortest chain of exchanges that frees somebody for this time."""
    there = moved(day, job.key, start, end)
    table = build(there, counting=True)
    jobs = order(there)
    number = next(j for j, each in enumerate(jobs) if each.key == job.key)
    kept = table.kept.copy()
    kept[number] = NOBODY
    state = from_owners(table, kept)
    known = {key for key, who in there.present.items() if who and key != job.key}
    if int((state.owner != NOBODY).sum()) < len(known):
        return  # the present plan cannot be kept at all: that is for plan_day
    if not rehouse(table, number, patience, 0, *state.parts):
        return
    after = {jobs[j].key: day.interpreters[i].key for j, i in enumerate(state.owner) if i != NOBODY}
    made = tuple(changes(day.present, after))
    who = after[job.key]
    yield Option(start, end, who, made, car, _disruption(day, job, start, who, made, 0, car))
