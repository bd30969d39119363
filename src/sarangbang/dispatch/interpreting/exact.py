"""All days worth considering, where the bound leaves little open.

With the bound's prices each interpreter's day has a loss against their best one. A plan that covers as much as the best
known cannot contain a day that loses more than lies between bound and plan: only the others are listed (Baldacci,
Christofides and Mingozzi 2008).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sarangbang.dispatch.compiling import compiled

from .bound import COUNTED, GRAIN, best_day
from .ceiling import Ceiling
from .moves import LEVELS, SPACE
from .paths import relax
from .routes import way, worth
from .table import AT, EARNED, EARNS, LATER, PATH, PINNED

PATIENCE = 10
"""Tries per day that may be listed."""


@compiled
def list_days(table, i, nodes, arcs, room, desk, weight, price, hour, shut, loss, out, sizes, values, filled, limit):
    """All days of i that lose at most ``loss`` at these prices, from ``filled`` on; the new number, or -1 when there
    are more than ``limit``."""
    node_job = nodes.job
    low, high = nodes.begins[i], nodes.begins[i + 1]
    gain, later = table.bench[EARNS], table.bench[LATER]
    path, at, earned = table.bench[PATH], table.bench[AT], table.bench[EARNED]
    for node in range(low, high):
        j = node_job[node]
        gain[node - low] = weight[j] * GRAIN - price[j] - hour * table.quarters[j]
    _, most = best_day(table, i, nodes, arcs, room, weight, price, hour, shut, COUNTED, path)
    # a day may contain jobs that earn nothing, as long as the loss allows it: completions are bounded from above
    earned[0] = later[high - low] = 0
    pinned = 0
    for node in range(low, high):
        desk.gain[node - low] = max(gain[node - low], 1)
        if table.frozen[node_job[node]] == i:
            desk.gain[node - low] += PINNED
            gain[node - low] += PINNED
            pinned += 1
    relax(table, i, nodes, desk, path)
    for node in range(high - 1, low - 1, -1):
        later[node - low] = max(later[node - low + 1], desk.flat[node - low, 0], desk.flat[node - low, 1])
    least = most - hour * table.cap[i] + pinned * PINNED - loss
    depth = 0
    if least <= 0:
        if filled >= limit:
            return -1
        sizes[filled] = 0
        worth(table, i, path, 0, values[filled])
        filled += 1
    at[0] = low
    steps = 0
    while depth >= 0:
        steps += 1
        if steps > PATIENCE * limit:
            return -1
        node = at[depth]
        if node >= high or earned[depth] + later[node - low] < least:
            depth -= 1
            continue
        at[depth] = node + 1
        path[depth] = node_job[node]
        size = depth + 1
        if earned[depth] + gain[node - low] + later[nodes.near[node] - low] < least:
            continue
        if way(table, i, path, size) < 0:
            continue
        total = earned[depth] + gain[node - low]
        if total >= least:
            if filled >= limit:
                return -1
            for k in range(size):
                out[filled, k] = path[k]
            sizes[filled] = size
            worth(table, i, path, size, values[filled])
            filled += 1
        if size < SPACE:
            earned[size] = total
            at[size] = nodes.near[node]
            depth = size
    return filled


def all_days(
    ceiling: Ceiling, covered: int, most: int, goes_on: Callable[[], bool]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Owners, jobs, lengths and worth of all days that a plan of this weight can contain; None when there are too many
    to be listed in time."""
    table = ceiling.table
    people = table.can.shape[0]
    loss = ceiling.proven - covered * GRAIN
    price, hour = ceiling.best_price, ceiling.best_hour
    out = np.zeros((most, SPACE + 1), np.int64)
    sizes, values = np.zeros(most, np.int64), np.zeros((most, LEVELS), np.int64)
    owner = np.zeros(most, np.int64)
    filled = 0
    for i in range(people):
        if not goes_on():
            return None
        before = filled
        filled = list_days(
            table, i, ceiling.nodes, ceiling.arcs, ceiling.room, ceiling.desk, ceiling.weight, price, hour[i],
            ceiling.shut, loss, out, sizes, values, filled, most,
        )  # fmt: skip
        if filled < 0:
            return None
        owner[before:filled] = i
    return owner[:filled], out[:filled], sizes[:filled], values[:filled]
