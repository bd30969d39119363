"""The read under every search and every booking: what there is around a window besides weekly hours, in one statement.

It is written as SQL, because it is asked so often that putting it together from models costs more than its answer; it
means the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from .availability import minute_of
from .models import MAX_HOURS, Allocation, Closure, DeclaredHoliday, Reservation, RosterException
from .prepared import Question, Rows

LONGEST = dt.timedelta(hours=MAX_HOURS)
"""No allocation is longer: what began earlier has ended, and the index need not be read from its beginning."""

EXCEPTION, BUSY, CLOSED, HOLIDAY = range(4)


class Found(NamedTuple):
    """Something around the window, in minutes. Of exceptions ``kind`` says which; closures have no resource, holidays
    are a ``day`` only."""

    what: int
    resource: int
    place: int | None
    kind: str
    start: int
    end: int
    day: dt.date


EXCEPTIONS = (
    f"SELECT {EXCEPTION}, resource_id, place_id, kind, starts_at, ends_at FROM {RosterException._meta.db_table} "  # noqa: S608, SLF001 (our own names)
    "WHERE resource_id IN {} AND starts_at < %s AND ends_at > %s"
)
ALLOCATIONS = (
    f"SELECT {BUSY}, a.resource_id, a.place_id, '', a.starts_at, a.ends_at FROM {Allocation._meta.db_table} a "  # noqa: S608, SLF001
    f"JOIN {Reservation._meta.db_table} r ON r.id = a.reservation_id "  # noqa: SLF001
    "WHERE a.resource_id IN {} AND a.is_active = %s AND a.starts_at > %s AND a.starts_at < %s AND a.ends_at > %s "
    "AND NOT (r.status = %s AND r.hold_expires_at IS NOT NULL AND r.hold_expires_at <= %s)"
)
CLOSURES = (
    f"SELECT {CLOSED}, 0, place_id, '', starts_at, ends_at FROM {Closure._meta.db_table} "  # noqa: S608, SLF001
    "WHERE place_id IN {} AND starts_at < %s AND ends_at > %s"
)
HOLIDAYS = f"SELECT {HOLIDAY}, 0, NULL, '', day, day FROM {DeclaredHoliday._meta.db_table} WHERE day BETWEEN %s AND %s"  # noqa: S608, SLF001


def around(
    resource_ids: Collection[int],
    place_ids: Collection[int],
    start: dt.datetime,
    end: dt.datetime,
    *,
    ignoring: UUID | None = None,
    holidays: tuple[dt.date, dt.date] | None = None,
) -> Question | None:
    """Asks for exceptions and busy time of resources, closures of places, and the days that were declared holidays
    among ``holidays`` (first and last): a list of ``Found``. Holds that have run out do not count, nor does the
    reservation ``ignoring``. None when nothing is wanted."""
    here = connections[DEFAULT_DB_ALIAS]
    adapt = here.ops.adapt_datetimefield_value
    window = [adapt(end), adapt(start)]
    parts: list[str] = []
    values: list[Any] = []
    if resource_ids:
        parts += [EXCEPTIONS.format(_places(resource_ids)), ALLOCATIONS.format(_places(resource_ids))]
        since = adapt(start - LONGEST)
        values += [*resource_ids, *window, *resource_ids, True, since, *window]
        values += [Reservation.Status.HELD.value, adapt(timezone.now())]
        if ignoring is not None:
            parts[-1] += " AND r.id <> %s"
            values.append(Reservation._meta.pk.get_db_prep_value(ignoring, here))  # noqa: SLF001
    if place_ids:
        parts.append(CLOSURES.format(_places(place_ids)))
        values += [*place_ids, *window]
    if holidays is not None:
        parts.append(HOLIDAYS)
        values += map(here.ops.adapt_datefield_value, holidays)
    return Question((" UNION ALL ".join(parts), values), _found) if parts else None


def _found(rows: Rows) -> list[Found]:
    found = []
    for what, resource, place, kind, begins, finishes in rows:
        first, last = _moment(begins), _moment(finishes)
        found.append(Found(what, resource, place, kind, minute_of(first), up(last), first.date()))
    return found


def up(moment: dt.datetime) -> int:
    """The minute in which something ends; a begun minute counts whole."""
    return minute_of(moment + dt.timedelta(seconds=59))


def _places(ids: Collection[int]) -> str:
    return f"({', '.join(['%s'] * len(ids))})"


def _moment(value: dt.datetime | dt.date | str) -> dt.datetime:
    """SQLite keeps naive UTC as text; PostgreSQL gives aware moments, and a day as its midnight."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time.min)
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
