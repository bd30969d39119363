"""Coverage from above and from below: rounds of the bound, the best mixture of the days they met, corners anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .interpreting_bound import GRAIN, Ceiling
from .interpreting_columns import Columns, Mixture, Pool, mix
from .interpreting_corners import Corner, best_of, feasible
from .interpreting_search import Search, from_owners
from .interpreting_table import NOBODY, Table

SMALL = 5_000
"""Interpreters times jobs up to which a corner is the whole day."""
CROWD = 24
"""Interpreters in a corner of a larger day."""
STRIDE = 100_000
"""Interpreters times jobs times rounds of the bound between two looks at the clock."""
ROUNDS = 150
"""Of the bound before the first mixture."""
SOFT = 2
STEPS = (1.0, 0.4, 0.15)
"""Of the way from the best prices to those of the mixture, which may be wild at first."""
LARGE = 100_000
"""Interpreters times jobs from which on prices get most of the time."""
SETTLED = 0.12
"""Of the interpreters that are settled at once when a plan is made from a mixture."""
FIRST, EVERY = 30, 3
"""Of the rounds whose days are remembered: earlier ones are wild, and neighbours much alike."""


class Cover:
    """``left(part)``: how many seconds are left of a part of the time; ``goes_on(part, rounds)``: whether to go on.
    HiGHS reads the wall clock: ``stretch`` is by how much it may run longer where another one is asked."""

    def __init__(
        self,
        search: Search,
        left: Callable[[float], float],
        goes_on: Callable[[float, int], bool],
        tell: Callable[[], None],
        stretch: float = 1.0,
    ) -> None:
        self.search, self.left, self.goes_on, self.tell = search, left, goes_on, tell
        self.stretch = stretch
        self.table: Table = search.table
        self.people, self.jobs = self.table.can.shape
        self.softly = self.table if self.whole else self.table._replace(weight=self._soft())
        self.ceiling = Ceiling(self.softly)
        self.pool = Pool(self.softly)
        self.mixture: Mixture | None = None
        self.likely = np.zeros(self.jobs)
        self.corners = 0

    def _soft(self) -> np.ndarray:
        """Weights that prove nearly as much and sooner: a priority is worth ``SOFT`` times the next, on a large day as
        much as the next."""
        _values, level = np.unique(self.table.weight, return_inverse=True)
        return ((1 if self.large else SOFT) ** level.ravel()).astype(np.int64)

    @property
    def reached(self) -> int:
        return int(self.softly.weight[self.search.best.owner != NOBODY].sum())

    @property
    def met(self) -> bool:
        return self.reached >= self.ceiling.value

    def run(self) -> None:
        self._descend(0.22, ROUNDS)
        if self.large:
            self._in_turns(0.55)
        if not self.met:
            self._mix(0.8 if self.large else 0.55)
        if not self.met:
            self._dive(0.85 if self.large else 0.75)
        turn = 0
        while not self.met and self.goes_on(0.85, turn):
            turn += 1
            if not self._corner() and self.whole:
                break
            self.tell()
        if not self.met and not self.large:
            self._mix(0.95)

    def _in_turns(self, part: float) -> None:
        """Rounds of the bound, whose days are remembered, and corners of the day taken away and filled again."""
        turn = 0
        while not self.met and self.goes_on(part, turn):
            turn += 1
            self.ceiling.lower(self.reached, 1)
            if turn % EVERY == 0:
                self.pool.add(self.ceiling.days, self.ceiling.lengths)
            self.search.disturb(coverage_only=True)
        self.search.now.become(self.search.best)

    @property
    def large(self) -> bool:
        return self.table.can.size > LARGE

    @property
    def whole(self) -> bool:
        return self.people * self.jobs <= SMALL

    def _descend(self, part: float, most: int) -> None:
        """Rounds of the bound, and chains now and then for what is still open."""
        rounds = 0
        step = max(1, min(10, STRIDE // max(1, self.table.can.size)))
        while rounds < most and not self.met and not self.ceiling.tired and self.goes_on(part, rounds):
            for _ in range(step):
                self.ceiling.lower(self.reached, 1)
                at = int(self.ceiling.state[3])
                if self.whole or (at % EVERY == 0 and at >= FIRST):
                    self.pool.add(self.ceiling.days, self.ceiling.lengths)
            rounds += step

    def _mix(self, part: float) -> None:
        """Better prices from the best mixture, until they prove what it promises or the time is spent."""
        turn, last = 0, 0.0
        self.pool.keep(self.search.best.days, self.search.best.sizes)
        hour = np.zeros(self.people, np.int64)  # whoever is not counted closely is hardly ever bound by hours
        while not self.met and self.left(part) > last and self.goes_on(part, turn):
            turn += 1
            before = self.left(1.0)
            columns = self.pool.trim(self.ceiling.best_price, hour)
            mixture = mix(self.softly, columns, self.left(part) * self.stretch)
            if mixture is None:
                return
            self.pool.hold(mixture.share)
            price = mixture.price
            promised = float(columns.earns @ mixture.share)
            self.mixture = mixture
            covered = np.zeros(self.jobs + 1)
            np.add.at(covered, columns.jobs, mixture.share[:, None])
            self.likely = covered[:-1]
            best = self.ceiling.best_price.copy()
            for way in STEPS:
                prices = np.round(best + way * (price - best))
                self.ceiling.try_prices(prices, hour)
                self.pool.add(self.ceiling.days, self.ceiling.lengths)
            last = before - self.left(1.0)
            self._round(columns, mixture.share)
            if self.ceiling.state[0] - promised < 0.5 * GRAIN:
                return

    def _round(self, columns: Columns, share: np.ndarray) -> None:
        """A plan from the mixture: its largest parts that go together, and chains for what is left."""
        search = self.search
        for noise in (0.0, 0.2) if self.table.can.size <= LARGE else (0.0,):
            owner = np.full(self.jobs, NOBODY, np.int64)
            busy = np.zeros(self.people, np.bool_)
            key = share * np.exp(noise * search.rng.standard_normal(len(share))) * columns.sizes**0.5
            for d in np.argsort(-key, kind="stable")[: 6 * self.people]:
                mine = columns.jobs[d, : columns.sizes[d]]
                if not busy[columns.owner[d]] and (owner[mine] == NOBODY).all():
                    owner[mine] = columns.owner[d]
                    busy[columns.owner[d]] = True
            search.now.become(from_owners(self.table, owner))
            search.fill()
        search.now.become(search.best)

    def _dive(self, part: float) -> None:
        """A plan from mixture after mixture: what is largest is settled, the rest mixed anew."""
        columns, turn = feasible(self.softly, self.pool.known), 0
        owner, busy = np.full(self.jobs + 1, NOBODY, np.int64), np.zeros(self.people, np.bool_)
        while len(columns.owner) and self.goes_on(part, turn):
            turn += 1
            mixture = mix(self.softly, columns, self.left(part) * self.stretch)
            if mixture is None:
                break
            settled = 0
            for d in np.argsort(-mixture.share, kind="stable"):
                if settled > SETTLED * self.people and mixture.share[d] < 0.9:
                    break
                mine = columns.jobs[d, : columns.sizes[d]]
                if not busy[columns.owner[d]] and (owner[mine] == NOBODY).all():
                    owner[mine], busy[columns.owner[d]] = columns.owner[d], True
                    settled += 1
            taken = owner != NOBODY
            taken[-1] = False
            fits = ~busy[columns.owner] & ~taken[columns.jobs].any(axis=1)
            columns = Columns(*(each[fits] for each in columns))
        self.search.now.become(from_owners(self.table, owner[:-1]))
        self.search.fill()
        self.search.now.become(self.search.best)

    def _corner(self) -> bool:
        """A corner solved anew; True when the plan got better."""
        search = self.search
        self.corners += 1
        owner = search.best.owner
        if self.whole:
            found = best_of(self.table, self.pool.known, self.search.best.levels[0], self.left(1.0) * self.stretch)
        else:
            found = Corner.of(self.table, owner, self._crowd(owner)).solve(
                owner, min(0.3, self.left(1.0)) * self.stretch
            )
        if found is None:
            return False
        better = from_owners(self.table, found)
        if better.levels <= search.best.levels:
            return False
        search.best.become(better)
        search.now.become(better)
        search.chains(lambda: self.goes_on(0.9, 0))
        return True

    def _crowd(self, owner: np.ndarray) -> np.ndarray:
        """Interpreters around a job that has nobody and could have somebody."""
        rng, table = self.search.rng, self.table
        open_ = np.flatnonzero((owner == NOBODY) & table.can.any(axis=0))
        if not len(open_):
            return rng.permutation(self.people)[:CROWD]
        weight = (0.05 + self.likely[open_]) * np.log2(1.0 + table.weight[open_])
        seed = int(rng.choice(open_, p=weight / weight.sum()))
        able = table.can[:, seed] > 0
        near = np.exp(-np.abs(table.start - table.start[seed]) / 120.0)
        held = owner != NOBODY
        theirs = held & able[owner]
        # whoever could take over what those have who could come, the nearer in time the better
        score = table.can[:, theirs] @ near[theirs] * (0.5 + rng.random(self.people)) + 1e3 * able * rng.random(
            self.people
        )
        first = np.flatnonzero(able)
        if len(first) > CROWD // 2:
            score[first] *= 0.001 * (rng.random(len(first)) < 0.5) + 0.999 * (
                np.argsort(np.argsort(-score[first])) < CROWD // 2
            )
        return np.argsort(-score, kind="stable")[:CROWD]
