"""Reads of free time: of one offering, and the first of many."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from django.utils import timezone

from sarangbang.directory.models import Offering
from sarangbang.directory.queries import is_receiving

from .availability import moment_of
from .models import PathwayStep
from .outlook import Chair, Outlook, chairs
from .rules import HOUSE, Rules


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A time that can be held. Both ends are UTC; ``step_id`` is the step of a pathway, if it is one."""

    offering_id: int
    practitioner_id: UUID
    resource_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    step_id: int | None = None


def bookable_window(start: dt.datetime, end: dt.datetime, rules: Rules = HOUSE) -> tuple[dt.datetime, dt.datetime]:
    """The part of a window in which a guest may book now: after the minimum notice, before the horizon."""
    return rules.window(start, end, timezone.now())


def free_time(chair: Chair, minute: int) -> FreeTime:
    """The visit in that chair that begins at that minute."""
    starts_at = moment_of(minute)
    ends_at = starts_at + dt.timedelta(minutes=chair.minutes)
    return FreeTime(chair.offering.pk, chair.practitioner_id, chair.resource_id, starts_at, ends_at, chair.step_id)


def free_times(
    offering: Offering,
    start: dt.datetime,
    end: dt.datetime,
    *,
    limit: int | None = None,
    practitioner_id: UUID | None = None,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
    ignoring: UUID | None = None,
    step: PathwayStep | None = None,
) -> list[FreeTime]:
    """Free times of an offering in a window, earliest first; empty when the institution may not receive.

    ``along`` names pools of resources (an interpreter of the guest's language) of each of which somebody must be free
    as well; ``party`` is how many seats are wanted. The time of the reservation ``ignoring`` does not count;
    ``step`` is which visit of a pathway is meant, if not the first.
    """
    if start >= end or not offering.is_active or not is_receiving(offering.institution_id):
        return []
    seated = chairs([offering], practitioner_id)
    if step is not None:
        seated = [replace(chair, minutes=step.visit_minutes, step_id=step.pk) for chair in seated]
    look = Outlook.load(seated, start, end, along=along, party=party, ignoring=ignoring)
    found = [free_time(chair, minute) for chair in seated for minute in islice(look.starts(chair), limit)]
    found.sort(key=lambda free: (free.starts_at, free.practitioner_id))
    return found[:limit]


def next_free(
    offerings: Sequence[Offering],
    start: dt.datetime,
    end: dt.datetime,
    *,
    each: int = 1,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
) -> dict[int, list[FreeTime]]:
    """The first ``each`` free times of many offerings, in a constant number of queries.

    The caller passes offerings of institutions that may receive (``Institution.objects.receiving``). Times of
    several practitioners at the same minute count once.
    """
    result: dict[int, list[FreeTime]] = {offering.pk: [] for offering in offerings}
    if start >= end:
        return result
    seated = chairs(offerings)
    look = Outlook.load(seated, start, end, along=along, party=party)
    by_offering: dict[int, dict[int, Chair]] = defaultdict(dict)
    for chair in seated:
        for minute in islice(look.starts(chair), each):
            by_offering[chair.offering.pk].setdefault(minute, chair)
    for offering_id, minutes in by_offering.items():
        result[offering_id] = [free_time(minutes[minute], minute) for minute in sorted(minutes)[:each]]
    return result


def first_free(offerings: Sequence[Offering], start: dt.datetime, end: dt.datetime) -> dict[int, FreeTime | None]:
    """The first free time of each offering, or None."""
    return {offering_id: times[0] if times else None for offering_id, times in next_free(offerings, start, end).items()}
