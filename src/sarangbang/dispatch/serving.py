"""Many requests into many tours."""

from __future__ import annotations

from .arrays import NOBODY, PRICE
from .chance import below, draw
from .compiling import inner
from .fitting import UNKNOWN, known_fit
from .timetable import NEVER, idle
from .weaving import put_in

ASKED = 40  # cars that are asked for one step of the search


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


@inner
def choose(case, tours, todo, left, among, cars, offers, regret, noise, bold, dice, least):
    """Whom to serve next: index into ``todo`` and into the cars, or -1 when nobody can be.

    ``regret`` 1: the cheapest offer; k > 1: whoever loses most when not served by one of the k - 1 best. ``bold`` is
    the share of its price at which the first ride of a car counts, because those that follow it will be cheaper.
    """
    chosen, chosen_car, worth = NOBODY, NOBODY, -NEVER
    for u in range(left):
        price = case.request[todo[u], PRICE]
        least[:] = price
        which = NOBODY
        for c in range(cars):
            offer = offers[u, c]
            if noise > 0.0 and offer < NEVER:
                offer *= 1.0 + noise * (draw(dice) - 0.5)
            if bold < 1.0 and tours.size[among[c]] <= 2 and idle(case, tours, among[c]):
                offer *= bold
            if offer < least[regret - 1]:
                x = regret - 1
                while x > 0 and offer < least[x - 1]:
                    least[x] = least[x - 1]
                    x -= 1
                least[x] = offer
                if x == 0:
                    which = c
        if which < 0:
            continue
        value = -least[0]
        if regret > 1:
            value = 0.0
            for x in range(1, regret):
                value += least[x] - least[0]
            value -= 1e-6 * least[0]
        if value > worth:
            chosen, chosen_car, worth = u, which, value
    return chosen, chosen_car


@inner
def ask(case, tours, bench, left, c, scratch):
    """What the ``c``th car offers to each of the first ``left`` requests."""
    todo, offers, places = bench.todo, bench.offers, bench.places
    for u in range(left):
        offers[u, c], places[u, c, 0], places[u, c, 1] = known_fit(
            case, tours, bench.among[c], todo[u], scratch, NEVER, True
        )


@inner
def move_row(todo, offers, places, u, last, cars):
    """Put the last request and its offers where the ``u``th was."""
    todo[u], todo[last] = todo[last], todo[u]
    for c in range(cars):
        offers[u, c] = offers[last, c]
        places[u, c, 0], places[u, c, 1] = places[last, c, 0], places[last, c, 1]


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
def serve(case, tours, bench, left, regret, noise, bold, cars, dice, scratch):
    """Put the first ``left`` requests of ``todo`` into tours as well as possible; who does not fit stays out.

    ``regret``: see ``choose``. False when nothing of it may be kept.
    """
    for c in range(cars):
        ask(case, tours, bench, left, c, scratch)
    while left > 0:
        u, c = choose(
            case, tours, bench.todo, left, bench.among, cars, bench.offers, regret, noise, bold, dice, scratch.least
        )
        if u < 0:
            break
        p, d = bench.places[u, c, 0], bench.places[u, c, 1]
        more = give(case, tours, bench, cars, c, bench.todo[u], p, d, scratch)
        if more < 0:
            return False
        left -= 1
        move_row(bench.todo, bench.offers, bench.places, u, left, cars)
        ask(case, tours, bench, left, c, scratch)
        if more > cars:
            ask(case, tours, bench, left, cars, scratch)
            cars = more
    return True


@inner
def serve_in_order(case, tours, bench, left, noise, bold, cars, dice, scratch):
    """Put the first ``left`` requests of ``todo`` where each costs least, one after the other from the end.

    What is remembered is asked first: what it costs is a bound on what is worth working out.
    """
    while left > 0:
        left -= 1
        request = bench.todo[left]
        best, which, best_p, best_d = case.request[request, PRICE], NOBODY, NOBODY, NOBODY
        unknown = 0
        for c in range(cars):
            car = bench.among[c]
            scale = 1.0
            if noise > 0.0:
                scale += noise * (draw(dice) - 0.5)
            if bold < 1.0 and tours.size[car] <= 2 and idle(case, tours, car):
                scale *= bold
            price, p, d = known_fit(case, tours, car, request, scratch, best / scale, False)
            if p == UNKNOWN:
                scratch.later[unknown], scratch.scale[unknown] = c, scale
                unknown += 1
            elif price * scale < best:
                best, which, best_p, best_d = price * scale, c, p, d
        for x in range(unknown):
            c, scale = scratch.later[x], scratch.scale[x]
            price, p, d = known_fit(case, tours, bench.among[c], request, scratch, best / scale, True)
            if price * scale < best:
                best, which, best_p, best_d = price * scale, c, p, d
        if which < 0:
            continue
        cars = give(case, tours, bench, cars, which, request, best_p, best_d, scratch)
        if cars < 0:
            return False
    return True
