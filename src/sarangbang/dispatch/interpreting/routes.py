"""One interpreter's day, in machine code: can these jobs be done, and how long are the ways.

Between two jobs at different places lies one way, in one piece, with the slack; a break lies before it or after it.
"""

from __future__ import annotations

from sarangbang.dispatch.compiling import compiled, inner

from .table import AFTER, COST, FOREVER, MOST_QUARTERS, NOWHERE, OTHERS, SPOTS


@inner
def rests(pause, free, way, due):
    """Whether the break fits between ``free`` and ``due`` when ``way`` minutes of them are on the way."""
    begin, until = max(free, pause[1]), min(due - way, pause[2])
    if until - begin >= pause[0]:
        return True
    begin, until = max(free + way, pause[1]), min(due, pause[2])
    return until - begin >= pause[0]


@inner
def way_there(table, i, here, there):
    """Minutes with slack; none for the same place."""
    minutes = table.travel[table.transport[i], here, there]
    return minutes + table.slack[0] if minutes > 0 else 0


@inner
def places_of(table, i, jobs, count, k, last, into):
    """Where the k-th job can be done, written to ``into``: calls at home, or where the site before or after is."""
    spot = table.place[jobs[k]]
    if spot != NOWHERE:
        into[0] = spot
        return 1
    into[0] = table.home[i]
    known = 1
    if table.roams[i]:
        if last != NOWHERE and last != into[0]:
            into[known] = last
            known += 1
        for later in range(k + 1, count):
            spot = table.place[jobs[later]]
            if spot != NOWHERE:
                if spot != into[0] and spot != last:
                    into[known] = spot
                    known += 1
                break
    return known


@compiled
def way(table, i, jobs, count):
    """Least minutes on the way for these jobs (ascending), from home and back; -1 if they cannot all be done."""
    if count == 0:
        return 0
    work = 0
    for k in range(count):
        work += table.quarters[jobs[k]]
        if k > 0 and table.end[jobs[k - 1]] > table.start[jobs[k]]:
            return -1
    if work > table.cap[i]:
        return -1
    pause = table.pause[i]
    travel = table.travel[table.transport[i]]
    spots, others = table.bench[SPOTS], table.bench[OTHERS]
    cost, after = table.bench[COST], table.bench[AFTER]  # place of the job × break had
    spots[0] = table.home[i]
    known = 1
    cost[0] = cost[1] = FOREVER
    cost[0 if pause[0] > 0 else 1] = 0
    free = -FOREVER
    last = NOWHERE
    for k in range(count):
        j = jobs[k]
        options = places_of(table, i, jobs, count, k, last, others)
        for q in range(options):
            after[2 * q] = after[2 * q + 1] = FOREVER
            for p in range(known):
                minutes = travel[spots[p], others[q]]
                needed = minutes + table.slack[0] if minutes > 0 else 0
                if free + needed > table.start[j]:
                    continue
                after[2 * q + 1] = min(after[2 * q + 1], cost[2 * p + 1] + minutes)
                if cost[2 * p] < FOREVER:
                    had = 1 if rests(pause, free, needed, table.start[j]) else 0
                    after[2 * q + had] = min(after[2 * q + had], cost[2 * p] + minutes)
        spots, others = others, spots
        cost, after = after, cost
        known = options
        free = table.end[j]
        if table.place[j] != NOWHERE:
            last = table.place[j]
    best = FOREVER
    for p in range(known):
        home = travel[spots[p], table.home[i]]
        best = min(best, cost[2 * p + 1] + home)
        if cost[2 * p] < FOREVER and rests(pause, free, 0, FOREVER):
            best = min(best, cost[2 * p] + home)
    return best if best < FOREVER else -1


@inner
def wishes(table, i, jobs, count):
    """How many wishes are not met when i does these jobs. The guest's job before counts as knowing them."""
    missed = 0
    for k in range(count):
        j = jobs[k]
        missed += table.unmet[i, j]
        if table.strange[i, j]:
            alone = 1
            for earlier in range(k):
                if jobs[earlier] == table.before[j]:
                    alone = 0
            missed += alone
    return missed


@compiled
def worth(table, i, jobs, count, into):
    """The day's worth on every level, to be made large: coverage, kept, wishes, ways, fairness. False: impossible."""
    minutes = way(table, i, jobs, count)
    if minutes < 0:
        return False
    covered, kept, work = 0, 0, 0
    for k in range(count):
        j = jobs[k]
        covered += table.weight[j]
        work += table.quarters[j]
        if table.kept[j] == i:
            kept += 1
    into[0] = covered
    into[1] = kept
    into[2] = -wishes(table, i, jobs, count)
    into[3] = -minutes
    into[4] = -table.unfair[i, min(work, MOST_QUARTERS)]
    return True
