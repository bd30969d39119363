"""The best day of one interpreter when every job has a price, in machine code: the bound's workhorse.

A day is a path through nodes (job, place). When ``wide``, a call has a node for every place where it may be taken:
home and all sites of the interpreter. Otherwise it has one, ``ANYWHERE``, from and to which no way is needed: a
relaxation, so a path is worth at least what a real day is, and what it proves from above is true.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .interpreting_routes import rests
from .interpreting_table import FOREVER, NOWHERE

ANYWHERE = -2
IMPOSSIBLE = -(1 << 60)


@compiled
def lay_out(table, wide):
    """All nodes, interpreter by interpreter, by start: where each interpreter's begin, jobs, places, and the
    longest way with slack between any two of an interpreter's."""
    people, jobs = table.can.shape
    places = table.travel.shape[1]
    begins = np.zeros(people + 1, np.int64)
    reach = np.zeros(people, np.int64)
    size = 1024
    node_job = np.empty(size, np.int64)
    node_place = np.empty(size, np.int64)
    sites = np.empty(places, np.bool_)
    total = 0
    for i in range(people):
        sites[:] = False
        sites[table.home[i]] = True
        if table.roams[i]:
            for j in range(jobs):
                if table.can[i, j] and table.place[j] != NOWHERE:
                    sites[table.place[j]] = True
        for j in range(jobs):
            if not table.can[i, j]:
                continue
            while total + places > size:
                size *= 2
                longer_job, longer_place = np.empty(size, np.int64), np.empty(size, np.int64)
                longer_job[:total], longer_place[:total] = node_job[:total], node_place[:total]
                node_job, node_place = longer_job, longer_place
            if table.place[j] != NOWHERE or not table.roams[i] or not wide:
                node_job[total] = j
                node_place[total] = table.place[j]
                if table.place[j] == NOWHERE:
                    node_place[total] = ANYWHERE if table.roams[i] else table.home[i]
                total += 1
                continue
            for place in range(places):
                if sites[place]:
                    node_job[total] = j
                    node_place[total] = place
                    total += 1
        begins[i + 1] = total
        sites[:] = False
        for node in range(begins[i], total):
            if node_place[node] != ANYWHERE:
                sites[node_place[node]] = True
        for here in range(places):
            for there in range(places):
                if sites[here] and sites[there]:
                    reach[i] = max(reach[i], table.travel[table.transport[i], here, there] + table.slack[0])
    return begins, node_job[:total].copy(), node_place[:total].copy(), reach


@compiled
def minutes_between(table, i, here, there):
    """The way between two nodes' places, without slack."""
    if here == ANYWHERE or there == ANYWHERE:
        return 0
    return table.travel[table.transport[i], here, there]


@compiled
def connected(table, i, node_job, node_place, u, v):
    """Minutes needed with slack between two nodes, or -1 where v cannot follow u."""
    gap = table.start[node_job[v]] - table.end[node_job[u]]
    if gap < 0:
        return -1
    needed = minutes_between(table, i, node_place[u], node_place[v])
    if needed > 0:
        needed += table.slack[0]
    return needed if needed <= gap else -1


@compiled
def first_from(table, node_job, low, high, minute):
    """The first node that starts at ``minute`` or later."""
    while low < high:
        middle = (low + high) // 2
        if table.start[node_job[middle]] < minute:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def complete(table, i, nodes, gain, per_minute, room, best, tail):
    """Fills ``best[node, break had, quarters left]``: the most that can be earned from a node on.

    ``gain`` is what a job earns, ``per_minute`` what a minute on the way costs; ``room`` is the number of quarter hours
    (with 0, work is not counted). Without a cost of the way, whatever lies beyond reach is looked up at once in
    ``tail``, the best of all later nodes.
    """
    node_job, node_place = nodes[1], nodes[2]
    low, high = nodes[0][i], nodes[0][i + 1]
    pause = table.pause[i]
    has_pause = pause[0] > 0
    reach = nodes[3][i] if per_minute == 0 else FOREVER
    floor = pause[1] + pause[0]  # whoever starts before it cannot have had the break
    cut = first_from(table, node_job, low, high, floor) if has_pause else low
    home = table.home[i]
    tail[high - low, :, :] = IMPOSSIBLE
    for u in range(high - 1, low - 1, -1):
        j = node_job[u]
        a = u - low
        takes = table.quarters[j] if room > 0 else 0
        best[a, :, :] = IMPOSSIBLE
        if gain[j] > 0 and takes <= room:
            free = table.end[j]
            stop = -per_minute * minutes_between(table, i, node_place[u], home)
            near = first_from(table, node_job, u + 1, high, free)
            far = first_from(table, node_job, near, high, free + reach)
            for had in range(0 if has_pause else 1, 2):
                rested_at = max(free, pause[1]) + pause[0]
                if had == 0 and rested_at > pause[2]:
                    continue
                row = best[a, had]
                row[takes:] = stop
                last = far
                if had == 0:
                    last = max(far, first_from(table, node_job, far, high, rested_at + reach))
                for v in range(near, last):
                    if had == 0 and v >= far and v < cut:
                        continue
                    needed = connected(table, i, node_job, node_place, u, v)
                    if needed < 0:
                        continue
                    then = had
                    if had == 0 and rests(pause, free, needed, table.start[node_job[v]]):
                        then = 1
                    cost = per_minute * minutes_between(table, i, node_place[u], node_place[v])
                    for left in range(takes, room + 1):
                        row[left] = max(row[left], best[v - low, then, left - takes] - cost)
                for left in range(takes, room + 1):
                    row[left] = max(row[left], tail[last - low, 1, left - takes])
                    if had == 0 and far < cut:
                        row[left] = max(row[left], tail[far - low, 0, left - takes])
                row[takes:] += gain[j]
        for left in range(room + 1):
            tail[a, 1, left] = max(tail[a + 1, 1, left], best[a, 1, left])
            # of those who still have to rest only nodes before the cut count: the others are compared one by one
            tail[a, 0, left] = max(tail[a + 1, 0, left], best[a, 0, left]) if u < cut else IMPOSSIBLE


@compiled
def entry(table, i, node_job, node_place, u, per_minute):
    """How a day begins with node u: whether the break is had before it, and what the way from home costs."""
    pause = table.pause[i]
    minutes = minutes_between(table, i, table.home[i], node_place[u])
    needed = minutes + table.slack[0] if minutes > 0 else 0
    had = 1 if pause[0] == 0 or rests(pause, -FOREVER, needed, table.start[node_job[u]]) else 0
    return had, per_minute * minutes


@compiled
def follow(table, i, nodes, gain, per_minute, room, prices, best, path):
    """The best path of ``complete``: its jobs into ``path``; their number and what it earns. ``prices[quarters]`` is
    taken off for so much work (room above 0)."""
    node_job, node_place = nodes[1], nodes[2]
    low, high = nodes[0][i], nodes[0][i + 1]
    value, start, left = 0, -1, 0
    for u in range(low, high):
        had, cost = entry(table, i, node_job, node_place, u, per_minute)
        for used in range(room + 1):
            earned = best[u - low, had, used] - cost - (prices[used] if room > 0 else 0)
            if earned > value:
                value, start, left = earned, u, used
    count = 0
    if start < 0:
        return count, value
    u = start
    had, _ = entry(table, i, node_job, node_place, u, per_minute)
    pause = table.pause[i]
    while True:
        j = node_job[u]
        path[count] = j
        count += 1
        rest_value = best[u - low, had, left] - gain[j]
        left -= table.quarters[j] if room > 0 else 0
        found = -1
        for v in range(first_from(table, node_job, u + 1, high, table.end[j]), high):
            needed = connected(table, i, node_job, node_place, u, v)
            if needed < 0:
                continue
            then = had
            if had == 0 and rests(pause, table.end[j], needed, table.start[node_job[v]]):
                then = 1
            cost = per_minute * minutes_between(table, i, node_place[u], node_place[v])
            if best[v - low, then, left] - cost == rest_value:
                found, had = v, then
                break
        if found < 0:
            return count, value
        u = found
