"""The best day of one interpreter when every job earns something, in machine code: the workhorse of bound and search.

A day is a path through the jobs that the interpreter can take, by start. Jobs have fixed times, so there are no cycles,
and the state besides the job is whether the break was had. A call of somebody who takes calls anywhere has no place
here, and no way is needed to it and from it: a relaxation, so a path is worth at least what a real day is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarangbang.dispatch.compiling import compiled, inner

from .routes import rests
from .table import FOREVER, MOST_QUARTERS, NOWHERE, Table

ANYWHERE = -2
IMPOSSIBLE = -(1 << 60)
SHORT = 12
"""Quarter hours: whoever may work no longer is hardly ever within them by chance, so they are counted at once."""


class Nodes(NamedTuple):
    """The jobs that each interpreter can take, interpreter by interpreter, by start; ``u`` counts all of them."""

    begins: np.ndarray  # i → the first of i, with one more at the end
    job: np.ndarray  # u → job
    start: np.ndarray
    end: np.ndarray
    place: np.ndarray  # u → place, ANYWHERE for a call that needs no way
    near: np.ndarray  # u → the first that starts when u ends, or later
    far: np.ndarray  # u → the first that starts so late that there is time for any way
    rested: np.ndarray  # u → the first for which there is time for the break as well, -1 where that comes too late
    had: np.ndarray  # u → whether the break is had when the day begins with u
    reach: np.ndarray  # u → the longest way from here to any other job
    cut: np.ndarray  # i → the first before which there is time for the break


class Desk(NamedTuple):
    """Room to work in, for one interpreter at a time, from their first job on."""

    gain: np.ndarray  # what each job earns
    flat: np.ndarray  # job × break had → the most that can be earned from there on
    tail: np.ndarray  # the best of all later ones
    deep: np.ndarray  # the same with quarter hours left: job × break had × quarters
    deep_tail: np.ndarray


def nodes_of(table: Table) -> Nodes:
    people, places = len(table.can), table.travel.shape[1]
    sizes = {"begins": people + 1, "cut": people}
    total = int(table.can.sum())
    nodes = Nodes(*(np.zeros(sizes.get(name, total), np.int64) for name in Nodes._fields))
    lay_out(table, nodes, np.zeros(places, np.bool_), np.zeros(places, np.int64))
    return nodes


def desk_for(nodes: Nodes) -> Desk:
    most = int(np.diff(nodes.begins).max(initial=0)) + 1
    deep = (most, 2, MOST_QUARTERS + 1)
    return Desk(*(np.zeros(shape, np.int64) for shape in (most, (most, 2), (most, 2), deep, deep)))


def room_for(nodes: Nodes, people: int) -> Nodes:
    """Room for some of the jobs of one interpreter at a time."""
    most = int(np.diff(nodes.begins).max(initial=0)) + 1
    sizes = {"begins": people + 1, "cut": people}
    return Nodes(*(np.zeros(sizes.get(name, most), np.int64) for name in Nodes._fields))


@inner
def first_from(starts, low, high, minute):
    """The first node that starts at ``minute`` or later."""
    while low < high:
        middle = (low + high) // 2
        if starts[middle] < minute:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def farthest(table, i, sites, result):
    """For each of these places the longest way with slack to another of them."""
    places = len(sites)
    travel = table.travel[table.transport[i]]
    for here in range(places):
        result[here] = 0
        for there in range(places):
            if sites[here] and sites[there] and travel[here, there] > 0:
                result[here] = max(result[here], travel[here, there] + table.slack[0])


@compiled
def lay_out(table, nodes, sites, ways):
    people, jobs = table.can.shape
    begins, cut, had = nodes.begins, nodes.cut, nodes.had
    job, start, end, place = nodes.job, nodes.start, nodes.end, nodes.place
    near, far, rested = nodes.near, nodes.far, nodes.rested
    high = 0
    for i in range(people):
        low = high
        for spot in range(len(sites)):
            sites[spot] = False
        for j in range(jobs):
            if table.can[i, j]:
                job[high], start[high], end[high] = j, table.start[j], table.end[j]
                place[high] = table.place[j]
                if place[high] == NOWHERE:
                    place[high] = ANYWHERE if table.roams[i] else table.home[i]
                if place[high] != ANYWHERE:
                    sites[place[high]] = True
                high += 1
        begins[i + 1] = high
        farthest(table, i, sites, ways)
        pause, travel = table.pause[i], table.travel[table.transport[i]]
        has_pause = pause[0] > 0
        cut[i] = first_from(start, low, high, pause[1] + pause[0]) if has_pause else low
        for u in range(low, high):
            reach = ways[place[u]] if place[u] != ANYWHERE else 0
            nodes.reach[u] = reach
            near[u] = first_from(start, u + 1, high, end[u])
            far[u] = first_from(start, near[u], high, end[u] + reach)
            at = max(end[u], pause[1]) + pause[0]
            rested[u] = -1
            if has_pause and at <= pause[2]:
                rested[u] = max(far[u], first_from(start, far[u], high, at + reach))
            there = travel[table.home[i], place[u]] if place[u] != ANYWHERE else 0
            there = there + table.slack[0] if there > 0 else 0
            had[u] = 1 if not has_pause or rests(pause, -FOREVER, there, start[u]) else 0


@inner
def after(table, i, nodes, u, v, had):
    """Whether the break is had (1 or 0) when v follows u; -1 where it cannot."""
    needed = 0
    if nodes.place[u] != ANYWHERE and nodes.place[v] != ANYWHERE:
        needed = table.travel[table.transport[i], nodes.place[u], nodes.place[v]]
        if needed > 0:
            needed += table.slack[0]
    if nodes.end[u] + needed > nodes.start[v]:
        return -1
    return 1 if had or rests(table.pause[i], nodes.end[u], needed, nodes.start[v]) else 0


@inner
def relax(table, i, nodes, desk, path):
    """The best path where only jobs earn (``desk.gain``, IMPOSSIBLE for those that are left alone) and time is not
    counted: its jobs into ``path``, as far as there is room; their number, what it earns. Jobs that earn nothing are on
    it where they help: ways need not obey the triangle inequality. Ways are looked up in place: a call of ``after``
    costs more than the rest."""
    low, high, cut = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i]
    start, place, near = nodes.start, nodes.place, nodes.near
    travel, slack, pause = table.travel[table.transport[i]], table.slack[0], table.pause[i]
    gain, best, tail = desk.gain, desk.flat, desk.tail
    tail[high - low, 0] = tail[high - low, 1] = IMPOSSIBLE
    for u in range(high - 1, low - 1, -1):
        a = u - low
        best[a, 0] = best[a, 1] = IMPOSSIBLE
        if gain[a] > IMPOSSIBLE:
            far, last, free, here = nodes.far[u], nodes.rested[u], nodes.end[u], place[u]
            most = max(0, tail[far - low, 1])
            for v in range(near[u], far):
                if tail[v - low, 1] <= most:
                    break
                if best[v - low, 1] > most:
                    needed = 0
                    if here != ANYWHERE and place[v] != ANYWHERE:
                        needed = travel[here, place[v]]
                        needed = needed + slack if needed > 0 else 0
                    if free + needed <= start[v]:
                        most = best[v - low, 1]
            best[a, 1] = most + gain[a]
            if last >= 0:
                most = max(0, tail[last - low, 1])
                if far < cut:
                    most = max(most, tail[far - low, 0])
                for v in range(near[u], last):
                    if tail[v - low, 1] <= most:  # who had the break earns at least what those do who did not
                        break
                    if far <= v < cut or best[v - low, 1] <= most:
                        continue
                    needed = 0
                    if here != ANYWHERE and place[v] != ANYWHERE:
                        needed = travel[here, place[v]]
                        needed = needed + slack if needed > 0 else 0
                    if free + needed <= start[v]:
                        then = 1 if rests(pause, free, needed, start[v]) else 0
                        most = max(most, best[v - low, then])
                best[a, 0] = most + gain[a]
        tail[a, 1] = max(tail[a + 1, 1], best[a, 1])
        # of those who still have to rest only nodes before the cut count: the others are compared one by one
        tail[a, 0] = max(tail[a + 1, 0], best[a, 0]) if u < cut else IMPOSSIBLE
    value, u = 0, -1
    for v in range(low, high):
        if best[v - low, nodes.had[v]] > value:
            value, u = best[v - low, nodes.had[v]], v
    count = 0
    had = nodes.had[u] if u >= 0 else 0
    while u >= 0 and count < len(path):
        path[count] = nodes.job[u]
        count += 1
        rest = best[u - low, had] - gain[u - low]
        follower = -1
        if rest > 0:
            for v in range(near[u], high):
                if best[v - low, 0] == rest or best[v - low, 1] == rest:
                    then = after(table, i, nodes, u, v, had)
                    if then >= 0 and best[v - low, then] == rest:
                        follower, had = v, then
                        break
        u = follower
    return count, value


@inner
def count_hours(table, i, nodes, desk, path):
    """The same where no more quarter hours may be worked than ``table.cap``: ``desk.deep`` has one more dimension."""
    low, high, cut, room = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i], table.cap[i]
    start, place, near = nodes.start, nodes.place, nodes.near
    travel, slack, pause = table.travel[table.transport[i]], table.slack[0], table.pause[i]
    gain, best, tail = desk.gain, desk.deep, desk.deep_tail
    for left in range(room + 1):
        tail[high - low, 0, left] = tail[high - low, 1, left] = IMPOSSIBLE
    for u in range(high - 1, low - 1, -1):
        a = u - low
        takes = table.quarters[nodes.job[u]]
        for left in range(room + 1):
            best[a, 0, left] = best[a, 1, left] = IMPOSSIBLE
        if gain[a] > IMPOSSIBLE and takes <= room:
            far, last, free, here = nodes.far[u], nodes.rested[u], nodes.end[u], place[u]
            width = room - takes
            for left in range(width + 1):
                best[a, 1, left + takes] = max(0, tail[far - low, 1, left])
            for v in range(near[u], far):
                if tail[v - low, 1, width] <= best[a, 1, takes]:
                    break
                most = best[v - low, 1, width]
                if most > 0 and most > best[a, 1, takes]:
                    needed = 0
                    if here != ANYWHERE and place[v] != ANYWHERE:
                        needed = travel[here, place[v]]
                        needed = needed + slack if needed > 0 else 0
                    if free + needed <= start[v]:
                        for left in range(width + 1):
                            best[a, 1, left + takes] = max(best[a, 1, left + takes], best[v - low, 1, left])
            for left in range(takes, room + 1):
                best[a, 1, left] += gain[a]
            if last >= 0:
                for left in range(width + 1):
                    most = max(0, tail[last - low, 1, left])
                    if far < cut:
                        most = max(most, tail[far - low, 0, left])
                    best[a, 0, left + takes] = most
                for v in range(near[u], last):
                    least = max(0, best[a, 0, takes])
                    if tail[v - low, 1, width] <= least:
                        break
                    if far <= v < cut or best[v - low, 1, width] <= least:
                        continue
                    needed = 0
                    if here != ANYWHERE and place[v] != ANYWHERE:
                        needed = travel[here, place[v]]
                        needed = needed + slack if needed > 0 else 0
                    if free + needed <= start[v]:
                        then = 1 if rests(pause, free, needed, start[v]) else 0
                        for left in range(width + 1):
                            best[a, 0, left + takes] = max(best[a, 0, left + takes], best[v - low, then, left])
                for left in range(takes, room + 1):
                    best[a, 0, left] += gain[a]
        for left in range(room + 1):
            tail[a, 1, left] = max(tail[a + 1, 1, left], best[a, 1, left])
            tail[a, 0, left] = max(tail[a + 1, 0, left], best[a, 0, left]) if u < cut else IMPOSSIBLE
    value, u = 0, -1
    for v in range(low, high):
        if best[v - low, nodes.had[v], room] > value:
            value, u = best[v - low, nodes.had[v], room], v
    count = 0
    had = nodes.had[u] if u >= 0 else 0
    while u >= 0 and count < len(path):
        path[count] = nodes.job[u]
        count += 1
        rest = best[u - low, had, room] - gain[u - low]
        room -= table.quarters[nodes.job[u]]
        follower = -1
        if rest > 0:
            for v in range(nodes.near[u], high):
                if best[v - low, 0, room] == rest or best[v - low, 1, room] == rest:
                    then = after(table, i, nodes, u, v, had)
                    if then >= 0 and best[v - low, then, room] == rest:
                        follower, had = v, then
                        break
        u = follower
    return count, value


@inner
def work(table, jobs, count):
    """Quarter hours of these jobs."""
    total = 0
    for k in range(count):
        total += table.quarters[jobs[k]]
    return total
