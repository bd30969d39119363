"""When a guest is reminded of a visit, and when no longer. Pure; knows no database.

A reminder comes its lead time before the visit, on the guest's own clock never in the quiet hours: what would fall
into the night comes in the evening before it. At most one letter goes out on one day (the guest's), and it names every
visit that was to be reminded of on that day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from .nights import QUIET

HOUSE = (7 * 24 * 60, 24 * 60, 3 * 60)
"""Minutes before a visit, where neither the offering nor the house has rules of its own: a week, a day, three hours."""

BEFORE_QUIET = dt.timedelta(minutes=30)
"""How long before the quiet hours the evening's letters go out, so that a slow worker is not late."""

JUST_TOLD = dt.timedelta(hours=1)
"""A visit that was booked or moved is told of at once; a reminder within the hour would say it twice."""


@dataclass(frozen=True, slots=True)
class Due:
    """That one visit is to be reminded of at ``at`` (UTC). ``key`` is what the caller knows it by."""

    key: int
    starts_at: dt.datetime
    minutes_before: int
    at: dt.datetime

    @property
    def is_late_from(self) -> dt.datetime:
        """From here on the letter would be of no use: less than half of the lead time is left."""
        return self.starts_at - dt.timedelta(minutes=self.minutes_before) / 2


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: when (UTC), and the reminders it stands for."""

    at: dt.datetime
    dues: tuple[Due, ...]


def due_at(starts_at: dt.datetime, minutes_before: int, zone: str, told_at: dt.datetime) -> dt.datetime | None:
    """When (UTC) to remind of a visit that the guest was told of at ``told_at``, or None when it would be too soon
    after that or too late for the visit.

    What falls into the guest's night comes the evening before; if that has passed, in the morning, as long as half of
    the lead time is left then.
    """
    wished = (starts_at - dt.timedelta(minutes=minutes_before)).astimezone(dt.UTC)
    choices = [wished]
    if QUIET.holds(wished, zone):
        choices = [QUIET.evening(wished, zone) - BEFORE_QUIET, QUIET.morning(wished, zone)]
    last = starts_at - dt.timedelta(minutes=minutes_before) / 2
    return next((at for at in choices if told_at + JUST_TOLD <= at <= last), None)


def plan(key: int, starts_at: dt.datetime, leads: Iterable[int], zone: str, told_at: dt.datetime) -> list[Due]:
    """The reminders of one visit, earliest first; ``leads`` are minutes before it."""
    times = ((lead, due_at(starts_at, lead, zone, told_at)) for lead in sorted(set(leads), reverse=True))
    return [Due(key, starts_at, lead, at) for lead, at in times if at is not None]


def letters(dues: Iterable[Due], zone: str) -> list[Letter]:
    """What one guest gets: one letter a day, at the first of that day's reminders."""

    def day_of(due: Due) -> dt.date:
        return due.at.astimezone(ZoneInfo(zone)).date()

    ordered = sorted(dues, key=lambda due: (due.at, due.starts_at, due.minutes_before))
    return [_letter(list(group)) for _day, group in groupby(ordered, key=day_of)]


def _letter(dues: Sequence[Due]) -> Letter:
    return Letter(dues[0].at, tuple(dues))


def is_too_late(due: Due, now: dt.datetime) -> bool:
    """Whether half of the lead time has passed, or the visit has begun."""
    return now > due.is_late_from


def when_to_send(now: dt.datetime, zone: str) -> dt.datetime:
    """Now, or the end of the quiet hours (UTC) if it is night with the guest: a worker that was down sends in the
    morning what is still of use then."""
    return QUIET.morning(now, zone)
