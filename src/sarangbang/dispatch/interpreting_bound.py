"""How many jobs can be covered at most: a proof from above.

Every job gets a price for being shared; when interpreters pay it, each may plan a day alone, and the best days plus
all prices bound every plan from above, whatever the prices are (Lagrangian relaxation, Geoffrion 1974). The prices
follow the deflected subgradient (Camerini, Fratta and Maffioli 1975) with Polyak's step. All numbers are whole,
so the bound needs no tolerance.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .interpreting_paths import ANYWHERE, IMPOSSIBLE, complete, entry, first_from, follow, lay_out
from .interpreting_routes import rests
from .interpreting_table import PINNED, Table

GRAIN = 1 << 14
"""Prices are counted in this part of a job of the lowest priority."""
LONGEST = 64
HOUR_SCALE = 0.0025
COUNTED, CLOSELY = 8, 16
"""Quarter hours: whoever may work longer is bounded by a price on time instead of being counted; the second figure is
for the few rounds in which one looks closely."""


@compiled
def relax(table, i, nodes, gain, best, tail, path):
    """The best path where only jobs earn and time is not counted: its jobs into ``path``; their number, what it earns.

    ``best[k, had]`` is the most that can be earned from a node on, ``tail`` the best of all later ones.
    """
    node_job, node_place = nodes[1], nodes[2]
    low, high = nodes[0][i], nodes[0][i + 1]
    pause = table.pause[i]
    has_pause = pause[0] > 0
    reach = nodes[3][i]
    travel = table.travel[table.transport[i]]
    slack = table.slack[0]
    floor = pause[1] + pause[0]
    cut = first_from(table, node_job, low, high, floor) if has_pause else low
    tail[high - low, :] = IMPOSSIBLE
    for u in range(high - 1, low - 1, -1):
        j = node_job[u]
        a = u - low
        best[a, :] = IMPOSSIBLE
        if gain[u] > 0:
            free = table.end[j]
            here = node_place[u]
            near = first_from(table, node_job, u + 1, high, free)
            far = first_from(table, node_job, near, high, free + reach)
            most = max(0, tail[far - low, 1])
            for v in range(near, far):
                if best[v - low, 1] > most:
                    there = node_place[v]
                    needed = 0
                    if here != ANYWHERE and there != ANYWHERE:
                        needed = travel[here, there]
                        needed = needed + slack if needed > 0 else 0
                    if free + needed <= table.start[node_job[v]]:
                        most = best[v - low, 1]
            best[a, 1] = most + gain[u]
            rested_at = max(free, pause[1]) + pause[0]
            if has_pause and rested_at <= pause[2]:
                last = max(far, first_from(table, node_job, far, high, rested_at + reach))
                most = max(0, tail[last - low, 1])
                if far < cut:
                    most = max(most, tail[far - low, 0])
                for v in range(near, last):
                    if far <= v < cut or max(best[v - low, 0], best[v - low, 1]) <= most:
                        continue
                    there = node_place[v]
                    needed = 0
                    if here != ANYWHERE and there != ANYWHERE:
                        needed = travel[here, there]
                        needed = needed + slack if needed > 0 else 0
                    starts = table.start[node_job[v]]
                    if free + needed <= starts:
                        then = 1 if rests(pause, free, needed, starts) else 0
                        most = max(most, best[v - low, then])
                best[a, 0] = most + gain[u]
        tail[a, 1] = max(tail[a + 1, 1], best[a, 1])
        # of those who still have to rest only nodes before the cut count: the others are compared one by one
        tail[a, 0] = max(tail[a + 1, 0], best[a, 0]) if u < cut else IMPOSSIBLE

    value, u, had = 0, -1, 1
    for first in range(low, high):
        if max(best[first - low, 0], best[first - low, 1]) > value:
            then, _ = entry(table, i, node_job, node_place, first, 0)
            if best[first - low, then] > value:
                value, u, had = best[first - low, then], first, then
    count = 0
    while u >= 0:
        path[count] = node_job[u]
        count += 1
        rest = best[u - low, had] - gain[u]
        free = table.end[node_job[u]]
        here = node_place[u]
        after = -1
        if rest > 0:
            for v in range(first_from(table, node_job, u + 1, high, free), high):
                if best[v - low, 0] != rest and best[v - low, 1] != rest:
                    continue
                there = node_place[v]
                needed = 0
                if here != ANYWHERE and there != ANYWHERE:
                    needed = travel[here, there]
                    needed = needed + slack if needed > 0 else 0
                starts = table.start[node_job[v]]
                if free + needed > starts:
                    continue
                then = 1 if had or rests(pause, free, needed, starts) else 0
                if best[v - low, then] == rest:
                    after, had = v, then
                    break
        u = after
    return count, value


@compiled
def share_out(table, nodes, price, hour, days, lengths, scratch):
    """Everybody's best day when jobs cost ``price`` and a quarter hour of i costs ``hour[i]``: what is proven.

    ``days`` and ``lengths`` hold the days; the result bounds every plan from above (in parts of ``GRAIN``).
    """
    begins, node_job = nodes[0], nodes[1]
    flat, flat_tail, best, tail, gain = scratch
    people, jobs = table.can.shape
    free = np.zeros(table.unfair.shape[1], np.int64)
    by_job = np.zeros(jobs, np.int64)
    total = 0
    for j in range(jobs):
        total += price[j]
    for i in range(people):
        low, high = begins[i], begins[i + 1]
        counted = table.cap[i] <= nodes[4][0]
        pinned = 0
        for node in range(low, high):
            j = node_job[node]
            gain[node] = table.weight[j] * GRAIN - price[j]
            if not counted:
                gain[node] -= hour[i] * table.quarters[j]
            if table.frozen[j] == i:
                gain[node] += PINNED
                if node == low or node_job[node - 1] != j:
                    pinned += 1
            by_job[j] = gain[node]
        if counted:
            complete(table, i, nodes, by_job, 0, table.cap[i], best, tail)
            count, value = follow(table, i, nodes, by_job, 0, table.cap[i], free, best, days[i])
        else:
            count, value = relax(table, i, nodes, gain, flat, flat_tail, days[i])
            total += hour[i] * table.cap[i]
        lengths[i] = count
        total += value - pinned * PINNED
    return total


@compiled
def descend(table, nodes, price, hour, best_price, best_hour, slope, state, goal, rounds, days, lengths, scratch):
    """Some rounds of the subgradient. ``state`` is (bound, step, rounds without progress, rounds in all); the best
    prices are kept. A job's price moves in proportion to its weight, that of a quarter hour more slowly."""
    people, jobs = table.can.shape
    whole = np.empty(jobs, np.int64)
    whole_hour = np.empty(people, np.int64)
    scale = np.empty(jobs + people)
    scale[:jobs] = table.weight
    scale[jobs:] = HOUR_SCALE * table.weight.mean()
    fresh = np.empty(jobs + people)
    for _ in range(rounds):
        for j in range(jobs):
            whole[j] = int(price[j] + 0.5)
        for i in range(people):
            whole_hour[i] = int(hour[i] + 0.5)
        value = share_out(table, nodes, whole, whole_hour, days, lengths, scratch)
        state[2] = 0 if value < state[0] * (1 - 1e-5) else state[2] + 1
        if value < state[0]:
            state[0] = value
            best_price[:] = whole
            best_hour[:] = whole_hour
        if state[2] >= 20:
            state[1] *= 0.7
            state[2] = 0
            price[:] = best_price
            hour[:] = best_hour
        fresh[:jobs] = 1
        fresh[jobs:] = 0
        for i in range(people):
            if table.cap[i] > nodes[4][0]:
                fresh[jobs + i] = table.cap[i]
            for k in range(lengths[i]):
                fresh[days[i, k]] -= 1
                if table.cap[i] > nodes[4][0]:
                    fresh[jobs + i] -= table.quarters[days[i, k]]
        memory = min(0.9, 0.5 + 0.004 * state[3])
        slope[:] = memory * slope + (1 - memory) * fresh if state[3] > 0 else fresh
        state[3] += 1
        length = 0.0
        for x in range(jobs + people):
            at = price[x] if x < jobs else hour[x - jobs]
            if at > 0 or slope[x] < 0:
                length += scale[x] * slope[x] ** 2
        if length <= 0:
            state[1] = 0
            return
        step = state[1] * max(value - goal, 1e-4 * abs(value)) / length
        for j in range(jobs):
            price[j] = min(max(0.0, price[j] - step * scale[j] * slope[j]), table.weight[j] * GRAIN)
        for i in range(people):
            hour[i] = max(0.0, hour[i] - step * scale[jobs + i] * slope[jobs + i])


class Ceiling:
    """The search for the bound; ``value`` is proven at any time, in the weights of the table."""

    def __init__(self, table: Table, *, wide: bool = False) -> None:
        self.table = table
        self.nodes = (*lay_out(table, wide), np.array([COUNTED]))
        people, jobs = table.can.shape
        begins = self.nodes[0]
        most = int((begins[1:] - begins[:-1]).max(initial=0)) + 1
        room = CLOSELY + 1
        self.scratch = (
            np.zeros((most, 2), np.int64),
            np.zeros((most + 1, 2), np.int64),
            np.zeros((most, 2, room), np.int64),
            np.zeros((most + 1, 2, room), np.int64),
            np.zeros(len(self.nodes[1]), np.int64),
        )
        self.price, self.hour = 0.7 * GRAIN * table.weight, np.zeros(people)
        self.best_price, self.best_hour = np.zeros(jobs), np.zeros(people)
        self.slope = np.zeros(jobs + people)
        self.most = int(table.weight[table.can.any(axis=0)].sum())
        self.state = np.array([float(1 << 60), 0.5, 0.0, 0.0])
        self.days, self.lengths = np.zeros((people, LONGEST), np.int64), np.zeros(people, np.int64)

    @property
    def value(self) -> int:
        return min(self.most, int(self.state[0]) // GRAIN)

    @property
    def tired(self) -> bool:
        """Whether further rounds would hardly lower it."""
        return bool(self.state[1] < 0.01)

    def try_prices(self, price: np.ndarray, hour: np.ndarray) -> int:
        """What these prices (whole, in parts of ``GRAIN``) prove, looking closely; the best ones are kept."""
        price, hour = price.astype(np.int64), hour.astype(np.int64)
        self.nodes[4][0] = CLOSELY
        value = int(share_out(self.table, self.nodes, price, hour, self.days, self.lengths, self.scratch))
        self.nodes[4][0] = COUNTED
        if value < self.state[0]:
            self.state[0] = value
            self.best_price[:], self.best_hour[:] = price, hour
        return value

    def lower(self, reached: int, rounds: int) -> None:
        """Some more rounds; ``reached`` is what the best known plan is worth."""
        descend(
            self.table, self.nodes, self.price, self.hour, self.best_price, self.best_hour, self.slope, self.state,
            float(reached * GRAIN), rounds, self.days, self.lengths, self.scratch,
        )  # fmt: skip
