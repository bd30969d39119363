"""Who can do which job after which, worked out once for everybody.

A call of somebody who takes calls anywhere is taken where the job before or after it is, or at home. Between a job on
site and the next one there is still the way from the one to the other: so a call that comes before there is time for
any way is no stop of its own but lies on the arcs between these two jobs. What remains is a relaxation of two things:
of two calls in turn, and of where a break lies beside a call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sarangbang.dispatch.compiling import compiled, inner

from .paths import ANYWHERE, Desk, Nodes, desk_for, first_from
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
