"""Days that the bound's rounds have met, and the best mixture of them: a linear program whose duals are better prices.

Every round of the bound plans everybody's best day at its prices. Together these days are columns of Dantzig and
Wolfe's master: choose at most one day per interpreter, no job twice. An interior solution (no crossover) has prices in
the middle of all optimal ones, which need few rounds more, and leaves few days without loss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .highs import highspy, solver
from .interpreting_bound import GRAIN, LONGEST
from .interpreting_table import Table

Array = np.ndarray[Any, Any]
NODES = 100
"""Of the tree in which one looks for the best choice."""
HELD = 0.05
"""Part of a day in a mixture from which on it is kept."""


class Columns(NamedTuple):
    """Days: whose, which jobs (``jobs[d, :sizes[d]]``, ascending), and what they earn."""

    owner: Array
    jobs: Array
    sizes: Array
    earns: Array


class Pool:
    """All days met so far."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.people = np.arange(table.can.shape[0])
        self.rows: list[tuple[Array, Array, Array]] = []
        self.plans: list[int] = []  # which of the rows are plans
        self.known = Columns(*(np.zeros(shape, np.int64) for shape in (0, (0, LONGEST), 0, 0)))
        self.held = np.zeros(0, np.bool_)

    def keep(self, days: Array, sizes: Array) -> None:
        """The days of a plan, which are never left out."""
        self.add(days, sizes)
        self.plans.append(len(self.rows) - 1)

    def add(self, days: Array, sizes: Array) -> None:
        """One day for everybody, as the bound or a plan has it."""
        held = np.flatnonzero(sizes)
        padded = np.full((len(held), LONGEST), -1, np.int64)
        width = min(LONGEST, days.shape[1])
        padded[:, :width] = days[held, :width]
        padded[np.arange(LONGEST) >= sizes[held, None]] = -1
        self.rows.append((self.people[held], padded, sizes[held].copy()))

    def hold(self, share: Array) -> None:
        """Never to be left out: what is a good part of a mixture."""
        self.held |= share > HELD

    def trim(self, price: Array, hour: Array, most: int = 1 << 30) -> Columns:
        """The days that lose least against their owner's best one at these prices, and those that are held."""
        parts = [self.known[:3], *self.rows]
        owner, jobs, sizes = (np.concatenate([each[part] for each in parts]) for part in range(3))
        held = np.concatenate([self.held, *(np.full(len(row[0]), n in self.plans) for n, row in enumerate(self.rows))])
        _, first, same = np.unique(np.column_stack((owner, jobs)), axis=0, return_index=True, return_inverse=True)
        stays = np.zeros(len(first), np.bool_)
        np.logical_or.at(stays, same.ravel(), held)
        owner, jobs, sizes, held = owner[first], jobs[first], sizes[first], stays
        worth = np.append(self.table.weight * GRAIN, 0)[jobs].sum(axis=1)
        spent = np.append(self.table.quarters, 0)[jobs].sum(axis=1) * hour[owner]
        paid = np.append(price, 0)[jobs].sum(axis=1)
        gain = worth - spent - paid
        best = np.zeros(len(self.people))
        np.maximum.at(best, owner, gain)
        loss = best[owner] - gain
        loss[held] = -1
        kept = np.sort(np.argsort(loss, kind="stable")[:most])
        self.held = held[kept]
        self.known = Columns(owner[kept], jobs[kept], sizes[kept], (worth - spent)[kept])
        self.rows, self.plans = [], []
        return self.known


class Mixture(NamedTuple):
    """The best mixture: prices of jobs in parts of ``GRAIN``, what of each day is in it."""

    price: Array
    share: Array


def mix(table: Table, columns: Columns, seconds: float) -> Mixture | None:
    """Solves the linear program, as well as it can be in ``seconds``; None when that gives nothing."""
    highs, scale = _program(table, columns)
    highs.setOptionValue("solver", "ipm")
    highs.setOptionValue("run_crossover", "off")
    highs.setOptionValue("time_limit", max(0.01, seconds))
    highs.run()
    found = highs.getSolution()
    if not found.dual_valid or not found.value_valid:
        return None
    price = -np.array(found.row_dual[: table.can.shape[1]]) * scale
    return Mixture(np.clip(np.round(price), 0, table.weight * GRAIN), np.array(found.col_value))


def pick(table: Table, columns: Columns, seconds: float) -> Array | None:
    """One day for everybody, worth most in sum: the numbers of the chosen days; None when none was found in time. Among
    equals those that keep more of the present plan."""
    kept = (np.append(table.kept, -2)[columns.jobs] == columns.owner[:, None]).sum(axis=1)
    highs, scale = _program(table, columns._replace(earns=columns.earns + kept * GRAIN / (2 + 2 * len(table.kept))))
    count = len(columns.owner)
    highs.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.ones(count, np.uint8))
    highs.setOptionValue("time_limit", max(0.01, seconds))
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.9 * GRAIN / scale)  # all worth is whole
    highs.setOptionValue("mip_max_nodes", NODES)
    highs.run()
    value = np.array(highs.getSolution().col_value)
    return np.flatnonzero(value > 0.5) if len(value) and highs.getInfo().primal_solution_status == 2 else None


def _program(table: Table, columns: Columns) -> tuple[Any, float]:
    people, jobs = table.can.shape
    count = len(columns.owner)
    scale = float(table.weight.max(initial=1)) * GRAIN
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = count, jobs + people
    program.col_cost_ = -columns.earns / scale
    program.col_lower_, program.col_upper_ = np.zeros(count), np.full(count, highspy.kHighsInf)
    program.row_lower_ = np.full(jobs + people, -highspy.kHighsInf)
    program.row_upper_ = np.ones(jobs + people)
    index = np.column_stack((columns.jobs, jobs + columns.owner))
    used = index >= 0
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.concatenate(([0], np.cumsum(columns.sizes + 1))).astype(np.int32)
    program.a_matrix_.index_ = index[used].astype(np.int32)
    program.a_matrix_.value_ = np.ones(int(used.sum()))
    highs = solver()
    highs.passModel(program)
    return highs, scale
