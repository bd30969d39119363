"""How many jobs can be covered at most: a proof from above.

Every job gets a price for being shared; when interpreters pay it, each may plan a day alone, and the best days plus
all prices bound every plan from above, whatever the prices are (Lagrangian relaxation, Geoffrion 1974). What is proven
is read at the mean of the prices. All numbers are whole, so the bound needs no tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .arcs import Arcs, Room, arcs_of, room_of
from .bound import COUNTED, GRAIN, LONGEST, haggle
from .paths import SHORT, Nodes, nodes_of
from .table import Table

Array = np.ndarray[Any, Any]
BLOCKS = 40
"""So often prices move while everybody is asked once."""
FEW = 50_000
"""Interpreters times jobs up to which limits of several hours are counted in every round: it proves a little more, and
takes two to three times as long. Otherwise they are counted where the bound is read."""
AT_ONCE = 20_000
"""Pairs of interpreter and job between two looks at the clock."""
START = 0.7
"""Of a job's weight: its first price, if nothing is known."""
STEPS = 0.2, 0.002
"""Of a job's weight: how far prices move in the first and in the last rounds."""
READ = 10
"""Rounds between two readings."""
UNKNOWN = 1 << 60
MEMORY = 0.8
"""Of the mean of the prices, per round."""


class Ceiling:
    """The search for the bound; ``value`` is proven at any time, in the given weights (whole numbers per job). What
    ``like``, a search on the same day, has laid out is not laid out again."""

    def __init__(
        self,
        table: Table,
        weight: Array,
        seed: int = 0,
        *,
        start: float = START,
        price: Array | None = None,
        hour: Array | None = None,
        like: Ceiling | None = None,
    ) -> None:
        self.table, self.weight = table, weight
        self.nodes: Nodes = like.nodes if like else nodes_of(table)
        self.arcs: Arcs = like.arcs if like else arcs_of(table, self.nodes)
        self.room: Room = like.room if like else room_of(self.nodes)
        self.desk = self.room.desk
        self.rng = np.random.default_rng(seed)
        people, jobs = table.can.shape
        self.price = start * GRAIN * weight if price is None else price.astype(float)
        self.hour = np.zeros(people) if hour is None else hour.astype(float)
        self.mean, self.mean_hour = self.price.copy(), self.hour.copy()
        self.best_price, self.best_hour = np.zeros(jobs, np.int64), np.zeros(people, np.int64)
        self.wanted, self.sizes = np.zeros(jobs, np.int64), np.zeros(people, np.int64)
        self.days = np.zeros((people, LONGEST), np.int64)
        self.shut = np.zeros(len(self.nodes.job), np.bool_)
        self.most = int(weight[table.can.any(axis=0)].sum())
        self.proven = UNKNOWN
        self.rounds = 0
        self.counted = COUNTED if table.can.size <= FEW else SHORT
        block = max(1, people // BLOCKS)
        self.block, blocks = block, max(1, round(AT_ONCE * people / max(1, len(self.nodes.job)) / block))
        self.slice = block * blocks

    @property
    def value(self) -> int:
        return min(self.most, self.proven // GRAIN)

    def lower(
        self,
        rounds: int,
        goes_on: Callable[[], bool],
        enough: Callable[[], bool],
        steps: tuple[float, float] = STEPS,
        spent: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """So many rounds with smaller and smaller steps, fewer where the time for them (``spent``, from 0 to 1) goes by
        faster; none any more when it may not go on, or what is proven is enough."""
        turn, share = 0, spent()
        while turn < rounds and share < 1:
            step = steps[0] * (steps[1] / steps[0]) ** share
            if not self._round(self.rng.permutation(len(self.hour)), step * GRAIN, goes_on):
                return
            turn += 1
            share = max(turn / rounds, spent())
            if (turn % READ == 0 or share >= 1) and (not self.read(goes_on) or enough()):
                return

    def _round(self, who: np.ndarray, step: float, goes_on: Callable[[], bool]) -> bool:
        for first in range(0, len(who), self.slice):
            if not goes_on():
                return False
            haggle(
                self.table, self.nodes, self.arcs, self.room, self.weight, who[first : first + self.slice],
                self.block, step, self.price, self.hour, self.wanted, self.days, self.sizes, self.shut, self.counted,
            )  # fmt: skip
        self.rounds += 1
        keep = min(MEMORY, 1 - 1 / self.rounds)
        self.mean = keep * self.mean + (1 - keep) * self.price
        self.mean_hour = keep * self.mean_hour + (1 - keep) * self.hour
        return True

    def read(self, goes_on: Callable[[], bool]) -> bool:
        """What the mean of the prices proves; False when there was no time to find out."""
        price, hour = np.round(self.mean).astype(np.int64), np.round(self.mean_hour).astype(np.int64)
        total, who = int(price.sum()), np.arange(len(hour))
        answers = self.wanted.copy(), self.days.copy(), self.sizes.copy()
        for first in range(0, len(who), self.slice):
            if not goes_on():
                return False
            total += haggle(
                self.table, self.nodes, self.arcs, self.room, self.weight, who[first : first + self.slice],
                self.block, 0.0, price.astype(float), hour.astype(float), *answers, self.shut, COUNTED,
            )  # fmt: skip
        if total < self.proven:
            self.proven = total
            self.best_price[:], self.best_hour[:] = price, hour
        return True


class Proof(NamedTuple):
    """No plan weighs more than ``value``; ``weights`` per priority, the most pressing first."""

    weights: tuple[int, ...]
    value: int

    def most(self, fixed: Sequence[int], least: int, have: Sequence[int]) -> int:
        """How many jobs a plan can cover with ``fixed`` of the first priorities, at least ``least`` of the next one and
        at most ``have`` of each; -1 where there is no such plan."""
        level = len(fixed)
        left = self.value - sum(a * b for a, b in zip(self.weights, fixed, strict=False)) - self.weights[level] * least
        if left < 0:
            return -1
        total = sum(fixed) + least
        room = [(self.weights[level], have[level] - least)]
        room += [(self.weights[k], have[k]) for k in range(level + 1, len(have))]
        for weight, count in sorted(room):
            fits = min(count, left // weight) if weight else count
            total, left = total + fits, left - fits * weight
        return total


def coverable(covered: Sequence[int], able: Sequence[int], proofs: Sequence[Proof]) -> tuple[int, bool]:
    """How many jobs a plan can cover that is at least as good by priority as one that covers ``covered``; and whether
    none can be better by priority. ``able`` are the jobs of each priority that somebody can do."""
    found, best = sum(covered), True
    for level in range(len(covered)):
        if covered[level] >= able[level]:
            continue
        most = min((proof.most(covered[:level], covered[level] + 1, able) for proof in proofs), default=sum(able))
        if most >= 0:
            found, best = max(found, most), False
    return found, best
