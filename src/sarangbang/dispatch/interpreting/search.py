"""The search for a plan: fill, push on along chains, disturb a corner and mend it, as long as there is time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .moves import LEVELS, SPACE, disturb, polish, refill
from .routes import way, worth
from .table import NOBODY, Table

SHORT = 40
"""Jobs that a search for a chain looks at."""
CORNER = 14
"""Jobs that are taken away at once."""
AT_ONCE = 12
"""Jobs with nobody that are tried again at once, and jobs that are traded between two looks at the clock."""


@dataclass(slots=True)
class State:
    """Who does what (``moves``)."""

    days: np.ndarray
    sizes: np.ndarray
    owner: np.ndarray
    values: np.ndarray

    @property
    def levels(self) -> tuple[int, ...]:
        """Worth of the whole plan: larger is better."""
        return tuple(int(each) for each in self.values.sum(axis=0))

    @property
    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.days, self.sizes, self.owner, self.values

    def copy(self) -> State:
        return State(*(each.copy() for each in self.parts))

    def become(self, other: State) -> None:
        for mine, theirs in zip(self.parts, other.parts, strict=True):
            mine[...] = theirs


def nothing_planned(table: Table) -> State:
    people, jobs = table.can.shape
    return State(
        np.zeros((people, SPACE + 1), np.int64),
        np.zeros(people, np.int64),
        np.full(jobs, NOBODY, np.int64),
        np.zeros((people, LEVELS), np.int64),
    )


def from_owners(table: Table, owner: np.ndarray) -> State:
    """The plan in which ``owner`` has the jobs, without those that an interpreter cannot do together with earlier ones;
    frozen jobs go first."""
    state = nothing_planned(table)
    first = [j for j in range(len(owner)) if table.frozen[j] != NOBODY]
    for j in [*first, *(j for j in range(len(owner)) if table.frozen[j] == NOBODY)]:
        i = int(owner[j])
        if i == NOBODY or not table.can[i, j] or state.sizes[i] >= SPACE:
            continue
        day = np.array(sorted([*state.days[i, : state.sizes[i]], j]), np.int64)
        if way(table, i, day, len(day)) >= 0:
            state.days[i, : len(day)] = day
            state.sizes[i] = len(day)
            state.owner[j] = i
    for i in range(len(state.sizes)):
        worth(table, i, state.days[i], state.sizes[i], state.values[i])
    return state


class Search:
    """A plan that gets better. ``best`` can be read at any time."""

    def __init__(self, table: Table, seed: int) -> None:
        self.table = table
        self.rng = np.random.default_rng(seed)
        self.rounds = 0
        self.able = table.can.sum(axis=0)
        self.possible = np.flatnonzero(self.able)
        self.still = np.zeros(table.can.shape[0], np.int64)
        self.now = from_owners(table, table.kept)
        refill(table, self._hardest_first(), 0, self.still, 0, *self.now.parts)
        self.best = self.now.copy()

    @property
    def covered(self) -> int:
        """How many jobs the best plan covers."""
        return int((self.best.owner != NOBODY).sum())

    def _hardest_first(self) -> np.ndarray:
        """Jobs that weigh most first, then those that few can do."""
        return self.possible[np.lexsort((self.able[self.possible], -self.table.weight[self.possible]))]

    def _open(self) -> np.ndarray:
        """Jobs with nobody, the heaviest first, otherwise in random order."""
        left = self.possible[self.now.owner[self.possible] == NOBODY]
        left = self.rng.permutation(left)
        return left[np.argsort(-self.table.weight[left], kind="stable")]

    def _turn(self) -> int:
        return int(self.rng.integers(max(1, len(self.still))))

    def chains(self, goes_on: Callable[[], bool]) -> None:
        """Looks for a chain for every job that has nobody."""
        for j in self._open():
            if not goes_on():
                break
            refill(self.table, np.array([j]), SHORT, self.still, self._turn(), *self.now.parts)
        self._note()

    def polish(self, goes_on: Callable[[], bool]) -> int:
        """One pass of trades over all jobs; how many changed something."""
        changed, row = 0, self.rng.permutation(self.possible)
        for first in range(0, len(row), AT_ONCE):
            if not goes_on():
                break
            changed += int(polish(self.table, row[first : first + AT_ONCE], *self.now.parts))
        self._note()
        return changed

    def _note(self) -> bool:
        if self.now.levels > self.best.levels:
            self.best.become(self.now)
            return True
        return False

    def _corner(self, open_: np.ndarray) -> np.ndarray:
        """Some jobs that belong together: close in time and shared by the same interpreters."""
        held = np.flatnonzero((self.now.owner != NOBODY) & (self.table.frozen == NOBODY))
        if not len(held):
            return held
        pool = open_ if len(open_) and self.rng.random() < 0.6 else held
        seed = int(self.rng.choice(pool))
        can = self.table.can
        common = can[self.now.owner[held], seed] > 0
        near = np.abs(self.table.start[held] - self.table.start[seed])
        key = near * (0.5 + self.rng.random(len(held))) + np.where(common, 0, 600)
        return held[np.argsort(key, kind="stable")[: int(self.rng.integers(3, CORNER))]]

    def disturb(self) -> bool:
        """Takes a corner away and mends it; keeps what is not worse. True when the best plan got better."""
        self.rounds += 1
        before = self.now.copy()
        open_ = self._open()
        out = self._corner(open_)
        near = np.concatenate([self.rng.permutation(out), self.rng.permutation(open_)[:AT_ONCE]])
        order = near[np.argsort(-self.table.weight[near], kind="stable")]
        luck = self.rng.integers(0, 30, len(self.still)) if self.rng.random() < 0.5 else self.still
        disturb(self.table, out, order, SHORT, luck, self._turn(), *self.now.parts)
        if self.now.levels < before.levels:
            self.now.become(before)
        return self._note()
