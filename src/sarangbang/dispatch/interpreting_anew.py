"""Some days planned anew, in machine code: a few interpreters lose all their jobs and take whole best days in turn.

Who goes first leaves to those after them what is dear to these: at the bound's prices a job costs what it is worth to
somebody else. What is not worse stays, so the plan wanders among equals until it finds a better one.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .interpreting_bound import GRAIN
from .interpreting_moves import LEVELS, SPACE, without_job
from .interpreting_paths import SHORT, count_hours, first_from, relax, work
from .interpreting_routes import way, worth
from .interpreting_table import NOBODY, PINNED

FEW, MANY = 2, 5
"""Interpreters at once."""
OPEN_FIRST = 0.8
"""So often one begins with a job that has nobody."""
BACK = 0.3
"""So often one asks who else could do this job, otherwise who could do one of theirs."""
DEAR, NOISE = 1.2, 0.3
"""At most: how much prices count, and by how much what a job earns is blurred."""
TRUE_TO = 0.3
"""What it adds to a job's worth, at most, that somebody has it in the present plan."""


@compiled
def who_can(can):
    """For each job those who can do it: where they begin, and who."""
    people, jobs = can.shape
    begins = np.zeros(jobs + 1, np.int64)
    for j in range(jobs):
        begins[j + 1] = begins[j] + can[:, j].sum()
    who = np.empty(begins[jobs], np.int64)
    for j in range(jobs):
        at = begins[j]
        for i in range(people):
            if can[i, j]:
                who[at] = i
                at += 1
    return begins, who


@compiled
def gather(begins, who, first, crowd, inside, days, sizes):
    """Interpreters around a job: who could do it, and who could do what those have; how many."""
    wanted = np.random.randint(FEW, MANY + 1)
    count = 0
    for _ in range(4 * wanted):
        j = first
        if count > 0 and np.random.random() >= BACK:
            i = crowd[np.random.randint(count)]
            if sizes[i] == 0:
                continue
            j = days[i, np.random.randint(sizes[i])]
        i = who[begins[j] + np.random.randint(begins[j + 1] - begins[j])]
        if not inside[i]:
            inside[i] = True
            crowd[count] = i
            count += 1
            if count == wanted:
                break
    for x in range(count - 1, 0, -1):  # shuffled
        y = np.random.randint(x + 1)
        crowd[x], crowd[y] = crowd[y], crowd[x]
    return count


@compiled
def shorten(table, i, day, count):
    """Takes jobs from a day until it can be done: one that is enough, the lightest of these, else the last."""
    trial = np.empty(SPACE, np.int64)
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


@compiled
def narrow(table, i, nodes, desk, waiting, free, earns, dear, part, loyal, few, at):
    """The jobs of ``waiting`` that are free and that i can take, as the only nodes of i in ``few``, and what they earn
    in ``desk``. What is dear to others costs ``part`` of that."""
    low, high = nodes.begins[i], nodes.begins[i + 1]
    count = 0
    for j in waiting:
        if not free[j] or not table.can[i, j]:
            continue
        gain = earns[j] * (1 - part * dear[j])
        if table.kept[j] == i:
            gain += loyal * earns[j]
        desk.gain[count] = max(1, int(gain))
        if table.frozen[j] == i:
            desk.gain[count] += PINNED
        at[count] = first_from(nodes.job, low, high, j)
        count += 1
    for k in range(count):
        u = at[k]
        few.job[k], few.start[k], few.end[k] = nodes.job[u], nodes.start[u], nodes.end[u]
        few.place[k], few.had[k] = nodes.place[u], nodes.had[u]
        few.near[k] = first_from(at, k + 1, count, nodes.near[u])
        few.far[k] = first_from(at, few.near[k], count, nodes.far[u])
        few.rested[k] = first_from(at, few.far[k], count, nodes.rested[u]) if nodes.rested[u] >= 0 else -1
    few.begins[i], few.begins[i + 1] = 0, count
    few.cut[i] = first_from(at, 0, count, nodes.cut[i])


@compiled
def best_of_few(table, i, few, desk, day):
    """The best day of i among these nodes; how many jobs it has."""
    count = -1
    if table.cap[i] > SHORT:
        count, _ = relax(table, i, few, desk, day)
    if count < 0 or work(table, day, count) > table.cap[i]:
        count, _ = count_hours(table, i, few, desk, day)
    return shorten(table, i, day, count)


@compiled
def all_open(owner, begins, into):
    """The jobs that have nobody although somebody can take them; how many."""
    count = 0
    for j in range(len(owner)):
        if owner[j] == NOBODY and begins[j + 1] > begins[j]:
            into[count] = j
            count += 1
    return count


@compiled
def put_in(row, count, j):
    """A job into an ascending row of so many."""
    while count > 0 and row[count - 1] > j:
        row[count] = row[count - 1]
        count -= 1
    row[count] = j


@compiled
def choose_first(begins, open_, waiting, price):
    """A job to begin with: mostly one that has nobody, and every other time the dearest of three of these, since what
    nobody has at a high price is what lies between plan and bound."""
    if waiting and np.random.random() < OPEN_FIRST:
        first = open_[np.random.randint(waiting)]
        if np.random.random() < 0.5:
            for _ in range(2):
                other = open_[np.random.randint(waiting)]
                if price[other] > price[first]:
                    first = other
        return first
    first = np.random.randint(len(begins) - 1)
    while begins[first + 1] == begins[first]:
        first = np.random.randint(len(begins) - 1)
    return first


@compiled
def plan_anew(table, nodes, few, desk, begins, who, dear, soft, turns, seed, now, best):
    """So many tries at ``now``; True when ``best`` got better, which is what was best on the way. ``dear`` is the
    bound's price of a job as a part of its weight, ``soft`` what a job weighs while the plan wanders."""
    np.random.seed(seed)
    days, sizes, owner, values = now
    people, jobs = table.can.shape
    if len(who) == 0:
        return False
    crowd, inside = np.empty(MANY, np.int64), np.zeros(people, np.bool_)
    fresh, fresh_sizes = np.empty((MANY, SPACE), np.int64), np.empty(MANY, np.int64)
    fresh_values = np.empty((MANY, LEVELS), np.int64)
    open_, row, at = np.empty(jobs, np.int64), np.empty(jobs, np.int64), np.empty(jobs, np.int64)
    free, earns = np.zeros(jobs, np.bool_), np.empty(jobs)
    total, record = np.zeros(LEVELS, np.int64), np.zeros(LEVELS, np.int64)
    for level in range(2):
        total[level], record[level] = values[:, level].sum(), best[3][:, level].sum()
    price, waiting = dear * soft, all_open(owner, begins, open_)
    improved = False
    for _ in range(turns):
        first = choose_first(begins, open_, waiting, price)
        count = gather(begins, who, first, crowd, inside, days, sizes)
        part, noise = DEAR * np.random.random(), NOISE * np.random.random()
        loyal = TRUE_TO * max(0.0, np.random.random() - 0.3)
        long = waiting
        row[:long] = open_[:long]
        gained, kept = 0.0, 0
        for x in range(count):
            i = crowd[x]
            inside[i] = False
            for k in range(sizes[i]):
                put_in(row, long, days[i, k])
                long += 1
                gained -= soft[days[i, k]]
            kept -= values[i, 1]
        for j in row[:long]:
            free[j] = True
            earns[j] = GRAIN * soft[j] * (1 + noise * (np.random.random() - 0.5))
        for x in range(count):
            i = crowd[x]
            narrow(table, i, nodes, desk, row[:long], free, earns, dear, part if x < count - 1 else 0.0, loyal, few, at)
            fresh_sizes[x] = best_of_few(table, i, few, desk, fresh[x])
            worth(table, i, fresh[x], fresh_sizes[x], fresh_values[x])
            for k in range(fresh_sizes[x]):
                free[fresh[x, k]] = False
                gained += soft[fresh[x, k]]
            kept += fresh_values[x, 1]
        free[row[:long]] = False
        if gained < 0 or (gained == 0 and kept < 0):
            continue
        for x in range(count):
            for k in range(sizes[crowd[x]]):
                owner[days[crowd[x], k]] = NOBODY
        for x in range(count):
            i = crowd[x]
            sizes[i] = fresh_sizes[x]
            for level in range(LEVELS):
                total[level] += fresh_values[x, level] - values[i, level]
                values[i, level] = fresh_values[x, level]
            for k in range(sizes[i]):
                days[i, k] = fresh[x, k]
                owner[fresh[x, k]] = i
        waiting = all_open(owner, begins, open_)
        if total[0] > record[0] or (total[0] == record[0] and total[1] > record[1]):
            improved = True
            record[:2] = total[:2]
            best[0][:], best[1][:], best[2][:], best[3][:] = days, sizes, owner, values
    return improved
