"""Some days planned anew, in machine code: a few interpreters lose all their jobs and take whole best days in turn.

Who goes first leaves to those after them what is dear to these: at the bound's prices a job costs what it is worth to
somebody else. What is not worse stays, and seldom what is worse by little (``heat``, as in simulated annealing), so the
plan wanders among equals until it finds a better one.

What lies between plan and bound is the sum of two things: the prices of jobs that nobody has, and what the days of
people are worth less than their best ones at these prices. Few jobs and people have a share in it, and at these begins
every other try.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarangbang.dispatch.chance import below, draw
from sarangbang.dispatch.compiling import compiled, inner

from .bound import COUNTED, GRAIN, LONGEST, best_day
from .moves import LEVELS, SPACE, copy, without_job
from .paths import SHORT, count_hours, relax, work
from .routes import way, worth
from .table import (
    AHEAD,
    AT,
    CROWD,
    EARNS,
    FREE,
    INSIDE,
    NOBODY,
    OPEN,
    PINNED,
    RECORD,
    ROW,
    SHORTER,
    SIZES,
    TOTAL,
)

FEW, MANY = 2, 5
"""Interpreters at once."""
GUIDED = 0.5
"""So often one begins where plan and bound lie apart, ..."""
OPEN_FIRST = 0.8
"""... otherwise so often with a job that has nobody."""
BACK = 0.3
"""So often one asks who else could do this job, otherwise who could do one of theirs."""
DEAR, NOISE = 1.2, 0.3
"""At most: how much prices count, and by how much what a job earns is blurred."""
TRUE_TO = 0.3
"""What it adds to a job's worth, at most, that somebody has it in the present plan."""


class Guide(NamedTuple):
    """Where plan and bound lie apart, in the weights of the bound."""

    worth: np.ndarray  # j → what it is worth beyond its price
    price: np.ndarray  # j → price
    hour: np.ndarray  # i → price of a quarter hour
    most: np.ndarray  # i → what the best day is worth
    days: np.ndarray  # i → that day
    sizes: np.ndarray  # i → its length
    loss: np.ndarray  # i → what the present day is worth less


def guide_for(weight: np.ndarray, price: np.ndarray, hour: np.ndarray) -> Guide:
    """Nobody is asked yet, so nobody's day is short of their best one."""
    people = len(hour)
    most, sizes, loss = (np.zeros(people, np.int64) for _ in range(3))
    return Guide(weight * GRAIN - price, price, hour, most, np.zeros((people, LONGEST), np.int64), sizes, loss)


@compiled
def ask(table, nodes, arcs, room, weight, shut, guide, first, last):
    """The best days of some people."""
    for i in range(first, min(last, len(guide.hour))):
        guide.sizes[i], guide.most[i] = best_day(
            table, i, nodes, arcs, room, weight, guide.price, guide.hour[i], shut, COUNTED, guide.days[i]
        )


@inner
def short_of_best(table, guide, i, day, size):
    """What this day of i is worth less than the best one; nothing where frozen jobs contradict that, or before anybody
    was asked."""
    value = guide.hour[i] * table.cap[i]
    for k in range(size):
        value += guide.worth[day[k]] - guide.hour[i] * table.quarters[day[k]]
    return max(0, guide.most[i] - value)


@inner
def price_of_all(guide, jobs, count):
    total = 0
    for k in range(count):
        total += guide.price[jobs[k]]
    return total


@inner
def choose_apart(guide, open_, waiting, apart, lost, owner, days, sizes, crowd, inside, dice):
    """Somebody or a job with a share in what lies between plan and bound (``lost`` by people, ``apart`` in all), drawn
    by this share: the job to begin with (-1 where there is none), and how many are in the crowd for it: whoever has a
    day below their best, and whoever has what that day lacks."""
    drawn = draw(dice) * apart - lost
    if drawn >= 0:
        for x in range(waiting):
            drawn -= guide.price[open_[x]]
            if drawn < 0:
                return open_[x], 0
        return -1, 0
    for i in range(len(sizes)):
        drawn += guide.loss[i]
        if drawn >= 0 and guide.loss[i] > 0:
            break
    begin, first = below(dice, max(1, guide.sizes[i])), -1
    for k in range(guide.sizes[i]):
        j = guide.days[i, (begin + k) % guide.sizes[i]]
        if owner[j] != i:
            first = j
            break
    if first < 0 and sizes[i] > 0:
        first = days[i, below(dice, sizes[i])]
    if first < 0:
        return -1, 0
    crowd[0], inside[i], count = i, 1, 1
    other = owner[first]
    if other != NOBODY and other != i:
        crowd[1], inside[other], count = other, 1, 2
    return first, count


def who_can(can: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each job those who can do it: where they begin, and who."""
    return np.concatenate([[0], np.cumsum(can.sum(axis=0, dtype=np.int64))]), np.nonzero(can.T)[1]


@inner
def gather(begins, who, first, crowd, count, inside, days, sizes, dice):
    """Interpreters around a job, besides the ``count`` that there are: who could do it, and who could do what those
    have; how many in all."""
    wanted = FEW + below(dice, MANY + 1 - FEW)
    for _ in range(4 * wanted):
        if count >= wanted:
            break
        j = first
        if count > 0 and draw(dice) >= BACK:
            i = crowd[below(dice, count)]
            if sizes[i] == 0:
                continue
            j = days[i, below(dice, sizes[i])]
        i = who[begins[j] + below(dice, begins[j + 1] - begins[j])]
        if not inside[i]:
            inside[i] = 1
            crowd[count] = i
            count += 1
    for x in range(count - 1, 0, -1):  # shuffled
        y = below(dice, x + 1)
        crowd[x], crowd[y] = crowd[y], crowd[x]
    return count


@inner
def shorten(table, i, day, count):
    """Takes jobs from a day until it can be done: one that is enough, the lightest of these, else the last."""
    trial = table.bench[SHORTER]
    while count > 0 and way(table, i, day, count) < 0:
        chosen = -1
        for k in range(count):
            if table.frozen[day[k]] == i or (chosen >= 0 and table.weight[day[k]] >= table.weight[day[chosen]]):
                continue
            if way(table, i, trial, without_job(day, count, day[k], trial)) >= 0:
                chosen = k
        if chosen < 0:
            chosen = count - 1
            while chosen > 0 and table.frozen[day[chosen]] == i:
                chosen -= 1
        count = without_job(day, count, day[chosen], day)
    return count


@inner
def narrow(table, i, nodes, desk, free, earns, dear, part, loyal, few):
    """The free jobs that i can take, as the only nodes of i in ``few``, and what they earn in ``desk``. What is dear to
    others costs ``part`` of that."""
    low, high = nodes.begins[i], nodes.begins[i + 1]
    at, ahead = table.bench[AT], table.bench[AHEAD]
    count = 0
    for u in range(low, high):
        ahead[u - low] = count
        j = nodes.job[u]
        if free[j]:
            gain = earns[j] * (1 - part * dear[j])
            if table.kept[j] == i:
                gain += loyal * earns[j]
            desk.gain[count] = max(1, int(gain))
            if table.frozen[j] == i:
                desk.gain[count] += PINNED
            at[count] = u
            count += 1
    ahead[high - low] = count
    for k in range(count):
        u = at[k]
        few.job[k], few.start[k], few.end[k] = nodes.job[u], nodes.start[u], nodes.end[u]
        few.place[k], few.had[k] = nodes.place[u], nodes.had[u]
        few.near[k], few.far[k] = ahead[nodes.near[u] - low], ahead[nodes.far[u] - low]
        few.rested[k] = ahead[nodes.rested[u] - low] if nodes.rested[u] >= 0 else -1
    few.begins[i], few.begins[i + 1] = 0, count
    few.cut[i] = ahead[nodes.cut[i] - low]


@inner
def best_of_few(table, i, few, desk, day):
    """The best day of i among these nodes; how many jobs it has."""
    count = -1
    if table.cap[i] > SHORT:
        count, _ = relax(table, i, few, desk, day)
    if count < 0 or work(table, day, count) > table.cap[i]:
        count, _ = count_hours(table, i, few, desk, day)
    return shorten(table, i, day, count)


@inner
def all_open(owner, begins, into):
    """The jobs that have nobody although somebody can take them; how many."""
    count = 0
    for j in range(len(owner)):
        if owner[j] == NOBODY and begins[j + 1] > begins[j]:
            into[count] = j
            count += 1
    return count


@inner
def still_open(owner, jobs, count, into):
    """Those of these jobs that have nobody; how many."""
    left = 0
    for k in range(count):
        if owner[jobs[k]] == NOBODY:
            into[left] = jobs[k]
            left += 1
    return left


@inner
def same(crowd, count, days, sizes, fresh, fresh_sizes):
    """Whether everybody got the day that they had."""
    for x in range(count):
        i = crowd[x]
        if sizes[i] != fresh_sizes[x]:
            return False
        for k in range(sizes[i]):
            if days[i, k] != fresh[x, k]:
                return False
    return True


@inner
def choose_first(begins, open_, waiting, price, dice):
    """A job to begin with: mostly one that has nobody, and every other time the dearest of three of these, since what
    nobody has at a high price is what lies between plan and bound."""
    if waiting and draw(dice) < OPEN_FIRST:
        first = open_[below(dice, waiting)]
        if draw(dice) < 0.5:
            for _ in range(2):
                other = open_[below(dice, waiting)]
                if price[other] > price[first]:
                    first = other
        return first
    first = below(dice, len(begins) - 1)
    while begins[first + 1] == begins[first]:
        first = below(dice, len(begins) - 1)
    return first


@inner
def keep(now, best):
    """Makes ``best`` what ``now`` is."""
    for i in range(len(now[1])):
        copy(now[0][i], best[0][i], now[1][i])
        copy(now[3][i], best[3][i], LEVELS)
    copy(now[1], best[1], len(now[1]))
    copy(now[2], best[2], len(now[2]))


@compiled
def plan_anew(table, nodes, few, desk, begins, who, dear, soft, price, guide, turns, dice, heat, now, best):
    """So many tries at ``now``; True when ``best`` got better, which is what was best on the way. ``dear`` is the
    bound's price of a job as a part of its weight, ``soft`` what a job weighs while the plan wanders, ``price`` the two
    multiplied, ``heat`` how much of that is lost in one of e tries that lose so much."""
    days, sizes, owner, values = now
    if len(who) == 0:
        return False
    bench = table.bench
    crowd, inside, free, earns, open_, row = (
        bench[CROWD],
        bench[INSIDE],
        bench[FREE],
        bench[EARNS],
        bench[OPEN],
        bench[ROW],
    )
    total, record = bench[TOTAL], bench[RECORD]
    fresh, fresh_sizes = table.spare, bench[SIZES]  # days, and from row MANY on what they are worth
    for level in range(LEVELS):
        total[level] = record[level] = 0
        for i in range(len(sizes)):
            total[level] += values[i, level]
            record[level] += best[3][i, level]
    waiting = all_open(owner, begins, open_)
    dearth, lost = price_of_all(guide, open_, waiting), 0
    for i in range(len(sizes)):
        guide.loss[i] = short_of_best(table, guide, i, days[i], sizes[i])
        lost += guide.loss[i]
    improved = False
    for _ in range(turns):
        first, count = -1, 0
        if dearth + lost > 0 and draw(dice) < GUIDED:
            first, count = choose_apart(
                guide, open_, waiting, dearth + lost, lost, owner, days, sizes, crowd, inside, dice
            )
        if first < 0:
            first = choose_first(begins, open_, waiting, price, dice)
        count = gather(begins, who, first, crowd, count, inside, days, sizes, dice)
        part, noise = DEAR * draw(dice), NOISE * draw(dice)
        loyal = TRUE_TO * max(0.0, draw(dice) - 0.3)
        long = waiting
        copy(open_, row, long)
        gained, kept = 0.0, 0
        for x in range(count):
            i = crowd[x]
            inside[i] = 0
            for k in range(sizes[i]):
                row[long] = days[i, k]
                long += 1
                gained -= soft[days[i, k]]
            kept -= values[i, 1]
        for k in range(long):
            j = row[k]
            free[j] = 1
            earns[j] = GRAIN * soft[j] * (1 + noise * (draw(dice) - 0.5))
        for x in range(count):
            i = crowd[x]
            cost = part if x < count - 1 else 0.0
            narrow(table, i, nodes, desk, free, earns, dear, cost, loyal, few)
            fresh_sizes[x] = min(SPACE, best_of_few(table, i, few, desk, fresh[x]))
            for k in range(fresh_sizes[x]):
                free[fresh[x, k]] = 0
                gained += soft[fresh[x, k]]
        for k in range(long):
            free[row[k]] = 0
        if gained < 0 and (heat == 0 or gained < heat * np.log(draw(dice))):
            continue
        if same(crowd, count, days, sizes, fresh, fresh_sizes):
            continue
        for x in range(count):
            worth(table, crowd[x], fresh[x], fresh_sizes[x], fresh[MANY + x])
            kept += fresh[MANY + x, 1]
        if gained == 0 and kept < 0:
            continue
        for x in range(count):
            for k in range(sizes[crowd[x]]):
                owner[days[crowd[x], k]] = NOBODY
        for x in range(count):
            i = crowd[x]
            sizes[i] = fresh_sizes[x]
            for level in range(LEVELS):
                total[level] += fresh[MANY + x, level] - values[i, level]
                values[i, level] = fresh[MANY + x, level]
            for k in range(sizes[i]):
                days[i, k] = fresh[x, k]
                owner[fresh[x, k]] = i
            lost -= guide.loss[i]
            guide.loss[i] = short_of_best(table, guide, i, days[i], sizes[i])
            lost += guide.loss[i]
        waiting = still_open(owner, row, long, open_)
        dearth = price_of_all(guide, open_, waiting)
        if total[0] > record[0] or (total[0] == record[0] and total[1] > record[1]):
            improved = True
            copy(total, record, 2)
            keep(now, best)
    return improved
