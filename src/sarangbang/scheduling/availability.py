"""When somebody is there: weekly hours, exceptions and holidays. Pure; knows no database.

Instants are whole minutes since 1970-01-01 UTC (``minute_of``), so that spans compare and subtract as
integers; spans are half-open. Hours are local to the place's zone: a rule from 09:00 to 12:00 is open while the wall
clock there reads 09:00 to 12:00. Minutes that are skipped when the clock goes forward do not exist; those that are
repeated when it goes back exist twice. Hours that end before they begin pass midnight: they belong to the day on which
they begin, with its weekday, week, validity and holidays, and end on the next one.

Visits start at the opening of the hours and then every ``step`` minutes, so the times offered do not depend on
what is booked already. What is booked already is ``occupancy``.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from heapq import merge
from zoneinfo import ZoneInfo

TICK_MINUTES = 5
DAY = dt.timedelta(days=1)
DAY_MINUTES = 24 * 60
EPOCH = dt.date(1970, 1, 1).toordinal()
LAST_MINUTE = dt.time(23, 59)
"""The latest that a clock shows."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly hours (weekday 0 = Monday) in ``zone`` from ``valid_from`` to ``valid_until``, both included; in every
    ``every_weeks``-th week, counted from the one in which ``valid_from`` lies (weeks begin on Monday). With ``ends``
    before ``starts`` they end on the next day."""

    weekday: int
    starts: dt.time
    ends: dt.time
    valid_from: dt.date
    valid_until: dt.date | None
    zone: str
    on_holidays: bool = False
    every_weeks: int = 1

    @property
    def passes_midnight(self) -> bool:
        return self.ends < self.starts

    def days(self, first: dt.date, last: dt.date) -> Iterator[dt.date]:
        """The local days on which the rule begins between two days, both included; holidays are not taken out."""
        begin = max(first, self.valid_from).toordinal()
        begin += (self.weekday - (begin - 1)) % 7  # ordinal 1 is a Monday
        if self.every_weeks > 1:
            weeks = _week(begin) - _week(self.valid_from.toordinal())
            begin += 7 * (-weeks % self.every_weeks)
        end = last if self.valid_until is None else min(last, self.valid_until)
        return map(dt.date.fromordinal, range(begin, end.toordinal() + 1, 7 * self.every_weeks))


def _week(ordinal: int) -> int:
    return (ordinal - 1) // 7


def minute_of(moment: dt.datetime) -> int:
    """Whole minutes since the epoch; seconds are cut off."""
    return int(moment.timestamp()) // 60


def moment_of(minute: int) -> dt.datetime:
    """The UTC datetime of a minute since the epoch."""
    return dt.datetime.fromtimestamp(minute * 60, tz=dt.UTC)


def ticks(starts_at: dt.datetime, ends_at: dt.datetime) -> range:
    """The five-minute ticks that a span touches; a tick is owned whole."""
    first = minute_of(starts_at) // TICK_MINUTES
    last = -(-minute_of(ends_at) // TICK_MINUTES)
    return range(first, last)


@lru_cache(maxsize=8192)
def local_day(minute: int, zone: str) -> dt.date:
    """The calendar day in a zone."""
    return moment_of(minute).astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=8192)
def on_the_clock(day: dt.date, starts: dt.time, ends: dt.time, zone: str) -> tuple[Span, ...]:
    """The spans of a local day in which the wall clock reads ``starts`` or later, and earlier than ``ends`` (of the
    next day if that is before ``starts``): usually one, none when the clock skips it, two when it comes back to it."""
    midnight = (day.toordinal() - EPOCH) * DAY_MINUTES
    opens, closes = (midnight + minute for minute in clock_span(starts, ends))
    spans = (
        (max(opens - offset, since), min(closes - offset, until)) for since, until, offset in _offsets(midnight, zone)
    )
    return tuple(merged(span for span in spans if span[0] < span[1]))


def clock_span(starts: dt.time, ends: dt.time) -> Span:
    """Minutes since the midnight of the day on which hours begin. Who says 23:59 means the end of the day; what ends
    before it begins ends on the next one."""
    opens, closes = (clock.hour * 60 + clock.minute for clock in (starts, ends))
    if ends >= LAST_MINUTE:
        closes = DAY_MINUTES
    elif ends < starts:
        closes += DAY_MINUTES
    return opens, closes


@lru_cache(maxsize=2048)
def _offsets(midnight: int, zone: str) -> tuple[tuple[int, int, int], ...]:
    """Around a local day and the next: from when, until when, how many minutes the zone is ahead of UTC. The clock is
    set at most once in these days."""
    first, last = midnight - DAY_MINUTES, midnight + 3 * DAY_MINUTES
    before, after = _offset(first, zone), _offset(last, zone)
    if before == after:
        return ((first, last, before),)
    low, high = first, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return ((first, high, before), (high, last, after))


def _offset(minute: int, zone: str) -> int:
    ahead = moment_of(minute).astimezone(ZoneInfo(zone)).utcoffset()
    return int(ahead.total_seconds()) // 60 if ahead is not None else 0


def open_spans(
    hours: Iterable[Hours], extras: Iterable[Span], window: Span, is_holiday: Callable[[dt.date], bool]
) -> list[Span]:
    """The spans in which the roster says "open" and which touch the window, in order, not cut to it.

    Extra hours count as they are; they do not join the weekly hours beside them, because visits are counted
    from each opening.
    """
    start, end = window
    spans = {span for span in extras if span[0] < end and span[1] > start}
    for rule in hours:
        first, last = local_day(start - start % 60, rule.zone), local_day(end + -end % 60, rule.zone)
        if rule.passes_midnight:
            first -= DAY
        for day in rule.days(first, last):
            if rule.on_holidays or not is_holiday(day):
                clock = on_the_clock(day, rule.starts, rule.ends, rule.zone)
                spans.update(span for span in clock if span[0] < end and span[1] > start)
    return sorted(spans)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def free_starts(
    opening: Iterable[Span], busy: list[Span], window: Span, *, length: int, step: int, before: int = 0, after: int = 0
) -> Iterator[int]:
    """The minutes at which a visit of ``length`` minutes can start: inside one opening and inside the window, while
    neither the visit nor the minutes ``before`` and ``after`` it touch anything busy. Those minutes may lie outside of
    the opening. ``busy`` must be ``merged``. Yields in order, each minute once."""
    ends = [span[1] for span in busy]
    last = None
    each = (_starts_in(span, busy, ends, window, (length, step, before, after)) for span in opening)
    for minute in merge(*each):
        if minute != last:
            yield minute
            last = minute


def _starts_in(
    span: Span, busy: list[Span], ends: list[int], window: Span, visit: tuple[int, int, int, int]
) -> Iterator[int]:
    length, step, before, after = visit
    opening, closing = span
    latest = min(closing, window[1]) - length
    minute = opening + max(0, -(-(window[0] - opening) // step)) * step
    at = bisect_left(ends, minute - before + 1)  # the first that ends after the visit's claim begins
    while minute <= latest:
        while at < len(busy) and busy[at][1] <= minute - before:
            at += 1
        if at < len(busy) and busy[at][0] < minute + length + after:
            minute = opening - (-(busy[at][1] + before - opening) // step) * step
            continue
        yield minute
        minute += step
