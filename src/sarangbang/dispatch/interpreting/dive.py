"""From prices to a plan: whose wishes are surest get their day, and the others are asked again.

Fixing some days and pricing the rest anew, again and again (Caprara, Fischetti and Toth 1999), turns the mixture of
days behind the bound into a plan. What is asked for here can always be done: where calls leave no time for a job, the
best day without it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sarangbang.dispatch.compiling import compiled, inner

from .anew import shorten
from .bound import GRAIN, best_day, haggle
from .ceiling import BLOCKS, Ceiling
from .moves import copy
from .paths import first_from
from .routes import way, worth
from .search import State, nothing_planned
from .table import LEFT_ALONE, PATH, WHOLE

STAGES = 28
"""So often some get their day, if not one at a time."""
FIRST_ROUNDS, ROUNDS = 10, 3
"""Of asking everybody who has no day yet: before the first stage, and before every other one; one at a time there is
one round between two of them."""
STEP = 0.02
"""Of a job's weight: how far prices move."""
AGAIN = 6
"""So often somebody is asked again for a day that can be done."""
MEMORY, LONG_MEMORY = 0.85, 0.93
"""Of the mean of what was asked for, per round; the second one at a time."""


@inner
def node_of(nodes, i, j):
    return first_from(nodes.job, nodes.begins[i], nodes.begins[i + 1], j)


@inner
def ask_again(table, i, nodes, arcs, room, weight, hour, shut, counted, day, size):
    """A day for i that can be done, at the prices of the last round: as often as what is asked for cannot, a job that
    is too much is left alone, and the best day without it is asked for. How many jobs it has."""
    asked, price, without = table.bench[PATH], table.bench[WHOLE], table.bench[LEFT_ALONE]
    count = 0
    for _ in range(AGAIN):
        before = size
        copy(day, asked, before)
        size, k = shorten(table, i, day, before), 0
        for y in range(before):
            if k < size and day[k] == asked[y]:
                k += 1
            else:
                without[count] = node_of(nodes, i, asked[y])
                shut[without[count]] = True
                count += 1
        size, _ = best_day(table, i, nodes, arcs, room, weight, price, hour, shut, counted, day)
        if way(table, i, day, size) >= 0:
            break
    for k in range(count):
        shut[without[k]] = False
    return shorten(table, i, day, size)


@compiled
def note(table, nodes, arcs, room, weight, hour, counted, who, days, sizes, wanted, shut, share, keep):
    """What these people ask for goes into the mean of what they asked for (``share``, per node) once it can be done."""
    for x in range(len(who)):
        i = who[x]
        if way(table, i, days[i], sizes[i]) < 0:
            for k in range(sizes[i]):
                wanted[days[i, k]] -= 1
            sizes[i] = ask_again(
                table, i, nodes, arcs, room, weight, int(hour[i] + 0.5), shut, counted, days[i], sizes[i]
            )
            for k in range(sizes[i]):
                wanted[days[i, k]] += 1
        for u in range(nodes.begins[i], nodes.begins[i + 1]):
            share[u] *= keep
        for k in range(sizes[i]):
            share[node_of(nodes, i, days[i, k])] += 1 - keep


@inner
def sureness(nodes, i, days, sizes, owner, share):
    """How often i asked for the jobs of this day, as a mean; -1 where somebody has one of them."""
    total = 0.0
    for k in range(sizes[i]):
        if owner[days[i, k]] >= 0:
            return -1.0
        total += share[node_of(nodes, i, days[i, k])]
    return total / sizes[i] if sizes[i] > 0 else 1.0


@compiled
def fix(table, nodes, who, most, days, sizes, wanted, shut, share, now):
    """Gives ``most`` of these people the day that they ask for, the surest first; they go to the end of ``who``. How
    many got one."""
    plan, lengths, owner, values = now
    count = len(who)
    for _ in range(most):
        best, at = -1.0, -1
        for x in range(count):
            sure = sureness(nodes, who[x], days, sizes, owner, share)
            if sure > best:
                best, at = sure, x
        if at < 0:
            break
        i = who[at]
        count -= 1
        who[at], who[count] = who[count], i
        copy(days[i], plan[i], sizes[i])
        lengths[i] = sizes[i]
        worth(table, i, plan[i], sizes[i], values[i])
        for k in range(sizes[i]):
            owner[days[i, k]] = i
            wanted[days[i, k]] -= 1
        sizes[i] = 0
    for x in range(count):
        i = who[x]
        for u in range(nodes.begins[i], nodes.begins[i + 1]):
            if owner[nodes.job[u]] >= 0:
                shut[u] = True
        left = 0
        for k in range(sizes[i]):
            j = days[i, k]
            if owner[j] >= 0:
                wanted[j] -= 1
            else:
                days[i, left] = j
                left += 1
        sizes[i] = left
    return len(who) - count


class Dive:
    """Turns the prices of ``ceiling`` into plans, in the given weights; people get their days one ``by_one`` or many at
    a time."""

    def __init__(self, ceiling: Ceiling, weight: np.ndarray, seed: int, *, by_one: bool = False) -> None:
        self.ceiling, self.weight, self.by_one = ceiling, weight, by_one
        self.rng = np.random.default_rng(seed)
        people, jobs = ceiling.table.can.shape
        self.price, self.hour = np.zeros(jobs), np.zeros(people)
        self.share = np.zeros(len(ceiling.nodes.job))
        self.shut = np.zeros(len(ceiling.nodes.job), np.bool_)
        self.wanted, self.sizes = np.zeros(jobs, np.int64), np.zeros(people, np.int64)
        self.days = np.zeros_like(ceiling.days)

    def plan(self, goes_on: Callable[[], bool]) -> State | None:
        """A plan from the first prices on; None where there was no time to end it. Different each time."""
        ceiling = self.ceiling
        state = nothing_planned(ceiling.table)
        self.price[:] = ceiling.mean * (self.weight / ceiling.weight)
        self.hour[:] = ceiling.mean_hour
        for room in (self.share, self.shut, self.wanted, self.sizes):
            room[:] = 0
        who = self.rng.permutation(len(self.sizes))
        most, rounds = 1 if self.by_one else -(-len(who) // STAGES), FIRST_ROUNDS
        while len(who):
            for _ in range(rounds):
                if not self._ask(self.rng.permutation(who), goes_on):
                    return None
            rounds = 1 if self.by_one else ROUNDS
            got = fix(
                ceiling.table, ceiling.nodes, who, most,
                self.days, self.sizes, self.wanted, self.shut, self.share, state.parts,
            )  # fmt: skip
            who = who[: len(who) - got]
        return state

    def _ask(self, who: np.ndarray, goes_on: Callable[[], bool]) -> bool:
        """One round; the fewer there are, the more one of them moves the prices."""
        ceiling, block = self.ceiling, max(1, len(who) // BLOCKS)
        step, keep = STEP * GRAIN * len(self.sizes) / len(who), LONG_MEMORY if self.by_one else MEMORY
        for first in range(0, len(who), ceiling.slice):
            if not goes_on():
                return False
            some = who[first : first + ceiling.slice]
            haggle(
                ceiling.table, ceiling.nodes, ceiling.arcs, ceiling.room, self.weight, some, block, step,
                self.price, self.hour, self.wanted, self.days, self.sizes, self.shut, ceiling.counted,
            )  # fmt: skip
            note(
                ceiling.table, ceiling.nodes, ceiling.arcs, ceiling.room, self.weight, self.hour, ceiling.counted, some,
                self.days, self.sizes, self.wanted, self.shut, self.share, keep,
            )  # fmt: skip
        return True
