"""The pages of rosters, put together: what a change would produce and which visits it would leave outside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.utils import timezone

from sarangbang.directory.models import Institution, Place
from sarangbang.scheduling import producing
from sarangbang.scheduling.availability import Hours, Span, merged, minute_of, open_spans
from sarangbang.scheduling.diary import Seat, declared_holidays, rules_of
from sarangbang.scheduling.models import Appointment, RosterException, WaitingOffer, WeeklyRule
from sarangbang.scheduling.occupancy import covers
from sarangbang.scheduling.public_holidays import named_with
from sarangbang.scheduling.queries import appointments_of
from sarangbang.scheduling.rostering import hours_of, today
from sarangbang.scheduling.standing import Promised
from sarangbang.scheduling.waiting.withdrawing import would_fall

MOST_NAMED = 30
"""So many visits are named; of more the number is said."""


@dataclass
class RosterPage:
    """One person's or room's roster as the clinic may see it. Hours at places of others are told as hours elsewhere."""

    seat: Seat
    houses: list[Institution]

    @cached_property
    def rules(self) -> list[WeeklyRule]:
        return rules_of(self.seat.resource)

    @property
    def current(self) -> list[WeeklyRule]:
        """Here, now or later."""
        return [rule for rule in self.rules if self._is_here(rule) and not _is_over(rule)]

    @property
    def past(self) -> list[WeeklyRule]:
        return [rule for rule in self.rules if self._is_here(rule) and _is_over(rule)]

    @property
    def elsewhere(self) -> list[WeeklyRule]:
        return [rule for rule in self.rules if not self._is_here(rule) and not _is_over(rule)]

    def rule(self, pk: int) -> WeeklyRule | None:
        """Hours that this clinic may change."""
        return next((rule for rule in self.current if rule.pk == pk), None)

    @cached_property
    def exceptions(self) -> list[RosterException]:
        """Leave and extra hours that are not over."""
        rows = self.seat.resource.roster_exceptions.filter(ends_at__gt=timezone.now())
        return [
            row
            for row in rows.select_related("place").order_by("starts_at", "pk")
            if row.place_id is None or row.place_id in self.seat.places
        ]

    @property
    def own_houses(self) -> list[Institution]:
        """The institutions at which this one can have hours."""
        return [house for house in self.houses if house.place_id in self.seat.places]

    def _is_here(self, rule: WeeklyRule) -> bool:
        return rule.place_id in self.seat.places


def _is_over(rule: WeeklyRule) -> bool:
    return rule.valid_until is not None and rule.valid_until < today()


@dataclass
class Preview:
    """What hours at one place become. ``gone`` is a rule that ends on ``until`` (or is there no more), ``new`` are
    hours that come."""

    page: RosterPage
    institutions: QuerySet[Institution]
    place: Place
    new: Sequence[Hours] = ()
    gone: WeeklyRule | None = None
    until: dt.date | None = None

    @cached_property
    def before(self) -> list[Hours]:
        return [hours_of(rule) for rule in self.page.rules if rule.place_id == self.place.pk]

    @cached_property
    def after(self) -> list[Hours]:
        kept = [
            hours_of(rule)
            for rule in self.page.rules
            if rule.place_id == self.place.pk and (self.gone is None or rule.pk != self.gone.pk)
        ]
        if self.gone is not None and self.gone.place_id == self.place.pk:
            kept += self._shortened(self.gone)
        return [*kept, *self.new]

    def hold_fast(self) -> None:
        """Read what the hours are and become, before they change: visits can then be looked at afterwards."""
        for name in ("before", "after"):
            getattr(self, name)

    def _shortened(self, rule: WeeklyRule) -> list[Hours]:
        if self.until is None or self.until < rule.valid_from:
            return []
        hours = hours_of(rule)
        return [
            Hours(
                hours.weekday, hours.starts, hours.ends, hours.valid_from, self.until, hours.zone, hours.on_holidays,
                hours.every_weeks,
            )
        ]  # fmt: skip

    @cached_property
    def first(self) -> dt.date:
        """The first day on which something changes."""
        starts = [hours.valid_from for hours in self.new]
        if self.gone is not None and self.until is not None:
            starts.append(self.until + dt.timedelta(days=1))
        return max(today(), min(starts, default=today()))

    @cached_property
    def weeks(self) -> list[list[producing.DayOf]]:
        return producing.preview(self.before, self.after, self._extras, self.first, self._holiday)

    @property
    def has_nights(self) -> bool:
        """Whether any hours shown pass midnight."""
        return any(hours.passes_midnight for hours in (*self.before, *self.after))

    @property
    def added(self) -> int:
        """Minutes in these eight weeks."""
        return producing.total(self.weeks, "added")

    @property
    def removed(self) -> int:
        return producing.total(self.weeks, "removed")

    @property
    def left_out(self) -> list[producing.DayOf]:
        """Public holidays that the new hours skip."""
        return [day for week in self.weeks for day in week if day.left_out and day.day >= self.first]

    @cached_property
    def outside(self) -> list[Appointment]:
        """Booked visits that fit the hours now and would not fit them any more, however far ahead."""
        now = timezone.now()
        visits = list(
            appointments_of(self.institutions)
            .filter(
                practitioner__resource=self.page.seat.resource,
                place=self.place,
                reservation__status="booked",
                reservation__starts_at__gt=now,
            )
            .order_by("reservation__starts_at", "pk")
        )
        falls = self._falling([(visit.reservation.starts_at, visit.reservation.ends_at) for visit in visits])
        return [visit for visit in visits if falls(visit.reservation.starts_at, visit.reservation.ends_at)]

    @cached_property
    def offered(self) -> list[WaitingOffer]:
        """What is offered on the waiting list, of the same kind."""

        def is_meant(visit: Promised) -> bool:
            return (visit.person, visit.place) == (self.page.seat.resource.pk, self.place.pk)

        def falls(visit: Promised) -> bool:
            span = (visit.starts_at, visit.ends_at)
            return is_meant(visit) and self._falling([span])(*span)

        return would_fall(self.institutions, falls)

    def _falling(self, spans: Sequence[tuple[dt.datetime, dt.datetime]]) -> Callable[[dt.datetime, dt.datetime], bool]:
        """Whether one of these spans lies in the hours now and would not any more."""
        window = (minute_of(timezone.now()), minute_of(max((end for _start, end in spans), default=timezone.now())))
        was, will = (self._open(hours, window) for hours in (self.before, self.after))

        def falls(start: dt.datetime, end: dt.datetime) -> bool:
            visit = (minute_of(start), minute_of(end))
            return covers(was, *visit) and not covers(will, *visit)

        return falls

    @property
    def named(self) -> list[Appointment]:
        return self.outside[:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        return max(0, len(self.outside) - MOST_NAMED)

    def _open(self, hours: Sequence[Hours], window: Span) -> list[Span]:
        return merged(open_spans(hours, self._extras, window, lambda day: bool(self._holiday(day))))

    @cached_property
    def _extras(self) -> list[Span]:
        return [
            (minute_of(row.starts_at), minute_of(row.ends_at))
            for row in self.page.exceptions
            if row.kind == RosterException.Kind.EXTRA and row.place_id == self.place.pk
        ]

    @cached_property
    def _holiday(self) -> Callable[[dt.date], str]:
        return named_with(declared_holidays())
