"""When somebody is in: an institution's opening hours, put together from the rosters of its practitioners."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q
from django.utils.dates import WEEKDAYS

from sarangbang.directory.models import Place
from sarangbang.scheduling.models import WeeklyRule

Clock = tuple[dt.time, dt.time]


@dataclass(frozen=True, slots=True)
class OpenDay:
    """One weekday with its hours in the place's local time; no hours: closed."""

    name: str
    hours: list[Clock]


def joined(spans: list[Clock]) -> list[Clock]:
    """Overlapping and touching hours as one, in order."""
    result: list[Clock] = []
    for starts, ends in sorted(spans):
        if result and starts <= result[-1][1]:
            result[-1] = (result[-1][0], max(ends, result[-1][1]))
        else:
            result.append((starts, ends))
    return result


def opening_hours(place: Place, on: dt.date) -> list[OpenDay]:
    """The week as it is on that day, Monday first; empty when no roster is known."""
    rules = WeeklyRule.objects.filter(place=place, valid_from__lte=on).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=on)
    )
    by_day: dict[int, list[Clock]] = defaultdict(list)
    for weekday, starts, ends in rules.values_list("weekday", "starts", "ends").distinct():
        by_day[weekday].append((starts, ends))
    if not by_day:
        return []
    return [OpenDay(str(WEEKDAYS[weekday]), joined(by_day[weekday])) for weekday in range(7)]
