"""The best plan that can be put together from tours that were seen: set partitioning with HiGHS."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from . import highs
from .arrays import AWAY, PRICE, Array, Case, Pool

MOST = 12_000  # tours that are offered
LEAST = 0.02  # seconds under which it is not worth beginning


@dataclass(frozen=True, slots=True)
class Recombined:
    """``chosen`` tours of the pool make a better plan, None: there is none; ``worth``: those that may come in later."""

    chosen: list[int] | None
    worth: list[int]


@dataclass(frozen=True, slots=True)
class Columns:
    """Tours as columns: whom each serves, one after the other; where each begins in that; costs and kinds of car."""

    members: Array
    begins: Array
    cost: Array
    kind: Array

    def only(self, chosen: Array) -> Columns:
        sizes = np.diff(self.begins)[chosen]
        return Columns(
            self.members[_runs(self.begins[:-1][chosen], sizes)],
            np.concatenate([[0], np.cumsum(sizes)]),
            self.cost[chosen],
            self.kind[chosen],
        )


def _runs(begins: Array, sizes: Array) -> Array:
    """The whole numbers from each begin on, as many as its size, one run after the other."""
    return np.arange(sizes.sum()) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)


def _columns(case: Case, pool: Pool, entries: Array) -> Columns:
    sizes = pool.size[entries]
    stops = pool.stops[_runs(pool.begin[entries], sizes)]
    picked = stops < case.requests
    owner = np.repeat(np.arange(len(entries)), sizes)[picked]
    members, car = stops[picked], pool.car[entries]
    away = (case.home[members] >= 0) & (
        case.home[members] != car[owner]
    )  # cars that are somebody's are of their own kind
    beside = np.bincount(owner, case.request[members, AWAY] * away, len(entries))
    begins = np.searchsorted(owner, np.arange(len(entries) + 1))
    return Columns(members, begins, pool.cost[entries] + beside, case.kind[car])


def recombine(
    case: Case, pool: Pool, best: float, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> Recombined:
    """The tours of the pool that together cost less than ``best``; takes about ``seconds`` at the most."""
    deadline = clock() + seconds
    count = int(pool.count[0])
    entries = np.arange(count)
    if count < 2 or seconds < LEAST:
        return Recombined(None, entries.tolist())
    if count > MOST:  # roughly: a tour is worth its price per guest
        entries = np.argsort(pool.cost[:count] / pool.size[:count], kind="stable")[:MOST]
    columns = _columns(case, pool, entries)
    relaxed = _solve(_model(case, columns), deadline - clock(), whole=False)
    if relaxed is None:
        return Recombined(None, entries[: MOST // 2].tolist())
    bound, values, reduced = relaxed
    order = np.argsort(reduced[: len(entries)], kind="stable")
    worth = entries[order[: MOST // 2]].tolist()
    if bound > best - 1e-6:
        return Recombined(None, worth)
    if np.all((values < 1e-6) | (values > 1 - 1e-6)):
        return Recombined(entries[values[: len(entries)] > 0.5].tolist(), worth)
    keep = np.flatnonzero(reduced[: len(entries)] < best - bound)  # no other can be part of anything better
    solver = _model(case, columns.only(keep), whole=True)
    solver.setOptionValue("objective_bound", best)
    solved = _solve(solver, deadline - clock(), whole=True)
    if solved is None or solved[0] > best - 1e-6:
        return Recombined(None, worth)
    return Recombined(entries[keep[solved[1][: len(keep)] > 0.5]].tolist(), worth)


def _model(case: Case, columns: Columns, *, whole: bool = False) -> Any:
    """Each request once, or not at all at its price; of each kind no more cars than there are."""
    n, kinds, count = case.requests, case.fits.shape[1], len(columns.cost)
    solver = highs.solver()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count + n, n + kinds
    resting = case.place[n : 2 * n] < 0  # a crew's break; every tour that was seen has its own
    model.col_cost_ = np.append(columns.cost, np.where(resting, 0.0, case.request[:, PRICE]))
    model.col_lower_, model.col_upper_ = np.zeros(count + n), np.ones(count + n)
    model.row_lower_ = np.append(np.ones(n), np.zeros(kinds))
    model.row_upper_ = np.append(np.ones(n), np.bincount(case.kind, minlength=kinds).astype(float))
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.concatenate(
        [columns.begins[:-1] + np.arange(count), columns.begins[-1] + count + np.arange(n + 1)]
    )
    model.a_matrix_.index_ = np.append(np.insert(columns.members, columns.begins[1:], n + columns.kind), np.arange(n))
    model.a_matrix_.value_ = np.ones(len(columns.members) + count + n)
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * (count + n)
    solver.passModel(model)
    return solver


def _solve(solver: Any, seconds: float, *, whole: bool) -> tuple[float, Array, Array] | None:
    if seconds < 0.01:
        return None
    solver.setOptionValue("time_limit", seconds)
    solver.run()
    solution = solver.getSolution()
    # out of time, a relaxation has values that keep nothing; an integer program may have a plan that keeps everything
    feasible = int(solver.getInfo().primal_solution_status) == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal and not (whole and feasible):
        return None
    return solver.getObjectiveValue(), np.array(solution.col_value), np.array(solution.col_dual)
