"""The best times for the stops of a tour whose order is settled, and the plan with its prices.

With driving times that are the same all day this is a linear program: hours are bounds, drives, rides and duty are
differences, lateness is a price above zero. Ties go to less duty, then less time aboard, then earlier service. With
driving times by the hour, the cheapest of the three timetables of ``timetable`` is taken.
"""

from __future__ import annotations

import math

import highspy
import numpy as np

from . import highs, timetable
from .arrays import (
    AT,
    BASE,
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


Timed = dict[tuple[int, bytes], Tour]  # car and its stops → the tour with its times


def plan_of(
    problem: Problem, prepared: Prepared, tours: Tours, *, exact: bool = True, known: Timed | None = None
) -> Plan:
    """The plan of the search with the best times; not ``exact``: with good ones, at once. ``known`` keeps tours for the
    next plan of the same day."""
    case = prepared.case
    used = [car for car in range(case.cars) if not timetable.idle.py_func(case, tours, car)]
    known = {} if known is None else known
    done = []
    for car in used:
        name = car, tours.stop[car, 1 : tours.size[car] + 1, STOP].tobytes()
        if name not in known:
            known[name] = tour_of(problem, prepared, tours, car, exact=exact)
        done.append(known[name])
    unserved = [int(i) for i in np.flatnonzero(tours.car < 0) if i not in prepared.rests]
    return Plan(tuple(done), tuple(unserved), prices(problem, tuple(done), unserved))


def tour_of(problem: Problem, prepared: Prepared, tours: Tours, car: int, *, exact: bool) -> Tour:
    case = prepared.case
    last = int(tours.size[car]) + 1
    start = (best_times(case, tours, car) if exact else _cheaper_times(case, tours, car)).tolist()
    # plain numbers: those of arrays take three times as long one by one
    stops, at = tours.stop[car, : last + 1, STOP].tolist(), tours.stop[car, : last + 1, AT].tolist()
    drive, service = tours.line[car, :last, DRIVE].tolist(), case.stop[stops, SERVICE].tolist()
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
    stops = tours.stop[car, : last + 1, STOP]
    line = tours.line[car, :last]
    rows = case.stop[stops]
    n = case.requests
    where = {int(stop): x for x, stop in enumerate(stops)}
    pairs = [(x, x + 1, rows[x, SERVICE] + line[x, DRIVE], math.inf) for x in range(last)]
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
    stops = tours.stop[car, : last + 1, STOP].copy()
    at = tours.stop[car, : last + 1, AT].copy()
    drive = tours.line[car, : last + 1, DRIVE].copy()
    best = start = tours.line[car, : last + 1, SOONEST].copy()
    rows = case.stop[stops]
    per_minute = case.car[car, PER_MINUTE]
    late = np.maximum(start, np.minimum(rows[:, CLOSES], np.maximum(rows[:, DUE], rows[:, READY])))
    for dear_too in (False, True):
        end = late.copy() if dear_too else np.where(rows[:, SLOPE] <= 0.0, late, start)
        end[last] = start[last]
        eased = timetable.ease(
            case.requests, case.travel, case.stop, stops, at, drive, end,
            last - 1, 0, last, tours.position, -1, last, last,
        )  # fmt: skip
        if (
            eased
            and _reachable(case, rows, at, drive, end)
            and _priced(rows, end, per_minute) <= _priced(rows, best, per_minute)
        ):
            best = end
    return best


def _priced(rows: Array, start: Array, per_minute: float) -> float:
    """What times cost, as ``timetable.priced`` has it."""
    cost = rows[:, BASE] + rows[:, SLOPE] * start
    cost += rows[:, DUE_PRICE] * np.maximum(0.0, start - rows[:, DUE])
    cost += rows[:, READY_PRICE] * np.maximum(0.0, rows[:, READY] - start)
    return float(per_minute * (start[-1] - start[0]) + cost.sum())


def _reachable(case: Case, rows: Array, at: Array, drive: Array, start: Array) -> bool:
    leave = start[:-1] + rows[:-1, SERVICE]
    if case.travel.shape[0] == 1:
        ways = drive[:-1]
    else:
        legs = zip(leave, at[:-1], at[1:], strict=True)
        ways = np.array([timetable.minutes.py_func(case.travel, *leg) for leg in legs])
    return bool((leave + ways <= start[1:] + 1e-6).all())


def prices(problem: Problem, tours: tuple[Tour, ...], unserved: list[int]) -> dict[str, float]:
    """What the plan costs, by what for; requests without a price of their own count as nothing."""
    costs = dict.fromkeys(
        ("distance", "fixed", "duty", "waiting", "riding", "early", "late", "changes", "unserved"), 0.0
    )
    for tour in tours:
        car = problem.cars[tour.car]
        costs["distance"] += car.per_length * tour.length
        costs["fixed"] += car.fixed
        costs["duty"] += car.per_minute * (tour.end - tour.begin)
        left: dict[int, float] = {}
        for visit in tour.visits:
            if visit.node is None:
                continue
            stop, request = problem.stop(visit.node), problem.request(visit.node)
            costs["late"] += stop.late_price * max(0.0, visit.begin - stop.due)
            costs["early"] += stop.early_price * max(0.0, stop.ready - visit.begin)
            if problem.is_pickup(visit.node):
                left[visit.node] = visit.leave
                costs["waiting"] += request.wait_price * (visit.begin - stop.earliest)
                if request.car is not None and request.car != car.name:
                    costs["changes"] += request.change_price
            else:
                costs["riding"] += request.ride_price * (visit.begin - left[visit.node - len(problem.requests)])
    by_car = {tour.car: tuple(tour.nodes) for tour in tours}
    for number, car in enumerate(problem.cars):
        if car.sent is not None and by_car.get(number, ()) != tuple(car.sent):
            costs["changes"] += car.resend_price
    costs["unserved"] = math.fsum(problem.requests[i].price or 0.0 for i in unserved)
    return costs
