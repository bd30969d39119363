"""Days for tests: instances made in the published way (Cordeau & Laporte 2003; Cordeau 2006) and small odd ones."""

import itertools
import math
import random

import numpy as np
from scipy.optimize import linprog

from sarangbang.dispatch.checking import least_times
from sarangbang.dispatch.model import Break, Car, Problem, Request, Stop

DAY = 1440.0


def published(seed, requests, cars, *, room=3, ride=30.0, width=15.0, horizon=480.0, service=3.0, length=480.0):
    """Half inbound with a window at the drop-off, half outbound with one at the pick-up; distance is minutes."""
    dice = random.Random(seed)
    points = [(dice.uniform(-10, 10), dice.uniform(-10, 10)) for _ in range(2 * requests)] + [(0.0, 0.0)]
    made = []
    for i in range(requests):
        begin = dice.uniform(60, horizon - 60)
        window = {"earliest": math.floor(begin), "latest": math.floor(begin) + width}
        whole = {"earliest": 0.0, "latest": DAY}
        at_pickup, at_dropoff = (whole, window) if i < requests // 2 else (window, whole)
        made.append(
            Request(
                str(i + 1),
                Stop(i, service=service, **at_pickup),
                Stop(requests + i, service=service, **at_dropoff),
                {"seats": dice.randint(1, max(1, room // 2))},
                ride,
            )
        )
    fleet = [
        Car(str(k + 1), 2 * requests, 2 * requests, {"seats": room}, 0.0, horizon, horizon, length) for k in range(cars)
    ]
    return on_plane(made, fleet, points)


def on_plane(requests, cars, points):
    points = np.array(points, float)
    length = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    return Problem(requests, cars, length, length[None], points)


def odd(dice, requests=3, cars=2, *, priced=False, by_hour=False):
    """A small day with everything in it: kinds of room, riding alone, breaks, free starts, prices, tables that lean."""
    size = 2 * requests + 2
    points = np.array([(dice.uniform(-10, 10), dice.uniform(-10, 10)) for _ in range(size)])
    length = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    lean = length * np.array([[dice.uniform(1.0, 1.05) for _ in range(size)] for _ in range(size)])
    np.fill_diagonal(lean, 0.0)
    travel = lean[None]
    if by_hour:
        travel = np.stack([lean * (1 + 0.5 * math.sin(math.pi * hour / 12) ** 2) for hour in range(24)])
    made = []
    for i in range(requests):
        begin = dice.uniform(30, 200)
        prices = {"late_price": dice.choice([0.2, 2.0]), "due": begin + 20} if priced and dice.random() < 0.6 else {}
        made.append(
            Request(
                f"r{i}",
                Stop(i, begin, begin + dice.uniform(5, 90), dice.uniform(0, 5), **prices),
                Stop(requests + i, 0.0, begin + dice.uniform(60, 200), dice.uniform(0, 5)),
                {"seats": dice.randint(1, 3), "luggage": dice.randint(0, 2)},
                max_ride=dice.choice([math.inf, 40.0, 25.0]),
                alone=dice.random() < 0.25,
                price=dice.choice([None, 30.0]),
                wait_price=0.3 if priced and dice.random() < 0.3 else 0.0,
                ride_price=0.2 if priced and dice.random() < 0.3 else 0.0,
            )
        )
    fleet = [
        Car(
            f"c{k}",
            dice.choice([None, 2 * requests]),
            dice.choice([None, 2 * requests + 1]),
            {"seats": dice.randint(2, 5), "luggage": dice.randint(1, 4)},
            begin=dice.choice([0.0, 40.0]),
            until=400.0,
            max_duty=dice.choice([math.inf, 180.0]),
            per_length=dice.choice([1.0, 1.5]),
            per_minute=0.1 if priced and dice.random() < 0.5 else 0.0,
            fixed=dice.choice([0.0, 5.0]),
            breaks=(Break(60.0, 150.0, 20.0),) if dice.random() < 0.25 else (),
        )
        for k in range(cars)
    ]
    return Problem(made, fleet, length, travel, points)


def orders(problem, car, chosen):
    """Every order of the pick-ups and drop-offs of the chosen requests and the breaks of a car that may have times."""
    n = len(problem.requests)

    def extend(row, aboard, left, rests):
        if not left and not aboard and not rests:
            yield row
            return
        for i in sorted(left):
            if all(load_fits(problem, car, [*aboard, i]) for _ in (0,)):
                yield from extend([*row, i + 1], [*aboard, i], left - {i}, rests)
        for i in list(aboard):
            yield from extend([*row, n + i + 1], [j for j in aboard if j != i], left, rests)
        if not aboard:
            for rest in sorted(rests):
                yield from extend([*row, -1 - rest], [], left, rests - {rest})

    yield from extend([], [], frozenset(chosen), frozenset(range(len(car.breaks))))


def load_fits(problem, car, aboard):
    requests = [problem.requests[i] for i in aboard]
    if len(requests) > 1 and any(request.alone for request in requests):
        return False
    return all(
        sum(request.load.get(kind, 0) for request in requests) <= car.room.get(kind, 0)
        for kind in problem.kinds_of_room
    )


def cheapest(problem, price_of):
    """The optimum by trying everything. ``price_of(car, row)``: of a tour, or None when it has no times."""
    n = len(problem.requests)
    subsets = [frozenset(s) for size in range(n + 1) for s in itertools.combinations(range(n), size)]
    table = []
    for number, car in enumerate(problem.cars):
        prices = {}
        for chosen in subsets:
            if any(problem.requests[i].cars is not None and car.name not in problem.requests[i].cars for i in chosen):
                continue
            if not chosen:
                prices[chosen] = 0.0
                continue
            found = [price_of(number, row) for row in orders(problem, car, chosen)]
            found = [price for price in found if price is not None]
            if found:
                prices[chosen] = min(found)
        table.append(prices)
    best = {frozenset(): (0, 0.0)}
    for prices in table:
        after = {}
        for done, (_x, cost) in best.items():
            for chosen, price in prices.items():
                if not done & chosen:
                    key = done | chosen
                    if key not in after or cost + price < after[key][1]:
                        after[key] = (0, cost + price)
        best = after
    whole = frozenset(range(n))

    def rank(done, cost):
        missing = whole - done
        never = sum(problem.requests[i].price is None for i in missing)
        return never, cost + sum(problem.requests[i].price or 0.0 for i in missing)

    return min(rank(done, cost) for done, (_x, cost) in best.items())


def distance_price(problem):
    def price_of(number, row):
        car = problem.cars[number]
        if least_times(problem, car, row) is None:
            return None
        places = [car.start]
        for node in row:
            place = problem.stop(node).place if node > 0 else None
            places.append(places[-1] if place is None else place)
        places.append(car.end)
        way = sum(problem.length[a, b] for a, b in itertools.pairwise(places) if a is not None and b is not None)
        return car.fixed + car.per_length * way

    return price_of


def timed_price(problem):
    """Distance and the best times, these by a linear program of its own; driving takes as long at every hour."""
    by_distance = distance_price(problem)

    def price_of(number, row):
        way = by_distance(number, row)
        return None if way is None else way + best_times(problem, problem.cars[number], row)

    return price_of


def best_times(problem, car, row):
    """The least price of the times of a tour: a variable for its start, each stop, its end, and each lateness."""
    n, last = len(problem.requests), len(row) + 1
    where = {node: x for x, node in enumerate(row, 1) if node > 0}
    bounds, price, ahead = [(car.begin, min(car.latest_begin, car.until))], [-car.per_minute], [0.0]
    places, fixed, late = [car.start], 0.0, []
    for x, node in enumerate(row, 1):
        stop = car.breaks[-1 - node] if node < 0 else problem.stop(node)
        bounds.append((stop.earliest, stop.latest))
        ahead.append(stop.minutes if node < 0 else stop.service)
        places.append(places[-1] if node < 0 or stop.place is None else stop.place)
        price.append(0.0)
        if node > 0:
            request = problem.request(node)
            if node <= n:
                price[x] += request.wait_price - request.ride_price
                fixed -= request.wait_price * stop.earliest + request.ride_price * stop.service
            else:
                price[x] += request.ride_price
            late += [(x, 1, stop.due, stop.late_price)] * bool(stop.late_price)
            late += [(x, -1, stop.ready, stop.early_price)] * bool(stop.early_price)
    bounds.append((car.begin, car.until))
    price.append(car.per_minute)
    places.append(car.end)
    limits = []  # (minus, plus, most): times[plus] - times[minus] <= most
    for x, (one, other) in enumerate(itertools.pairwise(places)):
        drive = 0.0 if one is None or other is None else problem.minutes(0.0, one, other)
        limits.append((x + 1, x, -drive - ahead[x]))
    limits.append((0, last, car.max_duty))
    limits += [
        (x, where[node + n], problem.request(node).max_ride + ahead[x]) for node, x in where.items() if node <= n
    ]
    limits = [limit for limit in limits if limit[2] < math.inf]
    rows = np.zeros((len(limits) + len(late), last + 1 + len(late)))
    for place, (minus, plus, _most) in enumerate(limits):
        rows[place, minus], rows[place, plus] = -1.0, 1.0
    for place, (x, sign, _at, _price) in enumerate(late):
        rows[len(limits) + place, [x, last + 1 + place]] = sign, -1.0
    most = [limit[2] for limit in limits] + [sign * at for _x, sign, at, _price in late]
    found = linprog(
        [*price, *(each for *_stop, each in late)],
        A_ub=rows, b_ub=most, bounds=[(low, None if high == math.inf else high) for low, high in bounds] + [(0, None)] * len(late),
    )  # fmt: skip
    assert found.status == 0, found.message
    return float(found.fun) + fixed
