"""A clinic's calendar, put together: the columns of a day or a week with visits, hours, leave and free times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from sarangbang.directory.models import Institution
from sarangbang.scheduling.availability import Span, free_starts, merged, minute_of, open_spans
from sarangbang.scheduling.calendar import SEOUL, SLOT, Column, Line, Mark, Week, columns, day_of, day_span, week_of
from sarangbang.scheduling.cases import open_reasons
from sarangbang.scheduling.diary import (
    OFFERED,
    Seat,
    busy_between,
    closures_between,
    declared_holidays,
    exceptions_between,
    name_of,
    seats_of,
)
from sarangbang.scheduling.models import Allocation, Appointment, Closure, Reservation, RosterException
from sarangbang.scheduling.occupancy import crowded
from sarangbang.scheduling.public_holidays import named_with, with_declared
from sarangbang.scheduling.queries import appointments_at, rosters
from sarangbang.scheduling.rosters import Roster


@dataclass
class CalendarPage:
    """``asked`` is the query: ``day``, ``span`` ("day" or "week"), ``who`` (a resource), ``house`` (an institution)."""

    institutions: QuerySet[Institution]
    asked: Mapping[str, str]
    now: dt.datetime

    @cached_property
    def all_houses(self) -> list[Institution]:
        return list(self.institutions.select_related("place"))

    @cached_property
    def house(self) -> Institution | None:
        """The one institution that was asked for, of several."""
        slug = self.asked.get("house", "")
        return next((house for house in self.all_houses if house.slug == slug), None)

    @cached_property
    def houses(self) -> list[Institution]:
        return [self.house] if self.house else self.all_houses

    @property
    def house_names(self) -> list[str]:
        return [name_of(house) for house in self.houses]

    @cached_property
    def seats(self) -> list[Seat]:
        return seats_of(self.houses)

    @cached_property
    def seat(self) -> Seat | None:
        """The one person or room that was asked for."""
        who = self.asked.get("who", "")
        return next((seat for seat in self.seats if str(seat.resource.pk) == who), None)

    @property
    def span(self) -> str:
        return "day" if self.asked.get("span") == "day" else "week"

    @cached_property
    def day(self) -> dt.date:
        return day_of(self.asked.get("day", ""))

    @cached_property
    def today(self) -> dt.date:
        return self.now.astimezone(SEOUL).date()

    @cached_property
    def week(self) -> Week:
        return Week(self.day, 1) if self.span == "day" else week_of(self.day)

    @property
    def is_now(self) -> bool:
        return self.week.starts_at <= self.now < self.week.ends_at

    @cached_property
    def visits(self) -> list[Appointment]:
        found = appointments_at(
            self.institutions.filter(pk__in=[house.pk for house in self.houses]), self.week.starts_at, self.week.ends_at
        )
        if self.seat is not None and not self.seat.is_person:
            found = found.filter(reservation__allocations__resource=self.seat.resource)
        elif self.seat is not None:
            found = found.filter(practitioner=self.seat.resource.practitioner_id)
        return list(found)

    @cached_property
    def cases(self) -> int:
        """How many visits no longer fit a roster."""
        return len(open_reasons(self.all_houses, self.now))

    @cached_property
    def columns(self) -> list[Column]:
        lines = self._days() if self.span == "week" else self._seats()
        return columns(lines, self.now)

    @property
    def board(self) -> Column | None:
        """The column that gives the hours at the side."""
        return self.columns[0] if self.columns else None

    @property
    def is_bare(self) -> bool:
        """Nobody comes and nobody is there."""
        return all(column.line.is_empty for column in self.columns)

    @property
    def holiday(self) -> str:
        """The name of the public holiday on the day shown."""
        return self._known.holiday(self.day) if self.span == "day" else ""

    @cached_property
    def absent(self) -> list[str]:
        """Who has neither hours nor visits on this day, and therefore no column. A room without hours of its own is
        always there."""
        if self.span == "week" or self.seat is not None:
            return []
        shown = {column.line.resource for column in self.columns}
        rosters = self._known.rosters
        return [
            seat.name
            for seat in self.seats
            if seat.resource.pk not in shown and (seat.is_person or any(rosters[seat.resource.pk].hours.values()))
        ]

    def _days(self) -> list[Line]:
        """A column for each day of the week: of the one asked for, or of the whole house."""
        seats = [self.seat] if self.seat else self.seats
        lines = []
        for day in self.week.days:
            each = [self._known.line(seat, day) for seat in seats]
            line = Line(
                key=f"d{day.isoformat()}",
                day=day,
                holiday=self._known.holiday(day),
                resource=self.seat.resource.pk if self.seat else None,
                opening=merged(span for one in each for span in one.opening),
            )
            if len(each) == 1:
                line.marks, line.free = each[0].marks, each[0].free
            else:
                line.marks = self._known.shut(day)
            line.visits = [visit for visit in self.visits if _on(visit.reservation, day)]
            lines.append(line)
        return lines

    def _seats(self) -> list[Line]:
        """A column for everybody and everything that is there on the day."""
        lines = []
        for seat in [self.seat] if self.seat else self.seats:
            line = self._known.line(seat, self.day)
            line.visits = [visit for visit in self.visits if self._is_with(visit, seat)]
            if not line.is_empty or self.seat is not None:
                lines.append(line)
        known = {seat.resource.practitioner_id for seat in self.seats}
        for visit in self.visits:
            if visit.practitioner_id not in known and (self.seat is None or self.seat.is_person):
                key = f"p{visit.practitioner_id}"
                if not any(each.key == key for each in lines):
                    lines.append(Line(key=key, day=self.day, title=name_of(visit.practitioner)))
                next(each for each in lines if each.key == key).visits.append(visit)
        return lines

    def _is_with(self, visit: Appointment, seat: Seat) -> bool:
        if seat.is_person:
            return visit.practitioner_id == seat.resource.practitioner_id
        return visit.reservation_id in self._known.taken_by(seat.resource.pk)

    @cached_property
    def _known(self) -> Known:
        seats = [self.seat] if self.seat else self.seats
        return Known(seats, self.houses, self.week, self.now, {visit.reservation_id for visit in self.visits})


class Known:
    """What is known of these people and rooms in a window. A constant number of queries."""

    def __init__(
        self, seats: list[Seat], houses: list[Institution], week: Week, now: dt.datetime, shown: set[object]
    ) -> None:
        ids = [seat.resource.pk for seat in seats]
        start, end = week.starts_at, week.ends_at
        declared = declared_holidays()
        self.now, self.shown = now, shown
        self.houses = houses
        self.holiday = named_with(declared)
        self.is_holiday = with_declared(declared)
        self.rosters = rosters(ids, start, end)
        self.exceptions = exceptions_between(ids, start, end)
        self.closures = closures_between([house.place_id for house in houses], start, end)
        self.busy = busy_between(ids, start, end)

    def taken_by(self, resource: int) -> set[object]:
        """The reservations that take a resource."""
        return {allocation.reservation_id for allocation, _status in self.busy.get(resource, ())}

    def shut(self, day: dt.date) -> list[Mark]:
        """The closures of the institutions on a day."""
        return [_closed(row) for house in self.houses for row in self.closures.get(house.place_id, ()) if _on(row, day)]

    def line(self, seat: Seat, day: dt.date) -> Line:
        """One day of one person or room, without its visits."""
        roster = self.rosters[seat.resource.pk]
        window = day_span(day)
        here = merged(span for place in seat.places for span in self._open(roster, place, window))
        away = merged(
            span
            for place in {*roster.hours, *roster.extras} - seat.places
            for span in self._open(roster, place, window)
        )
        leaves = [row for row in self.exceptions.get(seat.resource.pk, ()) if row.kind == RosterException.Kind.LEAVE]
        shut = [row for place in seat.places for row in self.closures.get(place, ()) if _on(row, day)]
        marks = [Mark("elsewhere", span, _("At another place")) for span in away]
        marks += [
            Mark("leave", _span(row), ": ".join(filter(None, (_("Leave"), row.reason))))
            for row in leaves
            if _on(row, day)
        ]
        marks += [_closed(row) for row in shut]
        blocked = [_span(row) for row in leaves] + [_span(row) for row in shut]
        taken: list[Span] = []
        for allocation, status in self.busy.get(seat.resource.pk, ()):
            taken.append(_span(allocation))
            if allocation.reservation_id not in self.shown and _on(allocation, day):
                if status == OFFERED and allocation.place_id not in seat.places:
                    status = Reservation.Status.HELD  # whom another house asks is not told
                said = {OFFERED: _("Offered on the waiting list"), Reservation.Status.HELD: _("Being booked")}
                marks.append(Mark("taken", _span(allocation), said.get(status, _("Taken elsewhere"))))
        busy = merged([*blocked, *crowded(taken, seat.resource.seats - 1)])
        bookable = (max(window[0], minute_of(self.now)), window[1])
        free = free_starts(here, busy, bookable, length=SLOT, step=SLOT) if seat.is_person else iter(())
        return Line(
            key=f"r{seat.resource.pk}",
            day=day,
            title=seat.name,
            note="" if seat.is_person else str(seat.resource.get_kind_display()),
            holiday=self.holiday(day),
            resource=seat.resource.pk,
            opening=here,
            marks=marks,
            free=list(free),
        )

    def _open(self, roster: Roster, place: int, window: Span) -> list[Span]:
        return open_spans(roster.hours[place], roster.extras[place], window, self.is_holiday)


def _span(row: RosterException | Closure | Allocation) -> Span:
    return minute_of(row.starts_at), minute_of(row.ends_at)


def _on(row: RosterException | Closure | Allocation | Reservation, day: dt.date) -> bool:
    start, end = day_span(day)
    return minute_of(row.starts_at) < end and minute_of(row.ends_at) > start


def _closed(row: Closure) -> Mark:
    return Mark("shut", _span(row), ": ".join(filter(None, (_("Closed"), row.reason))))
