"""The best times for the stops of a tour whose order is settled, and the plan with its prices.

With driving times that are the same all day this is a linear program: hours are bounds, drives, rides and duty are
differences, lateness is a price above zero. Ties go to less duty, then less time aboard, then earlier service. With
driving times by the hour, the cheapest of the three timetables of ``timetable`` is taken.
"""

from __future__ import annotations

import math

import highspy
import numpy as np

from . import highs, laying, timetable, timing
from .arrays import (
    AT,
    CLOSES,
    DRIVE,
    DUE,
    DUE_PRICE,
    LIMIT,
    OPENS,
    PER_MINUTE,
    READY,
    READY_PRICE,
    SERVICE,
    SLOPE,
    SOONEST,
    STOP,
    Array,
    Case,
    Tours,
)
from .model import HORIZON, Plan, Problem, Tour, Visit
from .preparing import Prepared

DUTY_TIE, ABOARD_TIE, SOON_TIE = 1e-5, 1e-6, 1e-7  # prices of a minute that decide only between equals


Timed = dict[tuple[int, bytes], tuple[Tour, tuple[float, ...]]]  # car and its stops → tour with its times, and costs
COSTS = "distance", "fixed", "duty", "waiting", "riding", "early", "late", "changes"  # of a tour


def plan_of(
    problem: Problem, prepared: Prepared, tours: Tours, *, exact: bool = True, known: Timed | None = None
) -> Plan:
    """The plan of the search with the best times; not ``exact``: with good ones, at once. ``known`` keeps tours for the
    next plan of the same day."""
    case = prepared.case
    used = [car for car in range(case.cars) if not laying.idle.py_func(case, tours, car)]
    known = {} if known is None else known
    done, costs = [], []
    for car in used:
        name = car, tours.stop[car, STOP, 1 : tours.size[car] + 1].tobytes()
        if name not in known:
            tour = tour_of(problem, prepared, tours, car, exact=exact)
            known[name] = tour, _costs(problem, tour)
        done.append(known[name][0])
        costs.append(known[name][1])
    unserved = [int(i) for i in np.flatnonzero(tours.car < 0) if i not in prepared.rests]
    return Plan(tuple(done), tuple(unserved), _prices(problem, done, costs, unserved))


def tour_of(problem: Problem, prepared: Prepared, tours: Tours, car: int, *, exact: bool) -> Tour:
    case = prepared.case
    last = int(tours.size[car]) + 1
    start = (best_times(case, tours, car) if exact else _cheaper_times(case, tours, car)).tolist()
    # plain numbers: those of arrays take three times as long one by one
    stops, at = tours.stop[car, STOP, : last + 1].tolist(), tours.stop[car, AT, : last + 1].tolist()
    drive, service = tours.line[car, DRIVE, :last].tolist(), case.stop[stops, SERVICE].tolist()
    same_all_day = case.travel.shape[0] == 1
    visits = []
    n, own = case.requests, len(problem.requests)
    left = start[0]
    for x in range(1, last):
        stop = stops[x]
        way = drive[x - 1] if same_all_day else timetable.minutes.py_func(case.travel, left, at[x - 1], at[x])
        arrive = left + way
        left = start[x] + service[x]
        request = stop % n
        if request in prepared.rests:
            if stop < n:
                visits.append(Visit(None, float(arrive), start[x], left))
            continue
        node = request + 1 + (own if stop >= n else 0)
        visits.append(Visit(node, float(arrive), start[x], left))
    return Tour(car, start[0], start[last], tuple(visits), float(tours.money[car, 2]))


def best_times(case: Case, tours: Tours, car: int) -> Array:
    """Start of service at each position, start and end of duty included."""
    if case.travel.shape[0] > 1:
        return _cheaper_times(case, tours, car)
    last = int(tours.size[car]) + 1
    stops = tours.stop[car, STOP, : last + 1]
    line = tours.line[car]
    rows = case.stop[stops]
    n = case.requests
    where = {int(stop): x for x, stop in enumerate(stops)}
    pairs = [(x, x + 1, rows[x, SERVICE] + line[DRIVE, x], math.inf) for x in range(last)]
    pairs.append((0, last, -math.inf, rows[last, LIMIT]))
    pairs += [(where[s], where[s + n], -math.inf, rows[x, LIMIT]) for x, s in enumerate(stops.tolist()) if s < n]
    cost = rows[:, SLOPE] + SOON_TIE
    picks, drops = stops < n, (stops >= n) & (stops < 2 * n)
    cost[picks] -= ABOARD_TIE
    cost[drops] += ABOARD_TIE
    per_minute = case.car[car, PER_MINUTE] + DUTY_TIE
    cost[last] += per_minute
    cost[0] -= per_minute
    lower, upper = list(rows[:, OPENS]), list(np.minimum(rows[:, CLOSES], HORIZON))
    costs = list(cost)
    for x in range(last + 1):
        if rows[x, DUE_PRICE] > 0 and rows[x, DUE] < rows[x, CLOSES]:  # t - late ≤ due
            pairs.append((len(costs), x, -math.inf, rows[x, DUE]))
            costs, lower, upper = [*costs, rows[x, DUE_PRICE]], [*lower, 0.0], [*upper, math.inf]
        if rows[x, READY_PRICE] > 0 and rows[x, READY] > rows[x, OPENS]:  # t - (-early) ≥ ready
            pairs.append((len(costs), x, rows[x, READY], math.inf))
            costs, lower, upper = [*costs, -rows[x, READY_PRICE]], [*lower, -math.inf], [*upper, 0.0]
    solved = _least(costs, lower, upper, pairs)
    return _cheaper_times(case, tours, car) if solved is None else solved[: last + 1]


def _least(
    costs: list[float], lower: list[float], upper: list[float], pairs: list[tuple[int, int, float, float]]
) -> Array | None:
    """The cheapest point whose differences, later minus earlier, keep within ``pairs``."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(costs), len(pairs)
    model.col_cost_ = np.array(costs)
    model.col_lower_, model.col_upper_ = np.array(lower), np.array(upper)
    model.row_lower_ = np.array([pair[2] for pair in pairs])
    model.row_upper_ = np.array([pair[3] + 1e-9 for pair in pairs])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.arange(0, 2 * len(pairs) + 1, 2)
    model.a_matrix_.index_ = np.array([pair[:2] for pair in pairs]).ravel()
    model.a_matrix_.value_ = np.tile([-1.0, 1.0], len(pairs))
    solver = highs.solver()
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(solver.getSolution().col_value)


def _cheaper_times(case: Case, tours: Tours, car: int) -> Array:
    """The cheapest of the timetables that the search knows; ties go to the later start."""
    last = int(tours.size[car]) + 1
    stops = tours.stop[car, STOP, : last + 1].copy()
    at = tours.stop[car, AT, : last + 1].copy()
    drive = tours.line[car, DRIVE, : last + 1].copy()
    start = tours.line[car, SOONEST, : last + 1].copy()
    best, end = np.empty_like(start), np.empty_like(start)
    timing.cheapest_times(
        case.requests, case.travel, case.stop, stops, at, drive, start, best, end, case.few, tours.position,
        case.car[car, PER_MINUTE],
    )  # fmt: skip
    return best


def _prices(
    problem: Problem, tours: list[Tour], costs: list[tuple[float, ...]], unserved: list[int]
) -> dict[str, float]:
    """What the plan costs, by what for; requests without a price of their own count as nothing."""
    found = dict(zip(COSTS, map(math.fsum, zip(*costs, strict=True)), strict=False)) if costs else {}
    found = {**dict.fromkeys(COSTS, 0.0), **found}
    sent = {number: car for number, car in enumerate(problem.cars) if car.sent is not None}
    nodes = {tour.car: tuple(tour.nodes) for tour in tours if tour.car in sent}
    found["changes"] += sum(car.resend_price for number, car in sent.items() if nodes.get(number, ()) != car.sent)
    found["unserved"] = math.fsum(problem.requests[i].price or 0.0 for i in unserved)
    return found


def _costs(problem: Problem, tour: Tour) -> tuple[float, ...]:
    """What a tour costs, in the order of ``COSTS``."""
    car, n = problem.cars[tour.car], len(problem.requests)
    waiting = riding = early = late = changes = 0.0
    left: dict[int, float] = {}
    for visit in tour.visits:
        node, begin = visit.node, visit.begin
        if node is None:
            continue
        request = problem.requests[(node - 1) % n]
        stop = request.pickup if node <= n else request.dropoff
        if begin > stop.due:
            late += stop.late_price * (begin - stop.due)
        if begin < stop.ready:
            early += stop.early_price * (stop.ready - begin)
        if node <= n:
            left[node] = visit.leave
            waiting += request.wait_price * (begin - stop.earliest)
            if request.car is not None and request.car != car.name:
                changes += request.change_price
        else:
            riding += request.ride_price * (begin - left[node - n])
    duty = car.per_minute * (tour.end - tour.begin)
    return car.per_length * tour.length, car.fixed, duty, waiting, riding, early, late, changes
