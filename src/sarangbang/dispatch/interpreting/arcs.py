"""Who can do which job after which, worked out once for everybody, and the best day along these arcs.

A call of somebody who takes calls anywhere is taken where the job before or after it is, or at home. Between a job on
site and the next one there is still the way from the one to the other: so a call that comes before there is time for
any way is no stop of its own but lies on the arcs between these two jobs. What remains is a relaxation of two things:
of two calls in turn, and of where a break lies beside a call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarangbang.dispatch.compiling import compiled, inner

from .paths import ANYWHERE, IMPOSSIBLE, Desk, Nodes, desk_for, first_from
from .routes import rests
from .table import MOST_QUARTERS, Table

UNRESTED, RESTED, LATER_UNRESTED, LATER_RESTED = range(4)
"""What is kept for each job, as parts of its place in ``Room``: the most that is earned from it on, by whether the
break was had, and the best of all later ones."""

MOST = 4_000_000
"""Arcs, at most; of larger days there are none, and they are searched by ``paths.relax``."""
MOST_JOBS = 8_000
"""Of one interpreter, at most: numbers in arcs are short, since the time is spent on reading them."""


class Arcs(NamedTuple):
    """From job ``u`` (counted as in ``Nodes``) on. ``marks[u]``: where its arcs begin when the break was had, those
    with a call on the way, those when it was not, those with a call."""

    marks: np.ndarray
    to: np.ndarray  # four times the place of the next job among those of the interpreter, and which of the four
    by: np.ndarray  # place of the call on the way
    left: np.ndarray  # arcs along the same call, this one included


class Room(NamedTuple):
    """Room to work in, for one interpreter at a time."""

    desk: Desk
    gain: np.ndarray  # what each job earns; that of the desk
    flat: np.ndarray  # four numbers for each job, and for the one after the last
    one: np.ndarray  # the same numbers as a table of one column
    deep: np.ndarray  # the same with quarter hours left


def arcs_of(table: Table, nodes: Nodes) -> Arcs:
    marks = np.zeros((len(nodes.job) + 1, 4), np.int64)
    none = np.zeros(0, np.int16)
    most = MOST if np.diff(nodes.begins).max(initial=0) < MOST_JOBS else 0
    count = draw_arcs(table, nodes, marks, none, none, none, False, most)
    rows = [np.zeros(count, np.int16) for _ in range(3)]
    if count:
        draw_arcs(table, nodes, marks, *rows, True, most)
    return Arcs(marks, *rows)


def room_of(nodes: Nodes) -> Room:
    desk = desk_for(nodes)
    most = 4 * (len(desk.gain) + 1)
    flat, deep = np.zeros(most, np.int64), np.zeros((most, MOST_QUARTERS + 1), np.int64)
    return Room(desk, desk.gain, flat, flat.reshape(-1, 1), deep)


@inner
def minutes(table, i, here, there):
    """The way with slack; none to and from where no way is needed."""
    if here == ANYWHERE or there == ANYWHERE:
        return 0
    way = table.travel[table.transport[i], here, there]
    return way + table.slack[0] if way > 0 else 0


@inner
def passes(table, i, nodes, u, c, v):
    """Whether there is time for call c on the way from u to v."""
    here, there = nodes.place[u], nodes.place[v]
    if there == ANYWHERE:
        return True
    way = minutes(table, i, here, there)
    if nodes.end[c] + way <= nodes.start[v] or nodes.end[u] + way <= nodes.start[c]:
        return True
    home = table.home[i]
    return (
        nodes.end[u] + minutes(table, i, here, home) <= nodes.start[c]
        and nodes.end[c] + minutes(table, i, home, there) <= nodes.start[v]
    )


@inner
def put(to, by, count, real, target, call):
    if real:
        to[count], by[count] = target, call
    return count + 1


@inner
def with_call(table, i, nodes, u, c, had, to, by, left, count, real):
    """The arcs from u along call c, for whoever had the break before (1) or not, the best of all later jobs last; how
    many arcs there are then."""
    low, high, cut, pause = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i], table.pause[i]
    then = 1 if had or rests(pause, nodes.end[u], 0, nodes.start[c]) else 0
    if not then and nodes.rested[c] < 0:
        return count
    first, call = count, c - low
    free = first_from(nodes.start, nodes.near[c], high, nodes.end[c] + nodes.reach[u])
    last = free if then else max(free, nodes.rested[c])
    for v in range(nodes.near[c], last):
        if (then or not free <= v < cut) and passes(table, i, nodes, u, c, v):
            after = RESTED if then or rests(pause, nodes.end[c], 0, nodes.start[v]) else UNRESTED
            count = put(to, by, count, real, 4 * (v - low) + after, call)
    if not then and free < cut:
        count = put(to, by, count, real, 4 * (free - low) + LATER_UNRESTED, call)
    count = put(to, by, count, real, 4 * (last - low) + LATER_RESTED, call)
    if real:
        for e in range(first, count):
            left[e] = count - e
    return count


@compiled
def draw_arcs(table, nodes, marks, to, by, left, real, most):
    """Writes the arcs of everybody, or only where they begin (``real``); how many, 0 if more than ``most``."""
    count = 0
    for i in range(len(table.can)):
        low, high, cut, pause = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i], table.pause[i]
        if count > most:
            return 0
        for u in range(low, high):
            site, far, last = nodes.place[u] != ANYWHERE, nodes.far[u], nodes.rested[u]
            for had in (1, 0):
                marks[u, 2 - 2 * had] = count
                if had == 1 or last >= 0:
                    for v in range(nodes.near[u], far if had else last):
                        if (site and v < far and nodes.place[v] == ANYWHERE) or (not had and far <= v < cut):
                            continue
                        needed = minutes(table, i, nodes.place[u], nodes.place[v])
                        if nodes.end[u] + needed <= nodes.start[v]:
                            rested = had or rests(pause, nodes.end[u], needed, nodes.start[v])
                            count = put(to, by, count, real, 4 * (v - low) + (RESTED if rested else UNRESTED), 0)
                marks[u, 3 - 2 * had] = count
                if site and (had == 1 or last >= 0):
                    for c in range(nodes.near[u], far):
                        if nodes.place[c] == ANYWHERE:
                            count = with_call(table, i, nodes, u, c, had, to, by, left, count, real)
    marks[len(nodes.job), :] = count
    return count


@inner
def earn_most(nodes, i, arcs, room, path):
    """The best path where only jobs earn (``room.gain``, IMPOSSIBLE for those that are left alone) and time is not
    counted: its jobs into ``path``, as far as there is room; their number, what it earns. Jobs that earn nothing are on
    it where they help: ways need not obey the triangle inequality."""
    low, high, cut = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i]
    gain, flat, marks, to, by, left = room.gain, room.flat, arcs.marks, arcs.to, arcs.by, arcs.left
    size = high - low
    for x in range(4 * size, 4 * size + 3):
        flat[x] = IMPOSSIBLE
    flat[4 * size + LATER_RESTED] = 0
    for u in range(high - 1, low - 1, -1):
        a = u - low
        first, second = IMPOSSIBLE, IMPOSSIBLE
        if gain[a] > IMPOSSIBLE:
            far, last = nodes.far[u] - low, nodes.rested[u] - low
            most = flat[4 * far + LATER_RESTED]
            for e in range(marks[u, 0], marks[u, 1]):
                if flat[to[e] | 3] <= most:
                    break
                most = max(most, flat[to[e]])
            e, end = marks[u, 1], marks[u, 2]
            while e < end:
                more = gain[by[e]]
                if flat[to[e] | 3] + more <= most:
                    e += left[e]
                else:
                    most = max(most, flat[to[e]] + more)
                    e += 1
            second = most + gain[a]
            if nodes.rested[u] >= 0:
                most = flat[4 * last + LATER_RESTED]
                if nodes.far[u] < cut:
                    most = max(most, flat[4 * far + LATER_UNRESTED])
                for e in range(marks[u, 2], marks[u, 3]):
                    if flat[to[e] | 3] <= most:  # who had the break earns at least what those do who did not
                        break
                    most = max(most, flat[to[e]])
                e, end = marks[u, 3], marks[u + 1, 0]
                while e < end:
                    more = gain[by[e]]
                    if flat[to[e] | 3] + more <= most:
                        e += left[e]
                    else:
                        most = max(most, flat[to[e]] + more)
                        e += 1
                first = most + gain[a]
        x = 4 * a
        flat[x], flat[x + 1] = first, second
        # of those who still have to rest only nodes before the cut count: the others are compared one by one
        flat[x + 2] = max(flat[x + 6], first) if u < cut else IMPOSSIBLE
        flat[x + 3] = max(flat[x + 7], second)
    value, at = 0, -1
    for v in range(low, high):
        x = 4 * (v - low) + nodes.had[v]
        if flat[x] > value:
            value, at = flat[x], x
    count = 0
    while at >= 0 and count < len(path) - 1:
        a = at // 4
        path[count] = nodes.job[low + a]
        count += 1
        rest = flat[at] - gain[a]
        if rest <= 0:
            break
        at, call = onward(nodes, arcs, gain, flat, room.one, low, low + a, at & 1, rest)
        if call >= 0:
            path[count] = nodes.job[low + call]
            count += 1
    return count, value


@inner
def onward(nodes, arcs, gain, flat, one, low, u, had, rest):
    """Where the best path goes on from u when it earns so much more: the next job, -1 at the end, and the call on the
    way, or -1."""
    begin, middle = arcs.marks[u, 2 - 2 * had], arcs.marks[u, 3 - 2 * had]
    end = arcs.marks[u, 2] if had else arcs.marks[u + 1, 0]
    for e in range(begin, middle):
        if flat[arcs.to[e]] == rest:
            return arcs.to[e], -1
    for e in range(middle, end):
        if flat[arcs.to[e]] + gain[arcs.by[e]] == rest:
            return settled(one, np.int64(arcs.to[e]), 0), arcs.by[e]
    far, last = 4 * (nodes.far[u] - low), 4 * (nodes.rested[u] - low)
    if had:
        return settled(one, far + LATER_RESTED, 0), -1
    if flat[last + LATER_RESTED] == rest:
        return settled(one, last + LATER_RESTED, 0), -1
    return settled(one, far + LATER_UNRESTED, 0), -1


@inner
def settled(values, x, column):
    """The job that is meant by the best of all later ones; -1 for the end."""
    wanted = values[x, column]
    if x & 3 < LATER_UNRESTED:
        return x
    if wanted == 0:
        return -1
    x -= 2
    while values[x, column] != wanted:
        x += 4
    return x


@inner
def earn_within(table, nodes, i, arcs, room, hours, path):
    """The same where no more quarter hours (``hours``) may be worked."""
    low, high, cut = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i]
    gain, deep, marks, to, by, left = room.gain, room.deep, arcs.marks, arcs.to, arcs.by, arcs.left
    quarters = table.quarters
    size = high - low
    for x in range(4 * size, 4 * size + 4):
        for spare in range(hours + 1):
            deep[x, spare] = 0 if x == 4 * size + LATER_RESTED else IMPOSSIBLE
    for u in range(high - 1, low - 1, -1):
        a = u - low
        takes = quarters[nodes.job[u]]
        first, second = deep[4 * a], deep[4 * a + 1]
        for spare in range(hours + 1):
            first[spare] = second[spare] = IMPOSSIBLE
        if gain[a] > IMPOSSIBLE and takes <= hours:
            far, last, width = nodes.far[u] - low, nodes.rested[u] - low, hours - takes
            for spare in range(width + 1):
                second[spare + takes] = deep[4 * far + LATER_RESTED, spare]
            for e in range(marks[u, 0], marks[u, 1]):
                if deep[to[e] | 3, width] <= second[takes]:
                    break
                raised(second, deep[to[e]], takes, width, 0)
            e, end = marks[u, 1], marks[u, 2]
            while e < end:
                more, lasts = gain[by[e]], quarters[nodes.job[low + by[e]]]
                if lasts > width or deep[to[e] | 3, width - lasts] + more <= second[takes]:
                    e += left[e]
                else:
                    raised(second, deep[to[e]], takes + lasts, width - lasts, more)
                    e += 1
            for spare in range(takes, hours + 1):
                second[spare] += gain[a]
            if nodes.rested[u] >= 0:
                for spare in range(width + 1):
                    most = deep[4 * last + LATER_RESTED, spare]
                    if nodes.far[u] < cut:
                        most = max(most, deep[4 * far + LATER_UNRESTED, spare])
                    first[spare + takes] = most
                for e in range(marks[u, 2], marks[u, 3]):
                    if deep[to[e] | 3, width] <= first[takes]:
                        break
                    raised(first, deep[to[e]], takes, width, 0)
                e, end = marks[u, 3], marks[u + 1, 0]
                while e < end:
                    more, lasts = gain[by[e]], quarters[nodes.job[low + by[e]]]
                    if lasts > width or deep[to[e] | 3, width - lasts] + more <= first[takes]:
                        e += left[e]
                    else:
                        raised(first, deep[to[e]], takes + lasts, width - lasts, more)
                        e += 1
                for spare in range(takes, hours + 1):
                    first[spare] += gain[a]
        x = 4 * a
        for spare in range(hours + 1):
            deep[x + 2, spare] = max(deep[x + 6, spare], first[spare]) if u < cut else IMPOSSIBLE
            deep[x + 3, spare] = max(deep[x + 7, spare], second[spare])
    value, at = 0, -1
    for v in range(low, high):
        x = 4 * (v - low) + nodes.had[v]
        if deep[x, hours] > value:
            value, at = deep[x, hours], x
    count, spare = 0, hours
    while at >= 0 and count < len(path) - 1:
        a = at // 4
        path[count] = nodes.job[low + a]
        count += 1
        rest = deep[at, spare] - gain[a]
        spare -= quarters[nodes.job[low + a]]
        if rest <= 0:
            break
        at, call, spare = onward_within(table, nodes, arcs, gain, deep, low, low + a, at & 1, rest, spare)
        if call >= 0:
            path[count] = nodes.job[low + call]
            count += 1
    return count, value


@inner
def raised(row, other, takes, width, more):
    if other[width] + more > row[takes]:
        for spare in range(width + 1):
            row[spare + takes] = max(row[spare + takes], other[spare] + more)


@inner
def onward_within(table, nodes, arcs, gain, deep, low, u, had, rest, left):
    begin, middle = arcs.marks[u, 2 - 2 * had], arcs.marks[u, 3 - 2 * had]
    end = arcs.marks[u, 2] if had else arcs.marks[u + 1, 0]
    for e in range(begin, middle):
        if deep[arcs.to[e], left] == rest:
            return arcs.to[e], -1, left
    for e in range(middle, end):
        fewer = left - table.quarters[nodes.job[low + arcs.by[e]]]
        if fewer >= 0 and deep[arcs.to[e], fewer] + gain[arcs.by[e]] == rest:
            return settled(deep, np.int64(arcs.to[e]), fewer), arcs.by[e], fewer
    far, last = 4 * (nodes.far[u] - low), 4 * (nodes.rested[u] - low)
    if had:
        return settled(deep, far + LATER_RESTED, left), -1, left
    if deep[last + LATER_RESTED, left] == rest:
        return settled(deep, last + LATER_RESTED, left), -1, left
    return settled(deep, far + LATER_UNRESTED, left), -1, left
