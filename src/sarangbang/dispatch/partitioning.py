"""The best mixture of tours that were seen: the linear relaxation of set partitioning, which grows with them.

What a request is worth in it (its dual) is what it costs to serve by the tours that are known: ``pricing`` looks for
tours that cost less than their guests are worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from . import highs
from .arrays import AWAY, PRICE, Array, Case, Pool
from .pricing import dearer_than_worth

FIRST = 800  # tours to begin with, the last that were seen
AT_ONCE = 150  # tours that come in at a time; as many as there are requests, if these are more
MOST = 3500  # tours beyond which most of those that are worth little are left out
STEADY = 0.5  # share of what requests were worth before in what tours are looked for with
SHOWN = 1e-6  # share of a tour in the mixture that counts
DUAL, PRIMAL = 1, 4  # HiGHS' names for what keeps the last basis: after fewer bounds hold, after tours came in


@dataclass(frozen=True, slots=True)
class Columns:
    """Tours as columns: whom each serves, one after the other; where each begins in that; costs and kinds of car."""

    members: Array
    begins: Array
    cost: Array
    kind: Array


def _runs(begins: Array, sizes: Array) -> Array:
    """The whole numbers from each begin on, as many as its size, one run after the other."""
    return np.arange(sizes.sum()) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)


def columns_of(case: Case, pool: Pool, entries: Array) -> Columns:
    sizes = pool.size[entries]
    stops = pool.stops[_runs(pool.begin[entries], sizes)]
    picked = stops < case.requests
    owner = np.repeat(np.arange(len(entries)), sizes)[picked]
    members, car = stops[picked], pool.car[entries]
    # cars that are somebody's are of their own kind
    away = (case.home[members] >= 0) & (case.home[members] != car[owner])
    beside = np.bincount(owner, case.request[members, AWAY] * away, len(entries))
    begins = np.searchsorted(owner, np.arange(len(entries) + 1))
    return Columns(members, begins, pool.cost[entries] + beside, case.kind[car])


class Mixture:
    """Each request at least once, or not at all at its price; of each kind no more cars than there are.

    ``cost`` of the mixture, ``worth`` of requests and ``kinds`` of cars, ``entries`` of the pool that are in it;
    ``steady`` is the worth to look for tours with, which jumps less.
    """

    def __init__(self, case: Case, pool: Pool) -> None:
        self.case, self.pool = case, pool
        self.worth, self.kinds = case.request[:, PRICE].copy(), np.zeros(case.fits.shape[1])
        self.steady = self.worth
        self.cost = np.inf
        self.entries, self._paid, self._shares = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        self._begin()
        count = int(pool.count[0])
        self._add(np.arange(max(0, count - FIRST), count))

    def _begin(self) -> None:
        """A mixture of nothing."""
        case, n, kinds = self.case, self.case.requests, len(self.kinds)
        self._solver = highs.solver()
        self._solver.setOptionValue("presolve", "off")
        self._solver.setOptionValue("simplex_strategy", PRIMAL)
        resting = case.place[n : 2 * n] < 0  # a crew's break; every tour that was seen has its own
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = n, n + kinds
        model.col_cost_ = np.where(resting, 0.0, case.request[:, PRICE])
        model.col_lower_, model.col_upper_ = np.zeros(n), np.full(n, np.inf)
        model.row_lower_ = np.append(np.ones(n), np.full(kinds, -np.inf))
        model.row_upper_ = np.append(np.full(n, np.inf), np.bincount(case.kind, minlength=kinds).astype(float))
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = np.arange(n + 1), np.arange(n)
        model.a_matrix_.value_ = np.ones(n)
        self._solver.passModel(model)

    def _add(self, entries: Array) -> None:
        count = len(entries)
        if not count:
            return
        columns = columns_of(self.case, self.pool, entries)
        starts = columns.begins[:-1] + np.arange(count)
        index = np.insert(columns.members, columns.begins[1:], self.case.requests + columns.kind)
        self._solver.addCols(
            count, columns.cost, np.zeros(count), np.full(count, np.inf),
            len(index), starts.astype(np.int32), index.astype(np.int32), np.ones(len(index)),
        )  # fmt: skip
        self.entries, self._paid = np.append(self.entries, entries), np.append(self._paid, columns.cost)

    def solve(self, seconds: float) -> bool:
        """Mix anew; False when that takes longer."""
        if seconds <= 0:
            return False
        # HiGHS counts the seconds of all runs together
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + seconds)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        solution, n = self._solver.getSolution(), self.case.requests
        duals = np.array(solution.row_dual)
        self.worth, self.kinds = duals[:n], duals[n:]
        before = STEADY if self.cost < np.inf else 0.0
        self.steady = before * self.steady + (1 - before) * self.worth
        self._shares = np.array(solution.col_value)[n:]
        self.cost = self._solver.getObjectiveValue()
        return True

    def reduced(self, worth: Array | None = None) -> Array:
        """What each tour of the pool costs more than it is worth, or would be if requests were worth ``worth``."""
        entries = np.arange(int(self.pool.count[0]))
        return self._excess(entries, self.worth if worth is None else worth, self.kinds)

    def _excess(self, entries: Array, worth: Array, kinds: Array) -> Array:
        excess = np.empty(len(entries))
        dearer_than_worth(self.case, self.pool, entries, worth, kinds, excess)
        return excess

    def grow(self) -> int:
        """Bring in tours of the pool that cost less than they are worth; how many came in or got cheaper."""
        self._shrink()
        paid = self._excess(self.entries, np.zeros(self.case.requests), np.zeros(len(self.kinds)))
        cheaper = np.flatnonzero(paid < self._paid - 1e-9)
        if len(cheaper):
            self._paid[cheaper] = paid[cheaper]
            columns = (cheaper + self.case.requests).astype(np.int32)
            self._solver.changeColsCost(len(cheaper), columns, paid[cheaper])
        reduced = self.reduced()
        reduced[self.entries] = np.inf
        new = np.flatnonzero(reduced < -1e-7)
        most = max(AT_ONCE, self.case.requests)
        if len(new) > most:
            new = new[np.argpartition(reduced[new], most)[:most]]
        self._add(new)
        return len(new) + len(cheaper)

    def _shrink(self) -> None:
        """Leave most tours out that cost more than they are worth; the basis stays."""
        most = max(MOST, 5 * self.case.requests)
        if len(self.entries) <= most:
            return
        n, basis = self.case.requests, self._solver.getBasis()
        columns, rows = list(basis.col_status), list(basis.row_status)
        if len(columns) < n + len(self.entries):
            return
        reduced = self.reduced()[self.entries]
        basic = np.array([status == highspy.HighsBasisStatus.kBasic for status in columns[n : n + len(self.entries)]])
        keep = np.flatnonzero(basic | (reduced <= np.partition(reduced, most // 3)[most // 3]))
        entries, shares = self.entries[keep], self._shares
        self.entries, self._paid = np.zeros(0, np.int64), np.zeros(0)
        self._begin()
        self._add(entries)
        self._shares = shares[keep[keep < len(shares)]]
        smaller = highspy.HighsBasis()
        smaller.col_status = [*columns[:n], *(columns[n + x] for x in keep.tolist())]
        smaller.row_status, smaller.valid = rows, True
        self._solver.setBasis(smaller)

    def shown(self) -> Array:
        """Tours of the pool that are in the mixture with a share."""
        return self.entries[np.flatnonzero(self._shares > SHOWN)]

    def worth_most(self, most: int) -> Array:
        """Tours of the pool that are worth most beyond their costs, the best first."""
        reduced = self.reduced(self.steady)
        most = min(most, len(reduced))
        chosen = np.argpartition(reduced, most)[:most] if most < len(reduced) else np.arange(most)
        return chosen[np.argsort(reduced[chosen], kind="stable")].astype(np.int64)

    def renamed(self, names: Array) -> None:
        """The pool was trimmed: ``names`` are the entries that stay, in the order of their new numbers."""
        new = np.full(int(names.max(initial=-1)) + 1, -1, np.int64)
        new[names] = np.arange(len(names))
        self.entries = new[self.entries]
