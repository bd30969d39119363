"""A part of the plan, solved anew as well as it can be: some interpreters with their jobs and those that have nobody.

Forty interpreters with a hundred jobs take a tenth of a second: prices, the days met on the way, the best mixture of
them, and out of its days the best whole choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .compiling import compiled
from .interpreting_bound import Ceiling
from .interpreting_columns import Columns, Pool, mix, pick
from .interpreting_routes import way
from .interpreting_search import State, from_owners
from .interpreting_table import NOBODY, Table

Array = np.ndarray[Any, Any]
ROUNDS = 40
"""Of the bound in a corner."""
DAYS = 600
"""Most days that a corner chooses among."""


@compiled
def possible(table: Any, owner: Array, jobs: Array, sizes: Array, into: Array) -> None:
    """Which days can be done."""
    for d in range(len(owner)):
        into[d] = way(table, owner[d], jobs[d], sizes[d]) >= 0


def feasible(table: Table, columns: Columns) -> Columns:
    """The days that can be done: calls and long hours are looked at closely."""
    good = np.zeros(len(columns.owner), np.bool_)
    possible(table, columns.owner, columns.jobs, columns.sizes, good)
    return Columns(*(each[good] for each in columns))


def part(table: Table, people: Array, jobs: Array) -> Table:
    """The table of some interpreters and some jobs, both ascending."""
    number = np.full(table.can.shape[1] + 1, -1, np.int64)
    number[jobs] = np.arange(len(jobs))
    who = np.full(table.can.shape[0] + 1, NOBODY, np.int64)
    who[people] = np.arange(len(people))
    grid = np.ix_(people, jobs)
    of_jobs = {name: getattr(table, name)[jobs] for name in ("start", "end", "place", "quarters", "weight")}
    of_people = {
        name: getattr(table, name)[people] for name in ("home", "transport", "roams", "cap", "pause", "unfair")
    }
    return table._replace(
        **of_jobs,
        **of_people,
        before=number[table.before[jobs]],
        kept=who[table.kept[jobs]],
        frozen=who[table.frozen[jobs]],
        **{name: np.ascontiguousarray(getattr(table, name)[grid]) for name in ("can", "unmet", "strange")},
    )


@dataclass(slots=True)
class Corner:
    """What is solved anew: the numbers of its people and jobs, and its own table."""

    people: Array
    jobs: Array
    table: Table

    @classmethod
    def of(cls, table: Table, owner: Array, people: Array) -> Corner:
        inside = np.zeros(table.can.shape[0] + 1, np.bool_)
        inside[people] = True
        theirs = inside[owner] | ((owner == NOBODY) & table.can[people].any(axis=0))
        people, jobs = np.sort(people), np.flatnonzero(theirs)
        return cls(people, jobs, part(table, people, jobs))

    def solve(self, owner: Array, seconds: float) -> Array | None:
        """Owners of all jobs with a better choice in this corner; None where none was found."""
        who = np.full(len(owner) + 1, NOBODY, np.int64)
        number = {int(i): k for k, i in enumerate(self.people)}
        mine = np.array([number.get(int(i), NOBODY) for i in owner[self.jobs]], np.int64)
        state = from_owners(self.table, mine)
        found = choose_days(self.table, state, seconds)
        if found is None:
            return None
        who = owner.copy()
        who[self.jobs] = np.where(found == NOBODY, NOBODY, self.people[found])
        return who


def choose_days(table: Table, state: State, seconds: float) -> Array | None:
    """Owners of a plan that is worth more than ``state``; None where none was found."""
    ceiling, pool = Ceiling(table), Pool(table)
    reached, hour = state.levels[0], np.zeros(table.can.shape[0], np.int64)
    pool.keep(state.days, state.sizes)
    for _ in range(ROUNDS):
        ceiling.lower(reached, 1)
        pool.add(ceiling.days, ceiling.lengths)
        if ceiling.value <= reached:
            return None
    columns = pool.trim(ceiling.best_price, hour, DAYS)
    for _ in range(1):
        mixture = mix(table, columns, seconds)
        if mixture is None:
            break
        pool.hold(mixture.share)
        ceiling.try_prices(mixture.price, hour)
        pool.add(ceiling.days, ceiling.lengths)
        if ceiling.value <= reached:
            return None
        columns = pool.trim(ceiling.best_price, hour, DAYS)
    return best_of(table, columns, reached, seconds)


def best_of(table: Table, columns: Columns, reached: int, seconds: float) -> Array | None:
    """Owners in the best choice of these days; None where it is not worth more than ``reached``."""
    chosen = feasible(table, columns)
    picked = pick(table, chosen, seconds)
    if picked is None:
        return None
    owner = np.full(table.can.shape[1], NOBODY, np.int64)
    for d in picked:
        owner[chosen.jobs[d, : chosen.sizes[d]]] = chosen.owner[d]
    return owner if table.weight[owner != NOBODY].sum() > reached else None
