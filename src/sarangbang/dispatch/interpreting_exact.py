"""The proof on every level, where the bound leaves little open: all days worth considering, and the best choice.

With the bound's prices each interpreter's day has a loss against their best one. A plan that covers as much as the best
known cannot contain a day that loses more than lies between bound and plan: only the others are listed (Baldacci,
Christofides and Mingozzi 2008), and CP-SAT chooses one per interpreter, level after level.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from ortools.sat.python import cp_model

from .compiling import compiled
from .interpreting_bound import GRAIN, best_day
from .interpreting_ceiling import Ceiling
from .interpreting_moves import LEVELS, SPACE
from .interpreting_paths import relax
from .interpreting_routes import way, worth
from .interpreting_search import State, from_owners
from .interpreting_table import NOBODY, PINNED, Table

PER_SECOND = 8_000
"""So many days can be listed and weighed against each other in a second; beyond, the levels stay unproven."""
MOST_DAYS = 40_000
PATIENCE = 10
"""Tries per day that may be listed."""
EFFORT = 0.002
"""CP-SAT's deterministic seconds per round and level."""


@compiled
def list_days(table, i, nodes, desk, weight, price, hour, loss, out, sizes, values, filled, limit):
    """All days of i that lose at most ``loss`` at these prices, from ``filled`` on; the new number, or -1 when there
    are more than ``limit``."""
    node_job = nodes.job
    low, high = nodes.begins[i], nodes.begins[i + 1]
    gain = np.empty(high - low, np.int64)
    for node in range(low, high):
        j = node_job[node]
        gain[node - low] = weight[j] * GRAIN - price[j] - hour * table.quarters[j]
    path = np.empty(SPACE + 1, np.int64)
    _, most = best_day(table, i, nodes, desk, weight, price, hour, path)
    # a day may contain jobs that earn nothing, as long as the loss allows it: completions are bounded from above
    at = np.empty(SPACE + 1, np.int64)
    earned = np.zeros(SPACE + 1, np.int64)
    later = np.zeros(high - low + 1, np.int64)
    pinned = 0
    for node in range(low, high):
        desk.gain[node - low] = max(gain[node - low], 1)
        if table.frozen[node_job[node]] == i:
            desk.gain[node - low] += PINNED
            gain[node - low] += PINNED
            pinned += 1
    relax(table, i, nodes, desk, path)
    for node in range(high - 1, low - 1, -1):
        later[node - low] = max(later[node - low + 1], desk.flat[node - low, 0], desk.flat[node - low, 1])
    least = most - hour * table.cap[i] + pinned * PINNED - loss
    depth = 0
    if least <= 0:
        if filled >= limit:
            return -1
        sizes[filled] = 0
        worth(table, i, path, 0, values[filled])
        filled += 1
    at[0] = low
    steps = 0
    while depth >= 0:
        steps += 1
        if steps > PATIENCE * limit:
            return -1
        node = at[depth]
        if node >= high or earned[depth] + later[node - low] < least:
            depth -= 1
            continue
        at[depth] = node + 1
        path[depth] = node_job[node]
        size = depth + 1
        if earned[depth] + gain[node - low] + later[nodes.near[node] - low] < least:
            continue
        if way(table, i, path, size) < 0:
            continue
        total = earned[depth] + gain[node - low]
        if total >= least:
            if filled >= limit:
                return -1
            for k in range(size):
                out[filled, k] = path[k]
            sizes[filled] = size
            worth(table, i, path, size, values[filled])
            filled += 1
        if size < SPACE:
            earned[size] = total
            at[size] = nodes.near[node]
            depth = size
    return filled


def all_days(
    ceiling: Ceiling, covered: int, most: int, goes_on: Callable[[], bool]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Owners, jobs, lengths and worth of all days that a plan of this weight can contain; None when there are too many
    to be listed in time."""
    table = ceiling.table
    people = table.can.shape[0]
    loss = ceiling.proven - covered * GRAIN
    price, hour = ceiling.best_price, ceiling.best_hour
    out = np.zeros((most, SPACE + 1), np.int64)
    sizes, values = np.zeros(most, np.int64), np.zeros((most, LEVELS), np.int64)
    owner = np.zeros(most, np.int64)
    filled = 0
    for i in range(people):
        if not goes_on():
            return None
        before = filled
        filled = list_days(
            table, i, ceiling.nodes, ceiling.desk, ceiling.weight, price, hour[i], loss,
            out, sizes, values, filled, most,
        )  # fmt: skip
        if filled < 0:
            return None
        owner[before:filled] = i
    return owner[:filled], out[:filled], sizes[:filled], values[:filled]


def choose(
    ceiling: Ceiling,
    best: State,
    tight: bool,
    seconds: float,
    seed: int,
    *,
    workers: int = 1,
    rounds: int | None = None,
) -> tuple[State, int]:
    """The best plan from ``best`` on, and on how many levels it is proven. ``tight``: no plan is better by priority; if
    that is not known, the bound has to be in true weights. With ``rounds`` the work is limited by them and not
    only by the time, so that it can be repeated."""
    end = time.perf_counter() + seconds
    most = max(0, min(MOST_DAYS, int(seconds * PER_SECOND))) if rounds is None else PER_SECOND
    reached = int(ceiling.weight[best.owner != NOBODY].sum())
    listed = all_days(ceiling, reached, most, lambda: rounds is not None or time.perf_counter() < end)
    if listed is None:
        return best, int(tight)
    choice = _Choice(ceiling.table, listed, best)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    if rounds is not None:
        solver.parameters.max_deterministic_time = EFFORT * rounds
    for level in range(int(tight), LEVELS):
        left = end - time.perf_counter()
        solver.parameters.max_time_in_seconds = max(0.0, left)
        if left <= 0.02 or not choice.solve(level, solver):
            return choice.best, level
    return choice.best, LEVELS


class _Choice:
    """One day per interpreter, no job twice; solved for one level after the other."""

    def __init__(self, table: Table, listed: tuple[np.ndarray, ...], best: State) -> None:
        self.table, self.best = table, best
        self.owner, self.days, self.sizes, self.values = listed
        self.model = cp_model.CpModel()
        self.take = [self.model.new_bool_var("") for _ in self.owner]
        of_person: dict[int, list[int]] = {}
        of_job: dict[int, list[int]] = {}
        for d, i in enumerate(self.owner):
            of_person.setdefault(int(i), []).append(d)
            for j in self.days[d, : self.sizes[d]]:
                of_job.setdefault(int(j), []).append(d)
        for chosen in of_person.values():
            self.model.add_exactly_one(self.take[d] for d in chosen)
        for chosen in of_job.values():
            self.model.add_at_most_one(self.take[d] for d in chosen)

    def _hint(self) -> None:
        self.model.clear_hints()
        for d, i in enumerate(self.owner):
            held = self.best.days[i, : self.best.sizes[i]]
            self.model.add_hint(self.take[d], bool(np.array_equal(held, self.days[d, : self.sizes[d]])))

    def solve(self, level: int, solver: cp_model.CpSolver) -> bool:
        """Makes this level as large as it can be while the levels before keep what they have. True when proven."""
        for fixed in range(level):
            self.model.add(self._sum(fixed) >= self.best.levels[fixed])
        self._hint()
        self.model.maximize(self._sum(level))
        status = solver.solve(self.model)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            picked = np.full(self.table.can.shape[1], NOBODY, np.int64)
            for d, i in enumerate(self.owner):
                if solver.boolean_value(self.take[d]):
                    picked[self.days[d, : self.sizes[d]]] = i
            found = from_owners(self.table, picked)
            self.best = max(self.best, found, key=lambda state: state.levels)
        return bool(status == cp_model.OPTIMAL)

    def _sum(self, level: int) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.weighted_sum(self.take, [int(each) for each in self.values[:, level]])
