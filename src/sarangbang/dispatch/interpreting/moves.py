"""Moves between the days of interpreters, in machine code: put a job in, push others on, trade what comes after.

The state is plain: ``days[i, :sizes[i]]`` are the jobs of i, ascending; ``owner[j]`` who has j; ``values[i]`` what the
day is worth on every level (``routes.worth``). A day that is stored can always be done.
"""

from __future__ import annotations

from sarangbang.dispatch.compiling import compiled, inner

from .routes import way, worth
from .table import (
    CAME_AT,
    CAME_BY,
    CARRIED,
    FITTEST,
    FITTING,
    GAIN,
    GIVES,
    LINE,
    MINE,
    MOST_GAIN,
    NEW,
    NEW_MINE,
    NEW_THEIRS,
    NOBODY,
    OLD,
    THEIRS,
    TRIAL,
    VALUE,
    WHAT,
    WHOM,
)

LEVELS = 5
SPACE = 40
"""Room for jobs in one day."""


@inner
def copy(source, target, count):
    for k in range(count):
        target[k] = source[k]


@inner
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


@inner
def without_job(day, size, out, into):
    count = 0
    for k in range(size):
        if day[k] != out:
            into[count] = day[k]
            count += 1
    return count


@inner
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
    came_by, came_at = table.bench[CAME_BY], table.bench[CAME_AT]  # whose taking pushed this job out, and with whom
    line, trial = table.bench[LINE], table.bench[TRIAL]
    for j in range(jobs):
        came_by[j], came_at[j] = -1, NOBODY
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


@inner
def carry_out(table, first, j, i, out, came_by, came_at, days, sizes, owner, values):
    """Moves the chain that ends with i taking j (and giving up ``out``); undone when somebody on it is asked twice
    and cannot do both."""
    length = 1
    at = j
    while at != first:
        at = came_by[at]
        length += 1
    whom, what, gives, trial = table.bench[WHOM], table.bench[WHAT], table.bench[GIVES], table.bench[CARRIED]
    at, by, given = j, i, out
    for k in range(length):
        whom[k], what[k], gives[k] = by, at, given
        given, by, at = at, came_at[at], came_by[at]
    old = table.spare
    for k in range(length):
        old[k, SPACE + 1] = sizes[whom[k]]
        for x in range(sizes[whom[k]]):
            old[k, x] = days[whom[k], x]
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
    for k in range(length):
        if way(table, whom[k], days[whom[k]], sizes[whom[k]]) < 0:
            good = False
            break
    if not good:
        for k in range(length):
            sizes[whom[k]] = old[k, SPACE + 1]
            for x in range(sizes[whom[k]]):
                days[whom[k], x] = old[k, x]
        return False
    if out >= 0:
        owner[out] = NOBODY
    for k in range(length):
        w = whom[k]
        for x in range(sizes[w]):
            owner[days[w, x]] = w
        worth(table, w, days[w], sizes[w], values[w])
    return True


@inner
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
    trial, best_day, value = table.bench[FITTING], table.bench[FITTEST], table.bench[VALUE]
    gain, best_gain = table.bench[GAIN], table.bench[MOST_GAIN]
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
            copy(gain, best_gain, LEVELS)
            copy(trial, best_day, size)
    if chosen == NOBODY:
        return False
    copy(best_day, days[chosen], chosen_size)
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


@inner
def trade(table, j, days, sizes, owner, values):
    """The first better place for j: another interpreter takes it, and may give one job back in exchange. A job with
    nobody may take the place of another. True when something changed."""
    people = table.can.shape[0]
    a = owner[j]
    if table.frozen[j] != NOBODY:
        return False
    mine, theirs, new, old = table.bench[MINE], table.bench[THEIRS], table.bench[NEW], table.bench[OLD]
    new_a, new_b = table.bench[NEW_MINE], table.bench[NEW_THEIRS]
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
            copy(theirs, days[b], size_b)
            copy(new_b, values[b], LEVELS)
            sizes[b] = size_b
            owner[j] = b
            if a != NOBODY:
                copy(mine, days[a], size_a)
                copy(new_a, values[a], LEVELS)
                sizes[a] = size_a
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
