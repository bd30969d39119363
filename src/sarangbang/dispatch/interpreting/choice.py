"""The proof on every level: of the days worth considering CP-SAT chooses one per interpreter, level after level.

Loaded only where something is to be proven: ortools takes a second, and a start of the platform plans nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from ortools.sat.python import cp_model

from .ceiling import Ceiling
from .exact import all_days
from .moves import LEVELS
from .search import State, from_owners
from .table import NOBODY, Table

PER_SECOND = 8_000
"""So many days can be listed and weighed against each other in a second; beyond, the levels stay unproven."""
MOST_DAYS = 40_000
EFFORT = 0.002
"""CP-SAT's deterministic seconds per round and level."""
ASKED = 0.1
"""Seconds between two questions whether to stop."""


def choose(
    ceiling: Ceiling,
    best: State,
    tight: bool,
    seconds: float,
    seed: int,
    *,
    rounds: int | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[State, int]:
    """The best plan from ``best`` on, and on how many levels it is proven. ``tight``: no plan is better by priority; if
    that is not known, the bound has to be in true weights. With ``rounds`` the work is limited by them and not
    only by the time, so that it can be repeated. ``stop`` may be asked in another thread."""
    end = time.perf_counter() + seconds
    most = max(0, min(MOST_DAYS, int(seconds * PER_SECOND))) if rounds is None else PER_SECOND
    reached = int(ceiling.weight[best.owner != NOBODY].sum())
    listed = all_days(ceiling, reached, most, lambda: (rounds is not None or time.perf_counter() < end) and not stop())
    if listed is None:
        return best, int(tight)
    choice = _Choice(ceiling.table, listed, best)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.catch_sigint_signal = False  # it would leave Ctrl-C to end the process there and then
    if rounds is not None:
        solver.parameters.max_deterministic_time = EFFORT * rounds
    for level in range(int(tight), LEVELS):
        left = end - time.perf_counter()
        solver.parameters.max_time_in_seconds = max(0.0, left)
        with _stopping(solver, stop):
            if left <= 0.02 or stop() or not choice.solve(level, solver):
                return choice.best, level
    return choice.best, LEVELS


@contextmanager
def _stopping(solver: cp_model.CpSolver, stop: Callable[[], bool]) -> Iterator[None]:
    """Ends what the solver does once it is to stop; it asks nobody itself."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(ASKED):
            if stop():
                solver.stop_search()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


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
