"""The best plan that can be put together from tours that were seen: set partitioning with HiGHS."""

from __future__ import annotations

import time
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


def recombine(case: Case, pool: Pool, best: float, seconds: float) -> Recombined:
    """The tours of the pool that together cost less than ``best``; takes about ``seconds`` at the most."""
    deadline = time.perf_counter() + seconds
    count = int(pool.count[0])
    entries = np.arange(count)
    changes = bool(((case.home >= 0) & (case.request[:, AWAY] > 0)).any())
    if count < 2 or seconds < LEAST or changes:
        return Recombined(None, entries.tolist())
    if count > MOST:  # roughly: a tour is worth its price per guest
        entries = np.argsort(pool.cost[:count] / pool.size[:count], kind="stable")[:MOST]
    columns = [_members(case, pool, entry) for entry in entries.tolist()]
    cost, kind = pool.cost[entries].copy(), case.kind[pool.car[entries]]
    relaxed = _solve(_model(case, columns, cost, kind), deadline, whole=False)
    if relaxed is None:
        return Recombined(None, entries[: MOST // 2].tolist())
    bound, values, reduced = relaxed
    order = np.argsort(reduced[: len(entries)], kind="stable")
    worth = entries[order[: MOST // 2]].tolist()
    if bound > best - 1e-6:
        return Recombined(None, worth)
    if np.all((values < 1e-6) | (values > 1 - 1e-6)):
        return Recombined([int(entries[x]) for x in np.flatnonzero(values[: len(entries)] > 0.5)], worth)
    keep = np.flatnonzero(reduced[: len(entries)] < best - bound)  # no other can be part of anything better
    solver = _model(case, [columns[x] for x in keep], cost[keep], kind[keep], whole=True)
    solver.setOptionValue("objective_bound", best)
    solved = _solve(solver, deadline, whole=True)
    if solved is None or solved[0] > best - 1e-6:
        return Recombined(None, worth)
    return Recombined([int(entries[keep[x]]) for x in np.flatnonzero(solved[1][: len(keep)] > 0.5)], worth)


def _members(case: Case, pool: Pool, entry: int) -> Array:
    stops = pool.stops[pool.begin[entry] : pool.begin[entry] + pool.size[entry]]
    return stops[stops < case.requests]


def _model(case: Case, columns: list[Array], cost: Array, kind: Array, *, whole: bool = False) -> Any:
    """Each request once, or not at all at its price; of each kind no more cars than there are."""
    n, kinds = case.requests, case.fits.shape[1]
    solver = highs.solver()
    model = highspy.HighsLp()
    starts = np.cumsum([0] + [len(column) + 1 for column in columns] + [1] * n)
    index = np.concatenate([*(np.append(column, n + kind[x]) for x, column in enumerate(columns)), np.arange(n)])
    model.num_col_, model.num_row_ = len(columns) + n, n + kinds
    resting = case.place[n : 2 * n] < 0  # a crew's break; every tour that was seen has its own
    model.col_cost_ = np.append(cost, np.where(resting, 0.0, case.request[:, PRICE]))
    model.col_lower_, model.col_upper_ = np.zeros(len(columns) + n), np.ones(len(columns) + n)
    model.row_lower_ = np.append(np.ones(n), np.zeros(kinds))
    model.row_upper_ = np.append(np.ones(n), np.bincount(case.kind, minlength=kinds).astype(float))
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = starts, index
    model.a_matrix_.value_ = np.ones(len(index))
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * (len(columns) + n)
    solver.passModel(model)
    return solver


def _solve(solver: Any, deadline: float, *, whole: bool) -> tuple[float, Array, Array] | None:
    left = deadline - time.perf_counter()
    if left < 0.01:
        return None
    solver.setOptionValue("time_limit", left)
    solver.run()
    solution = solver.getSolution()
    # out of time, a relaxation has values that keep nothing; an integer program may have a plan that keeps everything
    feasible = int(solver.getInfo().primal_solution_status) == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal and not (whole and feasible):
        return None
    return solver.getObjectiveValue(), np.array(solution.col_value), np.array(solution.col_dual)
