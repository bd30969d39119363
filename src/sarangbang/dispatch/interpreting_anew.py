"""Some days planned anew, in machine code: a few interpreters lose all their jobs and take whole best days in turn.

Who goes first leaves to those after them what is dear to these: at the bound's prices a job costs what it is worth to
somebody else. What is not worse stays, so the plan wanders among equals until it finds a better one.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .interpreting_bound import GRAIN
from .interpreting_moves import LEVELS, SPACE, better, without_job
from .interpreting_paths import IMPOSSIBLE, count_hours, relax, work
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
def best_of_free(table, i, nodes, desk, free, earns, dear, part, loyal, day):
    """The best day of i among the free jobs; how many jobs it has. What is dear to others costs ``part`` of that."""
    low, high = nodes.begins[i], nodes.begins[i + 1]
    for u in range(low, high):
        j = nodes.job[u]
        desk.gain[u - low] = IMPOSSIBLE
        if free[j]:
            gain = earns[j] * (1 - part * dear[j])
            if table.kept[j] == i:
                gain += loyal * earns[j]
            desk.gain[u - low] = max(1, int(gain))
            if table.frozen[j] == i:
                desk.gain[u - low] += PINNED
    count, _ = relax(table, i, nodes, desk, day)
    if work(table, day, count) > table.cap[i]:
        count, _ = count_hours(table, i, nodes, desk, day)
    return shorten(table, i, day, count)


@compiled
def plan_anew(table, nodes, desk, begins, who, dear, turns, seed, days, sizes, owner, values):
    """So many tries; True when the plan got better. ``dear`` is the bound's price of a job as a part of its weight."""
    np.random.seed(seed)
    people, jobs = table.can.shape
    if len(who) == 0:
        return False
    crowd, inside = np.empty(MANY, np.int64), np.zeros(people, np.bool_)
    fresh, fresh_sizes = np.empty((MANY, SPACE), np.int64), np.empty(MANY, np.int64)
    fresh_values = np.empty((MANY, LEVELS), np.int64)
    open_, free, earns = np.empty(jobs, np.int64), np.empty(jobs, np.bool_), np.empty(jobs)
    old, new = np.zeros(LEVELS, np.int64), np.zeros(LEVELS, np.int64)
    improved = False
    for _ in range(turns):
        waiting = 0
        for j in range(jobs):
            free[j] = owner[j] == NOBODY
            if free[j] and begins[j + 1] > begins[j]:
                open_[waiting] = j
                waiting += 1
        if waiting and np.random.random() < OPEN_FIRST:
            first = open_[np.random.randint(waiting)]
        else:
            first = np.random.randint(jobs)
            while begins[first + 1] == begins[first]:
                first = np.random.randint(jobs)
        count = gather(begins, who, first, crowd, inside, days, sizes)
        part, noise = DEAR * np.random.random(), NOISE * np.random.random()
        loyal = TRUE_TO * max(0.0, np.random.random() - 0.3)
        for x in range(count):
            for k in range(sizes[crowd[x]]):
                free[days[crowd[x], k]] = True
        for j in range(jobs):
            if free[j]:
                earns[j] = GRAIN * table.weight[j] * (1 + noise * (np.random.random() - 0.5))
        for level in range(LEVELS):
            old[level] = new[level] = 0
        for x in range(count):
            i = crowd[x]
            fresh_sizes[x] = best_of_free(
                table, i, nodes, desk, free, earns, dear, part if x < count - 1 else 0.0, loyal, fresh[x]
            )
            worth(table, i, fresh[x], fresh_sizes[x], fresh_values[x])
            for k in range(fresh_sizes[x]):
                free[fresh[x, k]] = False
            for level in range(2):  # coverage and what is kept; the others are for later
                old[level] += values[i, level]
                new[level] += fresh_values[x, level]
            inside[i] = False
        if better(old, new):
            continue
        improved = improved or better(new, old)
        for x in range(count):
            for k in range(sizes[crowd[x]]):
                owner[days[crowd[x], k]] = NOBODY
        for x in range(count):
            i = crowd[x]
            sizes[i] = fresh_sizes[x]
            for level in range(LEVELS):
                values[i, level] = fresh_values[x, level]
            for k in range(sizes[i]):
                days[i, k] = fresh[x, k]
                owner[fresh[x, k]] = i
    return improved
