"""Moves between the days of interpreters, in machine code: put a job in, push others on, trade what comes after.

The state is plain: ``days[i, :sizes[i]]`` are the jobs of i, ascending; ``owner[j]`` who has j; ``values[i]`` what the
day is worth on every level (``interpreting_routes.worth``). A day that is stored can always be done.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .interpreting_routes import way, worth
from .interpreting_table import NOBODY

LEVELS = 5
SPACE = 40
"""Room for jobs in one day."""


@compiled
def with_job(day, size, out, j, into):
    """The day without ``out`` (a job or -1) and with ``j``: written in order to ``into``; its length."""
    count, placed = 0, False
    for k in range(size):
        other = day[k]
        if other == out:
            continue
        if not placed and other > j:
            into[count] = j
            count += 1
            placed = True
        into[count] = other
        count += 1
    if not placed:
        into[count] = j
        count += 1
    return count


@compiled
def without_job(day, size, out, into):
    count = 0
    for k in range(size):
        if day[k] != out:
            into[count] = day[k]
            count += 1
    return count


@compiled
def clashes(table, i, j, days, sizes):
    """How many jobs of i overlap j in time, and one of them (-1 without)."""
    count, one = 0, -1
    for k in range(sizes[i]):
        other = days[i, k]
        if table.start[other] < table.end[j] and table.end[other] > table.start[j]:
            count += 1
            one = other
    return count, one


@compiled
def rehouse(table, first, patience, turn, days, sizes, owner, values):
    """Finds a place for job ``first`` by moving others on, each once, along the shortest chain (breadth first).

    Who takes a job may give up one of theirs, which then looks for a place in turn; ``patience`` is how many jobs may
    be looked at, ``turn`` with whom the search begins. The last may also lose a job that weighs less than ``first``.
    True when done.
    """
    people, jobs = table.can.shape
    came_by = np.full(jobs, -1, np.int64)  # the job whose taking pushed this one out
    came_at = np.full(jobs, NOBODY, np.int64)  # and with whom
    line = np.empty(jobs + 1, np.int64)
    trial = np.empty(SPACE + 1, np.int64)
    line[0] = first
    head, last = 0, 1
    came_by[first] = first
    drop, drop_weight = -1, table.weight[first]
    while head < last:
        j = line[head]
        head += 1
        for step in range(people):
            i = (step + turn) % people
            if not table.can[i, j] or sizes[i] >= SPACE - 1 or i == came_at[j]:
                continue
            number, one = clashes(table, i, j, days, sizes)
            if number > 1:
                continue
            if number == 0:
                size = with_job(days[i], sizes[i], -1, j, trial)
                if way(table, i, trial, size) >= 0 and carry_out(
                    table, first, j, i, -1, came_by, came_at, days, sizes, owner, values
                ):
                    return True
            if last >= patience:
                continue
            for k in range(sizes[i]):
                out = days[i, k]
                if (number == 1 and out != one) or came_by[out] >= 0 or table.frozen[out] != NOBODY:
                    continue
                size = with_job(days[i], sizes[i], out, j, trial)
                if way(table, i, trial, size) < 0:
                    continue
                came_by[out] = j
                came_at[out] = i
                line[last] = out
                last += 1
                if table.weight[out] < drop_weight:
                    drop, drop_weight = out, table.weight[out]
    if drop >= 0:
        return carry_out(table, first, came_by[drop], came_at[drop], drop, came_by, came_at, days, sizes, owner, values)
    return False


@compiled
def carry_out(table, first, j, i, out, came_by, came_at, days, sizes, owner, values):
    """Moves the chain that ends with i taking j (and giving up ``out``); undone when somebody on it is asked twice
    and cannot do both."""
    people = days.shape[0]
    length = 1
    at = j
    while at != first:
        at = came_by[at]
        length += 1
    whom = np.empty(length, np.int64)
    what = np.empty(length, np.int64)
    gives = np.empty(length, np.int64)
    at, by, given = j, i, out
    for k in range(length):
        whom[k], what[k], gives[k] = by, at, given
        given, by, at = at, came_at[at], came_by[at]
    touched = np.zeros(people, np.bool_)
    for k in range(length):
        touched[whom[k]] = True
    old_days, old_sizes = days[whom], sizes.copy()
    trial = np.empty(SPACE + 1, np.int64)
    good = True
    for k in range(length):
        w = whom[k]
        size = without_job(days[w], sizes[w], gives[k], trial)
        if gives[k] >= 0:
            for x in range(size):
                days[w, x] = trial[x]
            sizes[w] = size
    for k in range(length):
        w = whom[k]
        size = with_job(days[w], sizes[w], -1, what[k], trial)
        for x in range(size):
            days[w, x] = trial[x]
        sizes[w] = size
    for w in range(people):
        if touched[w] and way(table, w, days[w], sizes[w]) < 0:
            good = False
            break
    if not good:
        for k in range(length):
            days[whom[k]] = old_days[k]
            sizes[whom[k]] = old_sizes[whom[k]]
        return False
    if out >= 0:
        owner[out] = NOBODY
    for w in range(people):
        if touched[w]:
            for x in range(sizes[w]):
                owner[days[w, x]] = w
            worth(table, w, days[w], sizes[w], values[w])
    return True


@compiled
def better(new, old):
    """Whether levels are better than others, the first that differs decides."""
    for level in range(LEVELS):
        if new[level] != old[level]:
            return new[level] > old[level]
    return False


@compiled
def place(table, j, days, sizes, owner, values, luck):
    """Gives j to whoever can take it as it is and where the lower levels gain most. ``luck`` (a number per
    interpreter) is added to the way, for variety. True when somebody can."""
    people = table.can.shape[0]
    trial, best_day = np.empty(SPACE + 1, np.int64), np.empty(SPACE + 1, np.int64)
    value = np.empty(LEVELS, np.int64)
    gain, best_gain = np.empty(LEVELS, np.int64), np.empty(LEVELS, np.int64)
    chosen, chosen_size = NOBODY, 0
    for i in range(people):
        if not table.can[i, j] or sizes[i] >= SPACE - 1 or (table.frozen[j] != NOBODY and table.frozen[j] != i):
            continue
        if clashes(table, i, j, days, sizes)[0] > 0:
            continue
        size = with_job(days[i], sizes[i], -1, j, trial)
        if not worth(table, i, trial, size, value):
            continue
        for level in range(LEVELS):
            gain[level] = value[level] - values[i, level]
        gain[3] -= luck[i]
        if chosen == NOBODY or better(gain, best_gain):
            chosen, chosen_size = i, size
            best_gain[:] = gain
            best_day[:size] = trial[:size]
    if chosen == NOBODY:
        return False
    days[chosen, :chosen_size] = best_day[:chosen_size]
    sizes[chosen] = chosen_size
    owner[j] = chosen
    worth(table, chosen, days[chosen], chosen_size, values[chosen])
    return True


@compiled
def take_away(table, j, days, sizes, owner, values):
    """Takes j from whoever has it."""
    i = owner[j]
    sizes[i] = without_job(days[i], sizes[i], j, days[i])
    owner[j] = NOBODY
    worth(table, i, days[i], sizes[i], values[i])


@compiled
def refill(table, order, patience, luck, turn, days, sizes, owner, values):
    """Finds somebody for every job of ``order`` that has nobody: as things are, else along a chain."""
    left = 0
    for j in order:
        if owner[j] == NOBODY and not place(table, j, days, sizes, owner, values, luck):
            left += 1
    if left and patience:
        for j in order:
            if owner[j] == NOBODY:
                rehouse(table, j, patience, turn, days, sizes, owner, values)


@compiled
def trade(table, j, days, sizes, owner, values):
    """The first better place for j: another interpreter takes it, and may give one job back in exchange. A job with
    nobody may take the place of another. True when something changed."""
    people = table.can.shape[0]
    a = owner[j]
    if table.frozen[j] != NOBODY:
        return False
    mine, theirs = np.empty(SPACE + 1, np.int64), np.empty(SPACE + 1, np.int64)
    new_a, new_b = np.zeros(LEVELS, np.int64), np.zeros(LEVELS, np.int64)
    new, old = np.empty(LEVELS, np.int64), np.empty(LEVELS, np.int64)
    for b in range(people):
        if b == a or not table.can[b, j] or sizes[b] >= SPACE - 1:
            continue
        number, one = clashes(table, b, j, days, sizes)
        if number > 1:
            continue
        for k in range(-1, sizes[b]):
            out = days[b, k] if k >= 0 else -1
            if number == 1 and out != one:
                continue
            if out >= 0 and (table.frozen[out] != NOBODY or (a != NOBODY and not table.can[a, out])):
                continue
            size_b = with_job(days[b], sizes[b], out, j, theirs)
            if not worth(table, b, theirs, size_b, new_b):
                continue
            size_a = 0
            if a != NOBODY:
                size_a = (
                    with_job(days[a], sizes[a], j, out, mine) if out >= 0 else without_job(days[a], sizes[a], j, mine)
                )
                if not worth(table, a, mine, size_a, new_a):
                    continue
            for level in range(LEVELS):
                new[level] = new_b[level] + (new_a[level] if a != NOBODY else 0)
                old[level] = values[b, level] + (values[a, level] if a != NOBODY else 0)
            if not better(new, old):
                continue
            days[b, :size_b] = theirs[:size_b]
            sizes[b] = size_b
            values[b] = new_b
            owner[j] = b
            if a != NOBODY:
                days[a, :size_a] = mine[:size_a]
                sizes[a] = size_a
                values[a] = new_a
            if out >= 0:
                owner[out] = a
            return True
    return False


@compiled
def polish(table, order, days, sizes, owner, values):
    """One pass of ``trade`` over the jobs of ``order``; how many changed."""
    changed = 0
    for j in order:
        if trade(table, j, days, sizes, owner, values):
            changed += 1
    return changed


@compiled
def disturb(table, out, order, patience, luck, turn, days, sizes, owner, values):
    """Takes the jobs of ``out`` away and finds somebody for those of ``order`` again."""
    for j in out:
        if owner[j] != NOBODY and table.frozen[j] == NOBODY:
            take_away(table, j, days, sizes, owner, values)
    refill(table, order, patience, luck, turn, days, sizes, owner, values)
    for j in out:
        trade(table, j, days, sizes, owner, values)
