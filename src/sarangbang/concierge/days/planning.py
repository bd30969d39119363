"""A day planned: who does what, for everybody or for those who have nobody yet. Reads a ``Daybook``, writes nothing.

Cars and interpreters are put together by ``dispatch``. What it finds is looked at once more by the law of the house
(``fitting``), as it will be when the plan is accepted; what does not hold there is left out and said.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import need_of, planned
from sarangbang.concierge.choosing.helping import Count, count_reasons, would_help
from sarangbang.concierge.models import Crew, Interpreting, Job, Ride, ServiceStatus
from sarangbang.dispatch.interpreting.plan import plan_day
from sarangbang.dispatch.solving import Effort, solve

from .daybook import Daybook, crew_key
from .model import KEPT, NEVER, DayModel

FREEZE = dt.timedelta(minutes=30)
"""What begins within this time stays as it is; the crew is on its way already."""
STEPS_WHOLE, STEPS_REST = 4000, 400
MOST_WORK = 400_000
"""How long the search for cars goes on: steps, and steps times rides. Not seconds: the same day gives the same plan."""
ROUNDS_WHOLE, ROUNDS_REST = 60, 6
SECONDS_WHOLE, SECONDS_REST = 5.0, 1.0
"""Interpreters: rounds, and the time after which the best so far is taken on a machine that is too slow for them."""
MOST_EXPLAINED = 60
"""Of so many jobs that stay open it is said in detail why."""


@dataclass(frozen=True, slots=True)
class Left:
    """A job for which nothing was found: "waits" (for an answer of the desk), "offered" (to an interpreter who has not
    answered yet), "locked", "past", or "nobody" with how many do not
    fit for which reason (``helping.Count``) and what would help (``helping``)."""

    subject: str
    code: str
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """As ``Proposal.unmended`` keeps it."""
        return {"subject": self.subject, "code": self.code, "about": dict(self.about)}


@dataclass(frozen=True, slots=True)
class Planned:
    """Who does what, for each job that gets another crew: subjects to keys of crews. The rest is ``left``. ``cost``
    by kind."""

    assigned: Mapping[str, str]
    left: tuple[Left, ...]
    cost: Mapping[str, float] = field(default_factory=dict)


def is_fixed(job: Job, now: dt.datetime) -> bool:
    """Whether no plan may give a job to somebody else: locked, begun, or about to begin."""
    return (job.locked_at is not None or job.status not in lifecycle.UNASSIGNED | {ServiceStatus.ASSIGNED}) or (
        job.status == ServiceStatus.ASSIGNED and job.starts_at <= now + FREEZE
    )


def is_wanted(job: Job, now: dt.datetime) -> bool:
    """Whether a plan looks for somebody: granted, nobody has it, it is not locked and still ahead."""
    return job.status == ServiceStatus.GRANTED and job.locked_at is None and job.starts_at > now


def plan(book: Daybook, *, whole: bool) -> Planned:
    """The day planned anew (``whole``), or only what nobody has yet put beside what is assigned. Times stay as they
    were promised."""
    model = DayModel(book)
    wanted = {subject for subject, job in book.jobs.items() if is_wanted(job, book.now)} - book.offered
    free = wanted | {
        subject for subject, job in book.jobs.items() if whole and crew_key(job) and not is_fixed(job, book.now)
    }
    found = _cars(model, free, whole) | _interpreters(model, free, whole)
    held = settled(book, found, free)
    assigned = {
        subject: key
        for key, jobs in held.items()
        for subject in (job.subject for job in jobs)
        if subject in free and crew_key(book.jobs[subject]) != key
    }
    covered = {job.subject for jobs in held.values() for job in jobs}
    left = [
        Left(subject, _why_not_wanted(book, job))
        for subject, job in book.jobs.items()
        if not crew_key(job) and subject not in wanted
    ]
    left += why_nobody(book, held, sorted(wanted - covered))
    cost = {
        "way_minutes": float(way_minutes(book, held) - way_minutes(book, book.held)),
        "changed": float(len(assigned)),
    }
    return Planned(assigned, tuple(sorted(left, key=lambda each: each.subject)), cost)


def _why_not_wanted(book: Daybook, job: Job) -> str:
    if job.locked_at is not None:
        return "locked"
    if job.status == ServiceStatus.WAITING:
        return "waits"
    return "offered" if job.subject in book.offered else "past"


def _cars(model: DayModel, free: set[str], whole: bool) -> dict[str, str]:
    """Cars for the rides that are free, by the search over tours; present cars are where it begins."""
    rides = [ride for ride in model.rides if ride.subject in free or crew_key(ride)]
    if not any(ride.subject in free for ride in rides) or not model.cars:
        return {}
    number = {car.name: place for place, car in enumerate(model.cars)}
    start: list[list[int]] = [[] for _car in model.cars]
    requests = []
    for i, ride in enumerate(rides):
        shift, is_free = model.shift_of(ride), ride.subject in free
        cars = None if is_free or shift is None else frozenset({shift})
        requests.append(model.request(ride, cars=cars, price=NEVER if is_free else KEPT))
        if shift is not None:
            start[number[shift]] += [i + 1, i + 1 + len(rides)]
    steps = min(STEPS_WHOLE, MOST_WORK // len(rides)) if whole else STEPS_REST
    effort = Effort(seconds=None, steps=steps)
    plan = solve(model.problem(requests), effort, start=start)
    return {
        rides[node - 1].subject: model.cars[tour.car].name.partition("#")[0]
        for tour in plan.tours
        for node in tour.nodes
        if node <= len(rides) and rides[node - 1].subject in free
    }


def _interpreters(model: DayModel, free: set[str], whole: bool) -> dict[str, str]:
    """Interpreters for the jobs that are free; who has one now keeps it as far as everybody else allows."""
    jobs = [job for job in model.interpretings if job.subject in free or crew_key(job)]
    if not any(job.subject in free for job in jobs) or not model.book.interpreters:
        return {}
    day = model.day(jobs, frozen=[job.subject for job in jobs if job.subject not in free])
    seconds, rounds = (SECONDS_WHOLE, ROUNDS_WHOLE) if whole else (SECONDS_REST, ROUNDS_REST)
    plan = plan_day(day, seconds=seconds, rounds=rounds)
    return {subject: key for subject, key in plan.assigned.items() if subject in free}


def settled(
    book: Daybook, found: Mapping[str, str], free: Iterable[str], changed: Mapping[str, Job] | None = None
) -> dict[str, list[Job]]:
    """What each crew would have to do, by the law of the house: those of ``free`` as ``found`` gives them, the others
    as they are. Who cannot take a job after all does not get it. ``changed`` are jobs with other times."""
    free, changed = set(free), changed or {}
    jobs = {**book.jobs, **changed}
    held: dict[str, list[Job]] = defaultdict(list)
    for key, own in book.held.items():
        held[key] = [changed.get(job.subject, job) for job in own if job.subject not in free]
    for subject, key in sorted(found.items(), key=lambda item: (jobs[item[0]].starts_at, item[0])):
        held[key].append(jobs[subject])
    for key, mine in held.items():
        mine.sort(key=lambda job: (job.starts_at, job.subject))
        crew = book.cars.get(key) or book.interpreters.get(key)
        if crew is not None:
            held[key] = _lawful(book, crew, mine, free)
    return held


def _lawful(book: Daybook, crew: Crew, jobs: Sequence[Job], free: set[str]) -> list[Job]:
    """The jobs without those that nobody may be given like this: the last first."""
    kept = list(jobs)
    while True:
        mine = {str(job.pk) for job in kept if job.subject in free}
        if not mine:
            return kept
        movable = [job for job in kept if str(job.pk) in mine or job.status == ServiceStatus.ASSIGNED]
        needs = {str(job.pk): need_of(job) for job in movable}
        fits = fitting.settle(book.candidate(crew, ()), [_afresh(job) for job in kept], needs, book.slack)
        wrong = [job for job in kept if str(job.pk) in mine and not fits[str(job.pk)].fits]
        if not wrong:
            return kept
        kept.remove(wrong[-1])


def _afresh(job: Job) -> fitting.Job:
    return planned(copy(job))


def why_nobody(
    book: Daybook,
    held: Mapping[str, Sequence[Job]],
    subjects: Sequence[str],
    changed: Mapping[str, Job] | None = None,
) -> list[Left]:
    """Why these jobs stay open: how many do not fit for which reason. ``changed`` are jobs with other times."""
    changed = changed or {}
    candidates: dict[type[Job], list[fitting.Candidate]] = {}
    for kind, crews in ((Ride, book.cars), (Interpreting, book.interpreters)):
        all_crews: Mapping[str, Crew] = crews
        candidates[kind] = [book.candidate(crew, held.get(key, ())) for key, crew in all_crews.items()]
    found = []
    for place, subject in enumerate(subjects):
        about: dict[str, Any] = {}
        if place < MOST_EXPLAINED:
            job = changed.get(subject) or book.jobs[subject]
            need = need_of(job)
            against = [_against(need, each, book.slack) for each in candidates[type(job)]]
            about = {"counts": [_count(each) for each in count_reasons(against)]}
            help_by = would_help(against)
            if help_by:
                about["help"] = help_by
        found.append(Left(subject, "nobody", about))
    return found


def _against(need: fitting.Need, candidate: fitting.Candidate, slack: dt.timedelta) -> Sequence[fitting.Reason]:
    """What speaks against a candidate; of who lacks much anyway, the way is not reckoned."""
    lacking = fitting.lacks(need, candidate)
    return lacking if len(lacking) > 1 else fitting.fit(need, candidate, slack).against


def _count(count: Count) -> list[Any]:
    return [count.code, count.number, count.free_from.isoformat() if count.free_from else None]


def way_minutes(book: Daybook, held: Mapping[str, Sequence[Job]]) -> int:
    """Minutes on the way to all jobs of the day."""
    return sum(_way(book, key, jobs) for key, jobs in held.items())


def _way(book: Daybook, key: str, jobs: Sequence[Job]) -> int:
    crew = book.cars.get(key) or book.interpreters.get(key)
    if crew is None or not jobs:
        return 0
    to_do = [planned(job) for job in jobs]
    return fitting.way_minutes(book.candidate(crew, ()).base, to_do)
