"""When somebody is free: weekly hours, exceptions and holidays minus busy time. Pure; knows no database.

Instants are whole minutes since 1970-01-01 UTC (``minute_of``), so that spans compare and subtract as
integers; spans are half-open. Hours are local to the place's zone and follow its daylight saving: a rule from
09:00 to 12:00 is 09:00 to 12:00 on the wall clock of that day.

Visits start at the opening of the hours and then every ``step`` minutes, so the times offered do not depend on
what is booked already.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from heapq import merge
from zoneinfo import ZoneInfo

TICK_MINUTES = 5
DAY = dt.timedelta(days=1)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly hours (weekday 0 = Monday) in ``zone`` from ``valid_from`` to ``valid_until``, both included."""

    weekday: int
    starts: dt.time
    ends: dt.time
    valid_from: dt.date
    valid_until: dt.date | None
    zone: str
    on_holidays: bool = False


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


@lru_cache(maxsize=4096)
def _local_minute(day: dt.date, clock: dt.time, zone: str) -> int:
    return minute_of(dt.datetime.combine(day, clock, tzinfo=ZoneInfo(zone)))


@lru_cache(maxsize=1024)
def _local_date(minute: int, zone: str) -> dt.date:
    return moment_of(minute).astimezone(ZoneInfo(zone)).date()


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
        day = _local_date(start - start % 60, rule.zone)
        day += dt.timedelta(days=(rule.weekday - day.weekday()) % 7)
        if (day - _local_date(start - start % 60, rule.zone)).days == 6:
            day -= dt.timedelta(days=7)  # yesterday's evening may reach into the window
        day = max(day, _first_on(rule.valid_from, rule.weekday))
        last = _local_date(end + -end % 60, rule.zone)
        if rule.valid_until is not None:
            last = min(last, rule.valid_until)
        while day <= last:
            if rule.on_holidays or not is_holiday(day):
                opening = _local_minute(day, rule.starts, rule.zone)
                closing = _local_minute(day, rule.ends, rule.zone)
                if opening < closing and opening < end and closing > start:
                    spans.add((opening, closing))
            day += dt.timedelta(days=7)
    return sorted(spans)


def _first_on(day: dt.date, weekday: int) -> dt.date:
    return day + dt.timedelta(days=(weekday - day.weekday()) % 7)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def free_starts(opening: Iterable[Span], busy: list[Span], window: Span, *, length: int, step: int) -> Iterator[int]:
    """The minutes at which a visit of ``length`` minutes can start: inside one opening, inside the window,
    touching nothing busy. ``busy`` must be ``merged``. Yields in order, each minute once."""
    begins = [span[0] for span in busy]
    last = None
    for minute in merge(*(_starts_in(span, busy, begins, window, length, step) for span in opening)):
        if minute != last:
            yield minute
            last = minute


def _starts_in(span: Span, busy: list[Span], begins: list[int], window: Span, length: int, step: int) -> Iterator[int]:
    opening, closing = span
    minute = opening + max(0, -(-(window[0] - opening) // step)) * step
    while minute + length <= min(closing, window[1]):
        before = bisect_right(begins, minute + length - 1) - 1
        if before >= 0 and busy[before][1] > minute:
            minute = opening - (-(busy[before][1] - opening) // step) * step
            continue
        yield minute
        minute += step
