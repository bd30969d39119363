"""Where a request fits best into a tour."""

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
    NOBODY,
    OPENS,
    PER_LENGTH,
    SERVICE,
    SOONEST,
    STOP,
    TIMES,
    WAY,
)
from .chance import draw
from .compiling import compiled, inner, merged
from .timetable import NEVER, ROUNDING, idle, minutes, refresh
from .weaving import put_in, times_with

UNKNOWN = np.int64(-2)


@inner
def overfull(aboard, position, load, request, room, car):
    for kind in range(room.shape[1]):  # noqa: SIM110 (machine code has no any())
        if aboard[car, position, kind] + load[request, kind] > room[car, kind]:
            return True
    return False


@merged
def best_fit(case, tours, car, request, scratch, bound):
    """The cheapest places for a request in a tour: price, position before the pick-up, position before the drop-off.

    What the earliest and latest times of the tour as it is exclude is not tried, nor what is as dear as ``bound``; the
    rest is, from the cheapest on. Without places the price is NEVER, or ``bound`` where that was the only reason.
    """
    best, best_p, best_d = NEVER, NOBODY, NOBODY
    if tours.size[car] + 4 > tours.stop.shape[1]:
        return best, best_p, best_d
    known = -tours.money[car, TIMES]
    if idle(case, tours, car):
        known = case.car[car, FIXED] + case.car[car, PER_LENGTH] * tours.money[car, LENGTH]
    count, dearer = promising(case, tours, car, request, scratch, bound - known)
    if dearer:
        best = bound
    prices, pairs, blink = scratch.prices, scratch.pairs, scratch.blink[0]
    while count > 0:
        least = 0
        for x in range(1, count):
            if prices[x] < prices[least]:
                least = x
        if prices[least] + known >= best:
            break
        p, d = pairs[least, 0], pairs[least, 1]
        if blink == 0.0 or draw(scratch.dice) >= blink:
            price = prices[least] + known + times_with(case, tours, car, request, p, d, scratch)
            if price < best:
                best, best_p, best_d = price, p, d
        count -= 1
        prices[least] = prices[count]
        pairs[least, 0], pairs[least, 1] = pairs[count, 0], pairs[count, 1]
    return best, best_p, best_d


@merged
def promising(case, tours, car, request, scratch, bound):  # noqa: C901 (one piece: a call in here costs more than what it does)
    """Pairs of places that nothing simple excludes, and the prices of their detours; how many, and whether ``bound``
    excluded any."""
    size = tours.size[car]
    stop, tour, line = case.stop, tours.stop[car], tours.line[car]
    length, length_to, travel, travel_to = case.length, case.length_to, case.travel, case.travel_to
    prices, pairs, detours = scratch.prices, scratch.pairs, scratch.detour
    per = case.car[car, PER_LENGTH]
    drop = request + case.requests
    opens, closes, service = stop[request, OPENS], stop[request, CLOSES], stop[request, SERVICE]
    drop_opens, drop_closes, drop_service = stop[drop, OPENS], stop[drop, CLOSES], stop[drop, SERVICE]
    ride = stop[request, LIMIT] - service + ROUNDING
    to, to_drop = case.place[request], case.place[drop]
    count = 0
    dearer = False
    early = 0  # before which the pick-up cannot be
    while early <= size and line[early + 1, LATEST] + ROUNDING < opens + service:
        early += 1
    first = early  # before which the drop-off cannot be
    while first <= size and line[first + 1, LATEST] + ROUNDING < drop_opens + drop_service:
        first += 1
    last = first - 1  # after which the drop-off cannot be
    while last < size and line[last + 1, SOONEST] + stop[tour[last + 1, STOP], SERVICE] <= drop_closes:
        last += 1
    if last < first:
        return 0, False
    least = NEVER
    for d in range(last, first - 1, -1):
        here = tour[d, AT]
        goal = to_drop if to_drop >= 0 else here
        then = tour[d + 1, AHEAD]
        old = line[d, WAY] if case.place[tour[d + 1, STOP]] >= 0 else length[here, then]
        price = per * (length_to[goal, here] + length[goal, then] - old)
        least = min(least, price)
        detours[d, 0], detours[d, 1] = price, least
    for p in range(early, last + 1):
        leave = line[p, SOONEST] + stop[tour[p, STOP], SERVICE]
        if leave > closes:
            break
        by = line[p + 1, LATEST] + ROUNDING
        if overfull(tours.aboard, p, case.load, request, case.room, car):
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
        if p >= first:
            goal = to_drop if to_drop >= 0 else place
            price = per * (first_way + length[place, goal] + length[goal, then])
            if price >= bound:
                dearer = True
            else:
                arrive = max(drop_opens, left + minutes(travel, left, place, goal))
                go = arrive + drop_service
                if arrive <= drop_closes and go + minutes(travel, go, goal, follower if follower >= 0 else goal) <= by:
                    prices[count] = price
                    pairs[count, 0], pairs[count, 1] = p, p
                    count += 1
        # with others in between
        detour = per * (first_way + length[place, then])
        reach = max(reach, line[p + 1, SOONEST])
        for d in range(p + 1, last + 1):
            if detour + detours[max(d, first), 1] >= bound:
                dearer = True
                break
            if count >= prices.size - 1 or overfull(tours.aboard, d, case.load, request, case.room, car):
                break
            stay = stop[tour[d, STOP], SERVICE]
            leave = reach + stay
            aboard += stay
            if leave > drop_closes or aboard > ride:
                break
            here = tour[d, AT]
            if d >= first:
                price = detour + detours[d, 0]
                if price >= bound:
                    dearer = True
                else:
                    goal = to_drop if to_drop >= 0 else here
                    lead = minutes(travel_to, leave, goal, here)
                    arrive = max(drop_opens, leave + lead)
                    if arrive <= drop_closes and aboard + lead <= ride:
                        follower = case.place[tour[d + 1, STOP]]
                        go = arrive + drop_service
                        go += minutes(travel, go, goal, follower if follower >= 0 else goal)
                        if go <= line[d + 1, LATEST] + ROUNDING:
                            prices[count] = price
                            pairs[count, 0], pairs[count, 1] = p, d
                            count += 1
            lead = line[d, DRIVE] if travel.shape[0] == 1 else minutes(travel, leave, here, tour[d + 1, AT])
            aboard += lead
            reach = max(line[d + 1, SOONEST], leave + lead)
            if reach > line[d + 1, LATEST] + ROUNDING:
                break
        if count >= prices.size - 1:
            break
    return count, dearer


@compiled
def fit_in(case, tours, car, request, scratch, really):
    """The price of the cheapest places for a request in a tour, NEVER when there are none; ``really``: put it in."""
    price, p, d = best_fit(case, tours, car, request, scratch, NEVER)
    if really and p >= 0 and not put_in(case, tours, car, request, p, d, scratch):
        refresh(case, tours, car, scratch)
        return NEVER
    return price


@inner
def known_fit(case, tours, car, request, scratch, bound, look):
    """``best_fit`` from memory where the same request met the same tour before, with the price of another car.

    Positions are NOBODY where there are none, and UNKNOWN where memory has no answer and ``look`` says not to look.
    """
    if not case.fits[request, case.kind[car]]:
        return NEVER, NOBODY, NOBODY
    away = 0.0
    if case.home[request] >= 0 and case.home[request] != car:
        away = case.request[request, AWAY]
    bound -= away
    name = (tours.name[car] ^ case.salt[request]) * np.uint64(0xFF51AFD7ED558CCD)
    name ^= name >> np.uint64(29)
    known = scratch.known[np.int64(name & np.uint64(scratch.known.shape[0] - 1))]
    upper = np.float64(name >> np.uint64(12))  # the rest of the name is the slot
    blinks = scratch.blink[0] > 0.0  # then the answer is another one each time
    if not blinks and known[0] == upper and (known[2] >= 0.0 or known[1] >= bound):
        price, p, d = known[1], np.int64(known[2]), np.int64(known[3])
    elif look:
        price, p, d = best_fit(case, tours, car, request, scratch, bound)
        if not blinks:
            known[0], known[1], known[2], known[3] = upper, price, p, d
    else:
        return NEVER, UNKNOWN, UNKNOWN
    if p < 0:
        return NEVER, p, d
    return price + away, p, d


@inner
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
