"""Prices of jobs, in machine code: everybody's best day at them, and how they move.

Interpreters ask for their best days a few at a time, and after every few of them the prices move, the last answers of
all others still counting (incremental subgradient, Nedić and Bertsekas 2001).
"""

from __future__ import annotations

from sarangbang.dispatch.compiling import compiled, inner

from .earning import earn_most, earn_within
from .paths import IMPOSSIBLE, SHORT, count_hours, relax, work
from .table import PINNED, WHOLE

GRAIN = 1 << 14
"""Prices are counted in this part of a job of weight one."""
LONGEST = 64
COUNTED = 16
"""Quarter hours: whoever may work longer is bounded by a price on time and never counted."""
HOUR_STEP = 0.05


@inner
def best_day(table, i, nodes, arcs, room, weight, price, hour, shut, counted, path):
    """The best day of i at these prices: its jobs into ``path``, their number, and what it is worth at most. Limits of
    time up to so many quarter hours (``counted``, at least ``SHORT``) are counted, those above ``SHORT`` only where the
    best path without takes too much; a price on time (``hour``) is for longer ones. What is ``shut`` is left alone."""
    low, high = nodes.begins[i], nodes.begins[i + 1]
    pinned, bare = 0, len(arcs.to) == 0
    for u in range(low, high):
        j = nodes.job[u]
        room.gain[u - low] = IMPOSSIBLE if shut[u] else weight[j] * GRAIN - price[j] - hour * table.quarters[j]
        if table.frozen[j] == i:
            room.gain[u - low] += PINNED
            pinned += 1
    count, value = -1, 0
    if table.cap[i] > SHORT:
        if bare:
            count, value = relax(table, i, nodes, room.desk, path)
        else:
            count, value = earn_most(nodes, i, arcs, room, path)
    if count < 0 or (table.cap[i] <= counted and work(table, path, count) > table.cap[i]):
        if bare:
            count, value = count_hours(table, i, nodes, room.desk, path)
        else:
            count, value = earn_within(table, nodes, i, arcs, room, table.cap[i], path)
    return count, value - pinned * PINNED + hour * table.cap[i]


@compiled
def haggle(table, nodes, arcs, room, weight, who, block, step, price, hour, wanted, days, sizes, shut, counted):
    """Asks the interpreters of ``who`` for their best days, and moves the prices after every ``block`` of them: up
    where more than one wants a job, down where nobody does. ``wanted`` and ``days`` are what was answered last. What
    these days are worth together, which is a bound where prices stay (``step`` 0)."""
    people, jobs = table.can.shape
    whole = table.bench[WHOLE]
    for j in range(jobs):
        whole[j] = int(price[j] + 0.5)
    asked, total = 0, 0
    for x in range(len(who)):
        i = who[x]
        for k in range(sizes[i]):
            wanted[days[i, k]] -= 1
        sizes[i], most = best_day(
            table, i, nodes, arcs, room, weight, whole, int(hour[i] + 0.5), shut, counted, days[i]
        )
        total += most
        for k in range(sizes[i]):
            wanted[days[i, k]] += 1
        if table.cap[i] > counted:
            hour[i] = max(0.0, hour[i] + HOUR_STEP * step * (work(table, days[i], sizes[i]) - table.cap[i]))
        asked += 1
        if step > 0 and (asked == block or x == len(who) - 1):
            for j in range(jobs):
                moved = price[j] + step * asked / people * weight[j] * (wanted[j] - 1)
                price[j] = min(max(0.0, moved), weight[j] * GRAIN)
                whole[j] = int(price[j] + 0.5)
            asked = 0
    return total
