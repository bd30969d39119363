"""What weekly hours produce: which days, which clashes, what a change adds and takes away. Pure; knows no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import lcm

from .availability import Hours, Span, merged, minute_of, moment_of, open_spans
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
    """The first day on which both hours apply and their clocks overlap; None when there is none."""
    if one.weekday != other.weekday or not (one.starts < other.ends and other.starts < one.ends):
        return None
    first = max(one.valid_from, other.valid_from)
    last = min(
        first + dt.timedelta(weeks=lcm(one.every_weeks, other.every_weeks) + 1),
        *(rule.valid_until for rule in (one, other) if rule.valid_until is not None),
        dt.date(9999, 12, 1),
    )
    days = set(other.days(first, last))
    return next((day for day in one.days(first, last) if day in days), None)


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
    """Eight weeks from the one in which ``first`` lies, before and after a change of hours at one place. ``holiday``
    gives the name of a public holiday, "" for other days."""
    monday = week_of(first).first
    new = [rule for rule in after if rule not in before]

    def of(day: dt.date) -> DayOf:
        window = day_span(day)

        def is_holiday(each: dt.date) -> bool:
            return bool(holiday(each))

        was = merged(open_spans(before, extras, window, is_holiday))
        will = merged(open_spans(after, extras, window, is_holiday))
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
