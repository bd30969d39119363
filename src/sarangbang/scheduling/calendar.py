"""Days and weeks of a clinic's calendar, in Korean time. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sarangbang.ui.timeline import Timeline

if TYPE_CHECKING:
    from .models import Appointment

SEOUL = ZoneInfo("Asia/Seoul")
USUAL_HOURS = (9, 18)
FIRST, LAST = dt.date(2000, 1, 3), dt.date(2199, 12, 1)


@dataclass(frozen=True, slots=True)
class Week:
    """``length`` days from ``first``, Korean calendar days."""

    first: dt.date
    length: int = 7

    @property
    def days(self) -> list[dt.date]:
        return [self.first + dt.timedelta(days=count) for count in range(self.length)]

    @property
    def starts_at(self) -> dt.datetime:
        return dt.datetime.combine(self.first, dt.time(), tzinfo=SEOUL)

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + dt.timedelta(days=self.length)

    @property
    def before(self) -> dt.date:
        return self.first - dt.timedelta(days=self.length)

    @property
    def after(self) -> dt.date:
        return self.first + dt.timedelta(days=self.length)


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment and the classes that place it in its day's column."""

    appointment: Appointment
    place: str


@dataclass(frozen=True, slots=True)
class Column:
    """One day of the calendar with its visits in order. ``lanes`` is how many of them lie side by side, at most four;
    ``now`` is the class of the line of now, empty on other days."""

    day: dt.date
    board: Timeline
    visits: list[Visit]
    lanes: int
    now: str


def columns(week: Week, appointments: Iterable[Appointment], now: dt.datetime) -> list[Column]:
    """The days with their visits. All columns show the same hours: the usual ones, and those that are used."""
    by_day = defaultdict(list)
    for appointment in appointments:
        by_day[appointment.reservation.starts_at.astimezone(SEOUL).date()].append(appointment)
    spans = [
        (visit.reservation.starts_at.astimezone(SEOUL), visit.reservation.ends_at.astimezone(SEOUL))
        for visits in by_day.values()
        for visit in visits
    ]
    first = min([USUAL_HOURS[0], *(start.hour for start, _ in spans)])
    last = max([USUAL_HOURS[1], *(24 if end.date() > start.date() else end.hour + 1 for start, end in spans)])
    last = min(last, 24)
    result = []
    for day in week.days:
        board = Timeline(dt.datetime.combine(day, dt.time(first), tzinfo=SEOUL), last - first)
        visits = [
            Visit(visit, board.place(visit.reservation.starts_at, visit.reservation.ends_at)) for visit in by_day[day]
        ]
        result.append(Column(day, board, visits, _lanes(by_day[day]), board.mark(now)))
    return result


def _lanes(appointments: list[Appointment]) -> int:
    """How many appointments of a day overlap at most; one when there are none."""
    times = [(each.reservation.starts_at, each.reservation.ends_at) for each in appointments]
    return min(4, max([1, *(sum(begin <= at < end for begin, end in times) for at, _ in times)]))


def week_of(day: dt.date) -> Week:
    """The week, Monday first, in which the day lies."""
    return Week(day - dt.timedelta(days=day.weekday()))


def day_of(text: str) -> dt.date:
    """The day a reader asked for; today in Korea when it is missing or no day of this calendar."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return dt.datetime.now(SEOUL).date()
    return min(max(day, FIRST), LAST)
