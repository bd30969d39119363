"""Many jobs change hands or times at once: all of them, or none.

Everything is checked again under the locks with the same rules as a single assignment (``fitting``), and the claims of
the database make it true. Order of locks: stays, reservations of appointments, jobs, resources, reservations of
crews; of each kind in the order of their keys.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import need_of, planned
from sarangbang.concierge.days.daybook import Daybook, crew_key, interpretings_for_planning, rides_for_planning
from sarangbang.concierge.interpreters.allowance import Times
from sarangbang.concierge.interpreters.workload import STANDING
from sarangbang.concierge.models import Crew, Interpreting, Job, Ride, ServiceStatus, ServiceStep, Vehicle
from sarangbang.concierge.months import day_of, month_of
from sarangbang.people.actions import audit_all
from sarangbang.rows import update_values
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Reservation, Resource
from sarangbang.stays.actions import links_to

from . import telling
from .assigning import DoesNotFit
from .steps import MoveNotAllowed, mind_promises

NEWS = {"assigned": telling.ASSIGNED, "granted": telling.UNASSIGNED, "cancelled": telling.CANCELLED}


@dataclass
class Turn:
    """What shall become of one job: who does it (None: nobody), when, and its status then."""

    job: Job
    crew: Crew | None
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: str
    reason: str
    undoes: bool = False
    before: Job = field(init=False)

    def __post_init__(self) -> None:
        self.before = copy(self.job)

    @property
    def moves_time(self) -> bool:
        return (self.before.starts_at, self.before.ends_at) != (self.starts_at, self.ends_at)

    @property
    def moves_crew(self) -> bool:
        return crew_key(self.before) != (str(self.crew.pk) if self.crew is not None else "")

    @property
    def stays_with_crew(self) -> bool:
        """Whether it only moves within the month: who has it was given it already."""
        return not self.moves_crew and month_of(self.before.starts_at) == month_of(self.starts_at)

    @property
    def news(self) -> str:
        """What the guest is told."""
        if self.status in (ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY) and not self.moves_crew:
            return telling.MOVED
        if self.status == ServiceStatus.GRANTED and self.before.status == ServiceStatus.GRANTED:
            return telling.MOVED
        return NEWS.get(self.status, telling.ASSIGNED)


def lock_jobs(subjects: Iterable[str]) -> dict[str, Job]:
    """These jobs, locked until the end of the transaction, rides first, each kind by key."""
    keys = [subject.partition(":") for subject in subjects]
    found: dict[str, Job] = {}
    rides = rides_for_planning().filter(pk__in=[key for kind, _colon, key in keys if kind == Ride.service])
    jobs = interpretings_for_planning().filter(pk__in=[key for kind, _c, key in keys if kind == Interpreting.service])
    for each in (rides, jobs):
        for job in each.select_for_update(of=("self",)).order_by("pk"):
            found[job.subject] = job
    return found


def lock_crews(crews: Iterable[Crew | None], practitioners: Iterable[Any] = ()) -> None:
    """Lock the resources of crews, and of practitioners whose time changes too, in one order."""
    keys = {crew.resource_id for crew in crews if crew is not None}
    keys |= set(Resource.objects.filter(practitioner__in=list(practitioners)).values_list("pk", flat=True))
    scheduling.lock_resources(keys)


@dataclass
class Turning:
    """Several turns together. Call ``settle`` and ``give_back`` under the locks, then move the appointments, then
    ``take`` and ``write_down``."""

    turns: Sequence[Turn]
    locked: Mapping[str, Job]
    actor: str

    def settle(self) -> None:
        """Find out when everybody sets out. Raises ``DoesNotFit`` and ``MoveNotAllowed``."""
        self.leaving: dict[str, dt.datetime] = {}
        self.turned = {turn.job.subject: turn for turn in self.turns}
        for turn in self.turns:
            _check_move(turn)
            _set(turn)
        self.touched: dict[str, Crew] = {crew_key(turn.job): turn.crew for turn in self.turns if turn.crew is not None}
        days = sorted({day_of(moment) for turn in self.turns for moment in (turn.starts_at, turn.before.starts_at)})
        for day in days:
            self._settle_day(Daybook.of(day))

    def _settle_day(self, book: Daybook) -> None:
        former = {crew_key(turn.before) for turn in self.turns} - {""}
        turns_of: dict[str, list[Turn]] = defaultdict(list)
        for turn in self.turns:
            turns_of[crew_key(turn.job)].append(turn)
        for key in sorted(self.touched.keys() | former):
            mine = turns_of[key]
            held = [job for job in book.held.get(key, ()) if job.subject not in self.turned]
            crew = self.touched.get(key) or book.cars.get(key) or book.interpreters.get(key)
            if crew is None:
                continue
            self._settle_crew(book, crew, mine, held)

    def _settle_crew(self, book: Daybook, crew: Crew, mine: Sequence[Turn], held: Sequence[Job]) -> None:
        known = book.cars.get(str(crew.pk)) or book.interpreters.get(str(crew.pk))
        today = [turn for turn in mine if day_of(turn.starts_at) == book.day]
        if today and (known is None or not _works(known)):
            raise DoesNotFit(None)
        if known is None:
            return
        free = [job for job in held if job.subject in self.locked and job.status == ServiceStatus.ASSIGNED]
        jobs = [planned(job) for job in (*held, *(turn.job for turn in mine))]
        needs = {str(job.pk): need_of(job) for job in (*free, *(turn.job for turn in mine))}  # all of them set out anew
        candidate = book.candidate(known, ())
        if isinstance(candidate, fitting.Speaker) and candidate.month is not None:
            candidate = replace(candidate, month=candidate.month.after(self._moves_of(str(crew.pk))))
        fits = fitting.settle(candidate, jobs, needs, book.slack)
        for turn in today:
            fit = fits[str(turn.job.pk)]
            if not fit.fits and not (fit.needs_reason and turn.stays_with_crew):
                raise DoesNotFit(fit)
            self.leaving[turn.job.subject] = fit.leaves_at
        for job in free:
            fit = fits[str(job.pk)]
            mine_now = self.locked[job.subject].reservation
            same = mine_now is not None and crew_key(self.locked[job.subject]) == str(crew.pk)
            if fit.fits and same and mine_now is not None and fit.leaves_at != mine_now.starts_at:
                self.leaving[job.subject] = fit.leaves_at

    def _moves_of(self, key: str) -> Iterable[tuple[Times | None, Times | None]]:
        """When an interpreter has these jobs, before and after: the database still has them where they were."""
        for turn in self.turns:
            if isinstance(turn.job, Interpreting):
                yield _theirs(turn.before, key), _theirs(turn.job, key)

    def give_back(self) -> None:
        """Free all time that changes."""
        subjects = {*self.turned, *self.leaving}
        keys = [self.locked[subject].reservation_id for subject in sorted(subjects)]
        scheduling.release_all([key for key in keys if key is not None], actor=self.actor)

    def take(self) -> None:
        """Take the new time of everybody at once. Raises ``Taken``."""
        jobs = [self.locked[subject] for subject in sorted(self.leaving)]
        takings = []
        for job in jobs:
            crew = self.turned[job.subject].crew if job.subject in self.turned else _crew_of(job)
            if crew is None:
                raise DoesNotFit(None)
            place = None if isinstance(job, Ride) else job.place_id
            leaves_at = self.leaving[job.subject]
            wanted = [scheduling.Wanted(crew.resource, leaves_at, job.ends_at, place)]
            takings.append(scheduling.Taking(wanted, leaves_at, job.ends_at))
        reservations = scheduling.write(takings, actor=self.actor) if takings else []
        for turn in self.turns:
            turn.job.reservation = None
        for job, reservation in zip(jobs, reservations, strict=True):
            job.reservation = reservation
        self.companions = [job for job in jobs if job.subject not in self.turned]

    def write_down(self) -> None:
        """Save the jobs with their history and audit, and put the messages into the outbox."""
        for model in (Ride, Interpreting):
            moved = [turn.job for turn in self.turns if isinstance(turn.job, model)]
            names = ["status", "reservation", "sequence", "vehicle" if model is Ride else "interpreter"]
            if any(turn.moves_time for turn in self.turns):
                names += ["starts_at", "ends_at", "answer_by"]
            _save(model, moved, names)
            _save(model, [job for job in self.companions if isinstance(job, model)], ["reservation"])
        before = _last_steps(turn.before for turn in self.turns if turn.undoes)
        ServiceStep.objects.bulk_create(
            _step(turn, self.actor, before.get(turn.job.subject) if turn.undoes else None) for turn in self.turns
        )
        for model, service in ((Ride, "ride"), (Interpreting, "interpreting")):
            for status in sorted({turn.status for turn in self.turns}):
                jobs = [turn.job for turn in self.turns if isinstance(turn.job, model) and turn.status == status]
                audit_all(self.actor, f"{service}_{status}", jobs)
        for turn in self.turns:
            if turn.moves_time or (turn.before.status, turn.status) not in SAME_PROMISE:
                mind_promises(turn.job)
        self._tell()

    def _tell(self) -> None:
        links = links_to(turn.job.stay for turn in self.turns)
        for turn in self.turns:
            telling.tell_guest(turn.job, turn.news, links[turn.job.stay_id])
        news: dict[str, list[tuple[Any, Job, str]]] = {}
        for turn in self.turns:
            before, after = _crew_of(turn.before), turn.crew
            for crew, said in (
                (before if turn.moves_crew or after is None else None, telling.WITHDRAWN),
                (after, telling.ASSIGNED if turn.moves_crew else telling.MOVED),
            ):
                if crew is not None:
                    news.setdefault(crew.person.actor, []).append((crew.person, turn.job, said))
        telling.tell_crews(news)


KEYS = {"reservation": "reservation_id", "vehicle": "vehicle_id", "interpreter": "interpreter_id"}
"""Columns that hold the key of something else."""

SAME_PROMISE = frozenset(
    (one, other)
    for one in (ServiceStatus.GRANTED, ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY)
    for other in (ServiceStatus.GRANTED, ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY)
)
"""Moves with which exactly the same stays promised, unless the time changes."""


def _check_move(turn: Turn) -> None:
    if turn.job.status != turn.status and not lifecycle.may_move(turn.job.status, turn.status):
        raise MoveNotAllowed(turn.job.status, turn.status)


def _set(turn: Turn) -> None:
    """The job as it shall be; what belongs to its crew is taken later."""
    job = turn.job
    job.crew, job.starts_at, job.ends_at, job.status = turn.crew, turn.starts_at, turn.ends_at, turn.status
    if job.answer_by is not None:
        job.answer_by = min(job.answer_by, job.starts_at)
    job.sequence += 1


def _theirs(job: Job, key: str) -> Times | None:
    """When a crew has this job, if it counts as theirs."""
    return (job.starts_at, job.ends_at) if crew_key(job) == key and job.status in STANDING else None


def _works(crew: Crew) -> bool:
    return not isinstance(crew, Vehicle) or (crew.is_active and crew.driver.is_active)


def _crew_of(job: Job) -> Crew | None:
    return job.crew


def _step(turn: Turn, actor: str, undoes: ServiceStep | None) -> ServiceStep:
    job = turn.job
    about = {"ride": job, "vehicle": job.vehicle} if isinstance(job, Ride) else {
        "interpreting": job, "interpreter": job.interpreter
    }  # fmt: skip
    return ServiceStep(status=turn.status, actor=actor, reason=turn.reason[:300], undoes=undoes, **about)


def _last_steps(jobs: Iterable[Job]) -> dict[str, ServiceStep]:
    """What was done last to each of these jobs, by subject."""
    jobs = list(jobs)
    rides = [job.pk for job in jobs if isinstance(job, Ride)]
    others = [job.pk for job in jobs if isinstance(job, Interpreting)]
    steps = ServiceStep.objects.filter(Q(ride__in=rides) | Q(interpreting__in=others)).order_by("pk") if jobs else []
    return {
        f"{Ride.service}:{step.ride_id}" if step.ride_id else f"{Interpreting.service}:{step.interpreting_id}": step
        for step in steps
    }


def _save(model: type[Job], jobs: Iterable[Job], names: Sequence[str]) -> None:
    """Write these columns of many jobs, one prepared statement for all of them."""
    rows = ((job.pk, {name: getattr(job, KEYS.get(name, name)) for name in names}) for job in jobs)
    update_values(model, rows, names)


def reservations_of(keys: Sequence[Any]) -> list[Reservation]:
    """The present reservations of appointments, locked in the order of their keys."""
    present = Reservation.objects.filter(appointment__in=list(keys)).values("pk")
    return list(Reservation.objects.select_for_update().filter(pk__in=present).order_by("pk"))
