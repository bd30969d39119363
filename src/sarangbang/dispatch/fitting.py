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
    OWN,
    PER_LENGTH,
    SERVICE,
    SOONEST,
    STAY,
    STOP,
    TIMES,
    WAY,
    nth,
)
from .chance import draw
from .compiling import compiled, inner, merged
from .laying import idle, refresh
from .timetable import NEVER, ROUNDING, minutes
from .weaving import put_in, times_with

UNKNOWN = np.int64(-2)


@inner
def overfull(aboard, position, load, request, room, car):
    for kind in range(room.shape[1]):
        if aboard[nth(car), kind, nth(position)] + load[nth(request), kind] > room[nth(car), kind]:
            return True
    return False


@merged
def best_fit(case, tours, car, request, scratch, bound):
    """The cheapest places for a request in a tour: price, position before the pick-up, position before the drop-off.

    What the earliest and latest times of the tour as it is exclude is not tried, nor what is as dear as ``bound``; the
    rest is, from the cheapest on. Without places the price is NEVER, or ``bound`` where that was the only reason.
    """
    best, best_p, best_d = NEVER, NOBODY, NOBODY
    if tours.size[nth(car)] + 4 > tours.stop.shape[2]:
        return best, best_p, best_d
    known = -tours.money[nth(car), TIMES]
    if idle(case, tours, car):
        known = case.car[nth(car), FIXED] + case.car[nth(car), PER_LENGTH] * tours.money[nth(car), LENGTH]
    if case.standing or case.travel.shape[0] > 1:
        count, dearer = promising(case, tours, car, request, scratch, bound - known)
    else:
        count, dearer = promising_by_day(case, tours, car, request, scratch, bound - known)
    if dearer:
        best = bound
    prices, pairs, blink = scratch.prices, scratch.pairs, scratch.blink[0]
    while count > 0:
        least = 0
        for x in range(1, count):
            if prices[nth(x)] < prices[nth(least)]:
                least = x
        if prices[nth(least)] + known >= best:
            break
        p, d = pairs[nth(least), 0], pairs[nth(least), 1]
        if blink == 0.0 or draw(scratch.dice) >= blink:
            price = prices[nth(least)] + known + times_with(case, tours, car, request, p, d, scratch)
            if price < best:
                best, best_p, best_d = price, p, d
        count -= 1
        prices[nth(least)] = prices[nth(count)]
        pairs[nth(least), 0], pairs[nth(least), 1] = pairs[nth(count), 0], pairs[nth(count), 1]
    return best, best_p, best_d


@merged
def promising(case, tours, car, request, scratch, bound):  # noqa: C901 (one piece: a call in here costs more than what it does)
    """Pairs of places that nothing simple excludes, and the prices of their detours; how many, and whether ``bound``
    excluded any."""
    size = tours.size[nth(car)]
    stop, tour, line = case.stop, tours.stop[nth(car)], tours.line[nth(car)]
    at, ahead, own = tour[AT], tour[AHEAD], tour[OWN]
    drive, way, soonest, latest, stay = line[DRIVE], line[WAY], line[SOONEST], line[LATEST], line[STAY]
    length, length_to, travel, travel_to = case.length, case.length_to, case.travel, case.travel_to
    prices, pairs = scratch.prices, scratch.pairs
    price_of, least_of = scratch.detour[0], scratch.detour[1]
    per = case.car[nth(car), PER_LENGTH]
    drop = request + case.requests
    opens, closes, service = stop[nth(request), OPENS], stop[nth(request), CLOSES], stop[nth(request), SERVICE]
    drop_opens, drop_closes, drop_service = stop[nth(drop), OPENS], stop[nth(drop), CLOSES], stop[nth(drop), SERVICE]
    ride = stop[nth(request), LIMIT] - service + ROUNDING
    sooner, slack = case.shortcut, case.shortcut + ROUNDING
    to, to_drop = case.place[nth(request)], case.place[nth(drop)]
    count = 0
    dearer = False
    early = 0  # before which the pick-up cannot be
    while early <= size and latest[nth(early + 1)] + slack < opens + service:
        early += 1
    first = early  # before which the drop-off cannot be
    while first <= size and latest[nth(first + 1)] + slack < drop_opens + drop_service:
        first += 1
    last = first - 1  # after which the drop-off cannot be
    while last < size and soonest[nth(last + 1)] + stay[nth(last + 1)] - sooner <= drop_closes:
        last += 1
    if last < first:
        return 0, False
    least = NEVER
    for d in range(last, first - 1, -1):
        here, then = at[nth(d)], ahead[nth(d + 1)]
        goal = to_drop if to_drop >= 0 else here
        old = way[nth(d)] if own[nth(d + 1)] >= 0 else length[nth(here), nth(then)]
        price = per * (length_to[nth(goal), nth(here)] + length[nth(goal), nth(then)] - old)
        least = min(least, price)
        price_of[nth(d)], least_of[nth(d)] = price, least
    for p in range(early, last + 1):
        leave = soonest[nth(p)] + stay[nth(p)] - sooner
        if leave > closes:
            break
        by = latest[nth(p + 1)] + slack
        if overfull(tours.aboard, p, case.load, request, case.room, car):
            continue
        here, then, follower = at[nth(p)], ahead[nth(p + 1)], own[nth(p + 1)]
        place = to if to >= 0 else here
        begin = max(opens, leave + minutes(travel_to, leave, place, here))
        if begin > closes:
            continue
        left = begin + service
        aboard = minutes(travel, left, place, follower if follower >= 0 else place)
        reach = left + aboard
        if reach > by and to >= 0 and to_drop >= 0:
            continue
        old = way[nth(p)] if follower >= 0 else length[nth(here), nth(then)]
        first_way = length_to[nth(place), nth(here)] - old
        # at once
        if p >= first:
            goal = to_drop if to_drop >= 0 else place
            price = per * (first_way + length[nth(place), nth(goal)] + length[nth(goal), nth(then)])
            if price >= bound:
                dearer = True
            else:
                arrive = max(drop_opens, left + minutes(travel, left, place, goal))
                go = arrive + drop_service
                if arrive <= drop_closes and go + minutes(travel, go, goal, follower if follower >= 0 else goal) <= by:
                    prices[nth(count)] = price
                    pairs[nth(count), 0], pairs[nth(count), 1] = p, p
                    count += 1
        # with others in between
        detour = per * (first_way + length[nth(place), nth(then)])
        reach = max(reach, soonest[nth(p + 1)] - sooner)
        for d in range(p + 1, last + 1):
            if detour + least_of[nth(max(d, first))] >= bound:
                dearer = True
                break
            if count >= prices.size - 1 or overfull(tours.aboard, d, case.load, request, case.room, car):
                break
            leave = reach + stay[nth(d)]
            aboard += stay[nth(d)]
            if leave > drop_closes or aboard > ride:
                break
            here = at[nth(d)]
            if d >= first:
                price = detour + price_of[nth(d)]
                if price >= bound:
                    dearer = True
                else:
                    goal = to_drop if to_drop >= 0 else here
                    lead = minutes(travel_to, leave, goal, here)
                    arrive = max(drop_opens, leave + lead)
                    if arrive <= drop_closes and aboard + lead <= ride:
                        follower = own[nth(d + 1)]
                        go = arrive + drop_service
                        go += minutes(travel, go, goal, follower if follower >= 0 else goal)
                        if go <= latest[nth(d + 1)] + slack:
                            prices[nth(count)] = price
                            pairs[nth(count), 0], pairs[nth(count), 1] = p, d
                            count += 1
            lead = drive[nth(d)] if travel.shape[0] == 1 else minutes(travel, leave, here, at[nth(d + 1)])
            aboard += lead
            reach = max(soonest[nth(d + 1)] - sooner, leave + lead)
            if reach > latest[nth(d + 1)] + slack:
                break
        if count >= prices.size - 1:
            break
    return count, dearer


@merged
def promising_by_day(case, tours, car, request, scratch, bound):  # noqa: C901 (see promising)
    """``promising``, in less time, where every stop has a place of its own and a drive takes as long all day."""
    size = tours.size[nth(car)]
    stop, tour, line = case.stop, tours.stop[nth(car)], tours.line[nth(car)]
    at = tour[AT]
    drive, way, soonest, latest, stay = line[DRIVE], line[WAY], line[SOONEST], line[LATEST], line[STAY]
    drop = request + case.requests
    to, to_drop = nth(case.place[nth(request)]), nth(case.place[nth(drop)])
    there, thence, hence, hither = case.length_to[to], case.length[to], case.length_to[to_drop], case.length[to_drop]
    drive_to, drive_on = case.travel_to[0, to], case.travel[0, to]
    drive_home, drive_off = case.travel_to[0, to_drop], case.travel[0, to_drop]
    prices, pairs = scratch.prices, scratch.pairs
    price_of, least_of = scratch.detour[0], scratch.detour[1]
    per = case.car[nth(car), PER_LENGTH]
    opens, closes, service = stop[nth(request), OPENS], stop[nth(request), CLOSES], stop[nth(request), SERVICE]
    drop_opens, drop_closes, drop_service = stop[nth(drop), OPENS], stop[nth(drop), CLOSES], stop[nth(drop), SERVICE]
    ride = stop[nth(request), LIMIT] - service + ROUNDING
    sooner, slack = case.shortcut, case.shortcut + ROUNDING
    # bounds of times rise along a tour, so that counting finds the same as looking for the first
    soon, soon_drop = opens + service - slack, drop_opens + drop_service - slack
    early = first = last = 0
    for x in range(1, size + 1):
        early += np.int64(latest[nth(x)] < soon)
        first += np.int64(latest[nth(x)] < soon_drop)
        last += np.int64(soonest[nth(x)] + stay[nth(x)] - sooner <= drop_closes)
    if latest[nth(size + 1)] < soon_drop or last < first:
        return 0, False
    count = 0
    dearer = False
    least = NEVER
    for d in range(last, first - 1, -1):
        here, then = nth(at[nth(d)]), nth(at[nth(d + 1)])
        price = NEVER
        arrive = max(drop_opens, soonest[nth(d)] + stay[nth(d)] - sooner + drive_home[here])
        if arrive <= drop_closes and arrive + drop_service + drive_off[then] <= latest[nth(d + 1)] + slack:
            price = per * (hence[here] + hither[then] - way[nth(d)])
        least = min(least, price)
        price_of[nth(d)], least_of[nth(d)] = price, least
    direct, direct_drive = thence[to_drop], drive_on[to_drop]
    for p in range(early, last + 1):
        leave = soonest[nth(p)] + stay[nth(p)] - sooner
        if leave > closes:
            break
        here, then = nth(at[nth(p)]), nth(at[nth(p + 1)])
        begin = max(opens, leave + drive_to[here])
        if begin > closes:
            continue
        left = begin + service
        by = latest[nth(p + 1)] + slack
        aboard = drive_on[then]
        reach = left + aboard
        if reach > by:
            continue
        first_way = there[here] - way[nth(p)]
        detour = per * (first_way + thence[then])
        if overfull(tours.aboard, p, case.load, request, case.room, car):
            continue
        if p >= first:  # at once
            price = per * (first_way + direct + hither[then])
            if price >= bound:
                dearer = True
            else:
                arrive = max(drop_opens, left + direct_drive)
                if arrive <= drop_closes and arrive + drop_service + drive_off[then] <= by:
                    prices[nth(count)] = price
                    pairs[nth(count), 0], pairs[nth(count), 1] = p, p
                    count += 1
        # with others in between
        reach = max(reach, soonest[nth(p + 1)] - sooner)
        for d in range(p + 1, last + 1):
            if detour + least_of[nth(max(d, first))] >= bound:
                dearer = True
                break
            if count >= prices.size - 1 or overfull(tours.aboard, d, case.load, request, case.room, car):
                break
            leave = reach + stay[nth(d)]
            aboard += stay[nth(d)]
            if leave > drop_closes or aboard > ride:
                break
            if d >= first:
                price = detour + price_of[nth(d)]
                if price >= bound:
                    dearer = True
                else:
                    lead = drive_home[nth(at[nth(d)])]
                    arrive = max(drop_opens, leave + lead)
                    if arrive <= drop_closes and aboard + lead <= ride:
                        go = arrive + drop_service + drive_off[nth(at[nth(d + 1)])]
                        if go <= latest[nth(d + 1)] + slack:
                            prices[nth(count)] = price
                            pairs[nth(count), 0], pairs[nth(count), 1] = p, d
                            count += 1
            lead = drive[nth(d)]
            aboard += lead
            reach = max(soonest[nth(d + 1)] - sooner, leave + lead)
            if reach > latest[nth(d + 1)] + slack:
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


@merged
def beside_in(case, request, car):
    """What a request costs beside the tour of a car."""
    if case.home[nth(request)] >= 0 and case.home[nth(request)] != car:
        return case.request[nth(request), AWAY]
    return 0.0


@merged
def slot_of(case, tours, car, request, known):
    """Where memory has a request in a tour, if it has it, and the name under which."""
    name = (tours.name[nth(car)] ^ case.salt[nth(request)]) * np.uint64(0xFF51AFD7ED558CCD)
    name ^= name >> np.uint64(29)
    return name & np.uint64(known.shape[0] - 1), np.float64(name >> np.uint64(12))  # the rest of the name is the slot


@merged
def heard(case, tours, car, request, scratch):
    """Whether memory has a request in a tour. Asked for many before the first is recalled, because then the machine
    fetches all of them at once."""
    slot, name = slot_of(case, tours, car, request, scratch.known)
    return scratch.known[slot, 0] == name


@merged
def recall(case, tours, car, request, scratch, bound, heard):
    """What ``best_fit`` said when the same request met the same tour before, with the price of another car. Positions
    are NOBODY where there are none, and UNKNOWN where memory has no answer."""
    if not case.fits[nth(request), nth(case.kind[nth(car)])]:
        return NEVER, NOBODY, NOBODY
    away = beside_in(case, request, car)
    if heard and scratch.blink[0] == 0.0:  # when places are overlooked the answer is another one each time
        slot, _name = slot_of(case, tours, car, request, scratch.known)
        known = scratch.known[slot]
        if known[2] >= 0.0:
            return known[1] + away, np.int64(known[2]), np.int64(known[3])
        if known[1] >= bound - away:
            return NEVER, NOBODY, NOBODY
    return NEVER, UNKNOWN, UNKNOWN


@merged
def work_out(case, tours, car, request, scratch, bound):
    """``best_fit``, to be recalled, with the price of another car."""
    away = beside_in(case, request, car)
    price, p, d = best_fit(case, tours, car, request, scratch, bound - away)
    if scratch.blink[0] == 0.0:
        slot, name = slot_of(case, tours, car, request, scratch.known)
        known = scratch.known[slot]
        known[0], known[1], known[2], known[3] = name, price, p, d
    if p < 0:
        return NEVER, p, d
    return price + away, p, d


@inner
def take_out(case, tours, car, gone):
    """Take those requests out of a tour that ``gone`` marks; ``refresh`` has to follow."""
    n = case.requests
    kept = 0
    stops = tours.stop[car, STOP]
    for x in range(1, tours.size[car] + 1):
        now = stops[nth(x)]
        if not gone[nth(now if now < n else now - n)]:
            kept += 1
            stops[nth(kept)] = now
    tours.size[car] = kept
