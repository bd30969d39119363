"""Many requests into many tours."""

from __future__ import annotations

from .arrays import NOBODY, PRICE, nth
from .chance import below, draw
from .compiling import inner, merged
from .fitting import UNKNOWN, heard, recall, work_out
from .laying import idle
from .timetable import NEVER
from .weaving import put_in

ASKED = 40  # cars that are asked for one step of the search
LOOKED_UP, LINE = 1024, 8  # distances of one place that are read beforehand, and how many of them come at a time


@inner
def open_cars(case, tours, bench, count, dice, asked):
    """The cars to ask: those under way and of each kind one that stands; how many.

    Of a large fleet only those that the requests came from or that serve requests like them, and some that stand.
    """
    todo, changed, among, standing = bench.todo, bench.changed, bench.among, bench.standing
    moving = 0
    standing[:] = False
    for car in range(case.cars):
        if tours.size[car] > 2:
            moving += 1
    few = moving <= ASKED
    cars = stand = 0
    first = below(dice, case.cars)
    for x in range(case.cars):
        car = (first + x) % case.cars if not few else x
        if idle(case, tours, car):
            if not standing[case.kind[car]] and (few or stand < ASKED // 4):
                standing[case.kind[car]] = True
                stand += 1
                among[cars] = car
                cars += 1
        elif few or changed[car]:
            among[cars] = car
            cars += 1
    return cars if few else ask_more(case, tours, todo, count, among, cars, asked)


@inner
def ask_more(case, tours, todo, count, among, cars, asked):
    """To the cars of a large fleet that are asked, add those that serve similar requests; how many it are then."""
    asked[:] = False
    for c in range(cars):
        asked[among[c]] = True
    most = min(cars + ASKED, case.cars)
    for u in range(count):  # a crew rests in its own car and in no other
        car = case.home[todo[u]]
        if car >= 0 and not asked[car]:
            asked[car] = True
            among[cars] = car
            cars += 1
    for x in range(case.near.shape[1]):
        for u in range(count):
            car = tours.car[case.near[todo[u], x]]
            if car >= 0 and not asked[car] and cars < most:
                asked[car] = True
                among[cars] = car
                cars += 1
    return cars


@inner
def next_empty(case, tours, car):
    """The next car of the same kind that stands, or -1."""
    for other in range(car + 1, case.cars):
        if case.kind[other] == case.kind[car] and idle(case, tours, other):
            return other
    return NOBODY


@merged
def scale_of(case, tours, car, noise, bold, dice):
    """What the offers of a car are multiplied by: chance, and ``bold`` when it stands, because those who follow the
    first ride will be cheaper."""
    scale = 1.0
    if noise > 0.0:
        scale += noise * (draw(dice) - 0.5)
    if bold < 1.0 and tours.size[nth(car)] <= 2 and idle(case, tours, car):
        scale *= bold
    return scale


@inner
def choose(case, tours, todo, left, among, cars, offers, regret, noise, bold, dice, least):
    """Whom to serve next: index into ``todo`` and into the cars, or -1 when nobody can be.

    ``regret`` 1: the cheapest offer; k > 1: whoever loses most when not served by one of the k - 1 best. ``bold`` is
    the share of its price at which the first ride of a car counts, because those that follow it will be cheaper.
    """
    chosen, chosen_car, worth = NOBODY, NOBODY, -NEVER
    for u in range(left):
        price = case.request[nth(todo[nth(u)]), PRICE]
        least[:] = price
        which = NOBODY
        for c in range(cars):
            offer = offers[nth(u), nth(c)]
            if offer < NEVER:
                offer *= scale_of(case, tours, among[nth(c)], noise, bold, dice)
            if offer < least[nth(regret - 1)]:
                x = regret - 1
                while x > 0 and offer < least[nth(x - 1)]:
                    least[nth(x)] = least[nth(x - 1)]
                    x -= 1
                least[nth(x)] = offer
                if x == 0:
                    which = c
        if which < 0:
            continue
        value = -least[0]
        if regret > 1:
            value = 0.0
            for x in range(1, regret):
                value += least[nth(x)] - least[0]
            value -= 1e-6 * least[0]
        if value > worth:
            chosen, chosen_car, worth = u, which, value
    return chosen, chosen_car


@inner
def ask(case, tours, bench, left, c, scratch):
    """What the ``c``th car offers to each of the first ``left`` requests."""
    todo, car = bench.todo, bench.among[nth(c)]
    for u in range(left):
        scratch.heard[nth(u)] = heard(case, tours, car, todo[nth(u)], scratch)
    for u in range(left):
        price, p, d = recall(case, tours, car, todo[nth(u)], scratch, NEVER, scratch.heard[nth(u)])
        note(bench, u, c, price, p, d)
    for u in range(left):
        if bench.places[nth(u), nth(c), 0] == UNKNOWN:
            price, p, d = work_out(case, tours, car, todo[nth(u)], scratch, NEVER)
            note(bench, u, c, price, p, d)


@merged
def note(bench, u, c, price, p, d):
    bench.offers[nth(u), nth(c)] = price
    bench.places[nth(u), nth(c), 0], bench.places[nth(u), nth(c), 1] = p, d


@inner
def move_row(todo, offers, places, u, last, cars):
    """Put the last request and its offers where the ``u``th was."""
    todo[u], todo[last] = todo[last], todo[u]
    for c in range(cars):
        offers[nth(u), nth(c)] = offers[nth(last), nth(c)]
        for y in range(2):
            places[nth(u), nth(c), y] = places[nth(last), nth(c), y]


@inner
def give(case, tours, bench, cars, c, request, p, d, scratch):
    """Put a request into the ``c``th car's tour; how many cars are to be asked then, or NOBODY when a tour came out
    impossible, which rounding may do: then nothing of it may be kept."""
    car = bench.among[c]
    stood = idle(case, tours, car)
    bench.changed[car] = True
    if not put_in(case, tours, car, request, p, d, scratch):
        return NOBODY
    other = next_empty(case, tours, car) if stood else NOBODY
    if other >= 0 and cars < bench.among.size:
        bench.among[cars] = other
        cars += 1
    return cars


@inner
def look_up(case, todo, count, scratch):
    """Read the distances of all who are to be served: the machine fetches one after the other faster than here and
    there, and has them at hand then."""
    length, total = case.length, 0.0
    for u in range(count):
        for stop in (todo[nth(u)], todo[nth(u)] + case.requests):
            row = length[nth(max(case.place[nth(stop)], 0))]
            for x in range(0, min(row.size, LOOKED_UP), LINE):
                total += row[nth(x)]
    scratch.detour[0, 0] = total


@inner
def serve(case, tours, bench, left, regret, noise, bold, cars, dice, scratch):
    """Put the first ``left`` requests of ``todo`` into tours as well as possible; who does not fit stays out.

    ``regret``: see ``choose``. False when nothing of it may be kept.
    """
    first, again = 0, NOBODY  # cars to be asked: from the first on, and one again
    while left > 0:
        for x in range(first, cars + 1):
            c = x if x < cars else again
            if c >= 0:
                ask(case, tours, bench, left, c, scratch)
        u, c = choose(
            case, tours, bench.todo, left, bench.among, cars, bench.offers, regret, noise, bold, dice, scratch.least
        )
        if u < 0:
            break
        p, d = bench.places[u, c, 0], bench.places[u, c, 1]
        first, again = cars, c
        cars = give(case, tours, bench, cars, c, bench.todo[u], p, d, scratch)
        if cars < 0:
            return False
        left -= 1
        move_row(bench.todo, bench.offers, bench.places, u, left, cars)
    return True


@inner
def serve_in_order(case, tours, bench, left, noise, bold, cars, was, dice, scratch):
    """Put the first ``left`` requests of ``todo`` where each costs least, one after the other from the end.

    What is remembered is asked first, then the car in which the request ``was``: what they cost is a bound on what is
    worth working out.
    """
    todo, among, later, scales = bench.todo, bench.among, scratch.later, scratch.scale
    while left > 0:
        left -= 1
        request = todo[nth(left)]
        best, which, best_p, best_d = case.request[nth(request), PRICE], NOBODY, NOBODY, NOBODY
        own = was[nth(request)]
        unknown = 0
        for c in range(cars):
            scratch.heard[nth(c)] = heard(case, tours, among[nth(c)], request, scratch)
        for c in range(cars):
            car = among[nth(c)]
            scale = scale_of(case, tours, car, noise, bold, dice)
            price, p, d = recall(case, tours, car, request, scratch, best / scale, scratch.heard[nth(c)])
            if p == UNKNOWN:
                later[nth(unknown)], scales[nth(unknown)] = c, scale
                if car == own:
                    later[nth(unknown)], later[0] = later[0], c
                    scales[nth(unknown)], scales[0] = scales[0], scale
                unknown += 1
            elif price * scale < best:
                best, which, best_p, best_d = price * scale, c, p, d
        for x in range(unknown):
            c, scale = later[nth(x)], scales[nth(x)]
            price, p, d = work_out(case, tours, among[nth(c)], request, scratch, best / scale)
            if price * scale < best:
                best, which, best_p, best_d = price * scale, c, p, d
        if which < 0:
            continue
        cars = give(case, tours, bench, cars, which, request, best_p, best_d, scratch)
        if cars < 0:
            return False
    return True
