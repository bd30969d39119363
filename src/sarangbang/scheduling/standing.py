"""Whether time that was promised to somebody still stands: what leave, closures and hours say of it by now.

Visits that are booked become open cases by it (``cases``); what is offered on the waiting list is withdrawn.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from sarangbang.directory.models import Place

from .availability import merged, minute_of, open_spans
from .diary import closures_between, declared_holidays, exceptions_between
from .models import Allocation, Resource, RosterException
from .occupancy import covers
from .public_holidays import with_declared
from .queries import rosters

ON_LEAVE, CLOSED, OUTSIDE = "on_leave", "closed", "outside_hours"


@dataclass(frozen=True, slots=True)
class Promised:
    """One visit: when, at which place (its key), of which practitioner (the key of their resource), and all resources
    that it takes."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    place: int
    person: int | None
    resources: frozenset[int]

    @classmethod
    def of(
        cls, starts_at: dt.datetime, ends_at: dt.datetime, place: int, person: int | None, taken: set[int]
    ) -> Promised:
        """With what is taken for it; the practitioner counts also where nothing is taken yet."""
        return cls(starts_at, ends_at, place, person, frozenset(taken if person is None else taken | {person}))

    def lies_in(self, what: Resource | Place, start: dt.datetime, end: dt.datetime) -> bool:
        """Whether leave of this resource, or a closure of this place, would meet it."""
        is_meant = what.pk in self.resources if isinstance(what, Resource) else what.pk == self.place
        return is_meant and self.starts_at < end and start < self.ends_at


def resources_of(reservations: Iterable[UUID]) -> dict[UUID, set[int]]:
    """What each of these reservations takes."""
    taken: dict[UUID, set[int]] = defaultdict(set)
    rows = Allocation.objects.filter(reservation__in=list(reservations), is_active=True)
    for reservation, resource in rows.values_list("reservation", "resource"):
        taken[reservation].add(resource)
    return taken


def reasons_against(promised: Sequence[Promised]) -> list[list[str]]:
    """What stands against each of these, which lie ahead, by code. A constant number of queries."""
    if not promised:
        return []
    now, until = timezone.now(), max(each.ends_at for each in promised)
    leave = exceptions_between({resource for each in promised for resource in each.resources}, now, until)
    shut = closures_between({each.place for each in promised}, now, until)
    is_open = _opening(promised, now, until)
    found = []
    for each in promised:
        is_away = any(
            entry.kind == RosterException.Kind.LEAVE
            and entry.starts_at < each.ends_at
            and each.starts_at < entry.ends_at
            for resource in each.resources
            for entry in leave.get(resource, ())
        )
        is_shut = any(
            entry.starts_at < each.ends_at and each.starts_at < entry.ends_at for entry in shut.get(each.place, ())
        )
        checks = ((ON_LEAVE, is_away), (CLOSED, is_shut), (OUTSIDE, not is_open(each)))
        found.append([code for code, holds in checks if holds])
    return found


def _opening(promised: Sequence[Promised], now: dt.datetime, until: dt.datetime) -> Callable[[Promised], bool]:
    """Whether the practitioner is there at that time, by hours and extra hours at its place."""
    known = rosters(sorted({each.person for each in promised if each.person is not None}), now, until)
    is_holiday = with_declared(declared_holidays())
    window = (minute_of(now), minute_of(until))
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def is_open(each: Promised) -> bool:
        if each.person is None:
            return True  # nobody's hours to compare with
        key = (each.person, each.place)
        if key not in spans:
            roster = known[each.person]
            spans[key] = merged(open_spans(roster.hours[each.place], roster.extras[each.place], window, is_holiday))
        return covers(spans[key], minute_of(each.starts_at), minute_of(each.ends_at))

    return is_open
