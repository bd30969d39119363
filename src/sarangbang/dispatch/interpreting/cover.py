"""Coverage from above and from below: prices that bound it, and days planned anew at these prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from .anew import Guide, ask, guide_for, plan_anew, who_can
from .bound import GRAIN
from .ceiling import FEW, Ceiling, Proof, coverable
from .dive import Dive
from .paths import room_for
from .search import Search
from .table import NOBODY, Table

SMALL = 5_000
"""Interpreters times jobs up to which every level may be proven."""
MOST_PROVEN = 1 << 34
"""True weights of all jobs together up to which that can be reckoned."""
SOFT, FIRM = (3, 2), (2, 1)
"""A priority is worth three halves of the next: weights in which the bound converges soon, and proves as much. Twice as
much where there are many priorities, and where people are short: there the best plan by priority is far from the best
in soft weights."""
MANY = 16
"""Priorities."""
STIFF = 3.0
"""The same while days are planned anew, where the order of priorities has to win in the end."""
CHEAP, HEAT = 0.1, 0.01
"""Meanwhile this part of the bound's price is taken from what a job weighs: of two plans that cover as much, the one
leaves open what others want, too, and everybody else has a day near their best. Heat is in weights of the last
priority. Neither where people know a plan: it is to change as little as it can."""
ROUNDS = 400
"""Of the bound, at most; with less time there are fewer, in larger steps."""
READING = 0.04
"""Of the time for prices that is kept for what the last ones prove."""
TRUE_ROUNDS, TRUE_STEPS = 800, (0.02, 1e-6)
"""Of the bound in true weights."""
PRICES, PRESSING, FIRMED, DIVING, ANEW = 0.25, 0.3, 0.45, 0.5, 0.92
"""Of the time: when prices are done, proofs for the more pressing priorities, what firm weights prove, plans from the
prices, and the plan; a small day needs less."""
LARGE, LARGE_PRICED, LARGE_PRESSING = 15, 0.66, 0.1
"""If there is time for fewer rounds, each with a reading: when prices and proofs are done, and the part of the latter;
then only the plan has time, too."""
PRESSING_SHORT = 0.37
"""Where people are short: firm weights are settled then, and without these proofs a slow machine proves nothing."""
PRESSED = 0.05, 0.001
"""Steps for the more pressing priorities alone, from prices that are known for all."""
FIRM_ROUNDS, FINER = 800, (0.02, 0.0007)
"""Of the bound in firm weights; steps from prices that are known."""
DIVES = 12
"""Plans from the prices, at most; there is one, however long it takes."""
SMALL_PRICES, SMALL_ANEW, SMALL_TRUE = 0.2, 0.35, 0.55
TURNS = 16_000_000
"""Interpreters times jobs times days planned anew between two looks at the clock."""


@dataclass(slots=True)
class Limits:
    """What ends the work: seconds that are left of a part of the time, whether to go on, and how many rounds of
    everything at most (None: as many as there is time for)."""

    left: Callable[[float], float]
    goes_on: Callable[[float, int], bool]
    rounds: int | None


def _soft(levels: int, ratio: tuple[int, int]) -> tuple[int, ...]:
    more, less = ratio
    return tuple(more ** (levels - 1 - each) * less**each for each in range(levels))


def _down_to(ceiling: Ceiling, reached: int) -> bool:
    return ceiling.value <= reached


class Cover:
    """Makes ``search.best`` cover as much as it can, and proves how much that is at most."""

    def __init__(self, search: Search, limits: Limits, tell: Callable[[], None], seed: int) -> None:
        self.search, self.limits, self.tell = search, limits, tell
        self.table: Table = search.table
        values, level = np.unique(-self.table.weight, return_inverse=True)
        self.level, self.levels = level.ravel(), len(values)
        self.seed = seed
        self.able = self._count(np.asarray(self.table.can.any(axis=0)))
        self.short = self._short()
        self.ratio = FIRM if self.levels > MANY or self.short else SOFT
        self.weights = _soft(self.levels, self.ratio)
        covered = self.search.covered / max(1, len(self.search.possible))
        # where nearly everything is covered a job is worth nearly its weight
        self.ceiling = Ceiling(self.table, self._per_job(self.weights), seed, start=covered)
        self.proofs: list[Proof] = []
        self.large = False
        self.dice = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
        self.takers = who_can(self.table.can)
        self.few = room_for(self.ceiling.nodes, len(self.table.can))
        self.soft = min(STIFF, 2 ** (20 / max(1, self.levels - 1))) ** np.arange(self.levels - 1, -1.0, -1)[self.level]
        self.known = 2 * np.count_nonzero(self.table.kept != NOBODY) > len(search.possible)
        self.cheap, self.heat = (0.0, 0.0) if self.known else (CHEAP, HEAT)
        self.turns = max(4, min(100, TURNS // max(1, self.table.can.size)))

    def _short(self) -> bool:
        """Whether more of the pressing jobs have nobody than jobs of the last priority have somebody."""
        covered = self._count(self.search.best.owner != NOBODY)
        return sum(self.able[:-1]) - sum(covered[:-1]) > sum(covered[-1:])

    @property
    def whole(self) -> bool:
        return self.table.can.size <= SMALL and int(self.table.weight.sum()) <= MOST_PROVEN

    def _per_job(self, weights: tuple[int, ...]) -> np.ndarray:
        return np.array(weights, np.int64)[self.level]

    def _count(self, which: np.ndarray) -> tuple[int, ...]:
        return tuple(int(each) for each in np.bincount(self.level[which], minlength=self.levels))

    def standing(self) -> tuple[int, bool]:
        """How many jobs can be covered by a plan that is as good by priority, and whether none is better by it."""
        covered = self._count(self.search.best.owner != NOBODY)
        return coverable(covered, self.able, [Proof(self.weights, self.ceiling.value), *self.proofs])

    def met(self) -> bool:
        return self.standing()[1]

    def run(self) -> None:
        if self.met() and not self.whole:
            return
        self._price()
        self.tell()
        if not self.large:
            self._dive(DIVING)
        self._renew(SMALL_ANEW if self.whole else ANEW)

    def _price(self) -> None:
        """Prices, in as many rounds as the time allows; on a small day all of them, since the proof on the lower levels
        needs little between bound and plan. Then proofs for the more pressing priorities, and what firm weights prove
        from these prices, where the bound converges later and proves more."""
        ceiling, enough = self.ceiling, lambda: not self.whole and self.met()
        prices, pressing = PRICES, PRESSING_SHORT if self.ratio == FIRM else PRESSING
        if self.whole:
            prices, pressing = SMALL_PRICES, SMALL_ANEW
        elif self._measure():
            prices, pressing = LARGE_PRICED - LARGE_PRESSING, LARGE_PRICED
        rounds = min(ROUNDS, self.limits.rounds or ROUNDS)
        ceiling.lower(rounds, self._until(prices), enough, spent=self._spending(prices))
        if enough():
            return
        self._press(pressing)
        if self.whole or self.large or enough():
            return
        weights = _soft(self.levels, FIRM)
        weight = self._per_job(weights)
        ratio = weight / ceiling.weight
        price, hour = ceiling.mean * ratio, ceiling.mean_hour * ratio.mean()
        firm = Ceiling(self.table, weight, self.seed, price=price, hour=hour, like=ceiling)
        rounds = min(FIRM_ROUNDS, self.limits.rounds or FIRM_ROUNDS)
        firm.lower(rounds, self._until(FIRMED), lambda: False, FINER, self._spending(FIRMED))
        self.proofs.append(Proof(weights, firm.value))

    def _measure(self) -> bool:
        """Whether the day is so large that there is time for few rounds, by the first one and what it proves."""
        left = self.limits.left(PRICES)
        self.ceiling.lower(1, self._until(PRICES), lambda: False)
        self.large = self.limits.rounds is None and LARGE * (left - self.limits.left(PRICES)) > left
        return self.large

    def _until(self, part: float) -> Callable[[], bool]:
        return lambda: self.limits.goes_on(part, 0)

    def _spending(self, part: float) -> Callable[[], float]:
        """How much of what is left of a part of the time is spent, from 0 to 1; always 0 where rounds are counted."""
        limits, total = self.limits, self.limits.left(part)

        def spent() -> float:
            if limits.rounds is not None or total <= 0:
                return 0.0
            return (total - limits.left(part)) / (total * (1 - READING))

        return spent

    def truly(self) -> Ceiling:
        """The bound in true weights, from the prices that are known."""
        ceiling, weight = self.ceiling, self.table.weight
        result = Ceiling(self.table, weight, price=ceiling.best_price * (weight / ceiling.weight), like=ceiling)
        reached = int(weight[self.search.best.owner != NOBODY].sum())
        rounds = min(TRUE_ROUNDS, self.limits.rounds or TRUE_ROUNDS)
        result.lower(rounds, self._until(SMALL_TRUE), partial(_down_to, result, reached), TRUE_STEPS)
        self.proofs.append(Proof(tuple(sorted(set(weight.tolist()), reverse=True)), result.value))
        return result

    def _dive(self, part: float) -> None:
        """Plans from the prices, the best of which is gone on from; where people are short, one person after the other
        if it takes fewer rounds than the prices, and days are no smaller than what the search makes up for in the same
        time. Not where people know a plan, of which as much as possible is to be kept, nor on small days, which are
        proven without."""
        search, limits, turn = self.search, self.limits, 0
        if self.whole or self.known:
            return
        by_one = self.short and self.table.can.size > FEW and len(self.table.can) < 2 * self.ceiling.rounds
        dive = Dive(self.ceiling, np.rint(self.soft).astype(np.int64), self.seed, by_one=by_one)
        while turn < DIVES and not self.met() and limits.goes_on(part if turn else ANEW, turn):
            turn += 1
            found = dive.plan(self._until(ANEW))
            if found is None:
                break
            search.now.become(found)
            search.chains(self._until(ANEW))
            self.tell()

    def _press(self, part: float) -> None:
        """Proofs for the more pressing priorities alone, where some jobs of them have nobody; for all but the last one
        only where that takes little time. What is covered meanwhile says only where a proof is of no more use."""
        covered, like = self._count(self.search.best.owner != NOBODY), self.ceiling
        for levels in range(1, self.levels if like.rounds >= ROUNDS else self.levels - 1):
            if covered[levels - 1] == self.able[levels - 1]:
                continue
            weights = _soft(levels, self.ratio) + (0,) * (self.levels - levels)
            weight = self._per_job(weights)
            price = like.mean * (weight / like.weight)
            ceiling = Ceiling(self.table, weight, price=price, hour=like.mean_hour, like=like)
            enough = partial(_down_to, ceiling, sum(a * b for a, b in zip(weights, covered, strict=True)))
            if ceiling.read(self._until(part)) and not enough():
                ceiling.lower(ROUNDS, self._until(part), enough, PRESSED, self._spending(part))
            self.proofs.append(Proof(weights, ceiling.value))

    def _renew(self, part: float) -> None:
        """Days planned anew, a few interpreters at a time, until nothing more can be covered or the time is spent."""
        turn, met, guide = 0, self.met(), self.guide(part)
        self.search.now.become(self.search.best)
        while not met and self.limits.goes_on(part, turn):
            turn += 1
            if self.renew(self.turns, guide):
                self.tell()
                met = self.met()

    def guide(self, part: float) -> Guide:
        """Where the plan lies apart from the bound, by the prices that are known and as far as there is time."""
        at = self.ceiling
        guide = guide_for(at.weight, at.best_price, at.best_hour)
        for first in range(0, len(guide.hour), at.slice):
            if not self.limits.goes_on(part, 0):
                break
            ask(self.table, at.nodes, at.arcs, at.room, at.weight, at.shut, guide, first, first + at.slice)
        return guide

    def renew(self, turns: int, guide: Guide) -> bool:
        """So many tries to plan days anew; True when the plan got better."""
        search, ceiling = self.search, self.ceiling
        dear = ceiling.best_price / (GRAIN * np.maximum(1, ceiling.weight))
        soft = self.soft * (1 - self.cheap * dear)
        return bool(
            plan_anew(
                self.table, ceiling.nodes, self.few, ceiling.desk, *self.takers, dear, soft, dear * soft,
                guide, turns, self.dice, self.heat, search.now.parts, search.best.parts,
            )
        )  # fmt: skip
