"""When each stop of a tour can be served. All times are minutes.

The earliest timetable is the least fix-point of lower bounds: drive on as soon as possible, and when a guest would be
aboard too long (or a crew on duty), start that ride later, as often as needed. The latest timetable is the same from
the other end. Both are exact for opening hours, ride and duty limits together, because all of these are bounds on a
stop's time or on the difference of two (Bellman 1958; for dial-a-ride Hunsaker & Savelsbergh 2002, Firat & Woeginger
2011).
"""

from __future__ import annotations

import numpy as np

from .arrays import CLOSES, LIMIT, OPENS, SERVICE, nth
from .compiling import compiled, inner

NEVER = np.inf
TIGHT = 1e-9  # minutes
ROUNDING = 1e-7  # minutes by which a bound that is only compared may be off
REWINDS = 2000  # of one timetable, after which it counts as impossible


@inner
def minutes(travel, when, one, other):
    """Driving time from place ``one`` to ``other`` at a time of day; between full parts of the day in proportion."""
    parts = travel.shape[0]
    if parts == 1:
        return travel[0, nth(one), nth(other)]
    exact = when / 1440.0 * parts
    part = int(np.floor(exact))
    share = exact - part
    before, after = part % parts, (part + 1) % parts
    return travel[before, nth(one), nth(other)] * (1.0 - share) + travel[after, nth(one), nth(other)] * share


@inner
def moved(position, p, d):
    """Where a stop stands after a pick-up was put in behind position ``p`` and a drop-off behind ``d``."""
    if position > d:
        return position + 2
    if position > p:
        return position + 1
    return position


@inner
def begun(n, now, x, last, where, request, p, d):
    """Where the ride began that ends at position ``x``, or the duty."""
    if x == last:
        return 0
    if now - n == request:
        return p + 1
    return moved(where[nth(now - n)], p, d)


@inner
def too_long(travel, stop, stops, at, drive, start, first, last, limit):
    """Whether the way from one position to a later one takes more than ``limit`` even without waiting."""
    pure = 0.0
    for x in range(first, last):
        service = stop[nth(stops[nth(x)]), SERVICE]
        pure += service
        if travel.shape[0] == 1:
            pure += drive[nth(x)]
        else:
            pure += minutes(travel, start[nth(x)] + service, at[nth(x)], at[nth(x + 1)])
    return pure > limit + TIGHT


@inner
def settle(n, travel, stop, stops, at, drive, start, x, far, last, where, request, p, d):
    """Raise ``start`` from position ``x`` on until all limits hold; positions after ``far`` are right if unchanged.

    ``where`` tells the positions that stops had before the two stops of ``request`` were put in behind positions ``p``
    and ``d``. False when there is no timetable.
    """
    rewinds, done, again = 0, 0, 0  # up to where all was seen; up to where something that changed was not followed up
    came = start[nth(x - 1)]  # kept at hand: what was just stored takes a while to be read
    while x <= last:
        now, before = stops[nth(x)], nth(x - 1)
        leave = came + stop[nth(stops[before]), SERVICE]
        leave += drive[before] if travel.shape[0] == 1 else minutes(travel, leave, at[before], at[nth(x)])
        soon = start[nth(x)]
        if leave <= soon:
            if x > far:
                return True
            if again < x <= done:  # nothing changes up to there any more
                came = start[nth(done)]
                x = done + 1
                continue
        else:
            soon = leave
            start[nth(x)] = leave
        if soon > stop[nth(now), CLOSES] + TIGHT:
            return False
        if now >= n:
            if x == last:  # ``begun``, which takes the search three per cent longer when it is called
                begin = 0
            elif now - n == request:
                begin = p + 1
            else:
                begin = moved(where[nth(now - n)], p, d)
            limit = stop[nth(now), LIMIT]
            needed = soon - limit
            if needed > start[nth(begin)] + TIGHT:
                rewinds += 1
                if (
                    needed > stop[nth(stops[nth(begin)]), CLOSES] + TIGHT
                    or rewinds > REWINDS
                    or (rewinds > 1 and too_long(travel, stop, stops, at, drive, start, begin, x, limit))
                ):
                    return False
                start[nth(begin)] = needed
                if x < done:
                    again = max(again, x)
                else:
                    done, again = x, 0
                far = max(far, x)
                x, soon = begin, needed
        came = soon
        x += 1
    return True


@compiled
def ease(n, travel, stop, stops, at, drive, end, x, near, last, where, request, p, d):  # noqa: C901 (one piece: it is asked all the time)
    """Lower ``end`` from position ``x`` down to the start until all limits hold; the counterpart of ``settle``.

    Positions before ``near`` are right if unchanged.
    """
    rewinds, done, again = 0, last, last  # see settle
    then = end[nth(x + 1)]
    while x >= 0:
        now, after = stops[nth(x)], nth(x + 1)
        if travel.shape[0] == 1:
            lead = drive[nth(x)]
        else:  # the drive depends on when it begins; one correction is enough for a bound that is only compared
            lead = minutes(travel, then, at[nth(x)], at[after])
            lead = minutes(travel, then - lead, at[nth(x)], at[after])
        bound = then - lead - stop[nth(now), SERVICE]
        late = end[nth(x)]
        if bound >= late:
            if x < near:
                return True
            if again > x >= done:
                then = end[nth(done)]
                x = done - 1
                continue
        else:
            late = bound
            end[nth(x)] = bound
        if late < stop[nth(now), OPENS] - ROUNDING:
            return False
        if now < n or x == 0:
            if x == 0:
                other = last
            elif now == request:
                other = d + 2
            else:
                other = moved(where[nth(now + n)], p, d)
            limit = stop[nth(now), LIMIT]
            if end[nth(other)] > late + limit + TIGHT:
                rewinds += 1
                if rewinds > REWINDS:
                    return False
                late += limit
                end[nth(other)] = late
                if x > done:
                    again = min(again, x)
                else:
                    done, again = x, last
                near = min(near, x)
                x = other
        then = late
        x -= 1
    return True
