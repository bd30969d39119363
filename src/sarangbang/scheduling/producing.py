"""What weekly hours produce: which days, which clashes, what a change adds and takes away. Pure; knows no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import lcm

from .availability import DAY, DAY_MINUTES, Hours, Span, clock_span, merged, minute_of, moment_of, open_spans
from .calendar import SEOUL, Week, day_span, week_of

WEEKS = 8
"""So many weeks are shown before a change is saved."""


@dataclass(frozen=True, slots=True)
class DayOf:
    """One day of a preview: what is open in the end, what of it is new, and what is no longer there, as Korean wall
    clock times. ``holiday`` names a public holiday; ``left_out`` says that the new hours skip it for that reason."""

    day: dt.date
    stays: list[tuple[dt.time, dt.time]]
    added: list[tuple[dt.time, dt.time]]
    removed: list[tuple[dt.time, dt.time]]
    holiday: str
    left_out: bool

    @property
    def is_changed(self) -> bool:
        return bool(self.added or self.removed)


def clash(one: Hours, other: Hours) -> dt.date | None:
    """The first day on which both hours apply and their clocks overlap; None when there is none. Hours that pass
    midnight may overlap those of the next day."""
    later = (other.weekday - one.weekday + 1) % 7 - 1  # days; further apart they never meet
    (begins, ends), (opens, closes) = (clock_span(rule.starts, rule.ends) for rule in (one, other))
    opens, closes = opens + later * DAY_MINUTES, closes + later * DAY_MINUTES
    if not (begins < closes and opens < ends):
        return None
    first = max(one.valid_from, other.valid_from) - DAY
    weeks = dt.timedelta(weeks=lcm(one.every_weeks, other.every_weeks) + 1)
    last = min(first + weeks, dt.date(9999, 12, 1))
    days = {day - later * DAY for day in other.days(first, last + DAY)}
    shared = (day for day in one.days(first, last) if day in days)
    return next((day + max(begins, opens) // DAY_MINUTES * DAY for day in shared), None)


def minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The time of ``spans`` that is not in ``taken``, merged."""
    left = merged(spans)
    for start, end in merged(taken):
        left = [
            part
            for begin, finish in left
            for part in ((begin, min(finish, start)), (max(begin, end), finish))
            if part[0] < part[1]
        ]
    return left


def preview(
    before: Sequence[Hours],
    after: Sequence[Hours],
    extras: Sequence[Span],
    first: dt.date,
    holiday: Callable[[dt.date], str],
) -> list[list[DayOf]]:
    """Eight weeks from the one in which ``first`` lies, before and after a change of hours at one place; what passes
    midnight stands on the day on which it begins. ``holiday`` gives the name of a public holiday, "" for other days."""
    monday = week_of(first).first
    new = [rule for rule in after if rule not in before]

    def of(day: dt.date) -> DayOf:
        window = day_span(day)

        def is_holiday(each: dt.date) -> bool:
            return bool(holiday(each))

        was, will = (
            merged(span for span in open_spans(hours, extras, window, is_holiday) if span[0] >= window[0])
            for hours in (before, after)
        )
        name = holiday(day)
        return DayOf(
            day,
            stays=_clocks(minus(will, minus(will, was))),
            added=_clocks(minus(will, was)),
            removed=_clocks(minus(was, will)),
            holiday=name,
            left_out=bool(name) and any(not rule.on_holidays and list(rule.days(day, day)) for rule in new),
        )

    return [[of(day) for day in Week(monday + dt.timedelta(weeks=number)).days] for number in range(WEEKS)]


def _clocks(spans: Iterable[Span]) -> list[tuple[dt.time, dt.time]]:
    return [
        (moment_of(start).astimezone(SEOUL).time(), moment_of(end).astimezone(SEOUL).time()) for start, end in spans
    ]


def total(weeks: Iterable[Iterable[DayOf]], what: str) -> int:
    """Minutes that are "added" or "removed" in all."""
    minutes = 0
    for week in weeks:
        for day in week:
            for start, end in getattr(day, what):
                begin = dt.datetime.combine(day.day, start, tzinfo=SEOUL)
                finish = dt.datetime.combine(day.day, end, tzinfo=SEOUL)
                minutes += (minute_of(finish) - minute_of(begin)) % (24 * 60)
    return minutes
