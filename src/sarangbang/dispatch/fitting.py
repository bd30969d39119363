"""Where a request fits best: into one tour, and many requests into many tours."""

from __future__ import annotations

import numpy as np

from .arrays import (
    AHEAD,
    AT,
    AWAY,
    CLOSES,
    DRIVE,
    FIXED,
    LATEST,
    LENGTH,
    LIMIT,
    OPENS,
    PER_LENGTH,
    PRICE,
    SERVICE,
    SOONEST,
    STOP,
    TIMES,
    WAY,
)
from .compiling import compiled
from .timetable import NEVER, ROUNDING, idle, minutes, moved, refresh, times_with

ASKED = 40  # cars that are asked for one step of the search


@compiled
def draw(dice):
    """The next number from 0 to below 1 (xorshift64*, Vigna 2016)."""
    word = dice[0]
    word ^= word >> np.uint64(12)
    word ^= word << np.uint64(25)
    word ^= word >> np.uint64(27)
    dice[0] = word
    return np.float64((word * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def below(dice, count):
    """A whole number from 0 to below ``count``."""
    return int(draw(dice) * count)


@compiled
def overfull(aboard, position, load, request, room, car):
    for kind in range(room.shape[1]):  # noqa: SIM110 (machine code has no any())
        if aboard[car, position, kind] + load[request, kind] > room[car, kind]:
            return True
    return False


@compiled
def best_fit(case, tours, car, request, scratch):
    """The cheapest places for a request in a tour: price, position before the pick-up, position before the drop-off.

    What the earliest and latest times of the tour as it is exclude is not tried; the rest is, from the cheapest on.
    """
    size = tours.size[car]
    best, best_p, best_d = NEVER, -1, -1
    if size + 4 > tours.stop.shape[1]:
        return best, best_p, best_d
    known = -tours.money[car, TIMES]
    if idle(case, tours, car):
        known = case.car[car, FIXED] + case.car[car, PER_LENGTH] * tours.money[car, LENGTH]
    count = promising(case, tours, car, request, scratch)
    prices, pairs = scratch.prices, scratch.pairs
    while count > 0:
        least = 0
        for x in range(1, count):
            if prices[x] < prices[least]:
                least = x
        if prices[least] + known >= best:
            break
        p, d = pairs[least, 0], pairs[least, 1]
        price = prices[least] + known + times_with(case, tours, car, request, p, d, scratch)
        if price < best:
            best, best_p, best_d = price, p, d
        count -= 1
        prices[least] = prices[count]
        pairs[least, 0], pairs[least, 1] = pairs[count, 0], pairs[count, 1]
    return best, best_p, best_d


@compiled
def promising(case, tours, car, request, scratch):  # noqa: C901 (one piece: a call in here costs more than what it does)
    """Pairs of places that nothing simple excludes, and the prices of their detours; how many."""
    size = tours.size[car]
    stop, tour, line = case.stop, tours.stop[car], tours.line[car]
    length, length_to, travel, travel_to = case.length, case.length_to, case.travel, case.travel_to
    prices, pairs = scratch.prices, scratch.pairs
    per = case.car[car, PER_LENGTH]
    drop = request + case.requests
    opens, closes, service = stop[request, OPENS], stop[request, CLOSES], stop[request, SERVICE]
    drop_opens, drop_closes, drop_service = stop[drop, OPENS], stop[drop, CLOSES], stop[drop, SERVICE]
    ride = stop[request, LIMIT] - service + ROUNDING
    to, to_drop = case.place[request], case.place[drop]
    count = 0
    for p in range(size + 1):
        leave = line[p, SOONEST] + stop[tour[p, STOP], SERVICE]
        if leave > closes:
            break
        by = line[p + 1, LATEST] + ROUNDING
        if opens + service > by or overfull(tours.aboard, p, case.load, request, case.room, car):
            continue
        here = tour[p, AT]
        place = to if to >= 0 else here
        begin = max(opens, leave + minutes(travel_to, leave, place, here))
        if begin > closes:
            continue
        follower = case.place[tour[p + 1, STOP]]
        then = tour[p + 1, AHEAD]
        left = begin + service
        aboard = minutes(travel, left, place, follower if follower >= 0 else place)
        reach = left + aboard
        if reach > by and to >= 0 and to_drop >= 0:
            continue
        old = line[p, WAY] if follower >= 0 else length[here, then]
        first_way = length_to[place, here] - old
        # at once
        goal = to_drop if to_drop >= 0 else place
        arrive = max(drop_opens, left + minutes(travel, left, place, goal))
        go = arrive + drop_service
        if arrive <= drop_closes and go + minutes(travel, go, goal, follower if follower >= 0 else goal) <= by:
            prices[count] = per * (first_way + length[place, goal] + length[goal, then])
            pairs[count, 0], pairs[count, 1] = p, p
            count += 1
        # with others in between
        detour = first_way + length[place, then]
        reach = max(reach, line[p + 1, SOONEST])
        for d in range(p + 1, size + 1):
            if count >= prices.size - 1 or overfull(tours.aboard, d, case.load, request, case.room, car):
                break
            stay = stop[tour[d, STOP], SERVICE]
            leave = reach + stay
            aboard += stay
            if leave > drop_closes or aboard > ride:
                break
            here = tour[d, AT]
            goal = to_drop if to_drop >= 0 else here
            follower = case.place[tour[d + 1, STOP]]
            lead = minutes(travel_to, leave, goal, here)
            arrive = max(drop_opens, leave + lead)
            if arrive <= drop_closes and aboard + lead <= ride:
                go = arrive + drop_service
                go += minutes(travel, go, goal, follower if follower >= 0 else goal)
                if go <= line[d + 1, LATEST] + ROUNDING:
                    then = tour[d + 1, AHEAD]
                    old = line[d, WAY] if follower >= 0 else length[here, then]
                    prices[count] = per * (detour + length_to[goal, here] + length[goal, then] - old)
                    pairs[count, 0], pairs[count, 1] = p, d
                    count += 1
            lead = line[d, DRIVE] if travel.shape[0] == 1 else minutes(travel, leave, here, tour[d + 1, AT])
            aboard += lead
            reach = max(line[d + 1, SOONEST], leave + lead)
            if reach > line[d + 1, LATEST] + ROUNDING:
                break
        if count >= prices.size - 1:
            break
    return count


@compiled
def known_fit(case, tours, car, request, scratch):
    """``best_fit`` from memory where the same request met the same tour before, with the price of another car."""
    if not case.fits[request, case.kind[car]]:
        return NEVER, -1, -1
    name = (tours.name[car] ^ case.salt[request]) * np.uint64(0xFF51AFD7ED558CCD)
    name ^= name >> np.uint64(29)
    known = scratch.known[np.int64(name & np.uint64(scratch.known.shape[0] - 1))]
    upper = np.float64(name >> np.uint64(12))  # the rest of the name is the slot
    if known[0] == upper:
        price, p, d = known[1], int(known[2]), int(known[3])
    else:
        price, p, d = best_fit(case, tours, car, request, scratch)
        known[0], known[1], known[2], known[3] = upper, price, p, d
    if case.home[request] >= 0 and case.home[request] != car:
        price += case.request[request, AWAY]
    return price, p, d


@compiled
def put_in(case, tours, car, request, p, d, scratch):
    """Put a request into a tour behind positions ``p`` and ``d``, which ``best_fit`` found possible."""
    size = tours.size[car]
    for x in range(size + 1, p, -1):
        tours.stop[car, moved(x, p, d), STOP] = tours.stop[car, x, STOP]
    tours.stop[car, p + 1, STOP] = request
    tours.stop[car, d + 2, STOP] = request + case.requests
    tours.size[car] = size + 2
    tours.car[request] = car
    return refresh(case, tours, car, scratch)


@compiled
def take_out(case, tours, car, gone):
    """Take those requests out of a tour that ``gone`` marks; ``refresh`` has to follow."""
    n = case.requests
    kept = 0
    for x in range(1, tours.size[car] + 1):
        now = tours.stop[car, x, STOP]
        if not gone[now if now < n else now - n]:
            kept += 1
            tours.stop[car, kept, STOP] = now
    tours.size[car] = kept


@compiled
def open_cars(case, tours, todo, count, changed, among, standing, dice):
    """The cars to ask: those under way and of each kind one that stands; how many.

    Of a large fleet only those that the requests came from or that serve requests like them, and some that stand.
    """
    moving = 0
    standing[:] = False
    for car in range(case.cars):
        if tours.size[car] > 2:
            moving += 1
    few = moving <= ASKED
    cars, stand = 0, 0
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
    return cars if few else ask_more(case, tours, todo, count, among, cars)


@compiled
def ask_more(case, tours, todo, count, among, cars):
    """To the cars of a large fleet that are asked, add those that serve similar requests; how many it are then."""
    asked = np.zeros(case.cars, np.bool_)
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


@compiled
def next_empty(case, tours, car):
    """The next car of the same kind that stands, or -1."""
    for other in range(car + 1, case.cars):
        if case.kind[other] == case.kind[car] and idle(case, tours, other):
            return other
    return -1


@compiled
def choose(case, tours, todo, left, among, cars, offers, regret, noise, bold, dice):
    """Whom to serve next: index into ``todo`` and into the cars, or -1 when nobody can be.

    ``regret`` 1: the cheapest offer; k > 1: whoever loses most when not served by one of the k - 1 best. ``bold`` is
    the share of its price at which the first ride of a car counts, because those that follow it will be cheaper.
    """
    chosen, chosen_car, worth = -1, -1, -NEVER
    least = np.empty(4)
    for u in range(left):
        price = case.request[todo[u], PRICE]
        least[:] = price
        which = -1
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


@compiled
def ask(case, tours, todo, left, among, c, offers, places, scratch):
    """What the ``c``th car offers to each of the first ``left`` requests."""
    for u in range(left):
        offers[u, c], places[u, c, 0], places[u, c, 1] = known_fit(case, tours, among[c], todo[u], scratch)


@compiled
def move_row(todo, offers, places, u, last, cars):
    """Put the last request and its offers where the ``u``th was."""
    todo[u], todo[last] = todo[last], todo[u]
    for c in range(cars):
        offers[u, c] = offers[last, c]
        places[u, c, 0], places[u, c, 1] = places[last, c, 0], places[last, c, 1]


@compiled
def serve(case, tours, todo, left, regret, noise, bold, among, cars, offers, places, changed, dice, scratch):
    """Put the first ``left`` requests of ``todo`` into tours as well as possible; who does not fit stays out.

    ``regret`` 0: in the order given, from the end; else see ``choose``. False when a tour came out impossible, which
    rounding may do: then nothing of it may be kept.
    """
    for c in range(cars):
        ask(case, tours, todo, left, among, c, offers, places, scratch)
    while left > 0:
        first = left - 1 if regret == 0 else 0
        u, c = choose(
            case,
            tours,
            todo[first:left],
            left - first,
            among,
            cars,
            offers[first:left],
            max(1, regret),
            noise,
            bold,
            dice,
        )
        if u < 0:
            if regret > 0:
                break
            left -= 1
            continue
        u += first
        car = among[c]
        stood = idle(case, tours, car)
        changed[car] = True
        if not put_in(case, tours, car, todo[u], places[u, c, 0], places[u, c, 1], scratch):
            return False
        left -= 1
        move_row(todo, offers, places, u, left, cars)
        ask(case, tours, todo, left, among, c, offers, places, scratch)
        other = next_empty(case, tours, car) if stood else -1
        if other >= 0 and cars < among.size:
            among[cars] = other
            ask(case, tours, todo, left, among, cars, offers, places, scratch)
            cars += 1
    return True
