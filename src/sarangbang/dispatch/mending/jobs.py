"""The interpreters of a day that is mended: who takes what when appointments have these times, with few changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sarangbang.dispatch.interpreting import Day, Job
from sarangbang.dispatch.interpreting.check import judge
from sarangbang.dispatch.interpreting.moves import place, rehouse, take_away
from sarangbang.dispatch.interpreting.plan import plan_day
from sarangbang.dispatch.interpreting.repair import moved
from sarangbang.dispatch.interpreting.search import State, from_owners
from sarangbang.dispatch.interpreting.table import NOBODY, Table, build, lacks, order

from .facts import Facts
from .model import Slot

PATIENCE = 400
"""Jobs that a search for a chain of exchanges looks at."""
TINY = 60
"""Interpreters times jobs up to which every answer is proven: it takes milliseconds."""
ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Crew:
    """An answer for the interpreters. ``missing``: jobs that had somebody and have nobody now; ``broken``: those whose
    interpreter is frozen and cannot do them; ``lost`` counts both per priority, the most pressing first."""

    assigned: Mapping[str, str]
    missing: frozenset[str]
    broken: frozenset[str]
    lost: tuple[int, ...]
    cost: float


class Jobs:
    """The jobs after the news, of those that had somebody. Every slot of an appointment that may move has a twin of its
    job at that time in the table, so that one table serves all choices."""

    def __init__(self, facts: Facts, slots: Mapping[str, Sequence[Slot]]) -> None:
        self.facts, self.prices = facts, facts.situation.prices
        day = facts.day
        people = {one.key for one in day.interpreters}
        self.present = {key: who for key, who in day.present.items() if who in people}
        self.promised = facts.situation.interpreting.frozen & day.frozen
        jobs = tuple(job for job in day.jobs if job.key in self.present)
        self.day = replace(day, jobs=jobs, present=self.present, frozen=day.frozen & set(self.present))
        self.jobs = {job.key: job for job in jobs}
        self.priorities = sorted({job.priority for job in jobs})
        self.tiny = len(jobs) * len(day.interpreters) <= TINY
        self.answers: dict[tuple[tuple[str, Slot], ...], Crew] = {}
        self._lay_out(slots)
        impossible = {self.keys[j] for j in self.kept if self.state.owner[j] == NOBODY} | self._unable(
            self.jobs.values()
        )
        stays = self.promised | {job.key for job in jobs if job.start <= facts.now}
        if impossible & self.day.frozen - stays:
            self.day = replace(self.day, frozen=self.day.frozen - (impossible - stays))
            self._lay_out(slots)
        self.unable = self._unable(self.jobs.values())
        self.base = judge(self.day, self.present)

    def _lay_out(self, slots: Mapping[str, Sequence[Slot]]) -> None:
        twins, present, frozen = {}, dict(self.present), set(self.day.frozen)
        for key, offered in slots.items():
            job = self.jobs.get(self.facts.appointments[key].job)
            if job is None:
                continue
            for number, slot in enumerate(offered):
                twin = replace(job, key=f"{job.key}\0{number}", start=slot.start, end=slot.end)
                twins[job.key, slot] = twin
                present[twin.key] = self.present[job.key]
                if job.key in self.promised:
                    frozen.add(twin.key)
        day = replace(self.day, jobs=(*self.day.jobs, *twins.values()), present=present, frozen=frozenset(frozen))
        self.table = self._apart(build(day), day)
        self.keys = [job.key for job in order(day)]
        self.number = {key: j for j, key in enumerate(self.keys)}
        self.twin = {about: self.number[twin.key] for about, twin in twins.items()}
        self.kept = [self.number[key] for key in self.jobs]
        self.people = [one.key for one in day.interpreters]
        start = self.table.kept.copy()
        start[list(self.twin.values())] = NOBODY
        self.state = from_owners(self.table, start)
        self.still = np.zeros(len(self.people), np.int64)

    def _apart(self, table: Table, day: Day) -> Table:
        """No twin makes its interpreter known to the guest for another job."""
        last: dict[str, int] = {}
        before = table.before.copy()
        for j, job in enumerate(order(day)):
            before[j] = last.get(job.guest, NOBODY) if job.guest else NOBODY
            if job.guest and "\0" not in job.key:
                last[job.guest] = j
        return table._replace(before=before)

    def _unable(self, jobs: Iterable[Job]) -> frozenset[str]:
        """Jobs frozen with somebody who lacks something for them, as they are now."""
        people = {one.key: one for one in self.day.interpreters}
        return frozenset(
            job.key
            for job in jobs
            if job.key in self.day.frozen and next(lacks(job, people[self.present[job.key]]), None)
        )

    def _ours(self, chosen: Mapping[str, Slot]) -> dict[str, Slot]:
        jobs = {self.facts.appointments[key].job: slot for key, slot in chosen.items()}
        return {key: slot for key, slot in jobs.items() if key in self.jobs}

    def answer(self, chosen: Mapping[str, Slot]) -> Crew:
        """Who takes what when these appointments are at these slots and all others stay."""
        ours = self._ours(chosen)
        name = tuple(sorted(ours.items(), key=lambda each: each[0]))
        if name not in self.answers:
            self.answers[name] = self._proven(ours) if self.tiny else self._quick(ours)
        return self.answers[name]

    def at(self, chosen: Mapping[str, Slot]) -> Day:
        """The day with these appointments at these slots."""
        return self._moved(self._ours(chosen))

    def _moved(self, ours: Mapping[str, Slot]) -> Day:
        day = self.day
        for key, slot in ours.items():
            day = moved(day, key, slot.start, slot.end)
            day = replace(day, frozen=day.frozen | ({key} & self.promised))
        return day

    def _proven(self, ours: Mapping[str, Slot]) -> Crew:
        day = self._moved(ours)
        plan = plan_day(day, seconds=5.0, rounds=ROUNDS)
        broken = frozenset(plan.broken) | self._unable(day.jobs)
        return self._crew(plan.assigned, broken, plan.worth.unmet, plan.worth.travel)

    def _quick(self, ours: Mapping[str, Slot]) -> Crew:
        table, state = self.table, self.state.copy()
        for key in ours:
            if state.owner[self.number[key]] != NOBODY:
                take_away(table, self.number[key], *state.parts)
        left = [j for j in self.kept if state.owner[j] == NOBODY and self.keys[j] not in ours]
        left += [self.twin[each] for each in ours.items()]
        able = table.can.sum(axis=0)
        for j in sorted(left, key=lambda j: (-table.weight[j], able[j], j)):
            if not place(table, j, *state.parts, self.still):
                rehouse(table, j, PATIENCE, 0, *state.parts)
        assigned = self._assigned(state)
        broken = frozenset(self.day.frozen - set(assigned) - (set(ours) - self.promised))
        broken |= self.unable if not ours else self._unable(self._moved(ours).jobs)
        assigned |= {key: self.present[key] for key in broken}
        levels = state.levels
        return self._crew(assigned, broken, -levels[2], -levels[3])

    def _assigned(self, state: State) -> dict[str, str]:
        return {self.keys[j].partition("\0")[0]: self.people[i] for j, i in enumerate(state.owner) if i != NOBODY}

    def exact(self, chosen: Mapping[str, Slot]) -> Crew:
        """The answer with its price looked at closely."""
        found = self.answer(chosen)
        worth = judge(self.at(chosen), found.assigned)
        return self._crew(found.assigned, found.broken, worth.unmet, worth.travel)

    def _crew(self, assigned: Mapping[str, str], broken: frozenset[str], unmet: int, travel: int) -> Crew:
        missing = frozenset(set(self.jobs) - set(assigned))
        prices = self.prices
        changed = sum(1 for key, who in assigned.items() if self.present[key] != who)
        cost = (
            prices.other_interpreter * changed
            + prices.unmet_wish * (unmet - self.base.unmet)
            + prices.way_minute * (travel - self.base.travel)
        )
        return Crew(dict(assigned), missing, broken, self._per_priority(missing | broken), cost)

    def _per_priority(self, keys: Iterable[str]) -> tuple[int, ...]:
        found = [self.jobs[key].priority for key in keys]
        return tuple(found.count(each) for each in self.priorities)
