"""The pages on which the front desk chooses a time: for a new appointment, and for one that moves.

What is chosen stands in the query of the address (``offering``, ``who``, ``day``, ``at``, ``guest``, ``q``), so that
nothing is lost by a look elsewhere, another language or the browser's way back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from sarangbang.directory.models import Institution, Offering
from sarangbang.people.models import Guest
from sarangbang.scheduling import actions
from sarangbang.scheduling.calendar import SEOUL, day_of
from sarangbang.scheduling.diary import Seat, offerings_at, seats_of
from sarangbang.scheduling.free import FreeTime
from sarangbang.scheduling.front_desk import Visit, guest_of, guests_of, is_busy
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.queries import free_times

DAYS = 14
"""So many days are searched for free times."""
SHOWN_DAYS = 4


def clock_of(text: str) -> dt.time | None:
    """What was typed as a time; None when it is none."""
    try:
        return dt.time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def key_of(text: str) -> int:
    """A number that may be a key of the database; 0 when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@dataclass(frozen=True, slots=True)
class FreeDay:
    """The free times of one day, each with the resource of who is free."""

    day: dt.date
    times: list[FreeTime]


@dataclass
class TimePage:
    """Whose time, which day and hour. ``appointment`` is the one that moves."""

    institutions: QuerySet[Institution]
    asked: Mapping[str, str]
    now: dt.datetime
    appointment: Appointment | None = None

    @cached_property
    def houses(self) -> list[Institution]:
        return list(self.institutions.select_related("place"))

    @cached_property
    def seats(self) -> list[Seat]:
        """Who could be asked for: people with a roster at these institutions."""
        return [seat for seat in seats_of(self.houses) if seat.is_person]

    @cached_property
    def seat(self) -> Seat | None:
        who = key_of(self.asked.get("who", ""))
        return next((seat for seat in self.seats if seat.resource.pk == who), None)

    @cached_property
    def offerings(self) -> list[Offering]:
        if self.appointment is not None:
            return [self.appointment.offering]
        return list(offerings_at(self.houses, self.seat.resource.practitioner if self.seat else None))

    @cached_property
    def offering(self) -> Offering | None:
        wanted = key_of(self.asked.get("offering", ""))
        if len(self.offerings) == 1:
            return self.offerings[0]
        return next((offering for offering in self.offerings if offering.pk == wanted), None)

    @cached_property
    def day(self) -> dt.date:
        return max(day_of(self.asked.get("day", "")), self.now.astimezone(SEOUL).date())

    @cached_property
    def at(self) -> dt.time | None:
        return clock_of(self.asked.get("at", ""))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.offering.institution.place.zone) if self.offering else SEOUL

    @cached_property
    def starts_at(self) -> dt.datetime | None:
        """The chosen time; on the clock of the place."""
        return None if self.at is None else dt.datetime.combine(self.day, self.at, tzinfo=self.zone)

    @cached_property
    def free(self) -> list[FreeDay]:
        """The first days with free times from the chosen day on."""
        if self.offering is None:
            return []
        start = dt.datetime.combine(self.day, dt.time(), tzinfo=self.zone)
        found = free_times(
            self.offering,
            start,
            start + dt.timedelta(days=DAYS),
            practitioner_id=self.seat.resource.practitioner_id if self.seat else None,
            ignoring=self.appointment.reservation_id if self.appointment else None,
        )
        return list(self._days(found))[:SHOWN_DAYS]

    def _days(self, found: list[FreeTime]) -> Iterator[FreeDay]:
        for day, times in groupby(found, key=lambda free: free.starts_at.astimezone(self.zone).date()):
            first_of: dict[dt.datetime, FreeTime] = {}
            for free in times:
                first_of.setdefault(free.starts_at, free)
            yield FreeDay(day, list(first_of.values()))

    @cached_property
    def conflicts(self) -> list[actions.Conflict]:
        """Everything that stands against the chosen time."""
        if self.visit is None:
            return []
        return actions.conflicts(
            self.visit.offering, self.visit.practitioner, self.visit.starts_at, guest=self.somebody,
            appointment=self.appointment,
        )  # fmt: skip

    @property
    def blocking(self) -> list[actions.Conflict]:
        """What nobody can set aside."""
        return [conflict for conflict in self.conflicts if not conflict.may_override]

    @property
    def codes(self) -> str:
        """The rules that stand against the time, for a form that says which of them its reader saw."""
        return ",".join(conflict.code for conflict in self.conflicts)

    @property
    def visit(self) -> Visit | None:
        """What is chosen, when everything is."""
        practitioner = self.seat.resource.practitioner if self.seat else None
        if self.offering is None or practitioner is None or self.starts_at is None:
            return None
        return Visit(self.offering, practitioner, self.starts_at)

    @property
    def is_chosen(self) -> bool:
        return self.visit is not None

    @property
    def somebody(self) -> Guest | None:
        return self.appointment.guest if self.appointment else None

    @property
    def guest_is_busy(self) -> bool:
        if self.somebody is None or self.offering is None or self.starts_at is None:
            return False
        ends_at = self.starts_at + dt.timedelta(minutes=self.offering.visit_minutes)
        return is_busy(self.somebody, self.starts_at, ends_at, but=self.appointment)

    @property
    def may_go_on(self) -> bool:
        return self.is_chosen and not self.blocking and not self.guest_is_busy


@dataclass
class BookingPage(TimePage):
    """A new appointment: also for whom."""

    @property
    def text(self) -> str:
        return self.asked.get("q", "")[:100].replace("\x00", "")

    @cached_property
    def guest(self) -> Guest | None:
        try:
            pk = UUID(self.asked.get("guest", ""))
        except ValueError:
            return None
        return guest_of(self.institutions, pk)

    @property
    def somebody(self) -> Guest | None:
        return self.guest

    @property
    def is_new(self) -> bool:
        return self.asked.get("guest") == "new"

    @cached_property
    def found(self) -> list[Guest]:
        return guests_of(self.institutions, self.text)
