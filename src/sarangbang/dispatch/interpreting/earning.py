"""The best day of one interpreter along the arcs, in machine code: what the bound asks for again and again."""

from __future__ import annotations

import numpy as np

from sarangbang.dispatch.compiling import inner

from .arcs import LATER_RESTED, LATER_UNRESTED
from .paths import IMPOSSIBLE
from .table import SPARES

HIGHEST = 62
"""A bit beyond ``MOST_QUARTERS``; there is no higher one without the sign."""


@inner
def most_along(flat, gain, arcs, begin, middle, end, most):
    """The most that is earned along these arcs; ``most`` is had without them."""
    to, by, left = arcs.to, arcs.by, arcs.left
    for e in range(begin, middle):
        if flat[to[e] | 3] <= most:  # who had the break earns at least what those do who did not
            break
        most = max(most, flat[to[e]])
    e = middle
    while e < end:
        more = gain[by[e]]
        if flat[to[e] | 3] + more <= most:
            e += left[e]
        else:
            most = max(most, flat[to[e]] + more)
            e += 1
    return most


@inner
def earn_most(nodes, i, arcs, room, path):
    """The best path where only jobs earn (``room.gain``, IMPOSSIBLE for those that are left alone) and time is not
    counted: its jobs into ``path``, as far as there is room; their number, what it earns. Jobs that earn nothing are on
    it where they help: ways need not obey the triangle inequality."""
    low, high, cut = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i]
    gain, flat, marks = room.gain, room.flat, arcs.marks
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
            second = gain[a] + most_along(flat, gain, arcs, marks[u, 0], marks[u, 1], marks[u, 2], most)
            if nodes.rested[u] >= 0:
                most = flat[4 * last + LATER_RESTED]
                if nodes.far[u] < cut:
                    most = max(most, flat[4 * far + LATER_UNRESTED])
                first = gain[a] + most_along(flat, gain, arcs, marks[u, 2], marks[u, 3], marks[u + 1, 0], most)
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
def hours_left(table, nodes, i, hours, into):
    """How many quarter hours can be left before a job of i when some of so many are worked, ascending, and all of them
    in any case: how many such numbers, and the quarter hours of the shortest job."""
    least, back = hours + 1, 0  # bits: where one comes to from HIGHEST
    for u in range(nodes.begins[i], nodes.begins[i + 1]):
        takes = table.quarters[nodes.job[u]]
        if takes <= hours:
            least = min(least, takes)
            back |= 1 << (HIGHEST - takes)
    left = 1 << hours
    for spare in range(hours, least - 1, -1):
        if left >> spare & 1:
            left |= back >> (HIGHEST - spare)
    count = 0
    for spare in range(min(least, hours), hours + 1):
        if left >> spare & 1:
            into[count] = spare
            count += 1
    return count, least


@inner
def most_after(deep, gain, quarters, nodes, low, arcs, begin, middle, end, width, least, most):
    """The same as ``most_along`` with ``width`` quarter hours left, of which the calls on the way take theirs."""
    to, by, left = arcs.to, arcs.by, arcs.left
    for e in range(begin, middle):
        if deep[to[e] | 3, width] <= most:
            break
        most = max(most, deep[to[e], width])
    e = middle
    while e < end:
        more, fewer = gain[by[e]], width - quarters[nodes.job[low + by[e]]]
        if fewer < least:
            if fewer >= 0:
                most = max(most, more)
            e += left[e]
        elif deep[to[e] | 3, fewer] + more <= most:
            e += left[e]
        else:
            most = max(most, deep[to[e], fewer] + more)
            e += 1
    return most


@inner
def earn_within(table, nodes, i, arcs, room, hours, path):
    """The same where no more quarter hours (``hours``) may be worked. Of what can be left after jobs of these lengths
    there are few numbers, and with less than the shortest job takes the day is over."""
    low, high, cut = nodes.begins[i], nodes.begins[i + 1], nodes.cut[i]
    gain, deep, marks, quarters = room.gain, room.deep, arcs.marks, table.quarters
    spares = table.bench[SPARES]
    count, least = hours_left(table, nodes, i, hours, spares)
    size = high - low
    for k in range(count):
        for x in range(4 * size, 4 * size + 4):
            deep[x, spares[k]] = 0 if x == 4 * size + LATER_RESTED else IMPOSSIBLE
    for u in range(high - 1, low - 1, -1):
        x = 4 * (u - low)
        takes, earned = quarters[nodes.job[u]], gain[u - low]
        far, last = 4 * (nodes.far[u] - low), 4 * (nodes.rested[u] - low)
        for k in range(count):
            spare = spares[k]
            width = spare - takes
            first = second = IMPOSSIBLE
            if earned > IMPOSSIBLE and width >= 0:
                if width < least:
                    second = earned
                    if nodes.rested[u] >= 0:
                        first = earned
                else:
                    second = earned + most_after(
                        deep, gain, quarters, nodes, low, arcs, marks[u, 0], marks[u, 1], marks[u, 2], width, least,
                        deep[far + LATER_RESTED, width],
                    )  # fmt: skip
                    if nodes.rested[u] >= 0:
                        most = deep[last + LATER_RESTED, width]
                        if nodes.far[u] < cut:
                            most = max(most, deep[far + LATER_UNRESTED, width])
                        first = earned + most_after(
                            deep, gain, quarters, nodes, low, arcs, marks[u, 2], marks[u, 3], marks[u + 1, 0],
                            width, least, most,
                        )  # fmt: skip
            deep[x, spare], deep[x + 1, spare] = first, second
            deep[x + 2, spare] = max(deep[x + 6, spare], first) if u < cut else IMPOSSIBLE
            deep[x + 3, spare] = max(deep[x + 7, spare], second)
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
        at, call, spare = onward_within(table, nodes, arcs, gain, deep, low, low + a, at & 1, rest, spare, least)
        if call >= 0:
            path[count] = nodes.job[low + call]
            count += 1
    return count, value


@inner
def onward_within(table, nodes, arcs, gain, deep, low, u, had, rest, left, least):
    """The same with so many quarter hours left; how many are left before the next job. With fewer than ``least`` there
    is none."""
    begin, middle = arcs.marks[u, 2 - 2 * had], arcs.marks[u, 3 - 2 * had]
    end = arcs.marks[u, 2] if had else arcs.marks[u + 1, 0]
    for e in range(begin, middle):
        if deep[arcs.to[e], left] == rest:
            return arcs.to[e], -1, left
    for e in range(middle, end):
        fewer = left - table.quarters[nodes.job[low + arcs.by[e]]]
        if fewer < least:
            if fewer >= 0 and gain[arcs.by[e]] == rest:
                return -1, arcs.by[e], fewer
        elif deep[arcs.to[e], fewer] + gain[arcs.by[e]] == rest:
            return settled(deep, np.int64(arcs.to[e]), fewer), arcs.by[e], fewer
    far, last = 4 * (nodes.far[u] - low), 4 * (nodes.rested[u] - low)
    if had:
        return settled(deep, far + LATER_RESTED, left), -1, left
    if deep[last + LATER_RESTED, left] == rest:
        return settled(deep, last + LATER_RESTED, left), -1, left
    return settled(deep, far + LATER_UNRESTED, left), -1, left
