"""Days and weeks of a clinic's calendar, in Korean time. Pure.

A calendar is columns side by side: the days of a week, or the people and rooms of one day. ``Line`` is what is known
of one of them, ``columns`` puts it on a board of quarter hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sarangbang.ui.timeline import Timeline

from .availability import Span, minute_of, moment_of

if TYPE_CHECKING:
    from .models import Appointment

SEOUL = ZoneInfo("Asia/Seoul")
USUAL_HOURS = (9, 18)
SLOT = 30
"""Minutes of a free time that can be clicked."""

FIRST, LAST = dt.date(2000, 1, 3), dt.date(2199, 12, 1)
HOUR = dt.timedelta(hours=1)


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
class Mark:
    """Why nobody can be booked in a span: "leave", "shut", "elsewhere" or "taken"; ``label`` says it in words."""

    kind: str
    span: Span
    label: str


@dataclass(slots=True)
class Line:
    """One day of one person, room or institution. ``opening`` are the hours, ``free`` the minutes at which a slot can
    be booked. ``key`` is unique on the page, ``holiday`` the name of a public holiday."""

    key: str
    day: dt.date
    title: str = ""
    note: str = ""
    holiday: str = ""
    resource: int | None = None
    visits: list[Appointment] = field(default_factory=list)
    opening: list[Span] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    free: list[int] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.visits or self.opening or any(mark.kind != "shut" for mark in self.marks))


@dataclass(frozen=True, slots=True)
class Placed:
    """A visit, a span of ground or a free time, and the classes that place it in its column. ``starts_at`` and
    ``ends_at`` are Korean time."""

    what: Appointment | Mark | None
    css: str
    starts_at: dt.datetime
    ends_at: dt.datetime

    @property
    def is_mark(self) -> bool:
        return isinstance(self.what, Mark)


@dataclass(frozen=True, slots=True)
class Column:
    """A line on the board. ``off`` is the time outside of the hours; ``lanes`` is how many visits lie side by side, at
    most four; ``now`` is the class of the line of now, empty on other days."""

    line: Line
    board: Timeline
    visits: list[Placed]
    off: list[Placed]
    marks: list[Placed]
    free: list[Placed]
    lanes: int
    now: str

    @property
    def items(self) -> list[Placed]:
        """What is taken, visits and free times by time, as a phone, paper and a reading voice list them."""
        ranked = enumerate((self.marks, self.visits, self.free))
        listed = [(placed.starts_at, rank, placed) for rank, those in ranked for placed in those]
        return [placed for _at, _rank, placed in sorted(listed, key=lambda each: each[:2])]


def columns(lines: Sequence[Line], now: dt.datetime) -> list[Column]:
    """The lines on boards that all show the same hours: the usual ones, and those that are used."""
    first, last = _hours(lines)
    result = []
    for line in lines:
        board = Timeline(dt.datetime.combine(line.day, dt.time(first), tzinfo=SEOUL), last - first)
        times = [(visit, visit.reservation.starts_at, visit.reservation.ends_at) for visit in line.visits]
        result.append(
            Column(
                line,
                board,
                [placed for each in times if (placed := _placed(board, *each)).css],
                [_span(board, None, span) for span in _off(board, line.opening)],
                [placed for mark in line.marks if (placed := _span(board, mark, mark.span)).css],
                [_span(board, None, (minute, minute + SLOT)) for minute in line.free],
                _lanes(line.visits),
                board.mark(now),
            )
        )
    return result


def _hours(lines: Sequence[Line]) -> tuple[int, int]:
    first, last = USUAL_HOURS
    for line in lines:
        midnight = dt.datetime.combine(line.day, dt.time(), tzinfo=SEOUL)
        used = [(visit.reservation.starts_at, visit.reservation.ends_at) for visit in line.visits]
        used += [(moment_of(start), moment_of(end)) for start, end in line.opening]
        for starts_at, ends_at in used:
            first = min(first, max(0, (starts_at - midnight) // HOUR))
            last = max(last, min(24, -((midnight - ends_at) // HOUR)))
    return first, last


def _off(board: Timeline, opening: Sequence[Span]) -> list[Span]:
    """What the hours leave of the board."""
    at, last = minute_of(board.first), minute_of(board.last)
    found = []
    for start, end in opening:
        if start > at:
            found.append((at, min(start, last)))
        at = max(at, end)
    return [*found, (at, last)] if at < last else found


def _placed(board: Timeline, what: Appointment | Mark | None, starts_at: dt.datetime, ends_at: dt.datetime) -> Placed:
    return Placed(what, board.place(starts_at, ends_at), starts_at.astimezone(SEOUL), ends_at.astimezone(SEOUL))


def _span(board: Timeline, what: Mark | None, span: Span) -> Placed:
    return _placed(board, what, moment_of(span[0]), moment_of(span[1]))


def _lanes(appointments: Sequence[Appointment]) -> int:
    """How many appointments of a day overlap at most; one when there are none."""
    times = [(each.reservation.starts_at, each.reservation.ends_at) for each in appointments]
    return min(4, max([1, *(sum(begin <= at < end for begin, end in times) for at, _ in times)]))


def day_span(day: dt.date) -> Span:
    """The minutes of a Korean calendar day."""
    starts_at = dt.datetime.combine(day, dt.time(), tzinfo=SEOUL)
    return minute_of(starts_at), minute_of(starts_at + dt.timedelta(days=1))


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
